//! Tests of `lopata kv`: what each command line prints, stores and refuses.
//!
//! The expected lines are those of wrangler 4.86 with `--local`, without its banner.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::sync::Arc;

use clap::Parser;
use lopata_storage::kv::KvWrite;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::cli::console::Kind;
use crate::cli::console::tests::printed;
use crate::cli::switches;
use crate::config::Position;

const NOW_MS: i64 = 1_767_225_600_000;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    kv: KvArgs,
}

struct Ran {
    out: String,
    err: String,
    error: String,
}

fn namespaces() -> Vec<KvNamespace> {
    let namespace = |binding: &str, id: Option<&str>, preview_id: Option<&str>| KvNamespace {
        binding: binding.into(),
        id: id.map(String::from),
        preview_id: preview_id.map(String::from),
        remote: false,
        position: Position { file: Arc::from("wrangler.jsonc"), line: 1, column: 1 },
    };
    vec![
        namespace("KV", Some("ns1"), None),
        namespace("PV", Some("nsp"), Some("nsprev")),
        namespace("NOID", None, None),
        namespace("ONLY", None, Some("nspo")),
    ]
}

fn run_with(folder: &TempDir, configured: &[KvNamespace], line: &[&str]) -> Ran {
    run_as(folder, configured, Kind::default(), "", &[&["key"], line].concat())
}

fn run_as(folder: &TempDir, configured: &[KvNamespace], kind: Kind, typed: &str, line: &[&str]) -> Ran {
    let arguments = ["lopata", "kv"].iter().chain(line).map(OsString::from).collect();
    let mut normalised = switches::normalise(arguments);
    normalised.remove(1);
    let parsed = match Program::try_parse_from(normalised) {
        Ok(parsed) => parsed,
        Err(error) => return Ran { out: String::new(), err: String::new(), error: error.to_string() },
    };
    let context = KvContext {
        namespaces: configured,
        root: PersistRoot::in_persist_folder(folder.path()),
        cwd: folder.path().to_owned(),
        clock: Arc::new(|| NOW_MS),
    };
    let (done, printed) = printed(kind, typed, |console| run(&parsed.kv, context, console));
    Ran { out: printed.out, err: printed.err, error: done.err().map(|error| error.to_string()).unwrap_or_default() }
}

fn lopata(folder: &TempDir, line: &[&str]) -> Ran {
    run_with(folder, &namespaces(), line)
}

#[track_caller]
fn prints(folder: &TempDir, line: &[&str], expected: &str) {
    let ran = lopata(folder, line);
    assert_eq!((ran.error.as_str(), ran.err.as_str(), ran.out.as_str()), ("", "", expected), "{line:?}");
}

#[track_caller]
fn fails(folder: &TempDir, line: &[&str], expected: &str) {
    assert_eq!(lopata(folder, line).error, expected, "{line:?}");
}

const HEAD: &str = "Resource location: local\n\n";

#[test]
fn a_value_is_written_read_listed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let wrote = format!("{HEAD}Writing the value \"bar\" to key \"foo\" on namespace binding: \"KV\" (id: \"ns1\").\n");
    prints(&folder, &["put", "--local", "--binding", "KV", "foo", "bar"], &wrote);
    prints(&folder, &["get", "foo", "--binding", "KV"], "bar");
    prints(&folder, &["get", "foo", "--binding=KV", "--text", "--local"], "bar\n");
    prints(&folder, &["get", "foo", "--namespace-id", "ns1"], "bar");
    prints(&folder, &["get", "nope", "--binding", "KV"], "Value not found\n");
    prints(&folder, &["list", "--binding", "KV"], "[\n  {\n    \"name\": \"foo\"\n  }\n]\n");
    let deleted = format!("{HEAD}Deleting the key \"foo\" on namespace binding: \"KV\" (id: \"ns1\").\n");
    prints(&folder, &["delete", "foo", "--binding", "KV"], &deleted);
    prints(&folder, &["list", "--binding", "KV"], "[]\n");
}

#[test]
fn metadata_and_expiry_are_listed_as_wrangler_lists_them() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = "{ \"a\": [1, {}], \"e\": \"\u{e9}\" }";
    let ran = lopata(&folder, &["put", "m", "v", "--binding", "KV", "--metadata", metadata, "--ttl", "600"]);
    let with = " with metadata \"{\"a\":[1,{}],\"e\":\"\u{e9}\"}\".\n";
    assert!(ran.out.ends_with(with), "{}", ran.out);
    lopata(&folder, &["put", "n", "v", "--binding", "KV", "--metadata", "0", "--expiration", "1767225700.9"]);
    let expected = r#"[
  {
    "name": "m",
    "expiration": 1767226200,
    "metadata": {
      "a": [
        1,
        {}
      ],
      "e": "é"
    }
  },
  {
    "name": "n",
    "expiration": 1767225700,
    "metadata": 0
  }
]
"#;
    prints(&folder, &["list", "--binding", "KV"], expected);
    prints(&folder, &["list", "--binding", "KV", "--prefix", "x"], "[]\n");
}

