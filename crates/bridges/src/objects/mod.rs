//! Durable Objects between threads: who owns which object, and how events reach whoever does.
//!
//! ```text
//!  stub ─► door ─► the object's inbox ─► Lease, held by one guest
//!                       │ free?                ▲
//!                       └─► Namespace ─► Home ─┘ grant          lease dropped ─► free again, or granted anew
//! ```
//!
//! A [`Namespace`] knows the objects of one class of one worker, for the life of the process and across its
//! generations. Each object has an inbox of its own, which stays while it changes hands: a caller delivers into it and
//! never waits. Whoever holds the [`Lease`] takes from it. An object that nobody holds is granted, as soon as something
//! waits for it, to the namespace's [`Home`]: the threads of the newest version of the worker.
//!
//! Invariants
//! - At most one lease of an object is valid. The next is granted when the one before was dropped, or revoked because
//!   its thread can never run again.
//! - Nothing that was delivered is lost when an object changes hands: what its owner has not taken, the next one takes.
//! - A door that has reached an object which then broke fails from there on, with the reason.

mod lease;
mod namespace;
mod object;
#[cfg(test)]
mod tests;

pub use lease::{Lease, Sleep, SleepingSocket};
pub use namespace::{Alarms, Home, Namespace};
