//! Delivery to the Durable Objects of this guest, and what becomes of them at the end of a turn.
//!
//! Each event of an object is a task of its own: what it resolved runs before the next, so that no event begins between
//! two steps of another which wait for nothing but the object's storage. So is each continuation of what an event has
//! waited for; the scripts collect those (`ext/objects/gate.js`) and run them when the event loop has been polled.

use std::task::Context;

use deno_core::v8;
use lopata_bridges::{Attachments, Capability, Parcel, ResultState};
use lopata_protocol::{
    Answer, EventId, EventOutcome, InspectAnswer, InspectCall, ObjectGrant, ObjectStorage, RpcTarget, ToGuest,
    WireError, limits,
};

use super::{Isolate, Turn, call};
use crate::objects::Idle;

/// What the scripts are asked to do, as they number it.
const RUN_TASKS: i32 = 0;
const EVICT: i32 = 1;
const LEAVE: i32 = 2;
const BREAK: i32 = 3;
const IS_CONSTRUCTED: i32 = 4;

/// What they say of an object that was asked to go.
const GONE: i32 = 0;
const ONLY_TIMERS: i32 = 2;

/// What they say to a question.
const YES: i32 = 1;

/// What an object without storage is asked in vain for.
const STORES_NOTHING_TEXT: &str = "Objects of this class store nothing.";

/// Objects that leave at once for whose sake garbage is collected.
const EVICTED_MANY: usize = 256;

/// What is left of a lease's inbox when nothing else is known.
const LOST_TEXT: &str = "Network connection lost.";

impl Isolate {
    /// Takes in an object.
    pub(super) fn grant(&mut self, grant: ObjectGrant, mut attachments: Attachments) {
        let Some(Capability::Lease(lease)) = attachments.take_capability(0) else { return };
        // A guest that finishes begins nothing: dropped, the lease goes to the next one. A facet belongs to what runs.
        if !self.guest.objects.is_draining() || grant.facet.is_some() {
            self.control.runs_objects();
            let sleep = lease.take_sleep();
            let number = self.guest.objects.grant(grant, lease);
            self.guest.object_sockets.wake(number, sleep, &self.guest.sockets);
        }
    }

    /// The thread dies of something that resets objects.
    pub fn reset_objects(&self, error: &WireError) {
        self.guest.objects.break_running(error);
    }

    /// The thread is over: whatever objects it still holds are let go, with their files closed.
    pub fn end_objects(&self) {
        self.guest.objects.drop_all();
    }

    /// Delivers what the objects have been sent.
    pub(super) fn deliver_objects(&mut self) -> Turn {
        let mut batch = Vec::new();
        let mut left = limits::INBOX_BATCH_MAX;
        for _ in 0..self.guest.objects.ready_len() {
            if left == 0 {
                break;
            }
            let Some(number) = self.guest.objects.next_ready() else { break };
            let (events, objects) = (&self.events, &self.guest.objects);
            let results = &self.guest.rpc.results;
            // What follows a call or an event stays behind it, while that waits.
            let known = |message: &ToGuest| match message {
                ToGuest::RpcFinish { call } | ToGuest::RpcOn { target: RpcTarget::Result(call), .. } => {
                    matches!(results.borrow().get(*call), ResultState::Held(..))
                }
                ToGuest::Abort { event } => events.runs(*event),
                _ => true,
            };
            let ongoing = |message: &ToGuest| {
                trace_of(message)
                    .is_some_and(|trace| events.works_on(trace, |event| objects.number_of(event) == number))
            };
            objects.take(number, &mut batch, left, known, ongoing);
            left -= batch.len();
            for parcel in batch.drain(..) {
                if self.deliver_to(number, parcel) == Turn::Stop {
                    return Turn::Stop;
                }
            }
        }
        Turn::Continue
    }

    fn deliver_to(&mut self, number: u32, parcel: Parcel<ToGuest>) -> Turn {
        if self.guest.objects.granted(number).is_none() {
            // It broke with what came before.
            let error = self.guest.objects.why_gone(number);
            refuse(parcel, error.unwrap_or_else(|| WireError::new("Error", LOST_TEXT)));
            return Turn::Continue;
        }
        let turn = self.deliver(parcel, number);
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        scope.perform_microtask_checkpoint();
        if self.control.must_stop() { Turn::Stop } else { turn }
    }

    /// The end of a turn: runs the continuations that wait, commits what the objects have written and lets go of those
    /// that have nothing left to do. True when the event loop has to be polled again.
    pub(super) fn finish_turn(&mut self) -> bool {
        for id in self.guest.object_sockets.take_forgotten() {
            crate::ext::websocket::forget(&self.guest, id);
        }
        if self.guest.objects.is_empty() {
            return false;
        }
        let ran = self.guest.objects.take_tasks();
        if ran {
            self.call_objects(RUN_TASKS, 0, None);
            self.guest.object_sockets.forget_over(&self.guest.sockets);
        }
        let failed = self.guest.objects.commit();
        let broke = !failed.is_empty();
        for (number, error) in failed {
            self.call_objects(BREAK, number, Some(&error));
            // One that no event has reached is not known to the scripts.
            self.guest.objects.break_with(number, &error);
        }
        for number in self.guest.objects.take_leaving() {
            self.leave(number);
        }
        ran || broke
    }

    /// The guest was told to finish: objects in which nothing runs go at once, the others as soon as they can.
    pub(super) fn drain_objects(&mut self) {
        for number in self.guest.objects.drain() {
            self.leave(number);
        }
    }

    fn leave(&mut self, number: u32) {
        if self.call_objects(LEAVE, number, None) == GONE {
            self.let_go(number);
        }
    }

