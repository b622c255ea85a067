//! The ends of a WebSocket as code holds them: wake-ups, threads and the census.
#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::Bytes;
use lopata_protocol::SocketFrame;
use lopata_protocol::limits::{WEBSOCKET_QUEUE_BYTES_MAX, WEBSOCKET_WINDOW_BYTES};
use proptest::prelude::*;

use super::{Sent, WebSocketEnd, socket_pair};
use crate::testing::Wakes;

pub(super) fn text(text: &str) -> SocketFrame {
    SocketFrame::Text(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn binary(length: usize) -> SocketFrame {
    // One allocation that nobody touches, so that long runs over large messages cost nothing.
    static ZEROS: OnceLock<Bytes> = OnceLock::new();
    SocketFrame::Binary(ZEROS.get_or_init(|| Bytes::from(vec![0; 64 << 20])).slice(..length))
}

pub(super) fn close() -> SocketFrame {
    SocketFrame::Close { code: Some(1000), reason: "bye".into() }
}

fn poll(end: &WebSocketEnd) -> Poll<Option<SocketFrame>> {
    end.poll_take(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn what_is_sent_before_the_other_end_looks_waits_for_it() {
    let (a, b) = socket_pair();
    assert_eq!(a.send(text("one")), Sent::Queued);
    assert_eq!(a.send(binary(0)), Sent::Queued);
    assert_eq!(a.send(close()), Sent::Queued);
    assert_eq!(a.send(text("late")), Sent::Ignored);
    assert_eq!(poll(&b), Poll::Ready(Some(text("one"))));
    assert_eq!(poll(&b), Poll::Ready(Some(binary(0))));
    assert_eq!(poll(&b), Poll::Ready(Some(close())));
    assert_eq!(poll(&b), Poll::Ready(None));
    assert_eq!(b.send(text("still open this way")), Sent::Queued);
    assert_eq!(poll(&a), Poll::Ready(Some(text("still open this way"))));
    drop(b);
    assert_eq!(poll(&a), Poll::Ready(Some(SocketFrame::Lost(None))), "it never closed its own way");
    assert_eq!(poll(&a), Poll::Ready(None));
}

#[test]
fn a_dropped_end_tells_the_other_once_and_lets_go_of_what_it_was_sent() {
    let (a, b) = socket_pair();
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    assert!(a.poll_take(&mut cx).is_pending());
    a.send(binary(1000));
    b.send(text("last words"));
    assert_eq!(wakes.take(), 1);
    drop(b);
    assert_eq!((a.queued_bytes(), a.is_peer_gone()), (0, true));
    assert_eq!(a.send(text("nobody")), Sent::Ignored);
    assert_eq!(poll(&a), Poll::Ready(Some(text("last words"))));
    assert_eq!(poll(&a), Poll::Ready(Some(SocketFrame::Lost(None))));
    assert_eq!(poll(&a), Poll::Ready(None));
}

#[test]
fn an_end_with_too_much_under_way_is_given_nothing_to_answer() {
    let (guest, connection) = socket_pair();
    connection.drain();
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    guest.send(binary(WEBSOCKET_WINDOW_BYTES));
    connection.send(text("question"));
    assert!(guest.poll_take(&mut cx).is_pending());
    assert_eq!(poll(&connection), Poll::Ready(Some(binary(WEBSOCKET_WINDOW_BYTES))));
    assert_eq!(wakes.take(), 1, "there is room again");
    assert_eq!(guest.poll_take(&mut cx), Poll::Ready(Some(text("question"))));
}

#[test]
fn a_connection_waits_for_room_and_takes_all_the_same() {
    let (guest, connection) = socket_pair();
    connection.drain();
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    assert!(connection.poll_room(&mut cx).is_ready());
    connection.send(binary(2 * WEBSOCKET_WINDOW_BYTES));
    assert!(connection.poll_room(&mut cx).is_pending());
    guest.send(text("out"));
    assert_eq!(connection.poll_take(&mut cx), Poll::Ready(Some(text("out"))));
    assert!(connection.poll_room(&mut cx).is_pending());
    assert_eq!(wakes.take(), 1, "for what the guest sent");
    assert!(connection.poll_take(&mut cx).is_pending());
    assert!(matches!(poll(&guest), Poll::Ready(Some(_))));
    assert_eq!(wakes.take(), 1, "for the room");
    assert!(connection.poll_room(&mut cx).is_ready());
}

#[test]
fn two_scripts_that_both_sent_too_much_do_not_wait_for_each_other() {
    let (a, b) = socket_pair();
    for end in [&a, &b] {
        end.send(binary(WEBSOCKET_WINDOW_BYTES));
        end.send(binary(WEBSOCKET_WINDOW_BYTES));
    }
    let mut taken = [0, 0];
    for _ in 0..4 {
        taken[0] += usize::from(matches!(poll(&a), Poll::Ready(Some(_))));
        taken[1] += usize::from(matches!(poll(&b), Poll::Ready(Some(_))));
    }
    assert_eq!(taken, [2, 2]);
}

#[test]
fn a_queue_past_its_limit_ends_both_sides_with_an_error_and_frees_the_memory() {
    let (a, b) = socket_pair();
    let chunk = Bytes::from(vec![0; 1024 * 1024]);
    let mut sent = 0;
    while a.send(SocketFrame::Binary(chunk.clone())) == Sent::Queued {
        sent += chunk.len();
    }
    assert!(sent < WEBSOCKET_QUEUE_BYTES_MAX && sent + 2 * chunk.len() > WEBSOCKET_QUEUE_BYTES_MAX);
    assert!(a.queued_bytes() < 1024);
    for end in [&a, &b] {
        let Poll::Ready(Some(SocketFrame::Lost(Some(error)))) = poll(end) else { panic!("it is lost") };
        assert!(error.message.contains("128 MiB"), "{error}");
        assert_eq!(poll(end), Poll::Ready(None));
    }
    assert_eq!(a.send(text("x")), Sent::Ignored);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Two real threads, each sending and taking at its own pace: nothing is lost, whoever leaves first.
    #[test]
    fn threads_lose_nothing(lengths in prop::collection::vec(0..200_000usize, 1..60), closes in any::<bool>()) {
        let (a, b) = socket_pair();
        let sent = lengths.clone();
        let sender = thread::spawn(move || {
            for length in sent {
                assert_eq!(a.send(binary(length)), Sent::Queued);
            }
            if closes {
                a.send(close());
            }
        });
        let taker = thread::spawn(move || {
            let mut got = Vec::new();
            loop {
                match block_on(&b) {
                    Some(frame) if frame.is_terminal() => break (got, frame),
                    Some(frame) => got.push(frame.len()),
                    None => panic!("the end is told before it is over"),
                }
            }
        });
        sender.join().unwrap();
        let (got, end) = taker.join().unwrap();
        prop_assert_eq!(got, lengths);
        prop_assert_eq!(end, if closes { close() } else { SocketFrame::Lost(None) });
    }
}

/// Takes one frame, parking the thread while there is none.
fn block_on(end: &WebSocketEnd) -> Option<SocketFrame> {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(std::sync::Arc::new(Unpark(thread::current())));
    loop {
        match end.poll_take(&mut Context::from_waker(&waker)) {
            Poll::Ready(taken) => return taken,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn ends_are_counted_until_they_are_dropped() {
    // Other tests hold ends of their own meanwhile: only what this one adds is certain.
    let ends: Vec<_> = (0..100).map(|_| socket_pair()).collect();
    assert!(super::live_sockets() >= 200);
    drop(ends);
}
