//! Export of spans to an OpenTelemetry collector, when the environment names one.
//!
//! ```text
//!  push ──► bounded buffer ──► thread: batch ──► POST …/v1/traces ──┬─► delivered
//!                 │ full: the oldest go                             ├─► refused: dropped
//!                                                                   └─► unreachable, busy: again after a pause,
//!                                                                       a few times, then dropped
//! ```
//!
//! Nothing waits for it: the request path pushes and goes on, and the end of the process waits [`FLUSH_MAX`] at most.
//! The first thing that goes wrong is said once in the terminal. Requests go over lopata's own client, never through
//! a worker's outbound service, and make no spans.

mod config;
mod encode;

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use lopata_bridges::{SpanBuffer, SpanDrain, span_buffer};
use lopata_protocol::{SpanRecord, limits};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

pub use self::config::{Config, ConfigError};
use crate::outbound::OutboundClient;
use crate::terminal::Terminal;

/// How long a batch collects.
const LINGER: Duration = Duration::from_secs(1);

/// Spans of one request. Source: the default of OpenTelemetry's batch processor.
const BATCH_MAX: usize = 512;

/// Times that one batch is sent, at most.
const ATTEMPTS_MAX: u32 = 5;

/// The pause after the first failure; it doubles with each further one.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the end of the process waits for what is left.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// The way to the collector. Clones are one exporter.
#[derive(Clone)]
pub struct Exporter {
    buffer: SpanBuffer,
    closing: Arc<Closing>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Exporter {
    /// Starts the thread that sends. Call it inside the runtime on which the client's connections live.
    pub fn start(config: Config, client: OutboundClient, terminal: Terminal) -> Self {
        let (buffer, drain) = span_buffer(limits::TRACE_BUFFER_SPANS_MAX);
        let closing = Arc::<Closing>::default();
        let sender = Sender {
            config,
            client,
            terminal: terminal.clone(),
            runtime: Handle::current(),
            closing: closing.clone(),
            complained: false,
        };
        let spawned = std::thread::Builder::new().name("lopata-otlp".to_string()).spawn(move || sender.send_all(drain));
        let thread = match spawned {
            Ok(thread) => Some(thread),
            Err(error) => {
                terminal.warn(&format!("Traces are not exported: their thread could not be started: {error}"));
                None
            }
        };
        Self { buffer, closing, thread: Arc::new(Mutex::new(thread)) }
    }

    /// Takes finished spans.
    pub fn push(&self, spans: Vec<SpanRecord>) {
        self.buffer.push(spans);
    }

    /// Sends what is left, as far as that is possible soon. Blocks.
    pub fn close(&self) {
        self.buffer.close();
        // The first call decides.
        let _ = self.closing.deadline.set(Instant::now() + FLUSH_MAX);
        self.closing.begun.cancel();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A panic of the sender loses the last spans and nothing else.
            let _ = thread.join();
        }
    }
}

/// The end of the process, as the sender sees it.
#[derive(Default)]
struct Closing {
    begun: CancellationToken,
    /// Non-null once it has begun: when the sender must stop.
    deadline: OnceLock<Instant>,
}

impl Closing {
    /// Resolves when there is no time left.
    async fn over(&self) {
        self.begun.cancelled().await;
        let deadline = self.deadline.get().copied().unwrap_or_else(Instant::now);
        tokio::time::sleep_until(deadline.into()).await;
    }
}

/// What came of one request.
enum Sent {
    Delivered,
    /// Sending the same again is of no use.
    Refused(String),
    /// It may work later, after the pause that the collector asked for.
    Failed {
        reason: String,
        pause: Option<Duration>,
    },
}

struct Sender {
    config: Config,
    client: OutboundClient,
    terminal: Terminal,
    runtime: Handle,
    closing: Arc<Closing>,
    complained: bool,
}

impl Sender {
    fn send_all(mut self, mut drain: SpanDrain) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while drain.wait(&mut batch, BATCH_MAX, LINGER) {
            batch.iter_mut().for_each(SpanRecord::expand);
            let body = encode::request(&batch, self.config.service.as_deref(), &self.config.resource);
            batch.clear();
            let runtime = self.runtime.clone();
            if !runtime.block_on(self.send(body.to_string().into())) {
                return;
            }
        }
    }

    /// Sends one batch, until it is delivered or hopeless. False when there is no time for another.
    async fn send(&mut self, body: Bytes) -> bool {
        let closing = self.closing.clone();
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS_MAX {
            let sent = tokio::select! {
                sent = self.post(body.clone()) => sent,
                () = closing.over() => return false,
            };
            let asked = match sent {
                Sent::Delivered => return true,
                Sent::Refused(reason) => {
                    self.complain(&reason);
                    return true;
                }
                Sent::Failed { reason, pause } => {
                    self.complain(&reason);
                    pause
                }
            };
            if closing.begun.is_cancelled() {
                // There is no time to come back.
                return false;
            }
            if attempt < ATTEMPTS_MAX {
                let wait = asked.unwrap_or(pause);
                tokio::select! {
                    () = closing.begun.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                pause *= 2;
            }
        }
        true
    }

    async fn post(&self, body: Bytes) -> Sent {
        let mut headers = self.config.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let sending = self.client.post(self.config.endpoint.clone(), headers, body);
        match tokio::time::timeout(self.config.timeout, sending).await {
            Err(_) => Sent::Failed { reason: "it does not answer".to_string(), pause: None },
            Ok(Err(error)) => Sent::Failed { reason: error.to_string(), pause: None },
            Ok(Ok(answer)) if answer.status.is_success() => Sent::Delivered,
            Ok(Ok(answer)) => {
                let reason = format!("it answers {}", answer.status);
                // Source: the answers that OTLP calls retryable.
                match answer.status {
                    StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT => {
                        let asked = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
                        let pause =
                            asked.and_then(|text| text.parse().ok()).map(|s: u64| Duration::from_secs(s.min(60)));
                        Sent::Failed { reason, pause }
                    }
                    _ => Sent::Refused(reason),
                }
            }
        }
    }

    fn complain(&mut self, reason: &str) {
        if !self.complained {
            self.complained = true;
            let endpoint = &self.config.endpoint;
            self.terminal
                .warn(&format!("Traces cannot be exported to {endpoint}: {reason}. Will keep trying quietly."));
        }
    }
}
