//! Cron expressions as production reads them: which minutes of UTC they name.
//!
//! Five fields: minute, hour, day of month, month, day of week. Names of months and days, lists, ranges (which may
//! wrap), steps, and Quartz's `L`, `W` and `#`; days of the week count from 1, which is Sunday. If both fields of
//! days are restricted, a day that fits either fits. Minutes are counted from 1970; no clock is read here.
//!
//! Source of the rules: Cloudflare's `saffron`, the parser behind Cron Triggers.

use super::date::Date;

/// Why a text is not a cron expression, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields.
    #[error("it has {0} fields instead of 5")]
    FieldCount(usize),
    /// A field that cannot be read.
    #[error("the {field} \"{text}\" is not valid")]
    Field {
        /// Which.
        field: &'static str,
        /// What it says.
        text: String,
    },
    /// A date that does not come.
    #[error("none of its months has such a day")]
    Never,
}

const MINUTES_PER_DAY: u64 = 24 * 60;

/// Days in which every date of the calendar comes at least once: leap days are at most eight years apart.
const CALENDAR_DAYS: u64 = 8 * 366;

/// Checks an expression.
pub fn check(text: &str) -> Result<(), CronError> {
    text.parse::<Cron>().map(|_| ())
}

/// A cron expression that comes true at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// A bit for each minute; the other sets likewise.
    minutes: u64,
    hours: u64,
    months: u64,
    day_of_month: DayOfMonth,
    day_of_week: DayOfWeek,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayOfMonth {
    Any,
    Set(u64),
    /// `15W`: the weekday nearest to that day, in the same month.
    Nearest(u8),
    /// `L`, `L-3`: so many days before the last.
    Last(u8),
    /// `LW`, `L-3W`: the weekday nearest to that.
    LastNearest(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayOfWeek {
    Any,
    Set(u64),
    /// `6L`: the last such day of the month.
    Last(u8),
    /// `MON#2`: the second such day of the month.
    Nth(u8, u8),
}

impl Cron {
    /// Whether it names this minute, counted from 1970-01-01T00:00Z.
    pub fn matches(&self, minute: u64) -> bool {
        let (day, time) = (minute / MINUTES_PER_DAY, minute % MINUTES_PER_DAY);
        has(self.minutes, (time % 60) as u8) && has(self.hours, (time / 60) as u8) && self.matches_day(day)
    }

    /// The first minute that it names after this one. Always there for an expression that was read from text.
    pub fn next_after(&self, minute: u64) -> Option<u64> {
        let first = minute + 1;
        let day = first / MINUTES_PER_DAY;
        let rest_of_today = first..(day + 1) * MINUTES_PER_DAY;
        let today = self.matches_day(day).then(|| rest_of_today.into_iter().find(|at| self.matches(*at))).flatten();
        today.or_else(|| {
            let day = (day + 1..=day + CALENDAR_DAYS).find(|day| self.matches_day(*day))?;
            let time = u64::from(self.hours.trailing_zeros()) * 60 + u64::from(self.minutes.trailing_zeros());
            Some(day * MINUTES_PER_DAY + time)
        })
    }

    fn matches_day(&self, days: u64) -> bool {
        let date = Date::from_days(days);
        // 1970-01-01 was a Thursday, which is 5.
        let week_day = ((days + 4) % 7) as u8 + 1;
        if !has(self.months, date.month()) {
            return false;
        }
        match (self.day_of_month, self.day_of_week) {
            (DayOfMonth::Any, of_week) => of_week.matches(date, week_day),
            (of_month, DayOfWeek::Any) => of_month.matches(date, week_day),
            (of_month, of_week) => of_month.matches(date, week_day) || of_week.matches(date, week_day),
        }
    }
}

impl DayOfMonth {
    fn matches(self, date: Date, week_day: u8) -> bool {
        let (day, last) = (date.day(), date.days_in_month());
        match self {
            Self::Any => true,
            Self::Set(days) => has(days, day),
            Self::Nearest(wanted) => wanted <= last && day == nearest_weekday(date, week_day, wanted),
            Self::Last(before) => day + before == last,
            Self::LastNearest(before) => before < last && day == nearest_weekday(date, week_day, last - before),
        }
    }
}

impl DayOfWeek {
    fn matches(self, date: Date, week_day: u8) -> bool {
        match self {
            Self::Any => true,
            Self::Set(days) => has(days, week_day),
            Self::Last(wanted) => week_day == wanted && date.day() + 7 > date.days_in_month(),
            Self::Nth(wanted, nth) => week_day == wanted && (date.day() - 1) / 7 + 1 == nth,
        }
    }
}

/// The day from Monday to Friday that is nearest to `wanted` within the month of `date`, which is a `week_day`.
fn nearest_weekday(date: Date, week_day: u8, wanted: u8) -> u8 {
    // Counted so that it cannot go below zero: five weeks are added.
    match (week_day + 35 + wanted - date.day() - 1) % 7 + 1 {
        7 if wanted > 1 => wanted - 1,
        7 => wanted + 2,
        1 if wanted < date.days_in_month() => wanted + 1,
        1 => wanted - 2,
        _ => wanted,
    }
}

fn has(set: u64, value: u8) -> bool {
    set & (1 << value) != 0
}

impl std::str::FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            return Err(CronError::FieldCount(fields.len()));
        };
        let cron = Self {
            minutes: MINUTE.read(minute, FieldKind::set)?,
            hours: HOUR.read(hour, FieldKind::set)?,
            day_of_month: DAY_OF_MONTH.read(day_of_month, FieldKind::day_of_month)?,
            months: MONTH.read(month, FieldKind::set)?,
            day_of_week: DAY_OF_WEEK.read(day_of_week, FieldKind::day_of_week)?,
        };
        if cron.next_after(0).is_none() {
            return Err(CronError::Never);
        }
        Ok(cron)
    }
}

