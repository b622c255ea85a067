//! Ops of D1: each sends one call to the database's actor and gives its answer to the script.
//!
//! What may be bound is decided in `d1.js`. A refusal comes back as its text and not as an exception: the script makes
//! production's error of it.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_core::{FromV8, OpState, ToV8, op2, v8};
use lopata_bridges::D1Service;
use lopata_protocol::d1::{D1Answer, D1Call, D1Error, D1ExportOptions, D1Result, D1Statement, D1Value};

use crate::state::GuestState;

/// Why a call on a database fails.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum D1OpError {
    /// The database's actor ended, or was never there.
    #[class(generic)]
    #[error("Network connection lost.")]
    Gone,
    /// The script gave something else than it should.
    #[class(type)]
    #[error("not a list of statements")]
    NoStatements,
}

fn service_of(state: &Rc<RefCell<OpState>>, service: u64) -> Result<D1Service, D1OpError> {
    state.borrow().borrow::<Rc<GuestState>>().services.d1(service).ok_or(D1OpError::Gone)
}

/// Statements as the script gives them: `[sql, [value, …], sql, …]`.
pub struct Statements(Vec<D1Statement>);

impl<'a> FromV8<'a> for Statements {
    type Error = D1OpError;

    fn from_v8<'i>(scope: &mut v8::PinScope<'a, 'i>, value: v8::Local<'a, v8::Value>) -> Result<Self, Self::Error> {
        let list = v8::Local::<v8::Array>::try_from(value).map_err(|_| D1OpError::NoStatements)?;
        let mut statements = Vec::with_capacity(list.length() as usize / 2);
        for at in (0..list.length()).step_by(2) {
            let sql = list.get_index(scope, at).ok_or(D1OpError::NoStatements)?;
            let values = list.get_index(scope, at + 1).ok_or(D1OpError::NoStatements)?;
            let values = v8::Local::<v8::Array>::try_from(values).map_err(|_| D1OpError::NoStatements)?;
            let mut params = Vec::with_capacity(values.length() as usize);
            for at in 0..values.length() {
                let value = values.get_index(scope, at).ok_or(D1OpError::NoStatements)?;
                params.push(value_of(scope, value));
            }
            statements.push(D1Statement { sql: sql.to_rust_string_lossy(scope), params });
        }
        Ok(Self(statements))
    }
}

fn value_of<'a>(scope: &mut v8::PinScope<'a, '_>, value: v8::Local<'a, v8::Value>) -> D1Value {
    if value.is_number() {
        return D1Value::Real(value.number_value(scope).unwrap_or_default());
    }
    if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
        return text_of(scope, text);
    }
    if let Ok(bytes) = v8::Local::<v8::Uint8Array>::try_from(value) {
        let mut copy = vec![0; bytes.byte_length()];
        bytes.copy_contents(&mut copy);
        return D1Value::Blob(Bytes::from(copy));
    }
    D1Value::Null
}

fn text_of<'a>(scope: &mut v8::PinScope<'a, '_>, text: v8::Local<'a, v8::String>) -> D1Value {
    let lossy = text.to_rust_string_lossy(scope);
    // Halves of surrogate pairs have become U+FFFD, which a text may have of its own as well.
    if text.contains_only_onebyte() || !lossy.contains('\u{fffd}') {
        return D1Value::Text(lossy);
    }
    let mut units = vec![0u16; text.length()];
    text.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    match String::from_utf16(&units) {
        Ok(text) => D1Value::Text(text),
        Err(_) => D1Value::LoneSurrogates(Bytes::from(generalized_utf8(&units))),
    }
}

/// UTF-8 in which a half of a surrogate pair has three bytes like any other number of its size.
pub(crate) fn generalized_utf8(units: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(units.len() * 3);
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(half) => {
                let half = half.unpaired_surrogate();
                bytes.extend([0xe0 | (half >> 12) as u8, 0x80 | (half >> 6 & 0x3f) as u8, 0x80 | (half & 0x3f) as u8]);
            }
        }
    }
    bytes
}

/// What a call came to: `[bookmark, columns, cells, duration, changes, last row id, changed, size, read, written,
/// columns, …]`; a refusal is its text, one that production's object does not survive is a list with nothing else.
pub struct Answered(Result<(Vec<D1Result>, String), D1Error>);

