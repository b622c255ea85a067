//! `--live-reload`: HTML pages carry a script, and a WebSocket tells it when to load the page anew.
//!
//! ```text
//!  text/html ──► the script behind its last byte ──► /cdn-cgi/live-reload ──► "reload" │ "styles"
//! ```
//!
//! A body is never held back: the script follows what streams by. What is not a page in a browser's window is left
//! alone: bodies that come encoded, parts of a file, and what a script of the page fetches for itself.
//!
//! wrangler's script, which names a protocol of its own, is understood too: it reloads at any message.

use std::future::poll_fn;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};
use lopata_bridges::{WebSocketEnd, socket_pair};
use lopata_protocol::{HeaderList, ResponseHead, SocketFrame};
use tokio::sync::broadcast::{self, error::RecvError};

use super::body::OutBody;
use super::exchange::{Peer, plain};
use super::upgrade;

/// The endpoint: the WebSocket and, for pages whose policy refuses scripts within, the script.
pub(super) const PATH: &str = "/cdn-cgi/live-reload";

/// The protocol of the script here; whoever speaks another one knows no messages.
const PROTOCOL: &str = "lopata-live-reload";

/// The script.
const SCRIPT: &str = include_str!("script.js");

/// What a page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Load the page anew.
    Page,
    /// Only style sheets have changed: load those anew.
    Styles,
}

/// Answers a request for [`PATH`].
pub(super) fn respond(peer: &Peer, parts: &request::Parts, reloads: broadcast::Receiver<Reload>) -> Response<OutBody> {
    if !parts.headers.contains_key(header::UPGRADE) {
        return script(&parts.method);
    }
    let protocol = parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL);
    let mut headers = HeaderList::with_capacity(1);
    if let Some(protocol) = protocol {
        headers.push(header::SEC_WEBSOCKET_PROTOCOL.as_str(), protocol.as_bytes());
    }
    let knows_styles = protocol.is_some_and(|protocol| protocol == PROTOCOL);
    let head = ResponseHead { status: 101, status_text: String::new(), headers, encoded: false, url: String::new() };
    let (near, far) = socket_pair();
    match upgrade::accept(peer, parts, &head, Some(far), None) {
        Ok(response) => {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                peer.sessions.spawn(tell(near, reloads, knows_styles));
            }
            response
        }
        Err(invalid) => plain(StatusCode::BAD_REQUEST, invalid.to_string()),
    }
}

fn script(method: &Method) -> Response<OutBody> {
    let body =
        if *method == Method::HEAD { OutBody::Empty } else { OutBody::Full(Bytes::from_static(SCRIPT.as_bytes())) };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript;charset=UTF-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells one page of each change until it is gone or the server ends, which closes the connection.
async fn tell(end: WebSocketEnd, mut reloads: broadcast::Receiver<Reload>, knows_styles: bool) {
    end.drain();
    loop {
        let reload = tokio::select! {
            reload = reloads.recv() => match reload {
                Ok(reload) => reload,
                Err(RecvError::Lagged(_)) => Reload::Page,
                Err(RecvError::Closed) => return,
            },
            frame = poll_fn(|cx| end.poll_take(cx)) => match frame {
                Some(SocketFrame::Text(_) | SocketFrame::Binary(_)) => continue,
                Some(SocketFrame::Close { code, .. }) => {
                    end.send(SocketFrame::Close { code, reason: String::new() });
                    return;
                }
                Some(SocketFrame::Lost(_)) | None => return,
            },
        };
        let word = if reload == Reload::Styles && knows_styles { "styles" } else { "reload" };
        end.send(SocketFrame::Text(Bytes::from_static(word.as_bytes())));
    }
}

/// What is to follow the body of a response with these headers, if it is a page.
pub(super) fn tail(status: StatusCode, headers: &HeaderMap) -> Option<Bytes> {
    let html = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let is_html = html.len() >= 9 && html[..9].eq_ignore_ascii_case(b"text/html");
    if !is_html || status == StatusCode::PARTIAL_CONTENT {
        return None;
    }
    let mut policies = headers.get_all(header::CONTENT_SECURITY_POLICY).iter().peekable();
    if policies.peek().is_none() {
        return Some(format!("\n<script>\n{SCRIPT}</script>\n").into());
    }
    // A policy that allows scripts of the page's own origin allows a file, not what stands in the page. One that
    // wants a nonce gets the page's own.
    let nonce = policies.find_map(|policy| nonce(policy.to_str().ok()?));
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    Some(format!("\n<script src=\"{PATH}\"{nonce}></script>\n").into())
}

/// The first nonce of a policy that is about scripts.
fn nonce(policy: &str) -> Option<&str> {
    let directives = policy.split([';', ',']).map(str::trim);
    let scripts = directives.filter(|directive| {
        let name = directive.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "script-src-elem" | "script-src" | "default-src")
    });
    let mut sources = scripts.flat_map(str::split_whitespace);
    let plain = |c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c);
    sources.find_map(|source| {
        let nonce = source.strip_prefix("'nonce-")?.strip_suffix('\'')?;
        nonce.chars().all(plain).then_some(nonce)
    })
}

/// Whether the response will be a window's page: browsers say what they want one for.
pub(super) fn is_for_a_window(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-dest")
        .is_none_or(|dest| ["document", "iframe", "frame", "embed", "object"].iter().any(|window| dest == window))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn tail_of(pairs: &[(&'static str, &str)]) -> Option<String> {
        tail(StatusCode::OK, &headers(pairs)).map(|tail| String::from_utf8(tail.to_vec()).unwrap())
    }

    #[test]
    fn pages_get_a_script_and_nothing_else_does() {
        let script = tail_of(&[("content-type", "Text/HTML; charset=utf-8")]).unwrap();
        assert!(script.starts_with("\n<script>") && script.contains(PATH) && script.contains(PROTOCOL));
        for other in ["text/plain", "application/json", "text/htm"] {
            assert_eq!(tail_of(&[("content-type", other)]), None, "{other}");
        }
        assert_eq!(tail_of(&[]), None);
        assert_eq!(tail(StatusCode::PARTIAL_CONTENT, &headers(&[("content-type", "text/html")])), None);
        assert!(!SCRIPT.contains("</script"), "the page would end it there");
    }

    #[test]
    fn a_policy_gets_a_file_and_its_own_nonce() {
        let html = ("content-type", "text/html");
        let own = tail_of(&[html, ("content-security-policy", "default-src 'self'")]).unwrap();
        assert_eq!(own, "\n<script src=\"/cdn-cgi/live-reload\"></script>\n");
        let policy = "img-src 'nonce-no'; script-src 'strict-dynamic' 'nonce-aB+/9=='";
        let own = tail_of(&[html, ("content-security-policy", policy)]).unwrap();
        assert_eq!(own, "\n<script src=\"/cdn-cgi/live-reload\" nonce=\"aB+/9==\"></script>\n");
        assert_eq!(nonce("script-src 'nonce-\"><b'"), None);
    }

    #[test]
    fn only_what_a_window_asks_for_is_a_page() {
        assert!(is_for_a_window(&headers(&[])));
        assert!(is_for_a_window(&headers(&[("sec-fetch-dest", "document")])));
        assert!(!is_for_a_window(&headers(&[("sec-fetch-dest", "empty")])));
    }
}
