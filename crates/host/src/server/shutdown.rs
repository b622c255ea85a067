//! Ends the server in stages, without costing a running connection more than one atomic read per wake-up.
//!
//! ```text
//!  Running ─(wind down)─► Winding ─(cut)─► Cut
//! ```
//!
//! Connections are told by waking their tasks, whose wakers wait here; each looks at the stage when it runs. (A
//! shared notification would be polled, and its lock taken, with every packet of every connection.) Whoever can
//! afford to wait uses the token.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Poll, Waker};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// How far the end of the server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Running,
    /// No new work; what runs may finish.
    Winding,
    /// Everything ends now.
    Cut,
}

/// See the module's header.
#[derive(Default)]
pub(super) struct Shutdown {
    stage: AtomicU8,
    token: CancellationToken,
    next: AtomicU64,
    wakers: Mutex<HashMap<u64, Waker>>,
}

impl Shutdown {
    /// The stage now.
    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Running,
            1 => Stage::Winding,
            _ => Stage::Cut,
        }
    }

    /// Cancelled as soon as the server winds down.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Goes on to `stage` and wakes every connection.
    pub(super) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        self.token.cancel();
        let wakers: Vec<Waker> = self.wakers.lock().values().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Runs a connection until it ends or is cut.
    pub(super) async fn run(self: Arc<Self>, connection: impl Future<Output = ()>) {
        let _registered = self.register().await;
        let mut connection = pin!(connection);
        poll_fn(|cx| match self.stage() {
            Stage::Cut => Poll::Ready(()),
            Stage::Running | Stage::Winding => connection.as_mut().poll(cx),
        })
        .await;
    }

    /// Leaves the waker of the current task here. A task of tokio has the same one all its life.
    async fn register(self: &Arc<Self>) -> Registered {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        poll_fn(|cx| {
            self.wakers.lock().insert(id, cx.waker().clone());
            Poll::Ready(())
        })
        .await;
        Registered { shutdown: Arc::clone(self), id }
    }
}

struct Registered {
    shutdown: Arc<Shutdown>,
    id: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _waker = self.shutdown.wakers.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_cut_ends_what_would_never_end() {
        let shutdown = Arc::new(Shutdown::default());
        let stuck = tokio::spawn(Arc::clone(&shutdown).run(std::future::pending()));
        tokio::task::yield_now().await;
        shutdown.advance(Stage::Winding);
        tokio::task::yield_now().await;
        assert!(!stuck.is_finished());
        shutdown.advance(Stage::Cut);
        stuck.await.unwrap();
        assert!(shutdown.wakers.lock().is_empty());
        shutdown.advance(Stage::Winding);
        assert_eq!(shutdown.stage(), Stage::Cut, "there is no way back");
    }
}
