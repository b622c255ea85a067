//! Bodies of requests on their way out, as hyper pulls them, and of responses on their way in.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use lopata_protocol::WireError;

use super::edge::Tee;
use crate::server::Pull;

/// The body of a request.
pub(super) enum OutgoingBody {
    Empty,
    Full(Bytes),
    Stream(Pull),
}

impl http_body::Body for OutgoingBody {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let this = self.get_mut();
        match this {
            Self::Empty => Poll::Ready(None),
            Self::Full(_) => {
                let Self::Full(bytes) = std::mem::replace(this, Self::Empty) else { unreachable!("matched above") };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(pull) => pull.poll(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(pull) => pull.remaining().map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

/// Where the body of a response comes from.
pub(super) enum Source {
    /// Its server.
    Network(Incoming),
    /// Its server, and into the cache it goes.
    Teed(Box<Tee>),
    /// The cache.
    Stored(OutgoingBody),
}

/// A connection that broke.
pub(super) fn broken(error: hyper::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, error)
}

impl http_body::Body for Source {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Network(incoming) => Pin::new(incoming).poll_frame(cx).map_err(broken),
            Self::Teed(tee) => tee.poll_frame(cx),
            Self::Stored(body) => Pin::new(body).poll_frame(cx).map_err(|error| io::Error::other(error.message)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Network(incoming) => incoming.is_end_stream(),
            // The cache has the last word.
            Self::Teed(_) => false,
            Self::Stored(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Network(incoming) => incoming.size_hint(),
            Self::Teed(tee) => tee.size_hint(),
            Self::Stored(body) => body.size_hint(),
        }
    }
}
