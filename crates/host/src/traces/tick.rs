//! The span of a cron tick or of an alarm: the root of its trace, as the server's span is for a request.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lopata_bridges::Ids;
use lopata_protocol::{
    Attribute, EventOutcome, NamespaceDefinition, ObjectId, SpanContext, SpanKind, SpanRecord, SpanStatus,
};

/// A tick under way.
pub struct Tick {
    /// What the handler's span goes under.
    pub context: SpanContext,
    name: &'static str,
    worker: Arc<str>,
    started: Instant,
    start_us: i64,
    attributes: Vec<Attribute>,
}

impl Tick {
    /// A tick of `cron` that is run by `worker`, now. `scheduled_time_ms` is the time that it stands for.
    pub fn new(worker: Arc<str>, cron: &str, scheduled_time_ms: f64) -> Self {
        let attributes = vec![
            ("faas.trigger".into(), "timer".into()),
            ("faas.cron".into(), cron.into()),
            ("cloudflare.scheduled_time".into(), (scheduled_time_ms as i64).into()),
        ];
        Self::starting("cron", worker, attributes)
    }

    /// The alarm of an object of the class that is described, now. `scheduled_time_ms` is the time that was set.
    pub fn alarm(class: &NamespaceDefinition, object: ObjectId, scheduled_time_ms: f64) -> Self {
        let attributes = vec![
            ("faas.trigger".into(), "timer".into()),
            ("cloudflare.entrypoint".into(), (*class.class).into()),
            ("cloudflare.durable_object.id".into(), object.to_string().into()),
            ("cloudflare.scheduled_time".into(), (scheduled_time_ms as i64).into()),
        ];
        Self::starting("alarm", class.worker.clone(), attributes)
    }

    fn starting(name: &'static str, worker: Arc<str>, attributes: Vec<Attribute>) -> Self {
        let ids = Ids::new();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            context: SpanContext { trace: ids.trace(), span: ids.span() },
            name,
            worker,
            started: Instant::now(),
            start_us: since.as_micros() as i64,
            attributes,
        }
    }

    /// The tick is over: with an outcome, or without one for this reason.
    pub fn into_span(self, outcome: Result<EventOutcome, &str>) -> SpanRecord {
        let status = match outcome {
            Ok(EventOutcome::Ok) => SpanStatus::Unset,
            Ok(outcome) => SpanStatus::Error(outcome.as_str().to_string()),
            Err(reason) => SpanStatus::Error(reason.to_string()),
        };
        SpanRecord {
            context: self.context,
            parent: None,
            name: self.name.into(),
            kind: SpanKind::Server,
            start_us: self.start_us,
            end_us: self.start_us + self.started.elapsed().as_micros() as i64,
            status,
            worker: self.worker,
            invocation: None,
            attributes: self.attributes,
            events: Vec::new(),
        }
    }
}
