//! Spans in OTLP's JSON: the body of a request to `/v1/traces`.
//!
//! Source: the JSON mapping of the OpenTelemetry protocol. Ids are hexadecimal, 64-bit numbers are strings.

use std::collections::BTreeMap;
use std::sync::Arc;

use lopata_protocol::{Attribute, SpanEvent, SpanKind, SpanRecord, SpanStatus};
use serde_json::{Value, json};

/// Who made the spans, in OTLP's terms.
const SCOPE: &str = "lopata";

/// `STATUS_CODE_ERROR`.
const STATUS_ERROR: u32 = 2;

/// One request: a resource for each worker. `service` stands for every worker's name, when it is given; `resource` is
/// what every resource has beside that.
pub fn request(spans: &[SpanRecord], service: Option<&str>, resource: &[(String, String)]) -> Value {
    let mut by_worker: BTreeMap<&Arc<str>, Vec<Value>> = BTreeMap::new();
    for record in spans {
        by_worker.entry(&record.worker).or_default().push(span(record));
    }
    let resources = by_worker.into_iter().map(|(worker, spans)| {
        let mut attributes: Vec<Value> = Vec::new();
        let name = service.unwrap_or(if worker.is_empty() { "lopata" } else { worker });
        let own = [
            ("service.name", name),
            ("cloud.provider", "cloudflare"),
            ("cloud.platform", "cloudflare.workers"),
            ("faas.name", worker),
            ("telemetry.sdk.name", SCOPE),
            ("telemetry.sdk.language", "javascript"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        for (key, value) in own {
            if !resource.iter().any(|(given, _)| given == key) || key == "service.name" && service.is_some() {
                attributes.push(key_value(key, &Value::from(value)));
            }
        }
        let named = service.is_some();
        let given = resource.iter().filter(|(key, _)| !(named && key == "service.name"));
        attributes.extend(given.map(|(key, text)| key_value(key, &Value::from(text.as_str()))));
        json!({
            "resource": { "attributes": attributes },
            "scopeSpans": [{
                "scope": { "name": SCOPE, "version": env!("CARGO_PKG_VERSION") },
                "spans": spans,
            }],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<_>>() })
}

fn span(span: &SpanRecord) -> Value {
    let mut value = json!({
        "traceId": span.context.trace.to_string(),
        "spanId": span.context.span.to_string(),
        "name": span.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": nanoseconds(span.start_us),
        "endTimeUnixNano": nanoseconds(span.end_us),
        "attributes": attributes(&span.attributes),
        "events": span.events.iter().map(event).collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        value["parentSpanId"] = parent.to_string().into();
    }
    if let SpanStatus::Error(message) = &span.status {
        value["status"] = json!({ "code": STATUS_ERROR, "message": message });
    }
    value
}

fn event(event: &SpanEvent) -> Value {
    json!({
        "timeUnixNano": nanoseconds(event.time_us),
        "name": event.name,
        "attributes": attributes(&event.attributes),
    })
}

fn attributes(attributes: &[Attribute]) -> Vec<Value> {
    // Null is no value of an attribute.
    attributes.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| key_value(name, value)).collect()
}

fn key_value(key: &str, value: &Value) -> Value {
    json!({ "key": key, "value": any_value(value) })
}

fn any_value(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => json!({ "intValue": whole.to_string() }),
            (None, number) => json!({ "doubleValue": number }),
        },
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(values) => {
            json!({ "arrayValue": { "values": values.iter().map(any_value).collect::<Vec<_>>() } })
        }
        Value::Null | Value::Object(_) => json!({ "stringValue": value.to_string() }),
    }
}

/// As OTLP numbers them.
fn kind(kind: SpanKind) -> u32 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    }
}

fn nanoseconds(us: i64) -> String {
    (i128::from(us) * 1000).to_string()
}

#[cfg(test)]
mod tests {
    use lopata_protocol::{SpanContext, SpanId, TraceId};

    use super::*;

    fn sample(worker: &str) -> SpanRecord {
        SpanRecord {
            context: SpanContext { trace: TraceId([0xab; 16]), span: SpanId([0xcd; 8]) },
            parent: Some(SpanId([1; 8])),
            name: "fetch".into(),
            kind: SpanKind::Client,
            start_us: 1_795_264_092_863_898,
            end_us: 1_795_264_092_863_900,
            status: SpanStatus::Error("no".to_string()),
            worker: worker.into(),
            invocation: None,
            attributes: vec![
                ("text".into(), json!("t")),
                ("whole".into(), json!(42)),
                ("real".into(), json!(0.5)),
                ("yes".into(), json!(true)),
                ("list".into(), json!(["a", 1])),
                ("nothing".into(), json!(null)),
            ],
            events: vec![SpanEvent { time_us: 1, name: "log".into(), attributes: Vec::new() }],
        }
    }

    #[test]
    fn a_span_in_otlps_json() {
        let body = request(&[sample("w")], None, &[]);
        let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        let expected = json!({
            "traceId": "abababababababababababababababab",
            "spanId": "cdcdcdcdcdcdcdcd",
            "parentSpanId": "0101010101010101",
            "name": "fetch",
            "kind": 3,
            "startTimeUnixNano": "1795264092863898000",
            "endTimeUnixNano": "1795264092863900000",
            "attributes": [
                { "key": "text", "value": { "stringValue": "t" } },
                { "key": "whole", "value": { "intValue": "42" } },
                { "key": "real", "value": { "doubleValue": 0.5 } },
                { "key": "yes", "value": { "boolValue": true } },
                { "key": "list", "value": { "arrayValue": { "values": [
                    { "stringValue": "a" }, { "intValue": "1" },
                ] } } },
            ],
            "events": [{ "timeUnixNano": "1000", "name": "log", "attributes": [] }],
            "status": { "code": 2, "message": "no" },
        });
        assert_eq!(span, &expected);
    }

    #[test]
    fn each_worker_is_a_service_unless_told_otherwise() {
        let name = |body: &Value, index: usize| {
            let attributes = body["resourceSpans"][index]["resource"]["attributes"].as_array().cloned();
            let attributes = attributes.unwrap_or_default();
            let names: Vec<_> = attributes.iter().filter(|pair| pair["key"] == "service.name").collect();
            assert_eq!(names.len(), 1, "said once: {attributes:?}");
            names[0]["value"]["stringValue"].as_str().unwrap_or_default().to_string()
        };
        let spans = [sample("a"), sample("b"), sample("a")];
        let body = request(&spans, None, &[]);
        assert_eq!((name(&body, 0).as_str(), name(&body, 1).as_str()), ("a", "b"));
        assert_eq!(body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().map(Vec::len), Some(2));
        let resource = [("service.name".to_string(), "given".to_string()), ("team".to_string(), "t".to_string())];
        assert_eq!(name(&request(&spans, None, &resource), 0), "given");
        assert_eq!(name(&request(&spans, Some("wins"), &resource), 1), "wins");
    }
}
