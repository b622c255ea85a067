//! A rule's path as a pattern: literal text, one splat (`*`), placeholders (`:name`).
//!
//! A splat takes anything, slashes too, and may take nothing. A placeholder takes at least one character and stops at
//! a slash; in the host of a rule it stops at a dot as well. All are greedy, from left to right. The time to match is
//! proportional to the length of the path times the number of pieces, whatever the pattern.

use super::text;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Wild { name: String, kind: Wild },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wild {
    Splat,
    Segment,
    Label,
}

impl Wild {
    fn stops_at(self, byte: u8) -> bool {
        match self {
            Wild::Splat => false,
            Wild::Segment => byte == b'/',
            Wild::Label => matches!(byte, b'/' | b'.'),
        }
    }
}

/// What the wild pieces of a pattern took, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures<'a>(Vec<(&'a str, &'a str)>);

/// Characters after which a placeholder in a host ends, besides those that cannot be in a name anyway. Production
/// looks for the escape sign that it has put before them.
const ENDS_LABEL: &[u8] = b"-/\\^$+?.()|[]{}";

impl Pattern {
    /// The pattern of a rule whose URL was checked. `None` if it names two splats or a placeholder twice: production
    /// takes such a rule and never applies it.
    pub fn compile(rule: &str) -> Option<Self> {
        let host_end = rule
            .strip_prefix("https://")
            .map_or(0, |rest| rule.len() - rest.len() + rest.find('/').unwrap_or(rest.len()));
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(c) = rule[at..].chars().next() {
            let wild = match c {
                '*' => Some(("splat", 1, Wild::Splat)),
                ':' => text::placeholder(&rule[at..]).map(|length| {
                    let end = at + length;
                    let ends = rule.as_bytes().get(end).is_some_and(|next| ENDS_LABEL.contains(next));
                    let kind = if at < host_end && ends { Wild::Label } else { Wild::Segment };
                    (&rule[at + 1..end], length, kind)
                }),
                _ => None,
            };
            let Some((name, length, kind)) = wild else {
                literal.push(c);
                at += c.len_utf8();
                continue;
            };
            let again = |piece: &Piece| matches!(piece, Piece::Wild { name: other, .. } if other == name);
            if pieces.iter().any(again) {
                return None;
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Wild { name: name.to_owned(), kind });
            at += length;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Some(Self { pieces })
    }

    /// What the pattern takes of `path`, if it takes all of it.
    pub fn captures<'a>(&'a self, path: &'a str) -> Option<Captures<'a>> {
        // Most rules are told from most paths by how they begin.
        let (first, rest) = match self.pieces.split_first() {
            Some((Piece::Literal(prefix), rest)) => (path.strip_prefix(prefix.as_str())?, rest),
            _ => (path, self.pieces.as_slice()),
        };
        match rest {
            [] => first.is_empty().then(|| Captures(Vec::new())),
            [Piece::Wild { name, kind: Wild::Splat }] => Some(Captures(vec![(name, first)])),
            rest => captures(rest, first),
        }
    }
}

/// Matches from the right, so that going left to right afterwards no step has to be taken back.
fn captures<'a>(pieces: &'a [Piece], path: &'a str) -> Option<Captures<'a>> {
    let ends = path.len() + 1;
    // `fits[at]`: the pieces after the one at hand take all of `path[at..]`.
    let mut fits = vec![false; ends];
    fits[path.len()] = true;
    // For each wild piece from the last to the first: the farthest end from which the rest fits, by start.
    let mut reaches: Vec<Vec<Option<usize>>> = Vec::new();
    for piece in pieces.iter().rev() {
        match piece {
            Piece::Literal(literal) => {
                fits = (0..ends)
                    .map(|at| {
                        path.as_bytes()[at..].starts_with(literal.as_bytes())
                            && fits.get(at + literal.len()).copied().unwrap_or(false)
                    })
                    .collect();
            }
            Piece::Wild { kind, .. } => {
                let reach = reach(*kind, path, &fits);
                fits = reach.iter().map(Option::is_some).collect();
                reaches.push(reach);
            }
        }
    }
    if !fits[0] {
        return None;
    }
    let mut at = 0;
    let mut taken = Vec::with_capacity(reaches.len());
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => at += literal.len(),
            Piece::Wild { name, .. } => {
                let end = reaches.pop().and_then(|reach| reach[at]).expect("the pieces fit from here on");
                taken.push((name.as_str(), &path[at..end]));
                at = end;
            }
        }
    }
    Some(Captures(taken))
}

/// The farthest end of a wild piece for each start from which there is one.
fn reach(kind: Wild, path: &str, fits: &[bool]) -> Vec<Option<usize>> {
    let mut reach = vec![None; fits.len()];
    let mut farthest = None;
    for at in (0..fits.len()).rev() {
        if !path.is_char_boundary(at) {
            continue;
        }
        if path.as_bytes().get(at).is_some_and(|byte| kind.stops_at(*byte)) {
            // Nothing to the left gets past this byte.
            farthest = fits[at].then_some(at);
            continue;
        }
        if kind == Wild::Splat && farthest.is_none() && fits[at] {
            farthest = Some(at);
        }
        reach[at] = farthest;
        if farthest.is_none() && fits[at] {
            farthest = Some(at);
        }
    }
    reach
}

