//! Ties `docs/protocol.md` to the source: every variant and field of the protocol's enums stands in the page, and
//! nothing stands there that is not in the source.
//!
//! The page names an enum in a heading of level two and each variant, with its fields, in a heading of level three.

use std::collections::BTreeMap;

/// The enums that the page must have.
const ENUMS: &[&str] = &[
    "ToGuest",
    "FromGuest",
    "Answer",
    "Death",
    "EventOutcome",
    "Body",
    "ToReceiver",
    "ToSender",
    "D1Call",
    "D1Answer",
    "KvCall",
    "KvAnswer",
    "R2Call",
    "R2Value",
    "R2Answer",
    "R2Range",
    "R2Etag",
    "SocketFrame",
    "CacheCall",
    "CacheAnswer",
    "InspectCall",
    "InspectAnswer",
];

const SOURCES: &[&str] = &[
    include_str!("../src/error.rs"),
    include_str!("../src/d1.rs"),
    include_str!("../src/fetch.rs"),
    include_str!("../src/kv.rs"),
    include_str!("../src/message.rs"),
    include_str!("../src/r2.rs"),
    include_str!("../src/stream.rs"),
    include_str!("../src/websocket.rs"),
    include_str!("../src/worker.rs"),
    include_str!("../src/cache.rs"),
    include_str!("../src/inspect.rs"),
];

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// Variants of each enum as one line each: `Name`, `Name(Type)` or `Name { field, field }`.
type Enums = BTreeMap<String, Vec<String>>;

#[test]
fn page_and_source_agree() {
    let source = SOURCES.iter().flat_map(|text| enums_of_source(text)).collect::<Enums>();
    let page = enums_of_page(PAGE);
    for name in ENUMS {
        let source = source.get(*name).unwrap_or_else(|| panic!("no `pub enum {name}` in the sources"));
        let page = page.get(*name).unwrap_or_else(|| panic!("docs/protocol.md has no heading \"## `{name}`\""));
        let missing: Vec<_> = source.iter().filter(|variant| !page.contains(variant)).collect();
        let stale: Vec<_> = page.iter().filter(|variant| !source.contains(variant)).collect();
        assert!(
            missing.is_empty() && stale.is_empty(),
            "docs/protocol.md, {name}: not in the page: {missing:?}; only in the page: {stale:?}"
        );
    }
    let extra: Vec<_> = page.keys().filter(|name| !ENUMS.contains(&name.as_str())).collect();
    assert!(extra.is_empty(), "docs/protocol.md describes enums that this test does not know: {extra:?}");
}

#[test]
fn every_variant_says_something() {
    let mut heading: Option<&str> = None;
    for line in PAGE.lines().chain(["## end"]) {
        if line.starts_with('#') {
            assert_eq!(heading, None, "docs/protocol.md: nothing is said below {heading:?}");
            heading = line.strip_prefix("### `");
        } else if !line.trim().is_empty() {
            heading = None;
        }
    }
}

/// Reads the enums off rustfmt's layout: variants are indented by four spaces, their fields by eight.
fn enums_of_source(text: &str) -> Enums {
    let mut enums = Enums::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("pub enum ") {
            let name = rest.trim_end_matches(" {").to_string();
            enums.insert(name.clone(), Vec::new());
            current = Some(name);
            continue;
        }
        if line == "}" {
            current = None;
        }
        let Some(variants) = current.as_ref().and_then(|name| enums.get_mut(name)) else { continue };
        let code = line.trim();
        if code.is_empty() || code.starts_with("//") || code.starts_with("#[") {
            continue;
        }
        match line.len() - line.trim_start().len() {
            4 if code == "}," => variants.last_mut().expect("a brace closes a variant").push_str(" }"),
            4 => variants.push(code.trim_end_matches(',').trim_end_matches(" {").to_string()),
            8 => {
                let field = code.split(':').next().expect("split yields at least one part");
                let variant = variants.last_mut().expect("a field belongs to a variant");
                variant.push_str(if variant.contains('{') { ", " } else { " { " });
                variant.push_str(field);
            }
            _ => panic!("cannot read this line of an enum: {line}"),
        }
    }
    enums
}

/// Reads ``## `Enum` `` and ``### `Variant…` `` headings.
fn enums_of_page(text: &str) -> Enums {
    let mut enums = Enums::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("## ") {
            current = rest.trim_matches('`').to_string();
            if rest.starts_with('`') {
                enums.insert(current.clone(), Vec::new());
            }
        } else if let Some(rest) = line.strip_prefix("### `") {
            let variants = enums.get_mut(&current).unwrap_or_else(|| panic!("a variant outside an enum: {line}"));
            variants.push(rest.trim_end_matches('`').to_string());
        }
    }
    enums
}

#[test]
fn the_reader_reads_every_shape() {
    let read = enums_of_source(
        "/// Doc.\n#[derive(Debug)]\npub enum Shape {\n    /// Nothing.\n    Unit,\n    /// One.\n    Tuple(Vec<u8>),\n    \
         /// Two.\n    Fields {\n        /// A.\n        a: u8,\n        /// B.\n        b: Option<u8>,\n    },\n}\n",
    );
    assert_eq!(read["Shape"], ["Unit", "Tuple(Vec<u8>)", "Fields { a, b }"]);
}
