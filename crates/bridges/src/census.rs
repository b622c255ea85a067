//! How many of each shared thing are alive in this process, for leak checks.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts one thing for as long as it lives.
#[derive(Debug)]
pub struct Counted(&'static AtomicUsize);

impl Counted {
    /// Counted by `census` from now on.
    pub fn new(census: &'static AtomicUsize) -> Self {
        census.fetch_add(1, Ordering::Relaxed);
        Self(census)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
