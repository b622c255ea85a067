//! The threads that objects of one version of a worker run on: started when they are needed, ended when they are not.
//!
//! ```text
//!  grant ─► no thread at this place ─► spare, Load, Grant ─► Ready
//!                                                   └─(error)─► Failed: what waits is answered with it
//!  Serving ─(drain)─► Draining: each object finishes and returns ─(all gone │ grace over)─► Over
//!      └───(end)───► Ending ────────────────────────────────────────────────────────────► Over
//! ```
//!
//! A place is a class, or with [`Isolation::Instance`] one object. Owns which guest is at which place, the watchdog over
//! them, and the hearing of what they say; what becomes of that is the [`Keeper`]'s. Whoever grants (a caller's thread,
//! or that of an owner that lets go) puts the lease into the guest's inbox itself and waits for nothing.
//!
//! Invariants
//! - A lease that comes is given to a guest or refused, never dropped, unless another home has taken over.
//! - No lease is dropped and no home is asked under the lock.
//! - A start that fails is not repeated for the events that waited for it: they are answered. The next event is a new
//!   attempt.
//! - The last word of every guest is heard before the threads are over, and each is joined.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lopata_bridges::{Attachments, Capability, Home, Lease, Namespace, Parcel, Refused, WaitUntilTracker};
use lopata_guest::{GuestHandle, GuestReport};
use lopata_protocol::message::Death;
use lopata_protocol::{
    EventId, FromGuest, GuestId, LogRecord, ObjectId, SpanRecord, ToGuest, WireError, WorkerDefinition, limits,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::supervisor::ran_too_long;

/// How objects of a class share threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// One thread a class.
    #[default]
    Class,
    /// One thread an object.
    Instance,
}

/// Whoever has the version of the worker whose objects run.
pub trait Keeper: Send + Sync + 'static {
    /// A guest that has no code yet and tells `reports` what it has to say.
    fn guest(&self, reports: &mpsc::UnboundedSender<GuestReport>) -> io::Result<Arc<GuestHandle>>;
    /// What such a guest becomes.
    fn definition(&self) -> (WorkerDefinition, Attachments);
    /// How objects of a class share threads.
    fn isolation(&self) -> Isolation;
    /// Milliseconds of CPU time that one turn may take.
    fn cpu_ms_max(&self) -> u64;
    /// A guest has started.
    fn started(&self);
    /// An object has something to say.
    fn log(&self, record: &LogRecord);
    /// An event of an object is over.
    fn ended(&self, event: EventId, spans: Vec<SpanRecord>, tail: Option<Arc<str>>);
    /// Something went wrong with the thread of a class.
    fn trouble(&self, class: &str, trouble: Trouble);
}

/// What can go wrong with a thread.
#[derive(Debug)]
pub enum Trouble {
    /// The worker's code did not start in it.
    Failed(WireError),
    /// It ended without being asked to, and with it this many `waitUntil` tasks.
    Died(Death, usize),
}

/// The object threads of one version of a worker. Cheap to clone; all clones are the same threads.
#[derive(Clone)]
pub struct ObjectThreads(Arc<Inner>);

struct Inner {
    keeper: Arc<dyn Keeper>,
    /// Given to each guest. What bounds the channel is said where guests send.
    reports: mpsc::UnboundedSender<GuestReport>,
    /// Told of each lease that has returned from a guest with an object of its own. Bounded by the leases.
    returned: mpsc::UnboundedSender<GuestId>,
    /// Whoever wants to be told once all has been heard that was said before. Bounded by those who wait.
    flushes: mpsc::UnboundedSender<oneshot::Sender<()>>,
    state: Mutex<State>,
    /// There is something new that the listening task has to look at.
    news: Notify,
    over: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    /// Who is to be granted what comes. A guest that is about to end is no longer here.
    places: HashMap<Place, GuestId>,
    /// All guests that have not said their last word.
    threads: HashMap<GuestId, Thread>,
    /// Places whose last start has failed, with the leases that were to run there, until those are refused.
    failed: HashMap<Place, Vec<Lease>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Serving,
    /// Newer threads have taken over. These are ended when the time has come, which is `None` once that was done.
    Draining(Option<Instant>),
    Ending,
}

/// What a thread is for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    unique_key: Arc<str>,
    /// Non-null exactly with [`Isolation::Instance`].
    object: Option<ObjectId>,
}

