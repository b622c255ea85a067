//! Values as they are stored: V8's format with production's host objects in it.
//!
//! A host object is `\` and what is written of it: numbers as varints, texts as bytes with their number in front, values
//! as such. What that is for each class is decided in `values.js`, which gives a list of parts for each placeholder; the
//! other way round, the parts are read here by the class's tag and given to its `revive`.

use deno_core::v8::{self, ValueDeserializerHelper, ValueSerializerHelper};

/// What production numbers its classes with.
const TAG_HEADERS: u32 = 4;
const TAG_REQUEST: u32 = 5;
const TAG_RESPONSE: u32 = 6;
const TAG_DOM_EXCEPTION: u32 = 8;
const TAG_ERROR: u32 = 10;

/// Pairs that headers are read with at most: more than any request has.
const HEADERS_MAX: u32 = 65_536;

/// What a value begins with that has a header. Production once wrote none.
const FIRST_BYTE: u8 = 0xff;

/// The version of the format that production writes. This engine's own is one later, for what only the header says: the
/// bytes behind it are the same.
const VERSION: u8 = 15;

/// V8 or a getter threw: the exception is pending.
pub struct Thrown;

/// What stands for what is no plain data.
#[derive(Clone, Copy)]
struct Special<'a> {
    /// The parts of each placeholder.
    entries: v8::Local<'a, v8::Array>,
    /// The property that marks a placeholder and holds its index.
    brand: v8::Local<'a, v8::Symbol>,
    /// What a class of the platform has that says itself why it is not stored.
    host: v8::Local<'a, v8::Symbol>,
}

impl<'a> Special<'a> {
    fn of(scope: &mut v8::PinScope<'a, '_>, value: v8::Local<'a, v8::Value>) -> Option<Self> {
        let list = v8::Local::<v8::Array>::try_from(value).ok()?;
        Some(Self {
            entries: v8::Local::try_from(list.get_index(scope, 0)?).ok()?,
            brand: v8::Local::try_from(list.get_index(scope, 1)?).ok()?,
            host: v8::Local::try_from(list.get_index(scope, 2)?).ok()?,
        })
    }
}

struct Writer<'a> {
    /// Non-null exactly for a value that is not plain.
    special: Option<Special<'a>>,
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

    fn get_shared_array_buffer_id<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        _buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        // V8's words for what has no number. Production writes one that it cannot read.
        let text = v8::String::new(scope, "#<SharedArrayBuffer> could not be cloned.")?;
        self.throw_data_clone_error(scope, text);
        None
    }

    fn has_custom_host_object(&self, _isolate: &v8::Isolate) -> bool {
        self.special.is_some()
    }

    fn is_host_object<'s>(&self, scope: &mut v8::PinScope<'s, '_>, object: v8::Local<'s, v8::Object>) -> Option<bool> {
        let Some(special) = self.special else { return Some(false) };
        Some(object.has_own_property(scope, special.brand.into())? || object.has(scope, special.host.into())?)
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        out: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        let special = self.special?;
        let index = object.get(scope, special.brand.into()).filter(|index| index.is_uint32());
        let Some(index) = index else { return self.refuse(scope, object, special.host) };
        let index = index.uint32_value(scope)?;
        let parts = v8::Local::<v8::Array>::try_from(special.entries.get_index(scope, index)?).ok()?;
        for at in 0..parts.length() {
            let part = parts.get_index(scope, at)?;
            if let Ok(value) = v8::Local::<v8::Array>::try_from(part) {
                let value = value.get_index(scope, 0)?;
                if out.write_value(scope.get_current_context(), value) != Some(true) {
                    return None;
                }
            } else if part.is_string() {
                let text = part.to_rust_string_lossy(scope);
                out.write_uint32(u32::try_from(text.len()).ok()?);
                out.write_raw_bytes(text.as_bytes());
            } else {
                out.write_uint32(part.uint32_value(scope)?);
            }
        }
        Some(true)
    }
}

