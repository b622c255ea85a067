//! A trace as a tree of text, and the list of traces as a table.
//!
//! Pure: spans in, text out. A span whose parent was not recorded (another process's, or one that fell out of the
//! store) stands at the root.

use std::collections::HashMap;
use std::fmt::Write;

use lopata_protocol::{Attribute, SpanEvent, SpanId, SpanRecord, SpanStatus, TraceId};
use lopata_storage::TraceSummary;
use serde_json::Value;

/// Columns that attributes are wrapped at.
const WIDTH: usize = 110;

/// Digits of a trace's id in the list; enough to name it.
const ID_DIGITS: usize = 12;

/// Attributes that say nothing in their usual form, or what the line above them says.
const QUIET: [(&str, Option<&str>); 8] = [
    ("faas.trigger", None),
    ("cloudflare.handler_type", None),
    ("cloudflare.entrypoint", Some("default")),
    ("cloudflare.execution_model", None),
    ("cloudflare.outcome", Some("ok")),
    ("url.scheme", None),
    ("url.path", None),
    ("http.request.method", None),
];

/// How text is marked for a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With escape sequences.
    pub colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn red(self, text: &str) -> String {
        self.paint("31", text)
    }
}

/// The list of traces, newest first. `now_us` is what the ages are counted from.
pub fn list(summaries: &[TraceSummary], now_us: i64, style: Style) -> String {
    let rows: Vec<[String; 6]> = summaries
        .iter()
        .map(|summary| {
            let id = summary.trace.to_string()[..ID_DIGITS].to_string();
            let spans = summary.spans.to_string();
            let duration = duration(summary.end_us - summary.start_us);
            [id, age(now_us - summary.start_us), duration, spans, summary.worker.clone(), title(summary)]
        })
        .collect();
    let heads = ["TRACE", "STARTED", "DURATION", "SPANS", "WORKER", "WHAT"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |cells: [&str; 6]| {
        let [id, age, duration, spans, worker, what] = cells;
        let [w0, w1, w2, w3, w4] = widths;
        format!("{id:<w0$}  {age:>w1$}  {duration:>w2$}  {spans:>w3$}  {worker:<w4$}  {what}")
    };
    let mut text = style.dim(&line(heads));
    text.push('\n');
    for (row, summary) in rows.iter().zip(summaries) {
        text.push_str(&line(std::array::from_fn(|column| row[column].as_str())));
        if summary.failed > 0 {
            let errors = if summary.failed == 1 { "1 error".to_string() } else { format!("{} errors", summary.failed) };
            write!(text, "  {}", style.red(&errors)).expect("writing to a string cannot fail");
        }
        text.push('\n');
    }
    text
}

/// `GET /path 200` for a request, the name for everything else.
fn title(summary: &TraceSummary) -> String {
    titled(&summary.name, &summary.attributes)
}

fn titled(name: &str, attributes: &[Attribute]) -> String {
    let find = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let mut title = name.to_string();
    if let Some(path) = find("url.path").and_then(Value::as_str) {
        let method = find("http.request.method").and_then(Value::as_str).filter(|method| *method != name);
        let place = match find("url.full").and_then(Value::as_str) {
            Some(full) => full.to_string(),
            None => match find("url.query").and_then(Value::as_str) {
                Some(query) => format!("{path}?{query}"),
                None => path.to_string(),
            },
        };
        if let Some(method) = method {
            title.push(' ');
            title.push_str(method);
        }
        title.push(' ');
        title.push_str(&place);
    }
    if let Some(status) = find("http.response.status_code").and_then(Value::as_u64) {
        write!(title, " {status}").expect("writing to a string cannot fail");
    }
    title
}

/// The tree of one trace.
pub fn trace(id: TraceId, spans: &[SpanRecord], style: Style) -> String {
    let start_us = spans.iter().map(|span| span.start_us).min().unwrap_or_default();
    let end_us = spans.iter().map(|span| span.end_us).max().unwrap_or_default();
    let known: HashMap<SpanId, usize> =
        spans.iter().enumerate().map(|(index, span)| (span.context.span, index)).collect();
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (index, span) in spans.iter().enumerate() {
        // A span that names itself would never be reached.
        let parent = span.parent.and_then(|parent| known.get(&parent).copied()).filter(|parent| *parent != index);
        children.entry(parent).or_default().push(index);
    }
    let count = if spans.len() == 1 { "1 span".to_string() } else { format!("{} spans", spans.len()) };
    let mut text = format!("{} {id}  {}  {count}\n", style.bold("Trace"), duration(end_us - start_us));
    let mut writer = TreeWriter { spans, children: &children, start_us, style, text: &mut text };
    let roots = children.get(&None).map_or(&[][..], Vec::as_slice);
    for root in roots {
        writer.span(*root, "", "", None);
    }
    text
}

struct TreeWriter<'a> {
    spans: &'a [SpanRecord],
    children: &'a HashMap<Option<usize>, Vec<usize>>,
    start_us: i64,
    style: Style,
    text: &'a mut String,
}

