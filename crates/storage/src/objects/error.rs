//! What goes wrong with an object's storage.

use std::sync::Arc;

use rusqlite::ffi;

use crate::database::StoreError;
use crate::sql::SqlError;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectError {
    /// A statement was refused or failed. The text is production's and meant for the script, an `Error`.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The same of a statement that is not the script's. Production says no more than `internal error`.
    #[error("the storage failed: {0}")]
    Internal(SqlError),
    /// The store is broken, by this or by something before it. The text is meant for the script, an `Error`; the object
    /// has to be reset.
    #[error("{0}")]
    Broken(Arc<str>),
    /// The database cannot be opened.
    #[error("{0}")]
    Open(Arc<StoreError>),
    /// There is no file, and the store is only read.
    #[error("the object has no storage yet")]
    Absent,
    /// `deleteAll()` while a transaction or a savepoint is open.
    #[error("Cannot call deleteAll() within a transaction")]
    DeleteAllInTransaction,
    /// An outer transaction is to end before an inner one.
    #[error("Cannot roll back an outer transaction while a nested transaction is still running.")]
    NestedTransaction,
    /// A savepoint is to be released after SQLite has rolled back by itself.
    #[error("Cannot commit transaction due to an earlier SQL critical error")]
    CriticalError,
    /// The cursor's rows are gone: its database was deleted or closed.
    #[error("SQLite query was canceled because the database was deleted.")]
    CursorCanceled,
    /// Another list was begun since this one.
    #[error(
        "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator can \
         exist at a time."
    )]
    ListReplaced,
}

impl ObjectError {
    /// Whether the script sees the text. Otherwise it is for the log.
    pub fn is_for_script(&self) -> bool {
        !matches!(self, Self::Internal(_) | Self::Open(_) | Self::Absent)
    }

    /// Of a statement that is not the script's: only a value that is too big is the script's fault.
    pub(super) fn internal(error: SqlError) -> Self {
        match &error {
            SqlError::Sqlite(fault) if fault.code & 0xff == ffi::SQLITE_TOOBIG => Self::Sql(error),
            _ => Self::Internal(error),
        }
    }
}

impl From<StoreError> for ObjectError {
    fn from(error: StoreError) -> Self {
        Self::Open(Arc::new(error))
    }
}
