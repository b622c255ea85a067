//! The scheduler with a clock that is set by hand and objects that a test plays.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc;
use std::task::Waker;

use lopata_bridges::{Home, Lease, Parcel, Reply};
use lopata_protocol::{AlarmOutcome, Answer, InspectCall, ToGuest, WireError};

use super::*;

const ROOM: ObjectId = ObjectId([1; 32]);
const HALL: ObjectId = ObjectId([2; 32]);

/// However slow the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
struct Hands(Arc<Mutex<Now>>);

impl Clocks for Hands {
    fn now(&self) -> Now {
        *self.0.lock()
    }
}

/// Hands out what it is granted.
struct Granted(Mutex<mpsc::Sender<Lease>>);

impl Home for Granted {
    fn grant(&self, lease: Lease) {
        let _ = self.0.lock().send(lease);
    }
}

/// One process with one class.
struct Process {
    alarms: Arc<NamespaceAlarms>,
    namespace: Arc<Namespace>,
    hands: Hands,
    leases: mpsc::Receiver<Lease>,
    news: mpsc::Receiver<News>,
}

fn start(folder: &std::path::Path) -> Process {
    let hands = Hands(Arc::new(Mutex::new(Now { wall_ms: 1_000_000, running_ms: 0 })));
    let scheduler = Scheduler::new(hands.clone());
    let (tell, news) = mpsc::channel();
    let tell = Mutex::new(tell);
    scheduler.report_to(move |news| drop(tell.lock().send(news)));
    let definition = NamespaceDefinition {
        unique_key: "w-Room".into(),
        worker: "w".into(),
        class: "Room".into(),
        storage: ObjectStorage::Disk { folder: folder.to_owned(), sql: true },
        evicts: true,
        ephemeral: false,
    };
    let alarms = scheduler.of_namespace();
    let namespace = Namespace::new(Arc::new(definition), Some(alarms.clone()));
    let (grant, leases) = mpsc::channel();
    namespace.set_home(Some(Arc::new(Granted(Mutex::new(grant)))));
    alarms.serve(&namespace);
    Process { alarms, namespace, hands, leases, news }
}

/// An alarm as its object gets it.
struct Rung {
    lease: Lease,
    scheduled_ms: i64,
    retry_count: u32,
    reply: Reply,
}

impl Process {
    fn set(&self, object: ObjectId, at_ms: Option<i64>) {
        self.alarms.schedule(object, Some("name"), at_ms).unwrap();
    }

    fn pass(&self, ms: u64) {
        {
            let mut now = self.hands.0.lock();
            now.wall_ms += ms.cast_signed();
            now.running_ms += ms;
        }
        self.alarms.shared.wake(&mut self.alarms.shared.state.lock());
    }

    fn message(&self) -> (Lease, Parcel<ToGuest>) {
        let lease = self.leases.recv_timeout(PATIENCE).unwrap();
        let mut taken = Vec::new();
        lease.take_where(&std::task::Context::from_waker(Waker::noop()), &mut taken, 1, |_| true);
        (lease, taken.pop().unwrap())
    }

    fn rung(&self) -> Rung {
        let (lease, mut parcel) = self.message();
        let ToGuest::Alarm { scheduled_time_ms, retry_count, .. } = parcel.message else { panic!("{parcel:?}") };
        let reply = parcel.attachments.take_reply().unwrap();
        Rung { lease, scheduled_ms: scheduled_time_ms as i64, retry_count, reply }
    }

    fn ran(&self) -> Ran {
        match self.news.recv_timeout(PATIENCE).unwrap() {
            News::Ran(ran) => ran,
            News::Trouble(text) => panic!("{text}"),
        }
    }
}

impl Rung {
    fn answer(self, outcome: EventOutcome, retry: bool, counts: bool) {
        self.reply.send(Answer::Alarm(AlarmOutcome { outcome, retry, counts })).unwrap();
    }
}

fn stored(folder: &std::path::Path) -> Vec<(String, i64)> {
    AlarmStore::at(folder.join(FILE)).all().unwrap().into_iter().map(|alarm| (alarm.id, alarm.scheduled_ns)).collect()
}

#[test]
fn an_alarm_is_stored_rings_at_its_time_and_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    assert!(!folder.path().join(FILE).exists(), "no file before the first alarm");
    process.set(ROOM, Some(1_000_500));
    assert_eq!(stored(folder.path()), [(ROOM.to_string(), 1_000_500_000_000)]);
    process.pass(499);
    assert_eq!(process.alarms.get(ROOM), Some(1_000_500));
    process.pass(1);
    let rung = process.rung();
    assert_eq!((rung.lease.id(), rung.scheduled_ms, rung.retry_count), (ROOM, 1_000_500, 0));
    assert_eq!(rung.lease.name().as_deref(), Some("name"));
    assert_eq!(process.alarms.get(ROOM), None);
    assert_eq!(stored(folder.path()).len(), 1, "until it is over it would ring in the next process");
    rung.answer(EventOutcome::Ok, false, false);
    let ran = process.ran();
    assert_eq!((ran.outcome, ran.next, ran.spans.len()), (Ok(EventOutcome::Ok), Next::Over, 1));
    assert_eq!(stored(folder.path()), []);
}

