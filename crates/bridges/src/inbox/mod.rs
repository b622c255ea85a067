//! A guest's inbox: the one queue through which everything reaches a guest, in order.
//!
//! ```text
//!   Open ──close() or receiver dropped──► Closed (what is queued can still be received)
//!     │                                     │
//!     └──last sender dropped──► Ended ◄─────┘ once empty: poll_recv_many is Ready(0)
//! ```
//!
//! Owns the order, the bound, the wake-up of the guest and the two clocks that tell a stalled guest from a
//! busy one. Does not know what an event is beyond its id. A parcel that cannot be delivered comes back to its
//! sender; one that is queued when the receiver is dropped is dropped, which tells its asker.
//!
//! Order: first in, first out, but `Stop` is received before everything queued: it says that none of it
//! should start. An `Abort` never overtakes its event, also not when the event was handed to another inbox.
//!
//! Bound: at most `events_max` events wait ([`Refused::Full`]). Control messages are never refused for room and
//! are few: `Load` is sent once, a `Drain` or `Stop` that is already queued is not queued again, and an `Abort`
//! is queued once per event that waits or was taken and runs, whose own memory outweighs it. Calls on what a
//! running event holds are bounded by their callers' subrequest budgets, releases by what was given away.
//!
//! No wake-up is lost: the receiver's waker is stored, under the lock, by every poll that does not report the
//! end, and a poll that leaves something to be received wakes itself. One poll per turn is therefore enough.

#[cfg(test)]
mod model_tests;
mod queue;
mod receiver;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use lopata_protocol::{EventId, ToGuest};
use parking_lot::Mutex;

use self::queue::{Kind, Queue, kind_of};
pub use self::receiver::InboxReceiver;
use crate::parcel::Parcel;

/// Where an inbox reads the time.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// A parcel that was not queued. It comes back whole, so that it can go to another generation.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The guest takes no more messages, or is gone.
    #[error("the guest takes no more messages")]
    Closed(Box<Parcel<ToGuest>>),
    /// As many events wait as may.
    #[error("too many events wait for the guest")]
    Full(Box<Parcel<ToGuest>>),
}

impl Refused {
    /// The parcel, whatever the reason.
    pub fn into_parcel(self) -> Box<Parcel<ToGuest>> {
        match self {
            Self::Closed(parcel) | Self::Full(parcel) => parcel,
        }
    }
}

/// An inbox in which at most `events_max` events can wait.
pub fn inbox(events_max: usize) -> (InboxSender, InboxReceiver) {
    inbox_with_clock(events_max, Arc::new(Instant::now))
}

/// An inbox that reads the time from `clock`.
pub fn inbox_with_clock(events_max: usize, clock: Clock) -> (InboxSender, InboxReceiver) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State { senders: 1, ..State::default() }),
        turn_us: AtomicU64::new(0),
        epoch: clock(),
        clock,
        events_max,
    });
    (InboxSender { shared: Arc::clone(&shared) }, InboxReceiver::new(shared))
}

/// What the ends of an inbox share.
struct Shared {
    state: Mutex<State>,
    /// Microseconds from `epoch` to the start of the current turn, plus one; 0 while the receiver is parked.
    ///
    /// An atomic and not part of the state, so that the watchdog can read it at any rate without disturbing
    /// the senders. Nothing is published through it: `Relaxed` is enough.
    turn_us: AtomicU64,
    /// An instant before every other one that matters.
    epoch: Instant,
    clock: Clock,
    events_max: usize,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// True once nothing more is accepted.
    closed: bool,
    /// How many senders there are; at zero nothing more can come.
    senders: usize,
    /// The receiver's task.
    waker: Option<Waker>,
    /// Since when something waits without the receiver having polled; set exactly while the queue is not empty.
    waiting_since: Option<Instant>,
    /// Events that were handed to another inbox, where their aborts must go too.
    moved: HashMap<EventId, Weak<Shared>>,
}

/// A way to put messages into a guest's inbox.
pub struct InboxSender {
    shared: Arc<Shared>,
}

impl InboxSender {
    /// Queues a message, or gives it back.
    pub fn send(&self, parcel: Parcel<ToGuest>) -> Result<(), Refused> {
        self.shared.send(parcel)
    }

    /// Takes out the events that wait, with their aborts, in order. Control messages stay.
    ///
    /// An abort sent here later does not find its event; where that matters, use [`InboxSender::hand_over`].
    pub fn take_undelivered_events(&self) -> Vec<Parcel<ToGuest>> {
        self.shared.state.lock().take_events()
    }

    /// Moves the events that wait, with their aborts, in order, into the inbox of a younger generation, and
    /// gives back those that `heir` refuses. Aborts that are sent here later follow their events.
    ///
    /// Hand over only from an older generation to a younger one: both inboxes are locked, in that order.
    pub fn hand_over(&self, heir: &InboxSender) -> Vec<Parcel<ToGuest>> {
        assert!(!Arc::ptr_eq(&self.shared, &heir.shared), "an inbox is not its own heir");
        let mut refused = Vec::new();
        let mut effects = Vec::new();
        {
            let mut state = self.shared.state.lock();
            let mut heir_state = heir.shared.state.lock();
            for parcel in state.take_events() {
                let kind = kind_of(&parcel.message);
                if let Kind::Abort(event) = kind
                    && state.moved.remove(&event).is_none()
                {
                    // The heir refused the event, so its abort goes back with it.
                    refused.push(parcel);
                    continue;
                }
                match heir.shared.push(&mut heir_state, parcel) {
                    Ok(effect) => {
                        effects.push(effect);
                        if let Kind::Event(event) = kind {
                            state.moved.insert(event, Arc::downgrade(&heir.shared));
                        }
                    }
                    Err(back) => refused.push(*back.into_parcel()),
                }
            }
        }
        effects.into_iter().for_each(Effect::carry_out);
        refused
    }

