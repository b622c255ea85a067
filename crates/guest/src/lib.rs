//! The guest: an isolate on a thread of its own, and the Workers runtime API inside it.
//!
//! Owns everything that touches V8: boot from the snapshot, module evaluation, the runtime API
//! (`ext/<concept>/`), env, `IoContext`, event dispatch. The host reaches it through messages and [`spawn`].
//!
//! Invariants
//! - One isolate per thread, created and dropped on it, from the one snapshot of the process.
//! - User code reaches nothing of the host: no file, no socket, no environment; only its services.
//! - A guest that dies answers what it was working on and says so; the process lives on.
//!
//! Architecture invariant: no HTTP server, no SQLite, no files of a binding.

mod buffers;
mod cpu_clock;
mod engine;
mod error;
mod events;
mod ext;
mod head;
mod isolate;
mod loader;
mod objects;
mod ready;
mod spans;
mod stacks;
mod state;
mod tail;
mod thread;
mod wire;

pub use engine::{EngineOptions, init, init_with};
pub use events::live_events;
pub use ext::node::patch as patch_node_script;
pub use ext::snapshot_extensions;
pub use isolate::Snapshot;
pub use loader::CodeCache;
pub use thread::{GuestHandle, GuestReport, LogBudget, SpawnOptions, TurnUse, spawn};
pub use wire::report;
