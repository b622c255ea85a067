//! The frames of a byte-credit stream.
//!
//! A stream carries one body one way. The sender may have at most
//! [`limits::STREAM_WINDOW_BYTES`](crate::limits::STREAM_WINDOW_BYTES) in flight; the receiver grants
//! credit as its consumer takes bytes. `End`, `Error` and `Cancel` are terminal and idempotent: a frame that
//! crosses one of them on the way is ignored.
//!
//! The state machines that speak this language are in `lopata-bridges`.

use bytes::Bytes;

use crate::WireError;

/// What the sending end of a stream tells the receiving end.
#[derive(Clone, Debug, PartialEq)]
pub enum ToReceiver {
    /// The next bytes of the body, in order; never empty.
    ///
    /// Sent by the writer while it has credit. Answered, in time, by [`ToSender::Credit`]. Ignored when the
    /// receiver is gone or has cancelled.
    ///
    /// Invariant: bytes in flight on a stream never exceed the window.
    Chunk(Bytes),
    /// The body is complete. Terminal; no answer.
    End,
    /// The body failed and the bytes so far are all there will be. Terminal; no answer.
    ///
    /// Also sent when the writer is dropped without having ended the body.
    Error(WireError),
}

/// What the receiving end of a stream tells the sending end.
#[derive(Clone, Debug, PartialEq)]
pub enum ToSender {
    /// Grants the sender the right to send this many bytes more.
    ///
    /// Sent by the receiving end after its consumer has taken bytes off the stream. No answer. A credit for
    /// a closed stream is ignored: the close may have crossed it on the way.
    Credit(u32),
    /// The receiver wants no more bytes. Terminal; the sender stops its source.
    ///
    /// Also sent when the reader is dropped before the end.
    Cancel(WireError),
}
