//! Crons that fire by themselves: each expression of a worker once in every minute of UTC that it names.
//!
//! One task for all workers. At each full minute it looks at the active generation of every worker and sends what
//! is due through the worker's dispatcher, so a generation that drains gets nothing, and a reload in that minute
//! neither repeats a cron nor loses it: minutes are counted here and not in a generation. Minutes that the process
//! slept through are not made up for, as production does not. Whether crons fire at all is the project's decision.
//!
//! The clock is a parameter.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lopata_bridges::{Parcel, reply};
use lopata_protocol::{Answer, EventId, EventOutcome, ToGuest};

use crate::config::{Cron, Date};
use crate::dispatcher::{Accepted, Dispatcher};
use crate::terminal::Terminal;
use crate::traces::{Tick, Traces};

const MINUTE_MS: u64 = 60_000;

/// The longest wait between two looks at the clock: a machine that was asleep, or whose clock was set, is at most so
/// much late.
const LOOK_MS_MAX: u64 = 10_000;

/// A clock that is corrected by less than this is the same clock: its minutes are not counted again.
const CORRECTION_MINUTES: u64 = 2;

/// A cron expression and the minutes it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronTrigger {
    /// As configured: what the handler sees.
    pub text: Arc<str>,
    /// What it means.
    pub cron: Cron,
}

impl CronTrigger {
    /// Those of `texts` that can be read, each once. The others were pointed out with the configuration.
    pub fn all(texts: &[String]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for text in texts {
            if let Ok(cron) = text.parse()
                && found.iter().all(|other| *other.text != **text)
            {
                found.push(Self { text: Arc::from(text.as_str()), cron });
            }
        }
        found
    }
}

