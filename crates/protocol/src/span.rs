//! Spans in OpenTelemetry's model, as plain records.
//!
//! A span is recorded once, when it ends, by the thread that ran it. The parent's context travels with
//! every message, so spans of many threads make one tree.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::EventOutcome;

/// A W3C trace id: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// A W3C span id: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where in a trace something happens: the ids of the trace and of the span that is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanContext {
    /// The trace.
    pub trace: TraceId,
    /// The current span, which becomes the parent of what is started next.
    pub span: SpanId,
}

impl SpanContext {
    /// Reads a W3C `traceparent` header, of version 00 or later; `None` when it is not one.
    pub fn parse_traceparent(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let [version]: [u8; 1] = parse_hex(version)?;
        let _flags: [u8; 1] = parse_hex(flags)?;
        // A later version may have more to say; this one may not.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let trace: [u8; 16] = parse_hex(trace)?;
        let span: [u8; 8] = parse_hex(span)?;
        (trace != [0; 16] && span != [0; 8]).then_some(Self { trace: TraceId(trace), span: SpanId(span) })
    }

    /// The `traceparent` header that names this context, marked as sampled.
    pub fn to_traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != N * 2 {
        return None;
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut out = [0u8; N];
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = digit(text[index * 2])? << 4 | digit(text[index * 2 + 1])?;
    }
    Some(out)
}

/// The role of a span, with OpenTelemetry's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Work inside a worker.
    Internal,
    /// The handling of a request that came in.
    Server,
    /// A call that goes out: a binding, a `fetch`.
    Client,
}

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nothing was said; the normal end.
    Unset,
    /// It failed, with the reason.
    Error(String),
}

/// A detail of a span, named as OpenTelemetry's semantic conventions (or production's tracing) name it. Most names
/// are literals.
pub type Attribute = (Cow<'static, str>, serde_json::Value);

/// Something that happened at one moment inside a span: a log line, an exception.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    /// Microseconds since the Unix epoch.
    pub time_us: i64,
    /// `log`, `exception`.
    pub name: Cow<'static, str>,
    /// Details.
    pub attributes: Vec<Attribute>,
}

/// One finished span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRecord {
    /// Its own place in the trace.
    pub context: SpanContext,
    /// The span it ran under; `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// A low-cardinality name: `GET`, `fetch handler`, `kv_get`.
    pub name: Cow<'static, str>,
    /// Its role.
    pub kind: SpanKind,
    /// Microseconds since the Unix epoch at its start.
    pub start_us: i64,
    /// Microseconds since the Unix epoch at its end; never before the start.
    pub end_us: i64,
    /// How it ended.
    pub status: SpanStatus,
    /// The worker that ran it.
    pub worker: Arc<str>,
    /// Non-null exactly for a handler's span that nobody has asked for its attributes yet.
    pub invocation: Option<Invocation>,
    /// Details.
    pub attributes: Vec<Attribute>,
    /// What happened inside.
    pub events: Vec<SpanEvent>,
}

/// What every handler's span says about itself. Kept apart, because it becomes attributes only where spans are
/// written: the request path does not pay for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The handler: `fetch`, `scheduled`.
    pub handler: &'static str,
    /// The entrypoint that was called; `None` for the default export.
    pub entrypoint: Option<Arc<str>>,
    /// How the event ended.
    pub outcome: EventOutcome,
}

impl SpanRecord {
    /// Writes the invocation into the attributes, in front of those that are there.
    pub fn expand(&mut self) {
        let Some(Invocation { handler, entrypoint, outcome }) = self.invocation.take() else { return };
        // Source: the attributes of production's handler spans.
        let trigger = match handler {
            "fetch" => "http",
            // OpenTelemetry's word for it.
            "scheduled" => "timer",
            "queue" => "pubsub",
            _ => "other",
        };
        let entrypoint = entrypoint.as_deref().unwrap_or("default");
        let own = [
            ("faas.trigger", trigger),
            ("cloudflare.handler_type", handler),
            ("cloudflare.entrypoint", entrypoint),
            ("cloudflare.execution_model", "stateless"),
            ("cloudflare.outcome", outcome.as_str()),
        ];
        let own = own.map(|(name, value)| (Cow::Borrowed(name), value.into()));
        self.attributes.splice(0..0, own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traceparent_round_trips() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = SpanContext::parse_traceparent(text).expect("the W3C example is valid");
        assert_eq!(context.to_traceparent(), text);
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings";
        assert_eq!(SpanContext::parse_traceparent(later), Some(context));
    }

    #[test]
    fn an_invocation_becomes_attributes_once() {
        let mut span = SpanRecord {
            context: SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) },
            parent: None,
            name: "fetch handler".into(),
            kind: SpanKind::Internal,
            start_us: 0,
            end_us: 0,
            status: SpanStatus::Unset,
            worker: "w".into(),
            invocation: Some(Invocation { handler: "fetch", entrypoint: None, outcome: EventOutcome::Ok }),
            attributes: vec![("own".into(), true.into())],
            events: Vec::new(),
        };
        span.expand();
        let expanded = span.clone();
        assert_eq!(span.attributes.first(), Some(&("faas.trigger".into(), "http".into())));
        assert_eq!(span.attributes.last(), Some(&("own".into(), true.into())));
        span.expand();
        assert_eq!(span, expanded);
    }

    #[test]
    fn bad_traceparents_are_refused() {
        for text in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
        ] {
            assert_eq!(SpanContext::parse_traceparent(text), None, "{text}");
        }
    }
}
