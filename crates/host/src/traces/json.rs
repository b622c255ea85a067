//! Spans as JSON: what `lopata trace … --json` prints and what subscribers of the live feed get.

use std::fmt::Write;

use lopata_protocol::{Attribute, SpanEvent, SpanKind, SpanRecord, SpanStatus};
use lopata_storage::TraceSummary;
use serde_json::{Map, Value, json};

/// One span.
pub fn span(span: &SpanRecord) -> Value {
    let status = match &span.status {
        SpanStatus::Unset => json!({ "code": "unset" }),
        SpanStatus::Error(message) => json!({ "code": "error", "message": message }),
    };
    json!({
        "traceId": span.context.trace.to_string(),
        "spanId": span.context.span.to_string(),
        "parentSpanId": span.parent.map(|parent| parent.to_string()),
        "name": span.name,
        "kind": kind(span.kind),
        "worker": &*span.worker,
        "startTime": timestamp(span.start_us),
        "durationMs": milliseconds(span.end_us - span.start_us),
        "status": status,
        "attributes": attributes(&span.attributes),
        "events": span.events.iter().map(event).collect::<Vec<_>>(),
    })
}

/// One line of the list of traces.
pub fn summary(summary: &TraceSummary) -> Value {
    json!({
        "traceId": summary.trace.to_string(),
        "name": summary.name,
        "worker": summary.worker,
        "startTime": timestamp(summary.start_us),
        "durationMs": milliseconds(summary.end_us - summary.start_us),
        "spans": summary.spans,
        "errors": summary.failed,
        "attributes": attributes(&summary.attributes),
    })
}

fn event(event: &SpanEvent) -> Value {
    json!({ "name": event.name, "time": timestamp(event.time_us), "attributes": attributes(&event.attributes) })
}

/// A later value of the same name replaces an earlier one, as in every consumer of such attributes.
fn attributes(attributes: &[Attribute]) -> Value {
    Value::Object(attributes.iter().map(|(name, value)| (name.to_string(), value.clone())).collect::<Map<_, _>>())
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
    }
}

/// Microseconds as milliseconds with three decimals.
pub fn milliseconds(us: i64) -> f64 {
    us as f64 / 1000.0
}

/// Microseconds since the Unix epoch as `2026-01-31T12:00:00.000000Z`.
pub fn timestamp(us: i64) -> String {
    let (seconds, fraction) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let mut text = String::with_capacity(27);
    write!(
        text,
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{fraction:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
    .expect("writing to a string cannot fail");
    text
}

/// The Gregorian date of a day since 1970-01-01. The months are counted from March, so that the leap day is the last
/// of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_iso_dates() {
        for (us, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_735_689_599_999_999, "2024-12-31T23:59:59.999999Z"),
            (1_795_264_092_863_898, "2026-11-21T12:28:12.863898Z"),
        ] {
            assert_eq!(timestamp(us), text);
        }
    }
}
