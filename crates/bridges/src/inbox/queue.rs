//! What waits in an inbox, and in which order it is received. Pure: no lock, no waker, no clock.
//!
//! Owns the order and the count of events. `Stop` goes first, everything else in order of arrival. A `Drain`
//! or `Stop` that would only repeat a queued one is swallowed.

use std::collections::{HashSet, VecDeque};

use lopata_protocol::{EventId, ToGuest};

use crate::parcel::Parcel;

/// What a message is, to an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Starts an event. Counted and limited.
    Event(EventId),
    /// Starts an event that later messages refer to, so that it cannot move to another inbox. Counted and limited.
    Session,
    /// Speaks to a running event.
    Rpc,
    /// Ends one early.
    Abort(EventId),
    /// Gives the guest its worker, or an object.
    Load,
    /// Lets it finish.
    Drain,
    /// Ends it.
    Stop,
}

pub(super) fn kind_of(message: &ToGuest) -> Kind {
    match message {
        ToGuest::Fetch { event, .. }
        | ToGuest::Connect { event, .. }
        | ToGuest::Scheduled { event, .. }
        | ToGuest::Tail { event, .. }
        | ToGuest::Alarm { event, .. }
        | ToGuest::Test { event, .. } => Kind::Event(*event),
        ToGuest::Rpc { .. } | ToGuest::Inspect(_) => Kind::Session,
        ToGuest::RpcOn { .. } | ToGuest::RpcRelease { .. } | ToGuest::RpcFinish { .. } => Kind::Rpc,
        ToGuest::Abort { event } => Kind::Abort(*event),
        ToGuest::Load(_) | ToGuest::Grant(_) => Kind::Load,
        ToGuest::Drain => Kind::Drain,
        ToGuest::Stop => Kind::Stop,
    }
}

/// The messages that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    parcels: VecDeque<Parcel<ToGuest>>,
    /// How many of them start an event.
    events: usize,
    /// A `Drain` is among them.
    drain: bool,
    /// A `Stop` is among them, at the front.
    stop: bool,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.parcels.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    pub(super) fn events(&self) -> usize {
        self.events
    }

    /// Adds a message; gives it back when it only repeats one that waits.
    pub(super) fn push(&mut self, parcel: Parcel<ToGuest>) -> Option<Parcel<ToGuest>> {
        match kind_of(&parcel.message) {
            Kind::Stop if self.stop => return Some(parcel),
            Kind::Drain if self.drain => return Some(parcel),
            Kind::Stop => {
                self.stop = true;
                self.parcels.push_front(parcel);
                return None;
            }
            Kind::Drain => self.drain = true,
            Kind::Event(_) | Kind::Session => self.events += 1,
            Kind::Rpc | Kind::Abort(_) | Kind::Load => {}
        }
        self.parcels.push_back(parcel);
        None
    }

    /// Moves up to `max` messages into `out`, in order; how many.
    pub(super) fn pop_into(&mut self, out: &mut Vec<Parcel<ToGuest>>, max: usize) -> usize {
        let count = max.min(self.parcels.len());
        out.reserve(count);
        for _ in 0..count {
            let Some(parcel) = self.parcels.pop_front() else { break };
            self.popped(&parcel.message);
            out.push(parcel);
        }
        count
    }

    /// Moves up to `max` of the messages that `wanted` accepts into `out`, in order; how many. The others stay.
    pub(super) fn pop_where(
        &mut self,
        out: &mut Vec<Parcel<ToGuest>>,
        max: usize,
        wanted: impl Fn(&ToGuest) -> bool,
    ) -> usize {
        let before = out.len();
        for parcel in std::mem::take(&mut self.parcels) {
            if out.len() - before == max || !wanted(&parcel.message) {
                self.parcels.push_back(parcel);
                continue;
            }
            self.popped(&parcel.message);
            out.push(parcel);
        }
        out.len() - before
    }

    /// A message is about to leave the queue.
    fn popped(&mut self, message: &ToGuest) {
        match kind_of(message) {
            Kind::Event(_) | Kind::Session => self.events -= 1,
            Kind::Drain => self.drain = false,
            Kind::Stop => self.stop = false,
            Kind::Rpc | Kind::Abort(_) | Kind::Load => {}
        }
    }

    /// Takes out the events that can move, and their aborts, in order.
    pub(super) fn take_events(&mut self) -> Vec<Parcel<ToGuest>> {
        if self.events == 0 {
            return Vec::new();
        }
        let mut taken = Vec::with_capacity(self.events);
        let mut ids = HashSet::with_capacity(self.events);
        for parcel in std::mem::take(&mut self.parcels) {
            let goes = match kind_of(&parcel.message) {
                Kind::Event(event) => ids.insert(event),
                // Its event came before it, so it is known by now; otherwise that one runs here already.
                Kind::Abort(event) => ids.contains(&event),
                Kind::Session | Kind::Rpc | Kind::Load | Kind::Drain | Kind::Stop => false,
            };
            if goes { taken.push(parcel) } else { self.parcels.push_back(parcel) }
        }
        self.events -= ids.len();
        taken
    }

    /// Empties the queue.
    pub(super) fn take_all(&mut self) -> VecDeque<Parcel<ToGuest>> {
        std::mem::take(self).parcels
    }
}