    /// For how long something has waited without the receiver polling; `None` when nothing waits.
    pub fn stalled_for(&self, now: Instant) -> Option<Duration> {
        self.shared.state.lock().waiting_since.map(|since| now.saturating_duration_since(since))
    }

    /// For how long the guest's current turn has run; `None` while it is parked, idle.
    ///
    /// A guest that runs JavaScript without a pause does not start a new turn, so this grows.
    pub fn polling_gap(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.turn_began()?))
    }

    /// When the guest's current turn began; `None` while it is parked. No two turns of a guest that take time begin
    /// at once.
    pub fn turn_began(&self) -> Option<Instant> {
        let turn_us = self.shared.turn_us.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.shared.epoch + Duration::from_micros(turn_us))
    }

    /// The number of events that wait.
    pub fn waiting_events(&self) -> usize {
        self.shared.state.lock().queue.events()
    }

    /// True when nothing more is accepted.
    pub fn is_closed(&self) -> bool {
        self.shared.state.lock().closed
    }

    /// Refuses everything that is sent from now on, on behalf of a receiver that cannot do so itself any more.
    /// What is queued stays and can be received or taken.
    pub fn close(&self) {
        self.shared.close();
    }

    /// True when both send into one inbox.
    pub fn same_inbox(&self, other: &InboxSender) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl InboxSender {
    /// A way to the inbox that does not count as one: it keeps nothing alive.
    pub fn downgrade(&self) -> WeakInboxSender {
        WeakInboxSender { shared: Arc::downgrade(&self.shared) }
    }
}

/// A way to an inbox for those that must not keep it open, above all for the guest that it belongs to.
#[derive(Clone, Default)]
pub struct WeakInboxSender {
    shared: Weak<Shared>,
}

impl WeakInboxSender {
    /// A sender, unless the last one is gone.
    pub fn upgrade(&self) -> Option<InboxSender> {
        let shared = self.shared.upgrade()?;
        {
            let mut state = shared.state.lock();
            if state.senders == 0 {
                // The receiver has been told, or will be, that nothing more comes.
                return None;
            }
            state.senders += 1;
        }
        Some(InboxSender { shared })
    }
}

impl fmt::Debug for WeakInboxSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakInboxSender").finish_non_exhaustive()
    }
}

impl Clone for InboxSender {
    fn clone(&self) -> Self {
        self.shared.state.lock().senders += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for InboxSender {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.shared.state.lock();
            state.senders -= 1;
            if state.senders == 0 { state.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for InboxSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state.lock();
        f.debug_struct("InboxSender")
            .field("queued", &state.queue.len())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn close(&self) {
        let waker = {
            let mut state = self.state.lock();
            state.closed = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn send(&self, parcel: Parcel<ToGuest>) -> Result<(), Refused> {
        let kind = kind_of(&parcel.message);
        let mut state = self.state.lock();
        if let Kind::Abort(event) = kind
            && let Some(heir) = state.moved.remove(&event)
        {
            drop(state);
            // An heir that is gone has dropped the event; its abort has no meaning any more.
            return heir.upgrade().map_or(Ok(()), |heir| heir.send(parcel));
        }
        let effect = self.push(&mut state, parcel);
        drop(state);
        effect.map(Effect::carry_out)
    }

    /// Queues a parcel. The effect is to be carried out once the lock is released.
    fn push(&self, state: &mut State, parcel: Parcel<ToGuest>) -> Result<Effect, Refused> {
        if state.closed {
            return Err(Refused::Closed(Box::new(parcel)));
        }
        if matches!(kind_of(&parcel.message), Kind::Event(_) | Kind::Session) && state.queue.events() >= self.events_max
        {
            return Err(Refused::Full(Box::new(parcel)));
        }
        let repeated = state.queue.push(parcel);
        if state.waiting_since.is_none() {
            state.waiting_since = Some((self.clock)());
        }
        Ok(Effect { receiver: state.waker.take(), repeated })
    }
}

/// What is left to do after a push, outside the lock.
struct Effect {
    /// The receiver's task, to be woken.
    receiver: Option<Waker>,
    /// A message that said nothing new, to be dropped.
    repeated: Option<Parcel<ToGuest>>,
}

impl Effect {
    fn carry_out(self) {
        drop(self.repeated);
        if let Some(waker) = self.receiver {
            waker.wake();
        }
    }
}

impl State {
    fn take_events(&mut self) -> Vec<Parcel<ToGuest>> {
        let taken = self.queue.take_events();
        if self.queue.is_empty() {
            self.waiting_since = None;
        }
        taken
    }
}
