//! Tests of `lopata r2`: what each command line prints, stores and refuses.
//!
//! The expected lines are those of wrangler 4.86 with `--local`, without its banner and its way to production.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;

use clap::Parser;
use lopata_protocol::r2::R2Object;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::cli::console::Kind;
use crate::cli::console::tests::printed;
use crate::cli::switches;

const NOW_MS: i64 = 1_767_225_600_000;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    r2: R2Args,
}

struct Ran {
    out: String,
    error: String,
}

fn context(folder: &TempDir) -> R2Context {
    let root = PersistRoot::in_persist_folder(&folder.path().join("state"));
    R2Context { root, cwd: folder.path().to_owned(), clock: Arc::new(|| NOW_MS) }
}

fn lopata_typing(folder: &TempDir, typed: &str, line: &[&str]) -> Ran {
    let arguments = ["lopata", "r2"].iter().chain(line).map(OsString::from).collect();
    let mut normalised = switches::normalise(arguments);
    normalised.remove(1);
    let parsed = match Program::try_parse_from(normalised) {
        Ok(parsed) => parsed,
        Err(error) => return Ran { out: String::new(), error: error.to_string() },
    };
    let context = context(folder);
    let (done, printed) = printed(Kind::default(), typed, |console| run(&parsed.r2, &context, console));
    assert_eq!(printed.err, "");
    Ran { out: printed.out, error: done.err().map(|error| error.to_string()).unwrap_or_default() }
}

fn lopata(folder: &TempDir, line: &[&str]) -> Ran {
    lopata_typing(folder, "", line)
}

#[track_caller]
fn prints(folder: &TempDir, line: &[&str], expected: &str) {
    let ran = lopata(folder, line);
    assert_eq!((ran.error.as_str(), ran.out.as_str()), ("", expected), "{line:?}");
}

#[track_caller]
fn refuses(folder: &TempDir, line: &[&str], expected: &str) {
    assert_eq!(lopata(folder, line).error, expected, "{line:?}");
}

fn stored(folder: &TempDir, bucket: &str, key: &str) -> R2Object {
    context(folder).open(bucket).unwrap().head(key).unwrap()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("f.txt"), "hello").unwrap();
    folder
}

#[test]
fn an_object_goes_in_and_comes_out() {
    let folder = folder();
    prints(
        &folder,
        &[
            "object",
            "put",
            "my-bucket/a/b c?.txt",
            "--file",
            "f.txt",
            "--ct",
            "text/plain",
            "--cache-control",
            "no-store",
        ],
        "Resource location: local\n\nCreating object \"a/b c?.txt\" in bucket \"my-bucket\".\nUpload complete.\n",
    );
    let object = stored(&folder, "my-bucket", "a/b c?.txt");
    assert_eq!((object.size, object.uploaded_ms), (5, NOW_MS));
    assert_eq!(object.http_metadata.content_type.as_deref(), Some("text/plain"));
    assert_eq!(object.http_metadata.cache_control.as_deref(), Some("no-store"));
    prints(&folder, &["object", "get", "my-bucket/a/b c?.txt", "--pipe"], "hello");
    prints(
        &folder,
        &["object", "get", "my-bucket/a/b c?.txt", "-J", "eu"],
        "Resource location: local\n\nDownloading \"a/b c?.txt\" from \"my-bucket (eu)\".\nDownload complete.\n",
    );
    assert_eq!(fs::read(folder.path().join("a/b c?.txt")).unwrap(), b"hello");
    lopata(&folder, &["object", "get", "my-bucket/a/b c?.txt", "-f", "deep/out.txt"]);
    assert_eq!(fs::read(folder.path().join("deep/out.txt")).unwrap(), b"hello");
    prints(
        &folder,
        &["object", "delete", "my-bucket/a/b c?.txt", "-J", "eu", "-y"],
        "Resource location: local\n\nDeleting object \"a/b c?.txt\" from bucket \"my-bucket (eu)\".\nDelete complete.\n",
    );
    let ran = lopata(&folder, &["object", "get", "my-bucket/a/b c?.txt", "-f", "none.txt"]);
    assert_eq!(ran.error, "The specified key does not exist.");
    assert!(ran.out.ends_with("Downloading \"a/b c?.txt\" from \"my-bucket\".\n"));
    assert!(!folder.path().join("none.txt").exists());
    prints(
        &folder,
        &["object", "delete", "my-bucket/none"],
        "Resource location: local\n\nDeleting object \"none\" from bucket \"my-bucket\".\nDelete complete.\n",
    );
}

