//! `--live-reload`: pages carry a script, and its WebSocket speaks when something has changed.

use serde_json::json;

use crate::harness::{Options, Project, Server, Socket};

const CODE: &str = r#"
const html = { "content-type": "text/html; charset=utf-8" };
const encoder = new TextEncoder();
export default {
  fetch(request) {
    switch (new URL(request.url).pathname) {
      case "/page": return new Response("<p>one</p>", { headers: html });
      case "/text": return new Response("<p>one</p>");
      case "/empty": return new Response(null, { status: 204, headers: html });
      case "/policy": return new Response("<p>one</p>", { headers: { ...html, "content-security-policy": "script-src 'nonce-abc'" } });
      case "/gzip": return new Response("<p>one</p>", { headers: { ...html, "content-encoding": "gzip" } });
      case "/stream": {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        (async () => {
          await writer.write(encoder.encode("<p>first</p>"));
          await writer.write(encoder.encode("<p>second</p>"));
          await writer.close();
        })();
        return new Response(readable, { headers: html });
      }
      case "/sized": {
        const { readable, writable } = new FixedLengthStream(10);
        const writer = writable.getWriter();
        (async () => { await writer.write(encoder.encode("<p>one</p>")); await writer.close(); })();
        return new Response(readable, { headers: html });
      }
      default: return new Response("the worker's own", { status: 404 });
    }
  },
};
"#;

const PATH: &str = "/cdn-cgi/live-reload";

fn start(project: &Project) -> Server {
    Server::start_with(project, Options::args(["--live-reload"]))
}

/// The script that follows `body`.
fn script_after(text: &str, body: &str) -> String {
    let script = text.strip_prefix(body).unwrap_or_else(|| panic!("{body} comes first: {text}"));
    assert!(script.trim().starts_with("<script") && script.trim().ends_with("</script>"), "{script}");
    assert!(script.contains(PATH), "{script}");
    script.to_owned()
}

#[test]
fn pages_get_a_script_behind_their_last_byte() {
    let project = Project::worker(CODE, json!({}));
    let server = start(&project);
    let page = server.get("/page");
    let script = script_after(&page.text(), "<p>one</p>");
    assert_eq!(page.header("content-length"), Some((10 + script.len()).to_string().as_str()));
    let sized = server.get("/sized");
    assert_eq!(
        (script_after(&sized.text(), "<p>one</p>"), sized.header("content-length")),
        (script.clone(), page.header("content-length"))
    );
    let head = server.client().send("HEAD", "/page", &[], b"");
    assert_eq!(head.header("content-length"), page.header("content-length"));
    let stream = server.get("/stream");
    assert_eq!(script_after(&stream.text(), "<p>first</p><p>second</p>"), script);
    assert_eq!(stream.header("transfer-encoding"), Some("chunked"));
    // Encoded on its way out, the script within.
    let plain = server.client().send("GET", "/gzip", &[("accept-encoding", "identity")], b"");
    assert_eq!(script_after(&plain.text(), "<p>one</p>"), script);
    let gzip = server.client().send("GET", "/gzip", &[("accept-encoding", "gzip")], b"");
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    // A policy that wants a nonce gets the page's, and a file instead of a script within the page.
    let tag = script_after(&server.get("/policy").text(), "<p>one</p>");
    assert_eq!(tag.trim(), "<script src=\"/cdn-cgi/live-reload\" nonce=\"abc\"></script>");
    let file = server.get(PATH);
    assert_eq!(file.header("content-type"), Some("text/javascript;charset=UTF-8"));
    assert!(script.contains(&file.text()));
    server.stop();
}

#[test]
fn what_is_no_page_is_left_alone() {
    let project = Project::worker(CODE, json!({}));
    let server = start(&project);
    server.expect("/text", "<p>one</p>");
    assert_eq!(server.get("/empty").status, 204);
    let fetched = server.client().send("GET", "/page", &[("sec-fetch-dest", "empty")], b"");
    assert_eq!(fetched.text(), "<p>one</p>");
    server.stop();

    let server = Server::start(&project);
    server.expect("/page", "<p>one</p>");
    assert_eq!(server.get(PATH).text(), "the worker's own");
    server.stop();
}

#[test]
fn a_reload_is_told_and_a_failed_build_is_not() {
    let project = Project::worker(CODE, json!({}));
    let server = start(&project);
    let mut own = Socket::connect_with(server.client(), PATH, &[("sec-websocket-protocol", "lopata-live-reload")]);
    assert_eq!(own.header("sec-websocket-protocol"), Some("lopata-live-reload"));
    // wrangler's script names this one.
    let name = "WRANGLER_PROXYWORKER_LIVE_RELOAD_PROTOCOL";
    let mut other = Socket::connect_with(server.client(), PATH, &[("sec-websocket-protocol", name)]);
    assert_eq!(other.header("sec-websocket-protocol"), Some(name));

    let mark = server.log().mark();
    project.edit("src/index.ts", "case \"/text\"", "case \"/text");
    server.log().wait_for(mark, "[ERROR]");
    server.reload(|| project.write("src/index.ts", &CODE.replace("<p>one</p>", "<p>two</p>")));
    own.expect("reload");
    other.expect("reload");
    script_after(&server.get("/page").text(), "<p>two</p>");
    server.reload(|| project.write("src/index.ts", &CODE.replace("<p>one</p>", "<p>three</p>")));
    own.expect("reload");
    other.expect("reload");

    own.close(1000, "");
    assert_eq!(own.closed().0, 1000);
    server.stop();
    assert_ne!(other.closed().0, 1000, "the end of the server ends the sockets");
}

#[test]
fn edits_of_a_site_are_told_and_style_sheets_on_their_own() {
    let project = Project::worker(CODE, json!({ "site": { "bucket": "./site" } }));
    project.write("site/index.html", "<p>one</p>");
    project.write("site/style.css", "p { color: red }");
    let server = start(&project);
    let mut own = Socket::connect_with(server.client(), PATH, &[("sec-websocket-protocol", "lopata-live-reload")]);
    let mut other = Socket::connect(server.client(), PATH);
    project.write("site/style.css", "p { color: blue }");
    own.expect("styles");
    other.expect("reload");
    project.write("site/index.html", "<p>two</p>");
    own.expect("reload");
    server.stop();
}

#[test]
fn edits_of_assets_are_told() {
    let project = Project::worker(CODE, json!({ "assets": { "directory": "./public" } }));
    project.write("public/index.html", "<p>asset</p>");
    project.write("public/style.css", "p { color: red }");
    let server = start(&project);
    let page = server.get("/");
    let script = script_after(&page.text(), "<p>asset</p>");
    assert_eq!(page.header("content-length"), Some((12 + script.len()).to_string().as_str()));
    let part = server.client().send("GET", "/", &[("range", "bytes=0-2")], b"");
    assert_eq!((part.status, part.text().as_str()), (206, "<p>"));
    server.expect("/style.css", "p { color: red }");

    let mut own = Socket::connect_with(server.client(), PATH, &[("sec-websocket-protocol", "lopata-live-reload")]);
    project.write("public/style.css", "p { color: blue }");
    own.expect("styles");
    server.expect("/style.css", "p { color: blue }");
    project.write("public/new.html", "<p>new</p>");
    own.expect("reload");
    project.write("public/_headers", "/*\n  X-New: yes\n");
    own.expect("reload");
    assert_eq!(server.get("/").header("x-new"), Some("yes"));
    server.stop();
}
