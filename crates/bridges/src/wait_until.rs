//! Which promises handed to `waitUntil` are still open, by the event that handed them.
//!
//! ```text
//!            add                settle
//!   unknown ─────► pending ───────────────► unknown
//!                     └──── abandon(event) ────┘   (the guest died)
//! ```
//!
//! Owns the set of pending tasks and nothing else; it does not know promises, time or threads. Every add is
//! settled exactly once: adding a pending task again or settling one that is not pending is refused and
//! changes nothing. Ids are never reused, so a refused settle is a mistake of the guest and worth a log line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use lopata_protocol::{EventId, WaitUntilId};

/// Why an add or a settle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitUntilError {
    /// The task is pending already.
    #[error("{task} was added twice")]
    AddedTwice {
        /// The task.
        task: WaitUntilId,
    },
    /// The task is not pending for this event: never added, settled before, or of another event.
    #[error("{task} of {event} was settled but is not pending")]
    NotPending {
        /// The event that was named.
        event: EventId,
        /// The task.
        task: WaitUntilId,
    },
}

/// The pending waitUntil tasks of one generation.
#[derive(Clone, Debug, Default)]
pub struct WaitUntilTracker {
    /// The event of every pending task.
    events: HashMap<WaitUntilId, EventId>,
    /// How many are pending per event; no entry is zero.
    counts: HashMap<EventId, usize>,
}

impl WaitUntilTracker {
    /// Nothing pending.
    pub fn new() -> Self {
        Self::default()
    }

    /// A promise was handed over.
    pub fn add(&mut self, event: EventId, task: WaitUntilId) -> Result<(), WaitUntilError> {
        match self.events.entry(task) {
            Entry::Occupied(_) => return Err(WaitUntilError::AddedTwice { task }),
            Entry::Vacant(entry) => entry.insert(event),
        };
        *self.counts.entry(event).or_default() += 1;
        Ok(())
    }

    /// A promise is fulfilled or rejected. Gives the number that `event` still has pending.
    pub fn settle(&mut self, event: EventId, task: WaitUntilId) -> Result<usize, WaitUntilError> {
        if self.events.get(&task) != Some(&event) {
            return Err(WaitUntilError::NotPending { event, task });
        }
        self.events.remove(&task);
        let count = self.counts.get_mut(&event).expect("an event with a pending task is counted");
        *count -= 1;
        let left = *count;
        if left == 0 {
            self.counts.remove(&event);
        }
        Ok(left)
    }

    /// Forgets what `event` has pending, and gives it in order of adding.
    pub fn abandon(&mut self, event: EventId) -> Vec<WaitUntilId> {
        let Some(count) = self.counts.remove(&event) else { return Vec::new() };
        let mut tasks: Vec<_> = self.events.extract_if(|_, of| *of == event).map(|(task, _)| task).collect();
        assert_eq!(tasks.len(), count, "the counts follow the tasks");
        tasks.sort_unstable();
        tasks
    }

    /// The number of pending tasks.
    pub fn pending(&self) -> usize {
        self.events.len()
    }

    /// The number of pending tasks of one event.
    pub fn pending_of(&self, event: EventId) -> usize {
        self.counts.get(&event).copied().unwrap_or(0)
    }

    /// True when nothing is pending.
    pub fn is_idle(&self) -> bool {
        self.events.is_empty()
    }
}

#[cfg(test)]
mod schedule_tests {
    //! The tracker under random thread schedules: a guest whose tasks settle in any order, and which may die between
    //! any two of its messages.

    use shuttle::rand::Rng;
    use shuttle::sync::mpsc::{Sender, channel};
    use shuttle::sync::{Arc, Mutex};
    use shuttle::thread;

    use super::*;

    enum Said {
        Added(EventId, WaitUntilId),
        Settled(EventId, WaitUntilId),
        Died,
    }

    /// The guest's way to the host; non-null while the guest lives. Nothing follows the word of its death.
    type Guest = Arc<Mutex<Option<Sender<Said>>>>;

    fn say(guest: &Guest, said: Said) -> bool {
        let guest = guest.lock().expect("nobody panics");
        guest.as_ref().is_some_and(|host| host.send(said).is_ok())
    }

    fn task(guest: &Guest, event: EventId, task: WaitUntilId) {
        if say(guest, Said::Added(event, task)) {
            thread::yield_now();
            say(guest, Said::Settled(event, task));
        }
    }

