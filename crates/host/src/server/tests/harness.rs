//! A worker made of one closure, the server in front of it, and a client that speaks bytes.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use http_body_util::{BodyExt, Full};
use lopata_bridges::{Answered, Parcel, Reply, StreamReader, reply};
use lopata_protocol::{Answer, Body, EventId, EventOutcome, FromGuest, HeaderList, ResponseHead, WireError};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::server::{
    Abort, Bound, ControlRequest, ControlResponse, Dispatched, ErrorContext, Failure, FetchEvent, Handler, Port,
    Refusal, RequestLine, ServeOptions, ServerSpan, Site, Target, serve,
};

/// Longer than any test may take on a slow machine: a hanging test shall say which one it is.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("the test hangs")
}

type Script = Box<dyn Fn(FetchEvent, Reply) -> Result<(), Refusal> + Send + Sync>;

/// What the tests see of the handler.
pub(crate) struct Seen {
    pub(crate) spans: mpsc::UnboundedReceiver<ServerSpan>,
    pub(crate) aborts: mpsc::UnboundedReceiver<EventId>,
    pub(crate) lines: mpsc::UnboundedReceiver<String>,
    pub(crate) ended: mpsc::UnboundedReceiver<EventId>,
}

struct Scripted {
    script: Script,
    guest: Arc<dyn Abort>,
    spans: mpsc::UnboundedSender<ServerSpan>,
    lines: mpsc::UnboundedSender<String>,
    ended: mpsc::UnboundedSender<EventId>,
    knobs: Arc<Knobs>,
}

/// What a test turns while the server runs.
#[derive(Default)]
pub(crate) struct Knobs {
    pub(crate) failure: Mutex<Option<Arc<Failure>>>,
    pub(crate) lost: Mutex<Option<WireError>>,
    pub(crate) context: Mutex<ErrorContext>,
    pub(crate) revisions: Mutex<Option<watch::Receiver<u64>>>,
}

struct Guest(mpsc::UnboundedSender<EventId>);

impl Abort for Guest {
    fn abort(&self, event: EventId) {
        self.0.send(event).ok();
    }
}

impl Handler for Scripted {
    fn select(&self, _url: &str) -> Target {
        Target::default()
    }

    fn fetch(&self, call: FetchEvent) -> Result<Dispatched, Refusal> {
        let (reply, answer) = reply();
        (self.script)(call, reply)?;
        Ok(Dispatched { answer, guest: Arc::clone(&self.guest) })
    }

    fn lost(&self, _target: Target, _event: EventId) -> Option<WireError> {
        self.knobs.lost.lock().clone()
    }

    fn event_ended(&self, message: FromGuest) {
        let FromGuest::EventEnded { event, .. } = message else { panic!("{message:?}") };
        self.ended.send(event).ok();
    }

    fn server_span(&self, span: ServerSpan) {
        self.spans.send(span).ok();
    }

    fn log_request(&self, line: &RequestLine<'_>) {
        self.lines.send(format!("{} {} {} {}", line.method, line.path, line.status, line.status_text)).ok();
    }

    fn claims(&self, _method: &Method, path: &str) -> bool {
        path == "/cdn-cgi/handler/scheduled" || path == "/__scheduled"
    }

    fn control(&self, request: ControlRequest) -> BoxFuture<'static, ControlResponse> {
        let text = format!("control {}", request.uri().query().unwrap_or_default());
        let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
        std::future::ready(http::Response::new(body)).boxed()
    }

    fn newest_failure(&self, _target: Target) -> Option<Arc<Failure>> {
        self.knobs.failure.lock().clone()
    }

    fn error_context(&self, _target: Target) -> ErrorContext {
        self.knobs.context.lock().clone()
    }

    fn revisions(&self) -> Option<watch::Receiver<u64>> {
        self.knobs.revisions.lock().clone()
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) bound: Bound,
    pub(crate) seen: Seen,
    pub(crate) knobs: Arc<Knobs>,
}

impl Server {
    /// A server on a free port of 127.0.0.1 whose worker is `script`.
    pub(crate) async fn start(script: impl Fn(FetchEvent, Reply) + Send + Sync + 'static) -> Self {
        Self::start_refusing(move |call, reply| {
            script(call, reply);
            Ok(())
        })
        .await
    }

    pub(crate) async fn start_refusing(
        script: impl Fn(FetchEvent, Reply) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(options(), script).await
    }

    pub(crate) async fn start_with(
        options: ServeOptions,
        script: impl Fn(FetchEvent, Reply) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        let (spans, seen_spans) = mpsc::unbounded_channel();
        let (aborts, seen_aborts) = mpsc::unbounded_channel();
        let (lines, seen_lines) = mpsc::unbounded_channel();
        let (ended, seen_ended) = mpsc::unbounded_channel();
        let knobs = Arc::new(Knobs::default());
        let guest = Arc::new(Guest(aborts));
        let handler = Scripted { script: Box::new(script), guest, spans, lines, ended, knobs: Arc::clone(&knobs) };
        let bound = serve(options, Arc::new(handler)).await.unwrap();
        let seen = Seen { spans: seen_spans, aborts: seen_aborts, lines: seen_lines, ended: seen_ended };
        Self { bound, seen, knobs }
    }

