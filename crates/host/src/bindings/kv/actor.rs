//! The thread that owns one namespace's store and carries out its calls.
//!
//! It blocks on its queue and ends when nobody can call any more. Calls are carried out in their order;
//! writes that wait together share one commit.
//!
//! Invariants
//! - A write is answered only when it is stored, and is carried out even if its caller is gone.
//! - The store is opened by the first call. A store that cannot be opened fails that call with the reason; the
//!   next one tries again.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::SystemTime;

use lopata_bridges::{CallReceiver, KvService, Responder, calls};
use lopata_protocol::kv::{KvAnswer, KvCall, KvError};
use lopata_storage::kv::site::SiteStore;
use lopata_storage::kv::{KvWrite, sweep};
use lopata_storage::{Clock, KvStore};

use super::site;
use crate::bindings::actors::Actor;
use crate::bindings::leftovers::Leftovers;

type Answer = Result<KvAnswer, KvError>;

/// Calls that are taken from the queue at once, and so the most writes of one commit. Bounds how long the
/// first of them waits for the last.
const BATCH_CALLS_MAX: usize = 64;

/// Starts the actor of a namespace under the persist root `root`.
pub fn spawn(root: PathBuf, namespace: String, clock: Clock) -> io::Result<Actor<KvService>> {
    let (service, receiver) = calls();
    let (actor, alive) = Actor::new(service);
    thread::Builder::new().name("lopata-kv".to_string()).spawn(move || {
        let _alive = alive;
        let sweeping = || {
            let (root, namespace) = (root.clone(), namespace.clone());
            move || drop(sweep(&root, &namespace, SystemTime::now()))
        };
        run(&receiver, || KvStore::open(&root, &namespace, clock.clone()), sweeping);
    })?;
    Ok(actor)
}

/// Starts the actor of a Workers Site.
pub fn spawn_site(store: SiteStore) -> io::Result<Actor<KvService>> {
    let (service, receiver) = calls();
    let (actor, alive) = Actor::new(service);
    thread::Builder::new().name("lopata-site".to_string()).spawn(move || {
        let _alive = alive;
        site::run(&receiver, &store);
    })?;
    Ok(actor)
}

fn run<E: std::fmt::Display, S: FnOnce() + Send + 'static>(
    receiver: &CallReceiver<KvCall, Answer>,
    open: impl Fn() -> Result<KvStore, E>,
    sweeping: impl Fn() -> S,
) {
    let mut store = None;
    let mut batch = Vec::new();
    let mut leftovers = Leftovers::default();
    while let Some(first) = leftovers.next_call(receiver, store.is_some(), &sweeping) {
        batch.push(first);
        while batch.len() < BATCH_CALLS_MAX
            && let Some(next) = receiver.try_recv()
        {
            batch.push(next);
        }
        // A state folder that was removed is begun anew.
        let opened = match store.take().filter(KvStore::is_in_place) {
            Some(store) => Ok(store),
            None => open(),
        };
        match opened {
            Ok(mut opened) => {
                carry_out(&mut opened, batch.drain(..));
                store = Some(opened);
            }
            Err(error) => {
                let text = error.to_string();
                batch
                    .drain(..)
                    .for_each(|(_, responder)| responder.send(Err(KvError { status: 500, text: text.clone() })));
            }
        }
    }
}

fn carry_out(store: &mut KvStore, batch: impl Iterator<Item = (KvCall, Responder<Answer>)>) {
    let mut writes = Vec::new();
    let mut writers = Vec::new();
    for (call, responder) in batch {
        match into_write(call) {
            Ok(write) => {
                writes.push(write);
                writers.push(responder);
            }
            Err(read) => {
                commit(store, &mut writes, &mut writers);
                if !responder.is_closed() {
                    responder.send(answer(store, read));
                }
            }
        }
    }
    commit(store, &mut writes, &mut writers);
}

fn commit(store: &mut KvStore, writes: &mut Vec<KvWrite>, writers: &mut Vec<Responder<Answer>>) {
    if writes.is_empty() {
        return;
    }
    let (results, leftover) = store.write_leaving(std::mem::take(writes));
    for (responder, result) in writers.drain(..).zip(results) {
        responder.send(result.map(|()| KvAnswer::Done));
    }
    drop(leftover);
}

/// A call that only reads.
enum Read {
    Get { key: String, cache_ttl: Option<i32> },
    GetMany { keys: Vec<String>, kind: Option<String>, cache_ttl: Option<i32> },
    List { prefix: Option<String>, limit: Option<i32>, cursor: Option<String> },
}

