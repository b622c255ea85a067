//! Results of calls that callers may still pipeline on.

use std::collections::{HashMap, HashSet};

use lopata_protocol::{CallId, EventId};

/// Results by call, and by the event that works on them. A result is entered when its call starts, as the promise
/// of it.
#[derive(Debug)]
pub struct Results<T> {
    entries: HashMap<CallId, (EventId, T)>,
    by_event: HashMap<EventId, HashSet<CallId>>,
}

/// What became of the result of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum ResultState<T> {
    /// It is here, promised or fulfilled.
    Held(EventId, T),
    /// It was let go; the caller has the answer, or does not want it.
    Gone,
}

impl<T> Default for Results<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), by_event: HashMap::new() }
    }
}

impl<T> Results<T> {
    /// A call of `event` has started; `result` promises what it will return.
    pub fn insert(&mut self, call: CallId, event: EventId, result: T) {
        let before = self.entries.insert(call, (event, result));
        assert!(before.is_none(), "{call} starts once");
        self.by_event.entry(event).or_default().insert(call);
    }

    /// The result of a call.
    pub fn get(&self, call: CallId) -> ResultState<&T> {
        match self.entries.get(&call) {
            Some((event, result)) => ResultState::Held(*event, result),
            None => ResultState::Gone,
        }
    }

    /// Nobody will ask any more: gives the result back, once.
    pub fn finish(&mut self, call: CallId) -> Option<(EventId, T)> {
        let (event, result) = self.entries.remove(&call)?;
        if let Some(of_event) = self.by_event.get_mut(&event) {
            of_event.remove(&call);
            if of_event.is_empty() {
                self.by_event.remove(&event);
            }
        }
        Some((event, result))
    }

    /// The event is over: gives back all its results.
    pub fn end_event(&mut self, event: EventId) -> Vec<(CallId, T)> {
        let ended = self.by_event.remove(&event).unwrap_or_default();
        ended.into_iter().filter_map(|call| Some((call, self.entries.remove(&call)?.1))).collect()
    }

    /// How many results are held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when none is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
