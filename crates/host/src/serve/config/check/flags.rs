//! The compatibility date and flags of a Worker.

use lopata_protocol::compat::{self, Default, FLAGS, Problem};

use super::super::model::{Text, Worker};
use super::super::place::Place;
use super::Checker;
use crate::config::{Date, suggest};

/// What is wrong with a date. The texts are workerd's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum DateError {
    /// Neither in the configuration nor on the command line.
    #[error("service {0}: Worker must specify compatibilityDate.")]
    Missing(String),
    /// Both in the configuration and on the command line.
    #[error(
        "service {0}: Worker specifies compatibilityDate but --compat-date was provided. When using --compat-date, \
         workers must not specify compatibilityDate in the config. Use compatibilityFlags to enable/disable specific \
         flags if needed."
    )]
    Twice(String),
    /// No date of this or the coming centuries.
    #[error("service {service}: Invalid compatibility date: {date}")]
    Invalid {
        /// The service.
        service: String,
        /// As given.
        date: String,
    },
    /// Later than anything that is known.
    #[error(
        "service {service}: This Worker requires compatibility date \"{date}\", but the newest date supported by this \
         server binary is \"{newest}\"."
    )]
    Future {
        /// The service.
        service: String,
        /// As given.
        date: String,
        /// Today, or the date of the newest flag.
        newest: String,
    },
}

impl Checker<'_> {
    /// Puts errors of the date and the flags.
    pub(super) fn compatibility(&mut self, service: &Text, worker: &Worker) {
        let Some((date, of_command_line)) = self.date(service, worker) else { return };
        let names: Vec<String> = worker.compatibility_flags.iter().map(|flag| flag.to_string()).collect();
        for problem in compat::resolve(&date, &names).problems {
            let place = worker.compatibility_flags.get(problem.index()).map_or(&worker.place, |flag| &flag.place);
            self.problem(service, &problem, place);
        }
        if !of_command_line {
            for flag in &worker.compatibility_flags {
                self.superfluous(service, flag, &date);
            }
        }
    }

    /// The date that counts, and whether it is that of the command line. Nothing if there is none of use.
    fn date(&mut self, service: &Text, worker: &Worker) -> Option<(String, bool)> {
        let service = service.to_string();
        let (date, place, of_command_line) = match (&worker.compatibility_date, &self.options.compat_date) {
            (Some(date), None) => (date.to_string(), &date.place, false),
            (None, Some(given)) => (given.clone(), &worker.place, true),
            (Some(date), Some(_)) => {
                self.report.error("compat-date", &date.place, DateError::Twice(service).to_string());
                return None;
            }
            (None, None) => {
                self.report.error("compat-date", &worker.place, DateError::Missing(service).to_string());
                return None;
            }
        };
        if !is_date(&date) {
            self.report.error("compat-date", place, DateError::Invalid { service, date }.to_string());
            return None;
        }
        let newest = newest();
        if !of_command_line && date > newest {
            let error = DateError::Future { service, date: date.clone(), newest };
            self.report.error("compat-date", place, error.to_string());
        }
        Some((date, of_command_line))
    }

    fn problem(&mut self, service: &Text, problem: &Problem, place: &Place) {
        let (text, help) = match problem {
            Problem::Experimental { .. } if self.options.experimental => return,
            Problem::Experimental { name, .. } => (
                format!(
                    "The compatibility flag {name} is experimental and may break or be removed in a future version of \
                     workerd. To use this flag, you must pass --experimental on the command line."
                ),
                None,
            ),
            Problem::Unknown { name, .. } => {
                let known = FLAGS.iter().flat_map(|flag| [Some(flag.enable), flag.disable]).flatten();
                let nearest = suggest::nearest(name, known);
                (problem.to_string(), nearest.map(|nearest| format!("Did you mean \"{nearest}\"?")))
            }
            Problem::Repeated { .. } | Problem::Contradictory { .. } | Problem::Rejected { .. } => {
                (problem.to_string(), None)
            }
        };
        self.report.error_with_help("bad-flag", place, format!("service {service}: {text}"), help);
    }

    /// Warns of a flag that the date has already.
    fn superfluous(&mut self, service: &Text, flag: &Text, date: &str) {
        let Some(known) = FLAGS.iter().find(|known| known.enable == &***flag) else { return };
        let text = match known.default {
            Default::Since(since) if date >= since => format!("became the default as of {since} so does"),
            Default::Always => "is the default, so does".to_string(),
            _ => return,
        };
        let message =
            format!("service {service}: The compatibility flag {flag} {text} not need to be specified anymore.");
        self.report.warning("default-flag", &flag.place, message);
    }
}

/// Today, or the date of the newest flag: a binary knows what it was made with, a clock may be wrong.
fn newest() -> String {
    let flags = FLAGS.iter().filter_map(|flag| match flag.default {
        Default::Since(since) => Some(since),
        _ => None,
    });
    let today = Date::today().to_string();
    flags.max().map(str::to_string).into_iter().chain([today]).max().unwrap_or_default()
}

/// What workerd takes for a date: of the years from 2000 to 2999, and not all of them exist.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            0 => *byte == b'2',
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape && ("01"..="12").contains(&&text[5..7]) && ("01"..="31").contains(&&text[8..10])
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_what_workerd_takes_for_them() {
        for date in ["2000-01-01", "2999-12-31", "2024-02-30"] {
            assert!(is_date(date), "{date}");
        }
        for date in [
            "1999-12-31",
            "3000-01-01",
            "2024-13-01",
            "2024-00-01",
            "2024-01-32",
            "2024-1-1",
            "",
            "2024-01-01x",
            "２０２４",
        ] {
            assert!(!is_date(date), "{date}");
        }
    }
}
