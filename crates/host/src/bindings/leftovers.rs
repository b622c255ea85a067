//! When an actor looks for files that killed processes left: once, when it has nothing else to do.
//!
//! Owns neither the files nor what may go of them, which is storage's business.

use std::thread;
use std::time::Duration;

use lopata_bridges::{CallReceiver, Received, Responder};

/// How long the queue must have been empty before leftover files are looked for.
const SWEEP_AFTER: Duration = Duration::from_secs(10);

/// The one sweep of an actor, to come or over.
#[derive(Debug, Default)]
pub struct Leftovers {
    swept: bool,
}

impl Leftovers {
    /// The next call; `None` when nobody can call any more. Once `is_open` says that there is a store, and no call came
    /// for a while, what `sweep` makes runs on a thread of its own: a folder may have many files. What it fails for, the
    /// next process tries again.
    pub fn next_call<C, A, S: FnOnce() + Send + 'static>(
        &mut self,
        receiver: &CallReceiver<C, A>,
        is_open: bool,
        sweep: impl FnOnce() -> S,
    ) -> Option<(C, Responder<A>)> {
        if self.swept || !is_open {
            return receiver.recv();
        }
        match receiver.recv_timeout(SWEEP_AFTER) {
            Received::Call(call, responder) => Some((call, responder)),
            Received::Closed => None,
            Received::TimedOut => {
                self.swept = true;
                drop(thread::Builder::new().name("lopata-sweep".to_string()).spawn(sweep()));
                receiver.recv()
            }
        }
    }
}
