//! Ops of JS RPC: calls out, answers to calls in, and the values of both.
//!
//! What a value is made of and what may be called is decided in the scripts beside this file: `values.js` takes values
//! apart and puts them together, `stubs.js` is the caller's side, `serve.js` the callee's.

mod clone;
mod held;
pub mod outbound;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, op2, v8};
use lopata_bridges::{Attachments, Exports, Parcel, Results, StreamWriter, Stub, stream};
use lopata_protocol::{Answer, CallId, EventId, EventOutcome, RpcHold, WireError};

pub use self::clone::decode;
use self::clone::{EncodeError, Encoded, decode_body, encode};
pub use self::held::Held;
use crate::error::GuestError;
use crate::events::now_us;
use crate::ext::tracing::{current_span, exception_attributes};
use crate::objects::Objects;
use crate::state::GuestState;
use crate::wire;

/// What a guest knows about JS RPC.
#[derive(Default)]
pub struct Rpc {
    /// What it holds of others.
    pub held: Held,
    /// What it has given away, as the records that `serve.js` makes.
    pub exports: RefCell<Exports<v8::Global<v8::Object>>>,
    /// What may be asked of calls that it has taken, likewise.
    pub results: RefCell<Results<v8::Global<v8::Object>>>,
    /// Writing ends that are about to be given away, by the reading end that stays here.
    sinks: RefCell<HashMap<u32, StreamWriter>>,
}

impl Rpc {
    /// Nothing yet; `held` is the table, which the panic hook knows too.
    pub fn new(held: Held) -> Self {
        Self { held, ..Self::default() }
    }

    fn take_sink(&self, reader: u32) -> Option<StreamWriter> {
        self.sinks.borrow_mut().remove(&reader)
    }

    /// The record behind a stub to what `event` itself has given away. Ids are those of the process: a stub of
    /// another guest has none here.
    fn own_record(&self, objects: &Objects, event: EventId, stub: &Stub) -> Option<v8::Global<v8::Object>> {
        let exports = self.exports.borrow();
        let own = |of: EventId| of == event || objects.keeper(of) == objects.keeper(event);
        exports.get(stub.export()).filter(|(of, _)| own(*of)).map(|(_, record)| record.clone())
    }

    /// The event is over: what it gave away can no longer be called, what it was given is released.
    pub fn end_event(&self, event: EventId) {
        drop(self.exports.borrow_mut().end_event(event));
        drop(self.results.borrow_mut().end_event(event));
        for reply in self.held.end_event(event) {
            // Source: production's text.
            let text = "The destination execution context for this RPC was canceled while the call was still running.";
            // A caller that is gone needs no answer.
            let _ = reply.send(failure(WireError::new("Error", text)));
        }
    }
}

/// An answer that is no value of the callee's, but lopata's own word.
pub fn failure(error: WireError) -> Answer {
    Answer::Failed { error, outcome: EventOutcome::Exception }
}

fn guest_of(state: &Rc<RefCell<OpState>>) -> Rc<GuestState> {
    state.borrow().borrow::<Rc<GuestState>>().clone()
}

fn attach(encoded: Encoded, attachments: &mut Attachments) -> Bytes {
    for capability in encoded.capabilities {
        attachments.attach_capability(capability);
    }
    encoded.bytes
}

/// The outcome by the number that the scripts use.
fn outcome_of(number: u32) -> EventOutcome {
    match number {
        0 => EventOutcome::Ok,
        2 => EventOutcome::Canceled,
        _ => EventOutcome::Exception,
    }
}

/// Answers a call: the one that started `event`, when `top`, or one on something that `event` gave away.
fn answer(guest: &GuestState, event: EventId, call: CallId, top: bool, parcel: Parcel<Answer>, ended: Option<u32>) {
    if top {
        let Parcel { message, attachments } = parcel;
        let ended = ended.map(outcome_of);
        guest.answer(event, message, attachments, ended);
    } else if let Some(reply) = guest.rpc.held.take_reply(call) {
        let send = move |committed: Result<(), &WireError>| {
            let parcel = match committed {
                Ok(()) => parcel,
                Err(error) => Parcel::new(failure(error.clone())),
            };
            // A caller that is gone needs no answer; what was attached is dropped, which tells its other side.
            let _ = reply.send(parcel);
        };
        match guest.objects.number_of(event) {
            0 => send(Ok(())),
            number => guest.objects.hold(number, Box::new(send)),
        }
    }
}

/// Answers a call with what it returned.
#[op2(nofast, reentrant)]
#[allow(clippy::too_many_arguments, reason = "one call per RPC: an object would cost more than the list")]
pub fn op_rpc_respond<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[number] call: u64,
    top: bool,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
    #[smi] hold: u32,
    ended: bool,
    #[smi] outcome: u32,
) -> Result<(), GuestError> {
    let guest = guest_of(&state);
    let (event, call) = (EventId(event), CallId(call));
    let encoded = match encode(scope, &guest, event, value, special) {
        Ok(encoded) => encoded,
        // The exception is pending.
        Err(EncodeError::Thrown) => return Ok(()),
        Err(EncodeError::Refused(error)) => return Err(error),
    };
    let mut attachments = Attachments::none();
    let value = attach(encoded, &mut attachments);
    let hold = match hold {
        0 => RpcHold::Nothing,
        1 => RpcHold::Result,
        _ => RpcHold::Disposer,
    };
    if hold == RpcHold::Nothing {
        drop(guest.rpc.results.borrow_mut().finish(call));
    }
    let parcel = Parcel { message: Answer::Rpc { value, hold }, attachments };
    answer(&guest, event, call, top, parcel, ended.then_some(outcome));
    Ok(())
}

