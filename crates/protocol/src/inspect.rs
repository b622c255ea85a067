//! Looking into a Durable Object from outside: what its storage holds, and changes to it, without a line of its code.
//!
//! Such a call goes the way of the object's events, so that whoever runs the object carries it out between two of them;
//! an object that is not in memory is not constructed for it.

use bytes::Bytes;

use crate::d1::D1Value;

/// One call. Answered by the [`InspectAnswer`] of the same name, or by a failure with a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum InspectCall {
    /// What is known of the object. Answered by [`InspectAnswer::State`].
    State,
    /// Pairs of the key-value storage in the order of their keys. Answered by [`InspectAnswer::Values`].
    Values {
        /// What their keys begin with.
        prefix: String,
        /// The key after which to begin; `None` for the first.
        start_after: Option<String>,
        /// How many at most.
        limit: u32,
    },
    /// One value. Answered by [`InspectAnswer::Values`], which is empty when there is none.
    Value {
        /// Its key.
        key: String,
    },
    /// Carries out SQL, as `ctx.storage.sql.exec` does. Answered by [`InspectAnswer::Rows`].
    Sql {
        /// The statements; only the last one may have parameters.
        query: String,
        /// One value for each of its parameters.
        params: Vec<D1Value>,
    },
    /// Sets the alarm, or removes it. Answered by [`InspectAnswer::Done`].
    SetAlarm {
        /// Milliseconds since the Unix epoch; `None` for no alarm.
        at_ms: Option<i64>,
    },
    /// Removes the alarm if it is still the one that was set for this time: it has failed too often. Answered by
    /// [`InspectAnswer::Done`].
    Abandon {
        /// Milliseconds since the Unix epoch.
        scheduled_ms: i64,
    },
    /// Removes all that is stored, the alarm too. Answered by [`InspectAnswer::Done`].
    DeleteAll,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum InspectAnswer {
    /// What is known of the object.
    State {
        /// Whether its instance is in memory.
        constructed: bool,
        /// Bytes of its database; 0 while it has none.
        database_bytes: u64,
        /// When its alarm is due, in milliseconds since the Unix epoch.
        alarm_ms: Option<i64>,
    },
    /// Pairs, each a key and V8's serialisation of the value.
    Values {
        /// In the order of their keys.
        pairs: Vec<(String, Bytes)>,
        /// Whether there are more.
        more: bool,
    },
    /// What the last statement gave.
    Rows {
        /// The names of the columns, duplicates included.
        columns: Vec<String>,
        /// The cells of all rows, one row after the other.
        cells: Vec<D1Value>,
        /// Rows and index entries read, as production counts them.
        rows_read: u64,
        /// Rows and index entries written, as production counts them.
        rows_written: u64,
    },
    /// It is done and durable.
    Done,
}
