//! The supervisor: the one task that moves the generations of one worker between their states.
//!
//! ```text
//! spawn ─► Starting ─► Ready ─(swap)─► Active ─(newer active)─► Draining ─(idle │ grace over)─► Stopped
//!             └─(error)─► Failed: thread torn down, the previous Active keeps serving, error shown
//! ```
//!
//! One loop over one closed [`Event`]. Builds and starts run beside it and come back as events that name what
//! they are about; one that is stale is dropped in `guest_said`. While a reload is under way, further changes
//! set one mark, and one follow-up reload starts when it is done. The request path never waits for this task.
//!
//! Invariants
//! - At most one build and one start are under way.
//! - A generation that failed never replaces one that works.
//! - A guest that has ended is joined, and its undelivered events go to whoever serves.

mod deaths;
mod debounce;
mod ears;
mod objects;
mod relief;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lopata_bridges::{Parcel, WaitUntilTracker};
use lopata_guest::{GuestHandle, GuestReport};
use lopata_protocol::message::Death;
use lopata_protocol::{Export, FromGuest, GenerationId, GuestId, ToGuest, WireError, limits};
use tokio::sync::{broadcast, mpsc, watch};

use self::debounce::Debounce;
use self::ears::Ears;
use self::objects::Homes;
pub use self::relief::ran_too_long;
use crate::assets::Assets;
use crate::bindings::BindingContext;
use crate::dispatcher::Dispatcher;
use crate::generation::Generation;
use crate::project::{Blueprint, BuildFailure, Built, Cause, Project};
use crate::server::{Failure, Reload};
use crate::tails::Tails;
use crate::terminal::Terminal;
use crate::traces::Traces;
use crate::watch::FileWatch;
use crate::workers::{Routing, Spares, WorkerId};

/// What the rest of the host may tell the supervisor.
#[derive(Debug)]
pub enum Command {
    /// Rebuild although no file changed (a key, an endpoint).
    Reload,
    /// End everything; the sender is told when it is done.
    Shutdown(tokio::sync::oneshot::Sender<()>),
}

/// Everything that can happen to a worker.
enum Event {
    /// A watched file changed; an empty path is one that is not known.
    Changed(PathBuf),
    /// The debounce's deadline has come.
    Settled,
    /// A build is over.
    Built(Box<(Project, Result<Built, BuildFailure>)>),
    /// A guest said something.
    Guest(GuestReport),
    /// Time to look for guests that do not come back.
    Tick,
    /// An order.
    Command(Command),
}

/// What the host outside may see of the supervisor.
#[derive(Clone)]
pub struct Status {
    /// Routes events to the active generation.
    pub dispatcher: Arc<Dispatcher>,
    /// The failure of the newest build or start, while it is newer than what serves.
    pub failure: Arc<arc_swap::ArcSwapOption<Failure>>,
    /// Changes whenever other code, or another failure, would be served.
    pub revision: watch::Sender<u64>,
    /// Tells pages in browsers what has changed. All workers of a process share one.
    pub reloads: broadcast::Sender<Reload>,
    /// Why guests that died lately did, by the generation's last words.
    pub last_death: Arc<arc_swap::ArcSwapOption<WireError>>,
    /// The static assets that are served beside the active generation, or before the first.
    pub assets: Arc<arc_swap::ArcSwapOption<Assets>>,
}

/// Changes that a page may be behind with; one that is further behind loads anew anyway.
const RELOADS_MAX: usize = 16;

impl Status {
    /// The status of a worker that has not started. All workers of a process count one `revision`: what a page
    /// shows may come from any of them.
    pub fn new(revision: watch::Sender<u64>) -> Self {
        Self {
            dispatcher: Arc::default(),
            failure: Arc::default(),
            revision,
            reloads: broadcast::Sender::new(RELOADS_MAX),
            last_death: Arc::default(),
            assets: Arc::default(),
        }
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new(watch::Sender::new(0))
    }
}