impl TreeWriter<'_> {
    /// `first` begins the span's own line, `rest` everything below it.
    fn span(&mut self, index: usize, first: &str, rest: &str, above: Option<&str>) {
        let span = &self.spans[index];
        let children = self.children.get(&Some(index)).map_or(&[][..], Vec::as_slice);
        let style = self.style;
        let mut line = format!("{}{}", style.dim(first), style.bold(&titled(&span.name, &span.attributes)));
        if above != Some(&*span.worker) && !span.worker.is_empty() {
            write!(line, "  [{}]", span.worker).expect("writing to a string cannot fail");
        }
        let offset = format!("at +{}", duration(span.start_us - self.start_us));
        write!(line, "  {}  {}", duration(span.end_us - span.start_us), style.dim(&offset))
            .expect("writing to a string cannot fail");
        if let SpanStatus::Error(reason) = &span.status {
            let reason = reason.lines().next().unwrap_or_default();
            write!(line, "  {}", style.red(&format!("\u{2718} {reason}"))).expect("writing to a string cannot fail");
        }
        self.push(&line);
        let below = format!("{rest}{}", if children.is_empty() { "   " } else { "\u{2502}  " });
        for line in wrapped(&span.attributes, WIDTH.saturating_sub(below.chars().count())) {
            self.push(&style.dim(&format!("{below}{line}")));
        }
        for event in &span.events {
            self.event(event, &below);
        }
        for (place, child) in children.iter().enumerate() {
            let last = place + 1 == children.len();
            let (branch, trunk) = if last { ("\u{2514}\u{2500} ", "   ") } else { ("\u{251c}\u{2500} ", "\u{2502}  ") };
            self.span(*child, &format!("{rest}{branch}"), &format!("{rest}{trunk}"), Some(&span.worker));
        }
    }

    fn event(&mut self, event: &SpanEvent, below: &str) {
        let find = |wanted: &str| {
            let found = event.attributes.iter().find(|(name, _)| name == wanted);
            found.and_then(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let (label, body) = match &*event.name {
            "log" => (find("log.severity").to_string(), find("log.message").to_string()),
            "exception" => {
                let (kind, message) = (find("exception.type"), find("exception.message"));
                let stack = find("exception.stacktrace");
                let headline = if kind.is_empty() { message.to_string() } else { format!("{kind}: {message}") };
                ("exception".to_string(), if stack.is_empty() { headline } else { stack.to_string() })
            }
            other => (other.to_string(), wrapped(&event.attributes, usize::MAX).into_iter().next().unwrap_or_default()),
        };
        let style = self.style;
        let label = match label.as_str() {
            "error" | "exception" => style.red(&label),
            _ => label,
        };
        let offset = style.dim(&format!("+{}", duration(event.time_us - self.start_us)));
        let mut lines = body.lines();
        let first = lines.next().unwrap_or_default();
        self.push(&format!("{}\u{2022} {offset} {label}  {first}", style.dim(below)));
        for line in lines {
            self.push(&format!("{}  {line}", style.dim(below)));
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// `name=value` pairs on lines of at most `width` columns, if one fits at all.
fn wrapped(attributes: &[Attribute], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let has_path = attributes.iter().any(|(name, _)| name == "url.path");
    for (name, value) in attributes {
        let quiet = QUIET.iter().any(|(known, usual)| known == name && usual.is_none_or(|usual| value == usual));
        let in_title = matches!(&**name, "http.response.status_code") || (has_path && is_place(name));
        if quiet || in_title {
            continue;
        }
        let value = match value {
            Value::String(text) if text.contains(char::is_whitespace) || text.is_empty() => format!("{text:?}"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let pair = format!("{name}={value}");
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + pair.chars().count() <= width => {
                line.push_str("  ");
                line.push_str(&pair);
            }
            _ => lines.push(pair),
        }
    }
    lines
}

/// What the title says of a URL.
fn is_place(name: &str) -> bool {
    matches!(name, "url.full" | "url.query" | "server.address" | "server.port")
}

/// Three significant digits or so.
fn duration(us: i64) -> String {
    let us = us.max(0);
    match us {
        0..1_000 => format!("{us} \u{b5}s"),
        1_000..10_000 => format!("{:.2} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        1_000_000..60_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

fn age(us: i64) -> String {
    match us.max(0) / 1_000_000 {
        0 => "just now".to_string(),
        seconds @ 1..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use lopata_protocol::{SpanContext, SpanKind};
    use serde_json::json;

    use super::*;

    const TRACE: TraceId = TraceId([0xab; 16]);

    fn span(id: u8, parent: Option<u8>, name: &'static str, worker: &str, at: (i64, i64)) -> SpanRecord {
        SpanRecord {
            context: SpanContext { trace: TRACE, span: SpanId([id; 8]) },
            parent: parent.map(|parent| SpanId([parent; 8])),
            name: name.into(),
            kind: SpanKind::Internal,
            start_us: at.0,
            end_us: at.1,
            status: SpanStatus::Unset,
            worker: worker.into(),
            invocation: None,
            attributes: Vec::new(),
            events: Vec::new(),
        }
    }

    fn sample() -> Vec<SpanRecord> {
        let mut server = span(1, Some(99), "GET", "shop", (0, 12_345));
        server.attributes = vec![
            ("http.request.method".into(), json!("GET")),
            ("url.path".into(), json!("/cart")),
            ("url.query".into(), json!("a=1")),
            ("http.response.status_code".into(), json!(500)),
        ];
        server.status = SpanStatus::Error("status 500".to_string());
        let mut handler = span(2, Some(1), "fetch handler", "shop", (200, 12_000));
        handler.attributes =
            vec![("cloudflare.outcome".into(), json!("exception")), ("cloudflare.entrypoint".into(), json!("default"))];
        handler.events = vec![
            SpanEvent {
                time_us: 300,
                name: "log".into(),
                attributes: vec![("log.severity".into(), json!("warn")), ("log.message".into(), json!("two\nlines"))],
            },
            SpanEvent {
                time_us: 11_900,
                name: "exception".into(),
                attributes: vec![
                    ("exception.type".into(), json!("TypeError")),
                    ("exception.message".into(), json!("no")),
                    ("exception.stacktrace".into(), json!("TypeError: no\n    at f (src/index.ts:1:2)")),
                ],
            },
        ];
        let mut kv = span(3, Some(2), "kv_get", "shop", (400, 950));
        kv.attributes = vec![("db.system.name".into(), json!("cloudflare-kv")), ("key".into(), json!("a b"))];
        let mut fetch = span(4, Some(2), "fetch", "shop", (1_000, 9_000));
        fetch.attributes = vec![
            ("http.request.method".into(), json!("POST")),
            ("url.full".into(), json!("http://pay.localhost/charge")),
            ("url.path".into(), json!("/charge")),
            ("server.address".into(), json!("pay.localhost")),
            ("http.response.status_code".into(), json!(200)),
        ];
        let pay = span(5, Some(4), "fetch handler", "pay", (1_500, 8_500));
        vec![server, handler, kv, fetch, pay]
    }

    #[test]
    fn a_trace_is_a_tree() {
        expect![[r#"
            Trace abababababababababababababababab  12.3 ms  5 spans
            GET /cart?a=1 500  [shop]  12.3 ms  at +0 µs  ✘ status 500
            └─ fetch handler  11.8 ms  at +200 µs
               │  cloudflare.outcome=exception
               │  • +300 µs warn  two
               │    lines
               │  • +11.9 ms exception  TypeError: no
               │        at f (src/index.ts:1:2)
               ├─ kv_get  550 µs  at +400 µs
               │     db.system.name=cloudflare-kv  key="a b"
               └─ fetch POST http://pay.localhost/charge 200  8.00 ms  at +1.00 ms
                  └─ fetch handler  [pay]  7.00 ms  at +1.50 ms
        "#]]
        .assert_eq(&trace(TRACE, &sample(), Style { colour: false }));
    }

    #[test]
    fn what_has_no_recorded_parent_stands_at_the_root() {
        let spans = [span(1, Some(1), "own parent", "w", (0, 1)), span(2, Some(9), "lost", "w", (1, 2))];
        let text = trace(TRACE, &spans, Style { colour: false });
        assert!(text.contains("\nown parent") && text.contains("\nlost"), "{text}");
    }

    #[test]
    fn the_list_is_a_table() {
        let summary = |name: &str, start_us, failed| TraceSummary {
            trace: TRACE,
            name: name.to_string(),
            worker: "shop".to_string(),
            attributes: vec![("url.path".into(), json!("/")), ("http.response.status_code".into(), json!(200))],
            start_us,
            end_us: start_us + 1_500,
            spans: 12,
            failed,
        };
        let summaries = [summary("GET", 7_199_000_000, 0), summary("POST", 0, 2)];
        expect![[r#"
            TRACE         STARTED  DURATION  SPANS  WORKER  WHAT
            abababababab  1 s ago   1.50 ms     12  shop    GET / 200
            abababababab  2 h ago   1.50 ms     12  shop    POST / 200  2 errors
        "#]]
        .assert_eq(&list(&summaries, 7_200_000_000, Style { colour: false }));
    }
}
