//! The paths of asset requests: taken out of a URL, decoded, encoded, and refused when they name no file.
//!
//! Pure. A path is decoded segment by segment as JavaScript decodes it, so that `%2F` becomes a slash like any other,
//! and encoded again to compare it with what was asked for: each file has one canonical spelling.
//!
//! Invariant: [`relative`] gives only paths that stay below the folder they are joined to, on every system.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A URL, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// `http://localhost:8787`
    pub origin: &'a str,
    /// With the port, if it has one.
    pub host: &'a str,
    /// Without the port.
    pub hostname: &'a str,
    /// Encoded, with a leading slash.
    pub pathname: &'a str,
    /// With its question mark; empty when there is no query.
    pub search: &'a str,
}

impl<'a> UrlParts<'a> {
    /// Takes an absolute URL apart that is [`normal`].
    pub fn read(url: &'a str) -> Option<Self> {
        let authority_start = url.find("://")? + 3;
        let rest = &url[authority_start..];
        let authority_end = authority_start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = &url[authority_start..authority_end];
        let host = authority.rfind('@').map_or(authority, |at| &authority[at + 1..]);
        let target = url[authority_end..].split('#').next().unwrap_or_default();
        let (path, search) = target.split_at(target.find('?').unwrap_or(target.len()));
        Some(Self {
            origin: &url[..authority_end],
            host,
            hostname: hostname(host),
            pathname: if path.is_empty() { "/" } else { path },
            search: if search == "?" { "" } else { search },
        })
    }
}

fn hostname(host: &str) -> &str {
    let after_address = host.rfind(']').map_or(0, |end| end + 1);
    host[after_address..].find(':').map_or(host, |colon| &host[..after_address + colon])
}

/// The URL as a URL parser writes it; most are written so already.
pub fn normal(url: &str) -> Cow<'_, str> {
    let odd = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'\\');
    if !url.bytes().any(odd) && !url.contains("/.") && !has_encoded_dot(url.as_bytes()) {
        return Cow::Borrowed(url);
    }
    match url::Url::parse(url) {
        Ok(parsed) => Cow::Owned(parsed.into()),
        Err(_) => Cow::Borrowed(url),
    }
}

/// Whether an encoded dot begins a segment: `/%2e`.
fn has_encoded_dot(url: &[u8]) -> bool {
    url.windows(4).any(|at| at[0] == b'/' && at[1] == b'%' && at[2] == b'2' && at[3] | 0x20 == b'e')
}

/// Decodes a path and makes one slash of several. A segment that cannot be decoded stays as it is.
pub fn decode(path: &str) -> Cow<'_, str> {
    if !path.contains('%') && !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut decoded = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            decoded.push('/');
        }
        match decode_segment(segment) {
            Some(text) => decoded.push_str(&text),
            None => decoded.push_str(segment),
        }
    }
    let mut single = String::with_capacity(decoded.len());
    for character in decoded.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    Cow::Owned(single)
}

