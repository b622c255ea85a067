//! One request, from its head to the response that hyper sends.
//!
//! ```text
//!  /cdn-cgi/…  ──► Host and Origin checked ──► control endpoint, or on to the worker
//!  the rest    ──► translated ─► worker selected ─► its assets answer? ──► response
//!                       ├─► navigation and its newest build failed? ──► error page
//!                       └─► body taken ─► dispatched ─► answer ─► response │ error page
//! ```
//!
//! Runs inside the connection's task: no task, lock or timer of its own for a request without a body. hyper drops
//! the future when the client goes away; [`Completion`] turns that into an abort.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use hyper::body::Incoming;
use lopata_bridges::{Answered, Attachments, Parcel};
use lopata_protocol::{Answer, EventId, SpanContext, SpanId, WireError};
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use super::body::OutBody;
use super::cf::CfTemplate;
use super::completion::Completion;
use super::error_page::{self, Subject};
use super::handler::{Dispatched, FetchEvent, Handler, RequestLine, Target};
use super::intake;
use super::live_reload;
use super::local_only;
use super::options::Site;
use super::request::{self as translation, Surroundings, Translated};
use super::response::{self, Asked};
use super::revisions;
use super::rewrite::Rewrite;
use super::shutdown::Shutdown;
use super::upgrade;

/// What all requests of one connection share.
pub(super) struct Peer {
    pub(super) handler: Arc<dyn Handler>,
    /// The client's address as text; a mapped one in its IPv4 form.
    pub(super) client: Box<str>,
    /// The address that was connected to, as an authority.
    pub(super) own_authority: Box<str>,
    /// The host that the user told the server to listen on.
    pub(super) own_host: Arc<str>,
    pub(super) tls: Option<(&'static str, &'static str)>,
    pub(super) shutdown: Arc<Shutdown>,
    /// Where what outlives its request runs: WebSockets.
    pub(super) sessions: TaskTracker,
}

/// What holds for all requests until the configuration changes.
pub(super) struct Live {
    pub(super) site: Site,
    pub(super) cf: Arc<CfTemplate>,
}

/// What was drawn for one request when it came in.
pub(super) struct Drawn {
    pub(super) live: Arc<Live>,
    pub(super) cf: Arc<str>,
    pub(super) ray: u64,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanId>,
}

/// Answers one request. Never fails: what goes wrong becomes a response.
pub(super) async fn exchange(
    peer: Arc<Peer>,
    drawn: Drawn,
    request: Request<Incoming>,
) -> Result<Response<OutBody>, Infallible> {
    let path = request.uri().path();
    // The first belongs to the platform, claimed or not; the second is the worker's unless it is claimed.
    if path.starts_with("/cdn-cgi/") || (path == "/__scheduled" && peer.handler.claims(request.method(), path)) {
        if let Err(refused) = local_only::check(request.headers(), request.uri(), &drawn.live.site, &peer.own_host) {
            return Ok(plain(StatusCode::FORBIDDEN, refused.to_string()));
        }
        if path == revisions::PATH
            && let Some(receiver) = peer.handler.revisions()
        {
            return Ok(revisions::respond(receiver, request.uri().query(), peer.shutdown.token()).map(OutBody::Control));
        }
        if path == live_reload::PATH
            && let Some(reloads) = peer.handler.reloads().map(broadcast::Sender::subscribe)
        {
            return Ok(live_reload::respond(&peer, &request.into_parts().0, reloads));
        }
        if peer.handler.claims(request.method(), path) {
            return Ok(peer.handler.control(request).await.map(OutBody::Control));
        }
    }
    let (parts, incoming) = request.into_parts();
    let asking = Asking { peer: &peer, parts: &parts, event: EventId::next() };
    let completion = Completion::new(
        Arc::clone(&peer.handler),
        asking.event,
        drawn.context,
        drawn.parent,
        parts.method.clone(),
        parts.uri.clone(),
    );
    let started = completion.started();
    let mut guard = Some(completion);
    let response = asking.serve(drawn, incoming, &mut guard).await;
    asking.log(&response, started);
    // A streamed body has taken the guard along and ends it with its last byte.
    if let Some(mut completion) = guard {
        completion.head(response.status().as_u16());
        completion.done(None);
    }
    Ok(response)
}

/// A request on its way to the worker.
struct Asking<'a> {
    peer: &'a Peer,
    parts: &'a request::Parts,
    event: EventId,
}

