//! The endpoints under `/cdn-cgi/local/objects`: JSON in and out, for tools and the dashboard.
//!
//! ```text
//! GET    /cdn-cgi/local/objects                              the classes
//! GET    …/<key>                                             the objects of one; ?limit= &after=<id>
//! GET    …/<key>/<object>                                    what is known of an object
//! DELETE …/<key>/<object>                                    all that it stores goes
//! GET    …/<key>/<object>/values                             its key-value pairs; ?prefix= &after= &limit= or ?key=
//! POST   …/<key>/<object>/sql      {"sql": …, "params": […]} rows
//! GET    …/<key>/<object>/alarm                              when it is due
//! POST   …/<key>/<object>/alarm    {"at": ms} or {"in": ms}  sets it
//! DELETE …/<key>/<object>/alarm                              removes it
//! POST   …/<key>/<object>/alarm/ring                         rings it now
//! ```
//! `<object>` is an id, or `name:` and a name, percent-encoded. An error is `{"error": sentence}`. The server has
//! checked Host and Origin.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt;
use lopata_protocol::d1::D1Value;
use lopata_protocol::{InspectAnswer, InspectCall, ObjectId, ObjectStorage};
use serde_json::{Value as Json, json};

use super::{InspectError, Inspector, ObjectInfo, value};

/// Under which all paths are.
pub const PREFIX: &str = "/cdn-cgi/local/objects";

/// Objects or values in one answer when nobody says how many.
const LIMIT_DEFAULT: usize = 100;

/// Objects in one answer at most.
const LIMIT_MAX: usize = 10_000;

/// Bytes of a request's body at most.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Characters of a value's text in a list.
const TEXT_CHARS_MAX: usize = 2_000;

/// A request, taken apart.
pub struct Asked {
    /// `GET`, `POST` or `DELETE`.
    pub method: ::http::Method,
    /// The path, undecoded.
    pub path: String,
    /// The query, undecoded.
    pub query: String,
    /// The body.
    pub body: Bytes,
}

/// A status and the JSON of the answer.
pub type Said = (u16, Json);

/// Reads the body of a request; `None` when it is too long or its sender is gone.
pub async fn body_of<B>(body: B) -> Option<Bytes>
where
    B: ::http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limited = http_body_util::Limited::new(body, BODY_BYTES_MAX);
    limited.collect().await.ok().map(http_body_util::Collected::to_bytes)
}

