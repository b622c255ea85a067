//! Both sides together under random thread schedules: real stubs and calls over a real inbox, one home, several
//! callers, and either end dying at any point.
//!
//! shuttle runs the threads one at a time, in an order it draws. Waiting is on wakers, so a wake-up that is lost is a
//! deadlock, which shuttle reports. Each step of a table or an inbox is one critical section, so that switching between
//! steps is switching everywhere that matters.

use std::future::poll_fn;

use bytes::Bytes;
use lopata_protocol::{Answer, CallId, EventId, RpcHold, RpcRequest, RpcTarget, SpanContext, SpanId, ToGuest, TraceId};
use shuttle::future::block_on;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::{Exports, OutCall, ResultState, Results, Stub, invoke};
use crate::capability::Capability;
use crate::inbox::{InboxReceiver, WeakInboxSender, inbox};
use crate::parcel::{Attachments, Parcel};

const SCHEDULES: usize = 2_000;

/// The event that everything here belongs to.
const EVENT: EventId = EventId(1);

fn nowhere() -> SpanContext {
    SpanContext { trace: TraceId([0; 16]), span: SpanId([0; 8]) }
}

fn request() -> Box<RpcRequest> {
    Box::new(RpcRequest { call: CallId::next(), path: vec!["method".to_string()], args: Some(Bytes::new()) })
}

/// The guest that holds the targets.
struct Home {
    inbox: InboxReceiver,
    own: WeakInboxSender,
    exports: Exports<u64>,
    results: Results<u64>,
    given: usize,
    released: usize,
    /// Chance of death at each message.
    mortality: f64,
}

impl Home {
    fn export(&mut self) -> Option<Stub> {
        let home = self.own.upgrade()?;
        self.given += 1;
        Some(Stub::new(self.exports.insert(EVENT, 0), home))
    }

    /// Works until nobody can send any more; true when it lived that long.
    fn serve(mut self) -> bool {
        let mut batch = Vec::new();
        loop {
            let taken = block_on(poll_fn(|cx| self.inbox.poll_recv_many(cx, &mut batch, 2)));
            if taken == 0 {
                break;
            }
            for parcel in std::mem::take(&mut batch) {
                if thread_rng().gen_bool(self.mortality) {
                    return false;
                }
                self.take(parcel);
                thread::yield_now();
            }
        }
        assert_eq!(self.released, self.given, "each export is released exactly once");
        assert!(self.exports.is_empty() && self.results.is_empty(), "nothing is left alive");
        true
    }

    fn take(&mut self, mut parcel: Parcel<ToGuest>) {
        match parcel.message {
            ToGuest::RpcOn { target, request, .. } => {
                let reply = parcel.attachments.take_reply().expect("a call asks");
                match target {
                    RpcTarget::Export(export) => {
                        assert!(self.exports.get(export).is_some(), "a stub that can be called keeps its export");
                    }
                    RpcTarget::Result(call) if self.results.get(call) == ResultState::Gone => {
                        // Whoever asks may be gone too.
                        let _ = reply.send(Answer::RpcGone);
                        return;
                    }
                    RpcTarget::Result(_) => {}
                }
                self.results.insert(request.call, EVENT, 0);
                self.answer(request.call, reply);
            }
            ToGuest::RpcRelease { export } => {
                assert!(self.exports.release(export).is_some(), "an export is released once");
                self.released += 1;
            }
            ToGuest::RpcFinish { call } => drop(self.results.finish(call)),
            other => panic!("nothing here sends {other:?}"),
        }
    }

    /// Answers with a stub, or with plain data, whose result is let go at once.
    fn answer(&mut self, call: CallId, reply: crate::reply::Reply) {
        let stub = if thread_rng().gen_bool(0.5) { self.export() } else { None };
        let mut attachments = Attachments::none();
        let hold = match stub {
            Some(stub) => {
                attachments.attach_capability(Capability::Stub(stub));
                RpcHold::Result
            }
            None => {
                self.results.finish(call);
                RpcHold::Nothing
            }
        };
        let message = Answer::Rpc { value: Bytes::new(), hold };
        // An answer that nobody reads is dropped with its stub, which releases the export.
        let _ = reply.send(Parcel { message, attachments });
    }
}

/// A guest that calls, pipelines, passes stubs on and goes away, in any order.
fn call_around(stub: Stub, steps: usize) {
    let mut stubs = vec![stub];
    let mut calls: Vec<OutCall> = Vec::new();
    for _ in 0..steps {
        thread::yield_now();
        match thread_rng().gen_range(0..6) {
            0 if !stubs.is_empty() => {
                let stub = &stubs[thread_rng().gen_range(0..stubs.len())];
                let target = RpcTarget::Export(stub.export());
                calls.extend(invoke(stub.home(), target, request(), Attachments::none(), nowhere()).ok());
            }
            1 if !calls.is_empty() => {
                let call = &calls[thread_rng().gen_range(0..calls.len())];
                let (home, target) = (call.home().clone(), call.result());
                calls.extend(invoke(&home, target, request(), Attachments::none(), nowhere()).ok());
            }
            2 if !stubs.is_empty() => stubs.push(stubs[0].clone()),
            3 if !stubs.is_empty() => drop(stubs.swap_remove(thread_rng().gen_range(0..stubs.len()))),
            4 if !calls.is_empty() => drop(calls.swap_remove(thread_rng().gen_range(0..calls.len()))),
            _ if !calls.is_empty() => {
                let call = calls.swap_remove(thread_rng().gen_range(0..calls.len()));
                stubs.extend(wait(call));
            }
            _ => {}
        }
    }
    // Some wait to the end, some are cut off.
    if thread_rng().gen_bool(0.5) {
        calls.into_iter().for_each(|call| drop(wait(call)));
    }
}

/// Every call ends: in an answer, or in the news that the home is gone.
fn wait(mut call: OutCall) -> Option<Stub> {
    let mut answered = block_on(&mut call)?;
    match answered.answer.message {
        Answer::Rpc { hold, .. } => {
            if hold == RpcHold::Nothing {
                call.let_go();
            }
            match answered.answer.attachments.take_capability(0) {
                Some(Capability::Stub(stub)) => Some(stub),
                Some(other) => panic!("a stub was given, not {other:?}"),
                None => None,
            }
        }
        Answer::RpcGone => {
            call.let_go();
            None
        }
        other => panic!("the home does not say {other:?}"),
    }
}

fn scenario(callers: usize, steps: usize, mortality: f64) {
    let (sender, inbox) = inbox(1_000);
    let mut home = Home {
        inbox,
        own: sender.downgrade(),
        exports: Exports::default(),
        results: Results::default(),
        given: 0,
        released: 0,
        mortality,
    };
    let stubs: Vec<Stub> = (0..callers).map(|_| home.export().expect("the inbox is open")).collect();
    drop(sender);
    let home = thread::spawn(move || home.serve());
    let callers: Vec<_> = stubs.into_iter().map(|stub| thread::spawn(move || call_around(stub, steps))).collect();
    callers.into_iter().for_each(|caller| caller.join().expect("a caller ends"));
    let lived = home.join().expect("the home ends");
    assert!(lived || mortality > 0.0);
}

#[test]
fn every_call_ends_and_every_export_is_released_once() {
    shuttle::check_random(|| scenario(3, 8, 0.0), SCHEDULES);
}

#[test]
fn a_home_that_dies_leaves_nobody_waiting() {
    shuttle::check_random(|| scenario(3, 8, 0.1), SCHEDULES);
}
