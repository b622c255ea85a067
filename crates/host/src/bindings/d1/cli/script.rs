//! SQL of a command or a file, taken apart into statements as wrangler takes it apart.
//!
//! wrangler's splitter knows strings, quoted names, dollar quotes, comments and compound statements, by rules of its
//! own that are not SQLite's: comments are dropped, `$` swallows what ends the name behind it, and a compound statement
//! ends at `END` in capitals. They are kept, since they decide how many results there are. Where two statements stay
//! one, the database carries out both.
//!
//! One pass, one statement in memory at a time. Pure.

use std::borrow::Cow;

/// What a text may have once around it, which is dropped: each script is one transaction anyway.
const BEGIN: &str = "BEGIN TRANSACTION";

/// The text has transactions of its own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Wrangler could not process the provided SQL file, as it contains several transactions.\nD1 runs your SQL in a transaction for you.\nPlease export an SQL file from your SQLite database and try again."
)]
pub struct SeveralTransactions;

/// SQL whose outer transaction is gone.
#[derive(Debug)]
pub struct Script {
    text: String,
}

/// One statement of a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'s> {
    /// Its SQL, without what splits it from the next.
    pub sql: Cow<'s, str>,
    /// Where it starts, in bytes of the text.
    pub start: usize,
    /// Where the next one starts.
    pub end: usize,
}

impl Script {
    /// Takes a text whole.
    pub fn new(mut text: String) -> Result<Self, SeveralTransactions> {
        if text.contains(BEGIN) {
            for outer in ["BEGIN TRANSACTION;", "COMMIT;"] {
                if let Some(at) = text.find(outer) {
                    text.replace_range(at..at + outer.len(), "");
                }
            }
            if text.contains(BEGIN) {
                return Err(SeveralTransactions);
            }
        }
        Ok(Self { text })
    }

    /// Bytes of the text.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The statements. There is at least one: a text of nothing but comments is one statement, as it is.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        let is_one = !may_be_several(&self.text) || self.split().next().is_none();
        let whole =
            is_one.then_some(Statement { sql: Cow::Borrowed(self.text.as_str()), start: 0, end: self.text.len() });
        let split = (!is_one).then(|| self.split());
        whole.into_iter().chain(split.into_iter().flatten())
    }

    /// The statements between semicolons, none for a text without any.
    pub fn split(&self) -> impl Iterator<Item = Statement<'_>> {
        let mut splitter = Splitter { text: &self.text, at: 0 };
        std::iter::from_fn(move || {
            loop {
                let statement = splitter.next()?;
                if !statement.sql.is_empty() {
                    return Some(statement);
                }
            }
        })
    }

    /// The line of the file, from 1, on which what starts at `offset` begins.
    pub fn line_of(&self, offset: usize) -> usize {
        let rest = &self.text[offset..];
        let blank = rest.len() - skip_blank(rest).len();
        1 + self.text.as_bytes()[..offset + blank].iter().filter(|byte| **byte == b'\n').count()
    }
}

/// Behind blanks and comments.
fn skip_blank(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        rest = match trimmed.as_bytes() {
            [b'-', b'-', ..] => trimmed.split_once('\n').map_or("", |(_, rest)| rest),
            [b'/', b'*', ..] => trimmed[2..].split_once("*/").map_or("", |(_, rest)| rest),
            _ => return trimmed,
        };
    }
}

fn may_be_several(text: &str) -> bool {
    let trimmed = text.trim_end_matches(is_space);
    trimmed.find(';').is_some_and(|at| at != trimmed.len() - 1)
}

/// What JavaScript takes for a blank.
fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

struct Splitter<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Splitter<'s> {
    fn next(&mut self) -> Option<Statement<'s>> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        // What is passed on without a change is not copied before something has to be left out.
        let mut kept = Kept { text: self.text, start, end: start, copy: None };
        let mut compounds = 0_usize;
        while let Some(c) = self.text[self.at..].chars().next() {
            if compounds > 0 && (c == ';' || is_space(c)) && ends_compound(kept.as_str()) {
                compounds -= 1;
            }
            let rest = &self.text[self.at..];
            let length = match c {
                '\'' | '"' | '`' => 1 + through(&rest[1..], &rest[..1]),
                '$' => dollar(rest),
                '-' if rest.starts_with("--") => {
                    let length = 2 + through(&rest[2..], "\n");
                    kept.replace(length, "\n");
                    self.at += length;
                    0
                }
                '/' if rest.starts_with("/*") => {
                    let length = 2 + through(&rest[2..], "*/");
                    kept.replace(length, "");
                    self.at += length;
                    0
                }
                ';' if compounds == 0 => {
                    self.at += 1;
                    return Some(Statement { sql: kept.trimmed(), start, end: self.at });
                }
                _ => c.len_utf8(),
            };
            kept.keep(length);
            self.at += length;
            if kept.as_str().ends_with(is_space) && starts_compound(kept.as_str()) {
                compounds += 1;
            }
        }
        Some(Statement { sql: kept.trimmed(), start, end: self.at })
    }
}

