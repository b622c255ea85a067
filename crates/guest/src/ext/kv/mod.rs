//! Ops of KV: each sends one call to the namespace's actor and gives its answer to the script.
//!
//! What the binding itself refuses is decided in `kv.js`; what the namespace refuses arrives here as a status
//! and a text and becomes production's error. Absent numbers come as NaN and absent texts as empty ones, which
//! mean the same to the namespace.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, ToV8, op2, v8};
use lopata_bridges::KvService;
use lopata_protocol::kv::{KvAnswer, KvCall, KvError, KvKey, KvValue};

use crate::ext::body::bytes_to_v8;
use crate::state::GuestState;

/// Why a call on a namespace fails.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum KvOpError {
    /// The namespace refuses.
    #[class(generic)]
    #[error("KV {method} failed: {error}")]
    Refused {
        /// As production calls it: `GET`, `PUT`, `GET_BULK`.
        method: &'static str,
        /// The status and the text.
        error: KvError,
    },
    /// The namespace's actor ended, or was never there.
    #[class(generic)]
    #[error("Network connection lost.")]
    Gone,
}

/// Sends a call at once, so that calls of a worker stay in order, and waits for its answer.
async fn ask(
    state: Rc<RefCell<OpState>>,
    service: u64,
    method: &'static str,
    call: KvCall,
) -> Result<KvAnswer, KvOpError> {
    let answer = service_of(&state, service)?.call(call);
    let answer = answer.await.map_err(|_| KvOpError::Gone)?;
    answer.map_err(|error| KvOpError::Refused { method, error })
}

fn service_of(state: &Rc<RefCell<OpState>>, service: u64) -> Result<KvService, KvOpError> {
    state.borrow().borrow::<Rc<GuestState>>().services.kv(service).ok_or(KvOpError::Gone)
}

/// A number that the script left out is NaN; all others are 32-bit integers by now.
fn given_number(number: f64) -> Option<i32> {
    (!number.is_nan()).then_some(number as i32)
}

fn given_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A value on its way to the script.
pub struct Found {
    value: KvValue,
    /// A string, or else a `Uint8Array` of its own buffer.
    as_text: bool,
    /// `[value, metadata]` instead of the value alone.
    with_metadata: bool,
}

impl<'s> ToV8<'s> for Found {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let KvValue { value, metadata } = self.value;
        let value = if self.as_text { text_to_v8(scope, &value) } else { bytes_to_v8(scope, value) };
        if !self.with_metadata {
            return Ok(value);
        }
        let metadata = optional_text_to_v8(scope, metadata.as_deref());
        Ok(v8::Array::new_with_elements(scope, &[value, metadata]).into())
    }
}

/// The values of a bulk get: `[key, text, metadata, key, …]`, the text `null` when there is no such key.
pub struct FoundMany(Vec<(String, Option<KvValue>)>);

impl<'s> ToV8<'s> for FoundMany {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let mut elements = Vec::with_capacity(self.0.len() * 3);
        for (key, found) in &self.0 {
            elements.push(text_to_v8(scope, key.as_bytes()));
            elements.push(match found {
                Some(found) => text_to_v8(scope, &found.value),
                None => v8::null(scope).into(),
            });
            let metadata = found.as_ref().and_then(|found| found.metadata.as_deref());
            elements.push(optional_text_to_v8(scope, metadata));
        }
        Ok(v8::Array::new_with_elements(scope, &elements).into())
    }
}

/// A page of keys: `[cursor, name, expiration, metadata, name, …]`, each but the names possibly `null`.
pub struct Page {
    keys: Vec<KvKey>,
    cursor: Option<String>,
}

impl<'s> ToV8<'s> for Page {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let mut elements = Vec::with_capacity(1 + self.keys.len() * 3);
        elements.push(optional_text_to_v8(scope, self.cursor.as_deref()));
        for key in &self.keys {
            elements.push(text_to_v8(scope, key.name.as_bytes()));
            elements.push(match key.expiration {
                Some(seconds) => v8::Number::new(scope, seconds as f64).into(),
                None => v8::null(scope).into(),
            });
            elements.push(optional_text_to_v8(scope, key.metadata.as_deref()));
        }
        Ok(v8::Array::new_with_elements(scope, &elements).into())
    }
}

