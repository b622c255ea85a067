//! SQL of user code: what it may do, how it is carried out, what is counted, how its errors read.
//!
//! [`Engine`] is a connection under the [`Policy`], with its prepared statements. Whoever keeps user data in SQLite (D1,
//! storage of Durable Objects) runs user SQL through one and never on a bare connection.
//!
//! Architecture invariant: unsafe code is in [`raw`] alone.

mod codes;
mod counts;
mod cursors;
mod engine;
mod error;
mod limited;
mod policy;
#[cfg(test)]
mod policy_tests;
mod raw;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use cursors::Cursors;
pub use engine::{Access, Engine, Outcome, Watcher};
pub use error::SqlError;
pub use policy::Policy;
pub use raw::SqlValue;
pub(crate) use raw::{Statement, Step, changes, prepare, save_memory, set_lookaside, statement_end};
pub use rows::{Columns, CursorId, Row};
