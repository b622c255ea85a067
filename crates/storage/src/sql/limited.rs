//! `DELETE` and `UPDATE` with `ORDER BY` and `LIMIT`, which production's SQLite has and the one at hand is built without.
//!
//! SQLite itself carries them out as `rowid IN (SELECT rowid … ORDER BY … LIMIT …)`. [`rewritten`] makes the same of the
//! text, once SQLite has refused it. What it does not understand stays refused.

/// The same statement in words that every SQLite understands; `None` when it is none of these statements. `rowid_of`
/// says what a table calls its rowid.
pub(super) fn rewritten(sql: &str, rowid_of: impl FnOnce(&str) -> Option<&'static str>) -> Option<String> {
    let words = words(sql)?;
    let place = |word: &str| words.iter().find(|found| found.text.eq_ignore_ascii_case(word));
    let first = words.first()?;
    let (table_start, table_end) = match () {
        () if first.text.eq_ignore_ascii_case("delete") => {
            let from = words.get(1).filter(|word| word.text.eq_ignore_ascii_case("from"))?;
            (from.end(), None)
        }
        () if first.text.eq_ignore_ascii_case("update") => {
            let or = words.get(1).filter(|word| word.text.eq_ignore_ascii_case("or"));
            let start = if or.is_some() { words.get(2)?.end() } else { first.end() };
            (start, Some(place("set")?.start))
        }
        () => return None,
    };
    let bound = ["order", "limit"].iter().filter_map(|word| place(word)).map(|word| word.start).min()?;
    let returning = place("returning").filter(|word| word.start < bound);
    let tail_start = returning.map_or(bound, |word| word.start);
    let filter = place("where").filter(|word| word.start < tail_start);
    let head_end = filter.map_or(tail_start, |word| word.start);
    let shown = returning.map_or("", |word| &sql[word.start..bound]);
    // Parameters without numbers would change places.
    if shown.contains('?') || place("from").is_some_and(|from| table_end.is_some_and(|set| from.start > set)) {
        return None;
    }
    let table = &sql[table_start..table_end.unwrap_or(head_end)];
    let filter = filter.map_or("", |word| &sql[word.start..tail_start]);
    let end = sql[bound..].find(';').map_or(sql.len(), |at| bound + at);
    let (head, limit) = (&sql[..head_end], &sql[bound..end]);
    let rowid = rowid_of(&name_of(table)?)?;
    Some(format!("{head} WHERE {rowid} IN (SELECT {rowid} FROM {table} {filter} {limit}\n) {shown}"))
}

/// The name at the start of a text, without its schema and quotes.
fn name_of(text: &str) -> Option<String> {
    let (name, rest) = first_name(text)?;
    match skip_blanks(rest).strip_prefix('.') {
        Some(rest) => Some(first_name(rest)?.0),
        None => Some(name),
    }
}

