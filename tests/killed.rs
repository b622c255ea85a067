//! Storage after `kill -9`: what was acknowledged is there, and nothing is torn.
//!
//! Writers run random operations against the real server, each on keys of its own, and note what was acknowledged. At a
//! random moment the process is killed; a new one on the same state must show for each key the last acknowledged value,
//! or the one that was under way, whole. Values carry their key, version, length and a checksum; a batch is rows that
//! must agree with each other; a counter shows how often it was raised; parts of an upload outlive the process, too. A
//! Durable Object writes pairs, rows and its alarm in one turn or one transaction: they agree, or it is torn.
//!
//! The seed is printed by a failing test. `LOPATA_KILLS` says how many kills there are, `LOPATA_KILL_SEED` which ones, and
//! `LOPATA_KILL_STORES` (`kv,object`) leaves the other stores out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{Client, Project, Server, until};

/// Kills without `LOPATA_KILLS`: a bounded time in which every kind of work is met several times.
const KILLS: usize = 40;
/// Writers at once.
const WRITERS: usize = 4;
/// Keys of a kind that a writer has.
const KEYS: u64 = 5;
/// Operations that are acknowledged before the kill, at most.
const ACKNOWLEDGED_MAX: u64 = 40;

const CODE: &str = include_str!("killed.ts");

/// What a workload does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Kv,
    R2,
    Multipart,
    D1,
    Counter,
    Cache,
    Object,
    Tally,
}

const KINDS: [Kind; 8] =
    [Kind::Kv, Kind::R2, Kind::Multipart, Kind::D1, Kind::Counter, Kind::Cache, Kind::Object, Kind::Tally];

/// Where values are found.
const STORES: [&str; 7] = ["kv", "r2", "d1", "counter", "cache", "object", "tally"];

impl Kind {
    /// Where its values are found. Uploads end as objects.
    fn store(self) -> &'static str {
        match self {
            Self::Kv => "kv",
            Self::R2 | Self::Multipart => "r2",
            Self::D1 => "d1",
            Self::Counter => "counter",
            Self::Cache => "cache",
            Self::Object => "object",
            Self::Tally => "tally",
        }
    }
}

/// What is known of one key.
#[derive(Clone, Debug, Default)]
struct Slot {
    /// The version that was acknowledged last; 0 when there is no value.
    acknowledged: u64,
    /// The version that was under way when the process died.
    pending: Option<u64>,
    /// The last acknowledged value may have been dropped since: a cache may do so.
    may_vanish: bool,
}

/// An upload whose parts were acknowledged and which is not complete.
#[derive(Clone, Debug)]
struct Upload {
    key: String,
    version: u64,
    length: u64,
    id: String,
    etag: String,
}

/// One writer's keys and its random numbers.
struct Writer {
    name: String,
    random: Random,
    slots: BTreeMap<(&'static str, String), Slot>,
    uploads: Vec<Upload>,
    version: u64,
}

#[test]
fn what_was_acknowledged_survives() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("LOPATA_KILLS").map_or(KILLS, |kills| kills as usize);
    let seed = number("LOPATA_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 20 | 0x5eed);
    let stores = std::env::var("LOPATA_KILL_STORES").unwrap_or_else(|_| STORES.join(","));
    let all: Vec<Kind> =
        KINDS.into_iter().filter(|kind| stores.split(',').any(|store| store == kind.store())).collect();
    let state = |writer: &Writer| format!("/state/{}?stores={stores}", writer.name);
    let project = project();
    let mut random = Random(seed);
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(number, random.next())).collect();
    let mut operations = 0;
    for kill in 0..kills {
        // Often one kind alone, so that its operations meet; else all of them mixed.
        let choice = random.below(all.len() as u64 * 3 / 2 + 1) as usize;
        let kinds = all.get(choice).map_or(all.as_slice(), std::slice::from_ref);
        let mut server = Server::start(&project);
        for writer in &mut writers {
            let found = server.get(&state(writer)).json();
            writer.verify(&found, &format!("seed {seed}, kill {kill}"));
        }
        operations += work_until_killed(&mut server, &mut writers, kinds, &mut random);
        let log = server.log().text();
        assert!(!log.contains("panicked at"), "seed {seed}, kill {kill}: {log}");
    }
    let mut server = Server::start(&project);
    for writer in &mut writers {
        let found = server.get(&state(writer)).json();
        writer.verify(&found, &format!("seed {seed}, at the end"));
    }
    // Values that were being written leave at most a file each.
    let live: usize = writers.iter().map(|writer| writer.slots.len() + writer.uploads.len()).sum();
    let files = blobs(&project.path(".lopata/state/v3"));
    assert!(
        files <= live * 2 + (kills + 1) * WRITERS * 3,
        "{files} files of values after {kills} kills, {live} values"
    );
    server.assert_well();
    server.stop();
    println!("{kills} kills, {operations} operations acknowledged, {files} files of values");
}

