//! Alarms of Durable Objects, and what people see of objects from outside.
//!
//! Alarms that are far away are rung by hand, so that nothing here waits for the time to pass.

use serde_json::{Value, json};

use crate::harness::{Project, Server, until};

/// An object whose alarm does what it was told to, and writes down what it was given.
const CODE: &str = r#"
import { DurableObject } from "cloudflare:workers";
const VERSION = 1;
export class Bell extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      if ((await ctx.storage.get("mode")) === "unborn") throw new Error("not constructed");
    });
  }
  async set(mode, at) {
    await this.ctx.storage.put("mode", mode);
    await this.ctx.storage.setAlarm(at);
  }
  async setAndFail(at) {
    await this.ctx.storage.transaction(async (transaction) => {
      transaction.setAlarm(at);
      transaction.rollback();
    });
    return this.ctx.storage.getAlarm();
  }
  async note(what) {
    const log = (await this.ctx.storage.get("log")) ?? [];
    log.push(what);
    await this.ctx.storage.put("log", log);
  }
  async state() {
    const { storage, id } = this.ctx;
    return { name: id.name, alarm: await storage.getAlarm(), log: (await storage.get("log")) ?? [] };
  }
  async alarm(info, ...rest) {
    const { storage, id } = this.ctx;
    const mode = await storage.get("mode");
    await this.note({ ...info, kind: String(info), rest: rest.length, name: id.name, get: await storage.getAlarm(), v: VERSION });
    await storage.put("mode", mode === "fail" ? "fail" : "");
    if (mode === "again") await storage.setAlarm(6e12);
    if (mode === "same") await storage.setAlarm(info.scheduledTime);
    if (mode === "again and fail") await storage.setAlarm(6e12);
    if (mode === "none and fail") await storage.deleteAlarm();
    if (mode === "delete all") await storage.deleteAll();
    if (mode === "wait until") this.ctx.waitUntil(Promise.reject(new Error("later")));
    if (mode === "abort") { await scheduler.wait(1); this.ctx.abort("told to"); }
    if (mode === "abort for good") { await scheduler.wait(1); this.ctx.abort("told to", { retryAlarm: false }); }
    if (mode?.endsWith("fail")) throw new Error("told to fail");
  }
}
export class Deaf extends DurableObject {
  sql(text) {
    return this.ctx.storage.sql.exec(text).toArray();
  }
}
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/version") return new Response(String(VERSION));
    const stub = env.BELL.getByName(searchParams.get("name"));
    try {
      if (pathname === "/set") await stub.set(searchParams.get("mode"), Number(searchParams.get("at")));
      if (pathname === "/rolled-back") return Response.json(await stub.setAndFail(5));
      return Response.json(await stub.state());
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
"#;

/// A time that does not come while a test runs.
const FAR: i64 = 5_000_000_000_000;

/// Another one.
const FARTHER: i64 = 6_000_000_000_000;

fn bells() -> Project {
    let bindings = json!([{ "name": "BELL", "class_name": "Bell" }, { "name": "DEAF", "class_name": "Deaf" }]);
    let config = json!({
        "name": "w",
        "compatibility_date": "2026-04-01",
        "durable_objects": { "bindings": bindings },
        "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Bell", "Deaf"] }],
    });
    Project::worker(CODE, config)
}

fn object(name: &str) -> String {
    format!("/cdn-cgi/local/objects/w-Bell/name:{name}")
}

