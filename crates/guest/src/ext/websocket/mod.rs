//! The WebSocket ends of one isolate: ops on them, and what wakes the isolate when one has something to say.
//!
//! Owns each end from its making or arrival until it is closed, sent away or its event is over. An end that was
//! accepted wakes the guest's task through [`Ready`]; the isolate then takes its messages in one go and calls the
//! script for each, without an op or a promise in between. Ends that nobody accepted keep what arrives. Of a Durable
//! Object's sockets, those that hibernate are in this table like any; what they say goes another way
//! (`ext/object_sockets`). What an object sends waits for its writes.
//!
//! Invariant: a message is taken only when it is dispatched at once, so that the window of the bridge holds.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use deno_core::{OpState, op2, v8};
use lopata_bridges::{WebSocketEnd, socket_pair};
use lopata_protocol::{SocketFrame, WireError, limits};

use crate::ready::{ListedWaker, Ready};
use crate::state::GuestState;

/// The ends of one isolate. A number names an end until it is let go; numbers are not reused.
#[derive(Default)]
pub struct Sockets {
    entries: RefCell<HashMap<u32, Entry>>,
    next: Cell<u32>,
    /// The accepted ends that may have something to say.
    ready: Ready,
    /// The end that goes with the response that is sent next.
    departing: RefCell<Option<WebSocketEnd>>,
    draining: Cell<bool>,
    /// The text that was sent last, when it is short: a broadcast is made into bytes once.
    last: RefCell<Bytes>,
}

struct Entry {
    end: WebSocketEnd,
    /// Non-null once the end was accepted.
    waker: Option<Arc<ListedWaker>>,
    /// The script has to be told that this version of the worker ends.
    restart: bool,
    /// The object whose event accepted it; zero for none.
    object: u32,
    /// What it says are events of the object.
    hibernates: bool,
}

/// What the script is told.
pub enum Delivery {
    /// A message or an end.
    Frame(SocketFrame),
    /// A newer version of the worker has taken over.
    Restart,
}

impl Delivery {
    /// The arguments of the script's `deliver`.
    pub fn into_args<'s>(self, scope: &mut v8::PinScope<'s, '_>, id: u32) -> [v8::Local<'s, v8::Value>; 4] {
        let undefined: v8::Local<v8::Value> = v8::undefined(scope).into();
        let (kind, data, more) = match self {
            Self::Frame(SocketFrame::Text(text)) => (0, text_to_v8(scope, &text), undefined),
            Self::Frame(SocketFrame::Binary(bytes)) => {
                let store = v8::ArrayBuffer::new_backing_store_from_vec(Vec::from(bytes)).make_shared();
                (1, v8::ArrayBuffer::with_backing_store(scope, &store).into(), undefined)
            }
            Self::Frame(SocketFrame::Close { code, reason }) => {
                let code = v8::Integer::new(scope, i32::from(code.unwrap_or(1005))).into();
                (2, code, text_to_v8(scope, reason.as_bytes()))
            }
            Self::Frame(SocketFrame::Lost(None)) => (3, undefined, undefined),
            Self::Frame(SocketFrame::Lost(Some(error))) => (3, text_to_v8(scope, error.message.as_bytes()), undefined),
            Self::Restart => (4, undefined, undefined),
        };
        let id = v8::Integer::new_from_unsigned(scope, id).into();
        let kind = v8::Integer::new(scope, kind).into();
        [id, kind, data, more]
    }
}

fn text_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, text: &[u8]) -> v8::Local<'s, v8::Value> {
    // Most are ASCII, which V8 takes as it is.
    let string = match text.is_ascii() {
        true => v8::String::new_from_one_byte(scope, text, v8::NewStringType::Normal),
        false => v8::String::new_from_utf8(scope, text, v8::NewStringType::Normal),
    };
    string.unwrap_or_else(|| v8::String::empty(scope)).into()
}

