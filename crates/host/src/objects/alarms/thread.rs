//! The thread that rings: delivers what is due and hears how it went.
//!
//! It polls the answers of all alarms that run and parks in between; an answer, a new alarm and the end of the process
//! wake it.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use lopata_bridges::{Answered, Namespace, Parcel, reply};
use lopata_protocol::{AlarmOutcome, Answer, EventId, EventOutcome, FromGuest, InspectCall, ToGuest};

use super::schedule::{Ended, Next, Run};
use super::{Due, Key, News, Ran, Shared};
use crate::traces::Tick;

/// The longest sleep: a machine that was asleep, or whose clock was set, is at most so much late.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Wakes the thread.
pub(super) struct Ringer {
    thread: Option<Thread>,
}

impl Ringer {
    /// Starts the thread.
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let weak = Arc::downgrade(shared);
        let spawned = std::thread::Builder::new().name("lopata-alarms".to_string()).spawn(move || ring(&weak));
        // Without a thread alarms do not ring in this process; they are stored all the same.
        Self { thread: spawned.ok().map(|handle| handle.thread().clone()) }
    }

    /// Has it look at what is due.
    pub(super) fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// One alarm on its way, and its answer to come.
struct Ringing {
    due: Due,
    tick: Tick,
    started: Instant,
}

type Answering = Pin<Box<dyn Future<Output = (Ringing, Option<Answered>)> + Send>>;

fn ring(shared: &Weak<Shared>) {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut ringing: FuturesUnordered<Answering> = FuturesUnordered::new();
    loop {
        let Some(shared) = shared.upgrade() else { return };
        while let Poll::Ready(Some((rung, answered))) = ringing.poll_next_unpin(&mut cx) {
            over(&shared, rung, answered);
        }
        let due = shared.due();
        if !due.is_empty() {
            due.into_iter().for_each(|due| deliver(&shared, due, &mut ringing));
            // Those that are new have to be polled once to be heard of.
            continue;
        }
        let pause = shared.until_next();
        drop(shared);
        match pause {
            Some(pause) => std::thread::park_timeout(pause.min(LOOK_MAX)),
            None => std::thread::park(),
        }
    }
}

fn deliver(shared: &Shared, due: Due, ringing: &mut FuturesUnordered<Answering>) {
    let scheduled_time_ms = due.run.scheduled_ms as f64;
    let tick = Tick::alarm(&due.namespace.definition(), due.run.key.1, scheduled_time_ms);
    let (reply, answer) = reply();
    let message = ToGuest::Alarm {
        event: EventId::next(),
        scheduled_time_ms,
        retry_count: due.run.retry_count,
        parent: tick.context,
    };
    // A door of its own for each run: one that has reached an object which broke would refuse the retry.
    let door = due.namespace.door(due.run.key.1, due.run.name.clone());
    match door.deliver(Parcel::asking(message, reply)) {
        Ok(_) => {
            let rung = Ringing { due, tick, started: Instant::now() };
            ringing.push(Box::pin(async move { (rung, answer.await) }));
        }
        // Nobody runs the class at present. That is no run: it is not told, and comes again soon.
        Err(_) => drop(shared.finished(&due.run, Ended::NotBegun)),
    }
}

fn over(shared: &Shared, rung: Ringing, answered: Option<Answered>) {
    let Ringing { due, tick, started } = rung;
    let Due { run, namespace } = due;
    let mut spans = Vec::new();
    let (answer, ended) = answered.map_or((None, None), |answered| (Some(answered.answer.message), answered.ended));
    if let Some(FromGuest::EventEnded { spans: own, .. }) = ended {
        spans = own;
    }
    let (ended, outcome) = match answer {
        Some(Answer::Alarm(AlarmOutcome { outcome, retry, counts })) => {
            let ended = match (retry, counts) {
                // It ended well, or another one has taken its place.
                (false, _) if matches!(outcome, EventOutcome::Ok | EventOutcome::Canceled) => Ended::Done,
                (false, _) => Ended::Dropped,
                (true, true) => Ended::Failed,
                (true, false) => Ended::Interrupted,
            };
            (ended, Ok(outcome))
        }
        // What it threw has been logged with its stack.
        Some(Answer::Failed { error, outcome: EventOutcome::InternalError }) => {
            (Ended::Interrupted, Err(error.to_string()))
        }
        Some(Answer::Failed { outcome, .. }) => (Ended::Interrupted, Ok(outcome)),
        Some(_) | None => (Ended::Interrupted, Err("the worker ended before its handler did".to_string())),
    };
    let next = shared.finished(&run, ended);
    if next == Next::GivenUp {
        abandon(&namespace, &run);
    }
    spans.push(tick.into_span(outcome.as_ref().map(|outcome| *outcome).map_err(String::as_str)));
    let definition = namespace.definition();
    let (object, name, scheduled_ms) = (run.key.1, run.name, run.scheduled_ms);
    shared.tell(News::Ran(Ran {
        definition,
        object,
        name,
        scheduled_ms,
        outcome,
        next,
        elapsed: started.elapsed(),
        spans,
    }));
}

/// Tells the object that its alarm will not ring, so that it does not go on thinking that it has one. Nobody waits for
/// that: an object that does not hear it has an alarm in the past, which does no harm.
fn abandon(namespace: &Arc<Namespace>, run: &Run<Key>) {
    let call = InspectCall::Abandon { scheduled_ms: run.scheduled_ms };
    let door = namespace.door(run.key.1, run.name.clone());
    drop(door.deliver(Parcel::new(ToGuest::Inspect(Box::new(call)))));
}
