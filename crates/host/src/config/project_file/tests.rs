//! Project files in JSON: what they say, and what is said about them. Files of code need V8 and are tested from
//! outside.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::check::{ITEM, SHARED, TOP};
use super::{Given, LoadedProject, ProjectFileErrors, load};
use crate::config::Diagnostic;

/// A project with two workers that can be named.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["wrangler.jsonc", "workers/echo/wrangler.toml", "shared/a.ts"] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    dir
}

async fn load_text(dir: &tempfile::TempDir, text: &str) -> Result<LoadedProject, ProjectFileErrors> {
    let path = dir.path().join("lopata.config.json");
    std::fs::write(&path, text).unwrap();
    load(&path, &Given { cwd: dir.path().to_path_buf(), env: None }).await
}

async fn says(text: &str, expected: Expect) {
    let dir = project();
    let found = match load_text(&dir, text).await {
        Ok(loaded) => loaded.warnings,
        Err(errors) => errors.diagnostics,
    };
    let lines: Vec<String> = found.iter().map(Diagnostic::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn everything_that_a_file_can_say() {
    let dir = project();
    let loaded = load_text(
        &dir,
        r#"{
  // Comments and trailing commas, as in wrangler's.
  "$schema": "x",
  "main": "./wrangler.jsonc",
  "hosts": ["App.localhost"],
  "routes": ["example.com/*"],
  "watch": ["shared"],
  "env": "staging",
  "workers": [
    { "config": "workers/echo/../echo/wrangler.toml", "name": "echo", "hosts": ["echo.localhost", "*.e.localhost:8787"] },
    { "config": "workers/echo/wrangler.toml", "name": "again", "env": "" },
  ],
  "cron": true,
}"#,
    )
    .await
    .unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let root = dir.path();
    let file = loaded.file;
    assert_eq!(file.path, root.join("lopata.config.json"));
    assert_eq!(file.cron, Some(true));
    assert_eq!(file.main.config, root.join("wrangler.jsonc"));
    assert_eq!(file.main.hosts, ["app.localhost"]);
    assert_eq!(file.main.routes, Some(vec!["example.com/*".to_string()]));
    assert_eq!(file.main.watch, [root.join("shared")]);
    assert_eq!(file.main.env.as_deref(), Some("staging"));
    assert_eq!(file.workers.len(), 2);
    assert_eq!(file.workers[0].config, root.join("workers/echo/wrangler.toml"));
    assert_eq!(file.workers[0].name.as_deref(), Some("echo"));
    assert_eq!(file.workers[0].routes, None);
    assert_eq!(file.workers[0].hosts, ["echo.localhost", "*.e.localhost:8787"]);
    assert_eq!(file.workers[1].env.as_deref(), Some(""));
    assert_eq!(file.summary(root), "Using lopata.config.json: main wrangler.jsonc, workers echo, again");
    assert_eq!(loaded.watch.files, [root.join("lopata.config.json")].into());
}

#[tokio::test]
async fn keys_that_are_not_known_are_errors() {
    says(
        r#"{
  "main": "wrangler.jsonc",
  "wokers": [],
  "config": "x",
  "kv_namespaces": [],
  "mystery": 1,
  "workers": [{ "config": "workers/echo/wrangler.toml", "host": ["a"], "cron": true }]
}"#,
        expect![[r#"
            error: There is no key "wokers".
              --> lopata.config.json:3:3
              help: Did you mean "workers"?
            error: There is no key "config".
              --> lopata.config.json:4:3
              help: "config" belongs into an item of "workers".
            error: There is no key "kv_namespaces".
              --> lopata.config.json:5:3
              help: "kv_namespaces" belongs into the wrangler configuration of the worker.
            error: There is no key "mystery".
              --> lopata.config.json:6:3
              help: Known keys are "main", "workers", "cron", "hosts", "routes", "watch", and "env".
            error: There is no key "workers[0].host".
              --> lopata.config.json:7:57
              help: Did you mean "hosts"?
            error: There is no key "workers[0].cron".
              --> lopata.config.json:7:72
              help: Known keys are "config", "name", "hosts", "routes", "watch", and "env"."#]],
    )
    .await;
}

#[tokio::test]
async fn keys_of_the_lopata_on_bun_are_accepted() {
    says(
        r#"{ "main": "wrangler.jsonc", "isolation": "isolated", "browser": { "headless": true } }"#,
        expect![[r#"
            warning: "isolation" has no effect in this version of lopata.
              --> lopata.config.json:1:29
            warning: "browser" has no effect in this version of lopata.
              --> lopata.config.json:1:54"#]],
    )
    .await;
}

#[tokio::test]
async fn values_of_the_wrong_type_are_placed() {
    says(
        r#"{
  "main": 1,
  "hosts": "app.localhost",
  "routes": [1],
  "watch": [false],
  "env": 3,
  "workers": ["workers/echo/wrangler.toml", { "config": "workers/echo/wrangler.toml", "name": "Not A Name" }],
  "cron": "true"
}"#,
        expect![[r#"
            error: Expected "main" to be of type string but got 1.
              --> lopata.config.json:2:11
              help: Put it in quotes: "1".
            error: Expected "workers[0]" to be of type object but got "workers/echo/wrangler.toml".
              --> lopata.config.json:7:15
              help: Write { "config": "workers/echo/wrangler.toml" }.
            error: Expected "workers[1].name" to be of type string, alphanumeric and lowercase with dashes only but got "Not A Name".
              --> lopata.config.json:7:95
              help: Use "not-a-name".
            error: Expected "cron" to be of type boolean but got "true".
              --> lopata.config.json:8:11
              help: Remove the quotes: true.
            error: Expected "hosts" to be an array of strings but got "app.localhost".
              --> lopata.config.json:3:12
              help: Put it in brackets: ["app.localhost"].
            error: Expected "routes[0]" to be of type string but got 1.
              --> lopata.config.json:4:14
              help: Put it in quotes: "1".
            error: Expected "watch[0]" to be of type string but got false.
              --> lopata.config.json:5:13
              help: Put it in quotes: "false".
            error: Expected "env" to be of type string but got 3.
              --> lopata.config.json:6:10
              help: Put it in quotes: "3"."#]],
    )
    .await;
    says(
        r#"{ "main": "wrangler.jsonc", "workers": { "config": "x" } }"#,
        expect![[r#"
            error: Expected "workers" to be of type array but got {"config":"x"}.
              --> lopata.config.json:1:40
              help: Put it in brackets: [{"config":"x"}]."#]],
    )
    .await;
    says(
        "[]",
        expect![[r#"
        error: Expected the configuration to be an object but got [].
          --> lopata.config.json:1:1"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    says(
        "{}",
        expect![[r#"
            error: "main" is missing: the wrangler configuration of the worker that answers requests.
              --> lopata.config.json:1:1
              help: Add "main": "./wrangler.jsonc"."#]],
    )
    .await;
    says(
        r#"{ "main": "workers/echo", "workers": [{}, { "config": "workers/echo/wrangler.json" }, { "config": "x.ts" }] }"#,
        expect![[r#"
            error: "main" is a directory: workers/echo.
              --> lopata.config.json:1:11
              help: Name the file: "workers/echo/wrangler.toml".
            error: "workers[0].config" is missing: the wrangler configuration of the worker.
              --> lopata.config.json:1:39
              help: Add "config": "./workers/…/wrangler.jsonc".
            error: "workers[1].config" names workers/echo/wrangler.json, which does not exist.
              --> lopata.config.json:1:55
              help: There is a wrangler.toml in that directory.
            error: "workers[2].config" names x.ts, which is no wrangler configuration.
              --> lopata.config.json:1:99
              help: Its name has to end in .json, .jsonc or .toml."#]],
    )
    .await;
    says(
        r#"{ "main": "lopata.config.json", "watch": ["gone"] }"#,
        expect![[r#"
            error: "main" names this file.
              --> lopata.config.json:1:11
              help: It has to name a wrangler configuration.
            warning: "watch[0]" names gone, which does not exist, so nothing in it is noticed.
              --> lopata.config.json:1:43"#]],
    )
    .await;
}

#[tokio::test]
async fn hosts_and_workers_are_distinct() {
    says(
        r#"{ "main": "wrangler.jsonc", "hosts": ["http://a.localhost:8787/x", "a.*", "a b", "é.test", "b.test"], "routes": ["/x/*"],
  "workers": [{ "config": "workers/echo/wrangler.toml", "hosts": ["B.test"] }, { "config": "wrangler.jsonc" }] }"#,
        expect![[r#"
            error: "hosts[0]" is not a host: "http://a.localhost:8787/x".
              --> lopata.config.json:1:39
              help: Leave out scheme and path: "a.localhost:8787".
            error: "hosts[1]" is not a host: "a.*".
              --> lopata.config.json:1:68
              help: A star stands for all that is in front: "*.localhost".
            error: "hosts[2]" is not a host: "a b".
              --> lopata.config.json:1:75
              help: For example "echo.localhost".
            error: "hosts[3]" is not a host: "é.test".
              --> lopata.config.json:1:82
              help: Write it as it is sent, in punycode (xn--…).
            error: "routes[0]" has no host: "/x/*".
              --> lopata.config.json:1:114
              help: Write "*/x/*" for any host, or "example.com/x/*".
            error: "workers[0].hosts[0]" is the same host as "hosts[4]": "B.test".
              --> lopata.config.json:2:67
              help: A host belongs to one worker. Remove one of them.
            error: "workers[1]" is the same worker as "main": wrangler.jsonc.
              --> lopata.config.json:2:80
              help: Remove it, or give it a "name" or an "env" of its own."#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_missing_on_the_disk_is_watched() {
    let dir = project();
    let errors = load_text(&dir, r#"{ "main": "later/wrangler.json", "watch": ["gone"] }"#).await.unwrap_err();
    let expected = ["gone", "later/wrangler.json", "lopata.config.json"].map(|name| dir.path().join(name));
    assert_eq!(errors.watch.files.into_iter().collect::<Vec<PathBuf>>(), expected);
}

#[test]
fn every_key_is_documented_as_it_is() {
    let text = include_str!("../../../../../docs/configuration.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Several Workers")).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut documented: Vec<(&str, &str)> =
        rows.map(|(key, rest)| (key, rest.split(" | ").next().unwrap_or_default())).collect();
    let places = [("top level", &TOP[1..]), ("worker", &ITEM), ("both", &SHARED)];
    let mut code: Vec<_> = places.iter().flat_map(|(place, keys)| keys.iter().map(|key| (*key, *place))).collect();
    documented.sort_unstable();
    code.sort_unstable();
    assert_eq!(documented, code);
}
