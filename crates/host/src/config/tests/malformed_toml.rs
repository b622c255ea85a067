//! Malformed `wrangler.toml` files, each with the sentence and the position it gets.

use expect_test::{Expect, expect};

use super::{Dir, check, report};

/// `text` behind a configuration that is right. `text` starts on line 3.
fn toml(text: &str, expected: &Expect) {
    check("wrangler.toml", format!("main = 'src/index.ts'\ncompatibility_date = '2026-01-01'\n{text}\n"), expected);
}

#[test]
fn syntax() {
    check(
        "wrangler.toml",
        "",
        &expect![[r#"
        error: Missing entry-point to Worker script or to assets directory
          --> wrangler.toml:1:1
          help: Add main = "src/index.ts" to the configuration.
        warning: No compatibility_date was specified. Using the default compatibility date: 2026-01-15.
          --> wrangler.toml:1:1
          help: Add compatibility_date = "2026-01-15" to the configuration.
    "#]],
    );
    toml(
        "name = ",
        &expect![[r#"
        error: Expected a value.
          --> wrangler.toml:3:8
    "#]],
    );
    toml(
        "name = worker",
        &expect![[r#"
        error: String values must be quoted.
          --> wrangler.toml:3:8
    "#]],
    );
    toml(
        "name = 'a",
        &expect![[r#"
        error: Invalid literal string, expected `'`.
          --> wrangler.toml:3:10
    "#]],
    );
    toml(
        "[vars",
        &expect![[r#"
        error: Unclosed table, expected `]`.
          --> wrangler.toml:3:6
    "#]],
    );
    toml(
        "name 'a'",
        &expect![[r#"
        error: Key with no value, expected `=`.
          --> wrangler.toml:3:6
    "#]],
    );
    toml(
        "x = 1 y = 2",
        &expect![[r#"
        error: String values must be quoted.
          --> wrangler.toml:3:5
        error: Unexpected key or value, expected newline, `#`.
          --> wrangler.toml:3:9
    "#]],
    );
    toml(
        "main = 'again'",
        &expect![[r#"
        error: The key "main" is set twice.
          --> wrangler.toml:3:1
    "#]],
    );
    toml(
        "[vars]\nA = 1\n[vars]\nB = 1",
        &expect![[r#"
        error: The key "vars" is set twice.
          --> wrangler.toml:5:2
    "#]],
    );
    toml(
        "name = \"\\q\"\nminify = tru\n[[x]",
        &expect![[r#"
        error: Missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\`, `"`, `x`, `u`, `U`.
          --> wrangler.toml:3:10
        error: Invalid boolean, expected `true`.
          --> wrangler.toml:4:10
        error: Unclosed array table, expected `]`.
          --> wrangler.toml:5:5
    "#]],
    );
    toml(
        "[vars]\nA = 99999999999999999999",
        &expect![[r#"
        error: The number 99999999999999999999 is out of range.
          --> wrangler.toml:4:5
    "#]],
    );
}

#[test]
fn tables_and_arrays() {
    toml(
        "[kv_namespaces]\nbinding = 'A'",
        &expect![[r#"
        error: The field "kv_namespaces" should be an array but got {"binding":"A"}.
          --> wrangler.toml:3:1
          help: An item of an array is written [[kv_namespaces]].
    "#]],
    );
    toml(
        "[[build]]\ncommand = 'x'",
        &expect![[r#"
        error: The field "build" should be an object but got [{"command":"x"}].
          --> wrangler.toml:3:1
          help: A table is written [build], with one bracket.
    "#]],
    );
    toml(
        "[[kv_namespaces]]\nid = 'x'\n\n[[kv_namespaces]]\nbinding = 'B'\nid = 5",
        &expect![[r#"
        error: "kv_namespaces[0]" bindings should have a string "binding" field but got {"id":"x"}.
          --> wrangler.toml:3:1
          help: Add binding = ….
        error: "kv_namespaces[1]" bindings should have a string "id" field but got {"binding":"B","id":5}.
          --> wrangler.toml:8:6
          help: Put it in quotes: "5".
    "#]],
    );
    toml(
        "[build]\ncommand = 'x'\nminify = true",
        &expect![[r#"
        ok
        warning: Unexpected fields found in build field: "minify"
          --> wrangler.toml:5:1
          help: "minify" is a top-level key: move it above the first [table].
    "#]],
    );
    toml(
        "[vars]\nD = 2024-01-01",
        &expect![[r#"
        error: The field "vars.D" is a TOML date, which is not supported. Please use a string instead, e.g. D = "2024-01-01".
          --> wrangler.toml:4:5
          help: Put it in quotes: "2024-01-01".
    "#]],
    );
    check(
        "wrangler.toml",
        "main = 'src/index.ts'\ncompatibility_date = 2026-01-01",
        &expect![[r#"
        error: Expected "compatibility_date" to be of type string but got "2026-01-01".
          --> wrangler.toml:2:22
          help: Put it in quotes: "2026-01-01".
    "#]],
    );
    check(
        "wrangler.toml",
        "compatibility_date = '2026-01-01'\n[build]\nmain = 'src/index.ts'",
        &expect![[r#"
        warning: Unexpected fields found in build field: "main"
          --> wrangler.toml:3:1
          help: "main" is a top-level key: move it above the first [table].
        error: Missing entry-point to Worker script or to assets directory
          --> wrangler.toml:1:1
          help: Add main = "src/index.ts" to the configuration.
    "#]],
    );
}

#[test]
fn nesting_does_not_end_the_process() {
    let key = format!("{}a", "a.".repeat(70));
    let inline = format!("{key} = {{ ").repeat(79) + "a = 1" + &" }".repeat(79);
    let texts = [
        format!("a = {}{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("{}a = 1", "a.".repeat(200_000)),
        format!("vars.{}a = 1", "a.".repeat(70)),
        format!("[{}a]", "a.".repeat(5000)),
        inline,
    ];
    for text in texts {
        let dir = Dir::new(&[("wrangler.toml", text.as_bytes())]);
        assert!(!report(&dir.load(|_| {})).starts_with("ok"));
    }
}
