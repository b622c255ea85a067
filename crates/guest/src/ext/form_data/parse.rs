//! The grammar of multipart/form-data as production reads it.
//!
//! Tolerant of missing carriage returns, and of anything before the first boundary and after the last; strict in what
//! a part's headers look like. Knows bytes only, so it can be tested without an isolate. What is wrong is said in
//! production's words.

use std::ops::Range;

/// One part of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The `name` of its Content-Disposition, unescaped.
    pub name: Vec<u8>,
    /// Its `filename`, when there is one.
    pub filename: Option<Vec<u8>>,
    /// Its Content-Type as it was written; empty for none.
    pub content_type: Vec<u8>,
    /// Where its content is in the message.
    pub content: Range<usize>,
}

/// Why a message is refused. Source of the texts: workerd's FormData.
#[derive(Debug, PartialEq, Eq, thiserror::Error, deno_error::JsError)]
pub enum ParseError {
    /// There is no boundary at all.
    #[class(type)]
    #[error("No initial boundary string (or you have a truncated message).")]
    NoInitialBoundary,
    /// A boundary goes on in its line.
    #[class(type)]
    #[error("Boundary string was not succeeded by CRLF, LF, or '--'.")]
    BoundaryGoesOn,
    /// No empty line ends the headers of a part.
    #[class(type)]
    #[error("No multipart message header termination found.")]
    HeadersGoOn,
    /// The headers are no headers.
    #[class(type)]
    #[error("FormData part had invalid headers.")]
    BadHeaders,
    /// A part does not say what it is.
    #[class(type)]
    #[error("No valid Content-Disposition header found in FormData part.")]
    NoDisposition,
    /// It says something that nobody understands.
    #[class(type)]
    #[error("Invalid Content-Disposition header found in FormData part.")]
    BadDisposition,
    /// It says that it is something else.
    #[class(type)]
    #[error(
        "Content-Disposition header for FormData part must have the value \"form-data\", possibly followed by \
         parameters. Got: \"{0}\""
    )]
    NotFormData(String),
    /// It has no name.
    #[class(type)]
    #[error("Content-Disposition header in FormData part is missing a name.")]
    NoName,
    /// The last boundary is missing, or is the end of the message.
    #[class(type)]
    #[error("No subsequent boundary string after multipart message.")]
    NoSubsequentBoundary,
}

/// Takes `body` apart at lines that begin with `--` and the boundary.
pub fn parse(body: &[u8], boundary: &[u8]) -> Result<Vec<Part>, ParseError> {
    let delimiter = [b"\n--", boundary].concat();
    // The first one need not begin a line.
    let mut at = after(body, 0, &delimiter[1..]).ok_or(ParseError::NoInitialBoundary)?;
    let mut parts = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"\n") {
            at += 1;
        } else if rest.starts_with(b"\r\n") {
            at += 2;
        } else if rest.starts_with(b"--") {
            return Ok(parts);
        } else {
            return Err(ParseError::BoundaryGoesOn);
        }
        let content = at + headers_end(&body[at..]).ok_or(ParseError::HeadersGoOn)?;
        let headers = parse_headers(&body[at..content]).ok_or(ParseError::BadHeaders)?;
        let (name, filename) = disposition(header(&headers, "content-disposition").ok_or(ParseError::NoDisposition)?)?;
        at = after(body, content, &delimiter).ok_or(ParseError::NoSubsequentBoundary)?;
        let mut end = at - delimiter.len();
        if end > content && body[end - 1] == b'\r' {
            end -= 1;
        }
        let content_type = header(&headers, "content-type").unwrap_or_default().to_vec();
        parts.push(Part { name, filename, content_type, content: content..end });
    }
}

/// Where `needle`, looked for from `start` on, ends; none when it is missing or nothing follows it.
fn after(body: &[u8], start: usize, needle: &[u8]) -> Option<usize> {
    let found = find(&body[start..], needle)?;
    let end = start + found + needle.len();
    (end < body.len()).then_some(end)
}

