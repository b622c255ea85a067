//! The storage of Durable Objects: one SQLite database an object, and the times of alarms.
//!
//! An [`ObjectStore`] is the storage of one object: key-value pairs, SQL, an alarm, all in one database and under one
//! transaction. [`AlarmStore`] lists the alarms of a namespace, [`NamespaceFiles`] its objects.
//!
//! # A store's life
//!
//! A store is made for a [`Place`] and touches nothing. Its database is opened by the first read when there is a file,
//! and made by the first write. It can be closed at any time between transactions ([`ObjectStore::close`]) and opens
//! itself again; closing costs no sync.
//!
//! # Transactions
//!
//! ```text
//!            first write                      commit
//!  at rest ──────────────► implicit (dirty) ──────────► at rest
//!     │                        ▲    │ begin_transaction: committed first
//!     │ begin_transaction      │    ▼
//!     └──────────────────► explicit, nested ──(outermost ends)──► at rest
//! ```
//! The first write of a turn begins the *implicit* transaction, which the turn's end commits. An *explicit* one (the
//! asynchronous `transaction()`) may last for many turns; it is committed when the outermost ends. *Savepoints* (the
//! synchronous `transactionSync()`) nest in either and begin and end within one turn. All cover SQL, key-value pairs and
//! the alarm alike. None touches the database before something is written.
//!
//! # Errors
//!
//! An error of a statement leaves the transaction as it was before the statement. After those at which SQLite rolls back
//! by itself (a full disk, no memory), and after a commit that fails, the store is *broken*: what was not committed is
//! gone, and everything fails with the same error until there is a new store.
//!
//! Invariants
//! - Between two turns, what the turn has written is in the database or was thrown away.
//! - Files open in wrangler 4, and what it wrote opens here; both may have a file open at once.
//! - A process that is killed at any point leaves what was committed, and nothing of what was not.

mod alarms;
mod connection;
mod delete;
mod error;
mod facets;
mod inspect;
mod kv;
mod look;
mod metadata;
mod place;
mod sql;
#[cfg(test)]
mod tests;
mod transactions;

use std::sync::Arc;

use connection::Open;
use metadata::AlarmState;
use rusqlite::InterruptHandle;
use transactions::Transactions;

use crate::sql::{Cursors, Watcher};

pub use crate::sql::{Columns, CursorId, Row, SqlValue};
pub use alarms::{AlarmStore, StoredAlarm};
pub use error::ObjectError;
pub use facets::{FacetError, FacetIndex};
pub use inspect::{NamespaceFiles, ObjectFile};
pub use kv::{KvCursor, KvRange};
pub use look::{Refused, alarm_ms};
pub use metadata::Armed;
pub use place::{Place, Shelf};
pub use sql::Ingested;

/// The storage of one object.
pub struct ObjectStore {
    place: Place,
    // Statements are dropped before the connection.
    cursors: Cursors,
    /// Counts the lists of keys that were begun: the last one is the one that goes on.
    lists: u64,
    /// Non-null from the first use to [`ObjectStore::close`].
    open: Option<Open>,
    transactions: Transactions,
    alarm: AlarmState,
    /// The text of what broke the store.
    broken: Option<Arc<str>>,
    watcher: Option<Watcher>,
    /// Everything was deleted since the last commit.
    deleted: bool,
}

impl std::fmt::Debug for ObjectStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectStore")
            .field("place", &self.place)
            .field("open", &self.open.is_some())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl ObjectStore {
    /// The store at a place. Touches nothing yet.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            cursors: Cursors::default(),
            lists: 0,
            open: None,
            transactions: Transactions::default(),
            alarm: AlarmState::default(),
            broken: None,
            watcher: None,
            deleted: false,
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Sets what is asked from time to time while a statement runs, and while it waits for another process; true stops
    /// the statement, which fails with `interrupted: SQLITE_INTERRUPT`.
    pub fn watch(&mut self, watcher: Watcher) {
        if let Some(open) = &mut self.open {
            open.watch(Arc::clone(&watcher));
        }
        self.watcher = Some(watcher);
    }

    /// Stops the statement that runs, from any thread; `None` while the database is closed.
    pub fn interrupt_handle(&self) -> Option<InterruptHandle> {
        self.open.as_ref().map(|open| open.engine.interrupt_handle())
    }

    /// The text of the error that everything fails with since the store broke.
    pub fn broken(&self) -> Option<&Arc<str>> {
        self.broken.as_ref()
    }

    /// Whether the database is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether closing it would be noticed: a transaction is open, or a cursor stands on a row.
    pub fn is_in_use(&self) -> bool {
        !self.transactions.is_at_rest() || self.has_running_cursors()
    }

    /// Closes the database; the next use opens it again. What is not committed is thrown away, and cursors that still had
    /// rows to come fail when they go on: see [`ObjectStore::is_in_use`].
    pub fn close(&mut self) {
        self.rollback();
        self.cancel_cursors();
        if let Some(open) = self.open.take() {
            // Others may write it meanwhile.
            self.alarm.reload();
            open.close(&self.place);
        }
    }

    fn has_running_cursors(&self) -> bool {
        self.cursors.running() > 0 || self.open.as_ref().is_some_and(|open| open.list.is_some())
    }

    fn cancel_cursors(&mut self) {
        if let Some(open) = &mut self.open {
            open.list = None;
            self.cursors.cancel_all(&open.engine);
        }
    }

    /// Throws away what is not committed and ends the store: everything fails with this text from then on.
    pub fn break_with(&mut self, text: impl Into<Arc<str>>) {
        self.rollback();
        self.broken.get_or_insert(text.into());
    }

    fn require_not_broken(&self) -> Result<(), ObjectError> {
        match &self.broken {
            None => Ok(()),
            Some(text) => Err(ObjectError::Broken(Arc::clone(text))),
        }
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.close();
    }
}
