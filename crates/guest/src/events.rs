//! The events a guest is working on: who waits for each, and what was recorded about it.
//!
//! The table is shared with the panic hook, which must be able to answer for a thread that can no longer run;
//! that is why it is behind a lock and not in the isolate.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lopata_bridges::{Answered, Attachments, Ids, Parcel, Reply, SubrequestBudget};
use lopata_protocol::{
    Answer, EventId, EventOutcome, FromGuest, SpanContext, SpanEvent, SpanId, SpanKind, SpanRecord, SpanStatus,
    WireError,
};
use parking_lot::Mutex;

use crate::thread::HostSender;

/// Events that are answered or running. Cheap to clone; all clones are the same table.
#[derive(Clone, Default)]
pub struct EventTable(Arc<Mutex<HashMap<u64, Entry>>>);

/// An event that is about to be dispatched.
pub struct Beginning {
    /// Its id.
    pub event: EventId,
    /// The name of the handler's span.
    pub name: &'static str,
    /// The caller's span.
    pub parent: SpanContext,
    /// Where its answer goes.
    pub reply: Option<Reply>,
    /// What it may spend.
    pub subrequests: Subrequests,
}

/// The subrequests an event may still make.
pub enum Subrequests {
    /// This many: a top-level event that no other thread works on.
    Own(u32),
    /// Those of the top-level event that started it, or that other guests work on too.
    Shared(SubrequestBudget),
}

impl Subrequests {
    fn take(&mut self) -> bool {
        match self {
            Self::Own(0) => false,
            Self::Own(left) => {
                *left -= 1;
                true
            }
            Self::Shared(budget) => budget.take(),
        }
    }

    /// The budget as another guest can spend it. Made when the first one is called: most events call none.
    fn share(&mut self) -> SubrequestBudget {
        match self {
            Self::Own(left) => {
                let budget = SubrequestBudget::new(*left);
                *self = Self::Shared(budget.clone());
                budget
            }
            Self::Shared(budget) => budget.clone(),
        }
    }
}

struct Entry {
    /// Non-null until the event is answered.
    reply: Option<Reply>,
    /// True when another guest asked: then the host hears of the event's end from here and not with the answer.
    nested: bool,
    subrequests: Subrequests,
    /// The caller's span.
    parent: SpanContext,
    /// The handler's own span.
    span: SpanId,
    name: &'static str,
    start_us: i64,
    /// Finished child spans, in order of their ends.
    children: Vec<SpanRecord>,
    /// Log lines and exceptions of the handler.
    events: Vec<SpanEvent>,
    /// The handler's failure.
    failure: Option<String>,
}

/// Microseconds since the Unix epoch.
pub fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros() as i64)
}

/// Spans kept per event; what comes after is dropped, so that a loop of calls cannot fill memory.
const SPANS_PER_EVENT_MAX: usize = 512;

impl EventTable {
    /// Enters an event that is about to be dispatched.
    pub fn begin(&self, beginning: Beginning) {
        let Beginning { event, name, parent, reply, subrequests } = beginning;
        let entry = Entry {
            reply,
            nested: matches!(subrequests, Subrequests::Shared(_)),
            subrequests,
            parent,
            span: new_span_id(),
            name,
            start_us: now_us(),
            children: Vec::new(),
            events: Vec::new(),
            failure: None,
        };
        self.0.lock().insert(event.0, entry);
    }

    /// True when no event is running.
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Answers an event. With `ended`, the event is over in the same breath and costs no second message.
    pub fn answer(
        &self,
        event: EventId,
        answer: Answer,
        attachments: Attachments,
        ended: Option<EventOutcome>,
        worker: &str,
        host: &HostSender,
    ) {
        let (reply, ended, nested) = {
            let mut table = self.0.lock();
            let Some(entry) = table.get_mut(&event.0) else { return };
            if let Answer::Failed { error, .. } | Answer::RpcFailed { error, .. } = &answer {
                entry.failure = Some(error.to_string());
            }
            let (reply, nested) = (entry.reply.take(), entry.nested);
            let ended =
                ended.and_then(|outcome| table.remove(&event.0).map(|entry| entry.into_end(event, outcome, worker)));
            (reply, ended, nested)
        };
        let (with_answer, apart) = if nested { (None, ended) } else { (ended, None) };
        let unread = match reply {
            Some(reply) => {
                let answer = Parcel { message: answer, attachments };
                // Whoever asked is gone; the host still has to learn that the event is over.
                reply.send(Answered { answer, ended: with_answer }).err().and_then(|unread| unread.ended)
            }
            None => with_answer,
        };
        if let Some(ended) = unread.or(apart) {
            host.send(ended);
        }
    }

