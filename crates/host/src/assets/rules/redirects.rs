//! `_redirects`: from a path to another path or site, one rule a line.
//!
//! Rules without a splat or placeholder that stand before the first one that has any are static: they are looked up,
//! and they win. All others are tried in the file's order. The query of a request does not count for a match and is
//! carried over unless the destination has one of its own.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::pattern::Pattern;
use super::text::{self, UrlCheck};
use super::{Invalid, LINE_UNITS_MAX, Log, Parsed, Target, report};

/// How many static rules count.
const STATIC_RULES_MAX: usize = 2000;
/// How many dynamic rules count.
const DYNAMIC_RULES_MAX: usize = 100;

const FROM: UrlCheck = UrlCheck { only_relative: true, no_port: true, keep_search_and_hash: false };
const TO: UrlCheck = UrlCheck { only_relative: false, no_port: false, keep_search_and_hash: true };

/// What else is known when `_redirects` is read.
#[derive(Debug, Clone, Copy)]
pub struct RedirectOptions<'a> {
    /// `html_handling` is `none`: nothing takes `/index` away, so that a rule from `/` to it makes no loop.
    pub html_handling_none: bool,
    /// The file's path for complaints.
    pub file: &'a str,
}

/// The rules of a `_redirects` file.
#[derive(Debug, Clone, Default)]
pub struct Redirects {
    fixed: HashMap<String, Destination>,
    dynamic: Vec<Dynamic>,
}

#[derive(Debug, Clone)]
struct Destination {
    status: u16,
    to: String,
}

#[derive(Debug, Clone)]
struct Dynamic {
    from: Pattern,
    destination: Destination,
}

/// What a request's rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The asset at this path is the answer, under the URL that was asked for. If there is none, the answer is a 404
    /// and the worker is not asked.
    Rewrite {
        /// Encoded, as a URL has it.
        pathname: String,
    },
    /// The answer is a redirect.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// A path if it leads to the same origin, else a whole URL.
        location: String,
    },
    /// The rule's destination is no URL: the answer is a 500 without a body.
    Broken,
}

/// A line that is right.
struct Line {
    from: String,
    destination: Destination,
    number: usize,
}

impl Redirects {
    /// The rules of a file, and what wrangler prints about it.
    pub fn parse(input: &str, options: &RedirectOptions<'_>) -> Parsed<Self> {
        let mut reader = Reader::default();
        let count = text::line_count(input);
        for (number, line) in text::lines(input) {
            match reader.line(line, number, count, options) {
                Ok(rule) => reader.rules.push(rule),
                Err(Refusal::Skip(invalid)) => reader.invalid.push(invalid),
                Err(Refusal::Stop(invalid)) => {
                    reader.invalid.push(invalid);
                    break;
                }
            }
        }
        let mut log = report("redirect", options.file, reader.rules.len(), &reader.invalid);
        let rules = Self::build(reader.rules, options.file, &mut log);
        Parsed { rules, log }
    }

    fn build(lines: Vec<Line>, file: &str, log: &mut Vec<Log>) -> Self {
        let mut rules = Self::default();
        let mut warnings = Vec::new();
        for Line { from, destination, number } in lines {
            if !text::is_dynamic(&from) {
                if rules.dynamic.is_empty() && warnings.is_empty() {
                    rules.fixed.insert(from, destination);
                    continue;
                }
                let Destination { status, to } = &destination;
                log.push(Log::info(format!(
                    "The redirect rule {from} → {status} {to} could be made more performant by bringing it above any \
                     lines with splats or placeholders."
                )));
            }
            match Pattern::compile(&from) {
                Some(pattern) => rules.dynamic.push(Dynamic { from: pattern, destination }),
                None => warnings.push(Log::warn(format!(
                    "The redirect rule {from} at {file}:{number} never applies: it has more than one splat, or a \
                     placeholder more than once. Give each placeholder a name of its own."
                ))),
            }
        }
        log.append(&mut warnings);
        rules
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.dynamic.is_empty()
    }

    /// What the rules say about a request.
    pub fn find(&self, target: &Target<'_>) -> Option<Found> {
        if self.is_empty() {
            return None;
        }
        if let Some(Destination { status, to }) = self.fixed.get(target.pathname) {
            return Some(lead(*status, to, target));
        }
        self.dynamic.iter().find_map(|Dynamic { from, destination }| {
            let captures = from.captures(target.pathname)?;
            let filled = captures.fill(&destination.to);
            let filled = filled.trim_matches(text::is_space);
            let to = if names_scheme(filled) { filled.to_owned() } else { with_single_slashes(filled) };
            Some(lead(destination.status, &to, target))
        })
    }
}

