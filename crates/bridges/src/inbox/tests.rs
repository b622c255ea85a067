//! An inbox's order, wake-ups and clocks one by one, and over real threads.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::thread;

use lopata_protocol::{SpanContext, SpanId, TraceId};

use super::*;
use crate::reply::reply;
use crate::testing::{FakeClock, Wakes};

const MS: Duration = Duration::from_millis(1);

pub(super) fn event(number: u64) -> Parcel<ToGuest> {
    Parcel::new(ToGuest::Scheduled {
        event: EventId(number),
        cron: String::new(),
        scheduled_time_ms: 0.0,
        parent: SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) },
    })
}

pub(super) fn abort(number: u64) -> Parcel<ToGuest> {
    Parcel::new(ToGuest::Abort { event: EventId(number) })
}

pub(super) fn kinds(parcels: &[Parcel<ToGuest>]) -> Vec<Kind> {
    parcels.iter().map(|parcel| kind_of(&parcel.message)).collect()
}

/// Everything that is queued, as one poll gives it.
pub(super) fn receive(receiver: &mut InboxReceiver) -> Vec<Kind> {
    let (_, waker) = Wakes::new();
    let mut out = Vec::new();
    let _ = receiver.poll_recv_many(&mut Context::from_waker(&waker), &mut out, usize::MAX);
    kinds(&out)
}

#[test]
fn the_bound_is_for_events_only() {
    let (sender, mut receiver) = inbox(2);
    sender.send(event(1)).unwrap();
    sender.send(event(2)).unwrap();
    let Err(Refused::Full(back)) = sender.send(event(3)) else { panic!("two may wait") };
    assert_eq!(kind_of(&back.message), Kind::Event(EventId(3)));
    sender.send(abort(1)).unwrap();
    sender.send(Parcel::new(ToGuest::Drain)).unwrap();
    assert_eq!(sender.waiting_events(), 2);
    assert_eq!(
        receive(&mut receiver),
        [Kind::Event(EventId(1)), Kind::Event(EventId(2)), Kind::Abort(EventId(1)), Kind::Drain]
    );
    sender.send(event(3)).unwrap();
}

#[test]
fn stop_goes_first_and_repeated_control_messages_say_nothing() {
    let (sender, mut receiver) = inbox(8);
    sender.send(event(1)).unwrap();
    for _ in 0..3 {
        sender.send(Parcel::new(ToGuest::Drain)).unwrap();
        sender.send(Parcel::new(ToGuest::Stop)).unwrap();
    }
    assert_eq!(receive(&mut receiver), [Kind::Stop, Kind::Event(EventId(1)), Kind::Drain]);
    sender.send(Parcel::new(ToGuest::Stop)).unwrap();
    assert_eq!(receive(&mut receiver), [Kind::Stop], "the one before was received");
}

#[test]
fn a_dead_guest_tells_askers_and_senders() {
    let (sender, receiver) = inbox(8);
    let (answering, answer) = reply();
    let mut parcel = event(1);
    parcel.attachments.set_reply(answering);
    sender.send(parcel).unwrap();
    drop(receiver);
    let (_, waker) = Wakes::new();
    assert!(matches!(pin!(answer).poll(&mut Context::from_waker(&waker)), Poll::Ready(None)));
    assert!(matches!(sender.send(event(2)), Err(Refused::Closed(_))));
    assert!(matches!(sender.send(Parcel::new(ToGuest::Stop)), Err(Refused::Closed(_))));
    assert!(sender.is_closed());
}

#[test]
fn a_poll_that_leaves_something_wakes_itself() {
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    let (sender, mut receiver) = inbox(8);
    let mut out = Vec::new();
    for number in 0..3 {
        sender.send(event(number)).unwrap();
    }
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut out, 2), Poll::Ready(2));
    assert_eq!(wakes.take(), 1, "one is left");
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut out, 2), Poll::Ready(1));
    assert_eq!(wakes.take(), 0);
    sender.send(event(3)).unwrap();
    sender.send(event(4)).unwrap();
    assert_eq!(wakes.take(), 1, "registered although the poll was ready, and woken once");
    drop(sender);
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut out, 2), Poll::Ready(2));
    assert_eq!(wakes.take(), 1, "nobody else would wake it for the end");
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut out, 2), Poll::Ready(0));
}

#[test]
fn closing_wakes_the_guest_to_see_the_end() {
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    let (sender, mut receiver) = inbox(8);
    assert!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 2).is_pending());
    sender.send(event(1)).unwrap();
    receiver.close();
    assert_eq!(wakes.take(), 1);
    assert!(matches!(sender.send(event(2)), Err(Refused::Closed(_))));
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 2), Poll::Ready(1));
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 2), Poll::Ready(0));
}

