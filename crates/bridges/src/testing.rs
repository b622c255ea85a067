//! What the tests of several modules need: a waker that counts and a clock that is set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crate::inbox::Clock;

/// A task stand-in that counts how often it was woken.
#[derive(Debug, Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    /// A fresh counter and its waker.
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let wakes = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&wakes));
        (wakes, waker)
    }

    /// How often it was woken since it was last asked.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A clock that stands still until it is told to advance.
#[derive(Clone, Debug)]
pub(crate) struct FakeClock {
    start: Instant,
    elapsed_us: Arc<AtomicU64>,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), elapsed_us: Arc::default() }
    }

    pub(crate) fn now(&self) -> Instant {
        self.start + Duration::from_micros(self.elapsed_us.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.elapsed_us.fetch_add(by.as_micros() as u64, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let this = self.clone();
        Arc::new(move || this.now())
    }
}
