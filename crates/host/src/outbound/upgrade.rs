//! A worker's request for a WebSocket: the handshake as a client, then a session on the connection.
//!
//! Always over HTTP/1.1, on a connection of its own. A server that answers anything but 101 has just answered.

use std::future::poll_fn;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use lopata_bridges::{FetchCall, Parcel, Reply, socket_pair};
use lopata_protocol::{Answer, Body, EventOutcome, HeaderList, RequestHead, ResponseHead};
use tokio_util::sync::CancellationToken;

use super::body::Source;
use super::client::OutboundClient;
use super::error::FetchError;
use super::manner::Manner;
use super::{request, response};
use crate::websocket::{self, Role};

/// True for a request that asks for a WebSocket.
pub(super) fn is_wanted(headers: &HeaderList) -> bool {
    headers.get("upgrade").is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// Answers a call that asks for a WebSocket.
pub(super) async fn answer(client: OutboundClient, manner: &Manner, call: FetchCall) {
    let FetchCall { request: head, body, attachments, parent: _, keeps_coding, mut reply } = call;
    let url = head.url.clone();
    let key = websocket::new_key();
    let sending = async {
        let mut request = request::build(&head, body, attachments, manner)?;
        set_handshake(request.headers_mut(), &key);
        client.send_upgrade(request).await
    };
    let sent = tokio::select! {
        sent = sending => sent,
        () = poll_fn(|cx| reply.poll_closed(cx)) => return,
    };
    let result = match sent {
        Ok(received) if received.status() == StatusCode::SWITCHING_PROTOCOLS => {
            switch(received, &head, &key, reply).await
        }
        Ok(received) => {
            return response::deliver(received.map(Source::Network), url, false, keeps_coding, reply).await;
        }
        Err(error) => Err((error, reply)),
    };
    if let Err((error, reply)) = result {
        let failed = Answer::Failed { error: error.into_wire(&url), outcome: EventOutcome::InternalError };
        // A caller that left meanwhile does not want to know.
        let _ = reply.send(failed);
    }
}

fn set_handshake(headers: &mut HeaderMap, key: &str) {
    headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_str(key).expect("base64 is a valid header"));
}

/// The server agreed: hands one end to the worker and serves the other until it is over.
async fn switch(
    mut received: Response<Incoming>,
    asked: &RequestHead,
    key: &str,
    reply: Reply,
) -> Result<(), (FetchError, Reply)> {
    if let Err(error) = check(received.headers(), asked, key) {
        return Err((error, reply));
    }
    let upgraded = match hyper::upgrade::on(&mut received).await {
        Ok(upgraded) => upgraded,
        Err(error) => return Err((FetchError::Handshake(error.to_string()), reply)),
    };
    let head = Box::new(ResponseHead {
        status: 101,
        status_text: String::new(),
        headers: received.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
        encoded: false,
        url: asked.url.clone(),
    });
    let (near, far) = socket_pair();
    let mut parcel = Parcel::new(Answer::Response { head, body: Body::Empty });
    parcel.attachments.set_socket(near);
    // Refused, the parcel drops its end, and the session ends at once.
    let _ = reply.send(parcel);
    // The end of the server cuts these with everything else of the worker.
    websocket::session(TokioIo::new(upgraded), Role::Client, far, &CancellationToken::new()).await;
    Ok(())
}

/// What RFC 6455 has a client check. Extensions were not offered, so none may be chosen; nor a protocol that was not
/// asked for.
fn check(headers: &HeaderMap, asked: &RequestHead, key: &str) -> Result<(), FetchError> {
    let wrong = |text: &str| Err(FetchError::Handshake(text.to_string()));
    let upgrade = headers.get(header::UPGRADE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !upgrade.eq_ignore_ascii_case(b"websocket") {
        return wrong("the server switched to another protocol");
    }
    let accept = headers.get(header::SEC_WEBSOCKET_ACCEPT).map(|accept| accept.as_bytes().trim_ascii());
    if accept != websocket::accept_key(key.as_bytes()).as_deref().map(str::as_bytes) {
        return wrong("the server's Sec-WebSocket-Accept does not belong to the key");
    }
    if headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS) {
        return wrong("the server chose an extension that was not offered");
    }
    let Some(chosen) = headers.get(header::SEC_WEBSOCKET_PROTOCOL).map(HeaderValue::as_bytes) else { return Ok(()) };
    let offered = asked.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    match offered.flat_map(|(_, value)| value.split(|byte| *byte == b',')).any(|offer| offer.trim_ascii() == chosen) {
        true => Ok(()),
        false => wrong("the server chose a subprotocol that was not offered"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_that_does_not_fit_is_refused() {
        let key = websocket::new_key();
        let asked = RequestHead {
            method: "GET".to_owned(),
            url: "http://a/".to_owned(),
            headers: [("sec-websocket-protocol", &b"chat, super"[..])].into_iter().collect(),
            cf: None,
        };
        let check = |changes: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert("upgrade", HeaderValue::from_static("WebSocket"));
            let accept = websocket::accept_key(key.as_bytes()).unwrap();
            headers.insert("sec-websocket-accept", HeaderValue::from_str(&accept).unwrap());
            for (name, value) in changes {
                headers.insert(*name, HeaderValue::from_str(value).unwrap());
            }
            check(&headers, &asked, &key).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("sec-websocket-protocol", "super")]), Ok(()));
        assert!(check(&[("sec-websocket-protocol", "other")]).unwrap_err().contains("subprotocol"));
        assert!(check(&[("sec-websocket-extensions", "permessage-deflate")]).unwrap_err().contains("extension"));
        assert!(check(&[("sec-websocket-accept", "bm9wZQ==")]).unwrap_err().contains("Accept"));
        assert!(check(&[("upgrade", "h2c")]).unwrap_err().contains("another protocol"));
    }
}
