//! Watches over one request until its last byte: the guard behind `request.signal` and the server's span.
//!
//! ```text
//!  made ─► dispatched ─► done            the response went out, whatever it was
//!                 └────► dropped early   the client went away: the guest is told, once
//! ```
//!
//! It moves with the request: through the future that waits for the answer, then into the response's body. hyper
//! drops either when the connection is gone, and that drop is the signal. Invariant: exactly one span per request,
//! and an abort only after the dispatch it aborts.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{Method, Uri};
use lopata_protocol::{EventId, SpanContext, SpanId};

use super::handler::{Abort, Handler, ServerSpan, Target};

/// Why a span says that the client was first to go.
const CLIENT_GONE: &str = "the client went away before the response was complete";

/// See the module's header.
pub(super) struct Completion {
    /// `None` exactly when the request is over.
    open: Option<Open>,
}

struct Open {
    handler: Arc<dyn Handler>,
    /// Who is told when the client goes away; `None` until the request is dispatched.
    guest: Option<Arc<dyn Abort>>,
    started: Instant,
    span: ServerSpan,
}

impl Completion {
    /// The guard of a request that has just come in.
    pub(super) fn new(
        handler: Arc<dyn Handler>,
        event: EventId,
        context: SpanContext,
        parent: Option<SpanId>,
        method: Method,
        uri: Uri,
    ) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let start_us = now.as_micros() as i64;
        let span = ServerSpan {
            context,
            parent,
            event,
            target: Target::default(),
            start_us,
            end_us: start_us,
            method,
            uri,
            status: 0,
            error: None,
        };
        Self { open: Some(Open { handler, guest: None, started: Instant::now(), span }) }
    }

    /// It is known which worker the request is for.
    pub(super) fn selected(&mut self, target: Target) {
        if let Some(open) = &mut self.open {
            open.span.target = target;
        }
    }

    /// The request is with `guest`, which from now on wants to know when the client goes.
    pub(super) fn dispatched(&mut self, guest: Arc<dyn Abort>) {
        if let Some(open) = &mut self.open {
            open.guest = Some(guest);
        }
    }

    /// The head goes out with this status.
    pub(super) fn head(&mut self, status: u16) {
        if let Some(open) = &mut self.open {
            open.span.status = status;
        }
    }

    /// When the request came in.
    pub(super) fn started(&self) -> Instant {
        self.open.as_ref().map_or_else(Instant::now, |open| open.started)
    }

    /// The response is over, well or not. Later calls and the drop do nothing.
    pub(super) fn done(&mut self, error: Option<&'static str>) {
        if let Some(open) = self.open.take() {
            open.end(error);
        }
    }
}

impl Open {
    fn end(self, error: Option<&'static str>) {
        let Self { handler, started, mut span, guest: _ } = self;
        // The monotonic clock, so that a span never ends before its start.
        span.end_us = span.start_us + started.elapsed().as_micros() as i64;
        span.error = error;
        handler.server_span(span);
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        if let Some(guest) = open.guest.take() {
            guest.abort(open.span.event);
        }
        open.end(Some(CLIENT_GONE));
    }
}
