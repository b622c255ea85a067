//! The rules of a stream's receiving end, without locks, wakers or channels.
//!
//! ```text
//!             Frame(Chunk) → Deliver
//!             Taken → Send(Credit), once a batch is owed
//!                 ┌──────┐
//!                 ▼      │
//!   ───────────► Open ───┘──Frame(End)──► Closed      → Finish(None)
//!                 │ └───────Frame(Error)─► Closed     → Finish(error)
//!                 └─────────Cancel───────► Closed     → Send(Cancel)
//! ```
//!
//! Owns the account of what the sender may still send and of what it is owed. Does not hold the chunks: where
//! they wait until the consumer takes them is the owner's business. `Closed` is terminal: every input after it
//! is ignored, because frames may have crossed the close on the way.

use bytes::Bytes;
use lopata_protocol::limits::{STREAM_CREDIT_BATCH_BYTES, STREAM_WINDOW_BYTES};
use lopata_protocol::{ToReceiver, ToSender, WireError};

use super::cost;

/// What happens to a receiving end.
#[derive(Debug)]
pub(super) enum ReceiverInput {
    /// The sending end said this.
    Frame(ToReceiver),
    /// The consumer took a delivered chunk that [`cost`] this much.
    Taken(u32),
    /// The consumer wants no more.
    Cancel(WireError),
}

/// What the receiving end's owner must do.
#[derive(Debug, PartialEq)]
pub(super) enum ReceiverAction {
    /// Give this to the consumer, and say [`ReceiverInput::Taken`] when it has it.
    Deliver(Bytes),
    /// Tell the consumer that this was all, or why there will be no more.
    Finish(Option<WireError>),
    /// Put this on the way to the sending end.
    Send(ToSender),
    /// Nothing.
    Nothing,
}

/// A receiving end.
#[derive(Debug)]
pub(super) struct Receiver {
    open: bool,
    /// What the sender may send before the next grant, as far as the frames seen so far tell.
    allowed: u32,
    /// What the consumer took and was not granted again; less than a batch.
    owed: u32,
}

impl Receiver {
    /// An open end; the sender starts with the whole window.
    pub(super) fn new() -> Self {
        Self { open: true, allowed: STREAM_WINDOW_BYTES, owed: 0 }
    }

    /// True until the end, an error or a cancel.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// What was taken and not granted again.
    #[cfg(test)]
    pub(super) fn owed(&self) -> u32 {
        self.owed
    }

    /// The one transition function.
    pub(super) fn step(&mut self, input: ReceiverInput) -> ReceiverAction {
        if !self.open {
            return ReceiverAction::Nothing;
        }
        match input {
            ReceiverInput::Frame(ToReceiver::Chunk(chunk)) => {
                assert!(!chunk.is_empty(), "a chunk is never empty");
                let cost = cost(&chunk);
                self.allowed = self.allowed.checked_sub(cost).expect("the sender keeps to its window");
                ReceiverAction::Deliver(chunk)
            }
            ReceiverInput::Frame(ToReceiver::End) => {
                self.open = false;
                ReceiverAction::Finish(None)
            }
            ReceiverInput::Frame(ToReceiver::Error(error)) => {
                self.open = false;
                ReceiverAction::Finish(Some(error))
            }
            ReceiverInput::Taken(bytes) => self.taken(bytes),
            ReceiverInput::Cancel(reason) => {
                self.open = false;
                ReceiverAction::Send(ToSender::Cancel(reason))
            }
        }
    }

    fn taken(&mut self, bytes: u32) -> ReceiverAction {
        self.owed += bytes;
        assert!(self.allowed + self.owed <= STREAM_WINDOW_BYTES, "no more is taken than was delivered");
        if self.owed < STREAM_CREDIT_BATCH_BYTES {
            return ReceiverAction::Nothing;
        }
        let grant = std::mem::take(&mut self.owed);
        self.allowed += grant;
        ReceiverAction::Send(ToSender::Credit(grant))
    }
}
