//! The workers of one process: which there are, how they find each other, and who gets which request.
//!
//! Each worker has a project, a supervisor, a dispatcher and generations of its own, and knows nothing of the
//! others. What they share is here: the [`Workers`] that run, by name, through which one worker calls another; the
//! [`Spares`], any of which can become any worker; the [`Routing`] of requests. [`plan`] says from the command line
//! which workers there are, [`run`] starts and ends them.
//!
//! ```text
//!              ┌─ Routing ── selects by URL ──┐
//!  server ─────┤                              ▼
//!              └────────────────────► Workers (by place, by name) ◄── doors of service bindings
//!                                         │ one Status each
//!            supervisor of a ─────────────┼───────────── supervisor of b      both take from the Spares
//! ```

pub mod plan;
mod registry;
pub mod router;
mod routing;
pub mod run;
mod spares;

pub use plan::{Plan, WorkerPlan};
pub use registry::{NameTaken, Worker, WorkerDoor, WorkerId, Workers};
pub use routing::Routing;
pub use run::{Running, Shared};
pub use spares::Spares;
