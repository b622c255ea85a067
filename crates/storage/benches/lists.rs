//! What a page of a list costs in a store of a hundred thousand keys, at its start, in its middle and at its end.
//!
//! `cargo bench -p lopata-storage --bench lists` prints microseconds (medians). That the work is the same everywhere is
//! what tests check, by SQLite's own steps; this shows the time it takes.

use std::path::Path;
use std::time::Instant;

use lopata_protocol::r2::R2ListOptions;
use lopata_storage::{KvStore, PersistRoot, R2Store, system_clock};
use rusqlite::Connection;

/// Keys of the store.
const KEYS: usize = 100_000;
/// Runs of each measurement.
const RUNS: usize = 25;

fn main() {
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    kv(folder.path());
    r2(folder.path());
}

fn kv(root: &Path) {
    let mut store = KvStore::open(root, "lists", system_clock()).expect("the folder is writable");
    fill(
        &PersistRoot::new(root).kv_database("lists"),
        "INSERT INTO _mf_entries SELECT printf('k%06d', i), 'none', NULL, NULL FROM n",
    );
    let mut cursors: Vec<Option<String>> = vec![None];
    while let Some(cursor) =
        store.list(None, None, cursors.last().expect("it has one").as_deref()).expect("it lists").cursor
    {
        cursors.push(Some(cursor));
    }
    for at in [0, cursors.len() / 2, cursors.len() - 1] {
        let cursor = cursors[at].as_deref();
        let page = |store: &mut KvStore| drop(store.list(None, None, cursor).expect("it lists"));
        report(&format!("KV, 1000 keys from {}", at * 1000), &mut store, page);
    }
    for prefix in ["k0000", "k0500", "k0999"] {
        let page = |store: &mut KvStore| drop(store.list(Some(prefix), None, None).expect("it lists"));
        report(&format!("KV, 100 keys of prefix {prefix}"), &mut store, page);
    }
}

fn r2(root: &Path) {
    let mut store = R2Store::open(root, "lists", system_clock()).expect("the folder is writable");
    fill(
        &PersistRoot::new(root).r2_database("lists"),
        "INSERT INTO _mf_objects
         SELECT printf('d%03d/%02d', i / 100, i % 100), 'none', 'v', 1, 'e', 0, '{}', '{}', '{}' FROM n",
    );
    let list = |start_after: &str, prefix: &str, delimiter: &str| R2ListOptions {
        start_after: Some(start_after.to_string()),
        prefix: prefix.to_string(),
        delimiter: delimiter.to_string(),
        ..R2ListOptions::default()
    };
    for (what, options) in [
        ("R2, 1000 objects from 0", list("", "", "")),
        ("R2, 1000 objects from 50000", list("d499/99", "", "")),
        ("R2, 1000 objects from 99000", list("d989/99", "", "")),
        ("R2, 100 objects of prefix d000/", list("", "d000/", "")),
        ("R2, 100 objects of prefix d999/", list("", "d999/", "")),
        ("R2, 10 prefixes of 100 objects each, first", list("", "d00", "/")),
        ("R2, 10 prefixes of 100 objects each, last", list("", "d99", "/")),
    ] {
        report(what, &mut store, |store: &mut R2Store| drop(store.list(&options).expect("it lists")));
    }
}

/// Runs an insert for the numbers `n(i)` below [`KEYS`]. Rows only: lists read no values.
fn fill(database: &Path, insert: &str) {
    let connection = Connection::open(database).expect("the store made it");
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {})", KEYS - 1);
    connection.execute_batch(&format!("{numbers} {insert}")).expect("the statement is right");
}

fn report<S>(what: &str, store: &mut S, page: impl Fn(&mut S)) {
    let mut times: Vec<u128> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            page(store);
            began.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    println!("{what:44} {:8} us", times[RUNS / 2]);
}
