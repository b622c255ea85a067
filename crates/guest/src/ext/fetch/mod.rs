//! Ops of fetch: the head of an incoming request, and outbound calls.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use deno_core::{OpState, op2, v8};
use lopata_bridges::{Attachments, FetchCall, ReplyReceiver, reply};
use lopata_protocol::{Answer, Body, EventId, HeaderList, RequestHead, ResponseHead, SpanContext, SpanId, TraceId};

use crate::error::GuestError;
use crate::ext::body::bytes_to_v8;
use crate::ext::events::{header_list, take_body};
use crate::head::IncomingHead;
use crate::state::GuestState;

/// Outbound calls that wait for their response, by the number that scripts know them by.
#[derive(Default)]
pub struct Calls {
    waiting: RefCell<HashMap<u32, Rc<Call>>>,
    next: Cell<u32>,
}

struct Call {
    /// Non-null until the call is answered or cancelled.
    receiver: RefCell<Option<ReplyReceiver>>,
    waker: RefCell<Option<Waker>>,
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
        let value = v8::String::new_from_one_byte(scope, value, v8::NewStringType::Normal)
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
    #[string] method: String,
    #[string] url: String,
    headers: v8::Local<'s, v8::Array>,
    #[smi] body_kind: u32,
    body: v8::Local<'s, v8::Value>,
    length: f64,
) -> Result<u32, GuestError> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    let mut attachments = Attachments::none();
    let body = take_body(scope, &guest, body_kind, body, length, &mut attachments)?;
    let service = guest.services.outbound().ok_or(GuestError::ServiceGone)?;
    let request = Box::new(RequestHead { method, url, headers: header_list(scope, headers), cf: None });
    let nowhere = SpanContext { trace: TraceId([0; 16]), span: SpanId([0; 8]) };
    let parent = guest.events.context_of(EventId(event)).unwrap_or(nowhere);
    let (reply, receiver) = reply();
    let call = FetchCall { request, body, attachments, parent, reply };
    service.call(call).map_err(|_| GuestError::ServiceGone)?;
    let id = guest.calls.next.get() + 1;
    guest.calls.next.set(id);
    let call = Call { receiver: RefCell::new(Some(receiver)), waker: RefCell::new(None) };
    guest.calls.waiting.borrow_mut().insert(id, Rc::new(call));
    Ok(id)
}

/// The content of a data: URL, or `null` when it is not a valid one.
#[op2]
pub fn op_data_url<'s>(scope: &mut v8::PinScope<'s, '_>, #[string] href: String) -> v8::Local<'s, v8::Value> {
    let parsed = data_url::DataUrl::process(&href).ok();
    let decoded =
        parsed.and_then(|url| url.decode_to_vec().ok().map(|(bytes, _)| (url.mime_type().to_string(), bytes)));
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
        call.receiver.borrow_mut().take();
        if let Some(waker) = call.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// A response on its way to the script.
pub struct FetchResponse {
    head: Box<ResponseHead>,
    body: ResponseBody,
}

enum ResponseBody {
    Empty,
    Inline(bytes::Bytes),
    Stream { id: u32, length: Option<u64> },
}

impl<'s> deno_core::ToV8<'s> for FetchResponse {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let object = v8::Object::new(scope);
        let status = v8::Integer::new(scope, i32::from(self.head.status)).into();
        set(scope, object, "status", status);
        let text = v8::String::new(scope, &self.head.status_text).unwrap_or_else(|| v8::String::empty(scope)).into();
        set(scope, object, "statusText", text);
        let headers = headers_to_v8(scope, &self.head.headers);
        set(scope, object, "headers", headers);
        let (kind, body, length) = match self.body {
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
        Ok(object.into())
    }
}

fn set<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &'static str,
    value: v8::Local<'s, v8::Value>,
) {
    let key = v8::String::new(scope, name).expect("a short literal always fits");
    object.set(scope, key.into(), value);
}

/// Waits for the response of a call; `null` when it was cancelled.
#[op2]
pub async fn op_fetch_response(
    state: Rc<RefCell<OpState>>,
    #[smi] id: u32,
) -> Result<Option<FetchResponse>, GuestError> {
    let guest = state.borrow().borrow::<Rc<GuestState>>().clone();
    let Some(call) = guest.calls.waiting.borrow().get(&id).cloned() else { return Ok(None) };
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
    guest.calls.waiting.borrow_mut().remove(&id);
    let Some(answered) = answered else { return Ok(None) };
    let mut parcel = answered.ok_or(GuestError::ServiceGone)?.answer;
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
            Ok(Some(FetchResponse { head, body }))
        }
        Answer::Failed { error, .. } => Err(GuestError::Wire(error)),
        other => unreachable!("a fetch is answered with a response, not {other:?}"),
    }
}
