//! Ops of fetch: the head of an incoming request, and calls that are answered by a response.
//!
//! A call leaves here for the outbound service, or in `service` for a worker; how its response is awaited, read and
//! given up is the same for both.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use deno_core::{OpState, op2, v8};
use lopata_bridges::{Answered, Attachments, FetchCall, InboxSender, Parcel, ReplyReceiver, reply};
use lopata_protocol::{
    Answer, Body, EventId, EventOutcome, HeaderList, RequestHead, ResponseHead, SpanContext, SpanId, ToGuest, TraceId,
    WireError,
};

use crate::error::GuestError;
use crate::ext::body::bytes_to_v8;
use crate::ext::events::{header_list, take_body};
use crate::head::IncomingHead;
use crate::spans::SpanNumber;
use crate::state::GuestState;
use crate::wire::{self, set};

/// Calls that wait for their response, by the number that scripts know them by.
#[derive(Default)]
pub struct Calls {
    waiting: RefCell<HashMap<u32, Rc<Call>>>,
    next: Cell<u32>,
}

struct Call {
    /// Non-null until the call is answered or cancelled.
    receiver: RefCell<Option<ReplyReceiver>>,
    waker: RefCell<Option<Waker>>,
    /// The event that a call started in a guest, until it is answered; none for an outbound call.
    started: RefCell<Option<Started>>,
}

/// An event in another guest (or this one) that is done for a call.
pub struct Started {
    /// The inbox that the event went to.
    pub home: InboxSender,
    /// The event.
    pub event: EventId,
}

impl Calls {
    /// Takes in a call that was sent; the number names it until its response is taken.
    pub fn add(&self, receiver: ReplyReceiver, started: Option<Started>) -> u32 {
        let id = self.next.get() + 1;
        self.next.set(id);
        let call =
            Call { receiver: RefCell::new(Some(receiver)), waker: RefCell::default(), started: RefCell::new(started) };
        self.waiting.borrow_mut().insert(id, Rc::new(call));
        id
    }

    /// The event that a call was held back for has been started.
    pub fn started(&self, id: u32, started: Started) {
        match self.waiting.borrow().get(&id) {
            Some(call) => *call.started.borrow_mut() = Some(started),
            // It was given up meanwhile.
            None => started.abort(),
        }
    }

    /// True for a call that nobody has given up.
    pub fn waits(&self, id: u32) -> bool {
        self.waiting.borrow().contains_key(&id)
    }
}

impl Started {
    fn abort(self) {
        // A home that is gone has ended the event.
        let _ = self.home.send(Parcel::new(ToGuest::Abort { event: self.event }));
    }
}

