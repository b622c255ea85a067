//! The thread that owns the stores of all caches and carries out their calls.
//!
//! One thread for all: names of caches are made by scripts, and a thread for each would have no bound. It blocks on
//! its queue; calls are carried out in their order, and writes to one cache that wait together share one commit.
//! Only rows and small bodies are its work. A long body is a task of its own, which writes it into its file and
//! stores the response when all of it is there.
//!
//! Invariants
//! - A put is answered when it is stored, and is carried out even if its caller is gone. One whose body fails stores
//!   nothing and leaves what was there.
//! - A body that is not stored is read to its end all the same: whoever writes it must not be able to tell.
//! - A store is opened by its first call. One that cannot be opened fails that call; the next one tries again.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use lopata_bridges::{CacheRequest, CacheResult, CacheSender, CallReceiver, Parcel, Responder, StreamReader, calls};
use lopata_protocol::limits::{CACHE_BODY_BYTES_MAX, CACHES_OPEN_MAX};
use lopata_protocol::{Body, CacheAnswer, CacheCall, CacheError, HeaderList};
use lopata_storage::cache::{CacheLookup, CachePut, CacheStoreError, CacheWrite, NewBody, sweep};
use lopata_storage::{CacheStore, Clock};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::answer::answer;
use super::rules::{self, Storable};
use super::staging::{self, Staging};
use crate::bindings::leftovers::Leftovers;

/// Calls that are taken from the queue at once, and so the most writes of one commit.
const BATCH_CALLS_MAX: usize = 64;

/// A store that the actor shares with the tasks that bring long bodies.
pub type Store = Arc<Mutex<CacheStore>>;

/// A running actor.
#[derive(Debug)]
pub struct Actor {
    sender: CacheSender,
    /// Disconnected when the thread has ended.
    ended: mpsc::Receiver<()>,
}

impl Actor {
    /// Starts the actor of the caches under the persist root `root`. Tasks run on `runtime`.
    pub fn spawn(root: PathBuf, clock: Clock, runtime: Handle) -> io::Result<Self> {
        let (sender, receiver) = calls();
        let (running, ended) = mpsc::channel();
        thread::Builder::new().name("lopata-cache".to_string()).spawn(move || {
            let _running = running;
            run(&receiver, Stores { root, clock, runtime, open: HashMap::new(), uses: 0 });
        })?;
        Ok(Self { sender, ended })
    }

    /// The way to call it.
    pub fn sender(&self) -> CacheSender {
        self.sender.clone()
    }

