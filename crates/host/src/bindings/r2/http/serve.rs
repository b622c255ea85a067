//! An object as an HTTP response: ranges, conditions, and the headers that its metadata are.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use lopata_protocol::r2::{R2Conditions, R2Error, R2GetOptions, R2Object, R2Range};

use super::conditions::{conditions, preconditions};
use super::reply;
use crate::bindings::r2::bucket::{Bucket, Found};
use crate::server::ControlResponse;

/// Why there is no object in the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    /// There is none.
    #[error("there is no such object")]
    NotFound,
    /// The client asked for another.
    #[error("a precondition does not hold")]
    PreconditionFailed,
    /// The object is not that long.
    #[error("the range lies beyond the object")]
    InvalidRange,
    /// The bucket refuses.
    #[error(transparent)]
    Refused(R2Error),
}

/// Why a `Range` is refused before anybody looks at the object. R2 is stricter than HTTP demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    /// Not one range of bytes.
    #[error("not a range of bytes")]
    Malformed,
    /// It ends before it begins.
    #[error("the range ends before it begins")]
    Inverted,
    /// The last 0 bytes.
    #[error("the range is empty")]
    Unsatisfiable,
}

/// The range that the headers ask for.
pub fn range(headers: &HeaderMap) -> Result<Option<R2Range>, BadRange> {
    let Some(value) = headers.get(header::RANGE) else { return Ok(None) };
    parse_range(value.to_str().map_err(|_| BadRange::Malformed)?).map(Some)
}

fn parse_range(text: &str) -> Result<R2Range, BadRange> {
    let (start, end) =
        text.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or(BadRange::Malformed)?;
    let number = |digits: &str| match digits {
        "" => Ok(None),
        // What is larger than any object is as good as the largest number.
        _ if digits.bytes().all(|digit| digit.is_ascii_digit()) => Ok(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => Err(BadRange::Malformed),
    };
    match (number(start)?, number(end)?) {
        (None, None) => Err(BadRange::Malformed),
        (None, Some(0)) => Err(BadRange::Unsatisfiable),
        (None, Some(suffix)) => Ok(R2Range::Suffix(suffix)),
        (Some(start), None) => Ok(R2Range::From { offset: Some(start), length: None }),
        (Some(start), Some(end)) if start > end => Err(BadRange::Inverted),
        (Some(start), Some(end)) => {
            Ok(R2Range::From { offset: Some(start), length: Some((end - start).saturating_add(1)) })
        }
    }
}

/// What of the request matters here.
pub struct Asked<'a> {
    /// The key.
    pub key: &'a str,
    /// Whether only the head is wanted.
    pub head: bool,
    /// For the conditions.
    pub headers: &'a HeaderMap,
    /// As [`range`] read it.
    pub range: Option<R2Range>,
}

/// Serves an object. `decorate` may change the headers.
pub async fn serve(
    bucket: &Bucket,
    asked: Asked<'_>,
    decorate: impl FnOnce(&R2Object, &mut HeaderMap),
) -> Result<ControlResponse, NotServed> {
    let conditions = conditions(asked.headers, "");
    let ranged = asked.range.is_some();
    if asked.head && conditions.is_none() && !ranged {
        let object = bucket.head(asked.key).await.map_err(NotServed::of)?;
        return Ok(respond(reply::empty(200), &object, Some(object.size), decorate));
    }
    let options = R2GetOptions { range: asked.range, only_if: conditions.clone() };
    let (object, body) = match bucket.get(asked.key, options).await.map_err(NotServed::of)? {
        Found::Object(object, body) => (object, body),
        Found::Unmatched(object) => {
            hold(bucket, asked.key, conditions.as_ref().and_then(preconditions)).await?;
            return Ok(respond(reply::empty(304), &object, None, decorate));
        }
    };
    let span = object.range.unwrap_or(lopata_protocol::r2::R2Span { offset: 0, length: object.size });
    if ranged && span.length == 0 {
        return Err(NotServed::InvalidRange);
    }
    let status = if ranged { 206 } else { 200 };
    let response = if asked.head { reply::empty(status) } else { reply::object(status, body, span.length) };
    let mut response = respond(response, &object, Some(span.length), decorate);
    if ranged {
        let last = span.offset + span.length - 1;
        put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes {}-{last}/{}", span.offset, object.size));
    }
    Ok(response)
}

