//! Random numbers for ids: trace ids, span ids, and whatever else has to be distinct.
//!
//! They need to be distinct, not secret, and they are made on the hot path: splitmix64, seeded
//! from the keys that the standard library draws from the system. One generator per connection or thread.
//! A test run can have generators that count instead, so that two runs are the same.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use lopata_protocol::{SpanId, TraceId};

/// The seeds of generators that count; zero while they are random.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A generator; not shared between threads.
pub struct Ids {
    state: Cell<u64>,
}

impl Default for Ids {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids {
    /// A generator with a seed of its own.
    pub fn new() -> Self {
        thread_local! {
            // Counts up below, since all generators of a thread share its keys.
            static KEYS: (RandomState, Cell<u64>) = (RandomState::new(), Cell::new(0));
        }
        if COUNT.load(Ordering::Relaxed) > 0 {
            return Self { state: Cell::new(COUNT.fetch_add(1, Ordering::Relaxed)) };
        }
        let seed = KEYS.with(|(keys, count)| {
            count.set(count.get() + 1);
            keys.hash_one(count.get())
        });
        Self { state: Cell::new(seed) }
    }

    /// From now on generators have seeds that are counted: the first one that is made gives the same numbers in
    /// every process.
    pub fn count() {
        COUNT.store(1, Ordering::Relaxed);
    }

    /// The next number.
    pub fn number(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A fresh trace id.
    pub fn trace(&self) -> TraceId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        // An id of zeros only is invalid.
        bytes[8..].copy_from_slice(&(self.number() | 1).to_be_bytes());
        TraceId(bytes)
    }

    /// A fresh span id.
    pub fn span(&self) -> SpanId {
        SpanId((self.number() | 1).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_across_connections() {
        let seen: HashSet<SpanId> =
            (0..100).map(|_| Ids::new()).flat_map(|ids| (0..100).map(move |_| ids.span())).collect();
        assert_eq!(seen.len(), 10_000);
        assert_ne!(Ids::new().trace(), Ids::new().trace());
    }
}
