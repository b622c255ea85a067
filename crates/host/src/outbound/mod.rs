//! The service behind a worker's global `fetch`: one hop over the network for each call.
//!
//! Owns the connections (one pool for all generations), TLS trust, proxies, what is added to and taken from a
//! request on its way out, and the decoding of what comes back. Redirects, caching and `data:` URLs are the
//! guest's business.
//!
//! Invariants
//! - Both bodies stream, at once, with byte credit: neither side is ever buffered as a whole.
//! - A caller that is gone cancels its request: before the head by dropping its reply, after it by dropping the
//!   body. Nothing is left running for it.
//! - Every call is answered, with a response or with an error that names its target.

mod body;
mod client;
mod decode;
mod error;
pub mod policy;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod upgrade;

use std::future::poll_fn;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use lopata_bridges::{FetchCall, FetchReceiver};
use lopata_protocol::{Answer, EventOutcome};

pub use self::client::{Environment, OutboundClient, OutboundError};
pub use self::error::FetchError;

/// Answers the calls of one worker until nobody can make any more. What runs then still finishes, or is cancelled
/// by its caller.
///
/// `zone` becomes `CF-Worker`: the zone the worker is deployed to, or `<name>.example.com`.
pub async fn serve(client: OutboundClient, zone: &str, mut calls: FetchReceiver) {
    // Names that no header can carry are no zones either.
    let zone = Arc::new(HeaderValue::from_str(zone).ok());
    if let Some(connects) = calls.take_connects() {
        tokio::spawn(crate::sockets::serve(client.connector(), connects));
    }
    while let Some(call) = calls.recv().await {
        tokio::spawn(answer(client.clone(), Arc::clone(&zone), call));
    }
}

async fn answer(client: OutboundClient, zone: Arc<Option<HeaderValue>>, call: FetchCall) {
    if upgrade::is_wanted(&call.request.headers) {
        return upgrade::answer(client, zone.as_ref().as_ref(), call).await;
    }
    let FetchCall { request: head, body, attachments, parent: _, mut reply } = call;
    let is_head = head.method == "HEAD";
    let url = head.url.clone();
    let sending = async {
        let request = request::build(&head, body, attachments, zone.as_ref().as_ref())?;
        let received = client.send(request).await?;
        if received.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(FetchError::Switched);
        }
        Ok(received)
    };
    let sent = tokio::select! {
        sent = sending => sent,
        () = poll_fn(|cx| reply.poll_closed(cx)) => return,
    };
    match sent {
        Ok(received) => response::deliver(received, url, is_head, reply).await,
        Err(error) => {
            let failed = Answer::Failed { error: error.into_wire(&url), outcome: EventOutcome::Exception };
            // A caller that left meanwhile does not want to know.
            let _ = reply.send(failed);
        }
    }
}
