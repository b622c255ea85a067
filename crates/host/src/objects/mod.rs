//! Durable Objects on the host's side: which namespaces there are, and the threads that objects run on.
//!
//! The [`Objects`] of a process are its namespaces, by their unique keys; they outlive every version of a worker. One
//! version's [`ObjectThreads`] are the home of its classes: started when the first object is granted, told to drain when
//! a newer version has taken its classes over. What runs in an object is the guest's business, and who owns it is
//! `lopata_bridges::objects`'. Their [`alarms`] ring here, and [`inspect`] is how people and tools look into them.

pub mod alarms;
pub mod cli;
mod ended;
pub mod inspect;
mod registry;
mod threads;

pub use ended::ended_text;
pub use registry::{Census, Objects};
pub use threads::{Isolation, Keeper, ObjectThreads, Trouble};
