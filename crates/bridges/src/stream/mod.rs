//! Byte-credit streams: one body that crosses threads in pieces, one way.
//!
//! The concept: the reader owns a window of [`STREAM_WINDOW_BYTES`]. The writer may have that much on its way
//! and not a byte more; it gets the right to send again what the consumer has taken, in batches. So a consumer
//! that stops costs one window and stops its producer, however many threads lie between them.
//!
//! A chunk counts as at least [`CHUNK_COST_BYTES_MIN`], on both sides, so that a body of single bytes cannot
//! queue a window's worth of allocations.
//!
//! Owns both ends: the machines (`sender`, `receiver`), what they share (`link`), and the ends as code holds
//! them ([`StreamWriter`], [`StreamReader`]). Does not know what the bytes are.
//!
//! Invariants: bytes in flight never exceed the window; what is read is a prefix of what was written, and all
//! of it on a clean end; ending, failing and cancelling are final and harmless when they cross.

mod link;
#[cfg(test)]
mod model_tests;
mod reader;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lopata_protocol::StreamId;
use lopata_protocol::limits::{STREAM_CREDIT_BATCH_BYTES, STREAM_WINDOW_BYTES};

use self::link::Link;
pub use self::reader::StreamReader;
pub use self::writer::{StreamCancelled, StreamWriter};
use crate::census::Counted;

/// What the smallest chunk takes of the window, in bytes.
///
/// It bounds the chunks on their way to a thousand or so, which is the bookkeeping of one stalled stream.
pub const CHUNK_COST_BYTES_MIN: u32 = 256;

const _: () = assert!(
    STREAM_CREDIT_BATCH_BYTES + CHUNK_COST_BYTES_MIN <= STREAM_WINDOW_BYTES,
    "a writer that lacks credit for the smallest chunk must not wait for a credit that is being held back"
);

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// A fresh stream. Both ends may be sent to other threads.
pub fn stream() -> (StreamWriter, StreamReader) {
    stream_counted_in(&LIVE)
}

/// The number of stream ends in this process that are neither dropped nor at their end.
///
/// For leak checks. A writer whose reader cancelled counts until it looks.
pub fn live_streams() -> usize {
    LIVE.load(Ordering::Relaxed)
}

fn stream_counted_in(census: &'static AtomicUsize) -> (StreamWriter, StreamReader) {
    let id = StreamId::next();
    let link = Arc::new(Link::default());
    (StreamWriter::new(id, Arc::clone(&link), Counted::new(census)), StreamReader::new(id, link, Counted::new(census)))
}

/// What a chunk takes of the window.
fn cost(chunk: &[u8]) -> u32 {
    u32::try_from(chunk.len()).expect("a chunk is at most STREAM_CHUNK_BYTES_MAX long").max(CHUNK_COST_BYTES_MIN)
}
