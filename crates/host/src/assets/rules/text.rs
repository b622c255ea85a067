//! Text as the JavaScript that reads these files in production sees it: its white space, its lengths, its numbers,
//! and the checks of a URL in a rule.

use url::Url;

/// Whether JavaScript's `trim` and `\s` take `c` for white space. Not Rust's set: the byte order mark is in, the
/// next-line control is out.
pub fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c != '\u{85}' && c.is_whitespace())
}

/// Whether `.` of a regular expression stops at `c`.
fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// The lines of a file, numbered from 1, trimmed, without the empty ones and the comments.
pub fn lines(input: &str) -> impl Iterator<Item = (usize, &str)> {
    input
        .split('\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_matches(is_space)))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// How many lines a file has, the empty ones included.
pub fn line_count(input: &str) -> usize {
    input.split('\n').count()
}

/// The length that JavaScript would tell.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The line without a comment that begins after white space.
pub fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line[from..].find('#') {
        let hash = from + found;
        let before = line[..hash].trim_end_matches(is_space);
        if before.len() < hash && !line[hash..].contains(ends_line) {
            return before;
        }
        from = hash + 1;
    }
    line
}

/// What JavaScript's `Number` makes of `text`, if it is a whole number between 0 and 999.
pub fn status(text: &str) -> Option<u16> {
    let digits = |radix| u64::from_str_radix(&text[2..], radix).ok().map(|number| number as f64);
    let number = match text.get(..2) {
        Some("0x" | "0X") => digits(16)?,
        Some("0o" | "0O") => digits(8)?,
        Some("0b" | "0B") => digits(2)?,
        _ => text.parse::<f64>().ok()?,
    };
    (number.fract() == 0.0 && (0.0..1000.0).contains(&number)).then_some(number as u16)
}

/// How many bytes of `text`, which begins with a colon, are a placeholder: a letter, then letters, digits and `_`.
pub fn placeholder(text: &str) -> Option<usize> {
    let name = text.strip_prefix(':')?;
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(1 + length)
}

/// Whether a rule is dynamic: it has a splat or a placeholder.
pub fn is_dynamic(from: &str) -> bool {
    from.contains('*') || from.match_indices(':').any(|(at, _)| placeholder(&from[at..]).is_some())
}

/// Which URLs a rule may have, and what of them counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct UrlCheck {
    /// No host may be named; and a path need not begin with a slash.
    pub only_relative: bool,
    /// A host may have no port.
    pub no_port: bool,
    /// The query and the fragment count, else they are dropped.
    pub keep_search_and_hash: bool,
}

/// A URL of a rule in its normal form: a path, or `https://`, the host as it stands, and a path.
///
/// # Errors
///
/// The sentence that wrangler has for it.
pub fn check_url(token: &str, check: UrlCheck) -> Result<String, String> {
    if let Some((host, path)) = split_host(token) {
        if check.only_relative {
            return Err(format!("Only relative URLs are allowed. Skipping absolute URL {token}."));
        }
        if check.no_port && has_port(host) {
            return Err(format!("Specifying ports is not supported. Skipping absolute URL {token}."));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let path = normal_path(&path, check.keep_search_and_hash)
            .ok_or_else(|| format!("Error parsing URL segment {token}. Skipping."))?;
        return Ok(format!("https://{host}{path}"));
    }
    let rooted = if check.only_relative && !token.starts_with('/') { format!("/{token}") } else { token.to_owned() };
    if !rooted.starts_with('/') {
        return Err("URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS (e.g. begin with \
                    \"https://\")."
            .to_owned());
    }
    normal_path(&rooted, check.keep_search_and_hash)
        .ok_or_else(|| format!("Error parsing URL segment {rooted}. Skipping."))
}

/// Whether a URL that was checked names a host.
pub fn has_host(checked: &str) -> bool {
    split_host(checked).is_some()
}

/// The host of an `https:` URL, and what follows the slash after it.
fn split_host(token: &str) -> Option<(&str, &str)> {
    let rest = token.strip_prefix("https://")?.trim_start_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return None;
    }
    Some((host, path.split(ends_line).next().unwrap_or("")))
}

fn has_port(host: &str) -> bool {
    let without = host.trim_end_matches(|c: char| c.is_ascii_digit());
    without.len() < host.len() && without.ends_with(':')
}

