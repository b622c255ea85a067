//! The spans of one event while it runs: the handler's and those under it, by number.
//!
//! ```text
//! handler (0) ──┬── kv_get (1)
//!               └── user span (2) ──── fetch (3)        a number names a span within its event
//! ```
//!
//! A script knows a span by its number and keeps the current one in V8's async context, beside the IoContext. What
//! leaves the isolate carries [`EventSpans::context_of`] the span that was made for it, so that what another thread
//! does for a call nests under that call.
//!
//! Owns everything recorded about the event until it ends, so that a guest that dies still leaves its spans behind:
//! those that never ended, end with the event. Bounded: past [`limits::TRACE_EVENT_SPANS_MAX`] spans or
//! [`limits::TRACE_EVENT_BYTES_MAX`] of their details, what comes is counted and not kept.
//!
//! Invariants
//! - Numbers are never used twice. A negative one stands for a span that was not kept: it has no record, and what
//!   nests under it nests under the kept span above it.
//! - An event that makes no span and logs nothing allocates nothing here.

use std::borrow::Cow;
use std::sync::Arc;

use lopata_bridges::Ids;
use lopata_protocol::{
    Attribute, EventOutcome, Invocation, SpanContext, SpanEvent, SpanId, SpanKind, SpanRecord, SpanStatus, limits,
};
use serde_json::Value;

/// A span of an event, as scripts number them: 0 is the handler's, negative ones are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanNumber(pub i32);

impl SpanNumber {
    /// The handler's span.
    pub const HANDLER: Self = Self(0);

    /// The place of a span that was not kept: that of the kept span above it, negative.
    fn not_kept(above: usize) -> Self {
        Self(-(above as i32) - 1)
    }

    /// The index of the kept span that stands for this one.
    fn index(self) -> usize {
        if self.0 < 0 { (-(self.0 + 1)) as usize } else { self.0 as usize }
    }
}

/// What a span is started under.
#[derive(Clone, Copy, Debug)]
pub enum Under {
    /// Another span of the same event.
    Span(SpanNumber),
    /// A span of whoever called, for a call that arrived while the event was running.
    Caller(SpanContext),
}

/// See the module's header.
pub struct EventSpans {
    /// Says what the handler's span is for.
    pub invocation: Invocation,
    handler: OpenSpan,
    /// Number 1 first.
    children: Vec<OpenSpan>,
    /// Of names, attributes and events, roughly.
    bytes: usize,
    /// Spans and events that were not kept.
    dropped: u64,
}

struct OpenSpan {
    context: SpanContext,
    parent: SpanId,
    name: Cow<'static, str>,
    kind: SpanKind,
    start_us: i64,
    /// Non-null once it has ended.
    end_us: Option<i64>,
    status: SpanStatus,
    attributes: Vec<Attribute>,
    events: Vec<SpanEvent>,
    /// Bytes of the attributes that user code set.
    user_bytes: usize,
}

impl OpenSpan {
    fn new(trace: SpanContext, name: Cow<'static, str>, kind: SpanKind, now_us: i64) -> Self {
        Self {
            context: SpanContext { trace: trace.trace, span: new_span_id() },
            parent: trace.span,
            name,
            kind,
            start_us: now_us,
            end_us: None,
            status: SpanStatus::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            user_bytes: 0,
        }
    }

    fn into_record(mut self, worker: &Arc<str>, now_us: i64) -> SpanRecord {
        if self.end_us.is_none() {
            self.attributes.push((Cow::Borrowed("lopata.unfinished"), true.into()));
        }
        SpanRecord {
            context: self.context,
            parent: Some(self.parent),
            name: self.name,
            kind: self.kind,
            start_us: self.start_us,
            end_us: self.end_us.unwrap_or(now_us).max(self.start_us),
            status: self.status,
            worker: worker.clone(),
            invocation: None,
            attributes: self.attributes,
            events: self.events,
        }
    }
}

impl EventSpans {
    /// The spans of an event whose handler starts now.
    pub fn new(parent: SpanContext, name: &'static str, invocation: Invocation, now_us: i64) -> Self {
        let handler = OpenSpan::new(parent, Cow::Borrowed(name), SpanKind::Internal, now_us);
        Self { invocation, handler, children: Vec::new(), bytes: 0, dropped: 0 }
    }

