//! What a JavaScript value may carry to another isolate besides its bytes.
//!
//! The bytes of a cloned value name its capabilities by index; the capabilities ride along as attachments.

use crate::door::WorkerService;
use crate::objects::Lease;
use crate::rpc::Stub;
use crate::stream::{StreamReader, StreamWriter};
use crate::websocket::WebSocketEnd;

/// Something that cannot be copied, on its way to another isolate. Dropped, it tells its other side.
#[derive(Debug)]
pub enum Capability {
    /// The way to a function or an `RpcTarget` of another isolate.
    Stub(Stub),
    /// The reading end of a `ReadableStream`, or of what an `AbortSignal` will say.
    Reader(StreamReader),
    /// The writing end of a `WritableStream`.
    Writer(StreamWriter),
    /// One end of a WebSocket, of a `Response` that is the answer to a handshake.
    Socket(WebSocketEnd),
    /// A service binding.
    Worker(WorkerService),
    /// The right to run an object, on its way to the guest that will.
    Lease(Lease),
}
