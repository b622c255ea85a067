//! The workers of one process: which there are, and how they find each other.
//!
//! Each worker has a project, a supervisor, a dispatcher and generations of its own, and knows nothing of the
//! others. What they share is here: the [`Workers`] that run, by name, through which one worker calls another.

mod registry;

pub use registry::{NameTaken, Worker, WorkerDoor, WorkerId, Workers};
