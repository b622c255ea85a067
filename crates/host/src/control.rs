//! The control endpoints: `/cdn-cgi/handler/scheduled` and its twins, which trigger handlers, the live feed of spans,
//! a census, and buckets from outside.
//!
//! The server has checked Host and Origin before anything here runs.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use lopata_bridges::{Parcel, live_calls, live_sockets, live_streams, live_stubs, reply};
use lopata_guest::live_events;
use lopata_protocol::{Answer, EventId, EventOutcome, ScheduledOutcome, SpanContext, ToGuest};

use crate::bindings::r2::http::Endpoints;
use crate::dispatcher::{Accepted, DispatchError, Dispatcher};
use crate::objects::Objects;
use crate::objects::inspect::{self, Inspector};
use crate::server::{ControlBody, ControlRequest, ControlResponse};
use crate::traces::{Tick, Traces, live};
use crate::workers::{Routing, Worker, Workers};

/// The paths of the scheduled trigger, today's and wrangler's older ones.
const SCHEDULED: [&str; 3] = ["/cdn-cgi/handler/scheduled", "/cdn-cgi/local/scheduled", "/cdn-cgi/mf/scheduled"];

/// How much of what threads share is alive in this process: for leak checks, by people and by tests.
const CENSUS: &str = "/cdn-cgi/local/census";

/// wrangler's older trigger, with `--test-scheduled`.
const TEST_SCHEDULED: &str = "/__scheduled";

/// Answers control requests.
#[derive(Clone)]
pub struct Control {
    /// Where events go.
    pub workers: Arc<Workers>,
    /// Whose they are when the request does not say.
    pub routing: Arc<Routing>,
    /// What the live feed is of.
    pub traces: Traces,
    /// `--test-scheduled`.
    pub test_scheduled: bool,
    /// Buckets from outside.
    pub buckets: Endpoints,
    /// The Durable Objects of the process.
    pub objects: Arc<Objects>,
}

impl Control {
    /// Whether `path` is one of these endpoints.
    pub fn claims(&self, method: &Method, path: &str) -> bool {
        if self.buckets.claims(path) {
            return true;
        }
        if inspect::http::claims(path) {
            return matches!(*method, Method::GET | Method::POST | Method::DELETE);
        }
        if path == CENSUS || path == live::PATH {
            return method == Method::GET;
        }
        let known = SCHEDULED.contains(&path) || (self.test_scheduled && path == TEST_SCHEDULED);
        known && (method == Method::GET || method == Method::POST)
    }

    /// Answers a request that was claimed.
    pub async fn answer(self, request: ControlRequest) -> ControlResponse {
        if self.buckets.claims(request.uri().path()) {
            return self.buckets.answer(request).await;
        }
        if inspect::http::claims(request.uri().path()) {
            return self.inspect(request).await;
        }
        if request.uri().path() == CENSUS {
            let objects = self.objects.census();
            let body = serde_json::json!({
                "calls": live_calls(),
                "events": live_events(),
                "leases": objects.leases,
                "objects": objects.objects,
                "sockets": live_sockets(),
                "streams": live_streams(),
                "stubs": live_stubs(),
            });
            return response(200, "application/json", body.to_string());
        }
        if request.uri().path() == live::PATH {
            return self.traces.feed().respond();
        }
        let query = request.uri().query().unwrap_or_default().to_string();
        let parameter = |name: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let worker = match self.target(&request, parameter("worker")) {
            Ok(worker) => worker,
            Err(sentence) => return text_response(404, &sentence),
        };
        let cron = parameter("cron").unwrap_or_default();
        let time_ms = match parameter("time") {
            None => now_ms(),
            Some(text) => match text.parse::<f64>() {
                Ok(time) if time.is_finite() => time,
                _ => return text_response(400, &format!("`time` must be milliseconds since 1970, got `{text}`.")),
            },
        };
        let json = parameter("format").as_deref() == Some("json");
        let test_scheduled = request.uri().path() == TEST_SCHEDULED;
        let tick = Tick::new(worker.name.clone(), &cron, time_ms);
        let outcome = scheduled(&worker.status.dispatcher, cron, time_ms, tick.context).await;
        let went = outcome.as_ref().map(|scheduled| scheduled.outcome).map_err(String::as_str);
        self.traces.push(vec![tick.into_span(went)]);
        match outcome {
            Err(sentence) => text_response(503, &sentence),
            Ok(_) if test_scheduled => text_response(200, "Ran scheduled event"),
            Ok(ScheduledOutcome { outcome, no_retry }) if json => {
                let body = serde_json::json!({ "outcome": outcome.as_str(), "noRetry": no_retry });
                response(status_of(outcome), "application/json", body.to_string())
            }
            Ok(ScheduledOutcome { outcome, .. }) => text_response(status_of(outcome), outcome.as_str()),
        }
    }

    async fn inspect(self, request: ControlRequest) -> ControlResponse {
        let (head, body) = request.into_parts();
        let Some(body) = inspect::http::body_of(body).await else {
            return text_response(413, "The body is too long, or was cut off.");
        };
        let query = head.uri.query().unwrap_or_default().to_string();
        let asked = inspect::http::Asked { method: head.method, path: head.uri.path().to_string(), query, body };
        let (status, said) = inspect::http::answer(&Inspector::new(self.objects), asked).await;
        response(status, "application/json", said.to_string())
    }

    /// The worker that `?worker=` names, or the one that the request's host selects.
    fn target(&self, request: &ControlRequest, named: Option<String>) -> Result<Arc<Worker>, String> {
        if let Some(name) = named {
            return self.workers.find(&name).ok_or_else(|| {
                let names: Vec<_> = self.workers.all().iter().map(|worker| format!("\"{}\"", worker.name)).collect();
                format!("There is no worker \"{name}\". There is {}.", names.join(", "))
            });
        }
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default();
        let worker = self.routing.select(&format!("http://{host}{}", request.uri().path()));
        self.workers.get(worker).ok_or_else(|| "There is no worker.".to_string())
    }
}

async fn scheduled(
    dispatcher: &Dispatcher,
    cron: String,
    scheduled_time_ms: f64,
    parent: SpanContext,
) -> Result<ScheduledOutcome, String> {
    let (reply, answer) = reply();
    let message = ToGuest::Scheduled { event: EventId::next(), cron, scheduled_time_ms, parent };
    let accepted = dispatcher.dispatch(Parcel::asking(message, reply));
    match accepted {
        Ok(Accepted::Delivered(_) | Accepted::Waiting) => {}
        Err(error @ DispatchError::Full) => return Err(error.to_string()),
        Err(error @ DispatchError::Broken(_)) => return Err(error.to_string()),
    }
    match answer.await.map(|answered| answered.answer.message) {
        Some(Answer::Scheduled(outcome)) => Ok(outcome),
        Some(Answer::Failed { outcome, .. }) => Ok(ScheduledOutcome { outcome, no_retry: false }),
        Some(_) | None => Err("The worker ended before its handler did.".to_string()),
    }
}

fn status_of(outcome: EventOutcome) -> u16 {
    if outcome == EventOutcome::Ok { 200 } else { 500 }
}

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_millis() as f64)
}

fn text_response(status: u16, text: &str) -> ControlResponse {
    response(status, "text/plain;charset=UTF-8", text.to_string())
}

fn response(status: u16, content_type: &'static str, text: String) -> ControlResponse {
    let body: ControlBody = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