#[test]
fn an_object_is_read_from_standard_input() {
    let folder = folder();
    let ran = lopata_typing(&folder, "typed", &["object", "put", "my-bucket/in", "--pipe", "-s", "InfrequentAccess"]);
    let expected =
        "Creating object \"in\" with InfrequentAccess storage class in bucket \"my-bucket\".\nUpload complete.\n";
    assert_eq!((ran.error.as_str(), ran.out.as_str()), ("", expected));
    assert_eq!(stored(&folder, "my-bucket", "in").storage_class, "InfrequentAccess");
    prints(&folder, &["object", "get", "my-bucket/in", "--pipe=true"], "typed");
}

#[test]
fn a_body_of_many_pieces() {
    let folder = folder();
    let body: Vec<u8> = (0..3_000_001u32).map(|n| (n % 251) as u8).collect();
    fs::write(folder.path().join("big"), &body).unwrap();
    assert_eq!(lopata(&folder, &["object", "put", "my-bucket/big", "-f", "big"]).error, "");
    assert_eq!(lopata(&folder, &["object", "get", "my-bucket/big", "-f", "back"]).error, "");
    assert_eq!(fs::read(folder.path().join("back")).unwrap(), body);
}

#[test]
fn expiry_is_milliseconds_or_a_date() {
    let folder = folder();
    for (given, expected) in
        [("12345", 12_345), ("-5", -5), ("12345ms", 12_345), ("Wed, 21 Oct 2026 07:28:00 GMT", 1_792_567_680_000)]
    {
        let line = ["object", "put", "my-bucket/x", "-f", "f.txt", "--expires", given];
        assert_eq!(lopata(&folder, &line).error, "", "{given}");
        assert_eq!(stored(&folder, "my-bucket", "x").http_metadata.cache_expiry_ms, Some(expected), "{given}");
    }
    refuses(
        &folder,
        &["object", "put", "my-bucket/y", "-f", "f.txt", "--expires", "soon"],
        "Incorrect type for the 'cacheExpiry' field on 'HttpMetadata': the provided value is not of type 'date'.",
    );
}

#[test]
fn mistakes_are_told() {
    let folder = folder();
    let put = |path, rest: &[&'static str]| [&["object", "put", path], rest].concat();
    refuses(&folder, &put("my-bucket/x", &[]), "Either the --file or --pipe options are required.");
    refuses(
        &folder,
        &put("x", &["-f", "f.txt"]),
        "The object path must be in the form of {bucket}/{key} you provided x",
    );
    refuses(
        &folder,
        &put("My_B/x", &["-f", "f.txt"]),
        "The bucket name \"My_B\" is invalid. Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 characters long.",
    );
    refuses(&folder, &put("my-bucket/x", &["-f", "none"]), "The file \"none\" does not exist.");
    refuses(&folder, &put("my-bucket/x", &["-f", "."]), "The path \".\" is not a file.");
    let both = "Arguments file and pipe are mutually exclusive";
    refuses(&folder, &put("my-bucket/x", &["-f", "f.txt", "--pipe"]), both);
    refuses(&folder, &["object", "get", "my-bucket/x", "-f", "f.txt", "--pipe"], both);
    assert!(lopata(&folder, &put("my-bucket/x", &["-f", "f.txt", "--remote"])).error.contains("local data only"));
    let long = format!("my-bucket/{}", "k".repeat(1025));
    refuses(&folder, &["object", "put", &long, "-f", "f.txt"], "put: The specified object name is not valid. (10020)");
    refuses(
        &folder,
        &put("my-bucket/x", &["-f", "f.txt", "-s", "Cold"]),
        "The storage class \"Cold\" is not valid. It is \"Standard\" or \"InfrequentAccess\".",
    );
    refuses(&folder, &["object", "get", "my-bucket/x", "--pipe"], "The specified key does not exist.");
    refuses(
        &folder,
        &["bucket", "create", "my-bucket", "--location", "weur"],
        "`r2 bucket` is about buckets in production, which lopata does not reach. Use wrangler for it.\nA local bucket is made when it is first used, by a worker or by `lopata r2 object put`.",
    );
}

#[test]
fn many_at_once() {
    let folder = folder();
    let entries: Vec<Value> =
        (0..1250).map(|n| serde_json::json!({ "key": format!("k {n}"), "file": "f.txt" })).collect();
    fs::write(folder.path().join("list.json"), Value::Array(entries).to_string()).unwrap();
    let ran = lopata(
        &folder,
        &["bulk", "put", "my-bucket", "--filename", "list.json", "--concurrency", "0", "--content-type", "a/b"],
    );
    assert_eq!(ran.error, "");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[2], "Starting bulk upload of 1250 objects to bucket my-bucket using a concurrency of 1");
    assert_eq!(lines[3], "Uploaded 8% (100 out of 1,250)");
    assert_eq!(lines[lines.len() - 2..], ["Uploaded 96% (1,200 out of 1,250)", "Uploaded 100% (1,250 out of 1,250)"]);
    assert_eq!(lines.len(), 16);
    assert_eq!(stored(&folder, "my-bucket", "k 1249").http_metadata.content_type.as_deref(), Some("a/b"));
    let list = lopata(&folder, &["object", "list", "my-bucket", "--json"]);
    let list: Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1250);

    fs::write(folder.path().join("none.json"), "[]").unwrap();
    prints(
        &folder,
        &["bulk", "put", "my-bucket", "-f", "none.json", "-J", "eu", "-s", "Standard"],
        "Resource location: local\n\nStarting bulk upload of 0 objects to bucket my-bucket (eu) with Standard storage class using a concurrency of 20\n",
    );
}

