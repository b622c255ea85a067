//! Keeps web pages away from `/cdn-cgi/*`: only local names and the worker's own hosts may call it.
//!
//! A page on the internet can make a browser send requests to this server, either across origins or under a name
//! of its own that resolves to this machine. The first shows in `Origin`, the second in `Host`; both are checked
//! as the client sent them, before anything is rewritten. The texts are those of wrangler.

use http::{HeaderMap, Uri, header};

use super::options::Site;

/// Why a request may not use a control endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotLocal {
    #[error("Invalid Host header")]
    Host,
    #[error("Invalid Origin header")]
    Origin,
}

/// Checks one request. `own_host` is the address that the user told the server to listen on.
pub(super) fn check(headers: &HeaderMap, uri: &Uri, site: &Site, own_host: &str) -> Result<(), NotLocal> {
    let mut hosts = headers.get_all(header::HOST).iter().map(|value| value.to_str().ok());
    let host = match hosts.next() {
        Some(host) => host,
        // HTTP/2 has the name in the target.
        None => uri.authority().map(|authority| authority.as_str()),
    };
    let allowed = |host: &str| is_allowed(host, site, own_host);
    if hosts.next().is_some() || !host.and_then(host_name).is_some_and(|host| allowed(&host)) {
        return Err(NotLocal::Host);
    }
    for origin in headers.get_all(header::ORIGIN) {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        if !host.and_then(host_name).is_some_and(|host| allowed(&host)) {
            return Err(NotLocal::Origin);
        }
    }
    Ok(())
}

fn is_allowed(host: &str, site: &Site, own_host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
        || host == own_host
        || site.host.as_deref().and_then(host_name).is_some_and(|own| own == host)
        || site.control_hosts.iter().any(|pattern| pattern.matches(host))
}

/// The name of `name:port` in lower case, an IPv6 address in its brackets; `None` when it is no authority.
pub(super) fn host_name(authority: &str) -> Option<String> {
    let (name, port) = match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => authority.split_at(end + 2),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_is_number =
        port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
    (port_is_number && is_name).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::server::options::HostPattern;

    fn verdict(host: &str, origin: Option<&str>) -> Result<(), NotLocal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let site = Site {
            host: Some("shop.test".to_owned()),
            control_hosts: vec![HostPattern::new("*.example.com")],
            ..Site::default()
        };
        check(&headers, &Uri::from_static("/cdn-cgi/handler/scheduled"), &site, "10.1.2.3")
    }

    #[test]
    fn local_names_and_own_hosts_pass() {
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "127.0.0.1:1",
            "[::1]:8787",
            "[::1]",
            "a.example.com",
            "shop.test",
            "10.1.2.3:80",
        ] {
            assert_eq!(verdict(host, None), Ok(()), "{host}");
        }
        assert_eq!(verdict("localhost:8787", Some("http://localhost:3000")), Ok(()));
        assert_eq!(verdict("localhost:8787", Some("http://[::1]:3000")), Ok(()));
    }

    #[test]
    fn foreign_names_are_refused() {
        for host in
            ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "evilexample.com", "localhost@evil", "", "a b"]
        {
            assert_eq!(verdict(host, None), Err(NotLocal::Host), "{host}");
        }
        for origin in
            ["https://evil.test", "null", "http://localhost.evil.test", "http://localhost@evil.test", "garbage"]
        {
            assert_eq!(verdict("localhost", Some(origin)), Err(NotLocal::Origin), "{origin}");
        }
    }

    #[test]
    fn two_hosts_are_refused_and_http2_is_read_from_the_target() {
        let mut headers = HeaderMap::new();
        let site = Site::default();
        let target: Uri = "https://localhost:8787/cdn-cgi/x".parse().unwrap();
        assert_eq!(check(&headers, &target, &site, ""), Ok(()));
        headers.append(header::HOST, "localhost".parse().unwrap());
        headers.append(header::HOST, "evil.test".parse().unwrap());
        assert_eq!(check(&headers, &target, &site, ""), Err(NotLocal::Host));
    }
}
