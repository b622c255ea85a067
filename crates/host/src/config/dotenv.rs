//! Reads `.env` texts and expands `$VAR`, as the packages that wrangler uses do.
//!
//! Pure: no file, no process environment. The grammar is that of the `dotenv` package: `KEY=value` or
//! `KEY: value`, optional `export`, values in three kinds of quotes that may span lines, comments after a blank or
//! a value. `\n` and `\r` are line ends in double quotes only. What cannot be read is skipped and reported.

/// Times that one value is expanded; a value that still names variables then is left as it is.
const EXPANSIONS_MAX: usize = 100;

/// Bytes that an expanded value may reach. Values that multiply each other stop here.
const EXPANDED_BYTES_MAX: usize = 1024 * 1024;

/// Variables in order of first mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    entries: Vec<(String, String)>,
}

impl Variables {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sets `name`; one that exists keeps its place.
    pub fn set(&mut self, name: String, value: String) {
        match self.entries.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(iter: T) -> Self {
        let mut variables = Self::default();
        for (name, value) in iter {
            variables.set(name, value);
        }
        variables
    }
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The variables; of one that is set twice, the last value.
    pub variables: Variables,
    /// Bytes of the lines that are neither an assignment nor a comment nor blank.
    pub skipped: Vec<std::ops::Range<usize>>,
}

/// Reads `text`, whose lines end in `\n`, `\r\n` or `\r`.
pub fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut at = 0;
    while at < text.len() {
        let line_end = at + line(&text[at..]).len();
        match assignment(text, at) {
            Some(found) => {
                parsed.variables.set(found.name, found.value);
                at = next_line(text, found.end);
            }
            None => {
                let content = text[at..line_end].trim_matches(is_blank);
                if !content.is_empty() && !content.starts_with('#') {
                    parsed.skipped.push(at..line_end);
                }
                at = next_line(text, line_end);
            }
        }
    }
    parsed
}

struct Assignment {
    name: String,
    value: String,
    /// Where the value ends; what follows on its line is blank or a comment.
    end: usize,
}

fn assignment(text: &str, start: usize) -> Option<Assignment> {
    let line_end = start + line(&text[start..]).len();
    let at = line_end - text[start..line_end].trim_start_matches(is_blank).len();
    let exported = text[at..line_end].strip_prefix("export").filter(|rest| rest.starts_with(is_blank));
    // `export` may also be the name itself.
    let behind_export = exported.map(|rest| line_end - rest.trim_start_matches(is_blank).len());
    behind_export.and_then(|at| named_assignment(text, at)).or_else(|| named_assignment(text, at))
}

fn named_assignment(text: &str, at: usize) -> Option<Assignment> {
    let line_end = at + line(&text[at..]).len();
    let name_len = text[at..line_end].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    let name = &text[at..at + name_len.unwrap_or(line_end - at)];
    if name.is_empty() {
        return None;
    }
    let rest = &text[at + name.len()..];
    let after_blanks = rest.trim_start_matches(is_blank);
    let value_at = if after_blanks.starts_with('=') {
        text.len() - after_blanks.len() + 1
    } else {
        // One blank belongs to the colon, even if it is the end of the line.
        let behind = rest.strip_prefix(':')?;
        let blank =
            if behind.starts_with("\r\n") { 2 } else { behind.chars().next().filter(|c| is_blank(*c))?.len_utf8() };
        text.len() - behind.len() + blank
    };
    let (value, end) = quoted_value(text, value_at).unwrap_or_else(|| plain_value(text, value_at));
    Some(Assignment { name: name.to_string(), value, end })
}

/// A value in quotes, if its closing quote is the last thing on its line but a comment. Blanks, even line ends,
/// may stand before it.
fn quoted_value(text: &str, start: usize) -> Option<(String, usize)> {
    let rest = text[start..].trim_start_matches(is_blank);
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let open = text.len() - rest.len();
    // The first quote that no backslash precedes closes. If that leaves something behind, an escaped one may
    // have been meant to.
    let mut escaped: Vec<usize> = Vec::new();
    let mut closing = None;
    for (offset, _) in text[open + 1..].match_indices(quote) {
        let at = open + 1 + offset;
        if text[open + 1..at].ends_with('\\') {
            escaped.push(at);
        } else {
            closing = Some(at);
            break;
        }
    }
    let ends_here = |at: &usize| {
        let behind = line(&text[at + 1..]).trim_start_matches(is_blank);
        behind.is_empty() || behind.starts_with('#')
    };
    let close = closing.into_iter().chain(escaped.into_iter().rev()).find(ends_here)?;
    Some((unescaped(&normalised(&text[open + 1..close]), quote), close + 1))
}