#[test]
fn mistakes_of_lists_are_told() {
    let folder = folder();
    let bulk = |text: &str| {
        fs::write(folder.path().join("l.json"), text).unwrap();
        lopata(&folder, &["bulk", "put", "my-bucket", "-f", "l.json"]).error
    };
    assert_eq!(bulk("{"), "The file \"l.json\" is not a valid JSON.");
    assert_eq!(bulk("{}"), "The file \"l.json\" must contain an array of entries.");
    let entry = "Each entry in the file \"l.json\" must be an object with \"key\" and \"file\" string properties.";
    assert_eq!(bulk("[1]"), entry);
    assert_eq!(bulk("[{\"key\":\"a\"}]"), entry);
    assert_eq!(bulk("[{\"key\":\"a\",\"file\":\"none\"}]"), "The file \"none\" does not exist.");
    assert_eq!(bulk("[{\"key\":\"a\",\"file\":\".\"}]"), "The path \".\" is not a file.");
    refuses(&folder, &["bulk", "put", "my-bucket"], "The --filename argument is required for bulk put operations.");
    refuses(&folder, &["bulk", "put", "my-bucket", "-f", "no.json"], "The file \"no.json\" does not exist.");
    refuses(&folder, &["bulk", "put", "my-bucket", "-f", "."], "The file \".\" is not readable.");
    // Nothing of a list with a mistake is stored.
    let long = format!("[{{\"key\":\"{}\",\"file\":\"f.txt\"}}]", "k".repeat(1025));
    assert!(bulk(&long).starts_with("R2 bulk upload failed\nThe object \"kkk"));
}

#[test]
fn what_is_there_is_listed() {
    let folder = folder();
    prints(&folder, &["object", "list", "my-bucket"], "Resource location: local\n\nThere are no objects.\n");
    for key in ["a", "b/1", "b/2"] {
        lopata(&folder, &["object", "put", &format!("my-bucket/{key}"), "-f", "f.txt"]);
    }
    let table = lopata(&folder, &["object", "list", "my-bucket", "--prefix", "b/"]).out;
    assert!(table.contains("│ b/1 │ 5    │ 5d41402abc4b2a76b9719d911017c592 │ 2026-01-01T00:00:00.000Z │"), "{table}");
    assert!(!table.contains("│ a "), "{table}");
    let json = lopata(&folder, &["object", "list", "my-bucket", "--delimiter", "/", "--json"]).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["delimitedPrefixes"], serde_json::json!(["b/"]));
    assert_eq!(json["objects"][0]["key"], "a");
}
