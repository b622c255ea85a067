//! Module rules: which files become modules of their own, and of what kind.
//!
//! User rules come before the defaults. A rule ends the list for its kind unless it says `fallthrough`; the
//! rules after it are *removed*, and a file that would have matched a removed rule is an error rather than a
//! surprise. The texts are those of wrangler.

use serde::Serialize;

use super::glob::Glob;

/// What a rule makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RuleKind {
    /// JavaScript, resolved at run time.
    ESModule,
    /// CommonJS, resolved at run time.
    CommonJS,
    /// A `WebAssembly.Module`.
    CompiledWasm,
    /// A string.
    Text,
    /// An `ArrayBuffer`.
    Data,
    /// Python source; refused.
    PythonModule,
    /// A Python requirement; refused.
    PythonRequirement,
}

/// One entry of the configuration's `rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleRule {
    /// What it makes of a file.
    #[serde(rename = "type")]
    pub kind: RuleKind,
    /// Any of these must match.
    pub globs: Vec<String>,
    /// Whether later rules of the same kind count too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallthrough: Option<bool>,
}

impl ModuleRule {
    fn defaults() -> Vec<Self> {
        let rule = |kind, globs: &[&str]| Self {
            kind,
            globs: globs.iter().map(ToString::to_string).collect(),
            fallthrough: None,
        };
        vec![
            rule(RuleKind::Text, &["**/*.txt", "**/*.html", "**/*.sql"]),
            rule(RuleKind::Data, &["**/*.bin"]),
            rule(RuleKind::CompiledWasm, &["**/*.wasm", "**/*.wasm?module"]),
        ]
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("a rule has only strings and a bool")
    }
}

#[derive(Clone, Debug)]
struct Compiled {
    rule: ModuleRule,
    specifiers: Vec<Glob>,
    paths: Vec<Glob>,
}

impl Compiled {
    fn new(rule: ModuleRule) -> Self {
        let specifiers = rule.globs.iter().map(|glob| Glob::for_specifier(glob)).collect();
        let paths = rule.globs.iter().map(|glob| Glob::for_path(glob)).collect();
        Self { rule, specifiers, paths }
    }
}

/// The rules of a worker, in force and removed.
#[derive(Clone, Debug)]
pub(super) struct RuleSet {
    active: Vec<Compiled>,
    removed: Vec<Compiled>,
    /// What to tell the user about rules that have no effect.
    pub(super) warnings: Vec<String>,
}

/// What the rules say about a specifier or a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No rule speaks about it.
    None,
    /// It becomes a module of this kind.
    Module(RuleKind),
    /// It matches a rule that another one shadows; the sentence says so.
    Shadowed(String),
}

impl RuleSet {
    pub(super) fn new(user: &[ModuleRule]) -> Self {
        let rules: Vec<ModuleRule> = user.iter().cloned().chain(ModuleRule::defaults()).collect();
        let is_default = |index: usize| index >= user.len();
        let mut completed: Vec<(RuleKind, usize, Vec<usize>)> = Vec::new();
        let mut removed = vec![false; rules.len()];
        for (index, rule) in rules.iter().enumerate() {
            if let Some((_, _, redundant)) = completed.iter_mut().find(|(kind, ..)| *kind == rule.kind) {
                redundant.push(index);
                removed[index] = true;
            } else if rule.fallthrough != Some(true) {
                completed.push((rule.kind, index, Vec::new()));
            }
        }
        let warnings = completed
            .iter()
            .filter(|(_, index, redundant)| !redundant.is_empty() && rules[*index].fallthrough != Some(false))
            .map(|(_, index, redundant)| {
                let origin = if is_default(*index) { "default " } else { "" };
                let mut text = format!(
                    "The {origin}module rule {} does not have a fallback, the following rules will be ignored:",
                    rules[*index].json()
                );
                for other in redundant {
                    let suffix = if is_default(*other) { " (DEFAULT)" } else { "" };
                    text.push_str(&format!("\n {}{suffix}", rules[*other].json()));
                }
                text.push_str(
                    "\n\nAdd `fallthrough = true` to rule to allow next rule to be used or `fallthrough = false` \
                     to silence this warning",
                );
                text
            })
            .collect();
        let (mut active, mut shadowed) = (Vec::new(), Vec::new());
        for (rule, removed) in rules.into_iter().zip(removed) {
            let side = if removed { &mut shadowed } else { &mut active };
            side.push(Compiled::new(rule));
        }
        Self { active, removed: shadowed, warnings }
    }

