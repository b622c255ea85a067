//! Ops of events: answers, ends, waitUntil and logs.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, SourceMapApplication, op2, v8};
use lopata_bridges::Attachments;
use lopata_protocol::message::Death;
use lopata_protocol::{
    Answer, Body, EventId, EventOutcome, FromGuest, HeaderList, LogLevel, LogRecord, ResponseHead, ScheduledOutcome,
    TestOutcome, WaitUntilId, WireError,
};

use crate::error::GuestError;
use crate::events::now_us;
use crate::ext::tracing::{current_span, exception_attributes};
use crate::spans::SpanNumber;
use crate::state::GuestState;
use crate::wire;

fn guest_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// The outcome by the number that the scripts use.
fn outcome_of(number: u32) -> EventOutcome {
    match number {
        0 => EventOutcome::Ok,
        2 => EventOutcome::Canceled,
        _ => EventOutcome::Exception,
    }
}

/// Kinds of body, as the scripts number them.
const BODY_EMPTY: u32 = 0;
const BODY_INLINE: u32 = 1;
const BODY_PUMPED: u32 = 2;
const BODY_SPLICED: u32 = 3;

/// Reads a script's body into a message: bytes travel inside, streams ride along.
pub fn take_body<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    guest: &GuestState,
    kind: u32,
    value: v8::Local<'s, v8::Value>,
    length: f64,
    attachments: &mut Attachments,
) -> Result<Body, GuestError> {
    let reader = match kind {
        BODY_EMPTY => return Ok(Body::Empty),
        BODY_INLINE => return Ok(Body::Inline(bytes_of(scope, value))),
        BODY_PUMPED => guest.bodies.take_pumped(value.uint32_value(scope).unwrap_or(0)),
        BODY_SPLICED => guest.bodies.take_reader(value.uint32_value(scope).unwrap_or(0)),
        _ => None,
    };
    let reader = reader.ok_or(GuestError::NoSuchBody)?;
    let body = Body::Stream { id: reader.id(), length: (length >= 0.0).then_some(length as u64) };
    attachments.attach_stream(reader);
    Ok(body)
}

fn bytes_of<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Bytes {
    if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
        return Bytes::from(text.to_rust_string_lossy(scope));
    }
    let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(value) else { return Bytes::new() };
    let mut bytes = vec![0; view.byte_length()];
    view.copy_contents(&mut bytes);
    Bytes::from(bytes)
}

/// Reads `[[name, value], …]`; values are UTF-8 on the wire, as in production.
pub fn header_list<'s>(scope: &mut v8::PinScope<'s, '_>, list: v8::Local<'s, v8::Array>) -> HeaderList {
    let mut headers = HeaderList::with_capacity(list.length() as usize);
    let mut name = Vec::new();
    let mut value = Vec::new();
    for index in 0..list.length() {
        let Some(pair) = list.get_index(scope, index).and_then(|pair| v8::Local::<v8::Array>::try_from(pair).ok())
        else {
            continue;
        };
        if read_text(scope, pair, 0, &mut name) && read_text(scope, pair, 1, &mut value) {
            name.make_ascii_lowercase();
            if let Ok(name) = std::str::from_utf8(&name) {
                headers.push(name, &value);
            }
        }
    }
    headers
}

fn read_text<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    pair: v8::Local<'s, v8::Array>,
    index: u32,
    into: &mut Vec<u8>,
) -> bool {
    let Some(text) = pair.get_index(scope, index).and_then(|text| v8::Local::<v8::String>::try_from(text).ok()) else {
        return false;
    };
    into.clear();
    into.resize(text.length(), 0);
    if text.is_onebyte() {
        text.write_one_byte_v2(scope, 0, into, v8::WriteFlags::empty());
        if into.is_ascii() {
            return true;
        }
    }
    *into = text.to_rust_string_lossy(scope).into_bytes();
    true
}