impl Captures<'_> {
    /// `template` with each `:name` that was taken replaced by what was taken. A name stands for the whole word after
    /// the colon, and what was put in is not looked at again.
    pub fn fill(&self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(colon) = rest.find(':') {
            filled.push_str(&rest[..colon]);
            rest = &rest[colon..];
            let length = text::placeholder(rest).unwrap_or(1);
            let (word, after) = rest.split_at(length);
            let value = self.0.iter().find(|(name, _)| *name == &word[1..]).map(|(_, value)| *value);
            filled.push_str(value.unwrap_or(word));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(rule: &str, path: &str) -> Option<Vec<(String, String)>> {
        let pattern = Pattern::compile(rule).expect("a rule that can match");
        let captures = pattern.captures(path)?;
        Some(captures.0.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn list(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn splats_take_slashes_and_placeholders_do_not() {
        assert_eq!(taken("/a/*", "/a/b/c"), list(&[("splat", "b/c")]));
        assert_eq!(taken("/a/*", "/a/"), list(&[("splat", "")]));
        assert_eq!(taken("/a/*", "/a"), None);
        assert_eq!(taken("/*.txt", "/a/b.txt"), list(&[("splat", "a/b")]));
        assert_eq!(taken("/:x", "/a/b"), None);
        assert_eq!(taken("/:x", "/"), None);
        assert_eq!(taken("/p/:id/:id_2", "/p/1/2"), list(&[("id", "1"), ("id_2", "2")]));
        assert_eq!(taken("/:a-:b", "/1-2-3"), list(&[("a", "1-2"), ("b", "3")]));
        assert_eq!(taken("/:a:b", "/xyz"), list(&[("a", "xy"), ("b", "z")]));
        assert_eq!(taken("/:1", "/:1"), list(&[]));
        assert_eq!(taken("/blog/:y/*", "/blog/2/a/b"), list(&[("y", "2"), ("splat", "a/b")]));
    }

    #[test]
    fn a_placeholder_in_a_host_is_one_label() {
        let rule = "https://:sub.example.com/*";
        assert_eq!(taken(rule, "https://www.example.com/a"), list(&[("sub", "www"), ("splat", "a")]));
        assert_eq!(taken(rule, "https://a.b.example.com/a"), None);
        assert_eq!(taken("https://x.com/:a", "https://x.com/f.txt"), list(&[("a", "f.txt")]));
    }

    #[test]
    fn a_name_given_twice_never_matches() {
        assert!(Pattern::compile("/*/x/*").is_none());
        assert!(Pattern::compile("/:a/:a").is_none());
        assert!(Pattern::compile("/:splat/*").is_none());
    }

    #[test]
    fn whole_names_are_replaced_once() {
        let pattern = Pattern::compile("/:id/:id_2/*").expect("it compiles");
        let captures = pattern.captures("/1/:id/$&").expect("it matches");
        assert_eq!(captures.fill("/:id_2/:id/:splat/:none/:/x:"), "/:id/1/$&/:none/:/x:");
    }

    /// What the pattern takes by trying the longest first and going back, as a backtracking expression does.
    fn model(pieces: &[Piece], path: &str, taken: &mut Vec<String>) -> bool {
        let Some((piece, rest)) = pieces.split_first() else { return path.is_empty() };
        match piece {
            Piece::Literal(literal) => path.strip_prefix(literal.as_str()).is_some_and(|path| model(rest, path, taken)),
            Piece::Wild { kind, .. } => {
                let stop = path.bytes().position(|byte| kind.stops_at(byte)).unwrap_or(path.len());
                let least = usize::from(*kind != Wild::Splat);
                (least..=stop).rev().any(|end| {
                    taken.push(path[..end].to_owned());
                    let fits = model(rest, &path[end..], taken);
                    if !fits {
                        taken.pop();
                    }
                    fits
                })
            }
        }
    }

    proptest! {
        #[test]
        fn matches_what_a_backtracking_matcher_does(
            rule in "(https://)?([/ab.*-]|:[a-c]){0,9}",
            path in "(https://)?[/ab.-]{0,12}",
        ) {
            let Some(pattern) = Pattern::compile(&rule) else { return Ok(()) };
            let mut expected = Vec::new();
            let fits = model(&pattern.pieces, &path, &mut expected);
            let got = pattern.captures(&path).map(|captures| {
                captures.0.iter().map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>()
            });
            prop_assert_eq!(got, fits.then_some(expected));
        }

        #[test]
        fn takes_any_text(rule in ".{0,40}", path in ".{0,40}", template in ".{0,40}") {
            if let Some(captures) = Pattern::compile(&rule).as_ref().and_then(|pattern| pattern.captures(&path)) {
                captures.fill(&template);
            }
        }
    }
}
