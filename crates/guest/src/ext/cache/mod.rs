//! Ops of `caches`: each sends one call to the actor of this machine's caches and gives its answer to the script.
//!
//! What the Cache API itself refuses is decided in `cache.js`. Absent texts come as empty ones.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, op2};
use lopata_bridges::{CacheRequest, Parcel};
use lopata_protocol::{Body, CacheAnswer, CacheCall, CacheError, CacheWanted, HeaderList, ResponseHead};

use crate::error::GuestError;
use crate::ext::fetch::{FetchOutcome, ResponseBody};
use crate::state::GuestState;

/// Why a call on a cache fails.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum CacheOpError {
    /// The disk, or what is on it.
    #[class(generic)]
    #[error("The cache could not be used: {0}")]
    Failed(#[from] CacheError),
    /// The actor ended, or was never there.
    #[class(generic)]
    #[error("Network connection lost.")]
    Gone,
    /// The body of a response is not there any more.
    #[class(inherit)]
    #[error(transparent)]
    Body(#[from] GuestError),
}

fn guest_of(state: &Rc<RefCell<OpState>>) -> Rc<GuestState> {
    state.borrow().borrow::<Rc<GuestState>>().clone()
}

/// Sends a call at once, so that calls of a worker stay in order, and waits for its answer.
async fn ask(guest: &GuestState, call: impl Into<CacheRequest>) -> Result<Parcel<CacheAnswer>, CacheOpError> {
    let service = guest.services.cache().ok_or(CacheOpError::Gone)?;
    let answer = service.call(call);
    Ok(answer.await.map_err(|_| CacheOpError::Gone)??)
}

fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Looks a response up; `null` when there is none.
#[op2]
pub async fn op_cache_match(
    state: Rc<RefCell<OpState>>,
    #[string] cache: String,
    #[string] key: String,
    #[string] range: String,
    #[string] if_none_match: String,
    #[string] if_modified_since: String,
) -> Result<Option<FetchOutcome>, CacheOpError> {
    let guest = guest_of(&state);
    let wanted = CacheWanted {
        range: given(range),
        if_none_match: given(if_none_match),
        if_modified_since: given(if_modified_since),
    };
    let call = CacheCall::Match { cache, key, wanted: Box::new(wanted) };
    let Parcel { message, mut attachments } = ask(&guest, call).await?;
    let CacheAnswer::Hit { status, headers, body } = message else { return Ok(None) };
    let body = match body {
        Body::Empty => ResponseBody::Empty,
        Body::Inline(bytes) => ResponseBody::Inline(bytes),
        Body::Stream { id, length } => {
            let reader = attachments.take_stream(id).ok_or(GuestError::NoSuchBody)?;
            ResponseBody::Stream { id: guest.bodies.add_reader(reader), length }
        }
    };
    let head = ResponseHead { status, status_text: String::new(), headers, encoded: false, url: String::new() };
    Ok(Some(FetchOutcome::Response(Box::new(head), body, None)))
}

/// Stores a response; whether it is stored now. `headers` are names and values in turn; `stream` is the number of the
/// body's pumped or spliced end, 0 when `bytes` is all of it; `length` is negative when it is not known.
#[op2]
#[allow(clippy::too_many_arguments, reason = "one call per put: an object would cost more than the list")]
pub async fn op_cache_put(
    state: Rc<RefCell<OpState>>,
    #[string] cache: String,
    #[string] key: String,
    authorized: bool,
    #[smi] status: u32,
    #[scoped] headers: Vec<String>,
    #[buffer(copy)] bytes: Bytes,
    #[smi] stream: u32,
    length: f64,
) -> Result<bool, CacheOpError> {
    let guest = guest_of(&state);
    let reader = guest.bodies.take_pumped(stream).or_else(|| guest.bodies.take_reader(stream));
    let body = match &reader {
        Some(reader) => Body::Stream { id: reader.id(), length: (length >= 0.0).then_some(length as u64) },
        None if stream == 0 => Body::Inline(bytes),
        None => return Err(GuestError::NoSuchBody.into()),
    };
    let mut list = HeaderList::with_capacity(headers.len() / 2);
    for pair in headers.chunks_exact(2) {
        list.push(&pair[0].to_ascii_lowercase(), pair[1].as_bytes());
    }
    let status = u16::try_from(status).unwrap_or_default();
    let call = CacheCall::Put { cache, key, authorized, status, headers: list, body, ttl_ms: None };
    let mut request = Parcel::new(call);
    if let Some(reader) = reader {
        request.attachments.attach_stream(reader);
    }
    Ok(matches!(ask(&guest, request).await?.message, CacheAnswer::Put { stored: true }))
}

/// Removes a response; whether there was one.
#[op2]
pub async fn op_cache_delete(
    state: Rc<RefCell<OpState>>,
    #[string] cache: String,
    #[string] key: String,
) -> Result<bool, CacheOpError> {
    let guest = guest_of(&state);
    let answer = ask(&guest, CacheCall::Delete { cache, key }).await?;
    Ok(matches!(answer.message, CacheAnswer::Deleted { found: true }))
}
