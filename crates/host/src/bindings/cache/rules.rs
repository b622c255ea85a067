//! What a cache may store of a response, and for how long: RFC 9111 for a shared cache, as production's Cache API has
//! it and as wrangler's simulator does.
//!
//! Only the response decides; of the request it counts whether it carries credentials. Directives are those of
//! `Cache-Control`, with `s-maxage` before `max-age` before `Expires`, and a tenth of the age since `Last-Modified`
//! when there is none of them. `stale-while-revalidate` and `stale-if-error` have no effect, as in production.
//!
//! Pure: no I/O, and time is a parameter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lopata_protocol::HeaderList;

/// Statuses that a cache keeps. A partial response is none of them.
const UNDERSTOOD: [u16; 14] = [200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501];

/// Those that it keeps without being told for how long.
const BY_DEFAULT: [u16; 11] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

/// Headers of one connection or of one proxy. `Date` and `Age` are set anew.
const NOT_STORED: [&str; 13] = [
    "age",
    "cf-cache-status",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "set-cookie",
];

/// By this, a response says that a cache may keep it without its cookies.
const WITHOUT_COOKIES: &str = "private=set-cookie";

/// How old a response without any word on it may be for each second since it was modified.
const HEURISTIC_FRACTION: f64 = 0.1;

/// Seconds that a response lives at least that says it never changes.
const IMMUTABLE_SECONDS: f64 = 24.0 * 3600.0;

/// A response that may be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Storable {
    /// The headers to store, except those that depend on the body.
    pub headers: HeaderList,
    /// Milliseconds from now; 0 when it is stale already.
    pub ttl_ms: u64,
}

/// Whether a response may be stored; `None` when not. `authorized`: the request carried credentials.
pub fn judge(authorized: bool, status: u16, headers: &HeaderList, now_ms: i64) -> Option<Storable> {
    let response = Response::read(headers);
    let stored = response.may_be_stored(authorized, status);
    stored.then(|| {
        let left = response.lifetime_seconds(now_ms) - response.age_seconds();
        Storable { headers: response.headers_to_store(headers, now_ms), ttl_ms: (left.max(0.0) * 1000.0) as u64 }
    })
}

/// The headers of a response that is stored whatever they say.
pub fn force(headers: &HeaderList, ttl_ms: u64, now_ms: i64) -> Storable {
    Storable { headers: Response::read(headers).headers_to_store(headers, now_ms), ttl_ms }
}

/// `Cache-Control`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives(Vec<(String, Option<String>)>);

impl Directives {
    /// Reads a value of the header. Names are in any case; the last of several counts.
    pub fn parse(value: &str) -> Self {
        let directive = |part: &str| {
            let mut halves = part.split('=');
            let name = halves.next().unwrap_or_default().trim().to_ascii_lowercase();
            let argument = halves.next().map(|argument| {
                let argument = argument.trim();
                let argument = argument.strip_prefix('"').unwrap_or(argument);
                argument.strip_suffix('"').unwrap_or(argument).to_string()
            });
            (name, argument)
        };
        Self(value.split(',').map(directive).collect())
    }

    /// Whether a directive is there. One with an empty argument (`max-age=`) is not.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The number of a directive; 0 for what is none.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.find(name).map(|argument| argument.as_deref().map_or(0.0, leading_number))
    }

    fn find(&self, name: &str) -> Option<&Option<String>> {
        let (_, argument) = self.0.iter().rfind(|(known, _)| known == name)?;
        (argument.as_deref() != Some("")).then_some(argument)
    }
}

/// What of a response's headers concerns caches.
struct Response {
    /// As it is stored; differs from what was sent when cookies are taken out.
    cache_control: Option<String>,
    directives: Directives,
    has_cookies: bool,
    pragma_no_cache: bool,
    expires: Option<String>,
    last_modified: Option<String>,
    date: Option<String>,
    age: Option<String>,
}

