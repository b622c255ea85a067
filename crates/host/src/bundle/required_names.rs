//! Names in CommonJS files that the bundler would give twice.
//!
//! rolldown calls a CommonJS file `require_context` after its name. A file that calls something else so has its own
//! variable renamed, to `require_context$1`, without a look at whether it has that one as well. Files that rolldown
//! itself has made often do. So names of that form are changed beforehand, to others of the same length: no place in
//! the file moves.

/// `code` with such names changed; `None` if it has none.
pub(super) fn settle(code: &str) -> Option<String> {
    let mut settled: Option<String> = None;
    let mut at = 0;
    while let Some(found) = code[at..].find("require_") {
        let start = at + found;
        let end = start + code[start..].find(|letter| !is_of_name(letter)).unwrap_or(code.len() - start);
        at = end;
        let name = &code[start..end];
        // Properties are nobody's variables.
        let before = code[..start].chars().next_back();
        let is_variable =
            before.is_none_or(|letter| !is_of_name(letter) && letter != '.' || code[..start].ends_with("..."));
        let Some(dollar) = name.rfind('$') else { continue };
        let is_numbered = dollar + 1 < name.len() && name[dollar + 1..].bytes().all(|digit| digit.is_ascii_digit());
        let other = format!("{}_{}", &name[..dollar], &name[dollar + 1..]);
        if is_variable && is_numbered && !code.contains(&other) {
            settled.get_or_insert_with(|| code.to_string()).replace_range(start..end, &other);
        }
    }
    settled
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_names_are_others_of_the_same_length() {
        let code =
            "const require_a = require('./a'); const require_a$1 = require('../a');\nf(...require_a$1.x, require_a)";
        let settled = settle(code).expect("one is changed");
        assert_eq!(settled, code.replace("require_a$1", "require_a_1"));
        assert_eq!(settled.len(), code.len());
    }

    #[test]
    fn others_stay() {
        for code in [
            "require_a()",
            "a.require_a$1",
            "xrequire_a$1",
            "require_a$b",
            "require_a$",
            "const require_a$1 = 1, require_a_1 = 2",
        ] {
            assert_eq!(settle(code), None, "{code}");
        }
    }
}
