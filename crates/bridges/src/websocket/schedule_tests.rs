//! The machine under random thread schedules: no wake-up is lost, and either end may die at any point.
//!
//! shuttle runs the threads one step at a time in an order it draws. A wait is a condition variable per end, which is
//! notified exactly when the machine says so: a wake-up that it forgets is a deadlock, which shuttle reports.

use std::collections::VecDeque;
use std::sync::Arc;

use lopata_protocol::SocketFrame;
use lopata_protocol::limits::WEBSOCKET_WINDOW_BYTES;
use shuttle::rand::Rng;
use shuttle::sync::{Condvar, Mutex};
use shuttle::{rand, thread};

use super::machine::{Machine, Sent, Side, Taken, Wakes};
use super::tests::{binary, close};

struct Link {
    machine: Mutex<Machine>,
    a: Condvar,
    b: Condvar,
}

impl Link {
    fn new() -> Arc<Self> {
        Arc::new(Self { machine: Mutex::new(Machine::new()), a: Condvar::new(), b: Condvar::new() })
    }

    fn wake(&self, wakes: Wakes) {
        if wakes.a {
            self.a.notify_one();
        }
        if wakes.b {
            self.b.notify_one();
        }
    }

    fn send(&self, side: Side, frame: SocketFrame) -> Sent {
        let (sent, wakes, _dropped) = self.machine.lock().expect("nobody panics").send(side, frame);
        self.wake(wakes);
        sent
    }

    fn take(&self, side: Side) -> Option<SocketFrame> {
        let mut machine = self.machine.lock().expect("nobody panics");
        loop {
            let (taken, wakes) = machine.take(side);
            self.wake(wakes);
            match taken {
                Taken::Frame(frame) => return Some(frame),
                Taken::Over => return None,
                Taken::Nothing => {
                    let own = if side == Side::A { &self.a } else { &self.b };
                    machine = own.wait(machine).expect("nobody panics");
                }
            }
        }
    }

    fn leave(&self, side: Side) -> VecDeque<SocketFrame> {
        let (wakes, dropped) = self.machine.lock().expect("nobody panics").leave(side);
        self.wake(wakes);
        dropped
    }
}

/// Takes until the end; what came, by length.
fn take_all(link: &Link, side: Side, mut each: impl FnMut(usize)) -> SocketFrame {
    loop {
        let frame = link.take(side).expect("the end is told before it is over");
        if frame.is_terminal() {
            return frame;
        }
        each(frame.len());
    }
}

#[test]
fn an_echo_to_a_slow_reader_loses_nothing_and_never_hangs() {
    shuttle::check_random(
        || {
            let link = Link::new();
            link.machine.lock().expect("nobody panics").drain(Side::B);
            const MESSAGES: usize = 6;
            let echo = thread::spawn({
                let link = Arc::clone(&link);
                move || {
                    let end = take_all(&link, Side::A, |length| {
                        assert_eq!(link.send(Side::A, binary(length)), Sent::Queued);
                    });
                    assert_eq!(end, close());
                    link.send(Side::A, close());
                    link.leave(Side::A);
                }
            });
            let reader = thread::spawn({
                let link = Arc::clone(&link);
                move || {
                    let mut got = Vec::new();
                    let end = take_all(&link, Side::B, |length| got.push(length));
                    (got, end)
                }
            });
            for number in 0..MESSAGES {
                link.send(Side::B, binary(WEBSOCKET_WINDOW_BYTES / 2 + number));
            }
            link.send(Side::B, close());
            let (got, end) = reader.join().expect("it ends");
            assert_eq!(got, (0..MESSAGES).map(|number| WEBSOCKET_WINDOW_BYTES / 2 + number).collect::<Vec<_>>());
            assert_eq!(end, close());
            echo.join().expect("it ends");
        },
        600,
    );
}

#[test]
fn two_scripts_that_talk_at_once_both_end_whoever_dies_when() {
    shuttle::check_random(
        || {
            let link = Link::new();
            let talk = |side: Side| {
                let link = Arc::clone(&link);
                move || {
                    let messages = rand::thread_rng().gen_range(0..4);
                    let takes = rand::thread_rng().gen_range(0..5);
                    for _ in 0..messages {
                        link.send(side, binary(WEBSOCKET_WINDOW_BYTES));
                    }
                    // Dies at once, or after a few messages, or listens to the end.
                    if rand::thread_rng().gen_bool(0.8) {
                        link.send(side, close());
                    } else {
                        link.leave(side);
                        return;
                    }
                    let mut told = 0;
                    for _ in 0..takes {
                        match link.take(side) {
                            Some(frame) if frame.is_terminal() => told += 1,
                            Some(_) => {}
                            None => break,
                        }
                        if rand::thread_rng().gen_bool(0.2) {
                            break;
                        }
                    }
                    assert!(told <= 1);
                    link.leave(side);
                }
            };
            let (a, b) = (thread::spawn(talk(Side::A)), thread::spawn(talk(Side::B)));
            a.join().expect("it ends");
            b.join().expect("it ends");
        },
        2000,
    );
}
