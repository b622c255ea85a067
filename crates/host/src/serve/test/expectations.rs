//! What is known of tests that do not pass: a file of lines.
//!
//! ```text
//! # a comment
//! url/parse.wd-test#hosts → fail + hosts of opaque paths are kept as they are
//! sockets/tls.wd-test#* -> skip needs a network
//! ```
//!
//! A name has one entrypoint, or `service:entrypoint`, with `*` and `?`. The first line that fits counts.

use std::path::{Path, PathBuf};

use super::filter::matches;

/// What is expected of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It passes.
    Pass,
    /// It fails. That it passes is a failure: then the line is stale.
    Fail,
    /// It is not run.
    Skip,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpectationsError {
    /// It cannot be read.
    #[error("The expectations in {} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line says nothing.
    #[error("{}:{line}: expected `file#entrypoint -> pass|fail|skip reason`, got `{text}`", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is there.
        text: String,
    },
}

/// The lines that are about one configuration.
#[derive(Debug, Default)]
pub struct Expectations(Vec<Line>);

#[derive(Debug)]
struct Line {
    name: String,
    expected: Expected,
    reason: String,
}

impl Expectations {
    /// Reads the lines of `path` that are about the configuration `file`. Names of files are relative to the folder
    /// of `path`, or ends of `file`.
    pub fn read(&mut self, path: &Path, file: &Path) -> Result<(), ExpectationsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ExpectationsError::Read { path: path.to_path_buf(), source })?;
        self.parse(&text, path, file)
    }

    fn parse(&mut self, text: &str, path: &Path, file: &Path) -> Result<(), ExpectationsError> {
        for (index, text) in text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (about, line) = Line::parse(text).ok_or_else(|| ExpectationsError::Line {
                path: path.to_path_buf(),
                line: index + 1,
                text: text.to_string(),
            })?;
            if file.ends_with(about) {
                self.0.push(line);
            }
        }
        Ok(())
    }

    /// What is expected of a test, and why. `name` is `service` or `service:entrypoint`.
    pub fn of(&self, service: &str, entrypoint: &str) -> (Expected, &str) {
        let full = format!("{service}:{entrypoint}");
        let fits = |line: &&Line| match line.name.contains(':') {
            true => matches(&line.name, &full),
            false => matches(&line.name, entrypoint),
        };
        let line = self.0.iter().find(fits);
        line.map_or((Expected::Pass, ""), |line| (line.expected, &line.reason))
    }
}

impl Line {
    /// The file that it is about, and the rest.
    fn parse(text: &str) -> Option<(&str, Self)> {
        let (test, outcome) = text.split_once('→').or_else(|| text.split_once("->"))?;
        let (file, name) = test.trim().split_once('#')?;
        let outcome = outcome.trim();
        let (word, reason) = outcome.split_once(|c: char| !c.is_ascii_alphabetic()).unwrap_or((outcome, ""));
        let expected = match word {
            "pass" => Expected::Pass,
            "fail" => Expected::Fail,
            "skip" => Expected::Skip,
            _ => return None,
        };
        let reason = reason.trim_start_matches(|c: char| c.is_whitespace() || "+-:#(".contains(c)).to_string();
        (!file.is_empty() && !name.is_empty()).then_some((file, Self { name: name.to_string(), expected, reason }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Expectations, ExpectationsError> {
        let mut expectations = Expectations::default();
        expectations.parse(text, Path::new("/t/expectations"), Path::new("/t/url/parse.wd-test"))?;
        Ok(expectations)
    }

    #[test]
    fn lines_of_the_file_count_in_order() {
        let text = "# comment\n\nurl/parse.wd-test#a → fail + because\nparse.wd-test#main:b* -> skip: slow\n\
                    other.wd-test#* -> fail\nparse.wd-test#a -> pass\n";
        let expectations = parse(text).unwrap();
        assert_eq!(expectations.of("main", "a"), (Expected::Fail, "because"));
        assert_eq!(expectations.of("main", "bcd"), (Expected::Skip, "slow"));
        assert_eq!(expectations.of("other", "bcd"), (Expected::Pass, ""));
    }

    #[test]
    fn other_lines_are_errors_with_a_place() {
        for text in ["a", "a#b", "a -> fail", "a#b -> maybe", "#b\n#c\na#-> fail"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("/t/expectations:"), "{error}");
        }
    }
}
