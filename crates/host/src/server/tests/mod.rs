//! The server over loopback, in front of a scripted worker.
#![allow(clippy::unwrap_used)]

mod abort;
mod bodies;
mod control;
mod encoding;
pub(crate) mod harness;
mod protocol;
mod secure;