impl Calls {
    /// Waits for the answer of a call, and says whether a guest gave it; none when the call was given up.
    pub async fn answered(&self, id: u32) -> Option<(Option<Answered>, bool)> {
        let call = self.waiting.borrow().get(&id).cloned()?;
        let answered = poll_fn(|cx| {
            let mut receiver = call.receiver.borrow_mut();
            let Some(receiver) = receiver.as_mut() else { return Poll::Ready(None) };
            match Pin::new(receiver).poll(cx) {
                Poll::Ready(answered) => Poll::Ready(Some(answered)),
                Poll::Pending => {
                    *call.waker.borrow_mut() = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
        self.waiting.borrow_mut().remove(&id);
        let from_guest = call.started.borrow_mut().take().is_some();
        Some((answered?, from_guest))
    }

    /// True for a call that has no answer and started an event in the guest with this inbox.
    pub fn went_to(&self, id: u32, inbox: &InboxSender) -> bool {
        let waiting = self.waiting.borrow();
        let Some(call) = waiting.get(&id) else { return false };
        call.started.borrow().as_ref().is_some_and(|started| started.home.same_inbox(inbox))
    }
}

impl Call {
    /// Nobody wants the answer: the request is dropped, or the event is told that its caller is gone.
    fn give_up(&self) {
        self.receiver.borrow_mut().take();
        if let Some(started) = self.started.borrow_mut().take() {
            started.abort();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// The headers of an incoming request as `[[name, value], …]`.
#[op2]
pub fn op_request_headers<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[cppgc] head: &IncomingHead,
) -> v8::Local<'s, v8::Value> {
    headers_to_v8(scope, &head.request.headers)
}

/// `request.cf` as JSON text, empty when there is none.
#[op2]
#[string]
pub fn op_request_cf(#[cppgc] head: &IncomingHead) -> String {
    head.request.cf.as_deref().unwrap_or_default().to_string()
}

fn headers_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, headers: &HeaderList) -> v8::Local<'s, v8::Value> {
    let mut pairs = Vec::with_capacity(headers.len());
    for (name, value) in headers.iter() {
        let name = v8::String::new(scope, name).unwrap_or_else(|| v8::String::empty(scope));
        // Source: production reads headers as UTF-8.
        let value = v8::String::new_from_utf8(scope, value, v8::NewStringType::Normal)
            .unwrap_or_else(|| v8::String::empty(scope));
        pairs.push(v8::Array::new_with_elements(scope, &[name.into(), value.into()]).into());
    }
    v8::Array::new_with_elements(scope, &pairs).into()
}

/// Sends one outbound request; the number names the call until its response is taken.
#[op2(nofast)]
#[smi]
#[allow(clippy::too_many_arguments, reason = "one call per request: an object would cost more than the list")]
pub fn op_fetch_start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] method: String,
    #[string] url: String,
    headers: v8::Local<'s, v8::Array>,
    #[string] cf: String,
    #[smi] body_kind: u32,
    body: v8::Local<'s, v8::Value>,
    length: f64,
    keeps_coding: bool,
) -> Result<u32, GuestError> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let mut attachments = Attachments::none();
    let body = take_body(scope, &guest, body_kind, body, length, &mut attachments)?;
    let mut headers = header_list(scope, headers);
    let parent = calling_span(&guest, EventId(event), SpanNumber(span));
    // What is called may continue the trace, unless the worker keeps its own.
    if headers.get("traceparent").is_none() && parent != NOWHERE {
        headers.push("traceparent", parent.to_traceparent().as_bytes());
    }
    let request = Box::new(RequestHead { method, url, headers, cf: (!cf.is_empty()).then(|| cf.into()) });
    let (reply, receiver) = reply();
    let call = FetchCall { request, body, attachments, parent, keeps_coding, reply };
    let id = guest.calls.add(receiver, None);
    let Some(service) = guest.services.outbound() else { return Ok(id) };
    let number = guest.objects.number_of(EventId(event));
    // A refused call is dropped with its reply, which says that the service is gone.
    if guest.objects.is_locked(number) {
        let held = Rc::downgrade(&guest);
        // The object's writes come first.
        let send = move |committed: Result<(), &WireError>| {
            if committed.is_ok() && held.upgrade().is_some_and(|guest| guest.calls.waits(id)) {
                let _ = service.call(call);
            }
        };
        guest.objects.hold(number, Box::new(send));
    } else {
        let _ = service.call(call);
    }
    Ok(id)
}

/// The context of an event that is over: it has no span any more.
const NOWHERE: SpanContext = SpanContext { trace: TraceId([0; 16]), span: SpanId([0; 8]) };

/// The context of the span that `event` makes a call for.
pub fn calling_span(guest: &GuestState, event: EventId, span: SpanNumber) -> SpanContext {
    guest.events.context_of(event, span).unwrap_or(NOWHERE)
}

/// The content of a data: URL, or `null` when it is not a valid one.
#[op2]
pub fn op_data_url<'s>(scope: &mut v8::PinScope<'s, '_>, #[string] href: String) -> v8::Local<'s, v8::Value> {
    let parsed = data_url::DataUrl::process(&href).ok();
    // What is not base64 after all has no content. Source: workerd.
    let decoded = parsed.map(|url| {
        let bytes = url.decode_to_vec().map(|(bytes, _)| bytes).unwrap_or_default();
        (url.mime_type().to_string(), bytes)
    });
    let Some((mime, bytes)) = decoded else { return v8::null(scope).into() };
    let object = v8::Object::new(scope);
    let mime = v8::String::new(scope, &mime).unwrap_or_else(|| v8::String::empty(scope)).into();
    set(scope, object, "type", mime);
    let bytes = bytes_to_v8(scope, bytes.into());
    set(scope, object, "bytes", bytes);
    object.into()
}