struct FieldKind {
    name: &'static str,
    min: u8,
    max: u8,
    names: &'static [&'static str],
}

const MINUTE: FieldKind = FieldKind { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: FieldKind = FieldKind { name: "hour", min: 0, max: 23, names: &[] };
const DAY_OF_MONTH: FieldKind = FieldKind { name: "day of month", min: 1, max: 31, names: &[] };
const MONTH: FieldKind = FieldKind {
    name: "month",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const DAY_OF_WEEK: FieldKind =
    FieldKind { name: "day of week", min: 1, max: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };

impl FieldKind {
    fn read<T>(&self, text: &str, reader: impl Fn(&Self, &str) -> Option<T>) -> Result<T, CronError> {
        reader(self, text).ok_or_else(|| CronError::Field { field: self.name, text: text.to_string() })
    }

    fn set(&self, text: &str) -> Option<u64> {
        if text == "*" {
            return Some((self.min..=self.max).fold(0, |set, value| set | 1 << value));
        }
        text.split(',').enumerate().try_fold(0, |set, (index, part)| Some(set | self.part(part, index == 0)?))
    }

    /// One item of a list: a value or a range, perhaps with a step. Without an end, a step goes on to the maximum.
    fn part(&self, part: &str, first: bool) -> Option<u64> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| (1..=self.max - self.min).contains(step))?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None if range == "*" && step.is_some() => (self.min, self.max),
            // Further down a list production takes a star for the smallest value.
            None if range == "*" && !first => (self.min, self.min),
            None => {
                let value = self.value(range)?;
                (value, if step.is_some() { self.max } else { value })
            }
        };
        // A range whose end is before its start goes round.
        let values: Vec<u8> =
            if from <= to { (from..=to).collect() } else { (from..=self.max).chain(self.min..=to).collect() };
        Some(values.into_iter().step_by(step.unwrap_or(1).into()).fold(0, |set, value| set | 1 << value))
    }

    fn day_of_month(&self, text: &str) -> Option<DayOfMonth> {
        let upper = text.to_ascii_uppercase();
        if let Some(rest) = upper.strip_prefix('L') {
            let (rest, nearest) = rest.strip_suffix('W').map_or((rest, false), |rest| (rest, true));
            let before = match rest.strip_prefix('-') {
                Some(days) => number(days).filter(|days| (1..=30).contains(days))?,
                None if rest.is_empty() => 0,
                None => return None,
            };
            return Some(if nearest { DayOfMonth::LastNearest(before) } else { DayOfMonth::Last(before) });
        }
        match upper.strip_suffix('W') {
            Some(day) => self.value(day).map(DayOfMonth::Nearest),
            None if text == "*" => Some(DayOfMonth::Any),
            None => self.set(text).map(DayOfMonth::Set),
        }
    }

    fn day_of_week(&self, text: &str) -> Option<DayOfWeek> {
        let upper = text.to_ascii_uppercase();
        if let Some((day, nth)) = upper.split_once('#') {
            let nth = number(nth).filter(|nth| (1..=5).contains(nth))?;
            return Some(DayOfWeek::Nth(self.value(day)?, nth));
        }
        match upper.strip_suffix('L') {
            // The last day of the week.
            Some("") => Some(DayOfWeek::Set(1 << self.max)),
            Some(day) => self.value(day).map(DayOfWeek::Last),
            None if text == "*" => Some(DayOfWeek::Any),
            None => self.set(text).map(DayOfWeek::Set),
        }
    }

    fn value(&self, text: &str) -> Option<u8> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(place) => Some(self.min + place as u8),
            None => number(text).filter(|value| (self.min..=self.max).contains(value)),
        }
    }
}

