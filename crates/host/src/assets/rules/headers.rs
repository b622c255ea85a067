//! `_headers`: which headers the response for a path gets and loses.
//!
//! All rules that match apply, in the file's order, to every response that comes from the assets: pages, 304s, 404s
//! and redirects. The first rule that sets a header replaces what the response has, the next ones add to it.

use std::collections::HashSet;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::pattern::{Captures, Pattern};
use super::text::{self, UrlCheck};
use super::{Invalid, LINE_UNITS_MAX, Log, Parsed, Target, report};

/// How many rules count. One more does if it is the last of the file, as in production.
const RULES_MAX: usize = 100;

/// What begins the line that takes a header away.
const UNSET: &str = "! ";

const PATH: UrlCheck = UrlCheck { only_relative: false, no_port: true, keep_search_and_hash: false };

/// The rules of a `_headers` file.
#[derive(Debug, Clone, Default)]
pub struct HeaderRules {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    path: String,
    /// `None` if the path can never match.
    pattern: Option<Pattern>,
    /// The path begins with a host. The scheme of a request does not count.
    has_host: bool,
    unset: Vec<String>,
    /// Names in lower case, each once.
    set: Vec<(String, String)>,
}

/// A header of a rule that no response can carry: the answer is a 500 without a body.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("The header \"{name}\" of the rule {path} in _headers has a name or a value that a response cannot carry.")]
pub struct BadHeader {
    /// The name as the file has it.
    pub name: String,
    /// The rule's path.
    pub path: String,
}

impl HeaderRules {
    /// The rules of a file, and what wrangler prints about it. `file` is the file's path for complaints.
    pub fn parse(input: &str, file: &str) -> Parsed<Self> {
        let mut reader = Reader::default();
        let count = text::line_count(input);
        for (number, line) in text::lines(input) {
            if text::units(line) > LINE_UNITS_MAX {
                reader.invalid.push(Invalid::bare(format!(
                    "Ignoring line {number} as it exceeds the maximum allowed length of {LINE_UNITS_MAX}."
                )));
            } else if is_path(line) {
                if reader.rules.len() >= RULES_MAX {
                    let rest = count - (number - 1);
                    reader.invalid.push(Invalid::bare(format!(
                        "Maximum number of rules supported is {RULES_MAX}. Skipping remaining {rest} lines of file."
                    )));
                    break;
                }
                reader.finish(Some(number));
                reader.begin(line, number);
            } else if let Err(message) = reader.header(line) {
                reader.invalid.push(Invalid::at(line, number, message));
            }
        }
        reader.finish(None);
        let mut log = report("header", file, reader.rules.len(), &reader.invalid);
        let rules = Self::build(reader.rules, file, &mut log);
        Parsed { rules, log }
    }

    fn build(lines: Vec<Rule>, file: &str, log: &mut Vec<Log>) -> Self {
        let mut rules: Vec<Rule> = Vec::with_capacity(lines.len());
        for rule in lines {
            if rule.pattern.is_none() {
                log.push(Log::warn(format!(
                    "The header rule {} in {file} never applies: it has more than one splat, or a placeholder more \
                     than once. Give each placeholder a name of its own.",
                    rule.path
                )));
            }
            if let Some(bad) = rule.bad_name() {
                log.push(Log::warn(format!(
                    "The header name \"{bad}\" of the rule {} in {file} is not valid: requests for this path are \
                     answered with a 500.",
                    rule.path
                )));
            }
            // A path that comes again takes the place of the first, with what the second says.
            match rules.iter_mut().find(|earlier| earlier.path == rule.path) {
                Some(earlier) => *earlier = rule,
                None => rules.push(rule),
            }
        }
        Self { rules }
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Applies the rules to the headers of the response for `target`, the URL that was asked for.
    ///
    /// # Errors
    ///
    /// [`BadHeader`]; what `headers` holds then is of no use.
    pub fn apply(&self, target: &Target<'_>, headers: &mut HeaderMap) -> Result<(), BadHeader> {
        if self.rules.is_empty() {
            return Ok(());
        }
        let with_host = if self.rules.iter().any(|rule| rule.has_host) {
            format!("https://{}{}", target.hostname, target.pathname)
        } else {
            String::new()
        };
        let mut set = HashSet::new();
        for rule in &self.rules {
            let path = if rule.has_host { with_host.as_str() } else { target.pathname };
            if let Some(captures) = rule.pattern.as_ref().and_then(|pattern| pattern.captures(path)) {
                rule.apply(&captures, headers, &mut set)?;
            }
        }
        Ok(())
    }
}

impl Rule {
    fn apply<'a>(
        &'a self,
        captures: &Captures<'_>,
        headers: &mut HeaderMap,
        set: &mut HashSet<&'a str>,
    ) -> Result<(), BadHeader> {
        let bad = |name: &str| BadHeader { name: name.to_owned(), path: self.path.clone() };
        for name in &self.unset {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(name))?;
            headers.remove(parsed);
        }
        for (name, value) in &self.set {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(name))?;
            let value = HeaderValue::from_bytes(captures.fill(value).as_bytes()).map_err(|_| bad(name))?;
            if set.insert(name) {
                headers.insert(parsed, value);
            } else {
                headers.append(parsed, value);
            }
        }
        Ok(())
    }

    fn bad_name(&self) -> Option<&str> {
        let names = self.unset.iter().chain(self.set.iter().map(|(name, _)| name));
        names.map(String::as_str).find(|name| HeaderName::from_bytes(name.as_bytes()).is_err())
    }
}

