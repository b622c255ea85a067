//! Calls out: sent, waited for, and finished with.

use std::borrow::Cow;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, op2, v8};
use lopata_bridges::{
    Attachments, Capability, InboxSender, OutCall, Parcel, Stub, SubrequestBudget, Undelivered, Unreachable,
    WorkerService, invoke, reply,
};
use lopata_protocol::{
    Answer, CallId, EventId, EventOutcome, RpcHold, RpcRequest, RpcTarget, SpanContext, SpanKind, ToGuest, WireError,
    limits,
};

use super::clone::{EncodeError, decode, encode, export, service_of};
use super::held::{Finished, Waited};
use super::{attach, guest_of};
use crate::error::GuestError;
use crate::events::now_us;
use crate::ext::fetch::calling_span;
use crate::ext::tracing::current_span;
use crate::spans::{EventSpans, SpanNumber, Under, prefix};
use crate::state::GuestState;
use crate::wire;

/// What a call is made on, as the scripts number it.
const ON_SERVICE: u32 = 0;
const ON_STUB: u32 = 1;
const ON_RESULT: u32 = 2;
const ON_OWN: u32 = 3;

/// Sends a call, or a read of a property when `args` is undefined; the number names the call. Zero means that the
/// result it was to be made on was let go: the script asks the value that it has. What cannot be reached is
/// `{ failure }`, for `errors.js`.
#[op2(reentrant)]
#[allow(clippy::too_many_arguments, reason = "one call per RPC: an object would cost more than the list")]
pub fn op_rpc_send<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[smi] kind: u32,
    target: v8::Local<'s, v8::Value>,
    path: v8::Local<'s, v8::Value>,
    args: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::Value>, GuestError> {
    let guest = guest_of(&state);
    let event = EventId(event);
    let owner = guest.objects.keeper(event);
    let mut attachments = Attachments::none();
    let gone = v8::Integer::new(scope, 0).into();
    let args = if args.is_undefined() {
        None
    } else {
        match encode(scope, &guest, owner, args, special) {
            Ok(encoded) => Some(attach(encoded, &mut attachments)),
            // The exception is pending, so that the number is not seen.
            Err(EncodeError::Thrown) => return Ok(gone),
            Err(EncodeError::Refused(error)) => return Err(error),
        }
    };
    let request = Box::new(RpcRequest { call: CallId::next(), path: read_path(scope, path), args });
    let call = request.call;
    let name = request.path.join(".");
    let mut own = None;
    let way = match kind {
        ON_SERVICE => service_of(scope, target).map(|service| Way::Service(service, budget_of(&guest, event))),
        ON_STUB => guest.rpc.held.stub(target.uint32_value(scope).unwrap_or(0)).map(Way::Stub),
        ON_RESULT => {
            let call = CallId(target.number_value(scope).unwrap_or(0.0) as u64);
            // Before the call's span: there may be no call to make.
            let Some((home, target)) = guest.rpc.held.result_of(call) else { return Ok(gone) };
            Some(Way::Result(home, target))
        }
        ON_OWN => export(scope, &guest, owner, target).map(|stub| {
            own = Some(stub.clone());
            Way::Stub(stub)
        }),
        _ => None,
    };
    let span = begin_span(&guest, event, current_span(scope), &name);
    let parent = calling_span(&guest, event, span);
    let made = Finished { owner, event, name, span };
    let number = guest.objects.number_of(event);
    if let Some(way) = way {
        if guest.objects.is_locked(number) {
            guest.rpc.held.hold_call(call, made, own);
            let held = guest.rpc.held.clone();
            // The object's writes come first.
            let send = move |committed: Result<(), &WireError>| {
                if !held.is_held(call) {
                    return;
                }
                let sent = match committed {
                    Ok(()) => way.send(request, parent, attachments).map_err(|why| why.error()),
                    Err(error) => Err(error.clone()),
                };
                held.send(call, sent);
            };
            guest.objects.hold(number, Box::new(send));
            return Ok(v8::Number::new(scope, call.0 as f64).into());
        }
        match way.send(request, parent, attachments) {
            Ok(out) => guest.rpc.held.add_call(out, made, own),
            Err(why) => {
                end_span(&guest, made, why.to_string());
                return Ok(wire::failure_to_v8(scope, &why.error()));
            }
        }
        return Ok(v8::Number::new(scope, call.0 as f64).into());
    }
    end_span(&guest, made, Unreachable::Gone.to_string());
    Ok(wire::failure_to_v8(scope, &Unreachable::Gone.error()))
}

