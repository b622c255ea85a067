//! `Range`: which bytes of a file a client asks for.
//!
//! One range is answered; of several the whole is sent, as HTTP allows. A header that is not understood is as good as
//! none.

/// What a `Range` header comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Everything.
    Whole,
    /// These bytes.
    Part {
        /// The first.
        start: u64,
        /// How many; not 0.
        length: u64,
    },
    /// Bytes that are not there.
    Unsatisfiable,
}

impl Range {
    /// Reads the header for `size` bytes.
    pub fn parse(header: &[u8], size: u64) -> Self {
        let Some((unit, ranges)) = std::str::from_utf8(header).ok().and_then(|header| header.split_once('=')) else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let Some((first, last)) = ranges.trim().split_once('-') else { return Self::Whole };
        let (first, last) = (first.trim(), last.trim());
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(u64::MAX));
        let (Some(first_number), Some(last_number)) = (number(first), number(last)) else { return Self::Whole };
        let (start, end) = match (first.is_empty(), last.is_empty()) {
            (true, true) => return Self::Whole,
            (true, false) => (size.saturating_sub(last_number), if last_number == 0 { 0 } else { size }),
            (false, true) => (first_number, size),
            (false, false) if first_number > last_number => return Self::Whole,
            (false, false) => (first_number, size.min(last_number.saturating_add(1))),
        };
        if start >= end { Self::Unsatisfiable } else { Self::Part { start, length: end - start } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        let part = |start, length| Range::Part { start, length };
        for (header, expected) in [
            ("bytes=0-9", part(0, 10)),
            ("bytes=0-0", part(0, 1)),
            ("bytes=95-", part(95, 5)),
            ("bytes=-5", part(95, 5)),
            ("bytes=-500", part(0, 100)),
            ("bytes=0-1000", part(0, 100)),
            ("Bytes = 1 - 2", part(1, 2)),
            ("bytes=99999999999999999999-", Range::Unsatisfiable),
            ("bytes=100-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=5-2", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=abc", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("items=0-1", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(Range::parse(header.as_bytes(), 100), expected, "{header}");
        }
        assert_eq!(Range::parse(b"bytes=0-", 0), Range::Unsatisfiable);
        assert_eq!(Range::parse(b"\xff", 1), Range::Whole);
    }
}
