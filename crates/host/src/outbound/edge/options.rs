//! What a request's `cf` asks of the cache, and what that means for a response.
//!
//! Source of the rules: Cloudflare's documentation of `cf` in `fetch`, of its default cache behaviour and of the values
//! of `CF-Cache-Status`.
//!
//! Pure: no I/O, and time is a parameter.

use lopata_protocol::HeaderList;
use serde_json::Value;

use crate::bindings::cache::rules::{self, Directives};

/// Seconds for which a response is kept that says nothing itself, by its status.
const DEFAULT_TTL_SECONDS: [(u16, u64); 7] =
    [(200, 7200), (206, 7200), (301, 7200), (302, 1200), (303, 1200), (404, 180), (410, 180)];

/// Extensions of what is cached without being told to.
const STATIC_EXTENSIONS: &[&str] = &[
    "7z", "apk", "avi", "avif", "bin", "bmp", "bz2", "class", "css", "csv", "dmg", "doc", "docx", "ejs", "eot", "eps",
    "exe", "flac", "gif", "gz", "ico", "iso", "jar", "jpeg", "jpg", "js", "mid", "midi", "mkv", "mp3", "mp4", "ogg",
    "otf", "pdf", "pict", "pls", "png", "ppt", "pptx", "ps", "rar", "svg", "svgz", "swf", "tar", "tif", "tiff", "ttf",
    "webm", "webp", "woff", "woff2", "xls", "xlsx", "zip", "zst",
];

/// Headers that tell the edge how to cache, the first that is there before the others.
const CONTROLS: [&str; 3] = ["cloudflare-cdn-cache-control", "cdn-cache-control", "cache-control"];

/// What `cf` says of caching.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeOptions {
    /// `cacheTtl`: seconds, whatever the response says; negative for not at all.
    ttl: Option<f64>,
    /// `cacheTtlByStatus`: the same for some statuses.
    ttl_by_status: Vec<(u16, u16, f64)>,
    /// `cacheEverything`: whatever kind of file it is.
    everything: bool,
    /// `cacheKey`.
    key: Option<String>,
    /// `cacheControl`, in the place of the response's.
    control: Option<String>,
    /// `cacheTags`.
    tags: Option<String>,
    /// Asked not to use the cache (`cache: "no-store"`).
    bypass: bool,
    /// Whether what is cached must be asked for again (`cache: "no-cache"`).
    pub revalidate: bool,
}

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored for so many milliseconds.
    Store {
        /// More than 0.
        ttl_ms: u64,
    },
    /// It is not stored, and `CF-Cache-Status` says this.
    Pass(Status),
}

/// Values of `CF-Cache-Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There was nothing.
    Miss,
    /// What there was has expired.
    Expired,
    /// The response says that it must not be cached.
    Bypass,
    /// Nothing asks to cache such a response.
    Dynamic,
}

impl Status {
    /// As the header has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Miss => "MISS",
            Self::Expired => "EXPIRED",
            Self::Bypass => "BYPASS",
            Self::Dynamic => "DYNAMIC",
        }
    }
}

impl EdgeOptions {
    /// Reads the JSON of `cf`; `None` when it asks for nothing.
    pub fn parse(cf: &str) -> Option<Self> {
        // Most requests that come in are sent on with all that is known of their client.
        if !cf.contains("\"cache") {
            return None;
        }
        let Ok(Value::Object(cf)) = serde_json::from_str::<Value>(cf) else { return None };
        let asked = ["cacheTtl", "cacheTtlByStatus", "cacheEverything", "cacheKey", "cacheTags"];
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_string);
        let options = Self {
            ttl: cf.get("cacheTtl").and_then(Value::as_f64),
            ttl_by_status: cf.get("cacheTtlByStatus").and_then(Value::as_object).map(by_status).unwrap_or_default(),
            everything: cf.get("cacheEverything").and_then(Value::as_bool).unwrap_or(false),
            key: cf.get("cacheKey").and_then(text),
            // What the runtime adds to `cacheTtl` says no more than that.
            control: if cf.contains_key("cacheTtl") { None } else { cf.get("cacheControl").and_then(text) },
            tags: cf
                .get("cacheTags")
                .and_then(Value::as_array)
                .map(|tags| tags.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            bypass: cf.get("cacheLevel").is_some_and(|level| level == "bypass"),
            revalidate: cf.get("cacheForceRevalidate").is_some_and(|forced| forced == true),
        };
        // The option `cache` of a request alone only adds headers, and the `cacheControl` that comes with it is its own.
        let by_cache = options.bypass || options.revalidate;
        let named = asked.iter().any(|name| cf.contains_key(*name) && !(by_cache && *name == "cacheTtl"));
        let control = options.control.is_some() && !by_cache;
        (named || control).then(|| Self { control: options.control.clone().filter(|_| control), ..options })
    }