/// Where a call goes.
enum Way {
    /// To an entrypoint, where it starts an event of its own.
    Service(WorkerService, SubrequestBudget),
    Stub(Stub),
    /// To what another call promises.
    Result(InboxSender, RpcTarget),
}

impl Way {
    fn send(
        self,
        request: Box<RpcRequest>,
        parent: SpanContext,
        attachments: Attachments,
    ) -> Result<OutCall, Unreachable> {
        match self {
            Self::Service(service, budget) => start(service, budget, request, parent, attachments),
            Self::Stub(stub) => follow(&stub, request, parent, attachments),
            Self::Result(home, target) => invoke(&home, target, request, attachments, parent),
        }
    }
}

/// What a call may spend. A caller that is over has no budget any more; what it starts is no top-level event for all
/// that.
fn budget_of(guest: &GuestState, caller: EventId) -> SubrequestBudget {
    guest.events.budget_of(caller).unwrap_or_else(|| SubrequestBudget::new(guest.subrequests_max.get()))
}

/// A string, or an array of strings.
fn read_path<'s>(scope: &mut v8::PinScope<'s, '_>, path: v8::Local<'s, v8::Value>) -> Vec<String> {
    let Ok(names) = v8::Local::<v8::Array>::try_from(path) else { return vec![path.to_rust_string_lossy(scope)] };
    let name = |index| names.get_index(scope, index).map(|name| name.to_rust_string_lossy(scope)).unwrap_or_default();
    (0..names.length()).map(name).collect()
}

/// Calls an entrypoint: starts an event of its own there.
fn start(
    service: WorkerService,
    budget: SubrequestBudget,
    request: Box<RpcRequest>,
    parent: SpanContext,
    mut attachments: Attachments,
) -> Result<OutCall, Unreachable> {
    let call = request.call;
    attachments.set_budget(budget);
    let (reply, answer) = reply();
    attachments.set_reply(reply);
    let message = ToGuest::Rpc {
        event: EventId::next(),
        entrypoint: service.entrypoint.clone(),
        props: service.props.clone(),
        request,
        parent,
    };
    match service.door.deliver(Parcel { message, attachments }) {
        Ok(home) => Ok(OutCall::new(call, home, answer)),
        Err(Undelivered { why, .. }) => Err(why),
    }
}

/// Calls what a stub leads to.
fn follow(
    stub: &Stub,
    request: Box<RpcRequest>,
    parent: SpanContext,
    attachments: Attachments,
) -> Result<OutCall, Unreachable> {
    let target = RpcTarget::Export(stub.export());
    invoke(stub.home(), target, request, attachments, parent)
}

/// How a call ended, on its way to the script as `[how, value, hold]`.
pub struct RpcAnswer {
    guest: Rc<GuestState>,
    event: EventId,
    how: How,
}

enum How {
    Returned(Bytes, Vec<Option<Capability>>, RpcHold),
    Thrown(Bytes, Vec<Option<Capability>>),
    /// The result that was asked is gone; the caller has its value.
    Gone,
    /// What was called could not be asked, for this reason.
    Refused(Box<WireError>),
    /// The callee's guest is gone.
    Lost(Box<WireError>),
    Cancelled,
}

/// The numbers of [`How`] for the script; one more for a value that is not plain data.
const RETURNED: i32 = 0;
const THROWN: i32 = 2;
const GONE: i32 = 4;
const LOST: i32 = 5;
const CANCELLED: i32 = 6;
const REFUSED: i32 = 7;

impl<'s> deno_core::ToV8<'s> for RpcAnswer {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let Self { guest, event, how } = self;
        // The event may have ended since the answer came; then nobody is left to let go of what came with it.
        let runs = guest.events.runs(event) || guest.objects.is_root(event);
        let how = if runs { how } else { How::Cancelled };
        let nothing = v8::undefined(scope).into();
        let value_of = |scope: &mut v8::PinScope<'s, 'i>, bytes, capabilities, base| match decode(
            scope,
            &guest,
            event,
            bytes,
            capabilities,
        ) {
            Some((special, value)) => (base + i32::from(special), value),
            None => {
                let error = WireError::new("DataCloneError", "The result of an RPC call could not be deserialized.");
                (LOST, wire::to_v8(scope, &error))
            }
        };
        let (how, value, hold) = match how {
            How::Returned(bytes, capabilities, hold) => {
                let (how, value) = value_of(scope, bytes, capabilities, RETURNED);
                let hold = match hold {
                    RpcHold::Nothing => 0,
                    RpcHold::Result => 1,
                    RpcHold::Disposer => 2,
                };
                (how, value, hold)
            }
            How::Thrown(bytes, capabilities) => {
                let (how, value) = value_of(scope, bytes, capabilities, THROWN);
                (how, value, 0)
            }
            How::Gone => (GONE, nothing, 0),
            How::Refused(error) => (REFUSED, wire::to_v8(scope, &error), 0),
            How::Lost(error) => (LOST, wire::to_v8(scope, &error), 0),
            How::Cancelled => (CANCELLED, nothing, 0),
        };
        let how = v8::Integer::new(scope, how).into();
        let hold = v8::Integer::new(scope, hold).into();
        Ok(v8::Array::new_with_elements(scope, &[how, value, hold]).into())
    }
}

