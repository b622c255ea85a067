//! Which tests are run: `service`, `service:entrypoint` or `const:service:entrypoint`, as globs.

/// What the second argument says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The constant of the configuration, when it is named.
    pub const_name: Option<String>,
    service: String,
    entrypoint: String,
}

/// It says nothing. Source: workerd's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many colons.")]
pub struct FilterError;

impl Filter {
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (const_name, service, entrypoint) = match parts[..] {
            [service] => (None, service, "*"),
            [service, entrypoint] => (None, service, entrypoint),
            [name, service, entrypoint] => (Some(name), service, entrypoint),
            _ => return Err(FilterError),
        };
        let const_name = const_name.map(str::to_string);
        Ok(Self { const_name, service: service.to_string(), entrypoint: entrypoint.to_string() })
    }

    /// Whether tests of this service may be run.
    pub fn service(&self, name: &str) -> bool {
        matches(&self.service, name)
    }

    /// Whether the tests of this entrypoint of such a service are run. The default one is called `default`.
    pub fn entrypoint(&self, name: &str) -> bool {
        matches(&self.entrypoint, name)
    }
}

/// Whether `glob`, in which `*` is any text and `?` any character, is all of `text`.
pub fn matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last star is, and how much of the text it takes.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, seen) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts() {
        let filter = Filter::parse("a*:default").unwrap();
        assert!(filter.service("abc") && !filter.service("b") && filter.entrypoint("default"));
        assert!(!filter.entrypoint("other") && filter.const_name.is_none());
        assert!(Filter::parse("a").unwrap().entrypoint("anything"));
        assert_eq!(Filter::parse("c:s:e").unwrap().const_name.as_deref(), Some("c"));
        assert_eq!(Filter::parse("a:b:c:d").unwrap_err().to_string(), "Too many colons.");
    }

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*d", "abcbd", true),
            ("*b*d", "abcbde", false),
            ("a*", "ba", false),
            ("**a", "a", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }
}
