//! What a tail worker is told about one event, collected while the event runs.
//!
//! Exists only for events of workers that somebody tails. Pure: values in, the text of one trace item out, shaped as
//! production shapes them; the tail worker's isolate makes objects of it (`ext/tail/tail.js`).
//!
//! Invariant: at most [`limits::TAIL_ITEM_BYTES_MAX`] of logs, exceptions and request are kept; what comes after is
//! replaced by one sentence that says so, and the item is marked as truncated.

use std::sync::Arc;

use lopata_protocol::{EventOutcome, HeaderList, LogLevel, RequestHead, RpcRequest, SocketFrame, WireError, limits};
use serde_json::{Map, Value, json};

/// Source: production's text.
const LOGS_EXCEEDED: &str = "Log size limit exceeded: More than 256KB of data (across console.log statements, \
    exception, request metadata and headers) was logged during a single request. Subsequent data for this request \
    will not be recorded in logs, appear when tailing this Worker's logs, or in Tail Workers.";

/// Source: production's text.
const EXCEPTIONS_EXCEEDED: &str = "Trace resource limit exceeded; subsequent exceptions not recorded.";

/// What a log line or an exception counts for beside its text, roughly.
const ENTRY_BYTES: usize = 32;

/// Under which a trigger says that its event is one of a Durable Object. No consumer sees it.
const OF_OBJECT: &str = "object";

/// What production says of an event's trigger.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger(Value);

impl Trigger {
    /// A request.
    pub fn fetch(request: &RequestHead) -> Self {
        let cf = request.cf.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut own = json!({
            "headers": headers(&request.headers),
            "method": request.method,
            "url": request.url,
        });
        if let Some(cf) = cf {
            own["cf"] = cf;
        }
        Self(json!({ "request": own }))
    }

    /// A connection, of which production says nothing.
    pub fn connect() -> Self {
        Self(json!({}))
    }

    /// A cron tick.
    pub fn scheduled(cron: &str, scheduled_time_ms: f64) -> Self {
        Self(json!({ "scheduledTime": whole(scheduled_time_ms), "cron": cron }))
    }

    /// An alarm.
    pub fn alarm(scheduled_time_ms: f64) -> Self {
        Self(json!({ "alarm": whole(scheduled_time_ms) }))
    }

    /// A test.
    pub fn test() -> Self {
        Self(Value::Null)
    }

    /// A call of a method.
    pub fn rpc(request: &RpcRequest) -> Self {
        Self(json!({ "rpcMethod": request.path.join(".") }))
    }

    /// What a hibernating WebSocket of an object said.
    pub fn web_socket(frame: &SocketFrame) -> Self {
        let said = match frame {
            SocketFrame::Text(_) | SocketFrame::Binary(_) => json!({ "webSocketEventType": "message" }),
            SocketFrame::Close { code, .. } => {
                json!({ "webSocketEventType": "close", "code": code.unwrap_or(1005), "wasClean": true })
            }
            SocketFrame::Lost(None) => json!({ "webSocketEventType": "close", "code": 1006, "wasClean": false }),
            SocketFrame::Lost(Some(_)) => json!({ "webSocketEventType": "error" }),
        };
        Self(json!({ "getWebSocketEvent": said }))
    }

    /// The same for an event of a Durable Object.
    pub fn of_object(mut self) -> Self {
        if let Some(trigger) = self.0.as_object_mut() {
            trigger.insert(OF_OBJECT.to_string(), Value::Bool(true));
        }
        self
    }

    fn bytes(&self) -> usize {
        self.0.to_string().len()
    }
}

/// Names in lower case, values of one name joined, as production does.
fn headers(list: &HeaderList) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in list.iter() {
        let value: String = value.iter().map(|byte| char::from(*byte)).collect();
        match headers.get_mut(name) {
            Some(Value::String(known)) => {
                known.push_str(", ");
                known.push_str(&value);
            }
            _ => _ = headers.insert(name.to_ascii_lowercase(), Value::String(value)),
        }
    }
    headers
}

