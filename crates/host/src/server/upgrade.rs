//! From a worker's 101 to a WebSocket on the connection that asked for one.
//!
//! The worker decides whether there is a WebSocket; whether the client asked for one properly is decided here, and only
//! then: a worker may answer any request to upgrade with an ordinary response.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header, request};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lopata_bridges::WebSocketEnd;
use lopata_protocol::ResponseHead;

use super::body::OutBody;
use super::exchange::{Peer, plain};
use super::response::{InvalidResponse, copy_headers};
use super::rewrite::Rewrite;
use crate::websocket::{self, Role};

/// The only version of the protocol.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Answers the handshake and serves the WebSocket once the answer is out.
pub(super) fn accept(
    peer: &Peer,
    parts: &request::Parts,
    head: &ResponseHead,
    socket: Option<WebSocketEnd>,
    rewrite: Option<&Rewrite>,
) -> Result<Response<OutBody>, InvalidResponse> {
    let socket = socket.ok_or(InvalidResponse::WithoutSocket)?;
    let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
    let (true, Some(upgrade)) = (asks_for_websocket(parts), upgrade) else {
        return Err(InvalidResponse::NotAnUpgrade);
    };
    if parts.headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        let text = "The requested WebSocket version is not supported.";
        let mut response = plain(StatusCode::UPGRADE_REQUIRED, text);
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, VERSION);
        return Ok(response);
    }
    let key = parts.headers.get(header::SEC_WEBSOCKET_KEY);
    let Some(accept) = key.and_then(|key| websocket::accept_key(key.as_bytes())) else {
        return Ok(plain(StatusCode::BAD_REQUEST, "The WebSocket handshake has no valid Sec-WebSocket-Key."));
    };
    let mut response = Response::new(OutBody::Empty);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    *headers = copy_headers(&head.headers, rewrite)?;
    // No extension is spoken here, whatever the worker says.
    headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
    // No protocol is none that was chosen: clients refuse an empty one.
    if headers.get(header::SEC_WEBSOCKET_PROTOCOL).is_some_and(HeaderValue::is_empty) {
        headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
    }
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    let accept = HeaderValue::from_str(&accept).expect("base64 is a valid header");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    let winding = peer.shutdown.token().clone();
    let session = async move {
        // A client that is gone before it got the answer: the worker is told by the dropped end.
        if let Ok(upgraded) = upgrade.await {
            websocket::session(TokioIo::new(upgraded), Role::Server, socket, &winding).await;
        }
    };
    peer.sessions.spawn(Arc::clone(&peer.shutdown).run(session));
    Ok(response)
}

fn asks_for_websocket(parts: &request::Parts) -> bool {
    parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && has_token(&parts.headers, &header::UPGRADE, "websocket")
        && has_token(&parts.headers, &header::CONNECTION, "upgrade")
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_handshake_is_known_by_its_tokens() {
        let asks = |method: &str, headers: &[(&str, &str)]| {
            let mut request = http::Request::builder().method(method);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            asks_for_websocket(&request.body(()).unwrap().into_parts().0)
        };
        assert!(asks("GET", &[("upgrade", "websocket"), ("connection", "Upgrade")]));
        assert!(asks("GET", &[("upgrade", "WebSocket"), ("connection", "keep-alive, upgrade")]));
        assert!(asks("GET", &[("upgrade", "h2c, websocket"), ("connection", "close"), ("connection", "Upgrade")]));
        assert!(!asks("POST", &[("upgrade", "websocket"), ("connection", "Upgrade")]));
        assert!(!asks("GET", &[("upgrade", "websockets"), ("connection", "Upgrade")]));
        assert!(!asks("GET", &[("upgrade", "websocket")]));
        assert!(!asks("GET", &[]));
    }
}
