//! `caches`: what the Cache API (and `fetch` with options of `cf`) keeps, on disk, for all workers of the process.
//!
//! Owns the actor ([`actor`]) and when it is started ([`Caches`]), what may be stored ([`rules`]), the form in which a
//! request gets it ([`form`], [`answer`]) and `lopata cache` ([`cli`]). Rows and files are the storage crate's.
//!
//! Invariant: no thread and no file before the first call. Every worker has `caches`, few use them.

mod actor;
mod answer;
pub mod cli;
mod form;
pub mod rules;
mod staging;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lopata_bridges::{CacheSender, CacheService, calls};
use lopata_protocol::ServiceId;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use self::actor::Actor;

/// The caches of a process, by persist root.
#[derive(Debug)]
pub struct Caches {
    roots: Mutex<HashMap<PathBuf, (ServiceId, Arc<Root>)>>,
    /// Where long bodies are brought; `None` outside of a runtime, where nobody calls.
    runtime: Option<Handle>,
}

impl Default for Caches {
    fn default() -> Self {
        Self { roots: Mutex::default(), runtime: Handle::try_current().ok() }
    }
}

impl Caches {
    /// The service of the caches under the persist root `root`. Starts nothing.
    pub fn service(&self, root: &Path) -> (ServiceId, CacheService) {
        let mut roots = self.roots.lock();
        let (id, known) = roots.entry(root.to_owned()).or_insert_with(|| {
            let runtime = self.runtime.clone();
            let root = Root { path: root.to_owned(), runtime, state: Mutex::new(State::NotStarted) };
            (ServiceId::next(), Arc::new(root))
        });
        let known = Arc::clone(known);
        (*id, CacheService::new(move || known.sender()))
    }

    /// Lets the actors end when they have carried out what is queued, and waits for that, but no longer than
    /// `timeout`. True when all have ended. Calls that come later fail.
    pub fn close(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let roots: Vec<_> = self.roots.lock().drain().map(|(_, (_, root))| root).collect();
        let mut ended = true;
        for root in roots {
            if let State::Running(actor) = std::mem::replace(&mut *root.state.lock(), State::Closed) {
                ended &= actor.close(deadline.saturating_duration_since(Instant::now()));
            }
        }
        ended
    }
}

#[derive(Debug)]
struct Root {
    path: PathBuf,
    runtime: Option<Handle>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    NotStarted,
    Running(Actor),
    Closed,
}

impl Root {
    /// The queue of the actor, which is started if it does not run. One that cannot be started, or is closed, gives
    /// a queue whose calls resolve as gone.
    fn sender(&self) -> CacheSender {
        let mut state = self.state.lock();
        if let (State::NotStarted, Some(runtime)) = (&*state, &self.runtime)
            && let Ok(actor) = Actor::spawn(self.path.clone(), lopata_storage::system_clock(), runtime.clone())
        {
            *state = State::Running(actor);
        }
        match &*state {
            State::Running(actor) => actor.sender(),
            State::NotStarted | State::Closed => calls().0,
        }
    }
}