/// Time, as the scheduler sees it.
pub trait Clock {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
    /// Resolves after about this long.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// The clock of the machine.
pub struct SystemClock {
    /// Milliseconds by which a test has set it forward; negative for back.
    offset_ms: i64,
}

impl SystemClock {
    /// The machine's time. With `LOPATA_CRON_CLOCK_MS`, which only tests set, a clock that shows that time now.
    pub fn new() -> Self {
        let wanted_ms = std::env::var("LOPATA_CRON_CLOCK_MS").ok().and_then(|text| text.parse::<i64>().ok());
        Self { offset_ms: wanted_ms.map_or(0, |wanted_ms| wanted_ms - machine_ms()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

fn machine_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(machine_ms() + self.offset_ms).unwrap_or(0)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}

/// Tells minutes that have begun from those that were counted already, whoever counts.
#[derive(Debug)]
pub struct Minutes {
    last: AtomicU64,
}

impl Minutes {
    /// The minute that runs now has begun without us.
    pub fn starting_at(clock: &impl Clock) -> Self {
        Self { last: AtomicU64::new(clock.now_ms() / MINUTE_MS) }
    }

    /// The minute that has begun since the last look, if one has.
    fn begun(&self, now_ms: u64) -> Option<u64> {
        let minute = now_ms / MINUTE_MS;
        let last = self.last.load(Ordering::Relaxed);
        let set_back = minute + CORRECTION_MINUTES < last;
        if minute <= last && !set_back {
            return None;
        }
        // One task counts at a time; the atomic is for the one that comes after it.
        self.last.store(minute, Ordering::Relaxed);
        Some(minute)
    }
}

fn until_next_look(now_ms: u64) -> Duration {
    Duration::from_millis((MINUTE_MS - now_ms % MINUTE_MS).min(LOOK_MS_MAX))
}

/// Calls `at` once for every minute that begins, for ever.
async fn every_minute(clock: &impl Clock, minutes: &Minutes, mut at: impl FnMut(u64)) {
    loop {
        if let Some(minute) = minutes.begun(clock.now_ms()) {
            at(minute);
        }
        clock.sleep(until_next_look(clock.now_ms())).await;
    }
}

/// A worker whose crons may be due.
#[derive(Clone)]
pub struct Target {
    /// The worker's name, by which it is known from minute to minute.
    pub name: Arc<str>,
    /// Where its events go.
    pub dispatcher: Arc<Dispatcher>,
    /// Where it is said how they went.
    pub terminal: Terminal,
    /// Where their spans go.
    pub traces: Traces,
}

/// What is known of a worker's crons.
struct Known {
    triggers: Vec<CronTrigger>,
    handles: bool,
    /// It was said that nothing handles them.
    complained: bool,
}

/// Fires the crons of the workers that `targets` names anew in each minute, for ever. `minutes` says which minutes
/// were counted before.
pub async fn run(clock: impl Clock, minutes: Arc<Minutes>, targets: impl Fn() -> Vec<Target>) {
    let mut known: HashMap<Arc<str>, Known> = HashMap::new();
    every_minute(&clock, &minutes, |minute| {
        let targets = targets();
        known.retain(|name, _| targets.iter().any(|target| target.name == *name));
        for target in targets {
            fire_due(target, minute, &mut known);
        }
    })
    .await;
}

fn fire_due(target: Target, minute: u64, known: &mut HashMap<Arc<str>, Known>) {
    // Between a death and the restart nobody is active: what was known before still holds, and events wait.
    if let Some(active) = target.dispatcher.active() {
        let entry = known.entry(target.name.clone()).or_insert(Known {
            triggers: Vec::new(),
            handles: true,
            complained: false,
        });
        let handles = active.handles("scheduled");
        entry.complained &= !handles;
        entry.handles = handles;
        if entry.triggers != active.blueprint.crons {
            entry.triggers = active.blueprint.crons.clone();
        }
    }
    let Some(entry) = known.get_mut(&target.name) else { return };
    let due: Vec<Arc<str>> = due(&entry.triggers, minute);
    if due.is_empty() {
        return;
    }
    if !entry.handles {
        if !std::mem::replace(&mut entry.complained, true) {
            let message = "The crons of \"{}\" fire, but its default export has no scheduled() handler.";
            target.terminal.warn(&message.replace("{}", &target.name));
        }
        return;
    }
    for cron in due {
        tokio::spawn(fire(target.clone(), cron, minute));
    }
}

fn due(triggers: &[CronTrigger], minute: u64) -> Vec<Arc<str>> {
    triggers.iter().filter(|trigger| trigger.cron.matches(minute)).map(|trigger| trigger.text.clone()).collect()
}

/// Runs the handler and says how that went.
async fn fire(target: Target, cron: Arc<str>, minute: u64) {
    let Target { name, dispatcher, terminal, traces } = target;
    let started = Instant::now();
    let (reply, answer) = reply();
    let scheduled_time_ms = (minute * MINUTE_MS) as f64;
    let tick = Tick::new(name, &cron, scheduled_time_ms);
    let message =
        ToGuest::Scheduled { event: EventId::next(), cron: cron.to_string(), scheduled_time_ms, parent: tick.context };
    match dispatcher.dispatch(Parcel::asking(message, reply)) {
        Ok(Accepted::Delivered(_) | Accepted::Waiting) => {}
        Err(error) => {
            terminal.error(&format!("The cron \"{cron}\" was not run: {error}"));
            return;
        }
    }
    let outcome = match answer.await.map(|answered| answered.answer.message) {
        Some(Answer::Scheduled(scheduled)) => Some(scheduled.outcome),
        // What it threw has been logged with its stack.
        Some(Answer::Failed { outcome, .. }) => Some(outcome),
        Some(_) | None => None,
    };
    traces.push(vec![tick.into_span(outcome.ok_or("the worker ended before its handler did"))]);
    terminal.info(&line(&cron, minute, outcome, started.elapsed()));
}

/// How a scheduled event ended. Source: the lines of `wrangler tail`; the time is in UTC, as crons are.
fn line(cron: &str, minute: u64, outcome: Option<EventOutcome>, elapsed: Duration) -> String {
    let word = match outcome {
        Some(EventOutcome::Ok) => "Ok",
        Some(EventOutcome::Exception) => "Exception Thrown",
        Some(EventOutcome::Canceled) => "Canceled",
        Some(EventOutcome::ExceededCpu) => "Exceeded CPU Limit",
        Some(EventOutcome::ExceededMemory) => "Exceeded Memory",
        Some(EventOutcome::InternalError) => "Unknown",
        None => "the worker ended before its handler did",
    };
    let (date, time) = (Date::from_days(minute / (24 * 60)), minute % (24 * 60));
    format!("\"{cron}\" @ {date} {:02}:{:02} UTC - {word} ({}ms)", time / 60, time % 60, elapsed.as_millis())
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_util::FutureExt;

    use super::*;

    /// A clock that jumps to the next of its times whenever somebody sleeps, and stands still after the last.
    struct FakeClock {
        now_ms: Cell<u64>,
        later_ms: RefCell<Vec<u64>>,
    }

    impl Clock for &FakeClock {
        fn now_ms(&self) -> u64 {
            self.now_ms.get()
        }

        fn sleep(&self, _duration: Duration) -> impl Future<Output = ()> + Send {
            let next = self.later_ms.borrow_mut().pop();
            let over = next.is_some();
            next.inspect(|next| self.now_ms.set(*next));
            async move {
                if !over {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// The minutes that are called for when the clock shows these times.
    fn minutes(times_ms: &[u64]) -> Vec<u64> {
        let clock = clock(times_ms);
        let counted = Minutes::starting_at(&&clock);
        seen(&clock, &counted)
    }

    fn clock(times_ms: &[u64]) -> FakeClock {
        let later_ms = times_ms.iter().skip(1).rev().copied().collect();
        FakeClock { now_ms: Cell::new(times_ms[0]), later_ms: RefCell::new(later_ms) }
    }

    fn seen(clock: &FakeClock, counted: &Minutes) -> Vec<u64> {
        let mut seen = Vec::new();
        let run = every_minute(&clock, counted, |minute| seen.push(minute));
        assert!(run.now_or_never().is_none(), "it goes on for ever");
        seen
    }

    #[test]
    fn each_minute_is_called_for_once() {
        assert_eq!(minutes(&[30_000, 59_999, 60_000, 60_001, 119_000, 120_000, 180_500]), [1, 2, 3]);
    }

    #[test]
    fn the_minute_of_the_start_and_minutes_of_sleep_are_not_made_up_for() {
        assert_eq!(minutes(&[60_000, 60_500]), [0; 0]);
        assert_eq!(minutes(&[60_000, 3_600_000]), [60]);
    }

    #[test]
    fn a_minute_in_which_another_session_starts_is_counted_once() {
        let first = clock(&[30_000, 60_010]);
        let counted = Minutes::starting_at(&&first);
        assert_eq!(seen(&first, &counted), [1]);
        // The next one starts in the same minute, and the one after that just after the full minute.
        assert_eq!(seen(&clock(&[61_000, 119_000]), &counted), [0; 0]);
        assert_eq!(seen(&clock(&[121_000, 122_000]), &counted), [2]);
    }

    #[test]
    fn a_corrected_clock_repeats_nothing_and_a_clock_that_was_set_back_starts_anew() {
        assert_eq!(minutes(&[30_000, 60_010, 59_990, 60_000, 120_000]), [1, 2]);
        assert_eq!(minutes(&[3_600_000, 3_660_000, 600_000, 660_000]), [61, 10, 11]);
    }

    #[test]
    fn the_clock_is_looked_at_when_the_minute_ends_and_in_between() {
        for (now_ms, expected_ms) in [(0, 10_000), (49_000, 10_000), (55_000, 5_000), (59_999, 1), (60_000, 10_000)] {
            assert_eq!(until_next_look(now_ms), Duration::from_millis(expected_ms), "{now_ms}");
        }
    }

    #[test]
    fn an_expression_is_due_in_its_minutes_and_once() {
        let texts = ["*/5 * * * *", "0 * * * *", "*/5 * * * *", "nonsense"].map(str::to_string);
        let triggers = CronTrigger::all(&texts);
        let due = |minute| due(&triggers, minute).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(due(60), ["*/5 * * * *", "0 * * * *"]);
        assert_eq!(due(65), ["*/5 * * * *"]);
        assert_eq!(due(66), [""; 0]);
    }

    #[test]
    fn lines_are_those_of_wrangler_tail() {
        let line = |outcome| line("*/5 * * * *", 29_910_605, outcome, Duration::from_micros(3_400));
        assert_eq!(line(Some(EventOutcome::Ok)), "\"*/5 * * * *\" @ 2026-11-14 06:05 UTC - Ok (3ms)");
        assert!(line(Some(EventOutcome::Exception)).ends_with("- Exception Thrown (3ms)"));
        assert!(line(None).contains("ended before"));
    }
}
