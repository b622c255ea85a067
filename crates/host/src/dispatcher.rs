//! From a request to the generation that serves it: an atomic pointer, and a place to wait while there is none.
//!
//! The request path reads the active generation and puts the event into its inbox; it never waits for the
//! supervisor. When an inbox refuses because its generation is over, the event goes to the one that is active
//! by then, or waits here for the next. Nothing that was accepted is lost to a reload or to a death.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use lopata_bridges::{Answered, InboxSender, Parcel, Refused};
use lopata_protocol::{Answer, EventId, EventOutcome, ToGuest, WireError, limits};
use parking_lot::Mutex;

use crate::generation::Generation;
use crate::server::{Abort, Failure};

/// Routes events to the active generation. One per worker.
#[derive(Default)]
pub struct Dispatcher {
    active: ArcSwapOption<Generation>,
    waiting: Mutex<Waiting>,
}

/// Events that came while no generation took any.
#[derive(Default)]
struct Waiting {
    parcels: Vec<Parcel<ToGuest>>,
    /// Non-null while waiting is pointless: the newest code does not start and there is no older one.
    failure: Option<Arc<Failure>>,
}

/// Why an event was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// As many events wait as may.
    #[error("Too many requests wait for the worker.")]
    Full,
    /// There is no code that runs.
    #[error("The worker does not start.")]
    Broken(Arc<Failure>),
}

/// Where an accepted event went, for aborts.
pub enum Accepted {
    /// To this generation.
    Delivered(Arc<Generation>),
    /// Nowhere yet.
    Waiting,
}

/// Why an event of another worker was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// No generation serves yet, or the one that did has just ended.
    Starting,
    /// There is no code that runs.
    Broken,
    /// As many events wait as may.
    Full,
}

impl Dispatcher {
    /// The generation that serves, if any.
    pub fn active(&self) -> Option<Arc<Generation>> {
        self.active.load_full()
    }

    /// Accepts an event for the active generation, or for the next.
    pub fn dispatch(&self, mut parcel: Parcel<ToGuest>) -> Result<Accepted, DispatchError> {
        loop {
            let seen = self.active.load_full();
            if let Some(generation) = &seen {
                match generation.guest.inbox.send(parcel) {
                    Ok(()) => return Ok(Accepted::Delivered(generation.clone())),
                    Err(Refused::Full(_)) => return Err(DispatchError::Full),
                    Err(Refused::Closed(back)) => parcel = *back,
                }
            }
            let mut waiting = self.waiting.lock();
            // Under the lock: `activate` takes it before it empties the list.
            let unchanged = match (&seen, self.active.load().as_ref()) {
                (Some(seen), Some(now)) => Arc::ptr_eq(seen, now),
                (None, None) => true,
                _ => false,
            };
            if !unchanged {
                continue;
            }
            if let Some(failure) = &waiting.failure {
                return Err(DispatchError::Broken(failure.clone()));
            }
            if waiting.parcels.len() >= limits::INBOX_EVENTS_MAX {
                return Err(DispatchError::Full);
            }
            waiting.parcels.push(parcel);
            return Ok(Accepted::Waiting);
        }
    }

    /// Delivers an event to the generation that serves now, or gives it back: a worker that calls another never
    /// waits for a start.
    pub fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, (Box<Parcel<ToGuest>>, Absent)> {
        let mut parcel = Box::new(parcel);
        let mut refused: Option<Arc<Generation>> = None;
        loop {
            let Some(generation) = self.active.load_full() else {
                let broken = self.waiting.lock().failure.is_some();
                return Err((parcel, if broken { Absent::Broken } else { Absent::Starting }));
            };
            // It has ended, and the supervisor is about to say so.
            if refused.as_ref().is_some_and(|refused| Arc::ptr_eq(refused, &generation)) {
                return Err((parcel, Absent::Starting));
            }
            match generation.guest.inbox.send(*parcel) {
                Ok(()) => return Ok(generation.guest.inbox.clone()),
                Err(Refused::Full(back)) => return Err((back, Absent::Full)),
                Err(Refused::Closed(back)) => (parcel, refused) = (back, Some(generation)),
            }
        }
    }

    /// Makes `generation` the one that serves, and gives it what waited.
    pub fn activate(&self, generation: Arc<Generation>) {
        let parcels = {
            let mut waiting = self.waiting.lock();
            waiting.failure = None;
            self.active.store(Some(generation));
            std::mem::take(&mut waiting.parcels)
        };
        self.redeliver(parcels);
    }

    /// Delivers events that another generation did not start.
    pub fn redeliver(&self, parcels: Vec<Parcel<ToGuest>>) {
        for parcel in parcels {
            // A parcel that cannot be delivered is dropped, which tells its asker.
            let _ = self.dispatch(parcel);
        }
    }

    /// The active generation is over and nothing has taken its place yet: events wait from here on.
    pub fn deactivate(&self, generation: &Generation) {
        let _waiting = self.waiting.lock();
        if self.active.load().as_ref().is_some_and(|active| active.id == generation.id) {
            self.active.store(None);
        }
    }

    /// No code runs and waiting is pointless: refuses what waits and what comes.
    pub fn fail(&self, failure: Arc<Failure>) {
        let parcels = {
            let mut waiting = self.waiting.lock();
            waiting.failure = Some(failure.clone());
            std::mem::take(&mut waiting.parcels)
        };
        for mut parcel in parcels {
            if let Some(reply) = parcel.attachments.take_reply() {
                let error = match &*failure {
                    Failure::Start(error) => error.clone(),
                    Failure::Build(diagnostics) => {
                        let text = diagnostics.first().map_or("", |first| first.message.as_str());
                        WireError::new("Error", format!("The worker could not be built: {text}"))
                    }
                };
                let answer = Answer::Failed { error, outcome: EventOutcome::Exception };
                // An asker that is gone needs no answer.
                let _ = reply.send(Answered::from(answer));
            }
        }
    }

    /// New code is on its way: events wait for it.
    pub fn expect_code(&self) {
        self.waiting.lock().failure = None;
    }
}

impl Abort for Dispatcher {
    fn abort(&self, event: EventId) {
        let waited = {
            let mut waiting = self.waiting.lock();
            let place = waiting.parcels.iter().position(|parcel| is_event(&parcel.message, event));
            place.map(|place| waiting.parcels.remove(place))
        };
        if waited.is_none()
            && let Some(active) = self.active()
        {
            active.abort(event);
        }
    }
}

fn is_event(message: &ToGuest, wanted: EventId) -> bool {
    match message {
        ToGuest::Fetch { event, .. }
        | ToGuest::Connect { event, .. }
        | ToGuest::Scheduled { event, .. }
        | ToGuest::Tail { event, .. }
        | ToGuest::Alarm { event, .. }
        | ToGuest::Test { event, .. } => *event == wanted,
        ToGuest::Rpc { .. }
        | ToGuest::RpcOn { .. }
        | ToGuest::RpcRelease { .. }
        | ToGuest::RpcFinish { .. }
        | ToGuest::Load(_)
        | ToGuest::Grant(_)
        | ToGuest::Inspect(_)
        | ToGuest::Abort { .. }
        | ToGuest::Drain
        | ToGuest::Stop => false,
    }
}
