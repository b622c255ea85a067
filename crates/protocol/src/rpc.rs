//! JS RPC: what is called and with what.
//!
//! Values cross as V8's structured clone, extended by what `lopata-guest` writes for things that are not plain
//! data; their capabilities travel as attachments beside the message.

use bytes::Bytes;

use crate::{CallId, ExportId};

/// One JS RPC call, or one read of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcRequest {
    /// The call's id.
    pub call: CallId,
    /// Properties from the target to what is meant, at most
    /// [`limits::RPC_PATH_MAX`](crate::limits::RPC_PATH_MAX) of them. Empty is the target itself.
    pub path: Vec<String>,
    /// The cloned array of arguments; `None` reads the property.
    pub args: Option<Bytes>,
}

/// What a call is made on, in the guest it is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcTarget {
    /// Something that was given away.
    Export(ExportId),
    /// What another call returns or will return.
    Result(CallId),
}

/// What the callee keeps of a result after it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcHold {
    /// Nothing: the value carries nothing that could be called, so that the caller can answer what is asked of it.
    Nothing,
    /// The result, for calls that were pipelined on it before its answer arrived. The caller says
    /// [`RpcFinish`](crate::ToGuest::RpcFinish) as soon as it has read the answer.
    Result,
    /// The result has a disposer, which runs when the caller says [`RpcFinish`](crate::ToGuest::RpcFinish): when it
    /// disposes of the result, or when its context ends.
    Disposer,
}
