//! From the client's request to the one that user code sees: its URL and its headers.
//!
//! What is added is what production's edge adds and a worker may rely on: `CF-Connecting-IP`, `CF-IPCountry`,
//! `CF-Ray`, `CF-Visitor`, `X-Forwarded-Proto`, `X-Real-IP`; each only when the client did not send it, so that
//! tests can. `Accept-Encoding` always is `br, gzip`, as in production; the client's own is in `request.cf`.
//! What concerns one connection only is taken out. Everything else goes through byte for byte.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request};
use lopata_protocol::{HeaderList, RequestHead};

use super::local_only::host_name;
use super::options::Site;
use super::rewrite::Rewrite;

/// What every worker sees as `Accept-Encoding`.
const WORKER_ACCEPT_ENCODING: &[u8] = b"br, gzip";

/// What a request is translated with, beside itself.
pub(super) struct Surroundings<'a> {
    pub(super) site: &'a Site,
    /// True when the client came over TLS.
    pub(super) tls: bool,
    /// The client's address as text.
    pub(super) client: &'a str,
    /// What to call this server when the client did not say (HTTP/1.0).
    pub(super) own_authority: &'a str,
    pub(super) country: &'a str,
    /// The data centre's code, the end of `CF-Ray`.
    pub(super) colo: &'a str,
    /// A number of this request's own.
    pub(super) ray: u64,
    pub(super) cf: Arc<str>,
}

/// A translated request.
pub(super) struct Translated {
    pub(super) head: Box<RequestHead>,
    /// `Some` exactly when user code sees another host or scheme than the client.
    pub(super) rewrite: Option<Box<Rewrite>>,
}

/// The request names no host that could be part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid Host header")]
pub(super) struct InvalidHost;

/// Translates one request head.
pub(super) fn translate(parts: &request::Parts, around: Surroundings<'_>) -> Result<Translated, InvalidHost> {
    let outer_host = client_host(&parts.headers, &parts.uri)?.unwrap_or(around.own_authority);
    let outer_scheme = if around.tls { "https" } else { "http" };
    let site = (!keeps_host(around.site, outer_host)).then_some(around.site);
    let scheme = match site.and_then(|site| site.upstream_https) {
        Some(true) => "https",
        Some(false) => "http",
        None => outer_scheme,
    };
    let host = site.and_then(|site| site.host.as_deref()).unwrap_or(outer_host);
    let rewrite = (scheme != outer_scheme || host != outer_host)
        .then(|| Box::new(Rewrite::new((outer_scheme, outer_host), (scheme, host))));
    let url = url(scheme, host, &parts.uri);
    let headers = headers(&parts.headers, host, scheme, &around, rewrite.as_deref());
    let head = RequestHead { method: parts.method.as_str().to_owned(), url, headers, cf: Some(around.cf) };
    Ok(Translated { head: Box::new(head), rewrite })
}

/// Whether user code sees this host as it was sent.
fn keeps_host(site: &Site, host: &str) -> bool {
    !site.kept_hosts.is_empty()
        && host_name(host).is_some_and(|host| site.kept_hosts.iter().any(|pattern| pattern.matches(&host)))
}

/// The host that the client asked for; `None` when it did not say.
fn client_host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<Option<&'a str>, InvalidHost> {
    let host = match headers.get(header::HOST) {
        Some(host) => std::str::from_utf8(host.as_bytes()).map_err(|_| InvalidHost)?,
        None => match uri.authority() {
            Some(authority) => authority.as_str(),
            None => return Ok(None),
        },
    };
    // Anything else could end the host inside the URL (`a/b`, `user@b`) and show user code another path.
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'%' | b'~')
    };
    match host.bytes().all(plain) {
        true if host.is_empty() => Ok(None),
        true => Ok(Some(host)),
        false => Err(InvalidHost),
    }
}

/// A URL as a URL parser writes it: dot segments resolved, other characters than a URL's own encoded. Most are
/// written so already and are left alone.
fn normalised(url: String) -> String {
    let odd = |byte: &u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'\\');
    if !url.contains("/.") && !url.bytes().any(|byte| odd(&byte)) {
        return url;
    }
    match url::Url::parse(&url) {
        Ok(parsed) => parsed.into(),
        Err(_) => url,
    }
}