impl Response {
    fn read(headers: &HeaderList) -> Self {
        let text = |name: &str| joined(headers, name);
        let mut cache_control = text("cache-control");
        let mut has_cookies = headers.get("set-cookie").is_some();
        if let Some(value) = &mut cache_control {
            let lower = value.to_ascii_lowercase();
            if let Some(at) = lower.find(WITHOUT_COOKIES) {
                // Source: wrangler's simulator, also of what is left of the header.
                let rest = lower[at + WITHOUT_COOKIES.len()..].trim_start_matches(';');
                *value = format!("{}{rest}", &lower[..at]).trim().to_string();
                has_cookies = false;
            }
        }
        Self {
            directives: cache_control.as_deref().map(Directives::parse).unwrap_or_default(),
            pragma_no_cache: cache_control.is_none() && text("pragma").is_some_and(|value| value.contains("no-cache")),
            cache_control,
            has_cookies,
            expires: text("expires"),
            last_modified: text("last-modified"),
            date: text("date"),
            age: text("age"),
        }
    }

    fn may_be_stored(&self, authorized: bool, status: u16) -> bool {
        let says = |name| self.directives.has(name);
        let explicit = self.expires.is_some() || says("max-age") || says("s-maxage") || says("public");
        UNDERSTOOD.contains(&status)
            && !says("no-store")
            && !says("private")
            && !self.has_cookies
            && (!authorized || says("must-revalidate") || says("public") || says("s-maxage"))
            && (explicit || BY_DEFAULT.contains(&status))
    }

    fn lifetime_seconds(&self, now_ms: i64) -> f64 {
        let says = |name| self.directives.has(name);
        if says("no-cache") || self.pragma_no_cache || says("proxy-revalidate") {
            return 0.0;
        }
        if let Some(seconds) = self.directives.number("s-maxage").or_else(|| self.directives.number("max-age")) {
            return seconds;
        }
        let least = if says("immutable") { IMMUTABLE_SECONDS } else { 0.0 };
        let date = self.date.as_deref().and_then(http_seconds).unwrap_or(now_ms.div_euclid(1000)) as f64;
        if let Some(expires) = &self.expires {
            return match http_seconds(expires) {
                Some(expires) if expires as f64 >= date => least.max(expires as f64 - date),
                Some(_) | None => 0.0,
            };
        }
        match self.last_modified.as_deref().and_then(http_seconds) {
            Some(modified) if date > modified as f64 => least.max((date - modified as f64) * HEURISTIC_FRACTION),
            Some(_) | None => least,
        }
    }

    fn age_seconds(&self) -> f64 {
        self.age.as_deref().map_or(0.0, leading_number)
    }

    fn headers_to_store(&self, headers: &HeaderList, now_ms: i64) -> HeaderList {
        let mut stored = HeaderList::with_capacity(headers.len() + 2);
        let mut seen: Vec<&str> = Vec::with_capacity(headers.len());
        for (name, value) in headers.iter() {
            if NOT_STORED.contains(&name) || seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match name {
                "cache-control" => match self.cache_control.as_deref() {
                    Some("") | None => {}
                    Some(value) => stored.push(name, value.as_bytes()),
                },
                "warning" => {
                    let warnings = joined(headers, name).unwrap_or_default();
                    let kept =
                        warnings.split(',').filter(|warning| !is_transient(warning)).collect::<Vec<_>>().join(",");
                    if !kept.is_empty() {
                        stored.push(name, kept.trim().as_bytes());
                    }
                }
                _ if headers.iter().filter(|(other, _)| *other == name).count() == 1 => stored.push(name, value),
                _ => stored.push(name, joined(headers, name).unwrap_or_default().as_bytes()),
            }
        }
        stored.push("age", format!("{}", self.age_seconds()).as_bytes());
        let now = UNIX_EPOCH + Duration::from_millis(now_ms.max(0) as u64);
        stored.push("date", httpdate::fmt_http_date(now).as_bytes());
        stored
    }
}