fn plain_value(text: &str, start: usize) -> (String, usize) {
    let line = line(&text[start..]);
    let value = line.split('#').next().unwrap_or_default();
    let end = start + value.len();
    let trimmed = value.trim_matches(is_blank);
    let quote = trimmed.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    let inner = quote.and_then(|quote| trimmed[1..].strip_suffix(quote)).unwrap_or(trimmed);
    (unescaped(inner, quote.unwrap_or(' ')), end)
}

fn unescaped(value: &str, quote: char) -> String {
    if quote == '"' { value.replace("\\n", "\n").replace("\\r", "\r") } else { value.to_string() }
}

fn normalised(value: &str) -> String {
    value.replace("\r\n", "\n").replace('\r', "\n")
}

/// What JavaScript calls white space.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default()
}

fn next_line(text: &str, at: usize) -> usize {
    let end = at + line(&text[at..]).len();
    if text[end..].starts_with("\r\n") { end + 2 } else { (end + 1).min(text.len()) }
}

/// Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` in all values, in order, by what was set
/// before or by `outer`, which wins. The result holds `outer` first, then `variables`.
pub fn expand(variables: Variables, outer: Variables) -> Variables {
    let mut result = outer.clone();
    let mut earlier = Variables::default();
    for (name, value) in variables.entries {
        let value = match outer.get(&name) {
            Some(own) if !own.is_empty() && own != value => own.to_string(),
            _ => expand_value(&value, &earlier, &outer),
        };
        let value = value.replace("\\$", "$");
        earlier.set(name.clone(), value.clone());
        result.set(name, value);
    }
    result
}

fn expand_value(value: &str, earlier: &Variables, outer: &Variables) -> String {
    let mut result = value.to_string();
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..EXPANSIONS_MAX {
        seen.push(result.clone());
        let Some(reference) = first_reference(&result) else { break };
        let known = outer.get(reference.name).or_else(|| earlier.get(reference.name)).filter(|known| !known.is_empty());
        let replacement = match (reference.operator, known) {
            (Some("+" | ":+"), Some(_)) => reference.operand,
            (Some("+" | ":+"), None) => "",
            (_, Some(known)) if !seen.iter().any(|text| text == known) => known,
            _ => reference.operand,
        };
        let next = format!("{}{replacement}{}", &result[..reference.range.start], &result[reference.range.end..]);
        // A value that is nothing but another one is not expanded again: it may hold a literal dollar.
        let settled = earlier.get(reference.name) == Some(next.as_str());
        if next.len() > EXPANDED_BYTES_MAX {
            break;
        }
        result = next;
        if settled {
            break;
        }
    }
    result
}

struct Reference<'a> {
    range: std::ops::Range<usize>,
    name: &'a str,
    operator: Option<&'a str>,
    operand: &'a str,
}

fn first_reference(text: &str) -> Option<Reference<'_>> {
    for (at, _) in text.match_indices('$') {
        if text[..at].ends_with('\\') {
            continue;
        }
        let rest = &text[at + 1..];
        if let Some(braced) = rest.strip_prefix('{') {
            let len = braced.find(['{', '}']).unwrap_or(braced.len());
            if len > 0 && braced[len..].starts_with('}') {
                return Some(split_expression(&braced[..len], at..at + len + 3));
            }
        } else {
            let name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let len = rest.find(|c| !name_char(c)).unwrap_or(rest.len());
            if len > 0 && !rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Some(Reference { range: at..at + 1 + len, name: &rest[..len], operator: None, operand: "" });
            }
        }
    }
    None
}