/// Answers a call with what it threw: `thrown` is that itself, `value` and `special` its clone.
#[op2(nofast, reentrant)]
#[allow(clippy::too_many_arguments, reason = "as for the answer")]
pub fn op_rpc_failed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[number] call: u64,
    top: bool,
    thrown: v8::Local<'s, v8::Value>,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
    ended: bool,
    #[smi] outcome: u32,
) -> Result<(), GuestError> {
    let guest = guest_of(&state);
    let (event, call) = (EventId(event), CallId(call));
    let error = wire::describe(scope, thrown);
    let encoded = match encode(scope, &guest, event, value, special) {
        Ok(encoded) => encoded,
        // The exception is pending.
        Err(EncodeError::Thrown) => return Ok(()),
        Err(EncodeError::Refused(error)) => return Err(error),
    };
    let mut attachments = Attachments::none();
    let value = attach(encoded, &mut attachments);
    drop(guest.rpc.results.borrow_mut().finish(call));
    guest.events.add_event(event, current_span(scope), "exception", || exception_attributes(&error));
    guest.events.with_tail(event, |tail| tail.exception(&error, now_us()));
    let parcel = Parcel { message: Answer::RpcFailed { value, error }, attachments };
    answer(&guest, event, call, top, parcel, ended.then_some(outcome));
    Ok(())
}

/// Puts the body of a special value together from what was made for the things in its head.
#[op2]
pub fn op_rpc_decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[buffer] body: &[u8],
    shells: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    decode_body(scope, body, shells).unwrap_or_else(|| v8::undefined(scope).into())
}

/// A value without capabilities as bytes: what an abort says after its signal has crossed.
#[op2(reentrant)]
pub fn op_rpc_to_bytes<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Value> {
    let guest = guest_of(&state);
    match encode(scope, &guest, EventId(0), value, special) {
        Ok(encoded) => crate::ext::body::bytes_to_v8(scope, encoded.bytes),
        Err(EncodeError::Thrown | EncodeError::Refused(_)) => v8::undefined(scope).into(),
    }
}

/// Such bytes as `[special, value]`.
#[op2]
pub fn op_rpc_from_bytes<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[buffer(copy)] bytes: Bytes,
) -> v8::Local<'s, v8::Value> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let (special, value) =
        decode(scope, &guest, EventId(0), bytes, Vec::new()).unwrap_or_else(|| (false, v8::undefined(scope).into()));
    let special = v8::Boolean::new(scope, special).into();
    v8::Array::new_with_elements(scope, &[special, value]).into()
}

/// Releases a stub when the object that stands for it is collected.
pub struct StubHandle {
    held: Held,
    stub: u32,
}

impl Drop for StubHandle {
    fn drop(&mut self) {
        self.held.release_stub(self.stub);
    }
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit; dropping it from a
// finaliser takes an entry out of a table and sends a message, and touches nothing of V8.
unsafe impl v8::cppgc::GarbageCollected for StubHandle {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"StubHandle"
    }
}

/// The object by whose life the stub lives.
#[op2]
pub fn op_rpc_stub_handle<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] stub: u32,
) -> v8::Local<'s, v8::Value> {
    let held = state.borrow::<Rc<GuestState>>().rpc.held.clone();
    deno_core::cppgc::make_cppgc_object(scope, StubHandle { held, stub }).into()
}

/// The same stub once more, for `event`; zero when it is gone.
#[op2(fast)]
#[smi]
pub fn op_rpc_stub_dup(state: &mut OpState, #[number] event: u64, #[smi] stub: u32) -> u32 {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let keeper = guest.objects.keeper(EventId(event));
    guest.rpc.held.stub(stub).map_or(0, |stub| guest.rpc.held.add_stub(keeper, stub))
}

/// Lets go of a stub.
#[op2(fast)]
pub fn op_rpc_stub_release(state: &mut OpState, #[smi] stub: u32) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    guest.rpc.held.release_stub(stub);
}

/// The caller of an event has gone away, and with it the wish for what the event has called.
#[op2(fast)]
pub fn op_rpc_cancel_calls(state: &mut OpState, #[number] event: u64) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    guest.rpc.held.cancel_calls(EventId(event));
}

/// An event that has used RPC is over.
#[op2(fast)]
pub fn op_rpc_end_event(state: &mut OpState, #[number] event: u64) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    guest.rpc.end_event(EventId(event));
}

/// Opens a stream that another isolate will write: the number names its reading end, and the writing end until that
/// is given away.
#[op2(fast)]
#[smi]
pub fn op_rpc_open_sink(state: &mut OpState) -> u32 {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let (writer, reader) = stream();
    let id = guest.bodies.add_reader(reader);
    guest.rpc.sinks.borrow_mut().insert(id, writer);
    id
}

/// Such a stream is not given away after all.
#[op2(fast)]
pub fn op_rpc_drop_sink(state: &mut OpState, #[smi] reader: u32) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    drop(guest.rpc.take_sink(reader));
}
