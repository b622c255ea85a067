//! What is added to a request on its way out and taken from a response on its way in.
//!
//! In `dev` a request says which zone's worker sends it and which encodings are understood. A service of a
//! configuration does as its `HttpOptions` say and no more.

use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use lopata_bridges::CacheService;
use lopata_protocol::RequestHead;

/// What a worker that does not say accepts.
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("gzip, br");

/// A header that is set, or removed.
pub type HeaderEdit = (HeaderName, Option<HeaderValue>);

/// The manner of one service.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// The value of `CF-Worker`.
    zone: Option<HeaderValue>,
    /// Whether `Accept-Encoding` is added.
    negotiates: bool,
    /// The header that tells the scheme of the URL.
    pub forwarded_proto: Option<HeaderName>,
    /// The header that carries `cf`.
    pub cf_blob: Option<HeaderName>,
    /// What is done to each request.
    pub request: Vec<HeaderEdit>,
    /// What is done to each response.
    pub response: Vec<HeaderEdit>,
    /// The cache for requests whose `cf` asks for one.
    pub cache: Option<CacheService>,
    /// The scheme that is spoken, whatever the URL says.
    pub scheme: Option<http::uri::Scheme>,
}

impl Manner {
    /// The manner of a worker of this zone, in `dev`.
    pub fn of_zone(zone: &str) -> Self {
        // Names that no header can carry are no zones either.
        Self { zone: HeaderValue::from_str(zone).ok(), negotiates: true, ..Self::default() }
    }

    /// Completes the headers of a request.
    pub fn sent(&self, head: &RequestHead, headers: &mut HeaderMap) {
        if self.negotiates {
            headers.entry(header::ACCEPT_ENCODING).or_insert(ACCEPT_ENCODING);
        }
        if let Some(zone) = &self.zone {
            headers.insert("cf-worker", zone.clone());
        }
        if let Some(name) = &self.forwarded_proto {
            let scheme = head.url.split_once(':').map_or("http", |(scheme, _)| scheme);
            set(headers, name, HeaderValue::from_str(scheme).ok());
        }
        if let Some(name) = &self.cf_blob {
            set(headers, name, head.cf.as_deref().and_then(|cf| HeaderValue::from_str(cf).ok()));
        }
        self.request.iter().for_each(|(name, value)| set(headers, name, value.clone()));
    }

    /// Completes the headers of a response.
    pub(super) fn received<B>(&self, mut response: Response<B>) -> Response<B> {
        self.response.iter().for_each(|(name, value)| set(response.headers_mut(), name, value.clone()));
        response
    }
}

fn set(headers: &mut HeaderMap, name: &HeaderName, value: Option<HeaderValue>) {
    match value {
        Some(value) => _ = headers.insert(name, value),
        None => _ = headers.remove(name),
    }
}