    /// Lets go of an object; its sockets go with the lease.
    fn let_go(&mut self, number: u32) {
        // What it has sent leaves before its sockets do.
        if let Err(error) = self.guest.objects.commit_one(number) {
            self.guest.object_sockets.drop_object(number, &self.guest.sockets);
            self.guest.objects.break_with(number, &error);
            return;
        }
        let sleep = self.guest.object_sockets.sleep(number, &self.guest.sockets);
        self.guest.objects.let_go(number, sleep);
    }

    /// Lets go of the objects whose time has come; the task is woken when the next one's has.
    pub(super) fn evict(&mut self, cx: &mut Context<'_>) {
        let mut gone = 0;
        while let Some((number, idle)) = self.guest.objects.poll_idle(cx) {
            let said = self.call_objects(EVICT, number, None);
            if said == GONE || (said == ONLY_TIMERS && idle == Idle::Long && self.is_gone_for_good(number)) {
                self.guest.objects.left();
                if self.guest.object_sockets.has_any(number) {
                    self.guest.object_sockets.instance_gone(number, &self.guest.sockets);
                    self.guest.objects.hibernate(number);
                } else {
                    self.let_go(number);
                }
                gone += 1;
            } else {
                self.guest.objects.stays(number);
            }
        }
        if gone >= EVICTED_MANY {
            // Nothing else would make V8 look before the next objects come.
            self.runtime.v8_isolate().low_memory_notification();
        }
        if self.guest.objects.gives_back() {
            self.runtime.v8_isolate().low_memory_notification();
            crate::thread::give_back_pages();
        }
    }

    fn is_gone_for_good(&mut self, number: u32) -> bool {
        self.call_objects(LEAVE, number, None) == GONE
    }

    /// Runs the alarm handler of an object.
    pub(super) fn alarm(&mut self, event: EventId, scheduled_time_ms: f64, retry_count: u32, number: u32) {
        let Self { runtime, dispatch, .. } = self;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event.0 as f64).into();
        let scheduled = v8::Number::new(scope, scheduled_time_ms).into();
        let retry_count = v8::Integer::new_from_unsigned(scope, retry_count).into();
        let number = v8::Integer::new_from_unsigned(scope, number).into();
        call(scope, &dispatch.alarm, &[number, event, scheduled, retry_count]);
    }

    /// Looks into an object, or changes what it stores; the answer waits until that is committed.
    pub(super) fn inspect(&mut self, wanted: InspectCall, attachments: &mut Attachments, number: u32) {
        let reply = attachments.take_reply();
        let Some(grant) = self.guest.objects.granted(number) else { return };
        let sql = matches!(
            grant.namespace.storage,
            ObjectStorage::Disk { sql: true, .. } | ObjectStorage::Memory { sql: true }
        );
        let in_memory = self.call_objects(IS_CONSTRUCTED, number, None) == YES;
        let done = self.guest.objects.with_store(number, |store| store.look(wanted, sql));
        self.guest.objects.wrote(number, false);
        let Some(reply) = reply else { return };
        let answer = match done {
            Some(Ok(mut answer)) => {
                if let InspectAnswer::State { constructed, .. } = &mut answer {
                    *constructed = in_memory;
                }
                Answer::Inspected(Box::new(answer))
            }
            Some(Err(refused)) => failure(WireError::new("Error", refused.to_string())),
            None => failure(WireError::new("Error", STORES_NOTHING_TEXT)),
        };
        // An asker that is gone needs no answer.
        let send = move |committed: Result<(), &WireError>| {
            let _ = reply.send(committed.map_or_else(|error| failure(error.clone()), |()| answer));
        };
        self.guest.objects.hold(number, Box::new(send));
    }

    /// Asks the scripts; what they say, or that they say nothing.
    fn call_objects(&mut self, what: i32, number: u32, error: Option<&WireError>) -> i32 {
        let Self { runtime, dispatch, .. } = self;
        deno_core::scope!(scope, runtime);
        let what = v8::Integer::new(scope, what).into();
        let number = v8::Integer::new_from_unsigned(scope, number).into();
        let error = match error {
            Some(error) => crate::wire::to_v8(scope, error),
            None => v8::undefined(scope).into(),
        };
        v8::tc_scope!(let scope, scope);
        let objects = v8::Local::new(scope, &dispatch.objects);
        let undefined = v8::undefined(scope).into();
        let said = objects.call(scope, undefined, &[what, number, error]);
        said.and_then(|said| said.int32_value(scope)).unwrap_or(-1)
    }
}

fn failure(error: WireError) -> Answer {
    Answer::Failed { error, outcome: EventOutcome::Exception }
}

/// Answers what cannot be delivered any more.
fn refuse(mut parcel: Parcel<ToGuest>, error: WireError) {
    if let Some(reply) = parcel.attachments.take_reply() {
        // An asker that is gone needs no answer.
        let _ = reply.send(Answer::Failed { error, outcome: EventOutcome::Exception });
    }
}

/// The request that an event belongs to.
fn trace_of(message: &ToGuest) -> Option<lopata_protocol::TraceId> {
    match message {
        ToGuest::Fetch { parent, .. }
        | ToGuest::Connect { parent, .. }
        | ToGuest::Scheduled { parent, .. }
        | ToGuest::Rpc { parent, .. }
        | ToGuest::RpcOn { parent, .. }
        | ToGuest::Tail { parent, .. }
        | ToGuest::Alarm { parent, .. }
        | ToGuest::Test { parent, .. } => Some(parent.trace),
        ToGuest::Load(_)
        | ToGuest::Grant(_)
        | ToGuest::Inspect(_)
        | ToGuest::Abort { .. }
        | ToGuest::RpcRelease { .. }
        | ToGuest::RpcFinish { .. }
        | ToGuest::Drain
        | ToGuest::Stop => None,
    }
}