#[test]
fn falsy_and_broken_metadata_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let wrote = "Writing the value \"v\" to key \"k\" on namespace id: \"i\".\n";
    for (metadata, stored) in [("0", Some("0")), ("\"\"", Some("\"\"")), ("null", None), ("{bad", None)] {
        let ran = lopata(&folder, &["put", "k", "v", "--namespace-id", "i", "--metadata", metadata]);
        assert_eq!((ran.out, ran.error), (format!("{HEAD}{wrote}"), String::new()));
        assert_eq!(ran.err.starts_with("The metadata is not JSON"), metadata == "{bad");
        let root = PersistRoot::in_persist_folder(folder.path());
        let mut store = KvStore::open(root.path(), "i", Arc::new(|| NOW_MS)).unwrap();
        assert_eq!(store.get("k", None).unwrap().unwrap().metadata.as_deref(), stored);
    }
}

#[test]
fn a_list_has_all_pages() {
    let folder = tempfile::tempdir().unwrap();
    let root = PersistRoot::in_persist_folder(folder.path());
    let mut store = KvStore::open(root.path(), "ns1", Arc::new(|| NOW_MS)).unwrap();
    store.write((0..2500).map(|n| KvWrite::put(format!("{n:04}"), "")).collect());
    let ran = lopata(&folder, &["list", "--binding", "KV"]);
    let keys: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((keys.len(), &keys[2499]["name"]), (2500, &Value::from("2499")));
}

#[test]
fn a_file_is_written_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.bin");
    std::fs::write(&file, b"\xff\x00\n").unwrap();
    let path = file.to_str().unwrap();
    let wrote =
        format!("{HEAD}Writing the contents of {path} to the key \"pk\" on namespace binding: \"KV\" (id: \"ns1\").\n");
    prints(&folder, &["put", "pk", "--path", path, "--binding", "KV"], &wrote);
    let root = PersistRoot::in_persist_folder(folder.path());
    let mut store = KvStore::open(root.path(), "ns1", Arc::new(|| NOW_MS)).unwrap();
    assert_eq!(store.get("pk", None).unwrap().unwrap().value.as_ref(), b"\xff\x00\n");
    let ran = lopata(&folder, &["put", "pk", "--path", "/nowhere/x", "--binding", "KV"]);
    assert!(ran.error.starts_with("Could not read file: /nowhere/x\n"), "{}", ran.error);
}

#[test]
fn the_namespace_is_the_one_wrangler_would_take() {
    let folder = tempfile::tempdir().unwrap();
    for (line, id) in [
        (&["--binding", "PV", "--preview"][..], Ok("nsprev")),
        (&["--binding", "PV", "--preview", "false"], Ok("nsp")),
        (&["--binding", "PV", "--no-preview"], Ok("nsp")),
        (&["--binding", "ONLY"], Ok("nspo")),
        (&["--binding", "NOID"], Ok("NOID")),
        (
            &["--binding", "PV"],
            Err("PV has both a namespace ID and a preview ID. Specify \"--preview\" or \"--preview false\" to avoid \
                 writing data to the wrong namespace."),
        ),
        (
            &["--binding", "KV", "--preview"],
            Err("No preview ID found for KV. Add one to your wrangler config file to use a separate namespace for \
                 previewing your worker."),
        ),
        (
            &["--binding", "NOPE"],
            Err("A namespace with binding name \"NOPE\" was not found in the configured \"kv_namespaces\"."),
        ),
    ] {
        let ran = lopata(&folder, &[&["put"][..], line, &["x", "1"]].concat());
        match id {
            Ok(id) => assert!(ran.out.ends_with(&format!("(id: \"{id}\").\n")), "{line:?} {} {}", ran.out, ran.error),
            Err(error) => assert_eq!(ran.error, error),
        }
    }
    prints(&folder, &["get", "x", "--binding", "PV"], "1");
    let ran = run_with(&folder, &[], &["get", "x", "--binding", "PV"]);
    assert!(ran.error.starts_with("No KV Namespaces configured!"), "{}", ran.error);
    assert_eq!(run_with(&folder, &[], &["get", "x", "--namespace-id", "nsp"]).out, "1");
}

