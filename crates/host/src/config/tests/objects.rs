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
        ["K (kv)", "A", "B3 < B2 < B", "C (kv)", "Y"]
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
        &expect![[r#"
            ok
            warning: In your wrangler.json file, you have configured `durable_objects` exported by this Worker (Aa, Bb), but no `migrations` for them. This may not work as expected until you add a `migrations` section to your wrangler.json file.
              --> wrangler.json:2:66
              help: Add the following configuration:
              "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Aa", "Bb"] }]
              Without it a class has the storage of old, which has no SQL.
              Refer to https://developers.cloudflare.com/durable-objects/reference/durable-objects-migrations/ for more details.
        "#]],
    );
    check(
        "wrangler.toml",
        "name = \"w\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2026-01-01\"\n[[durable_objects.bindings]]\nname = \"A\"\nclass_name = \"Aa\"\n",
        &expect![[r#"
            ok
            warning: In your wrangler.toml file, you have configured `durable_objects` exported by this Worker (Aa), but no `migrations` for them. This may not work as expected until you add a `migrations` section to your wrangler.toml file.
              --> wrangler.toml:6:14
              help: Add the following configuration:
              [[migrations]]
              tag = "v1"
              new_sqlite_classes = ["Aa"]
              Without it a class has the storage of old, which has no SQL.
              Refer to https://developers.cloudflare.com/durable-objects/reference/durable-objects-migrations/ for more details.
        "#]],
    );
}

#[test]
fn a_step_needs_the_classes_that_it_is_about() {
    said(
        r#""migrations": [{ "tag": "1", "new_sqlite_classes": ["Room"] }, { "tag": "2", "deleted_classes": ["Rom"] }]"#,
        &expect![[r#"
            error: Cannot apply deleted_classes migration to non-existent class Rom
              --> wrangler.json:2:100
              help: Did you mean "Room"?
        "#]],
    );
    said(
        r#""migrations": [{ "tag": "1", "renamed_classes": [{ "from": "A", "to": "B" }] }]"#,
        &expect![[r#"
        error: Cannot apply renamed_classes migration to non-existent class A
          --> wrangler.json:2:62
          help: No earlier step makes A, by "new_sqlite_classes" or "new_classes".
    "#]],
    );
    said(
        r#""migrations": [{ "tag": "1", "new_classes": ["A"] }, { "tag": "1", "new_sqlite_classes": ["A"] }]"#,
        &expect![[r#"
            warning: The tag "1" is that of an earlier step of "migrations".
              --> wrangler.json:2:65
              help: Give each step a tag of its own: production remembers by it how far it is.
            error: Cannot apply new_sqlite_classes migration to existing class A
              --> wrangler.json:2:93
              help: An earlier step has made A; take it out of this one.
        "#]],
    );
}

#[test]
fn exports_need_what_their_state_needs() {
    said(
        r#""exports": { "A": { "type": "durable-object" }, "B": { "type": "durable-object", "state": "renamed" },
      "C": { "type": "durable-object", "state": "renamed", "renamed_to": "D" },
      "E": { "type": "durable-object", "state": "transferred" },
      "F": { "type": "durable-object", "state": "expecting-transfer", "storage": "sqlite" } }"#,
        &expect![[r#"
            error: "exports.A" with the state "created" needs a "storage" field.
              --> wrangler.json:2:16
              help: Set it to "sqlite" or "legacy-kv".
            error: "exports.B" with the state "renamed" needs a "renamed_to" field.
              --> wrangler.json:2:51
              help: Set it to the class's new name.
            error: "exports.E" with the state "transferred" needs a "transferred_to" field.
              --> wrangler.json:4:7
              help: Set it to the worker that it goes to.
            error: "exports.F" with the state "expecting-transfer" needs a "transfer_from" field.
              --> wrangler.json:5:7
              help: Set it to the worker that it comes from.
            error: "exports.C" is renamed to "D", which is no live entry of "exports".
              --> wrangler.json:3:74
              help: Add "D": { "type": "durable-object", "storage": "sqlite" }.
        "#]],
    );
    said(
        r#""exports": { "A": { "type": "durable-object", "storage": "sqlite" } }, "migrations": [{ "tag": "1" }]"#,
        &expect![[r#"
            error: "migrations" and "exports" both say which Durable Object classes there are.
              --> wrangler.json:2:89
              help: Keep one of them: "exports" replaces "migrations".
        "#]],
    );
}
