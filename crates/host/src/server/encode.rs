//! Encodes a body while it passes, piece by piece, and lets go of what it holds whenever the source pauses.
//!
//! Without the flush at a pause an event stream would sit in the compressor until its window is full.
//!
//! Invariant: memory is bounded by the pieces that go in, never by the length of the body.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, GzipEncoder};
use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::negotiate::Coding;

/// Effort of brotli. Its default is made for files that are compressed once; this one is for bodies on the fly.
const BROTLI_LEVEL: i32 = 4;

/// A compressor that writes to memory.
pub(super) struct Encoder {
    kind: Kind,
}

#[allow(clippy::large_enum_variant, reason = "one per encoded response, on the heap with its body")]
enum Kind {
    Gzip(GzipEncoder<Vec<u8>>),
    Brotli(Box<BrotliEncoder<Vec<u8>>>),
}

impl Encoder {
    /// A fresh compressor.
    pub(super) fn new(coding: Coding) -> Self {
        let kind = match coding {
            Coding::Gzip => Kind::Gzip(GzipEncoder::with_quality(Vec::new(), Level::Default)),
            Coding::Brotli => {
                Kind::Brotli(Box::new(BrotliEncoder::with_quality(Vec::new(), Level::Precise(BROTLI_LEVEL))))
            }
        };
        Self { kind }
    }

    /// Takes in the next bytes of the body.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = ready(self.writer().poll_write(&mut context(), bytes))?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Brings everything taken in so far to the output.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        ready(self.writer().poll_flush(&mut context()))
    }

    /// Ends the body.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        ready(self.writer().poll_shutdown(&mut context()))
    }

    /// The number of encoded bytes that wait to be taken.
    pub(super) fn ready_bytes(&self) -> usize {
        match &self.kind {
            Kind::Gzip(encoder) => encoder.get_ref().len(),
            Kind::Brotli(encoder) => encoder.get_ref().len(),
        }
    }

    /// Takes the encoded bytes.
    pub(super) fn take(&mut self) -> Bytes {
        let output = match &mut self.kind {
            Kind::Gzip(encoder) => encoder.get_mut(),
            Kind::Brotli(encoder) => encoder.get_mut(),
        };
        std::mem::take(output).into()
    }

    fn writer(&mut self) -> Pin<&mut (dyn AsyncWrite + Unpin)> {
        match &mut self.kind {
            Kind::Gzip(encoder) => Pin::new(encoder),
            Kind::Brotli(encoder) => Pin::new(encoder.as_mut()),
        }
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn ready<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("writing to memory never waits"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn decode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder};
        let mut out = Vec::new();
        match coding {
            Coding::Gzip => GzipDecoder::new(bytes).read_to_end(&mut out).await.unwrap(),
            Coding::Brotli => BrotliDecoder::new(bytes).read_to_end(&mut out).await.unwrap(),
        };
        out
    }

    #[tokio::test]
    async fn what_goes_in_comes_out() {
        for coding in [Coding::Gzip, Coding::Brotli] {
            let mut encoder = Encoder::new(coding);
            let mut out = Vec::new();
            for _ in 0..100 {
                encoder.write(&[7; 10_000]).unwrap();
                out.extend_from_slice(&encoder.take());
            }
            encoder.finish().unwrap();
            out.extend_from_slice(&encoder.take());
            assert!(out.len() < 100_000, "{coding:?} compresses");
            assert_eq!(decode(coding, &out).await, vec![7; 1_000_000]);
        }
    }

    #[test]
    fn a_flush_brings_everything_out() {
        for coding in [Coding::Gzip, Coding::Brotli] {
            let mut encoder = Encoder::new(coding);
            encoder.write(b"data: 1\n\n").unwrap();
            encoder.flush().unwrap();
            let first = encoder.take();
            assert!(first.len() >= 9, "{coding:?}: {first:?}");
            encoder.write(b"data: 2\n\n").unwrap();
            encoder.flush().unwrap();
            assert!(encoder.ready_bytes() > 0, "{coding:?} flushes again and again");
        }
    }
}