impl Asking<'_> {
    async fn serve(&self, drawn: Drawn, incoming: Incoming, guard: &mut Option<Completion>) -> Response<OutBody> {
        let handler = &self.peer.handler;
        if self.parts.method == Method::CONNECT {
            return plain(StatusCode::NOT_IMPLEMENTED, "This server is not a proxy: CONNECT is not supported.");
        }
        let context = drawn.context;
        let Ok(Translated { head, rewrite }) = self.translate(drawn) else {
            return plain(StatusCode::BAD_REQUEST, "Invalid Host header");
        };
        let target = handler.select(&head.url);
        if let Some(completion) = guard {
            completion.selected(target);
        }
        if let Some(asset) = handler.asset(target, &head) {
            return self.asset(asset, rewrite.as_deref(), guard);
        }
        if translation::is_navigation(&self.parts.headers)
            && let Some(failure) = handler.newest_failure(target)
        {
            return self.error_page(target, Subject::Failure { status: 500, failure }).await;
        }
        let mut attachments = Attachments::none();
        let sized = self.parts.headers.contains_key(header::CONTENT_LENGTH);
        let body = match intake::without_waiting(&incoming, sized) {
            Some(body) => body,
            None => match Box::pin(intake::take(incoming, &mut attachments)).await {
                Ok(body) => body,
                Err(broken) => return plain(StatusCode::BAD_REQUEST, broken.to_string()),
            },
        };
        let event = FetchEvent { target, event: self.event, request: head, body, attachments, parent: context };
        let Dispatched { answer, guest } = match handler.fetch(event) {
            Ok(dispatched) => dispatched,
            Err(refusal) => return self.error_page(target, refusal.into()).await,
        };
        if let Some(completion) = guard {
            completion.dispatched(guest);
        }
        let Some(Answered { answer, ended }) = answer.await else {
            let error = handler.lost(target, self.event).unwrap_or_else(lost);
            return self.error_page(target, Subject::Thrown(error)).await;
        };
        if let Some(ended) = ended {
            handler.event_ended(ended);
        }
        let error = match answer.message {
            Answer::Response { head, body } => {
                let rewrite = rewrite.as_deref();
                let mut attachments = answer.attachments;
                let asked = self.asked(rewrite);
                let built = match head.status {
                    101 => upgrade::accept(self.peer, self.parts, &head, attachments.take_socket(), rewrite),
                    _ => response::build(&head, body, attachments, &asked, guard),
                };
                match built {
                    Ok(response) => return response,
                    Err(invalid) => invalid.into(),
                }
            }
            Answer::Failed { error, outcome: _ } => error,
            other => unreachable!("a request is answered with a response, not {other:?}"),
        };
        self.error_page(target, Subject::Thrown(error)).await
    }

    /// The response of an asset. What is wrong with one is not the fault of the worker's code.
    fn asset(
        &self,
        asset: Parcel<Answer>,
        rewrite: Option<&Rewrite>,
        guard: &mut Option<Completion>,
    ) -> Response<OutBody> {
        let Parcel { message, attachments } = asset;
        let (head, body) = match message {
            Answer::Response { head, body } => (head, body),
            Answer::Failed { error, .. } => return plain(StatusCode::INTERNAL_SERVER_ERROR, error.message),
            other => unreachable!("assets answer with responses, not {other:?}"),
        };
        let asked = self.asked(rewrite);
        match response::build(&head, body, attachments, &asked, guard) {
            Ok(response) => response,
            Err(invalid) => plain(StatusCode::INTERNAL_SERVER_ERROR, invalid.to_string()),
        }
    }

    fn asked<'a>(&'a self, rewrite: Option<&'a Rewrite>) -> Asked<'a> {
        let Self { peer, parts, event: _ } = self;
        let live_reload = peer.handler.reloads().is_some() && live_reload::is_for_a_window(&parts.headers);
        Asked { method: &parts.method, headers: &parts.headers, rewrite, live_reload }
    }

    fn translate(&self, drawn: Drawn) -> Result<Translated, translation::InvalidHost> {
        let Live { site, cf } = &*drawn.live;
        let around = Surroundings {
            site,
            tls: self.peer.tls.is_some(),
            client: &self.peer.client,
            own_authority: &self.peer.own_authority,
            country: cf.country(),
            colo: cf.colo(),
            ray: drawn.ray,
            cf: drawn.cf,
        };
        translation::translate(self.parts, around)
    }

    /// Boxed, like everything here that most requests do without: hyper moves the future of each request.
    fn error_page(&self, target: Target, subject: Subject) -> BoxFuture<'_, Response<OutBody>> {
        let Self { peer, parts, event: _ } = *self;
        Box::pin(async move {
            let mut response = error_page::respond(&*peer.handler, target, parts, peer.tls.is_some(), subject).await;
            if parts.method == Method::HEAD {
                let length = HeaderValue::from(response.body().len());
                response.headers_mut().insert(header::CONTENT_LENGTH, length);
                return response.map(|_| OutBody::Empty);
            }
            response.map(OutBody::Full)
        })
    }

    fn log(&self, response: &Response<OutBody>, started: Instant) {
        let status = response.status();
        let custom = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let status_text = match custom {
            Some(reason) => std::str::from_utf8(reason.as_bytes()).unwrap_or_default(),
            None => status.canonical_reason().unwrap_or_default(),
        };
        self.peer.handler.log_request(&RequestLine {
            method: self.parts.method.as_str(),
            path: self.parts.uri.path(),
            status: status.as_u16(),
            status_text,
            elapsed: started.elapsed(),
        });
    }
}

/// A reply that was dropped without a reason that the host knows.
fn lost() -> WireError {
    WireError::new("Error", "The worker's thread ended before it answered this request.")
}

pub(super) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<OutBody> {
    let mut response = Response::new(OutBody::Full(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    response
}