    /// Ends an event that was answered before.
    pub fn end(&self, event: EventId, outcome: EventOutcome, worker: &str, host: &HostSender) {
        let entry = self.0.lock().remove(&event.0);
        if let Some(entry) = entry {
            host.send(entry.into_end(event, outcome, worker));
        }
    }

    /// Records a finished child span of an event.
    pub fn add_span(&self, event: EventId, span: ChildSpan, worker: &str) {
        let mut table = self.0.lock();
        let Some(entry) = table.get_mut(&event.0) else { return };
        if entry.children.len() >= SPANS_PER_EVENT_MAX {
            return;
        }
        let context = SpanContext { trace: entry.parent.trace, span: new_span_id() };
        entry.children.push(SpanRecord {
            context,
            parent: Some(entry.span),
            name: span.name,
            kind: SpanKind::Client,
            start_us: span.start_us,
            end_us: now_us().max(span.start_us),
            status: if span.failure.is_empty() { SpanStatus::Unset } else { SpanStatus::Error(span.failure) },
            worker: worker.to_string(),
            attributes: span.attributes,
            events: Vec::new(),
        });
    }

    /// Records something that happened inside an event: a log line, an exception.
    pub fn add_event(&self, event: EventId, name: &str, attributes: Vec<(String, serde_json::Value)>) {
        if let Some(entry) = self.0.lock().get_mut(&event.0)
            && entry.events.len() < SPANS_PER_EVENT_MAX
        {
            entry.events.push(SpanEvent { time_us: now_us(), name: name.to_string(), attributes });
        }
    }

    /// Takes one subrequest; false when none is left. An event that is over is not counted any more.
    pub fn take_subrequest(&self, event: EventId) -> bool {
        self.0.lock().get_mut(&event.0).is_none_or(|entry| entry.subrequests.take())
    }

    /// The budget of `event`, for another guest that works for it.
    pub fn budget_of(&self, event: EventId) -> Option<SubrequestBudget> {
        self.0.lock().get_mut(&event.0).map(|entry| entry.subrequests.share())
    }

    /// The context that calls made by `event` carry as their parent.
    pub fn context_of(&self, event: EventId) -> Option<SpanContext> {
        self.0.lock().get(&event.0).map(|entry| SpanContext { trace: entry.parent.trace, span: entry.span })
    }

    /// Answers and ends everything that is left, because the thread is over.
    pub fn fail_all(&self, error: &WireError, outcome: EventOutcome, worker: &str, host: &HostSender) {
        // The panic hook may find the lock taken by the very frame that panicked; then there is nothing to do.
        let Some(mut table) = self.0.try_lock() else { return };
        let entries: Vec<_> = table.drain().collect();
        drop(table);
        for (id, mut entry) in entries {
            let event = EventId(id);
            entry.failure = Some(error.to_string());
            if let Some(reply) = entry.reply.take() {
                let answer = Answer::Failed { error: error.clone(), outcome };
                let parcel = Parcel { message: answer, attachments: Attachments::none() };
                // An asker that is gone needs no answer.
                let _ = reply.send(Answered { answer: parcel, ended: None });
            }
            host.send(entry.into_end(event, outcome, worker));
        }
    }
}

/// A child span, as the script reports it when it ends.
pub struct ChildSpan {
    /// The span's name.
    pub name: String,
    /// Microseconds since the Unix epoch.
    pub start_us: i64,
    /// Details.
    pub attributes: Vec<(String, serde_json::Value)>,
    /// The failure; empty when it went well.
    pub failure: String,
}

impl Entry {
    fn into_end(self, event: EventId, outcome: EventOutcome, worker: &str) -> FromGuest {
        let status = match self.failure {
            Some(text) => SpanStatus::Error(text),
            None if outcome == EventOutcome::Ok => SpanStatus::Unset,
            None => SpanStatus::Error(outcome.as_str().to_string()),
        };
        let handler = SpanRecord {
            context: SpanContext { trace: self.parent.trace, span: self.span },
            parent: Some(self.parent.span),
            name: self.name.to_string(),
            kind: SpanKind::Internal,
            start_us: self.start_us,
            end_us: now_us().max(self.start_us),
            status,
            worker: worker.to_string(),
            attributes: Vec::new(),
            events: self.events,
        };
        let mut spans = Vec::with_capacity(1 + self.children.len());
        spans.push(handler);
        spans.extend(self.children);
        FromGuest::EventEnded { event, outcome, spans }
    }
}

/// A fresh span id.
fn new_span_id() -> SpanId {
    thread_local! {
        static IDS: Ids = Ids::new();
    }
    IDS.with(Ids::span)
}
