//! A WebSocket client that says what it saw, over tungstenite, which is not what the server's sessions run on.

use std::io::{Read, Write};
use std::net::TcpStream;

use tungstenite::handshake::client::{Request, Response};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, HandshakeError, Message};

use super::Client;
use super::http::Stream;

/// A connected client.
pub struct Socket {
    inner: tungstenite::WebSocket<Box<dyn Stream>>,
    /// The socket below, also with TLS.
    raw: TcpStream,
    /// The answer to the handshake.
    pub response: Response,
}

/// One direction of a connection whose other one is used elsewhere.
pub struct Half(TcpStream);

impl Socket {
    /// Connects, or panics with what the server said.
    pub fn connect(client: &Client, path: &str) -> Self {
        Self::connect_with(client, path, &[])
    }

    /// The same with headers.
    pub fn connect_with(client: &Client, path: &str, headers: &[(&str, &str)]) -> Self {
        match Self::try_connect(client, path, headers) {
            Ok(socket) => socket,
            Err(error) => panic!("no WebSocket at {path}: {error}"),
        }
    }

    /// The same for callers that want to see the failure.
    pub fn try_connect(client: &Client, path: &str, headers: &[(&str, &str)]) -> Result<Self, Error> {
        let mut request = Request::builder()
            .uri(format!("ws://{}{path}", client.authority()))
            .header("host", client.authority())
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", tungstenite::handshake::client::generate_key());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("the request is valid");
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (stream, raw) = client.stream();
        match tungstenite::client::client_with_config(request, stream, Some(config)) {
            Ok((inner, response)) => Ok(Self { inner, raw, response }),
            Err(HandshakeError::Failure(error)) => Err(error),
            Err(HandshakeError::Interrupted(_)) => panic!("the handshake took too long"),
        }
    }

    /// A header of the answer to the handshake.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Sends a message.
    pub fn send(&mut self, message: impl Into<Message>) {
        self.inner.send(message.into()).expect("the server reads");
    }

    /// Sends one message in pieces.
    pub fn send_pieces(&mut self, pieces: &[&str]) {
        for (index, piece) in pieces.iter().enumerate() {
            let opcode = if index == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(piece.to_string(), OpCode::Data(opcode), index + 1 == pieces.len());
            self.send(Message::Frame(frame));
        }
    }

    /// Writes bytes as they are, past all framing.
    pub fn write(&mut self, bytes: &[u8]) {
        self.inner.get_mut().write_all(bytes).expect("the server reads");
    }

    /// Starts to close.
    pub fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_string().into() };
        self.inner.close(Some(frame)).expect("the connection is open");
    }

    /// Starts to close without a code.
    pub fn close_without_code(&mut self) {
        self.inner.close(None).expect("the connection is open");
    }

    /// The next message, whatever it is.
    pub fn next(&mut self) -> Message {
        self.inner.read().expect("the server says something")
    }

    /// The next message, which must be text.
    pub fn text(&mut self) -> String {
        match self.next() {
            Message::Text(text) => text.to_string(),
            other => panic!("a text, not {other:?}"),
        }
    }

    /// Asserts that the next message is this text.
    pub fn expect(&mut self, text: &str) {
        assert_eq!(self.text(), text);
    }

    /// The code and the reason of the close that comes next; 1005 when it has none, 1006 when there is no close.
    pub fn closed(&mut self) -> (u16, String) {
        match self.inner.read() {
            Ok(Message::Close(Some(frame))) => {
                let closed = (frame.code.into(), frame.reason.to_string());
                // The connection ends when the answer to the close is out.
                while self.inner.read().is_ok() {}
                closed
            }
            Ok(Message::Close(None)) => (1005, String::new()),
            Ok(other) => panic!("a close, not {other:?}"),
            Err(Error::ConnectionClosed | Error::Protocol(_)) => (1006, String::new()),
            Err(Error::Io(error)) if error.kind() != std::io::ErrorKind::WouldBlock => (1006, String::new()),
            Err(error) => panic!("a close, not {error}"),
        }
    }
}

impl Socket {
    /// The two directions, for use in two threads: one to read with, one to write with. Not with TLS.
    pub fn split(self) -> (Half, Half) {
        let second = self.raw.try_clone().expect("the process has descriptors left");
        (Half(self.raw), Half(second))
    }
}

impl Half {
    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    /// Reads one whole message; how long it was.
    pub fn read_message(&mut self) -> usize {
        let mut read = |count: usize| {
            let mut bytes = vec![0; count];
            self.0.read_exact(&mut bytes).expect("the server writes");
            bytes
        };
        let head = read(2);
        let number = |bytes: Vec<u8>| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        let length = match head[1] {
            127 => number(read(8)),
            126 => number(read(2)),
            length => usize::from(length),
        };
        read(length).len()
    }
}