impl Writer<'_> {
    /// What an object of the platform says; what says nothing cannot be stored either.
    fn refuse<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        host: v8::Local<'_, v8::Symbol>,
    ) -> Option<bool> {
        let host = v8::Local::new(scope, host);
        if let Ok(says) = v8::Local::<v8::Function>::try_from(object.get(scope, host.into())?) {
            says.call(scope, object.into(), &[])?;
        }
        let text = format!(
            "Could not serialize object of type \"{}\". This type does not support serialization.",
            object.get_constructor_name().to_rust_string_lossy(scope)
        );
        let text = v8::String::new(scope, &text)?;
        v8::ValueSerializerImpl::throw_data_clone_error(self, scope, text);
        None
    }
}

/// The bytes of a value. `special` is undefined for plain data, and otherwise `[entries, brand, host brand]`, as
/// `values.js` makes it.
pub fn write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
) -> Result<Vec<u8>, Thrown> {
    let special = Special::of(scope, special);
    let context = scope.get_current_context();
    let serializer = v8::ValueSerializer::new(scope, Box::new(Writer { special }));
    serializer.write_header();
    let written = serializer.write_value(context, value);
    // Also after an error, or it is never freed.
    let mut bytes = serializer.release();
    if let [FIRST_BYTE, version, ..] = bytes.as_mut_slice() {
        *version = VERSION;
    }
    if written == Some(true) { Ok(bytes) } else { Err(Thrown) }
}

struct Reader<'a> {
    revive: v8::Local<'a, v8::Function>,
}

impl v8::ValueDeserializerImpl for Reader<'_> {
    fn read_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        input: &dyn ValueDeserializerHelper,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let tag = number(input)?;
        let mut parts: Vec<v8::Local<v8::Value>> = Vec::new();
        match tag {
            TAG_HEADERS => {
                number(input)?;
                let count = number(input)?;
                for _ in 0..count.min(HEADERS_MAX) {
                    let known = number(input)?;
                    if known == 0 {
                        parts.push(text(scope, input)?);
                    } else {
                        parts.push(v8::Integer::new_from_unsigned(scope, known).into());
                    }
                    parts.push(text(scope, input)?);
                }
            }
            TAG_REQUEST => {
                parts.push(text(scope, input)?);
                parts.push(value(scope, input)?);
            }
            TAG_RESPONSE => {
                parts.push(value(scope, input)?);
                parts.push(value(scope, input)?);
            }
            TAG_DOM_EXCEPTION => {
                for _ in 0..3 {
                    parts.push(text(scope, input)?);
                }
            }
            TAG_ERROR => {
                let kind = number(input)?;
                parts.push(v8::Integer::new_from_unsigned(scope, kind).into());
                let name = if kind == 0 { value(scope, input)? } else { v8::undefined(scope).into() };
                parts.push(name);
                parts.push(value(scope, input)?);
                parts.push(value(scope, input)?);
            }
            _ => return None,
        }
        let tag = v8::Integer::new_from_unsigned(scope, tag).into();
        let parts = v8::Array::new_with_elements(scope, &parts).into();
        let receiver = v8::undefined(scope).into();
        let revive = v8::Local::new(scope, self.revive);
        let scope = std::pin::pin!(v8::AllowJavascriptExecutionScope::new(scope));
        let scope = &mut scope.init();
        let made = revive.call(scope, receiver, &[tag, parts])?;
        v8::Local::<v8::Object>::try_from(made).ok()
    }
}

fn number(input: &dyn ValueDeserializerHelper) -> Option<u32> {
    let mut number = 0;
    input.read_uint32(&mut number).then_some(number)
}

fn text<'s>(scope: &mut v8::PinScope<'s, '_>, input: &dyn ValueDeserializerHelper) -> Option<v8::Local<'s, v8::Value>> {
    let length = number(input)?;
    let bytes = input.read_raw_bytes(length as usize)?;
    Some(v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal)?.into())
}

fn value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    input: &dyn ValueDeserializerHelper,
) -> Option<v8::Local<'s, v8::Value>> {
    let context = scope.get_current_context();
    input.read_value(context)
}

/// The value of some bytes; `None` for bytes that are none.
pub fn read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
    revive: v8::Local<'s, v8::Function>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::tc_scope!(let scope, scope);
    let context = scope.get_current_context();
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(Reader { revive }), bytes);
    if bytes.first() == Some(&FIRST_BYTE) && deserializer.read_header(context) != Some(true) {
        return None;
    }
    deserializer.read_value(context)
}