    /// What the response to a request of `url` is stored under; `None` when it cannot be.
    pub fn key(&self, method: &str, url: &str) -> Option<String> {
        let given = || self.key.clone().unwrap_or_else(|| url.split('#').next().unwrap_or_default().to_string());
        let never = self.bypass || self.ttl.is_some_and(|ttl| ttl < 0.0);
        (matches!(method, "GET" | "HEAD") && !never && self.is_eligible(url)).then(given)
    }

    /// What becomes of a response. `authorized`: its request carried credentials; `miss`: what the lookup said.
    pub fn verdict(&self, authorized: bool, status: u16, headers: &HeaderList, miss: Status, now_ms: i64) -> Verdict {
        if status < 200 || matches!(status, 206 | 304) {
            return Verdict::Pass(miss);
        }
        if let Some(seconds) = self.ttl_of(status) {
            return match seconds {
                negative if negative < 0.0 => Verdict::Pass(Status::Bypass),
                0.0 => Verdict::Pass(miss),
                seconds => Verdict::Store { ttl_ms: (seconds * 1000.0) as u64 },
            };
        }
        if headers.get("set-cookie").is_some() {
            return Verdict::Pass(Status::Bypass);
        }
        let control =
            self.control.as_deref().map(str::as_bytes).or_else(|| CONTROLS.iter().find_map(|name| headers.get(name)));
        let says_when = headers.get("expires").is_some()
            || control.and_then(|value| std::str::from_utf8(value).ok()).is_some_and(|value| {
                let directives = Directives::parse(value);
                ["max-age", "s-maxage", "no-store", "no-cache", "private"].iter().any(|name| directives.has(name))
            });
        if !says_when {
            let known = DEFAULT_TTL_SECONDS.iter().find(|(known, _)| *known == status);
            return match known {
                Some((_, seconds)) if !authorized => Verdict::Store { ttl_ms: seconds * 1000 },
                Some(_) => Verdict::Pass(Status::Bypass),
                None => Verdict::Pass(miss),
            };
        }
        let mut seen: HeaderList = headers.iter().filter(|(name, _)| *name != "cache-control").collect();
        if let Some(control) = control {
            seen.push("cache-control", control);
        }
        match rules::judge(authorized, status, &seen, now_ms) {
            Some(storable) if storable.ttl_ms > 0 => Verdict::Store { ttl_ms: storable.ttl_ms },
            Some(_) | None => Verdict::Pass(Status::Bypass),
        }
    }

    /// The headers to store: those of the response, with what `cf` adds.
    pub fn headers(&self, headers: &HeaderList) -> HeaderList {
        let replaced = |name: &str| self.control.is_some() && name == "cache-control";
        let mut stored: HeaderList = headers.iter().filter(|(name, _)| !replaced(name)).collect();
        if let Some(control) = &self.control {
            stored.push("cache-control", control.as_bytes());
        }
        if let Some(tags) = &self.tags {
            stored.push("cache-tag", tags.as_bytes());
        }
        stored
    }

    fn ttl_of(&self, status: u16) -> Option<f64> {
        let by_status = self.ttl_by_status.iter().find(|(first, last, _)| (*first..=*last).contains(&status));
        by_status.map(|(_, _, ttl)| *ttl).or(self.ttl)
    }

    fn is_eligible(&self, url: &str) -> bool {
        self.everything
            || self.ttl.is_some()
            || !self.ttl_by_status.is_empty()
            || self.control.is_some()
            || is_static(url)
    }
}

/// `{ "200-299": 86400, "404": 1 }`.
fn by_status(given: &serde_json::Map<String, Value>) -> Vec<(u16, u16, f64)> {
    let entry = |(statuses, ttl): (&String, &Value)| {
        let (first, last) = statuses.split_once('-').unwrap_or((statuses, statuses));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?, ttl.as_f64()?))
    };
    given.iter().filter_map(entry).collect()
}