/// Warnings of 1xx are about one answer and not about what is stored.
fn is_transient(warning: &str) -> bool {
    let mut chars = warning.trim_start().chars();
    chars.next() == Some('1') && chars.take(2).filter(char::is_ascii_digit).count() == 2
}

/// All values of a header as one.
fn joined(headers: &HeaderList, name: &str) -> Option<String> {
    let values: Vec<_> = headers.iter().filter(|(other, _)| *other == name).map(|(_, value)| value).collect();
    match values.as_slice() {
        [] => None,
        values => Some(values.iter().map(|value| String::from_utf8_lossy(value)).collect::<Vec<_>>().join(", ")),
    }
}

/// The number at the start of a text, as lenient as production: `60abc` is 60, what is none is 0.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    sign * digits[..end].parse::<f64>().unwrap_or(0.0)
}

/// Seconds since the Unix epoch of a date as HTTP writes it, in any of its three forms. A weekday that is not that of
/// the date is no matter.
pub fn http_seconds(text: &str) -> Option<i64> {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let given = text.trim();
    let rest = given.split_once(", ").filter(|(weekday, _)| WEEKDAYS.contains(weekday)).map(|(_, rest)| rest);
    let candidates = rest.into_iter().flat_map(|rest| WEEKDAYS.map(|weekday| format!("{weekday}, {rest}")));
    let parse = |text: &str| httpdate::parse_http_date(text).ok();
    let time: SystemTime = parse(given).or_else(|| candidates.into_iter().find_map(|text| parse(&text)))?;
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => Some(since.as_secs() as i64),
        Err(before) => Some(-(before.duration().as_secs() as i64)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Sat, 21 Nov 2026 18:00:00 GMT.
    const NOW_MS: i64 = 1_795_284_000_000;

    fn list(headers: &[(&str, &str)]) -> HeaderList {
        headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
    }

    /// Seconds that a response of 200 lives; `None` when it is not stored.
    fn lives(headers: &[(&str, &str)]) -> Option<f64> {
        judge(false, 200, &list(headers), NOW_MS).map(|found| found.ttl_ms as f64 / 1000.0)
    }

    fn controlled(value: &str) -> Option<f64> {
        lives(&[("cache-control", value)])
    }

    #[test]
    fn directives_decide() {
        for (value, expected) in [
            ("max-age=60", Some(60.0)),
            ("Max-Age=60", Some(60.0)),
            ("max-age=\"60\"", Some(60.0)),
            ("max-age = 60", Some(60.0)),
            ("max-age=60abc", Some(60.0)),
            ("max-age=1.9", Some(1.0)),
            ("max-age=abc", Some(0.0)),
            ("max-age=-5", Some(0.0)),
            ("max-age", Some(0.0)),
            ("max-age=", Some(0.0)),
            ("max-age=60,max-age=0", Some(0.0)),
            ("s-maxage=60", Some(60.0)),
            ("max-age=0, s-maxage=60", Some(60.0)),
            ("max-age=60, s-maxage=0", Some(0.0)),
            ("max-age=60, must-revalidate", Some(60.0)),
            ("max-age=60, proxy-revalidate", Some(0.0)),
            ("public, max-age=60, no-cache", Some(0.0)),
            ("max-age=0, stale-while-revalidate=60", Some(0.0)),
            ("immutable", Some(86400.0)),
            ("immutable, max-age=5", Some(5.0)),
            ("public", Some(0.0)),
            ("no-store", None),
            ("private", None),
            ("s-maxage=60, private=x", None),
            ("NO-STORE", None),
        ] {
            assert_eq!(controlled(value), expected, "{value}");
        }
        assert_eq!(lives(&[]), Some(0.0));
        assert_eq!(lives(&[("cache-control", "max-age=0"), ("cache-control", "s-maxage=60")]), Some(60.0));
    }

    #[test]
    fn dates_decide_when_no_directive_does() {
        for (headers, expected) in [
            (&[("expires", "Sat, 21 Nov 2026 18:01:00 GMT")][..], 60.0),
            (&[("expires", "Sat, 21 Nov 2026 17:59:00 GMT")], 0.0),
            (&[("expires", "0")], 0.0),
            (&[("expires", "Mon, 21 Nov 2026 18:01:00 GMT")], 60.0),
            (&[("expires", "Sat, 21 Nov 2026 18:01:00 GMT"), ("date", "Sat, 21 Nov 2026 18:00:50 GMT")], 10.0),
            (&[("expires", "Sat, 21 Nov 2026 18:01:00 GMT"), ("cache-control", "max-age=5")], 5.0),
            (&[("expires", "Sat, 21 Nov 2026 18:01:00 GMT"), ("pragma", "no-cache")], 0.0),
            (&[("pragma", "no-cache"), ("cache-control", "max-age=60")], 60.0),
            (&[("last-modified", "Sat, 21 Nov 2026 17:50:00 GMT")], 60.0),
            (&[("last-modified", "Sat, 21 Nov 2026 18:50:00 GMT")], 0.0),
            (&[("cache-control", "max-age=60"), ("age", "20")], 40.0),
            (&[("cache-control", "max-age=60"), ("age", "90")], 0.0),
            (&[("cache-control", "max-age=60"), ("age", "-3")], 63.0),
        ] {
            assert_eq!(lives(headers), Some(expected), "{headers:?}");
        }
    }

    #[test]
    fn statuses_and_credentials() {
        let stored = |authorized, status, value: &str| {
            let headers = if value.is_empty() { list(&[]) } else { list(&[("cache-control", value)]) };
            judge(authorized, status, &headers, NOW_MS).is_some()
        };
        for status in 200..600 {
            assert_eq!(stored(false, status, "max-age=60"), UNDERSTOOD.contains(&status), "{status}");
            assert_eq!(stored(false, status, ""), BY_DEFAULT.contains(&status), "{status}");
        }
        assert!(!stored(true, 200, "max-age=60") && stored(true, 200, "public, max-age=60"));
        assert!(stored(true, 200, "s-maxage=60") && stored(true, 200, "must-revalidate"));
    }

    #[test]
    fn cookies_are_not_shared() {
        let with = |value: &str| {
            let headers = list(&[("cache-control", value), ("set-cookie", "a=b")]);
            judge(false, 200, &headers, NOW_MS).map(|found| {
                assert_eq!(found.headers.get("set-cookie"), None);
                let value = found.headers.get("cache-control").map(|value| String::from_utf8(value.to_vec()).unwrap());
                (found.ttl_ms, value)
            })
        };
        assert_eq!(with("max-age=60"), None);
        assert_eq!(with("private=set-cookie, max-age=60"), Some((60_000, Some(", max-age=60".into()))));
        assert_eq!(with("max-age=60, private=Set-Cookie"), Some((60_000, Some("max-age=60,".into()))));
        assert_eq!(with("private=set-cookie"), Some((0, None)));
    }

    #[test]
    fn headers_of_the_connection_are_not_stored() {
        let headers = list(&[
            ("cache-control", "max-age=60"),
            ("x-a", "1"),
            ("connection", "close"),
            ("x-a", "2"),
            ("warning", "110 - x, 299 - y"),
            ("content-length", "9"),
            ("cf-cache-status", "MISS"),
            ("date", "Sat, 21 Nov 2015 18:00:00 GMT"),
        ]);
        let found = judge(false, 200, &headers, NOW_MS).unwrap().headers;
        let seen: Vec<_> = found.iter().map(|(name, value)| (name, std::str::from_utf8(value).unwrap())).collect();
        let expected = [
            ("cache-control", "max-age=60"),
            ("x-a", "1, 2"),
            ("warning", "299 - y"),
            ("age", "0"),
            ("date", "Sat, 21 Nov 2026 18:00:00 GMT"),
        ];
        assert_eq!(seen, expected);
        let forced = force(&list(&[("cache-control", "no-store"), ("set-cookie", "a=b")]), 5, NOW_MS);
        assert_eq!((forced.ttl_ms, forced.headers.get("set-cookie")), (5, None));
    }
}
