//! Hides what must not end up on a screen that is being shared, and keeps enough to recognise it by.

use std::borrow::Cow;

/// What stands for something hidden. Its length says nothing about the length of what is behind it.
pub(super) const HIDDEN: &str = "••••••••";

/// The value of a request's header as it may be shown.
pub(super) fn header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if name.eq_ignore_ascii_case("cookie") {
        let hide = |pair: &str| match pair.split_once('=') {
            Some((name, _)) => format!("{}={HIDDEN}", name.trim()),
            // A cookie without a name is all value.
            None => HIDDEN.to_owned(),
        };
        return Cow::Owned(value.split(';').map(hide).collect::<Vec<_>>().join("; "));
    }
    if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization") {
        // The scheme helps: `Basic` where `Bearer` was meant.
        return Cow::Owned(match value.split_once(' ') {
            Some((scheme, _)) => format!("{scheme} {HIDDEN}"),
            None => HIDDEN.to_owned(),
        });
    }
    // A binding may well be called `SESSIONS`; a header of that kind is a key.
    let secret = sounds_secret(name) || name.to_ascii_lowercase().contains("session");
    Cow::Borrowed(if secret { HIDDEN } else { value })
}

/// The value of an env entry as it may be shown.
pub(super) fn binding<'a>(name: &str, value: &'a str, secret: bool) -> &'a str {
    if secret || sounds_secret(name) { HIDDEN } else { value }
}

/// Whether a name announces something that should not be read out.
fn sounds_secret(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "secret",
        "token",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "api-key",
        "api_key",
        "apikey",
        "private",
        "signature",
        "jwt",
        "dsn",
        "assertion",
    ];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
        || name.split(['-', '_']).any(|part| matches!(part, "key" | "auth" | "pass" | "pwd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_recognisable() {
        assert_eq!(header("Authorization", "Bearer abc.def"), format!("Bearer {HIDDEN}"));
        assert_eq!(header("authorization", "abc"), HIDDEN);
        assert_eq!(header("cookie", "sid=1; theme=dark;naked"), format!("sid={HIDDEN}; theme={HIDDEN}; {HIDDEN}"));
        assert_eq!(header("x-api-key", "k"), HIDDEN);
        assert_eq!(header("cf-access-jwt-assertion", "k"), HIDDEN);
        assert_eq!(header("accept", "text/html"), "text/html");
        assert_eq!(header("x-keyboard", "qwerty"), "qwerty");
        assert_eq!(binding("STRIPE_KEY", "sk", false), HIDDEN);
        assert_eq!(header("x-session-id", "k"), HIDDEN);
        assert_eq!(binding("GREETING", "hello", false), "hello");
        assert_eq!(binding("SESSIONS", "SessionStore", false), "SessionStore");
        assert_eq!(binding("GREETING", "hello", true), HIDDEN);
    }
}