#[test]
fn what_the_process_before_has_left_rings_in_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let before = start(folder.path());
    before.set(ROOM, Some(900_000));
    before.set(HALL, Some(2_000_000));
    drop(before.rung());
    drop(before);
    // A row that is nobody's does not stop the others.
    AlarmStore::at(folder.path().join(FILE)).set("nonsense", None, 5).unwrap();
    let process = start(folder.path());
    let rung = process.rung();
    assert_eq!((rung.lease.id(), rung.scheduled_ms, rung.retry_count), (ROOM, 900_000, 0));
    assert_eq!(rung.lease.name().as_deref(), Some("name"));
    assert_eq!(process.alarms.get(HALL), Some(2_000_000));
}

#[test]
fn a_handler_that_fails_is_called_again_and_given_up_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    process.set(ROOM, Some(0));
    // An answer that never comes is not the handler's fault.
    drop(process.rung());
    assert!(process.ran().outcome.unwrap_err().contains("ended before"));
    for retry in 0..7 {
        process.pass(3_000_000);
        let rung = process.rung();
        assert_eq!(rung.retry_count, retry);
        rung.answer(EventOutcome::Exception, true, true);
        let next = process.ran().next;
        assert_eq!(next == Next::GivenUp, retry == 6, "{next:?}");
        assert_eq!(stored(folder.path()).is_empty(), retry == 6);
    }
    let (_lease, parcel) = process.message();
    match parcel.message {
        ToGuest::Inspect(call) => assert_eq!(*call, InspectCall::Abandon { scheduled_ms: 0 }),
        message => panic!("{message:?}"),
    }
}

#[test]
fn one_that_was_set_while_it_ran_rings_next() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    process.set(ROOM, Some(0));
    let rung = process.rung();
    process.set(ROOM, Some(1_000_100));
    rung.answer(EventOutcome::Exception, true, true);
    assert_eq!(process.ran().next, Next::Superseded);
    assert_eq!(stored(folder.path()), [(ROOM.to_string(), 1_000_100_000_000)]);
    process.pass(100);
    assert_eq!(process.rung().scheduled_ms, 1_000_100);
}

#[test]
fn without_a_home_alarms_wait_and_with_a_refusal_they_are_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    process.namespace.refuse(lopata_bridges::Unreachable::Broken("w".to_string()));
    process.set(ROOM, Some(0));
    process.pass(1_000);
    let (grant, leases) = mpsc::channel();
    process.namespace.set_home(Some(Arc::new(Granted(Mutex::new(grant)))));
    process.pass(1_000);
    let process = Process { leases, ..process };
    let rung = process.rung();
    assert_eq!(rung.retry_count, 0);
    rung.answer(EventOutcome::Ok, false, false);
    assert_eq!(process.ran().next, Next::Over);
}

#[test]
fn alarms_of_a_class_that_nobody_has_are_kept_and_do_not_ring() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    process.set(ROOM, Some(1_000_100));
    process.alarms.retire();
    // An older version of it still runs.
    process.set(HALL, Some(1_000_200));
    process.pass(1_000);
    assert_eq!((process.alarms.all(), stored(folder.path()).len()), (Vec::new(), 2));
    process.alarms.serve(&process.namespace);
    let mut rung = [process.rung().lease.id(), process.rung().lease.id()];
    rung.sort();
    assert_eq!(rung, [ROOM, HALL]);
}

#[test]
fn an_object_that_breaks_while_its_alarm_waits_gets_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    process.set(ROOM, Some(0));
    let lease = process.leases.recv_timeout(PATIENCE).unwrap();
    lease.break_with(&WireError::new("Error", "broken"));
    drop(lease);
    let ran = process.ran();
    assert!(matches!(ran.next, Next::Retried { .. }), "{ran:?}");
    process.pass(3_000);
    assert_eq!(process.rung().retry_count, 0);
}

#[test]
fn alarms_ring_when_they_are_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path());
    assert!(!process.alarms.fire(ROOM));
    process.set(ROOM, Some(1 << 50));
    process.set(HALL, Some(1_000_001));
    process.set(HALL, None);
    assert!(process.alarms.fire(ROOM));
    let rung = process.rung();
    assert_eq!((rung.lease.id(), rung.scheduled_ms), (ROOM, 1 << 50));
    rung.answer(EventOutcome::Ok, false, false);
    assert_eq!(process.ran().next, Next::Over);
    assert_eq!(stored(folder.path()), []);
}

#[test]
fn times_between_milliseconds_are_not_early() {
    assert_eq!(
        [alarm_ms(1_000_000), alarm_ms(1_000_001), alarm_ms(-1), alarm_ms(i64::MAX)],
        [1, 2, 0, 9_223_372_036_855]
    );
    assert_eq!([ns_of(5), ns_of(i64::MAX), ns_of(i64::MIN)], [5_000_000, i64::MAX, i64::MIN]);
}
