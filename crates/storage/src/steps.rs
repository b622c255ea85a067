//! Steps of SQLite's virtual machine, for tests of what a query costs.
//!
//! A step is the same on every machine and at every load, which time is not. Tests only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

/// How many steps the statements of `connection` take while `work` runs, which gets what it works on.
pub(crate) fn during<S, T>(store: &mut S, of: fn(&S) -> &Connection, work: impl FnOnce(&mut S) -> T) -> (T, u64) {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = steps.clone();
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    of(store).progress_handler(1, Some(count)).expect("the connection is open");
    let result = work(store);
    of(store).progress_handler(0, None::<fn() -> bool>).expect("the connection is open");
    (result, steps.load(Ordering::Relaxed))
}
