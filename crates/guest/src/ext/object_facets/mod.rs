//! Ops of facets: objects that are a part of another one, in the same isolate, with a database of their own.
//!
//! To the rest of the guest a facet is an object like any other: it is granted, has a lease, an inbox and a store. What
//! is special is its namespace, which has no other object and belongs to this guest alone: its home is the guest's own
//! inbox. Which facets there are, and which class each has, is known to the scripts.

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{OpState, op2, v8};
use lopata_bridges::{Capability, Home, Lease, Namespace, Parcel, Sleep, Unreachable, WeakInboxSender, WorkerService};
use lopata_protocol::objects::FacetGrant;
use lopata_protocol::{EventOutcome, NamespaceDefinition, ObjectGrant, ObjectId, Props, ToGuest, WireError};
use lopata_storage::objects::Shelf;

use crate::error::GuestError;
use crate::ext::service::service_to_v8;
use crate::state::GuestState;
use crate::wire;

/// A facet, owned by V8's garbage collector.
pub struct FacetObject {
    namespace: Arc<Namespace>,
    id: ObjectId,
    grant: FacetGrant,
    inbox: WeakInboxSender,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it
// from a finaliser touches only reference counts of its own memory.
unsafe impl v8::cppgc::GarbageCollected for FacetObject {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"FacetObject"
    }
}

/// The guest that the facet's parent runs in.
struct OwnHome {
    inbox: WeakInboxSender,
    facet: FacetGrant,
}

impl Home for OwnHome {
    fn grant(&self, lease: Lease) {
        let gone = WireError::connection_lost(None);
        let (Some(inbox), Some(namespace)) = (self.inbox.upgrade(), lease.namespace()) else {
            lease.refuse(&gone);
            return;
        };
        let facet = Some(self.facet.clone());
        let grant = ObjectGrant { id: lease.id(), name: lease.name(), namespace: namespace.definition(), facet };
        let mut parcel = Parcel::new(ToGuest::Grant(Box::new(grant)));
        parcel.attachments.attach_capability(Capability::Lease(lease));
        if let Err(refused) = inbox.send(parcel) {
            let mut parcel = refused.into_parcel();
            if let Some(Capability::Lease(lease)) = parcel.attachments.take_capability(0) {
                lease.refuse(&gone);
            }
        }
    }
}

fn guest_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// What stands behind the object's id in the name of a facet's database; its number is new if it has none.
#[op2]
#[string]
pub fn op_facet_place(
    state: &mut OpState,
    #[smi] root: u32,
    #[string] parent: &str,
    #[string] name: &str,
) -> Result<String, GuestError> {
    guest_of(state).objects.facet_place(root, parent, name).map_err(|error| GuestError::Facet(error.to_string()))
}

/// A facet of an object, which runs nothing yet: what is sent to it waits.
#[op2]
pub fn op_facet_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] root: u32,
    #[smi] token: u32,
    #[string] place: &str,
) -> v8::Local<'s, v8::Value> {
    let guest = guest_of(state);
    let (Some(granted), Some(parent)) = (guest.objects.granted(root), guest.objects.namespace_of(root)) else {
        return v8::null(scope).into();
    };
    let definition = NamespaceDefinition { evicts: false, ..NamespaceDefinition::clone(&granted.namespace) };
    let namespace = Namespace::new(Arc::new(definition), None);
    // What is in memory is kept with what its object has there.
    namespace.kept(|| Shelf::clone(&parent.kept(Shelf::default)));
    let facet = FacetObject {
        namespace,
        id: granted.id,
        grant: FacetGrant { token, place: Arc::from(place) },
        inbox: guest.inbox.clone(),
    };
    deno_core::cppgc::make_cppgc_object(scope, facet).into()
}

/// The facet is an object of this class: what waits for it is delivered.
#[op2(fast)]
pub fn op_facet_start(#[cppgc] facet: &FacetObject, #[string] class: &str) {
    let before = facet.namespace.definition();
    facet
        .namespace
        .redefine(Arc::new(NamespaceDefinition { class: Arc::from(class), ..NamespaceDefinition::clone(&before) }));
    let home = OwnHome { inbox: facet.inbox.clone(), facet: facet.grant.clone() };
    facet.namespace.set_home(Some(Arc::new(home)));
}

/// The facet will not run (again): whoever asks it is told why, and whether it was `reset`.
#[op2(nofast)]
pub fn op_facet_refuse<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[cppgc] facet: &FacetObject,
    thrown: v8::Local<'s, v8::Value>,
    reset: bool,
) {
    let mut error = described(scope, thrown);
    if reset {
        error.properties.push(("durableObjectReset".to_string(), true.into()));
    }
    facet.namespace.refuse(Unreachable::Reset(Box::new(error)));
}

/// The way of one stub to a facet.
#[op2]
pub fn op_facet_door<'s>(scope: &mut v8::PinScope<'s, '_>, #[cppgc] facet: &FacetObject) -> v8::Local<'s, v8::Value> {
    let definition = facet.namespace.definition();
    let service = WorkerService {
        door: facet.namespace.door(facet.id, None),
        worker: definition.worker.clone(),
        entrypoint: None,
        props: Props::None,
    };
    service_to_v8(scope, service)
}

/// A facet was aborted: everything that runs in it or waits for it is answered with what was `thrown`.
#[op2(nofast, reentrant)]
pub fn op_facet_break<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<std::cell::RefCell<OpState>>,
    #[smi] number: u32,
    thrown: v8::Local<'s, v8::Value>,
) {
    let guest = guest_of(&state.borrow());
    let error = described(scope, thrown);
    let events = guest.objects.events_of(number);
    guest.objects.break_with(number, &error);
    guest.object_sockets.drop_object(number, &guest.sockets);
    guest.events.fail(&events, &error, EventOutcome::Exception, &guest.worker(), &guest.host);
}

/// A facet leaves the memory with its parent. Its sockets end: nobody could wake it.
#[op2(fast)]
pub fn op_facet_let_go(state: &mut OpState, #[smi] number: u32) {
    let guest = guest_of(state);
    guest.object_sockets.drop_object(number, &guest.sockets);
    guest.objects.let_go(number, Sleep::default());
}

/// Whether a facet has hibernating sockets, for which its parent stays in memory.
#[op2(fast)]
pub fn op_facet_has_sockets(state: &mut OpState, #[smi] number: u32) -> bool {
    guest_of(state).object_sockets.has_any(number)
}

/// Nothing runs any more in a facet of this object, which may have been all that it waited for.
#[op2(fast)]
pub fn op_facet_parent_rests(state: &mut OpState, #[smi] number: u32) {
    guest_of(state).objects.facet_rests(number);
}

/// Removes what a facet and its own facets have stored. None of them runs.
#[op2(fast)]
pub fn op_facet_delete(state: &mut OpState, #[smi] root: u32, #[string] place: &str) -> Result<(), GuestError> {
    guest_of(state).objects.facet_delete(root, place).map_err(|error| GuestError::Facet(error.to_string()))
}

fn described<'s>(scope: &mut v8::PinScope<'s, '_>, thrown: v8::Local<'s, v8::Value>) -> WireError {
    let mut error = wire::describe(scope, thrown);
    if error.name.is_empty() {
        // What was thrown was no error.
        error.name = "Error".to_string();
    }
    error
}
