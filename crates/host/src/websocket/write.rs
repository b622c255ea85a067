//! What goes over a connection: frames, gathered so that many small messages are one write.
//!
//! A large payload of a server goes out as it is, without a copy; a client has to mask, and so copies.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use lopata_protocol::limits::WEBSOCKET_REASON_BYTES_MAX;
use tokio::io::AsyncWrite;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::Role;

/// Bytes of a payload from which on it is not copied together with others.
const LARGE_BYTES: usize = 16 * 1024;
/// Masks that are drawn at once.
const MASKS: usize = 64;

/// Frames on their way out.
pub(super) struct Writer {
    /// Complete pieces, in order.
    pieces: VecDeque<Bytes>,
    /// Where small frames are put together; comes after `pieces`.
    tail: BytesMut,
    /// Non-null exactly for a client.
    masks: Option<Masks>,
    /// What was written has to be flushed.
    dirty: bool,
}

impl Writer {
    pub(super) fn new(role: Role) -> Self {
        let masks = (role == Role::Client).then(Masks::default);
        Self { pieces: VecDeque::new(), tail: BytesMut::new(), masks, dirty: false }
    }

    /// Bytes that are not written yet.
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum::<usize>() + self.tail.len()
    }

    pub(super) fn text(&mut self, text: Bytes) {
        self.frame(OpCode::Data(Data::Text), text);
    }

    pub(super) fn binary(&mut self, bytes: Bytes) {
        self.frame(OpCode::Data(Data::Binary), bytes);
    }

    pub(super) fn pong(&mut self, payload: Bytes) {
        self.frame(OpCode::Control(Control::Pong), payload);
    }

    /// A close; a reason that does not fit is cut.
    pub(super) fn close(&mut self, code: Option<u16>, reason: &str) {
        let mut payload = BytesMut::new();
        if let Some(code) = code {
            payload.put_u16(code);
            payload.put_slice(&reason.as_bytes()[..reason.floor_char_boundary(WEBSOCKET_REASON_BYTES_MAX)]);
        }
        self.frame(OpCode::Control(Control::Close), payload.freeze());
    }

    /// Writes until nothing is left.
    pub(super) fn poll(&mut self, mut io: impl AsyncWrite + Unpin, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.pieces.is_empty() {
                if self.tail.is_empty() {
                    break;
                }
                self.pieces.push_back(self.tail.split().freeze());
            }
            let Some(piece) = self.pieces.front_mut() else { break };
            let written = ready!(Pin::new(&mut io).poll_write(cx, piece))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.dirty = true;
            piece.advance(written);
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
        if self.dirty {
            ready!(Pin::new(&mut io).poll_flush(cx))?;
            self.dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    fn frame(&mut self, opcode: OpCode, payload: Bytes) {
        let mask = self.masks.as_mut().map(Masks::next);
        let header = FrameHeader { opcode, mask, ..FrameHeader::default() };
        let mut writer = (&mut self.tail).writer();
        header.format(payload.len() as u64, &mut writer).expect("memory takes everything");
        match mask {
            None if payload.len() >= LARGE_BYTES => {
                self.pieces.push_back(self.tail.split().freeze());
                self.pieces.push_back(payload);
            }
            None => self.tail.put_slice(&payload),
            Some(mask) => {
                let start = self.tail.len();
                self.tail.put_slice(&payload);
                apply(&mut self.tail[start..], mask);
            }
        }
    }
}

/// Masks that nobody can guess, which keeps a script from choosing the bytes on the wire.
struct Masks {
    drawn: [[u8; 4]; MASKS],
    used: usize,
}

impl Default for Masks {
    fn default() -> Self {
        Self { drawn: [[0; 4]; MASKS], used: MASKS }
    }
}

impl Masks {
    fn next(&mut self) -> [u8; 4] {
        if self.used == MASKS {
            getrandom::fill(self.drawn.as_flattened_mut()).expect("the system gives random bytes");
            self.used = 0;
        }
        self.used += 1;
        self.drawn[self.used - 1]
    }
}

fn apply(bytes: &mut [u8], mask: [u8; 4]) {
    let mut chunks = bytes.chunks_exact_mut(4);
    for chunk in &mut chunks {
        for (byte, mask) in chunk.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}