/// Whether the path of a URL ends as that of a static file.
fn is_static(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let Some((_, file)) = path.rsplit_once('/') else { return false };
    let Some((_, extension)) = file.rsplit_once('.') else { return false };
    STATIC_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn options(cf: &str) -> EdgeOptions {
        EdgeOptions::parse(cf).unwrap()
    }

    fn list(headers: &[(&str, &str)]) -> HeaderList {
        headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
    }

    fn verdict(cf: &str, status: u16, headers: &[(&str, &str)]) -> Verdict {
        options(cf).verdict(false, status, &list(headers), Status::Miss, 1_795_284_000_000)
    }

    const fn store(seconds: u64) -> Verdict {
        Verdict::Store { ttl_ms: seconds * 1000 }
    }

    #[test]
    fn what_asks_for_nothing() {
        for cf in [
            "",
            "{}",
            r#"{"colo":"DFW"}"#,
            r#"{"cacheLevel":"bypass","cacheTtl":-1,"cacheControl":"no-store"}"#,
            r#"{"cacheForceRevalidate":true,"cacheControl":"no-cache"}"#,
        ] {
            assert_eq!(EdgeOptions::parse(cf), None, "{cf}");
        }
        assert!(
            options(r#"{"cacheEverything":true,"cacheForceRevalidate":true,"cacheControl":"no-cache"}"#).revalidate
        );
        assert_eq!(
            options(r#"{"cacheEverything":true,"cacheForceRevalidate":true,"cacheControl":"no-cache"}"#).control,
            None
        );
    }

    #[test]
    fn keys() {
        let key = |cf: &str, method: &str, url: &str| options(cf).key(method, url);
        let everything = r#"{"cacheEverything":true}"#;
        assert_eq!(key(everything, "GET", "http://a/b?c#d").as_deref(), Some("http://a/b?c"));
        assert_eq!(key(everything, "POST", "http://a/"), None);
        assert_eq!(key(r#"{"cacheTtl":-1}"#, "GET", "http://a/"), None);
        assert_eq!(key(r#"{"cacheEverything":true,"cacheLevel":"bypass"}"#, "GET", "http://a/"), None);
        let own = r#"{"cacheKey":"k"}"#;
        assert_eq!(key(own, "GET", "http://a/x.css?v=1").as_deref(), Some("k"));
        for url in ["http://a/x.html", "http://a.css", "http://a/x", "http://a.css/"] {
            assert_eq!(key(own, "GET", url), None, "{url}");
        }
    }

    #[test]
    fn times() {
        let everything = r#"{"cacheEverything":true}"#;
        for (cf, status, headers, expected) in [
            (r#"{"cacheTtl":60}"#, 200, &[("cache-control", "no-store"), ("set-cookie", "a=b")][..], store(60)),
            (r#"{"cacheTtl":60}"#, 500, &[], store(60)),
            (r#"{"cacheTtl":60}"#, 206, &[], Verdict::Pass(Status::Miss)),
            (r#"{"cacheTtl":0}"#, 200, &[], Verdict::Pass(Status::Miss)),
            (r#"{"cacheTtlByStatus":{"200-299":60,"404":1,"500-599":-1}}"#, 204, &[], store(60)),
            (r#"{"cacheTtlByStatus":{"200-299":60,"404":1,"500-599":-1}}"#, 404, &[], store(1)),
            (r#"{"cacheTtlByStatus":{"200-299":60,"500-599":-1}}"#, 502, &[], Verdict::Pass(Status::Bypass)),
            (r#"{"cacheTtlByStatus":{"200-299":60}}"#, 404, &[], store(180)),
            (everything, 200, &[], store(7200)),
            (everything, 302, &[], store(1200)),
            (everything, 418, &[], Verdict::Pass(Status::Miss)),
            (everything, 200, &[("cache-control", "max-age=5")], store(5)),
            (everything, 200, &[("cache-control", "public")], store(7200)),
            (everything, 200, &[("cache-control", "private")], Verdict::Pass(Status::Bypass)),
            (everything, 200, &[("cache-control", "max-age=0")], Verdict::Pass(Status::Bypass)),
            (everything, 200, &[("cache-control", "no-store"), ("cdn-cache-control", "max-age=9")], store(9)),
            (everything, 200, &[("set-cookie", "a=b")], Verdict::Pass(Status::Bypass)),
            (r#"{"cacheControl":"max-age=7"}"#, 200, &[("cache-control", "no-store")], store(7)),
        ] {
            assert_eq!(verdict(cf, status, headers), expected, "{cf} {status} {headers:?}");
        }
        let authorized = options(everything).verdict(true, 200, &list(&[]), Status::Expired, 0);
        assert_eq!(authorized, Verdict::Pass(Status::Bypass));
    }

    #[test]
    fn headers_that_cf_adds() {
        let stored = options(r#"{"cacheControl":"max-age=7","cacheTags":["a","b"]}"#)
            .headers(&list(&[("cache-control", "x"), ("y", "z")]));
        let seen: Vec<_> = stored.iter().collect();
        assert_eq!(seen, [("y", &b"z"[..]), ("cache-control", b"max-age=7"), ("cache-tag", b"a,b")]);
    }
}
