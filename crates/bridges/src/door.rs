//! The way from one worker to another, and the budget that is spent on it.
//!
//! A worker does not hold another worker's inbox: it holds a [`Door`], which finds the generation that serves at
//! the moment of the call. So a reload of the target is seen by the next call, and a target that is missing is
//! an answer and not a wait.
//!
//! Invariant: a parcel that is not delivered comes back whole.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lopata_protocol::{Props, ToGuest, WireError};

use crate::inbox::InboxSender;
use crate::parcel::Parcel;

/// Finds the generation of one worker that takes events now. Never waits for one.
pub trait Door: Send + Sync {
    /// Delivers an event, and says into which inbox: what follows the event must go there too.
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered>;
}

/// An event that was not delivered.
#[derive(Debug)]
pub struct Undelivered {
    /// The event.
    pub parcel: Box<Parcel<ToGuest>>,
    /// Why.
    pub why: Unreachable,
}

/// Why a worker cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// No worker of that name runs here. Source: the text of wrangler's dev registry.
    #[error(
        "Couldn't find a local dev session for the \"{entrypoint}\" entrypoint of service \"{worker}\" to proxy to"
    )]
    Missing {
        /// The worker that was asked for.
        worker: String,
        /// The entrypoint that was asked for; `default` when none was named.
        entrypoint: String,
    },
    /// It has not become ready for the first time, or its generation has just ended.
    #[error("The worker \"{0}\" is still starting.")]
    Starting(String),
    /// Its newest code does not start, and there is no older one.
    #[error("The worker \"{0}\" does not start; see the terminal.")]
    Broken(String),
    /// As many events wait for it as may.
    #[error("Too many requests wait for the worker \"{0}\".")]
    Full(String),
    /// The object that the stub had reached is broken; another stub reaches the next.
    #[error("{0}")]
    Reset(Box<WireError>),
    /// No worker of that name runs here, whose objects were asked for. Source: wrangler's text.
    #[error("Worker \"{0}\" not found. Make sure it is running locally.")]
    NoWorker(String),
    /// The worker's code has no such class of Durable Objects.
    #[error("The Durable Object class \"{0}\" is not exported by the code of its worker.")]
    NoClass(String),
    /// As many events wait for the object as may. Source: production's text.
    #[error("Durable Object is overloaded. Too many requests queued.")]
    Overloaded,
    /// The guest that held the target is gone. Source: production's text for a lost connection.
    #[error("Network connection lost.")]
    Gone,
}

impl Unreachable {
    /// True when the same call may succeed a moment later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::Full(_) | Self::Gone)
    }

    /// What a script is told whose call it was.
    pub fn error(&self) -> WireError {
        match self {
            Self::Gone => WireError::connection_lost(None),
            Self::Reset(error) => (**error).clone(),
            Self::Overloaded => self.with("overloaded"),
            Self::NoWorker(_) => self.with("remote"),
            _ if self.retryable() => self.with("retryable"),
            _ => WireError::new("Error", self.to_string()),
        }
    }

    fn with(&self, property: &str) -> WireError {
        let mut error = WireError::new("Error", self.to_string());
        error.properties.push((property.to_string(), true.into()));
        error
    }
}

/// A worker's entrypoint, as a service binding or a loopback stub holds it.
#[derive(Clone)]
pub struct WorkerService {
    /// Finds the worker.
    pub door: Arc<dyn Door>,
    /// The worker's name, for spans and messages.
    pub worker: Arc<str>,
    /// Which export; `None` is the default one.
    pub entrypoint: Option<Arc<str>>,
    /// What the target sees as `ctx.props`.
    pub props: Props,
}

impl fmt::Debug for WorkerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerService")
            .field("worker", &self.worker)
            .field("entrypoint", &self.entrypoint)
            .finish_non_exhaustive()
    }
}

/// The subrequests left to one top-level request, on however many threads it works. All clones are one budget.
#[derive(Clone, Debug)]
pub struct SubrequestBudget(Arc<AtomicU32>);

impl SubrequestBudget {
    /// A budget of `max` subrequests.
    pub fn new(max: u32) -> Self {
        Self(Arc::new(AtomicU32::new(max)))
    }

    /// Takes one; false when none is left.
    pub fn take(&self) -> bool {
        // Nothing is published through the count.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// How many are left.
    pub fn left(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_budget_however_many_threads() {
        let budget = SubrequestBudget::new(1000);
        let taken: usize = std::thread::scope(|scope| {
            let spend = |budget: SubrequestBudget| move || (0..400).filter(|_| budget.take()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend(budget.clone()))).collect();
            threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
        });
        assert_eq!((taken, budget.left()), (1000, 0));
        assert!(!budget.take());
    }

    #[test]
    fn what_may_be_tried_again() {
        assert!(Unreachable::Starting("b".into()).retryable());
        assert!(Unreachable::Gone.retryable());
        assert!(!Unreachable::Missing { worker: "b".into(), entrypoint: "default".into() }.retryable());
        assert!(!Unreachable::Broken("b".into()).retryable());
    }
}
