//! The events a guest is working on: who waits for each, and what was recorded about it.
//!
//! The table is shared with the panic hook, which must be able to answer for a thread that can no longer run;
//! that is why it is behind a lock and not in the isolate.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use lopata_bridges::{Answered, Attachments, Counted, Parcel, Reply, SubrequestBudget};
use lopata_protocol::{
    AlarmOutcome, Answer, Attribute, EventId, EventOutcome, FromGuest, Invocation, SpanContext, TraceId, WireError,
};
use parking_lot::Mutex;

use crate::spans::{EventSpans, SpanNumber};
use crate::tail::{TailCollector, Trigger};
use crate::thread::HostSender;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The number of events in this process that have begun and not ended. For leak checks.
pub fn live_events() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Events that are answered or running. Cheap to clone; all clones are the same table.
#[derive(Clone, Default)]
pub struct EventTable(Arc<Mutex<HashMap<u64, Entry>>>);

/// An event that is about to be dispatched.
pub struct Beginning {
    /// Its id.
    pub event: EventId,
    /// What runs for it.
    pub handler: Handler,
    /// The caller's span.
    pub parent: SpanContext,
    /// Where its answer goes.
    pub reply: Option<Reply>,
    /// What it may spend.
    pub subrequests: Subrequests,
    /// What a tail worker is told of its cause; `None` when nobody tails this event.
    pub trigger: Option<Trigger>,
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
    /// Non-null while the handler of an alarm runs: it is to be retried, unless its script has said otherwise.
    alarm_retries: Option<bool>,
    /// True when another guest asked or a tail worker is told: then the host hears of the event's end from here and
    /// not with the answer.
    apart: bool,
    subrequests: Subrequests,
    /// What was recorded about it.
    spans: EventSpans,
    /// What a tail worker is told about it.
    tail: Option<Box<TailCollector>>,
    _counted: Counted,
}

/// Microseconds since the Unix epoch.
pub fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros() as i64)
}

impl EventTable {
    /// Enters an event that is about to be dispatched.
    pub fn begin(&self, beginning: Beginning) {
        let Beginning { event, handler, parent, reply, subrequests, trigger } = beginning;
        let Handler { span, name, entrypoint } = handler;
        let now_us = now_us();
        let tail = trigger.map(|trigger| Box::new(TailCollector::new(trigger, entrypoint.clone(), now_us)));
        let invocation = Invocation { handler: name, entrypoint, outcome: EventOutcome::Ok };
        let entry = Entry {
            reply,
            alarm_retries: None,
            apart: matches!(subrequests, Subrequests::Shared(_)) || tail.is_some(),
            subrequests,
            spans: EventSpans::new(parent, span, invocation, now_us),
            tail,
            _counted: Counted::new(&LIVE),
        };
        self.0.lock().insert(event.0, entry);
    }

    /// True when no event is running.
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// True for an event that has begun and not ended.
    pub fn runs(&self, event: EventId) -> bool {
        self.0.lock().contains_key(&event.0)
    }

    /// Answers an event: gives what is to be sent. With `ended`, the event is over in the same breath and costs no
    /// second message. `None` for an event that is not known any more.
    pub fn answer(
        &self,
        event: EventId,
        answer: Answer,
        attachments: Attachments,
        ended: Option<EventOutcome>,
        worker: &Arc<str>,
    ) -> Option<Outgoing> {
        let (reply, ended, apart) = {
            let mut table = self.0.lock();
            let entry = table.get_mut(&event.0)?;
            if let Answer::Failed { error, .. } | Answer::RpcFailed { error, .. } = &answer {
                entry.spans.fail(error.to_string());
            }
            if let (Some(tail), Answer::Response { head, .. }) = (&mut entry.tail, &answer) {
                tail.responded(head.status);
            }
            let (reply, apart) = (entry.reply.take(), entry.apart);
            let ended =
                ended.and_then(|outcome| table.remove(&event.0).map(|entry| entry.into_end(event, outcome, worker)));
            (reply, ended, apart)
        };
        let (with_answer, apart) = if apart { (None, ended) } else { (ended, None) };
        Some(Outgoing { reply, answer: Parcel { message: answer, attachments }, with_answer, apart })
    }

    /// Ends an event that was answered before.
    pub fn end(&self, event: EventId, outcome: EventOutcome, worker: &Arc<str>, host: &HostSender) {
        let entry = self.0.lock().remove(&event.0);
        if let Some(entry) = entry {
            host.send(entry.into_end(event, outcome, worker));
        }
    }

    /// Works on the spans of an event; `None` when it is over.
    pub fn with_spans<T>(&self, event: EventId, work: impl FnOnce(&mut EventSpans) -> T) -> Option<T> {
        self.0.lock().get_mut(&event.0).map(|entry| work(&mut entry.spans))
    }

    /// Records something that happened inside a span of an event: a log line, an exception.
    pub fn add_event(
        &self,
        event: EventId,
        span: SpanNumber,
        name: &'static str,
        attributes: impl FnOnce() -> Vec<Attribute>,
    ) {
        self.with_spans(event, |spans| spans.add_event(span, name, attributes, now_us()));
    }

