//! Ops of spans, by the event and the span's number in it.
//!
//! Every one of them does nothing for an event that is over: a script may hold on to a span for longer.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};
use lopata_protocol::{Attribute, EventId, SpanKind, SpanStatus, WireError, limits};
use serde_json::Value;

use crate::events::now_us;
use crate::spans::{SpanNumber, Under, prefix};
use crate::state::GuestState;
use crate::wire;

/// Kinds, as the scripts number them.
fn kind_of(number: u32) -> SpanKind {
    match number {
        1 => SpanKind::Server,
        2 => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

/// Starts a span under another one of its event; the number names it from then on.
#[op2(fast)]
#[smi]
pub fn op_span_start(
    state: &mut OpState,
    #[number] event: u64,
    #[smi] under: i32,
    #[string] name: String,
    #[smi] kind: u32,
) -> i32 {
    let guest = state.borrow::<Rc<GuestState>>();
    let under = Under::Span(SpanNumber(under));
    let name = match name.len() <= limits::SPAN_NAME_BYTES_MAX {
        true => name,
        false => prefix(&name, limits::SPAN_NAME_BYTES_MAX).to_string(),
    };
    let started = guest.events.with_spans(EventId(event), |spans| spans.start(under, name, kind_of(kind), now_us()));
    started.unwrap_or(SpanNumber::HANDLER).0
}

/// Ends a span; `attributes` is a JSON object or empty, `failure` empty when it went well.
#[op2(fast)]
pub fn op_span_end(
    state: &mut OpState,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] attributes: String,
    #[string] failure: String,
) {
    // The handler's span ends with its event.
    if span == SpanNumber::HANDLER.0 {
        return;
    }
    let attributes: Vec<Attribute> = match serde_json::from_str::<serde_json::Map<String, Value>>(&attributes) {
        Ok(map) => map.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect(),
        Err(_) => Vec::new(),
    };
    let guest = state.borrow::<Rc<GuestState>>();
    guest.events.with_spans(EventId(event), |spans| spans.end(SpanNumber(span), attributes, failure, now_us()));
}

/// True while what is done to a span has an effect.
#[op2(fast)]
pub fn op_span_is_open(state: &mut OpState, #[number] event: u64, #[smi] span: i32) -> bool {
    let guest = state.borrow::<Rc<GuestState>>();
    guest.events.with_spans(EventId(event), |spans| spans.is_open(SpanNumber(span))).unwrap_or(false)
}

/// Sets an attribute that user code chose: a boolean, a number or a string.
#[op2(nofast)]
pub fn op_span_set_attribute<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] name: String,
    value: v8::Local<'s, v8::Value>,
) {
    let value = if value.is_boolean() {
        Value::Bool(value.is_true())
    } else if let Some(number) = value.is_number().then(|| value.number_value(scope)).flatten() {
        number_value(number)
    } else {
        Value::String(value.to_rust_string_lossy(scope))
    };
    let guest = state.borrow::<Rc<GuestState>>();
    guest.events.with_spans(EventId(event), |spans| spans.set_attribute(SpanNumber(span), name, value));
}

/// A number of a script: whole ones stay whole, and what JSON has no number for becomes its name.
fn number_value(number: f64) -> Value {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= SAFE {
        return Value::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}

/// Gives a span another name.
#[op2(fast)]
pub fn op_span_rename(state: &mut OpState, #[number] event: u64, #[smi] span: i32, #[string] name: String) {
    let guest = state.borrow::<Rc<GuestState>>();
    let name = prefix(&name, limits::SPAN_NAME_BYTES_MAX).to_string();
    guest.events.with_spans(EventId(event), |spans| spans.rename(SpanNumber(span), name));
}

/// Says how a span went.
#[op2(fast)]
pub fn op_span_set_status(
    state: &mut OpState,
    #[number] event: u64,
    #[smi] span: i32,
    failed: bool,
    #[string] message: String,
) {
    let guest = state.borrow::<Rc<GuestState>>();
    let status = if failed { SpanStatus::Error(message) } else { SpanStatus::Unset };
    guest.events.with_spans(EventId(event), |spans| spans.set_status(SpanNumber(span), status));
}

/// Records what was thrown in a span.
#[op2(nofast, reentrant)]
pub fn op_span_exception<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[number] event: u64,
    #[smi] span: i32,
    thrown: v8::Local<'s, v8::Value>,
) {
    let guest = state.borrow().borrow::<Rc<GuestState>>().clone();
    let error = wire::describe(scope, thrown);
    guest.events.add_event(EventId(event), SpanNumber(span), "exception", || exception_attributes(&error));
}

/// An error as OpenTelemetry records exceptions.
pub fn exception_attributes(error: &WireError) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = vec![
        (Cow::Borrowed("exception.type"), error.name.clone().into()),
        (Cow::Borrowed("exception.message"), error.message.clone().into()),
    ];
    if !error.stack.is_empty() {
        attributes.push((Cow::Borrowed("exception.stacktrace"), error.stack.clone().into()));
    }
    attributes
}

/// The current span, as the scripts keep it in V8's async context; the handler's when there is none.
pub fn current_span(scope: &mut v8::PinScope<'_, '_>) -> SpanNumber {
    let context = scope.get_continuation_preserved_embedder_data();
    let number = v8::Local::<v8::Object>::try_from(context).ok().and_then(|context| {
        let key = v8::String::new(scope, "span")?;
        context.get(scope, key.into())?.int32_value(scope)
    });
    number.map_or(SpanNumber::HANDLER, SpanNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(number_value(42.0), Value::from(42));
        assert_eq!(number_value(-0.5), Value::from(-0.5));
        assert_eq!(number_value(f64::NAN), Value::from("NaN"));
        assert_eq!(number_value(1e300), Value::from(1e300));
    }
}
