//! What one generation still has going, and when a draining one is idle.
//!
//! ```text
//!              Drain (busy)               the last activity ends → Idle
//!   Serving ─────────────────► Draining ─────────────────────────► Idle
//!      │                        │  ▲ GraceOver → Terminate          │
//!      │                        └──┘ ▲                              │
//!      │ Drain (nothing runs) → Idle └── an event that was already ─┤
//!      ├──────────────────────────────── on its way starts          │
//!      └───── Stopped ─► Over ◄──── Stopped, from any state ────────┘   → Abandoned
//! ```
//!
//! Owns the sets of running events, open body streams and pending waitUntils. Pure: whoever drives it carries
//! out the actions, and decides when the grace is over. Knows nothing of WebSockets, which pin no generation.
//!
//! Invariants: the action `Idle` is given exactly at the transition into the state of that name, so exactly when a
//! draining generation has nothing going; `Over` is final and ignores everything; a refused input changes
//! nothing.

use std::collections::HashSet;

use lopata_protocol::{EventId, StreamId, WaitUntilId};

use crate::wait_until::{WaitUntilError, WaitUntilTracker};

/// Something that happens to a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerInput {
    /// An event was given to the guest.
    EventStarted(EventId),
    /// The guest said that it is over.
    EventEnded(EventId),
    /// A body stream, in either direction, began.
    StreamOpened(StreamId),
    /// It ended, failed or was cancelled.
    StreamClosed(StreamId),
    /// A promise was handed to `waitUntil`.
    WaitUntilAdded {
        /// By which event.
        event: EventId,
        /// The task.
        task: WaitUntilId,
    },
    /// It is fulfilled or rejected.
    WaitUntilSettled {
        /// Of which event.
        event: EventId,
        /// The task.
        task: WaitUntilId,
    },
    /// A newer generation took over.
    Drain,
    /// The time for draining is over.
    GraceOver,
    /// The guest is gone, asked or not.
    Stopped,
}

/// What the ledger's owner must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerAction {
    /// Nothing.
    Nothing,
    /// The draining generation has nothing going: stop it.
    Idle,
    /// The draining generation is still busy with this: end it the hard way.
    Terminate(Outstanding),
    /// The generation is gone and left this unfinished.
    Abandoned(Outstanding),
    /// Nothing: the input came too late to mean anything.
    Ignored,
}

/// Where a generation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerState {
    /// It takes events.
    Serving,
    /// It finishes what it has.
    Draining,
    /// It has nothing left to finish.
    Idle,
    /// It is gone.
    Over,
}

/// What a generation has going, in order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// The running events.
    pub events: Vec<EventId>,
    /// The open body streams.
    pub streams: Vec<StreamId>,
    /// The number of pending waitUntils.
    pub wait_untils: usize,
}

/// An input that contradicts what came before: a mistake of whoever reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// An event started that runs already.
    #[error("{0} started twice")]
    EventStartedTwice(EventId),
    /// An event was named that does not run.
    #[error("{0} does not run")]
    EventNotRunning(EventId),
    /// An event ended before its waitUntils.
    #[error("{event} ended with {pending} waitUntil promises pending")]
    EventEndedEarly {
        /// The event.
        event: EventId,
        /// How many of its tasks are pending.
        pending: usize,
    },
    /// A stream opened that is open already.
    #[error("{0} opened twice")]
    StreamOpenedTwice(StreamId),
    /// A stream closed that is not open.
    #[error("{0} is not open")]
    StreamNotOpen(StreamId),
    /// A waitUntil was added or settled out of turn.
    #[error(transparent)]
    WaitUntil(#[from] WaitUntilError),
}

