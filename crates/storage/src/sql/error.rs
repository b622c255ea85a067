//! What goes wrong with a statement, in production's words.

use super::codes;

/// Why a statement was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// SQLite refuses: its sentence, where in the statement, and the names of its code.
    #[error("{}", fault_text(.0))]
    Sqlite(Fault),
    /// `BEGIN`, `SAVEPOINT` and the statements that end them.
    #[error(
        "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs \
         instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will \
         automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic \
         atomic write coalescing."
    )]
    Transaction,
    /// Nothing but comments, or a comment after the last semicolon.
    #[error("SQL code did not contain a statement.")]
    Empty,
    /// Too few or too many values.
    #[error("Wrong number of parameter bindings for SQL query.")]
    Bindings,
    /// A parameter in a statement that is not the last.
    #[error("When executing multiple SQL statements in a single call, only the last statement can have parameters.")]
    BindingsBeforeLast,
    /// More rows than are held in memory.
    #[error("The rows of the result take more than {0} bytes: SQLITE_TOOBIG")]
    ResultTooLarge(usize),
}

impl SqlError {
    /// Whether a constraint is violated.
    pub fn is_constraint(&self) -> bool {
        matches!(self, Self::Sqlite(fault) if fault.code & 0xff == rusqlite::ffi::SQLITE_CONSTRAINT)
    }
}

impl From<Fault> for SqlError {
    fn from(fault: Fault) -> Self {
        Self::Sqlite(fault)
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(rusqlite::ffi::SQLITE_ERROR, |error| error.extended_code);
        let message = match error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            other => other.to_string(),
        };
        Self::Sqlite(Fault { code, message, offset: None })
    }
}

/// A refusal by SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The extended result code.
    pub code: i32,
    /// SQLite's sentence.
    pub message: String,
    /// Bytes from the start of the statement to what it is about.
    pub offset: Option<u32>,
}

impl Fault {
    /// Whether SQLite has met an `ORDER BY` or a `LIMIT` that it did not expect.
    pub(super) fn is_syntax_error_at_limit(&self) -> bool {
        let near = |word: &str| self.message.eq_ignore_ascii_case(&format!("near \"{word}\": syntax error"));
        near("order") || near("limit")
    }
}

fn fault_text(fault: &Fault) -> String {
    let Fault { code, message, offset } = fault;
    let mut text = message.clone();
    if let Some(offset) = offset {
        text.push_str(&format!(" at offset {offset}"));
    }
    text.push_str(": ");
    text.push_str(codes::primary(*code));
    if let Some(name) = codes::extended(*code) {
        text.push_str(&format!(" (extended: {name})"));
    }
    text
}
