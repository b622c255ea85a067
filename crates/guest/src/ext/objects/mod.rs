//! Ops of Durable Objects: what the scripts have to know of an object, and what they say of it.
//!
//! The scripts beside this file own the instance, its gate and the events that wait for it; the lease, the store and
//! what is held back are in `crate::objects`.

mod alarm;

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};
use lopata_protocol::{EventId, EventOutcome, ObjectStorage, WireError};

use crate::ext::object_sockets;
use crate::state::GuestState;
use crate::wire;

pub use alarm::*;

fn guest_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// What an object is: `[class, event of its own things, id, name, kind of storage, facet]`; `null` when it is not held.
///
/// The id is a text of hex digits. The name is undefined when nobody knows it. The storage is 0 for none, 1 for one
/// without SQL and 2 for one with it.
#[op2]
pub fn op_object_describe<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] number: u32,
) -> v8::Local<'s, v8::Value> {
    let guest = guest_of(state);
    let (Some(grant), Some(root)) = (guest.objects.granted(number), guest.objects.root_of(number)) else {
        return v8::null(scope).into();
    };
    let text = |scope: &mut v8::PinScope<'s, '_>, text: &str| -> v8::Local<'s, v8::Value> {
        v8::String::new(scope, text).unwrap_or_else(|| v8::String::empty(scope)).into()
    };
    let class = text(scope, &grant.namespace.class);
    let root = v8::Number::new(scope, root.0 as f64).into();
    let id = if grant.namespace.ephemeral { String::new() } else { grant.id.to_string() };
    let id = text(scope, &id);
    let name = match &grant.name {
        Some(name) => text(scope, name),
        None => v8::undefined(scope).into(),
    };
    let storage = match &grant.namespace.storage {
        ObjectStorage::Nowhere => 0,
        ObjectStorage::Disk { sql: false, .. } | ObjectStorage::Memory { sql: false } => 1,
        ObjectStorage::Disk { sql: true, .. } | ObjectStorage::Memory { sql: true } => 2,
    };
    let storage = v8::Integer::new(scope, storage).into();
    let facet = v8::Integer::new_from_unsigned(scope, grant.facet.as_ref().map_or(0, |facet| facet.token)).into();
    v8::Array::new_with_elements(scope, &[class, root, id, name, storage, facet]).into()
}

/// A continuation waits for a turn of its own.
#[op2(fast)]
pub fn op_object_task(state: &mut OpState) {
    state.borrow::<Rc<GuestState>>().objects.note_task();
}

/// True while what an object sends waits for the commit of what it has written.
#[op2(fast)]
pub fn op_object_is_locked(state: &mut OpState, #[smi] number: u32) -> bool {
    state.borrow::<Rc<GuestState>>().objects.is_locked(number)
}

/// Waits for that commit. When it fails, the object is over, and so is whoever waits.
#[op2]
pub async fn op_object_committed(state: Rc<RefCell<OpState>>, #[smi] number: u32) {
    let (done, committed) = tokio::sync::oneshot::channel();
    let tell = move |_: Result<(), &WireError>| {
        // Nobody may be left to be told.
        let _ = done.send(());
    };
    guest_of(&state.borrow()).objects.hold(number, Box::new(tell));
    // Dropped with the object.
    let _ = committed.await;
}

/// Whether events of an object may start.
#[op2(fast)]
pub fn op_object_gate(state: &mut OpState, #[smi] number: u32, closed: bool) {
    let guest = guest_of(state);
    guest.objects.set_closed(number, closed);
    if !closed {
        object_sockets::gate_opened(&guest, number);
    }
}

/// An event of an object is over; whether it was the last one that ran.
#[op2(fast)]
pub fn op_object_event_over(state: &mut OpState, #[number] event: u64, rests: bool) {
    state.borrow::<Rc<GuestState>>().objects.end(EventId(event), rests);
}

/// How an object breaks, as the scripts number it; zero is any other failure.
const TOOK_TOO_LONG: i32 = 1;
const ABORTED: i32 = 2;

/// An object is broken: everything that runs in it or waits for it is answered with what was `thrown`.
#[op2(nofast, reentrant)]
pub fn op_object_break<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    thrown: v8::Local<'s, v8::Value>,
    #[smi] how: i32,
) {
    let guest = guest_of(&state.borrow());
    let mut error = wire::describe(scope, thrown);
    if error.name.is_empty() {
        // What was thrown was no error.
        error.name = "Error".to_string();
    }
    // Source: the properties that production sets, in its order.
    let marks: &[&str] =
        if how == TOOK_TOO_LONG { &["overloaded", "durableObjectReset"] } else { &["durableObjectReset"] };
    error.properties.retain(|(name, _)| !marks.contains(&name.as_str()));
    error.properties.extend(marks.iter().map(|mark| ((*mark).to_string(), true.into())));
    if how != ABORTED {
        // When this fails, the object is broken for another reason than it is told.
        let _ = guest.objects.commit_one(number);
    }
    let events = guest.objects.events_of(number);
    // The stub is known to be broken before anybody hears of it.
    guest.objects.break_with(number, &error);
    guest.object_sockets.drop_object(number, &guest.sockets);
    guest.events.fail(&events, &error, EventOutcome::Exception, &guest.worker(), &guest.host);
}