fn whole(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

/// Collects one trace item.
#[derive(Debug)]
pub struct TailCollector {
    trigger: Value,
    /// Whether the event is one of a Durable Object.
    of_object: bool,
    entrypoint: Option<Arc<str>>,
    /// Microseconds since the Unix epoch.
    start_us: i64,
    /// Of the response, once there is one.
    status: Option<u16>,
    logs: Vec<Value>,
    exceptions: Vec<Value>,
    bytes: usize,
    logs_exceeded: bool,
    exceptions_exceeded: bool,
    truncated: bool,
}

impl TailCollector {
    /// An item about an event that starts now.
    pub fn new(trigger: Trigger, entrypoint: Option<Arc<str>>, start_us: i64) -> Self {
        let bytes = trigger.bytes();
        let mut trigger = trigger.0;
        let of_object = trigger.as_object_mut().and_then(|trigger| trigger.remove(OF_OBJECT)).is_some();
        let mut collector = Self {
            bytes,
            trigger,
            of_object,
            entrypoint,
            start_us,
            status: None,
            logs: Vec::new(),
            exceptions: Vec::new(),
            logs_exceeded: false,
            exceptions_exceeded: false,
            truncated: false,
        };
        if collector.bytes > limits::TAIL_ITEM_BYTES_MAX {
            collector.truncated = true;
            if let Some(request) = collector.trigger.get_mut("request").and_then(Value::as_object_mut) {
                request.insert("headers".to_string(), json!({}));
                request.insert("url".to_string(), json!(""));
                request.remove("cf");
            }
        }
        collector
    }

    /// The handler answered with this status.
    pub fn responded(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// A console line; `message` is the JSON array of what was logged.
    pub fn log(&mut self, level: LogLevel, message: &str, now_us: i64) {
        if self.logs_exceeded {
            return;
        }
        let timestamp = now_us / 1000;
        if self.takes(message.len()) {
            let message = serde_json::from_str(message).unwrap_or_else(|_| json!([]));
            self.logs.push(json!({ "timestamp": timestamp, "level": level.as_str(), "message": message }));
        } else {
            self.logs_exceeded = true;
            self.logs.push(json!({ "timestamp": timestamp, "level": "warn", "message": [LOGS_EXCEEDED] }));
        }
    }

    /// An exception that nobody handled.
    pub fn exception(&mut self, error: &WireError, now_us: i64) {
        if self.exceptions_exceeded {
            return;
        }
        let timestamp = now_us / 1000;
        if self.takes(error.name.len() + error.message.len() + error.stack.len()) {
            let name = if error.name.is_empty() { "Error" } else { &error.name };
            let mut exception = json!({ "timestamp": timestamp, "message": error.message, "name": name });
            if !error.stack.is_empty() {
                exception["stack"] = Value::from(error.stack.as_str());
            }
            self.exceptions.push(exception);
        } else {
            self.exceptions_exceeded = true;
            self.exceptions.push(json!({ "timestamp": timestamp, "message": EXCEPTIONS_EXCEEDED, "name": "Error" }));
        }
    }

    fn takes(&mut self, bytes: usize) -> bool {
        let fits = self.bytes + ENTRY_BYTES + bytes <= limits::TAIL_ITEM_BYTES_MAX;
        if fits {
            self.bytes += ENTRY_BYTES + bytes;
        } else {
            self.truncated = true;
        }
        fits
    }

    /// The item as JSON text.
    pub fn finish(self, outcome: EventOutcome, worker: &str, now_us: i64) -> Arc<str> {
        let mut event = self.trigger;
        if let Some(status) = self.status {
            event["response"] = json!({ "status": status });
        }
        let mut item = json!({
            "event": event,
            "eventTimestamp": self.start_us / 1000,
            "logs": self.logs,
            "exceptions": self.exceptions,
            "diagnosticsChannelEvents": [],
            "scriptName": worker,
            "outcome": outcome.as_str(),
            // Source: production's words.
            "executionModel": if self.of_object { "durableObject" } else { "stateless" },
            "truncated": self.truncated,
            // Nobody measures it here.
            "cpuTime": 0,
            "wallTime": (now_us - self.start_us).max(0) / 1000,
        });
        if let Some(entrypoint) = self.entrypoint {
            item["entrypoint"] = Value::from(&*entrypoint);
        }
        item.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn item(collector: TailCollector) -> Value {
        serde_json::from_str(&collector.finish(EventOutcome::Exception, "w", 5_000_999)).unwrap()
    }

    fn request(url: &str) -> RequestHead {
        let mut headers = HeaderList::default();
        headers.push("x", b"1");
        headers.push("x", b"\xe9");
        RequestHead { method: "GET".to_string(), url: url.to_string(), headers, cf: Some(r#"{"colo":"X"}"#.into()) }
    }

    #[test]
    fn an_item_has_productions_shape() {
        let mut collector = TailCollector::new(Trigger::fetch(&request("http://a/")), Some("Admin".into()), 1_000_999);
        collector.log(LogLevel::Info, r#"["a",{"b":[1]},null]"#, 2_000_000);
        collector.responded(201);
        let mut error = WireError::new("TypeError", "no");
        error.stack = "TypeError: no\n    at f".to_string();
        collector.exception(&error, 3_000_000);
        collector.exception(&WireError::new("", "thrown text"), 3_000_001);
        let expected = json!({
            "event": {
                "request": {
                    "headers": { "x": "1, \u{e9}" },
                    "method": "GET",
                    "url": "http://a/",
                    "cf": { "colo": "X" },
                },
                "response": { "status": 201 },
            },
            "eventTimestamp": 1000,
            "logs": [{ "timestamp": 2000, "level": "info", "message": ["a", { "b": [1] }, null] }],
            "exceptions": [
                { "timestamp": 3000, "message": "no", "name": "TypeError", "stack": "TypeError: no\n    at f" },
                { "timestamp": 3000, "message": "thrown text", "name": "Error" },
            ],
            "diagnosticsChannelEvents": [],
            "scriptName": "w",
            "outcome": "exception",
            "executionModel": "stateless",
            "truncated": false,
            "cpuTime": 0,
            "wallTime": 4000,
            "entrypoint": "Admin",
        });
        assert_eq!(item(collector), expected);
        let cron = item(TailCollector::new(Trigger::scheduled("* * * * *", 60_000.0), None, 0));
        assert_eq!(cron["event"], json!({ "scheduledTime": 60_000, "cron": "* * * * *" }));
        let alarm = item(TailCollector::new(Trigger::alarm(60_000.0).of_object(), None, 0));
        assert_eq!((&alarm["event"], &alarm["executionModel"]), (&json!({ "alarm": 60_000 }), &json!("durableObject")));
    }

    #[test]
    fn what_is_too_much_is_replaced_by_one_sentence() {
        let mut collector = TailCollector::new(Trigger::scheduled("", 0.0), None, 0);
        let line = format!("[\"{}\"]", "x".repeat(100_000));
        for _ in 0..5 {
            collector.log(LogLevel::Log, &line, 0);
        }
        let big = WireError::new("Error", "y".repeat(100_000));
        collector.exception(&big, 0);
        collector.exception(&big, 0);
        let item = item(collector);
        let logs = item["logs"].as_array().unwrap();
        assert_eq!(logs.len(), 3);
        assert_eq!(logs[2]["level"], "warn");
        assert!(logs[2]["message"][0].as_str().unwrap().starts_with("Log size limit exceeded: More than 256KB"));
        assert_eq!(item["exceptions"].as_array().unwrap().len(), 1);
        assert_eq!(item["exceptions"][0]["message"], EXCEPTIONS_EXCEEDED);
        assert_eq!(item["truncated"], true);

        let huge = format!("http://a/{}", "z".repeat(300_000));
        let item: Value = serde_json::from_str(&TailCollector::new(Trigger::fetch(&request(&huge)), None, 0).finish(
            EventOutcome::Ok,
            "w",
            0,
        ))
        .unwrap();
        assert_eq!(item["event"]["request"], json!({ "headers": {}, "method": "GET", "url": "" }));
        assert_eq!(item["truncated"], true);
    }
}
