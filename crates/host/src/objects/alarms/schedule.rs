//! Which alarm is due when, and what becomes of one that has run: a state machine without clock, files or threads.
//!
//! ```text
//!   set ──► Waiting ──(its time has come)──► Running ──(went well, not to be retried, given up)──► gone
//!              ▲                              │   ▲
//!              ├──(set while it ran)──────────┤   │(the pause is over)
//!              └──(set)── Retrying ◄─(failed)─┘   │
//!                            └────────────────────┘
//! ```
//!
//! Owns the times, the counts of retries and what was set while an alarm ran. Knows nothing of what is stored: whoever
//! calls writes the row of an alarm before [`Schedule::set`] and removes it after [`Schedule::cancel`] and
//! [`Next::Over`].
//!
//! Times that users choose are on the wall clock, so that a clock that is set forward makes them due and one that is set
//! back makes them wait. Pauses before retries are on a clock that only runs, so that neither happens to them.
//!
//! Invariants: an alarm runs at most once at a time; each of its runs ends once; whatever is not running is in exactly
//! one of the two queues.
//!
//! Source of the numbers: production's alarm scheduler.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

/// The pause before the first retry; each further one is twice as long.
const RETRY_START_MS: u64 = 2_000;

/// How often the pause is doubled at most: after that it stays at about 17 minutes.
const BACKOFF_MAX: u32 = 9;

/// Retries that count before an alarm is given up.
const RETRIES_MAX: u32 = 6;

/// How much longer than computed a pause may be, in parts of it.
const JITTER_PART: u64 = 4;

/// How soon an alarm is tried again that found nobody to run it: while a worker starts, or does not start.
const NOT_BEGUN_PAUSE_MS: u64 = 1_000;

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970. May jump either way.
    pub wall_ms: i64,
    /// Milliseconds since some moment. Never goes back.
    pub running_ms: u64,
}

/// One run of one alarm. What is said about a run that is over is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(u64);

/// An alarm whose handler is to be called now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<K> {
    /// Whose.
    pub key: K,
    /// The name by which the object was made, if it was.
    pub name: Option<Arc<str>>,
    /// By what [`Schedule::finished`] knows it.
    pub id: RunId,
    /// The time that was set, in milliseconds since 1970.
    pub scheduled_ms: i64,
    /// Retries so far that counted: the handler's `retryCount`.
    pub retry_count: u32,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done with: the handler returned, or there is nothing that could be called.
    Done,
    /// The handler failed. It is called again, a few times.
    Failed,
    /// Something failed that the handler is not to blame for: it is called again as often as it takes.
    Interrupted,
    /// Nobody was there to run it: it is tried again soon, and this was no run.
    NotBegun,
    /// The handler failed and is not to be called again, although its object does not know that.
    Dropped,
}

/// What becomes of an alarm after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: forget what is stored of it.
    Over,
    /// It has failed too often, or its handler wants no retry: forget what is stored of it, here and with its object.
    GivenUp,
    /// It runs again after a pause of so many milliseconds.
    Retried {
        /// The pause.
        pause_ms: u64,
    },
    /// Another time was set while it ran. That one is stored.
    Superseded,
    /// The run is none that is known: the alarm was removed meanwhile.
    Unknown,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Option<Arc<str>>,
    scheduled_ms: i64,
    state: State,
    /// Retries that counted.
    counted: u32,
    /// How often the pause was doubled. Apart from the count of retries, because it starts anew when failures begin to
    /// be the handler's.
    backoff: u32,
    /// Whether the last failure was the handler's.
    failed_itself: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In `waiting`, at `due_ms` of the wall clock.
    Waiting { due_ms: i64 },
    /// In `retrying`, at `due_ms` of the clock that only runs.
    Retrying { due_ms: u64 },
    /// In neither queue.
    Running { id: RunId, then: Then },
}

/// What was asked for while an alarm ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    Set(i64),
    Cancel,
}