impl Sockets {
    /// Takes in an end that was made here or arrived.
    pub fn add(&self, end: WebSocketEnd) -> u32 {
        let id = self.next.get() + 1;
        self.next.set(id);
        self.entries.borrow_mut().insert(id, Entry { end, waker: None, restart: false, object: 0, hibernates: false });
        id
    }

    /// True when an accepted end may have something to say. Otherwise the task is woken once one has.
    pub fn poll_ready(&self, cx: &Context<'_>) -> bool {
        if self.entries.borrow().is_empty() {
            return false;
        }
        self.ready.poll(cx)
    }

    /// The next end that may have something to say.
    pub fn next_ready(&self) -> Option<u32> {
        let id = self.ready.pop()?;
        if let Some(waker) = self.entries.borrow().get(&id).and_then(|entry| entry.waker.as_ref()) {
            // Before the end is looked at: what comes from now on lists it again.
            waker.looked_at();
        }
        Some(id)
    }

    /// Comes back to an end later, which had more to say than its turn allowed.
    pub fn again(&self, id: u32) {
        let waker = self.entries.borrow().get(&id).and_then(|entry| entry.waker.clone());
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What an end has to say; it is woken when there is nothing.
    pub fn take(&self, id: u32) -> Option<Delivery> {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.get_mut(&id)?;
        if std::mem::take(&mut entry.restart) {
            return Some(Delivery::Restart);
        }
        let waker = Waker::from(entry.waker.clone()?);
        match entry.end.poll_take(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(frame)) if is_too_large(&frame) => {
                let text = format!("Message is too large: {} > {}", frame.len(), limits::WEBSOCKET_MESSAGE_BYTES_MAX);
                Some(Delivery::Frame(entry.refuse_large(text)))
            }
            Poll::Ready(frame) => frame.map(Delivery::Frame),
            Poll::Pending => None,
        }
    }

    /// What a hibernating end has to say; it is woken when there is nothing.
    pub fn take_frame(&self, id: u32) -> Option<SocketFrame> {
        let entries = self.entries.borrow();
        let entry = entries.get(&id)?;
        let waker = Waker::from(entry.waker.clone()?);
        match entry.end.poll_take(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(frame)) if is_too_large(&frame) => Some(entry.refuse_large(TOO_LARGE_TEXT.to_string())),
            Poll::Ready(Some(SocketFrame::Lost(Some(mut error))))
                if error.message.starts_with("Message is too large") =>
            {
                error.message = TOO_LARGE_TEXT.to_string();
                Some(SocketFrame::Lost(Some(error)))
            }
            Poll::Ready(frame) => frame,
            Poll::Pending => None,
        }
    }

    /// What an end says are events of an object from now on, which outlive its instance.
    pub fn hibernate(&self, id: u32, object: u32) {
        if let Some(waker) = self.listen(id, object, true) {
            waker.wake();
        }
    }

    /// The object that is told what a hibernating end says; zero for any other end.
    pub fn hibernates_for(&self, id: u32) -> u32 {
        self.entries.borrow().get(&id).filter(|entry| entry.hibernates).map_or(0, |entry| entry.object)
    }

    /// True while an end is here.
    pub fn has(&self, id: u32) -> bool {
        self.entries.borrow().contains_key(&id)
    }

    /// Gives up an end, which goes on elsewhere or is dropped by the caller.
    pub fn remove(&self, id: u32) -> Option<WebSocketEnd> {
        let entry = self.entries.borrow_mut().remove(&id);
        entry.map(|entry| entry.end)
    }

    /// Every accepted end, now or later, is told that a newer version of the worker has taken over.
    pub fn drain(&self) {
        self.draining.set(true);
        let mut wakers = Vec::new();
        for entry in self.entries.borrow_mut().values_mut().filter(|entry| !entry.hibernates) {
            if let Some(waker) = &entry.waker {
                entry.restart = true;
                wakers.push(waker.clone());
            }
        }
        wakers.into_iter().for_each(Wake::wake);
    }

    /// The ends that have not yet been told so.
    pub fn restarting(&self) -> Vec<u32> {
        let entries = self.entries.borrow();
        entries.iter().filter(|(_, entry)| entry.restart).map(|(id, _)| *id).collect()
    }

    /// Drops every end, because the thread is over and will never do so itself.
    pub fn drop_all(&self) {
        // Whoever panicked may hold the table; then there is nothing to do.
        if let Ok(mut entries) = self.entries.try_borrow_mut() {
            let ends = std::mem::take(&mut *entries);
            drop(entries);
            drop(ends);
        }
    }

    /// The end that goes with the response that is sent now.
    pub fn take_departing(&self) -> Option<WebSocketEnd> {
        self.departing.borrow_mut().take()
    }

    fn accept(&self, id: u32, object: u32) {
        // What has arrived before is dispatched in the next turn.
        if let Some(waker) = self.listen(id, object, false) {
            waker.wake();
        }
    }

    fn listen(&self, id: u32, object: u32, hibernates: bool) -> Option<Arc<ListedWaker>> {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.get_mut(&id)?;
        let waker = self.ready.waker(id);
        entry.waker = Some(waker.clone());
        entry.restart = self.draining.get() && !hibernates;
        entry.object = object;
        entry.hibernates = hibernates;
        Some(waker)
    }

    fn object_of(&self, id: u32) -> u32 {
        self.entries.borrow().get(&id).map_or(0, |entry| entry.object)
    }

    fn send(&self, id: u32, frame: SocketFrame) {
        if let Some(entry) = self.entries.borrow().get(&id) {
            entry.end.send(frame);
        }
    }
}