fn set(server: &Server, name: &str, mode: &str, at: i64) {
    let mode = mode.replace(' ', "+");
    let answer = server.get(&format!("/set?name={name}&mode={mode}&at={at}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What the object says of itself; a question that comes while its handler resets it is asked again.
fn state(server: &Server, name: &str) -> Value {
    until("the object answers", || {
        let answer = server.get(&format!("/state?name={name}"));
        (answer.status == 200).then(|| answer.json())
    })
}

/// Rings the alarm, as soon as it is not running.
fn ring(server: &Server, name: &str) {
    let path = format!("{}/alarm/ring", object(name));
    until("the alarm rings", || (server.client().post(&path, b"").status == 202).then_some(()));
}

/// What the handler has written down, once it was called this often.
fn log(server: &Server, name: &str, times: usize) -> Vec<Value> {
    until("the handler is called", || {
        let log = state(server, name)["log"].as_array().cloned().unwrap_or_default();
        (log.len() == times).then_some(log)
    })
}

fn wait_for_alarm(server: &Server, name: &str, expected: &Value) {
    until("the alarm is as it should be", || (state(server, name)["alarm"] == *expected).then_some(()));
}

#[test]
fn a_handler_is_told_what_production_tells_it() {
    let server = Server::start(&bells());
    // Times that are over are due at once.
    set(&server, "a", "", 5);
    let log = log(&server, "a", 1);
    let at = log[0]["scheduledTime"].as_i64().expect("a number");
    assert!(at > 1_700_000_000_000, "a time that is over becomes now: {at}");
    let expected = json!({
        "scheduledTime": at, "retryCount": 0, "isRetry": false,
        "kind": "[object AlarmInvocationInfo]", "rest": 0, "name": "a", "get": null, "v": 1,
    });
    assert_eq!(log[0], expected);
    assert_eq!(state(&server, "a")["alarm"], Value::Null);
    server.log().wait_for(Default::default(), "Alarm of Bell \"a\" - Ok");
}

#[test]
fn what_a_handler_does_to_its_alarm_stands() {
    let server = Server::start(&bells());
    let cases = [
        ("again", json!(FARTHER)),
        ("again and fail", json!(FARTHER)),
        ("none and fail", Value::Null),
        ("wait until", Value::Null),
    ];
    for (mode, alarm) in cases {
        let name = mode.replace(' ', "-");
        set(&server, &name, mode, FAR);
        assert_eq!(state(&server, &name)["alarm"], FAR);
        ring(&server, &name);
        assert_eq!(log(&server, &name, 1)[0]["scheduledTime"], FAR, "{mode}");
        wait_for_alarm(&server, &name, &alarm);
    }
    set(&server, "all", "delete all", FAR);
    ring(&server, "all");
    wait_for_alarm(&server, "all", &Value::Null);
    assert_eq!(state(&server, "all")["log"], json!([]));
    // What was set for the very time that has come is not forgotten with it.
    set(&server, "same", "same", FAR);
    ring(&server, "same");
    log(&server, "same", 1);
    wait_for_alarm(&server, "same", &json!(FAR));
    ring(&server, "same");
    log(&server, "same", 2);
    wait_for_alarm(&server, "same", &Value::Null);
    assert_eq!(server.get("/rolled-back?name=rolled").json(), Value::Null);
}

#[test]
fn a_handler_that_fails_is_called_six_more_times() {
    let server = Server::start(&bells());
    set(&server, "a", "fail", FAR);
    for attempt in 0..7 {
        ring(&server, "a");
        let log = log(&server, "a", attempt + 1);
        let given = &log[attempt];
        assert_eq!((&given["retryCount"], &given["isRetry"]), (&json!(attempt), &json!(attempt > 0)));
        assert_eq!((&given["scheduledTime"], &given["get"]), (&json!(FAR), &Value::Null));
        if attempt < 6 {
            wait_for_alarm(&server, "a", &json!(FAR));
        }
    }
    wait_for_alarm(&server, "a", &Value::Null);
    server.log().wait_for(Default::default(), "Exception Thrown");
    server.log().wait_for(Default::default(), "not retried");
    assert_eq!(server.client().post(&format!("{}/alarm/ring", object("a")), b"").status, 409);
}

#[test]
fn an_object_that_is_reset_by_its_alarm_is_called_again_unless_it_says_otherwise() {
    let server = Server::start(&bells());
    set(&server, "a", "abort", FAR);
    ring(&server, "a");
    wait_for_alarm(&server, "a", &json!(FAR));
    ring(&server, "a");
    let log = until("the second call", || {
        let log = state(&server, "a")["log"].as_array().cloned().unwrap_or_default();
        log.iter().any(|given| given["retryCount"] == 1).then_some(log)
    });
    assert!(log.len() <= 2);
    wait_for_alarm(&server, "a", &Value::Null);
    set(&server, "b", "abort for good", FAR);
    ring(&server, "b");
    wait_for_alarm(&server, "b", &Value::Null);
    server.log().wait_for(Default::default(), "not retried");
}

#[test]
fn failures_of_the_constructor_do_not_count() {
    let project = bells();
    let server = Server::start(&project);
    set(&server, "a", "unborn", FAR);
    // So that the alarm has to construct it.
    server.reload(|| project.edit("src/index.ts", "VERSION = 1", "VERSION = 2"));
    for _ in 0..2 {
        let mark = server.log().mark();
        ring(&server, "a");
        server.log().wait_for(mark, "not constructed");
        server.log().wait_for(mark, "retried in");
    }
    let values = server.get(&format!("{}/values?key=log", object("a"))).json();
    assert_eq!(values["values"], json!([]));
}

#[test]
fn alarms_outlive_the_process() {
    let project = bells();
    let first = Server::start(&project);
    set(&first, "far", "", FAR);
    set(&first, "soon", "", 5);
    drop(first);
    let second = Server::start(&project);
    // Whichever of the two processes it was.
    assert_eq!(log(&second, "soon", 1)[0]["name"], "soon");
    assert_eq!(state(&second, "far")["alarm"], FAR);
    ring(&second, "far");
    assert_eq!(log(&second, "far", 1)[0]["name"], "far");
    let objects = second.get("/cdn-cgi/local/objects/w-Bell").json();
    assert_eq!(objects["objects"].as_array().map(Vec::len), Some(2));
}

#[test]
fn alarms_of_a_class_that_leaves_wait_for_its_return() {
    let project = bells();
    let server = Server::start(&project);
    set(&server, "a", "", FAR);
    let config = project.read("wrangler.json");
    let without: Value = {
        let mut without: Value = serde_json::from_str(&config).expect("it is JSON");
        without["durable_objects"]["bindings"] = json!([{ "name": "DEAF", "class_name": "Deaf" }]);
        without["migrations"] = json!([{ "tag": "v1", "new_sqlite_classes": ["Deaf"] }]);
        without
    };
    server.reload(|| project.write("wrangler.json", &without.to_string()));
    assert_eq!(server.client().post(&format!("{}/alarm/ring", object("a")), b"").status, 409);
    server.reload(|| project.write("wrangler.json", &config));
    ring(&server, "a");
    assert_eq!(log(&server, "a", 1)[0]["retryCount"], 0);
}

#[test]
fn an_alarm_that_nothing_handles_is_over() {
    let server = Server::start(&bells());
    let deaf = "/cdn-cgi/local/objects/w-Deaf/name:a";
    let answer = server.client().post(&format!("{deaf}/alarm"), br#"{"at":5000000000000}"#);
    assert_eq!(answer.json(), json!({ "ok": true }));
    assert_eq!(server.get(&format!("{deaf}/alarm")).json(), json!({ "alarm": FAR }));
    assert_eq!(server.client().post(&format!("{deaf}/alarm/ring"), b"").status, 202);
    let text = "Attempted to run a scheduled alarm without a handler, did you remember to export an alarm() function?";
    server.log().wait_for(Default::default(), text);
    until("it is gone", || (server.get(&format!("{deaf}/alarm")).json()["alarm"].is_null()).then_some(()));
}

#[test]
fn objects_are_looked_into_while_they_run_and_while_they_do_not() {
    let project = bells();
    let server = Server::start(&project);
    assert_eq!(server.get("/cdn-cgi/local/objects/w-Bell").json(), json!({ "objects": [], "more": false }));
    set(&server, "a", "x", FAR);
    let check = |server: &Server| {
        let values = server.get(&format!("{}/values?prefix=mo", object("a"))).json();
        let expected = json!([{ "key": "mode", "bytes": 5, "json": "x", "text": "'x'", "truncated": false }]);
        assert_eq!(values, json!({ "values": expected, "more": false }));
        let state = server.get(&object("a")).json();
        assert_eq!((&state["alarm"], &state["name"]), (&json!(FAR), &json!("a")));
        state["constructed"].clone()
    };
    assert_eq!(check(&server), true);
    let sql = |text: &str, params: Value| {
        let body = json!({ "sql": text, "params": params }).to_string();
        server.client().post(&format!("{}/sql", object("a")), body.as_bytes())
    };
    let made = sql("CREATE TABLE t (a, b BLOB); INSERT INTO t VALUES (?, ?)", json!([1, { "base64": "AQI=" }]));
    assert_eq!(made.status, 200, "{}", made.text());
    let rows = sql("SELECT b, a FROM t", json!([])).json();
    assert_eq!((&rows["columns"], &rows["rows"]), (&json!(["b", "a"]), &json!([[{ "base64": "AQI=" }, 1.0]])));
    let refused = sql("SELECT * FROM _cf_KV", json!([]));
    assert_eq!((refused.status, refused.json()["error"].is_string()), (400, true));
    drop(server);
    let server = Server::start(&project);
    assert_eq!(check(&server), false, "looking constructs nothing");
    let namespaces = server.get("/cdn-cgi/local/objects").json();
    assert_eq!(namespaces["namespaces"][0]["stored"], 1, "{namespaces}");
    let deleted = server.client().send("DELETE", &object("a"), &[], b"");
    assert_eq!(deleted.json(), json!({ "ok": true }));
    assert_eq!(state(&server, "a"), json!({ "name": "a", "alarm": null, "log": [] }));
}

#[test]
fn mistakes_are_told_and_strangers_refused() {
    let server = Server::start(&bells());
    for (method, path, body, status) in [
        ("GET", "/cdn-cgi/local/objects/w-None", "", 404),
        ("GET", "/cdn-cgi/local/objects/w-Bell/xyz", "", 400),
        ("GET", "/cdn-cgi/local/objects/w-Bell?limit=0", "", 400),
        ("POST", "/cdn-cgi/local/objects/w-Bell/name:a/sql", "{", 400),
        ("POST", "/cdn-cgi/local/objects/w-Bell/name:a/sql", "{}", 400),
        ("POST", "/cdn-cgi/local/objects/w-Bell/name:a/alarm", "{}", 400),
        ("POST", "/cdn-cgi/local/objects/w-Bell/name:a/alarm/ring", "", 409),
        ("POST", "/cdn-cgi/local/objects/w-Bell/name:a/nothing", "", 404),
    ] {
        let answer = server.client().send(method, path, &[], body.as_bytes());
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert!(answer.json()["error"].is_string(), "{}", answer.text());
    }
    let origin = [("origin", "https://example.com")];
    assert_eq!(server.client().send("GET", "/cdn-cgi/local/objects", &origin, b"").status, 403);
}
