//! Which Durable Object classes a configuration has, and what is said about `migrations` and `exports`.

use expect_test::expect;

use super::{Dir, check};

/// `class` for one with SQL, `class (kv)` without, behind it what it was called before.
fn classes(fields: &str) -> Vec<String> {
    let text =
        format!("{{ \"name\": \"w\", \"main\": \"src/index.ts\", \"compatibility_date\": \"2026-01-01\", {fields} }}");
    let loaded = Dir::new(&[("wrangler.json", text.as_bytes())]).load(|_| {}).unwrap();
    let shown = |class: &crate::config::ObjectClass| {
        let mut text = class.class.clone();
        text.push_str(if class.sqlite { "" } else { " (kv)" });
        text.push_str(if class.container { " (container)" } else { "" });
        class.older_names.iter().for_each(|older| text.push_str(&format!(" < {older}")));
        text
    };
    loaded.config.object_classes.iter().map(shown).collect()
}

fn said(fields: &str, expected: &expect_test::Expect) {
    let text = format!(
        "{{ \"name\": \"w\", \"main\": \"src/index.ts\", \"compatibility_date\": \"2026-01-01\",\n  {fields}\n}}"
    );
    check("wrangler.json", text, expected);
}

#[test]
fn migrations_are_taken_step_by_step() {
    assert_eq!(
        classes(
            r#""migrations": [
                { "tag": "1", "new_sqlite_classes": ["A", "B", "C"], "new_classes": ["K"] },
                { "tag": "2", "renamed_classes": [{ "from": "B", "to": "B2" }], "deleted_classes": ["C"] },
                { "tag": "3", "renamed_classes": [{ "from": "B2", "to": "B3" }], "new_classes": ["C"] },
                { "tag": "4", "transferred_classes": [{ "from": "X", "from_script": "other", "to": "Y" }] }
            ]"#
        ),
        ["A", "B3 < B2 < B", "K (kv)", "C (kv)", "Y"]
    );
}

#[test]
fn exports_say_what_has_become_of_each_name() {
    assert_eq!(
        classes(
            r#""exports": {
                "A": { "type": "durable-object", "storage": "sqlite" },
                "K": { "type": "durable-object", "state": "created", "storage": "legacy-kv" },
                "Oldest": { "type": "durable-object", "state": "renamed", "renamed_to": "Old" },
                "Old": { "type": "durable-object", "state": "renamed", "renamed_to": "A" },
                "Gone": { "type": "durable-object", "state": "deleted" },
                "Away": { "type": "durable-object", "state": "transferred", "transferred_to": "other" },
                "In": { "type": "durable-object", "state": "expecting-transfer", "storage": "sqlite", "transfer_from": "o" },
                "E": { "type": "worker" }
            }"#
        ),
        ["A < Old < Oldest", "K (kv)", "In"]
    );
}

#[test]
fn a_bound_class_exists_without_a_migration() {
    let bound = r#""durable_objects": { "bindings": [
        { "name": "A", "class_name": "A" }, { "name": "B", "class_name": "B", "script_name": "w" },
        { "name": "C", "class_name": "C", "script_name": "other" }
    ] }"#;
    assert_eq!(classes(bound), ["A (kv)", "B (kv)"]);
    assert_eq!(
        classes(&format!(
            "{bound}, \"containers\": [{{ \"class_name\": \"A\", \"image\": \"x\" }}],
             \"migrations\": [{{ \"tag\": \"1\", \"new_sqlite_classes\": [\"A\"] }}]"
        )),
        ["A (container)", "B (kv)"]
    );
}

#[test]
fn a_class_without_a_migration_is_warned_of() {
    said(
        r#""durable_objects": { "bindings": [{ "name": "A", "class_name": "Aa" }, { "name": "B", "class_name": "Bb" }] }"#,
        &expect![[r#""#]],
    );
    check(
        "wrangler.toml",
        "name = \"w\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-01-01\"\n[[durable_objects.bindings]]\nname = \"A\"\nclass_name = \"Aa\"\n",
        &expect![[r#""#]],
    );
}

#[test]
fn a_step_needs_the_classes_that_it_is_about() {
    said(
        r#""migrations": [{ "tag": "1", "new_sqlite_classes": ["Room"] }, { "tag": "2", "deleted_classes": ["Rom"] }]"#,
        &expect![[r#""#]],
    );
    said(r#""migrations": [{ "tag": "1", "renamed_classes": [{ "from": "A", "to": "B" }] }]"#, &expect![[r#""#]]);
    said(
        r#""migrations": [{ "tag": "1", "new_classes": ["A"] }, { "tag": "1", "new_sqlite_classes": ["A"] }]"#,
        &expect![[r#""#]],
    );
}

#[test]
fn exports_need_what_their_state_needs() {
    said(
        r#""exports": { "A": { "type": "durable-object" }, "B": { "type": "durable-object", "state": "renamed" },
      "C": { "type": "durable-object", "state": "renamed", "renamed_to": "D" },
      "E": { "type": "durable-object", "state": "transferred" },
      "F": { "type": "durable-object", "state": "expecting-transfer", "storage": "sqlite" } }"#,
        &expect![[r#""#]],
    );
    said(
        r#""exports": { "A": { "type": "durable-object", "storage": "sqlite" } }, "migrations": [{ "tag": "1" }]"#,
        &expect![[r#""#]],
    );
}