/// Whether `path` is one of these.
pub fn claims(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request.
pub async fn answer(inspector: &Inspector, asked: Asked) -> Said {
    match respond(inspector, &asked).await {
        Ok(said) => said,
        Err(Failed::Inspect(error)) => {
            let status = match &error {
                InspectError::NoNamespace(..) => 404,
                InspectError::NoObject(_) | InspectError::Refused(_) => 400,
                InspectError::NoAlarm => 409,
                InspectError::Unreachable(_) | InspectError::Ended => 503,
                InspectError::Store(_) => 500,
            };
            (status, json!({ "error": error.to_string() }))
        }
        Err(Failed::Request(sentence)) => (400, json!({ "error": sentence })),
        Err(Failed::Unknown) => (404, json!({ "error": format!("There is no {} {}", asked.method, asked.path) })),
    }
}

enum Failed {
    Inspect(InspectError),
    Request(String),
    Unknown,
}

impl From<InspectError> for Failed {
    fn from(error: InspectError) -> Self {
        Self::Inspect(error)
    }
}

async fn respond(inspector: &Inspector, asked: &Asked) -> Result<Said, Failed> {
    let rest = asked.path.strip_prefix(PREFIX).unwrap_or_default();
    let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    let is_get = asked.method == ::http::Method::GET;
    let (key, object, rest) = match parts.as_slice() {
        [] if is_get => return Ok((200, namespaces(inspector)?)),
        [key] if is_get => return objects(inspector, key, asked),
        [key, object, rest @ ..] => (*key, *object, rest),
        _ => return Err(Failed::Unknown),
    };
    inspector.namespace(key)?;
    let (id, name) = inspector.id_of(key, object)?;
    let target = Target { inspector, key, id, name };
    match (asked.method.as_str(), rest) {
        ("GET", []) => target.state().await,
        ("DELETE", []) => target.done(InspectCall::DeleteAll).await,
        ("GET", ["values"]) => target.values(asked).await,
        ("POST", ["sql"]) => target.sql(asked).await,
        ("GET", ["alarm"]) => target.alarm().await,
        ("POST", ["alarm"]) => {
            let at_ms = alarm_time(&json_body(asked)?)?;
            target.done(InspectCall::SetAlarm { at_ms: Some(at_ms) }).await
        }
        ("DELETE", ["alarm"]) => target.done(InspectCall::SetAlarm { at_ms: None }).await,
        ("POST", ["alarm", "ring"]) => {
            inspector.ring(key, id)?;
            Ok((202, json!({ "ok": true })))
        }
        _ => Err(Failed::Unknown),
    }
}

fn namespaces(inspector: &Inspector) -> Result<Json, InspectError> {
    let shown = |info: super::NamespaceInfo| {
        let storage = match &info.definition.storage {
            ObjectStorage::Disk { sql, .. } | ObjectStorage::Memory { sql } => {
                if *sql {
                    "sqlite"
                } else {
                    "key-value"
                }
            }
            ObjectStorage::Nowhere => "none",
        };
        json!({
            "key": &*info.definition.unique_key,
            "worker": &*info.definition.worker,
            "class": &*info.definition.class,
            "storage": storage,
            "stored": info.stored,
            "live": info.live,
        })
    };
    let all: Vec<_> = inspector.namespaces()?.into_iter().map(shown).collect();
    Ok(json!({ "namespaces": all }))
}

fn objects(inspector: &Inspector, key: &str, asked: &Asked) -> Result<Said, Failed> {
    let after = match parameter(asked, "after") {
        Some(text) => Some(inspector.id_of(key, &text)?.0),
        None => None,
    };
    let limit = limit(asked, LIMIT_MAX)?;
    let mut rest = inspector.objects(key)?.into_iter().filter(|object| after.is_none_or(|after| object.id > after));
    let objects: Vec<_> = rest.by_ref().take(limit).map(|object| shown(&object)).collect();
    Ok((200, json!({ "objects": objects, "more": rest.next().is_some() })))
}

fn shown(object: &ObjectInfo) -> Json {
    let modified =
        object.modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_millis() as u64);
    json!({
        "id": object.id.to_string(),
        "name": object.name.as_deref(),
        "live": object.live,
        "bytes": object.bytes,
        "modified": modified,
        "alarm": object.alarm_ms,
    })
}

/// One object that a request is about.
struct Target<'a> {
    inspector: &'a Inspector,
    key: &'a str,
    id: ObjectId,
    name: Option<Arc<str>>,
}

impl Target<'_> {
    async fn ask(&self, call: InspectCall) -> Result<InspectAnswer, Failed> {
        Ok(self.inspector.ask(self.key, self.id, self.name.clone(), call).await?)
    }

    async fn done(&self, call: InspectCall) -> Result<Said, Failed> {
        self.ask(call).await?;
        Ok((200, json!({ "ok": true })))
    }

    async fn state(&self) -> Result<Said, Failed> {
        let InspectAnswer::State { constructed, database_bytes, alarm_ms } = self.ask(InspectCall::State).await? else {
            return Err(InspectError::Ended.into());
        };
        let said = json!({
            "id": self.id.to_string(),
            "name": self.name.as_deref(),
            "constructed": constructed,
            "bytes": database_bytes,
            "alarm": alarm_ms,
        });
        Ok((200, said))
    }

    async fn alarm(&self) -> Result<Said, Failed> {
        match self.ask(InspectCall::State).await? {
            InspectAnswer::State { alarm_ms, .. } => Ok((200, json!({ "alarm": alarm_ms }))),
            _ => Err(InspectError::Ended.into()),
        }
    }

    async fn values(&self, asked: &Asked) -> Result<Said, Failed> {
        let one = parameter(asked, "key");
        let call = match &one {
            Some(key) => InspectCall::Value { key: key.clone() },
            None => InspectCall::Values {
                prefix: parameter(asked, "prefix").unwrap_or_default(),
                start_after: parameter(asked, "after"),
                limit: u32::try_from(limit(asked, LIMIT_MAX)?).unwrap_or(u32::MAX),
            },
        };
        let InspectAnswer::Values { pairs, more } = self.ask(call).await? else {
            return Err(InspectError::Ended.into());
        };
        let chars_max = if one.is_some() { usize::MAX } else { TEXT_CHARS_MAX };
        let pairs: Vec<_> = pairs.iter().map(|(key, bytes)| pair(key, bytes, chars_max)).collect();
        Ok((200, json!({ "values": pairs, "more": more })))
    }

    async fn sql(&self, asked: &Asked) -> Result<Said, Failed> {
        let body = json_body(asked)?;
        let query = body.get("sql").and_then(Json::as_str).ok_or_else(|| {
            Failed::Request("The body must be JSON with the statements in `sql`, a string.".to_string())
        })?;
        let params = match body.get("params") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(params)) => params.iter().map(bound).collect::<Result<_, _>>()?,
            Some(_) => return Err(Failed::Request("`params` must be an array.".to_string())),
        };
        let call = InspectCall::Sql { query: query.to_string(), params };
        let InspectAnswer::Rows { columns, cells, rows_read, rows_written } = self.ask(call).await? else {
            return Err(InspectError::Ended.into());
        };
        let rows: Vec<Vec<_>> = cells.chunks(columns.len().max(1)).map(|row| row.iter().map(cell).collect()).collect();
        let said = json!({ "columns": columns, "rows": rows, "rowsRead": rows_read, "rowsWritten": rows_written });
        Ok((200, said))
    }
}

