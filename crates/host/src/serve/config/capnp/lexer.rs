//! From text to tokens.
//!
//! Text that cannot be a token is reported and skipped: the tokens around it are still there, so that one slip does
//! not hide the others.

use std::sync::Arc;

use super::syntax::Span;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name or a word.
    Ident(Arc<str>),
    /// A string, its escapes resolved. Several lines with back-ticks are one.
    Text(Arc<str>),
    /// `0x"…"`
    Data(Arc<[u8]>),
    /// Digits.
    Int(u64),
    /// Digits with a fraction or an exponent.
    Float(f64),
    /// Any other character that means something.
    Punct(char),
    /// Something that has been reported.
    Broken,
    /// The end, once.
    End,
}

/// A token and where it is.
#[derive(Clone, Debug)]
pub struct Spanned {
    /// What.
    pub token: Token,
    /// Where.
    pub span: Span,
}

/// What is wrong with the text itself. Every text begins like production's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LexError {
    /// No token starts like this.
    #[error("Parse error: unexpected character {0:?}.")]
    Character(char),
    /// The line or the file ends within a string.
    #[error("Parse error: the string has no end in its line.")]
    Unterminated,
    /// After a backslash.
    #[error("Parse error: unknown escape in a string.")]
    Escape,
    /// Octal and hexadecimal escapes make bytes, which have to make characters.
    #[error("Parse error: the escapes of this string do not make up UTF-8.")]
    EscapesNotUtf8,
    /// In `0x"…"`.
    #[error("Parse error: data are pairs of hexadecimal digits.")]
    Data,
    /// A number of more than 64 bits.
    #[error("Parse error: the number is too large.")]
    Number,
    /// `12ab`
    #[error("Parse error: a number ends in a letter.")]
    NumberTail,
}