fn number(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Days from 1970-01-01 to a date, by counting.
    fn days_to(year: u64, month: u8, day: u8) -> u64 {
        let wanted = format!("{year:04}-{month:02}-{day:02}");
        ((year - 1970) * 365..).find(|days| Date::from_days(*days).to_string() == wanted).unwrap()
    }

    fn minute_of(year: u64, month: u8, day: u8, hour: u64, minute: u64) -> u64 {
        days_to(year, month, day) * MINUTES_PER_DAY + hour * 60 + minute
    }

    /// The next times that an expression names after the start of 2026, which was a Thursday.
    fn next(text: &str, count: usize) -> Vec<String> {
        let cron: Cron = text.parse().unwrap();
        let mut at = minute_of(2026, 1, 1, 0, 0) - 1;
        let times = std::iter::repeat_with(|| {
            at = cron.next_after(at).unwrap();
            let time = at % MINUTES_PER_DAY;
            format!("{} {:02}:{:02}", Date::from_days(at / MINUTES_PER_DAY), time / 60, time % 60)
        });
        times.take(count).collect()
    }

    #[test]
    fn productions_expressions_are_accepted() {
        for text in [
            "* * * * *",
            "*/5 * * * *",
            "0 0 1 JAN mon-fri",
            "0,15,30-45/5 9-17 * * 2",
            "0 0 L * *",
            "0 0 LW * *",
            "0 0 15W * *",
            "0 0 L-3 * *",
            "0 0 * * 6L",
            "0 0 * * MON#2",
            "59 23 LW * SUN",
            "0 22-2 * * *",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn others_are_refused_with_a_reason() {
        for (text, reason) in [
            ("", "it has 0 fields instead of 5"),
            ("* * * *", "it has 4 fields instead of 5"),
            ("0 * * * * *", "it has 6 fields instead of 5"),
            ("60 * * * *", "the minute \"60\" is not valid"),
            ("* 24 * * *", "the hour \"24\" is not valid"),
            ("* * 0 * *", "the day of month \"0\" is not valid"),
            ("* * * 13 *", "the month \"13\" is not valid"),
            ("* * * * 0", "the day of week \"0\" is not valid"),
            ("*/0 * * * *", "the minute \"*/0\" is not valid"),
            ("1, * * * *", "the minute \"1,\" is not valid"),
            ("*,1 * * * *", "the minute \"*,1\" is not valid"),
            ("* * */31 * *", "the day of month \"*/31\" is not valid"),
            ("* * L-31 * *", "the day of month \"L-31\" is not valid"),
            ("* * LX * *", "the day of month \"LX\" is not valid"),
            ("* * * * MON#6", "the day of week \"MON#6\" is not valid"),
            ("+1 * * * *", "the minute \"+1\" is not valid"),
            ("@daily", "it has 1 fields instead of 5"),
            ("0 0 31 2,4 *", "none of its months has such a day"),
            ("0 0 L-30 FEB *", "none of its months has such a day"),
        ] {
            assert_eq!(check(text).map_err(|error| error.to_string()), Err(reason.to_string()), "{text}");
        }
    }

    #[test]
    fn lists_ranges_and_steps_name_their_minutes() {
        for (text, times) in [
            ("*/20 * * * *", ["2026-01-01 00:00", "2026-01-01 00:20", "2026-01-01 00:40"]),
            ("50/5 * * * *", ["2026-01-01 00:50", "2026-01-01 00:55", "2026-01-01 01:50"]),
            ("58-1 * * * *", ["2026-01-01 00:00", "2026-01-01 00:01", "2026-01-01 00:58"]),
            ("56-4/4 * * * *", ["2026-01-01 00:00", "2026-01-01 00:04", "2026-01-01 00:56"]),
            ("30 22-2/4 * * *", ["2026-01-01 02:30", "2026-01-01 22:30", "2026-01-02 02:30"]),
            ("0 0 1 */6 *", ["2026-01-01 00:00", "2026-07-01 00:00", "2027-01-01 00:00"]),
            ("0 0 1 FEB,5 *", ["2026-02-01 00:00", "2026-05-01 00:00", "2027-02-01 00:00"]),
        ] {
            assert_eq!(next(text, 3), times, "{text}");
        }
    }

    #[test]
    fn days_are_those_of_productions_calendar() {
        for (text, times) in [
            // Sunday is 1.
            ("0 0 * * 1", ["2026-01-04 00:00", "2026-01-11 00:00", "2026-01-18 00:00"]),
            ("0 0 * * fri-SUN", ["2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00"]),
            ("0 0 * * L", ["2026-01-03 00:00", "2026-01-10 00:00", "2026-01-17 00:00"]),
            ("0 0 * * 6L", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-27 00:00"]),
            ("0 0 * * MON#1", ["2026-01-05 00:00", "2026-02-02 00:00", "2026-03-02 00:00"]),
            // A month without a fifth Saturday has none.
            ("0 0 * * SAT#5", ["2026-01-31 00:00", "2026-05-30 00:00", "2026-08-29 00:00"]),
            ("0 0 L * *", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
            ("0 0 L-2 * *", ["2026-01-29 00:00", "2026-02-26 00:00", "2026-03-29 00:00"]),
            ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
            // The 31st of January and the 28th of February are Saturdays, the 31st of May is a Sunday.
            ("0 0 LW * *", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00"]),
            ("0 0 LW MAY *", ["2026-05-29 00:00", "2027-05-31 00:00", "2028-05-31 00:00"]),
            // A weekday is never looked for in another month.
            ("0 0 1W 2,8,11 *", ["2026-02-02 00:00", "2026-08-03 00:00", "2026-11-02 00:00"]),
            ("0 0 31W 1-5 *", ["2026-01-30 00:00", "2026-03-31 00:00", "2026-05-29 00:00"]),
            ("0 0 15W 2,3,8 *", ["2026-02-16 00:00", "2026-03-16 00:00", "2026-08-14 00:00"]),
            ("0 0 L-30W 8 *", ["2026-08-03 00:00", "2027-08-02 00:00", "2028-08-01 00:00"]),
            // Two restricted fields of days: either counts.
            ("0 0 13 * FRI", ["2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00"]),
        ] {
            assert_eq!(next(text, 3), times, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// The next minute is one that matches, and none before it does.
        #[test]
        fn next_is_the_first_that_matches(
            minute in prop_oneof!["\\*", "\\*/[1-9]", "[1-5]?[0-9]", "[1-5]?[0-9]-[1-5]?[0-9]"],
            hour in prop_oneof!["\\*", "1?[0-9]", "1?[0-9]-2[0-3]"],
            day in prop_oneof!["\\*", "L", "LW", "[1-9]W?", "L-[1-9]W?"],
            week_day in prop_oneof!["\\*", "[1-7]", "[1-7]L", "[1-7]#[1-4]"],
            start in 26_000_000u64..60_000_000,
        ) {
            let cron: Cron = format!("{minute} {hour} {day} * {week_day}").parse().unwrap();
            let next = cron.next_after(start).unwrap();
            prop_assert!(next > start && cron.matches(next));
            prop_assert!((start + 1..next).all(|at| !cron.matches(at)));
        }

        #[test]
        fn no_text_panics(text in "[0-9LW#*/,\\- A-Za-z]{0,24}") {
            let _ = check(&text);
        }
    }
}
