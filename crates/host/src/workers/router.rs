//! Which worker a request is for: by the hosts that a project gives its workers, then by route patterns.
//!
//! Pure: a URL in, a worker out. A pattern is `host/path`, perhaps with a scheme; `*` stands at the start of the
//! host or at the end of the path, as production wants it. Of the patterns that match, the most specific wins: an
//! exact host before a wildcard, a longer host before a shorter one, then the same for paths. A request that matches
//! nothing is for the main worker. The rules are those of wrangler's simulator.

use std::cmp::Reverse;

use super::WorkerId;

/// What is for one worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Host names, `echo.localhost` or `*.x.localhost`, with a port or for any.
    pub hosts: Vec<String>,
    /// Route patterns.
    pub routes: Vec<String>,
}

/// Decides by URL. Cheap to ask, made anew when rules change.
#[derive(Clone, Debug, Default)]
pub struct Router {
    /// The one to be asked first comes first.
    patterns: Vec<(Pattern, WorkerId)>,
}

/// Why a pattern is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `*` inside.
    #[error("contains an infix wildcard. This is not allowed.")]
    InfixWildcard,
    /// A query.
    #[error("contains a query string. This is not allowed.")]
    Query,
    /// No host.
    #[error("has no host.")]
    NoHost,
    /// A path where only a host belongs.
    #[error("is not a host name.")]
    NotAHost,
}

/// Checks a host of [`Rules::hosts`].
pub fn check_host(host: &str) -> Result<(), PatternError> {
    Pattern::host(host).map(|_| ())
}

/// Checks a pattern of [`Rules::routes`].
pub fn check_route(pattern: &str) -> Result<(), PatternError> {
    Pattern::route(pattern).map(|_| ())
}

impl Router {
    /// A router for workers by place, the main worker first. Patterns that are none are left out; whoever read them
    /// has complained.
    pub fn new(workers: &[Rules]) -> Self {
        let mut ranked = Vec::new();
        for (place, Rules { hosts, routes }) in workers.iter().enumerate() {
            let worker = WorkerId(place);
            let hosts = hosts.iter().filter_map(|host| Some((true, Pattern::host(host).ok()?)));
            let routes = routes.iter().filter_map(|route| Some((false, Pattern::route(route).ok()?)));
            ranked.extend(hosts.chain(routes).map(|(by_host, pattern)| (by_host, pattern, worker)));
        }
        // Stable: of two equal patterns the one of the earlier worker counts.
        ranked.sort_by_key(|(by_host, pattern, _)| Reverse((*by_host, pattern.rank())));
        Self { patterns: ranked.into_iter().map(|(_, pattern, worker)| (pattern, worker)).collect() }
    }

    /// The worker that a request to `url` is for. `url` is absolute, as user code will see it.
    pub fn select(&self, url: &str) -> WorkerId {
        let Some(asked) = Asked::read(url) else { return WorkerId::PRIMARY };
        let hit = self.patterns.iter().find(|(pattern, _)| pattern.matches(&asked));
        hit.map_or(WorkerId::PRIMARY, |(_, worker)| *worker)
    }
}

/// A URL, taken apart.
struct Asked<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    /// With the query.
    path: &'a str,
}

impl<'a> Asked<'a> {
    fn read(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        Some(Self { scheme, host, port, path: if path.is_empty() { "/" } else { path } })
    }
}

/// `host:port`, where an IPv6 address is in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_address = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_address..].find(':') {
        Some(colon) => (&authority[..after_address + colon], Some(&authority[after_address + colon + 1..])),
        None => (authority, None),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// `None` matches any.
    scheme: Option<String>,
    /// In lower case; what must be at the end with `any_front`.
    host: String,
    any_front: bool,
    /// `None` matches any.
    port: Option<String>,
    /// What must be at the start with `any_rest`.
    path: String,
    any_rest: bool,
}

impl Pattern {
    fn host(text: &str) -> Result<Self, PatternError> {
        if text.contains(['/', '?', '#']) {
            return Err(PatternError::NotAHost);
        }
        Self::route(&format!("{text}/*"))
    }