/// Lets the writers work and kills the process after a random number of acknowledged operations.
fn work_until_killed(server: &mut Server, writers: &mut [Writer], kinds: &[Kind], random: &mut Random) -> usize {
    let acknowledged = AtomicUsize::new(0);
    let killed = AtomicBool::new(false);
    let wanted = random.below(ACKNOWLEDGED_MAX) as usize;
    let turns = random.below(3000);
    std::thread::scope(|scope| {
        for writer in writers.iter_mut() {
            let (client, acknowledged, killed) = (server.client(), &acknowledged, &killed);
            scope.spawn(move || {
                while writer.operate(client, kinds, killed) {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        until("the writers' operations are acknowledged", || {
            (acknowledged.load(Ordering::Relaxed) >= wanted).then_some(())
        });
        // A moment that has nothing to do with an answer.
        for _ in 0..turns {
            std::thread::yield_now();
        }
        killed.store(true, Ordering::Relaxed);
        server.signal("-KILL");
    });
    server.wait_exit();
    acknowledged.load(Ordering::Relaxed)
}

impl Writer {
    fn new(number: usize, seed: u64) -> Self {
        let name = format!("w{number}");
        Self { name, random: Random(seed), slots: BTreeMap::new(), uploads: Vec::new(), version: 0 }
    }

    /// One operation. False when the process is gone.
    fn operate(&mut self, client: &Client, kinds: &[Kind], killed: &AtomicBool) -> bool {
        let kind = kinds[self.random.below(kinds.len() as u64) as usize];
        if kind == Kind::Multipart {
            return self.upload(client, killed);
        }
        let key = format!("{}/{}", self.name, self.random.below(KEYS));
        let counts = matches!(kind, Kind::Counter | Kind::Tally);
        let is_delete = !counts && self.random.below(5) == 0;
        self.version += 1;
        let length = self.length();
        let slot = self.slots.entry((kind.store(), key.clone())).or_default();
        slot.may_vanish = kind == Kind::Cache;
        let version = match kind {
            _ if is_delete => 0,
            _ if counts => slot.acknowledged + 1,
            _ => self.version,
        };
        slot.pending = Some(version);
        let how = self.random.below(4);
        let operation = json!({ "do": kind.store(), "key": key, "version": version, "length": length, "how": how });
        self.send(client, &operation, killed).is_some() && self.settle(kind.store(), &key)
    }

    /// A part of an upload, or its end, or all of it at once.
    fn upload(&mut self, client: &Client, killed: &AtomicBool) -> bool {
        let begin = self.uploads.is_empty() || self.random.below(2) == 0;
        if begin {
            self.version += 1;
            let key = format!("{}/{}", self.name, self.random.below(KEYS));
            // Seldom more than one part: those are of 5 MiB at least.
            let length =
                if self.random.below(12) == 0 { (5 << 20) + self.random.below(100_000) } else { self.length() };
            let operation = json!({ "do": "begin", "key": key, "version": self.version, "length": length });
            let Some(answer) = self.send(client, &operation, killed) else { return false };
            let text = |name: &str| answer[name].as_str().expect("the worker tells it").to_string();
            self.uploads.push(Upload { key, version: self.version, length, id: text("id"), etag: text("etag") });
            return true;
        }
        let index = self.random.below(self.uploads.len() as u64) as usize;
        let upload = self.uploads.swap_remove(index);
        let Upload { key, version, length, id, etag } = &upload;
        let abort = self.random.below(4) == 0;
        if !abort {
            self.slots.entry(("r2", key.clone())).or_default().pending = Some(*version);
        }
        let how = if abort { "abort" } else { "complete" };
        let operation = json!({ "do": how, "key": key, "version": version, "length": length, "id": id, "etag": etag });
        self.send(client, &operation, killed).is_some() && (abort || self.settle("r2", key))
    }

    fn settle(&mut self, store: &'static str, key: &str) -> bool {
        let slot = self.slots.get_mut(&(store, key.to_string())).expect("it was made before the operation");
        slot.acknowledged = slot.pending.take().expect("it was set before the operation");
        true
    }

    /// The answer; `None` when the process died before it.
    fn send(&self, client: &Client, operation: &Value, killed: &AtomicBool) -> Option<Value> {
        match client.try_send("POST", "/", &[], operation.to_string().as_bytes()) {
            Ok(response) if response.status == 200 => serde_json::from_slice(&response.body).ok(),
            Ok(response) => panic!("{operation}: {} {}", response.status, response.text()),
            Err(error) => {
                assert!(killed.load(Ordering::Relaxed), "{operation}: {error}");
                None
            }
        }
    }

    fn length(&mut self) -> u64 {
        match self.random.below(8) {
            0 => 0,
            1 => 300_000 + self.random.below(900_000),
            2 | 3 => self.random.below(100_000),
            _ => self.random.below(2000),
        }
    }

    /// Compares what the restarted server has with what this writer knows.
    fn verify(&mut self, found: &Value, when: &str) {
        assert_eq!(found["torn"], json!([]), "{when}");
        for ((store, key), slot) in &mut self.slots {
            let version =
                found[*store].get(key.as_str()).map_or(0, |version| version.as_u64().expect("it is a number"));
            let is_known = version == slot.acknowledged || slot.pending == Some(version);
            assert!(
                is_known || (slot.may_vanish && version == 0),
                "{when}: {store} {key} is {version}, and not {slot:?}"
            );
            *slot = Slot { acknowledged: version, ..Slot::default() };
        }
        for store in ["kv", "r2", "d1", "counter", "object", "tally"] {
            for key in found[store].as_object().expect("it is an object").keys() {
                assert!(self.slots.contains_key(&(store, key.clone())), "{when}: nobody wrote {store} {key}");
            }
        }
    }
}

/// A generator of numbers that a seed repeats (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn project() -> Project {
    Project::worker(
        CODE,
        json!({
            "kv_namespaces": [{ "binding": "KV", "id": "kv" }],
            "r2_buckets": [{ "binding": "R2", "bucket_name": "bucket" }],
            "d1_databases": [{ "binding": "D1", "database_name": "d1", "database_id": "d1" }],
            "durable_objects": { "bindings": [{ "name": "HOLDER", "class_name": "Holder" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Holder"] }],
            "limits": { "subrequests": 100_000 },
        }),
    )
}

/// Files of values below a folder.
fn blobs(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| match entry.path() {
        path if path.is_dir() => blobs(&path),
        path => usize::from(path.parent().is_some_and(|parent| parent.ends_with("blobs"))),
    };
    entries.map(|entry| count(entry.expect("the folder can be read"))).sum()
}
