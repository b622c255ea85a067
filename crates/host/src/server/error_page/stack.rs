//! Reads the text of a V8 stack into frames.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// One line of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// `handle`, `async Object.fetch`; empty at the top level of a module.
    pub(super) function: String,
    /// The place as it was written.
    pub(super) location: String,
    /// The file, when the place is one.
    pub(super) file: Option<PathBuf>,
    /// From 1; 0 when there is none.
    pub(super) line: u32,
    /// From 1; 0 when there is none.
    pub(super) column: u32,
}

impl Frame {
    /// Whether this is code of the user's project, not of a package or of the runtime.
    pub(super) fn is_own(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.components().any(|part| part.as_os_str() == "node_modules"))
    }
}

/// The frames of `stack`, innermost first; at most `max`.
pub(super) fn frames(stack: &str, max: usize) -> Vec<Frame> {
    stack.lines().filter_map(|line| frame(line.trim_start())).take(max).collect()
}

fn frame(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("at ")?;
    let (function, location) = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((function, location)) => (function, location),
        None => match rest.strip_prefix("async ") {
            Some(location) => ("async", location),
            None => ("", rest),
        },
    };
    let (place, line, column) = position(location);
    Some(Frame { function: function.to_owned(), location: location.to_owned(), file: file(place), line, column })
}

/// Splits `place:line:column`.
fn position(location: &str) -> (&str, u32, u32) {
    let number = |text: &str| text.parse::<u32>().ok();
    if let Some((front, last)) = location.rsplit_once(':')
        && let Some(last) = number(last)
    {
        return match front.rsplit_once(':').and_then(|(place, line)| Some((place, number(line)?))) {
            Some((place, line)) => (place, line, last),
            None => (front, last, 0),
        };
    }
    (location, 0, 0)
}

fn file(place: &str) -> Option<PathBuf> {
    match place.strip_prefix("file://") {
        Some(path) => Some(PathBuf::from(percent_decode_str(path).decode_utf8().ok()?.into_owned())),
        None => place.starts_with('/').then(|| PathBuf::from(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_line() {
        let stack = "TypeError: at first (sight:1:2)\n    second line of the message\n    \
            at handle (file:///app/src/my%20file.ts:12:7)\n    at async Object.fetch (/app/src/index.ts:3:1)\n    \
            at file:///app/top.ts:1:2\n    at async Promise.all (index 0)\n    at new Foo (ext:core/01.js:1:9)\n    \
            at Map.forEach (<anonymous>)\n    at a (b) (/app/node_modules/pkg/x.js:9)";
        let seen: Vec<_> = frames(stack, 50)
            .into_iter()
            .map(|f| {
                let own = f.is_own();
                (f.function, f.file.map(|f| f.display().to_string()), f.line, f.column, own)
            })
            .collect();
        let entry = |function: &str, file: Option<&str>, line, column, own| {
            (function.to_owned(), file.map(str::to_owned), line, column, own)
        };
        assert_eq!(
            seen,
            [
                entry("handle", Some("/app/src/my file.ts"), 12, 7, true),
                entry("async Object.fetch", Some("/app/src/index.ts"), 3, 1, true),
                entry("", Some("/app/top.ts"), 1, 2, true),
                entry("async Promise.all", None, 0, 0, false),
                entry("new Foo", None, 1, 9, false),
                entry("Map.forEach", None, 0, 0, false),
                entry("a (b)", Some("/app/node_modules/pkg/x.js"), 9, 0, false),
            ]
        );
        assert_eq!(frames(stack, 2).len(), 2);
    }
}