/// What of the text belongs to a statement: a part of it, until something is left out of the middle.
struct Kept<'s> {
    text: &'s str,
    start: usize,
    end: usize,
    /// Non-null once it is not a part of the text any more.
    copy: Option<String>,
}

impl<'s> Kept<'s> {
    fn keep(&mut self, length: usize) {
        if let Some(copy) = &mut self.copy {
            copy.push_str(&self.text[self.end..self.end + length]);
        }
        self.end += length;
    }

    /// Takes `instead` for the next `length` bytes.
    fn replace(&mut self, length: usize, instead: &str) {
        let copy = self.copy.get_or_insert_with(|| self.text[self.start..self.end].to_string());
        copy.push_str(instead);
        self.end += length;
    }

    fn as_str(&self) -> &str {
        self.copy.as_deref().unwrap_or(&self.text[self.start..self.end])
    }

    fn trimmed(self) -> Cow<'s, str> {
        match self.copy {
            Some(copy) => Cow::Owned(copy.trim_matches(is_space).to_string()),
            None => Cow::Borrowed(self.text[self.start..self.end].trim_matches(is_space)),
        }
    }
}

/// Bytes up to the end of `marker`, or all.
fn through(text: &str, marker: &str) -> usize {
    text.find(marker).map_or(text.len(), |at| at + marker.len())
}

/// Bytes of a dollar quote, or of a `$` with the name behind it and the character behind that.
fn dollar(text: &str) -> usize {
    let mut length = 1;
    for c in text[1..].chars() {
        length += c.len_utf8();
        if !is_of_name(c) {
            break;
        }
    }
    let quote = &text[..length];
    if !quote.ends_with('$') {
        return length;
    }
    length + through(&text[length..], quote)
}

fn is_of_name(c: char) -> bool {
    let has_case = || !c.to_lowercase().eq(c.to_uppercase());
    c.is_ascii_digit() || c == '_' || (c != '$' && c.len_utf16() == 1 && has_case())
}

/// Whether the last word, with a blank on both sides, starts a compound statement.
fn starts_compound(text: &str) -> bool {
    let mut backwards = text.chars();
    if !backwards.next_back().is_some_and(is_space) {
        return false;
    }
    let text = backwards.as_str().as_bytes();
    [&b"BEGIN"[..], b"CASE"].into_iter().any(|word| {
        text.len() > word.len()
            && text[text.len() - word.len()..].eq_ignore_ascii_case(word)
            && ends_in_space(&text[..text.len() - word.len()])
    })
}

/// Whether the last word ends a compound statement.
fn ends_compound(text: &str) -> bool {
    text.strip_suffix("END").is_some_and(|before| before.ends_with(is_space))
}

