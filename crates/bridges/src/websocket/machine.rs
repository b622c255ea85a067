//! The pure machine of a WebSocket between two threads: two ways, each a bounded queue with an end.
//!
//! ```text
//!  a way:  Open ─(close, loss, its sender leaves)─► Ended ─(all taken)─► the taker is told: over
//!            └──────────(its taker leaves)────────► Deaf: what is sent is dropped
//! ```
//!
//! One transition per call, no lock, no waker, no clock; what has to be woken is said in [`Wakes`].

use std::collections::VecDeque;

use lopata_protocol::limits::{WEBSOCKET_FRAME_COST_BYTES, WEBSOCKET_QUEUE_BYTES_MAX, WEBSOCKET_WINDOW_BYTES};
use lopata_protocol::{SocketFrame, WireError};

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    A,
    B,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The other end will take it.
    Queued,
    /// This end has closed before, or the other one is gone: it was dropped.
    Ignored,
    /// Too much is under way. The socket has failed, for both ends.
    Overflow,
}

/// What a taker gets.
#[derive(Debug, PartialEq)]
pub(super) enum Taken {
    Frame(SocketFrame),
    /// Nothing has arrived, or this end has too much of its own under way.
    Nothing,
    /// The terminal frame was taken before.
    Over,
}

/// Who has to look again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wakes {
    pub(super) a: bool,
    pub(super) b: bool,
}

impl Wakes {
    fn only(side: Side) -> Self {
        Self { a: side == Side::A, b: side == Side::B }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// A terminal frame was queued; it is the last one, and may have been taken.
    Ended,
    /// The taker is gone.
    Deaf,
}

#[derive(Debug)]
struct Way {
    frames: VecDeque<SocketFrame>,
    /// The cost of `frames`.
    queued_bytes: usize,
    state: State,
}

impl Way {
    fn new() -> Self {
        Self { frames: VecDeque::new(), queued_bytes: 0, state: State::Open }
    }

    fn push(&mut self, frame: SocketFrame) {
        debug_assert_eq!(self.state, State::Open, "nothing follows a terminal frame");
        if frame.is_terminal() {
            self.state = State::Ended;
        }
        self.queued_bytes += cost(&frame);
        self.frames.push_back(frame);
    }

    fn clear(&mut self) -> VecDeque<SocketFrame> {
        self.queued_bytes = 0;
        std::mem::take(&mut self.frames)
    }

    fn is_over_window(&self) -> bool {
        self.queued_bytes > WEBSOCKET_WINDOW_BYTES
    }
}

/// See the module's header.
#[derive(Debug)]
pub(super) struct Machine {
    /// What A sends.
    a: Way,
    /// What B sends.
    b: Way,
    /// Ends that take whatever is there, however much of their own is under way.
    drains: [bool; 2],
}

impl Machine {
    pub(super) fn new() -> Self {
        Self { a: Way::new(), b: Way::new(), drains: [false; 2] }
    }

    fn out(&self, side: Side) -> &Way {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn out_mut(&mut self, side: Side) -> &mut Way {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    /// `side` takes whatever is there from now on.
    pub(super) fn drain(&mut self, side: Side) -> Wakes {
        self.drains[side as usize] = true;
        Wakes::only(side)
    }

    /// Queues a frame of `side`. A way that overflows gives back what nobody will take any more.
    pub(super) fn send(&mut self, side: Side, frame: SocketFrame) -> (Sent, Wakes, VecDeque<SocketFrame>) {
        let way = self.out_mut(side);
        if way.state != State::Open {
            return (Sent::Ignored, Wakes::default(), VecDeque::new());
        }
        if way.queued_bytes + cost(&frame) > WEBSOCKET_QUEUE_BYTES_MAX && !frame.is_terminal() {
            let dropped = self.overflow(side);
            return (Sent::Overflow, Wakes { a: true, b: true }, dropped);
        }
        way.push(frame);
        (Sent::Queued, Wakes::only(side.other()), VecDeque::new())
    }

    /// The next frame for `side`.
    pub(super) fn take(&mut self, side: Side) -> (Taken, Wakes) {
        if self.is_paused(side) {
            return (Taken::Nothing, Wakes::default());
        }
        let other = side.other();
        let way = self.out_mut(other);
        let was_over_window = way.is_over_window();
        let Some(frame) = way.frames.pop_front() else {
            let taken = if way.state == State::Ended { Taken::Over } else { Taken::Nothing };
            return (taken, Wakes::default());
        };
        way.queued_bytes -= cost(&frame);
        // Its sender may go on; this end looks again by itself.
        let freed = was_over_window && !way.is_over_window();
        (Taken::Frame(frame), if freed { Wakes::only(other) } else { Wakes::default() })
    }

    /// `side` is gone. Gives back what it has not taken.
    pub(super) fn leave(&mut self, side: Side) -> (Wakes, VecDeque<SocketFrame>) {
        let own = self.out_mut(side);
        if own.state == State::Open {
            own.push(SocketFrame::Lost(None));
        }
        let incoming = self.out_mut(side.other());
        incoming.state = State::Deaf;
        let dropped = incoming.clear();
        (Wakes::only(side.other()), dropped)
    }

    /// Bytes of `side` that the other end has not taken.
    pub(super) fn queued_bytes(&self, side: Side) -> usize {
        self.out(side).queued_bytes
    }

    /// True when `side` may read more from its source: the other end keeps up, or is gone.
    pub(super) fn has_room(&self, side: Side) -> bool {
        !self.out(side).is_over_window()
    }

    /// True when what `side` sends is for nobody any more.
    pub(super) fn is_deaf(&self, side: Side) -> bool {
        self.out(side).state == State::Deaf
    }

    /// An end with too much under way waits until the other has taken it; unless that one waits likewise.
    fn is_paused(&self, side: Side) -> bool {
        let other = side.other();
        !self.drains[side as usize]
            && self.out(side).is_over_window()
            && (self.drains[other as usize] || !self.out(other).is_over_window())
    }

    fn overflow(&mut self, side: Side) -> VecDeque<SocketFrame> {
        let error = || {
            let text = format!(
                "The WebSocket was closed: more than {} MiB were sent that the other side has not received.",
                WEBSOCKET_QUEUE_BYTES_MAX / (1024 * 1024)
            );
            SocketFrame::Lost(Some(Box::new(WireError::new("Error", text))))
        };
        let own = self.out_mut(side);
        let dropped = own.clear();
        own.push(error());
        let incoming = self.out_mut(side.other());
        if incoming.state == State::Open {
            incoming.push(error());
        }
        dropped
    }
}

/// What a frame takes of the limits.
pub(super) fn cost(frame: &SocketFrame) -> usize {
    frame.len() + WEBSOCKET_FRAME_COST_BYTES
}
