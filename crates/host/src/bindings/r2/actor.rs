//! The thread that carries out the calls on one bucket.
//!
//! It blocks on its queue and ends when nobody can call any more. Small bodies are written and read here; writes that
//! wait together share one commit. A body that is large, or streams, is handed to `transfer`, which takes the store
//! only for the moment of its commit; so nobody waits for somebody else's body.
//!
//! Invariants
//! - A write is answered only when it is stored, and is carried out even if its caller is gone.
//! - The store is opened by the first call. A store that cannot be opened fails that call with the reason; the
//!   next one tries again.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use lopata_bridges::{CallReceiver, R2Ask, R2Reply, R2Service, Responder, calls};
use lopata_protocol::r2::{R2Answer, R2Call, R2Error, R2Value};
use lopata_storage::r2::{R2Found, R2Write, R2Written, sweep};
use lopata_storage::{Clock, R2Store};
use parking_lot::{Mutex, MutexGuard};

use super::transfer;
use crate::bindings::actors::{Actor, Alive};
use crate::bindings::leftovers::Leftovers;

pub(super) type Answer = Result<R2Reply, R2Error>;

/// Calls that are taken from the queue at once, and so the most writes of one commit. Bounds how long the
/// first of them waits for the last.
const BATCH_CALLS_MAX: usize = 64;

/// Bytes of a body that the actor itself writes: a larger one takes longer to hash than to hand over.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a body that the actor itself reads: a larger one takes longer to read than to hand over.
const READ_BYTES_MAX: u64 = 1024 * 1024;

/// Starts the actor of a bucket under the persist root `root`.
pub fn spawn(root: PathBuf, bucket: String, clock: Clock) -> io::Result<Actor<R2Service>> {
    let (service, receiver) = calls();
    let (actor, alive) = Actor::new(service);
    let place = Arc::new(Place { root, bucket, clock, store: Mutex::new(None), _alive: alive });
    thread::Builder::new().name("lopata-r2".to_string()).spawn(move || run(&receiver, &place))?;
    Ok(actor)
}

/// The bucket, as the actor and the transfers share it.
pub(super) struct Place {
    root: PathBuf,
    bucket: String,
    clock: Clock,
    /// Taken for single calls and commits, never while a body moves.
    store: Mutex<Option<R2Store>>,
    /// Dropped with the last that has to do with the bucket.
    _alive: Alive,
}

impl Place {
    /// The store, opened if need be.
    pub(super) fn store(&self) -> Result<parking_lot::MappedMutexGuard<'_, R2Store>, R2Error> {
        let mut store = self.store.lock();
        // A state folder that was removed is begun anew.
        if !store.as_ref().is_some_and(R2Store::is_in_place) {
            let opened = R2Store::open(&self.root, &self.bucket, self.clock.clone());
            *store = Some(opened.map_err(R2Error::fault)?);
        }
        Ok(MutexGuard::map(store, |store| store.as_mut().expect("it was opened just now")))
    }
}

fn run(receiver: &CallReceiver<R2Ask, Answer>, place: &Arc<Place>) {
    let mut batch = Vec::new();
    let mut leftovers = Leftovers::default();
    loop {
        let sweeping = || {
            let place = place.clone();
            move || drop(sweep(&place.root, &place.bucket, SystemTime::now()))
        };
        let is_open = place.store.lock().is_some();
        let Some(first) = leftovers.next_call(receiver, is_open, sweeping) else { return };
        batch.push(first);
        while batch.len() < BATCH_CALLS_MAX
            && let Some(next) = receiver.try_recv()
        {
            batch.push(next);
        }
        carry_out(place, batch.drain(..));
    }
}

/// Writes that wait for their commit, and who waits for them.
#[derive(Default)]
struct Writes {
    writes: Vec<R2Write>,
    writers: Vec<Responder<Answer>>,
}

impl Writes {
    fn add(&mut self, write: R2Write, responder: Responder<Answer>) {
        self.writes.push(write);
        self.writers.push(responder);
    }

    fn commit(&mut self, place: &Place) {
        if self.writes.is_empty() {
            return;
        }
        let writes = std::mem::take(&mut self.writes);
        match place.store() {
            Ok(mut store) => {
                let (results, leftover) = store.write_leaving(writes);
                drop(store);
                for (responder, result) in self.writers.drain(..).zip(results) {
                    responder.send(result.map(written));
                }
                drop(leftover);
            }
            Err(error) => self.writers.drain(..).for_each(|responder| responder.send(Err(error.clone()))),
        }
    }
}

/// The answer to a write.
pub(super) fn written(written: R2Written) -> R2Reply {
    reply(match written {
        R2Written::Object(object) => R2Answer::Object(*object),
        R2Written::Done => R2Answer::Done,
        R2Written::Upload(upload_id) => R2Answer::Upload { upload_id },
        R2Written::Part(etag) => R2Answer::Part { etag },
    })
}

pub(super) fn reply(answer: R2Answer) -> R2Reply {
    R2Reply { answer, body: None }
}

