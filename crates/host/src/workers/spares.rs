//! The spares: guests that have booted and hold no user code, so that any of them can become any worker.
//!
//! One pool for all workers, because a spare costs an isolate's memory. A supervisor takes one for each start and
//! asks for a refill once the start is over, so that making a new one competes with nothing that somebody
//! waits for. Whoever comes while the pool is empty gets a guest that still boots, which is as good: a start
//! begins with what is in its inbox.
//!
//! Invariant: a guest is heard by exactly one: by the pool until it is taken, by its taker from then on.

use std::io;
use std::sync::Arc;

use lopata_guest::{CodeCache, GuestHandle, GuestReport, LogBudget, SpawnOptions};
use lopata_protocol::FromGuest;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::terminal::Terminal;

/// The pool. Cheap to clone; all clones are one pool.
#[derive(Clone)]
pub struct Spares(Arc<Inner>);

struct Inner {
    options: SpawnOptions,
    terminal: Terminal,
    /// Whoever takes a guest may be on any thread.
    runtime: tokio::runtime::Handle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Arc<GuestHandle>>,
    /// Nothing is made any more.
    closed: bool,
    /// A thread could not be started, and somebody was told.
    complained: bool,
}

impl Spares {
    /// A pool with as many spares as workers will start at once.
    pub fn start(terminal: Terminal, count: usize) -> Self {
        let (reports, heard) = mpsc::unbounded_channel();
        let options = SpawnOptions {
            snapshot: lopata_snapshot::SNAPSHOT,
            reports,
            code_cache: CodeCache::default(),
            log_budget: LogBudget::default(),
        };
        let runtime = tokio::runtime::Handle::current();
        let spares = Self(Arc::new(Inner { options, terminal, runtime, state: Mutex::default() }));
        tokio::spawn(listen(spares.clone(), heard));
        spares.fill(count);
        spares
    }

    /// A guest that is the caller's from now on: everything it says goes to `reports`.
    pub fn take(&self, reports: &mpsc::UnboundedSender<GuestReport>) -> io::Result<Arc<GuestHandle>> {
        loop {
            let Some(spare) = self.0.state.lock().idle.pop() else {
                let options = SpawnOptions { reports: reports.clone(), ..self.0.options.clone() };
                return lopata_guest::spawn(options).map(Arc::new);
            };
            if spare.adopt(reports.clone()) {
                return Ok(spare);
            }
            // It died while it waited, and the pool has not heard of it yet.
            self.bury(spare);
        }
    }

    /// Joins a thread that has said its last word, off the async threads.
    fn bury(&self, guest: Arc<GuestHandle>) {
        self.0.runtime.spawn_blocking(move || guest.join());
    }

    /// Makes a spare if there is none. Called often, and off every request's path.
    pub fn refill(&self) {
        self.fill(1);
    }

    fn fill(&self, count: usize) {
        let mut state = self.0.state.lock();
        while !state.closed && state.idle.len() < count {
            match lopata_guest::spawn(self.0.options.clone()) {
                Ok(guest) => {
                    state.idle.push(Arc::new(guest));
                    state.complained = false;
                }
                Err(error) => {
                    if !std::mem::replace(&mut state.complained, true) {
                        self.0.terminal.error(&format!("A worker thread could not be started: {error}"));
                    }
                    return;
                }
            }
        }
    }

    /// The host took a line of a guest's log off the way.
    pub fn log_taken(&self) {
        self.0.options.log_budget.spent();
    }

    /// Ends the spares and waits for their threads.
    pub async fn close(&self) {
        let idle = {
            let mut state = self.0.state.lock();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        idle.iter().for_each(|spare| spare.terminate(None));
        // A panic of a thread was reported as its death.
        let _ = tokio::task::spawn_blocking(move || idle.iter().for_each(|spare| spare.join())).await;
    }
}

/// Hears the spares. One that died is not replaced at once: a thread that cannot boot would be made for ever.
async fn listen(spares: Spares, mut heard: mpsc::UnboundedReceiver<GuestReport>) {
    while let Some(GuestReport { guest, message }) = heard.recv().await {
        if let FromGuest::Stopped { .. } = message {
            let mut state = spares.0.state.lock();
            let place = state.idle.iter().position(|spare| spare.id == guest);
            if let Some(place) = place {
                spares.bury(state.idle.remove(place));
            }
        }
    }
}