struct Thread {
    guest: Arc<GuestHandle>,
    place: Place,
    namespace: Arc<Namespace>,
    class: Arc<str>,
    /// Its modules have been evaluated.
    ready: bool,
    /// What it said before that, which the worker's own thread has said, too: shown only if nothing comes of it.
    early: Vec<LogRecord>,
    /// Leases that it was given and has not let go of.
    held: usize,
    /// Why its modules could not be evaluated.
    failure: Option<WireError>,
    waits: WaitUntilTracker,
}

/// How often the watchdog looks.
const TICK: Duration = Duration::from_millis(100);

/// Log lines kept of a start.
const EARLY_LINES_MAX: usize = 1000;

impl ObjectThreads {
    /// No threads yet. To be called in the host's runtime.
    pub fn new(keeper: Arc<dyn Keeper>) -> Self {
        let (reports, heard) = mpsc::unbounded_channel();
        let (returned, returns) = mpsc::unbounded_channel();
        let (flushes, flushed) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            keeper,
            reports,
            flushes,
            returned,
            state: Mutex::default(),
            news: Notify::new(),
            over: watch::Sender::new(false),
        });
        tokio::spawn(listen(inner.clone(), heard, returns, flushed));
        Self(inner)
    }

    /// What namespaces grant their objects to.
    pub fn home(&self) -> Arc<dyn Home> {
        self.0.clone()
    }

    /// Lets each object finish what it runs and return. To be called once the namespaces have another home, or none.
    pub fn drain(&self) {
        let guests = {
            let mut state = self.0.state.lock();
            if state.phase != Phase::Serving {
                return;
            }
            state.phase = Phase::Draining(Some(Instant::now() + Duration::from_millis(limits::DRAIN_GRACE_MS)));
            state.guests()
        };
        for guest in guests {
            // One that is gone has nothing to finish.
            let _ = guest.inbox.send(Parcel::new(ToGuest::Drain));
        }
        self.0.news.notify_one();
    }

    /// Ends all threads, whatever they run.
    pub fn end(&self) {
        let guests = {
            let mut state = self.0.state.lock();
            state.phase = Phase::Ending;
            state.guests()
        };
        guests.iter().for_each(|guest| guest.terminate(None));
        self.0.news.notify_one();
    }

    /// Resolves once everything has been heard that the guests have said before.
    pub fn flush(&self) -> impl Future<Output = ()> + use<> {
        let (done, flushed) = oneshot::channel();
        // When nobody listens any more, all has been heard.
        let _ = self.0.flushes.send(done);
        async move {
            let _ = flushed.await;
        }
    }

    /// True once no thread is left and none will be started.
    pub fn is_over(&self) -> bool {
        *self.0.over.borrow()
    }

    /// Resolves once no thread is left. Nothing comes of it before [`ObjectThreads::drain`] or [`ObjectThreads::end`].
    pub fn over(&self) -> impl Future<Output = ()> + use<> {
        let mut over = self.0.over.subscribe();
        async move {
            // The sender lives as long as there are threads.
            let _ = over.wait_for(|over| *over).await;
        }
    }
}

impl Home for Inner {
    fn grant(&self, lease: Lease) {
        let Some(namespace) = lease.namespace() else { return };
        let definition = namespace.definition();
        let object = (self.keeper.isolation() == Isolation::Instance).then(|| lease.id());
        let place = Place { unique_key: definition.unique_key.clone(), object };
        let mut lease = Some(lease);
        let mut grant = |state: &mut State| -> Result<(), Option<WireError>> {
            match state.phase {
                Phase::Serving => {}
                Phase::Draining(_) => return Err(None),
                Phase::Ending => return Err(Some(WireError::connection_lost(None))),
            }
            if let Some(failed) = state.failed.get_mut(&place) {
                failed.extend(lease.take());
                return Ok(());
            }
            while let Some(granted) = lease.take() {
                let guest = self.guest_at(state, &place, &namespace).map_err(|error| {
                    let text = format!("No thread could be started for the Durable Object: {error}");
                    Some(WireError::new("Error", text))
                });
                let guest = match guest {
                    Ok(guest) => guest,
                    Err(error) => {
                        lease = Some(granted);
                        return Err(error);
                    }
                };
                lease = self.give(state, guest, &place, granted);
            }
            Ok(())
        };
        let outcome = grant(&mut self.state.lock());
        match (outcome, lease) {
            (Err(Some(error)), Some(lease)) => lease.refuse(&error),
            // Another home has taken over: the object goes there.
            (_, lease) => drop(lease),
        }
    }
}

