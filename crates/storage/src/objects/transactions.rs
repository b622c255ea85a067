//! The transactions of an object's store: implicit, explicit, savepoints.
//!
//! Only a write begins one in the database; until then the levels that are open are only counted. So a transaction that
//! reads costs nothing, and makes no file.
//!
//! Invariants
//! - `BEGIN` has run exactly while `begun` is true, unless SQLite has rolled back by itself, which breaks the store.
//! - Of the levels, those up to some one have their savepoint, and those after it have not.

use std::sync::Arc;

use super::connection::{Open, Own, OwnStatements};
use super::{ObjectError, ObjectStore};
use crate::sql::{Engine, SqlError};

/// What a level belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The asynchronous `transaction()`.
    Explicit,
    /// The synchronous `transactionSync()`.
    Sync,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    kind: Kind,
    /// It has a savepoint in the database.
    begun: bool,
    /// The alarm was set in it.
    alarm_dirty: bool,
}

/// What is open.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    begun: bool,
    levels: Vec<Level>,
}

impl Transactions {
    pub(super) fn is_at_rest(&self) -> bool {
        !self.begun && self.levels.is_empty()
    }

    pub(super) fn is_explicit(&self) -> bool {
        self.levels.first().is_some_and(|level| level.kind == Kind::Explicit)
    }

    pub(super) fn has_levels(&self) -> bool {
        !self.levels.is_empty()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the alarm was set in the explicit transaction that is open, or one around it.
    pub(super) fn alarm_dirty(&self) -> bool {
        self.levels.iter().any(|level| level.alarm_dirty)
    }

    /// Notes that the alarm is set in the explicit transaction that is open; false when there is none.
    pub(super) fn set_alarm_dirty(&mut self) -> bool {
        match self.levels.iter_mut().rev().find(|level| level.kind == Kind::Explicit) {
            Some(level) => {
                level.alarm_dirty = true;
                true
            }
            None => false,
        }
    }

    /// Begins in the database what is open here.
    pub(super) fn begin(&mut self, own: &mut OwnStatements, engine: &Engine) -> Result<(), SqlError> {
        if !self.begun {
            own.run(engine, Own::Begin, &[], |_| {})?;
            self.begun = true;
        }
        for level in self.levels.iter_mut().filter(|level| !level.begun) {
            own.run(engine, Own::Savepoint, &[], |_| {})?;
            level.begun = true;
        }
        Ok(())
    }
}

impl ObjectStore {
    /// Whether there are writes that [`ObjectStore::commit`] has to make last.
    pub fn is_dirty(&self) -> bool {
        self.deleted || (self.transactions.begun && !self.transactions.is_explicit())
    }

    /// Whether an explicit transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        self.transactions.is_explicit()
    }

