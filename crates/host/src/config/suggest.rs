//! "Did you mean": the known name that is nearest to a wrong one; and lists as English has them.

/// The candidate nearest to `name`, if one is near enough to be meant.
///
/// Spelling style does not count: `compatibilityDate` and `compatibility-date` are `compatibility_date`.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A longer name is no slip of the finger, and comparing it would be slow.
    const NAME_BYTES_MAX: usize = 80;
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return None;
    }
    let wanted = plain(name);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (wanted.len().max(candidate.len()) / 4).max(1) && *distance < wanted.len()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// `a`, `a and b`, `a, b, and c`, as English has it.
pub fn all(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [head @ .., last] => format!("{}, and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_style_does_not_count() {
        let keys = ["compatibility_date", "compatibility_flags", "kv_namespaces", "main", "name"];
        assert_eq!(nearest("compatibilityDate", keys), Some("compatibility_date"));
        assert_eq!(nearest("kv-namespaces", keys), Some("kv_namespaces"));
        assert_eq!(nearest("mian", keys), Some("main"));
        assert_eq!(nearest("kv_namespace", keys), Some("kv_namespaces"));
        assert_eq!(nearest("banana", keys), None);
        assert_eq!(nearest("x", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn lists_read_as_english() {
        let items = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(all(&items(1)), "0");
        assert_eq!(all(&items(2)), "0 and 1");
        assert_eq!(all(&items(3)), "0, 1, and 2");
    }
}
