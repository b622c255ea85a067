//! Fixtures: a worker, its configuration, and the requests it must answer, as a folder.
//!
//! `requests.json` holds `{ about, args?, env?, suite?, requests?, log? }`:
//!
//! - `requests` are sent in order, one at a time; each has a `request` and what to `expect` of the response.
//! - with `suite`, the worker brings its own tests (`lib/suite.ts`): `/` lists their names, `/<name>` runs one.
//! - `log` lists lines that the terminal must have shown at the end.
//!
//! `$ORIGIN` and `$HOST` stand for the server's address in everything that is sent or expected. All failures of a
//! fixture are reported together.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::log::Mark;
use super::{Options, Project, Response, Server};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    suite: bool,
    #[serde(default)]
    requests: Vec<Step>,
    #[serde(default)]
    log: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    about: Option<String>,
    request: Sent,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// Sent as JSON, with its content type.
    json: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default = "ok")]
    status: u16,
    /// A value, several, or `null` for a header that must not be there.
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    body: Option<String>,
    json: Option<Value>,
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

fn get() -> String {
    "GET".to_string()
}

fn ok() -> u16 {
    200
}

/// Runs `tests/fixtures/<name>`.
pub fn check(name: &str) {
    let project = Project::fixture(name);
    let text = project.read("requests.json");
    let fixture: Fixture = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}/requests.json: {error}"));
    assert!(fixture.suite || !fixture.requests.is_empty(), "{name} asks for nothing");

    let env = fixture.env.clone().into_iter().collect();
    let server = Server::start_with(&project, Options { args: fixture.args.clone(), env });
    let mut failures = Vec::new();
    if fixture.suite {
        run_suite(&server, &mut failures);
    }
    for step in &fixture.requests {
        run_step(&server, step, &mut failures);
    }
    assert!(failures.is_empty(), "{name}: {} failed\n\n{}", failures.len(), failures.join("\n\n"));
    for line in &fixture.log {
        server.log().wait_for(Mark::default(), &filled(&server, line));
    }
    server.stop();
}

fn run_suite(server: &Server, failures: &mut Vec<String>) {
    let list = server.get("/");
    assert_eq!(list.status, 200, "the list of tests: {}\n{}", list.text(), server.log().text());
    let names: Vec<String> = serde_json::from_slice(&list.body).expect("the list is an array of names");
    assert!(!names.is_empty(), "the suite is empty");
    for name in names {
        let path: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        match server.client().try_send("GET", &format!("/{path}"), &[], b"") {
            Ok(response) if response.status == 200 && response.body == b"ok" => {}
            Ok(response) => failures.push(format!("{name}: {}", response.text())),
            Err(error) => failures.push(format!("{name}: no response: {error}")),
        }
    }
}

fn run_step(server: &Server, step: &Step, failures: &mut Vec<String>) {
    let Sent { method, path, headers, body, json } = &step.request;
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.clone(), filled(server, value))).collect();
    let body = match json {
        Some(json) => {
            headers.push(("content-type".to_string(), "application/json".to_string()));
            json.to_string()
        }
        None => body.clone(),
    };
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = filled(server, path);
    let wrong = match server.client().try_send(method, &path, &headers, filled(server, &body).as_bytes()) {
        Ok(response) => compare(server, &step.expect, &response),
        Err(error) => vec![format!("no response: {error}")],
    };
    if !wrong.is_empty() {
        let about = step.about.as_deref().unwrap_or("");
        failures.push(format!("{method} {path} {about}\n  {}", wrong.join("\n  ")));
    }
}

fn compare(server: &Server, expected: &Expected, response: &Response) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = response.text();
    if response.status != expected.status {
        wrong.push(format!("status {}, not {}: {text}", response.status, expected.status));
    }
    for (name, value) in &expected.headers {
        let have = response.headers(name);
        let want: Vec<String> = match value {
            Value::Null => vec![],
            Value::Array(values) => values.iter().filter_map(|value| Some(filled(server, value.as_str()?))).collect(),
            value => vec![filled(server, value.as_str().expect("a header is text"))],
        };
        if have != want {
            wrong.push(format!("header {name}: {have:?}, not {want:?}"));
        }
    }
    if let Some(body) = &expected.body
        && text != filled(server, body)
    {
        wrong.push(format!("body {text:?}, not {body:?}"));
    }
    if let Some(json) = &expected.json {
        let want: Value = serde_json::from_str(&filled(server, &json.to_string())).expect("it was JSON before");
        match serde_json::from_str::<Value>(&text) {
            Ok(have) if have == want => {}
            _ => wrong.push(format!("body {text}\n   not {want}")),
        }
    }
    for piece in &expected.contains {
        if !text.contains(&filled(server, piece)) {
            wrong.push(format!("body lacks {piece:?}: {text}"));
        }
    }
    for piece in &expected.lacks {
        if text.contains(&filled(server, piece)) {
            wrong.push(format!("body has {piece:?}: {text}"));
        }
    }
    wrong
}

fn filled(server: &Server, text: &str) -> String {
    let origin = server.origin();
    let host = origin.split("://").nth(1).expect("an origin has a scheme");
    text.replace("$ORIGIN", &origin).replace("$HOST", host)
}
