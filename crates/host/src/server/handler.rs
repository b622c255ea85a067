//! What the server asks of the rest of the host: one trait, and the plain types that it speaks.
//!
//! The server owns sockets and HTTP; generations, stores and the terminal are somebody else's. Every method is
//! called from a connection's task and must not block. `fetch` is the hot path: it runs for every request and
//! takes no lock that a reload could hold.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use lopata_bridges::{Attachments, Parcel, ReplyReceiver};
use lopata_protocol::{
    Answer, Body, EventId, FromGuest, RequestHead, SpanContext, SpanId, SpanKind, SpanRecord, SpanStatus, WireError,
};
use serde_json::Value;
use tokio::sync::{broadcast, watch};

use super::live_reload::Reload;

/// The worker that a request is for, as [`Handler::select`] decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target(pub usize);

/// The rest of the host, as the server sees it.
pub trait Handler: Send + Sync + 'static {
    /// Which worker a request is for, by its URL as user code will see it. Asked once for each.
    fn select(&self, url: &str) -> Target;

    /// The answer of the target's static assets, when the request is for them and not for its code.
    ///
    /// Asked before the request's body is looked at: assets have no use for one.
    fn asset(&self, _target: Target, _request: &RequestHead) -> Option<Parcel<Answer>> {
        None
    }

    /// Delivers a request to the active generation of its target.
    ///
    /// Exactly one of the two comes back: a way to the answer, or a refusal that becomes the response.
    fn fetch(&self, call: FetchEvent) -> Result<Dispatched, Refusal>;

    /// Why a guest dropped its reply, when that is known: shown instead of a general sentence.
    fn lost(&self, target: Target, event: EventId) -> Option<WireError>;

    /// Takes the end of an event that came with its answer.
    fn event_ended(&self, message: FromGuest);

    /// A request is over, its body included.
    fn server_span(&self, span: ServerSpan);

    /// The head of a response is on its way: the line for the terminal.
    fn log_request(&self, line: &RequestLine<'_>);

    /// Whether `path` is a control endpoint. Asked only for `/cdn-cgi/…` and `/__scheduled`; what is not claimed
    /// goes to the worker. The caller's `Host` and `Origin` are checked before [`Handler::control`] is called.
    fn claims(&self, method: &Method, path: &str) -> bool;

    /// Answers a request whose path was claimed.
    fn control(&self, request: ControlRequest) -> BoxFuture<'static, ControlResponse>;

    /// The failure of the target's newest build or start, when it is newer than what serves. A browser's navigation
    /// gets it as a page; all other requests keep getting the last good code.
    fn newest_failure(&self, target: Target) -> Option<Arc<Failure>>;

    /// What an error page tells about the worker. Called only when one is made.
    fn error_context(&self, target: Target) -> ErrorContext;

    /// A number that changes whenever other code or another failure would be served: error pages reload then.
    /// `None` leaves that out.
    fn revisions(&self) -> Option<watch::Receiver<u64>>;

    /// What tells open pages to load anew; `None` unless that is asked for, and then pages are left as they are.
    fn reloads(&self) -> Option<&broadcast::Sender<Reload>> {
        None
    }
}

/// One request for the worker, as it is delivered.
#[derive(Debug)]
pub struct FetchEvent {
    /// The worker it is for.
    pub target: Target,
    /// The event's id, fresh.
    pub event: EventId,
    /// The request as user code shall see it.
    pub request: Box<RequestHead>,
    /// Its body.
    pub body: Body,
    /// The reading end of `body` when it is a stream.
    pub attachments: Attachments,
    /// The server's span.
    pub parent: SpanContext,
}

/// The request is in a guest's inbox.
pub struct Dispatched {
    /// Its answer to come. Made with `reply_with_sink`, so that the end of an event whose client is gone is not lost.
    pub answer: ReplyReceiver,
    /// The guest, for [`Abort::abort`].
    pub guest: Arc<dyn Abort>,
}

/// A guest that can be told of a client that went away.
pub trait Abort: Send + Sync {
    /// The client of `event` is gone before the response was complete.
    ///
    /// Called at most once per event, and always after [`Handler::fetch`] has returned for it.
    fn abort(&self, event: EventId);
}

/// The request was not delivered.
#[derive(Debug)]
pub struct Refusal {
    /// The status, 503 as a rule.
    pub status: u16,
    /// One sentence for the client.
    pub message: String,
    /// Why there is no worker, when that is why.
    pub failure: Option<Arc<Failure>>,
}