    /// Starts a span. Past the bounds it is counted and not kept.
    pub fn start(&mut self, under: Under, name: String, kind: SpanKind, now_us: i64) -> SpanNumber {
        let (above, parent) = match under {
            Under::Span(number) => (self.known(number), self.span(number).context),
            Under::Caller(context) => (0, context),
        };
        if self.children.len() >= limits::TRACE_EVENT_SPANS_MAX || !self.take_bytes(name.len()) {
            self.dropped += 1;
            return SpanNumber::not_kept(above);
        }
        self.children.push(OpenSpan::new(parent, Cow::Owned(name), kind, now_us));
        SpanNumber(self.children.len() as i32)
    }

    /// Ends a span. The second end of a span, and that of one that was not kept, does nothing.
    pub fn end(&mut self, number: SpanNumber, attributes: Vec<Attribute>, failure: String, now_us: i64) {
        if !self.is_open(number) {
            return;
        }
        let bytes = attributes.iter().map(|(name, value)| name.len() + size_of_value(value)).sum();
        let kept = self.take_bytes(bytes);
        self.dropped += u64::from(!kept);
        let span = self.span_mut(number);
        span.end_us = Some(now_us.max(span.start_us));
        if !failure.is_empty() {
            span.status = SpanStatus::Error(failure);
        }
        if kept {
            span.attributes.extend(attributes);
        }
    }

    /// Whether a span is kept and has not ended.
    pub fn is_open(&self, number: SpanNumber) -> bool {
        let known = number.0 >= 0 && number.index() <= self.children.len();
        known && self.span(number).end_us.is_none()
    }

    /// Sets an attribute that user code chose; the last value of a name counts.
    pub fn set_attribute(&mut self, number: SpanNumber, name: String, value: Value) {
        if !self.is_open(number) {
            return;
        }
        let size = size_of_value(&value);
        let span = self.span_mut(number);
        if span.user_bytes > limits::SPAN_DATA_BYTES_MAX {
            return;
        }
        span.user_bytes += name.len() + size;
        if span.user_bytes > limits::SPAN_DATA_BYTES_MAX {
            let message = data_limit_message("attribute", &name, size);
            put(&mut span.attributes, "cloudflare.warning.type".into(), "span_data_limit_exceeded".into());
            put(&mut span.attributes, "cloudflare.warning.message".into(), message.into());
            return;
        }
        let added = name.len() + size;
        if !self.take_bytes(added) {
            self.dropped += 1;
            return;
        }
        put(&mut self.span_mut(number).attributes, name.into(), value);
    }

    /// Gives an open span another name.
    pub fn rename(&mut self, number: SpanNumber, name: String) {
        if self.is_open(number) && self.take_bytes(name.len()) {
            self.span_mut(number).name = Cow::Owned(name);
        }
    }

    /// Says how an open span went.
    pub fn set_status(&mut self, number: SpanNumber, status: SpanStatus) {
        if self.is_open(number) {
            self.span_mut(number).status = status;
        }
    }

    /// Records something that happened inside a span. After the span's end it is recorded on the handler's.
    pub fn add_event(
        &mut self,
        number: SpanNumber,
        name: &'static str,
        attributes: impl FnOnce() -> Vec<Attribute>,
        now_us: i64,
    ) {
        if self.bytes >= limits::TRACE_EVENT_BYTES_MAX {
            self.dropped += 1;
            return;
        }
        let attributes = attributes();
        let bytes = EVENT_BYTES + attributes.iter().map(|(_, value)| size_of_value(value)).sum::<usize>();
        if !self.take_bytes(bytes) {
            self.dropped += 1;
            return;
        }
        let kept = SpanNumber(self.known(number) as i32);
        let span = self.span_mut(if self.is_open(kept) { kept } else { SpanNumber::HANDLER });
        span.events.push(SpanEvent { time_us: now_us, name: Cow::Borrowed(name), attributes });
    }

    /// The context of a span: what calls made for it carry as their parent.
    pub fn context_of(&self, number: SpanNumber) -> SpanContext {
        self.span(number).context
    }

