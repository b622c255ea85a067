//! The alarms of all objects: kept on disk, and rung at their time by one thread.
//!
//! Owns the rows of `_cf_ALARM` in each namespace's `metadata.sqlite` ([`NamespaceAlarms`]) and the thread that delivers
//! [`ToGuest::Alarm`] through the objects' doors. When an alarm is due and what becomes of one that has run is
//! [`schedule`]'s. What an object thinks of its alarm is in the object's own database: whoever runs it compares the two
//! when the alarm rings, so that one that was set or removed just before the process died does the right thing.
//!
//! The thread is started with the first alarm and sleeps until one is due. It sleeps in short stretches, because clocks
//! are set and machines are suspended.
//!
//! Invariants: a row is written before the alarm is known and removed after it is over, so that no alarm is lost at any
//! moment of a death. No lock is held while something is delivered.

mod lines;
mod schedule;
mod thread;

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lopata_bridges::{Alarms, Namespace};
use lopata_protocol::{EventOutcome, NamespaceDefinition, ObjectId, ObjectStorage, SpanRecord};
use lopata_storage::objects::{AlarmStore, StoredAlarm, alarm_ms};
use parking_lot::Mutex;

pub use self::lines::line;
pub use self::schedule::{Next, Now};
use self::schedule::{Run, Schedule};
use self::thread::Ringer;

/// The database of a namespace's alarms, in its folder. Source: wrangler's layout.
const FILE: &str = "metadata.sqlite";

const NS_PER_MS: i64 = 1_000_000;

/// Time, as alarms see it.
pub trait Clocks: Send + Sync {
    /// Both clocks, now.
    fn now(&self) -> Now;
}

/// The clocks of the machine.
#[derive(Debug)]
pub struct SystemClocks {
    started: Instant,
}

