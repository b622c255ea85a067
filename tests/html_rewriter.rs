//! `HTMLRewriter` over the wire: laziness, clients that leave, reloads in the middle of a handler, bounded memory.
//! What handlers can do is in `tests/fixtures/html-rewriter`.

use serde_json::json;

use crate::harness::{Project, Server, proc, until};

const MIB: usize = 1024 * 1024;

const CODE: &str = r#"
    // @ts-nocheck
    const encoder = new TextEncoder();
    const row = encoder.encode(`<tr><td class="a">one</td><td>two &amp; three</td></tr>\n`.repeat(1000));
    const tried = (f) => { try { return f() } catch (e) { return `${e.name}: ${e.message}` } };
    const atStart = tried(() => new HTMLRewriter().transform(new Response("<p>")));
    const rows = (count, cancelled = () => {}) => new ReadableStream({
      pull(controller) {
        if (count-- > 0) controller.enqueue(row.slice());
        else controller.close();
      },
      cancel: cancelled,
    });
    let release = () => {};
    export default {
      async fetch(request, env, ctx) {
        const url = new URL(request.url);
        const count = Number(url.searchParams.get("count"));
        const rewriter = new HTMLRewriter();
        switch (url.pathname) {
          case "/at-start":
            return new Response(atStart);
          case "/rows": {
            let seen = 0;
            return rewriter
              .on("td", { element(td) { td.setAttribute("n", `${seen++}`); }, text() {} })
              .transform(new Response(rows(count)));
          }
          case "/waiting-rows":
            return rewriter
              .on("tr", { async element(tr) { await Promise.resolve(); tr.setAttribute("late", ""); } })
              .transform(new Response(rows(count)));
          case "/gate":
            return rewriter
              .on("b", { async element(b) { console.log("the handler waits"); await new Promise((resolve) => (release = resolve)); b.setInnerContent("opened"); } })
              .transform(new Response(new ReadableStream({
                start(controller) { controller.enqueue(encoder.encode("<a>first</a><b></b>")); },
                pull(controller) { controller.close(); },
                cancel(reason) { console.log("the source was cancelled"); },
              }, { highWaterMark: 0 })));
          case "/open":
            release();
            return new Response("opened");
          case "/fails":
            return rewriter
              .on("b", { element() { throw new RangeError("the handler failed"); } })
              .transform(new Response(rows(1).pipeThrough(new TransformStream({ flush(c) { c.enqueue(encoder.encode("<b>")); } }))));
          case "/abandoned": {
            for (let i = 0; i < count; i++) {
              const reader = new HTMLRewriter()
                .on("p", { element: () => new Promise(() => {}) })
                .transform(new Response(`<i>x</i><p>${"y".repeat(10_000)}`))
                .body.getReader();
              await reader.read();
              reader.read().catch(() => {});
            }
            return new Response("abandoned");
          }
          case "/esi":
            return rewriter.on("*", { element(element) { tried(() => element.onEndTag((tag) => { tag.before("!"); })) } })
              .transform(new Response("<div><esi:include>x</div>"));
        }
        return new Response("no", { status: 404 });
      },
    };
"#;

fn rewriting() -> Project {
    Project::worker(CODE, json!({}))
}

