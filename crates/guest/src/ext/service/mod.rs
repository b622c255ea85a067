//! Ops of service bindings and of the worker's calls on itself: requests that another guest, or this one, answers.
//!
//! A service is an object that V8's garbage collector owns, because a worker can make any number of them
//! (`ctx.exports.Name({ props })`). The target is looked up by its door at each call and not before, so a reload of
//! it is seen by the next one.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use deno_core::{OpState, op2, v8};
use lopata_bridges::{
    Attachments, Door, InboxSender, Parcel, Refused, SubrequestBudget, Undelivered, Unreachable, WeakInboxSender,
    WorkerService, reply,
};
use lopata_protocol::{
    Answer, Body, EventId, EventOutcome, HeaderList, Props, RequestHead, ResponseHead, ScheduledOutcome, ToGuest,
    WireError,
};

use crate::error::GuestError;
use crate::ext::events::{header_list, take_body};
use crate::ext::fetch::{Started, calling_span};
use crate::spans::SpanNumber;
use crate::state::GuestState;

/// A worker's entrypoint, owned by V8's garbage collector.
pub struct ServiceObject {
    /// The way to it.
    pub service: WorkerService,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it
// from a finaliser touches only reference counts of its own memory.
unsafe impl v8::cppgc::GarbageCollected for ServiceObject {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"ServiceObject"
    }
}

/// The way of a worker to itself: the guest's own inbox, and so the same generation.
struct OwnDoor {
    /// Weak: a worker that can call itself must not keep its inbox open.
    inbox: WeakInboxSender,
    worker: Arc<str>,
}

impl Door for OwnDoor {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let Some(inbox) = self.inbox.upgrade() else {
            return Err(Undelivered { parcel: Box::new(parcel), why: Unreachable::Gone });
        };
        match inbox.send(parcel) {
            Ok(()) => Ok(inbox),
            Err(Refused::Closed(parcel)) => Err(Undelivered { parcel, why: Unreachable::Gone }),
            Err(Refused::Full(parcel)) => Err(Undelivered { parcel, why: Unreachable::Full(self.worker.to_string()) }),
        }
    }
}

/// The service behind an env entry; `null` when nothing was attached for it.
#[op2]
pub fn op_service_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] id: u64,
) -> v8::Local<'s, v8::Value> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    match guest.services.worker(id) {
        Some(service) => service_to_v8(scope, service),
        None => v8::null(scope).into(),
    }
}

/// An entrypoint of this worker itself. `props` are the bytes of a clone, or anything else for none.
#[op2]
pub fn op_service_own<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[string] entrypoint: String,
    props: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Value> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let worker = guest.worker();
    let door = Arc::new(OwnDoor { inbox: guest.inbox.clone(), worker: worker.clone() });
    let entrypoint = (entrypoint != "default").then(|| Arc::from(entrypoint));
    let props = match v8::Local::<v8::Uint8Array>::try_from(props) {
        Ok(view) => {
            let mut bytes = vec![0; view.byte_length()];
            view.copy_contents(&mut bytes);
            Props::Value(Bytes::from(bytes))
        }
        Err(_) => Props::None,
    };
    service_to_v8(scope, WorkerService { door, worker, entrypoint, props })
}

/// Wraps a service for `service.js`.
pub fn service_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, service: WorkerService) -> v8::Local<'s, v8::Value> {
    deno_core::cppgc::make_cppgc_object(scope, ServiceObject { service }).into()
}

