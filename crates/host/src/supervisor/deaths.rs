//! Guests that are gone: what becomes of their events, their threads and the code they ran.
//!
//! Every guest says one last word, and here it is heard. Events it never started go to whoever serves; its
//! thread is joined off the supervisor's task; code that served starts again.

use std::sync::Arc;

use lopata_bridges::WaitUntilTracker;
use lopata_guest::GuestHandle;
use lopata_protocol::message::Death;
use lopata_protocol::{GuestId, WireError, limits};

use super::Supervisor;

impl Supervisor {
    /// A guest is gone.
    pub(super) fn stopped(&mut self, guest: GuestId, death: Option<Death>) {
        if let Some(death) = &death {
            self.report_death(guest, death);
        }
        self.waits.remove(&guest);
        if let Some(handle) = self.ending.remove(&guest) {
            self.bury(handle);
            return;
        }
        if let Some(draining) = self.draining.remove(&guest) {
            self.bury(draining.generation.guest.clone());
            return;
        }
        if self.starting.as_ref().is_some_and(|starting| starting.guest.id == guest) {
            let Some(starting) = self.starting.take() else { return };
            self.bury(starting.guest.clone());
            let error = WireError::new("Error", format!("The worker did not start: {}", death_text(&death)));
            self.terminal.start_failed(&error);
            self.start_failed(&starting.blueprint, error);
            return;
        }
        if self.active.as_ref().is_some_and(|active| active.guest.id == guest) {
            self.active_died();
        }
    }

    /// The serving generation died: the same code starts again.
    fn active_died(&mut self) {
        let Some(active) = self.active.take() else { return };
        self.status.dispatcher.deactivate(&active);
        let undelivered = active.guest.take_undelivered();
        self.status.dispatcher.redeliver(undelivered);
        let blueprint = active.blueprint.clone();
        self.bury(active.guest.clone());
        self.deaths += 1;
        if self.starting.is_none() && self.shutdown.is_none() {
            self.start(blueprint, false);
        }
    }

    /// Joins a thread that has said its last word, off this task.
    fn bury(&mut self, guest: Arc<GuestHandle>) {
        // Events that came too late for it go on to whoever serves.
        let undelivered = guest.take_undelivered();
        self.status.dispatcher.redeliver(undelivered);
        tokio::task::spawn_blocking(move || guest.join());
    }

    fn report_death(&mut self, guest: GuestId, death: &Death) {
        let pending = self.waits.get(&guest).map_or(0, WaitUntilTracker::pending);
        let mut text = death_text(&Some(death.clone()));
        if pending > 0 {
            text.push_str(&format!(" {pending} waitUntil task(s) were still running."));
        }
        let worker = self.worker_name();
        match death {
            Death::Grace => self.terminal.warn_of(&worker, &text),
            Death::Memory | Death::Cpu | Death::Aborted(_) | Death::Panic(_) => {
                self.terminal.error_of(&worker, &format!("{text} A fresh copy of the worker takes over."));
                self.status.last_death.store(Some(Arc::new(WireError::new("Error", text))));
            }
        }
    }
}

fn death_text(death: &Option<Death>) -> String {
    match death {
        Some(Death::Memory) => "The worker exceeded its memory limit.".to_string(),
        Some(Death::Cpu) => "The worker exceeded its CPU time limit.".to_string(),
        Some(Death::Aborted(reason)) if reason.is_empty() => "The worker called abortIsolate().".to_string(),
        Some(Death::Aborted(reason)) => format!("The worker called abortIsolate(): {reason}."),
        Some(Death::Grace) => {
            let seconds = limits::DRAIN_GRACE_MS / 1000;
            format!(
                "The previous version of the worker was still busy {seconds} s after its replacement and was ended."
            )
        }
        Some(Death::Panic(text)) => format!("The worker's thread hit a bug of lopata: {text}."),
        None => "its thread ended.".to_string(),
    }
}
