//! Ops of Durable Object namespaces: ids, and the way to one object.
//!
//! A stub's way is a service like any other, whose door leads to the object: what is sent through it is sent by the
//! ops of `service`, `rpc`, `sockets` and `websocket`.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{OpState, op2, v8};
use lopata_bridges::{Door, InboxSender, Namespace, Parcel, Undelivered, Unreachable, WorkerService};
use lopata_protocol::{ObjectId, Props, ToGuest, WireError, limits};
use lopata_storage::ObjectIds;

use crate::ext::service::service_to_v8;
use crate::state::GuestState;

/// A namespace, owned by V8's garbage collector.
pub struct NamespaceObject {
    namespace: Arc<Namespace>,
    ids: ObjectIds,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it
// from a finaliser touches only reference counts of its own memory.
unsafe impl v8::cppgc::GarbageCollected for NamespaceObject {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"NamespaceObject"
    }
}

/// The namespace behind an env entry; `null` when nothing was attached for it.
#[op2]
pub fn op_objects_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] id: u64,
) -> v8::Local<'s, v8::Value> {
    let guest = state.borrow::<Rc<GuestState>>().clone();
    match guest.services.objects(id) {
        Some(namespace) => {
            let ids = ObjectIds::new(&namespace.definition().unique_key);
            deno_core::cppgc::make_cppgc_object(scope, NamespaceObject { namespace, ids }).into()
        }
        None => v8::null(scope).into(),
    }
}

/// Whether a namespace's objects have no ids but are called by any text.
#[op2(fast)]
pub fn op_objects_ephemeral(#[cppgc] namespace: &NamespaceObject) -> bool {
    namespace.namespace.definition().ephemeral
}

/// The id of the object with this name.
#[op2]
#[string]
pub fn op_object_id_named(#[cppgc] namespace: &NamespaceObject, #[string] name: &str) -> String {
    namespace.ids.named(name).to_string()
}

/// The same for a name that has halves of surrogate pairs in it.
#[op2]
#[string]
pub fn op_object_id_of_units(
    scope: &mut v8::PinScope<'_, '_>,
    #[cppgc] namespace: &NamespaceObject,
    name: v8::Local<'_, v8::String>,
) -> String {
    let mut units = vec![0; name.length()];
    name.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    let mut bytes = Vec::with_capacity(units.len() * 3);
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            // What UTF-8 would make of it if it were a character.
            Err(half) => {
                let half = half.unpaired_surrogate();
                let low = |shift: u32| 0x80 | (half >> shift & 0x3f) as u8;
                bytes.extend_from_slice(&[0xe0 | (half >> 12) as u8, low(6), low(0)]);
            }
        }
    }
    namespace.ids.named(bytes).to_string()
}

/// An id that nobody has had.
#[op2]
#[string]
pub fn op_object_id_unique(#[cppgc] namespace: &NamespaceObject) -> String {
    namespace.ids.unique().to_string()
}

/// The id that a text is, as this runtime writes it; nothing when it is none, and an empty text when it is one of
/// another namespace.
#[op2]
#[string]
pub fn op_object_id_parse(#[cppgc] namespace: &NamespaceObject, #[string] text: &str) -> Option<String> {
    let id: ObjectId = text.parse().ok()?;
    Some(if namespace.ids.owns(&id) { id.to_string() } else { String::new() })
}

/// The way of one stub to an object. `name` is empty when nobody knows it and `known` is false.
#[op2]
pub fn op_object_door<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[cppgc] namespace: &NamespaceObject,
    #[string] id: &str,
    #[string] name: &str,
    known: bool,
    existing: bool,
) -> v8::Local<'s, v8::Value> {
    let Ok(id) = id.parse::<ObjectId>() else { return v8::null(scope).into() };
    let definition = namespace.namespace.definition();
    // As in production, an object does not learn a name that is too long. One without an id has nothing else.
    let kept = known && (definition.ephemeral || name.len() <= limits::OBJECT_NAME_BYTES_MAX);
    let door: Arc<dyn Door> =
        if existing { Arc::new(NoExisting) } else { namespace.namespace.door(id, kept.then(|| Arc::from(name))) };
    let service = WorkerService {
        door,
        worker: definition.worker.clone(),
        entrypoint: Some(definition.class.clone()),
        props: Props::None,
    };
    service_to_v8(scope, service)
}

/// What `getExisting` leads to.
struct NoExisting;

impl Door for NoExisting {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        // Source: workerd's text.
        let error = WireError::new("Error", "workerd only supports GET_OR_CREATE mode for getting actors");
        Err(Undelivered { parcel: Box::new(parcel), why: Unreachable::Reset(Box::new(error)) })
    }
}