#[test]
fn a_stall_is_counted_from_the_last_poll_or_the_first_wait() {
    let clock = FakeClock::new();
    let (sender, mut receiver) = inbox_with_clock(8, clock.clock());
    let (_, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    clock.advance(MS * 100);
    assert_eq!(sender.stalled_for(clock.now()), None, "nothing waits");
    sender.send(event(1)).unwrap();
    clock.advance(MS * 20);
    sender.send(event(2)).unwrap();
    clock.advance(MS * 10);
    assert_eq!(sender.stalled_for(clock.now()), Some(MS * 30));
    assert_eq!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 1), Poll::Ready(1));
    clock.advance(MS * 7);
    assert_eq!(sender.stalled_for(clock.now()), Some(MS * 7), "it polled and left one");
    assert_eq!(sender.take_undelivered_events().len(), 1);
    assert_eq!(sender.stalled_for(clock.now()), None);
}

#[test]
fn a_turn_lasts_until_the_next_or_until_parked() {
    let clock = FakeClock::new();
    let (sender, mut receiver) = inbox_with_clock(8, clock.clock());
    let (_, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    assert_eq!(sender.polling_gap(clock.now()), None, "never started");
    assert!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 1).is_pending());
    assert_eq!(sender.polling_gap(clock.now()), Some(Duration::ZERO));
    clock.advance(MS * 40);
    assert_eq!(sender.polling_gap(clock.now()), Some(MS * 40));
    assert!(receiver.poll_recv_many(&mut cx, &mut Vec::new(), 1).is_pending());
    clock.advance(MS * 2);
    assert_eq!(sender.polling_gap(clock.now()), Some(MS * 2), "a turn began since");
    receiver.parked();
    clock.advance(MS * 1000);
    assert_eq!(sender.polling_gap(clock.now()), None);
    drop(receiver);
    assert_eq!(sender.polling_gap(clock.now()), None);
}

#[test]
fn undelivered_events_leave_with_their_own_aborts() {
    let (sender, mut receiver) = inbox(8);
    sender.send(event(1)).unwrap();
    assert_eq!(receive(&mut receiver), [Kind::Event(EventId(1))]);
    for parcel in [event(2), abort(1), event(3), abort(2), Parcel::new(ToGuest::Drain)] {
        sender.send(parcel).unwrap();
    }
    let taken = sender.take_undelivered_events();
    assert_eq!(kinds(&taken), [Kind::Event(EventId(2)), Kind::Event(EventId(3)), Kind::Abort(EventId(2))]);
    assert_eq!(receive(&mut receiver), [Kind::Abort(EventId(1)), Kind::Drain]);
}