/// Answers a fetch event.
#[op2(nofast)]
#[allow(clippy::too_many_arguments, reason = "one call per request: an object would cost more than the list")]
pub fn op_event_respond<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] event: u64,
    #[smi] status: u32,
    #[string] status_text: String,
    headers: v8::Local<'s, v8::Array>,
    encoded: bool,
    #[smi] body_kind: u32,
    body: v8::Local<'s, v8::Value>,
    length: f64,
    ended: bool,
    #[smi] outcome: u32,
) -> Result<(), GuestError> {
    let guest = guest_of(state);
    let status = u16::try_from(status).map_err(|_| GuestError::BadStatus)?;
    let mut attachments = Attachments::none();
    let body = take_body(scope, &guest, body_kind, body, length, &mut attachments)?;
    if status == 101
        && let Some(socket) = guest.sockets.take_departing()
    {
        attachments.set_socket(socket);
    }
    let head = ResponseHead { status, status_text, headers: header_list(scope, headers), encoded, url: String::new() };
    let answer = Answer::Response { head: Box::new(head), body };
    let ended = ended.then(|| outcome_of(outcome));
    guest.answer(EventId(event), answer, attachments, ended);
    Ok(())
}

/// The handler threw: answers with the error and logs it. With `ended`, the event is over.
#[op2(nofast, reentrant)]
pub fn op_event_failed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    thrown: v8::Local<'s, v8::Value>,
    #[smi] outcome: u32,
    quiet: bool,
    ended: bool,
) {
    let guest = guest_of(&state.borrow());
    let event = EventId(event);
    let error = wire::describe(scope, thrown);
    if !quiet {
        log_error(&guest, Some(event), current_span(scope), &error);
    }
    let outcome = outcome_of(outcome);
    let answer = Answer::Failed { error, outcome };
    let ended = ended.then_some(outcome);
    guest.answer(event, answer, Attachments::none(), ended);
}

/// Answers a scheduled event.
#[op2(fast)]
pub fn op_event_scheduled(state: &mut OpState, #[number] event: u64, #[smi] outcome: u32, no_retry: bool) {
    let guest = guest_of(state);
    let answer = Answer::Scheduled(ScheduledOutcome { outcome: outcome_of(outcome), no_retry });
    guest.answer(EventId(event), answer, Attachments::none(), None);
}

/// Answers a tail event.
#[op2(fast)]
pub fn op_event_tailed(state: &mut OpState, #[number] event: u64) {
    let guest = guest_of(state);
    guest.answer(EventId(event), Answer::Tailed, Attachments::none(), None);
}

/// Answers a test event: `failed` exactly when something was thrown, which is `thrown`.
#[op2(nofast, reentrant)]
pub fn op_event_tested<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[smi] outcome: u32,
    thrown: v8::Local<'s, v8::Value>,
    failed: bool,
) {
    let guest = guest_of(&state.borrow());
    let error = failed.then(|| wire::describe(scope, thrown));
    let answer = Answer::Tested(TestOutcome { outcome: outcome_of(outcome), error });
    guest.answer(EventId(event), answer, Attachments::none(), None);
}

/// The connect handler has been called.
#[op2(fast)]
pub fn op_event_connected(state: &mut OpState, #[number] event: u64) {
    let guest = guest_of(state);
    guest.answer(EventId(event), Answer::Connected, Attachments::none(), None);
}

/// Whether what is logged goes to a tail worker, too.
#[op2(fast)]
pub fn op_is_tailed(state: &mut OpState) -> bool {
    state.borrow::<Rc<GuestState>>().tailed.get()
}

/// The event is over.
#[op2(fast)]
pub fn op_event_ended(state: &mut OpState, #[number] event: u64, #[smi] outcome: u32) {
    let guest = guest_of(state);
    guest.events.end(EventId(event), outcome_of(outcome), &guest.worker(), &guest.host);
}

/// The script wants its isolate to end.
#[op2(fast)]
pub fn op_abort_isolate(state: &mut OpState, #[string] reason: String) {
    guest_of(state).control.terminate(Some(Death::Aborted(reason)));
}

/// A promise was handed to waitUntil; the number names it until it settles.
#[op2(fast)]
#[number]
pub fn op_wait_until_added(state: &mut OpState, #[number] event: u64) -> u64 {
    let guest = guest_of(state);
    let task = WaitUntilId::next();
    guest.host.send(FromGuest::WaitUntilAdded { event: EventId(event), task });
    task.0
}