/// Gives up on a call: its request and its response are dropped.
#[op2(fast)]
pub fn op_fetch_cancel(state: &mut OpState, #[smi] id: u32) {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let call = guest.calls.waiting.borrow_mut().remove(&id);
    if let Some(call) = call {
        call.give_up();
        if let Some(waker) = call.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// What became of a call, on its way to the script.
pub enum FetchOutcome {
    /// `{ status, statusText, headers, encoded, bodyKind, body, length, socket? }`; the socket is the end of a
    /// WebSocket, of a response with status 101.
    Response(Box<ResponseHead>, ResponseBody, Option<u32>),
    /// `{ failure }`, for `errors.js`.
    Failed(WireError),
}

/// The body of a response that has arrived.
pub enum ResponseBody {
    /// None.
    Empty,
    /// All of it.
    Inline(bytes::Bytes),
    /// The reading end of this number brings it.
    Stream {
        /// The number in [`crate::ext::body::Bodies`].
        id: u32,
        /// Bytes, when known.
        length: Option<u64>,
    },
}

impl<'s> deno_core::ToV8<'s> for FetchOutcome {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let (head, body, socket) = match self {
            Self::Response(head, body, socket) => (head, body, socket),
            Self::Failed(error) => return Ok(wire::failure_to_v8(scope, &error)),
        };
        let object = v8::Object::new(scope);
        let status = v8::Integer::new(scope, i32::from(head.status)).into();
        set(scope, object, "status", status);
        let text = v8::String::new(scope, &head.status_text).unwrap_or_else(|| v8::String::empty(scope)).into();
        set(scope, object, "statusText", text);
        let headers = headers_to_v8(scope, &head.headers);
        set(scope, object, "headers", headers);
        let encoded = v8::Boolean::new(scope, head.encoded).into();
        set(scope, object, "encoded", encoded);
        let (kind, body, length) = match body {
            ResponseBody::Empty => (0, v8::undefined(scope).into(), -1.0),
            ResponseBody::Inline(bytes) => (1, bytes_to_v8(scope, bytes), -1.0),
            ResponseBody::Stream { id, length } => {
                let id = v8::Integer::new_from_unsigned(scope, id).into();
                (2, id, length.map_or(-1.0, |length| length as f64))
            }
        };
        let kind = v8::Integer::new(scope, kind).into();
        set(scope, object, "bodyKind", kind);
        set(scope, object, "body", body);
        let length = v8::Number::new(scope, length).into();
        set(scope, object, "length", length);
        if let Some(socket) = socket {
            let socket = v8::Integer::new_from_unsigned(scope, socket).into();
            set(scope, object, "socket", socket);
        }
        Ok(object.into())
    }
}

/// Waits for the response of a call; `null` when it was cancelled.
#[op2]
pub async fn op_fetch_response(
    state: Rc<RefCell<OpState>>,
    #[smi] id: u32,
) -> Result<Option<FetchOutcome>, GuestError> {
    let guest = state.borrow().borrow::<Rc<GuestState>>().clone();
    let Some((answered, from_guest)) = guest.calls.answered(id).await else { return Ok(None) };
    let Some(Answered { answer: mut parcel, ended: _ }) = answered else {
        return Ok(Some(FetchOutcome::Failed(WireError::connection_lost(None))));
    };
    match parcel.message {
        Answer::Response { head, body } => {
            let body = match body {
                Body::Empty => ResponseBody::Empty,
                Body::Inline(bytes) => ResponseBody::Inline(bytes),
                Body::Stream { id, length } => {
                    let reader = parcel.attachments.take_stream(id).ok_or(GuestError::NoSuchBody)?;
                    ResponseBody::Stream { id: guest.bodies.add_reader(reader), length }
                }
            };
            let socket = parcel.attachments.take_socket().map(|end| guest.sockets.add(end));
            Ok(Some(FetchOutcome::Response(head, body, socket)))
        }
        Answer::Failed { error, outcome } if from_guest => Ok(Some(FetchOutcome::Failed(tunneled(error, outcome)))),
        Answer::Failed { error, .. } => Ok(Some(FetchOutcome::Failed(error))),
        other => unreachable!("a fetch is answered with a response, not {other:?}"),
    }
}

/// True for a property that says how an object ended.
fn is_mark(name: &str) -> bool {
    matches!(name, "overloaded" | "durableObjectReset")
}

/// An error of another guest's event, as its caller sees it. Source: the properties that production adds.
pub fn tunneled(mut error: WireError, outcome: EventOutcome) -> WireError {
    // Only a guest that ends answers so: the caller itself, whose going cancels an event too, does not listen.
    if outcome == EventOutcome::Canceled && !error.is_object_reset() {
        return WireError::connection_lost(None);
    }
    if error.name.is_empty() {
        // What was thrown was no error.
        error.name = "Error".to_string();
    }
    error.properties.retain(|(name, _)| name != "remote");
    // What is no Worker's fault has been thrown nowhere.
    if outcome != EventOutcome::InternalError {
        // Before what production adds of its own, and behind what the error had.
        let at = error.properties.len() - error.properties.iter().rev().take_while(|(name, _)| is_mark(name)).count();
        error.properties.insert(at, ("remote".to_string(), true.into()));
    }
    error
}
