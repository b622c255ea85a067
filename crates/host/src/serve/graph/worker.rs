//! A Worker of the graph: its guest, what it has said, and the way to run its tests.
//!
//! Owns the guest's thread. One task hears what the guest says: lines go to the [`Output`], ends of events to whoever
//! waits for them, the rest becomes the node's state.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use lopata_bridges::{Ids, InboxSender, Namespace, Parcel, Refused, Undelivered, Unreachable, WorkerService, reply};
use lopata_guest::{GuestHandle, GuestReport, LogBudget, SpawnOptions};
use lopata_protocol::message::Death;
use lopata_protocol::{
    Answer, EventId, EventOutcome, Export, FromGuest, LogLevel, LogRecord, SpanContext, SpanRecord, TestOutcome,
    ToGuest, WireError,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use super::Making;
use super::define::Template;
use super::objects::NodeKeeper;
use crate::objects::ObjectThreads;

/// Where the lines of Workers go.
pub trait Output: Send + Sync {
    /// A line of a Worker's console, or an exception that nobody handled.
    fn line(&self, worker: &str, record: &LogRecord);
}

/// A Worker.
pub struct WorkerNode {
    guest: GuestHandle,
    state: Arc<State>,
    ids: Mutex<Ids>,
    /// What more guests are made with.
    spawn: SpawnOptions,
    output: Arc<dyn Output>,
    /// What they become; set when it is linked.
    template: OnceLock<Arc<Template>>,
    /// Where its objects run; set once it has started and has classes.
    objects: OnceLock<ObjectThreads>,
}

/// What the guest has said.
pub(super) struct State {
    pub(super) name: Arc<str>,
    phase: watch::Sender<Phase>,
    /// Whether the guest has said its last word.
    gone: watch::Sender<bool>,
    /// Who is told of its events; set when it is linked.
    tails: OnceLock<Vec<WorkerService>>,
    /// Who waits for the end of an event.
    ends: Mutex<HashMap<EventId, oneshot::Sender<()>>>,
}

#[derive(Clone)]
enum Phase {
    /// It has not been told what it is, or its modules run.
    Starting,
    Ready(Arc<[Export]>),
    Failed(WireError),
    Stopped(Option<Death>),
}

/// How a test went.
pub struct TestRun {
    /// What it ended in.
    pub outcome: TestOutcome,
    /// How long it took.
    pub duration: Duration,
}

impl WorkerNode {
    /// Starts a guest that waits for its code.
    pub(super) fn make(name: &str, making: &Making) -> io::Result<Self> {
        // What bounds the channel is said where guests send.
        let (reports, heard) = mpsc::unbounded_channel();
        let mut spawn = making.spawn.clone();
        spawn.reports = reports;
        let log_budget = spawn.log_budget.clone();
        let guest = lopata_guest::spawn(spawn)?;
        let state = Arc::new(State {
            name: Arc::from(name),
            phase: watch::Sender::new(Phase::Starting),
            gone: watch::Sender::new(false),
            tails: OnceLock::new(),
            ends: Mutex::default(),
        });
        tokio::spawn(hear(state.clone(), heard, making.output.clone(), log_budget));
        Ok(Self {
            guest,
            state,
            ids: Mutex::new(Ids::new()),
            spawn: making.spawn.clone(),
            output: making.output.clone(),
            template: OnceLock::new(),
            objects: OnceLock::new(),
        })
    }

    /// Says who is told of its events.
    pub(super) fn set_tails(&self, tails: Vec<WorkerService>) {
        // A Worker is linked once.
        let _ = self.state.tails.set(tails);
    }

    /// Gives the guest its code; resolves once that has run.
    pub(super) fn start(&self, template: Template) -> impl Future<Output = Result<(), WireError>> + use<> {
        let (definition, attachments) = template.instance();
        // A Worker is linked once.
        let _ = self.template.set(Arc::new(template));
        let mut phase = self.state.phase.subscribe();
        // A guest that is gone has said so.
        let _ = self.guest.inbox.send(Parcel { message: ToGuest::Load(Box::new(definition)), attachments });
        async move {
            let reached = phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await;
            match reached.as_deref() {
                Ok(Phase::Ready(_)) => Ok(()),
                Ok(Phase::Failed(error)) => Err(error.clone()),
                Ok(Phase::Starting | Phase::Stopped(None)) | Err(_) => {
                    Err(WireError::new("Error", "The worker was ended before it had started."))
                }
                Ok(Phase::Stopped(Some(death))) => Err(WireError::new("Error", why(death))),
            }
        }
    }

    /// What can be called of it; `None` unless it runs.
    pub fn exports(&self) -> Option<Arc<[Export]>> {
        match &*self.state.phase.borrow() {
            Phase::Ready(exports) => Some(exports.clone()),
            Phase::Starting | Phase::Failed(_) | Phase::Stopped(_) => None,
        }
    }

    /// Runs its classes of Durable Objects, if it has started.
    pub(super) fn run_objects(&self, classes: &[(Arc<str>, Arc<Namespace>)]) {
        let (Some(exports), Some(template)) = (self.exports(), self.template.get()) else {
            let why = Unreachable::Broken(self.state.name.to_string());
            classes.iter().for_each(|(_, namespace)| namespace.refuse(why.clone()));
            return;
        };
        let has = |class: &str| exports.iter().any(|export| export.name == class);
        let (found, missing): (Vec<_>, Vec<_>) = classes.iter().partition(|(class, _)| has(class));
        for (class, namespace) in missing {
            let text = MissingClass(class.to_string()).to_string();
            self.output.line(&self.state.name, &LogRecord { level: LogLevel::Warn, text, origin: None, event: None });
            namespace.refuse(Unreachable::NoClass(class.to_string()));
        }
        if found.is_empty() {
            return;
        }
        let threads = self.objects.get_or_init(|| {
            let (spawn, template) = (self.spawn.clone(), template.clone());
            let (state, output) = (self.state.clone(), self.output.clone());
            ObjectThreads::new(Arc::new(NodeKeeper { spawn, template, state, output }))
        });
        found.iter().for_each(|(_, namespace)| namespace.set_home(Some(threads.home())));
    }

    /// Puts an event into its inbox.
    pub(super) fn deliver(&self, parcel: Box<Parcel<ToGuest>>) -> Result<InboxSender, Undelivered> {
        let name = || self.state.name.to_string();
        let why = match &*self.state.phase.borrow() {
            Phase::Ready(_) => None,
            Phase::Starting => Some(Unreachable::Starting(name())),
            Phase::Failed(_) | Phase::Stopped(_) => Some(Unreachable::Broken(name())),
        };
        if let Some(why) = why {
            return Err(Undelivered { parcel, why });
        }
        match self.guest.inbox.send(*parcel) {
            Ok(()) => Ok(self.guest.inbox.clone()),
            Err(Refused::Closed(parcel)) => Err(Undelivered { parcel, why: Unreachable::Gone }),
            Err(Refused::Full(parcel)) => Err(Undelivered { parcel, why: Unreachable::Full(name()) }),
        }
    }

    /// Runs the `test` handler of an entrypoint, for at most `limit`. All its lines are out when this resolves.
    pub async fn test(&self, entrypoint: Option<&str>, limit: Duration) -> TestRun {
        let event = EventId::next();
        let parent = {
            let ids = self.ids.lock();
            SpanContext { trace: ids.trace(), span: ids.span() }
        };
        let (answering, answer) = reply();
        let (over, ended) = oneshot::channel();
        self.state.ends.lock().insert(event, over);
        let message = ToGuest::Test { event, entrypoint: entrypoint.map(Arc::from), parent };
        let since = Instant::now();
        // Refused, it is dropped, which is the answer.
        let _ = self.guest.inbox.send(Parcel::asking(message, answering));
        let answered = tokio::time::timeout(limit, answer).await;
        let duration = since.elapsed();
        let outcome = match answered {
            Ok(Some(answered)) => match answered.answer.message {
                Answer::Tested(outcome) => outcome,
                Answer::Failed { error, outcome } => TestOutcome { outcome, error: Some(error) },
                other => unreachable!("a test is answered with its outcome, not {other:?}"),
            },
            Ok(None) => self.died(),
            Err(_) => {
                self.give_up(event).await;
                timed_out(limit)
            }
        };
        // Said after all lines of the event, and on the same way.
        let _ = tokio::time::timeout(LAST_LINES, ended).await;
        self.state.ends.lock().remove(&event);
        if let Some(objects) = self.objects.get() {
            objects.flush().await;
        }
        TestRun { outcome, duration }
    }

    /// A test that does not come back: one that waits is left alone, one that runs without a pause takes its isolate
    /// with it.
    async fn give_up(&self, event: EventId) {
        let _ = self.guest.inbox.send(Parcel::new(ToGuest::Abort { event }));
        if self.guest.inbox.polling_gap(Instant::now()).is_some_and(|age| age > STUCK) {
            self.guest.terminate(Some(Death::Cpu));
        }
    }

    fn died(&self) -> TestOutcome {
        let text = match &*self.state.phase.borrow() {
            Phase::Stopped(Some(death)) => why(death),
            Phase::Starting | Phase::Ready(_) | Phase::Failed(_) | Phase::Stopped(None) => {
                "The worker ended before the test did.".to_string()
            }
        };
        TestOutcome { outcome: EventOutcome::InternalError, error: Some(WireError::new("Error", text)) }
    }

    /// Ends the guest.
    pub(super) fn stop(&self) {
        self.guest.terminate(None);
        if let Some(objects) = self.objects.get() {
            objects.end();
        }
    }

    /// Waits until the thread is gone.
    pub(super) async fn stopped(&self) {
        let mut gone = self.state.gone.subscribe();
        let gone = gone.wait_for(|gone| *gone);
        // A thread that does not end is taken along by the process.
        if tokio::time::timeout(LAST_WORD, gone).await.is_ok_and(|gone| gone.is_ok()) {
            self.guest.join();
        }
        if let Some(objects) = self.objects.get() {
            let _ = tokio::time::timeout(LAST_WORD, objects.over()).await;
        }
    }
}

/// A class that has a namespace and no code. The text is workerd's.
#[derive(Debug, thiserror::Error)]
#[error(
    "A DurableObjectNamespace in the config referenced the class \"{0}\", but no such Durable Object class is exported \
     from the worker. Please make sure the class name matches, it is exported, and the class extends 'DurableObject'. \
     Attempts to call to this Durable Object class will fail at runtime, but historically this was not a startup-time \
     error. Future versions of workerd may make this a startup-time error."
)]
struct MissingClass(String);