#[test]
fn arguments_are_refused_as_wrangler_refuses_them() {
    let folder = tempfile::tempdir().unwrap();
    fails(&folder, &["put", "x", "1"], "Exactly one of the arguments binding and namespace-id is required");
    fails(&folder, &["delete", "x"], "Exactly one of the arguments binding and namespace-id is required");
    let both = &["put", "x", "1", "--binding", "KV", "--namespace-id", "n"];
    fails(&folder, both, "Arguments binding and namespace-id are mutually exclusive");
    fails(&folder, &["put", "x", "--binding", "KV"], "Exactly one of the arguments value and path is required");
    fails(&folder, &["put", "x", "", "--binding", "KV"], "Exactly one of the arguments value and path is required");
    let both = &["put", "x", "v", "--path", "f", "--binding", "KV"];
    fails(&folder, both, "Arguments value and path are mutually exclusive");
    fails(&folder, &["put", "", "v", "--binding", "KV"], "Key name cannot be empty.");
    fails(&folder, &["put", "..", "v", "--binding", "KV"], "\"..\" is not allowed as a key name.");
    for (ttl, text) in [("abc", "0"), ("0", "0"), ("-5", "-5")] {
        let expected =
            format!("KV PUT failed: 400 Invalid expiration_ttl of {text}. Please specify integer greater than 0.");
        fails(&folder, &["put", "x", "v", "--binding", "KV", "--ttl", ttl], &expected);
    }
    fails(
        &folder,
        &["put", "x", "v", "--binding", "KV", "--expiration", "99999999999"],
        "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
    );
    fails(
        &folder,
        &["get", &"k".repeat(600), "--binding", "KV"],
        "KV GET failed: 414 UTF-8 encoded length of 600 exceeds key length limit of 512.",
    );
    let remote = lopata(&folder, &["get", "x", "--binding", "KV", "--remote"]);
    assert!(remote.error.contains("\"--remote\" is not available"), "{}", remote.error);
}