impl Entry {
    /// The other side has sent too much at once: it is told so, and the script gets an error with this text.
    fn refuse_large(&self, text: String) -> SocketFrame {
        self.end.send(SocketFrame::Close { code: Some(1009), reason: "message is too large".to_string() });
        SocketFrame::Lost(Some(Box::new(WireError::new("Error", text))))
    }
}

/// Source: workerd's text for a message past the limit, as a hibernating socket has it.
const TOO_LARGE_TEXT: &str = "WebSocket protocol error; protocolError.statusCode = 1009; \
    protocolError.description = Message is too large";

fn is_too_large(frame: &SocketFrame) -> bool {
    frame.len() > limits::WEBSOCKET_MESSAGE_BYTES_MAX
}

/// Sends on an end; an object's message waits until what the object has written is committed, and is not sent if that
/// fails.
pub fn send(guest: &Rc<GuestState>, id: u32, frame: SocketFrame) {
    after_writes(guest, id, move |guest| guest.sockets.send(id, frame));
}

/// Lets go of an end, behind what was sent on it.
pub fn forget(guest: &Rc<GuestState>, id: u32) {
    let object = guest.sockets.hibernates_for(id);
    if object != 0 {
        guest.object_sockets.dropped(object, id);
    }
    after_writes(guest, id, move |guest| drop(guest.sockets.remove(id)));
}

/// Does something with an end, in order with what its object sends.
fn after_writes(guest: &Rc<GuestState>, id: u32, work: impl FnOnce(&GuestState) + 'static) {
    let object = guest.sockets.object_of(id);
    if !guest.objects.is_locked(object) {
        work(guest);
        return;
    }
    // Weakly: what is held for an object is the guest's own, and would keep it.
    let own = Rc::downgrade(guest);
    let job = move |committed: Result<(), &WireError>| {
        if let (Ok(()), Some(guest)) = (committed, own.upgrade()) {
            work(&guest);
        }
    };
    guest.objects.hold(object, Box::new(job));
}

fn state_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// Makes a pair: the number of the first end; that of the second is the next.
#[op2(fast)]
#[smi]
pub fn op_socket_pair(state: &mut OpState) -> u32 {
    let guest = state_of(state);
    let (first, second) = socket_pair();
    let id = guest.sockets.add(first);
    guest.sockets.add(second);
    id
}

