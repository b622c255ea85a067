//! Calendar dates as compatibility dates are written: `YYYY-MM-DD`.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct NotADate;

impl Date {
    /// Today in UTC, the calendar that production uses.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        Self::from_days(seconds / 86_400)
    }

    /// The day that is `days` after 1970-01-01.
    pub fn from_days(days: u64) -> Self {
        let (mut year, mut rest) = (1970u16, days);
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if rest < length || year == u16::MAX {
                break;
            }
            rest -= length;
            year += 1;
        }
        let mut month = 1u8;
        while rest >= u64::from(month_days(year, month)) && month < 12 {
            rest -= u64::from(month_days(year, month));
            month += 1;
        }
        Self { year, month, day: rest as u8 + 1 }
    }

    /// The month, from 1.
    pub(super) fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub(super) fn day(self) -> u8 {
        self.day
    }

    /// How many days the month has.
    pub(super) fn days_in_month(self) -> u8 {
        month_days(self.year, self.month)
    }
}

fn is_leap(year: u16) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn month_days(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(NotADate);
        }
        let year = text[0..4].parse().map_err(|_| NotADate)?;
        let month = text[5..7].parse().map_err(|_| NotADate)?;
        let day = text[8..10].parse().map_err(|_| NotADate)?;
        let valid = (1..=12).contains(&month) && day >= 1 && day <= month_days(year, month);
        if valid { Ok(Self { year, month, day }) } else { Err(NotADate) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_453, "2025-12-31")] {
            assert_eq!(Date::from_days(days).to_string(), text);
        }
    }

    #[test]
    fn only_real_days_are_dates() {
        for text in ["2024-02-29", "2025-12-31", "0001-01-01"] {
            assert_eq!(text.parse::<Date>().map(|date| date.to_string()), Ok(text.to_string()));
        }
        for text in [
            "2023-02-29",
            "2025-13-01",
            "2025-00-01",
            "2025-1-1",
            "2025-01-01T00:00:00Z",
            "",
            "20250101",
            "２０２５-01-01",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NotADate), "{text}");
        }
    }

    #[test]
    fn dates_are_ordered_by_time() {
        let date = |text: &str| text.parse::<Date>().ok();
        assert!(date("2024-12-31") < date("2025-01-01"));
        assert!(date("2025-01-31") < date("2025-02-01"));
    }
}
