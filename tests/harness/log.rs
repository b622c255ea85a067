//! What a process printed, as text that can be waited for.
//!
//! Both streams go into one buffer in the order in which they arrive, without terminal colours.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use super::HANG;

/// A position in the output: what was printed before it is not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark(usize);

/// The output of one process.
#[derive(Clone, Default)]
pub struct Log {
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

#[derive(Default)]
struct Inner {
    text: String,
    /// Streams that are still open; none left means that the process is gone.
    open: usize,
}

impl Log {
    /// Reads `stream` to its end, in a thread of its own.
    pub fn follow(&self, stream: impl Read + Send + 'static) {
        let log = self.clone();
        log.inner.0.lock().expect("no reader panics").open += 1;
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
                let text = plain(&String::from_utf8_lossy(&line));
                log.inner.0.lock().expect("no reader panics").text.push_str(&text);
                log.inner.1.notify_all();
                line.clear();
            }
            log.inner.0.lock().expect("no reader panics").open -= 1;
            log.inner.1.notify_all();
        });
    }

    /// The end of what has been printed so far.
    pub fn mark(&self) -> Mark {
        Mark(self.inner.0.lock().expect("no reader panics").text.len())
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.since(Mark(0))
    }

    /// What was printed after `mark`.
    pub fn since(&self, mark: Mark) -> String {
        self.inner.0.lock().expect("no reader panics").text[mark.0..].to_string()
    }

    /// How often `needle` was printed after `mark`.
    pub fn count(&self, mark: Mark, needle: &str) -> usize {
        self.since(mark).matches(needle).count()
    }

    /// Waits until `needle` was printed after `mark`; returns the line that contains it.
    pub fn wait_for(&self, mark: Mark, needle: &str) -> String {
        self.wait(mark, needle, |text| {
            let at = text.find(needle)?;
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            Some(text[start..end].to_string())
        })
    }

    /// Waits until the process has closed its output.
    pub fn wait_end(&self) {
        let (lock, changed) = &*self.inner;
        let guard = lock.lock().expect("no reader panics");
        let (guard, wait) = changed.wait_timeout_while(guard, HANG, |inner| inner.open > 0).expect("no reader panics");
        // A panic must not happen while the lock is held: others still read the output to report it.
        drop(guard);
        assert!(!wait.timed_out(), "the process still runs");
    }

    /// Waits until the process has closed its output (true) or has printed `needle` (false).
    pub fn ends_before(&self, needle: &str) -> bool {
        let (lock, changed) = &*self.inner;
        let going = |inner: &mut Inner| inner.open > 0 && !inner.text.contains(needle);
        let guard = lock.lock().expect("no reader panics");
        let (guard, wait) = changed.wait_timeout_while(guard, HANG, going).expect("no reader panics");
        let printed = guard.text.contains(needle);
        drop(guard);
        assert!(!wait.timed_out(), "neither its end nor \"{needle}\"");
        !printed
    }

    fn wait<T>(&self, mark: Mark, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let (lock, changed) = &*self.inner;
        let deadline = Instant::now() + HANG;
        let mut guard = lock.lock().expect("no reader panics");
        let failure = loop {
            if let Some(found) = find(&guard.text[mark.0..]) {
                return found;
            }
            if guard.open == 0 {
                break "the process ended without a word of";
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break "still waiting for";
            }
            guard = changed.wait_timeout(guard, left).expect("no reader panics").0;
        };
        drop(guard);
        panic!("{failure} \"{what}\"");
    }
}

/// Text without escape sequences (colours, cursor movement, titles).
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                for char in chars.by_ref() {
                    if ('@'..='~').contains(&char) {
                        break;
                    }
                }
            }
            ('\u{1b}', Some(']')) => {
                for char in chars.by_ref() {
                    if char == '\u{7}' {
                        break;
                    }
                }
            }
            ('\r', _) => {}
            _ => out.push(char),
        }
    }
    out
}

#[test]
fn colours_are_dropped() {
    assert_eq!(plain("\u{1b}[31m✘ \u{1b}[41;97mERROR\u{1b}[0m no\r\n"), "✘ ERROR no\n");
}