/// Sends a request to a worker; the number names the call until its response is taken.
///
/// A worker that cannot be reached answers 503 with the reason.
#[op2(nofast)]
#[smi]
#[allow(clippy::too_many_arguments, reason = "one call per request: an object would cost more than the list")]
pub fn op_service_fetch<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[cppgc] service: &ServiceObject,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] method: String,
    #[string] url: String,
    headers: v8::Local<'s, v8::Array>,
    #[string] cf: String,
    #[smi] body_kind: u32,
    body: v8::Local<'s, v8::Value>,
    length: f64,
) -> Result<u32, GuestError> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let caller = EventId(event);
    let mut attachments = Attachments::none();
    let body = take_body(scope, &guest, body_kind, body, length, &mut attachments)?;
    let cf = (!cf.is_empty()).then(|| Arc::from(cf));
    let request = Box::new(RequestHead { method, url, headers: header_list(scope, headers), cf });
    // A caller that is over has no budget any more; what it starts is no top-level event for all that.
    let budget = guest.events.budget_of(caller);
    attachments.set_budget(budget.unwrap_or_else(|| SubrequestBudget::new(guest.subrequests_max.get())));
    let (reply, receiver) = reply();
    attachments.set_reply(reply);
    let WorkerService { door, entrypoint, props, .. } = &service.service;
    let event = EventId::next();
    let message = ToGuest::Fetch {
        event,
        entrypoint: entrypoint.clone(),
        props: props.clone(),
        request,
        body,
        parent: calling_span(&guest, caller, SpanNumber(span)),
    };
    let parcel = Parcel { message, attachments };
    let number = guest.objects.number_of(caller);
    if !guest.objects.is_locked(number) {
        let started = start(&**door, parcel, event);
        return Ok(guest.calls.add(receiver, started));
    }
    let call = guest.calls.add(receiver, None);
    let (held, door) = (Rc::downgrade(&guest), door.clone());
    // The object's writes come first. Dropped, the parcel says that nobody is there.
    let send = move |committed: Result<(), &WireError>| {
        let Some(guest) = held.upgrade().filter(|guest| committed.is_ok() && guest.calls.waits(call)) else { return };
        if let Some(started) = start(&*door, parcel, event) {
            guest.calls.started(call, started);
        }
    };
    guest.objects.hold(number, Box::new(send));
    Ok(call)
}

/// Delivers a call; whoever cannot be reached answers at once.
fn start(door: &dyn Door, parcel: Parcel<ToGuest>, event: EventId) -> Option<Started> {
    match door.deliver(parcel) {
        Ok(home) => Some(Started { home, event }),
        Err(Undelivered { why: Unreachable::Gone, .. }) => None,
        Err(Undelivered { mut parcel, why }) => {
            if let Some(reply) = parcel.attachments.take_reply() {
                // The receiver is right here.
                let _ = reply.send(unavailable(&why));
            }
            None
        }
    }
}

/// Has a worker's scheduled handler run; the number names the call until its outcome is taken.
#[op2(fast)]
#[smi]
pub fn op_service_scheduled(
    state: &mut OpState,
    #[cppgc] service: &ServiceObject,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] cron: &str,
    scheduled_time_ms: f64,
) -> u32 {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let caller = EventId(event);
    let mut attachments = Attachments::none();
    let budget = guest.events.budget_of(caller);
    attachments.set_budget(budget.unwrap_or_else(|| SubrequestBudget::new(guest.subrequests_max.get())));
    let (reply, receiver) = reply();
    attachments.set_reply(reply);
    let event = EventId::next();
    let parent = calling_span(&guest, caller, SpanNumber(span));
    let message = ToGuest::Scheduled { event, cron: cron.to_string(), scheduled_time_ms, parent };
    match service.service.door.deliver(Parcel { message, attachments }) {
        Ok(home) => guest.calls.add(receiver, Some(Started { home, event })),
        // The reply went with the parcel, which says that nobody is there.
        Err(_) => guest.calls.add(receiver, None),
    }
}

/// What became of a scheduled handler: its outcome, and whether it is not to be run again.
#[op2]
#[serde]
pub async fn op_service_outcome(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> (&'static str, bool) {
    let guest = state.borrow().borrow::<Rc<GuestState>>().clone();
    let answer =
        guest.calls.answered(id).await.and_then(|(answered, _)| answered).map(|answered| answered.answer.message);
    match answer {
        Some(Answer::Scheduled(ScheduledOutcome { outcome, no_retry })) => (outcome.as_str(), no_retry),
        Some(_) => ("exception", false),
        None => ("canceled", false),
    }
}

/// What a worker that cannot be reached answers. An object that cannot be has no page of its own: the call fails.
fn unavailable(why: &Unreachable) -> Answer {
    if matches!(why, Unreachable::Reset(_) | Unreachable::Overloaded | Unreachable::NoClass(_)) {
        return Answer::Failed { error: why.error(), outcome: EventOutcome::Exception };
    }
    let mut headers = HeaderList::with_capacity(1);
    headers.push("content-type", b"text/plain;charset=UTF-8");
    let head = ResponseHead { status: 503, status_text: String::new(), headers, encoded: false, url: String::new() };
    Answer::Response { head: Box::new(head), body: Body::Inline(Bytes::from(why.to_string())) }
}
