//! Leases and namespaces under whatever order of things: single steps, random interleavings, threads.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use lopata_protocol::{
    Answer, EventId, GuestId, NamespaceDefinition, ObjectId, ObjectStorage, SpanContext, SpanId, ToGuest, TraceId,
    WireError,
};
use parking_lot::Mutex;
use proptest::prelude::*;

use super::*;
use crate::door::{Door, Unreachable};
use crate::parcel::Parcel;
use crate::reply::{ReplyReceiver, reply};
use crate::testing::Wakes;
use crate::websocket::socket_pair;

/// A home that keeps what it is granted.
#[derive(Default)]
struct Kept(Mutex<Vec<Lease>>);

impl Home for Kept {
    fn grant(&self, lease: Lease) {
        self.0.lock().push(lease);
    }
}

impl Kept {
    fn take(&self) -> Option<Lease> {
        self.0.lock().pop()
    }
}

fn namespace() -> Arc<Namespace> {
    let definition = NamespaceDefinition {
        unique_key: Arc::from("worker-Room"),
        worker: Arc::from("worker"),
        class: Arc::from("Room"),
        storage: ObjectStorage::Memory { sql: true },
        evicts: true,
        ephemeral: false,
    };
    Namespace::new(Arc::new(definition), None)
}

fn parent() -> SpanContext {
    SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) }
}

fn event() -> (EventId, Parcel<ToGuest>, ReplyReceiver) {
    let (answering, answer) = reply();
    let event = EventId::next();
    let message = ToGuest::Alarm { event, scheduled_time_ms: 0.0, retry_count: 0, parent: parent() };
    (event, Parcel::asking(message, answering), answer)
}

fn call(door: &Arc<dyn Door>) -> (EventId, ReplyReceiver) {
    let (event, parcel, answer) = event();
    door.deliver(parcel).unwrap();
    (event, answer)
}

fn take(lease: &Lease) -> Vec<EventId> {
    let mut out = Vec::new();
    lease.take_where(&Context::from_waker(Waker::noop()), &mut out, usize::MAX, |_| true);
    out.iter().map(|parcel| event_of(&parcel.message)).collect()
}

fn event_of(message: &ToGuest) -> EventId {
    match message {
        ToGuest::Alarm { event, .. } | ToGuest::Abort { event } => *event,
        other => panic!("nobody sent {other:?}"),
    }
}

fn failure(answer: &mut ReplyReceiver) -> Option<String> {
    match std::pin::Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(answered)) => match answered.answer.message {
            Answer::Failed { error, .. } => Some(error.message),
            other => panic!("nobody answered {other:?}"),
        },
        Poll::Ready(None) => Some("dropped".to_string()),
        Poll::Pending => None,
    }
}

const ROOM: ObjectId = ObjectId([7; 32]);

#[test]
fn events_wait_for_a_home_and_go_to_the_one_owner() {
    let namespace = namespace();
    let door = namespace.door(ROOM, Some(Arc::from("room")));
    let (first, _a) = call(&door);
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    let lease = home.take().unwrap();
    assert_eq!((lease.id(), lease.name().as_deref()), (ROOM, Some("room")));
    let (second, _b) = call(&namespace.door(ROOM, None));
    assert!(home.take().is_none(), "it is held");
    assert_eq!(take(&lease), [first, second]);
    assert_eq!(namespace.leases(), 1);
    drop(lease);
    assert!(home.take().is_none(), "nothing waits for it");
    let (third, _c) = call(&door);
    assert_eq!(take(&home.take().unwrap()), [third]);
}

#[test]
fn an_object_changes_hands_when_its_owner_lets_go_and_loses_nothing() {
    let namespace = namespace();
    let (old, new) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    namespace.set_home(Some(old.clone()));
    let door = namespace.door(ROOM, None);
    let (first, _a) = call(&door);
    let lease = old.take().unwrap();
    assert_eq!(take(&lease), [first]);
    namespace.set_home(Some(new.clone()));
    let (second, _b) = call(&door);
    assert!(new.take().is_none(), "the old owner has it");
    drop(lease);
    let lease = new.take().unwrap();
    assert_eq!(take(&lease), [second]);
    assert!(old.take().is_none());
}