impl Default for SystemClocks {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clocks for SystemClocks {
    fn now(&self) -> Now {
        let wall_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Now { wall_ms, running_ms: self.started.elapsed().as_millis() as u64 }
    }
}

/// An alarm that has run.
#[derive(Debug)]
pub struct Ran {
    /// The object's namespace.
    pub definition: Arc<NamespaceDefinition>,
    /// The object.
    pub object: ObjectId,
    /// Its name, if it is known.
    pub name: Option<Arc<str>>,
    /// The time that was set, in milliseconds since 1970.
    pub scheduled_ms: i64,
    /// How the handler ended; the reason in words when it was not its doing.
    pub outcome: Result<EventOutcome, String>,
    /// What becomes of the alarm.
    pub next: Next,
    /// How long it took.
    pub elapsed: Duration,
    /// The spans of the event and the one that stands for the alarm.
    pub spans: Vec<SpanRecord>,
}

/// What is told of alarms.
#[derive(Debug)]
pub enum News {
    /// One has run.
    Ran(Ran),
    /// Something is wrong with what is stored of them, or they cannot ring.
    Trouble(String),
}

/// Is told of alarms, mostly on their thread.
pub type Report = Box<dyn Fn(News) + Send + Sync>;

/// The alarms of a process. Its thread ends with the last [`NamespaceAlarms`].
#[derive(Clone)]
pub struct Scheduler {
    shared: Arc<Shared>,
}

/// The number of a namespace in [`State::kept`].
type Number = u32;

type Key = (Number, ObjectId);

struct Shared {
    clocks: Box<dyn Clocks>,
    /// Set once, before the first alarm.
    report: OnceLock<Report>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    schedule: Schedule<Key>,
    kept: Vec<Kept>,
    /// Wakes the thread; non-null once it was started.
    ringer: Option<Ringer>,
}

struct Kept {
    /// `None` until somebody has the class.
    store: Option<AlarmStore>,
    /// Empty while its class is in no configuration: then its alarms are not known here.
    namespace: Weak<Namespace>,
}

impl Scheduler {
    /// No alarms yet.
    pub fn new(clocks: impl Clocks + 'static) -> Self {
        let shared = Shared { clocks: Box::new(clocks), report: OnceLock::new(), state: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Says who is told of alarms that have run. The first one stays.
    pub fn report_to(&self, report: impl Fn(News) + Send + Sync + 'static) {
        let _ = self.shared.report.set(Box::new(report));
    }

    /// Whoever keeps the alarms of one more namespace.
    pub fn of_namespace(&self) -> Arc<NamespaceAlarms> {
        let mut state = self.shared.state.lock();
        let number = Number::try_from(state.kept.len()).expect("there are fewer classes than that");
        state.kept.push(Kept { store: None, namespace: Weak::new() });
        Arc::new(NamespaceAlarms { shared: self.shared.clone(), number })
    }
}

/// Keeps the alarms of one namespace.
pub struct NamespaceAlarms {
    shared: Arc<Shared>,
    number: Number,
}

impl NamespaceAlarms {
    /// The class is configured: what is stored of its alarms is armed, and what is due of them runs as soon as the
    /// namespace has a home. Does nothing when it was told so before.
    pub fn serve(&self, namespace: &Arc<Namespace>) {
        let definition = namespace.definition();
        let stored = {
            let mut state = self.shared.state.lock();
            let state = &mut *state;
            let kept = &mut state.kept[self.number as usize];
            if kept.namespace.strong_count() > 0 {
                return;
            }
            let store = kept.store.get_or_insert_with(|| match &definition.storage {
                ObjectStorage::Disk { folder, .. } => AlarmStore::at(folder.join(FILE)),
                ObjectStorage::Memory { .. } | ObjectStorage::Nowhere => AlarmStore::in_memory(),
            });
            // From here on what is set is known, whether or not what was stored can be read.
            kept.namespace = Arc::downgrade(namespace);
            let stored = store.all();
            for StoredAlarm { id, scheduled_ns, name } in stored.iter().flatten() {
                // A row that names no object is nobody's alarm.
                if let Ok(object) = id.parse() {
                    let name = name.as_deref().map(Arc::from);
                    state.schedule.set((self.number, object), name, alarm_ms(*scheduled_ns));
                }
            }
            self.shared.wake(state);
            stored
        };
        if let Err(error) = stored {
            let class = &definition.class;
            self.shared.tell(News::Trouble(format!("Alarms of {class} that were set before are lost: {error}")));
        }
    }

    /// The class has left the configuration: its alarms do not ring any more. What is stored stays, for when it comes
    /// back.
    pub fn retire(&self) {
        let mut state = self.shared.state.lock();
        state.kept[self.number as usize].namespace = Weak::new();
        state.schedule.forget(|(number, _)| *number == self.number);
    }

    /// When the alarm of an object is due, in milliseconds since 1970; `None` when it has none, or while it runs.
    pub fn get(&self, object: ObjectId) -> Option<i64> {
        self.shared.state.lock().schedule.get(&(self.number, object))
    }

    /// All alarms that are set, in no order.
    pub fn all(&self) -> Vec<(ObjectId, i64)> {
        let state = self.shared.state.lock();
        state.schedule.all().filter(|((number, _), _)| *number == self.number).map(|((_, id), at)| (*id, at)).collect()
    }

    /// Rings the alarm of an object now, whatever its time. False when it has none, or it runs.
    pub fn fire(&self, object: ObjectId) -> bool {
        let mut state = self.shared.state.lock();
        let hurried = state.schedule.hurry(&(self.number, object), self.shared.clocks.now());
        self.shared.wake(&mut state);
        hurried
    }
}

impl Alarms for NamespaceAlarms {
    fn schedule(&self, object: ObjectId, name: Option<&str>, at_ms: Option<i64>) -> Result<(), String> {
        let mut state = self.shared.state.lock();
        let state = &mut *state;
        let kept = &mut state.kept[self.number as usize];
        // Nobody runs an object whose class nobody has.
        let Some(store) = &mut kept.store else { return Ok(()) };
        let key = (self.number, object);
        match at_ms {
            Some(at_ms) => {
                store.set(&object.to_string(), name, ns_of(at_ms)).map_err(|error| error.to_string())?;
                // An old version of a class that has left the configuration may still run: what it sets is stored only.
                if kept.namespace.strong_count() > 0 {
                    state.schedule.set(key, name.map(Arc::from), at_ms);
                    self.shared.wake(state);
                }
            }
            None => {
                store.delete(&object.to_string()).map_err(|error| error.to_string())?;
                state.schedule.cancel(&key);
            }
        }
        Ok(())
    }
}

impl Shared {
    fn tell(&self, news: News) {
        if let Some(report) = self.report.get() {
            report(news);
        }
    }

    /// Has the thread look at what is due; starts it if there is something to wait for.
    fn wake(self: &Arc<Self>, state: &mut State) {
        if state.ringer.is_none() && state.schedule.is_empty() {
            return;
        }
        state.ringer.get_or_insert_with(|| Ringer::start(self)).wake();
    }

    /// What is due, taken out of the schedule.
    fn due(&self) -> Vec<Due> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let now = self.clocks.now();
        let mut due = Vec::new();
        while let Some(run) = state.schedule.next_due(now) {
            // Without a namespace the process ends, and its alarms are for the next one.
            if let Some(namespace) = state.kept[run.key.0 as usize].namespace.upgrade() {
                due.push(Due { run, namespace });
            }
        }
        due
    }

    /// How long until something is due; `None` while nothing waits.
    fn until_next(&self) -> Option<Duration> {
        let now = self.clocks.now();
        self.state.lock().schedule.until_next(now).map(Duration::from_millis)
    }

    /// A run is over.
    fn finished(&self, run: &Run<Key>, ended: schedule::Ended) -> Next {
        let now = self.clocks.now();
        let mut state = self.state.lock();
        let state = &mut *state;
        let next = state.schedule.finished(&run.key, run.id, ended, now, jitter());
        if matches!(next, Next::Over | Next::GivenUp) {
            // An alarm whose row stays rings once more after a restart, finds that its object has none, and is over.
            let (number, object) = run.key;
            if let Some(store) = &mut state.kept[number as usize].store {
                let _ = store.delete(&object.to_string());
            }
        }
        next
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(ringer) = &self.state.get_mut().ringer {
            ringer.wake();
        }
    }
}

/// An alarm whose time has come.
struct Due {
    run: Run<Key>,
    namespace: Arc<Namespace>,
}

/// As the databases have times.
fn ns_of(ms: i64) -> i64 {
    ms.saturating_mul(NS_PER_MS)
}

/// A number from 0 up to 1.
fn jitter() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness alarms that failed together are retried together: worse for them, and no reason to fail.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests;
