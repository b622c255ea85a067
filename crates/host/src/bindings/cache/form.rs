//! The form in which a request gets a stored response: whole, 304, 206 with one range or several, or 416.
//!
//! Conditions are `If-None-Match` and `If-Modified-Since`, either of which is enough for a 304; a range that cannot be
//! satisfied goes before both. Ranges are read as wrangler reads them: one that cannot be satisfied spoils all, a
//! suffix of the whole length or more is the whole response. `If-Range`, `If-Match` and `If-Unmodified-Since` have
//! no effect, as in wrangler.
//!
//! Pure: bodies are spans of what is stored.

use lopata_protocol::{CacheWanted, HeaderList};

use super::rules::http_seconds;

/// A part of a body: its first byte and the one after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u64,
    /// The byte after the last; greater than `start`.
    pub end: u64,
}

/// See the module's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// All of it, with its own status.
    Whole,
    /// The caller has it.
    NotModified,
    /// No such part.
    Unsatisfiable,
    /// One part.
    Part(Span),
    /// Two or more.
    Parts(Vec<Span>),
}

/// The form of a response with a body of `size` bytes.
pub fn form(wanted: &CacheWanted, headers: &HeaderList, size: u64) -> Form {
    let spans = match wanted.range.as_deref().map(|range| parse_ranges(range, size)) {
        None => Vec::new(),
        Some(Some(spans)) => spans,
        Some(None) => return Form::Unsatisfiable,
    };
    if has_same_tag(wanted, headers) || is_unmodified(wanted, headers) {
        return Form::NotModified;
    }
    match spans.as_slice() {
        [] => Form::Whole,
        [span] => Form::Part(*span),
        _ => Form::Parts(spans),
    }
}

/// The parts that a `Range` header asks for, none for all; `None` when it cannot be satisfied or understood.
fn parse_ranges(header: &str, size: u64) -> Option<Vec<Span>> {
    let trimmed = header.trim_start_matches(' ');
    let unit = trimmed.get(..5).filter(|unit| unit.eq_ignore_ascii_case("bytes"))?;
    let list = trimmed[unit.len()..].trim_start_matches(' ').strip_prefix('=')?;
    if list.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut spans = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-')?;
        match (number(first)?, number(last)?) {
            (Some(first), last) => {
                let last = last.unwrap_or(u64::MAX);
                if first > last || first >= size {
                    return None;
                }
                spans.push(Span { start: first, end: last.saturating_add(1).min(size) });
            }
            (None, Some(suffix)) if suffix >= size => return Some(Vec::new()),
            (None, Some(0)) => {}
            (None, Some(suffix)) => spans.push(Span { start: size - suffix, end: size }),
            (None, None) => return None,
        }
    }
    Some(spans)
}

/// A number that may be left out; `None` for what is neither. One that is too large is as large as can be.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

fn has_same_tag(wanted: &CacheWanted, headers: &HeaderList) -> bool {
    let own = headers.get("etag").and_then(|value| std::str::from_utf8(value).ok()).and_then(opaque_tag);
    let (Some(own), Some(asked)) = (own, &wanted.if_none_match) else { return false };
    asked.trim() == "*" || asked.split(',').any(|tag| opaque_tag(tag) == Some(own))
}

/// What stands between the quotes of a tag, weak or not.
fn opaque_tag(tag: &str) -> Option<&str> {
    let tag = tag.trim();
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    quoted.strip_prefix('"')?.strip_suffix('"').filter(|opaque| !opaque.is_empty())
}

fn is_unmodified(wanted: &CacheWanted, headers: &HeaderList) -> bool {
    let own = headers.get("last-modified").and_then(|value| std::str::from_utf8(value).ok()).and_then(strict_seconds);
    let (Some(own), Some(since)) = (own, wanted.if_modified_since.as_deref().and_then(strict_seconds)) else {
        return false;
    };
    own <= since
}

/// The only form in which dates are compared: `Wed, 21 Oct 2015 07:28:00 GMT`.
fn strict_seconds(text: &str) -> Option<i64> {
    const LENGTH: usize = "Wed, 21 Oct 2015 07:28:00 GMT".len();
    (text.len() == LENGTH && text.ends_with(" GMT")).then(|| http_seconds(text))?
}

