//! A guest: one OS thread, one isolate, one current-thread runtime, from boot to the return of its memory.
//!
//! ```text
//! boot ─► spare ─(Load)─► starting ─► serving ─(Drain)─► draining ─(idle)─► stopped
//!                             └─(error)─► failed ─► stopped      any ─(death)─► stopped
//! ```
//!
//! The thread owns its isolate from creation to drop, because V8 wants both on one thread. Nobody joins it on
//! the request path: the host learns of every step by message, the last of which is always `Stopped`.
//! A guest that dies answers what it was working on; what still waits in its inbox stays there for the host to
//! take back.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use deno_core::v8;
use lopata_bridges::{InboxReceiver, InboxSender, Parcel, inbox};
use lopata_protocol::message::Death;
use lopata_protocol::{EventOutcome, FromGuest, GuestId, ToGuest, WireError, limits};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::cpu_clock::CpuClock;
use crate::events::EventTable;
use crate::ext::rpc::Held;
use crate::isolate::{Isolate, Snapshot};
use crate::loader::CodeCache;
use crate::state::GuestState;

/// Stack of a guest thread, in bytes. V8 assumes about one megabyte for itself; debug builds of the ops and of
/// serde need several more.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// A message from a guest, with the guest it came from.
#[derive(Debug)]
pub struct GuestReport {
    /// Who says it.
    pub guest: GuestId,
    /// What.
    pub message: FromGuest,
}

/// The way to the host. Unbounded: per event a guest sends a handful of messages, and events are bounded by
/// the inbox; log lines, of which a loop can make any number, are bounded by [`LogBudget`].
#[derive(Clone)]
pub struct HostSender {
    guest: GuestId,
    owner: Owner,
    log_budget: LogBudget,
}

/// Who hears what a guest says: whoever keeps the spares, until somebody adopts it.
#[derive(Clone)]
struct Owner(Arc<Mutex<OwnerState>>);

struct OwnerState {
    reports: mpsc::UnboundedSender<GuestReport>,
    /// The last word was said; nobody can adopt the guest any more.
    stopped: bool,
}

impl HostSender {
    /// Sends; a host that is gone needs no report.
    pub fn send(&self, message: FromGuest) {
        if matches!(message, FromGuest::Log(_)) && !self.log_budget.take() {
            return;
        }
        let mut owner = self.owner.0.lock();
        owner.stopped |= matches!(message, FromGuest::Stopped { .. });
        let _ = owner.reports.send(GuestReport { guest: self.guest, message });
    }
}

/// Log lines on their way from guests to the host that may exist at once.
const LOG_LINES_MAX: usize = 10_000;

/// Bounds the log lines under way: past the bound lines are dropped, so that a script that logs in a loop
/// fills the terminal and not the memory. Cheap to clone; all clones are one budget.
#[derive(Clone, Default)]
pub struct LogBudget(Arc<AtomicUsize>);