    /// Commits the implicit transaction, at the end of a turn. Does nothing when there is none. When it fails, the store
    /// is broken and nothing of the transaction has happened.
    pub fn commit(&mut self) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        if !self.is_dirty() {
            return Ok(());
        }
        debug_assert!(!self.transactions.has_levels(), "savepoints end within the turn");
        self.commit_all()
    }

    fn commit_all(&mut self) -> Result<(), ObjectError> {
        if let Some(open) = self.open.as_mut().filter(|_| self.transactions.begun)
            && let Err(error) = open.run(Own::Commit, &[], |_| {})
        {
            return Err(self.break_at_commit(&error));
        }
        self.transactions = Transactions::default();
        self.deleted = false;
        self.alarm.committed();
        if let Some(open) = &mut self.open {
            open.committed();
        }
        Ok(())
    }

    fn break_at_commit(&mut self, error: &SqlError) -> ObjectError {
        let text = if error.is_constraint() {
            // A constraint that was put off until now.
            format!(
                "Durable Object was reset and rolled back to its last known good state because the application left the \
                 database in a state where constraints were violated: {error}"
            )
        } else {
            error.to_string()
        };
        self.break_because(text)
    }

    /// Throws away everything that is not committed: the implicit transaction, or all explicit ones. Cursors end.
    pub fn rollback(&mut self) {
        let begun = self.transactions.begun;
        self.transactions = Transactions::default();
        if begun {
            self.cancel_cursors();
            if let Some(open) = &mut self.open {
                // It may have been rolled back already.
                if !open.is_autocommit() {
                    let _ = open.run(Own::Rollback, &[], |_| {});
                }
                open.look_for_tables();
            }
            self.alarm.forget();
        }
    }

    /// Begins an explicit transaction, inside the one that is open if there is one. What the turn has written so far is
    /// committed first.
    pub fn begin_transaction(&mut self) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        if !self.transactions.is_explicit() {
            self.commit()?;
        }
        self.push(Kind::Explicit);
        Ok(())
    }

    /// Commits the innermost explicit transaction: with the outermost, its writes last.
    pub fn commit_transaction(&mut self) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        self.require_innermost(Kind::Explicit)?;
        if self.transactions.levels.len() > 1 {
            return self.release();
        }
        if self.transactions.begun {
            if self.transactions.alarm_dirty() {
                self.alarm.keep();
            }
            return self.commit_all();
        }
        self.transactions.levels.clear();
        Ok(())
    }

    /// Rolls back the innermost explicit transaction and ends it.
    pub fn rollback_transaction(&mut self) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        self.require_innermost(Kind::Explicit)?;
        if self.transactions.levels.len() > 1 {
            return self.roll_back_level();
        }
        self.rollback_keeping_cursors()
    }

    /// Begins a savepoint. It has to end within the turn.
    pub fn begin_savepoint(&mut self) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        self.push(Kind::Sync);
        Ok(())
    }

    /// Ends the innermost savepoint; what was written in it belongs to what is around it.
    pub fn release_savepoint(&mut self) -> Result<(), ObjectError> {
        if self.broken.is_some() {
            self.transactions.levels.pop();
            return Err(ObjectError::CriticalError);
        }
        self.require_innermost(Kind::Sync)?;
        self.release()
    }

    /// Throws away what was written in the innermost savepoint, and ends it. Does nothing when the store broke in it.
    pub fn rollback_savepoint(&mut self) -> Result<(), ObjectError> {
        if self.broken.is_some() {
            self.transactions.levels.pop();
            return Ok(());
        }
        self.require_innermost(Kind::Sync)?;
        self.roll_back_level()
    }

    fn push(&mut self, kind: Kind) {
        self.transactions.levels.push(Level { kind, begun: false, alarm_dirty: false });
    }

    fn require_innermost(&self, kind: Kind) -> Result<(), ObjectError> {
        match self.transactions.levels.last() {
            Some(level) if level.kind == kind => Ok(()),
            Some(_) | None => Err(ObjectError::NestedTransaction),
        }
    }

    /// Ends the innermost level, whose writes belong to the one around it.
    fn release(&mut self) -> Result<(), ObjectError> {
        let Some(level) = self.transactions.levels.pop() else { return Ok(()) };
        if level.alarm_dirty && !self.transactions.set_alarm_dirty() {
            self.alarm.keep();
        }
        if level.begun {
            self.run(Own::Release)?;
        }
        Ok(())
    }

    fn roll_back_level(&mut self) -> Result<(), ObjectError> {
        let Some(level) = self.transactions.levels.pop() else { return Ok(()) };
        if level.begun {
            self.run(Own::RollbackTo)?;
            self.run(Own::Release)?;
            self.alarm.forget();
            if let Some(open) = &mut self.open {
                open.look_for_tables();
            }
        }
        Ok(())
    }

    fn rollback_keeping_cursors(&mut self) -> Result<(), ObjectError> {
        let begun = self.transactions.begun;
        self.transactions = Transactions::default();
        if begun {
            self.run(Own::Rollback)?;
            self.alarm.forget();
            if let Some(open) = &mut self.open {
                open.look_for_tables();
            }
        }
        Ok(())
    }

    fn run(&mut self, own: Own) -> Result<(), ObjectError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let done = open.run(own, &[], |_| {});
        done.map_err(|error| self.noticed(error, ObjectError::internal))
    }

    /// The database, inside a transaction that will be committed.
    pub(super) fn open_to_write(&mut self) -> Result<&mut Open, ObjectError> {
        self.require_not_broken()?;
        if !self.transactions.has_begun() {
            self.reopen_if_removed();
        }
        self.open_or_make()?;
        let Self { open: Some(open), transactions, .. } = self else { return Err(ObjectError::Absent) };
        if let Err(error) = transactions.begin(&mut open.own, &open.engine) {
            return Err(self.noticed(error, ObjectError::internal));
        }
        self.open.as_mut().ok_or(ObjectError::Absent)
    }

    /// A state folder that somebody has removed is begun anew, and not written to unseen.
    pub(super) fn reopen_if_removed(&mut self) {
        if self.open.as_ref().is_some_and(|open| !open.is_in_place()) {
            self.cancel_cursors();
            self.open = None;
            self.alarm.reload();
        }
    }

    /// What to say of an error; breaks the store when SQLite has rolled back because of it.
    pub(super) fn noticed(&mut self, error: SqlError, otherwise: impl FnOnce(SqlError) -> ObjectError) -> ObjectError {
        let rolled_back = self.transactions.begun && self.open.as_ref().is_some_and(Open::is_autocommit);
        if rolled_back {
            self.break_because(error.to_string());
            // Whose statement it was sees its own error; the next one that the store is broken.
            return ObjectError::Sql(error);
        }
        otherwise(error)
    }

    fn break_because(&mut self, text: String) -> ObjectError {
        let text: Arc<str> = text.into();
        // Levels stay until those who began them end them.
        let levels = std::mem::take(&mut self.transactions.levels);
        self.rollback();
        self.transactions.levels = levels.into_iter().map(|level| Level { begun: false, ..level }).collect();
        ObjectError::Broken(Arc::clone(self.broken.get_or_insert(text)))
    }
}