impl Inner {
    /// The guest at a place, which is started if there is none.
    fn guest_at(&self, state: &mut State, place: &Place, namespace: &Arc<Namespace>) -> io::Result<Arc<GuestHandle>> {
        if let Some(thread) = state.places.get(place).and_then(|guest| state.threads.get(guest)) {
            return Ok(thread.guest.clone());
        }
        let guest = self.keeper.guest(&self.reports)?;
        let (definition, attachments) = self.keeper.definition();
        // A spare that died meanwhile refuses what follows, too.
        let _ = guest.inbox.send(Parcel { message: ToGuest::Load(Box::new(definition)), attachments });
        let thread = Thread {
            guest: guest.clone(),
            place: place.clone(),
            namespace: namespace.clone(),
            class: namespace.definition().class.clone(),
            ready: false,
            early: Vec::new(),
            held: 0,
            failure: None,
            waits: WaitUntilTracker::new(),
        };
        state.threads.insert(guest.id, thread);
        state.places.insert(place.clone(), guest.id);
        self.news.notify_one();
        Ok(guest)
    }

    /// Gives a lease to a guest; it comes back from one that takes no more, which is then no longer at its place.
    fn give(&self, state: &mut State, guest: Arc<GuestHandle>, place: &Place, mut lease: Lease) -> Option<Lease> {
        let grant = lease.grant()?;
        lease.held_by(guest.id);
        if place.object.is_some() {
            lease.accompany(Box::new(Companion { guest: guest.id, returned: self.returned.clone() }));
        }
        let mut attachments = Attachments::none();
        attachments.attach_capability(Capability::Lease(lease));
        let parcel = Parcel { message: ToGuest::Grant(Box::new(grant)), attachments };
        match guest.inbox.send(parcel) {
            Ok(()) => {
                if let Some(thread) = state.threads.get_mut(&guest.id) {
                    thread.held += 1;
                }
                None
            }
            Err(Refused::Closed(mut back) | Refused::Full(mut back)) => {
                state.places.remove(place);
                match back.attachments.take_capability(0) {
                    Some(Capability::Lease(lease)) => Some(lease),
                    _ => unreachable!("it comes back whole"),
                }
            }
        }
    }

    /// Takes what a guest said.
    fn heard(&self, GuestReport { guest, message }: GuestReport) {
        match message {
            FromGuest::Booted => {}
            FromGuest::Ready { .. } => {
                if let Some(thread) = self.state.lock().threads.get_mut(&guest) {
                    thread.ready = true;
                    thread.early = Vec::new();
                }
                self.keeper.started();
            }
            FromGuest::Failed { error, .. } => {
                if let Some(thread) = self.state.lock().threads.get_mut(&guest) {
                    thread.failure = Some(error);
                }
            }
            FromGuest::WaitUntilAdded { event, task } => {
                if let Some(thread) = self.state.lock().threads.get_mut(&guest) {
                    // A number that is used twice would be a mistake of the guest's; counting goes on either way.
                    let _ = thread.waits.add(event, task);
                }
            }
            FromGuest::WaitUntilSettled { event, task, .. } => {
                if let Some(thread) = self.state.lock().threads.get_mut(&guest) {
                    let _ = thread.waits.settle(event, task);
                }
            }
            FromGuest::EventEnded { event, spans, tail, .. } => self.keeper.ended(event, spans, tail),
            FromGuest::Log(record) => self.logged(guest, record),
            FromGuest::Stopped { death } => self.stopped(guest, death),
        }
    }

    fn logged(&self, guest: GuestId, record: LogRecord) {
        {
            let mut state = self.state.lock();
            if let Some(thread) = state.threads.get_mut(&guest)
                && !thread.ready
            {
                if thread.early.len() < EARLY_LINES_MAX {
                    thread.early.push(record);
                }
                return;
            }
        }
        self.keeper.log(&record);
    }

