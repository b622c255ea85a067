//! What a store keeps beside the script's data, in the table `_cf_METADATA`: the alarm's time, the number of the next
//! bookmark.
//!
//! While an alarm's handler runs, its time stays in the table until the handler has succeeded, but a script that asks is
//! told that there is none. If it sets another one meanwhile, that one stays.

use super::connection::Own;
use super::{ObjectError, ObjectStore};
use crate::sql::{SqlError, SqlValue};

/// Under which the alarm's time is kept, in nanoseconds since the Unix epoch, or `NULL`.
const ALARM_KEY: i64 = 1;

/// Under which the number of the next bookmark is kept.
const BOOKMARK_KEY: i64 = 2;

/// Whether the handler of an alarm is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armed {
    /// It is. [`ObjectStore::finish_alarm`] has to follow.
    Run,
    /// It is not: the object's alarm is another one by now, or none.
    Cancel {
        /// The time of the alarm that there is, in nanoseconds since the Unix epoch, when it is later: whoever keeps
        /// alarms seems not to know.
        reschedule_ns: Option<i64>,
    },
}

/// What is known of the alarm.
#[derive(Debug, Default)]
pub(super) struct AlarmState {
    /// What the table says now; `None` when that has to be read.
    current: Option<Option<i64>>,
    /// What the last commit has left; `None` when that has to be read.
    committed: Option<Option<i64>>,
    /// The handler runs.
    in_handler: bool,
    /// When the handler has succeeded, the time goes from the table.
    deferred_delete: bool,
}

impl AlarmState {
    /// The table may say something else than before.
    pub(super) fn forget(&mut self) {
        self.current = None;
    }

    /// The handler has set an alarm of its own, which stays.
    pub(super) fn keep(&mut self) {
        self.deferred_delete = false;
    }

    /// The database may be another one than before.
    pub(super) fn reload(&mut self) {
        self.current = None;
        self.committed = None;
    }

    pub(super) fn set_current(&mut self, time_ns: Option<i64>) {
        self.current = Some(time_ns);
    }

    pub(super) fn is_deferred(&self) -> bool {
        self.deferred_delete
    }

    pub(super) fn set_deferred(&mut self, deferred: bool) {
        self.deferred_delete = deferred;
    }

    pub(super) fn committed(&mut self) {
        if let Some(current) = self.current {
            self.committed = Some(current);
        }
    }
}

impl ObjectStore {
    /// The alarm's time in nanoseconds since the Unix epoch, as the script is told it: `None` while its handler runs,
    /// unless another was set.
    pub fn alarm(&mut self) -> Result<Option<i64>, ObjectError> {
        self.require_not_broken()?;
        if self.alarm.deferred_delete && !self.transactions.alarm_dirty() {
            return Ok(None);
        }
        self.stored_alarm()
    }

    /// The alarm's time in nanoseconds since the Unix epoch, as the database has it now, committed or not.
    pub fn stored_alarm(&mut self) -> Result<Option<i64>, ObjectError> {
        if let Some(current) = self.alarm.current {
            return Ok(current);
        }
        let current = self.metadata(ALARM_KEY)?;
        self.alarm.current = Some(current);
        // It is read before it is set, so the first time that it is read it is what was committed.
        self.alarm.committed.get_or_insert(current);
        Ok(current)
    }

    /// The alarm's time that the last commit has left, in nanoseconds since the Unix epoch.
    pub fn committed_alarm(&mut self) -> Result<Option<i64>, ObjectError> {
        if self.alarm.committed.is_none() {
            self.stored_alarm()?;
        }
        Ok(self.alarm.committed.flatten())
    }

    /// The alarm's time that a commit would leave, when it is another than the last commit has left: what whoever keeps
    /// alarms has to be told, before the commit when it is earlier than before, else after it.
    pub fn pending_alarm(&self) -> Option<Option<i64>> {
        let AlarmState { current: Some(current), committed: Some(committed), .. } = self.alarm else { return None };
        (current != committed).then_some(current)
    }

    /// Sets or removes the alarm; nanoseconds since the Unix epoch.
    pub fn set_alarm(&mut self, time_ns: Option<i64>) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        // Known before the first write, so that a commit can be told from it.
        let before = self.stored_alarm()?;
        if before.is_some() || time_ns.is_some() {
            self.set_metadata(ALARM_KEY, time_ns.map_or(SqlValue::Null, SqlValue::Integer))?;
            self.alarm.current = Some(time_ns);
        }
        if !self.transactions.set_alarm_dirty() {
            self.alarm.keep();
        }
        Ok(())
    }

    /// Before an alarm's handler runs that was set for this time. `None` as `scheduled_ns` is never right.
    pub fn arm_alarm(&mut self, scheduled_ns: i64) -> Result<Armed, ObjectError> {
        let stored = self.stored_alarm()?;
        if stored == Some(scheduled_ns) {
            self.alarm.deferred_delete = true;
        } else if stored == self.committed_alarm()? {
            let later = stored.filter(|stored| *stored > scheduled_ns);
            return Ok(Armed::Cancel { reschedule_ns: later });
        } else {
            // Another one is being set, and is not committed yet: this one runs, and that one stays.
            self.alarm.deferred_delete = false;
        }
        self.alarm.in_handler = true;
        Ok(Armed::Run)
    }

    /// After an alarm's handler has run. If it succeeded, or will not be tried again, its time goes; that is a write.
    pub fn finish_alarm(&mut self, done: bool) -> Result<(), ObjectError> {
        self.alarm.in_handler = false;
        let goes = std::mem::take(&mut self.alarm.deferred_delete);
        if goes && done { self.set_alarm(None) } else { Ok(()) }
    }

    /// Whether an alarm's handler runs.
    pub fn is_in_alarm(&self) -> bool {
        self.alarm.in_handler
    }

    /// The number of the next bookmark as production's local form of it: each call gives a later one. A write.
    pub fn next_bookmark(&mut self) -> Result<String, ObjectError> {
        let number = self.metadata(BOOKMARK_KEY)?.unwrap_or(0);
        self.set_metadata(BOOKMARK_KEY, SqlValue::Integer(number.wrapping_add(1)))?;
        let (high, low) = ((number as u64) >> 32, number as u32);
        Ok(format!("{high:08x}-{low:08x}-{:08x}-{:032x}", 0, 0))
    }

    fn metadata(&mut self, key: i64) -> Result<Option<i64>, ObjectError> {
        let Some(open) = self.open_to_read()?.filter(|open| open.has_metadata) else { return Ok(None) };
        let mut found = None;
        let done = open.run(Own::MetadataGet, &[SqlValue::Integer(key)], |statement| {
            if let SqlValue::Integer(integer) = statement.row().value(0) {
                found = Some(integer);
            }
        });
        match done {
            Ok(()) => Ok(found),
            Err(error) => Err(self.noticed(error, ObjectError::internal)),
        }
    }

    fn set_metadata(&mut self, key: i64, value: SqlValue<'_>) -> Result<(), ObjectError> {
        let open = self.open_to_write()?;
        let mut put = || -> Result<(), SqlError> {
            if !open.has_metadata {
                open.run(Own::MetadataMake, &[], |_| {})?;
                open.has_metadata = true;
            }
            open.run(Own::MetadataPut, &[SqlValue::Integer(key), value], |_| {})
        };
        put().map_err(|error| self.noticed(error, ObjectError::internal))
    }
}
