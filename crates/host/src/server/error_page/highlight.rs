//! Colours JavaScript and TypeScript well enough to read an excerpt: words, strings, comments, numbers.
//!
//! A scanner, not a parser. It must never lose or change a character; a wrong colour is all that may go wrong.

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Plain,
    Keyword,
    Text,
    Comment,
    Number,
    /// A name that is called.
    Call,
}

impl Token {
    /// The class in the page's style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Keyword => "k",
            Self::Text => "s",
            Self::Comment => "c",
            Self::Number => "n",
            Self::Call => "f",
        }
    }
}

const KEYWORDS: &[&str] = &[
    "abstract",
    "any",
    "as",
    "async",
    "await",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "keyof",
    "let",
    "namespace",
    "new",
    "null",
    "number",
    "of",
    "private",
    "protected",
    "public",
    "readonly",
    "return",
    "satisfies",
    "static",
    "string",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unknown",
    "var",
    "void",
    "while",
    "yield",
];

/// Where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Code,
    BlockComment,
    Template,
}

/// The state after `text`.
pub(super) fn state_after(text: &str) -> State {
    text.lines().fold(State::Code, |state, line| scan(line, state, |_, _| {}))
}

/// Splits a line into pieces; together they are the line. Returns the state of the next one.
pub(super) fn scan<'a>(line: &'a str, mut state: State, mut piece: impl FnMut(Token, &'a str)) -> State {
    let mut rest = line;
    while !rest.is_empty() {
        let (token, length, next) = step(rest, state);
        piece(token, &rest[..length]);
        rest = &rest[length..];
        state = next;
    }
    state
}

/// The first piece of `rest`: what it is, its length (at least one character), and the state after it.
fn step(rest: &str, state: State) -> (Token, usize, State) {
    match state {
        State::BlockComment => return until_end(rest, "*/", 0, Token::Comment, State::BlockComment),
        State::Template => return quoted(rest, 0, '`'),
        State::Code => {}
    }
    if rest.starts_with("//") {
        return (Token::Comment, rest.len(), State::Code);
    }
    if rest.starts_with("/*") {
        return until_end(rest, "*/", 2, Token::Comment, State::BlockComment);
    }
    let first = rest.chars().next().expect("the caller checked that something is left");
    if matches!(first, '"' | '\'' | '`') {
        return quoted(rest, 1, first);
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if word(first) {
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let token = match &rest[..length] {
            _ if first.is_ascii_digit() => Token::Number,
            word if KEYWORDS.contains(&word) => Token::Keyword,
            _ if rest[length..].starts_with('(') => Token::Call,
            _ => Token::Plain,
        };
        return (token, length, State::Code);
    }
    let plain = |c: char| !word(c) && !matches!(c, '"' | '\'' | '`' | '/');
    let length = rest.find(|c| !plain(c)).filter(|length| *length > 0).unwrap_or(match first {
        '/' => 1,
        _ => rest.len(),
    });
    (Token::Plain, length, State::Code)
}

fn until_end(rest: &str, end: &str, from: usize, token: Token, open: State) -> (Token, usize, State) {
    match rest[from..].find(end) {
        Some(at) => (token, from + at + end.len(), State::Code),
        None => (token, rest.len(), open),
    }
}

/// A string from `from` to its quote. Only a template goes on over the end of the line.
fn quoted(rest: &str, from: usize, quote: char) -> (Token, usize, State) {
    let mut escaped = false;
    for (at, c) in rest[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return (Token::Text, from + at + c.len_utf8(), State::Code),
            _ => {}
        }
    }
    (Token::Text, rest.len(), if quote == '`' { State::Template } else { State::Code })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(line: &str, state: State) -> (Vec<(Token, &str)>, State) {
        let mut all = Vec::new();
        let state = scan(line, state, |token, text| all.push((token, text)));
        (all, state)
    }

    #[test]
    fn words_strings_comments_numbers() {
        use Token::{Call, Comment, Keyword, Number, Plain, Text};
        let (all, state) = pieces("const x = f(\"a\\\"b\", 1_0n); // done", State::Code);
        let interesting: Vec<_> = all.into_iter().filter(|(token, _)| *token != Plain).collect();
        assert_eq!(
            interesting,
            [(Keyword, "const"), (Call, "f"), (Text, "\"a\\\"b\""), (Number, "1_0n"), (Comment, "// done")]
        );
        assert_eq!(state, State::Code);
    }

    #[test]
    fn comments_and_templates_go_on() {
        assert_eq!(state_after("a\n/* b\n c"), State::BlockComment);
        assert_eq!(state_after("a `b\n c"), State::Template);
        assert_eq!(state_after("a `b\n c`\n"), State::Code);
        assert_eq!(state_after("it's\nfine"), State::Code);
        let (all, state) = pieces("still */ if", State::BlockComment);
        assert_eq!(all[0], (Token::Comment, "still */"));
        assert_eq!(state, State::Code);
    }

    #[test]
    fn no_character_is_lost() {
        for line in ["/ / é `a${b}` /* x", "\\", "'", "日本 = \"語\"/2", "\u{1F600}//\u{1F600}", "a/b/c"] {
            for state in [State::Code, State::BlockComment, State::Template] {
                let (all, _) = pieces(line, state);
                assert_eq!(all.iter().map(|(_, text)| *text).collect::<String>(), line);
            }
        }
    }
}