#[test]
fn an_abort_follows_an_event_that_was_handed_over() {
    let (old, mut old_receiver) = inbox(8);
    let (young, mut young_receiver) = inbox(1);
    for parcel in [event(1), event(2), abort(2), event(3)] {
        old.send(parcel).unwrap();
    }
    let refused = old.hand_over(&young);
    let two = [Kind::Event(EventId(2)), Kind::Abort(EventId(2)), Kind::Event(EventId(3))];
    assert_eq!(kinds(&refused), two, "no room for them, and their aborts stay with them");
    old.send(abort(1)).unwrap();
    assert_eq!(receive(&mut young_receiver), [Kind::Event(EventId(1)), Kind::Abort(EventId(1))]);

    // Over two hand-overs, and after the death of the first inbox.
    let (youngest, mut youngest_receiver) = inbox(8);
    old.send(event(4)).unwrap();
    assert!(old.hand_over(&young).is_empty());
    assert!(young.hand_over(&youngest).is_empty());
    assert_eq!(receive(&mut old_receiver), []);
    drop(old_receiver);
    old.send(abort(4)).unwrap();
    assert_eq!(receive(&mut young_receiver), []);
    assert_eq!(receive(&mut youngest_receiver), [Kind::Event(EventId(4)), Kind::Abort(EventId(4))]);

    // An heir that died took the event with it.
    let (old, _old_receiver) = inbox(8);
    let (young, young_receiver) = inbox(8);
    old.send(event(5)).unwrap();
    assert!(old.hand_over(&young).is_empty());
    drop((young, young_receiver));
    old.send(abort(5)).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// A guest that polls once per turn and then parks, until the end; what it got.
fn run_guest(mut receiver: InboxReceiver, batch: usize) -> Vec<Kind> {
    runtime().block_on(async move {
        let mut seen = Vec::new();
        let mut out = Vec::new();
        poll_fn(|cx| {
            let poll = receiver.poll_recv_many(cx, &mut out, batch);
            seen.extend(out.drain(..).map(|parcel| kind_of(&parcel.message)));
            if poll == Poll::Ready(0) {
                return Poll::Ready(());
            }
            receiver.parked();
            Poll::Pending
        })
        .await;
        seen
    })
}

#[test]
fn a_guest_that_polls_once_per_turn_gets_everything() {
    let (sender, receiver) = inbox(1 << 20);
    let guest = thread::spawn(move || run_guest(receiver, 3));
    thread::scope(|scope| {
        for producer in 0..4u64 {
            let sender = sender.clone();
            scope.spawn(move || {
                for number in 0..5000 {
                    sender.send(event(producer * 10_000 + number)).unwrap();
                }
            });
        }
    });
    drop(sender);
    let seen = guest.join().unwrap();
    for producer in 0..4u64 {
        let of_producer = |kind: &&Kind| matches!(kind, Kind::Event(event) if event.0 / 10_000 == producer);
        let own: Vec<_> = seen.iter().filter(of_producer).copied().collect();
        let expected: Vec<_> = (0..5000).map(|number| Kind::Event(EventId(producer * 10_000 + number))).collect();
        assert!(own == expected, "of one producer, all and in order");
    }
}

/// Events and their aborts are sent while a relief moves them from inbox to inbox: each reaches one guest, and
/// its abort reaches the same guest after it.
#[test]
fn an_abort_never_overtakes_its_event_across_a_relief() {
    const EVENTS: u64 = 20_000;
    let (old, old_receiver) = inbox(1 << 20);
    let (young, young_receiver) = inbox(1 << 20);
    let old_guest = thread::spawn(move || run_guest(old_receiver, 2));
    let young_guest = thread::spawn(move || run_guest(young_receiver, 2));
    thread::scope(|scope| {
        let sender = old.clone();
        let sending = scope.spawn(move || {
            for number in 0..EVENTS {
                sender.send(event(number)).unwrap();
                sender.send(abort(number)).unwrap();
            }
        });
        while !sending.is_finished() {
            assert!(old.hand_over(&young).is_empty());
        }
    });
    drop((old, young));
    let mut events = 0;
    for seen in [old_guest.join().unwrap(), young_guest.join().unwrap()] {
        let mut running = HashSet::new();
        for kind in seen {
            match kind {
                Kind::Event(event) => {
                    events += 1;
                    assert!(running.insert(event));
                }
                Kind::Abort(event) => assert!(running.remove(&event), "{event} is aborted where it runs"),
                Kind::Session | Kind::Rpc | Kind::Load | Kind::Drain | Kind::Stop => panic!("none was sent"),
            }
        }
        assert!(running.is_empty(), "every event was aborted");
    }
    assert_eq!(events, EVENTS);
}

#[test]
fn a_weak_sender_sends_and_keeps_nothing_open() {
    let (sender, mut receiver) = inbox(8);
    let weak = sender.downgrade();
    weak.upgrade().unwrap().send(event(1)).unwrap();
    drop(sender);
    assert!(weak.upgrade().is_none(), "the last sender is gone");
    assert_eq!(receive(&mut receiver), [Kind::Event(EventId(1))]);
    let (_, waker) = Wakes::new();
    let end = receiver.poll_recv_many(&mut Context::from_waker(&waker), &mut Vec::new(), 1);
    assert_eq!(end, Poll::Ready(0), "the receiver learns that nothing more comes");
    drop(receiver);
    assert!(weak.upgrade().is_none());
    assert!(WeakInboxSender::default().upgrade().is_none(), "there is nothing behind it");
}

/// The guest may die while parcels are being sent: each is refused or its asker is told.
#[test]
fn a_death_during_sending_reaches_everyone() {
    for round in 0..300u64 {
        let (sender, mut receiver) = inbox(64);
        let guest = thread::spawn(move || {
            runtime().block_on(async move {
                let mut out = Vec::new();
                for _ in 0..round % 4 {
                    poll_fn(|cx| receiver.poll_recv_many(cx, &mut out, 1)).await;
                }
            });
        });
        let mut answers = Vec::new();
        for number in 0..8 {
            let (answering, answer) = reply();
            let mut parcel = event(number);
            parcel.attachments.set_reply(answering);
            match sender.send(parcel) {
                Ok(()) => answers.push(answer),
                Err(refused) => assert!(matches!(refused, Refused::Closed(_))),
            }
        }
        for answer in answers {
            assert!(answer.wait_blocking().is_none());
        }
        guest.join().unwrap();
    }
}
