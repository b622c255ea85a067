//! Ops of compatibility flags: what is enabled for the worker of this isolate.
//!
//! The set arrives with the worker. The snapshot is older than any worker, so no script may ask while it is made.

use std::rc::Rc;

use deno_core::{OpState, op2};
use lopata_protocol::compat::{FLAGS, Status};

use crate::state::GuestState;

/// Whether the flag that `name` enables is enabled.
#[op2(fast)]
pub fn op_compat_has(state: &mut OpState, #[string] name: &str) -> bool {
    let switches = FLAGS.iter().any(|flag| flag.enable == name && matches!(flag.status, Status::Switch(_)));
    assert!(switches, "a script asks for {name}, which the table does not call a switch");
    state.borrow::<Rc<GuestState>>().compat.get().has(name)
}

/// What `Cloudflare.compatibilityFlags` shows: every flag there is.
#[op2]
#[serde]
pub fn op_compat_flags(state: &mut OpState) -> Vec<(&'static str, bool)> {
    let set = state.borrow::<Rc<GuestState>>().compat.get();
    set.iter().map(|(flag, on)| (flag.enable, on)).collect()
}
