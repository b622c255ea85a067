//! The globs of module rules, with the exact reading that wrangler gives them.
//!
//! Two readings exist. On import specifiers every run of `*` matches anything, slashes too, so `**/*.txt` wants
//! a slash in the specifier. On file paths (`find_additional_modules`, `no_bundle`) `*` stays inside one
//! segment and `**` spans whole segments. Every other character, `?` included, stands for itself. A general
//! glob crate reads at least one of the two differently, hence this one.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// Anything.
    Any,
    /// Anything without a slash.
    Segment,
    /// Nothing, or anything that ends with a slash or with the text.
    Segments,
}

/// A compiled glob.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    /// The literal end of the pattern: most texts differ here already.
    ending: String,
}

impl Glob {
    /// The reading for import specifiers.
    pub(super) fn for_specifier(pattern: &str) -> Self {
        Self::compile(pattern, false)
    }

    /// The reading for slash-separated relative file paths.
    pub(super) fn for_path(pattern: &str) -> Self {
        Self::compile(pattern, true)
    }

    fn compile(pattern: &str, segments: bool) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::with_capacity(chars.len());
        let mut at = 0;
        while at < chars.len() {
            if chars[at] != '*' {
                tokens.push(Token::Literal(chars[at]));
                at += 1;
                continue;
            }
            let start = at;
            while chars.get(at) == Some(&'*') {
                at += 1;
            }
            let alone = (start == 0 || chars[start - 1] == '/') && matches!(chars.get(at), None | Some('/'));
            if !segments {
                tokens.push(Token::Any);
            } else if at - start > 1 && alone {
                tokens.push(Token::Segments);
                at += 1; // The slash belongs to the segments.
            } else {
                tokens.push(Token::Segment);
            }
        }
        let ending: Vec<char> = tokens
            .iter()
            .rev()
            .map_while(|token| match token {
                Token::Literal(c) => Some(*c),
                Token::Any | Token::Segment | Token::Segments => None,
            })
            .collect();
        Self { ending: ending.into_iter().rev().collect(), tokens }
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        if !text.ends_with(&self.ending) {
            return false;
        }
        let text: Vec<char> = text.chars().collect();
        matches_from(&self.tokens, &text)
    }
}

fn matches_from(tokens: &[Token], text: &[char]) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return text.is_empty();
    };
    match token {
        Token::Literal(c) => text.first() == Some(c) && matches_from(rest, &text[1..]),
        Token::Any => (0..=text.len()).any(|end| matches_from(rest, &text[end..])),
        Token::Segment => {
            let longest = text.iter().position(|c| *c == '/').unwrap_or(text.len());
            (0..=longest).any(|end| matches_from(rest, &text[end..]))
        }
        Token::Segments => (0..=text.len())
            .filter(|end| *end == 0 || *end == text.len() || text[end - 1] == '/')
            .any(|end| matches_from(rest, &text[end..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers() {
        for (pattern, text, expected) in [
            ("**/*.txt", "./a.txt", true),
            ("**/*.txt", "pkg/dir/a.txt", true),
            ("**/*.txt", "a.txt", false),
            ("**/*.txt", "./a.txt?x", false),
            ("**/*.wasm?module", "./a.wasm?module", true),
            ("**/*.wasm?module", "./a.wasmxmodule", false),
            ("*.md", "./deep/a.md", true),
            ("./only.md", "./only.md", true),
            ("**/*.{a,b}", "./x.a", false),
        ] {
            assert_eq!(Glob::for_specifier(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn paths() {
        for (pattern, text, expected) in [
            ("**/*.txt", "a.txt", true),
            ("**/*.txt", "x/y/a.txt", true),
            ("*.txt", "x/a.txt", false),
            ("x/**", "x/y/z.js", true),
            ("x/**", "y/z.js", false),
            ("x/*/z.js", "x/y/z.js", true),
            ("x/*/z.js", "x/y/y/z.js", false),
            ("**/x/*.js", "a/b/x/c.js", true),
        ] {
            assert_eq!(Glob::for_path(pattern).matches(text), expected, "{pattern} {text}");
        }
    }
}