/// A path as the parser of URLs writes it, of a scheme that has no rules of its own: `\` is a character like
/// another, dots are resolved.
fn normal_path(path: &str, keep_search_and_hash: bool) -> Option<String> {
    let url = Url::parse(&format!("relative://{path}")).ok()?;
    let mut normal = url.path().to_owned();
    if keep_search_and_hash {
        normal.push_str(&search(&url));
        if let Some(hash) = url.fragment().filter(|hash| !hash.is_empty()) {
            normal.push('#');
            normal.push_str(hash);
        }
    }
    Some(normal)
}

/// A URL's query with its `?`; nothing if there is none, or an empty one.
pub fn search(url: &Url) -> String {
    url.query().filter(|query| !query.is_empty()).map(|query| format!("?{query}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TO: UrlCheck = UrlCheck { only_relative: false, no_port: false, keep_search_and_hash: true };
    const FROM: UrlCheck = UrlCheck { only_relative: true, no_port: true, keep_search_and_hash: false };

    #[test]
    fn paths_are_written_as_a_url_parser_writes_them() {
        let to = |token| check_url(token, TO).expect("a good URL");
        assert_eq!(to("/!\"$%&'()*+,-0:;<=>@AZ[\\]^_`az{|}~"), "/!%22$%&'()*+,-0:;%3C=%3E@AZ[\\]^_%60az%7B|%7D~");
        assert_eq!(to("/?!\"$'<=>`{|}~"), "/?!%22$'%3C=%3E`{|}~");
        assert_eq!(to("/#!\"$'<=>`{|}~"), "/#!%22$'%3C=%3E%60{|}~");
        assert_eq!(to("/a/%2e%2e/b/./c"), "/b/c");
        assert_eq!(to("//x/y"), "//x/y");
        assert_eq!(to("/a\\b/../c"), "/c");
        assert_eq!(to("/ü?#"), "/%C3%BC");
        assert_eq!(to("/a?b#c?d"), "/a?b#c?d");
        assert_eq!(check_url("a?b#c", FROM).expect("a path"), "/a");
        assert_eq!(check_url("http://example.com", FROM).expect("a path"), "/http://example.com");
    }

    #[test]
    fn a_host_stays_as_it_stands() {
        let to = |token| check_url(token, TO).expect("a good URL");
        assert_eq!(to("https://Example.com"), "https://Example.com/");
        assert_eq!(to("https://example.com?q"), "https://example.com?q/");
        assert_eq!(to("https:////example.com:80//a b?c#d"), "https://example.com:80/a%20b?c#d");
        assert!(has_host("https://x/"));
        assert!(!has_host("//x/"));
    }

    #[test]
    fn wrong_urls_get_their_sentence() {
        assert_eq!(
            check_url("https://a/b", FROM).unwrap_err(),
            "Only relative URLs are allowed. Skipping absolute URL https://a/b."
        );
        let header = UrlCheck { no_port: true, ..UrlCheck::default() };
        assert_eq!(
            check_url("https://a:8787/b", header).unwrap_err(),
            "Specifying ports is not supported. Skipping absolute URL https://a:8787/b."
        );
        for wrong in ["nope", "http://a/", "https:///", ""] {
            assert!(check_url(wrong, TO).unwrap_err().starts_with("URLs should either be relative"), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_those_of_javascript() {
        for (text, number) in [("301", 301), ("0x12d", 301), ("3.01e2", 301), ("+308.0", 308), ("0b11001000", 200)] {
            assert_eq!(status(text), Some(number), "{text}");
        }
        for text in ["", "x", "301x", "0x", "301.5", "-301", "1e9", "inf", "NaN", "é1"] {
            assert_eq!(status(text), None, "{text}");
        }
    }

    #[test]
    fn comments_begin_after_white_space() {
        assert_eq!(without_comment("/a /b # c"), "/a /b");
        assert_eq!(without_comment("/a /b#c"), "/a /b#c");
        assert_eq!(without_comment("/a \t#b #c"), "/a");
        assert_eq!(without_comment("/a /b#c #d"), "/a /b#c");
        assert_eq!(without_comment("/a #b\rc"), "/a #b\rc");
    }
}