fn lead(status: u16, to: &str, target: &Target<'_>) -> Found {
    let joined = Url::parse(target.origin).and_then(|origin| Ok((origin.join(to)?, origin)));
    let Ok((destination, origin)) = joined else { return Found::Broken };
    if status == 200 {
        return Found::Rewrite { pathname: destination.path().to_owned() };
    }
    let own_search = text::search(&destination);
    let search = if own_search.is_empty() { target.search } else { &own_search };
    let hash = destination.fragment().filter(|hash| !hash.is_empty()).map(|hash| format!("#{hash}"));
    let hash = hash.unwrap_or_default();
    let base = if destination.origin() == origin.origin() {
        destination.path()
    } else {
        let whole = destination.as_str();
        &whole[..whole.len() - own_search.len() - hash.len()]
    };
    Found::Redirect { status, location: format!("{base}{search}{hash}") }
}

/// Whether text begins with a scheme and `://`.
fn names_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn with_single_slashes(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '/' || !single.ends_with('/') {
            single.push(c);
        }
    }
    single
}

/// Why a line gives no rule.
enum Refusal {
    /// The line is left out.
    Skip(Invalid),
    /// The line and all after it are left out.
    Stop(Invalid),
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    rules: Vec<Line>,
    invalid: Vec<Invalid>,
    seen: HashSet<String>,
    static_rules: usize,
    dynamic_rules: usize,
}

impl Reader {
    /// The rule of one line. The order of the checks decides which complaint a line gets, and which wrong lines count
    /// towards a limit.
    fn line(
        &mut self,
        line: &str,
        number: usize,
        count: usize,
        options: &RedirectOptions<'_>,
    ) -> Result<Line, Refusal> {
        let skip = |message: String| Refusal::Skip(Invalid::at(line, number, message));
        if text::units(line) > LINE_UNITS_MAX {
            return Err(Refusal::Skip(Invalid::bare(format!(
                "Ignoring line {number} as it exceeds the maximum allowed length of {LINE_UNITS_MAX}."
            ))));
        }
        let tokens: Vec<&str> = text::without_comment(line).split(text::is_space).filter(|t| !t.is_empty()).collect();
        let (from, to, status) = match tokens[..] {
            [from, to] => (from, to, "302"),
            [from, to, status] => (from, to, status),
            _ => {
                let got = tokens.len();
                return Err(skip(format!("Expected exactly 2 or 3 whitespace-separated tokens. Got {got}.")));
            }
        };
        let from = text::check_url(from, FROM).map_err(skip)?;
        self.count(&from, number, count)?;
        let to = text::check_url(to, TO).map_err(skip)?;
        let status = text::status(status).filter(|n| matches!(n, 200 | 301..=303 | 307 | 308)).ok_or_else(|| {
            skip(format!("Valid status codes are 200, 301, 302 (default), 303, 307, or 308. Got {status}."))
        })?;
        if loops(&from, &to, options.html_handling_none) {
            return Err(skip(
                "Infinite loop detected in this rule and has been ignored. This will cause a redirect to strip \
                 `.html` or `/index` and end up triggering this rule again. Please fix or remove this rule to \
                 silence this warning."
                    .to_owned(),
            ));
        }
        if !self.seen.insert(from.clone()) {
            return Err(skip(format!("Ignoring duplicate rule for path {from}.")));
        }
        if status == 200 && text::has_host(&to) {
            return Err(skip(format!("Proxy (200) redirects can only point to relative paths. Got {to}")));
        }
        Ok(Line { from, destination: Destination { status, to }, number })
    }

    /// Counts a rule towards the limits. From the first dynamic rule on each one counts as dynamic.
    fn count(&mut self, from: &str, number: usize, count: usize) -> Result<(), Refusal> {
        if self.dynamic_rules == 0 && !text::is_dynamic(from) {
            self.static_rules += 1;
            if self.static_rules > STATIC_RULES_MAX {
                return Err(Refusal::Skip(Invalid::bare(format!(
                    "Maximum number of static rules supported is {STATIC_RULES_MAX}. Skipping line."
                ))));
            }
            return Ok(());
        }
        self.dynamic_rules += 1;
        if self.dynamic_rules > DYNAMIC_RULES_MAX {
            let rest = count - (number - 1);
            return Err(Refusal::Stop(Invalid::bare(format!(
                "Maximum number of dynamic rules supported is {DYNAMIC_RULES_MAX}. Skipping remaining {rest} lines of \
                 file."
            ))));
        }
        Ok(())
    }
}

