//! Hibernating WebSockets of Durable Objects: ops on what outlives an instance, and which message is next.
//!
//! An automatic response is given here, without a script. Everything else a socket says becomes an event of its object,
//! one at a time and in order, and waits while the object's gate is closed or the guest has been told to finish: then
//! the object's next owner takes it.

mod table;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use deno_core::{OpState, op2, v8};
use lopata_protocol::SocketFrame;

use crate::ext::websocket::send;
use crate::state::GuestState;

pub use self::table::ObjectSockets;

fn guest_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// What comes of a socket that may have something to say.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// It has nothing to say that may be heard now; it is looked at again when it has.
    Nothing,
    /// The runtime has answered by itself.
    Answered,
    /// An event for the object.
    Event(SocketFrame),
}

/// The next thing that a hibernating socket says to its object.
pub fn next(guest: &Rc<GuestState>, object: u32, id: u32) -> Next {
    if guest.objects.is_draining() {
        return Next::Nothing;
    }
    let table = &guest.object_sockets;
    let closed = guest.objects.is_closed(object);
    let answers = table.auto_response(object).is_some();
    if closed && (!answers || table.holds(object, id)) {
        table.park(object, id, None);
        return Next::Nothing;
    }
    let frame = match table.take_held(object, id) {
        Some(frame) => frame,
        None => match guest.sockets.take_frame(id) {
            Some(frame) => frame,
            None => return Next::Nothing,
        },
    };
    if let (true, SocketFrame::Text(text)) = (answers, &frame)
        && let Some(answer) = table.answer_to(object, id, text, now_ms())
    {
        if let Some(answer) = answer {
            send(guest, id, SocketFrame::Text(Bytes::copy_from_slice(answer.as_bytes())));
        }
        return Next::Answered;
    }
    if closed {
        table.park(object, id, Some(frame));
        return Next::Nothing;
    }
    Next::Event(frame)
}

/// The object's gate is open: what waited for that is looked at again.
pub fn gate_opened(guest: &GuestState, object: u32) {
    for id in guest.object_sockets.take_parked(object) {
        guest.sockets.again(id);
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// From now on what arrives are events of the object; false when it has as many sockets as it may.
#[op2]
pub fn op_object_socket_accept(
    state: &mut OpState,
    #[smi] object: u32,
    #[smi] id: u32,
    #[serde] tags: Vec<String>,
    #[buffer(copy)] attachment: Option<Bytes>,
) -> bool {
    let guest = guest_of(state);
    let tags = tags.into_iter().map(Arc::from).collect();
    if !guest.object_sockets.accept(object, id, tags, attachment) {
        return false;
    }
    guest.sockets.hibernate(id, object);
    true
}

/// The numbers of an object's sockets, or of those with a tag.
#[op2]
pub fn op_object_socket_list<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] object: u32,
    #[string] tag: Option<String>,
) -> v8::Local<'s, v8::Array> {
    let ids = guest_of(state).object_sockets.list(object, tag.as_deref());
    let ids: Vec<v8::Local<v8::Value>> =
        ids.into_iter().map(|id| v8::Integer::new_from_unsigned(scope, id).into()).collect();
    v8::Array::new_with_elements(scope, &ids)
}

/// What a socket was accepted with.
#[op2]
#[serde]
pub fn op_object_socket_tags(state: &mut OpState, #[smi] object: u32, #[smi] id: u32) -> Vec<String> {
    guest_of(state).object_sockets.tags(object, id).iter().map(|tag| tag.to_string()).collect()
}

/// Keeps the bytes of what the script attaches.
#[op2(fast)]
pub fn op_object_socket_attach(
    state: &mut OpState,
    #[smi] object: u32,
    #[smi] id: u32,
    #[buffer(copy)] attachment: Bytes,
) {
    guest_of(state).object_sockets.attach(object, id, attachment);
}

/// The bytes of what the script has attached; null for nothing.
#[op2]
#[buffer]
pub fn op_object_socket_attachment(state: &mut OpState, #[smi] object: u32, #[smi] id: u32) -> Option<Vec<u8>> {
    guest_of(state).object_sockets.attachment(object, id).map(Vec::from)
}

/// Whether the object has closed its way of a socket.
#[op2(fast)]
pub fn op_object_socket_is_closed(state: &mut OpState, #[smi] object: u32, #[smi] id: u32) -> bool {
    guest_of(state).object_sockets.is_closed(object, id)
}

/// When a socket was last answered automatically, in milliseconds since the Unix epoch; negative for never.
#[op2(fast)]
#[number]
pub fn op_object_socket_answered_at(state: &mut OpState, #[smi] object: u32, #[smi] id: u32) -> i64 {
    guest_of(state).object_sockets.auto_response_at_ms(object, id).unwrap_or(-1)
}

/// The last event of a socket has been dispatched.
#[op2(fast)]
pub fn op_object_socket_over(state: &mut OpState, #[smi] object: u32, #[smi] id: u32) {
    guest_of(state).object_sockets.over(object, id);
}

/// Lets go of a socket that has had its last event when the object that stands for it is collected.
pub struct SocketHandle {
    forgotten: Rc<RefCell<Vec<u32>>>,
    id: u32,
}

impl Drop for SocketHandle {
    fn drop(&mut self) {
        self.forgotten.borrow_mut().push(self.id);
    }
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit; dropping it from a
// finaliser puts a number into a list, and touches nothing of V8.
unsafe impl v8::cppgc::GarbageCollected for SocketHandle {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"SocketHandle"
    }
}

/// The object by whose life a socket lives that has had its last event.
#[op2]
pub fn op_object_socket_handle<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] id: u32,
) -> v8::Local<'s, v8::Value> {
    let forgotten = guest_of(state).object_sockets.forgotten();
    deno_core::cppgc::make_cppgc_object(scope, SocketHandle { forgotten, id }).into()
}

/// What the runtime answers by itself: a text and the answer, or null.
#[op2]
#[serde]
pub fn op_object_auto_response(state: &mut OpState, #[smi] object: u32) -> Option<(String, String)> {
    let (request, response) = guest_of(state).object_sockets.auto_response(object)?;
    Some((request.to_string(), response.to_string()))
}

/// Sets what the runtime answers by itself.
#[op2(fast)]
pub fn op_object_set_auto_response(
    state: &mut OpState,
    #[smi] object: u32,
    #[string] request: &str,
    #[string] response: &str,
) {
    guest_of(state).object_sockets.set_auto_response(object, Some((Arc::from(request), Arc::from(response))));
}

/// The runtime answers nothing by itself any more.
#[op2(fast)]
pub fn op_object_no_auto_response(state: &mut OpState, #[smi] object: u32) {
    guest_of(state).object_sockets.set_auto_response(object, None);
}

/// How long a handler may take, in milliseconds; zero for as long as it likes.
#[op2(fast)]
#[smi]
pub fn op_object_socket_timeout(state: &mut OpState, #[smi] object: u32) -> u32 {
    guest_of(state).object_sockets.event_timeout_ms(object).unwrap_or(0)
}

/// Sets how long a handler may take.
#[op2(fast)]
pub fn op_object_set_socket_timeout(state: &mut OpState, #[smi] object: u32, #[smi] timeout_ms: u32) {
    let timeout = (timeout_ms > 0).then_some(timeout_ms);
    guest_of(state).object_sockets.set_event_timeout_ms(object, timeout);
}
