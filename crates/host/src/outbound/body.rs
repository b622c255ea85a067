//! A request's body on its way out, as hyper pulls it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use lopata_protocol::WireError;

use crate::server::Pull;

/// See the module's header.
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
