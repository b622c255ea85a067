//! What R2 refuses, and what conditions and ranges come to.
//!
//! Pure. Refusals are production's, limits are in the protocol crate.

use lopata_protocol::limits::{
    R2_KEY_BYTES_MAX, R2_LIST_KEYS_MAX, R2_LIST_KEYS_WITH_METADATA_MAX, R2_METADATA_BYTES_MAX, R2_VALUE_BYTES_MAX,
};
use lopata_protocol::r2::{R2Checksums, R2Conditions, R2Error, R2Etag, R2ListOptions, R2PutOptions, R2Range, R2Span};

pub(super) fn key(key: &str) -> Result<(), R2Error> {
    if key.len() > R2_KEY_BYTES_MAX { Err(R2Error::invalid_object_name()) } else { Ok(()) }
}

pub(super) fn size(bytes: u64) -> Result<(), R2Error> {
    if bytes > R2_VALUE_BYTES_MAX { Err(R2Error::entity_too_large()) } else { Ok(()) }
}

/// All that can be said against a write before its body is there.
pub(super) fn put(key: &str, length: Option<u64>, options: &R2PutOptions) -> Result<(), R2Error> {
    self::key(key)?;
    length.map_or(Ok(()), size)?;
    metadata(&options.custom_metadata)
}

fn metadata(fields: &[(String, String)]) -> Result<(), R2Error> {
    // A text costs a byte a unit, or two when any of its units needs two.
    let cost = |text: &str| match text.chars().all(|c| u32::from(c) < 256) {
        true => text.chars().count(),
        false => text.encode_utf16().count() * 2,
    };
    let total: usize = fields.iter().map(|(name, value)| cost(name) + cost(value)).sum();
    if total > R2_METADATA_BYTES_MAX { Err(R2Error::metadata_too_large()) } else { Ok(()) }
}

/// The number of objects and prefixes of a page.
pub(super) fn list_limit(options: &R2ListOptions) -> Result<usize, R2Error> {
    let limit = match options.limit {
        None => R2_LIST_KEYS_MAX,
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=R2_LIST_KEYS_MAX).contains(limit))
            .ok_or_else(R2Error::invalid_max_keys)?,
    };
    let with_metadata = options.include_http || options.include_custom;
    Ok(if with_metadata { limit.min(R2_LIST_KEYS_WITH_METADATA_MAX) } else { limit })
}

/// Compares the hashes that were given with those of the body; gives those that are to be stored.
pub(super) fn digests(given: &R2Checksums, actual: &R2Checksums) -> Result<R2Checksums, R2Error> {
    fn same<const N: usize>(name: &str, given: Option<[u8; N]>, actual: Option<[u8; N]>) -> Result<(), R2Error> {
        match (given, actual) {
            (Some(given), Some(actual)) if given != actual => {
                Err(R2Error::bad_digest(name, &super::hex(&given), &super::hex(&actual)))
            }
            (Some(_), None) => Err(R2Error::fault(format_args!("the {name} of the body was not computed"))),
            _ => Ok(()),
        }
    }
    same("MD5", given.md5, actual.md5)?;
    same("SHA-1", given.sha1, actual.sha1)?;
    same("SHA-256", given.sha256, actual.sha256)?;
    same("SHA-384", given.sha384, actual.sha384)?;
    same("SHA-512", given.sha512, actual.sha512)?;
    Ok(given.clone())
}

/// What conditions ask of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Existing<'a> {
    pub etag: &'a str,
    pub uploaded_ms: i64,
}

/// Whether the conditions hold of the object, or of there being none.
pub(super) fn holds(conditions: &R2Conditions, existing: Option<Existing<'_>>) -> bool {
    let Some(Existing { etag, uploaded_ms }) = existing else {
        return conditions.etag_matches.is_none() && conditions.uploaded_after_ms.is_none();
    };
    let time = |ms: i64| if conditions.seconds_granularity { ms.div_euclid(1000).saturating_mul(1000) } else { ms };
    let uploaded = time(uploaded_ms);
    let matches = conditions.etag_matches.as_ref().map(|etags| includes(etags, etag, false));
    let differs = conditions.etag_does_not_match.as_ref().map(|etags| !includes(etags, etag, true));
    // As in HTTP, an etag that decides makes the time beside it irrelevant.
    let after = conditions.uploaded_after_ms.is_none_or(|ms| time(ms) < uploaded) || differs == Some(true);
    let before = conditions.uploaded_before_ms.is_none_or(|ms| uploaded < time(ms)) || matches == Some(true);
    matches.unwrap_or(true) && differs.unwrap_or(true) && after && before
}

