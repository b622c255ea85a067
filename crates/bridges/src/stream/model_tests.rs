//! The two machines of a stream against each other, over two explicit FIFO channels and random histories.
//!
//! Frames are delivered when the history says so, chunks wait at the consumer until it reads them, and after
//! every step the whole account is checked: what the sender may send, what is in flight, what is owed and what
//! credit is on its way add up to the window.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use bytes::Bytes;
use lopata_protocol::limits::{STREAM_CHUNK_BYTES_MAX, STREAM_WINDOW_BYTES};
use lopata_protocol::{ToReceiver, ToSender, WireError};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::receiver::{Receiver, ReceiverAction, ReceiverInput};
use super::sender::{Sender, SenderAction, SenderInput};
use super::{CHUNK_COST_BYTES_MIN, cost};
use crate::stream::tests::{check_pattern, pattern};

#[derive(Clone, Copy, Debug)]
enum Op {
    /// The producer hands over this many bytes, once the ones before are sent.
    Write(usize),
    /// The producer tries again to send what it could not.
    Retry,
    Read,
    DeliverToReceiver,
    DeliverToSender,
    End,
    Error,
    Cancel,
    DropWriter,
    DropReader,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => prop_oneof![1..300usize, Just(64 * 1024), 1..200_000usize].prop_map(Op::Write),
        6 => Just(Op::Retry),
        12 => Just(Op::Read),
        12 => Just(Op::DeliverToReceiver),
        8 => Just(Op::DeliverToSender),
    ]
}

fn ending() -> impl Strategy<Value = Op> {
    prop_oneof![Just(Op::End), Just(Op::Error), Just(Op::Cancel), Just(Op::DropWriter), Just(Op::DropReader)]
}

/// A long history that may end, in one way or several that cross.
fn history() -> impl Strategy<Value = Vec<Op>> {
    (
        prop::collection::vec(op(), 0..150),
        prop::collection::vec(ending(), 0..3),
        prop::collection::vec(op(), 0..30),
        prop::collection::vec(ending(), 0..2),
        prop::collection::vec(op(), 0..30),
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat())
}

/// How a consumer saw the stream end.
type Ending = Option<WireError>;

struct World {
    sender: Sender,
    receiver: Receiver,
    to_receiver: VecDeque<ToReceiver>,
    to_sender: VecDeque<ToSender>,
    /// Delivered and not yet read.
    delivered: VecDeque<Bytes>,
    /// What the producer holds because it had no credit.
    held: Bytes,
    /// Bytes handed to the sending machine, and of those sent.
    offered: u64,
    sent: u64,
    read: u64,
    /// How the producer ended the body, when it did so first.
    ended_with: Option<Ending>,
    /// What the consumer was told.
    finished: Option<Ending>,
    cancelled: bool,
}