/// What the supervisor works with.
pub struct Parts {
    /// Which worker this is.
    pub worker: WorkerId,
    /// Where guests come from.
    pub spares: Spares,
    /// Told what the worker's configuration says of routes.
    pub routing: Arc<Routing>,
    /// Orders.
    pub commands: mpsc::UnboundedReceiver<Command>,
    /// Shared with the server.
    pub status: Status,
    /// The worker's files and configuration.
    pub project: Project,
    /// Where lines go.
    pub terminal: Terminal,
    /// Where spans go.
    pub traces: Traces,
    /// Where trace items go.
    pub tails: Tails,
    /// What its bindings share with those of other workers.
    pub context: BindingContext,
    /// Told once the first attempt to start is over, well or badly.
    pub first_attempt: tokio::sync::oneshot::Sender<()>,
}

/// A guest that is becoming a generation.
struct Starting {
    generation: GenerationId,
    guest: Arc<GuestHandle>,
    blueprint: Arc<Blueprint>,
    /// The files the blueprint was made from said so, not a death or a stall.
    from_edit: bool,
    since: Instant,
}

/// How long a start may take before another edit gives up on it.
const START_PATIENCE: Duration = Duration::from_secs(1);

/// A generation that takes no new events.
struct Draining {
    generation: Arc<Generation>,
    /// When it is ended; `None` leaves it to the watchdog.
    deadline: Option<Instant>,
    /// Its script has not come back since it was relieved.
    stuck: bool,
}

struct Supervisor {
    worker: WorkerId,
    spares: Spares,
    routing: Arc<Routing>,
    /// Given to each guest. What bounds the channel is said where guests send.
    reports: mpsc::UnboundedSender<GuestReport>,
    status: Status,
    /// Non-null except while a build holds it.
    project: Option<Project>,
    terminal: Terminal,
    ears: Arc<Ears>,
    /// Where the worker's objects run.
    homes: Homes,
    watch: Option<FileWatch>,
    debounce: Debounce,
    /// Why the next build is made. Bounded by the files that are watched.
    cause: Cause,
    /// When the newest build began.
    build_began: SystemTime,
    builds: mpsc::UnboundedSender<Box<(Project, Result<Built, BuildFailure>)>>,
    /// A change came while a reload was under way.
    dirty: bool,
    starting: Option<Starting>,
    active: Option<Arc<Generation>>,
    /// What served last: it serves again when there is nothing else that works.
    last_good: Option<Arc<Blueprint>>,
    draining: HashMap<GuestId, Draining>,
    /// Guests that were told to stop and are not yet gone.
    ending: HashMap<GuestId, Arc<GuestHandle>>,
    waits: HashMap<GuestId, WaitUntilTracker>,
    first_attempt: Option<tokio::sync::oneshot::Sender<()>>,
    /// Non-null once the end has been ordered.
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    /// What is wrong with the newest configuration, while the one before is in use.
    config_failure: Option<Arc<Failure>>,
    /// Deaths since the last edit; past a bound, stuck code is not relieved any more.
    deaths: u32,
}

/// How often the watchdog looks.
const TICK: Duration = Duration::from_millis(100);

