//! Values as they cross isolates: V8's structured clone, and around it what V8 cannot clone.
//!
//! Two forms. Plain data is V8's format and nothing else. A value with anything else in it (a function, a stream, an
//! error with properties) starts with [`SPECIAL`], which V8's format never does:
//!
//! ```text
//! SPECIAL ─ u32 length of the head ─ head: a clone of the list of special things ─ body: a clone of the value
//! ```
//!
//! In the body each special thing is a host object, written as its index in the head. What cannot be copied at all is
//! named in the head by the index of its capability, which rides along with the message.
//!
//! What is special, and what is made of it at the other end, is decided in `values.js`.

use bytes::Bytes;
use deno_core::v8::{self, ValueDeserializerHelper, ValueSerializerHelper};
use lopata_bridges::{Capability, Stub, WorkerService};
use lopata_protocol::{EventId, limits};

use crate::error::GuestError;
use crate::ext::body::bytes_to_v8;
use crate::ext::service::{ServiceObject, service_to_v8};
use crate::state::GuestState;

/// The first byte of a value that is not plain data. V8's format starts with 0xff.
const SPECIAL: u8 = 1;

/// Kinds of capability, as the scripts number them.
const CAP_STUB: u32 = 0;
const CAP_EXPORT: u32 = 1;
const CAP_PUMPED: u32 = 2;
const CAP_SPLICED: u32 = 3;
const CAP_SINK: u32 = 4;
const CAP_WORKER: u32 = 5;

/// A value on its way out.
pub struct Encoded {
    /// Its bytes.
    pub bytes: Bytes,
    /// What its bytes name.
    pub capabilities: Vec<Capability>,
}

/// Why a value was not encoded.
pub enum EncodeError {
    /// V8 or a getter threw: the exception is pending.
    Thrown,
    /// Something of lopata's own.
    Refused(GuestError),
}

/// Writes placeholders as indices.
struct Writer<'a> {
    /// The property that marks a placeholder and holds its index; non-null exactly for special values.
    brand: Option<v8::Local<'a, v8::Symbol>>,
}

impl v8::ValueSerializerImpl for Writer<'_> {
    fn throw_data_clone_error<'s>(&self, scope: &mut v8::PinScope<'s, '_>, message: v8::Local<'s, v8::String>) {
        let error = v8::Exception::error(scope, message);
        // The scripts make a DOMException of it.
        if let Ok(object) = v8::Local::<v8::Object>::try_from(error)
            && let (Some(key), Some(name)) = (v8::String::new(scope, "name"), v8::String::new(scope, "DataCloneError"))
        {
            // Defined, not set: a frozen `Error.prototype` refuses what is set.
            object.create_data_property(scope, key.into(), name.into());
        }
        scope.throw_exception(error);
    }

    fn has_custom_host_object(&self, _isolate: &v8::Isolate) -> bool {
        self.brand.is_some()
    }

    fn is_host_object<'s>(&self, scope: &mut v8::PinScope<'s, '_>, object: v8::Local<'s, v8::Object>) -> Option<bool> {
        match self.brand {
            Some(brand) => object.has_own_property(scope, brand.into()),
            None => Some(false),
        }
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        out: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        let index = match self.brand {
            Some(brand) => object.get(scope, brand.into()).filter(|index| index.is_uint32()),
            None => None,
        };
        let Some(index) = index else {
            let text = format!(
                "Could not serialize object of type \"{}\". This type does not support serialization.",
                object.get_constructor_name().to_rust_string_lossy(scope)
            );
            let text = v8::String::new(scope, &text)?;
            self.throw_data_clone_error(scope, text);
            return None;
        };
        out.write_uint32(index.uint32_value(scope)?);
        Some(true)
    }
}

/// Reads indices as the things that were made for them.
struct Reader<'a> {
    shells: Option<v8::Local<'a, v8::Array>>,
}

impl v8::ValueDeserializerImpl for Reader<'_> {
    fn read_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        input: &dyn ValueDeserializerHelper,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let mut index = 0;
        if !input.read_uint32(&mut index) {
            return None;
        }
        let shells = self.shells?;
        v8::Local::<v8::Object>::try_from(shells.get_index(scope, index)?).ok()
    }
}

fn write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    brand: Option<v8::Local<'s, v8::Symbol>>,
) -> Result<Vec<u8>, EncodeError> {
    let context = scope.get_current_context();
    let serializer = v8::ValueSerializer::new(scope, Box::new(Writer { brand }));
    serializer.write_header();
    match serializer.write_value(context, value) {
        Some(true) => Ok(serializer.release()),
        _ => {
            // The buffer has to be taken back to be freed.
            serializer.release();
            Err(EncodeError::Thrown)
        }
    }
}

fn read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
    shells: Option<v8::Local<'s, v8::Array>>,
) -> Option<v8::Local<'s, v8::Value>> {
    let context = scope.get_current_context();
    let reader = Reader { shells };
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(reader), bytes);
    if deserializer.read_header(context) != Some(true) {
        return None;
    }
    deserializer.read_value(context)
}

