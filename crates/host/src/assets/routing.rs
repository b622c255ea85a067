//! `run_worker_first`: which requests meet the worker before any asset is looked for.
//!
//! Pure. Rules are paths in which `*` stands for anything; one that begins with `!` is an exception, and exceptions
//! count first. The limits and texts are wrangler's.

/// Rules of one worker at most. Source: wrangler.
pub const RULES_MAX: usize = 100;

/// Characters of a rule at most. Source: wrangler.
pub const RULE_CHARS_MAX: usize = 100;

/// `run_worker_first`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunWorkerFirst {
    /// Assets first.
    #[default]
    Never,
    /// The worker gets everything.
    Always,
    /// The worker gets what a rule says.
    Rules(Rules),
}

/// Rules that are fine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Paths for assets alone, without their `!`.
    assets: Vec<String>,
    /// Paths for the worker alone.
    worker: Vec<String>,
}

/// Who gets a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The worker, whatever assets there are.
    Worker,
    /// The assets, whatever the worker would say.
    Assets,
    /// An asset if there is one.
    Undecided,
}

/// Why rules are refused. Source of the texts: wrangler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// An empty array.
    #[error("No `run_worker_first` rules were provided; must provide at least 1 rule.")]
    Empty,
    /// More than [`RULES_MAX`].
    #[error("Too many `run_worker_first` rules were provided; {0} rules provided exceeds max of {RULES_MAX}.")]
    TooMany(usize),
    /// Exceptions from nothing.
    #[error("Only negative `run_worker_first` rules were provided; must provide at least 1 non-negative rule")]
    OnlyNegative,
    /// One line for each.
    #[error("Invalid routes in `run_worker_first`:\n{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

impl RunWorkerFirst {
    /// Who gets a request for `pathname`, which is encoded.
    pub fn verdict(&self, pathname: &str) -> Verdict {
        match self {
            Self::Never => Verdict::Undecided,
            Self::Always => Verdict::Worker,
            Self::Rules(Rules { assets, worker }) => {
                if assets.iter().any(|rule| matches(rule, pathname)) {
                    Verdict::Assets
                } else if worker.iter().any(|rule| matches(rule, pathname)) {
                    Verdict::Worker
                } else {
                    Verdict::Undecided
                }
            }
        }
    }
}

impl Rules {
    /// Reads the rules of a configuration.
    pub fn parse<S: AsRef<str>>(given: &[S]) -> Result<Self, RulesError> {
        if given.is_empty() {
            return Err(RulesError::Empty);
        }
        if given.len() > RULES_MAX {
            return Err(RulesError::TooMany(given.len()));
        }
        let (mut negative, mut worker, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
        for rule in given.iter().map(AsRef::as_ref) {
            if rule.starts_with("!/") {
                negative.push(rule);
            } else if rule.starts_with('/') {
                worker.push(rule);
            } else if rule.starts_with('!') {
                invalid.push(format!("'{rule}': negative rules must start with '!/'"));
            } else {
                invalid.push(format!("'{rule}': rules must start with '/' or '!/'"));
            }
        }
        if !negative.is_empty() && worker.is_empty() {
            return Err(RulesError::OnlyNegative);
        }
        complain(&worker, &mut invalid);
        complain(&negative, &mut invalid);
        if !invalid.is_empty() {
            return Err(RulesError::Invalid(invalid));
        }
        let assets = negative.into_iter().map(|rule| rule[1..].to_string()).collect();
        Ok(Self { assets, worker: worker.into_iter().map(str::to_string).collect() })
    }
}

fn complain(rules: &[&str], invalid: &mut Vec<String>) {
    for (index, rule) in rules.iter().enumerate() {
        // As JavaScript counts.
        if rule.encode_utf16().count() > RULE_CHARS_MAX {
            invalid.push(format!("'{rule}': all rules must be less than {RULE_CHARS_MAX} characters in length"));
        }
        if rules[..index].contains(rule) {
            invalid.push(format!("'{rule}': rule is a duplicate; rules must be unique"));
        }
        if let Some(start) = rule.strip_suffix('*') {
            for other in rules.iter().filter(|other| *other != rule && other.starts_with(start)) {
                invalid.push(format!("'{other}': rule '{rule}' makes it redundant"));
            }
        }
    }
}

/// Whether the whole of `path` is as `rule` says, where `*` stands for anything.
fn matches(rule: &str, path: &str) -> bool {
    let Some((start, rest)) = rule.split_once('*') else { return rule == path };
    let Some(mut path) = path.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return path.ends_with(part);
        }
        // The earliest place leaves most for what follows.
        let Some(at) = path.find(part) else { return false };
        path = &path[at + part.len()..];
    }
    unreachable!("a split has a last part")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (rule, path, hit) in [
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("/a/*", "/a/", true),
            ("/a/*", "/a", false),
            ("/*", "/", true),
            ("/*.js", "/x/y.js", true),
            ("/*.js", "/x.js.map", false),
            ("/a*b*c", "/abc", true),
            ("/a*b*c", "/axxbyyc", true),
            ("/a*b*c", "/acb", false),
            ("/a*a", "/a", false),
            ("/**", "/x", true),
            ("/a.c", "/abc", false),
        ] {
            assert_eq!(matches(rule, path), hit, "{rule} {path}");
        }
    }

    #[test]
    fn exceptions_count_first() {
        let rules = RunWorkerFirst::Rules(Rules::parse(&["/api/*", "!/api/docs/*"]).unwrap());
        assert_eq!(rules.verdict("/api/x"), Verdict::Worker);
        assert_eq!(rules.verdict("/api/docs/x"), Verdict::Assets);
        assert_eq!(rules.verdict("/x"), Verdict::Undecided);
        assert_eq!(RunWorkerFirst::Always.verdict("/x"), Verdict::Worker);
        assert_eq!(RunWorkerFirst::Never.verdict("/x"), Verdict::Undecided);
    }

    #[test]
    fn what_is_wrong_is_told_in_wranglers_words() {
        let text = |rules: &[&str]| Rules::parse(rules).unwrap_err().to_string();
        assert_eq!(text(&[]), "No `run_worker_first` rules were provided; must provide at least 1 rule.");
        assert_eq!(
            text(&["!/a"]),
            "Only negative `run_worker_first` rules were provided; must provide at least 1 non-negative rule"
        );
        let many: Vec<String> = (0..101).map(|n| format!("/{n}")).collect();
        assert_eq!(
            Rules::parse(&many).unwrap_err().to_string(),
            "Too many `run_worker_first` rules were provided; 101 rules provided exceeds max of 100."
        );
        let long = format!("/{}", "y".repeat(120));
        assert_eq!(
            text(&["a", "!b", "/x*", "/xy", "/x*", "!/q", "!/q", &long]),
            format!(
                "Invalid routes in `run_worker_first`:\n'a': rules must start with '/' or '!/'\n'!b': negative rules \
                 must start with '!/'\n'/xy': rule '/x*' makes it redundant\n'/x*': rule is a duplicate; rules must \
                 be unique\n'/xy': rule '/x*' makes it redundant\n'{long}': all rules must be less than 100 \
                 characters in length\n'!/q': rule is a duplicate; rules must be unique"
            )
        );
    }
}
