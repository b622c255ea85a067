//! WebSockets on a connection: one end of a bridge on one side, frames of RFC 6455 on the other.
//!
//! Owns the connection from the handshake on: framing, pings, the close handshake, what happens when the other side
//! breaks the rules. tungstenite reads the frames and decides what is a violation; writing, both directions of the
//! close and the pace are done here, because a worker may close its way and go on listening, or the reverse, which
//! tungstenite's own session does not allow.
//!
//! Does not know HTTP: the server and the outbound fetches make the handshake and hand over a stream of bytes.
//!
//! Invariants
//! - The connection is read only while the worker keeps up, and the worker's messages are taken only while they can be
//!   written: neither side costs more memory than a window.
//! - However the connection ends, the worker's end is told exactly once.

mod handshake;
mod read;
mod session;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use self::handshake::{accept_key, new_key};
pub(crate) use self::session::session;

/// Which side of the connection this is: a client masks what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    Client,
}

/// Why a connection is failed: the code that the other side gets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// Frames that are not those of RFC 6455.
    #[error("{0}")]
    Protocol(String),
    /// A text, or the reason of a close, that is not UTF-8.
    #[error("Invalid UTF-8 in a WebSocket message.")]
    Utf8,
    /// A message that is larger than may be.
    #[error("Message is too large: {size} > {max}")]
    TooLarge {
        /// Bytes so far.
        size: usize,
        /// Bytes allowed.
        max: usize,
    },
}

impl Violation {
    /// The code of the close that says so.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::TooLarge { .. } => 1009,
        }
    }
}