/// Waits for the answer of a call.
#[op2]
pub async fn op_rpc_answer(state: Rc<RefCell<OpState>>, #[number] call: u64) -> RpcAnswer {
    let guest = guest_of(&state);
    let call = CallId(call);
    let held = guest.rpc.held.clone();
    match poll_fn(|cx| held.poll_answer(call, cx)).await {
        Waited::Cancelled => RpcAnswer { guest, event: EventId(0), how: How::Cancelled },
        Waited::Unsent(finished, error) => {
            held.let_go(call);
            let event = finished.owner;
            end_span(&guest, finished, error.to_string());
            RpcAnswer { guest, event, how: How::Lost(Box::new(error)) }
        }
        Waited::Over(finished, answered) => {
            let (how, failed) = match answered {
                Some(answered) => read_answer(answered.answer),
                None => {
                    let error = WireError::connection_lost(None);
                    let failed = error.to_string();
                    (How::Lost(Box::new(error)), failed)
                }
            };
            match how {
                // The script says when it has read the answer.
                How::Returned(_, _, RpcHold::Result | RpcHold::Disposer) => {}
                _ => held.let_go(call),
            }
            let event = finished.owner;
            end_span(&guest, finished, failed);
            RpcAnswer { guest, event, how }
        }
    }
}

/// What an answer says, and the failure for the call's span; empty when it went well.
fn read_answer(mut parcel: Parcel<Answer>) -> (How, String) {
    let capabilities = parcel.attachments.take_capabilities();
    match parcel.message {
        Answer::Rpc { value, hold } => (How::Returned(value, capabilities, hold), String::new()),
        Answer::RpcFailed { value, error } => (How::Thrown(value, capabilities), error.to_string()),
        Answer::RpcGone => (How::Gone, String::new()),
        Answer::Failed { error, outcome } => {
            let failed = error.to_string();
            if error.is_object_reset() {
                (How::Lost(Box::new(error)), failed)
            } else if outcome == EventOutcome::Exception {
                (How::Refused(Box::new(error)), failed)
            } else {
                (How::Lost(Box::new(WireError::connection_lost(Some(&error.message)))), failed)
            }
        }
        other => unreachable!("a call is answered with a value, not {other:?}"),
    }
}

/// A call is a span of the event that made it, under the span in which it was made.
fn begin_span(guest: &GuestState, event: EventId, under: SpanNumber, method: &str) -> SpanNumber {
    let start = |spans: &mut EventSpans| spans.start(Under::Span(under), span_name(method), SpanKind::Client, now_us());
    guest.events.with_spans(event, start).unwrap_or(SpanNumber::HANDLER)
}

/// The name of the span of a call, at either end.
pub fn span_name(method: &str) -> String {
    let name = if method.is_empty() { "rpc".to_string() } else { format!("rpc {method}") };
    prefix(&name, limits::SPAN_NAME_BYTES_MAX).to_string()
}

fn end_span(guest: &GuestState, finished: Finished, failure: String) {
    let Finished { event, name, span, .. } = finished;
    if span == SpanNumber::HANDLER {
        return;
    }
    let attributes = vec![
        (Cow::Borrowed("rpc.system"), "jsrpc".into()),
        (Cow::Borrowed("rpc.method"), name.clone().into()),
        (Cow::Borrowed("cloudflare.jsrpc.method"), name.into()),
    ];
    guest.events.with_spans(event, |spans| spans.end(span, attributes, failure, now_us()));
}

/// Wants nothing more of a call.
#[op2(fast)]
pub fn op_rpc_finish(state: &mut OpState, #[number] call: u64) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    guest.rpc.held.finish(CallId(call));
}
