//! From a date and a list of flags to the set of what is enabled.
//!
//! The order of events is production's: what a name says comes first, then the date, then what other flags imply,
//! in one pass over the table. A flag that is disabled by name stays off.

use super::{Default, FLAGS, Flag, Status};

const WORDS: usize = FLAGS.len().div_ceil(64);

/// The flags that are enabled for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompatSet([u64; WORDS]);

impl CompatSet {
    /// No flag.
    pub const NONE: Self = Self([0; WORDS]);

    /// What code of lopata itself runs with: every default there is, whatever its date, but nothing of Node.
    pub fn newest() -> Self {
        resolve("9999-12-31", &["no_nodejs_compat".to_string(), "no_nodejs_compat_v2".to_string()]).set
    }

    /// Whether the flag that `name` enables is enabled. Names that are not in the table are not.
    pub fn has(&self, name: &str) -> bool {
        Flag::index(name).is_some_and(|index| self.at(index))
    }

    /// All flags with their enabling names, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Flag, bool)> {
        FLAGS.iter().enumerate().map(|(index, flag)| (flag, self.at(index)))
    }

    fn at(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }
}

/// What is wrong with a list of flags. `index` is the place in the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Source: workerd's text.
    #[error("No such compatibility flag: {name}")]
    Unknown {
        /// Which one.
        index: usize,
        /// As given.
        name: String,
    },
    /// Source: workerd's text.
    #[error("Compatibility flag specified multiple times: {name}")]
    Repeated {
        /// The second one.
        index: usize,
        /// As given.
        name: String,
    },
    /// Source: workerd's text.
    #[error("Compatibility flags are mutually contradictory: {enable} vs {disable}")]
    Contradictory {
        /// The later of the two.
        index: usize,
        /// The enabling name.
        enable: &'static str,
        /// The disabling name.
        disable: &'static str,
    },
    /// Source: workerd's text for workers that are deployed. Development may use such flags.
    #[error("The compatibility flag {name} is experimental and cannot yet be used in Workers deployed to Cloudflare.")]
    Experimental {
        /// Which one.
        index: usize,
        /// The enabling name.
        name: &'static str,
    },
    /// lopata cannot do what the flag asks for.
    #[error("The compatibility flag {name} cannot be used in lopata: {reason}")]
    Rejected {
        /// Which one.
        index: usize,
        /// The enabling name.
        name: &'static str,
        /// A sentence.
        reason: &'static str,
    },
}

impl Problem {
    /// The place in the list of flags.
    pub fn index(&self) -> usize {
        match self {
            Self::Unknown { index, .. }
            | Self::Repeated { index, .. }
            | Self::Contradictory { index, .. }
            | Self::Experimental { index, .. }
            | Self::Rejected { index, .. } => *index,
        }
    }

    /// Whether a worker can run all the same.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Experimental { .. })
    }
}

/// What a date and a list of flags come to.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What is enabled. Flags with a problem count as far as they make sense.
    pub set: CompatSet,
    /// What is wrong with the list, in its order.
    pub problems: Vec<Problem>,
}

/// Resolves `flags` for a worker of `date` (`YYYY-MM-DD`).
pub fn resolve(date: &str, flags: &[String]) -> Resolved {
    let mut set = CompatSet::NONE;
    let mut problems = unknown_and_repeated(flags);
    let place = |name: &str| flags.iter().position(|flag| flag == name);
    for (row, flag) in FLAGS.iter().enumerate() {
        let enabled = place(flag.enable);
        let disabled = flag.disable.and_then(place);
        if let (Some(first), Some(second), Some(disable)) = (enabled, disabled, flag.disable) {
            problems.push(Problem::Contradictory { index: first.max(second), enable: flag.enable, disable });
        }
        if let Some(index) = enabled {
            if flag.experimental {
                problems.push(Problem::Experimental { index, name: flag.enable });
            }
            if let Status::Rejected(reason) = flag.status {
                problems.push(Problem::Rejected { index, name: flag.enable, reason });
            }
        }
        let by_date = match flag.default {
            Default::Never => false,
            Default::Since(since) => date >= since,
            Default::Always => true,
        };
        if enabled.is_some() || (by_date && disabled.is_none()) {
            set.insert(row);
        }
    }
    for (row, flag) in FLAGS.iter().enumerate() {
        if let Some(implied) = &flag.implied
            && date >= implied.since
            && flag.disable.and_then(place).is_none()
            && implied.by.iter().any(|name| set.has(name))
        {
            set.insert(row);
        }
    }
    problems.sort_by_key(Problem::index);
    Resolved { set, problems }
}

