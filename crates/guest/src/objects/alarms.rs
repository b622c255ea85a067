//! What an object and whoever keeps alarms tell each other.
//!
//! The object's database decides what its alarm is; whoever keeps alarms rings, and asks the database by ringing. So the
//! bell may be set too early, never too late: an earlier time is told before the commit that makes it true, a later one
//! or none after it. A process that dies in between has a bell that rings for nothing, and is set anew then.

use std::sync::Arc;

use lopata_bridges::{Lease, Namespace};
use lopata_protocol::ObjectId;
use lopata_storage::objects::{Armed, ObjectError, ObjectStore, alarm_ms};

const NS_PER_MS: i64 = 1_000_000;

/// The way to whoever keeps an object's alarm.
pub struct Bell {
    namespace: Option<Arc<Namespace>>,
    object: ObjectId,
    name: Option<Arc<str>>,
}

impl Bell {
    /// That of the object that is held.
    pub fn of(lease: &Lease) -> Self {
        Self { namespace: lease.namespace(), object: lease.id(), name: lease.name() }
    }

    /// It is to ring at this time, or not at all. Durable when it returns.
    fn set(&self, at_ns: Option<i64>) -> Result<(), String> {
        let alarms = self.namespace.as_ref().and_then(|namespace| namespace.alarms());
        alarms.map_or(Ok(()), |alarms| alarms.schedule(self.object, self.name.as_deref(), at_ns.map(alarm_ms)))
    }
}

/// What is known of an object's bell.
#[derive(Debug, Default)]
pub struct BellState {
    /// When it rings in nanoseconds since the Unix epoch; `None` while that is what the database has committed.
    differs: Option<Option<i64>>,
}

impl BellState {
    /// Before a commit, or once something was written that may be committed before the next call: what has to be known
    /// earlier is told now.
    pub fn before(&mut self, store: &mut ObjectStore, bell: impl FnOnce() -> Bell) -> Result<(), String> {
        let Some(pending) = store.pending_alarm() else { return Ok(()) };
        let rings = match self.differs {
            Some(rings) => rings,
            None => store.committed_alarm().map_err(|error| error.to_string())?,
        };
        if is_earlier(pending, rings) {
            bell().set(pending)?;
            self.differs = Some(pending);
        } else {
            self.differs = Some(rings);
        }
        Ok(())
    }

    /// After a commit or its opposite.
    pub fn after(&mut self, store: &mut ObjectStore, bell: impl FnOnce() -> Bell) {
        let Some(rings) = self.differs else { return };
        if store.pending_alarm().is_some() {
            return;
        }
        let Ok(committed) = store.committed_alarm() else { return };
        // What cannot be told rings too early, and finds out then.
        if committed == rings || bell().set(committed).is_ok() {
            self.differs = None;
        }
    }
}

/// The alarm that was set for `scheduled_ms` rings: whether its handler is to run.
pub fn arm(store: &mut ObjectStore, bell: &Bell, scheduled_ms: f64) -> Result<bool, ObjectError> {
    let scheduled_ns = ns_of(store, scheduled_ms)?;
    match store.arm_alarm(scheduled_ns)? {
        Armed::Run => Ok(true),
        Armed::Cancel { reschedule_ns } => {
            if let Some(later) = reschedule_ns {
                // What cannot be told rings for nothing again.
                let _ = bell.set(Some(later));
            }
            Ok(false)
        }
    }
}

/// The handler that was armed has run; `done` when its alarm is over.
pub fn finish(store: &mut ObjectStore, bell: &Bell, scheduled_ms: f64, done: bool) -> Result<(), ObjectError> {
    let scheduled_ns = ns_of(store, scheduled_ms)?;
    store.finish_alarm(done)?;
    if done && store.stored_alarm()? == Some(scheduled_ns) && store.pending_alarm().is_none() {
        // The handler has set its alarm for the very time at which it was due: nothing has changed that a commit would
        // tell.
        let _ = bell.set(Some(scheduled_ns));
    }
    Ok(())
}

/// The time of an alarm as the database has it, which may be more exact than messages are.
fn ns_of(store: &mut ObjectStore, scheduled_ms: f64) -> Result<i64, ObjectError> {
    let scheduled_ms = scheduled_ms as i64;
    let stored = store.stored_alarm()?.filter(|stored| alarm_ms(*stored) == scheduled_ms);
    Ok(stored.unwrap_or_else(|| scheduled_ms.saturating_mul(NS_PER_MS)))
}

/// An alarm that is not set is due at the end of time.
fn is_earlier(one: Option<i64>, other: Option<i64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one < other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_is_not_set_is_the_latest() {
        assert!(is_earlier(Some(1), None) && is_earlier(Some(1), Some(2)));
        assert!(!is_earlier(None, Some(1)) && !is_earlier(None, None) && !is_earlier(Some(2), Some(2)));
    }
}
