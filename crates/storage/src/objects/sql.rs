//! SQL of the script, under the policy of [`crate::sql`], with cursors.

use super::connection::Own;
use super::{ObjectError, ObjectStore};
use crate::sql::{self, Columns, CursorId, Row, SqlValue};

/// What came of [`ObjectStore::sql_ingest`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested<'s> {
    /// What is left of the text.
    pub rest: &'s str,
    /// Rows and index entries read.
    pub rows_read: u64,
    /// Rows and index entries written.
    pub rows_written: u64,
    /// Statements carried out.
    pub statements: u64,
}

impl ObjectStore {
    /// Carries out SQL up to the first row of its last statement, which alone may have parameters.
    ///
    /// Also SQL that only reads makes the database if there is none. A cursor takes memory until it is closed
    /// ([`ObjectStore::sql_close`]), also when it is at its end.
    pub fn sql_exec(&mut self, sql: &str, params: &[SqlValue<'_>]) -> Result<CursorId, ObjectError> {
        self.require_not_broken()?;
        if !self.transactions.has_begun() && !self.has_running_cursors() {
            self.reopen_if_removed();
        }
        self.open_or_make()?;
        let Self { open: Some(open), transactions, cursors, .. } = self else { return Err(ObjectError::Absent) };
        let (own, engine) = (&mut open.own, &open.engine);
        let done = cursors.exec(engine, sql, params, &mut |engine| transactions.begin(own, engine));
        done.map_err(|error| self.noticed(error, ObjectError::Sql))
    }

    /// The row that a cursor stands on; `None` at its end.
    pub fn sql_row(&mut self, cursor: CursorId) -> Result<Option<Row<'_>>, ObjectError> {
        self.require_cursor(cursor)?;
        Ok(self.cursors.row(cursor))
    }

    /// Goes on to the next row; false at the end.
    pub fn sql_next(&mut self, cursor: CursorId) -> Result<bool, ObjectError> {
        self.require_cursor(cursor)?;
        match self.cursors.next(self.open.as_ref().map(|open| &open.engine), cursor) {
            None => Err(ObjectError::CursorCanceled),
            Some(Ok(more)) => Ok(more),
            Some(Err(error)) => Err(self.noticed(error, ObjectError::Sql)),
        }
    }

    /// Carries out the complete statements of a text, one after the other; what is left is the beginning of one that is
    /// not complete. An error leaves those before it carried out.
    pub fn sql_ingest<'s>(&mut self, text: &'s str) -> Result<Ingested<'s>, ObjectError> {
        let mut ingested = Ingested { rest: text, ..Ingested::default() };
        while let Some(end) = sql::statement_end(ingested.rest) {
            let (statement, rest) = ingested.rest.split_at(end);
            let cursor = self.sql_exec(statement, &[])?;
            while self.sql_next(cursor)? {}
            let (read, written) = self.sql_counts(cursor);
            self.sql_close(cursor);
            ingested.rows_read += read;
            ingested.rows_written += written;
            ingested.statements += 1;
            ingested.rest = rest;
        }
        Ok(ingested)
    }

    /// Whether a cursor's statement had been executed before.
    pub fn sql_is_reused(&self, cursor: CursorId) -> bool {
        self.cursors.is_reused(cursor)
    }

    /// Sets how many pages the database may have.
    pub fn set_max_page_count(&mut self, pages: u32) -> Result<(), ObjectError> {
        let open = self.open_or_make()?;
        let done = open
            .engine
            .trusted(|connection| connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())));
        done.map_err(|error| self.noticed(error.into(), ObjectError::internal))
    }

    /// The names of a cursor's columns; `None` when the cursor is gone.
    pub fn sql_columns(&self, cursor: CursorId) -> Option<&Columns> {
        self.cursors.columns(cursor)
    }

    /// Rows and index entries that a cursor has read and written so far, as production counts them.
    pub fn sql_counts(&mut self, cursor: CursorId) -> (u64, u64) {
        let engine = self.open.as_ref().map(|open| &open.engine);
        self.cursors.counts(engine, cursor).unwrap_or_default()
    }

    /// Ends a cursor, whose number is another one's from then on.
    pub fn sql_close(&mut self, cursor: CursorId) {
        self.cursors.close(self.open.as_ref().map(|open| &open.engine), cursor);
    }

    /// Bytes of the database.
    pub fn database_size(&mut self) -> Result<u64, ObjectError> {
        let open = self.open_or_make()?;
        let mut bytes = 0;
        let done = open.run(Own::Size, &[], |statement| bytes = statement.integer(0));
        match done {
            Ok(()) => Ok(bytes as u64),
            Err(error) => Err(self.noticed(error, ObjectError::internal)),
        }
    }

    fn require_cursor(&self, cursor: CursorId) -> Result<(), ObjectError> {
        self.require_not_broken()?;
        if self.cursors.is_canceled(cursor) { Err(ObjectError::CursorCanceled) } else { Ok(()) }
    }
}
