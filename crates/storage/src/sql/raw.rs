//! Prepared statements straight from SQLite's interface, for what the safe one does not offer.
//!
//! Owns the only unsafe code of this crate: a statement's text and tail, its parameters and cells, its counters, a
//! pointer to it for the table of its instructions, the removal of modules from a connection, its small memory, and what
//! it does while another process writes.
//!
//! Invariant: a [`Statement`] is used together with the connection that prepared it, by one thread at a time. It does
//! not leave whoever owns both.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Once;

use bytes::Bytes;
use lopata_protocol::d1::D1Value;
use rusqlite::{Connection, ffi};

use super::error::Fault;

/// What `sqlite3_bind_pointer` has to be told for the table of a statement's instructions.
const STATEMENT_POINTER: &CStr = c"stmt-pointer";

/// Pages of a cache that memory is taken for at once.
const CACHE_PAGES_AT_ONCE: c_int = 4;

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
}

// SAFETY: SQLite is compiled thread-safe, so a statement has no ties to a thread. It moves only together with the
// engine that owns its connection, which is used by one thread at a time.
unsafe impl Send for Statement {}

/// A value as SQLite knows it, borrowed: what is bound to a parameter, or what a cell of a row holds.
///
/// Text is UTF-8 as far as whoever wrote it kept to that; half of a surrogate pair is three bytes, as production stores it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SqlValue<'a> {
    /// `NULL`.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text; may hold NUL.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

/// The row that a statement stands on. While it is there, the statement cannot go on.
#[derive(Debug)]
pub(crate) struct RawRow<'s> {
    statement: &'s Statement,
}

impl<'s> RawRow<'s> {
    /// A cell, which lives as long as the statement stands on the row.
    pub(crate) fn value(&self, column: usize) -> SqlValue<'s> {
        let raw = self.statement.raw.as_ptr();
        let column = column as c_int;
        // SAFETY: the statement is valid and stands on a row, because it is borrowed exclusively by this row's maker; the
        // bytes stay until it is stepped, reset or dropped. They are read in the type that they have, so that nothing is
        // converted in place.
        unsafe {
            match ffi::sqlite3_column_type(raw, column) {
                ffi::SQLITE_INTEGER => SqlValue::Integer(ffi::sqlite3_column_int64(raw, column)),
                ffi::SQLITE_FLOAT => SqlValue::Real(ffi::sqlite3_column_double(raw, column)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_column_text(raw, column);
                    SqlValue::Text(bytes_at(start, ffi::sqlite3_column_bytes(raw, column)))
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_column_blob(raw, column).cast::<u8>();
                    SqlValue::Blob(bytes_at(start, ffi::sqlite3_column_bytes(raw, column)))
                }
                _ => SqlValue::Null,
            }
        }
    }
}

/// # Safety
/// `start` is null or points at `length` bytes that live as long as the caller says.
unsafe fn bytes_at<'s>(start: *const u8, length: c_int) -> &'s [u8] {
    match usize::try_from(length) {
        // SAFETY: as the caller says.
        Ok(length) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}

/// What a step brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row.
    Row,
    /// The end.
    Done,
}

