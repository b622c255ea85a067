//! The server's view of the rest of the host: the dispatcher, the terminal, the traces.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method;
use lopata_bridges::{Parcel, Unreachable, reply_with_sink};
use lopata_protocol::{Answer, EventId, FromGuest, Props, RequestHead, ToGuest, WireError};
use tokio::sync::{broadcast, watch};

use crate::bindings::BindingContext;
use crate::bindings::r2::http::Endpoints;
use crate::control::Control;
use crate::dispatcher::{Accepted, DispatchError};
use crate::server::{
    Abort, ControlRequest, ControlResponse, Dispatched, ErrorContext, Failure, FetchEvent, Handler, Refusal, Reload,
    RequestLine, ServerSpan, Target,
};
use crate::supervisor::Status;
use crate::terminal::Terminal;
use crate::traces::Traces;
use crate::workers::{Routing, WorkerId};

/// Answers the server for the workers of this process.
pub struct DevHandler {
    /// By place.
    statuses: Vec<Status>,
    routing: Arc<Routing>,
    terminal: Terminal,
    traces: Traces,
    control: Control,
    unread: lopata_bridges::UnreadSink,
    /// `--live-reload`.
    live_reload: bool,
}

impl DevHandler {
    /// A handler over what the supervisors show of themselves.
    pub fn new(
        context: &BindingContext,
        routing: Arc<Routing>,
        terminal: Terminal,
        traces: Traces,
        test_scheduled: bool,
        live_reload: bool,
    ) -> Self {
        let (workers, objects) = (context.workers.clone(), context.objects.clone());
        let statuses = workers.all().iter().map(|worker| worker.status.clone()).collect();
        let buckets = Endpoints::new(workers.clone());
        let (routed, traced) = (routing.clone(), traces.clone());
        let control = Control { workers, routing: routed, traces: traced, test_scheduled, buckets, objects };
        let unread: lopata_bridges::UnreadSink = Arc::new({
            let traces = traces.clone();
            move |message| record(&traces, message)
        });
        Self { statuses, routing, terminal, traces, control, unread, live_reload }
    }

    fn status(&self, target: Target) -> &Status {
        self.statuses.get(target.0).expect("targets are places of workers")
    }

    fn name(&self, target: Target) -> Arc<str> {
        let worker = self.control.workers.get(WorkerId(target.0));
        worker.map_or_else(|| Arc::from(""), |worker| worker.name.clone())
    }
}

/// Keeps the spans of an event's end.
fn record(traces: &Traces, message: FromGuest) {
    if let FromGuest::EventEnded { spans, .. } = message {
        traces.push(spans);
    }
}

impl Handler for DevHandler {
    fn select(&self, url: &str) -> Target {
        let WorkerId(place) = self.routing.select(url);
        Target(place)
    }

    fn asset(&self, target: Target, request: &RequestHead) -> Option<Parcel<Answer>> {
        self.status(target).assets.load().as_ref()?.route(request)
    }

    fn fetch(&self, call: FetchEvent) -> Result<Dispatched, Refusal> {
        let FetchEvent { target, event, request, body, attachments, parent } = call;
        let (reply, answer) = reply_with_sink(self.unread.clone());
        let message = ToGuest::Fetch { event, entrypoint: None, props: Props::None, request, body, parent };
        let mut parcel = Parcel { message, attachments };
        parcel.attachments.set_reply(reply);
        let dispatcher = &self.status(target).dispatcher;
        match dispatcher.dispatch(parcel) {
            Ok(Accepted::Delivered(generation)) => Ok(Dispatched { answer, guest: generation }),
            Ok(Accepted::Waiting) => {
                let guest: Arc<dyn Abort> = dispatcher.clone();
                Ok(Dispatched { answer, guest })
            }
            Err(error @ DispatchError::Full) => Err(Refusal { status: 503, message: error.to_string(), failure: None }),
            Err(DispatchError::Broken(failure)) => {
                let message = Unreachable::Broken(self.name(target).to_string()).to_string();
                Err(Refusal { status: 503, message, failure: Some(failure) })
            }
        }
    }

    fn lost(&self, target: Target, _event: EventId) -> Option<WireError> {
        self.status(target).last_death.load().as_deref().cloned()
    }

    fn event_ended(&self, message: FromGuest) {
        record(&self.traces, message);
    }

    fn server_span(&self, span: ServerSpan) {
        let worker = self.name(span.target);
        self.traces.push(vec![span.into_record(worker)]);
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

    fn newest_failure(&self, target: Target) -> Option<Arc<Failure>> {
        self.status(target).failure.load_full()
    }

    fn error_context(&self, target: Target) -> ErrorContext {
        match self.status(target).dispatcher.active() {
            Some(active) => ErrorContext {
                worker: active.blueprint.name.to_string(),
                bindings: active.blueprint.binding_lines(),
                source_roots: active.blueprint.source_roots.clone(),
            },
            None => ErrorContext { worker: self.name(target).to_string(), ..ErrorContext::default() },
        }
    }

    fn revisions(&self) -> Option<watch::Receiver<u64>> {
        // All workers count one.
        self.statuses.first().map(|status| status.revision.subscribe())
    }

    fn reloads(&self) -> Option<&broadcast::Sender<Reload>> {
        self.statuses.first().filter(|_| self.live_reload).map(|status| &status.reloads)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lopata_bridges::Attachments;
    use lopata_protocol::{Body, HeaderList, RequestHead, SpanContext, SpanId, TraceId};

    use super::*;
    use crate::terminal::Verbosity;
    use crate::workers::Workers;

    fn event(target: Target) -> FetchEvent {
        let url = "http://localhost/".to_string();
        let request = RequestHead { method: "GET".to_string(), url, headers: HeaderList::with_capacity(0), cf: None };
        FetchEvent {
            target,
            event: EventId::next(),
            request: Box::new(request),
            body: Body::Empty,
            attachments: Attachments::none(),
            parent: SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) },
        }
    }

    #[tokio::test]
    async fn a_request_meets_the_worker_that_its_host_selects() {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::new(Verbosity::None, folder.path().to_path_buf());
        let traces = Traces::start(folder.path().join("traces.sqlite"), terminal.clone(), None);
        let workers = Arc::new(Workers::default());
        workers.add("main", Status::default()).unwrap();
        let broken = Status::default();
        workers.add("echo", broken.clone()).unwrap();
        let failure = Arc::new(Failure::Start(WireError::new("Error", "no")));
        broken.dispatcher.fail(failure.clone());
        broken.failure.store(Some(failure));
        let routing = Routing::new(vec![(Vec::new(), None), (vec!["echo.localhost".to_string()], None)]);
        let context = BindingContext::new(folder.path().to_path_buf(), workers);
        let handler = DevHandler::new(&context, Arc::new(routing), terminal, traces.clone(), false, false);

        let main = handler.select("http://localhost:8787/");
        let echo = handler.select("http://echo.localhost:8787/");
        assert_eq!((main, echo), (Target(0), Target(1)));
        assert!(handler.fetch(event(main)).is_ok(), "a request waits for the first start");
        let refusal = handler.fetch(event(echo)).map(|_| ()).unwrap_err();
        assert_eq!((refusal.status, refusal.failure.is_some()), (503, true));
        assert_eq!(refusal.message, "The worker \"echo\" does not start; see the terminal.");
        assert!(handler.newest_failure(main).is_none() && handler.newest_failure(echo).is_some());
        assert_eq!(handler.error_context(echo).worker, "echo");
        traces.close();
    }
}
