//! An inbox against a plain queue, over random histories.
//!
//! The model is written from the rules in the module's header: order, bound, ends, clocks. After every step
//! the guest may sleep only if there is nothing for it.
#![allow(clippy::unwrap_used)]

use std::collections::{HashSet, VecDeque};
use std::task::{Context, Poll};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::tests::{abort, event, kinds, receive};
use super::*;
use crate::testing::{FakeClock, Wakes};

#[derive(Clone, Copy, Debug)]
enum Op {
    Event,
    /// Of the nth event that was accepted, once.
    Abort(usize),
    Drain,
    Stop,
    Poll(usize),
    Advance(u64),
    Take,
    HandOver,
    Clone,
    DropSender,
    Close,
    DropReceiver,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => Just(Op::Event),
        4 => (0..40usize).prop_map(Op::Abort),
        2 => Just(Op::Drain),
        1 => Just(Op::Stop),
        10 => (1..6usize).prop_map(Op::Poll),
        4 => (0..5_000u64).prop_map(Op::Advance),
        1 => Just(Op::Take),
        1 => Just(Op::HandOver),
        1 => Just(Op::Clone),
        1 => Just(Op::DropSender),
    ]
}

fn history() -> impl Strategy<Value = Vec<Op>> {
    let ending = prop_oneof![Just(Op::Close), Just(Op::DropReceiver), Just(Op::DropSender)];
    (prop::collection::vec(op(), 0..80), prop::collection::vec(ending, 0..2), prop::collection::vec(op(), 0..20))
        .prop_map(|(a, b, c)| [a, b, c].concat())
}

const EVENTS_MAX: usize = 5;