#[test]
fn an_owner_takes_what_it_wants_and_leaves_the_rest_in_order() {
    let namespace = namespace();
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    let door = namespace.door(ROOM, None);
    let events: Vec<_> = (0..3).map(|_| call(&door)).collect();
    let inbox = {
        let (_, parcel, _answer) = event();
        door.deliver(parcel).unwrap()
    };
    inbox.send(Parcel::new(ToGuest::Abort { event: events[0].0 })).unwrap();
    let lease = home.take().unwrap();
    let (wakes, waker) = Wakes::new();
    let cx = Context::from_waker(&waker);
    let mut out = Vec::new();
    let aborts = |message: &ToGuest| matches!(message, ToGuest::Abort { .. });
    assert_eq!(lease.take_where(&cx, &mut out, 10, aborts), 1);
    assert_eq!(wakes.take(), 0);
    let (last, _answer) = call(&door);
    assert_eq!(wakes.take(), 1, "what is sent from now on wakes the owner");
    let rest = take(&lease);
    assert_eq!((rest.len(), rest[0], rest[2], rest[4]), (5, events[0].0, events[2].0, last));
}

#[test]
fn a_stub_that_reached_a_broken_object_fails_and_a_new_one_does_not() {
    let namespace = namespace();
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    let (old, unused) = (namespace.door(ROOM, None), namespace.door(ROOM, None));
    let (first, mut running) = call(&old);
    let lease = home.take().unwrap();
    assert_eq!(take(&lease), [first]);
    let (_, mut waiting) = call(&old);
    lease.break_with(&WireError::new("Error", "it broke"));
    assert_eq!(failure(&mut waiting).as_deref(), Some("it broke"));
    assert_eq!(failure(&mut running).as_deref(), Some("dropped"), "that one is the owner's to answer");
    let refused = old.deliver(event().1).unwrap_err();
    assert_eq!(refused.why, Unreachable::Reset(Box::new(WireError::new("Error", "it broke"))));
    let (next, _answer) = call(&unused);
    assert_eq!(take(&lease), [next], "the same owner may begin the next life");
}

#[test]
fn what_nobody_can_run_is_refused() {
    let namespace = namespace();
    let door = namespace.door(ROOM, None);
    let (_, mut waiting) = call(&door);
    namespace.refuse(Unreachable::Broken("worker".into()));
    assert!(failure(&mut waiting).unwrap().contains("does not start"));
    assert_eq!(door.deliver(event().1).unwrap_err().why, Unreachable::Broken("worker".into()));
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    let (_, mut waiting) = call(&door);
    home.take().unwrap().refuse(&WireError::new("Error", "no thread"));
    assert_eq!(failure(&mut waiting).as_deref(), Some("no thread"));
    assert!(home.take().is_none(), "nothing is left to grant it for");
}

#[test]
fn a_lease_that_was_revoked_means_nothing() {
    let namespace = namespace();
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    let door = namespace.door(ROOM, None);
    let _first = call(&door);
    let lost = home.take().unwrap();
    let guest = GuestId::next();
    lost.held_by(guest);
    namespace.revoke(GuestId::next());
    assert!(home.take().is_none());
    namespace.revoke(guest);
    let lease = home.take().unwrap();
    assert_eq!(take(&lost), []);
    drop(lost);
    assert_eq!(namespace.leases(), 1, "it was not the old one's to return");
    assert_eq!(take(&lease).len(), 1);
}

#[test]
fn sleeping_sockets_find_the_next_owner_at_once() {
    let namespace = namespace();
    let (old, new) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    namespace.set_home(Some(old.clone()));
    let _answer = call(&namespace.door(ROOM, None));
    let lease = old.take().unwrap();
    take(&lease);
    namespace.set_home(Some(new.clone()));
    let (end, _far) = socket_pair();
    let socket = SleepingSocket::new(end, vec![Arc::from("a")], None);
    lease.leave(Sleep { sockets: vec![socket], ..Sleep::default() });
    drop(lease);
    let lease = new.take().unwrap();
    assert_eq!(lease.take_sleep().sockets.len(), 1);
    assert!(lease.take_sleep().is_empty());
    drop(lease);
    assert!(new.take().is_none());
}