/// Something did not hold: an error, if it is one of these.
async fn hold(bucket: &Bucket, key: &str, preconditions: Option<R2Conditions>) -> Result<(), NotServed> {
    if preconditions.is_none() {
        return Ok(());
    }
    // No more than a byte is read for it.
    let range = Some(R2Range::From { offset: None, length: Some(1) });
    match bucket.get(key, R2GetOptions { range, only_if: preconditions }).await {
        Ok(Found::Object(..)) => Ok(()),
        Ok(Found::Unmatched(_)) => Err(NotServed::PreconditionFailed),
        Err(error) => Err(NotServed::of(error)),
    }
}

impl NotServed {
    fn of(error: R2Error) -> Self {
        match error.code {
            R2Error::NO_SUCH_KEY => Self::NotFound,
            R2Error::INVALID_RANGE => Self::InvalidRange,
            R2Error::PRECONDITION_FAILED => Self::PreconditionFailed,
            _ => Self::Refused(error),
        }
    }
}

fn respond(
    mut response: ControlResponse,
    object: &R2Object,
    length: Option<u64>,
    decorate: impl FnOnce(&R2Object, &mut HeaderMap),
) -> ControlResponse {
    let headers = response.headers_mut();
    let metadata = &object.http_metadata;
    let expires = metadata.cache_expiry_ms.map(http_date);
    let content_type = metadata.content_type.as_deref().unwrap_or("application/octet-stream");
    for (name, value) in [
        (header::CONTENT_TYPE, Some(content_type)),
        (header::CONTENT_LANGUAGE, metadata.content_language.as_deref()),
        (header::CONTENT_DISPOSITION, metadata.content_disposition.as_deref()),
        (header::CONTENT_ENCODING, metadata.content_encoding.as_deref()),
        (header::CACHE_CONTROL, metadata.cache_control.as_deref()),
        (header::EXPIRES, expires.as_deref()),
        (header::ETAG, Some(&*format!("\"{}\"", object.etag))),
        (header::LAST_MODIFIED, Some(&*http_date(object.uploaded_ms))),
        (header::ACCEPT_RANGES, Some("bytes")),
    ] {
        if let Some(value) = value {
            put(headers, name, value);
        }
    }
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    decorate(object, headers);
    response
}

/// Sets a header, unless no header can have this value.
pub fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(name, value);
    }
}

/// As HTTP writes dates; those before 1970 are that.
fn http_date(ms: i64) -> String {
    /// The last second that HTTP has a notation for.
    const SECONDS_MAX: u64 = 253_402_300_799;
    let seconds = u64::try_from(ms.div_euclid(1000)).unwrap_or(0).min(SECONDS_MAX);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        let from = |offset, length| Ok(R2Range::From { offset: Some(offset), length });
        for (text, expected) in [
            ("bytes=0-4", from(0, Some(5))),
            ("bytes=7-", from(7, None)),
            ("bytes=-5", Ok(R2Range::Suffix(5))),
            ("bytes=0-99999999999999999999999", from(0, Some(u64::MAX))),
            ("bytes=-0", Err(BadRange::Unsatisfiable)),
            ("bytes=5-4", Err(BadRange::Inverted)),
            ("bytes=-", Err(BadRange::Malformed)),
            ("bytes=0-1,3-4", Err(BadRange::Malformed)),
            ("bytes= 0-1", Err(BadRange::Malformed)),
            ("items=0-1", Err(BadRange::Malformed)),
        ] {
            assert_eq!(parse_range(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_never_panic() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(-5), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