/// A key and its value as text, and as JSON when it is no more than that.
fn pair(key: &str, bytes: &Bytes, chars_max: usize) -> Json {
    let mut shown = json!({ "key": key, "bytes": bytes.len() });
    match value::read(bytes) {
        Ok(value) => {
            let text = value.text();
            if let Some(plain) = value.json().filter(|_| text.len() <= chars_max) {
                shown["json"] = plain;
            }
            let cut: String = text.chars().take(chars_max).collect();
            shown["truncated"] = Json::Bool(cut.len() < text.len());
            shown["text"] = Json::String(cut);
        }
        Err(error) => shown["error"] = Json::String(error.to_string()),
    }
    shown
}

/// A parameter of SQL. Numbers are bound as scripts bind them.
fn bound(param: &Json) -> Result<D1Value, Failed> {
    match param {
        Json::Null => Ok(D1Value::Null),
        Json::Number(number) => Ok(D1Value::Real(number.as_f64().unwrap_or(f64::NAN))),
        Json::String(text) => Ok(D1Value::Text(text.clone())),
        Json::Object(object) => {
            let bytes = object.get("base64").and_then(Json::as_str).and_then(|text| STANDARD.decode(text).ok());
            let bytes = bytes.ok_or_else(|| Failed::Request("A blob is {\"base64\": \"…\"}.".to_string()))?;
            Ok(D1Value::Blob(bytes.into()))
        }
        Json::Bool(_) | Json::Array(_) => {
            Err(Failed::Request("A parameter is null, a number, a string or a blob ({\"base64\": \"…\"}).".to_string()))
        }
    }
}

fn cell(value: &D1Value) -> Json {
    match value {
        D1Value::Null => Json::Null,
        D1Value::Integer(integer) => json!(integer),
        // JSON has no infinities.
        D1Value::Real(real) => {
            serde_json::Number::from_f64(*real).map_or_else(|| json!(real.to_string()), Json::Number)
        }
        D1Value::Text(text) => json!(text),
        D1Value::Blob(bytes) | D1Value::LoneSurrogates(bytes) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

fn alarm_time(body: &Json) -> Result<i64, Failed> {
    let wanted = |name: &str| body.get(name).and_then(Json::as_f64).filter(|ms| ms.is_finite()).map(|ms| ms as i64);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    match (wanted("at"), wanted("in")) {
        (Some(at), None) => Ok(at),
        (None, Some(in_ms)) => Ok(now.saturating_add(in_ms)),
        _ => Err(Failed::Request(
            "The body must be JSON with `at` (milliseconds since 1970) or `in` (milliseconds from now).".to_string(),
        )),
    }
}

fn json_body(asked: &Asked) -> Result<Json, Failed> {
    serde_json::from_slice(&asked.body).map_err(|error| Failed::Request(format!("The body is no JSON: {error}")))
}

fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let found = url::form_urlencoded::parse(asked.query.as_bytes()).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn limit(asked: &Asked, max: usize) -> Result<usize, Failed> {
    match parameter(asked, "limit") {
        None => Ok(LIMIT_DEFAULT),
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if limit > 0 => Ok(limit.min(max)),
            _ => Err(Failed::Request(format!("`limit` must be a whole number above 0, got `{text}`."))),
        },
    }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}
