//! What a turn of a Durable Object costs in its storage, and what an object's store costs in time and memory.
//!
//! `cargo bench -p lopata-storage --bench objects` prints microseconds (medians) and kilobytes. A turn is what an object
//! does between two commits.

use std::fs;
use std::path::Path;
use std::time::Instant;

use lopata_storage::objects::{KvRange, NamespaceFiles, ObjectStore, Place, SqlValue};

/// Runs of each measurement.
const RUNS: usize = 2_000;

/// Stores that are opened at once, to see what one takes.
const STORES: usize = 500;

fn main() {
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    turns(folder.path());
    openings(folder.path());
}

fn turns(root: &Path) {
    let mut store = ObjectStore::new(Place::File(root.join("turns.sqlite")));
    exec(&mut store, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    store.kv_put("n", &[0; 16]).expect("it writes");
    store.commit().expect("it commits");
    measure("KV get", || {
        store.kv_get("n", |value| value.len()).expect("it reads");
    });
    measure("commit of nothing", || store.commit().expect("it commits"));
    let mut number = 0_u64;
    measure("turn: KV get and put", || {
        number += 1;
        store.kv_get("n", |value| value.len()).expect("it reads");
        store.kv_put("n", &number.to_be_bytes()).expect("it writes");
        store.commit().expect("it commits");
    });
    measure("turn: KV get and put, 100 times", || {
        for _ in 0..100 {
            store.kv_get("n", |value| value.len()).expect("it reads");
            store.kv_put("n", &number.to_be_bytes()).expect("it writes");
        }
        store.commit().expect("it commits");
    });
    measure("SQL select by key", || exec(&mut store, "SELECT * FROM t WHERE id = 1"));
    measure("turn: SQL insert and select", || {
        exec(&mut store, "INSERT INTO t (v) VALUES ('some text')");
        exec(&mut store, "SELECT * FROM t ORDER BY id DESC LIMIT 1");
        store.commit().expect("it commits");
    });
    measure("turn: SQL insert, 100 times", || {
        for _ in 0..100 {
            exec(&mut store, "INSERT INTO t (v) VALUES ('some text')");
        }
        store.commit().expect("it commits");
    });
    measure("turn: SQL insert, with its counts", || {
        let cursor = store.sql_exec("INSERT INTO t (v) VALUES ('some text')", &[]).expect("it runs");
        store.sql_counts(cursor);
        store.sql_close(cursor);
        store.commit().expect("it commits");
    });
    for number in 0..1_000 {
        store.kv_put(format!("k{number:04}"), b"value").expect("it writes");
    }
    store.commit().expect("it commits");
    measure("list of 1000 keys", || {
        store.kv_list(&KvRange { prefix: b"k", ..KvRange::default() }, |_, _| {}).expect("it lists");
    });
}

fn openings(root: &Path) {
    let files = NamespaceFiles::new(root, "bench-C");
    let mut number = 0;
    let mut stores = Vec::new();
    let before = resident_kilobytes();
    let mut times = Vec::new();
    for _ in 0..STORES {
        number += 1;
        let mut store = ObjectStore::new(files.place(&format!("{number:064x}")));
        let began = Instant::now();
        store.kv_get("n", |_| ()).expect("it reads");
        store.kv_put("n", b"1").expect("it writes");
        store.commit().expect("it commits");
        times.push(began.elapsed().as_nanos());
        stores.push(store);
    }
    report("first turn of a new object", &mut times);
    println!("{:44} {:8.1} KB", "memory of an open store", (resident_kilobytes() - before) as f64 / STORES as f64);
    let mut times: Vec<u128> = stores
        .iter_mut()
        .map(|store| {
            let began = Instant::now();
            store.close();
            began.elapsed().as_nanos()
        })
        .collect();
    report("closing a store", &mut times);
    println!("{:44} {:8.1} KB", "memory of a closed store", (resident_kilobytes() - before) as f64 / STORES as f64);
    let mut times: Vec<u128> = stores
        .iter_mut()
        .map(|store| {
            let began = Instant::now();
            store.kv_get("n", |_| ()).expect("it reads");
            began.elapsed().as_nanos()
        })
        .collect();
    report("first read after that", &mut times);
}

fn exec(store: &mut ObjectStore, sql: &str) {
    let cursor = store.sql_exec(sql, &[]).expect("it runs");
    loop {
        let row = store.sql_row(cursor).expect("it is there");
        if let Some(row) = row {
            for column in 0..row.len() {
                assert_ne!(row.value(column), SqlValue::Null);
            }
        }
        if !store.sql_next(cursor).expect("it steps") {
            break;
        }
    }
    store.sql_close(cursor);
}

fn resident_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn measure(what: &str, mut work: impl FnMut()) {
    let mut times: Vec<u128> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_nanos()
        })
        .collect();
    report(what, &mut times);
}

fn report(what: &str, times: &mut [u128]) {
    times.sort_unstable();
    println!("{what:44} {:8.1} us", times[times.len() / 2] as f64 / 1000.0);
}