    /// What the rules say about an import. JavaScript rules speak only about files that were collected, which
    /// the caller knows.
    pub(super) fn specifier(&self, specifier: &str) -> Verdict {
        self.verdict(specifier, |compiled| &compiled.specifiers, |kind| !is_javascript(kind))
    }

    /// What the rules say about a file below the module root.
    pub(super) fn path(&self, path: &str) -> Verdict {
        self.verdict(path, |compiled| &compiled.paths, |_| true)
    }

    fn verdict(&self, text: &str, globs: fn(&Compiled) -> &Vec<Glob>, counts: fn(RuleKind) -> bool) -> Verdict {
        let matching = |side: &[Compiled]| {
            side.iter()
                .filter(|compiled| counts(compiled.rule.kind))
                .find(|compiled| globs(compiled).iter().any(|glob| glob.matches(text)))
                .map(|compiled| compiled.rule.clone())
        };
        if let Some(rule) = matching(&self.active) {
            return Verdict::Module(rule.kind);
        }
        match matching(&self.removed) {
            Some(rule) => Verdict::Shadowed(format!(
                "The file {text} matched a module rule in your configuration ({}), but was ignored because a \
                 previous rule with the same type was not marked as `fallthrough = true`.",
                rule.json()
            )),
            None => Verdict::None,
        }
    }
}

/// Whether the kind is JavaScript that stays a module of its own.
pub(super) fn is_javascript(kind: RuleKind) -> bool {
    matches!(kind, RuleKind::ESModule | RuleKind::CommonJS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(kind: RuleKind, glob: &str, fallthrough: Option<bool>) -> ModuleRule {
        ModuleRule { kind, globs: vec![glob.to_string()], fallthrough }
    }

    #[test]
    fn defaults() {
        let rules = RuleSet::new(&[]);
        assert!(rules.warnings.is_empty());
        for (specifier, expected) in [
            ("./a.txt", Verdict::Module(RuleKind::Text)),
            ("./a.html", Verdict::Module(RuleKind::Text)),
            ("./a.sql", Verdict::Module(RuleKind::Text)),
            ("./a.bin", Verdict::Module(RuleKind::Data)),
            ("./a.wasm", Verdict::Module(RuleKind::CompiledWasm)),
            ("./a.wasm?module", Verdict::Module(RuleKind::CompiledWasm)),
            ("./a.md", Verdict::None),
        ] {
            assert_eq!(rules.specifier(specifier), expected, "{specifier}");
        }
    }

    #[test]
    fn a_rule_without_fallthrough_removes_later_ones_and_says_so() {
        let rules = RuleSet::new(&[rule(RuleKind::Text, "**/*.md", None)]);
        assert_eq!(rules.specifier("./a.md"), Verdict::Module(RuleKind::Text));
        assert_eq!(rules.warnings.len(), 1);
        assert_eq!(
            rules.warnings[0],
            "The module rule {\"type\":\"Text\",\"globs\":[\"**/*.md\"]} does not have a fallback, the following \
             rules will be ignored:\n {\"type\":\"Text\",\"globs\":[\"**/*.txt\",\"**/*.html\",\"**/*.sql\"]} \
             (DEFAULT)\n\nAdd `fallthrough = true` to rule to allow next rule to be used or `fallthrough = false` to \
             silence this warning"
        );
        let Verdict::Shadowed(text) = rules.specifier("./a.txt") else { panic!("the default is shadowed") };
        assert!(text.starts_with("The file ./a.txt matched a module rule in your configuration ({\"type\":\"Text\""));
    }

    #[test]
    fn fallthrough_true_keeps_and_false_silences() {
        let kept = RuleSet::new(&[rule(RuleKind::Text, "**/*.md", Some(true))]);
        assert!(kept.warnings.is_empty());
        assert_eq!(kept.specifier("./a.txt"), Verdict::Module(RuleKind::Text));
        let silent = RuleSet::new(&[rule(RuleKind::Text, "**/*.md", Some(false))]);
        assert!(silent.warnings.is_empty());
        assert!(matches!(silent.specifier("./a.txt"), Verdict::Shadowed(_)));
    }

    #[test]
    fn javascript_rules_speak_about_paths_only() {
        let rules = RuleSet::new(&[rule(RuleKind::ESModule, "**/*.mjs", None)]);
        assert_eq!(rules.specifier("./a.mjs"), Verdict::None);
        assert_eq!(rules.path("x/a.mjs"), Verdict::Module(RuleKind::ESModule));
    }
}
