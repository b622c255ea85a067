//! Where finished spans go: to the trace store, to those who watch, to a collector.
//!
//! ```text
//!           ┌─► buffer ─► thread ─► TraceStore        [cli] reads it
//!  push ────┼─► Feed, while somebody subscribes       [live] the event stream
//!           └─► Exporter, when a collector is named   [otlp]
//! ```
//!
//! The request path pushes and goes on. The thread writes in batches, with a pause between them in which a
//! burst collects; what is more than the buffer holds is dropped, oldest first. That loses nothing anybody could
//! have looked at: the store keeps only the latest spans anyway.

pub mod cli;
mod json;
pub mod live;
pub mod otlp;
mod tick;
mod tree;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use lopata_bridges::{SpanBuffer, SpanDrain, span_buffer};
use lopata_protocol::{SpanRecord, limits};
use lopata_storage::TraceStore;
use parking_lot::Mutex;

use self::live::Feed;
use self::otlp::Exporter;
pub use self::tick::Tick;
use crate::terminal::Terminal;

/// How long a batch collects before it is written.
const LINGER: Duration = Duration::from_millis(500);

/// Spans per transaction.
const BATCH_MAX: usize = 1024;

/// The pause after a full batch. Under load it caps what recording costs (a few thousand spans a second) while
/// the buffer lets go of the oldest.
const PACE: Duration = Duration::from_millis(250);

/// The way to the trace store. Cheap to clone.
#[derive(Clone)]
pub struct Traces {
    buffer: SpanBuffer,
    feed: Feed,
    exporter: Option<Exporter>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Traces {
    /// Starts the thread that writes to the store at `path`.
    pub fn start(path: PathBuf, terminal: Terminal, exporter: Option<Exporter>) -> Self {
        let (buffer, drain) = span_buffer(limits::TRACE_BUFFER_SPANS_MAX);
        let spawned = std::thread::Builder::new().name("lopata-traces".to_string()).spawn({
            let terminal = terminal.clone();
            move || write_all(drain, &path, &terminal)
        });
        let thread = match spawned {
            Ok(thread) => Some(thread),
            Err(error) => {
                terminal.warn(&format!("Traces are not recorded: their thread could not be started: {error}"));
                None
            }
        };
        Self { buffer, feed: Feed::default(), exporter, thread: Arc::new(Mutex::new(thread)) }
    }

    /// Takes finished spans.
    pub fn push(&self, spans: Vec<SpanRecord>) {
        self.feed.publish(&spans);
        if let Some(exporter) = &self.exporter {
            exporter.push(spans.clone());
        }
        self.buffer.push(spans);
    }

    /// Spans as they are recorded.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Ends the event streams of those who watch.
    pub fn end_feed(&self) {
        self.feed.end();
    }

    /// Writes and exports what is left and ends the threads. Blocks.
    pub fn close(&self) {
        if let Some(exporter) = &self.exporter {
            exporter.close();
        }
        self.buffer.close();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A panic of the writer loses the last spans and nothing else.
            let _ = thread.join();
        }
    }
}

fn write_all(mut drain: SpanDrain, path: &std::path::Path, terminal: &Terminal) {
    let mut store = match TraceStore::open(path, lopata_storage::system_clock()) {
        Ok(store) => store,
        Err(error) => {
            terminal.warn(&format!("Traces are not recorded: {} cannot be opened: {error}", path.display()));
            return;
        }
    };
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut complained = false;
    while drain.wait(&mut batch, BATCH_MAX, LINGER) {
        batch.iter_mut().for_each(SpanRecord::expand);
        if let Err(error) = store.append(&batch)
            && !complained
        {
            complained = true;
            terminal.warn(&format!("Some traces are not recorded: {error}"));
        }
        if batch.len() == BATCH_MAX {
            std::thread::sleep(PACE);
        }
        batch.clear();
    }
}
