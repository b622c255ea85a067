//! Guests that do not come back: the watchdog, and relief for the requests behind them.
//!
//! A script that runs without a pause blocks its isolate. After a short while, if others wait, a fresh
//! generation of the same code takes over what has not started; the stuck one keeps what it runs and is ended
//! when it exceeds its CPU limit.

use std::time::{Duration, Instant};

use lopata_bridges::InboxSender;
use lopata_guest::GuestHandle;
use lopata_protocol::limits;
use lopata_protocol::message::Death;

use super::Supervisor;

/// Stuck generations that may exist at once. Code that gets stuck on every request would otherwise occupy a
/// thread per request.
const STUCK_MAX: usize = 4;

/// Restarts in a row without an edit, after which relief stops.
const RELIEF_DEATHS_MAX: u32 = 50;

/// Whether events wait for a guest that has not taken any for too long.
pub fn is_stalled(inbox: &InboxSender, now: Instant) -> bool {
    inbox.stalled_for(now).is_some_and(|stalled| stalled >= Duration::from_millis(limits::STALL_RELIEF_MS))
}

impl Supervisor {
    /// Ends guests whose script ran past its limit.
    pub(super) fn watch_cpu(&self, now: Instant) {
        let active = self.active.iter().map(|active| (&active.guest, active.blueprint.cpu_ms_max));
        let starting = self.starting.iter().map(|starting| (&starting.guest, limits::STARTUP_TIMEOUT_MS));
        let draining = self.draining.values();
        let draining = draining.map(|d| (&d.generation.guest, d.generation.blueprint.cpu_ms_max));
        for (guest, cpu_ms_max) in active.chain(starting).chain(draining) {
            if ran_too_long(guest, cpu_ms_max, now) {
                guest.terminate(Some(Death::Cpu));
            }
        }
    }

    /// Starts a fresh generation beside a stuck one when requests wait behind it.
    pub(super) fn relieve(&mut self, now: Instant) {
        let Some(active) = &self.active else { return };
        let stuck = self.draining.values().filter(|draining| draining.stuck).count();
        if self.starting.is_some() || self.shutdown.is_some() || stuck >= STUCK_MAX || self.deaths > RELIEF_DEATHS_MAX {
            return;
        }
        if is_stalled(&active.guest.inbox, now) && active.guest.inbox.waiting_events() > 0 {
            let blueprint = active.blueprint.clone();
            let text = format!(
                "The worker has been busy for {} ms without a pause; a fresh copy takes over the waiting requests.",
                limits::STALL_RELIEF_MS
            );
            self.terminal.warn_of(&blueprint.name, &text);
            self.start(blueprint, false);
        }
    }
}

/// Whether the guest's turn has used up its CPU time, or has lasted so long that it will not come back: a thread that
/// sleeps in a system call uses no CPU.
pub fn ran_too_long(guest: &GuestHandle, cpu_ms_max: u64, now: Instant) -> bool {
    let cpu_max = Duration::from_millis(cpu_ms_max);
    let wall_max = cpu_max + Duration::from_millis(limits::TURN_WALL_MARGIN_MS);
    guest.turn_use(now).is_some_and(|turn| turn.cpu >= cpu_max || turn.wall >= wall_max)
}