    /// The handler failed, for this reason.
    pub fn fail(&mut self, reason: String) {
        self.handler.status = SpanStatus::Error(reason);
    }

    /// Everything that was recorded, the handler last: a store that reads equal times backwards has it first.
    pub fn finish(mut self, outcome: EventOutcome, worker: &Arc<str>, now_us: i64) -> Vec<SpanRecord> {
        let mut handler = self.handler;
        handler.end_us = Some(now_us.max(handler.start_us));
        if handler.status == SpanStatus::Unset && outcome != EventOutcome::Ok {
            handler.status = SpanStatus::Error(outcome.as_str().to_string());
        }
        if self.dropped > 0 {
            handler.attributes.push((Cow::Borrowed("lopata.dropped"), self.dropped.into()));
        }
        let mut spans = Vec::with_capacity(1 + self.children.len());
        spans.extend(self.children.drain(..).rev().map(|child| child.into_record(worker, now_us)));
        let mut handler = handler.into_record(worker, now_us);
        self.invocation.outcome = outcome;
        handler.invocation = Some(self.invocation);
        spans.push(handler);
        spans
    }

    /// The index of the kept span that stands for `number`; the handler's for one that never was.
    fn known(&self, number: SpanNumber) -> usize {
        let index = number.index();
        if index <= self.children.len() { index } else { 0 }
    }

    fn span(&self, number: SpanNumber) -> &OpenSpan {
        match self.known(number) {
            0 => &self.handler,
            index => &self.children[index - 1],
        }
    }

    fn span_mut(&mut self, number: SpanNumber) -> &mut OpenSpan {
        match self.known(number) {
            0 => &mut self.handler,
            index => &mut self.children[index - 1],
        }
    }

    fn take_bytes(&mut self, count: usize) -> bool {
        let fits = self.bytes + count <= limits::TRACE_EVENT_BYTES_MAX;
        if fits {
            self.bytes += count;
        }
        fits
    }
}

/// What an event counts for beside its texts.
const EVENT_BYTES: usize = 64;

/// Sets or replaces an attribute.
fn put(attributes: &mut Vec<Attribute>, name: Cow<'static, str>, value: Value) {
    match attributes.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => attributes.push((name, value)),
    }
}

/// Source: how workerd counts what an attribute's value takes.
fn size_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size_of_value).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 8,
    }
}

/// Source: workerd's warning for a span that holds too much.
fn data_limit_message(kind: &str, name: &str, size: usize) -> String {
    let shown = if name.len() > limits::SPAN_NAME_BYTES_MAX {
        format!("\"{}...\" (key length {})", prefix(name, limits::SPAN_NAME_BYTES_MAX), name.len())
    } else {
        format!("\"{name}\"")
    };
    format!("exceeded span data limit while trying to record {kind} {shown} of size {size}")
}