/// Whether a line looks like a path or a URL, and not like a header.
fn is_path(line: &str) -> bool {
    line.starts_with('/')
        || line.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && !scheme.contains(text::is_space))
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    rules: Vec<Rule>,
    invalid: Vec<Invalid>,
    /// The rule whose headers are being read, with its line.
    open: Option<(Rule, String)>,
}

impl Reader {
    fn begin(&mut self, line: &str, number: usize) {
        match text::check_url(line, PATH) {
            Ok(path) => {
                let pattern = Pattern::compile(&path);
                let has_host = text::has_host(&path);
                let rule = Rule { path, pattern, has_host, unset: Vec::new(), set: Vec::new() };
                self.open = Some((rule, line.to_owned()));
            }
            Err(message) => self.invalid.push(Invalid::at(line, number, message)),
        }
    }

    /// Ends the open rule. `number` is the line that ends it, which is where wrangler places the complaint.
    fn finish(&mut self, number: Option<usize>) {
        let Some((rule, line)) = self.open.take() else { return };
        if rule.set.is_empty() && rule.unset.is_empty() {
            self.invalid.push(Invalid { message: "No headers specified".to_owned(), at: Some((line, number)) });
        } else {
            self.rules.push(rule);
        }
    }

    /// Takes a line that is no path. An error is what is wrong with it.
    fn header(&mut self, line: &str) -> Result<(), String> {
        let open = self.open.as_mut().map(|(rule, _)| rule);
        let Some((name, value)) = line.split_once(':') else {
            let Some(rule) = open else {
                return Err("Expected a path beginning with at least one forward-slash".to_owned());
            };
            let Some(name) = line.strip_prefix(UNSET) else {
                return Err("Expected a colon-separated header pair (e.g. name: value)".to_owned());
            };
            rule.unset.push(name.to_owned());
            return Ok(());
        };
        let name = name.trim_matches(text::is_space).to_lowercase();
        let value = value.trim_matches(text::is_space);
        if name.contains(' ') {
            return Err("Header name cannot include spaces".to_owned());
        }
        if name.is_empty() {
            return Err("No header name specified".to_owned());
        }
        if value.is_empty() {
            return Err("No header value specified".to_owned());
        }
        let Some(rule) = open else {
            return Err(format!("Path should come before header ({name}: {value})"));
        };
        match rule.set.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            None => rule.set.push((name, value.to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::super::Level;
    use super::*;

    fn check_log(input: &str, expected: Expect) {
        let log = HeaderRules::parse(input, "public/_headers").log;
        let log: Vec<_> = log.into_iter().map(|log| format!("{:?} {}", log.level, log.text)).collect();
        expected.assert_eq(&log.join("\n"));
    }

    /// The headers that a response with an ETag and a cache header has after the rules.
    fn applied(input: &str, path: &str) -> String {
        let target =
            Target { origin: "http://www.example.com:8787", hostname: "www.example.com", pathname: path, search: "" };
        let mut headers = HeaderMap::new();
        headers.insert("etag", HeaderValue::from_static("\"e\""));
        headers.insert("cache-control", HeaderValue::from_static("public"));
        HeaderRules::parse(input, "_headers").rules.apply(&target, &mut headers).expect("good headers");
        let mut lines: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        lines.join(" | ")
    }

    #[test]
    fn wrong_lines_are_named_as_wrangler_names_them() {
        check_log(
            "X-Early: 1\nwhat\n/t.txt\n  X-A: 1\n  NoColon\n  : novalname\n  novalue:\n  Sp ace: x\n/empty\n\
             https://:sub.example.com:80/*\n  X: y\nftp://x\n  X-Q: 1\n/tail\n",
            expect![[r#"
                Info ✨ Parsed 1 valid header rule.
                Warn Found 12 invalid header rules:
                ▶︎ Path should come before header (x-early: 1)
                    at public/_headers:1 | X-Early: 1

                ▶︎ Expected a path beginning with at least one forward-slash
                    at public/_headers:2 | what

                ▶︎ Expected a colon-separated header pair (e.g. name: value)
                    at public/_headers:5 | NoColon

                ▶︎ No header name specified
                    at public/_headers:6 | : novalname

                ▶︎ No header value specified
                    at public/_headers:7 | novalue:

                ▶︎ Header name cannot include spaces
                    at public/_headers:8 | Sp ace: x

                ▶︎ No headers specified
                    at public/_headers:10 | /empty

                ▶︎ Specifying ports is not supported. Skipping absolute URL https://:sub.example.com:80/*.
                    at public/_headers:10 | https://:sub.example.com:80/*

                ▶︎ Path should come before header (x: y)
                    at public/_headers:11 | X: y

                ▶︎ URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS (e.g. begin with "https://").
                    at public/_headers:12 | ftp://x

                ▶︎ Path should come before header (x-q: 1)
                    at public/_headers:13 | X-Q: 1

                ▶︎ No headers specified
                    at public/_headers | /tail

            "#]],
        );
    }

    #[test]
    fn limits_hold() {
        let rules: String = (0..102).map(|n| format!("/{n}\n  A: b\n")).collect();
        check_log(
            &rules,
            expect![[r#"
                Info ✨ Parsed 101 valid header rules.
                Warn Found 1 invalid header rule:
                ▶︎ Maximum number of rules supported is 100. Skipping remaining 3 lines of file.
            "#]],
        );
        let long = format!("/a\n  A: {}\n", "b".repeat(1998));
        check_log(
            &long,
            expect![[r#"
                Info ✨ Parsed 0 valid header rules.
                Warn Found 2 invalid header rules:
                ▶︎ Ignoring line 2 as it exceeds the maximum allowed length of 2000.
                ▶︎ No headers specified
                    at public/_headers | /a

            "#]],
        );
    }

    #[test]
    fn rules_that_cannot_work_are_named() {
        check_log(
            "/*/*\n  A: b\n/x\n  Na(me: y\n",
            expect![[r#"
                Info ✨ Parsed 2 valid header rules.
                Warn The header rule /*/* in public/_headers never applies: it has more than one splat, or a placeholder more than once. Give each placeholder a name of its own.
                Warn The header name "na(me" of the rule /x in public/_headers is not valid: requests for this path are answered with a 500."#]],
        );
        let target = Target { origin: "http://a", hostname: "a", pathname: "/x", search: "" };
        let rules = HeaderRules::parse("/x\n  ! Bad Name", "_headers").rules;
        let error = rules.apply(&target, &mut HeaderMap::new()).expect_err("no such name");
        assert_eq!(error, BadHeader { name: "Bad Name".to_owned(), path: "/x".to_owned() });
    }

    #[test]
    fn the_first_rule_replaces_and_the_next_ones_add() {
        let rules =
            "/t.txt\n A: 1\n a: 2\n Cache-Control: no-store\n/*\n A: 3\n Set-Cookie: x=1\n/*.txt\n Set-Cookie: y=2\n";
        assert_eq!(
            applied(rules, "/t.txt"),
            "a: 1, 2 | a: 3 | cache-control: no-store | etag: \"e\" | set-cookie: x=1 | set-cookie: y=2"
        );
    }

    #[test]
    fn headers_are_taken_away_before_others_are_set() {
        assert_eq!(applied("/*\n  ! ETag\n  X: y", "/a"), "cache-control: public | x: y");
        assert_eq!(applied("/*\n  X: y\n/a\n  ! x\n  ! cache-control", "/a"), "etag: \"e\"");
        assert_eq!(applied("/*\n  ! ETag\n  etag: mine", "/a"), "cache-control: public | etag: mine");
    }

    #[test]
    fn a_path_that_comes_again_says_it_anew_in_the_first_place() {
        assert_eq!(
            applied("/a\n  X: 1\n/*\n  X: 2\n/a\n  X: 3\n  Y: z", "/a"),
            "cache-control: public | etag: \"e\" | x: 2 | x: 3 | y: z"
        );
    }

    #[test]
    fn values_may_name_what_was_taken() {
        assert_eq!(
            applied("/u/:name/*\n  X: :name/:splat/:none é☃", "/u/a%20b/c/d"),
            "cache-control: public | etag: \"e\" | x: a%20b/c/d/:none é☃"
        );
    }

    #[test]
    fn a_rule_may_name_a_host() {
        let rules = "https://:sub.example.com/*\n  X: :sub\nhttps://other.example/*\n  X: no\n";
        assert_eq!(applied(rules, "/a"), "cache-control: public | etag: \"e\" | x: www");
    }

    proptest! {
        #[test]
        fn any_file_is_read(input in "([/a-c:*#! \t\r\n.]|https://|\n/|\n  X: y|.){0,60}", path in "/[/a-c:]{0,9}") {
            let parsed = HeaderRules::parse(&input, "_headers");
            prop_assert_eq!(parsed.log[0].level, Level::Info);
            let target = Target { origin: "http://a", hostname: "a", pathname: &path, search: "" };
            let _ = parsed.rules.apply(&target, &mut HeaderMap::new());
        }
    }
}
