//! Tests of `lopata cache`: what each command line prints, removes and refuses.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use clap::Parser;
use lopata_storage::cache::{CachePut, CacheWrite, NewBody};
use tempfile::TempDir;

use super::*;
use crate::cli::console::Kind;
use crate::cli::console::tests::printed;

const NOW_MS: i64 = 1_767_225_600_000;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    cache: CacheArgs,
}

fn clock() -> Clock {
    Arc::new(|| NOW_MS)
}

/// Three responses in the default cache and one in another.
fn filled() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |cache: &str, key: &str, length: usize, tags: &str| {
        let headers = [("cache-tag", tags.as_bytes())].into_iter().collect();
        let (status, body) = (200, NewBody::Whole(vec![0; length].into()));
        let put = CachePut { key: key.into(), status, headers, body, expires_ms: NOW_MS + 300_000 };
        CacheStore::open(folder.path(), cache, clock()).unwrap().write(vec![CacheWrite::Put(put)]).unwrap();
    };
    put("default", "http://a/x", 3, "one, two");
    put("default", "http://a/y", 2048, "two");
    put("default", "http://b/", 0, "");
    put("named:a%20b", "http://a/x", 5, "One");
    folder
}

/// What is printed, or the error.
fn run_line(folder: &TempDir, line: &[&str]) -> Result<String, String> {
    let arguments = Program::try_parse_from(["cache"].iter().chain(line)).map_err(|error| error.to_string())?;
    let context = CacheContext { root: PersistRoot::new(folder.path()), clock: clock() };
    let (done, said) = printed(Kind::default(), "", |console| run(&arguments.cache, &context, console));
    done.map(|()| said.out).map_err(|error| error.to_string())
}

fn keys(folder: &TempDir) -> Vec<String> {
    let listed: Value = serde_json::from_str(&run_line(folder, &["list", "--json"]).unwrap()).unwrap();
    let listed = listed.as_array().unwrap();
    listed
        .iter()
        .map(|entry| format!("{} {}", entry["cache"].as_str().unwrap(), entry["url"].as_str().unwrap()))
        .collect()
}

#[test]
fn lists_are_tables() {
    let folder = filled();
    let expected = "\
┌─────────┬────────────┬────────┬─────────┬─────┬─────────┐
│ cache   │ url        │ status │ size    │ age │ expires │
├─────────┼────────────┼────────┼─────────┼─────┼─────────┤
│ default │ http://a/x │ 200    │ 3 B     │ 0s  │ in 5m   │
├─────────┼────────────┼────────┼─────────┼─────┼─────────┤
│ default │ http://a/y │ 200    │ 2.0 KiB │ 0s  │ in 5m   │
├─────────┼────────────┼────────┼─────────┼─────┼─────────┤
│ a b     │ http://a/x │ 200    │ 5 B     │ 0s  │ in 5m   │
└─────────┴────────────┴────────┴─────────┴─────┴─────────┘
3 responses, 2.0 KiB
";
    assert_eq!(run_line(&folder, &["list", "--prefix", "http://a"]).unwrap(), expected);
    let one = run_line(&folder, &["list", "--cache", "a b"]).unwrap();
    assert!(!one.contains("cache") && one.ends_with("1 response, 5 B\n"), "{one}");
    assert_eq!(run_line(&folder, &["list", "--prefix", "zzz"]).unwrap(), "Nothing is cached.\n");
    assert_eq!(run_line(&tempfile::tempdir().unwrap(), &["list"]).unwrap(), "Nothing is cached.\n");
    assert_eq!(run_line(&tempfile::tempdir().unwrap(), &["list", "--json", "--cache", "default"]).unwrap(), "[]\n");
}

#[test]
fn json_has_everything() {
    let folder = filled();
    let listed: Value =
        serde_json::from_str(&run_line(&folder, &["list", "--json", "--cache", "a b"]).unwrap()).unwrap();
    let expected = json!([{
        "cache": "a b", "url": "http://a/x", "status": 200, "size": 5, "stored": 1_767_225_600, "expires": 1_767_225_900,
        "headers": { "cache-tag": "One" },
    }]);
    assert_eq!(listed, expected);
}

#[test]
fn purges_by_what_is_asked() {
    for (line, said, left) in [
        (&["--url", "http://a/x#f"][..], "Purged 2 responses.\n", &["default http://a/y", "default http://b/"][..]),
        (
            &["--url", "http://b"],
            "Purged 1 response.\n",
            &["default http://a/x", "default http://a/y", "a b http://a/x"],
        ),
        (
            &["--prefix", "http://a/", "--cache", "default"],
            "Purged 2 responses.\n",
            &["default http://b/", "a b http://a/x"],
        ),
        (&["--prefix", "b/"], "Purged 1 response.\n", &["default http://a/x", "default http://a/y", "a b http://a/x"]),
        (&["--tag", "one"], "Purged 2 responses.\n", &["default http://a/y", "default http://b/"]),
        (
            &["--tag", "none"],
            "Purged 0 responses.\n",
            &["default http://a/x", "default http://a/y", "default http://b/", "a b http://a/x"],
        ),
        (&["--everything"], "Purged 4 responses.\n", &[]),
    ] {
        let folder = filled();
        assert_eq!(run_line(&folder, &[&["purge"], line].concat()).unwrap(), said, "{line:?}");
        assert_eq!(keys(&folder), left, "{line:?}");
    }
}

#[test]
fn mistakes_are_said() {
    let folder = filled();
    let error = |line: &[&str]| run_line(&folder, line).unwrap_err();
    assert_eq!(error(&["purge"]), "Say what to purge: --url, --prefix, --tag, or --everything.");
    assert!(error(&["purge", "--everything", "--tag", "x"]).contains("cannot be used with"));
    let unknown = error(&["list", "--cache", "nope"]);
    assert!(
        unknown.starts_with("There is no cache \"nope\" in ") && unknown.ends_with("There are: default, a b."),
        "{unknown}"
    );
    assert!(error(&["list", "--remote"]).contains("lopata works on local data only"));
    assert_eq!(keys(&folder).len(), 4);
}