/// The longest prefix of at most `max` bytes that is whole characters.
pub fn prefix(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// A fresh span id.
fn new_span_id() -> SpanId {
    thread_local! {
        static IDS: Ids = Ids::new();
    }
    IDS.with(Ids::span)
}

#[cfg(test)]
mod tests {
    use lopata_protocol::TraceId;

    use super::*;

    const PARENT: SpanContext = SpanContext { trace: TraceId([7; 16]), span: SpanId([7; 8]) };

    fn event() -> EventSpans {
        let invocation = Invocation { handler: "fetch", entrypoint: None, outcome: EventOutcome::Ok };
        EventSpans::new(PARENT, "fetch handler", invocation, 10)
    }

    fn start(spans: &mut EventSpans, under: SpanNumber, name: &str) -> SpanNumber {
        spans.start(Under::Span(under), name.to_string(), SpanKind::Internal, 20)
    }

    fn finish(spans: EventSpans) -> Vec<SpanRecord> {
        spans.finish(EventOutcome::Ok, &Arc::from("w"), 100)
    }

    #[test]
    fn spans_nest_under_the_one_they_were_started_under() {
        let mut spans = event();
        let outer = start(&mut spans, SpanNumber::HANDLER, "outer");
        let inner = start(&mut spans, outer, "inner");
        let caller = SpanContext { trace: TraceId([9; 16]), span: SpanId([9; 8]) };
        let called = spans.start(Under::Caller(caller), "called".to_string(), SpanKind::Internal, 30);
        let below = start(&mut spans, called, "below");
        for number in [below, called, inner] {
            spans.end(number, Vec::new(), String::new(), 40);
        }
        let inner_context = spans.context_of(inner);
        let records = finish(spans);
        let by_name = |name: &str| records.iter().find(|span| span.name == name).expect("it was recorded");
        assert_eq!(records.last().map(|span| &*span.name), Some("fetch handler"), "the handler comes last");
        assert_eq!(by_name("fetch handler").parent, Some(PARENT.span));
        assert_eq!(by_name("outer").parent, Some(by_name("fetch handler").context.span));
        assert_eq!(by_name("inner").parent, Some(by_name("outer").context.span));
        assert_eq!(by_name("inner").context, inner_context);
        assert_eq!(by_name("called").parent, Some(caller.span));
        assert_eq!(by_name("below").context.trace, caller.trace, "a call of another trace stays in that trace");
        assert_eq!((by_name("inner").end_us, by_name("outer").end_us), (40, 100));
        let unfinished = |name: &str| by_name(name).attributes.iter().any(|(name, _)| name == "lopata.unfinished");
        assert!(unfinished("outer") && !unfinished("inner"), "a span that never ended ends with its event");
    }

    #[test]
    fn what_is_too_much_is_counted_and_its_children_nest_above() {
        let mut spans = event();
        let outer = start(&mut spans, SpanNumber::HANDLER, "outer");
        let mut last = outer;
        for _ in 0..limits::TRACE_EVENT_SPANS_MAX + 1 {
            last = start(&mut spans, outer, "n");
        }
        assert!(last.0 < 0 && !spans.is_open(last));
        assert_eq!(spans.context_of(last), spans.context_of(outer));
        let below = start(&mut spans, last, "below");
        assert_eq!(spans.context_of(below), spans.context_of(outer));
        spans.end(last, Vec::new(), "no".to_string(), 30);
        spans.set_attribute(last, "a".to_string(), true.into());
        assert!(spans.is_open(outer), "the end of a span that was not kept ends no other");
        let records = finish(spans);
        assert_eq!(records.len(), limits::TRACE_EVENT_SPANS_MAX + 1);
        let dropped = &records.last().expect("the handler").attributes;
        assert_eq!(dropped, &[(Cow::Borrowed("lopata.dropped"), 3.into())]);
    }

    #[test]
    fn user_data_has_a_bound_that_is_told() {
        let mut spans = event();
        let span = start(&mut spans, SpanNumber::HANDLER, "s");
        spans.set_attribute(span, "a".to_string(), 1.into());
        spans.set_attribute(span, "a".to_string(), 2.into());
        spans.set_attribute(span, "big".to_string(), "x".repeat(limits::SPAN_DATA_BYTES_MAX).into());
        spans.set_attribute(span, "late".to_string(), true.into());
        spans.end(span, Vec::new(), String::new(), 30);
        spans.set_attribute(span, "after".to_string(), true.into());
        let records = finish(spans);
        let names: Vec<_> = records[0].attributes.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "cloudflare.warning.type", "cloudflare.warning.message"]);
        assert_eq!(records[0].attributes[0].1, 2);
        assert_eq!(
            records[0].attributes[2].1,
            "exceeded span data limit while trying to record attribute \"big\" of size 65536"
        );
    }

    #[test]
    fn a_line_after_its_spans_end_is_the_handlers() {
        let mut spans = event();
        let span = start(&mut spans, SpanNumber::HANDLER, "s");
        spans.add_event(span, "log", Vec::new, 25);
        spans.end(span, Vec::new(), String::new(), 30);
        spans.add_event(span, "log", Vec::new, 35);
        spans.add_event(SpanNumber(99), "log", Vec::new, 36);
        let records = finish(spans);
        assert_eq!(records.iter().map(|span| span.events.len()).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_prefix_is_whole_characters() {
        assert_eq!(prefix("abc", 2), "ab");
        assert_eq!(prefix("a\u{e9}", 2), "a");
        assert_eq!(prefix("ab", 64), "ab");
    }
}
