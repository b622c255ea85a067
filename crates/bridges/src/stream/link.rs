//! What the two ends of a stream share: two queues of frames, three wakers and one lock.
//!
//! Owns frames on their way and nothing of the rules. A frame is pushed and a waker taken under the lock; the
//! waker runs and frames are dropped after it is released.
//!
//! No wake-up is lost: an end registers its waker under the lock under which it found its queue empty, and the
//! other end takes the waker under the lock under which it pushes.
//!
//! Both queues are bounded: chunks by the window (each costs at least `CHUNK_COST_BYTES_MIN`) plus one last
//! frame, credits by the window over the credit batch plus one cancel.

use std::collections::VecDeque;
use std::task::{Context, Waker};

use lopata_protocol::{ToReceiver, ToSender};
use parking_lot::Mutex;

/// The shared middle of a stream.
#[derive(Debug, Default)]
pub(super) struct Link(pub(super) Mutex<Frames>);

/// The frames on their way and who waits for them.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// From the writer, in order.
    pub(super) to_receiver: VecDeque<ToReceiver>,
    /// From the reader, in order.
    pub(super) to_sender: VecDeque<ToSender>,
    /// The reader, when it waits for a frame.
    pub(super) reader: Option<Waker>,
    /// The writer, when it waits for credit.
    pub(super) writer: Option<Waker>,
    /// The writer's side, when it waits to learn of a cancel.
    pub(super) watcher: Option<Waker>,
}

/// Stores the caller's waker in `slot`, unless it is there already, and gives back the one it replaced.
///
/// Dropping a waker may drop a task, and a task may own an end of this very stream: the caller drops what it
/// gets after it has released the lock.
#[must_use = "drop it after the lock"]
pub(super) fn register(slot: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    match slot {
        Some(waker) if waker.will_wake(cx.waker()) => None,
        _ => slot.replace(cx.waker().clone()),
    }
}