impl<'s> ToV8<'s> for Answered {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let (results, bookmark) = match self.0 {
            Ok(answer) => answer,
            Err(error) => {
                let text = text_to_v8(scope, &error.text);
                return Ok(if error.reset { v8::Array::new_with_elements(scope, &[text]).into() } else { text });
            }
        };
        let mut elements = Vec::with_capacity(1 + results.len() * 9);
        elements.push(text_to_v8(scope, &bookmark));
        for result in results {
            let columns: Vec<_> = result.columns.iter().map(|name| text_to_v8(scope, name)).collect();
            elements.push(v8::Array::new_with_elements(scope, &columns).into());
            let cells: Vec<_> = result.cells.into_iter().map(|cell| cell_to_v8(scope, cell)).collect();
            elements.push(v8::Array::new_with_elements(scope, &cells).into());
            let meta = result.meta;
            let mut number = |number: f64| elements.push(v8::Number::new(scope, number).into());
            number(meta.duration_ms);
            number(meta.changes as f64);
            number(meta.last_row_id as f64);
            elements.push(v8::Boolean::new(scope, meta.changed_db).into());
            let mut number = |number: f64| elements.push(v8::Number::new(scope, number).into());
            number(meta.size_after as f64);
            number(meta.rows_read as f64);
            number(meta.rows_written as f64);
        }
        Ok(v8::Array::new_with_elements(scope, &elements).into())
    }
}

/// A cell as JSON brings it to production's binding: blobs as lists of numbers, nothing that is not finite.
fn cell_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, cell: D1Value) -> v8::Local<'s, v8::Value> {
    match cell {
        D1Value::Integer(integer) => match i32::try_from(integer) {
            Ok(small) => v8::Integer::new(scope, small).into(),
            Err(_) => v8::Number::new(scope, integer as f64).into(),
        },
        D1Value::Real(real) if real.is_finite() => v8::Number::new(scope, real + 0.0).into(),
        D1Value::Null | D1Value::Real(_) => v8::null(scope).into(),
        D1Value::Text(text) => text_to_v8(scope, &text),
        D1Value::Blob(bytes) | D1Value::LoneSurrogates(bytes) => {
            let numbers: Vec<_> = bytes.iter().map(|byte| v8::Integer::new(scope, i32::from(*byte)).into()).collect();
            v8::Array::new_with_elements(scope, &numbers).into()
        }
    }
}

/// Texts are too short for the only way this fails.
fn text_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, text: &str) -> v8::Local<'s, v8::Value> {
    let bytes = text.as_bytes();
    let made = if text.is_ascii() {
        v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal)
    } else {
        v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal)
    };
    made.unwrap_or_else(|| v8::String::empty(scope)).into()
}

/// Carries out statements as one transaction.
#[op2]
pub async fn op_d1_query(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    #[scoped] statements: Statements,
) -> Result<Answered, D1OpError> {
    // Sent at once, so that calls of a worker stay in order.
    let answer = service_of(&state, service)?.call(D1Call::Query { statements: statements.0 });
    match answer.await.map_err(|_| D1OpError::Gone)? {
        Ok(D1Answer::Results { results, bookmark }) => Ok(Answered(Ok((results, bookmark)))),
        Ok(D1Answer::Export(_)) => Err(D1OpError::Gone),
        Err(error) => Ok(Answered(Err(error))),
    }
}

/// The statements of an export, or the text of a refusal.
pub struct Exported(Result<Vec<String>, D1Error>);

impl<'s> ToV8<'s> for Exported {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        Ok(match self.0 {
            Ok(statements) => {
                let statements: Vec<_> = statements.iter().map(|one| text_to_v8(scope, one)).collect();
                v8::Array::new_with_elements(scope, &statements).into()
            }
            Err(error) => text_to_v8(scope, &error.text),
        })
    }
}

/// The statements that make the database anew.
#[op2]
pub async fn op_d1_export(
    state: Rc<RefCell<OpState>>,
    #[number] service: u64,
    no_schema: bool,
    no_data: bool,
    #[scoped] tables: Vec<String>,
) -> Result<Exported, D1OpError> {
    let options = D1ExportOptions { no_schema, no_data, tables };
    let answer = service_of(&state, service)?.call(D1Call::Export { options });
    match answer.await.map_err(|_| D1OpError::Gone)? {
        Ok(D1Answer::Export(statements)) => Ok(Exported(Ok(statements))),
        Ok(D1Answer::Results { .. }) => Err(D1OpError::Gone),
        Err(error) => Ok(Exported(Err(error))),
    }
}
