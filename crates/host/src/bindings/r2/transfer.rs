//! Large bodies on their way between streams and files, beside the actor.
//!
//! Each is a task on a small runtime of its own, which the first of them starts: the task waits for the stream, and
//! the disk is left to the runtime's blocking threads. What one holds in memory is bounded by the stream's window and
//! a batch of chunks, however long the body is.
//!
//! Invariants
//! - A body that does not arrive whole leaves nothing behind; one that does is committed even if nobody waits for it.
//! - A reader that goes away ends its transfer.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use lopata_bridges::{R2Reply, Responder, StreamReader, StreamWriter, stream};
use lopata_protocol::WireError;
use lopata_protocol::limits::{R2_INLINE_BYTES_MAX, STREAM_CHUNK_BYTES_MAX, STREAM_WINDOW_BYTES};
use lopata_protocol::r2::{R2Answer, R2Checksums, R2Error, R2Object, R2PutOptions};
use lopata_storage::r2::{R2Blobs, R2Reader, R2Staged, R2Write, R2Writer};
use tokio::runtime::{Builder, Handle, Runtime};

use super::actor::{Answer, Place, reply, written};

/// Bytes that are taken from a stream before they go to the disk together.
const BATCH_BYTES: usize = STREAM_WINDOW_BYTES as usize;

/// Chunks that are read from the disk together.
const READ_CHUNKS: usize = 4;

/// How long a thread of the disk waits for more to do.
const THREAD_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Source: production's texts, which a stream of a fixed length has.
const TOO_SHORT_TEXT: &str = "FixedLengthStream did not see all expected bytes before close().";
const TOO_LONG_TEXT: &str = "Attempt to write too many bytes through a FixedLengthStream.";

/// The runtime of all transfers of this process; started by the first.
fn runtime() -> Result<&'static Handle, R2Error> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("lopata-r2-io").thread_keep_alive(THREAD_KEEP_ALIVE);
        builder.build().ok()
    };
    let runtime = RUNTIME.get_or_init(start).as_ref();
    runtime.map(Runtime::handle).ok_or_else(|| R2Error::fault("no thread could be started for the body"))
}

/// Where a body comes from.
pub(super) enum Source {
    Bytes(Bytes),
    Stream { reader: StreamReader, length: Option<u64> },
}

/// What a body is for.
pub(super) enum Purpose {
    Put { key: String, options: Box<R2PutOptions> },
    Part { key: String, upload_id: String, part_number: u32 },
}

impl Purpose {
    /// The write that makes the body what it is for.
    pub(super) fn write(self, body: R2Staged) -> R2Write {
        match self {
            Self::Put { key, options } => R2Write::Put { key, body, options },
            Self::Part { key, upload_id, part_number } => R2Write::UploadPart { key, upload_id, part_number, body },
        }
    }
}

/// A body on its way in.
pub(super) struct Incoming {
    pub source: Source,
    pub blobs: R2Blobs,
    pub wanted: R2Checksums,
    pub purpose: Purpose,
}

/// Why a body did not arrive.
enum Broken {
    /// The store refuses, or the machine fails.
    Refused(R2Error),
    /// The stream failed, or was not as long as it had to be.
    Stream(WireError),
}

impl From<R2Error> for Broken {
    fn from(error: R2Error) -> Self {
        Self::Refused(error)
    }
}

impl Incoming {
    /// Starts the transfer; `responder` learns what came of it.
    pub(super) fn start(self, place: Arc<Place>, responder: Responder<Answer>) {
        let Self { source, blobs, wanted, purpose } = self;
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return responder.send(Err(error)),
        };
        let commit = move |staged: R2Staged| {
            let result = place.store().and_then(|mut store| store.write_one(purpose.write(staged)));
            result.map(written)
        };
        match source {
            Source::Bytes(bytes) => drop(runtime.spawn_blocking(move || {
                responder.send(blobs.stage(&bytes, &wanted).and_then(commit));
            })),
            Source::Stream { reader, length } => drop(runtime.spawn(async move {
                let answer = match receive(reader, length, blobs, wanted).await {
                    Ok(staged) => blocking(move || commit(staged)).await,
                    Err(Broken::Refused(error)) => Err(error),
                    Err(Broken::Stream(error)) => Ok(reply(R2Answer::BodyFailed(error))),
                };
                responder.send(answer);
            })),
        }
    }
}