    /// A guest is gone. What it had not taken goes to the next, or is answered if it did not even start.
    fn stopped(&self, guest: GuestId, death: Option<Death>) {
        let (thread, serving) = {
            let mut state = self.state.lock();
            let Some(mut thread) = state.threads.remove(&guest) else { return };
            if state.places.get(&thread.place) == Some(&guest) {
                state.places.remove(&thread.place);
            }
            let serving = state.phase == Phase::Serving;
            if !thread.ready && thread.failure.is_none() && serving {
                thread.failure = Some(not_started(death.as_ref()));
            }
            if thread.failure.is_some() && serving {
                state.failed.insert(thread.place.clone(), Vec::new());
            }
            (thread, serving)
        };
        for record in &thread.early {
            self.keeper.log(record);
        }
        if let Some(error) = thread.failure.clone().filter(|_| serving) {
            self.keeper.trouble(&thread.class, Trouble::Failed(error));
        } else if let Some(death) = death {
            self.keeper.trouble(&thread.class, Trouble::Died(death, thread.waits.pending()));
        }
        // Leases that it never looked at return by this, and those it cannot let go of any more.
        drop(thread.guest.take_undelivered());
        thread.namespace.revoke(guest);
        let failed = self.state.lock().failed.remove(&thread.place);
        if let Some(error) = &thread.failure {
            // All at once, and last: whoever asks again once it has its answer is another attempt.
            failed.into_iter().flatten().for_each(|lease| lease.refuse(error));
        }
        tokio::task::spawn_blocking(move || thread.guest.join());
    }

    /// A guest has let go of a lease: one that runs a single object has nothing more to do.
    fn returned(&self, guest: GuestId) {
        let idle = {
            let mut state = self.state.lock();
            let Some(thread) = state.threads.get_mut(&guest) else { return };
            thread.held = thread.held.saturating_sub(1);
            if thread.held > 0 {
                return;
            }
            let (place, guest) = (thread.place.clone(), thread.guest.clone());
            if state.places.get(&place) == Some(&guest.id) {
                state.places.remove(&place);
            }
            guest
        };
        // One that is gone has ended.
        let _ = idle.inbox.send(Parcel::new(ToGuest::Drain));
    }

    fn tick(&self, now: Instant) {
        let mut ending: Vec<(Arc<GuestHandle>, Death)> = Vec::new();
        {
            let mut state = self.state.lock();
            for thread in state.threads.values() {
                let cpu_ms_max = if thread.ready { self.keeper.cpu_ms_max() } else { limits::STARTUP_TIMEOUT_MS };
                if ran_too_long(&thread.guest, cpu_ms_max, now) {
                    ending.push((thread.guest.clone(), Death::Cpu));
                }
            }
            if let Phase::Draining(Some(deadline)) = state.phase
                && now >= deadline
            {
                state.phase = Phase::Draining(None);
                ending.extend(state.guests().into_iter().map(|guest| (guest, Death::Grace)));
            }
        }
        for (guest, death) in ending {
            guest.terminate(Some(death));
        }
    }
}

/// Goes with the lease of an object that has a thread of its own.
struct Companion {
    guest: GuestId,
    returned: mpsc::UnboundedSender<GuestId>,
}

impl Drop for Companion {
    fn drop(&mut self) {
        // Nobody listens any more once all threads are over.
        let _ = self.returned.send(self.guest);
    }
}

impl State {
    fn guests(&self) -> Vec<Arc<GuestHandle>> {
        self.threads.values().map(|thread| thread.guest.clone()).collect()
    }
}

/// What those are told who waited for a thread that ended before it had started.
fn not_started(death: Option<&Death>) -> WireError {
    let text = match death {
        // Source: production's texts.
        Some(Death::Cpu) => "Durable Object exceeded its CPU time limit and was reset.".to_string(),
        Some(Death::Memory) => "Durable Object's isolate exceeded its memory limit and was reset.".to_string(),
        Some(Death::Aborted(reason)) => format!("The worker called abortIsolate(): {reason}"),
        Some(Death::Panic(text)) => format!("internal error: {text}"),
        Some(Death::Grace) | None => "The thread of the Durable Object ended before it had started.".to_string(),
    };
    WireError::new("Error", text)
}

/// Hears the guests until none is left.
async fn listen(
    inner: Arc<Inner>,
    mut heard: mpsc::UnboundedReceiver<GuestReport>,
    mut returns: mpsc::UnboundedReceiver<GuestId>,
    mut flushes: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let (threads, serving) = {
            let state = inner.state.lock();
            (!state.threads.is_empty(), state.phase == Phase::Serving)
        };
        if !threads && !serving {
            inner.over.send_replace(true);
            return;
        }
        tokio::select! {
            Some(report) = heard.recv() => inner.heard(report),
            Some(guest) = returns.recv() => inner.returned(guest),
            Some(done) = flushes.recv() => {
                while let Ok(report) = heard.try_recv() {
                    inner.heard(report);
                }
                // Whoever waited may have stopped.
                let _ = done.send(());
            }
            () = inner.news.notified() => {}
            _ = tick.tick(), if threads => inner.tick(Instant::now()),
        }
    }
}

#[cfg(test)]
mod tests;
