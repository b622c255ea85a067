//! Results of calls that callers may still pipeline on.

use std::collections::HashMap;

use lopata_protocol::{CallId, EventId};

/// Results by call. A result is entered when its call starts, as the promise of it.
#[derive(Debug)]
pub struct Results<T> {
    entries: HashMap<CallId, (EventId, T)>,
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
        Self { entries: HashMap::new() }
    }
}

impl<T> Results<T> {
    /// A call of `event` has started; `result` promises what it will return.
    pub fn insert(&mut self, call: CallId, event: EventId, result: T) {
        let before = self.entries.insert(call, (event, result));
        assert!(before.is_none(), "{call} starts once");
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
        self.entries.remove(&call)
    }

    /// The event is over: gives back all its results.
    pub fn end_event(&mut self, event: EventId) -> Vec<(CallId, T)> {
        let ended: Vec<CallId> =
            self.entries.iter().filter(|(_, (owner, _))| *owner == event).map(|(call, _)| *call).collect();
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
