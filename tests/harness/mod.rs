//! The harness: starts the real binary on a copy of a project and talks to it as users do.
//!
//! It owns processes ([`Server`]), project folders ([`Project`]), an HTTP client that can also misbehave
//! ([`http`]), and doors that hold a handler until the test says so ([`Door`]). It knows nothing of lopata's insides:
//! command line, files, sockets, terminal output and `/proc` are all it sees.
//!
//! Nothing here sleeps to let time pass. Tests wait for a line of output, for a response, or (where the system
//! offers no event, as `/proc`) for a condition; a limit far above any honest duration turns a hang into a failure.

pub mod door;
pub mod fixture;
pub mod http;
pub mod log;
pub mod proc;
pub mod project;
pub mod server;
pub mod socket;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use door::Door;
pub use http::{Client, Response};
pub use project::Project;
pub use server::{Options, Server, run};
pub use socket::Socket;

/// How long anything may take before it counts as hung. Generous: a debug build on a busy machine is slow.
pub const HANG: Duration = Duration::from_secs(60);

/// Waits until `condition` gives a value, for things that announce themselves nowhere (`/proc`, an effect in KV).
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + HANG;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Says to other threads of a test that it is over, also when it fails: nobody else would, and it waits for them.
pub struct SetOnDrop<'a>(pub &'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
