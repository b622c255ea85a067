//! JS RPC between isolates: stubs, calls under way and the tables that tell who is still wanted.
//!
//! ```text
//!  caller                                   home (where the target lives)
//!  Stub ── RpcOn { Export } ──────────────► Exports: id → target
//!  OutCall ── RpcOn { Result } (pipelined) ► Results: call → promise of its result
//!    ▲ ◄───────── Answer::Rpc ─────────────┘
//!  Stub dropped ── RpcRelease ────────────► the target is disposed
//!  OutCall dropped or settled ── RpcFinish ► the result is let go, a running call is cancelled
//! ```
//!
//! Owns both sides' bookkeeping. What a target is, it does not know: the tables hold any `T`.
//!
//! Invariants
//! - Messages of one caller to one home stay in order: they all go through the home's inbox.
//! - An export is released exactly once: by its last stub or by the end of its context, whichever is first.
//! - A call's result is let go exactly once: when it was answered with nothing to hold, when the caller is
//!   finished, or when its context ends. What asks for it later is told so ([`ResultState::Gone`]) and never waits.

mod call;
mod exports;
#[cfg(test)]
mod model_tests;
mod results;
#[cfg(test)]
mod schedule_tests;
mod stub;

pub use self::call::{OutCall, invoke, live_calls};
pub use self::exports::Exports;
pub use self::results::{ResultState, Results};
pub use self::stub::{Stub, live_stubs};
