//! The rules of a stream's sending end, without locks, wakers or channels.
//!
//! ```text
//!           Write (credit)          ┌─ Send(Chunk) ─┐
//!        ┌───────────────► Open ◄───┴───────────────┘
//!        │                  │  │  │
//!        │              End │  │  │ Frame(Cancel)
//!        │                  ▼  │  ▼
//!        │             Finished│ Cancelled
//!        └── Wait (none)       │ Fail
//!                              ▼
//!                          Finished
//! ```
//!
//! Owns the credit that is left. Refuses to send without it. `Finished` and `Cancelled` are terminal: every
//! input after them is ignored, because the other side's frames may have crossed the end on the way.

use bytes::Bytes;
use lopata_protocol::limits::{STREAM_CHUNK_BYTES_MAX, STREAM_WINDOW_BYTES};
use lopata_protocol::{ToReceiver, ToSender, WireError};

use super::{CHUNK_COST_BYTES_MIN, cost};

/// What happens to a sending end.
#[derive(Debug)]
pub(super) enum SenderInput<'a> {
    /// The producer wants to send these bytes; what is sent is split off.
    Write(&'a mut Bytes),
    /// The producer is done.
    End,
    /// The producer cannot go on.
    Fail(WireError),
    /// The receiving end said this.
    Frame(ToSender),
}

/// What the sending end's owner must do.
#[derive(Debug, PartialEq)]
pub(super) enum SenderAction {
    /// Put this on the way to the receiving end.
    Send(ToReceiver),
    /// There is no credit: write again after the next frame.
    Wait,
    /// Nothing.
    Nothing,
}

/// Where a sending end stands.
#[derive(Debug)]
enum State {
    /// Bytes may be sent.
    Open,
    /// The end or the failure is sent.
    Finished,
    /// The receiving end wants no more.
    Cancelled(WireError),
}

/// A sending end.
#[derive(Debug)]
pub(super) struct Sender {
    state: State,
    /// What may be sent before the next credit; at most the window.
    credit: u32,
}

impl Sender {
    /// An open end with a full window.
    pub(super) fn new() -> Self {
        Self { state: State::Open, credit: STREAM_WINDOW_BYTES }
    }

    /// True until an end, a failure or a cancel.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Why the receiving end wants no more, once it said so.
    pub(super) fn cancelled(&self) -> Option<&WireError> {
        match &self.state {
            State::Cancelled(reason) => Some(reason),
            State::Open | State::Finished => None,
        }
    }

    /// True when a write would send something.
    pub(super) fn has_credit(&self) -> bool {
        self.credit >= CHUNK_COST_BYTES_MIN
    }

    /// What is left of the window.
    #[cfg(test)]
    pub(super) fn credit(&self) -> u32 {
        self.credit
    }

    /// The one transition function.
    pub(super) fn step(&mut self, input: SenderInput<'_>) -> SenderAction {
        if !self.is_open() {
            return SenderAction::Nothing;
        }
        match input {
            SenderInput::Write(bytes) => self.write(bytes),
            SenderInput::End => {
                self.state = State::Finished;
                SenderAction::Send(ToReceiver::End)
            }
            SenderInput::Fail(error) => {
                self.state = State::Finished;
                SenderAction::Send(ToReceiver::Error(error))
            }
            SenderInput::Frame(ToSender::Credit(bytes)) => {
                let credit = self.credit.checked_add(bytes).expect("credits are small");
                assert!(credit <= STREAM_WINDOW_BYTES, "the receiver granted more than it was sent");
                self.credit = credit;
                SenderAction::Nothing
            }
            SenderInput::Frame(ToSender::Cancel(reason)) => {
                self.state = State::Cancelled(reason);
                SenderAction::Nothing
            }
        }
    }

    fn write(&mut self, bytes: &mut Bytes) -> SenderAction {
        if bytes.is_empty() {
            return SenderAction::Nothing;
        }
        if !self.has_credit() {
            return SenderAction::Wait;
        }
        let most = self.credit.min(STREAM_CHUNK_BYTES_MAX) as usize;
        // Taking the whole is cheaper than splitting off all of it.
        let chunk = if bytes.len() <= most { std::mem::take(bytes) } else { bytes.split_to(most) };
        let cost = cost(&chunk);
        assert!(!chunk.is_empty() && cost <= self.credit, "a chunk is sent only on credit");
        self.credit -= cost;
        SenderAction::Send(ToReceiver::Chunk(chunk))
    }
}