fn url(scheme: &str, host: &str, uri: &Uri) -> String {
    // `OPTIONS *` has no path of its own, and CONNECT has none at all.
    let target = match uri.path_and_query().map(|target| target.as_str()) {
        None | Some("*") => "/",
        Some(target) => target,
    };
    let slash = if target.starts_with('/') { "" } else { "/" };
    let mut url = String::with_capacity(scheme.len() + 3 + host.len() + slash.len() + target.len());
    for part in [scheme, "://", host, slash, target] {
        url.push_str(part);
    }
    normalised(url)
}

/// Whether a header speaks about one connection only. `upgrade` is not here: a worker asks for it.
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(*name, header::CONNECTION | header::TRANSFER_ENCODING | header::TE | header::TRAILER | header::EXPECT)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

fn headers(
    from: &HeaderMap,
    host: &str,
    scheme: &str,
    around: &Surroundings<'_>,
    rewrite: Option<&Rewrite>,
) -> HeaderList {
    let mut list = HeaderList::with_capacity(from.len() + 8);
    let mut sent = Sent::default();
    list.push("host", host.as_bytes());
    for (name, value) in from {
        if *name == header::HOST || *name == header::ACCEPT_ENCODING || is_hop_by_hop(name) {
            continue;
        }
        sent.note(name);
        match rewrite.and_then(|rewrite| rewrite.request_value(value.as_bytes())) {
            Some(rewritten) => list.push(name.as_str(), &rewritten),
            None => list.push(name.as_str(), value.as_bytes()),
        }
    }
    list.push("accept-encoding", WORKER_ACCEPT_ENCODING);
    add_edge_headers(&mut list, sent, scheme, around);
    list
}

/// Which of the edge's headers the client sent itself.
#[derive(Clone, Copy, Default)]
struct Sent {
    connecting_ip: bool,
    country: bool,
    ray: bool,
    visitor: bool,
    proto: bool,
    real_ip: bool,
}

impl Sent {
    fn note(&mut self, name: &HeaderName) {
        let name = name.as_str();
        // Most names are decided by their first byte.
        if !name.starts_with(['c', 'x']) {
            return;
        }
        match name {
            "cf-connecting-ip" => self.connecting_ip = true,
            "cf-ipcountry" => self.country = true,
            "cf-ray" => self.ray = true,
            "cf-visitor" => self.visitor = true,
            "x-forwarded-proto" => self.proto = true,
            "x-real-ip" => self.real_ip = true,
            _ => {}
        }
    }
}

fn add_edge_headers(list: &mut HeaderList, sent: Sent, scheme: &str, around: &Surroundings<'_>) {
    if !sent.connecting_ip {
        list.push("cf-connecting-ip", around.client.as_bytes());
    }
    if !sent.real_ip {
        list.push("x-real-ip", around.client.as_bytes());
    }
    if !sent.country {
        list.push("cf-ipcountry", around.country.as_bytes());
    }
    if !sent.ray {
        push_ray(list, around.ray, around.colo);
    }
    if !sent.visitor {
        let visitor: &[u8] = if scheme == "https" { br#"{"scheme":"https"}"# } else { br#"{"scheme":"http"}"# };
        list.push("cf-visitor", visitor);
    }
    if !sent.proto {
        list.push("x-forwarded-proto", scheme.as_bytes());
    }
}

/// The text of `CF-Ray`: 16 digits and the data centre, as in production.
fn push_ray(list: &mut HeaderList, ray: u64, colo: &str) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (index, digit) in text[..16].iter_mut().enumerate() {
        *digit = DIGITS[(ray >> (60 - 4 * index)) as usize & 15];
    }
    text[16] = b'-';
    let colo = &colo.as_bytes()[..colo.len().min(text.len() - 17)];
    text[17..17 + colo.len()].copy_from_slice(colo);
    list.push("cf-ray", &text[..17 + colo.len()]);
}

