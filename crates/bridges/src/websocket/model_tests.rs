//! The machine against a model of two plain lists, over random interleavings of everything both ends can do.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use lopata_protocol::SocketFrame;
use lopata_protocol::limits::{WEBSOCKET_QUEUE_BYTES_MAX, WEBSOCKET_WINDOW_BYTES};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::machine::{Machine, Sent, Side, Taken, Wakes, cost};
use super::tests::binary;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send(usize),
    Take,
    Close,
    Fail,
    Leave,
    Drain,
}

fn op() -> impl Strategy<Value = (bool, Op)> {
    let op = prop_oneof![
        12 => prop_oneof![0..100usize, Just(WEBSOCKET_WINDOW_BYTES / 3), Just(WEBSOCKET_WINDOW_BYTES)].prop_map(Op::Send),
        1 => Just(Op::Send(60 << 20)),
        14 => Just(Op::Take),
        1 => Just(Op::Close),
        1 => Just(Op::Fail),
        1 => Just(Op::Leave),
        1 => Just(Op::Drain),
    ];
    (any::<bool>(), op)
}

/// What one end knows and is owed.
#[derive(Default)]
struct End {
    /// What the other has sent and this one has not taken, as lengths; a terminal frame is `None`.
    owed: VecDeque<Option<usize>>,
    /// It has closed, failed or overflowed.
    ended: bool,
    gone: bool,
    /// It was told of the other's end.
    told: usize,
    drains: bool,
    /// It found nothing and waits for a wake-up.
    waits: bool,
}

struct World {
    machine: Machine,
    ends: [End; 2],
}

fn side(b: bool) -> Side {
    if b { Side::B } else { Side::A }
}

impl World {
    fn wake(&mut self, wakes: Wakes) {
        if wakes.a {
            self.ends[0].waits = false;
        }
        if wakes.b {
            self.ends[1].waits = false;
        }
    }

    fn apply(&mut self, b: bool, op: Op) -> Result<(), TestCaseError> {
        let (me, other) = (usize::from(b), usize::from(!b));
        if self.ends[me].gone {
            return Ok(());
        }
        match op {
            Op::Send(length) => self.send(b, binary(length), Some(length))?,
            Op::Close => self.send(b, SocketFrame::Close { code: None, reason: String::new() }, None)?,
            Op::Fail => self.send(b, SocketFrame::Lost(None), None)?,
            Op::Drain => {
                let wakes = self.machine.drain(side(b));
                self.ends[me].drains = true;
                self.wake(wakes);
            }
            Op::Take => self.take(b)?,
            Op::Leave => {
                let (wakes, dropped) = self.machine.leave(side(b));
                prop_assert_eq!(dropped.len(), self.ends[me].owed.len());
                self.ends[me].owed.clear();
                self.ends[me].gone = true;
                if !self.ends[me].ended && !self.ends[other].gone {
                    self.ends[other].owed.push_back(None);
                }
                self.ends[me].ended = true;
                self.wake(wakes);
            }
        }
        self.check()
    }

    fn send(&mut self, b: bool, frame: SocketFrame, length: Option<usize>) -> Result<(), TestCaseError> {
        let (me, other) = (usize::from(b), usize::from(!b));
        let before = self.machine.queued_bytes(side(b));
        let size = cost(&frame);
        let (sent, wakes, _dropped) = self.machine.send(side(b), frame);
        if self.ends[me].ended || self.ends[other].gone {
            prop_assert_eq!(sent, Sent::Ignored);
        } else if length.is_some() && before + size > WEBSOCKET_QUEUE_BYTES_MAX {
            prop_assert_eq!(sent, Sent::Overflow);
            self.ends[other].owed.clear();
            self.ends[other].owed.push_back(None);
            self.ends[me].ended = true;
            if !self.ends[other].ended {
                self.ends[me].owed.push_back(None);
                self.ends[other].ended = true;
            }
        } else {
            prop_assert_eq!(sent, Sent::Queued);
            self.ends[other].owed.push_back(length);
            self.ends[me].ended |= length.is_none();
        }
        self.wake(wakes);
        Ok(())
    }

    fn take(&mut self, b: bool) -> Result<(), TestCaseError> {
        let (me, other) = (usize::from(b), usize::from(!b));
        let over = |b: bool| self.machine.queued_bytes(side(b)) > WEBSOCKET_WINDOW_BYTES;
        let paused = !self.ends[me].drains && over(b) && (self.ends[other].drains || !over(!b));
        let (taken, wakes) = self.machine.take(side(b));
        match taken {
            Taken::Frame(frame) => {
                prop_assert!(!paused, "nothing is given to an end that has too much under way");
                let owed = self.ends[me].owed.pop_front();
                if frame.is_terminal() {
                    prop_assert_eq!(owed, Some(None));
                    self.ends[me].told += 1;
                } else {
                    prop_assert_eq!(owed, Some(Some(frame.len())), "in order, and nothing is lost");
                }
            }
            Taken::Nothing => {
                prop_assert!(paused || (self.ends[me].owed.is_empty() && self.ends[me].told == 0));
                self.ends[me].waits = true;
            }
            Taken::Over => prop_assert!(self.ends[me].told == 1 && self.ends[me].owed.is_empty()),
        }
        self.wake(wakes);
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for (me, b) in [(0, false), (1, true)] {
            let end = &self.ends[me];
            prop_assert!(end.told <= 1, "told once");
            prop_assert!(self.machine.queued_bytes(side(b)) <= WEBSOCKET_QUEUE_BYTES_MAX + 1024);
            prop_assert_eq!(self.machine.is_deaf(side(b)), self.ends[1 - me].gone);
            if end.waits && !end.gone {
                let mut machine_has = !end.owed.is_empty();
                let over = |b: bool| self.machine.queued_bytes(side(b)) > WEBSOCKET_WINDOW_BYTES;
                if !end.drains && over(b) && (self.ends[1 - me].drains || !over(!b)) {
                    machine_has = false;
                }
                prop_assert!(!machine_has, "an end that waits is woken when there is something for it");
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_is_lost_and_each_end_is_told_once(ops in prop::collection::vec(op(), 0..200)) {
        let mut world = World { machine: Machine::new(), ends: Default::default() };
        for (b, op) in ops {
            world.apply(b, op)?;
        }
        // Whatever happened: taking on both sides comes to an end, and then one leaves and the other is told.
        for _ in 0..300 {
            world.apply(false, Op::Take)?;
            world.apply(true, Op::Take)?;
        }
        for end in &world.ends {
            prop_assert!(end.owed.is_empty(), "no deadlock");
        }
        let told = world.ends[1].told;
        world.apply(false, Op::Leave)?;
        world.apply(true, Op::Take)?;
        world.apply(true, Op::Take)?;
        prop_assert!(world.ends[1].gone || world.ends[1].told == 1, "told {told} times before");
    }
}
