//! Makes the worker believe that it runs at `--host`, and the client that it does not.
//!
//! As wrangler does it: in every header that names the one host, the origin and the host are replaced by the
//! other; on the way in so that `Origin` and `Referer` look like production's, on the way out so that redirects,
//! CORS answers and cookies work on localhost. Bodies are not touched.

/// The two names of one request. Exists exactly when they differ.
#[derive(Debug)]
pub(super) struct Rewrite {
    /// As the client called it: `http`, `localhost:8787`.
    outer: Name,
    /// As user code sees it: `https`, `example.com`.
    inner: Name,
}

#[derive(Debug)]
struct Name {
    origin: String,
    host: String,
}

impl Name {
    fn new(scheme: &str, host: &str) -> Self {
        Self { origin: format!("{scheme}://{host}"), host: host.to_owned() }
    }

    /// The host without its port.
    fn hostname(&self) -> &str {
        match self.host.rfind(':') {
            Some(colon) if !self.host[colon..].contains(']') => &self.host[..colon],
            _ => &self.host,
        }
    }
}

impl Rewrite {
    /// Between the client's `(scheme, host)` and the worker's.
    pub(super) fn new(outer: (&str, &str), inner: (&str, &str)) -> Self {
        Self { outer: Name::new(outer.0, outer.1), inner: Name::new(inner.0, inner.1) }
    }

    /// The value of a request's header for the worker; `None` leaves it as it is.
    pub(super) fn request_value(&self, value: &[u8]) -> Option<Vec<u8>> {
        swap(value, &self.outer, &self.inner)
    }

    /// The value of a response's header for the client; `None` leaves it as it is.
    pub(super) fn response_value(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        if name.eq_ignore_ascii_case("set-cookie") {
            return self.cookie(value);
        }
        swap(value, &self.inner, &self.outer)
    }

    /// `Domain=` of the worker's host becomes the client's. The rest of a cookie is the worker's own.
    fn cookie(&self, value: &[u8]) -> Option<Vec<u8>> {
        let mut changed = false;
        let parts: Vec<Vec<u8>> = value
            .split(|byte| *byte == b';')
            .map(|part| {
                let trimmed = part.trim_ascii();
                let Some((key, domain)) = split_once(trimmed, b'=') else { return part.to_vec() };
                let domain = domain.trim_ascii();
                let domain = domain.strip_prefix(b".").unwrap_or(domain);
                if !key.trim_ascii_end().eq_ignore_ascii_case(b"domain")
                    || !domain.eq_ignore_ascii_case(self.inner.hostname().as_bytes())
                {
                    return part.to_vec();
                }
                changed = true;
                [b" Domain=", self.outer.hostname().as_bytes()].concat()
            })
            .collect();
        changed.then(|| parts.join(&b';'))
    }
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let index = bytes.iter().position(|byte| *byte == at)?;
    Some((&bytes[..index], &bytes[index + 1..]))
}

/// Replaces origins first, so that the scheme changes with the host, then what is left of the bare host.
fn swap(value: &[u8], from: &Name, to: &Name) -> Option<Vec<u8>> {
    find(value, from.host.as_bytes())?;
    let origins = replace(value, from.origin.as_bytes(), to.origin.as_bytes());
    // The replaced origins may contain the old host again (`localhost` to `localhost:8787`): leave them alone.
    let mut out = Vec::with_capacity(origins.len());
    let mut rest = origins.as_slice();
    while let Some(at) = find(rest, to.origin.as_bytes()) {
        out.extend(replace(&rest[..at], from.host.as_bytes(), to.host.as_bytes()));
        out.extend_from_slice(to.origin.as_bytes());
        rest = &rest[at + to.origin.len()..];
    }
    out.extend(replace(rest, from.host.as_bytes(), to.host.as_bytes()));
    Some(out)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn replace(value: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rewrite() -> Rewrite {
        Rewrite::new(("http", "localhost:8787"), ("https", "shop.example.com"))
    }

    fn text(value: Option<Vec<u8>>) -> Option<String> {
        value.map(|value| String::from_utf8(value).unwrap())
    }

    #[test]
    fn origins_change_with_their_scheme_and_hosts_without() {
        let rewrite = rewrite();
        let inward = |value: &str| text(rewrite.request_value(value.as_bytes()));
        assert_eq!(inward("http://localhost:8787").unwrap(), "https://shop.example.com");
        assert_eq!(
            inward("http://localhost:8787/a?b=localhost:8787").unwrap(),
            "https://shop.example.com/a?b=shop.example.com"
        );
        assert_eq!(inward("https://elsewhere.test"), None);
        let outward = |value: &str| text(rewrite.response_value("location", value.as_bytes()));
        assert_eq!(outward("https://shop.example.com/login").unwrap(), "http://localhost:8787/login");
        assert_eq!(outward("/login"), None);
    }

    #[test]
    fn the_domain_of_a_cookie_and_nothing_else_of_it() {
        let rewrite = rewrite();
        let cookie = |value: &str| text(rewrite.response_value("Set-Cookie", value.as_bytes()));
        assert_eq!(cookie("a=1; Domain=shop.example.com; Path=/").unwrap(), "a=1; Domain=localhost; Path=/");
        assert_eq!(cookie("a=1; domain=.shop.example.com").unwrap(), "a=1; Domain=localhost");
        assert_eq!(cookie("a=shop.example.com; Path=/"), None);
        assert_eq!(cookie("a=1; Domain=example.com"), None);
    }

    #[test]
    fn a_name_inside_the_other_is_replaced_once() {
        let rewrite = Rewrite::new(("http", "localhost"), ("http", "localhost:8787"));
        assert_eq!(text(rewrite.request_value(b"http://localhost/x")).unwrap(), "http://localhost:8787/x");
    }
}
