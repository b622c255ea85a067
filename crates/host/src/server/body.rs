//! The bodies that go out, as hyper pulls them: nothing, bytes at hand, a worker's stream, a stream being encoded.
//!
//! A stream is read straight from its credit window when the socket has room, without a task in between: a client
//! that stops reading stops the worker. Dropped early, a body cancels its stream and reports the client as gone.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use lopata_bridges::StreamReader;
use lopata_protocol::WireError;

use super::completion::Completion;
use super::encode::Encoder;
use super::handler::ControlBody;
use super::negotiate::Coding;
use super::pull::Pull;

/// Encoded bytes that are handed to the socket at once.
const ENCODED_BATCH_BYTES: usize = 32 * 1024;
/// Plain bytes that are encoded before other connections get their turn.
const ENCODE_TURN_BYTES: usize = 512 * 1024;
/// Plain bytes given to the encoder at once.
const ENCODE_PIECE_BYTES: usize = 64 * 1024;

/// A response's body.
pub(super) enum OutBody {
    Empty,
    Full(Bytes),
    Stream(Box<StreamBody>),
    Encoded(Box<EncodedBody>),
    Control(ControlBody),
}

/// Why a body broke off. The head is out, so all that is left is to reset the connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the worker's body failed: {0}")]
    Worker(WireError),
    #[error("the body could not be encoded: {0}")]
    Encode(#[from] io::Error),
    #[error("{0}")]
    Control(Box<dyn std::error::Error + Send + Sync>),
}

impl http_body::Body for OutBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        match this {
            Self::Empty => Poll::Ready(None),
            Self::Full(_) => {
                let Self::Full(bytes) = std::mem::replace(this, Self::Empty) else { unreachable!("matched above") };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(body) => body.poll(cx),
            Self::Encoded(body) => body.poll(cx),
            Self::Control(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::Control),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Stream(_) | Self::Encoded(_) => false,
            Self::Control(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(body) => body.remaining().map_or_else(SizeHint::default, SizeHint::with_exact),
            Self::Encoded(_) => SizeHint::default(),
            Self::Control(body) => body.size_hint(),
        }
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, BodyError>>>;

/// A worker's stream that goes out as it is.
pub(super) struct StreamBody {
    pull: Pull,
    /// What follows the stream; empty once it is out.
    tail: Bytes,
    completion: Completion,
}

impl StreamBody {
    pub(super) fn new(reader: StreamReader, length: Option<u64>, tail: Bytes, completion: Completion) -> Self {
        Self { pull: Pull::new(reader, length), tail, completion }
    }

    fn remaining(&self) -> Option<u64> {
        self.pull.remaining().map(|remaining| remaining + self.tail.len() as u64)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Polled {
        match ready!(self.pull.poll(cx)) {
            Some(Ok(chunk)) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            Some(Err(error)) => {
                self.completion.done(Some("the worker's body failed"));
                Poll::Ready(Some(Err(BodyError::Worker(error))))
            }
            None if !self.tail.is_empty() => Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.tail))))),
            None => {
                self.completion.done(None);
                Poll::Ready(None)
            }
        }
    }
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        if self.pull.is_through() && self.tail.is_empty() {
            self.completion.done(None);
        }
    }
}

/// Where an encoded body comes from.
pub(super) enum Source {
    Bytes(Bytes),
    /// With what follows it.
    Stream(StreamReader, Bytes),
}

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, WireError>>> {
        match self {
            Self::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Bytes(bytes) => Poll::Ready(Some(Ok(bytes.split_to(bytes.len().min(ENCODE_PIECE_BYTES))))),
            Self::Stream(reader, tail) => match ready!(reader.poll_read(cx)) {
                None => {
                    let tail = std::mem::take(tail);
                    *self = Self::Bytes(Bytes::new());
                    Poll::Ready((!tail.is_empty()).then_some(Ok(tail)))
                }
                chunk => Poll::Ready(chunk),
            },
        }
    }
}

/// A body that is encoded on its way out.
pub(super) struct EncodedBody {
    /// `None` exactly when it has ended.
    source: Option<Source>,
    encoder: Encoder,
    /// True when the encoder holds bytes that a flush would bring out.
    unflushed: bool,
    completion: Completion,
}

impl EncodedBody {
    pub(super) fn new(source: Source, coding: Coding, completion: Completion) -> Self {
        Self { source: Some(source), encoder: Encoder::new(coding), unflushed: false, completion }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Polled {
        match ready!(self.fill(cx)) {
            Ok(()) if self.encoder.ready_bytes() > 0 => Poll::Ready(Some(Ok(Frame::data(self.encoder.take())))),
            Ok(()) => {
                self.completion.done(None);
                Poll::Ready(None)
            }
            Err(error) => {
                self.source = None;
                self.completion.done(Some("the worker's body failed"));
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    /// Ready when there is something to hand out, or nothing will ever be.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        let mut turn = 0;
        while let Some(source) = &mut self.source
            && self.encoder.ready_bytes() < ENCODED_BATCH_BYTES
        {
            if turn >= ENCODE_TURN_BYTES {
                cx.waker().wake_by_ref();
                return self.pause();
            }
            match source.poll(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    turn += chunk.len();
                    self.unflushed = true;
                    self.encoder.write(&chunk)?;
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(BodyError::Worker(error))),
                Poll::Ready(None) => {
                    self.source = None;
                    self.encoder.finish()?;
                }
                Poll::Pending => {
                    if std::mem::take(&mut self.unflushed) {
                        self.encoder.flush()?;
                    }
                    return self.pause();
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn pause(&self) -> Poll<Result<(), BodyError>> {
        if self.encoder.ready_bytes() > 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
