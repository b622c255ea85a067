//! The thread that writes lines, and the queue before it.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// Lines that may wait for a slow terminal.
const LINES_MAX: usize = 16 * 1024;

/// Lines written between two flushes.
const BATCH_MAX: usize = 256;

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line, which may have several in it; without the last line feed.
#[derive(Debug)]
pub struct Line {
    /// Where it goes.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

enum Order {
    Write(Line),
    Flush(Sender<()>),
}

/// The queue's sending end.
pub struct Writer {
    orders: Sender<Order>,
    dropped: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. It ends with the last sender.
    pub fn start() -> Self {
        let (orders, queue) = bounded(LINES_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let spawned = std::thread::Builder::new().name("lopata-terminal".to_string()).spawn({
            let dropped = dropped.clone();
            move || write_all(&queue, &dropped)
        });
        if let Err(error) = spawned {
            eprintln!("The terminal's thread could not be started, so nothing will be printed: {error}");
        }
        Self { orders, dropped }
    }

    /// Queues a line unless the queue is full.
    pub fn offer(&self, line: Line) {
        match self.orders.try_send(Order::Write(line)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Queues a line, waiting for room: only a terminal that has taken nothing for thousands of lines makes
    /// this wait.
    pub fn keep(&self, line: Line) {
        // A writer that is gone prints nothing any more.
        let _ = self.orders.send(Order::Write(line));
    }

    /// Waits until what is queued is written.
    pub fn flush(&self) {
        let (done, wait) = bounded(1);
        if self.orders.send(Order::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

fn write_all(queue: &Receiver<Order>, dropped: &AtomicU64) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Ok(first) = queue.recv() {
        let mut waiting = Vec::new();
        let mut next = Some(first);
        let mut written = 0;
        while let Some(order) = next {
            match order {
                Order::Write(line) => {
                    let buffer = if line.stream == Stream::Out { &mut out } else { &mut err };
                    buffer.extend_from_slice(line.text.as_bytes());
                    buffer.push(b'\n');
                }
                Order::Flush(done) => waiting.push(done),
            }
            written += 1;
            next = if written < BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            out.extend_from_slice(format!("… {lost} lines were not printed\n").as_bytes());
        }
        // A closed pipe is no reason to stop serving.
        let _ = std::io::stdout().write_all(&out).and_then(|()| std::io::stdout().flush());
        let _ = std::io::stderr().write_all(&err);
        out.clear();
        err.clear();
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// Whether standard output takes colours: a terminal without `NO_COLOR`, or `FORCE_COLOR`.
pub fn wants_colour() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    set("FORCE_COLOR") || (std::io::stdout().is_terminal() && !set("NO_COLOR"))
}