/// Whether the canonical redirect of a page would lead back to the rule.
fn loops(from: &str, to: &str, html_handling_none: bool) -> bool {
    if text::has_host(to) || !(from.ends_with("/*") || from.ends_with('/') && !html_handling_none) {
        return false;
    }
    // `/index`, any character, `html`; or `/index`.
    to.ends_with("/index")
        || to.strip_suffix("html").is_some_and(|rest| {
            let mut chars = rest.chars();
            chars.next_back().is_some() && chars.as_str().ends_with("/index")
        })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::super::Level;
    use super::*;

    const OPTIONS: RedirectOptions<'static> = RedirectOptions { html_handling_none: false, file: "public/_redirects" };

    fn parse(input: &str) -> Parsed<Redirects> {
        Redirects::parse(input, &OPTIONS)
    }

    fn check_log(input: &str, expected: Expect) {
        let log: Vec<_> = parse(input).log.into_iter().map(|log| format!("{:?} {}", log.level, log.text)).collect();
        expected.assert_eq(&log.join("\n"));
    }

    /// Where a request is led, as `status location`.
    fn led(input: &str, path: &str) -> String {
        let (pathname, search) = path.find('?').map_or((path, ""), |at| path.split_at(at));
        let target = Target { origin: "http://localhost:8787", hostname: "localhost", pathname, search };
        match parse(input).rules.find(&target) {
            None => "-".to_owned(),
            Some(Found::Rewrite { pathname }) => format!("200 {pathname}"),
            Some(Found::Redirect { status, location }) => format!("{status} {location}"),
            Some(Found::Broken) => "broken".to_owned(),
        }
    }

    #[test]
    fn wrong_lines_are_named_as_wrangler_names_them() {
        check_log(
            "\u{feff}# c\n/a /b\n/a /c\n/bad nope 301\r\n/bad2 /x 400\n/bad3\n/bad4 # c\nhttps://h.example/x /y\n\
             /rwabs https://x.example/ 200\n/loop/ /index.html\n/* /index.html 200\n/s/* /t\n/late /late2",
            expect![[r#"
                Info ✨ Parsed 3 valid redirect rules.
                Warn Found 9 invalid redirect rules:
                ▶︎ Ignoring duplicate rule for path /a.
                    at public/_redirects:3 | /a /c

                ▶︎ URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS (e.g. begin with "https://").
                    at public/_redirects:4 | /bad nope 301

                ▶︎ Valid status codes are 200, 301, 302 (default), 303, 307, or 308. Got 400.
                    at public/_redirects:5 | /bad2 /x 400

                ▶︎ Expected exactly 2 or 3 whitespace-separated tokens. Got 1.
                    at public/_redirects:6 | /bad3

                ▶︎ Expected exactly 2 or 3 whitespace-separated tokens. Got 1.
                    at public/_redirects:7 | /bad4 # c

                ▶︎ Only relative URLs are allowed. Skipping absolute URL https://h.example/x.
                    at public/_redirects:8 | https://h.example/x /y

                ▶︎ Proxy (200) redirects can only point to relative paths. Got https://x.example/
                    at public/_redirects:9 | /rwabs https://x.example/ 200

                ▶︎ Infinite loop detected in this rule and has been ignored. This will cause a redirect to strip `.html` or `/index` and end up triggering this rule again. Please fix or remove this rule to silence this warning.
                    at public/_redirects:10 | /loop/ /index.html

                ▶︎ Infinite loop detected in this rule and has been ignored. This will cause a redirect to strip `.html` or `/index` and end up triggering this rule again. Please fix or remove this rule to silence this warning.
                    at public/_redirects:11 | /* /index.html 200


                Info The redirect rule /late → 302 /late2 could be made more performant by bringing it above any lines with splats or placeholders."#]],
        );
    }

    #[test]
    fn a_good_file_says_how_many_rules_it_has() {
        check_log("/a /b", expect!["Info ✨ Parsed 1 valid redirect rule."]);
        check_log("", expect!["Info ✨ Parsed 0 valid redirect rules."]);
    }

    #[test]
    fn a_rule_that_never_applies_is_named() {
        check_log(
            "/*/x/* /y",
            expect![[r#"
                Info ✨ Parsed 1 valid redirect rule.
                Warn The redirect rule /*/x/* at public/_redirects:1 never applies: it has more than one splat, or a placeholder more than once. Give each placeholder a name of its own."#]],
        );
        assert_eq!(led("/*/x/* /y", "/a/x/b"), "-");
    }

    #[test]
    fn limits_hold() {
        let fixed: String = (0..2001).map(|n| format!("/s{n} /t\n")).collect();
        let dynamic: String = (0..100).map(|n| format!("/d{n}/* /t\n")).collect();
        check_log(
            &format!("{fixed}{dynamic}/x/* /y\n/z /y\n/{} /y", "l".repeat(2000)),
            expect![[r#"
                Info ✨ Parsed 2100 valid redirect rules.
                Warn Found 2 invalid redirect rules:
                ▶︎ Maximum number of static rules supported is 2000. Skipping line.
                ▶︎ Maximum number of dynamic rules supported is 100. Skipping remaining 3 lines of file.
            "#]],
        );
        check_log(
            &format!("/{} /yy", "é".repeat(1995)),
            expect![[r#"
                Info ✨ Parsed 1 valid redirect rule."#]],
        );
        check_log(
            &format!("/{} /yy", "é".repeat(1996)),
            expect![[r#"
                Info ✨ Parsed 0 valid redirect rules.
                Warn Found 1 invalid redirect rule:
                ▶︎ Ignoring line 1 as it exceeds the maximum allowed length of 2000.
            "#]],
        );
    }

    #[test]
    fn the_query_is_carried_over_unless_there_is_one() {
        assert_eq!(led("/a /b", "/a?x=1"), "302 /b?x=1");
        assert_eq!(led("/a /b?y=2#f 307", "/a?x=1"), "307 /b?y=2#f");
        assert_eq!(led("/a https://example.com/x?y=1#z 301", "/a?x=1"), "301 https://example.com/x?y=1#z");
        assert_eq!(led("/a https://example.com/#z 308", "/a?x=1"), "308 https://example.com/?x=1#z");
        assert_eq!(led("/a?ignored=1 /b", "/a?x=1"), "302 /b?x=1");
        assert_eq!(led("/a https://localhost:8787/b 303", "/a"), "303 https://localhost:8787/b");
    }

    #[test]
    fn static_rules_win_and_dynamic_ones_go_in_order() {
        let rules = "/a/b /one\n/a/* /two/:splat\n/a/:x /three\n/a/c /four";
        assert_eq!(led(rules, "/a/b"), "302 /one");
        assert_eq!(led(rules, "/a/c"), "302 /two/c");
        assert_eq!(led(rules, "/b"), "-");
        assert_eq!(led("/%C3%BC /ö", "/%C3%BC"), "302 /%C3%B6");
    }

    #[test]
    fn what_was_taken_goes_into_the_destination() {
        assert_eq!(led("/p/:id/x /out/:id/:nope?w=:id", "/p/1%2F2/x?r"), "302 /out/1%2F2/:nope?w=1%2F2");
        assert_eq!(led("/s/* /o/:splat/*", "/s/a//b"), "302 /o/a/b/*");
        assert_eq!(led("/s/* //:splat", "/s/evil.example"), "302 /evil.example");
        assert_eq!(led("/s/* https://example.com/:splat", "/s/https://x//y"), "302 https://example.com/https://x//y");
        assert_eq!(led("/users/:id /users/id.html 200", "/users/7"), "200 /users/id.html");
    }

    #[test]
    fn a_static_destination_may_leave_the_site_by_two_slashes() {
        assert_eq!(led("/dd //other.example/p", "/dd"), "302 http://other.example/p");
        assert_eq!(led("/dd //[/p", "/dd"), "broken");
    }

    #[test]
    fn a_page_may_lead_to_index_where_nothing_takes_it_away() {
        let options = RedirectOptions { html_handling_none: true, ..OPTIONS };
        assert!(!Redirects::parse("/ /index.html", &options).rules.is_empty());
        assert!(Redirects::parse("/* /index.html", &options).rules.is_empty());
        assert!(parse("/ /index.html").rules.is_empty());
        assert!(parse("/a/ /b/index").rules.is_empty());
        assert!(!parse("/ https://example.com/index.html").rules.is_empty());
        assert!(!parse("/ /index.html#x").rules.is_empty());
    }

    proptest! {
        #[test]
        fn any_file_is_read(input in "([/a-c:*# \t\r\n.?]|https://|index|301|200|.){0,60}", path in "/[/a-c:]{0,9}") {
            let parsed = parse(&input);
            prop_assert_eq!(parsed.log[0].level, Level::Info);
            led(&input, &path);
        }
    }
}