/// The first name and what comes after it.
fn first_name(text: &str) -> Option<(String, &str)> {
    let text = skip_blanks(text);
    let quote = text.chars().next()?;
    let closing = match quote {
        '"' | '`' | '\'' => quote,
        '[' => ']',
        _ => {
            let length = text.bytes().take_while(|byte| is_word(*byte)).count();
            return (length > 0).then(|| (text[..length].to_string(), &text[length..]));
        }
    };
    let mut name = String::new();
    let mut rest = &text[1..];
    loop {
        let end = rest.find(closing)?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        // Twice, it is part of the name.
        match rest.strip_prefix(closing).filter(|_| quote != '[') {
            Some(after) => {
                name.push(closing);
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

/// What comes after blanks and comments.
fn skip_blanks(text: &str) -> &str {
    let mut text = text;
    loop {
        text = text.trim_start();
        text = match text {
            line if line.starts_with("--") => line.find('\n').map_or("", |end| &line[end..]),
            block if block.starts_with("/*") => block[2..].find("*/").map_or("", |end| &block[end + 4..]),
            _ => return text,
        };
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

struct Word<'s> {
    start: usize,
    text: &'s str,
}

impl Word<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The bare words of the first statement that are in no parentheses, strings, quoted names or comments. `None` when one
/// of those does not end.
fn words(sql: &str) -> Option<Vec<Word<'_>>> {
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let rest = &sql[at..];
        at += match bytes[at] {
            b';' => break,
            b'(' => {
                depth += 1;
                1
            }
            b')' => {
                depth = depth.checked_sub(1)?;
                1
            }
            quote @ (b'\'' | b'"' | b'`') => 1 + rest[1..].find(char::from(quote))? + 1,
            b'[' => rest.find(']')? + 1,
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest[2..].find("*/")? + 4,
            b'?' | b':' | b'@' | b'#' => 1 + rest[1..].bytes().take_while(|byte| is_word(*byte)).count(),
            byte if is_word(byte) => {
                let length = rest.bytes().take_while(|byte| is_word(*byte)).count();
                if depth == 0 {
                    words.push(Word { start: at, text: &rest[..length] });
                }
                length
            }
            _ => 1,
        };
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_limited_becomes_a_list_of_rowids() {
        for (sql, expected) in [
            ("DELETE FROM t LIMIT 1", "DELETE FROM t  WHERE rowid IN (SELECT rowid FROM  t   LIMIT 1) "),
            (
                "delete from t where a = ? order by b limit ? -- c",
                "delete from t  WHERE rowid IN (SELECT rowid FROM  t  where a = ?  order by b limit ? -- c) ",
            ),
            (
                "DELETE FROM t WHERE a IN (SELECT a FROM x ORDER BY a) RETURNING a ORDER BY 'limit' LIMIT 2;",
                "DELETE FROM t  WHERE rowid IN (SELECT rowid FROM  t  WHERE a IN (SELECT a FROM x ORDER BY a)  \
                 ORDER BY 'limit' LIMIT 2) RETURNING a ",
            ),
            (
                "UPDATE OR IGNORE t AS x SET a = ? WHERE x.b = ? LIMIT 1",
                "UPDATE OR IGNORE t AS x SET a = ?  WHERE rowid IN (SELECT rowid FROM  t AS x  WHERE x.b = ?  LIMIT 1) ",
            ),
        ] {
            // A comment at the end must not swallow the parenthesis.
            let made = rewritten(sql, |_| Some("rowid")).unwrap();
            assert_eq!(made.matches("\n)").count(), 1, "{made}");
            let spaced = |sql: &str| sql.replace(')', " )").split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(spaced(&made), spaced(expected));
        }
        for sql in [
            "SELECT 1 LIMIT 1",
            "DELETE FROM t",
            "DELETE FROM t WHERE a = (SELECT 1 LIMIT 1)",
            "DELETE FROM t RETURNING ? LIMIT ?",
            "UPDATE t SET a = 1 FROM x LIMIT 1",
            "DELETE FROM t WHERE a = 'open LIMIT 1",
        ] {
            assert_eq!(rewritten(sql, |_| Some("rowid")), None, "{sql}");
        }
    }

    #[test]
    fn names_are_read_as_sqlite_reads_them() {
        for (text, name) in [
            (" t AS x", "t"),
            ("-- c\n/* d */main . \"a\"\"b\" x", "a\"b"),
            ("[a b].`c`", "c"),
            ("'it''s'", "it's"),
            ("\u{e9}t\u{e9};", "\u{e9}t\u{e9}"),
        ] {
            assert_eq!(name_of(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(name_of("/* open"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(sql in "(DELETE FROM |UPDATE |SET |WHERE |ORDER BY |LIMIT |\\(|\\)|'|\"|--|/\\*|\\*/|\u{e9}|x |\\?|;){0,12}") {
            let _ = rewritten(&sql, |_| Some("rowid"));
        }
    }
}