/// Whether this is a person opening a page, not a script or a tool asking for data.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    let contains = |name: &str, what: &[u8]| {
        headers.get(name).is_some_and(|value: &HeaderValue| value.as_bytes().windows(what.len()).any(|w| w == what))
    };
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => contains("accept", b"text/html"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::server::options::HostPattern;

    fn translate_with(site: &Site, request: http::request::Builder) -> Result<Translated, InvalidHost> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        translate(
            &parts,
            Surroundings {
                site,
                tls: false,
                client: "127.0.0.1",
                own_authority: "127.0.0.1:8787",
                country: "US",
                colo: "DFW",
                ray: 0xabc,
                cf: "{}".into(),
            },
        )
    }

    fn request(uri: &str, host: &str) -> http::request::Builder {
        http::Request::builder().uri(uri).header("host", host)
    }

    #[test]
    fn the_url_is_the_host_and_the_target_as_sent() {
        let site = Site::default();
        let url = |uri: &str, host: &str| translate_with(&site, request(uri, host)).map(|t| t.head.url);
        assert_eq!(url("/a/../b//c?x=%20&y", "localhost:8787").unwrap(), "http://localhost:8787/b//c?x=%20&y");
        assert_eq!(url("http://other.test/p?q", "localhost").unwrap(), "http://localhost/p?q");
        assert_eq!(url("*", "[::1]:1").unwrap(), "http://[::1]:1/");
        assert_eq!(url("/x", "").unwrap(), "http://127.0.0.1:8787/x", "an empty Host is allowed by HTTP");
        for host in ["a/b", "user@b", "a b", "a?b", "a#b", "a\\b"] {
            assert!(url("/", host).is_err(), "{host}");
        }
    }

    #[test]
    fn the_edge_headers_are_added_unless_the_client_sent_them() {
        let site = Site::default();
        let plain = request("/", "localhost").header("accept-encoding", "zstd").header("connection", "close");
        let head = translate_with(&site, plain).unwrap().head;
        let seen: Vec<_> = head.headers.iter().map(|(n, v)| format!("{n}: {}", String::from_utf8_lossy(v))).collect();
        assert_eq!(
            seen,
            [
                "host: localhost",
                "accept-encoding: br, gzip",
                "cf-connecting-ip: 127.0.0.1",
                "x-real-ip: 127.0.0.1",
                "cf-ipcountry: US",
                "cf-ray: 0000000000000abc-DFW",
                "cf-visitor: {\"scheme\":\"http\"}",
                "x-forwarded-proto: http",
            ]
        );
        let given = request("/", "localhost").header("CF-Connecting-IP", "203.0.113.9").header("cf-ray", "mine");
        let head = translate_with(&site, given).unwrap().head;
        assert_eq!(head.headers.get("cf-connecting-ip"), Some(&b"203.0.113.9"[..]));
        assert_eq!(head.headers.iter().filter(|(name, _)| name.starts_with("cf-ray")).count(), 1);
    }

    #[test]
    fn duplicates_and_raw_bytes_go_through() {
        let raw = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        let twice = request("/", "localhost").header("x-a", "1").header("x-a", "2").header("x-raw", raw);
        let head = translate_with(&Site::default(), twice).unwrap().head;
        let values: Vec<_> = head.headers.iter().filter(|(name, _)| *name == "x-a").map(|(_, v)| v.to_vec()).collect();
        assert_eq!(values, [b"1".to_vec(), b"2".to_vec()]);
        assert_eq!(head.headers.get("x-raw"), Some(&b"caf\xe9"[..]));
    }

    #[test]
    fn a_kept_host_is_seen_as_sent() {
        let kept_hosts = vec![HostPattern::new("*.x.localhost")];
        let site =
            Site { host: Some("shop.test".to_owned()), upstream_https: Some(true), kept_hosts, ..Site::default() };
        let url = |host: &str| translate_with(&site, request("/p", host)).unwrap().head.url;
        assert_eq!(url("A.x.localhost:8787"), "http://A.x.localhost:8787/p");
        assert_eq!(url("localhost:8787"), "https://shop.test/p");
    }

    #[test]
    fn a_site_host_changes_url_host_and_origin() {
        let site = Site { host: Some("shop.test".to_owned()), upstream_https: Some(true), ..Site::default() };
        let sent = request("/p", "localhost:8787").header("origin", "http://localhost:8787");
        let Translated { head, rewrite } = translate_with(&site, sent).unwrap();
        assert_eq!(head.url, "https://shop.test/p");
        assert_eq!(head.headers.get("host"), Some(&b"shop.test"[..]));
        assert_eq!(head.headers.get("origin"), Some(&b"https://shop.test"[..]));
        assert!(rewrite.is_some());
    }
}
