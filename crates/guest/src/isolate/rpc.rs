//! Delivery of JS RPC: from a message in the inbox to the scripts that answer it.
//!
//! Owns the order of things at the callee: what a call is made on is looked up when its message is taken, so that a
//! release that came later in the inbox does not reach it.

use std::sync::Arc;

use deno_core::v8;
use lopata_bridges::{Attachments, ResultState};
use lopata_protocol::{Answer, CallId, EventId, ExportId, RpcRequest, RpcTarget, SpanContext, SpanKind, WireError};

use super::{Aim, Isolate, call_for, props_to_v8, v8_text};
use crate::events::{Handler, now_us};
use crate::ext::rpc::outbound::span_name;
use crate::ext::rpc::{decode, failure};
use crate::spans::{EventSpans, SpanNumber, Under};
use crate::tail::Trigger;

/// Whether a call has arguments, as the scripts number it: a read of a property has none.
const READ: i32 = 0;
const CALL: i32 = 1;
/// What a caller of a callback is told whose event has ended. Source: production's text.
const CONTEXT_OVER_TEXT: &str = "The execution context which hosts this callback is no longer running.";
/// With arguments that are not plain data.
const CALL_SPECIAL: i32 = 2;

impl Isolate {
    /// Starts an event for a call of an entrypoint.
    pub(super) fn rpc(
        &mut self,
        event: EventId,
        aim: Aim<'_>,
        request: RpcRequest,
        parent: SpanContext,
        mut attachments: Attachments,
    ) {
        let Aim { object, entrypoint, props } = aim;
        let handler = Handler { span: "rpc handler", name: "rpc", entrypoint: entrypoint.map(Arc::from) };
        let trigger = self.guest.tailed.get().then(|| Trigger::rpc(&request));
        self.begin(event, handler, parent, trigger, &mut attachments, object);
        let Self { runtime, guest, dispatch, .. } = self;
        deno_core::scope!(scope, runtime);
        let RpcRequest { call, path, args } = request;
        let args = args.map(|bytes| decode(scope, guest, event, bytes, attachments.take_capabilities()));
        let Some((kind, args)) = arguments(scope, args) else {
            let answer = failure(undecodable());
            guest.answer(event, answer, Attachments::none(), None);
            guest.events.end(event, lopata_protocol::EventOutcome::Exception, &guest.worker(), &guest.host);
            guest.objects.end(event, true);
            return;
        };
        let event_number = v8::Number::new(scope, event.0 as f64).into();
        let call_number = v8::Number::new(scope, call.0 as f64).into();
        let entrypoint = v8_text(scope, entrypoint.unwrap_or("default"));
        let props = props_to_v8(scope, props);
        let path = path_to_v8(scope, &path);
        let object = v8::Integer::new_from_unsigned(scope, object).into();
        let passed = [event_number, call_number, entrypoint, props, path, kind, args, object];
        if let Some(record) = call_for(scope, &dispatch.rpc, &passed) {
            guest.rpc.results.borrow_mut().insert(call, event, record);
        }
    }

    /// Calls something that an event of this guest has given away or has promised.
    pub(super) fn rpc_on(
        &mut self,
        target: RpcTarget,
        request: RpcRequest,
        parent: SpanContext,
        mut attachments: Attachments,
    ) {
        let Self { runtime, guest, dispatch, .. } = self;
        let Some(reply) = attachments.take_reply() else { return };
        let found = match target {
            RpcTarget::Export(export) => {
                guest.rpc.exports.borrow().get(export).map(|(event, record)| (event, record.clone()))
            }
            RpcTarget::Result(call) => match guest.rpc.results.borrow().get(call) {
                ResultState::Held(event, record) => Some((event, record.clone())),
                ResultState::Gone => None,
            },
        };
        let Some((event, record)) = found else {
            let answer = match target {
                // There is a stub to it, so it went with its context. Source: production's text.
                RpcTarget::Export(_) => failure(WireError::new("Error", CONTEXT_OVER_TEXT)),
                RpcTarget::Result(_) => Answer::RpcGone,
            };
            // A caller that is gone needs no answer.
            let _ = reply.send(answer);
            return;
        };
        deno_core::scope!(scope, runtime);
        let RpcRequest { call, path, args } = request;
        let args = args.map(|bytes| decode(scope, guest, event, bytes, attachments.take_capabilities()));
        let Some((kind, args)) = arguments(scope, args) else {
            let _ = reply.send(failure(undecodable()));
            return;
        };
        guest.rpc.held.add_reply(event, call, reply);
        let name = span_name(&path.join("."));
        let start = |spans: &mut EventSpans| spans.start(Under::Caller(parent), name, SpanKind::Server, now_us());
        let span = guest.events.with_spans(event, start).unwrap_or(SpanNumber::HANDLER);
        let span = v8::Integer::new(scope, span.0).into();
        let record = v8::Local::new(scope, record).into();
        let call_number = v8::Number::new(scope, call.0 as f64).into();
        let path = path_to_v8(scope, &path);
        if let Some(record) = call_for(scope, &dispatch.rpc_on, &[record, call_number, span, path, kind, args]) {
            guest.rpc.results.borrow_mut().insert(call, event, record);
        }
    }

    /// The last stub to an export is gone.
    pub(super) fn rpc_release(&mut self, export: ExportId) {
        let Self { runtime, guest, dispatch, .. } = self;
        let released = guest.rpc.exports.borrow_mut().release(export);
        let Some((_, record)) = released else { return };
        deno_core::scope!(scope, runtime);
        let record = v8::Local::new(scope, record).into();
        call_for(scope, &dispatch.rpc_release, &[record]);
    }

    /// The caller wants nothing more of a call.
    pub(super) fn rpc_finish(&mut self, call: CallId) {
        let Self { runtime, guest, dispatch, .. } = self;
        let finished = guest.rpc.results.borrow_mut().finish(call);
        // Nobody reads the answer of one that still runs.
        drop(guest.rpc.held.take_reply(call));
        let Some((_, record)) = finished else { return };
        deno_core::scope!(scope, runtime);
        let record = v8::Local::new(scope, record).into();
        call_for(scope, &dispatch.rpc_finish, &[record]);
    }
}

/// The kind of a call and its arguments; `None` when its bytes are no value.
fn arguments<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: Option<Option<(bool, v8::Local<'s, v8::Value>)>>,
) -> Option<(v8::Local<'s, v8::Value>, v8::Local<'s, v8::Value>)> {
    let (kind, args) = match args {
        None => (READ, v8::undefined(scope).into()),
        Some(decoded) => {
            let (special, args) = decoded?;
            (if special { CALL_SPECIAL } else { CALL }, args)
        }
    };
    Some((v8::Integer::new(scope, kind).into(), args))
}

fn undecodable() -> WireError {
    WireError::new("DataCloneError", "The arguments of an RPC call could not be deserialized.")
}

/// One name as a string, anything else as an array of them.
fn path_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, path: &[String]) -> v8::Local<'s, v8::Value> {
    if let [name] = path {
        return v8_text(scope, name);
    }
    let names: Vec<_> = path.iter().map(|name| v8_text(scope, name)).collect();
    v8::Array::new_with_elements(scope, &names).into()
}
