//! `deleteAll()`: everything of an object goes at once, its key-value pairs and the script's own tables.
//!
//! The database becomes a new one in place, so that whoever else has the file open sees that. It happens at once, not at
//! the end of the turn, and cannot be rolled back; production deletes the file.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

use super::connection::Own;
use super::place::Place;
use super::{ObjectError, ObjectStore};

/// Bytes of a database that are worth giving back to the file system at once.
const SHRINK_BYTES_MIN: u64 = 1024 * 1024;

impl ObjectStore {
    /// Deletes everything; gives how many keys there were. What the turn has written so far is gone too. The alarm
    /// stays if `keep_alarm` says so.
    ///
    /// The store is dirty afterwards, for the turn's output has to wait until [`ObjectStore::commit`] has succeeded.
    pub fn delete_all(&mut self, keep_alarm: bool) -> Result<u64, ObjectError> {
        self.require_not_broken()?;
        if self.transactions.has_levels() {
            return Err(ObjectError::DeleteAllInTransaction);
        }
        let alarm = if keep_alarm { self.stored_alarm()? } else { None };
        // Read, so that the commit is told that it has changed.
        self.committed_alarm()?;
        self.rollback();
        self.reopen_if_removed();
        if self.open_to_read()?.is_none() {
            return Ok(0);
        }
        let count = self.count_keys()?;
        self.empty()?;
        self.alarm.set_current(None);
        self.deleted = true;
        if alarm.is_some() {
            // The handler that runs now has not set another one.
            let deferred = self.alarm.is_deferred();
            self.set_alarm(alarm)?;
            self.alarm.set_deferred(deferred);
        } else {
            self.alarm.set_deferred(false);
        }
        Ok(count)
    }

    fn count_keys(&mut self) -> Result<u64, ObjectError> {
        let Some(open) = self.open.as_mut().filter(|open| open.has_kv) else { return Ok(0) };
        let mut count = 0;
        let done = open.run(Own::KvCount, &[], |statement| count = statement.integer(0));
        done.map_err(|error| self.noticed(error, ObjectError::internal))?;
        Ok(count as u64)
    }

    fn empty(&mut self) -> Result<(), ObjectError> {
        let size = self.database_size()?;
        self.cancel_cursors();
        if let Place::Memory(shelf, name) = &self.place {
            // The next write makes a new one.
            self.open = None;
            shelf.remove(name);
            return Ok(());
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        open.forget_statements();
        open.has_kv = false;
        open.has_metadata = false;
        let done = open.engine.trusted(|connection| {
            reset(connection)?;
            if size >= SHRINK_BYTES_MIN {
                connection.query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))?;
            }
            Ok(())
        });
        done.map_err(|error: rusqlite::Error| self.noticed(error.into(), ObjectError::internal))
    }
}

/// Makes a database as empty as a new one, as SQLite's documentation says to do it.
fn reset(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
    // It copies the database through a second one.
    let attached = connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1);
    let done = attached.and_then(|_| connection.execute_batch("VACUUM"));
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
    done
}
