//! What one guest has given away: functions and targets that stubs of other isolates lead to.

use std::collections::{HashMap, HashSet};

use lopata_protocol::{EventId, ExportId};

/// Exports by id, and by the event whose context they belong to.
#[derive(Debug)]
pub struct Exports<T> {
    entries: HashMap<ExportId, (EventId, T)>,
    by_event: HashMap<EventId, HashSet<ExportId>>,
}

impl<T> Default for Exports<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), by_event: HashMap::new() }
    }
}

impl<T> Exports<T> {
    /// Enters a target that belongs to `event`.
    pub fn insert(&mut self, event: EventId, target: T) -> ExportId {
        let id = ExportId::next();
        self.entries.insert(id, (event, target));
        self.by_event.entry(event).or_default().insert(id);
        id
    }

    /// The target and the event it belongs to; `None` once it is released.
    pub fn get(&self, id: ExportId) -> Option<(EventId, &T)> {
        self.entries.get(&id).map(|(event, target)| (*event, target))
    }

    /// The last stub is gone: gives the target back, once.
    pub fn release(&mut self, id: ExportId) -> Option<(EventId, T)> {
        let (event, target) = self.entries.remove(&id)?;
        if let Some(of_event) = self.by_event.get_mut(&event) {
            of_event.remove(&id);
            if of_event.is_empty() {
                self.by_event.remove(&event);
            }
        }
        Some((event, target))
    }

    /// The event is over: gives back all its targets. Stubs to them fail from here on.
    pub fn end_event(&mut self, event: EventId) -> Vec<T> {
        let ids = self.by_event.remove(&event).unwrap_or_default();
        ids.into_iter().filter_map(|id| self.entries.remove(&id)).map(|(_, target)| target).collect()
    }

    /// How many exports of `event` have stubs.
    pub fn of_event(&self, event: EventId) -> usize {
        self.by_event.get(&event).map_or(0, HashSet::len)
    }

    /// How many exports there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
