//! Paths as production has them: the paths of file URLs, in one spelling.
//!
//! A name keeps the percent signs that a URL needs (`a%20b`), and loses those that it does not (`%41` is `A`), so that
//! two spellings of a name are one.

use super::error::Thrown;

/// Source: production's limits.
const BYTES_MAX: usize = 4096;
const SEGMENTS_MAX: usize = 48;

/// A path from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath {
    /// `/tmp/a%20b`, perhaps with a slash at its end.
    text: String,
}

impl FilePath {
    /// The path of a URL, `pathname` as it is there.
    pub fn new(pathname: &str) -> Result<Self, Thrown> {
        let text = normalize(pathname);
        if text.len() > BYTES_MAX {
            return Err(Thrown::plain("File path is too long"));
        }
        if text.bytes().filter(|byte| *byte == b'/').count() > SEGMENTS_MAX {
            return Err(Thrown::plain("File path has too many segments"));
        }
        Ok(Self { text })
    }

    /// As it is shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its names, from the root.
    pub fn names(&self) -> Vec<&str> {
        names(&self.text)
    }

    /// The names of what it lies in, and its own, which is empty if there is a slash at the end.
    pub fn split(&self) -> (Vec<&str>, &str) {
        match self.text.rsplit_once('/') {
            Some((base, name)) => (names(base), name),
            None => (Vec::new(), &self.text),
        }
    }

    /// The folder it lies in with a slash at the end: `/tmp/`.
    pub fn base(&self) -> &str {
        self.text.rfind('/').map_or("/", |at| &self.text[..=at])
    }
}

/// The names in a path.
pub fn names(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

/// Names as a path from the root.
pub fn joined(names: &[&str]) -> String {
    format!("/{}", names.join("/"))
}

/// One spelling for all of a path: only what a URL's path cannot have is escaped, and a slash within a name.
fn normalize(pathname: &str) -> String {
    let bytes = pathname.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match bytes[at] {
            b'%' => bytes.get(at + 1..at + 3).and_then(hex),
            _ => None,
        };
        let byte = match escaped {
            // A slash that is not one.
            Some(b'/') => {
                text.push_str("%2F");
                at += 3;
                continue;
            }
            Some(byte) => {
                at += 3;
                byte
            }
            None => {
                at += 1;
                bytes[at - 1]
            }
        };
        if needs_escape(byte) {
            text.push_str(&format!("%{byte:02X}"));
        } else if escaped.is_some() && byte == b'\\' {
            // To a URL of files it is a slash.
            text.push('/');
        } else {
            text.push(char::from(byte));
        }
    }
    text
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// The set of the URL standard for paths.
fn needs_escape(byte: u8) -> bool {
    !(0x21..=0x7e).contains(&byte) || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'^' | b'`' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn spellings_of_a_name_are_one() {
        for (given, kept) in [
            ("/tmp/%41", "/tmp/A"),
            ("/tmp/a%20b", "/tmp/a%20b"),
            ("/tmp/a b", "/tmp/a%20b"),
            ("/tmp/%2f", "/tmp/%2F"),
            ("/tmp/%c3%a9", "/tmp/%C3%A9"),
            ("/tmp/100%.txt", "/tmp/100%.txt"),
            ("/tmp/%25", "/tmp/%"),
            ("/tmp/%2541", "/tmp/%41"),
            ("/tmp/%7E%5B%7C", "/tmp/~[|"),
            ("/tmp/%00", "/tmp/%00"),
            ("/tmp/%5E%60%7B", "/tmp/%5E%60%7B"),
        ] {
            assert_eq!(normalize(given), kept, "{given}");
        }
    }

    #[test]
    fn limits() {
        assert_eq!(FilePath::new(&format!("/{}", "a".repeat(4096))).unwrap_err().message, "File path is too long");
        assert_eq!(FilePath::new(&"/a".repeat(49)).unwrap_err().message, "File path has too many segments");
        assert!(FilePath::new(&"/a".repeat(48)).is_ok());
    }

    #[test]
    fn a_name_and_what_it_lies_in() {
        let path = |text: &str| FilePath::new(text).unwrap();
        assert_eq!(path("/tmp/a/b").split(), (vec!["tmp", "a"], "b"));
        assert_eq!(path("/tmp/a/").split(), (vec!["tmp", "a"], ""));
        assert_eq!(path("/").split(), (vec![], ""));
        assert_eq!(path("/tmp/a").base(), "/tmp/");
        assert_eq!(path("//tmp//a/").names(), ["tmp", "a"]);
    }
}