    /// A fresh connection.
    pub(crate) async fn connect(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.bound.addresses[0]).await.unwrap())
    }

    /// One request on a connection of its own, as bytes.
    pub(crate) async fn ask(&self, request: &str) -> Response {
        let mut client = self.connect().await;
        client.send(request).await;
        client.response().await
    }

    /// `GET path` with these header lines.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Response {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")).await
    }
}

pub(crate) fn options() -> ServeOptions {
    ServeOptions { ip: "127.0.0.1".to_owned(), port: Port::Exact(0), https: None, site: Site::default() }
}

/// A client that sends and reads bytes.
pub(crate) struct Client<S> {
    pub(crate) stream: BufReader<S>,
    /// What the next response answers.
    pub(crate) is_head: bool,
}

/// A response, taken apart.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status_line: String,
    /// Lines as they were sent.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// False when the connection ended inside the body.
    pub(crate) complete: bool,
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.status_line[9..12].parse().unwrap()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let of_name = self.headers.iter().filter(|(n, _)| n == name);
        of_name.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), is_head: false }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.is_head = bytes.as_ref().starts_with(b"HEAD");
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// A line without its end; `None` at the end of the connection.
    pub(crate) async fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            match self.stream.read_u8().await {
                Ok(b'\n') => return Some(line.strip_suffix(b"\r").unwrap_or(&line).to_vec()),
                Ok(byte) => line.push(byte),
                Err(_) => return None,
            }
        }
    }

    /// The head of the next response.
    pub(crate) async fn head(&mut self) -> Response {
        within(async {
            let status_line = String::from_utf8(self.line().await.expect("a response")).unwrap();
            let mut headers = Vec::new();
            loop {
                let line = self.line().await.expect("the whole head");
                if line.is_empty() {
                    return Response { status_line, headers, body: Vec::new(), complete: false };
                }
                let colon = line.iter().position(|byte| *byte == b':').unwrap();
                let name = String::from_utf8(line[..colon].to_vec()).unwrap();
                headers.push((name, line[colon + 1..].trim_ascii().to_vec()));
            }
        })
        .await
    }

    /// The next response with its body.
    pub(crate) async fn response(&mut self) -> Response {
        let mut response = self.head().await;
        within(self.body(&mut response)).await;
        response
    }

    async fn body(&mut self, response: &mut Response) {
        if self.is_head || matches!(response.status(), 100..200 | 204 | 304) {
            response.complete = true;
        } else if let Some(length) = response.header("content-length") {
            response.body = vec![0; length.parse().unwrap()];
            response.complete = self.stream.read_exact(&mut response.body).await.is_ok();
        } else if response.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                if chunk.is_empty() {
                    response.complete = true;
                    return;
                }
                response.body.extend(chunk);
            }
        } else {
            response.complete = self.stream.read_to_end(&mut response.body).await.is_ok();
        }
    }

    /// The next chunk of a chunked body: empty at its end, `None` when the connection ended.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = String::from_utf8(self.line().await?).unwrap();
        let mut chunk = vec![0; usize::from_str_radix(&size, 16).ok()?];
        self.stream.read_exact(&mut chunk).await.ok()?;
        self.line().await?;
        Some(chunk)
    }

    /// True when the server has closed the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        within(self.stream.read_u8()).await.is_err()
    }
}

/// A response's head.
pub(crate) fn head(status: u16, headers: &[(&str, &[u8])]) -> Box<ResponseHead> {
    let headers: HeaderList = headers.iter().copied().collect();
    Box::new(ResponseHead { status, status_text: String::new(), headers, encoded: false, url: String::new() })
}

/// Answers with a body that is at hand.
pub(crate) fn answer(reply: Reply, head: Box<ResponseHead>, body: impl Into<Bytes>) {
    answer_parcel(reply, Parcel::new(Answer::Response { head, body: Body::Inline(body.into()) }), None);
}

/// Answers with a body that will come.
pub(crate) fn answer_stream(reply: Reply, head: Box<ResponseHead>, reader: StreamReader, length: Option<u64>) {
    let mut parcel = Parcel::new(Answer::Response { head, body: Body::Stream { id: reader.id(), length } });
    parcel.attachments.attach_stream(reader);
    answer_parcel(reply, parcel, None);
}

pub(crate) fn answer_parcel(reply: Reply, answer: Parcel<Answer>, ended: Option<EventId>) {
    let ended =
        ended.map(|event| FromGuest::EventEnded { event, outcome: EventOutcome::Ok, spans: Vec::new(), tail: None });
    // A client that is gone wants no answer.
    reply.send(Answered { answer, ended }).ok();
}

/// All of a request's body.
pub(crate) async fn read_all(mut call: FetchEvent) -> Result<Vec<u8>, WireError> {
    match call.body {
        Body::Empty => Ok(Vec::new()),
        Body::Inline(bytes) => Ok(bytes.to_vec()),
        Body::Stream { id, .. } => {
            let mut reader = call.attachments.take_stream(id).unwrap();
            let mut all = Vec::new();
            while let Some(chunk) = reader.read().await {
                all.extend_from_slice(&chunk?);
            }
            Ok(all)
        }
    }
}

/// The request as text: method, URL, sorted headers.
pub(crate) fn describe(call: &FetchEvent) -> (String, HashMap<String, String>) {
    let headers = call.request.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()));
    (format!("{} {}", call.request.method, call.request.url), headers.collect())
}
