//! The guest's end of its inbox.
//!
//! Owns nothing but the right to receive. It tells the clocks when a turn starts and when the guest parks.
//! Dropped, it closes the inbox and drops what waits, so that a guest's death reaches every asker.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use lopata_protocol::ToGuest;

use super::Shared;
use crate::parcel::Parcel;

/// The receiving end of an inbox.
pub struct InboxReceiver {
    shared: Arc<Shared>,
}

impl InboxReceiver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Starts a turn and moves up to `max` messages into `out`: how many, or 0 when none will ever come.
    ///
    /// Unless it reports the end, the task is woken when there is something to receive, also after `Ready`: a
    /// guest polls once per turn and goes on with its event loop.
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, out: &mut Vec<Parcel<ToGuest>>, max: usize) -> Poll<usize> {
        assert!(max > 0, "a poll that can take nothing would look like the end");
        let now = (self.shared.clock)();
        let since_epoch = now.saturating_duration_since(self.shared.epoch);
        let turn_us = u64::try_from(since_epoch.as_micros()).expect("the process is younger than 500,000 years");
        self.shared.turn_us.store(turn_us + 1, Ordering::Relaxed);

        let mut state = self.shared.state.lock();
        let count = state.queue.pop_into(out, max);
        let more = !state.queue.is_empty();
        let ended = !more && (state.closed || state.senders == 0);
        state.waiting_since = more.then_some(now);
        if ended && count == 0 {
            return Poll::Ready(0);
        }
        let replaced = match &state.waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            Some(_) | None => state.waker.replace(cx.waker().clone()),
        };
        drop(state);
        drop(replaced);
        if more || ended {
            cx.waker().wake_by_ref();
        }
        if count > 0 { Poll::Ready(count) } else { Poll::Pending }
    }

    /// Moves up to `max` of the messages that `wanted` accepts into `out`: how many. The others stay, in order.
    ///
    /// For the inbox of an object, which is one of many that its guest looks after: no turn begins, and the task is
    /// woken by what is sent from now on, not by what is left.
    pub fn take_where(
        &mut self,
        cx: &Context<'_>,
        out: &mut Vec<Parcel<ToGuest>>,
        max: usize,
        wanted: impl Fn(&ToGuest) -> bool,
    ) -> usize {
        let mut state = self.shared.state.lock();
        let count = state.queue.pop_where(out, max, wanted);
        if state.queue.is_empty() {
            state.waiting_since = None;
        }
        let replaced = match &state.waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            Some(_) | None => state.waker.replace(cx.waker().clone()),
        };
        drop(state);
        drop(replaced);
        count
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.shared.state.lock().queue.is_empty()
    }

    /// True when an event waits that has not begun.
    pub fn has_events(&self) -> bool {
        self.shared.state.lock().queue.events() > 0
    }

    /// Has `waker` be woken by what is sent from now on, and nobody else.
    pub fn set_task(&self, waker: Waker) {
        let before = self.shared.state.lock().waker.replace(waker);
        drop(before);
    }

    /// Marks the guest as idle. To be called as the last thing before its task returns `Pending`.
    pub fn parked(&self) {
        self.shared.turn_us.store(0, Ordering::Relaxed);
    }

    /// Refuses everything that is sent from now on; what is queued can still be received.
    ///
    /// Wakes the task, so that one that polls once per turn comes to see the end.
    pub fn close(&mut self) {
        self.shared.close();
    }
}

impl Drop for InboxReceiver {
    fn drop(&mut self) {
        let undelivered = {
            let mut state = self.shared.state.lock();
            state.closed = true;
            state.waiting_since = None;
            (state.queue.take_all(), state.waker.take())
        };
        self.parked();
        drop(undelivered);
    }
}

impl fmt::Debug for InboxReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxReceiver").field("queued", &self.shared.state.lock().queue.len()).finish_non_exhaustive()
    }
}
