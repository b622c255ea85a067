//! From a worker's request to the one that goes over the network.
//!
//! `Host` follows the URL, as it does in workerd; what concerns one connection is not the worker's to say. The
//! client's address stays here, and `CF-Worker` tells the other side that a worker calls, as in production.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use lopata_bridges::Attachments;
use lopata_protocol::{Body, RequestHead};

use super::body::OutgoingBody;
use super::error::FetchError;
use super::manner::Manner;
use crate::server::{Pull, is_hop_by_hop};

/// The request to send.
pub(super) fn build(
    head: &RequestHead,
    body: Body,
    mut attachments: Attachments,
    manner: &Manner,
) -> Result<Request<OutgoingBody>, FetchError> {
    let uri = uri(&head.url, manner)?;
    let method = match Method::from_bytes(head.method.as_bytes()) {
        Ok(Method::CONNECT) | Err(_) => return Err(FetchError::Method(head.method.clone())),
        Ok(method) => method,
    };
    let body = match body {
        Body::Empty => OutgoingBody::Empty,
        Body::Inline(bytes) => OutgoingBody::Full(bytes),
        Body::Stream { id, length } => {
            OutgoingBody::Stream(Pull::new(attachments.take_stream(id).ok_or(FetchError::LostBody)?, length))
        }
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers(head, manner)?;
    Ok(request)
}

fn uri(url: &str, manner: &Manner) -> Result<Uri, FetchError> {
    // The fragment never leaves the worker.
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    match url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("http" | "https") => {}
        _ => return Err(FetchError::Scheme(url.to_owned())),
    }
    let uri: Uri = url.parse().map_err(|_| FetchError::Url(url.to_owned()))?;
    if uri.host().is_none_or(str::is_empty) {
        return Err(FetchError::Url(url.to_owned()));
    }
    let Some(scheme) = &manner.scheme else { return Ok(uri) };
    let mut parts = uri.into_parts();
    parts.scheme = Some(scheme.clone());
    Uri::from_parts(parts).map_err(|_| FetchError::Url(url.to_owned()))
}

fn headers(head: &RequestHead, manner: &Manner) -> Result<HeaderMap, FetchError> {
    let list = &head.headers;
    let mut headers = HeaderMap::with_capacity(list.len() + 2);
    for (name, value) in list.iter() {
        let invalid = || FetchError::Header(name.to_owned());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        // An upgrade to a WebSocket is asked for elsewhere; there is no other.
        if is_hop_by_hop(&header)
            || header == header::UPGRADE
            || header == header::HOST
            || header == header::CONTENT_LENGTH
            || header == "cf-connecting-ip"
            || header == "cf-worker"
        {
            continue;
        }
        headers.append(header, HeaderValue::from_bytes(value).map_err(|_| invalid())?);
    }
    manner.sent(head, &mut headers);
    Ok(headers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn head(method: &str, url: &str, headers: &[(&str, &[u8])]) -> RequestHead {
        let headers = headers.iter().copied().collect();
        RequestHead { method: method.to_owned(), url: url.to_owned(), headers, cf: None }
    }

    fn build_head(head: &RequestHead) -> Result<Request<OutgoingBody>, FetchError> {
        build(head, Body::Empty, Attachments::none(), &Manner::of_zone("shop.example.com"))
    }

    #[test]
    fn headers_are_kept_except_those_that_are_not_the_workers() {
        let given: &[(&str, &[u8])] = &[
            ("host", b"elsewhere.test"),
            ("connection", b"upgrade"),
            ("content-length", b"9"),
            ("cf-connecting-ip", b"203.0.113.1"),
            ("cf-worker", b"forged"),
            ("x-a", b"1"),
            ("x-a", b"\xe9"),
        ];
        let request = build_head(&head("PURGE", "http://localhost:1/p?q=`{}|#fragment", given)).unwrap();
        assert_eq!(request.uri(), "http://localhost:1/p?q=`{}|");
        assert_eq!(request.method().as_str(), "PURGE");
        let seen: Vec<_> = request.headers().iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let expected: [(&str, &[u8]); 4] =
            [("x-a", b"1"), ("x-a", b"\xe9"), ("accept-encoding", b"gzip, br"), ("cf-worker", b"shop.example.com")];
        assert_eq!(seen, expected);
        let own = build_head(&head("GET", "https://a/", &[("accept-encoding", b"zstd")])).unwrap();
        assert_eq!(own.headers()["accept-encoding"], "zstd");
    }

    #[test]
    fn what_cannot_be_sent_is_said() {
        let text = |head: &RequestHead| build_head(head).err().unwrap().into_wire(&head.url).to_string();
        assert_eq!(text(&head("GET", "ftp://a/", &[])), "TypeError: Fetch API cannot load: ftp://a/");
        assert_eq!(text(&head("GET", "http:///", &[])), "TypeError: Invalid URL: http:///");
        assert_eq!(text(&head("CONNECT", "http://a/", &[])), "TypeError: Invalid HTTP method: CONNECT");
        assert_eq!(text(&head("G T", "http://a/", &[])), "TypeError: Invalid HTTP method: G T");
        assert_eq!(text(&head("GET", "http://a/", &[("x", b"a\nb")])), "TypeError: Invalid header \"x\".");
    }
}