/// The tokens of a text; the last one is [`Token::End`].
pub fn tokens(text: &str) -> (Vec<Spanned>, Vec<(LexError, Span)>) {
    let mut lexer = Lexer { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, errors: Vec::new() };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.token();
        let end = token == Token::End;
        tokens.push(Spanned { token, span: start..lexer.at });
        if end {
            return (tokens, lexer.errors);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    errors: Vec<(LexError, Span)>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    fn fail(&mut self, error: LexError, span: Span) -> Token {
        self.errors.push((error, span));
        Token::Broken
    }

    fn skip_space(&mut self) {
        loop {
            self.skip_while(char::is_whitespace);
            if self.peek() != Some('#') {
                return;
            }
            self.skip_while(|c| c != '\n');
        }
    }

    fn token(&mut self) -> Token {
        let start = self.at;
        let Some(first) = self.peek() else { return Token::End };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                Token::Ident(Arc::from(self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_')))
            }
            '0' if self.rest().starts_with("0x\"") => self.data(),
            '0'..='9' => self.number(),
            '"' => self.quoted(),
            '`' => self.block(),
            _ if "()[]{};,=:.$@-+!%&*/<>?^|~".contains(first) => {
                self.at += 1;
                Token::Punct(first)
            }
            other => {
                self.at += other.len_utf8();
                self.fail(LexError::Character(other), start..start + other.len_utf8())
            }
        }
    }

    fn quoted(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        let mut failed = None;
        loop {
            let Some(c) = self.peek().filter(|c| *c != '\n') else {
                return self.fail(LexError::Unterminated, start..self.at);
            };
            self.at += c.len_utf8();
            match c {
                '"' => break,
                '\\' => {
                    let escape = self.at - 1;
                    match self.escape() {
                        Some(byte) => bytes.push(byte),
                        None => failed = failed.or(Some(escape..self.at)),
                    }
                }
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if let Some(span) = failed {
            return self.fail(LexError::Escape, span);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Token::Text(Arc::from(text)),
            Err(_) => self.fail(LexError::EscapesNotUtf8, start..self.at),
        }
    }

    /// The byte of an escape, after its backslash. The characters of a wrong one are consumed as far as they are
    /// sure to belong to it.
    fn escape(&mut self) -> Option<u8> {
        let c = self.peek().filter(|c| *c != '\n')?;
        self.at += c.len_utf8();
        Some(match c {
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '\'' | '"' | '\\' | '?' => c as u8,
            'x' => {
                let digits = self.rest().get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
                let byte = u8::from_str_radix(digits, 16).ok()?;
                self.at += 2;
                byte
            }
            '0'..='7' => {
                let more = self.rest().bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let digits = &self.text[self.at - 1..self.at + more];
                let value = u32::from_str_radix(digits, 8).ok()?;
                self.at += more;
                u8::try_from(value).ok()?
            }
            _ => return None,
        })
    }

    /// Lines that start with a back-tick and go to their end, one below the other: one text with all the line ends.
    fn block(&mut self) -> Token {
        let mut text = String::new();
        loop {
            self.at += 1;
            let line = self.skip_while(|c| c != '\n');
            text.push_str(line.strip_suffix('\r').unwrap_or(line));
            text.push('\n');
            // Whether another line follows is seen behind space and comments, which else are the next token's.
            let end = self.at;
            self.skip_space();
            if self.peek() != Some('`') {
                self.at = end;
                return Token::Text(Arc::from(text));
            }
        }
    }

    fn data(&mut self) -> Token {
        let start = self.at;
        self.at += 3;
        let inside = self.at;
        let digits = self.skip_while(|c| c != '"' && c != '\n').to_string();
        if self.peek() != Some('"') {
            return self.fail(LexError::Unterminated, start..self.at);
        }
        let end = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        for group in digits.split_whitespace() {
            let pairs = group.as_bytes().chunks(2);
            for pair in pairs {
                let byte = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'));
                match byte.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                    Some(byte) => bytes.push(byte),
                    None => return self.fail(LexError::Data, inside..end),
                }
            }
        }
        Token::Data(Arc::from(bytes))
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        let token = if let Some(digits) = self.rest().strip_prefix("0x").filter(|rest| starts_with_hex(rest)) {
            let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
            let value = u64::from_str_radix(&digits[..length], 16);
            self.at += 2 + length;
            value.map(Token::Int).ok()
        } else {
            self.decimal()
        };
        if self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return self.fail(LexError::NumberTail, start..self.at);
        }
        token.unwrap_or_else(|| self.fail(LexError::Number, start..self.at))
    }

    fn decimal(&mut self) -> Option<Token> {
        let start = self.at;
        self.skip_while(|c| c.is_ascii_digit());
        let mut float = false;
        let rest = self.rest().as_bytes();
        if rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_digit) {
            float = true;
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
        let rest = self.rest().as_bytes();
        let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
        if matches!(rest.first(), Some(b'e' | b'E')) && rest.get(1 + sign).is_some_and(u8::is_ascii_digit) {
            float = true;
            self.at += 1 + sign;
            self.skip_while(|c| c.is_ascii_digit());
        }
        let digits = &self.text[start..self.at];
        if float {
            return digits.parse().map(Token::Float).ok();
        }
        // C's rule, which Cap'n Proto has too: a zero in front makes it octal.
        match digits.strip_prefix('0').filter(|rest| !rest.is_empty()) {
            Some(octal) => u64::from_str_radix(octal, 8).map(Token::Int).ok(),
            None => digits.parse().map(Token::Int).ok(),
        }
    }
}

fn starts_with_hex(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexed(text: &str) -> Vec<Token> {
        let (tokens, errors) = tokens(text);
        assert_eq!(errors, [], "{text}");
        let mut tokens: Vec<Token> = tokens.into_iter().map(|token| token.token).collect();
        assert_eq!(tokens.pop(), Some(Token::End));
        tokens
    }

    fn text(text: &str) -> Token {
        Token::Text(Arc::from(text))
    }

    fn failed(text: &str) -> Vec<(LexError, &str)> {
        let (_, errors) = tokens(text);
        errors.into_iter().map(|(error, span)| (error, &text[span])).collect()
    }

    #[test]
    fn strings_have_the_escapes_of_c() {
        assert_eq!(lexed(r#""a\n\t\"\\\'\x41\101\7z""#), [text("a\n\t\"\\'AA\x07z")]);
        assert_eq!(lexed(r#""\xc3\xa9 é""#), [text("é é")]);
        assert_eq!(failed(r#""a\qb" x"#), [(LexError::Escape, "\\q")]);
        assert_eq!(failed(r#""\xff""#), [(LexError::EscapesNotUtf8, r#""\xff""#)]);
        assert_eq!(failed("\"abc\nx"), [(LexError::Unterminated, "\"abc")]);
        assert_eq!(failed("\"abc\\"), [(LexError::Unterminated, "\"abc\\")]);
        assert_eq!(failed(r#""\777""#), [(LexError::Escape, "\\777")]);
    }

    #[test]
    fn back_ticks_take_whole_lines() {
        assert_eq!(lexed("`abc\n  # comment\n  `def \"x\"\\n\n  ;"), [text("abc\ndef \"x\"\\n\n"), Token::Punct(';')]);
        assert_eq!(lexed("`a\r\n`b"), [text("a\nb\n")]);
    }

    #[test]
    fn data_are_pairs_of_digits() {
        assert_eq!(lexed("0x\"41 4243\""), [Token::Data(Arc::from(*b"ABC"))]);
        assert_eq!(lexed("0x\"\""), [Token::Data(Arc::from(*b""))]);
        for wrong in ["0x\"414\"", "0x\"4 1\"", "0x\"é\"", "0x\"+1\""] {
            assert_eq!(failed(wrong)[0].0, LexError::Data, "{wrong}");
        }
        assert_eq!(failed("0x\"41\n")[0].0, LexError::Unterminated);
    }

    #[test]
    fn numbers_are_those_of_c() {
        assert_eq!(lexed("12 0x1F 010 0"), [12, 31, 8, 0].map(Token::Int));
        assert_eq!(lexed("1.5 2e3 1.5e-1"), [1.5, 2000.0, 0.15].map(Token::Float));
        assert_eq!(lexed("18446744073709551615"), [Token::Int(u64::MAX)]);
        assert_eq!(failed("18446744073709551616")[0].0, LexError::Number);
        assert_eq!(failed("08")[0].0, LexError::Number);
        assert_eq!(failed("12ab")[0].0, LexError::NumberTail);
        assert_eq!(failed("0xzz")[0].0, LexError::NumberTail);
    }

    #[test]
    fn one_slip_does_not_hide_another() {
        assert_eq!(failed("' \u{e9} x"), [(LexError::Character('\''), "'"), (LexError::Character('é'), "é")]);
    }
}
