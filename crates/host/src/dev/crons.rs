//! The crons of a session: whether they fire, and for whom.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::cron::{self, Minutes, SystemClock};
use crate::terminal::Terminal;
use crate::workers::run::terminal_of;
use crate::workers::{Shared, Worker};

/// The crons of a session. Dropped, they fire no more.
pub struct Crons {
    /// Non-null exactly when they fire by themselves.
    task: Option<JoinHandle<()>>,
    /// There are some, and nobody has said whether they should.
    undecided: bool,
}

impl Crons {
    /// Starts what `wanted` asks for; `None` is nobody's word. The workers should have been started: what is due is
    /// asked of the generations that serve. `counted` are the minutes of the session before, if that fired crons, and
    /// becomes those of this one: the minute in which one ends and the next starts is counted once.
    pub fn start(wanted: Option<bool>, has_crons: bool, shared: &Shared, counted: &mut Option<Arc<Minutes>>) -> Self {
        if wanted != Some(true) {
            *counted = None;
            return Self { task: None, undecided: wanted.is_none() && has_crons };
        }
        let clock = SystemClock::new();
        let minutes = counted.get_or_insert_with(|| Arc::new(Minutes::starting_at(&clock))).clone();
        let (workers, terminal) = (shared.context.workers.clone(), shared.terminal.clone());
        let traces = shared.traces.clone();
        let targets = move || {
            let target = |worker: &Arc<Worker>| cron::Target {
                name: worker.name.clone(),
                dispatcher: worker.status.dispatcher.clone(),
                terminal: terminal_of(&terminal, worker.id, &worker.name),
                traces: traces.clone(),
            };
            workers.all().iter().map(target).collect()
        };
        Self { task: Some(tokio::spawn(cron::run(clock, minutes, targets))), undecided: false }
    }

    /// Says how crons can be fired, to somebody who has some and may not know.
    pub fn introduce(&self, terminal: &Terminal) {
        if self.undecided {
            let text = "Crons are not fired by themselves; --cron does that, /cdn-cgi/handler/scheduled fires one.";
            terminal.notice(text);
        }
    }
}

impl Drop for Crons {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