/// UTF-8 as a string, with U+FFFD for what is none. Values are too short for the only way this fails.
fn text_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, text: &[u8]) -> v8::Local<'s, v8::Value> {
    v8::String::new_from_utf8(scope, text, v8::NewStringType::Normal).unwrap_or_else(|| v8::String::empty(scope)).into()
}

fn optional_text_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, text: Option<&str>) -> v8::Local<'s, v8::Value> {
    match text {
        Some(text) => text_to_v8(scope, text.as_bytes()),
        None => v8::null(scope).into(),
    }
}

/// Reads one value; `null` when there is no such key.
#[op2]
pub async fn op_kv_get(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] key: String,
    as_text: bool,
    with_metadata: bool,
    cache_ttl: f64,
) -> Result<Option<Found>, KvOpError> {
    let call = KvCall::Get { key, cache_ttl: given_number(cache_ttl) };
    let KvAnswer::Value(found) = ask(state, service, "GET", call).await? else { return Err(KvOpError::Gone) };
    Ok(found.map(|value| Found { value, as_text, with_metadata }))
}

/// Reads up to 100 values.
#[op2]
pub async fn op_kv_get_many(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[scoped] keys: Vec<String>,
    #[string] kind: String,
    cache_ttl: f64,
) -> Result<FoundMany, KvOpError> {
    let call = KvCall::GetMany { keys, kind: given_text(kind), cache_ttl: given_number(cache_ttl) };
    match ask(state, service, "GET_BULK", call).await? {
        KvAnswer::Values(values) => Ok(FoundMany(values)),
        KvAnswer::Value(_) | KvAnswer::Done | KvAnswer::Page { .. } => Err(KvOpError::Gone),
    }
}

/// Writes a string.
#[op2]
pub async fn op_kv_put_text(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] key: String,
    #[string] value: String,
    expiration: f64,
    expiration_ttl: f64,
    #[string] metadata: String,
) -> Result<(), KvOpError> {
    put(state, service, key, Bytes::from(value), expiration, expiration_ttl, metadata).await
}

/// Writes bytes, as they are at the time of the call.
#[op2]
pub async fn op_kv_put_bytes(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] key: String,
    #[buffer(copy)] value: Bytes,
    expiration: f64,
    expiration_ttl: f64,
    #[string] metadata: String,
) -> Result<(), KvOpError> {
    put(state, service, key, value, expiration, expiration_ttl, metadata).await
}

async fn put(
    state: Rc<RefCell<OpState>>,
    service: u64,
    key: String,
    value: Bytes,
    expiration: f64,
    expiration_ttl: f64,
    metadata: String,
) -> Result<(), KvOpError> {
    let call = KvCall::Put {
        key,
        value,
        expiration: given_number(expiration),
        expiration_ttl: given_number(expiration_ttl),
        metadata: given_text(metadata),
    };
    ask(state, service, "PUT", call).await.map(drop)
}

/// Removes a key.
#[op2]
pub async fn op_kv_delete(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] key: String,
) -> Result<(), KvOpError> {
    ask(state, service, "DELETE", KvCall::Delete { key }).await.map(drop)
}

/// Reads a page of keys.
#[op2]
pub async fn op_kv_list(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] prefix: String,
    limit: f64,
    #[string] cursor: String,
) -> Result<Page, KvOpError> {
    let call = KvCall::List { prefix: given_text(prefix), limit: given_number(limit), cursor: given_text(cursor) };
    match ask(state, service, "GET", call).await? {
        KvAnswer::Page { keys, cursor } => Ok(Page { keys, cursor }),
        KvAnswer::Value(_) | KvAnswer::Values(_) | KvAnswer::Done => Err(KvOpError::Gone),
    }
}
