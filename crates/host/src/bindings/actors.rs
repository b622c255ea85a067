//! The actors behind a kind of binding: one for each store, for as long as anybody uses it.
//!
//! Owns which actors run and how their end is waited for. What an actor does with its calls is the binding's.
//!
//! Invariant: one actor a store in a process, however many workers and generations use it, so that its writes share
//! commits and its readers share what is in memory.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use lopata_protocol::ServiceId;
use parking_lot::Mutex;

/// A running actor: the way to call it, and its end to come.
#[derive(Debug)]
pub struct Actor<S> {
    service: S,
    closing: Arc<AtomicBool>,
    /// Disconnected when the last [`Alive`] is dropped.
    ended: mpsc::Receiver<()>,
}

/// Held by all threads and tasks of an actor: it has ended when the last of these is dropped.
#[derive(Clone, Debug)]
pub struct Alive {
    closing: Arc<AtomicBool>,
    _alive: mpsc::Sender<()>,
}

impl<S: Clone> Actor<S> {
    /// An actor that is called by `service`, and what its threads have to hold.
    pub fn new(service: S) -> (Self, Alive) {
        let (alive, ended) = mpsc::channel();
        let closing = Arc::new(AtomicBool::new(false));
        (Self { service, closing: closing.clone(), ended }, Alive { closing, _alive: alive })
    }

    /// The way to call it.
    pub fn service(&self) -> S {
        self.service.clone()
    }

    /// Gives up this end of the service: the actor ends when all others have given up theirs.
    fn release(self) -> mpsc::Receiver<()> {
        self.closing.store(true, Ordering::Relaxed);
        self.ended
    }
}

impl Alive {
    /// True once the process wants the actor's end: what only reads and takes long may be given up.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

/// The running actors that are called by an `S`, by the place `P` of the store that each of them owns.
#[derive(Debug)]
pub struct Actors<P, S> {
    running: Mutex<Vec<(P, ServiceId, Actor<S>)>>,
}

impl<P, S> Default for Actors<P, S> {
    fn default() -> Self {
        Self { running: Mutex::default() }
    }
}

impl<P: PartialEq, S: Clone> Actors<P, S> {
    /// The service of the store at `place`; `start` starts its actor if none runs.
    pub fn service(&self, place: P, start: impl FnOnce(&P) -> io::Result<Actor<S>>) -> io::Result<(ServiceId, S)> {
        let mut running = self.running.lock();
        if let Some((_, id, actor)) = running.iter().find(|(of, ..)| *of == place) {
            return Ok((*id, actor.service()));
        }
        let actor = start(&place)?;
        let (id, service) = (ServiceId::next(), actor.service());
        running.push((place, id, actor));
        Ok((id, service))
    }

    /// Lets the actors end once nobody holds their service any more, and waits for that, but no longer than
    /// `timeout`. True when all have ended: every queued write has been carried out and the files are closed.
    pub fn close(&self, timeout: Duration) -> bool {
        let ends: Vec<_> = self.running.lock().drain(..).map(|(_, _, actor)| actor.release()).collect();
        let deadline = Instant::now() + timeout;
        // Waits for each in turn; all of them were told before the first wait.
        ends.into_iter().all(|end| {
            let left = deadline.saturating_duration_since(Instant::now());
            matches!(end.recv_timeout(left), Err(mpsc::RecvTimeoutError::Disconnected))
        })
    }
}
