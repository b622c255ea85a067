//! Progress of long work, on standard error and only when that is a terminal.
//!
//! One line is written over and over, a few times a second, and is gone when the work is done. The work may report
//! as often as it likes.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two lines.
const PAUSE: Duration = Duration::from_millis(100);

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(400);

/// The progress of one piece of work. Dropping it removes the line.
#[derive(Debug)]
pub struct Progress {
    label: String,
    unit: Unit,
    /// How much there is to do; `None` when nobody knows.
    total: Option<u64>,
    done: u64,
    started: Instant,
    /// When a line was last written; non-null exactly when there is one.
    shown: Option<Instant>,
    visible: bool,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown in MB.
    Bytes,
    /// Things of this name: `keys`.
    Count(&'static str),
}

impl Progress {
    /// Progress called `label` over `total` units.
    pub fn new(label: impl Into<String>, unit: Unit, total: Option<u64>) -> Self {
        let visible = std::io::stderr().is_terminal();
        Self { label: label.into(), unit, total, done: 0, started: Instant::now(), shown: None, visible }
    }

    /// So much more is done.
    pub fn advance(&mut self, by: u64) {
        self.reach(self.done.saturating_add(by));
    }

    /// So much is done in all.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
        let pause_is_over = match self.shown {
            Some(shown) => shown.elapsed() >= PAUSE,
            None => self.started.elapsed() >= PATIENCE,
        };
        if self.visible && pause_is_over {
            self.shown = Some(Instant::now());
            let _ = write!(std::io::stderr(), "\r\x1b[2K{}", self.line());
        }
    }

    fn line(&self) -> String {
        let amount = |count: u64| match self.unit {
            Unit::Bytes => format!("{:.1} MB", count as f64 / 1e6),
            Unit::Count(name) => format!("{count} {name}"),
        };
        match self.total.filter(|total| *total > 0) {
            Some(total) => {
                let percent = self.done.min(total) as f64 * 100.0 / total as f64;
                format!("{} {percent:.0}% ({} of {})", self.label, amount(self.done), amount(total))
            }
            None => format!("{} {}", self.label, amount(self.done)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_how_far_it_is() {
        let mut known = Progress::new("Reading", Unit::Bytes, Some(4_000_000));
        known.reach(1_000_000);
        assert_eq!(known.line(), "Reading 25% (1.0 MB of 4.0 MB)");
        let mut unknown = Progress::new("Deleting", Unit::Count("keys"), None);
        unknown.advance(7);
        assert_eq!(unknown.line(), "Deleting 7 keys");
    }
}