fn ends_in_space(bytes: &[u8]) -> bool {
    // The bytes are text up to where a word of ASCII starts.
    std::str::from_utf8(bytes).is_ok_and(|text| text.ends_with(is_space))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn split(sql: &str) -> Vec<String> {
        let script = Script::new(sql.to_string()).unwrap();
        script.statements().map(|statement| statement.sql.into_owned()).collect()
    }

    /// What wrangler 4.86 makes of each.
    #[test]
    fn statements_are_those_of_wrangler() {
        for (sql, expected) in [
            ("select 1", &["select 1"][..]),
            ("  select 1 ; \n", &["  select 1 ; \n"]),
            ("select 1; select 2", &["select 1", "select 2"]),
            ("select 1;;; select 2;", &["select 1", "select 2"]),
            ("select ';'; select \";\"; select `;`", &["select ';'", "select \";\"", "select `;`"]),
            ("select 'it''s;'; select 2", &["select 'it''s;'", "select 2"]),
            ("select 1; -- a; b\nselect 2; -- end", &["select 1", "select 2"]),
            ("select 1 /* ; */ + 2; select/**/ 3", &["select 1  + 2", "select 3"]),
            ("-- only\n; /* x */;", &["-- only\n; /* x */;"]),
            ("-- only; one", &["-- only; one"]),
            ("select $$a;b$$; select $t$ ; $t$ ; x", &["select $$a;b$$", "select $t$ ; $t$", "x"]),
            ("select $a; select 2; select 3", &["select $a; select 2", "select 3"]),
            ("select 1 - 2; select 4 / 2", &["select 1 - 2", "select 4 / 2"]),
            ("select 'open; select 2", &["select 'open; select 2"]),
            (
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b;\nEND; \
                 SELECT 1;",
                &[
                    "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM \
                     b;\nEND",
                    "SELECT 1",
                ],
            ),
            (
                "create trigger t after insert on a begin delete from b; end; select 1",
                &["create trigger t after insert on a begin delete from b; end; select 1"],
            ),
            ("select case when 1 then 2 END; select 3", &["select case when 1 then 2 END", "select 3"]),
            ("PRAGMA x;\nBEGIN TRANSACTION;\nselect 1;\nCOMMIT;\n", &["PRAGMA x", "select 1"]),
        ] {
            assert_eq!(split(sql), expected, "{sql}");
        }
    }

    #[test]
    fn transactions_of_its_own_are_refused() {
        let twice = "BEGIN TRANSACTION; select 1; COMMIT; BEGIN TRANSACTION; select 2; COMMIT;";
        assert_eq!(Script::new(twice.to_string()).unwrap_err(), SeveralTransactions);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let script = Script::new("select 1;\n\n-- why\n/* x\n */ select 2;\nselect 3;\n".to_string()).unwrap();
        let lines: Vec<usize> = script.statements().map(|statement| script.line_of(statement.start)).collect();
        assert_eq!(lines, [1, 5, 6]);
    }

    /// A word by word account of wrangler's algorithm, slow and plain, to compare with.
    fn plain(sql: &str) -> Vec<String> {
        let chars: Vec<char> = sql.chars().collect();
        let (mut at, mut text, mut found, mut compounds) = (0, String::new(), Vec::new(), 0);
        let until = |at: &mut usize, marker: &str| {
            let mut taken = String::new();
            while *at < chars.len() {
                taken.push(chars[*at]);
                *at += 1;
                if taken.ends_with(marker) {
                    break;
                }
            }
            taken
        };
        while at < chars.len() {
            let c = chars[at];
            if compounds > 0 && (c == ';' || is_space(c)) && ends_compound(&text) {
                compounds -= 1;
            }
            at += 1;
            match c {
                '\'' | '"' | '`' => {
                    text.push(c);
                    text += &until(&mut at, &c.to_string());
                }
                '$' => {
                    let mut quote = "$".to_string();
                    while at < chars.len() {
                        quote.push(chars[at]);
                        at += 1;
                        if !is_of_name(chars[at - 1]) {
                            break;
                        }
                    }
                    text += &quote;
                    if quote.ends_with('$') {
                        text += &until(&mut at, &quote);
                    }
                }
                '-' if chars.get(at) == Some(&'-') => {
                    at += 1;
                    until(&mut at, "\n");
                    text.push('\n');
                }
                '/' if chars.get(at) == Some(&'*') => {
                    at += 1;
                    until(&mut at, "*/");
                }
                ';' if compounds == 0 => found.push(std::mem::take(&mut text)),
                _ => text.push(c),
            }
            if starts_compound(&text) {
                compounds += 1;
            }
        }
        found.push(text);
        found.iter().map(|text| text.trim_matches(is_space).to_string()).filter(|text| !text.is_empty()).collect()
    }

    fn statement() -> impl Strategy<Value = String> {
        let text = "[a-z;\"`$/ \n-]{0,12}".prop_map(|text| format!("insert into t values ('{text}', 2)"));
        let name = "[a-z;'` \n-]{1,9}".prop_map(|name| format!("create table \"{name}\" (x)"));
        let trigger = "[a-z ;]{0,9}".prop_map(|text| {
            format!(
                "create trigger t after insert on a BEGIN select CASE 1 WHEN 1 THEN '{text}' END; delete from b; END"
            )
        });
        prop_oneof![text, name, trigger, Just("select 1".to_string())]
    }

    proptest! {
        #[test]
        fn joined_statements_are_split_again(statements in prop::collection::vec(statement(), 2..8)) {
            prop_assert_eq!(split(&statements.join(";\n")), statements);
        }

        #[test]
        fn any_text_is_split_as_by_the_plain_account(sql in "([;'\"`$/*\n -]|BEGIN | BEGIN\\s|CASE |END|END;|[a-z0-9]|é|\u{feff}){0,40}") {
            let script = Script { text: sql.clone() };
            let split: Vec<String> = script.split().map(|statement| statement.sql.into_owned()).collect();
            prop_assert_eq!(split, plain(&sql));
        }
    }
}