/// A promise of waitUntil settled.
#[op2(nofast, reentrant)]
pub fn op_wait_until_settled<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[number] task: u64,
    thrown: v8::Local<'s, v8::Value>,
    failed: bool,
) {
    let guest = guest_of(&state.borrow());
    let error = failed.then(|| wire::describe(scope, thrown));
    guest.host.send(FromGuest::WaitUntilSettled { event: EventId(event), task: WaitUntilId(task), error });
}

/// Takes a subrequest from the event's budget; false when it is used up.
#[op2(fast)]
pub fn op_take_subrequest(state: &mut OpState, #[number] event: u64) -> bool {
    state.borrow::<Rc<GuestState>>().events.take_subrequest(EventId(event))
}

/// A console line; event 0 is module scope. `message` is the JSON array of what was logged, for tail workers.
#[op2(nofast)]
pub fn op_log<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] event: u64,
    #[smi] span: i32,
    #[smi] level: u32,
    #[string] text: String,
    #[string] message: String,
) {
    let guest = guest_of(state);
    let level = match level {
        0 => LogLevel::Debug,
        1 => LogLevel::Log,
        2 => LogLevel::Warn,
        4 => LogLevel::Info,
        _ => LogLevel::Error,
    };
    let event = (event != 0).then_some(EventId(event));
    if let Some(event) = event {
        guest.events.add_event(event, SpanNumber(span), "log", || {
            vec![
                (Cow::Borrowed("log.severity"), level.as_str().into()),
                (Cow::Borrowed("log.message"), text.clone().into()),
            ]
        });
    }
    if let (Some(event), false) = (event, message.is_empty()) {
        guest.events.with_tail(event, |tail| tail.log(level, &message, now_us()));
    }
    let origin = user_position(scope, &guest);
    guest.host.send(FromGuest::Log(LogRecord { level, text, origin, event }));
}

/// An exception that nobody handled, or a rejected waitUntil.
#[op2(nofast, reentrant)]
pub fn op_log_exception<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    thrown: v8::Local<'s, v8::Value>,
) {
    let guest = guest_of(&state.borrow());
    let error = wire::describe(scope, thrown);
    log_error(&guest, (event != 0).then_some(EventId(event)), current_span(scope), &error);
}

fn log_error(guest: &GuestState, event: Option<EventId>, span: SpanNumber, error: &WireError) {
    if let Some(event) = event {
        guest.events.add_event(event, span, "exception", || exception_attributes(error));
        guest.events.with_tail(event, |tail| tail.exception(error, now_us()));
    }
    let text = format!("Uncaught {}", wire::report(error));
    guest.host.send(FromGuest::Log(LogRecord { level: LogLevel::Error, text, origin: None, event }));
}

/// Frames looked at to find the user's own.
const FRAMES_MAX: usize = 12;

/// The user's line that called into the runtime, as `path:line:column` of the source it was written in.
fn user_position(scope: &mut v8::PinScope<'_, '_>, guest: &GuestState) -> Option<String> {
    let trace = v8::StackTrace::current_stack_trace(scope, FRAMES_MAX)?;
    for index in 0..trace.get_frame_count() {
        let frame = trace.get_frame(scope, index)?;
        let Some(script) = frame.get_script_name(scope) else { continue };
        let script = script.to_rust_string_lossy(scope);
        if script.starts_with("ext:") || script.starts_with('[') {
            continue;
        }
        let (line, column) = (frame.get_line_number() as u32, frame.get_column() as u32);
        let mapper = guest.source_mapper.borrow().clone()?;
        let mapped = mapper.borrow_mut().apply_source_map(&script, line, column);
        let (file, line, column) = match mapped {
            SourceMapApplication::Unchanged => (script, line, column),
            SourceMapApplication::LineAndColumn { line_number, column_number } => (script, line_number, column_number),
            SourceMapApplication::LineAndColumnAndFileName { file_name, line_number, column_number } => {
                (file_name, line_number, column_number)
            }
        };
        return Some(format!("{}:{line}:{column}", file.strip_prefix("file://").unwrap_or(&file)));
    }
    None
}

/// True when the process was started with fault injection, which lets tests break a guest on purpose.
#[op2(fast)]
pub fn op_faults_enabled() -> bool {
    std::env::var_os("LOPATA_FAULT_INJECTION").is_some_and(|value| value == "1")
}

/// Panics inside an op, as a bug of lopata would.
#[op2(fast)]
pub fn op_fault_panic() {
    panic!("injected fault");
}
