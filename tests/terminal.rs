//! What a developer reads: console lines, errors with the user's own positions, error pages.

use serde_json::json;

use crate::harness::log::Mark;
use crate::harness::{Project, Server};

#[test]
fn the_console_reaches_the_terminal_with_its_origin() {
    let code = "console.log('module scope');\n\
                export default {\n  fetch() {\n    console.log('text', 1, true, null, undefined, [1, 'a'], { b: { c: 2 } });\n    \
                console.error('an error line');\n    console.warn('a warning');\n    console.debug('a detail');\n    \
                console.info(new Map([['k', new Set([1])]]));\n    console.log('%s is %d', 'six', 6);\n    \
                console.log('two\\nlines');\n    console.error(new TypeError('as a value'));\n    console.table([{ a: 1 }]);\n    \
                console.log(new Headers({ x: 'y' }), new URL('http://a/b'), new Date(0));\n    \
                const circular: any = {}; circular.self = circular; console.log(circular);\n    \
                console.log('x'.repeat(100_000).length, { get trap() { throw new Error('no'); } });\n    \
                return new Response('done');\n  },\n};\n";
    let project = Project::worker(code, json!({ "name": "talkative" }));
    let server = Server::start(&project);
    server.log().wait_for(Mark::default(), "module scope");
    server.expect("/", "done");
    let log = server.log();
    let line = log.wait_for(Mark::default(), "text 1 true null undefined [ 1, 'a' ] { b: { c: 2 } }");
    assert!(line.contains("talkative"), "the worker's name is missing: {line}");
    assert!(line.contains("src/index.ts:4:"), "the origin is missing: {line}");
    for needle in [
        "an error line",
        "a warning",
        "a detail",
        "Map(1) { 'k' => Set(1) { 1 } }",
        "six is 6",
        // A line of the other stream may come between the two.
        "two\n",
        "\nlines",
        "TypeError: as a value",
        "http://a/b",
        "1970-01-01T00:00:00.000Z",
        "[Circular",
        "100000",
    ] {
        log.wait_for(Mark::default(), needle);
    }
    log.wait_for(Mark::default(), "GET / 200 OK");
    server.stop();
}

/// A worker whose error has a cause, thrown two modules down.
fn failing() -> Project {
    let project = Project::worker(
        "import { outer } from './outer';\nexport default {\n  fetch(request: Request, env: any) {\n    return outer();\n  },\n};\n",
        json!({
            "name": "failing",
            "vars": { "PUBLIC": "shown or not" },
            "kv_namespaces": [{ "binding": "STORE", "id": "store-id" }],
        }),
    );
    project.write(".dev.vars", "SECRET_TOKEN=do-not-show-me\n");
    project.write(
        "src/outer.ts",
        "import { inner } from './inner';\n\ninterface Unused {\n  x: number;\n}\n\nexport function outer(): Response {\n  try {\n    \
         return inner();\n  } catch (cause) {\n    throw new TypeError('outer failed <b>', { cause });\n  }\n}\n",
    );
    project.write(
        "src/inner.ts",
        "export function inner(): Response {\n  // A line above.\n  throw new RangeError('inner failed');\n}\n",
    );
    project
}

#[test]
fn errors_are_shown_in_the_users_own_files() {
    let project = failing();
    let server = Server::start(&project);
    let mark = server.log().mark();
    let page = server.client().send("GET", "/", &[("accept", "text/plain"), ("user-agent", "curl/8.5.0")], b"");
    assert_eq!(page.status, 500);
    let text = page.text();
    assert!(text.starts_with("TypeError: outer failed <b>"), "{text}");
    for needle in ["src/outer.ts:11:", "src/index.ts:4:", "RangeError: inner failed", "src/inner.ts:3:"] {
        assert!(text.contains(needle), "the plain text lacks {needle}: {text}");
    }
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    for needle in ["TypeError: outer failed <b>", "src/outer.ts:11:", "inner failed", "src/inner.ts:3:"] {
        server.log().wait_for(mark, needle);
    }

    let page = server.client().send("GET", "/", &[("accept", "application/json")], b"");
    assert_eq!(page.status, 500);
    let json = page.json();
    assert_eq!((&json["name"], &json["message"]), (&json!("TypeError"), &json!("outer failed <b>")));
    assert_eq!(json["cause"]["message"], "inner failed");
    server.stop();
}

#[test]
fn a_browser_gets_a_page() {
    let project = failing();
    let server = Server::start(&project);
    let headers =
        [("accept", "text/html,*/*;q=0.8"), ("user-agent", "Mozilla/5.0"), ("cookie", "session=do-not-show-this")];
    let page = server.client().send("GET", "/path?query=1", &headers, b"");
    assert_eq!(page.status, 500);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let html = page.text();
    for needle in [
        "outer failed &lt;b&gt;",
        "inner failed",
        "src/outer.ts:11:",
        "src/inner.ts:3:",
        "A line above.",
        "/path?query=1",
        "STORE",
        "SECRET_TOKEN",
    ] {
        assert!(html.contains(needle), "the page lacks {needle}:\n{html}");
    }
    for secret in ["do-not-show-me", "do-not-show-this", "outer failed <b>"] {
        assert!(!html.contains(secret), "the page has {secret}");
    }
    for outside in ["http://cdn", "https://fonts", "<script src", "<link rel=\"stylesheet\" href"] {
        assert!(!html.contains(outside), "the page loads something: {outside}");
    }
    server.stop();
}

#[test]
fn each_request_has_its_line() {
    let code = "export default { fetch: (request: Request) => new Response(null, { status: Number(new URL(request.url).searchParams.get('s')) }) };";
    let project = Project::worker(code, json!({}));
    let server = Server::start(&project);
    server.get("/a?s=204");
    server.log().wait_for(Mark::default(), "GET /a");
    server.client().post("/b?s=404", b"x");
    let line = server.log().wait_for(Mark::default(), "POST /b");
    assert!(line.contains("404 Not Found"), "{line}");
    server.stop();
}
