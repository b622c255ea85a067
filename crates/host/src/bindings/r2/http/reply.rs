//! Answers as hyper sends them: empty, a text, or an object's body as its stream brings it.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full};
use lopata_bridges::StreamReader;

use crate::bindings::r2::bucket::BodyOut;
use crate::server::{ControlBody, ControlResponse, Pull};

/// Nothing but a status.
pub fn empty(status: u16) -> ControlResponse {
    with_status(status, Empty::new().map_err(|never| match never {}).boxed_unsync())
}

/// A text of this type.
pub fn text(status: u16, content_type: &'static str, text: String) -> ControlResponse {
    let mut response = with_status(status, whole(Bytes::from(text)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An object's body, of which so many bytes come.
pub fn object(status: u16, body: BodyOut, length: u64) -> ControlResponse {
    let body = match body {
        BodyOut::Bytes(bytes) => whole(bytes),
        BodyOut::Stream(reader) => ObjectBody::new(reader, length).boxed_unsync(),
    };
    with_status(status, body)
}

fn with_status(status: u16, body: ControlBody) -> ControlResponse {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn whole(bytes: Bytes) -> ControlBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A stream of known length.
struct ObjectBody {
    pull: Pull,
}

impl ObjectBody {
    fn new(reader: StreamReader, length: u64) -> Self {
        Self { pull: Pull::new(reader, Some(length)) }
    }
}

impl Body for ObjectBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = ready!(self.pull.poll(cx));
        Poll::Ready(next.map(|piece| piece.map(Frame::data).map_err(|error| error.to_string().into())))
    }

    fn is_end_stream(&self) -> bool {
        self.pull.is_through()
    }

    fn size_hint(&self) -> SizeHint {
        self.pull.remaining().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
