//! What comes over a connection, as messages: tungstenite's reader over a stream that is polled.
//!
//! Only its reading is used. It is told that this side has closed, which is the state in which it reads on and answers
//! nothing by itself: pings and closes are the session's business.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use lopata_protocol::limits::WEBSOCKET_MESSAGE_BYTES_MAX;
use tokio::io::{AsyncRead, ReadBuf};
use tungstenite::error::{CapacityError, ProtocolError};
use tungstenite::protocol::{self, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::{Role, Violation};

/// Bytes that are read at once, and that an idle connection holds.
const READ_BYTES: usize = 8 * 1024;

/// Whether a code may be on the wire. Source: RFC 6455 and the registry of codes.
fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// What came.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    Text(Bytes),
    Binary(Bytes),
    Ping(Bytes),
    Pong,
    Close(Option<u16>, String),
    Violation(Violation),
    /// The connection ended without a close.
    End,
}

/// Reads one side of a connection.
pub(super) struct Reader {
    context: WebSocketContext,
}

impl Reader {
    pub(super) fn new(role: Role) -> Self {
        let role = match role {
            Role::Server => protocol::Role::Server,
            Role::Client => protocol::Role::Client,
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(WEBSOCKET_MESSAGE_BYTES_MAX))
            .max_frame_size(Some(WEBSOCKET_MESSAGE_BYTES_MAX));
        let mut context = WebSocketContext::new(role, Some(config));
        context.close(&mut io::empty(), None).expect("nothing that is written to nowhere fails");
        Self { context }
    }

    /// The next thing that comes. Not to be called again after a close, a violation or the end.
    pub(super) fn poll(&mut self, io: impl AsyncRead + Unpin, cx: &mut Context<'_>) -> Poll<Received> {
        let mut io = Polled { io, cx };
        let received = match self.context.read(&mut io) {
            Ok(Message::Text(text)) => Received::Text(text.into()),
            Ok(Message::Binary(bytes)) => Received::Binary(bytes),
            Ok(Message::Ping(payload)) => Received::Ping(payload),
            Ok(Message::Pong(_)) => Received::Pong,
            Ok(Message::Close(None)) => Received::Close(None, String::new()),
            Ok(Message::Close(Some(frame))) if !is_sendable(frame.code.into()) => {
                Received::Violation(Violation::Protocol("Invalid WebSocket close code.".to_string()))
            }
            Ok(Message::Close(Some(frame))) => Received::Close(Some(frame.code.into()), frame.reason.to_string()),
            Ok(Message::Frame(_)) => unreachable!("reading gives messages"),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Received::End,
            Err(Error::Protocol(error)) => Received::Violation(Violation::Protocol(error.to_string())),
            Err(Error::Utf8(_)) => Received::Violation(Violation::Utf8),
            Err(Error::Capacity(CapacityError::MessageTooLong { size, max_size })) => {
                Received::Violation(Violation::TooLarge { size, max: max_size })
            }
            // Whatever else ends a connection ends it.
            Err(_) => Received::End,
        };
        Poll::Ready(received)
    }
}

/// A stream that is polled, as one that blocks and says so.
struct Polled<'a, 'b, Io> {
    io: Io,
    cx: &'a mut Context<'b>,
}

impl<Io: AsyncRead + Unpin> Read for Polled<'_, '_, Io> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut into = ReadBuf::new(into);
        match Pin::new(&mut self.io).poll_read(self.cx, &mut into) {
            Poll::Ready(result) => result.map(|()| into.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// Asked for by tungstenite; nothing is written.
impl<Io> Write for Polled<'_, '_, Io> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