/// All alarms that are set.
#[derive(Debug)]
pub struct Schedule<K> {
    alarms: HashMap<K, Entry>,
    waiting: BTreeSet<(i64, K)>,
    retrying: BTreeSet<(u64, K)>,
    last_run: u64,
}

impl<K> Default for Schedule<K> {
    fn default() -> Self {
        Self { alarms: HashMap::new(), waiting: BTreeSet::new(), retrying: BTreeSet::new(), last_run: 0 }
    }
}

impl<K: Clone + Ord + Hash> Schedule<K> {
    /// Sets the alarm of `key`, or moves it. One that runs goes on, and this one comes after it.
    pub fn set(&mut self, key: K, name: Option<Arc<str>>, at_ms: i64) {
        let name = name.or_else(|| self.alarms.get(&key).and_then(|entry| entry.name.clone()));
        if let Some(Entry { state: State::Running { then, .. }, name: known, .. }) = self.alarms.get_mut(&key) {
            (*then, *known) = (Then::Set(at_ms), name);
            return;
        }
        self.dequeue(&key);
        self.wait(key, name, at_ms);
    }

    /// Removes the alarm of `key`. One that runs goes on, and is not retried.
    pub fn cancel(&mut self, key: &K) {
        if let Some(Entry { state: State::Running { then, .. }, .. }) = self.alarms.get_mut(key) {
            *then = Then::Cancel;
            return;
        }
        self.dequeue(key);
        self.alarms.remove(key);
    }

    /// Makes the alarm of `key` due now, whatever its time. False when there is none, or it runs.
    pub fn hurry(&mut self, key: &K, now: Now) -> bool {
        self.dequeue(key);
        let Some(entry) = self.alarms.get_mut(key) else { return false };
        if matches!(entry.state, State::Running { .. }) {
            return false;
        }
        let due_ms = entry.scheduled_ms.min(now.wall_ms);
        entry.state = State::Waiting { due_ms };
        self.waiting.insert((due_ms, key.clone()));
        true
    }

    /// Removes every alarm whose key `is_of` accepts, also those that run.
    pub fn forget(&mut self, is_of: impl Fn(&K) -> bool) {
        self.alarms.retain(|key, _| !is_of(key));
        self.waiting.retain(|(_, key)| !is_of(key));
        self.retrying.retain(|(_, key)| !is_of(key));
    }

    /// The next alarm that is due, which runs from here on.
    pub fn next_due(&mut self, now: Now) -> Option<Run<K>> {
        let key = match self.retrying.first() {
            Some((due_ms, _)) if *due_ms <= now.running_ms => self.retrying.pop_first()?.1,
            _ => match self.waiting.first() {
                Some((due_ms, _)) if *due_ms <= now.wall_ms => self.waiting.pop_first()?.1,
                _ => return None,
            },
        };
        self.last_run += 1;
        let id = RunId(self.last_run);
        let entry = self.alarms.get_mut(&key).expect("what is in a queue is set");
        entry.state = State::Running { id, then: Then::Nothing };
        let (name, scheduled_ms) = (entry.name.clone(), entry.scheduled_ms);
        Some(Run { key, name, id, scheduled_ms, retry_count: entry.counted })
    }

    /// How many milliseconds from `now` the next alarm is due; `None` while none waits.
    pub fn until_next(&self, now: Now) -> Option<u64> {
        let waiting = self.waiting.first().map(|(due_ms, _)| due_ms.saturating_sub(now.wall_ms).max(0).cast_unsigned());
        let retrying = self.retrying.first().map(|(due_ms, _)| due_ms.saturating_sub(now.running_ms));
        waiting.into_iter().chain(retrying).min()
    }