impl LogBudget {
    fn take(&self) -> bool {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        let granted = before < LOG_LINES_MAX;
        if !granted {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
        granted
    }

    /// The host took one line off the way.
    pub fn spent(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a guest is started with.
#[derive(Clone)]
pub struct SpawnOptions {
    /// The startup snapshot; every isolate of the process must use the same.
    pub snapshot: Snapshot,
    /// Where reports go until the guest is adopted.
    pub reports: mpsc::UnboundedSender<GuestReport>,
    /// Compiled code of past generations.
    pub code_cache: CodeCache,
    /// Bounds the log lines under way.
    pub log_budget: LogBudget,
}

/// The host's end of a guest.
pub struct GuestHandle {
    /// The guest's id.
    pub id: GuestId,
    /// Its inbox.
    pub inbox: InboxSender,
    control: Control,
    owner: Owner,
    cpu: CpuClock,
    /// The turn that was seen last, and what the thread had used when it was first seen.
    seen: Mutex<Option<(Instant, Duration)>>,
    /// Non-null until joined.
    thread: Mutex<Option<JoinHandle<()>>>,
    /// The receiving end of the inbox, once the thread is over; what it holds was never started.
    retired: Arc<Mutex<Option<InboxReceiver>>>,
}

impl GuestHandle {
    /// Sends everything the guest says from now on to `reports`. False when it has said its last word already,
    /// which `reports` then will not hear.
    pub fn adopt(&self, reports: mpsc::UnboundedSender<GuestReport>) -> bool {
        let mut owner = self.owner.0.lock();
        if !owner.stopped {
            owner.reports = reports;
        }
        !owner.stopped
    }

    /// Ends the guest whatever it is doing. `None` stops it without calling it a death.
    pub fn terminate(&self, death: Option<Death>) {
        self.control.terminate(death);
        // Wakes a guest that is parked; one that is gone needs no waking.
        let _ = self.inbox.send(Parcel { message: ToGuest::Stop, attachments: Default::default() });
    }

    /// What the guest's current turn has used so far; `None` while it is parked.
    ///
    /// A turn's CPU time counts from the first time somebody asked during it, so that the guest itself need not look
    /// at its clock. Ask at regular intervals: what is missed is at most one of them.
    pub fn turn_use(&self, now: Instant) -> Option<TurnUse> {
        let began = self.inbox.turn_began()?;
        let wall = now.saturating_duration_since(began);
        let Some(used) = self.cpu.elapsed() else { return Some(TurnUse { cpu: wall, wall }) };
        let mut seen = self.seen.lock();
        let at_first = match *seen {
            Some((turn, at_first)) if turn == began => at_first,
            _ => {
                *seen = Some((began, used));
                used
            }
        };
        Some(TurnUse { cpu: used.saturating_sub(at_first), wall })
    }

    /// Takes back the events that the guest never started. Meaningful once it has stopped.
    pub fn take_undelivered(&self) -> Vec<Parcel<ToGuest>> {
        let events = self.inbox.take_undelivered_events();
        self.retired.lock().take();
        events
    }

    /// Waits for the thread to end. Call it after `Stopped`, off the async threads.
    pub fn join(&self) {
        let thread = self.thread.lock().take();
        // A thread that cannot end is left alone: it holds its isolate's memory and does nothing.
        if let Some(thread) = thread
            && !self.control.0.state.lock().parked
        {
            // A panic was reported as the guest's death already.
            let _ = thread.join();
        }
    }
}

/// What a turn of a guest's event loop has used.
#[derive(Clone, Copy, Debug)]
pub struct TurnUse {
    /// Of the CPU, by the thread's own clock; `wall` where there is none.
    pub cpu: Duration,
    /// By the clock on the wall.
    pub wall: Duration,
}

/// Ends a running isolate from another thread.
#[derive(Clone, Default)]
pub struct Control(Arc<ControlInner>);

#[derive(Default)]
struct ControlInner {
    /// Wakes a guest that waits for its modules.
    stopped: tokio::sync::Notify,
    /// Set once the isolate exists.
    isolate: OnceLock<v8::IsolateHandle>,
    /// What runs here are Durable Objects.
    runs_objects: AtomicBool,
    state: Mutex<ControlState>,
}

#[derive(Default)]
struct ControlState {
    /// The guest has to end.
    stop: bool,
    /// Non-null exactly when it has to end for a reason that is not an order. The first reason stays.
    death: Option<Death>,
    /// The thread cannot end, and waits for ever.
    parked: bool,
}

impl Control {
    /// Tells the guest to end, and interrupts the script it may be running.
    pub fn terminate(&self, death: Option<Death>) {
        {
            let mut state = self.0.state.lock();
            state.stop = true;
            if state.death.is_none() {
                state.death = death;
            }
        }
        if let Some(isolate) = self.0.isolate.get() {
            isolate.terminate_execution();
        }
        self.0.stopped.notify_one();
    }

    /// Resolves once the guest has to end.
    pub async fn stopped(&self) {
        while !self.must_stop() {
            self.0.stopped.notified().await;
        }
    }

    /// From now on what runs here are Durable Objects, whose callers are told so if the thread dies.
    pub fn runs_objects(&self) {
        self.0.runs_objects.store(true, Ordering::Relaxed);
    }

    fn mark_parked(&self) {
        self.0.state.lock().parked = true;
    }

    /// True once the guest has to end.
    pub fn must_stop(&self) -> bool {
        self.0.state.lock().stop
    }

    /// Makes the isolate reachable; a termination that came earlier takes effect now.
    pub fn attach(&self, isolate: v8::IsolateHandle) {
        if self.must_stop() {
            isolate.terminate_execution();
        }
        // Attached once, right after the isolate was made.
        let _ = self.0.isolate.set(isolate);
    }

    fn death(&self) -> Option<Death> {
        self.0.state.lock().death.clone()
    }
}

/// Starts a guest thread, which boots an isolate and waits as a spare.
pub fn spawn(options: SpawnOptions) -> std::io::Result<GuestHandle> {
    let id = GuestId::next();
    let (inbox_sender, inbox_receiver) = inbox(limits::INBOX_EVENTS_MAX);
    let control = Control::default();
    let owner = Owner(Arc::new(Mutex::new(OwnerState { reports: options.reports.clone(), stopped: false })));
    let host = HostSender { guest: id, owner: owner.clone(), log_budget: options.log_budget.clone() };
    let retired = Arc::new(Mutex::new(None));
    let cpu = CpuClock::default();
    let thread = std::thread::Builder::new().name(format!("lopata-{id}")).stack_size(STACK_BYTES).spawn({
        let control = control.clone();
        let inbox = inbox_sender.clone();
        let retired = retired.clone();
        let cpu = cpu.clone();
        move || {
            let _running = cpu.attach();
            run(options, host, control, inbox, inbox_receiver, &retired);
        }
    })?;
    let thread = Mutex::new(Some(thread));
    Ok(GuestHandle { id, inbox: inbox_sender, control, owner, cpu, seen: Mutex::default(), thread, retired })
}

fn run(
    options: SpawnOptions,
    host: HostSender,
    control: Control,
    inbox_sender: InboxSender,
    mut inbox: InboxReceiver,
    retired: &Mutex<Option<InboxReceiver>>,
) {
    let events = EventTable::default();
    let worker: Arc<Mutex<Arc<str>>> = Arc::new(Mutex::new(Arc::from("")));
    let own_inbox = inbox_sender.downgrade();
    let held = Held::default();
    panic::watch(Watched {
        held: held.clone(),
        host: host.clone(),
        events: events.clone(),
        control: control.clone(),
        worker: worker.clone(),
        inbox: inbox_sender,
    });
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(4)
            .build()
            .expect("a runtime can be built while the process can open files");
        runtime.block_on(async {
            let guest = GuestState::new(host.clone(), events.clone(), own_inbox, held, control.clone());
            let isolate = Isolate::boot(&options, guest, control.clone(), worker.clone());
            let Some(mut isolate) = isolate else { return };
            host.send(FromGuest::Booted);
            isolate.serve(&mut inbox).await;
            // A newer version of the code resets nothing: its stubs go on with the next life.
            let death = control.death().filter(|death| *death != Death::Grace);
            if let Some(death) = death {
                isolate.reset_objects(&object_failure(Some(&death)).0);
            }
            isolate.end_objects();
        });
        runtime.shutdown_background();
    }));
    if let Err(payload) = outcome {
        control.terminate(Some(Death::Panic(panic::text(&*payload))));
    }
    // What waits in the inbox is refused from here on, and taken back by the host.
    inbox.close();
    *retired.lock() = Some(inbox);
    finish(&host, &events, &control, &worker.lock().clone());
    panic::unwatch();
    // The allocator keeps a dead thread's pages.
    give_back_pages();
}