#[test]
fn objects_that_nobody_knows_are_forgotten() {
    let namespace = namespace();
    let home = Arc::new(Kept::default());
    namespace.set_home(Some(home.clone()));
    for byte in 0..100 {
        let door = namespace.door(ObjectId([byte; 32]), None);
        let _answer = call(&door);
        let lease = home.take().unwrap();
        take(&lease);
        if byte % 2 == 0 {
            drop(door);
            drop(lease);
        } else {
            drop(lease);
            drop(door);
        }
    }
    assert_eq!(namespace.live(), []);
}

/// Owners that let go at any moment, callers that call at any moment: every event is taken, by one owner at a time.
#[test]
fn nothing_is_lost_or_taken_twice_while_owners_change() {
    /// Runs what it is granted on a thread of its own.
    struct Threads(Arc<Counts>);
    #[derive(Default)]
    struct Counts {
        inside: AtomicUsize,
        taken: Mutex<Vec<EventId>>,
    }
    impl Home for Threads {
        fn grant(&self, lease: Lease) {
            let counts = self.0.clone();
            thread::spawn(move || {
                assert_eq!(counts.inside.fetch_add(1, Ordering::SeqCst), 0, "one owner at a time");
                let taken = take(&lease);
                counts.taken.lock().extend(taken);
                counts.inside.fetch_sub(1, Ordering::SeqCst);
                drop(lease);
            });
        }
    }
    let counts = Arc::new(Counts::default());
    let namespace = namespace();
    namespace.set_home(Some(Arc::new(Threads(counts.clone()))));
    let sent: Vec<EventId> = thread::scope(|scope| {
        let caller = || {
            let door = namespace.door(ROOM, None);
            (0..500).map(|_| call(&door).0).collect::<Vec<_>>()
        };
        let callers: Vec<_> = (0..3).map(|_| scope.spawn(caller)).collect();
        for _ in 0..50 {
            namespace.set_home(Some(Arc::new(Threads(counts.clone()))));
        }
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    while counts.taken.lock().len() < sent.len() {
        thread::yield_now();
    }
    let (mut taken, mut sent) = (counts.taken.lock().clone(), sent);
    taken.sort();
    sent.sort();
    assert_eq!(taken, sent);
}

#[derive(Clone, Debug)]
enum Op {
    Call(u8),
    NewHome,
    Take,
    LetGo,
    Break,
}

proptest! {
    /// Whatever happens in whatever order: each event is taken once or answered, and one lease at most is valid.
    #[test]
    fn every_event_is_taken_or_answered(ops in prop::collection::vec(
        prop_oneof![
            4 => (0u8..2).prop_map(Op::Call), 1 => Just(Op::NewHome), 3 => Just(Op::Take), 2 => Just(Op::LetGo),
            1 => Just(Op::Break),
        ], 0..80))
    {
        let namespace = namespace();
        let mut homes: Vec<Arc<Kept>> = Vec::new();
        let mut leases: Vec<Lease> = Vec::new();
        let doors = [namespace.door(ROOM, None), namespace.door(ROOM, None)];
        let mut answers = std::collections::HashMap::new();
        let mut taken = Vec::new();
        for op in ops {
            match op {
                Op::Call(door) => {
                    let (id, parcel, answer) = event();
                    if doors[door as usize].deliver(parcel).is_ok() {
                        answers.insert(id, answer);
                    }
                }
                Op::NewHome => {
                    let home = Arc::new(Kept::default());
                    namespace.set_home(Some(home.clone()));
                    homes.push(home);
                }
                Op::Take => if let Some(lease) = leases.last() { taken.extend(take(lease)) },
                Op::LetGo => drop(leases.pop()),
                Op::Break => if let Some(lease) = leases.last() { lease.break_with(&WireError::new("Error", "x")) },
            }
            leases.extend(homes.iter().filter_map(|home| home.take()));
            prop_assert!(leases.len() <= 1);
        }
        if homes.is_empty() {
            return Ok(());
        }
        if let Some(lease) = leases.pop() { taken.extend(take(&lease)); }
        for id in &taken {
            prop_assert!(answers.remove(id).is_some(), "taken once");
        }
        for (_, mut answer) in answers {
            prop_assert_eq!(failure(&mut answer), Some("x".to_string()), "what was not taken was answered");
        }
    }
}