/// The activity of one generation.
#[derive(Clone, Debug)]
pub struct Ledger {
    state: LedgerState,
    events: HashSet<EventId>,
    streams: HashSet<StreamId>,
    wait_untils: WaitUntilTracker,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Ledger {
    /// A generation that serves and has nothing going.
    pub fn new() -> Self {
        Self {
            state: LedgerState::Serving,
            events: HashSet::new(),
            streams: HashSet::new(),
            wait_untils: WaitUntilTracker::new(),
        }
    }

    /// Where the generation stands.
    pub fn state(&self) -> LedgerState {
        self.state
    }

    /// True while it has anything going.
    pub fn is_busy(&self) -> bool {
        !(self.events.is_empty() && self.streams.is_empty() && self.wait_untils.is_idle())
    }

    /// The number of running events.
    pub fn running_events(&self) -> usize {
        self.events.len()
    }

    /// The number of waitUntils that `event` still has pending.
    pub fn pending_of(&self, event: EventId) -> usize {
        self.wait_untils.pending_of(event)
    }

    /// What it has going, for a report.
    pub fn outstanding(&self) -> Outstanding {
        let mut events: Vec<_> = self.events.iter().copied().collect();
        let mut streams: Vec<_> = self.streams.iter().copied().collect();
        events.sort_unstable();
        streams.sort_unstable();
        Outstanding { events, streams, wait_untils: self.wait_untils.pending() }
    }

    /// The one transition function.
    pub fn step(&mut self, input: LedgerInput) -> Result<LedgerAction, LedgerError> {
        if self.state == LedgerState::Over {
            return Ok(LedgerAction::Ignored);
        }
        match input {
            LedgerInput::Drain => return Ok(self.drain()),
            LedgerInput::GraceOver => {
                return Ok(match self.state {
                    LedgerState::Draining => LedgerAction::Terminate(self.outstanding()),
                    LedgerState::Serving | LedgerState::Idle | LedgerState::Over => LedgerAction::Ignored,
                });
            }
            LedgerInput::Stopped => {
                let left = self.outstanding();
                *self = Self { state: LedgerState::Over, ..Self::new() };
                return Ok(LedgerAction::Abandoned(left));
            }
            LedgerInput::EventStarted(_)
            | LedgerInput::EventEnded(_)
            | LedgerInput::StreamOpened(_)
            | LedgerInput::StreamClosed(_)
            | LedgerInput::WaitUntilAdded { .. }
            | LedgerInput::WaitUntilSettled { .. } => self.account(input)?,
        }
        Ok(match (self.state, self.is_busy()) {
            (LedgerState::Draining, false) => {
                self.state = LedgerState::Idle;
                LedgerAction::Idle
            }
            (LedgerState::Idle, true) => {
                self.state = LedgerState::Draining;
                LedgerAction::Nothing
            }
            (LedgerState::Draining, true)
            | (LedgerState::Idle, false)
            | (LedgerState::Serving | LedgerState::Over, _) => LedgerAction::Nothing,
        })
    }

    fn drain(&mut self) -> LedgerAction {
        match (self.state, self.is_busy()) {
            (LedgerState::Serving, true) => {
                self.state = LedgerState::Draining;
                LedgerAction::Nothing
            }
            (LedgerState::Serving, false) => {
                self.state = LedgerState::Idle;
                LedgerAction::Idle
            }
            (LedgerState::Draining | LedgerState::Idle | LedgerState::Over, _) => LedgerAction::Ignored,
        }
    }

    /// Books one activity's begin or end.
    fn account(&mut self, input: LedgerInput) -> Result<(), LedgerError> {
        match input {
            LedgerInput::EventStarted(event) => {
                self.events.insert(event).then_some(()).ok_or(LedgerError::EventStartedTwice(event))
            }
            LedgerInput::EventEnded(event) => {
                let pending = self.wait_untils.pending_of(event);
                if pending > 0 {
                    return Err(LedgerError::EventEndedEarly { event, pending });
                }
                self.events.remove(&event).then_some(()).ok_or(LedgerError::EventNotRunning(event))
            }
            LedgerInput::StreamOpened(stream) => {
                self.streams.insert(stream).then_some(()).ok_or(LedgerError::StreamOpenedTwice(stream))
            }
            LedgerInput::StreamClosed(stream) => {
                self.streams.remove(&stream).then_some(()).ok_or(LedgerError::StreamNotOpen(stream))
            }
            LedgerInput::WaitUntilAdded { event, task } => {
                if !self.events.contains(&event) {
                    return Err(LedgerError::EventNotRunning(event));
                }
                Ok(self.wait_untils.add(event, task)?)
            }
            LedgerInput::WaitUntilSettled { event, task } => {
                self.wait_untils.settle(event, task)?;
                Ok(())
            }
            LedgerInput::Drain | LedgerInput::GraceOver | LedgerInput::Stopped => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const EVENT: EventId = EventId(1);
    const TASK: WaitUntilId = WaitUntilId(1);
    const STREAM: StreamId = StreamId(1);

    fn after(inputs: &[LedgerInput]) -> (Ledger, LedgerAction) {
        let mut ledger = Ledger::new();
        let mut last = LedgerAction::Nothing;
        for input in inputs {
            last = ledger.step(*input).unwrap();
        }
        (ledger, last)
    }

    #[test]
    fn an_idle_generation_drains_at_once() {
        let (ledger, action) = after(&[LedgerInput::Drain]);
        assert_eq!((ledger.state(), action), (LedgerState::Idle, LedgerAction::Idle));
    }

    #[test]
    fn drain_waits_for_events_streams_and_wait_untils() {
        let (mut ledger, action) = after(&[
            LedgerInput::EventStarted(EVENT),
            LedgerInput::WaitUntilAdded { event: EVENT, task: TASK },
            LedgerInput::StreamOpened(STREAM),
            LedgerInput::Drain,
        ]);
        assert_eq!(action, LedgerAction::Nothing);
        assert_eq!(
            ledger.step(LedgerInput::EventEnded(EVENT)),
            Err(LedgerError::EventEndedEarly { event: EVENT, pending: 1 })
        );
        let settled = LedgerInput::WaitUntilSettled { event: EVENT, task: TASK };
        assert_eq!(ledger.step(settled), Ok(LedgerAction::Nothing));
        assert_eq!(ledger.step(LedgerInput::EventEnded(EVENT)), Ok(LedgerAction::Nothing));
        assert_eq!(ledger.step(LedgerInput::StreamClosed(STREAM)), Ok(LedgerAction::Idle));
        assert_eq!(ledger.step(LedgerInput::Drain), Ok(LedgerAction::Ignored));
    }

    #[test]
    fn an_event_on_its_way_reopens_an_idle_generation() {
        let (mut ledger, _) = after(&[LedgerInput::Drain]);
        assert_eq!(ledger.step(LedgerInput::EventStarted(EVENT)), Ok(LedgerAction::Nothing));
        assert_eq!(ledger.state(), LedgerState::Draining);
        assert_eq!(ledger.step(LedgerInput::EventEnded(EVENT)), Ok(LedgerAction::Idle));
    }

    #[test]
    fn the_grace_ends_only_a_busy_drain() {
        let (mut ledger, action) = after(&[LedgerInput::EventStarted(EVENT), LedgerInput::GraceOver]);
        assert_eq!(action, LedgerAction::Ignored, "not draining");
        ledger.step(LedgerInput::Drain).unwrap();
        let left = Outstanding { events: vec![EVENT], ..Outstanding::default() };
        assert_eq!(ledger.step(LedgerInput::GraceOver), Ok(LedgerAction::Terminate(left.clone())));
        assert_eq!(ledger.step(LedgerInput::Stopped), Ok(LedgerAction::Abandoned(left)));
        assert_eq!(ledger.step(LedgerInput::EventEnded(EVENT)), Ok(LedgerAction::Ignored));
        assert_eq!(after(&[LedgerInput::Drain, LedgerInput::GraceOver]).1, LedgerAction::Ignored, "idle before");
    }

    fn input() -> impl Strategy<Value = LedgerInput> {
        prop_oneof![
            6 => (0..3u64).prop_map(|n| LedgerInput::EventStarted(EventId(n))),
            6 => (0..3u64).prop_map(|n| LedgerInput::EventEnded(EventId(n))),
            3 => (0..2u64).prop_map(|n| LedgerInput::StreamOpened(StreamId(n))),
            4 => (0..2u64).prop_map(|n| LedgerInput::StreamClosed(StreamId(n))),
            3 => (0..3u64, 0..4u64).prop_map(|(event, task)| LedgerInput::WaitUntilAdded {
                event: EventId(event), task: WaitUntilId(task) }),
            6 => (0..3u64, 0..4u64).prop_map(|(event, task)| LedgerInput::WaitUntilSettled {
                event: EventId(event), task: WaitUntilId(task) }),
            1 => Just(LedgerInput::Drain),
            1 => Just(LedgerInput::GraceOver),
        ]
    }

    proptest! {
        /// Against plain sets: busy is right, `Idle` comes exactly at the edge, refusals change nothing, over is
        /// over, and whatever the history, ending everything makes a draining generation idle.
        #[test]
        fn idle_exactly_when_nothing_goes(inputs in prop::collection::vec(input(), 0..120), stop in any::<bool>()) {
            let mut ledger = Ledger::new();
            let mut events = BTreeSet::new();
            let mut streams = BTreeSet::new();
            let mut tasks = BTreeSet::new();
            let mut drained = false;
            let mut was_idle = false;
            for input in inputs {
                let before = (ledger.state(), ledger.outstanding());
                let legal = match input {
                    LedgerInput::EventStarted(event) => events.insert(event),
                    LedgerInput::EventEnded(event) => {
                        !tasks.iter().any(|(of, _)| *of == event) && events.remove(&event)
                    }
                    LedgerInput::StreamOpened(stream) => streams.insert(stream),
                    LedgerInput::StreamClosed(stream) => streams.remove(&stream),
                    LedgerInput::WaitUntilAdded { event, task } => {
                        events.contains(&event)
                            && !tasks.iter().any(|(_, other)| *other == task)
                            && tasks.insert((event, task))
                    }
                    LedgerInput::WaitUntilSettled { event, task } => tasks.remove(&(event, task)),
                    LedgerInput::Drain => { drained = true; true }
                    LedgerInput::GraceOver | LedgerInput::Stopped => true,
                };
                let result = ledger.step(input);
                prop_assert_eq!(result.is_ok(), legal, "{:?}", input);
                if result.is_err() {
                    prop_assert_eq!((ledger.state(), ledger.outstanding()), before);
                }
                let busy = !(events.is_empty() && streams.is_empty() && tasks.is_empty());
                prop_assert_eq!(ledger.is_busy(), busy);
                let is_idle = drained && !busy;
                prop_assert_eq!(ledger.state() == LedgerState::Idle, is_idle);
                prop_assert_eq!(result == Ok(LedgerAction::Idle), is_idle && !was_idle);
                was_idle = is_idle;
                let left = Outstanding {
                    events: events.iter().copied().collect(),
                    streams: streams.iter().copied().collect(),
                    wait_untils: tasks.len(),
                };
                prop_assert_eq!(ledger.outstanding(), left);
            }
            ledger.step(LedgerInput::Drain).unwrap();
            if stop {
                let left = ledger.outstanding();
                prop_assert_eq!(ledger.step(LedgerInput::Stopped), Ok(LedgerAction::Abandoned(left)));
                prop_assert!(!ledger.is_busy());
            }
            for (event, task) in tasks {
                ledger.step(LedgerInput::WaitUntilSettled { event, task }).unwrap();
            }
            for stream in streams { ledger.step(LedgerInput::StreamClosed(stream)).unwrap(); }
            for event in events { ledger.step(LedgerInput::EventEnded(event)).unwrap(); }
            prop_assert_eq!(ledger.state(), if stop { LedgerState::Over } else { LedgerState::Idle });
        }
    }
}
