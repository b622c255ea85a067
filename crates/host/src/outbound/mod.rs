//! The service behind a worker's global `fetch`: one hop over the network for each call.
//!
//! Owns the connections (one pool for all generations), TLS trust, proxies, what is added to and taken from a
//! request on its way out, the decoding of what comes back and the cache for requests that ask for one. Redirects and
//! `data:` URLs are the guest's business.
//!
//! Invariants
//! - Both bodies stream, at once, with byte credit: neither side is ever buffered as a whole.
//! - A caller that is gone cancels its request: before the head by dropping its reply, after it by dropping the
//!   body. Nothing is left running for it.
//! - Every call is answered, with a response or with an error that names its target.

pub mod address;
mod body;
mod client;
mod decode;
mod edge;
mod error;
mod manner;
pub mod policy;
pub mod reach;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod upgrade;

use std::future::poll_fn;
use std::sync::Arc;

use http::StatusCode;
use http::header::ACCEPT_ENCODING;
use lopata_bridges::{CacheService, FetchCall, FetchReceiver};
use lopata_protocol::{Answer, EventOutcome};

use self::body::Source;
pub use self::client::{Environment, OutboundClient, OutboundError};
use self::edge::Edge;
pub use self::error::FetchError;
pub use self::manner::{HeaderEdit, Manner};

/// Answers the calls of one worker until nobody can make any more. What runs then still finishes, or is cancelled
/// by its caller.
///
/// `zone` becomes `CF-Worker`: the zone the worker is deployed to, or `<name>.example.com`. `cache` is for requests that
/// ask for it.
pub async fn serve(client: OutboundClient, zone: &str, cache: CacheService, calls: FetchReceiver) {
    let mut manner = Manner::of_zone(zone);
    manner.cache = Some(cache);
    serve_as(client, Arc::new(manner), calls).await;
}

/// The same in any manner.
pub async fn serve_as(client: OutboundClient, manner: Arc<Manner>, mut calls: FetchReceiver) {
    if let Some(connects) = calls.take_connects() {
        tokio::spawn(crate::sockets::serve(client.connector(), connects));
    }
    if let Some(names) = calls.take_names() {
        tokio::spawn(crate::names::serve(names));
    }
    while let Some(call) = calls.recv().await {
        tokio::spawn(answer(client.clone(), Arc::clone(&manner), call));
    }
}

/// Answers one call.
pub async fn answer(client: OutboundClient, manner: Arc<Manner>, call: FetchCall) {
    if upgrade::is_wanted(&call.request.headers) {
        return upgrade::answer(client, &manner, call).await;
    }
    let FetchCall { request: head, body, attachments, parent: _, keeps_coding, mut reply } = call;
    let is_head = head.method == "HEAD";
    let url = head.url.clone();
    let edge = Edge::of(&head, manner.cache.as_ref());
    let sending = async {
        let mut request = request::build(&head, body, attachments, &manner)?;
        if keeps_coding && head.headers.get("accept-encoding").is_none() {
            request.headers_mut().remove(ACCEPT_ENCODING);
        }
        let received = match edge {
            Some(edge) => edge.answer(&client, request, |received| manner.received(received)).await?,
            None => manner.received(client.send(request).await?).map(Source::Network),
        };
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
        Ok(received) => response::deliver(received, url, is_head, keeps_coding, reply).await,
        Err(error) => {
            let failed = Answer::Failed { error: error.into_wire(&url), outcome: EventOutcome::InternalError };
            // A caller that left meanwhile does not want to know.
            let _ = reply.send(failed);
        }
    }
}
