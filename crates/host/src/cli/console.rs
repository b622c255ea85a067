//! What a command prints to and asks through: standard output and error, and a person at the terminal if there is one.
//!
//! Lines, warnings, questions and tables look as wrangler's do. Output is buffered; whatever goes to standard error
//! comes after what was written to standard output before it.
//!
//! Colours are for headings of errors and warnings, on terminals only. `NO_COLOR` switches them off.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

use super::table::Table;

/// Bytes of standard output that are kept back.
const BUFFER_BYTES: usize = 64 * 1024;

/// Variables that say that a machine runs the command, as continuous integration sets them.
const CI_VARIABLES: [&str; 5] = ["CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "BUILD_ID", "RUN_ID"];

/// Where a command's output goes and its answers come from.
pub struct Console<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Standard input: what a person answers.
    pub input: &'a mut dyn BufRead,
    /// What the streams are.
    pub kind: Kind,
}

/// What the streams of a [`Console`] are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Whether terminals get colours.
    pub colour: bool,
}

impl Kind {
    /// That of this process.
    fn of_process() -> Self {
        let (out, input) = (io::stdout().is_terminal(), io::stdin().is_terminal());
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "false");
        Self {
            out_is_terminal: out,
            err_is_terminal: io::stderr().is_terminal(),
            interactive: out && input && !CI_VARIABLES.into_iter().any(set),
            colour: !set("NO_COLOR"),
        }
    }
}

/// Runs a command on the process's own streams.
pub fn with_console<T>(run: impl FnOnce(&mut Console<'_>) -> T) -> T {
    let mut out = io::BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    let mut err = io::stderr().lock();
    let mut input = io::stdin().lock();
    let kind = Kind::of_process();
    let result = run(&mut Console { out: &mut out, err: &mut err, input: &mut input, kind });
    // A reader that closed the pipe early has what it wants.
    let _ = out.flush();
    result
}

impl Console<'_> {
    /// A line on standard output.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// The line by which wrangler says where the data is.
    pub fn location(&mut self) -> io::Result<()> {
        writeln!(self.out, "Resource location: local\n")
    }

    /// A warning on standard error.
    pub fn warning(&mut self, text: impl Display) -> io::Result<()> {
        self.out.flush()?;
        let block = block("▲ [WARNING]", 33, &text.to_string(), self.kind.err_is_terminal && self.kind.colour);
        self.err.write_all(block.as_bytes())
    }

    /// An error on standard error: `✘ [ERROR] …`, further lines indented below it.
    pub fn error(&mut self, text: impl Display) -> io::Result<()> {
        self.out.flush()?;
        let block = block("✘ [ERROR]", 31, &text.to_string(), self.kind.err_is_terminal && self.kind.colour);
        self.err.write_all(block.as_bytes())
    }

    /// A table on standard output.
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        writeln!(self.out, "{}", table.render())
    }

    /// Asks for a yes. Nobody to ask means yes, as in wrangler, and is said.
    pub fn confirm(&mut self, question: &str) -> io::Result<bool> {
        if !self.kind.interactive {
            writeln!(self.out, "? {question}")?;
            writeln!(self.out, "🤖 Using fallback value in non-interactive context: yes")?;
            return Ok(true);
        }
        loop {
            write!(self.out, "? {question} › (Y/n) ")?;
            self.out.flush()?;
            let mut answer = String::new();
            if self.input.read_line(&mut answer)? == 0 {
                return Ok(false);
            }
            match answer.trim().to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }
}

/// A heading with its text; the text's further lines are notes.
fn block(heading: &str, colour: u8, text: &str, coloured: bool) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let mut block = if coloured {
        format!("\x1b[{colour}m{heading}\x1b[0m \x1b[1m{first}\x1b[0m\n")
    } else {
        format!("{heading} {first}\n")
    };
    let notes: Vec<&str> = lines.collect();
    if !notes.is_empty() {
        block.push('\n');
        for note in notes {
            block.push_str(&format!("  {note}\n"));
        }
        block.push('\n');
    }
    block
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
pub mod tests {
    //! A console that keeps what is printed, for the tests of commands.
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What a command printed.
    #[derive(Debug, Default)]
    pub struct Printed {
        /// To standard output.
        pub out: String,
        /// To standard error.
        pub err: String,
    }

    /// Runs a command with these streams; `input` is what a person types.
    pub fn printed<T>(kind: Kind, input: &str, run: impl FnOnce(&mut Console<'_>) -> T) -> (T, Printed) {
        let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), input.as_bytes());
        let result = run(&mut Console { out: &mut out, err: &mut err, input: &mut input, kind });
        (result, Printed { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() })
    }

    #[test]
    fn errors_have_their_notes_below() {
        let (_, one) = printed(Kind::default(), "", |console| console.error("broken").unwrap());
        assert_eq!(one.err, "✘ [ERROR] broken\n");
        let (_, more) = printed(Kind::default(), "", |console| console.warning("odd\nbecause\n  of").unwrap());
        assert_eq!(more.err, "▲ [WARNING] odd\n\n  because\n    of\n\n");
    }

    #[test]
    fn questions_are_answered_or_taken_for_yes() {
        let (yes, said) = printed(Kind::default(), "", |console| console.confirm("Sure?").unwrap());
        assert!(yes);
        assert_eq!(said.out, "? Sure?\n🤖 Using fallback value in non-interactive context: yes\n");
        let person = Kind { interactive: true, ..Kind::default() };
        for (typed, expected) in [("\n", true), ("y\n", true), ("what\nNo\n", false), ("", false)] {
            assert_eq!(printed(person, typed, |console| console.confirm("Sure?").unwrap()).0, expected, "{typed}");
        }
    }
}
