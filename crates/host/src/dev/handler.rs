//! The server's view of the rest of the host: the dispatcher, the terminal, the traces.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method;
use lopata_bridges::{Parcel, reply_with_sink};
use lopata_protocol::{EventId, FromGuest, Props, ToGuest, WireError};
use tokio::sync::watch;

use crate::control::Control;
use crate::dispatcher::{Accepted, DispatchError};
use crate::server::{
    Abort, ControlRequest, ControlResponse, Dispatched, ErrorContext, Failure, FetchEvent, Handler, Refusal,
    RequestLine, ServerSpan,
};
use crate::supervisor::Status;
use crate::terminal::Terminal;
use crate::traces::Traces;

/// Answers the server for one worker.
pub struct DevHandler {
    status: Status,
    terminal: Terminal,
    traces: Traces,
    control: Control,
    unread: lopata_bridges::UnreadSink,
}

impl DevHandler {
    /// A handler over what the supervisor shows of itself.
    pub fn new(status: Status, terminal: Terminal, traces: Traces, test_scheduled: bool) -> Self {
        let control = Control { dispatcher: status.dispatcher.clone(), test_scheduled };
        let unread: lopata_bridges::UnreadSink = Arc::new({
            let traces = traces.clone();
            move |message| record(&traces, message)
        });
        Self { status, terminal, traces, control, unread }
    }
}

/// Keeps the spans of an event's end.
fn record(traces: &Traces, message: FromGuest) {
    if let FromGuest::EventEnded { spans, .. } = message {
        traces.push(spans);
    }
}

impl Handler for DevHandler {
    fn fetch(&self, call: FetchEvent) -> Result<Dispatched, Refusal> {
        let FetchEvent { event, request, body, attachments, parent } = call;
        let (reply, answer) = reply_with_sink(self.unread.clone());
        let message = ToGuest::Fetch { event, entrypoint: None, props: Props::None, request, body, parent };
        let mut parcel = Parcel { message, attachments };
        parcel.attachments.set_reply(reply);
        match self.status.dispatcher.dispatch(parcel) {
            Ok(Accepted::Delivered(generation)) => Ok(Dispatched { answer, guest: generation }),
            Ok(Accepted::Waiting) => {
                let guest: Arc<dyn Abort> = self.status.dispatcher.clone();
                Ok(Dispatched { answer, guest })
            }
            Err(error @ DispatchError::Full) => Err(Refusal { status: 503, message: error.to_string(), failure: None }),
            Err(DispatchError::Broken(failure)) => {
                let message = "The worker does not start; see the terminal.".to_string();
                Err(Refusal { status: 503, message, failure: Some(failure) })
            }
        }
    }

    fn lost(&self, _event: EventId) -> Option<WireError> {
        self.status.last_death.load().as_deref().cloned()
    }

    fn event_ended(&self, message: FromGuest) {
        record(&self.traces, message);
    }

    fn server_span(&self, span: ServerSpan) {
        let worker = self.status.dispatcher.active().map(|active| active.blueprint.name.clone());
        self.traces.push(vec![span.into_record(worker.as_deref().unwrap_or_default())]);
    }

    fn log_request(&self, line: &RequestLine<'_>) {
        self.terminal.request(line);
    }

    fn claims(&self, method: &Method, path: &str) -> bool {
        self.control.claims(method, path)
    }

    fn control(&self, request: ControlRequest) -> BoxFuture<'static, ControlResponse> {
        Box::pin(self.control.clone().answer(request))
    }

    fn newest_failure(&self) -> Option<Arc<Failure>> {
        self.status.failure.load_full()
    }

    fn error_context(&self) -> ErrorContext {
        match self.status.dispatcher.active() {
            Some(active) => ErrorContext {
                worker: active.blueprint.name.to_string(),
                bindings: active.blueprint.binding_lines(),
                source_roots: active.blueprint.source_roots.clone(),
            },
            None => ErrorContext::default(),
        }
    }

    fn revisions(&self) -> Option<watch::Receiver<u64>> {
        Some(self.status.revision.subscribe())
    }
}