fn split_expression(expression: &str, range: std::ops::Range<usize>) -> Reference<'_> {
    let operator_at = expression.char_indices().find_map(|(at, c)| {
        let rest = &expression[at..];
        match c {
            ':' if rest.starts_with(":+") || rest.starts_with(":-") => Some((at, 2)),
            '+' | '-' => Some((at, 1)),
            _ => None,
        }
    });
    match operator_at {
        Some((at, len)) => Reference {
            range,
            name: &expression[..at],
            operator: Some(&expression[at..at + len]),
            operand: &expression[at + len..],
        },
        None => Reference { range, name: expression, operator: None, operand: "" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).variables.entries
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect();
        assert_eq!(pairs(text), expected, "{text:?}");
    }

    #[test]
    fn plain_values_are_trimmed_and_end_at_a_comment() {
        check(
            "A=1\nB = two words  \nC=#none\nD=a#b\n  E=  \nF",
            &[("A", "1"), ("B", "two words"), ("C", ""), ("D", "a"), ("E", "")],
        );
        check(
            "export A=1\nexport\tB=2\nexport=3\nA.b-c: x\nD:y",
            &[("A", "1"), ("B", "2"), ("export", "3"), ("A.b-c", "x")],
        );
        check("A:\nB=1\nexport = x", &[("A", "B=1"), ("export", "x")]);
        check("A=1=2\nB=a b=c", &[("A", "1=2"), ("B", "a b=c")]);
        check("A=1\nA=2", &[("A", "2")]);
    }

    #[test]
    fn quotes_keep_blanks_comments_and_lines() {
        check(
            "A=' x # y ' # z\nB=\"a\\nb\"\nC='a\\nb'\nD=`it's \"so\"`",
            &[("A", " x # y "), ("B", "a\nb"), ("C", "a\\nb"), ("D", "it's \"so\"")],
        );
        check("KEY=\"-----BEGIN\nabc\n-----END\"\nB=1", &[("KEY", "-----BEGIN\nabc\n-----END"), ("B", "1")]);
        check("A=\"say \\\"hi\\\"\"\nB=2", &[("A", "say \\\"hi\\\""), ("B", "2")]);
        check("A=\n\"next line\"", &[("A", "next line")]);
        check("A=\"\"\nB=''", &[("A", ""), ("B", "")]);
    }

    #[test]
    fn a_quote_that_does_not_close_is_part_of_the_value() {
        check("A=\"abc\nB=1", &[("A", "\"abc"), ("B", "1")]);
        check("A='x' y\nB=it's", &[("A", "'x' y"), ("B", "it's")]);
        check("A='a' 'b'", &[("A", "a' 'b")]);
        check("A='ends with \\'\nB=1", &[("A", "ends with \\"), ("B", "1")]);
    }

    #[test]
    fn line_ends_and_marks_of_windows() {
        check("\u{feff}A=1\r\nB=\"x\r\ny\"\r\nC=3\rD=4", &[("A", "1"), ("B", "x\ny"), ("C", "3"), ("D", "4")]);
    }

    #[test]
    fn lines_without_an_assignment_are_reported() {
        let text = "# c\n\nA=1\nnot an assignment\n=x\n  # d\nB=2";
        let parsed = parse(text);
        let skipped: Vec<_> = parsed.skipped.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(skipped, ["not an assignment", "=x"]);
        assert_eq!(parsed.variables.get("B"), Some("2"));
    }

    fn expanded(text: &str, outer: &[(&str, &str)]) -> Vec<(String, String)> {
        let outer = outer.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect();
        expand(parse(text).variables, outer).entries
    }

    fn value(text: &str, name: &str) -> String {
        let found = expanded(text, &[]).into_iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value).unwrap_or_default()
    }

    #[test]
    fn references_are_replaced_by_earlier_values() {
        assert_eq!(value("A=1\nB=$A-${A}", "B"), "1-1");
        assert_eq!(value("B=$A\nA=1", "B"), "");
        assert_eq!(value("B=${A:-d}", "B"), "d");
        assert_eq!(value("B=${A-d}", "B"), "d");
        assert_eq!(value("A=\nB=${A:-d}", "B"), "d");
        assert_eq!(value("A=1\nB=${A:+x}y${C:+z}", "B"), "xy");
        assert_eq!(value("A=1\nB=${C:-$A}", "B"), "1");
        assert_eq!(value("A=\\$x\nB='a\\$b'", "A"), "$x");
        assert_eq!(value("A=$", "A"), "$");
        assert_eq!(value("A=$1", "A"), "$1");
        assert_eq!(value("A=${}", "A"), "${}");
        assert_eq!(value("A=${x", "A"), "${x");
    }

    #[test]
    fn the_outer_environment_wins_and_comes_first() {
        let result = expanded("A=file\nB=$H", &[("H", "home"), ("A", "outer")]);
        let names: Vec<_> = result.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(names, [("H", "home"), ("A", "outer"), ("B", "home")]);
    }

    #[test]
    fn values_that_name_themselves_end() {
        assert_eq!(value("A=$A", "A"), "");
        assert_eq!(value("A='\\$A\\$A'\nB=$A", "B"), "$A$A");
        assert!(value("A='\\$A\\$A'\nB=x$A", "B").len() <= EXPANDED_BYTES_MAX);
    }
}
