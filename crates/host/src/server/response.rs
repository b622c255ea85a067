//! From a worker's answer to the response that goes out: status, headers, length, encoding.
//!
//! The length comes from the body, never from the worker's header, and so does the choice between sized and
//! chunked; what concerns one connection only is the server's to say. Headers go out as bytes, several of one name
//! stay several. What HTTP cannot carry (a bad name or value, a status out of range) is an error with a sentence,
//! never a panic.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use lopata_bridges::{Attachments, StreamReader};
use lopata_protocol::{Body, HeaderList, ResponseHead, WireError};

use super::body::{EncodedBody, OutBody, Source, StreamBody};
use super::completion::Completion;
use super::live_reload;
use super::negotiate::{Plan, plan};
use super::request::is_hop_by_hop;
use super::rewrite::Rewrite;

/// Why an answer cannot go out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidResponse {
    #[error("The worker answered with status {0}; a response's status is between 200 and 599.")]
    Status(u16),
    #[error("The worker answered with status 101 and no WebSocket.")]
    WithoutSocket,
    /// Source: production's text.
    #[error(
        "Worker tried to return a WebSocket in a response to a request which did not contain the header \
         \"Upgrade: websocket\"."
    )]
    NotAnUpgrade,
    #[error("The worker answered with a header whose name cannot be sent: \"{0}\".")]
    HeaderName(String),
    #[error(
        "The worker answered with a value of the header \"{0}\" that cannot be sent: it contains a control character."
    )]
    HeaderValue(String),
    #[error("The worker's response names a body that did not come with it.")]
    LostBody,
}

impl From<InvalidResponse> for WireError {
    fn from(invalid: InvalidResponse) -> Self {
        WireError::new("TypeError", invalid.to_string())
    }
}

/// What of the request shapes its response.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) rewrite: Option<&'a Rewrite>,
    /// A page gets the script that loads it anew.
    pub(super) live_reload: bool,
}

/// The response that goes out, its body still with the `completion` that watches over it.
pub(super) fn build(
    head: &ResponseHead,
    body: Body,
    mut attachments: Attachments,
    asked: &Asked<'_>,
    completion: &mut Option<Completion>,
) -> Result<Response<OutBody>, InvalidResponse> {
    let status = match head.status {
        // One that has a WebSocket is not built here.
        101 => return Err(InvalidResponse::WithoutSocket),
        200..=599 => StatusCode::from_u16(head.status).expect("200 to 599 are valid"),
        other => return Err(InvalidResponse::Status(other)),
    };
    let mut headers = copy_headers(&head.headers, asked.rewrite)?;
    if let Some(completion) = completion {
        completion.head(head.status);
    }
    let content = match body {
        Body::Empty => Content::Nothing,
        Body::Inline(bytes) => Content::Bytes(bytes),
        Body::Stream { id, length } => {
            Content::Stream(attachments.take_stream(id).ok_or(InvalidResponse::LostBody)?, length, Bytes::new())
        }
    };
    let tail = if asked.live_reload && !head.encoded { live_reload::tail(status, &headers) } else { None };
    let tail = tail.unwrap_or_default();
    let content = content.followed_by(&tail);
    let out = if *asked.method == Method::HEAD {
        // The length of the body that a GET would have brought: the worker's word when there is no body to measure.
        let measured = if encodes(head, &headers, asked) { None } else { content.length() };
        let claimed = || {
            head.headers.get("content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse::<u64>().ok())
        };
        if let Some(length) = measured.or_else(|| Some(claimed()? + tail.len() as u64)) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        OutBody::Empty
    } else if is_null_body(status) {
        OutBody::Empty
    } else {
        match content_plan(head, &headers, asked) {
            Plan::Unacceptable => return Ok(unacceptable()),
            Plan::AsIs => content.into_body(completion),
            Plan::Plain => {
                headers.remove(header::CONTENT_ENCODING);
                content.into_body(completion)
            }
            Plan::Encode(coding) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
                match content.into_source() {
                    None => OutBody::Empty,
                    Some(source) => OutBody::Encoded(Box::new(EncodedBody::new(source, coding, take(completion)))),
                }
            }
        }
    };
    let mut response = Response::new(out);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let standard = status.canonical_reason();
    if !head.status_text.is_empty() && standard != Some(head.status_text.as_str()) {
        // A phrase that HTTP cannot carry is cosmetic: the standard one goes out instead.
        if let Ok(reason) = hyper::ext::ReasonPhrase::try_from(head.status_text.as_bytes()) {
            response.extensions_mut().insert(reason);
        }
    }
    Ok(response)
}

/// A body with what it takes to send it.
enum Content {
    Nothing,
    Bytes(Bytes),
    /// With its length, when that is known, and what follows it.
    Stream(StreamReader, Option<u64>, Bytes),
}

impl Content {
    /// The body with `tail` behind it; nothing follows where there is no body.
    fn followed_by(self, tail: &Bytes) -> Self {
        match self {
            content if tail.is_empty() => content,
            Self::Nothing => Self::Nothing,
            Self::Bytes(bytes) => Self::Bytes([bytes, tail.clone()].concat().into()),
            Self::Stream(reader, length, _) => Self::Stream(reader, length, tail.clone()),
        }
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(_, length, tail) => length.map(|length| length + tail.len() as u64),
        }
    }

    fn into_body(self, completion: &mut Option<Completion>) -> OutBody {
        match self {
            Self::Nothing => OutBody::Empty,
            Self::Bytes(bytes) => OutBody::Full(bytes),
            Self::Stream(reader, length, tail) => {
                OutBody::Stream(Box::new(StreamBody::new(reader, length, tail, take(completion))))
            }
        }
    }

    /// `None` when there is nothing to encode.
    fn into_source(self) -> Option<Source> {
        match self {
            Self::Nothing => None,
            Self::Bytes(bytes) => Some(Source::Bytes(bytes)),
            Self::Stream(reader, _, tail) => Some(Source::Stream(reader, tail)),
        }
    }
}