/// The first statement of `sql` (`None` when there is none) and the bytes up to its end.
pub(crate) fn prepare(connection: &Connection, sql: &str, keep: bool) -> Result<(Option<Statement>, usize), Fault> {
    let flags = if keep { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
    let mut statement: *mut ffi::sqlite3_stmt = ptr::null_mut();
    let mut tail: *const c_char = ptr::null();
    let start = sql.as_ptr().cast::<c_char>();
    // More than this is refused as too long in any case.
    let length = c_int::try_from(sql.len()).unwrap_or(c_int::MAX);
    // SAFETY: the connection is open; `start` points at `length` bytes that outlive the call.
    let code = unsafe {
        ffi::sqlite3_prepare_v3(connection.handle(), start, length, flags, &raw mut statement, &raw mut tail)
    };
    if code != ffi::SQLITE_OK {
        return Err(fault(connection, code));
    }
    let end = if tail.is_null() { sql.len() } else { tail as usize - start as usize };
    Ok((NonNull::new(statement).map(|raw| Statement { raw }), end))
}

/// What the connection says of the call that just failed.
fn fault(connection: &Connection, code: i32) -> Fault {
    // SAFETY: the connection is open; the text is copied before anything else is called.
    unsafe {
        let db = connection.handle();
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db)).to_string_lossy().into_owned();
        let offset = ffi::sqlite3_error_offset(db);
        let known = ffi::sqlite3_extended_errcode(db);
        let code = if known & 0xff == code & 0xff { known } else { code };
        Fault { code, message, offset: u32::try_from(offset).ok() }
    }
}

/// Rows changed by all statements of the connection so far.
pub(crate) fn total_changes(connection: &Connection) -> i64 {
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_total_changes64(connection.handle()) }
}

/// Rows changed by the last statement of the connection that changes any.
pub(crate) fn changes(connection: &Connection) -> i64 {
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_changes64(connection.handle()) }
}

/// Has SQLite take memory for a few pages at once and not for twenty, in each connection: there may be hundreds. Only
/// before the first connection of the process; after it, nothing happens.
pub(crate) fn save_memory() {
    static ONCE: Once = Once::new();
    // SAFETY: as SQLite's documentation has it for this option: no memory, no size, a number of pages. Without memory of
    // ours there is nothing to keep. It is refused while SQLite is in use.
    ONCE.call_once(|| unsafe {
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_PAGECACHE, ptr::null_mut::<c_void>(), 0 as c_int, CACHE_PAGES_AT_ONCE);
    });
}

/// Where the first statement of a text ends; `None` when it is not complete.
pub(crate) fn statement_end(text: &str) -> Option<usize> {
    // A semicolon may be part of a name, a string, a comment or a trigger, which SQLite knows.
    text.match_indices(';').map(|(at, _)| at + 1).find(|end| {
        let Ok(candidate) = CString::new(&text[..*end]) else { return false };
        // SAFETY: the text ends with NUL and outlives the call.
        unsafe { ffi::sqlite3_complete(candidate.as_ptr()) == 1 }
    })
}

/// Gives the connection so many slots of so many bytes for its small allocations, instead of SQLite's 48 KB. Only right
/// after it was opened.
pub(crate) fn set_lookaside(connection: &Connection, bytes: c_int, slots: c_int) {
    // SAFETY: the connection is open; a null pointer asks SQLite for the memory. A refusal leaves what was.
    unsafe {
        ffi::sqlite3_db_config(
            connection.handle(),
            ffi::SQLITE_DBCONFIG_LOOKASIDE,
            ptr::null_mut::<c_void>(),
            bytes,
            slots,
        )
    };
}

/// Leaves the connection no virtual table modules but these.
pub(crate) fn keep_modules(connection: &Connection, names: &[&CStr]) {
    let mut list: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    list.push(ptr::null());
    // SAFETY: the connection is open; the list ends with a null pointer and outlives the call.
    unsafe { ffi::sqlite3_drop_modules(connection.handle(), list.as_mut_ptr().cast()) };
}

/// What a connection asks while it waits for another process's lock.
pub(crate) struct Waiting {
    ask: Box<dyn Fn(u32) -> bool + Send>,
}

impl Waiting {
    /// Asks `ask` with the number of earlier times whether to try again, until this is dropped or replaced. It has to be
    /// kept beside the connection for as long as that waits.
    pub(crate) fn on(connection: &Connection, ask: impl Fn(u32) -> bool + Send + 'static) -> Box<Self> {
        let waiting = Box::new(Self { ask: Box::new(ask) });
        let place = (&raw const *waiting).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open; the place stays where it is, in its box, which the engine drops after the
        // connection.
        unsafe { ffi::sqlite3_busy_handler(connection.handle(), Some(ask_whether_to_wait), place) };
        waiting
    }
}