    /// Works on what a tail worker is told about an event, if any is.
    pub fn with_tail(&self, event: EventId, work: impl FnOnce(&mut TailCollector)) {
        if let Some(tail) = self.0.lock().get_mut(&event.0).and_then(|entry| entry.tail.as_deref_mut()) {
            work(tail);
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

    /// The context that a call made for a span of `event` carries as its parent.
    pub fn context_of(&self, event: EventId, span: SpanNumber) -> Option<SpanContext> {
        self.with_spans(event, |spans| spans.context_of(span))
    }

    /// True when an event that `is_meant` works on the request with this trace.
    pub fn works_on(&self, trace: TraceId, is_meant: impl Fn(EventId) -> bool) -> bool {
        let table = self.0.lock();
        let of_trace = |entry: &Entry| entry.spans.context_of(SpanNumber::HANDLER).trace == trace;
        table.iter().any(|(event, entry)| of_trace(entry) && is_meant(EventId(*event)))
    }

    /// The handler of an alarm begins to run: it counts as having failed when its object is reset.
    pub fn runs_alarm(&self, event: EventId) {
        if let Some(entry) = self.0.lock().get_mut(&event.0) {
            entry.alarm_retries = Some(true);
        }
    }

    /// Alarms among these events that run are not to be retried.
    pub fn drop_alarms(&self, events: &[EventId]) {
        let mut table = self.0.lock();
        for event in events {
            if let Some(entry) = table.get_mut(&event.0) {
                entry.alarm_retries = entry.alarm_retries.map(|_| false);
            }
        }
    }

    /// Answers and ends some events that cannot go on.
    pub fn fail(
        &self,
        events: &[EventId],
        error: &WireError,
        outcome: EventOutcome,
        worker: &Arc<str>,
        host: &HostSender,
    ) {
        let entries = {
            let mut table = self.0.lock();
            events.iter().filter_map(|event| Some((event.0, table.remove(&event.0)?))).collect()
        };
        Self::fail_entries(entries, error, outcome, worker, host);
    }

    /// Answers and ends everything that is left, because the thread is over.
    pub fn fail_all(&self, error: &WireError, outcome: EventOutcome, worker: &Arc<str>, host: &HostSender) {
        // The panic hook may find the lock taken by the very frame that panicked; then there is nothing to do.
        let Some(mut table) = self.0.try_lock() else { return };
        let entries: Vec<_> = table.drain().collect();
        drop(table);
        Self::fail_entries(entries, error, outcome, worker, host);
    }

    fn fail_entries(
        entries: Vec<(u64, Entry)>,
        error: &WireError,
        outcome: EventOutcome,
        worker: &Arc<str>,
        host: &HostSender,
    ) {
        for (id, mut entry) in entries {
            let event = EventId(id);
            entry.spans.fail(error.to_string());
            if let Some(tail) = &mut entry.tail {
                tail.exception(error, now_us());
            }
            if let Some(reply) = entry.reply.take() {
                let answer = match (entry.alarm_retries, outcome) {
                    // What its script did, or had done, to it.
                    (
                        Some(retry),
                        EventOutcome::Exception | EventOutcome::ExceededCpu | EventOutcome::ExceededMemory,
                    ) => Answer::Alarm(AlarmOutcome { outcome, retry, counts: retry }),
                    _ => Answer::Failed { error: error.clone(), outcome },
                };
                let parcel = Parcel { message: answer, attachments: Attachments::none() };
                // An asker that is gone needs no answer.
                let _ = reply.send(Answered { answer: parcel, ended: None });
            }
            host.send(entry.into_end(event, outcome, worker));
        }
    }
}

/// An answer on its way.
pub struct Outgoing {
    reply: Option<Reply>,
    answer: Parcel<Answer>,
    /// The event's end, when it rides on the answer.
    with_answer: Option<FromGuest>,
    /// The event's end, when it goes to the host by itself.
    apart: Option<FromGuest>,
}

impl Outgoing {
    /// Sends it.
    pub fn send(self, host: &HostSender) {
        let Self { reply, answer, with_answer, apart } = self;
        let unread = match reply {
            // Whoever asked is gone; the host still has to learn that the event is over.
            Some(reply) => reply.send(Answered { answer, ended: with_answer }).err().and_then(|unread| unread.ended),
            None => with_answer,
        };
        if let Some(ended) = unread.or(apart) {
            host.send(ended);
        }
    }

    /// Sends an error in its place.
    pub fn fail(mut self, error: &WireError, host: &HostSender) {
        self.answer = Parcel::new(Answer::Failed { error: error.clone(), outcome: EventOutcome::Exception });
        self.send(host);
    }
}

/// Which handler runs, for its span.
pub struct Handler {
    /// The span's name: `fetch handler`.
    pub span: &'static str,
    /// `fetch`, as production calls it.
    pub name: &'static str,
    /// The entrypoint; `None` for the default export.
    pub entrypoint: Option<Arc<str>>,
}

impl Entry {
    fn into_end(self, event: EventId, outcome: EventOutcome, worker: &Arc<str>) -> FromGuest {
        let now_us = now_us();
        let tail = self.tail.map(|tail| tail.finish(outcome, worker, now_us));
        FromGuest::EventEnded { event, outcome, spans: self.spans.finish(outcome, worker, now_us), tail }
    }
}