/// Where `needle` begins in `body`.
fn find(body: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut at = 0;
    loop {
        at += body[at..].iter().position(|byte| byte == first)?;
        if body[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

/// Where the empty line ends that ends the headers.
fn headers_end(body: &[u8]) -> Option<usize> {
    let newlines = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    newlines.map(|(at, _)| at).find_map(|newline| {
        let rest = &body[newline + 1..];
        let skipped = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
        Some(body.len() - skipped.len())
    })
}

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// Header lines, ended by a line's end. A line that begins with a space continues the one before.
fn parse_headers(text: &[u8]) -> Option<Headers> {
    let text = text.strip_suffix(b"\n")?;
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let mut headers = Headers::new();
    let mut at = 0;
    while at < text.len() {
        let name_end = at + text[at..].iter().position(|byte| !is_token(*byte)).unwrap_or(text.len() - at);
        let colon = skip_space(text, name_end);
        if name_end == at || text.get(colon) != Some(&b':') {
            return None;
        }
        let (value, next) = line(text, skip_space(text, colon + 1));
        if value.contains(&0) {
            return None;
        }
        headers.push((text[at..name_end].to_ascii_lowercase(), value));
        at = next;
    }
    Some(headers)
}

/// The line at `at` with those that continue it, and where the next one begins.
fn line(text: &[u8], at: usize) -> (Vec<u8>, usize) {
    let mut value = Vec::new();
    let mut at = at;
    while let Some(byte) = text.get(at) {
        if !matches!(byte, b'\r' | b'\n') {
            value.push(*byte);
            at += 1;
            continue;
        }
        let ended = if text[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 };
        if !matches!(text.get(ended), Some(b' ' | b'\t')) {
            return (value, ended);
        }
        value.push(b' ');
        at = ended;
    }
    (value, at)
}

fn skip_space(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.as_slice())
}

type NameAndFilename = (Vec<u8>, Option<Vec<u8>>);

/// `form-data; name="…"; filename="…"`. Whatever is not of this form ends the parameters.
fn disposition(value: &[u8]) -> Result<NameAndFilename, ParseError> {
    let mut rest = skip_whitespace(value);
    let kind = identifier(&mut rest).ok_or(ParseError::BadDisposition)?;
    if kind != b"form-data" {
        return Err(ParseError::NotFormData(String::from_utf8_lossy(kind).into_owned()));
    }
    rest = skip_whitespace(rest);
    let (mut name, mut filename) = (None, None);
    while let Some((key, value, next)) = parameter(rest) {
        match key {
            b"name" => name = Some(value),
            b"filename" => filename = Some(value),
            _ => {}
        }
        rest = next;
    }
    Ok((name.ok_or(ParseError::NoName)?, filename))
}

fn parameter(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let mut rest = skip_whitespace(text.strip_prefix(b";")?);
    let key = identifier(&mut rest)?;
    rest = skip_whitespace(rest).strip_prefix(b"=")?;
    rest = skip_whitespace(rest).strip_prefix(b"\"")?;
    let mut value = Vec::new();
    loop {
        match rest {
            [b'"', next @ ..] if !value.is_empty() => return Some((key, value, skip_whitespace(next))),
            [b'"' | b'\n', ..] | [] | [b'\\', b'\n', ..] | [b'\\'] => return None,
            // An escape stands for what follows, whatever it is.
            [b'\\', byte, next @ ..] | [byte, next @ ..] => {
                value.push(*byte);
                rest = next;
            }
        }
    }
}

fn identifier<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    let (found, rest) = text.split_at(length);
    *text = rest;
    (length > 0).then_some(found)
}

fn skip_whitespace(text: &[u8]) -> &[u8] {
    let skipped = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)).count();
    &text[skipped..]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(body: &str) -> Result<Vec<(String, String)>, ParseError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        parse(body.as_bytes(), b"x").map(|parts| {
            parts.iter().map(|part| (text(&part.name), text(&body.as_bytes()[part.content.clone()]))).collect()
        })
    }

    fn one(disposition: &str) -> Result<Vec<(String, String)>, ParseError> {
        names(&format!("--x\r\nContent-Disposition: {disposition}\r\n\r\nz\r\n--x--"))
    }

    #[test]
    fn reads_parts_with_and_without_carriage_returns() {
        let body = "pre--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--x\nContent-Disposition: \
                    form-data; name=\"b\"\n\n\n--x--after";
        assert_eq!(names(body).expect("a message"), [("a".into(), "1\r\n2".into()), ("b".into(), String::new())]);
        assert_eq!(names("--x--").expect("a message"), []);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(names("abc"), Err(ParseError::NoInitialBoundary));
        assert_eq!(names("--x"), Err(ParseError::NoInitialBoundary));
        assert_eq!(names("--xq"), Err(ParseError::BoundaryGoesOn));
        assert_eq!(names("--x\r\nfoo"), Err(ParseError::HeadersGoOn));
        assert_eq!(names("--x\r\nfoo\r\n\r\nz\r\n--x--"), Err(ParseError::BadHeaders));
        assert_eq!(names("--x\r\nfoo: bar\r\n\r\nz\r\n--x--"), Err(ParseError::NoDisposition));
        assert_eq!(one("@@@"), Err(ParseError::BadDisposition));
        assert_eq!(one("attachment; name=\"a\""), Err(ParseError::NotFormData("attachment".into())));
        for nameless in ["form-data", "form-data; name=a", "form-data; name=\"\"", "form-data; NAME=\"a\""] {
            assert_eq!(one(nameless), Err(ParseError::NoName), "{nameless}");
        }
        let endless = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nz";
        assert_eq!(names(endless), Err(ParseError::NoSubsequentBoundary));
        assert_eq!(names(&format!("{endless}\r\n--x")), Err(ParseError::NoSubsequentBoundary));
    }

    #[test]
    fn unescapes_names() {
        assert_eq!(one("form-data; name=\"a\\\"b\\\\c%22\"").expect("a message"), [("a\"b\\c%22".into(), "z".into())]);
        assert_eq!(one("form-data; name=\"a\" ; filename*=x").expect("a message"), [("a".into(), "z".into())]);
    }

    #[test]
    fn folds_header_lines() {
        let folded = "--x\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nz\r\n--x--";
        assert_eq!(names(folded).expect("a message"), [("a".into(), "z".into())]);
    }

    #[test]
    fn files_have_a_name_and_a_type() {
        let body = b"--x\r\nContent-Type: text/HTML\r\nContent-Disposition: form-data; name=\"a\"; filename=\"q\"\r\n\r\n\xff\r\n--x--";
        let parts = parse(body, b"x").expect("a message");
        assert_eq!(parts[0].filename.as_deref(), Some(&b"q"[..]));
        assert_eq!(parts[0].content_type, b"text/HTML");
        assert_eq!(&body[parts[0].content.clone()], b"\xff");
    }

    #[test]
    fn odd_messages_end_in_an_answer() {
        let pieces: [&[u8]; 9] = [
            b"--x",
            b"\r\n",
            b"\n",
            b"--",
            b"Content-Disposition: form-data; name=\"a\"",
            b"\\",
            b"\"",
            b": ",
            b"\xff",
        ];
        for number in 0..9usize.pow(5) {
            let body: Vec<u8> = (0..5).flat_map(|digit| pieces[number / 9usize.pow(digit) % 9]).copied().collect();
            for part in parse(&body, b"x").unwrap_or_default() {
                assert!(part.content.start <= part.content.end && part.content.end <= body.len());
            }
        }
    }
}
