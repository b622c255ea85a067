//! Says whether a text is a cron expression that production accepts.
//!
//! Five fields: minute, hour, day of month, month, day of week. Names of months and days, lists, ranges, steps,
//! and Quartz's `L`, `W` and `#`; days of the week count from 1, which is Sunday. Does not compute times.

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
}

struct FieldKind {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const FIELDS: [FieldKind; 5] = [
    FieldKind { name: "minute", min: 0, max: 59, names: &[] },
    FieldKind { name: "hour", min: 0, max: 23, names: &[] },
    FieldKind { name: "day of month", min: 1, max: 31, names: &[] },
    FieldKind {
        name: "month",
        min: 1,
        max: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    FieldKind { name: "day of week", min: 1, max: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
];

/// Checks an expression.
pub fn check(text: &str) -> Result<(), CronError> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(CronError::FieldCount(fields.len()));
    }
    for (kind, text) in FIELDS.iter().zip(fields) {
        let valid = text.split(',').all(|part| kind.accepts(part)) || kind.accepts_alone(text);
        if !valid {
            return Err(CronError::Field { field: kind.name, text: text.to_string() });
        }
    }
    Ok(())
}

impl FieldKind {
    /// One item of a list: `*`, a value or a range, perhaps with a step.
    fn accepts(&self, part: &str) -> bool {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let step_valid = step.is_none_or(|step| number(step).is_some_and(|step| step >= 1 && step <= self.max));
        let range_valid = match range.split_once('-') {
            Some((from, to)) => self.value(from).is_some() && self.value(to).is_some(),
            None => range == "*" || self.value(range).is_some(),
        };
        step_valid && range_valid
    }

    /// Quartz's forms, which cannot be part of a list.
    fn accepts_alone(&self, text: &str) -> bool {
        let upper = text.to_ascii_uppercase();
        match self.name {
            "day of month" => match upper.strip_prefix('L') {
                Some("" | "W") => true,
                Some(rest) => {
                    let offset = rest.strip_prefix('-').map(|rest| rest.strip_suffix('W').unwrap_or(rest));
                    offset.and_then(number).is_some_and(|days| (1..=30).contains(&days))
                }
                None => upper.strip_suffix('W').and_then(|day| self.value(day)).is_some(),
            },
            "day of week" => match upper.split_once('#') {
                Some((day, week)) => {
                    self.value(day).is_some() && number(week).is_some_and(|week| (1..=5).contains(&week))
                }
                None => upper == "L" || upper.strip_suffix('L').and_then(|day| self.value(day)).is_some(),
            },
            _ => false,
        }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(place) => Some(self.min + place as u32),
            None => number(text).filter(|value| (self.min..=self.max).contains(value)),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("* * * * MON#6", "the day of week \"MON#6\" is not valid"),
            ("+1 * * * *", "the minute \"+1\" is not valid"),
            ("@daily", "it has 1 fields instead of 5"),
        ] {
            assert_eq!(check(text).map_err(|error| error.to_string()), Err(reason.to_string()), "{text}");
        }
    }
}
