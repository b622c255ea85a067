//! What travels over a WebSocket between two threads: whole messages and the end, no frames of the wire.

use bytes::Bytes;

use crate::WireError;

/// One thing that one end of a WebSocket tells the other, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketFrame {
    /// A text message.
    ///
    /// Always valid UTF-8: whoever makes one has checked it, so that nobody else has to.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
    /// The sender sends no more messages; the other way stays open until it is closed as well. Terminal.
    Close {
        /// The code; none when the close carries none, which scripts see as 1005.
        code: Option<u16>,
        /// The reason, at most 123 bytes on the wire.
        reason: String,
    },
    /// The other end is gone without a close, which scripts see as 1006. Terminal.
    ///
    /// Also sent by an end that is dropped before it has closed. With an error when it did not just go away: a
    /// client that broke the protocol, a queue that grew past its limit.
    Lost(Option<Box<WireError>>),
}

impl SocketFrame {
    /// True for what nothing can follow.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Close { .. } | Self::Lost(_) => true,
            Self::Text(_) | Self::Binary(_) => false,
        }
    }

    /// The bytes of a message or of a reason.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes.len(),
            Self::Close { reason, .. } => reason.len(),
            Self::Lost(_) => 0,
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