/// Runs what may wait for the disk.
async fn blocking<T: Send + 'static>(run: impl FnOnce() -> Result<T, R2Error> + Send + 'static) -> Result<T, R2Error> {
    // A panic of the task, or the end of the runtime.
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| Err(R2Error::internal()))
}

async fn receive(
    mut reader: StreamReader,
    length: Option<u64>,
    blobs: R2Blobs,
    wanted: R2Checksums,
) -> Result<R2Staged, Broken> {
    let mut writer = blocking(move || blobs.begin(&wanted)).await?;
    let mut taken = 0u64;
    loop {
        let batch = next_batch(&mut reader).await.map_err(Broken::Stream)?;
        if batch.is_empty() {
            break;
        }
        taken += batch.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        if length.is_some_and(|length| taken > length) {
            return Err(Broken::Stream(WireError::new("TypeError", TOO_LONG_TEXT)));
        }
        writer = blocking(move || write_all(writer, &batch)).await?;
    }
    if length.is_some_and(|length| taken < length) {
        return Err(Broken::Stream(WireError::new("TypeError", TOO_SHORT_TEXT)));
    }
    Ok(writer.finish())
}

fn write_all(mut writer: R2Writer, batch: &[Bytes]) -> Result<R2Writer, R2Error> {
    batch.iter().try_for_each(|chunk| writer.write(chunk))?;
    Ok(writer)
}

/// Waits for the next chunk, and takes what else is there; empty at the end.
async fn next_batch(reader: &mut StreamReader) -> Result<Vec<Bytes>, WireError> {
    let mut batch = Vec::new();
    let Some(first) = reader.read().await else { return Ok(batch) };
    let first = first?;
    let mut bytes = first.len();
    batch.push(first);
    while bytes < BATCH_BYTES
        && let Poll::Ready(Some(next)) = reader.try_read()
    {
        let next = next?;
        bytes += next.len();
        batch.push(next);
    }
    Ok(batch)
}

/// The answer with all of a body in it.
pub(super) fn read_inline(object: R2Object, reader: R2Reader) -> Answer {
    let body = reader.read_all().map_err(R2Error::fault)?;
    Ok(reply(R2Answer::Found { object, inline: Some(body.into()) }))
}

/// Sends a body out: in the answer, or as a stream beside it.
pub(super) fn send(place: Arc<Place>, object: R2Object, reader: R2Reader, responder: Responder<Answer>) {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return responder.send(Err(error)),
    };
    if reader.remaining() <= R2_INLINE_BYTES_MAX {
        drop(runtime.spawn_blocking(move || responder.send(read_inline(object, reader))));
        return;
    }
    let (writer, body) = stream();
    responder.send(Ok(R2Reply { answer: R2Answer::Found { object, inline: None }, body: Some(body) }));
    drop(runtime.spawn(async move {
        // As long as somebody reads, the bucket is in use.
        let _place = place;
        pump(reader, writer).await;
    }));
}

async fn pump(mut reader: R2Reader, mut writer: StreamWriter) {
    loop {
        // Nothing is read ahead of what the stream has room for.
        if poll_fn(|cx| writer.poll_ready(cx)).await.is_err() {
            return;
        }
        let read = blocking(move || {
            let chunks = read_chunks(&mut reader).map_err(R2Error::fault)?;
            Ok((reader, chunks))
        });
        let chunks = match read.await {
            Ok((next, chunks)) => {
                reader = next;
                chunks
            }
            Err(error) => return writer.fail(WireError::new("Error", error.text)),
        };
        if chunks.is_empty() {
            return writer.finish();
        }
        for chunk in chunks {
            if writer.write(chunk).await.is_err() {
                return;
            }
        }
    }
}

/// The next chunks; none at the end. Each is an allocation of its own, so that a guest takes it over as it is.
fn read_chunks(reader: &mut R2Reader) -> std::io::Result<Vec<Bytes>> {
    let mut chunks = Vec::with_capacity(READ_CHUNKS);
    while chunks.len() < READ_CHUNKS
        && let Some(chunk) = reader.read_chunk(STREAM_CHUNK_BYTES_MAX as usize)?
    {
        chunks.push(chunk.into());
    }
    Ok(chunks)
}
