//! Compatibility dates and flags: the same worker under several configurations, each asked the same questions.

use serde_json::{Map, Value, json};

use crate::harness::{Project, Server};

/// Each probe gives a value, or the error it threw. `eval` is tried at module scope, too.
const CODE: &str = r#"
    // @ts-nocheck
    const bytes = (...parts) => new Uint8Array(parts.flatMap((p) => (typeof p === "string" ? [...new TextEncoder().encode(p)] : p)));
    const tried = (f) => { try { return f(); } catch (e) { return `${e.name}: ${e.message}`; } };
    const atStart = tried(() => eval("1 + 1"));
    const form = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nin it\r\n--x--\r\n";
    const cookies = () => {
      const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x", "y"]]);
      return { entries: [...headers], has: typeof headers.getSetCookie, all: headers.getAll("set-cookie"), copied: new Response(null, { headers }).headers.getAll("set-cookie"), get: headers.get("set-cookie") };
    };
    const searching = () => {
      const params = new URLSearchParams("a=1&a=2");
      const has = params.has("a", "3");
      params.delete("a", "1");
      return { has, left: `${params}` };
    };
    async function* later() { yield "x"; yield bytes("y"); }
    const probes = {
      evalAtStart: () => atStart,
      evalLater: () => eval("1 + 1"),
      navigator: () => [typeof navigator, typeof Navigator, globalThis.navigator?.language ?? null],
      weak: () => [typeof WeakRef, typeof FinalizationRegistry],
      channel: () => [typeof MessageChannel, typeof MessagePort],
      importScripts: () => (typeof importScripts === "function" ? tried(() => importScripts("x")) : "none"),
      tag: () => [`${new Headers()}`, `${new Map()}`],
      signal: ({ request }) => String(request.signal),
      givenSignal: () => String(new Request("http://x/", { signal: AbortSignal.abort() }).signal),
      cookies,
      searching,
      readable: () => typeof new ReadableStream({ pull() {} }),
      writable: () => typeof new WritableStream(),
      bodyIsReadable: () => new Response("x").body instanceof ReadableStream,
      transform: async () => {
        const { readable, writable } = new TransformStream({ transform(chunk, to) { to.enqueue(bytes("changed")); } });
        const writer = writable.getWriter();
        writer.write(bytes("given")).catch(() => {});
        return new TextDecoder().decode((await readable.getReader().read()).value);
      },
      identity: () => new IdentityTransformStream() instanceof TransformStream,
      mark: async () => (await new Response(bytes([0xef, 0xbb, 0xbf], "a")).text()).length,
      markedJson: async () => new Response(bytes([0xef, 0xbb, 0xbf], "1")).json(),
      file: async () => {
        const value = (await new Response(form, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData()).get("f");
        return typeof value === "string" ? value : [value.name, await value.text()];
      },
      list: () => new Response(["a", "b"]).text(),
      generator: () => new Response(later()).text(),
      posted: () => new Request("http://x/", { method: "POST", body: new Set(["q"]) }).text(),
      talkative: () => new Response(Object.assign(["a"], { toString: () => "said" })).text(),
      number: () => new Response([1, 2][Symbol.iterator]()).text(),
      patch: () => new Request("http://x/", { method: "patch" }).method,
      put: () => new Request("http://x/", { method: "put" }).method,
      madeUp: () => new Request("http://x/", { method: "frob" }).method,
      cache: () => ["no-store", "no-cache", "reload", "default"].map((cache) => tried(() => new Request("http://x/", { cache }).cache)),
      hasCache: () => "cache" in Request.prototype,
      clonedCache: () => new Request(new Request("http://x/", { cache: "no-store" })).clone().cache,
      scheme: async ({ url }) => (await fetch(url.href.replace("http:", "frob:").replace(/\/[^/]*$/, "/plain"))).text(),
      redirected: async ({ url }) => {
        const there = `http://127.0.0.1:${url.port}/away?to=${encodeURIComponent(`http://localhost:${url.port}/credentials`)}`;
        return (await fetch(there, { headers: { authorization: "me", cookie: "c" } })).text();
      },
      exports: ({ ctx }) => typeof ctx.exports,
      flags: () => Cloudflare.compatibilityFlags,
      flagsAreSealed: () => [Object.isSealed(Cloudflare.compatibilityFlags), Object.getPrototypeOf(Cloudflare.compatibilityFlags)],
    };
    export default {
      async fetch(request, env, ctx) {
        const url = new URL(request.url);
        const name = url.pathname.slice(1);
        if (name === "plain") return new Response("plain");
        if (name === "away") return Response.redirect(url.searchParams.get("to"));
        if (name === "credentials") return new Response(`${request.headers.get("authorization")} ${request.headers.get("cookie")}`);
        const answers = {};
        for (const name of url.searchParams.get("probes").split(",")) {
          try {
            answers[name] = (await probes[name]({ request, url, ctx })) ?? null;
          } catch (e) {
            answers[name] = `${e.name}: ${e.message}`;
          }
        }
        return Response.json(answers);
      },
    };
"#;

/// Starts a worker of `date` with `flags` and asks what `wanted` answers.
fn check(date: &str, flags: &[&str], wanted: Value) {
    let project = Project::worker(CODE, json!({ "compatibility_date": date, "compatibility_flags": flags }));
    let server = Server::start(&project);
    let wanted = wanted.as_object().expect("the answers are an object");
    let names: Vec<&str> = wanted.keys().map(String::as_str).collect();
    let answers = server.get(&format!("/?probes={}", names.join(","))).json();
    let answers: &Map<String, Value> = answers.as_object().expect("it answers with an object");
    for (name, wanted) in wanted {
        assert_eq!(&answers[name], wanted, "{name}, for {date} with {flags:?}");
    }
    server.stop();
}

#[test]
fn the_newest_date_has_the_newest_behaviour() {
    check(
        "2026-04-01",
        &[],
        json!({
            "evalAtStart": 2,
            "evalLater": "EvalError: Code generation from strings disallowed for this context",
            "navigator": ["object", "function", "en"],
            "weak": ["function", "function"],
            "channel": ["function", "function"],
            "importScripts": "none",
            "tag": ["[object Headers]", "[object Map]"],
            "signal": "[object AbortSignal]",
            "givenSignal": "[object AbortSignal]",
            "cookies": {
                "entries": [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x", "y"]],
                "has": "function",
                "all": ["a=1", "b=2"],
                "copied": ["a=1", "b=2"],
                "get": "a=1, b=2",
            },
            "searching": { "has": false, "left": "a=2" },
            "readable": "object",
            "writable": "object",
            "bodyIsReadable": true,
            "transform": "changed",
            "identity": true,
            "mark": 1,
            "markedJson": 1,
            "file": ["a.txt", "in it"],
            "list": "TypeError: This ReadableStream did not return bytes.",
            "generator": "TypeError: This ReadableStream did not return bytes.",
            "posted": "TypeError: This ReadableStream did not return bytes.",
            "talkative": "said",
            "number": "TypeError: This ReadableStream did not return bytes.",
            "patch": "PATCH",
            "put": "PUT",
            "madeUp": "TypeError: Invalid HTTP method string: frob",
            "cache": [
                "no-store", "no-cache", "TypeError: Unsupported cache mode: reload",
                "TypeError: Unsupported cache mode: default",
            ],
            "hasCache": true,
            "clonedCache": "no-store",
            "redirected": "null c",
            "exports": "object",
            "flagsAreSealed": [true, null],
        }),
    );
}

#[test]
fn the_oldest_date_has_the_oldest_behaviour() {
    let stream = |name: &str| {
        format!(
            "Error: To use the new {name}() constructor, enable the streams_enable_constructors compatibility flag. \
             Refer to the docs for more information: \
             https://developers.cloudflare.com/workers/platform/compatibility-dates/#compatibility-flags"
        )
    };
    let no_cache = "Error: The 'cache' field on 'RequestInitializerDict' is not implemented.";
    check(
        "2021-05-01",
        &[],
        json!({
            "evalAtStart": "EvalError: Code generation from strings disallowed for this context",
            "navigator": ["undefined", "undefined", null],
            "weak": ["undefined", "undefined"],
            "channel": ["undefined", "undefined"],
            "importScripts":
                "Error: Failed to execute 'importScripts' on 'WorkerGlobalScope': the method is not implemented.",
            "tag": ["[object Object]", "[object Map]"],
            "signal": "[object Object]",
            "cookies": {
                "entries": [["set-cookie", "a=1, b=2"], ["x", "y"]],
                "has": "undefined",
                "all": ["a=1", "b=2"],
                "copied": ["a=1", "b=2"],
                "get": "a=1, b=2",
            },
            "searching": { "has": true, "left": "" },
            "readable": stream("ReadableStream"),
            "writable": stream("WritableStream"),
            "bodyIsReadable": true,
            "transform": "given",
            "identity": true,
            "mark": 2,
            "markedJson": "SyntaxError: Unexpected token '\u{feff}', \"\u{feff}1\" is not valid JSON",
            "file": "in it",
            "list": "a,b",
            "generator": "[object AsyncGenerator]",
            "posted": "[object Set]",
            "patch": "TypeError: Invalid HTTP method string: patch",
            "put": "PUT",
            "cache": [no_cache, no_cache, no_cache, no_cache],
            "hasCache": false,
            "scheme": "plain",
            "redirected": "me c",
            "exports": "undefined",
        }),
    );
}

#[test]
fn flags_win_over_the_date() {
    check(
        "2026-04-01",
        &[
            "no_global_navigator",
            "disallow_eval_during_startup",
            "cache_reload_enabled",
            "cache_no_cache_disabled",
            "no_fetch_iterable_type_support_override_adjustment",
            "disable_weak_ref",
        ],
        json!({
            "evalAtStart": "EvalError: Code generation from strings disallowed for this context",
            "navigator": ["undefined", "undefined", null],
            "weak": ["undefined", "undefined"],
            "talkative": "TypeError: This ReadableStream did not return bytes.",
            "cache": [
                "no-store", "TypeError: Unsupported cache mode: no-cache", "reload",
                "TypeError: Unsupported cache mode: default",
            ],
        }),
    );
    check("2021-05-01", &["allow_insecure_inefficient_logged_eval"], json!({ "evalAtStart": 2, "evalLater": 2 }));
}

#[test]
fn a_worker_sees_its_flags() {
    let project = Project::worker(
        CODE,
        json!({ "compatibility_date": "2025-09-01", "compatibility_flags": ["nodejs_compat", "no_global_navigator"] }),
    );
    let server = Server::start(&project);
    let flags = server.get("/?probes=flags").json()["flags"].clone();
    assert_eq!(flags["nodejs_compat"], true, "as named");
    assert_eq!(flags["enable_nodejs_http_server_modules"], true, "by what it implies");
    assert_eq!(flags["global_navigator"], false, "as named");
    assert_eq!(flags["url_standard"], true, "by date");
    assert_eq!(flags["fetch_iterable_type_support"], false, "by date");
    assert_eq!(flags["no_global_navigator"], Value::Null, "opposites are not shown");
    assert_eq!(flags["unsafe_module"], false, "experiments are shown");
    server.stop();
}

#[test]
fn an_edit_of_the_flags_is_a_new_worker() {
    let project = Project::worker(CODE, json!({ "compatibility_flags": ["no_global_navigator"] }));
    let server = Server::start(&project);
    assert_eq!(server.get("/?probes=navigator").json()["navigator"][0], "undefined");
    let mark = server.log().mark();
    project.edit("wrangler.json", "no_global_navigator", "global_navigator");
    server.log().wait_for(mark, "Local server updated and ready");
    assert_eq!(server.get("/?probes=navigator").json()["navigator"][0], "object");
    server.stop();
}