#[test]
fn switches_take_a_value_only_when_it_is_one() {
    let join = |line: &[&str]| {
        switches::join(line.iter().map(OsString::from), &["--preview", "--local"])
            .iter()
            .map(|s| s.to_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(join(&["put", "--preview", "x", "false"]), ["put", "--preview", "x", "false"]);
    assert_eq!(join(&["--preview", "false", "true"]), ["--preview=false", "true"]);
    assert_eq!(join(&["--no-preview", "--no-color"]), ["--preview=false", "--no-color"]);
    assert_eq!(join(&["--", "--preview", "false"]), ["--", "--preview", "false"]);
}

fn bulk(folder: &TempDir, line: &[&str]) -> Ran {
    run_as(folder, &namespaces(), Kind::default(), "", &[&["bulk"], line].concat())
}

fn file(folder: &TempDir, name: &str, text: &str) {
    std::fs::write(folder.path().join(name), text).unwrap();
}

#[test]
fn many_pairs_are_put_got_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    file(
        &folder,
        "pairs.json",
        r#"[{"key":"b","value":"1"},{"key":"2","value":"aGk=","base64":true,"metadata":{"x":1},"extra":1,"more":2},
            {"key":"bytes","value":"//79","base64":true},{"key":"t","value":"v","expiration_ttl":100,"metadata":null}]"#,
    );
    let ran = bulk(&folder, &["put", "pairs.json", "--binding", "KV"]);
    assert_eq!((ran.error.as_str(), ran.out), ("", format!("{HEAD}Success!\n")));
    assert_eq!(
        ran.err,
        "▲ [WARNING] Unexpected key-value properties in \"pairs.json\".\n\n  The item at index 1 contains unexpected \
         properties: [\"extra\",\"more\"].\n\n"
    );
    let root = PersistRoot::in_persist_folder(folder.path());
    let mut store = KvStore::open(root.path(), "ns1", Arc::new(|| NOW_MS)).unwrap();
    assert_eq!(store.get("bytes", None).unwrap().unwrap().value.as_ref(), b"\xff\xfe\xfd");
    assert_eq!(store.get("2", None).unwrap().unwrap().metadata.as_deref(), Some("{\"x\":1}"));

    file(&folder, "keys.json", r#"["b",{"name":"2"},"nope"]"#);
    let ran = bulk(&folder, &["get", "keys.json", "--binding", "KV"]);
    let values = "{\n  \"2\": {\n    \"value\": \"hi\"\n  },\n  \"b\": {\n    \"value\": \"1\"\n  },\n  \
                  \"nope\": {\n    \"value\": null\n  }\n}\n";
    assert_eq!((ran.error.as_str(), ran.out), ("", format!("{values}\nSuccess!\n")));
    assert_eq!(bulk(&folder, &["get", "keys.json", "--binding", "KV", "--json"]).out, values);

    let ran = bulk(&folder, &["delete", "keys.json", "--binding", "KV"]);
    let question = "Are you sure you want to delete all the keys read from \"keys.json\" from kv-namespace binding: \
                    \"KV\" (id: \"ns1\")?";
    let asked = format!("{HEAD}? {question}\n🤖 Using fallback value in non-interactive context: yes\nSuccess!\n");
    assert_eq!((ran.error.as_str(), ran.out), ("", asked));
    assert_eq!(store.list(None, None, None).unwrap().keys.len(), 2);
    let ran = bulk(&folder, &["delete", "keys.json", "--namespace-id", "ns1", "--force"]);
    assert_eq!(ran.out, format!("{HEAD}Success!\n"));
}

#[test]
fn a_person_can_say_no() {
    let folder = tempfile::tempdir().unwrap();
    lopata(&folder, &["put", "a", "1", "--binding", "KV"]);
    file(&folder, "keys.json", "[\"a\"]");
    let person = Kind { interactive: true, ..Kind::default() };
    let line = ["bulk", "delete", "keys.json", "--binding", "KV"];
    let ran = run_as(&folder, &namespaces(), person, "n\n", &line);
    assert!(ran.out.ends_with("Not deleting keys read from \"keys.json\".\n"), "{}", ran.out);
    prints(&folder, &["get", "a", "--binding", "KV"], "1");
}

#[test]
fn files_of_another_shape_are_refused_as_wrangler_refuses_them() {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "object.json", "{\"a\":1}");
    file(&folder, "keys.json", r#"["a",5,{"key":1},null,[1]]"#);
    file(&folder, "pairs.json", r#"[{"key":"a"},5,{"key":"x","value":"y","metadata":[1],"expiration":"5"}]"#);
    let error = |line: &[&str]| bulk(&folder, &[line, &["--binding", "KV"]].concat()).error;
    assert_eq!(
        error(&["put", "object.json"]),
        "Unexpected JSON input from \"object.json\".\nExpected an array of key-value objects but got type \"object\"."
    );
    assert_eq!(
        error(&["get", "object.json"]),
        "Unexpected JSON input from \"object.json\".\nExpected an array of strings but got:\n[object Object]"
    );
    let keys = "Unexpected JSON input from \"keys.json\".\nExpected an array of strings or objects with a \"name\" \
                key.\nThe item at index 1 is type: \"number\" - 5\nThe item at index 2 is type: \"object\" - \
                {\"key\":1}\nThe item at index 3 is type: \"object\" - null\nThe item at index 4 is type: \"object\" - [1]";
    assert_eq!(error(&["get", "keys.json"]), keys);
    assert_eq!(error(&["delete", "keys.json", "-f"]), keys);
    let pairs = error(&["put", "pairs.json"]);
    assert!(pairs.starts_with("Unexpected JSON input from \"pairs.json\".\nEach item in the array should"), "{pairs}");
    assert!(pairs.ends_with(
        "}\n\nThe item at index 0 is {\"key\":\"a\"}\nThe item at index 1 is 5\nThe item at index 2 is \
         {\"key\":\"x\",\"value\":\"y\",\"metadata\":[1],\"expiration\":\"5\"}"
    ));
    file(&folder, "many.json", &format!("[{}]", vec!["1"; 20].join(",")));
    assert!(error(&["put", "many.json"]).ends_with("The item at index 11 is 1\n..."));
    assert!(error(&["put", "none.json"]).starts_with("Could not read file: none.json\nENOENT: "));
}

#[test]
fn what_stands_before_a_refused_item_is_written() {
    let folder = tempfile::tempdir().unwrap();
    file(
        &folder,
        "pairs.json",
        r#"[{"key":"a","value":"1"},{"key":"b","value":"2","expiration_ttl":5},{"key":"c","value":"3"}]"#,
    );
    let ran = bulk(&folder, &["put", "pairs.json", "--binding", "KV"]);
    assert_eq!(
        ran.error,
        "KV PUT failed: 400 Invalid expiration_ttl of 5. Expiration TTL must be at least 60.\nThe item at index 1 has \
         the key \"b\". What stood before it is written."
    );
    prints(&folder, &["list", "--binding", "KV"], "[\n  {\n    \"name\": \"a\"\n  }\n]\n");
}