    #[test]
    fn nothing_stays_pending_however_tasks_and_death_fall() {
        shuttle::check_random(
            || {
                let (host, said) = channel();
                let guest: Guest = Arc::new(Mutex::new(Some(host)));
                let tasks: Vec<_> = (0..4u64)
                    .map(|number| {
                        let guest = Arc::clone(&guest);
                        thread::spawn(move || task(&guest, EventId(number % 2), WaitUntilId(number)))
                    })
                    .collect();
                let dies = shuttle::rand::thread_rng().gen_bool(0.5);
                if dies {
                    thread::yield_now();
                    if let Some(host) = guest.lock().expect("nobody panics").take() {
                        host.send(Said::Died).expect("the host listens");
                    }
                }
                let mut tracker = WaitUntilTracker::new();
                let joined = thread::spawn(move || tasks.into_iter().for_each(|task| task.join().expect("it ends")));
                let mut messages = 0;
                // Without a death every task says two things; with one, that is the last that is heard.
                loop {
                    match said.recv().expect("the guest lives or says that it dies") {
                        Said::Added(event, task) => tracker.add(event, task).expect("each task is added once"),
                        Said::Settled(event, task) => {
                            tracker.settle(event, task).map(drop).expect("each task settles once, after its add");
                        }
                        Said::Died => {
                            (0..2).for_each(|event| drop(tracker.abandon(EventId(event))));
                            break;
                        }
                    }
                    messages += 1;
                    if !dies && messages == 8 {
                        break;
                    }
                }
                joined.join().expect("it ends");
                assert!(tracker.is_idle(), "whatever was added has been settled or abandoned");
                assert_eq!((tracker.pending_of(EventId(0)), tracker.pending_of(EventId(1))), (0, 0));
            },
            2_000,
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_add_is_settled_exactly_once() {
        let mut tracker = WaitUntilTracker::new();
        let (event, other) = (EventId(1), EventId(2));
        let (first, second) = (WaitUntilId(1), WaitUntilId(2));
        tracker.add(event, first).unwrap();
        tracker.add(event, second).unwrap();
        assert_eq!(tracker.add(event, first), Err(WaitUntilError::AddedTwice { task: first }));
        assert_eq!(tracker.settle(other, first), Err(WaitUntilError::NotPending { event: other, task: first }));
        assert_eq!(tracker.settle(event, first), Ok(1));
        assert_eq!(tracker.settle(event, first), Err(WaitUntilError::NotPending { event, task: first }));
        assert_eq!(tracker.settle(event, second), Ok(0));
        assert!(tracker.is_idle());
    }

    #[test]
    fn a_dead_guests_tasks_are_forgotten() {
        let mut tracker = WaitUntilTracker::new();
        tracker.add(EventId(1), WaitUntilId(2)).unwrap();
        tracker.add(EventId(1), WaitUntilId(1)).unwrap();
        tracker.add(EventId(2), WaitUntilId(3)).unwrap();
        assert_eq!(tracker.abandon(EventId(1)), [WaitUntilId(1), WaitUntilId(2)]);
        assert!(tracker.abandon(EventId(1)).is_empty());
        assert!(tracker.settle(EventId(1), WaitUntilId(1)).is_err());
        assert_eq!((tracker.pending(), tracker.pending_of(EventId(2))), (1, 1));
    }

    #[derive(Clone, Copy, Debug)]
    enum Op {
        Add(u64, u64),
        Settle(u64, u64),
        Abandon(u64),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => (0..4u64, 0..12u64).prop_map(|(event, task)| Op::Add(event, task)),
            4 => (0..4u64, 0..12u64).prop_map(|(event, task)| Op::Settle(event, task)),
            1 => (0..4u64).prop_map(Op::Abandon),
        ]
    }

    proptest! {
        /// The tracker agrees with a plain set of pairs after every step, and refusals change nothing.
        #[test]
        fn agrees_with_a_set(ops in prop::collection::vec(op(), 0..200)) {
            let mut tracker = WaitUntilTracker::new();
            let mut model: BTreeSet<(u64, u64)> = BTreeSet::new();
            for op in ops {
                match op {
                    Op::Add(event, task) => {
                        let fresh = model.iter().all(|(_, other)| *other != task);
                        prop_assert_eq!(tracker.add(EventId(event), WaitUntilId(task)).is_ok(), fresh);
                        if fresh { model.insert((event, task)); }
                    }
                    Op::Settle(event, task) => {
                        let was_pending = model.remove(&(event, task));
                        let left = tracker.settle(EventId(event), WaitUntilId(task));
                        prop_assert_eq!(left.is_ok(), was_pending);
                        if let Ok(left) = left {
                            prop_assert_eq!(left, model.range((event, 0)..=(event, u64::MAX)).count());
                        }
                    }
                    Op::Abandon(event) => {
                        let expected: Vec<_> =
                            model.range((event, 0)..=(event, u64::MAX)).map(|(_, task)| WaitUntilId(*task)).collect();
                        model.retain(|(of, _)| *of != event);
                        prop_assert_eq!(tracker.abandon(EventId(event)), expected);
                    }
                }
                prop_assert_eq!(tracker.pending(), model.len());
                prop_assert_eq!(tracker.is_idle(), model.is_empty());
                for event in 0..4 {
                    let expected = model.range((event, 0)..=(event, u64::MAX)).count();
                    prop_assert_eq!(tracker.pending_of(EventId(event)), expected);
                }
            }
        }
    }
}
