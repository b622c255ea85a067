//! The table of keys in `docs/configuration.md` says what the code does.

use std::collections::BTreeMap;

use super::super::schema::{Effect, KEYS, Key, Place};

/// The row of a key: how environments see it, and what lopata does with it.
type Row = (String, String);

fn documented() -> BTreeMap<String, Row> {
    let text = include_str!("../../../../../docs/configuration.md");
    let section =
        text.split("\n## ").find(|section| section.starts_with("Top-level keys")).expect("the section is there");
    let mut rows = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [key, place, effect, _] = cells[..] else { panic!("a row has four cells: {line}") };
        let old = rows.insert(key.trim_matches('`').to_string(), (place.to_string(), effect.to_string()));
        assert!(old.is_none(), "{key} is there twice");
    }
    rows
}

fn words(key: &Key) -> Row {
    let place = match key.place {
        Place::Inherited => "inherited",
        Place::NotInherited => "not inherited",
        Place::TopLevelOnly => "top level only",
    };
    let effect = match key.effect {
        Effect::Works => "works",
        Effect::Ignored => "ignored",
        Effect::Throws => "throws",
    };
    (place.to_string(), effect.to_string())
}

#[test]
fn every_key_is_documented_as_it_is() {
    let code: BTreeMap<String, Row> = KEYS.iter().map(|key| (key.name.to_string(), words(key))).collect();
    assert_eq!(documented(), code);
}