impl State {
    /// An event is over.
    pub(super) fn ended(&self, event: EventId, spans: &[SpanRecord], tail: Option<Arc<str>>) {
        if let (Some(item), Some(handler)) = (tail, spans.last()) {
            self.tell(&item, handler.context);
        }
        let waits = self.ends.lock().remove(&event);
        if let Some(waits) = waits {
            // Whoever waited has stopped waiting.
            let _ = waits.send(());
        }
    }

    /// Tells tail workers of an event. Nobody waits for what they do with it.
    fn tell(&self, item: &str, parent: SpanContext) {
        let items: Arc<str> = Arc::from(format!("[{item}]"));
        for tail in self.tails.get().into_iter().flatten() {
            let (event, entrypoint) = (EventId::next(), tail.entrypoint.clone());
            let message = ToGuest::Tail { event, entrypoint, items: items.clone(), parent };
            // One that does not run is not told.
            let _ = tail.door.deliver(Parcel::new(message));
        }
    }
}

/// How long the lines of a test that is over may take.
const LAST_LINES: Duration = Duration::from_secs(2);
/// How long a guest may take to end.
const LAST_WORD: Duration = Duration::from_secs(5);
/// A turn of the loop that takes longer has no pause in it.
const STUCK: Duration = Duration::from_secs(1);

