//! A body that goes to its consumer and into the cache.
//!
//! The consumer sets the pace, but waits for the cache too, and for its word at the end. A cache that wants no more is
//! forgotten. A consumer that goes away takes the cache's copy with it: half a body is none.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use lopata_bridges::{CacheResult, CallFuture, StreamWriter};

use crate::outbound::body::broken;

/// See the module's header.
pub struct Tee {
    incoming: Incoming,
    /// What was read before; given out first.
    start: Bytes,
    /// Non-null until all is written, or the cache wants no more.
    writer: Option<StreamWriter>,
    /// What the cache has not taken yet.
    owed: Bytes,
    /// Non-null until the cache has said that it is done.
    stored: Option<CallFuture<CacheResult>>,
}

impl Tee {
    /// `stored` is the answer to the put that reads from the other end of `writer`.
    pub fn new(incoming: Incoming, start: Bytes, writer: StreamWriter, stored: CallFuture<CacheResult>) -> Self {
        Self { incoming, start, writer: Some(writer), owed: Bytes::new(), stored: Some(stored) }
    }

    /// The bytes still to come, as far as that is known.
    pub fn size_hint(&self) -> SizeHint {
        match self.incoming.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left + self.start.len() as u64),
            None => SizeHint::default(),
        }
    }

    /// The next bytes.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(writer) = &mut self.writer
            && !self.owed.is_empty()
            && ready!(writer.poll_write(cx, &mut self.owed)).is_err()
        {
            self.writer = None;
        }
        let data = match std::mem::take(&mut self.start) {
            start if !start.is_empty() => start,
            _ => match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                // The writer is dropped with this, which tells the cache.
                Some(Err(error)) => return Poll::Ready(Some(Err(broken(error)))),
                None => return self.poll_end(cx),
            },
        };
        self.owed = data.clone();
        if let Some(writer) = &mut self.writer
            && writer.try_write(&mut self.owed).is_err()
        {
            self.writer = None;
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(writer) = self.writer.take() {
            writer.finish();
        }
        if let Some(stored) = &mut self.stored {
            // What does not work out costs the next fetch its hit and no more.
            let _ = ready!(Pin::new(stored).poll(cx));
            self.stored = None;
        }
        Poll::Ready(None)
    }
}