struct World {
    clock: FakeClock,
    senders: Vec<InboxSender>,
    receiver: Option<InboxReceiver>,
    heir: InboxSender,
    heir_receiver: InboxReceiver,
    wakes: Arc<Wakes>,
    waker: Waker,
    /// True when the last poll did not report the end and the task was not woken since.
    asleep: bool,
    queue: VecDeque<Kind>,
    heir_queue: VecDeque<Kind>,
    accepted: Vec<EventId>,
    aborted: HashSet<EventId>,
    moved: HashSet<EventId>,
    waiting_since: Option<Instant>,
    closed: bool,
    next: u64,
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::new();
        let (sender, receiver) = inbox_with_clock(EVENTS_MAX, clock.clock());
        let (heir, heir_receiver) = inbox(EVENTS_MAX);
        let (wakes, waker) = Wakes::new();
        Self {
            clock,
            senders: vec![sender],
            receiver: Some(receiver),
            heir,
            heir_receiver,
            wakes,
            waker,
            asleep: false,
            queue: VecDeque::new(),
            heir_queue: VecDeque::new(),
            accepted: Vec::new(),
            aborted: HashSet::new(),
            moved: HashSet::new(),
            waiting_since: None,
            closed: false,
            next: 1,
        }
    }

    fn events(queue: &VecDeque<Kind>) -> usize {
        queue.iter().filter(|kind| matches!(kind, Kind::Event(_))).count()
    }

    fn send(&mut self, parcel: Parcel<ToGuest>) -> Result<(), TestCaseError> {
        let Some(sender) = self.senders.last() else { return Ok(()) };
        let kind = kind_of(&parcel.message);
        let result = sender.send(parcel);
        if let Kind::Abort(event) = kind
            && self.moved.contains(&event)
        {
            prop_assert!(result.is_ok());
            self.heir_queue.push_back(kind);
            return Ok(());
        }
        if self.closed {
            prop_assert!(matches!(result, Err(Refused::Closed(_))));
            return Ok(());
        }
        if let Kind::Event(event) = kind {
            if Self::events(&self.queue) == EVENTS_MAX {
                prop_assert!(matches!(result, Err(Refused::Full(_))));
                return Ok(());
            }
            self.accepted.push(event);
        }
        prop_assert!(result.is_ok(), "control messages are never refused for room");
        match kind {
            Kind::Stop if self.queue.contains(&Kind::Stop) => {}
            Kind::Drain if self.queue.contains(&Kind::Drain) => {}
            Kind::Stop => self.queue.push_front(kind),
            Kind::Event(_) | Kind::Session | Kind::Rpc | Kind::Abort(_) | Kind::Load | Kind::Drain => {
                self.queue.push_back(kind)
            }
        }
        self.waiting_since = self.waiting_since.or(Some(self.clock.now()));
        Ok(())
    }

    fn take_from_model(&mut self) -> Vec<Kind> {
        let mut ids = HashSet::new();
        let (taken, left): (Vec<_>, Vec<_>) = self.queue.drain(..).partition(|kind| match kind {
            Kind::Event(event) => ids.insert(*event),
            Kind::Abort(event) => ids.contains(event),
            Kind::Session | Kind::Rpc | Kind::Load | Kind::Drain | Kind::Stop => false,
        });
        self.queue = left.into();
        if self.queue.is_empty() {
            self.waiting_since = None;
        }
        taken
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Event => {
                let number = self.next;
                self.next += 1;
                self.send(event(number))?;
            }
            Op::Abort(index) => {
                if let Some(event) = self.accepted.get(index).copied()
                    && self.aborted.insert(event)
                {
                    self.send(abort(event.0))?;
                }
            }
            Op::Drain => self.send(Parcel::new(ToGuest::Drain))?,
            Op::Stop => self.send(Parcel::new(ToGuest::Stop))?,
            Op::Poll(max) => self.poll(max)?,
            Op::Advance(by) => self.clock.advance(Duration::from_micros(by)),
            Op::Take => {
                if let Some(sender) = self.senders.last() {
                    let taken = kinds(&sender.take_undelivered_events());
                    prop_assert_eq!(taken, self.take_from_model());
                }
            }
            Op::HandOver => self.hand_over()?,
            Op::Clone => self.senders.extend(self.senders.last().cloned()),
            Op::DropSender => drop(self.senders.pop()),
            Op::Close => {
                if let Some(receiver) = &mut self.receiver {
                    receiver.close();
                    self.closed = true;
                }
            }
            Op::DropReceiver => {
                self.receiver = None;
                self.closed = true;
                self.queue.clear();
                self.waiting_since = None;
            }
        }
        self.check()
    }

    fn poll(&mut self, max: usize) -> Result<(), TestCaseError> {
        let Some(receiver) = &mut self.receiver else { return Ok(()) };
        self.wakes.take();
        let mut out = Vec::new();
        let poll = receiver.poll_recv_many(&mut Context::from_waker(&self.waker), &mut out, max);
        let expected: Vec<_> = self.queue.drain(..max.min(self.queue.len())).collect();
        prop_assert_eq!(kinds(&out), expected);
        self.waiting_since = if self.queue.is_empty() { None } else { Some(self.clock.now()) };
        let ended = self.closed || self.senders.is_empty();
        match poll {
            Poll::Ready(0) => prop_assert!(ended && out.is_empty() && self.queue.is_empty()),
            Poll::Ready(count) => prop_assert_eq!(count, out.len()),
            Poll::Pending => prop_assert!(!ended && out.is_empty()),
        }
        self.asleep = poll != Poll::Ready(0);
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), TestCaseError> {
        let Some(sender) = self.senders.last() else { return Ok(()) };
        let refused = kinds(&sender.hand_over(&self.heir));
        let mut expected = Vec::new();
        for kind in self.take_from_model() {
            let goes = match kind {
                Kind::Event(event) => {
                    let room = Self::events(&self.heir_queue) < EVENTS_MAX;
                    if room {
                        self.moved.insert(event);
                    }
                    room
                }
                Kind::Abort(event) => self.moved.contains(&event),
                Kind::Session | Kind::Rpc | Kind::Load | Kind::Drain | Kind::Stop => false,
            };
            if goes { self.heir_queue.push_back(kind) } else { expected.push(kind) }
        }
        prop_assert_eq!(refused, expected);
        Ok(())
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        if self.wakes.take() > 0 {
            self.asleep = false;
        }
        if self.asleep && self.receiver.is_some() {
            let ended = self.closed || self.senders.is_empty();
            prop_assert!(self.queue.is_empty() && !ended, "the guest sleeps beside a message");
        }
        if let Some(sender) = self.senders.last() {
            let now = self.clock.now();
            prop_assert_eq!(sender.stalled_for(now), self.waiting_since.map(|since| now - since));
            prop_assert_eq!(sender.waiting_events(), Self::events(&self.queue));
            prop_assert_eq!(sender.is_closed(), self.closed);
        }
        // The bound that the module's header proves: events, one abort for each accepted, and three.
        prop_assert!(Self::events(&self.queue) <= EVENTS_MAX);
        prop_assert!(self.queue.len() <= EVENTS_MAX + self.accepted.len() + 3);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_a_plain_queue(ops in history()) {
        let mut world = World::new();
        for op in ops {
            world.apply(op)?;
        }
        let inherited: Vec<_> = world.heir_queue.drain(..).collect();
        prop_assert_eq!(receive(&mut world.heir_receiver), inherited);
    }
}
