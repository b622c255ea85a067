//! The cache in front of outbound `fetch`, for requests whose `cf` asks for it.
//!
//! It is the default cache of the Cache API, as in production: what `fetch` stores, `caches.default` finds. What may be
//! stored, for how long and under which key is in [`options`]; this module looks up, fetches and stores.
//!
//! Invariants
//! - A request that does not ask pays for nothing but a look at its `cf`.
//! - A response is stored before its consumer sees its end: a fetch that comes after finds it.
//! - A cache that fails is as good as empty: the request goes out.

mod options;
mod tee;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use lopata_bridges::{CacheService, Parcel, stream};
use lopata_protocol::{Body, CacheAnswer, CacheCall, CacheWanted, HeaderList, RequestHead};

pub use self::options::EdgeOptions;
use self::options::{Status, Verdict};
pub use self::tee::Tee;
use super::body::{OutgoingBody, Source};
use super::client::OutboundClient;
use super::error::FetchError;
use crate::server::{Gathered, Pull, gather};

/// The cache that `fetch` shares with the Cache API.
const CACHE: &str = "default";

const CACHE_STATUS: HeaderName = HeaderName::from_static("cf-cache-status");

/// What a cached fetch needs to know of its request, which is gone when the response comes.
pub(super) struct Edge {
    options: EdgeOptions,
    cache: CacheService,
    /// `None` when the response is not stored.
    key: Option<String>,
    is_head: bool,
    authorized: bool,
    wanted: CacheWanted,
}

impl Edge {
    /// `None` when the request does not ask for a cache.
    pub(super) fn of(head: &RequestHead, cache: Option<&CacheService>) -> Option<Self> {
        let options = EdgeOptions::parse(head.cf.as_deref()?)?;
        let text = |name| head.headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
        Some(Self {
            key: options.key(&head.method, &head.url),
            options,
            cache: cache?.clone(),
            is_head: head.method == "HEAD",
            authorized: head.headers.get("authorization").is_some(),
            wanted: CacheWanted {
                range: text("range"),
                if_none_match: text("if-none-match"),
                if_modified_since: text("if-modified-since"),
            },
        })
    }

    /// The response to a request: from the cache, or from its server and then perhaps into the cache.
    pub(super) async fn answer(
        self,
        client: &OutboundClient,
        request: Request<OutgoingBody>,
        received: impl FnOnce(Response<Incoming>) -> Response<Incoming>,
    ) -> Result<Response<Source>, FetchError> {
        let Some(key) = self.key.clone() else {
            let (mut parts, body) = received(client.send(request).await?).into_parts();
            parts.headers.insert(CACHE_STATUS, HeaderValue::from_static(Status::Dynamic.text()));
            return Ok(Response::from_parts(parts, Source::Network(body)));
        };
        let miss = match self.look_up(&key).await {
            Ok(hit) => return Ok(hit),
            Err(miss) => miss,
        };
        let (mut parts, body) = received(client.send(request).await?).into_parts();
        let headers: HeaderList = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let verdict = self.options.verdict(self.authorized, parts.status.as_u16(), &headers, miss, now_ms());
        let status = match verdict {
            Verdict::Store { .. } => miss,
            Verdict::Pass(status) => status,
        };
        let put = match verdict {
            Verdict::Store { ttl_ms } if !self.is_head => Some(CacheCall::Put {
                cache: CACHE.to_string(),
                key,
                authorized: self.authorized,
                status: parts.status.as_u16(),
                headers: self.options.headers(&headers),
                body: Body::Empty,
                ttl_ms: Some(ttl_ms),
            }),
            Verdict::Store { .. } | Verdict::Pass(_) => None,
        };
        parts.headers.insert(CACHE_STATUS, HeaderValue::from_static(status.text()));
        let body = match put {
            Some(put) => self.store(put, body).await?,
            None => Source::Network(body),
        };
        Ok(Response::from_parts(parts, body))
    }

    async fn look_up(&self, key: &str) -> Result<Response<Source>, Status> {
        let wanted = Box::new(self.wanted.clone());
        let call = CacheCall::Match { cache: CACHE.to_string(), key: key.to_string(), wanted };
        let Ok(Ok(Parcel { message, mut attachments })) = self.cache.call(call).await else { return Err(Status::Miss) };
        let (status, headers, body) = match message {
            CacheAnswer::Hit { status, headers, body } => (status, headers, body),
            CacheAnswer::Miss { expired: true } => return Err(Status::Expired),
            CacheAnswer::Miss { expired: false } | CacheAnswer::Put { .. } | CacheAnswer::Deleted { .. } => {
                return Err(Status::Miss);
            }
        };
        if self.options.revalidate {
            return Err(Status::Expired);
        }
        if status == 206 && headers.get("content-encoding").is_some() {
            // A part of what is encoded cannot be decoded, and nothing else is given to workers.
            return Err(Status::Miss);
        }
        let body = match body {
            Body::Empty => OutgoingBody::Empty,
            Body::Inline(bytes) => OutgoingBody::Full(bytes),
            Body::Stream { id, length } => match attachments.take_stream(id) {
                Some(reader) => OutgoingBody::Stream(Pull::new(reader, length)),
                None => return Err(Status::Miss),
            },
        };
        let mut response = Response::new(Source::Stored(body));
        *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Status::Miss)?;
        *response.headers_mut() = header_map(&headers);
        Ok(response)
    }

    /// Stores a body while it passes. A small one is stored at once.
    async fn store(&self, mut put: CacheCall, mut incoming: Incoming) -> Result<Source, FetchError> {
        let start = match gather(&mut incoming).await.map_err(super::body::broken).map_err(FetchError::Receive)? {
            Gathered::Whole(bytes) => {
                set_body(&mut put, Body::Inline(bytes.clone()));
                // What does not work out costs the next fetch its hit and no more.
                let _ = self.cache.call(put).await;
                return Ok(Source::Stored(OutgoingBody::Full(bytes)));
            }
            Gathered::Start(bytes) => bytes,
        };
        let (writer, reader) = stream();
        let length = http_body::Body::size_hint(&incoming).exact().map(|left| left + start.len() as u64);
        set_body(&mut put, Body::Stream { id: reader.id(), length });
        let mut request = Parcel::new(put);
        request.attachments.attach_stream(reader);
        Ok(Source::Teed(Box::new(Tee::new(incoming, start, writer, self.cache.call(request)))))
    }
}

fn set_body(put: &mut CacheCall, new: Body) {
    if let CacheCall::Put { body, .. } = put {
        *body = new;
    }
}

fn header_map(list: &HeaderList) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(list.len());
    for (name, value) in list.iter() {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_maybe_shared(Bytes::copy_from_slice(value))) {
            headers.append(name, value);
        }
    }
    headers
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