fn carry_out(place: &Arc<Place>, batch: impl Iterator<Item = (R2Ask, Responder<Answer>)>) {
    let mut writes = Writes::default();
    for (ask, responder) in batch {
        match sort(place, ask) {
            Sorted::Write(write) => writes.add(write, responder),
            Sorted::Refused(error) => responder.send(Err(error)),
            Sorted::Transfer(transfer) => transfer.start(place.clone(), responder),
            Sorted::Read(call) => {
                writes.commit(place);
                if !responder.is_closed() {
                    read(place, call, responder);
                }
            }
        }
    }
    writes.commit(place);
}

/// What is to be done for a call.
enum Sorted {
    Write(R2Write),
    Refused(R2Error),
    Transfer(transfer::Incoming),
    Read(R2Call),
}

fn sort(place: &Place, ask: R2Ask) -> Sorted {
    let R2Ask { call, body } = ask;
    match call {
        R2Call::Put { key, value, options } => {
            let checked = R2Store::check_put(&key, length(&value), &options);
            let wanted = options.checksums.clone();
            incoming(place, checked, value, body, transfer::Purpose::Put { key, options }, wanted)
        }
        R2Call::UploadPart { key, upload_id, part_number, value } => {
            let checked = R2Store::check_part(&key, length(&value));
            let purpose = transfer::Purpose::Part { key, upload_id, part_number };
            incoming(place, checked, value, body, purpose, Default::default())
        }
        R2Call::Delete { keys } => Sorted::Write(R2Write::Delete { keys }),
        R2Call::CreateMultipartUpload { key, options } => {
            Sorted::Write(R2Write::CreateMultipartUpload { key, options })
        }
        R2Call::CompleteMultipartUpload { key, upload_id, parts } => {
            Sorted::Write(R2Write::CompleteMultipartUpload { key, upload_id, parts })
        }
        R2Call::AbortMultipartUpload { key, upload_id } => {
            Sorted::Write(R2Write::AbortMultipartUpload { key, upload_id })
        }
        R2Call::Head { .. }
        | R2Call::Get { .. }
        | R2Call::List(_)
        | R2Call::ListParts { .. }
        | R2Call::ListUploads { .. } => Sorted::Read(call),
    }
}

fn length(value: &R2Value) -> Option<u64> {
    match value {
        R2Value::Inline(bytes) => Some(bytes.len() as u64),
        R2Value::Stream { length } => *length,
    }
}

fn incoming(
    place: &Place,
    checked: Result<(), R2Error>,
    value: R2Value,
    body: Option<lopata_bridges::StreamReader>,
    purpose: transfer::Purpose,
    wanted: lopata_protocol::r2::R2Checksums,
) -> Sorted {
    let source = match (checked, value, body) {
        (Err(error), _, _) => return Sorted::Refused(error),
        (Ok(()), R2Value::Inline(bytes), _) => transfer::Source::Bytes(bytes),
        (Ok(()), R2Value::Stream { length }, Some(reader)) => transfer::Source::Stream { reader, length },
        (Ok(()), R2Value::Stream { .. }, None) => return Sorted::Refused(R2Error::internal()),
    };
    let blobs = match place.store() {
        Ok(store) => store.blobs(),
        Err(error) => return Sorted::Refused(error),
    };
    match source {
        transfer::Source::Bytes(bytes) if bytes.len() <= WRITE_BYTES_MAX => match blobs.stage(&bytes, &wanted) {
            Ok(staged) => Sorted::Write(purpose.write(staged)),
            Err(error) => Sorted::Refused(error),
        },
        source => Sorted::Transfer(transfer::Incoming { source, blobs, wanted, purpose }),
    }
}

fn read(place: &Arc<Place>, call: R2Call, responder: Responder<Answer>) {
    let store = match place.store() {
        Ok(store) => store,
        Err(error) => return responder.send(Err(error)),
    };
    let answer = match call {
        R2Call::Get { key, options } => {
            let found = store.get(&key, &options);
            drop(store);
            return match found {
                Ok(R2Found::Unmatched(object)) => responder.send(Ok(reply(R2Answer::Unmatched(object)))),
                Ok(R2Found::Object(object, reader)) if reader.remaining() <= READ_BYTES_MAX => {
                    responder.send(transfer::read_inline(object, reader));
                }
                Ok(R2Found::Object(object, reader)) => transfer::send(place.clone(), object, reader, responder),
                Err(error) => responder.send(Err(error)),
            };
        }
        R2Call::Head { key } => store.head(&key).map(R2Answer::Object),
        R2Call::List(options) => store.list(&options).map(R2Answer::Page),
        R2Call::ListParts { key, upload_id } => store.parts(&key, &upload_id).map(R2Answer::Parts),
        R2Call::ListUploads { prefix } => store.uploads(&prefix).map(R2Answer::Uploads),
        R2Call::Put { .. }
        | R2Call::Delete { .. }
        | R2Call::CreateMultipartUpload { .. }
        | R2Call::UploadPart { .. }
        | R2Call::CompleteMultipartUpload { .. }
        | R2Call::AbortMultipartUpload { .. } => unreachable!("writes are sorted out"),
    };
    drop(store);
    responder.send(answer.map(reply));
}
