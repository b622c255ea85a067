//! The calls that a D1 binding makes to the store of its database, and their answers.
//!
//! Values are SQLite's five kinds. What a script may bind (and how a boolean or a view becomes one of them) is decided
//! in the guest; what a statement may do is decided by the store.

use bytes::Bytes;

/// A value that is bound to a parameter, or that a row holds.
///
/// A script's numbers are bound as [`D1Value::Real`], whole or not, as production binds them: the column's affinity
/// makes integers of them.
#[derive(Clone, Debug, PartialEq)]
pub enum D1Value {
    /// `NULL`.
    Null,
    /// A 64-bit integer. A script sees the nearest double.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text; may hold NUL. What is not UTF-8 in the database is read with U+FFFD in its place.
    Text(String),
    /// Text with halves of surrogate pairs, in the bytes that production stores (three for each half). A parameter only:
    /// read back, each of these bytes is a U+FFFD.
    LoneSurrogates(Bytes),
    /// Bytes. A script sees a list of numbers.
    Blob(Bytes),
}

/// One statement with the values of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct D1Statement {
    /// The SQL. Several statements are carried out in order; only the last one may have parameters, and its rows are
    /// the result.
    pub sql: String,
    /// One value for each parameter number, from `?1` on.
    pub params: Vec<D1Value>,
}

impl D1Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), params: Vec::new() }
    }
}

/// One call on a database. Sent by a guest to the database's actor; answered by [`D1Answer`] of the same name or by a
/// [`D1Error`]. A caller that is gone loses the answer; a statement that only reads may then be interrupted.
#[derive(Clone, Debug)]
pub enum D1Call {
    /// Carries out statements as one transaction, all or none. Answered by [`D1Answer::Results`], one result for each
    /// statement that is more than a comment.
    Query {
        /// The statements.
        statements: Vec<D1Statement>,
    },
    /// The statements that make the database anew (`PRAGMA miniflare_d1_export`). Answered by [`D1Answer::Export`].
    Export {
        /// What is wanted of it.
        options: D1ExportOptions,
    },
}

/// What of a database is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct D1ExportOptions {
    /// Leaves out the statements that make tables, indexes, triggers and views.
    pub no_schema: bool,
    /// Leaves out the rows.
    pub no_data: bool,
    /// Only these tables; all when empty.
    pub tables: Vec<String>,
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq)]
pub struct D1Meta {
    /// Milliseconds that it took.
    pub duration_ms: f64,
    /// Rows inserted, changed or deleted, also by triggers.
    pub changes: i64,
    /// The rowid of the connection's last insert, 0 when there was none.
    pub last_row_id: i64,
    /// Whether changes, the last rowid or the size differ from before.
    pub changed_db: bool,
    /// Bytes of the database after the statement.
    pub size_after: u64,
    /// Rows and index entries read, as production counts them.
    pub rows_read: u64,
    /// Rows and index entries written, as production counts them.
    pub rows_written: u64,
}

/// The rows of one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct D1Result {
    /// The names of the columns, duplicates included; empty for a statement that gives no rows.
    pub columns: Vec<String>,
    /// The cells of all rows, one row after the other; see [`D1Result::rows`].
    pub cells: Vec<D1Value>,
    /// What it did.
    pub meta: D1Meta,
}

impl D1Result {
    /// The rows, each as long as there are columns.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[D1Value]> {
        self.cells.chunks_exact(self.columns.len().max(1))
    }
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq)]
pub enum D1Answer {
    /// The transaction is stored.
    Results {
        /// One for each statement.
        results: Vec<D1Result>,
        /// What a session can start from to see at least this state.
        bookmark: String,
    },
    /// The statements, each with its semicolon.
    Export(Vec<String>),
}

/// A refusal, with production's text; the binding puts `D1_ERROR: ` in front.
///
/// A store that fails for reasons of its own (no space left, a locked database) answers with the cause as its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct D1Error {
    /// The sentence: `no such table: x: SQLITE_ERROR`.
    pub text: String,
    /// True when production's database object was reset for it: the binding then throws the sentence without a prefix.
    pub reset: bool,
}

impl D1Error {
    /// A refusal with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), reset: false }
    }
}