    /// Lets it end when it has carried out what is queued, and waits for that; false when `timeout` was over first.
    pub fn close(self, timeout: Duration) -> bool {
        drop(self.sender);
        matches!(self.ended.recv_timeout(timeout), Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

/// The open stores.
struct Stores {
    root: PathBuf,
    clock: Clock,
    runtime: Handle,
    /// With the number of their last use.
    open: HashMap<String, (Store, u64)>,
    uses: u64,
}

impl Stores {
    fn store(&mut self, cache: &str) -> Result<Store, CacheError> {
        self.uses += 1;
        if let Some((store, used)) = self.open.get_mut(cache)
            && store.lock().is_in_place()
        {
            *used = self.uses;
            return Ok(store.clone());
        }
        if self.open.len() >= CACHES_OPEN_MAX
            && let Some(oldest) = self.open.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| name.clone())
        {
            self.open.remove(&oldest);
        }
        let opened = CacheStore::open(&self.root, cache, self.clock.clone());
        let store = opened.map_err(|error| CacheError { text: error.to_string() })?;
        let store = Arc::new(Mutex::new(store));
        self.open.insert(cache.to_string(), (store.clone(), self.uses));
        Ok(store)
    }
}

/// Writes to one cache that share a commit.
#[derive(Default)]
struct Pending {
    cache: String,
    writes: Vec<CacheWrite>,
    writers: Vec<(Writer, Responder<CacheResult>)>,
}

/// What a write is answered with.
#[derive(Clone, Copy)]
enum Writer {
    Put { stored: bool },
    Delete,
}

fn run(receiver: &CallReceiver<CacheRequest, CacheResult>, mut stores: Stores) {
    let mut pending = Pending::default();
    let mut leftovers = Leftovers::default();
    loop {
        let sweeping = || {
            let (root, caches) = (stores.root.clone(), stores.open.keys().cloned().collect::<Vec<_>>());
            move || caches.iter().for_each(|cache| drop(sweep(&root, cache, SystemTime::now())))
        };
        let is_open = !stores.open.is_empty();
        let Some(first) = leftovers.next_call(receiver, is_open, sweeping) else { return };
        let mut next = Some(first);
        let mut taken = 1;
        while let Some((request, responder)) = next {
            carry_out(&mut stores, &mut pending, request, responder);
            next = if taken < BATCH_CALLS_MAX { receiver.try_recv() } else { None };
            taken += 1;
        }
        commit(&mut stores, &mut pending);
    }
}

fn carry_out(stores: &mut Stores, pending: &mut Pending, request: CacheRequest, responder: Responder<CacheResult>) {
    let Parcel { message, mut attachments } = request;
    match message {
        CacheCall::Match { cache, key, wanted } => {
            commit(stores, pending);
            if !responder.is_closed() {
                let found = stores.store(&cache).and_then(|store| store.lock().lookup(&key).map_err(failed));
                responder.send(found.and_then(|found| {
                    match found {
                        CacheLookup::Missing => Ok(CacheAnswer::Miss { expired: false }.into()),
                        CacheLookup::Expired => Ok(CacheAnswer::Miss { expired: true }.into()),
                        CacheLookup::Found(found) => answer(&found, &wanted, (stores.clock)(), &stores.runtime)
                            .map_err(|error| CacheError { text: error.to_string() }),
                    }
                }));
            }
        }
        CacheCall::Delete { cache, key } => {
            let write = CacheWrite::Delete { key };
            defer(stores, pending, cache, write, Writer::Delete, responder);
        }
        CacheCall::Put { cache, key, authorized, status, headers, body, ttl_ms } => {
            let now_ms = (stores.clock)();
            let storable = match ttl_ms {
                Some(ttl_ms) => Some(rules::force(&headers, ttl_ms, now_ms)),
                None => rules::judge(authorized, status, &headers, now_ms),
            };
            let put = Put { cache, key, status, storable, now_ms };
            match body {
                Body::Empty => put_whole(stores, pending, put, bytes::Bytes::new(), responder),
                Body::Inline(bytes) => put_whole(stores, pending, put, bytes, responder),
                Body::Stream { id, length } => match attachments.take_stream(id) {
                    Some(reader) => {
                        commit(stores, pending);
                        put_stream(stores, put, length, reader, responder);
                    }
                    None => responder.send(Ok(CacheAnswer::Put { stored: false }.into())),
                },
            }
        }
    }
}

/// A put whose headers have been judged.
struct Put {
    cache: String,
    key: String,
    status: u16,
    /// `None` when it may not be stored.
    storable: Option<Storable>,
    now_ms: i64,
}

impl Put {
    /// What is stored beside the body, whose length may be known; `None` for nothing.
    fn head(self, length: Option<u64>) -> Option<Head> {
        let Storable { mut headers, ttl_ms } = self.storable?;
        if length.is_some_and(|length| length > CACHE_BODY_BYTES_MAX) {
            return None;
        }
        if let Some(length) = length {
            headers.push("content-length", length.to_string().as_bytes());
        }
        let ttl_ms = i64::try_from(ttl_ms).unwrap_or(i64::MAX);
        let expires_ms = self.now_ms.saturating_add(ttl_ms).min(EXPIRES_MS_MAX);
        Some(Head { key: self.key, status: self.status, headers, expires_ms, is_fresh: ttl_ms > 0 })
    }
}

/// What JavaScript, which reads the database too, can hold as an exact number.
const EXPIRES_MS_MAX: i64 = (1 << 53) - 1;

/// A response to store, but for its body.
pub struct Head {
    key: String,
    status: u16,
    headers: HeaderList,
    expires_ms: i64,
    is_fresh: bool,
}

impl Head {
    /// The write. What is stale already only removes what was there.
    pub fn into_write(self, body: NewBody) -> CacheWrite {
        let Self { key, status, headers, expires_ms, is_fresh: _ } = self;
        CacheWrite::Put(CachePut { key, status, headers, body, expires_ms })
    }
}

fn put_whole(
    stores: &mut Stores,
    pending: &mut Pending,
    put: Put,
    bytes: bytes::Bytes,
    responder: Responder<CacheResult>,
) {
    let cache = put.cache.clone();
    match put.head(Some(bytes.len() as u64)) {
        None => responder.send(Ok(CacheAnswer::Put { stored: false }.into())),
        Some(head) if !head.is_fresh => {
            let write = CacheWrite::Delete { key: head.key };
            defer(stores, pending, cache, write, Writer::Put { stored: false }, responder);
        }
        Some(head) => {
            let write = head.into_write(NewBody::Whole(bytes));
            defer(stores, pending, cache, write, Writer::Put { stored: true }, responder);
        }
    }
}

fn put_stream(
    stores: &mut Stores,
    put: Put,
    length: Option<u64>,
    reader: StreamReader,
    responder: Responder<CacheResult>,
) {
    let cache = put.cache.clone();
    let staging = put.head(length).map(|head| {
        let store = stores.store(&cache)?;
        Staging::new(store, head).map_err(failed)
    });
    match staging.transpose() {
        Ok(staging) => drop(stores.runtime.spawn(staging::take_in(reader, staging, responder))),
        Err(error) => responder.send(Err(error)),
    }
}

fn defer(
    stores: &mut Stores,
    pending: &mut Pending,
    cache: String,
    write: CacheWrite,
    writer: Writer,
    responder: Responder<CacheResult>,
) {
    if pending.cache != cache {
        commit(stores, pending);
        pending.cache = cache;
    }
    pending.writes.push(write);
    pending.writers.push((writer, responder));
}

fn commit(stores: &mut Stores, pending: &mut Pending) {
    if pending.writes.is_empty() {
        return;
    }
    let writes = std::mem::take(&mut pending.writes);
    let written = stores.store(&pending.cache).and_then(|store| store.lock().write(writes).map_err(failed));
    let writers = pending.writers.drain(..);
    match written {
        Ok(found) => writers.zip(found).for_each(|((writer, responder), found)| {
            let answer = match writer {
                Writer::Put { stored } => CacheAnswer::Put { stored },
                Writer::Delete => CacheAnswer::Deleted { found },
            };
            responder.send(Ok(answer.into()));
        }),
        Err(error) => writers.for_each(|(_, responder)| responder.send(Err(error.clone()))),
    }
}

/// A fault of a store.
pub fn failed(error: CacheStoreError) -> CacheError {
    CacheError { text: error.to_string() }
}
