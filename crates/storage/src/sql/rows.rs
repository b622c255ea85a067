//! What a cursor shows of its statement: the names of the columns, the row it stands on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::raw::{RawRow, SqlValue};

/// Names that were read off statements so far, in this process.
static COLUMNS: AtomicU64 = AtomicU64::new(0);

/// Names a cursor of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CursorId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl CursorId {
    /// As a number that a script can hold, below 2^53 for the first two million cursors in one place.
    pub fn to_u64(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.index)
    }

    /// The cursor with that number.
    pub fn from_u64(number: u64) -> Self {
        Self { index: number as u32, generation: (number >> 32) as u32 }
    }
}

/// A value that outlives its statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Owned {
    Null,
    Integer(i64),
    Real(f64),
    Text(Box<[u8]>),
    Blob(Box<[u8]>),
}

impl Owned {
    pub(super) fn of(value: SqlValue<'_>) -> Self {
        match value {
            SqlValue::Null => Self::Null,
            SqlValue::Integer(integer) => Self::Integer(integer),
            SqlValue::Real(real) => Self::Real(real),
            SqlValue::Text(text) => Self::Text(text.into()),
            SqlValue::Blob(bytes) => Self::Blob(bytes.into()),
        }
    }

    pub(super) fn value(&self) -> SqlValue<'_> {
        match self {
            Self::Null => SqlValue::Null,
            Self::Integer(integer) => SqlValue::Integer(*integer),
            Self::Real(real) => SqlValue::Real(*real),
            Self::Text(text) => SqlValue::Text(text),
            Self::Blob(bytes) => SqlValue::Blob(bytes),
        }
    }
}

/// The row that a cursor stands on.
#[derive(Debug)]
pub struct Row<'s> {
    pub(super) cells: Cells<'s>,
    pub(super) length: usize,
}

#[derive(Debug)]
pub(super) enum Cells<'s> {
    Raw(RawRow<'s>),
    Kept(&'s [Owned]),
}

impl<'s> Row<'s> {
    /// Cells of the row.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A cell; `NULL` beyond the last.
    pub fn value(&self, column: usize) -> SqlValue<'_> {
        match &self.cells {
            Cells::Raw(row) if column < self.length => row.value(column),
            Cells::Kept(cells) => cells.get(column).map_or(SqlValue::Null, Owned::value),
            Cells::Raw(_) => SqlValue::Null,
        }
    }
}

/// The names of a statement's columns.
#[derive(Clone, Debug)]
pub struct Columns {
    names: Arc<[Box<str>]>,
    id: u64,
}

impl Columns {
    pub(super) fn new(names: Arc<[Box<str>]>) -> Self {
        Self { names, id: COLUMNS.fetch_add(1, Ordering::Relaxed) }
    }

    /// The names in their order, duplicates included.
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The same for the same names of the same statement, and of nothing else in this process, so that what is made of
    /// them can be kept.
    pub fn id(&self) -> u64 {
        self.id
    }
}