fn unknown_and_repeated(flags: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, name) in flags.iter().enumerate() {
        if flags[..index].contains(name) {
            problems.push(Problem::Repeated { index, name: name.clone() });
        } else if !FLAGS.iter().any(|flag| flag.enable == name || flag.disable == Some(name)) {
            problems.push(Problem::Unknown { index, name: name.clone() });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(date: &str, flags: &[&str]) -> Resolved {
        resolve(date, &flags.iter().map(|flag| flag.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_unique_and_dates_are_dates() {
        let mut names: Vec<&str> = FLAGS.iter().flat_map(|flag| [Some(flag.enable), flag.disable]).flatten().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "each name stands for one thing");
        let is_date = |text: &str| {
            let shape = text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            text.len() == 10 && shape
        };
        for flag in FLAGS {
            if let Default::Since(date) = flag.default {
                assert!(is_date(date), "{}: {date}", flag.enable);
            }
            if let Some(implied) = flag.implied {
                assert!(is_date(implied.since), "{}: {}", flag.enable, implied.since);
                assert!(implied.by.iter().all(|name| Flag::index(name).is_some()), "{}", flag.enable);
            }
        }
    }

    #[test]
    fn every_flag_says_what_it_does() {
        for flag in FLAGS {
            let (Status::Switch(text) | Status::NewestOnly(text) | Status::Inert(text) | Status::Rejected(text)) =
                flag.status;
            assert!(text.ends_with('.'), "{}: {text:?} is no sentence", flag.enable);
        }
    }

    #[test]
    fn a_date_enables_what_became_the_default() {
        assert!(!on("2022-03-20", &[]).set.has("global_navigator"));
        assert!(on("2022-03-21", &[]).set.has("global_navigator"));
        assert!(on("2000-01-01", &[]).set.has("r2_public_beta_bindings"));
        assert!(!on("2099-01-01", &[]).set.has("enable_request_signal"));
    }

    #[test]
    fn names_win_over_the_date() {
        assert!(on("2021-01-01", &["global_navigator"]).set.has("global_navigator"));
        assert!(!on("2025-01-01", &["no_global_navigator"]).set.has("global_navigator"));
        assert_eq!(on("2025-01-01", &["global_navigator", "no_cache_no_cache"]).problems.len(), 1);
    }

    #[test]
    fn flags_imply_others_from_a_date_on() {
        let http = "enable_nodejs_http_server_modules";
        assert!(on("2025-09-01", &["nodejs_compat"]).set.has(http), "through the flag that implies it");
        assert!(!on("2025-08-31", &["nodejs_compat"]).set.has(http));
        assert!(!on("2025-09-01", &["nodejs_compat", "disable_nodejs_http_server_modules"]).set.has(http));
        assert!(on("2026-08-04", &[]).set.has("nodejs_compat_v2"));
        assert!(!on("2026-08-03", &[]).set.has("nodejs_compat"));
    }

    #[test]
    fn what_is_wrong_is_said_in_productions_words() {
        let texts = |flags: &[&str]| {
            let problems = on("2025-01-01", flags).problems;
            problems.iter().map(|problem| (problem.index(), problem.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(texts(&["nodejs_compat", "nope"]), [(1, "No such compatibility flag: nope".to_string())]);
        assert_eq!(
            texts(&["rpc", "rpc"]),
            [(1, "Compatibility flag specified multiple times: rpc".to_string())],
            "and not that it is unknown"
        );
        assert_eq!(
            texts(&["no_rpc", "url_standard", "rpc"]),
            [(2, "Compatibility flags are mutually contradictory: rpc vs no_rpc".to_string())]
        );
        assert!(texts(&["python_workers"])[0].1.contains("cannot be used in lopata"));
        let experimental = on("2025-01-01", &["unsafe_module"]).problems;
        assert!(experimental[0].is_warning());
        assert!(experimental[0].to_string().ends_with("cannot yet be used in Workers deployed to Cloudflare."));
    }

    #[test]
    fn one_flag_may_be_disabled_twice_over_without_harm() {
        assert!(on("2021-01-01", &["no_global_navigator"]).problems.is_empty());
    }
}
