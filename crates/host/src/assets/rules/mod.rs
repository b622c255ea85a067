//! The three files in a directory of assets that say how it is served: `_redirects`, `_headers`, `.assetsignore`.
//!
//! Pure: text in, rules out; no file is read and no request is answered here. The limits, the order in which rules
//! win and every text of a complaint are those of wrangler's asset worker, quirks included, because a site is tried
//! here and then runs there. What is better known here than there (a rule that can never match, a header name that
//! no response can carry) is said in a complaint of our own, after wrangler's.
//!
//! Invariant: no input makes a parser fail. A line that is wrong is left out and named; the other lines count.

mod headers;
mod ignore;
mod pattern;
mod redirects;
mod text;

pub use self::headers::{BadHeader, HeaderRules};
pub use self::ignore::Ignore;
pub use self::redirects::{Found, RedirectOptions, Redirects};

/// A line longer than this many UTF-16 units is left out, in `_redirects` and in `_headers`.
pub const LINE_UNITS_MAX: usize = 2000;

/// Rules of a file, and what is to be printed about them.
#[derive(Debug, Clone, Default)]
pub struct Parsed<T> {
    /// The rules of the lines that are right.
    pub rules: T,
    /// What wrangler prints about the file, in its order.
    pub log: Vec<Log>,
}

/// A thing to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How loudly.
    pub level: Level,
    /// Perhaps of several lines.
    pub text: String,
}

/// How loudly a [`Log`] is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something in the file is not as its author thinks.
    Warn,
}

impl Log {
    fn info(text: impl Into<String>) -> Self {
        Self { level: Level::Info, text: text.into() }
    }

    fn warn(text: impl Into<String>) -> Self {
        Self { level: Level::Warn, text: text.into() }
    }
}

/// The parts of a request's URL that rules look at, as a URL parser gives them: encoded, the host in lower case.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `http://localhost:8787`.
    pub origin: &'a str,
    /// `localhost`: without the port.
    pub hostname: &'a str,
    /// `/a%20b`.
    pub pathname: &'a str,
    /// `?x=1`, or nothing.
    pub search: &'a str,
}

/// A line that was left out.
struct Invalid {
    message: String,
    /// The line itself and, if it is known, its number from 1. Some complaints name neither.
    at: Option<(String, Option<usize>)>,
}

impl Invalid {
    fn bare(message: String) -> Self {
        Self { message, at: None }
    }

    fn at(line: &str, number: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), at: Some((line.to_owned(), Some(number))) }
    }
}

/// What is printed about a file: how many rules are good, and each line that is not. `kind` is `redirect` or
/// `header`; `file` is the path as its reader knows it.
fn report(kind: &str, file: &str, valid: usize, invalid: &[Invalid]) -> Vec<Log> {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut log = vec![Log::info(format!("✨ Parsed {valid} valid {kind} rule{}.", plural(valid)))];
    if invalid.is_empty() {
        return log;
    }
    let mut text = format!("Found {} invalid {kind} rule{}:\n", invalid.len(), plural(invalid.len()));
    for Invalid { message, at } in invalid {
        text.push_str(&format!("▶︎ {message}\n"));
        if let Some((line, number)) = at {
            let number = number.map(|number| format!(":{number}")).unwrap_or_default();
            text.push_str(&format!("    at {file}{number} | {line}\n\n"));
        }
    }
    log.push(Log::warn(text));
    log
}