fn includes(etags: &[R2Etag], etag: &str, weakly: bool) -> bool {
    etags.iter().any(|one| match one {
        R2Etag::Wildcard => true,
        R2Etag::Strong(value) => value == etag,
        R2Etag::Weak(value) => weakly && value == etag,
    })
}

/// The bytes that a range means of an object of this size; `None` for all of them.
pub(super) fn range(range: &R2Range, size: u64) -> Result<Option<R2Span>, R2Error> {
    match range {
        R2Range::Header(header) => Ok(header_range(header, size)),
        R2Range::Suffix(0) => Err(R2Error::invalid_range()),
        R2Range::Suffix(suffix) => {
            let length = (*suffix).min(size);
            if length == 0 {
                return Err(R2Error::invalid_range());
            }
            Ok(Some(R2Span { offset: size - length, length }))
        }
        R2Range::From { offset, length } => {
            let offset = offset.unwrap_or(0);
            if offset > size {
                return Err(R2Error::invalid_range());
            }
            let length = length.unwrap_or(size - offset);
            let length = length.min(size - offset);
            if length == 0 {
                return Err(R2Error::invalid_range());
            }
            Ok(Some(R2Span { offset, length }))
        }
    }
}

/// The one range of a `Range` header; `None` when it has none that can be met, or several.
fn header_range(header: &str, size: u64) -> Option<R2Span> {
    let unit = header.trim_start_matches(' ');
    let (unit, rest) = unit.split_at_checked("bytes".len())?;
    let ranges = rest.trim_start_matches(' ').strip_prefix('=').filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
    if ranges.trim_start().is_empty() {
        return None;
    }
    let mut met = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-')?;
        match (position(first)?, position(last)?) {
            (None, None) => return None,
            (Some(first), _) if first >= size => return None,
            (Some(first), last) => {
                let last = last.unwrap_or(u64::MAX);
                if first > last {
                    return None;
                }
                met.push(R2Span { offset: first, length: last.min(size - 1) - first + 1 });
            }
            (None, Some(suffix)) if suffix >= size => return None,
            (None, Some(0)) => {}
            (None, Some(suffix)) => met.push(R2Span { offset: size - suffix, length: suffix }),
        }
    }
    match met[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// A number with spaces around it, or nothing but spaces; `None` for anything else.
fn position(text: &str) -> Option<Option<u64>> {
    let digits = text.trim_matches(' ');
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ranges_of_headers() {
        let whole = None;
        let span = |offset, length| Some(R2Span { offset, length });
        for (header, size, expected) in [
            ("bytes=0-4", 10, span(0, 5)),
            (" BYTES = 2 - 3 ", 10, span(2, 2)),
            ("bytes=8-100", 10, span(8, 2)),
            ("bytes=5-", 10, span(5, 5)),
            ("bytes=-3", 10, span(7, 3)),
            ("bytes=-10", 10, whole),
            ("bytes=-0", 10, whole),
            ("bytes=-0,1-2", 10, span(1, 2)),
            ("bytes=1-2,4-5", 10, whole),
            ("bytes=10-", 10, whole),
            ("bytes=3-2", 10, whole),
            ("bytes=", 10, whole),
            ("bytes=-", 10, whole),
            ("bytes=a-b", 10, whole),
            ("items=0-1", 10, whole),
            ("b", 10, whole),
            ("bytes=0-", 0, whole),
            ("bytes=0-99999999999999999999999", 3, span(0, 3)),
        ] {
            assert_eq!(header_range(header, size), expected, "{header} of {size}");
        }
    }

    #[test]
    fn ranges_of_options() {
        let from = |offset, length| R2Range::From { offset, length };
        for (asked, size, expected) in [
            (from(None, None), 5, Some((0, 5))),
            (from(Some(1), Some(2)), 5, Some((1, 2))),
            (from(Some(4), Some(9)), 5, Some((4, 1))),
            (from(Some(5), None), 5, None),
            (from(Some(5), Some(1)), 5, None),
            (from(Some(6), Some(1)), 5, None),
            (from(Some(0), None), 0, None),
            (from(None, Some(0)), 5, None),
            (R2Range::Suffix(2), 5, Some((3, 2))),
            (R2Range::Suffix(9), 5, Some((0, 5))),
            (R2Range::Suffix(0), 5, None),
        ] {
            let met = range(&asked, size);
            let expected = match expected {
                Some((offset, length)) => Ok(Some(R2Span { offset, length })),
                None => Err(R2Error::invalid_range()),
            };
            assert_eq!(met, expected, "{asked:?} of {size}");
        }
    }

    #[test]
    fn conditions() {
        let strong = |etag: &str| Some(vec![R2Etag::Strong(etag.to_string())]);
        let weak = |etag: &str| Some(vec![R2Etag::Weak(etag.to_string())]);
        let there = Some(Existing { etag: "e", uploaded_ms: 5_500 });
        let none = R2Conditions::default;
        for (conditions, existing, expected) in [
            (none(), None, true),
            (none(), there, true),
            (R2Conditions { etag_matches: strong("e"), ..none() }, there, true),
            (R2Conditions { etag_matches: strong("f"), ..none() }, there, false),
            (R2Conditions { etag_matches: weak("e"), ..none() }, there, false),
            (R2Conditions { etag_matches: Some(vec![R2Etag::Wildcard]), ..none() }, there, true),
            (R2Conditions { etag_matches: Some(vec![R2Etag::Wildcard]), ..none() }, None, false),
            (R2Conditions { etag_does_not_match: Some(vec![R2Etag::Wildcard]), ..none() }, None, true),
            (R2Conditions { etag_does_not_match: Some(vec![R2Etag::Wildcard]), ..none() }, there, false),
            (R2Conditions { etag_does_not_match: weak("e"), ..none() }, there, false),
            (R2Conditions { etag_does_not_match: strong("f"), ..none() }, there, true),
            (R2Conditions { uploaded_after_ms: Some(5_499), ..none() }, there, true),
            (R2Conditions { uploaded_after_ms: Some(5_500), ..none() }, there, false),
            (R2Conditions { uploaded_after_ms: Some(0), ..none() }, None, false),
            (R2Conditions { uploaded_after_ms: Some(5_000), seconds_granularity: true, ..none() }, there, false),
            (R2Conditions { uploaded_before_ms: Some(5_501), ..none() }, there, true),
            (R2Conditions { uploaded_before_ms: Some(5_501), seconds_granularity: true, ..none() }, there, false),
            (R2Conditions { uploaded_before_ms: Some(0), ..none() }, None, true),
            // The etag decides.
            (R2Conditions { etag_matches: strong("e"), uploaded_before_ms: Some(0), ..none() }, there, true),
            (R2Conditions { etag_does_not_match: strong("f"), uploaded_after_ms: Some(9_000), ..none() }, there, true),
        ] {
            assert_eq!(holds(&conditions, existing), expected, "{conditions:?} of {existing:?}");
        }
    }

    #[test]
    fn metadata_is_counted_in_units_of_one_or_two_bytes() {
        let one = |name: &str, value: String| metadata(&[(name.to_string(), value)]);
        assert!(one("k", "v".repeat(2047)).is_ok());
        assert_eq!(one("k", "v".repeat(2048)), Err(R2Error::metadata_too_large()));
        assert!(one("", "\u{ff}".repeat(2048)).is_ok());
        assert!(one("", "\u{100}".repeat(1024)).is_ok());
        assert!(one("", format!("{}a", "\u{100}".repeat(1024))).is_err());
        assert!(one("", "\u{1f600}".repeat(513)).is_err());
    }
}