/// `decodeURIComponent`; `None` where that throws.
fn decode_segment(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [byte, tail @ ..] = rest {
        if *byte == b'%' {
            let [high, low, after @ ..] = tail else { return None };
            bytes.push((char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?) as u8);
            rest = after;
        } else {
            bytes.push(*byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Encodes a path segment by segment, as `encodeURIComponent` does.
pub fn encode(path: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()/".contains(&byte);
    if path.bytes().all(plain) {
        return Cow::Borrowed(path);
    }
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    Cow::Owned(encoded)
}

/// A decoded path as one below the assets' folder: `a/b.txt`. `None` when no file can have it.
pub fn relative(path: &str) -> Option<&str> {
    let inside = path.strip_prefix('/')?;
    let names_a_file =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0') && is_portable(part);
    inside.split('/').all(names_a_file).then_some(inside)
}

/// What a system other than Linux and its like would read more into than a name.
#[cfg(windows)]
fn is_portable(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || (stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")));
    !device && !part.contains(['\\', ':']) && !part.ends_with(['.', ' '])
}

#[cfg(not(windows))]
fn is_portable(_part: &str) -> bool {
    true
}

/// The place of a path from [`relative`] below `root`.
pub fn below(root: &Path, relative: &str) -> PathBuf {
    root.join(relative)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_come_apart() {
        let parts = UrlParts::read("http://user@a.test:80/x/y?q=/z#f").unwrap();
        assert_eq!(
            (parts.host, parts.hostname, parts.pathname, parts.search),
            ("a.test:80", "a.test", "/x/y", "?q=/z")
        );
        assert_eq!(parts.origin, "http://user@a.test:80");
        let parts = UrlParts::read("http://[::1]:8787?").unwrap();
        assert_eq!((parts.hostname, parts.pathname, parts.search), ("[::1]", "/", ""));
        assert_eq!(UrlParts::read("/x"), None);
    }

    #[test]
    fn urls_are_normal() {
        for (url, expected) in [
            ("http://a/b/c?d", "http://a/b/c?d"),
            ("http://a/b/../c", "http://a/c"),
            ("http://a/b/%2e%2E/c", "http://a/c"),
            ("http://a/b\\c", "http://a/b/c"),
            ("http://a/b%2e%2e/c", "http://a/b%2e%2e/c"),
            ("http://a/%2e%2e%2fc", "http://a/%2e%2e%2fc"),
            ("http://a/ü", "http://a/%C3%BC"),
        ] {
            assert_eq!(normal(url), expected);
        }
    }

    #[test]
    fn paths_are_decoded_and_encoded_as_javascript_does() {
        for (path, decoded) in [
            ("/a%20b", "/a b"),
            ("/%5Bx%5d", "/[x]"),
            ("/%FF/%41", "/%FF/A"),
            ("/100%/%41", "/100%/A"),
            ("//a%2F%2Fb///", "/a/b/"),
            ("/%E2%82%AC", "/€"),
            ("/%2", "/%2"),
        ] {
            assert_eq!(decode(path), decoded, "{path}");
        }
        assert_eq!(encode("/a b/[x]/ü!*'()~-_.&+@:;,=$"), "/a%20b/%5Bx%5D/%C3%BC!*'()~-_.%26%2B%40%3A%3B%2C%3D%24");
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for path in ["", "a", "/", "/a/", "//a", "/a//b", "/..", "/../a", "/a/..", "/a/./b", "/a\0", "/\0"] {
            assert_eq!(relative(path), None, "{path:?}");
        }
        for path in ["/a", "/a/b.c", "/.a", "/...", "/..a", "/a..", "/%2e%2e"] {
            assert_eq!(relative(path), path.strip_prefix('/'), "{path}");
        }
    }

    proptest! {
        /// Whatever is asked for, encoded however often: the place is below the root, or there is none.
        #[test]
        fn nothing_leads_out(path in "(/|\\\\|\\.|\\.\\.|%2e|%2E|%2f|%5c|%252e|%00|[a-c]|é|C:|~){0,12}") {
            let root = Path::new("/assets/root");
            for once in [decode(&format!("/{path}")).into_owned(), format!("/{path}")] {
                for again in [once.clone(), decode(&once).into_owned()] {
                    if let Some(inside) = relative(&again) {
                        let place = below(root, inside);
                        prop_assert!(place.starts_with(root));
                        prop_assert!(place != root);
                        prop_assert!(place.components().all(|part| !matches!(part, Component::ParentDir)));
                        prop_assert!(Path::new(inside).components().all(|part| matches!(part, Component::Normal(_))));
                    }
                }
            }
        }

        /// The canonical spelling means the same path.
        #[test]
        fn encoding_is_undone_by_decoding(path in "(/[^/]{1,8}){1,4}") {
            let encoded = encode(&path).into_owned();
            prop_assert_eq!(decode(&encoded), path);
        }
    }
}