/// The pieces that are put around the parts of a body: one before each, and one after the last.
pub fn frames(spans: &[Span], size: u64, content_type: Option<&str>, boundary: &str) -> Vec<String> {
    let before = |index: usize, span: &Span| {
        let line = if index == 0 { "" } else { "\r\n" };
        let kind = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let Span { start, end } = span;
        format!("{line}--{boundary}\r\n{kind}Content-Range: bytes {start}-{}/{size}\r\n\r\n", end - 1)
    };
    let mut frames: Vec<String> = spans.iter().enumerate().map(|(index, span)| before(index, span)).collect();
    frames.push(format!("\r\n--{boundary}--"));
    frames
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn ranges(header: &str) -> Option<Vec<(u64, u64)>> {
        parse_ranges(header, 11).map(|spans| spans.iter().map(|span| (span.start, span.end)).collect())
    }

    /// What wrangler 4.86 does with a body of 11 bytes.
    #[test]
    fn ranges_are_read_as_wrangler_reads_them() {
        for (header, expected) in [
            ("bytes=0-0", Some(vec![(0, 1)])),
            ("bytes=6-", Some(vec![(6, 11)])),
            ("bytes=-5", Some(vec![(6, 11)])),
            ("bytes=-0", Some(vec![])),
            ("bytes=-11", Some(vec![])),
            ("bytes=-100", Some(vec![])),
            ("bytes=0-100", Some(vec![(0, 11)])),
            ("bytes=11-", None),
            ("bytes=5-2", None),
            ("bytes=", Some(vec![])),
            ("bytes", None),
            ("items=0-1", None),
            ("bytes=a-b", None),
            ("bytes=0-1, 3-4, -2", Some(vec![(0, 2), (3, 5), (9, 11)])),
            ("bytes=0-1,20-30", None),
            ("bytes=-0,0-1", Some(vec![(0, 2)])),
            ("BYTES=0-1", Some(vec![(0, 2)])),
            (" bytes = 0 - 1 ", Some(vec![(0, 2)])),
            ("bytes=0-1,", None),
            ("bytes=-", None),
            ("bytes=1-2-3", None),
            ("bytes=99999999999999999999-", None),
            ("bytes=0-99999999999999999999999", Some(vec![(0, 11)])),
            ("b\u{e9}tes=0-1", None),
        ] {
            assert_eq!(ranges(header), expected, "{header}");
        }
    }

    #[test]
    fn conditions() {
        let headers: HeaderList =
            [("etag", &b"\"abc\""[..]), ("last-modified", b"Wed, 21 Oct 2015 07:28:00 GMT")].into_iter().collect();
        let with = |range: &str, tag: &str, since: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_string());
            let wanted =
                CacheWanted { range: given(range), if_none_match: given(tag), if_modified_since: given(since) };
            form(&wanted, &headers, 11)
        };
        for tag in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", " * "] {
            assert_eq!(with("", tag, ""), Form::NotModified, "{tag}");
        }
        for tag in ["\"x\"", "abc", "\"x\",*"] {
            assert_eq!(with("", tag, ""), Form::Whole, "{tag}");
        }
        assert_eq!(with("", "", "Wed, 21 Oct 2015 07:28:00 GMT"), Form::NotModified);
        assert_eq!(with("", "", "Thu, 21 Oct 2016 07:28:00 GMT"), Form::NotModified);
        assert_eq!(with("", "", "Wed, 21 Oct 2015 07:27:59 GMT"), Form::Whole);
        assert_eq!(with("", "", "Wednesday, 21-Oct-16 07:28:00 GMT"), Form::Whole);
        assert_eq!(with("", "\"x\"", "Thu, 21 Oct 2016 07:28:00 GMT"), Form::NotModified);
        assert_eq!(with("bytes=0-1", "\"abc\"", ""), Form::NotModified);
        assert_eq!(with("bytes=99-", "\"abc\"", ""), Form::Unsatisfiable);
        assert_eq!(with("bytes=0-1", "\"x\"", ""), Form::Part(Span { start: 0, end: 2 }));
    }

    proptest! {
        /// Whatever is asked for, what is given lies inside and is not empty.
        #[test]
        fn parts_lie_inside(header in "(bytes=)?[-0-9, ]{0,20}", size in 0..1000u64) {
            for span in parse_ranges(&header, size).unwrap_or_default() {
                prop_assert!(span.start < span.end && span.end <= size);
            }
        }

        /// A reader of multipart/byteranges finds the parts in what the frames make of a body.
        #[test]
        fn parts_are_found_again(cuts in prop::collection::vec((0..500u64, 1..500u64), 1..6), typed in any::<bool>()) {
            let body: Vec<u8> = (0..1000u32).map(|n| b'a' + (n % 26) as u8).collect();
            let spans: Vec<Span> = cuts.iter().map(|(start, length)| Span { start: *start, end: start + length }).collect();
            let frames = frames(&spans, 1000, typed.then_some("text/plain"), "B0");
            prop_assert_eq!(frames.len(), spans.len() + 1);
            let mut whole = String::new();
            for (span, frame) in spans.iter().zip(&frames) {
                whole += frame;
                whole += std::str::from_utf8(&body[span.start as usize..span.end as usize]).unwrap();
            }
            whole += frames.last().unwrap();
            let inner = whole.strip_prefix("--B0\r\n").unwrap().strip_suffix("\r\n--B0--").unwrap();
            let parts: Vec<&str> = inner.split("\r\n--B0\r\n").collect();
            prop_assert_eq!(parts.len(), spans.len());
            for (part, span) in parts.iter().zip(&spans) {
                let (head, content) = part.split_once("\r\n\r\n").unwrap();
                prop_assert_eq!(head.contains("Content-Type: text/plain\r\n"), typed);
                let range = format!("Content-Range: bytes {}-{}/1000", span.start, span.end - 1);
                prop_assert!(head.ends_with(&range));
                prop_assert_eq!(content.as_bytes(), &body[span.start as usize..span.end as usize]);
            }
        }
    }
}