#[test]
fn a_long_document_takes_little_memory() {
    let project = rewriting();
    let server = Server::start(&project);
    // Once, so that what is counted is not the first use.
    server.get("/rows?count=10");
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());
    let body = server.get("/rows?count=300").body;
    assert!(body.len() > 20 * MIB, "{} bytes came", body.len());
    assert!(body.ends_with(b"</tr>\n"), "it is complete");
    let rewritten = String::from_utf8_lossy(&body[..200]);
    assert!(rewritten.starts_with(r#"<tr><td class="a" n="0">one</td><td n="1">two"#), "{rewritten}");
    let grown = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(grown < 96 * MIB as u64, "{} MiB more", grown / MIB as u64);
    server.stop();
}

#[test]
fn a_document_of_a_thousand_waiting_handlers_is_complete() {
    let project = rewriting();
    let server = Server::start(&project);
    let text = server.get("/waiting-rows?count=3").text();
    assert_eq!(text.matches(r#"<tr late="">"#).count(), 3000);
    server.stop();
}

#[test]
fn what_comes_before_a_waiting_handler_reaches_the_client() {
    let project = rewriting();
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("GET", "/gate", &[], b"").expect("it is sent");
    let head = connection.head().expect("the head comes");
    let mut body = connection.body("GET", &head).expect("there is a body");
    let first = body.take_bytes("<a>first</a>".len()).expect("the first part comes");
    assert_eq!(first, b"<a>first</a>");
    assert_eq!(server.get("/open").text(), "opened");
    let rest = body.take_bytes("<b>opened</b>".len()).expect("the rest comes");
    assert_eq!(rest, b"<b>opened</b>");
    server.stop();
}

#[test]
fn a_client_that_leaves_cancels_the_source_of_a_waiting_rewriter() {
    let project = rewriting();
    let server = Server::start(&project);
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("GET", "/gate", &[], b"").expect("it is sent");
    server.log().wait_for(mark, "the handler waits");
    connection.reset();
    server.log().wait_for(mark, "the source was cancelled");
    assert_eq!(server.get("/rows?count=1").status, 200);
    server.stop();
}

#[test]
fn a_handler_that_fails_breaks_the_body_and_is_reported() {
    let project = rewriting();
    let server = Server::start(&project);
    let mark = server.log().mark();
    let broken = server.client().try_send("GET", "/fails", &[], b"");
    assert!(broken.is_err() || broken.is_ok_and(|response| response.status == 500), "no complete body comes");
    server.log().wait_for(mark, "the handler failed");
    server.stop();
}

#[test]
fn a_generation_ends_with_handlers_that_wait_for_ever() {
    let project = rewriting();
    let server = Server::start(&project);
    server.get("/abandoned?count=50");
    let threads = proc::threads(server.pid());
    for round in 0..3 {
        let mark = server.log().mark();
        project.edit("src/index.ts", "no\", {", &format!("no{round}\", {{"));
        server.log().wait_for(mark, "Local server updated and ready");
        server.get("/abandoned?count=50");
        project.edit("src/index.ts", &format!("no{round}\", {{"), "no\", {");
    }
    until("the old generations are gone", || (proc::threads(server.pid()) <= threads + 2).then_some(()));
    assert_eq!(server.get("/rows?count=1").status, 200);
    server.stop();
}

#[test]
fn rewriters_that_nobody_reads_are_collected() {
    let project = rewriting();
    let server = Server::start(&project);
    server.get("/abandoned?count=500");
    let before = proc::rss_bytes(server.pid());
    for _ in 0..10 {
        assert_eq!(server.get("/abandoned?count=500").text(), "abandoned");
    }
    let grown = proc::rss_bytes(server.pid()).saturating_sub(before);
    assert!(grown < 128 * MIB as u64, "{} MiB more", grown / MIB as u64);
    server.stop();
}

#[test]
fn it_needs_an_event() {
    let project = rewriting();
    let server = Server::start(&project);
    let text = server.get("/at-start").text();
    assert!(text.starts_with("Error: Disallowed operation called within global scope."), "{text}");
    server.stop();
}

#[test]
fn esi_include_may_be_a_void_tag() {
    let flagged = json!({ "compatibility_flags": ["html_rewriter_treats_esi_include_as_void_tag"] });
    for (extra, wanted) in [(json!({}), "<div><esi:include>x!!</div>"), (flagged, "<div><esi:include>x!</div>")] {
        let project = Project::worker(CODE, extra);
        let server = Server::start(&project);
        assert_eq!(server.get("/esi").text(), wanted);
        server.stop();
    }
}
