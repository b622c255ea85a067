//! The stores behind bindings: what is on disk, and what may be read and written there.
//!
//! Owns the layout of the persist root ([`layout`]), how a database is opened ([`database`]), files of
//! values ([`blobs`]), what user SQL may do ([`sql`]), one module per store ([`cache`], [`d1`], [`kv`], [`objects`],
//! [`r2`], [`traces`]) and copying a whole state ([`transfer`]). Everything is synchronous and takes the time from a [`Clock`],
//! so a store can be tested in milliseconds and without waiting.
//!
//! Invariants
//! - What wrangler 4 wrote can be read, and what is written here can be read by wrangler 4; both may have the
//!   files open at once.
//! - A process that is killed at any point leaves every store consistent.
//!
//! Architecture invariant: no thread, no channel, no V8, no HTTP. Whoever owns a store (an actor of the host,
//! the command line, a test) brings the thread.
// `sql::raw` alone is allowed it.
#![deny(unsafe_code)]

pub mod blobs;
pub mod cache;
mod cursor;
pub mod d1;
pub mod database;
pub mod kv;
pub mod layout;
mod memory;
mod object_ids;
pub mod objects;
pub mod r2;
pub mod sql;
#[cfg(test)]
mod steps;
mod sweep;
pub mod traces;
pub mod transfer;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use cache::CacheStore;
pub use d1::D1Store;
pub use database::StoreError;
pub use kv::KvStore;
pub use layout::PersistRoot;
pub use object_ids::ObjectIds;
pub use objects::{AlarmStore, ObjectStore};
pub use r2::R2Store;
pub use traces::{TraceError, TraceQuery, TraceStore, TraceSummary};

/// Milliseconds since the Unix epoch, from whatever the caller takes time from.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The time of the operating system.
pub fn system_clock() -> Clock {
    Arc::new(|| match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    })
}
