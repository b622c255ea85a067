//! The env entries that a configuration asks for, and the rule that each name is asked for once.

use std::ops::Range;

use super::diagnostics::Diagnostic;
use super::environments::Settings;
use super::schema::{KEYS, Key, Source};
use super::suggest;
use super::tree::Node;
use super::validate::Checker;

/// The env entries of Workers Sites.
pub const SITE_NAMES: [&str; 2] = ["__STATIC_CONTENT", "__STATIC_CONTENT_MANIFEST"];

/// Places that are shown of one name.
const PLACES_MAX: usize = 4;

/// One env entry that a key asks for.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    /// The key.
    pub key: &'static Key,
    /// The entry's name.
    pub name: &'a str,
    /// Where the name is written.
    pub range: Range<usize>,
    /// The binding's own configuration.
    pub node: &'a Node,
}

/// Everything that asks for an env entry, key by key.
pub fn bindings<'a>(settings: &Settings<'a>) -> Vec<Binding<'a>> {
    KEYS.iter()
        .filter_map(|key| Some((key, settings.get(key.name)?)))
        .flat_map(|(key, node)| of_key(key, node))
        .collect()
}

fn of_key<'a>(key: &'static Key, node: &'a Node) -> Vec<Binding<'a>> {
    let one = |node: &'a Node, field: &str| {
        let name = node.as_object()?.get(field)?;
        Some(Binding { key, name: name.as_str()?, range: name.range.clone(), node })
    };
    let many = |list: Option<&'a Node>, field: &str| -> Vec<Binding<'a>> {
        list.and_then(Node::as_array).unwrap_or_default().iter().filter_map(|item| one(item, field)).collect()
    };
    let inner = |name: &str| node.as_object().and_then(|object| object.get(name));
    match key.source {
        Source::None => Vec::new(),
        Source::Items(field) => many(Some(node), field),
        Source::Bindings => many(inner("bindings"), "name"),
        Source::Producers => many(inner("producers"), "binding"),
        Source::Single => one(node, "binding").into_iter().collect(),
        Source::Names => node
            .as_object()
            .into_iter()
            .flat_map(|object| object.iter())
            .map(|entry| Binding { key, name: &entry.key, range: entry.key_range.clone(), node: &entry.value })
            .collect(),
        Source::Site => {
            SITE_NAMES.into_iter().map(|name| Binding { key, name, range: node.range.clone(), node }).collect()
        }
    }
}

/// Reports names that are asked for more than once.
pub fn check_unique(checker: &mut Checker<'_>, settings: &Settings<'_>) {
    let mut uses: Vec<(&str, &str, Range<usize>)> =
        bindings(settings).into_iter().map(|binding| (binding.name, binding.key.friendly, binding.range)).collect();
    let required = settings.get("secrets").and_then(|node| node.as_object()?.get("required")?.as_array());
    for secret in required.unwrap_or_default() {
        if let Some(name) = secret.as_str() {
            uses.push((name, "Secret", secret.range.clone()));
        }
    }
    // Stable: within a name the order of the table stays, which is the order of wrangler's sentence.
    uses.sort_by_key(|(name, ..)| *name);
    for group in uses.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        report(checker, group);
    }
}

fn report(checker: &mut Checker<'_>, group: &[(&str, &str, Range<usize>)]) {
    let name = group[0].0;
    let mut kinds: Vec<&str> = Vec::new();
    let mut repeated: Vec<&str> = Vec::new();
    for (_, kind, _) in group {
        if !kinds.contains(kind) {
            kinds.push(kind);
        } else if !repeated.contains(kind) {
            repeated.push(kind);
        }
    }
    let mut messages = Vec::new();
    if kinds.len() > 1 {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_string()).collect();
        messages.push(format!("{name} assigned to {} bindings.", suggest::all(&kinds)));
    }
    messages.extend(repeated.iter().map(|kind| format!("{name} assigned to multiple {kind} bindings.")));
    let mut places: Vec<(&str, Range<usize>)> = group.iter().map(|(_, kind, range)| (*kind, range.clone())).collect();
    places.sort_by_key(|(_, range)| range.start);
    for message in messages {
        let mut diagnostic = Diagnostic::error("duplicate-binding", message);
        for (kind, range) in places.iter().rev().take(PLACES_MAX) {
            diagnostic = diagnostic.at(checker.file, range.clone(), *kind);
        }
        checker.found.push(diagnostic.help(
            "Bindings must have unique names, so that they can all be referenced in the worker.\nPlease change your bindings to have unique names.",
        ));
    }
}