impl World {
    fn new() -> Self {
        Self {
            sender: Sender::new(),
            receiver: Receiver::new(),
            to_receiver: VecDeque::new(),
            to_sender: VecDeque::new(),
            delivered: VecDeque::new(),
            held: Bytes::new(),
            offered: 0,
            sent: 0,
            read: 0,
            ended_with: None,
            finished: None,
            cancelled: false,
        }
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Write(count) => {
                if self.held.is_empty() && self.sender.is_open() {
                    self.held = pattern(self.offered, count);
                    self.offered += count as u64;
                }
                self.send_held()?;
            }
            Op::Retry => self.send_held()?,
            Op::Read => self.read()?,
            Op::DeliverToReceiver => self.deliver_to_receiver()?,
            Op::DeliverToSender => self.deliver_to_sender()?,
            Op::End => self.end_with(SenderInput::End, None)?,
            Op::Error | Op::DropWriter => {
                let error = WireError::new("Error", format!("{op:?}"));
                self.end_with(SenderInput::Fail(error.clone()), Some(error))?;
            }
            Op::Cancel | Op::DropReader => {
                let reason = WireError::new("AbortError", format!("{op:?}"));
                let was_open = self.receiver.is_open();
                let action = self.receiver.step(ReceiverInput::Cancel(reason.clone()));
                if was_open {
                    prop_assert_eq!(&action, &ReceiverAction::Send(ToSender::Cancel(reason.clone())));
                    self.to_sender.push_back(ToSender::Cancel(reason));
                    self.delivered.clear();
                    self.cancelled = true;
                } else {
                    prop_assert_eq!(action, ReceiverAction::Nothing, "terminal states ignore everything");
                }
            }
        }
        self.check()
    }

    fn send_held(&mut self) -> Result<(), TestCaseError> {
        loop {
            let (open, credit) = (self.sender.is_open(), self.sender.credit());
            match self.sender.step(SenderInput::Write(&mut self.held)) {
                SenderAction::Send(ToReceiver::Chunk(chunk)) => {
                    prop_assert!(open && chunk.len() <= STREAM_CHUNK_BYTES_MAX as usize);
                    prop_assert_eq!(self.sender.credit(), credit - cost(&chunk), "paid for");
                    self.sent += chunk.len() as u64;
                    self.to_receiver.push_back(ToReceiver::Chunk(chunk));
                }
                SenderAction::Wait => {
                    prop_assert!(open && credit < CHUNK_COST_BYTES_MIN, "waits only without credit");
                    return Ok(());
                }
                SenderAction::Nothing => {
                    prop_assert!(!open || self.held.is_empty());
                    return Ok(());
                }
                SenderAction::Send(other) => prop_assert!(false, "a write sends chunks, not {other:?}"),
            }
        }
    }

    fn end_with(&mut self, input: SenderInput<'_>, ending: Ending) -> Result<(), TestCaseError> {
        let was_open = self.sender.is_open();
        match self.sender.step(input) {
            SenderAction::Send(frame) => {
                prop_assert!(was_open);
                self.to_receiver.push_back(frame);
                self.ended_with = Some(ending);
            }
            other => prop_assert!(!was_open && other == SenderAction::Nothing, "ending is idempotent"),
        }
        prop_assert!(!self.sender.is_open());
        Ok(())
    }

    fn deliver_to_receiver(&mut self) -> Result<(), TestCaseError> {
        let Some(frame) = self.to_receiver.pop_front() else { return Ok(()) };
        let was_open = self.receiver.is_open();
        match self.receiver.step(ReceiverInput::Frame(frame)) {
            ReceiverAction::Deliver(chunk) => {
                prop_assert!(was_open);
                self.delivered.push_back(chunk);
            }
            ReceiverAction::Finish(ending) => {
                prop_assert!(was_open && self.finished.is_none(), "the consumer is told once");
                self.finished = Some(ending);
            }
            ReceiverAction::Nothing => prop_assert!(!was_open),
            ReceiverAction::Send(frame) => prop_assert!(false, "a delivery sends nothing, not {frame:?}"),
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), TestCaseError> {
        let Some(chunk) = self.delivered.pop_front() else { return Ok(()) };
        prop_assert!(check_pattern(self.read, &chunk), "what is read is a prefix of what was written");
        self.read += chunk.len() as u64;
        match self.receiver.step(ReceiverInput::Taken(cost(&chunk))) {
            ReceiverAction::Send(credit) => self.to_sender.push_back(credit),
            other => prop_assert_eq!(other, ReceiverAction::Nothing),
        }
        Ok(())
    }

    fn deliver_to_sender(&mut self) -> Result<(), TestCaseError> {
        let Some(frame) = self.to_sender.pop_front() else { return Ok(()) };
        let action = self.sender.step(SenderInput::Frame(frame));
        prop_assert_eq!(action, SenderAction::Nothing);
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let on_the_way = self.to_receiver.iter().filter_map(|frame| match frame {
            ToReceiver::Chunk(chunk) => Some(cost(chunk)),
            ToReceiver::End | ToReceiver::Error(_) => None,
        });
        let in_flight: u32 = on_the_way.chain(self.delivered.iter().map(|chunk| cost(chunk))).sum();
        prop_assert!(in_flight <= STREAM_WINDOW_BYTES, "bytes in flight never exceed the window");
        let granted: u32 =
            self.to_sender.iter().map(|frame| if let ToSender::Credit(n) = frame { *n } else { 0 }).sum();
        if self.sender.is_open() && self.receiver.is_open() {
            let account = self.sender.credit() + in_flight + self.receiver.owed() + granted;
            prop_assert_eq!(account, STREAM_WINDOW_BYTES, "the account adds up");
        }
        prop_assert!(self.read <= self.sent && self.sent <= self.offered);
        prop_assert_eq!(self.sender.cancelled().is_some() && self.ended_with.is_some(), false, "one end only");
        Ok(())
    }

    /// Delivers and reads everything, round after round, until nothing moves any more.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        loop {
            let before = (self.sent, self.read, self.to_receiver.len(), self.to_sender.len());
            for op in [Op::DeliverToReceiver, Op::Read, Op::DeliverToSender, Op::Retry] {
                self.apply(op)?;
            }
            if before == (self.sent, self.read, self.to_receiver.len(), self.to_sender.len()) {
                return Ok(());
            }
        }
    }

    /// What must be true once everything was delivered and read.
    fn check_settled(&mut self) -> Result<(), TestCaseError> {
        prop_assert!(self.to_receiver.is_empty() && self.to_sender.is_empty());
        if self.cancelled {
            prop_assert!(!self.sender.is_open(), "a cancelled sender learns of it");
            prop_assert!(self.finished.is_none(), "whoever cancels is told nothing more");
        } else if let Some(ending) = &self.ended_with {
            prop_assert_eq!(self.finished.as_ref(), Some(ending));
            prop_assert_eq!(self.read, self.sent, "everything sent before the end arrives");
        } else {
            prop_assert!(self.sender.is_open() && self.receiver.is_open());
            prop_assert!(self.held.is_empty() && self.sender.has_credit(), "no deadlock");
            prop_assert_eq!(self.read, self.offered);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn machines_agree_over_random_histories(ops in history()) {
        let mut world = World::new();
        for op in ops {
            world.apply(op)?;
        }
        world.settle()?;
        world.check_settled()?;
    }
}

#[test]
fn a_stalled_consumer_costs_one_window() {
    let mut world = World::new();
    for _ in 0..100 {
        world.apply(Op::Write(100_000)).unwrap();
        world.apply(Op::DeliverToReceiver).unwrap();
    }
    assert_eq!(world.sent, u64::from(STREAM_WINDOW_BYTES));
}

#[test]
fn single_bytes_queue_a_bounded_number_of_chunks() {
    let mut world = World::new();
    for _ in 0..100_000 {
        world.apply(Op::Write(1)).unwrap();
        if !world.held.is_empty() {
            break;
        }
    }
    assert_eq!(world.to_receiver.len() as u32, STREAM_WINDOW_BYTES / CHUNK_COST_BYTES_MIN);
}

#[test]
#[should_panic(expected = "keeps to its window")]
fn a_receiver_notices_a_broken_window() {
    let mut receiver = Receiver::new();
    for _ in 0..5 {
        receiver.step(ReceiverInput::Frame(ToReceiver::Chunk(pattern(0, STREAM_CHUNK_BYTES_MAX as usize))));
    }
}

#[test]
#[should_panic(expected = "granted more")]
fn a_sender_notices_a_grant_out_of_nothing() {
    Sender::new().step(SenderInput::Frame(ToSender::Credit(1)));
}
