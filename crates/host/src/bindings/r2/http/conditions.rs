//! Conditions of a request (`If-Match` and its kin) as a bucket takes them.
//!
//! A date that cannot be read is as none, as HTTP has it. An etag may come without its quotes, as some S3 clients
//! send it.

use std::time::UNIX_EPOCH;

use http::HeaderMap;
use lopata_protocol::r2::{R2Conditions, R2Etag};

/// The conditions in the headers whose names begin with `prefix`; `None` when there are none.
pub fn conditions(headers: &HeaderMap, prefix: &str) -> Option<R2Conditions> {
    let found = R2Conditions {
        etag_matches: etags(headers, &format!("{prefix}if-match")),
        etag_does_not_match: etags(headers, &format!("{prefix}if-none-match")),
        uploaded_before_ms: date(headers, &format!("{prefix}if-unmodified-since")),
        uploaded_after_ms: date(headers, &format!("{prefix}if-modified-since")),
        seconds_granularity: true,
    };
    let none = R2Conditions { seconds_granularity: true, ..R2Conditions::default() };
    (found != none).then_some(found)
}

/// Those of the conditions whose failure is an error of the client's, and not the news that nothing has changed.
pub fn preconditions(conditions: &R2Conditions) -> Option<R2Conditions> {
    let R2Conditions { etag_matches, uploaded_before_ms, seconds_granularity, .. } = conditions.clone();
    if etag_matches.is_none() && uploaded_before_ms.is_none() {
        return None;
    }
    Some(R2Conditions { etag_matches, uploaded_before_ms, seconds_granularity, ..R2Conditions::default() })
}

/// An HTTP date in milliseconds since 1970.
pub fn parse_http_date(text: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_millis() as i64)
}

fn date(headers: &HeaderMap, name: &str) -> Option<i64> {
    parse_http_date(headers.get(name)?.to_str().ok()?.trim())
}

fn etags(headers: &HeaderMap, name: &str) -> Option<Vec<R2Etag>> {
    let lines: Vec<_> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| parse_etags(&lines.join(",")))
}

fn parse_etags(text: &str) -> Vec<R2Etag> {
    let mut etags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return etags;
        }
        let (weak, value) = match rest.strip_prefix("W/") {
            Some(value) if value.starts_with('"') => (true, value),
            _ => (false, rest),
        };
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_at(value.find(',').unwrap_or(value.len())),
        };
        etags.push(match value.trim() {
            "*" if rest.starts_with('*') => R2Etag::Wildcard,
            value if weak => R2Etag::Weak(value.to_string()),
            value => R2Etag::Strong(value.to_string()),
        });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn etags_in_all_forms() {
        let strong = |text: &str| R2Etag::Strong(text.to_string());
        assert_eq!(parse_etags("*"), [R2Etag::Wildcard]);
        assert_eq!(parse_etags("\"*\""), [strong("*")]);
        assert_eq!(
            parse_etags("\"a,b\" , W/\"c\",d,,\"e"),
            [strong("a,b"), R2Etag::Weak("c".to_string()), strong("d"), strong("e")]
        );
        assert_eq!(parse_etags(" , "), []);
    }

    #[test]
    fn headers_become_conditions() {
        let mut headers = HeaderMap::new();
        headers.insert("if-modified-since", "yesterday".parse().unwrap());
        assert_eq!(conditions(&headers, ""), None);
        headers.insert("if-unmodified-since", "Thu, 01 Jan 1970 00:00:02 GMT".parse().unwrap());
        headers.insert("x-amz-copy-source-if-none-match", "\"a\"".parse().unwrap());
        let found = conditions(&headers, "").unwrap();
        assert_eq!((found.uploaded_before_ms, found.etag_does_not_match.clone()), (Some(2000), None));
        assert_eq!(preconditions(&found), Some(found));
        let source = conditions(&headers, "x-amz-copy-source-").unwrap();
        assert_eq!(source.etag_does_not_match, Some(vec![R2Etag::Strong("a".to_string())]));
        assert_eq!(preconditions(&source), None);
    }
}
