//! What `node:dns` asks the host: the records of a name.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2};
use lopata_bridges::{NameCall, NameFailure, NameRecord, RecordKind};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::state::GuestState;

/// A record as scripts get it: seconds, and fields as text.
type Row = (u32, Vec<String>);

/// The records of a name, or the code that Node has for why there are none.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Names {
    /// In the order of the answer.
    Records(Vec<Row>),
    /// Source of the codes: Node's, as production uses them.
    Failure(&'static str),
}

/// Asks about a name through the worker's outbound service. `kind` is one of [`RecordKind::of`].
#[op2]
#[serde]
pub async fn op_node_resolve(state: Rc<RefCell<OpState>>, #[string] name: String, #[string] kind: String) -> Names {
    let outbound = state.borrow().borrow::<Rc<GuestState>>().services.outbound();
    let (Some(service), Some(kind)) = (outbound, RecordKind::of(&kind)) else {
        return Names::Failure("EBADQUERY");
    };
    let (reply, answer) = oneshot::channel();
    service.resolve(NameCall { name, kind, reply });
    match answer.await {
        Ok(Ok(records)) => {
            Names::Records(records.into_iter().map(|NameRecord { ttl_s, fields }| (ttl_s, fields)).collect())
        }
        Ok(Err(NameFailure::NotFound)) => Names::Failure("ENOTFOUND"),
        Ok(Err(NameFailure::BadName)) => Names::Failure("EBADRESP"),
        Ok(Err(NameFailure::Unreachable)) | Err(_) => Names::Failure("EBADQUERY"),
    }
}
