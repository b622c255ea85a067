//! Decodes a body while it passes.
//!
//! What a server says is `gzip` or `br` reaches user code plain, as in workerd, whoever asked for it: a worker that
//! passes the `Accept-Encoding` of its own client on expects to read text all the same. Other encodings are left
//! alone.
//!
//! Invariant: memory is bounded by the pieces that come out, however much a piece that goes in expands to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder};
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, ReadBuf};

use super::body::Source;
use crate::server::{Coding, next_data};

/// Plain bytes that are handed on at once.
const PIECE_BYTES: usize = 32 * 1024;

/// A body that comes in, plain.
#[allow(clippy::large_enum_variant, reason = "one per response, and it lives in that response's task")]
pub(super) enum Plain {
    /// It is plain already; the bytes are its beginning.
    Raw(Source, Bytes),
    Gzip(GzipDecoder<Raw>),
    Brotli(Box<BrotliDecoder<Raw>>),
}

impl Plain {
    /// The plain form of `incoming`, of which `start` has been read.
    pub(super) fn new(incoming: Source, start: Bytes, coding: Option<Coding>) -> Self {
        let raw = |incoming| Raw { incoming, chunk: start.clone() };
        match coding {
            None => Self::Raw(incoming, start),
            Some(Coding::Gzip) => {
                let mut decoder = GzipDecoder::new(raw(incoming));
                // A file that was appended to is still one body.
                decoder.multiple_members(true);
                Self::Gzip(decoder)
            }
            Some(Coding::Brotli) => Self::Brotli(Box::new(BrotliDecoder::new(raw(incoming)))),
        }
    }

    /// The next plain bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut piece = BytesMut::new();
        let read = match self {
            Self::Raw(_, start) if !start.is_empty() => return Ok(Some(std::mem::take(start))),
            Self::Raw(incoming, _) => return next_data(incoming).await,
            Self::Gzip(decoder) => {
                piece.reserve(PIECE_BYTES);
                decoder.read_buf(&mut piece).await?
            }
            Self::Brotli(decoder) => {
                piece.reserve(PIECE_BYTES);
                decoder.read_buf(&mut piece).await?
            }
        };
        Ok((read > 0).then(|| piece.freeze()))
    }
}

/// The encoded bytes, as the decoders read them.
pub(super) struct Raw {
    incoming: Source,
    chunk: Bytes,
}

impl AsyncBufRead for Raw {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() {
            match ready!(Pin::new(&mut this.incoming).poll_frame(cx)) {
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => break,
            }
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        let _consumed = self.chunk.split_to(amount);
    }
}

impl AsyncRead for Raw {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let ready = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = ready.len().min(out.remaining());
        out.put_slice(&ready[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}
