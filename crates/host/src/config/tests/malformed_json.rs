//! Malformed `wrangler.json` and `wrangler.jsonc` files, each with the sentence and the position it gets.

use expect_test::{Expect, expect};

use super::{Dir, check, check_with, report};

/// `text` in a configuration that is right otherwise. `text` starts on line 3.
pub(super) fn json(text: &str, expected: &Expect) {
    let text = format!("{{\n  \"main\": \"src/index.ts\", \"compatibility_date\": \"2026-01-01\",\n{text}\n}}\n");
    check("wrangler.jsonc", text, expected);
}

#[test]
fn syntax() {
    check(
        "wrangler.json",
        "",
        &expect![[r#"
        error: The configuration file is empty: expected an object.
          --> wrangler.json:1:1
    "#]],
    );
    check(
        "wrangler.jsonc",
        "// nothing but a comment\n",
        &expect![[r#"
        error: The configuration file is empty: expected an object.
          --> wrangler.jsonc:1:1
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{\n  \"name\": \"a\"\n  \"main\": \"b\"\n}",
        &expect![[r#"
        error: Expected comma.
          --> wrangler.jsonc:2:14
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{\n  \"name\": \"a\",\n  \"vars\": {\n",
        &expect![[r#"
        error: The object is never closed: expected `}`.
          --> wrangler.jsonc:3:12
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{\n  \"routes\": [\"a\"\n",
        &expect![[r#"
        error: The array is never closed: expected `]`.
          --> wrangler.jsonc:2:17
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{\n  \"name\": \"a\n}",
        &expect![[r#"
        error: Unterminated string literal.
          --> wrangler.jsonc:2:11
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"name\": 'a' }",
        &expect![[r#"
        error: Single-quoted strings are not allowed.
          --> wrangler.jsonc:1:11
          help: Use double quotes.
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ name: \"a\" }",
        &expect![[r#"
        error: Expected string for object property.
          --> wrangler.jsonc:1:3
          help: Put the name in double quotes.
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"name\": a }",
        &expect![[r#"
        error: Unexpected word.
          --> wrangler.jsonc:1:11
          help: A string has to be in double quotes.
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"name\": \"\\x\" }",
        &expect![[r#"
        error: Invalid escape.
          --> wrangler.jsonc:1:12
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"limits\": { \"cpu_ms\": 0x10 } }",
        &expect![[r#"
        error: Hexadecimal numbers are not allowed.
          --> wrangler.jsonc:1:25
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"limits\": { \"cpu_ms\": 1e999 } }",
        &expect![[r#"
        error: The number 1e999 is out of range.
          --> wrangler.jsonc:1:25
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ \"a\": [1 2] }",
        &expect![[r#"
        error: Expected comma.
          --> wrangler.jsonc:1:10
    "#]],
    );
    check(
        "wrangler.jsonc",
        "{ /* never closed",
        &expect![[r#"
        error: Unterminated comment block.
          --> wrangler.jsonc:1:3
    "#]],
    );
    check(
        "wrangler.json",
        "{}\n{}",
        &expect![[r#"
        error: Text cannot contain more than one JSON value.
          --> wrangler.json:2:1
          help: Remove what follows the closing brace of the configuration.
    "#]],
    );
    check(
        "wrangler.json",
        "{} trailing",
        &expect![[r#"
        error: Text cannot contain more than one JSON value.
          --> wrangler.json:1:4
          help: Remove what follows the closing brace of the configuration.
    "#]],
    );
    check(
        "wrangler.json",
        "[1, 2]",
        &expect![[r#"
        error: Expected the configuration to be an object but got [1,2].
          --> wrangler.json:1:1
    "#]],
    );
    check(
        "wrangler.json",
        "null",
        &expect![[r#"
        error: Expected the configuration to be an object but got null.
          --> wrangler.json:1:1
    "#]],
    );
}

#[test]
fn encodings() {
    check(
        "wrangler.json",
        b"{ \"name\": \"\xff\xfe\" }",
        &expect![[r#"
        error: The configuration file is not valid UTF-8.
          --> wrangler.json:1:12
          help: Please save the file as UTF-8.
    "#]],
    );
    check(
        "wrangler.json",
        b"\xff\xfe{\0}\0",
        &expect![[r#"
        error: Configuration file contains UTF-16 LE byte order marker
          --> wrangler.json:1:1
          help: The file appears to be encoded as UTF-16 LE. Please save it as UTF-8 without BOM.
    "#]],
    );
    check(
        "wrangler.json",
        b"\xef\xbb\xbf{ \"main\": 1 }",
        &expect![[r#"
        error: Expected "main" to be of type string but got 1.
          --> wrangler.json:1:11
          help: Put it in quotes: "1".
        warning: No compatibility_date was specified. Using the default compatibility date: 2026-01-15.
          --> wrangler.json:1:1
          help: Add "compatibility_date": "2026-01-15" to the configuration.
    "#]],
    );
}

#[test]
fn nesting_does_not_end_the_process() {
    for depth in [60, 100, 600, 200_000] {
        let text = format!("{{\"vars\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        let dir = Dir::new(&[("wrangler.json", text.as_bytes())]);
        assert!(!report(&dir.load(|_| {})).starts_with("ok"), "{depth}");
    }
    let text = format!("{{\n\"vars\": {{\"A\":\n{}{}}}}}", "[".repeat(100), "]".repeat(100));
    check(
        "wrangler.json",
        text,
        &expect![[r#"
        error: The configuration is nested more than 64 levels deep.
          --> wrangler.json:3:64
    "#]],
    );
}

#[test]
fn unknown_keys() {
    json(
        "  \"compatibilityFlags\": [],\n  \"kv-namespaces\": [],\n  \"crons\": [],\n  \"zzz\": 1",
        &expect![[r#"
        ok
        warning: Unexpected fields found in top-level field: "compatibilityFlags"
          --> wrangler.jsonc:3:3
          help: Did you mean "compatibility_flags"?
        warning: Unexpected fields found in top-level field: "kv-namespaces"
          --> wrangler.jsonc:4:3
          help: Did you mean "kv_namespaces"?
        warning: Unexpected fields found in top-level field: "crons"
          --> wrangler.jsonc:5:3
          help: Did you mean "triggers.crons"?
        warning: Unexpected fields found in top-level field: "zzz"
          --> wrangler.jsonc:6:3
    "#]],
    );
    json(
        "  \"build\": { \"comand\": \"x\", \"main\": \"y\" }",
        &expect![[r#"
        ok
        warning: Unexpected fields found in build field: "comand"
          --> wrangler.jsonc:3:14
          help: Did you mean "command"?
        warning: Unexpected fields found in build field: "main"
          --> wrangler.jsonc:3:29
          help: "main" is a top-level key: move it out of this object.
    "#]],
    );
    json(
        "  \"kv_namespaces\": [{ \"binding\": \"A\", \"preview-id\": \"x\" }]",
        &expect![[r#"
        ok
        warning: Unexpected fields found in kv_namespaces[0] field: "preview-id"
          --> wrangler.jsonc:3:39
          help: Did you mean "preview_id"?
    "#]],
    );
    json(
        "  \"node_compat\": true, \"legacy_env\": true",
        &expect![[r#"
        error: The "node_compat" field is no longer supported as of Wrangler v4. Instead, use the `nodejs_compat` compatibility flag.
          --> wrangler.jsonc:3:3
          help: "compatibility_flags": ["nodejs_compat"]
        warning: The "legacy_env" field is no longer supported, so please remove it from your configuration file.
          --> wrangler.jsonc:3:24
          help: Each environment is its own Worker named "<name>-<environment>".
    "#]],
    );
}

#[test]
fn duplicate_keys() {
    json(
        "  \"name\": \"a\",\n  \"name\": \"b\"",
        &expect![[r#"
        ok
        warning: The key "name" is set twice; the last value is used.
          --> wrangler.jsonc:4:3
          help: Remove one of them.
    "#]],
    );
}

#[test]
fn wrong_types() {
    json(
        "  \"name\": 1",
        &expect![[r#"
        error: Expected "name" to be of type string, alphanumeric and lowercase with dashes only but got 1.
          --> wrangler.jsonc:3:11
          help: Put it in quotes: "1".
    "#]],
    );
    json(
        "  \"name\": \"My Worker\"",
        &expect![[r#"
        error: Expected "name" to be of type string, alphanumeric and lowercase with dashes only but got "My Worker".
          --> wrangler.jsonc:3:11
          help: Use "my-worker".
    "#]],
    );
    json(
        "  \"account_id\": 12345,\n  \"minify\": \"true\"",
        &expect![[r#"
        error: Expected "account_id" to be of type string but got 12345.
          --> wrangler.jsonc:3:17
          help: Put it in quotes: "12345".
        error: Expected "minify" to be of type boolean but got "true".
          --> wrangler.jsonc:4:13
          help: Remove the quotes: true.
    "#]],
    );
    json(
        "  \"compatibility_flags\": \"nodejs_compat\"",
        &expect![[r#"
        error: Expected "compatibility_flags" to be of type string array but got "nodejs_compat".
          --> wrangler.jsonc:3:26
          help: Put it in brackets: ["nodejs_compat"].
    "#]],
    );
    json(
        "  \"compatibility_flags\": [\"nodejs_compat\", 1]",
        &expect![[r#"
        error: Expected "compatibility_flags" to be of type string array but got ["nodejs_compat",1].
          --> wrangler.jsonc:3:44
    "#]],
    );
    json(
        "  \"vars\": \"x\", \"define\": { \"A\": 1 }, \"alias\": { \"b\": null }",
        &expect![[r#"
        error: The field "vars" should be an object but got "x".
          --> wrangler.jsonc:3:11
        error: The field "define.A" should be a string but got 1.
          --> wrangler.jsonc:3:33
          help: Put it in quotes: "1".
        error: Expected alias["b"] to be a string, but got object
          --> wrangler.jsonc:3:54
    "#]],
    );
    json(
        "  \"build\": { \"command\": 1, \"watch_dir\": [\"a\", 2] }",
        &expect![[r#"
        error: Expected "build.command" to be of type string but got 1.
          --> wrangler.jsonc:3:25
          help: Put it in quotes: "1".
        error: Expected "build.watch_dir.[1]" to be of type string but got 2.
          --> wrangler.jsonc:3:47
          help: Put it in quotes: "2".
    "#]],
    );
    json(
        "  \"dev\": { \"port\": \"8787\", \"inspector_port\": 70000, \"local_protocol\": \"htps\" }",
        &expect![[r#"
        error: Expected "dev.port" to be of type number but got "8787".
          --> wrangler.jsonc:3:20
          help: Remove the quotes: 8787.
        error: Expected "dev.inspector_port" to be a port between 0 and 65535 but got 70000.
          --> wrangler.jsonc:3:46
        error: Expected "dev.local_protocol" field to be one of ["http","https"] but got "htps".
          --> wrangler.jsonc:3:71
          help: Did you mean "https"?
    "#]],
    );
    json(
        "  \"limits\": { \"cpu_ms\": \"50\", \"subrequests\": -1 }",
        &expect![[r#"
        error: Expected "limits.cpu_ms" to be of type number but got "50".
          --> wrangler.jsonc:3:25
          help: Remove the quotes: 50.
        warning: "limits.subrequests" should be a positive whole number, -1 is ignored.
          --> wrangler.jsonc:3:46
    "#]],
    );
    json(
        "  \"assets\": { \"directory\": 1, \"html_handling\": \"auto\", \"run_worker_first\": \"/x\" }",
        &expect![[r#"
        error: Expected "assets.directory" to be of type string but got 1.
          --> wrangler.jsonc:3:28
          help: Put it in quotes: "1".
        error: Expected "assets.html_handling" field to be one of ["auto-trailing-slash","force-trailing-slash","drop-trailing-slash","none"] but got "auto".
          --> wrangler.jsonc:3:48
        error: The field "assets.run_worker_first" should be an array of strings or a boolean, but got "/x".
          --> wrangler.jsonc:3:76
    "#]],
    );
    json(
        "  \"wasm_modules\": { \"W\": 1 }, \"text_blobs\": []",
        &expect![[r#"
        error: Expected "wasm_modules['W']" to be of type string but got 1.
          --> wrangler.jsonc:3:26
          help: Put it in quotes: "1".
        error: The field "text_blobs" should be an object but got [].
          --> wrangler.jsonc:3:45
    "#]],
    );
    json(
        "  \"env\": []",
        &expect![[r#"
        error: The field "env" should be an object but got [].
          --> wrangler.jsonc:3:10
    "#]],
    );
    json(
        "  \"observability\": true, \"placement\": { \"mode\": \"smrt\" }",
        &expect![[r#"
        error: "observability" should be an object but got true.
          --> wrangler.jsonc:3:20
        error: Expected "placement.mode" field to be one of ["off","smart","targeted"] but got "smrt".
          --> wrangler.jsonc:3:49
          help: Did you mean "smart"?
    "#]],
    );
}

#[test]
fn dates() {
    let date = |text: &str, expected: &Expect| {
        check("wrangler.json", format!("{{ \"main\": \"src/index.ts\",\n \"compatibility_date\": {text} }}"), expected);
    };
    date(
        "\"2026-1-5\"",
        &expect![[r#"
        error: "compatibility_date" field should be a valid ISO-8601 date (YYYY-MM-DD), but got "2026-1-5".
          --> wrangler.json:2:24
          help: For example "compatibility_date": "2026-01-15".
    "#]],
    );
    date(
        "\"2026\u{2013}01\u{2013}05\"",
        &expect![[r#"
        error: "compatibility_date" field should use ISO-8601 accepted hyphens (-) rather than en-dashes (–) or em-dashes (—).
          --> wrangler.json:2:24
          help: Use "2026-01-05".
    "#]],
    );
    date(
        "20260105",
        &expect![[r#"
        error: Expected "compatibility_date" to be of type string but got 20260105.
          --> wrangler.json:2:24
          help: For example "compatibility_date": "2026-01-15".
    "#]],
    );
    date(
        "\"2026-01-16\"",
        &expect![[r#"
        error: Compatibility date "2026-01-16" is in the future and unsupported
          --> wrangler.json:2:24
          help: Today is 2026-01-15 in UTC.
    "#]],
    );
    date(
        "\"2026-01-15\"",
        &expect![[r#"
        ok
    "#]],
    );
    check(
        "wrangler.json",
        "{ \"main\": \"src/index.ts\" }",
        &expect![[r#"
        ok
        warning: No compatibility_date was specified. Using the default compatibility date: 2026-01-15.
          --> wrangler.json:1:1
          help: Add "compatibility_date": "2026-01-15" to the configuration.
    "#]],
    );
    check_with(
        "wrangler.json",
        "{ \"main\": \"src/index.ts\", \"compatibility_date\": \"2030-01-01\" }",
        |options| options.compatibility_date = Some("soon".to_string()),
        &expect![[r#"
            error: "compatibility_date" field should be a valid ISO-8601 date (YYYY-MM-DD), but got "soon".
        "#]],
    );
}

#[test]
fn entries() {
    check(
        "wrangler.json",
        "{ \"compatibility_date\": \"2026-01-01\" }",
        &expect![[r#"
        error: Missing entry-point to Worker script or to assets directory
          --> wrangler.json:1:1
          help: Add "main": "src/index.ts" to the configuration.
    "#]],
    );
    let main = |text: &str, expected: &Expect| {
        check("wrangler.json", format!("{{ \"compatibility_date\": \"2026-01-01\",\n \"main\": {text} }}"), expected);
    };
    main(
        "\"src/index.js\"",
        &expect![[r#"
        error: The entry-point file at "src/index.js" was not found.
          --> wrangler.json:2:10
          help: Did you mean "src/index.ts"?
    "#]],
    );
    main(
        "\"src/indx.ts\"",
        &expect![[r#"
        error: The entry-point file at "src/indx.ts" was not found.
          --> wrangler.json:2:10
          help: Did you mean "src/index.ts"?
    "#]],
    );
    main(
        "\"worker.ts\"",
        &expect![[r#"
        error: The entry-point file at "worker.ts" was not found.
          --> wrangler.json:2:10
          help: Did you mean "src/index.ts"?
    "#]],
    );
    main(
        "\"src\"",
        &expect![[r#"
        error: The provided entry-point path, "src", points to a directory, rather than a file.
          --> wrangler.json:2:10
          help: Did you mean "src/index.ts"?
    "#]],
    );
    main(
        "\"src/index\"",
        &expect![[r#"
        ok
    "#]],
    );
    main(
        "\"dist/out.js\", \"build\": { \"command\": \"make\" }",
        &expect![[r#"
        ok
    "#]],
    );
    main(
        "null",
        &expect![[r#"
        error: Expected "main" to be of type string but got null.
          --> wrangler.json:2:10
    "#]],
    );
}

#[test]
fn files_that_cannot_be_read() {
    check_with(
        "a.txt",
        "",
        |options| options.config = Some("a.txt".into()),
        &expect![[r#"
        error: The configuration file "a.txt" is neither JSON nor TOML.
          help: Its name has to end in .json, .jsonc or .toml.
    "#]],
    );
    check_with(
        "a.txt",
        "",
        |options| options.config = Some("missing.toml".into()),
        &expect![[r#"
        error: Could not read file: missing.toml
          help: No such file or directory (os error 2)
    "#]],
    );
    check_with(
        "a.txt",
        "",
        |_| {},
        &expect![[r#"
        error: Missing entry-point to Worker script or to assets directory
          help: Name a script: lopata dev src/index.ts
          Or create a wrangler.jsonc that has a "main".
    "#]],
    );
    check_with(
        "a.txt",
        "",
        |options| options.script = Some("src/indx.ts".into()),
        &expect![[r#"
        error: The entry-point file at "src/indx.ts" was not found.
          help: Did you mean "src/index.ts"?
    "#]],
    );
}

#[test]
fn compatibility_flags() {
    json(
        "  \"compatibility_flags\": [\n    \"nodejs_compt\", \"rpc\",\n    \"no_rpc\", \"rpc\", \"unsafe_module\",\n    \"python_workers\", \"frobnicate\"\n  ]",
        &expect![[r#"
            error: No such compatibility flag: nodejs_compt
              --> wrangler.jsonc:4:5
              help: Did you mean "nodejs_compat"?
            error: Compatibility flags are mutually contradictory: rpc vs no_rpc
              --> wrangler.jsonc:5:5
              help: Remove one of the two.
            error: Compatibility flag specified multiple times: rpc
              --> wrangler.jsonc:5:15
            warning: The compatibility flag unsafe_module is experimental and cannot yet be used in Workers deployed to Cloudflare.
              --> wrangler.jsonc:5:22
            error: The compatibility flag python_workers cannot be used in lopata: Workers in Python are not supported.
              --> wrangler.jsonc:6:5
            error: No such compatibility flag: frobnicate
              --> wrangler.jsonc:6:23
        "#]],
    );
    check_with(
        "wrangler.json",
        r#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01", "compatibility_flags": ["nope"] }"#,
        |options| options.compatibility_flags = Some(vec!["nada".to_string()]),
        &expect![[r#"
            error: No such compatibility flag: nada
        "#]],
    );
}

#[test]
fn every_mistake_is_reported_at_once() {
    json(
        "  \"name\": \"A B\",\n  \"minify\": 1,\n  \"vrs\": {},\n  \"kv_namespaces\": [{}]",
        &expect![[r#"
        error: Expected "name" to be of type string, alphanumeric and lowercase with dashes only but got "A B".
          --> wrangler.jsonc:3:11
          help: Use "a-b".
        error: Expected "minify" to be of type boolean but got 1.
          --> wrangler.jsonc:4:13
        warning: Unexpected fields found in top-level field: "vrs"
          --> wrangler.jsonc:5:3
          help: Did you mean "vars"?
        error: "kv_namespaces[0]" bindings should have a string "binding" field but got {}.
          --> wrangler.jsonc:6:21
          help: Add "binding": ….
    "#]],
    );
}
