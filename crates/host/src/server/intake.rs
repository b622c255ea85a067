//! Brings a request's body to the worker: small ones inside the message, others as a credit stream.
//!
//! A stream is fed by one task that reads from the connection only what the worker has room for, so that a client's
//! upload moves at the worker's pace. When the worker loses interest the rest is read and thrown away, up to a
//! bound: most clients send everything before they look at the response, and would otherwise see a reset.

use std::future::poll_fn;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use lopata_bridges::{Attachments, StreamWriter, stream};
use lopata_protocol::limits::BODY_INLINE_BYTES_MAX;
use lopata_protocol::{Body, WireError};

/// How long a small body may take to arrive before the worker starts without it. Bodies that came with their heads
/// take no time at all; this covers a second packet.
const INLINE_WAIT: Duration = Duration::from_millis(5);

/// Bytes of an unwanted body that are read and thrown away before the connection is given up instead.
const DRAIN_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The connection broke while a small body was being read; there is nobody left to answer.
#[derive(Debug, thiserror::Error)]
#[error("the request's body broke off: {0}")]
pub(super) struct BrokenBody(#[from] hyper::Error);

/// The body of a request that has none to wait for. `sized` tells whether the head had a `Content-Length`.
pub(super) fn without_waiting(incoming: &Incoming, sized: bool) -> Option<Body> {
    // A length of 0 is a body, just an empty one: `request.body` is not null then.
    let body = if sized { Body::Inline(Bytes::new()) } else { Body::Empty };
    incoming.is_end_stream().then_some(body)
}

/// Takes the body of a request.
pub(super) async fn take(mut incoming: Incoming, attachments: &mut Attachments) -> Result<Body, BrokenBody> {
    let length = incoming.size_hint().exact();
    let start = match gather(&mut incoming).await? {
        Gathered::Whole(bytes) => return Ok(Body::Inline(bytes)),
        Gathered::Start(bytes) => bytes,
    };
    let (writer, reader) = stream();
    let body = Body::Stream { id: reader.id(), length };
    attachments.attach_stream(reader);
    tokio::spawn(pump(incoming, writer, start));
    Ok(body)
}

/// What [`gather`] got.
pub(crate) enum Gathered {
    /// The body, which is small and was there.
    Whole(Bytes),
    /// The beginning of a body that is too long, too slow or of unknown length.
    Start(Bytes),
}

/// Reads a small body whole, if it comes quickly.
pub(crate) async fn gather<B: http_body::Body<Data = Bytes> + Unpin>(incoming: &mut B) -> Result<Gathered, B::Error> {
    let small = |length: &u64| *length <= u64::from(BODY_INLINE_BYTES_MAX);
    let Some(length) = incoming.size_hint().exact().filter(small) else {
        return Ok(Gathered::Start(Bytes::new()));
    };
    let mut got = Bytes::new();
    match tokio::time::timeout(INLINE_WAIT, collect(incoming, length as usize, &mut got)).await {
        Ok(done) => done.map(|()| Gathered::Whole(got)),
        Err(_slow) => Ok(Gathered::Start(got)),
    }
}

/// Reads the whole of a small body. Keeps what it has in `got`, so that it can be dropped half-way.
async fn collect<B: http_body::Body<Data = Bytes> + Unpin>(
    incoming: &mut B,
    length: usize,
    got: &mut Bytes,
) -> Result<(), B::Error> {
    while let Some(data) = next_data(incoming).await? {
        if got.is_empty() {
            *got = data;
        } else {
            let mut joined = BytesMut::with_capacity(length.max(got.len() + data.len()));
            joined.extend_from_slice(got);
            joined.extend_from_slice(&data);
            *got = joined.freeze();
        }
        if got.len() >= length {
            break;
        }
    }
    Ok(())
}

/// The next bytes of a body that comes from a connection; `None` at its end.
pub(crate) async fn next_data<B: http_body::Body<Data = Bytes> + Unpin>(
    incoming: &mut B,
) -> Result<Option<Bytes>, B::Error> {
    while let Some(frame) = incoming.frame().await {
        // Trailers have no place in `Request`.
        if let Ok(data) = frame?.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Feeds `writer` from the connection until either side ends.
async fn pump(mut incoming: Incoming, mut writer: StreamWriter, first: Bytes) {
    let mut chunk = first;
    loop {
        if !chunk.is_empty() && writer.write(chunk).await.is_err() {
            return drain(incoming).await;
        }
        let next = tokio::select! {
            next = next_data(&mut incoming) => next,
            _reason = poll_fn(|cx| writer.poll_cancelled(cx)) => return drain(incoming).await,
        };
        match next {
            Ok(Some(data)) => chunk = data,
            Ok(None) => return writer.finish(),
            Err(error) => return writer.fail(client_gone(&error)),
        }
    }
}

/// Reads what nobody wants, up to a bound.
pub(crate) async fn drain(mut incoming: Incoming) {
    let mut drained = 0;
    while drained < DRAIN_BYTES_MAX
        && let Ok(Some(data)) = next_data(&mut incoming).await
    {
        drained += data.len() as u64;
    }
}

/// What a worker gets that reads the body of a client that is gone; the text is production's.
fn client_gone(error: &hyper::Error) -> WireError {
    let mut lost = WireError::new("Error", "Network connection lost.");
    lost.cause = Some(Box::new(WireError::new("Error", format!("the client's request body broke off: {error}"))));
    lost
}
