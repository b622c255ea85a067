//! `assets.base_path`: a prefix of request paths under which the directory is served.
//!
//! Pure. Kept in its canonical form, `/` or `/docs/`. A path outside the prefix is no asset; inside it, the prefix is
//! taken off before anything is looked up, and put back in front of canonical redirects.

use std::borrow::Cow;

/// A canonical base path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(Box<str>);

impl Default for BasePath {
    fn default() -> Self {
        Self(Box::from("/"))
    }
}

/// Why a text is no base path. Source of the texts: production's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasePathError {
    /// Nothing.
    #[error("The value must not be empty.")]
    Empty,
    /// `https://a.test/x` or `//a.test/x`.
    #[error("The value must be a pathname, not a URL.")]
    Url,
    /// A backslash.
    #[error("The value must not contain backslashes.")]
    Backslash,
    /// A character below the space, or DEL.
    #[error("The value must not contain control characters.")]
    Control,
    /// `?` or `#`.
    #[error("The value must not contain query strings or fragments.")]
    Query,
    /// `%`.
    #[error("The value must not contain percent-encoded sequences.")]
    Percent,
}

impl BasePath {
    /// The canonical form of a configured value.
    pub fn parse(value: &str) -> Result<Self, BasePathError> {
        if value.is_empty() {
            return Err(BasePathError::Empty);
        }
        if value.starts_with("//") || has_scheme(value) {
            return Err(BasePathError::Url);
        }
        if value.contains('\\') {
            return Err(BasePathError::Backslash);
        }
        if value.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err(BasePathError::Control);
        }
        if value.contains(['?', '#']) {
            return Err(BasePathError::Query);
        }
        if value.contains('%') {
            return Err(BasePathError::Percent);
        }
        let mut segments: Vec<&str> = Vec::new();
        for segment in value.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                other => segments.push(other),
            }
        }
        Ok(match segments.is_empty() {
            true => Self::default(),
            false => Self(format!("/{}/", segments.join("/")).into_boxed_str()),
        })
    }

    /// The path inside the directory; `None` when `path`, decoded, is outside the prefix.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        if &*self.0 == "/" {
            return Some(path);
        }
        let rest = path.strip_prefix(&self.0[..self.0.len() - 1])?;
        match rest {
            "" => Some("/"),
            rest if rest.starts_with('/') => Some(rest),
            _ => None,
        }
    }

    /// The public path of one inside the directory. The root of the prefix ends with a slash unless `drop_slash`.
    pub fn add<'a>(&self, inside: &'a str, drop_slash: bool) -> Cow<'a, str> {
        match &*self.0 {
            "/" => Cow::Borrowed(inside),
            base if inside == "/" && drop_slash => Cow::Owned(base[..base.len() - 1].to_string()),
            base if inside == "/" => Cow::Owned(base.to_string()),
            base => Cow::Owned(format!("{}{inside}", &base[..base.len() - 1])),
        }
    }
}

/// `letter (letter | digit | + . -)* :`
fn has_scheme(value: &str) -> bool {
    let Some((scheme, _)) = value.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_have_one_form() {
        for (value, canonical) in [
            ("/", "/"),
            ("docs", "/docs/"),
            ("/docs", "/docs/"),
            ("./a//b/../c/", "/a/c/"),
            ("..", "/"),
            ("/ü x", "/ü x/"),
        ] {
            assert_eq!(&*BasePath::parse(value).unwrap().0, canonical, "{value}");
        }
        for (value, error) in [
            ("", BasePathError::Empty),
            ("//a", BasePathError::Url),
            ("https://a/b", BasePathError::Url),
            ("a\\b", BasePathError::Backslash),
            ("a\tb", BasePathError::Control),
            ("a?b", BasePathError::Query),
            ("a#b", BasePathError::Query),
            ("a%20b", BasePathError::Percent),
        ] {
            assert_eq!(BasePath::parse(value), Err(error), "{value}");
        }
    }

    #[test]
    fn the_prefix_ends_at_a_segment() {
        let base = BasePath::parse("/docs/").unwrap();
        for (path, inside) in
            [("/docs", Some("/")), ("/docs/", Some("/")), ("/docs/a", Some("/a")), ("/docsa", None), ("/", None)]
        {
            assert_eq!(base.strip(path), inside, "{path}");
        }
        assert_eq!((base.add("/", false), base.add("/a/", false)), ("/docs/".into(), "/docs/a/".into()));
        assert_eq!((base.add("/", true), base.add("/a", true)), ("/docs".into(), "/docs/a".into()));
        let root = BasePath::default();
        assert_eq!(
            (root.strip("/a"), root.add("/a", true), root.add("/", true)),
            (Some("/a"), "/a".into(), "/".into())
        );
    }
}