/// Why code does not run.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The bundler refused the code.
    Build(Vec<Diagnostic>),
    /// Module evaluation threw, or the worker lacks what its configuration needs.
    Start(WireError),
}

/// A complaint of the bundler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostic {
    /// One sentence.
    pub message: String,
    /// The file, absolute.
    pub file: Option<PathBuf>,
    /// The line from 1; 0 when there is none.
    pub line: u32,
    /// The column from 1; 0 when there is none.
    pub column: u32,
    /// The source with the place marked, as plain text. Without it the page reads the file.
    pub frame: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What an error page tells about the worker.
#[derive(Clone, Debug, Default)]
pub struct ErrorContext {
    /// The worker's name.
    pub worker: String,
    /// The entries of `env`, in order.
    pub bindings: Vec<BindingLine>,
    /// The folders below which source files may be shown. The stack of an error is user code's to write: it must
    /// not be able to read the machine's other files through this page.
    pub source_roots: Vec<PathBuf>,
}

/// An entry of `env` on the error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingLine {
    /// The name.
    pub name: String,
    /// `KV namespace`, `Variable`, `Secret`.
    pub kind: String,
    /// What it is bound to or its value; masked by the page when it looks like a secret. `None` shows nothing.
    pub value: Option<String>,
    /// True when the value must never be shown.
    pub secret: bool,
}

/// The line for the terminal, borrowed from the request.
#[derive(Debug)]
pub struct RequestLine<'a> {
    /// `GET`.
    pub method: &'a str,
    /// The path without its query.
    pub path: &'a str,
    /// The status that went out.
    pub status: u16,
    /// The reason phrase that went out.
    pub status_text: &'a str,
    /// From the request's head to the response's.
    pub elapsed: Duration,
}

/// A claimed request. Its head is the client's own: nothing is rewritten.
pub type ControlRequest = http::Request<Incoming>;

/// The answer to a claimed request.
pub type ControlResponse = http::Response<ControlBody>;

/// Its body.
pub type ControlBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// What the server saw of one request. Cheap to make, so that it can be turned into a [`SpanRecord`] elsewhere.
#[derive(Clone, Debug)]
pub struct ServerSpan {
    /// The span's place.
    pub context: SpanContext,
    /// The span of a client that sent `traceparent`.
    pub parent: Option<SpanId>,
    /// The event that it covers.
    pub event: EventId,
    /// The worker it was for.
    pub target: Target,
    /// Microseconds since the Unix epoch.
    pub start_us: i64,
    /// Microseconds since the Unix epoch; never before the start.
    pub end_us: i64,
    /// The method.
    pub method: Method,
    /// The target as it was sent.
    pub uri: Uri,
    /// The status; 0 when the client was gone before there was one.
    pub status: u16,
    /// What went wrong on the way out.
    pub error: Option<&'static str>,
}

impl ServerSpan {
    /// The span as it is stored, named and annotated as OpenTelemetry's conventions for HTTP servers say.
    pub fn into_record(self, worker: Arc<str>) -> SpanRecord {
        let text = |value: &str| Value::String(value.to_owned());
        let mut attributes = vec![
            ("http.request.method".into(), text(self.method.as_str())),
            ("url.path".into(), text(self.uri.path())),
        ];
        if let Some(query) = self.uri.query() {
            attributes.push(("url.query".into(), text(query)));
        }
        if self.status != 0 {
            attributes.push(("http.response.status_code".into(), Value::from(self.status)));
        }
        let status = match self.error {
            Some(error) => SpanStatus::Error(error.to_owned()),
            // By the conventions a server's span fails with the server's errors only.
            None if self.status >= 500 => SpanStatus::Error(format!("status {}", self.status)),
            None => SpanStatus::Unset,
        };
        SpanRecord {
            context: self.context,
            parent: self.parent,
            name: method_name(&self.method),
            kind: SpanKind::Server,
            start_us: self.start_us,
            end_us: self.end_us,
            status,
            worker,
            invocation: None,
            attributes,
            events: Vec::new(),
        }
    }
}

/// The method as a span's name; the usual ones are literals.
fn method_name(method: &Method) -> Cow<'static, str> {
    let usual = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    match usual.into_iter().find(|name| method == name) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(method.as_str().to_owned()),
    }
}