unsafe extern "C" fn ask_whether_to_wait(place: *mut c_void, times: c_int) -> c_int {
    // SAFETY: the place is a `Waiting` that outlives the connection, and nobody has it mutably.
    let waiting = unsafe { &*place.cast::<Waiting>() };
    let ask = std::panic::AssertUnwindSafe(|| (waiting.ask)(times.max(0) as u32));
    c_int::from(std::panic::catch_unwind(ask).unwrap_or(false))
}

impl Statement {
    fn db(&self) -> *mut ffi::sqlite3 {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_db_handle(self.raw.as_ptr()) }
    }

    /// Whether it cannot change the database.
    pub(crate) fn is_readonly(&self) -> bool {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 }
    }

    /// Whether it is an `EXPLAIN`, which has no instructions that count.
    pub(crate) fn is_explain(&self) -> bool {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_stmt_isexplain(self.raw.as_ptr()) != 0 }
    }

    /// The largest parameter number.
    pub(crate) fn parameter_count(&self) -> usize {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) as usize }
    }

    /// The columns of a row.
    pub(crate) fn column_count(&self) -> usize {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) as usize }
    }

    /// The name of a column.
    pub(crate) fn column_name(&self, column: usize) -> String {
        // SAFETY: the statement is valid; the text is null or ends with NUL, and is copied at once.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw.as_ptr(), column as c_int);
            if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        }
    }

    /// Binds the parameter with this number, from 1 on. The value is copied.
    pub(crate) fn bind(&self, connection: &Connection, number: usize, value: &D1Value) -> Result<(), Fault> {
        let raw = self.raw.as_ptr();
        let number = number as c_int;
        // SAFETY: the statement is valid; the pointers are to as many bytes as is said and are copied by the call. They
        // are never null, which would bind NULL.
        let code = unsafe {
            match value {
                D1Value::Null => ffi::sqlite3_bind_null(raw, number),
                D1Value::Integer(integer) => ffi::sqlite3_bind_int64(raw, number, *integer),
                D1Value::Real(real) => ffi::sqlite3_bind_double(raw, number, *real),
                D1Value::Text(text) => bind_text(raw, number, text.as_bytes()),
                D1Value::LoneSurrogates(text) => bind_text(raw, number, text),
                D1Value::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    raw,
                    number,
                    bytes.as_ptr().cast::<c_void>(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(fault(connection, code)) }
    }

    /// Binds the parameter with this number, from 1 on. The value is copied.
    pub(crate) fn bind_value(&self, connection: &Connection, number: usize, value: SqlValue<'_>) -> Result<(), Fault> {
        let raw = self.raw.as_ptr();
        let number = number as c_int;
        // SAFETY: the statement is valid; the pointers are to as many bytes as is said and are copied by the call. They
        // are never null, which would bind NULL.
        let code = unsafe {
            match value {
                SqlValue::Null => ffi::sqlite3_bind_null(raw, number),
                SqlValue::Integer(integer) => ffi::sqlite3_bind_int64(raw, number, integer),
                SqlValue::Real(real) => ffi::sqlite3_bind_double(raw, number, real),
                SqlValue::Text(text) => bind_text(raw, number, text),
                SqlValue::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    raw,
                    number,
                    bytes.as_ptr().cast::<c_void>(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(fault(connection, code)) }
    }

    /// The row that the last step brought.
    pub(crate) fn row(&mut self) -> RawRow<'_> {
        RawRow { statement: self }
    }

    /// Sets the number of runs of its instructions to nothing; those of triggers' programs stay.
    pub(crate) fn forget_runs(&self) {
        // SAFETY: the statement is valid until it is dropped.
        unsafe { ffi::sqlite3_stmt_scanstatus_reset(self.raw.as_ptr()) };
    }

    /// Binds a pointer to another statement, for the table of its instructions. That one must outlive the steps.
    pub(crate) fn bind_statement(&self, number: usize, other: &Statement) -> bool {
        // SAFETY: both are valid. The table looks at the other one only while this one is stepped, and says itself that
        // it takes such a pointer from anywhere.
        let code = unsafe {
            ffi::sqlite3_bind_pointer(
                self.raw.as_ptr(),
                number as c_int,
                other.raw.as_ptr().cast::<c_void>(),
                STATEMENT_POINTER.as_ptr(),
                None,
            )
        };
        code == ffi::SQLITE_OK
    }

    /// Goes on to the next row.
    pub(crate) fn step(&self, connection: &Connection) -> Result<Step, Fault> {
        debug_assert_eq!(self.db(), unsafe { connection.handle() }, "a statement is stepped on its own connection");
        // SAFETY: the statement is valid until it is dropped.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(Step::Row),
            ffi::SQLITE_DONE => Ok(Step::Done),
            code => Err(fault(connection, code)),
        }
    }

    /// The integer in a cell of the current row.
    pub(crate) fn integer(&self, column: usize) -> i64 {
        // SAFETY: the statement is valid; SQLite itself checks the column.
        unsafe { ffi::sqlite3_column_int64(self.raw.as_ptr(), column as c_int) }
    }

    /// A cell of the current row.
    pub(crate) fn cell(&self, column: usize) -> D1Value {
        let raw = self.raw.as_ptr();
        let column = column as c_int;
        // SAFETY: the statement is valid and has a row; the bytes are copied before anything else is called.
        unsafe {
            match ffi::sqlite3_column_type(raw, column) {
                ffi::SQLITE_INTEGER => D1Value::Integer(ffi::sqlite3_column_int64(raw, column)),
                ffi::SQLITE_FLOAT => D1Value::Real(ffi::sqlite3_column_double(raw, column)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_column_text(raw, column);
                    let length = ffi::sqlite3_column_bytes(raw, column) as usize;
                    let bytes = copy(start, length);
                    D1Value::Text(
                        String::from_utf8(bytes)
                            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
                    )
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_column_blob(raw, column).cast::<u8>();
                    let length = ffi::sqlite3_column_bytes(raw, column) as usize;
                    D1Value::Blob(Bytes::from(copy(start, length)))
                }
                _ => D1Value::Null,
            }
        }
    }

    /// One of the statement's counters, which go on from one run to the next. 0 is that of the steps that no other
    /// counts.
    pub(crate) fn counter(&self, which: c_int) -> u32 {
        // SAFETY: the statement is valid; SQLite itself checks the number.
        unsafe { ffi::sqlite3_stmt_status(self.raw.as_ptr(), which, 0) as u32 }
    }

    /// Makes it ready for another run, without values.
    pub(crate) fn reset(&self) {
        // SAFETY: the statement is valid. The code repeats the last step's, which was looked at.
        unsafe {
            ffi::sqlite3_reset(self.raw.as_ptr());
            ffi::sqlite3_clear_bindings(self.raw.as_ptr());
        }
    }
}

/// # Safety
/// `raw` is a valid statement.
unsafe fn bind_text(raw: *mut ffi::sqlite3_stmt, number: c_int, text: &[u8]) -> c_int {
    // SAFETY: the pointer is to as many bytes as is said, which the call copies.
    unsafe {
        ffi::sqlite3_bind_text64(
            raw,
            number,
            text.as_ptr().cast::<c_char>(),
            text.len() as u64,
            ffi::SQLITE_TRANSIENT(),
            ffi::SQLITE_UTF8 as u8,
        )
    }
}

/// # Safety
/// `start` points at `length` bytes, or is null.
unsafe fn copy(start: *const u8, length: usize) -> Vec<u8> {
    if start.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}