/// Runs a worker until it is told to shut down.
pub async fn run(parts: Parts) {
    let Parts { worker, spares, routing, mut commands, status, project, terminal, .. } = parts;
    let Parts { traces, tails, context, first_attempt, .. } = parts;
    let (reports_sender, mut reports) = mpsc::unbounded_channel();
    let (changes_sender, mut changes) = mpsc::unbounded_channel();
    let (builds, mut built) = mpsc::unbounded_channel();
    let watch = match FileWatch::new(changes_sender) {
        Ok(watch) => Some(watch),
        Err(error) => {
            terminal.warn(&error.to_string());
            None
        }
    };
    let ears = Arc::new(Ears { terminal: terminal.clone(), traces, tails, spares: spares.clone() });
    let mut supervisor = Supervisor {
        worker,
        spares,
        routing,
        reports: reports_sender,
        status,
        project: Some(project),
        terminal,
        homes: Homes::new(worker, context, ears.clone()),
        ears,
        watch,
        debounce: Debounce::default(),
        cause: Cause::Order,
        build_began: SystemTime::now(),
        builds,
        dirty: false,
        starting: None,
        active: None,
        last_good: None,
        draining: HashMap::new(),
        ending: HashMap::new(),
        waits: HashMap::new(),
        first_attempt: Some(first_attempt),
        shutdown: None,
        config_failure: None,
        deaths: 0,
    };
    supervisor.start_build();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let deadline = supervisor.debounce.deadline();
        let event = tokio::select! {
            Some(report) = reports.recv() => Event::Guest(report),
            Some(done) = built.recv() => Event::Built(done),
            Some(command) = commands.recv() => Event::Command(command),
            Some(path) = changes.recv() => Event::Changed(path),
            () = sleep_until(deadline) => Event::Settled,
            _ = tick.tick() => Event::Tick,
        };
        supervisor.handle(event);
        if supervisor.is_over() {
            if let Some(done) = supervisor.shutdown.take() {
                supervisor.homes.over().await;
                // Whoever ordered it may have stopped waiting.
                let _ = done.send(());
            }
            return;
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Supervisor {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Changed(path) => {
                self.cause.add(path);
                self.debounce.changed(Instant::now());
            }
            Event::Settled => {
                if self.debounce.due(Instant::now()) {
                    self.reload();
                }
            }
            Event::Built(done) => {
                let (project, outcome) = *done;
                self.project = Some(project);
                self.built(outcome);
            }
            Event::Guest(report) => self.guest_said(report),
            Event::Tick => self.tick(),
            Event::Command(Command::Reload) => {
                self.cause = Cause::Order;
                self.reload();
            }
            Event::Command(Command::Shutdown(done)) => self.shut_down(done),
        }
    }

    fn is_over(&self) -> bool {
        self.shutdown.is_some() && self.ending.is_empty()
    }

    /// Rebuilds now, or once what is under way is done.
    fn reload(&mut self) {
        if self.shutdown.is_some() {
            return;
        }
        if self.project.is_none() {
            self.dirty = true;
            return;
        }
        if let Some(starting) = &self.starting
            && starting.from_edit
        {
            if starting.since.elapsed() < START_PATIENCE {
                self.dirty = true;
                return;
            }
            // Code that does not come out of its own module scope must not hold up the edit that mends it.
            if let Some(stuck) = self.starting.take() {
                self.end(stuck.guest);
            }
        }
        self.start_build();
    }

    fn start_build(&mut self) {
        let Some(mut project) = self.project.take() else { return };
        let builds = self.builds.clone();
        let cause = self.cause.take();
        self.build_began = SystemTime::now();
        tokio::spawn(async move {
            let outcome = project.build(&cause).await;
            // The supervisor outlives its builds unless the process ends.
            let _ = builds.send(Box::new((project, outcome)));
        });
    }

    fn built(&mut self, outcome: Result<Built, BuildFailure>) {
        if self.shutdown.is_some() {
            return;
        }
        let watch_set = match &outcome {
            Ok(built) => &built.watch,
            Err(failure) => &failure.watch,
        };
        if let Some(watch) = &mut self.watch {
            for error in watch.set(watch_set.clone(), self.build_began) {
                self.terminal.warn(&error.to_string());
            }
        }
        match outcome {
            Ok(mut built) => {
                if let Some(failure) = &built.config_failure {
                    self.terminal.build_failed(failure);
                }
                self.config_failure = built.config_failure.take().map(|failure| Arc::new(failure.failure));
                for warning in &built.warnings {
                    self.terminal.warn(warning);
                }
                self.terminal.rename(&built.blueprint.name);
                self.routing.set_routes(self.worker, &built.routes);
                if let Some(site) = &built.site {
                    self.terminal.site_changed(site.clone());
                }
                if self.active.is_none() {
                    self.status.assets.store(built.blueprint.assets.clone());
                }
                let content = built.content_changed;
                let unchanged = self.active.as_ref().is_some_and(|active| active.blueprint.same_as(&built.blueprint));
                if unchanged {
                    if self.status.failure.load().is_some() && self.config_failure.is_none() {
                        self.terminal.notice("⎔ Local server updated and ready");
                    }
                    self.clear_failure();
                    if let Some(reload) = content {
                        self.tell_pages(reload);
                    }
                    self.attempt_over();
                } else {
                    if self.active.is_some() {
                        self.terminal.notice("⎔ Reloading local server...");
                    }
                    self.start(Arc::new(built.blueprint), true);
                }
            }
            Err(failure) => {
                // Whoever reads of it in the terminal finds it in the browser too.
                self.set_failure(failure.failure.clone());
                self.terminal.build_failed(&failure);
                self.attempt_over();
            }
        }
    }

    /// Turns the spare into a generation.
    fn start(&mut self, blueprint: Arc<Blueprint>, from_edit: bool) {
        let guest = match self.spares.take(&self.reports) {
            Ok(guest) => guest,
            Err(error) => {
                let text = format!("No thread could be started for the worker: {error}");
                self.terminal.error(&text);
                self.set_failure(Failure::Start(WireError::new("Error", text)));
                self.attempt_over();
                return;
            }
        };
        let generation = GenerationId::next();
        let (definition, attachments) = blueprint.definition(generation);
        let parcel = Parcel { message: ToGuest::Load(Box::new(definition)), attachments };
        // A spare that died meanwhile says so itself, and counts as a start that failed.
        let _ = guest.inbox.send(parcel);
        let starting = Starting { generation, guest, blueprint, from_edit, since: Instant::now() };
        if let Some(superseded) = self.starting.replace(starting) {
            self.end(superseded.guest);
        }
    }

    fn guest_said(&mut self, report: GuestReport) {
        let GuestReport { guest, message } = report;
        match message {
            FromGuest::Booted => {}
            FromGuest::Ready { generation, exports } => {
                // Stale exactly when it is not what is being started.
                if self.starting.as_ref().is_some_and(|starting| starting.generation == generation) {
                    self.ready(exports);
                }
            }
            FromGuest::Failed { generation, error } => {
                if self.starting.as_ref().is_some_and(|starting| starting.generation == generation) {
                    self.failed(error);
                }
            }
            FromGuest::WaitUntilAdded { event, task } => {
                // A number that is used twice would be a mistake of the guest's; counting goes on either way.
                let _ = self.waits.entry(guest).or_default().add(event, task);
            }
            FromGuest::WaitUntilSettled { event, task, error: _ } => {
                if let Some(waits) = self.waits.get_mut(&guest) {
                    let _ = waits.settle(event, task);
                }
            }
            FromGuest::EventEnded { event: _, outcome: _, spans, tail } => {
                let blueprint = tail.as_ref().and_then(|_| self.blueprint_of(guest));
                self.ears.ended(blueprint.as_deref(), spans, tail);
            }
            FromGuest::Log(record) => self.ears.log(&self.worker_name(), &record),
            FromGuest::Stopped { death } => self.stopped(guest, death),
        }
    }

    /// What a guest of this worker was made from.
    fn blueprint_of(&self, guest: GuestId) -> Option<Arc<Blueprint>> {
        let active = self.active.as_ref().filter(|active| active.guest.id == guest);
        let generation = active.or_else(|| self.draining.get(&guest).map(|draining| &draining.generation));
        // One that is being ended leaves its last events behind.
        generation.map(|generation| &generation.blueprint).or(self.last_good.as_ref()).cloned()
    }

    fn worker_name(&self) -> Arc<str> {
        let starting = self.starting.as_ref().map(|starting| &starting.blueprint);
        let active = self.active.as_ref().map(|active| &active.blueprint);
        starting.or(active).map_or_else(|| Arc::from("worker"), |blueprint| blueprint.name.clone())
    }

    fn ready(&mut self, exports: Vec<Export>) {
        let Some(Starting { generation, guest, blueprint, from_edit, since: _ }) = self.starting.take() else { return };
        if self.shutdown.is_some() {
            self.end(guest);
            return;
        }
        self.serve_assets(&blueprint);
        // Before its first request, which may call objects.
        self.homes.move_to(&blueprint, &exports);
        let generation = Arc::new(Generation { id: generation, guest, blueprint, exports });
        let previous = self.active.replace(generation.clone());
        self.last_good = Some(generation.blueprint.clone());
        self.status.dispatcher.activate(generation.clone());
        if let Some(previous) = previous {
            self.retire(previous, &generation);
            if from_edit {
                self.terminal.notice("⎔ Local server updated and ready");
            }
        }
        if from_edit {
            self.tell_pages(Reload::Page);
            self.deaths = 0;
            self.status.last_death.store(None);
            self.clear_failure();
        }
        self.spares.refill();
        self.attempt_over();
    }

    /// Serves the assets of what becomes active.
    fn serve_assets(&self, blueprint: &Blueprint) {
        self.status.assets.store(blueprint.assets.clone());
        let known = self.active.as_ref().and_then(|active| active.blueprint.assets.as_ref());
        if let Some(assets) = &blueprint.assets
            && known.is_none_or(|known| !Arc::ptr_eq(known, assets))
        {
            assets.audit();
        }
    }

    /// Drains a generation that has been replaced.
    fn retire(&mut self, previous: Arc<Generation>, heir: &Generation) {
        let stalled = relief::is_stalled(&previous.guest.inbox, Instant::now());
        if stalled {
            // What a stuck script never started, the new generation runs.
            let refused = previous.guest.inbox.hand_over(&heir.guest.inbox);
            self.status.dispatcher.redeliver(refused);
        }
        let _ = previous.guest.inbox.send(Parcel::new(ToGuest::Drain));
        let grace = Duration::from_millis(limits::DRAIN_GRACE_MS);
        let deadline = (!stalled).then(|| Instant::now() + grace);
        self.draining.insert(previous.guest.id, Draining { generation: previous, deadline, stuck: stalled });
    }

    fn failed(&mut self, error: WireError) {
        let Some(starting) = self.starting.take() else { return };
        self.terminal.start_failed(&error);
        self.end(starting.guest);
        self.start_failed(&starting.blueprint, error);
    }

    /// Nothing came of `blueprint`: what served before goes on, or starts again if it died meanwhile.
    fn start_failed(&mut self, blueprint: &Arc<Blueprint>, error: WireError) {
        self.set_failure(Failure::Start(error));
        self.spares.refill();
        if self.active.is_none()
            && let Some(last_good) = self.last_good.clone()
            && !Arc::ptr_eq(&last_good, blueprint)
        {
            self.start(last_good, false);
        }
        self.attempt_over();
    }

    fn tick(&mut self) {
        let now = Instant::now();
        self.watch_cpu(now);
        self.relieve(now);
        // An edit that waits behind a start that does not end.
        if self.dirty && self.starting.as_ref().is_some_and(|starting| starting.since.elapsed() >= START_PATIENCE) {
            self.dirty = false;
            self.reload();
        }
        let grace = Duration::from_millis(limits::DRAIN_GRACE_MS);
        for draining in self.draining.values_mut() {
            // One that was stuck and has come back gets its grace from now on.
            if draining.stuck && !relief::is_stalled(&draining.generation.guest.inbox, now) {
                draining.stuck = false;
                draining.deadline = Some(now + grace);
            }
            if draining.deadline.is_some_and(|deadline| now >= deadline) {
                draining.deadline = None;
                draining.generation.guest.terminate(Some(Death::Grace));
            }
        }
        self.homes.tidy();
        if self.active.is_some() && self.shutdown.is_none() {
            self.spares.refill();
        }
    }

    /// What started, well or badly, is over: the next change may be built.
    fn attempt_over(&mut self) {
        if let Some(first) = self.first_attempt.take() {
            // The server waits for it only until it serves.
            let _ = first.send(());
        }
        if std::mem::take(&mut self.dirty) {
            self.reload();
        }
    }

    /// Tells open pages, of which there may be none.
    fn tell_pages(&self, reload: Reload) {
        let _ = self.status.reloads.send(reload);
    }

    fn set_failure(&mut self, failure: Failure) {
        let failure = Arc::new(failure);
        self.status.failure.store(Some(failure.clone()));
        if self.active.is_none() {
            self.status.dispatcher.fail(failure);
            self.homes.refuse();
        }
        self.status.revision.send_modify(|revision| *revision += 1);
    }

    /// What serves is the newest code; a configuration that cannot be used is still a failure to show.
    fn clear_failure(&mut self) {
        self.status.failure.store(self.config_failure.clone());
        self.status.dispatcher.expect_code();
        self.status.revision.send_modify(|revision| *revision += 1);
    }

    /// Tells a guest to stop and waits for its last word.
    fn end(&mut self, guest: Arc<GuestHandle>) {
        guest.terminate(None);
        self.ending.insert(guest.id, guest);
    }

    fn shut_down(&mut self, done: tokio::sync::oneshot::Sender<()>) {
        self.shutdown = Some(done);
        let guests = self.starting.take().map(|starting| starting.guest).into_iter();
        let guests = guests.chain(self.active.take().map(|active| active.guest.clone()));
        let guests: Vec<_> = guests.chain(self.draining.drain().map(|(_, d)| d.generation.guest.clone())).collect();
        for guest in guests {
            self.end(guest);
        }
        self.homes.end();
    }
}