/// Has the allocator return what nobody uses to the system.
pub fn give_back_pages() {
    // SAFETY: malloc_trim has no preconditions.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Answers what is left and says goodbye.
fn finish(host: &HostSender, events: &EventTable, control: &Control, worker: &Arc<str>) {
    let death = control.death();
    let objects = control.0.runs_objects.load(Ordering::Relaxed);
    let (error, outcome) = if objects { object_failure(death.as_ref()) } else { failure(death.as_ref()) };
    events.fail_all(&error, outcome, worker, host);
    host.send(FromGuest::Stopped { death });
}

/// What callers are told whose events a worker's guest did not finish.
fn failure(death: Option<&Death>) -> (WireError, EventOutcome) {
    let (text, outcome) = match death {
        // Source: the texts of production's errors 1102 and 1101.
        Some(Death::Cpu) => ("Worker exceeded CPU time limit.", EventOutcome::ExceededCpu),
        Some(Death::Memory) => ("Worker exceeded memory limit.", EventOutcome::ExceededMemory),
        Some(Death::Aborted(_)) => ("The worker has called abortIsolate().", EventOutcome::Exception),
        Some(Death::Grace) | None => {
            ("The worker was replaced by a newer version before this request was answered.", EventOutcome::Canceled)
        }
        Some(Death::Panic(panic)) => return internal(panic),
    };
    (WireError::new("Error", text), outcome)
}

/// What callers are told whose events an object did not finish. The texts and properties are production's.
fn object_failure(death: Option<&Death>) -> (WireError, EventOutcome) {
    let (text, property, outcome) = match death {
        Some(Death::Cpu) => {
            ("Durable Object exceeded its CPU time limit and was reset.", "overloaded", EventOutcome::ExceededCpu)
        }
        Some(Death::Memory) => (
            "Durable Object's isolate exceeded its memory limit and was reset.",
            "overloaded",
            EventOutcome::ExceededMemory,
        ),
        Some(Death::Aborted(_)) => return failure(death),
        Some(Death::Grace) | None => {
            ("Durable Object reset because its code was updated.", "retryable", EventOutcome::Canceled)
        }
        Some(Death::Panic(panic)) => return internal(panic),
    };
    let mut error = WireError::new("Error", text);
    for property in [property, "durableObjectReset"] {
        error.properties.push((property.to_string(), true.into()));
    }
    (error, outcome)
}

/// A mistake of lopata's own.
fn internal(panic: &str) -> (WireError, EventOutcome) {
    let mut error = WireError::new("Error", "internal error");
    error.cause = Some(Box::new(WireError::new("Error", panic)));
    (error, EventOutcome::InternalError)
}

/// What the panic hook needs to answer for a guest whose thread can no longer run.
struct Watched {
    held: Held,
    host: HostSender,
    events: EventTable,
    control: Control,
    worker: Arc<Mutex<Arc<str>>>,
    inbox: InboxSender,
}

pub(crate) mod panic {
    //! Last words of guests that cannot end in order. Most panics unwind to `run`; those inside a V8 callback, and
    //! V8's own end of memory, cannot.
    //!
    //! An op is called by V8 through C++ frames, where a panic would abort the process. The hook runs before
    //! that: on such a panic it reports the guest's death and parks the thread for good. The isolate's memory is
    //! lost, the process and every other guest live on.

    use std::any::Any;
    use std::cell::RefCell;
    use std::rc::{Rc, Weak};
    use std::sync::Once;

    use lopata_protocol::message::Death;

    use super::{Watched, finish};
    use crate::state::GuestState;

    thread_local! {
        static WATCHED: RefCell<Option<Watched>> = const { RefCell::new(None) };
        static FIRST: RefCell<Option<String>> = const { RefCell::new(None) };
        static GUEST: RefCell<Weak<GuestState>> = const { RefCell::new(Weak::new()) };
    }

    /// Lends the state whose connections have to end if the thread cannot.
    pub fn lend(guest: &Rc<GuestState>) {
        GUEST.with(|slot| *slot.borrow_mut() = Rc::downgrade(guest));
    }

    /// What the standard library says when a panic meets a frame it may not unwind.
    const CANNOT_UNWIND: &str = "panic in a function that cannot unwind";

    /// Starts to answer for panics of this thread.
    pub(super) fn watch(watched: Watched) {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                let text = message(info.payload());
                let is_guest = WATCHED.try_with(|watched| watched.try_borrow().is_ok_and(|w| w.is_some()));
                if !is_guest.unwrap_or(false) {
                    previous(info);
                    return;
                }
                if text == CANNOT_UNWIND {
                    let text = FIRST.with(|first| first.borrow_mut().take()).unwrap_or_default();
                    park_for_good(Death::Panic(text));
                }
                let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
                FIRST.with(|first| {
                    first.borrow_mut().get_or_insert_with(|| format!("{text}{place}"));
                });
            }));
        });
        WATCHED.with(|slot| *slot.borrow_mut() = Some(watched));
    }

    /// V8 cannot go on: it would end the process once this returned, so it does not return.
    ///
    /// Called by V8 on the thread that ran out of memory, inside frames that cannot be unwound.
    pub fn out_of_memory() {
        if WATCHED.try_with(|watched| watched.try_borrow().is_ok_and(|w| w.is_some())).unwrap_or(false) {
            park_for_good(Death::Memory);
        }
    }

    /// The thread ended in order.
    pub fn unwatch() {
        WATCHED.with(|slot| slot.borrow_mut().take());
    }

    fn park_for_good(death: Death) -> ! {
        WATCHED.with(|slot| {
            if let Some(watched) = slot.borrow_mut().take() {
                watched.control.terminate(Some(death));
                watched.control.mark_parked();
                watched.inbox.close();
                watched.held.clear();
                let worker = watched.worker.lock().clone();
                finish(&watched.host, &watched.events, &watched.control, &worker);
            }
        });
        let guest = GUEST.try_with(|guest| guest.try_borrow().ok().and_then(|guest| guest.upgrade()));
        if let Some(guest) = guest.ok().flatten() {
            guest.sockets.drop_all();
            guest.objects.drop_all();
        }
        loop {
            std::thread::park();
        }
    }

    /// What a panic that was caught is reported as: what the hook noted, which has the place too.
    pub fn text(payload: &(dyn Any + Send)) -> String {
        let noted = FIRST.try_with(|first| first.try_borrow().ok().and_then(|text| text.clone()));
        noted.ok().flatten().unwrap_or_else(|| message(payload))
    }

    fn message(payload: &(dyn Any + Send)) -> String {
        match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_string(),
            (_, Some(text)) => text.clone(),
            _ => "panic".to_string(),
        }
    }
}
