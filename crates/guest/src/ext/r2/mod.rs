//! Ops of R2: each sends one call to the bucket's actor and gives its answer to the script.
//!
//! A call comes as the JSON text in which production asks its service, and what is known of objects goes back as the
//! JSON text in which that answers; so the classes need not know whom they talk to. Bodies go beside it: bytes, or
//! the end of a stream. What R2 refuses arrives as its number and its text.

mod json;

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{OpState, ToV8, op2, v8};
use lopata_bridges::{R2Ask, R2Reply, R2Service, StreamReader};
use lopata_protocol::WireError;
use lopata_protocol::r2::{R2Answer, R2Error, R2Value};

use crate::ext::body::bytes_to_v8;
use crate::state::GuestState;
use crate::wire;

/// Why a call on a bucket fails without an answer.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum R2OpError {
    /// The bucket's actor ended, or was never there.
    #[class(generic)]
    #[error("Network connection lost.")]
    Gone,
    /// The stream to be written is not there any more.
    #[class(type)]
    #[error("The ReadableStream has been locked to a reader.")]
    Taken,
}

/// What has no number of R2's: production's number and text for an answer that it cannot read.
const UNSPECIFIED_CODE: u32 = 0;
const UNSPECIFIED_TEXT: &str = "Unspecified error";

/// The code of an answer that is no refusal.
const FINE: i32 = -1;

/// How a streamed body is named: by the number of a stream that this isolate writes, or of one that it reads.
const PUMPED: u32 = 2;

/// What a call gives to the script: `[code, text, body]`. The code is -1 and the text JSON, or they are R2's number
/// and sentence. The body is `null`, a `Uint8Array`, or the number of a reading end. A body that could not be read
/// for writing is `{ failure }` in place of all that, for `errors.js`.
pub struct Outcome {
    code: i32,
    text: String,
    body: OutcomeBody,
}

enum OutcomeBody {
    Nothing,
    Bytes(Bytes),
    Stream(u32),
    Failed(WireError),
}

impl<'s> ToV8<'s> for Outcome {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let body = match self.body {
            OutcomeBody::Failed(error) => return Ok(wire::failure_to_v8(scope, &error)),
            OutcomeBody::Nothing => v8::null(scope).into(),
            OutcomeBody::Bytes(bytes) => bytes_to_v8(scope, bytes),
            OutcomeBody::Stream(rid) => v8::Number::new(scope, f64::from(rid)).into(),
        };
        let code = v8::Integer::new(scope, self.code).into();
        let text = v8::String::new(scope, &self.text).unwrap_or_else(|| v8::String::empty(scope)).into();
        Ok(v8::Array::new_with_elements(scope, &[code, text, body]).into())
    }
}

impl Outcome {
    fn fine(text: String) -> Self {
        Self { code: FINE, text, body: OutcomeBody::Nothing }
    }

    fn refused(code: u32, text: impl Into<String>) -> Self {
        Self { code: i32::try_from(code).unwrap_or(i32::MAX), text: text.into(), body: OutcomeBody::Nothing }
    }
}

fn guest_of(state: &Rc<RefCell<OpState>>) -> Rc<GuestState> {
    state.borrow().borrow::<Rc<GuestState>>().clone()
}

/// Sends a call at once, so that calls of a worker stay in order, and waits for its answer.
async fn ask(
    guest: Rc<GuestState>,
    service: u64,
    wanted: String,
    value: R2Value,
    body: Option<StreamReader>,
) -> Result<Outcome, R2OpError> {
    let service: R2Service = guest.services.r2(service).ok_or(R2OpError::Gone)?;
    let call = match json::call(&wanted, value) {
        Ok(call) => call,
        Err(json::Unread::Ssec) => {
            let text = "Encryption with customer-provided keys (ssecKey) is not supported by local buckets.";
            return Ok(Outcome::refused(json::INVALID_ARGUMENT, text));
        }
        Err(json::Unread::Malformed) => return Ok(Outcome::refused(UNSPECIFIED_CODE, UNSPECIFIED_TEXT)),
    };
    drop(wanted);
    let answer = service.call(R2Ask { call, body }).await.map_err(|_| R2OpError::Gone)?;
    Ok(outcome(&guest, answer))
}

fn outcome(guest: &GuestState, answer: Result<R2Reply, R2Error>) -> Outcome {
    let R2Reply { answer, body } = match answer {
        Ok(reply) => reply,
        Err(error) => return Outcome::refused(error.code, error.text),
    };
    match answer {
        R2Answer::Object(object) => Outcome::fine(json::object(&object)),
        R2Answer::Found { object, inline } => {
            let body = match (inline, body) {
                (Some(bytes), _) => OutcomeBody::Bytes(bytes),
                (None, Some(reader)) => OutcomeBody::Stream(guest.bodies.add_reader(reader)),
                (None, None) => OutcomeBody::Nothing,
            };
            Outcome { code: FINE, text: json::object(&object), body }
        }
        R2Answer::Unmatched(object) => Outcome {
            code: i32::try_from(R2Error::PRECONDITION_FAILED).expect("R2's numbers are small"),
            text: json::object(&object),
            body: OutcomeBody::Nothing,
        },
        R2Answer::Done => Outcome::fine(String::new()),
        R2Answer::Page(page) => Outcome::fine(json::page(&page)),
        R2Answer::Upload { upload_id } => Outcome::fine(json::field("uploadId", &upload_id)),
        R2Answer::Part { etag } => Outcome::fine(json::field("etag", &etag)),
        R2Answer::BodyFailed(error) => Outcome { code: FINE, text: String::new(), body: OutcomeBody::Failed(error) },
        // Nobody asks for these here.
        R2Answer::Parts(_) | R2Answer::Uploads(_) => Outcome::refused(UNSPECIFIED_CODE, UNSPECIFIED_TEXT),
    }
}

/// Asks for something that needs no body.
#[op2]
pub async fn op_r2_ask(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] wanted: String,
) -> Result<Outcome, R2OpError> {
    ask(guest_of(&state), service, wanted, R2Value::Inline(Bytes::new()), None).await
}

/// Writes bytes, as they are at the time of the call.
#[op2]
pub async fn op_r2_write(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] wanted: String,
    #[buffer(copy)] value: Bytes,
) -> Result<Outcome, R2OpError> {
    ask(guest_of(&state), service, wanted, R2Value::Inline(value), None).await
}

/// Writes what a stream brings, which is `length` bytes.
#[op2]
pub async fn op_r2_write_stream(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[string] wanted: String,
    #[smi] kind: u32,
    #[smi] rid: u32,
    length: f64,
) -> Result<Outcome, R2OpError> {
    let guest = guest_of(&state);
    let reader = if kind == PUMPED { guest.bodies.take_pumped(rid) } else { guest.bodies.take_reader(rid) };
    let reader = reader.ok_or(R2OpError::Taken)?;
    let length = Some(length.max(0.0) as u64);
    ask(guest, service, wanted, R2Value::Stream { length }, Some(reader)).await
}