    fn route(text: &str) -> Result<Self, PatternError> {
        if text.contains(['?', '#']) {
            return Err(PatternError::Query);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        let (host, port) = split_port(authority);
        let (host, any_front) = match host.strip_prefix('*') {
            Some(end) => (end, true),
            None => (host, false),
        };
        let (path, any_rest) = match path.strip_suffix('*') {
            Some(start) => (start, true),
            None => (path, false),
        };
        if host.is_empty() && !any_front {
            return Err(PatternError::NoHost);
        }
        if host.contains('*') || path.contains('*') {
            return Err(PatternError::InfixWildcard);
        }
        let host = host.to_ascii_lowercase();
        Ok(Self { scheme, host, any_front, port: port.map(str::to_string), path: path.to_string(), any_rest })
    }

    /// Greater is more specific.
    fn rank(&self) -> (usize, usize, usize, usize) {
        let labels = |host: &str| host.split('.').filter(|label| !label.is_empty()).count();
        // A wildcard is worth less than any label that it could stand for.
        let host = (2 * labels(&self.host) + 1).saturating_sub(usize::from(self.any_front));
        let segments = self.path.split('/').filter(|segment| !segment.is_empty()).count();
        let path = (2 * segments + 1).saturating_sub(usize::from(self.any_rest));
        let exact = usize::from(self.scheme.is_some()) + usize::from(self.port.is_some());
        (host, path, self.host.len() + self.path.len(), exact)
    }

    fn matches(&self, asked: &Asked<'_>) -> bool {
        let host = match self.any_front {
            true => ends_with(asked.host, &self.host),
            false => asked.host.eq_ignore_ascii_case(&self.host),
        };
        host && (if self.any_rest { asked.path.starts_with(&self.path) } else { asked.path == self.path })
            && self.scheme.as_deref().is_none_or(|scheme| scheme == asked.scheme)
            && self.port.as_deref().is_none_or(|port| asked.port == Some(port))
    }
}

/// Without regard to case; `end` is ASCII or it matches nothing.
fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rules(hosts: &[&str], routes: &[&str]) -> Rules {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_string()).collect();
        Rules { hosts: owned(hosts), routes: owned(routes) }
    }

    /// Each pattern is a worker's of its own, after a main worker without any.
    fn by_routes(routes: &[&str]) -> impl Fn(&str) -> usize + use<> {
        let workers = std::iter::once(rules(&[], &[])).chain(routes.iter().map(|route| rules(&[], &[route])));
        let router = Router::new(&workers.collect::<Vec<_>>());
        move |url| router.select(url).0
    }

    #[test]
    fn the_most_specific_route_wins() {
        let to = by_routes(&["example.com/*", "example.com/api/*", "*.example.com/*", "*/health", "a.example.com/x*"]);
        for (url, worker) in [
            ("https://example.com/", 1),
            ("https://EXAMPLE.com/page?q=/api/", 1),
            ("https://example.com/api/users", 2),
            ("https://example.com/api", 1),
            ("https://b.example.com/api/users", 3),
            ("https://a.example.com/xyz", 5),
            ("https://a.example.com/", 3),
            ("https://other.test/health", 4),
            ("https://other.test/health?x", 0),
            ("https://example.com/health", 1),
            ("https://other.test/", 0),
            ("not a url", 0),
        ] {
            assert_eq!(to(url), worker, "{url}");
        }
    }

    #[test]
    fn wildcards_stand_at_the_ends() {
        let to = by_routes(&["*example.com/*", "*.other.test/a", "*/all/*"]);
        assert_eq!(to("http://example.com/"), 1);
        assert_eq!(to("http://x.example.com:80/y"), 1);
        assert_eq!(to("http://other.test/a"), 0, "a dot is part of the pattern");
        assert_eq!(to("http://x.other.test/a"), 2);
        assert_eq!(to("http://x.other.test/a/"), 0);
        assert_eq!(to("http://[::1]:8787/all/x"), 3);
    }

    #[test]
    fn schemes_and_ports_count_when_they_are_written() {
        let to = by_routes(&["https://example.com/*", "example.com/*", "example.com:8787/*"]);
        assert_eq!(to("https://example.com/"), 1);
        assert_eq!(to("http://example.com/"), 2);
        assert_eq!(to("http://example.com:1/"), 2);
        assert_eq!(to("http://example.com:8787/"), 3);
    }

    #[test]
    fn hosts_come_before_routes_and_equal_patterns_in_order() {
        let router = Router::new(&[
            rules(&[], &["example.com/*"]),
            rules(&["echo.localhost"], &["example.com/*"]),
            rules(&["*.x.localhost", "echo.localhost"], &["echo.localhost/very/specific/path"]),
            rules(&["a.x.localhost:9000"], &[]),
        ]);
        for (url, worker) in [
            ("http://echo.localhost:8787/very/specific/path", 1),
            ("http://ECHO.localhost/", 1),
            ("http://a.x.localhost/", 2),
            ("http://a.x.localhost:9000/", 3),
            ("http://x.localhost/", 0),
            ("http://example.com/", 0),
            ("http://localhost/", 0),
        ] {
            assert_eq!(router.select(url).0, worker, "{url}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_and_left_out() {
        assert_eq!(check_route("a.*.test/*"), Err(PatternError::InfixWildcard));
        assert_eq!(check_route("a.test/*/x"), Err(PatternError::InfixWildcard));
        assert_eq!(check_route("a.test/x?y"), Err(PatternError::Query));
        assert_eq!(check_route("/x"), Err(PatternError::NoHost));
        assert_eq!(check_host("a.localhost/x"), Err(PatternError::NotAHost));
        assert_eq!(check_host("*.a.localhost:8787"), Ok(()));
        let router = Router::new(&[rules(&["a/b"], &[]), rules(&[], &["a.*.test/*", "b.test"])]);
        assert_eq!(router.select("http://b.test/").0, 1);
        assert_eq!(router.select("http://b.test/x").0, 0, "without a star the path is the root");
    }

    proptest! {
        /// Nothing panics, a worker that exists is chosen, and no less specific pattern than another that matches.
        #[test]
        fn any_url_has_one_worker(
            routes in prop::collection::vec("(https?://)?[*]?[a-c.]{0,5}(:[0-9]{1,4})?(/[a-b/]{0,5})?[*]?", 0..8),
            url in "(https?://)?[a-c.:\\[\\]é]{0,8}(/[a-b/?#]{0,6})?",
        ) {
            let workers: Vec<_> = routes.iter().map(|route| rules(&[], &[route])).collect();
            let WorkerId(chosen) = Router::new(&workers).select(&url);
            prop_assert!(chosen == 0 || chosen < workers.len());
            let Some(asked) = Asked::read(&url) else { return Ok(()) };
            let ranks = routes.iter().filter_map(|route| Pattern::route(route).ok()).filter(|p| p.matches(&asked));
            if let Some(best) = ranks.map(|pattern| pattern.rank()).max() {
                let own = Pattern::route(&routes[chosen]).unwrap();
                prop_assert_eq!(own.rank(), best);
            }
        }
    }
}
