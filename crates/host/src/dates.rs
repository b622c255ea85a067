//! Dates as machines write them: ISO 8601 with milliseconds, and compact as in signatures of S3.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// `20130524T000000Z` in milliseconds since 1970. Fields beyond their range run over into the next, as a `Date`
/// has it.
pub fn parse_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let field = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        digits.iter().try_fold(0i64, |value, digit| Some(value * 10 + i64::from(char::from(*digit).to_digit(10)?)))
    };
    let (year, month, day) = (field(0..4)?, field(4..6)?, field(6..8)?);
    let (hour, minute, second) = (field(9..11)?, field(11..13)?, field(13..15)?);
    let days = days_before_month(year * 12 + month - 1) + day - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

/// `2013-05-24T00:00:00.000Z`.
pub fn iso(ms: i64) -> String {
    let (days, time) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    // A guess from the mean length of a month, which is never too late by more than one.
    let mut months = 1970 * 12 + days * 400 * 12 / 146_097;
    while days_before_month(months) > days {
        months -= 1;
    }
    while days_before_month(months + 1) <= days {
        months += 1;
    }
    let (year, month, day) = (months.div_euclid(12), months.rem_euclid(12) + 1, days - days_before_month(months) + 1);
    let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
    let (second, ms) = (time / 1000 % 60, time % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Days from 1970 to the first of a month, counted in months since the year 0.
fn days_before_month(months: i64) -> i64 {
    // The year begins in March, so that the day that some have more is its last.
    let shifted = months - 2;
    let (year, month) = (shifted.div_euclid(12), shifted.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days are between that March and 1970.
    year * 365 + leap_days + (153 * month + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_dates_are_read() {
        assert_eq!(parse_basic("19700101T000000Z"), Some(0));
        assert_eq!(parse_basic("20130524T000000Z"), Some(1_369_353_600_000));
        assert_eq!(parse_basic("20240229T123456Z"), Some(1_709_210_096_000));
        assert_eq!(parse_basic("20241301T000000Z"), parse_basic("20250101T000000Z"));
        for bad in ["", "20130524T000000", "2013052aT000000Z", "20130524 000000Z", "20130524T000000z"] {
            assert_eq!(parse_basic(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_are_written() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
        assert_eq!(iso(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
        assert_eq!(iso(1_709_251_200_000), "2024-03-01T00:00:00.000Z");
        assert_eq!(iso(4_102_444_800_000), "2100-01-01T00:00:00.000Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
        for day in 0..50_000 {
            let text = iso(day * DAY_MS);
            let compact = format!("{}T000000Z", text[..10].replace('-', ""));
            assert_eq!(parse_basic(&compact), Some(day * DAY_MS), "{text}");
        }
    }
}
