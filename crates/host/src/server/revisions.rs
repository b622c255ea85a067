//! Tells an open error page that other code is being served: an event stream that speaks when the revision changes.
//!
//! The page says which revision it shows (`?since=`). A difference is enough, in either direction: after a restart
//! the numbers start again.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::handler::ControlBody;

/// The endpoint.
pub(super) const PATH: &str = "/cdn-cgi/local/events";

/// The event stream for one page.
pub(super) fn respond(
    revisions: watch::Receiver<u64>,
    query: Option<&str>,
    shutdown: &CancellationToken,
) -> Response<ControlBody> {
    let since = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("since=")?.parse().ok()));
    let since = since.unwrap_or_else(|| *revisions.borrow());
    let events = stream::unfold((revisions, since, shutdown.clone()), |(mut revisions, since, shutdown)| async move {
        let current = tokio::select! {
            // A page that stays open must not hold up the end of the server.
            () = shutdown.cancelled() => return None,
            current = revisions.wait_for(|revision| *revision != since) => *current.ok()?,
        };
        let event = Bytes::from(format!("data: {current}\n\n"));
        Some((Ok::<_, Infallible>(Frame::data(event)), (revisions, current, shutdown)))
    });
    let mut response = Response::new(StreamBody::new(events).map_err(|never| match never {}).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_page_hears_of_each_change_once_and_the_end_of_the_server() {
        let (sender, receiver) = watch::channel(7);
        let shutdown = CancellationToken::new();
        let mut body = respond(receiver, Some("a=b&since=6"), &shutdown).into_body();
        let mut next = async || body.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
        assert_eq!(next().await.unwrap(), "data: 7\n\n", "it was late already");
        sender.send(8).unwrap();
        assert_eq!(next().await.unwrap(), "data: 8\n\n");
        shutdown.cancel();
        assert_eq!(next().await, None);
    }
}
