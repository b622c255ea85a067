//! From what came over the network to the answer that the worker gets: head first, then the body as it comes.

use std::future::poll_fn;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Body as _;
use lopata_bridges::{Parcel, Reply, StreamWriter, stream};
use lopata_protocol::{Answer, Body, EventOutcome, HeaderList, ResponseHead};

use super::body::Source;
use super::decode::Plain;
use super::error::FetchError;
use crate::server::{Coding, Gathered, gather};

/// Answers `reply` with a response, then brings its body until either side ends; plain unless it `keeps_coding`.
pub(super) async fn deliver(received: Response<Source>, url: String, is_head: bool, keeps_coding: bool, reply: Reply) {
    let (parts, mut incoming) = received.into_parts();
    let has_body = !is_head && !is_null_body(parts.status);
    let coding = if has_body && !keeps_coding { coding(&parts.headers) } else { None };
    let head = Box::new(ResponseHead {
        status: parts.status.as_u16(),
        status_text: status_text(&parts),
        headers: headers(&parts.headers),
        // Encoded still: in a way that is not undone here. The worker passes it on as it is.
        encoded: coding.is_none() && parts.headers.contains_key(header::CONTENT_ENCODING),
        url: url.clone(),
    });
    if !has_body {
        let _ = reply.send(Answer::Response { head, body: Body::Empty });
        return;
    }
    if incoming.is_end_stream() {
        let _ = reply.send(Answer::Response { head, body: Body::Inline(Bytes::new()) });
        return;
    }
    // The length on the wire is that of the encoded body.
    let length = if coding.is_none() { incoming.size_hint().exact() } else { None };
    let start = match gather(&mut incoming).await {
        Ok(Gathered::Whole(bytes)) if coding.is_none() => {
            let _ = reply.send(Answer::Response { head, body: Body::Inline(bytes) });
            return;
        }
        Ok(Gathered::Whole(bytes) | Gathered::Start(bytes)) => bytes,
        Err(error) => {
            let error = FetchError::Receive(error);
            let failed = Answer::Failed { error: error.into_wire(&url), outcome: EventOutcome::InternalError };
            let _ = reply.send(failed);
            return;
        }
    };
    let (writer, reader) = stream();
    let mut parcel = Parcel::new(Answer::Response { head, body: Body::Stream { id: reader.id(), length } });
    parcel.attachments.attach_stream(reader);
    // Refused, the parcel cancels its stream, and the pump ends at once.
    let _ = reply.send(parcel);
    pump(Plain::new(incoming, start, coding), writer, &url).await;
}

async fn pump(mut plain: Plain, mut writer: StreamWriter, url: &str) {
    loop {
        let next = tokio::select! {
            next = plain.next() => next,
            _reason = poll_fn(|cx| writer.poll_cancelled(cx)) => return,
        };
        match next {
            Ok(Some(bytes)) => {
                if writer.write(bytes).await.is_err() {
                    return;
                }
            }
            Ok(None) => return writer.finish(),
            Err(error) => return writer.fail(FetchError::Receive(error).into_wire(url)),
        }
    }
}

fn is_null_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
        || status.is_informational()
}

/// The encoding that is undone here; `None` when there is none, or it is one for the worker.
fn coding(headers: &HeaderMap) -> Option<Coding> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let only = values.next()?;
    values.next().is_none().then(|| Coding::parse(only.as_bytes()))?
}

fn status_text(parts: &http::response::Parts) -> String {
    match parts.extensions.get::<hyper::ext::ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None => parts.status.canonical_reason().unwrap_or_default().to_owned(),
    }
}

fn headers(from: &HeaderMap) -> HeaderList {
    from.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
