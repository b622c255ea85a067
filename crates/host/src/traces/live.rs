//! The live feed: spans as they are recorded, for whoever watches. `/cdn-cgi/local/traces/live` is an event stream of
//! it.
//!
//! Costs the request path one atomic read while nobody watches. A subscriber that reads too slowly misses batches and
//! is told how many; it holds up nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use lopata_protocol::SpanRecord;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::json;
use crate::server::ControlResponse;

/// The endpoint.
pub const PATH: &str = "/cdn-cgi/local/traces/live";

/// Batches that a subscriber may be behind.
const BEHIND_MAX: usize = 256;

/// Finished spans that were recorded together.
pub type Batch = Arc<[SpanRecord]>;

/// See the module's header. Clones are one feed.
#[derive(Clone)]
pub struct Feed {
    sender: broadcast::Sender<Batch>,
    /// How many watch. The channel knows as well, but behind a lock.
    watching: Arc<AtomicUsize>,
    over: CancellationToken,
}

/// Somebody who watches.
pub struct Subscription {
    receiver: broadcast::Receiver<Batch>,
    watching: Arc<AtomicUsize>,
}

impl Subscription {
    /// The next batch, or how many were missed before it; `None` when nothing more will come.
    pub async fn next(&mut self) -> Option<Result<Batch, u64>> {
        match self.receiver.recv().await {
            Ok(batch) => Some(Ok(batch)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Err(count)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.watching.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BEHIND_MAX), watching: Arc::default(), over: CancellationToken::new() }
    }
}

impl Feed {
    /// Everything that is recorded from now on.
    pub fn subscribe(&self) -> Subscription {
        let receiver = self.sender.subscribe();
        self.watching.fetch_add(1, Ordering::Relaxed);
        Subscription { receiver, watching: self.watching.clone() }
    }

    /// Gives a batch to the subscribers, if there are any.
    pub(super) fn publish(&self, spans: &[SpanRecord]) {
        if self.watching.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut batch: Vec<_> = spans.to_vec();
        batch.iter_mut().for_each(SpanRecord::expand);
        // The last subscriber may have left since.
        let _ = self.sender.send(batch.into());
    }

    /// Ends every event stream: one that stays open must not hold up the end of the server.
    pub(super) fn end(&self) {
        self.over.cancel();
    }

    /// The feed as an event stream: an event `span` for each, with its JSON, and `missed` with a count of batches.
    pub fn respond(&self) -> ControlResponse {
        let state = (self.subscribe(), self.over.clone());
        let hello = stream::once(async { Ok::<_, Infallible>(Frame::data(Bytes::from_static(b": live\n\n"))) });
        let events = stream::unfold(state, |(mut subscription, over)| async move {
            let received = tokio::select! {
                () = over.cancelled() => return None,
                received = subscription.next() => received?,
            };
            let text = match received {
                Ok(batch) => batch.iter().map(|span| format!("event: span\ndata: {}\n\n", json::span(span))).collect(),
                Err(count) => format!("event: missed\ndata: {count}\n\n"),
            };
            Some((Ok(Frame::data(Bytes::from(text))), (subscription, over)))
        });
        let body = StreamBody::new(stream::StreamExt::chain(hello, events));
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use lopata_protocol::{SpanContext, SpanId, SpanKind, SpanStatus, TraceId};

    use super::*;

    fn span() -> SpanRecord {
        SpanRecord {
            context: SpanContext { trace: TraceId([1; 16]), span: SpanId([2; 8]) },
            parent: None,
            name: "GET".into(),
            kind: SpanKind::Server,
            start_us: 0,
            end_us: 1,
            status: SpanStatus::Unset,
            worker: "w".into(),
            invocation: None,
            attributes: Vec::new(),
            events: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_subscriber_gets_what_comes_and_hears_what_it_missed() {
        let feed = Feed::default();
        feed.publish(&[span()]);
        let mut body = feed.respond().into_body();
        let mut next = async || {
            let frame = body.frame().await?;
            Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
        };
        assert_eq!(next().await.unwrap(), ": live\n\n", "what came before is not repeated");
        feed.publish(&[span(), span()]);
        let text = next().await.unwrap();
        assert_eq!(text.matches("event: span\ndata: {\"traceId\":\"0101").count(), 2, "{text}");
        for _ in 0..BEHIND_MAX + 3 {
            feed.publish(&[span()]);
        }
        assert_eq!(next().await.unwrap(), "event: missed\ndata: 3\n\n");
        feed.end();
        while let Some(text) = next().await {
            assert!(text.starts_with("event: span"), "{text}");
        }
    }
}