    /// A run is over. `jitter` is a number from 0 up to, not including, 1.
    pub fn finished(&mut self, key: &K, run: RunId, ended: Ended, now: Now, jitter: f64) -> Next {
        let Some(entry) = self.alarms.get_mut(key) else { return Next::Unknown };
        let then = match entry.state {
            State::Running { id, then } if id == run => then,
            _ => return Next::Unknown,
        };
        if let Then::Set(at_ms) = then {
            let name = entry.name.clone();
            self.wait(key.clone(), name, at_ms);
            return Next::Superseded;
        }
        if ended == Ended::NotBegun && then == Then::Nothing {
            return self.retry(key, NOT_BEGUN_PAUSE_MS, now);
        }
        let counts = ended == Ended::Failed;
        let given_up = ended == Ended::Dropped || (counts && entry.counted >= RETRIES_MAX);
        if ended == Ended::Done || then == Then::Cancel || given_up {
            self.alarms.remove(key);
            return if given_up && then == Then::Nothing { Next::GivenUp } else { Next::Over };
        }
        if counts {
            entry.counted += 1;
            if !entry.failed_itself {
                entry.backoff = 0;
            }
        }
        entry.failed_itself = counts;
        entry.backoff = entry.backoff.min(BACKOFF_MAX);
        let pause_ms = pause_ms(entry.backoff, jitter);
        entry.backoff += 1;
        self.retry(key, pause_ms, now)
    }

    fn retry(&mut self, key: &K, pause_ms: u64, now: Now) -> Next {
        let due_ms = now.running_ms.saturating_add(pause_ms);
        self.alarms.get_mut(key).expect("it has just run").state = State::Retrying { due_ms };
        self.retrying.insert((due_ms, key.clone()));
        Next::Retried { pause_ms }
    }

    /// The time that is set for `key`; that of a run only if it was set again meanwhile.
    pub fn get(&self, key: &K) -> Option<i64> {
        let entry = self.alarms.get(key)?;
        match entry.state {
            State::Waiting { .. } | State::Retrying { .. } => Some(entry.scheduled_ms),
            State::Running { then: Then::Set(at_ms), .. } => Some(at_ms),
            State::Running { then: Then::Nothing | Then::Cancel, .. } => None,
        }
    }

    /// All alarms that are set, as [`Schedule::get`] has them, in no order.
    pub fn all(&self) -> impl Iterator<Item = (&K, i64)> {
        self.alarms.keys().filter_map(|key| self.get(key).map(|at_ms| (key, at_ms)))
    }

    /// True when no alarm is known.
    pub fn is_empty(&self) -> bool {
        self.alarms.is_empty()
    }

    /// Whether the alarm of `key` runs.
    #[cfg(test)]
    pub fn runs(&self, key: &K) -> bool {
        matches!(self.alarms.get(key), Some(Entry { state: State::Running { .. }, .. }))
    }

    /// Puts an alarm that has not run yet into its queue.
    fn wait(&mut self, key: K, name: Option<Arc<str>>, scheduled_ms: i64) {
        let state = State::Waiting { due_ms: scheduled_ms };
        self.waiting.insert((scheduled_ms, key.clone()));
        self.alarms.insert(key, Entry { name, scheduled_ms, state, counted: 0, backoff: 0, failed_itself: false });
    }

    /// Takes `key` out of the queue that it is in.
    fn dequeue(&mut self, key: &K) {
        match self.alarms.get(key).map(|entry| entry.state) {
            Some(State::Waiting { due_ms }) => drop(self.waiting.remove(&(due_ms, key.clone()))),
            Some(State::Retrying { due_ms }) => drop(self.retrying.remove(&(due_ms, key.clone()))),
            Some(State::Running { .. }) | None => {}
        }
    }
}

/// The pause before a retry: doubled `backoff` times, and up to a quarter longer, so that alarms that failed together do
/// not come back together.
fn pause_ms(backoff: u32, jitter: f64) -> u64 {
    let pause_ms = RETRY_START_MS << backoff;
    let jitter_max = pause_ms / JITTER_PART;
    pause_ms + ((jitter.clamp(0.0, 1.0) * (jitter_max + 1) as f64) as u64).min(jitter_max)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