/// From now on the script is told what arrives. The object is the one whose event asks; zero for none.
#[op2(fast)]
pub fn op_socket_accept(state: &mut OpState, #[smi] id: u32, #[smi] object: u32) {
    state_of(state).sockets.accept(id, object);
}

/// Sends a text message.
#[op2(fast)]
pub fn op_socket_send_text(state: &mut OpState, #[smi] id: u32, #[string] text: String) {
    send(&state_of(state), id, SocketFrame::Text(Bytes::from(text)));
}

/// Sends a short text message, which may be sent on others too.
#[op2(fast)]
pub fn op_socket_send_short(state: &mut OpState, #[smi] id: u32, #[string] text: String) {
    let guest = state_of(state);
    let text = Bytes::from(text);
    guest.sockets.last.replace(text.clone());
    send(&guest, id, SocketFrame::Text(text));
}

/// Sends once more what was sent as a short text message last.
#[op2(fast)]
pub fn op_socket_send_again(state: &mut OpState, #[smi] id: u32) {
    let guest = state_of(state);
    let text = guest.sockets.last.borrow().clone();
    send(&guest, id, SocketFrame::Text(text));
}

/// Sends a binary message.
#[op2(fast)]
pub fn op_socket_send_bytes(state: &mut OpState, #[smi] id: u32, #[buffer(copy)] bytes: Bytes) {
    send(&state_of(state), id, SocketFrame::Binary(bytes));
}

/// Closes this end's way; a code of 1005 is none.
#[op2(fast)]
pub fn op_socket_close(state: &mut OpState, #[smi] id: u32, #[smi] code: u32, #[string] reason: String) {
    let guest = state_of(state);
    let object = guest.sockets.hibernates_for(id);
    if object != 0 {
        guest.object_sockets.close(object, id);
    }
    let code = u16::try_from(code).ok().filter(|code| *code != 1005);
    send(&guest, id, SocketFrame::Close { code, reason });
}

/// Lets go of an end; the other one is told, unless this one has closed.
#[op2(fast)]
pub fn op_socket_drop(state: &mut OpState, #[smi] id: u32) {
    forget(&state_of(state), id);
}

/// The end goes with the response that is sent next.
#[op2(fast)]
pub fn op_socket_depart(state: &mut OpState, #[smi] id: u32) {
    let guest = state_of(state);
    let end = guest.sockets.remove(id);
    let before = guest.sockets.departing.replace(end);
    drop(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_accepted_ends_wake_the_guest_and_each_is_listed_once() {
        let sockets = Sockets::default();
        let cx = Context::from_waker(Waker::noop());
        assert!(!sockets.poll_ready(&cx));
        let (near, far) = socket_pair();
        let id = sockets.add(near);
        far.send(SocketFrame::Text(Bytes::from_static(b"early")));
        assert!(!sockets.poll_ready(&cx), "nobody accepted it");
        sockets.accept(id, 0);
        far.send(SocketFrame::Text(Bytes::from_static(b"late")));
        assert!(sockets.poll_ready(&cx));
        assert_eq!(sockets.next_ready(), Some(id));
        let text = |delivery| match delivery {
            Some(Delivery::Frame(SocketFrame::Text(text))) => text,
            _ => panic!("a text was sent"),
        };
        assert_eq!(text(sockets.take(id)), "early");
        assert_eq!(text(sockets.take(id)), "late");
        assert!(sockets.take(id).is_none());
        assert_eq!(sockets.next_ready(), None);
        far.send(SocketFrame::Text(Bytes::from_static(b"one")));
        far.send(SocketFrame::Text(Bytes::from_static(b"two")));
        assert_eq!((sockets.next_ready(), sockets.next_ready()), (Some(id), None));
        sockets.drain();
        assert!(matches!(sockets.take(id), Some(Delivery::Restart)));
        assert_eq!(text(sockets.take(id)), "one");
    }
}