fn take(completion: &mut Option<Completion>) -> Completion {
    completion.take().expect("a response has one body, so its guard is taken once")
}

fn content_plan(head: &ResponseHead, headers: &HeaderMap, asked: &Asked<'_>) -> Plan {
    if head.encoded {
        return Plan::AsIs;
    }
    let wish = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let accepted = asked.headers.get(header::ACCEPT_ENCODING).map(HeaderValue::as_bytes);
    plan(wish, accepted)
}

fn encodes(head: &ResponseHead, headers: &HeaderMap, asked: &Asked<'_>) -> bool {
    matches!(content_plan(head, headers, asked), Plan::Encode(_))
}

/// Statuses whose responses end with their headers.
fn is_null_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// What a client gets that refuses every form of the body; status, text and header are wrangler's.
fn unacceptable() -> Response<OutBody> {
    let mut response = Response::new(OutBody::Full(Bytes::from_static(b"Unsupported Media Type")));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    response
}

pub(super) fn copy_headers(list: &HeaderList, rewrite: Option<&Rewrite>) -> Result<HeaderMap, InvalidResponse> {
    let mut headers = HeaderMap::with_capacity(list.len() + 1);
    for (name, value) in list.iter() {
        let value = match rewrite.and_then(|rewrite| rewrite.response_value(name, value)) {
            Some(rewritten) => Cow::Owned(rewritten),
            None => Cow::Borrowed(value),
        };
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| InvalidResponse::HeaderName(name.to_owned()))?;
        if header == header::CONTENT_LENGTH || header == header::UPGRADE || is_hop_by_hop(&header) {
            continue;
        }
        let value = HeaderValue::from_bytes(&value).map_err(|_| InvalidResponse::HeaderValue(name.to_owned()))?;
        headers.append(header, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn head(status: u16, headers: &[(&str, &[u8])]) -> ResponseHead {
        let headers = headers.iter().copied().collect();
        ResponseHead { status, status_text: String::new(), headers, encoded: false, url: String::new() }
    }

    fn build_for(method: Method, head: &ResponseHead, body: Body) -> Result<Response<OutBody>, InvalidResponse> {
        let headers = HeaderMap::new();
        let asked = Asked { method: &method, headers: &headers, rewrite: None, live_reload: false };
        build(head, body, Attachments::none(), &asked, &mut None)
    }

    #[test]
    fn what_http_cannot_carry_is_an_error_with_a_sentence() {
        let error = |head: &ResponseHead| build_for(Method::GET, head, Body::Empty).err().unwrap().to_string();
        assert!(error(&head(101, &[])).contains("no WebSocket"));
        assert!(error(&head(199, &[])).contains("199"));
        assert!(error(&head(600, &[])).contains("600"));
        assert!(error(&head(200, &[("a b", b"x")])).contains("\"a b\""));
        assert!(error(&head(200, &[("x-a", b"1\r\nset-cookie: evil")])).contains("\"x-a\""));
    }

    #[test]
    fn the_connection_is_the_servers_business() {
        let head = head(
            200,
            &[("connection", b"close"), ("transfer-encoding", b"chunked"), ("content-length", b"99"), ("x", b"\xe9")],
        );
        let response = build_for(Method::GET, &head, Body::Inline(Bytes::from_static(b"abc"))).unwrap();
        let names: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x"]);
        assert_eq!(response.headers()["x"].as_bytes(), b"\xe9");
    }

    #[test]
    fn a_head_response_says_how_long_the_body_would_be() {
        let length = |head: &ResponseHead, body| {
            let response = build_for(Method::HEAD, head, body).unwrap();
            assert!(matches!(response.body(), OutBody::Empty));
            response.headers().get(header::CONTENT_LENGTH).map(|value| value.to_str().unwrap().to_owned())
        };
        let inline = || Body::Inline(Bytes::from_static(b"hello"));
        assert_eq!(length(&head(200, &[]), inline()).as_deref(), Some("5"));
        assert_eq!(length(&head(200, &[("content-length", b"1234")]), Body::Empty).as_deref(), Some("1234"));
        assert_eq!(length(&head(200, &[]), Body::Empty), None);
        assert_eq!(length(&head(200, &[("content-encoding", b"gzip")]), inline()), None, "nobody knows yet");
    }

    #[test]
    fn a_status_text_goes_out_unless_it_is_the_standard_one() {
        let mut custom = head(404, &[]);
        let reason = |head: &ResponseHead| {
            let response = build_for(Method::GET, head, Body::Empty).unwrap();
            response.extensions().get::<hyper::ext::ReasonPhrase>().map(|reason| reason.as_bytes().to_vec())
        };
        assert_eq!(reason(&custom), None);
        custom.status_text = "Not Found".to_owned();
        assert_eq!(reason(&custom), None);
        custom.status_text = "Nope".to_owned();
        assert_eq!(reason(&custom).unwrap(), b"Nope");
        custom.status_text = "bad\nphrase".to_owned();
        assert_eq!(reason(&custom), None);
    }
}