fn timed_out(limit: Duration) -> TestOutcome {
    let text = format!("The test did not end within {} s (--timeout).", limit.as_secs_f64());
    TestOutcome { outcome: EventOutcome::Canceled, error: Some(WireError::new("Error", text)) }
}

fn why(death: &Death) -> String {
    match death {
        // Source: production's texts.
        Death::Memory => "Worker exceeded memory limit.".to_string(),
        Death::Cpu => "Worker exceeded CPU time limit.".to_string(),
        Death::Grace => "The worker was ended.".to_string(),
        Death::Aborted(reason) => format!("The worker has called abortIsolate(): {reason}"),
        Death::Panic(panic) => format!("internal error: {panic}"),
    }
}

/// Hears a guest until its last word.
async fn hear(
    state: Arc<State>,
    mut heard: mpsc::UnboundedReceiver<GuestReport>,
    output: Arc<dyn Output>,
    log_budget: LogBudget,
) {
    while let Some(GuestReport { message, .. }) = heard.recv().await {
        match message {
            FromGuest::Booted | FromGuest::WaitUntilAdded { .. } | FromGuest::WaitUntilSettled { .. } => {}
            FromGuest::Ready { exports, .. } => _ = state.phase.send_replace(Phase::Ready(exports.into())),
            FromGuest::Failed { error, .. } => _ = state.phase.send_replace(Phase::Failed(error)),
            FromGuest::EventEnded { event, spans, tail, .. } => state.ended(event, &spans, tail),
            FromGuest::Log(record) => {
                log_budget.spent();
                output.line(&state.name, &record);
            }
            FromGuest::Stopped { death } => {
                state.phase.send_if_modified(|phase| {
                    // Why it did not start says more than that it is gone.
                    let tells = !matches!(phase, Phase::Failed(_));
                    if tells {
                        *phase = Phase::Stopped(death);
                    }
                    tells
                });
                state.ends.lock().clear();
                state.gone.send_replace(true);
                return;
            }
        }
    }
}
