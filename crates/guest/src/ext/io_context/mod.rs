//! Ops of the IoContext: what the scripts cannot know of what an event waits for.

use std::rc::Rc;

use deno_core::{OpState, op2};
use lopata_protocol::CallId;

use crate::state::GuestState;

/// Whether a call that has no answer went to this very isolate: one of JS RPC, or else a fetch.
#[op2(fast)]
pub fn op_call_is_local(state: &mut OpState, rpc: bool, #[number] id: u64) -> bool {
    let guest = state.borrow::<Rc<GuestState>>();
    let Some(own) = guest.inbox.upgrade() else { return false };
    match u32::try_from(id) {
        _ if rpc => guest.rpc.held.call_went_to(CallId(id), &own),
        Ok(id) => guest.calls.went_to(id, &own),
        Err(_) => false,
    }
}