fn into_write(call: KvCall) -> Result<KvWrite, Read> {
    match call {
        KvCall::Put { key, value, expiration, expiration_ttl, metadata } => {
            Ok(KvWrite::Put { key, value, expiration, expiration_ttl, metadata })
        }
        KvCall::Delete { key } => Ok(KvWrite::Delete { key }),
        KvCall::Get { key, cache_ttl } => Err(Read::Get { key, cache_ttl }),
        KvCall::GetMany { keys, kind, cache_ttl } => Err(Read::GetMany { keys, kind, cache_ttl }),
        KvCall::List { prefix, limit, cursor } => Err(Read::List { prefix, limit, cursor }),
    }
}

fn answer(store: &mut KvStore, read: Read) -> Answer {
    match read {
        Read::Get { key, cache_ttl } => store.get(&key, cache_ttl).map(KvAnswer::Value),
        Read::GetMany { keys, kind, cache_ttl } => {
            store.get_many(&keys, kind.as_deref(), cache_ttl).map(KvAnswer::Values)
        }
        Read::List { prefix, limit, cursor } => {
            let page = store.list(prefix.as_deref(), limit, cursor.as_deref())?;
            Ok(KvAnswer::Page { keys: page.keys, cursor: page.cursor })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use lopata_protocol::kv::KvValue;

    use super::*;

    fn put(key: &str, value: &str) -> KvCall {
        KvCall::Put {
            key: key.into(),
            value: value.as_bytes().to_vec().into(),
            expiration: None,
            expiration_ttl: None,
            metadata: None,
        }
    }

    fn get(key: &str) -> KvCall {
        KvCall::Get { key: key.into(), cache_ttl: None }
    }

    fn value(text: &str) -> Answer {
        Ok(KvAnswer::Value(Some(KvValue { value: text.as_bytes().to_vec().into(), metadata: None })))
    }

    fn open(folder: &Path) -> Result<KvStore, lopata_storage::StoreError> {
        KvStore::open(folder, "ns", lopata_storage::system_clock())
    }

    /// The actor's loop without sweeps.
    fn run<E: std::fmt::Display>(receiver: &CallReceiver<KvCall, Answer>, open: impl Fn() -> Result<KvStore, E>) {
        super::run(receiver, open, || || ());
    }

    /// All calls are queued before the actor starts, so that they meet in batches.
    #[test]
    fn calls_are_answered_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let (service, receiver) = calls();
        let mut answers = Vec::new();
        for n in 0..200 {
            answers.push((service.call(put("k", &n.to_string())), Ok(KvAnswer::Done)));
            if n % 3 == 0 {
                answers.push((service.call(get("k")), value(&n.to_string())));
            }
            if n % 7 == 0 {
                answers.push((service.call(KvCall::Delete { key: "k".into() }), Ok(KvAnswer::Done)));
                answers.push((service.call(get("k")), Ok(KvAnswer::Value(None))));
            }
        }
        drop(service);
        run(&receiver, || open(folder.path()));
        for (answer, expected) in answers {
            assert_eq!(answer.wait_blocking().unwrap(), expected);
        }
    }

    #[test]
    fn a_refusal_in_a_batch_concerns_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let (service, receiver) = calls();
        let answers = ["a", "", "b"].map(|key| service.call(put(key, "v")));
        drop(service);
        run(&receiver, || open(folder.path()));
        let ok = answers.map(|answer| answer.wait_blocking().unwrap().is_ok());
        assert_eq!(ok, [true, false, true]);
    }

    #[test]
    fn writes_of_callers_that_are_gone_are_carried_out() {
        let folder = tempfile::tempdir().unwrap();
        let (service, receiver) = calls();
        drop(service.call(put("k", "v")));
        drop(service.call(get("k")));
        drop(service);
        run(&receiver, || open(folder.path()));
        assert!(open(folder.path()).unwrap().get("k", None).unwrap().is_some());
    }

    #[test]
    fn a_store_that_cannot_be_opened_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let (service, receiver) = calls();
        let actor = thread::scope(|scope| {
            let root = folder.path();
            let attempts = std::cell::Cell::new(0);
            scope.spawn(move || {
                run(&receiver, || {
                    attempts.set(attempts.get() + 1);
                    if attempts.get() == 1 {
                        Err("no space".to_string())
                    } else {
                        open(root).map_err(|e| e.to_string())
                    }
                });
            });
            let first = service.call(put("k", "v")).wait_blocking().unwrap();
            let second = service.call(put("k", "v")).wait_blocking().unwrap();
            drop(service);
            (first, second)
        });
        assert_eq!(actor.0, Err(KvError { status: 500, text: "no space".into() }));
        assert_eq!(actor.1, Ok(KvAnswer::Done));
    }
}