/// Encodes `value` on behalf of `event`. `special` is undefined for plain data, and otherwise
/// `[head, capabilities, brand]`, as `values.js` makes it.
pub fn encode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    guest: &GuestState,
    event: EventId,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
) -> Result<Encoded, EncodeError> {
    let Ok(special) = v8::Local::<v8::Array>::try_from(special) else {
        let bytes = write(scope, value, None)?;
        check_size(bytes.len())?;
        return Ok(Encoded { bytes: Bytes::from(bytes), capabilities: Vec::new() });
    };
    let head = special.get_index(scope, 0).ok_or(EncodeError::Thrown)?;
    let brand = special.get_index(scope, 2).and_then(|brand| v8::Local::<v8::Symbol>::try_from(brand).ok());
    let head = write(scope, head, None)?;
    let body = write(scope, value, brand)?;
    let mut bytes = Vec::with_capacity(5 + head.len() + body.len());
    bytes.push(SPECIAL);
    let head_length = u32::try_from(head.len()).map_err(|_| too_large(head.len()))?;
    bytes.extend_from_slice(&head_length.to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&body);
    check_size(bytes.len())?;
    let capabilities = match special.get_index(scope, 1).map(v8::Local::<v8::Array>::try_from) {
        Some(Ok(list)) => collect(scope, guest, event, list)?,
        _ => Vec::new(),
    };
    Ok(Encoded { bytes: Bytes::from(bytes), capabilities })
}

fn too_large(bytes: usize) -> EncodeError {
    EncodeError::Refused(GuestError::RpcTooLarge(bytes))
}

fn check_size(bytes: usize) -> Result<(), EncodeError> {
    if bytes > limits::RPC_MESSAGE_BYTES_MAX { Err(too_large(bytes)) } else { Ok(()) }
}

/// Collects what `[kind, thing, kind, thing, …]` stands for.
fn collect<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    guest: &GuestState,
    event: EventId,
    list: v8::Local<'s, v8::Array>,
) -> Result<Vec<Capability>, EncodeError> {
    let mut capabilities = Vec::with_capacity(list.length() as usize / 2);
    for index in (0..list.length()).step_by(2) {
        let (Some(kind), Some(thing)) = (list.get_index(scope, index), list.get_index(scope, index + 1)) else {
            return Err(EncodeError::Thrown);
        };
        let number = thing.uint32_value(scope).unwrap_or(0);
        let capability = match kind.uint32_value(scope).unwrap_or(u32::MAX) {
            CAP_STUB => guest.rpc.held.stub(number).map(Capability::Stub),
            CAP_EXPORT => export(scope, guest, event, thing).map(Capability::Stub),
            CAP_PUMPED => guest.bodies.take_pumped(number).map(Capability::Reader),
            CAP_SPLICED => guest.bodies.take_reader(number).map(Capability::Reader),
            CAP_SINK => guest.rpc.take_sink(number).map(Capability::Writer),
            CAP_WORKER => service_of(scope, thing).map(Capability::Worker),
            _ => None,
        };
        // Only something whose event is over has been let go between the copying and here.
        capabilities.push(capability.ok_or(EncodeError::Refused(GuestError::EventOver))?);
    }
    Ok(capabilities)
}

/// The service behind a Fetcher.
pub fn service_of<'s>(scope: &mut v8::PinScope<'s, '_>, handle: v8::Local<'s, v8::Value>) -> Option<WorkerService> {
    deno_core::cppgc::try_unwrap_cppgc_object::<ServiceObject>(scope, handle).map(|object| object.service.clone())
}

/// Gives `record` away: enters it into the table and makes the first stub to it.
pub fn export<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    guest: &GuestState,
    event: EventId,
    record: v8::Local<'s, v8::Value>,
) -> Option<Stub> {
    let record = v8::Local::<v8::Object>::try_from(record).ok()?;
    let home = guest.objects.inbox_of(event).or_else(|| guest.inbox.upgrade())?;
    let export = guest.rpc.exports.borrow_mut().insert(event, v8::Global::new(scope, record));
    Some(Stub::new(export, home))
}

/// Decodes a value that arrived for `event`: plain data as itself, and true with `[head, capabilities, body]` for
/// what `values.js` has to put together. `None` for bytes that are no value.
pub fn decode<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    guest: &GuestState,
    event: EventId,
    bytes: Bytes,
    capabilities: Vec<Option<Capability>>,
) -> Option<(bool, v8::Local<'s, v8::Value>)> {
    if bytes.first() != Some(&SPECIAL) {
        return Some((false, read(scope, &bytes, None)?));
    }
    let length = u32::from_le_bytes(bytes.get(1..5)?.try_into().ok()?) as usize;
    let head = read(scope, bytes.get(5..5 + length)?, None)?;
    let body = bytes_to_v8(scope, bytes.slice(5 + length..));
    let mut things: Vec<v8::Local<v8::Value>> = Vec::with_capacity(capabilities.len());
    for capability in capabilities {
        let number = match capability {
            Some(Capability::Stub(stub)) => match guest.rpc.own_record(&guest.objects, event, &stub) {
                Some(record) => {
                    things.push(v8::Local::new(scope, record).into());
                    continue;
                }
                None => guest.rpc.held.add_stub(guest.objects.keeper(event), stub),
            },
            Some(Capability::Reader(reader)) => guest.bodies.add_reader(reader),
            Some(Capability::Writer(writer)) => guest.bodies.add_writer(writer),
            Some(Capability::Worker(service)) => {
                things.push(service_to_v8(scope, service));
                continue;
            }
            // No value is written with either: a response with a socket does not cross over RPC. Dropped, it tells its
            // other end.
            Some(Capability::Socket(_) | Capability::Lease(_)) | None => 0,
        };
        things.push(v8::Integer::new_from_unsigned(scope, number).into());
    }
    let things = v8::Array::new_with_elements(scope, &things).into();
    Some((true, v8::Array::new_with_elements(scope, &[head, things, body]).into()))
}

/// Decodes the body of a special value, with what was made for the things in its head.
pub fn decode_body<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
    shells: v8::Local<'s, v8::Array>,
) -> Option<v8::Local<'s, v8::Value>> {
    read(scope, bytes, Some(shells))
}
