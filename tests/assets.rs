//! Static assets: what is served from a directory, what goes to the worker, and that nothing else can be reached.

use std::fs;
use std::io::Read;

use serde_json::{Value, json};

use crate::harness::{Options, Project, Response, Server, proc, server::run, until};

const MIB: usize = 1024 * 1024;

/// Says that it was asked; fetches from its assets what is asked for below `/via`.
const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const url = new URL(request.url);
        if (url.pathname.startsWith("/via/")) {
          const init: any = { method: url.searchParams.get("method") ?? "GET", redirect: url.searchParams.get("redirect") ?? "manual" };
          const range = url.searchParams.get("range");
          if (range) init.headers = { range };
          if (init.method === "POST") init.body = "some text";
          const target = url.searchParams.get("host") ?? "assets.test";
          const response = await env.ASSETS.fetch(`https://${target}${url.pathname.slice(4)}`, init);
          return Response.json({
            status: response.status,
            text: response.statusText,
            url: response.url,
            redirected: response.redirected,
            location: response.headers.get("location"),
            type: response.headers.get("content-type"),
            empty: response.body === null,
            body: await response.text(),
          });
        }
        if (url.pathname.startsWith("/pass/")) {
          return env.ASSETS.fetch(new Request(new URL(url.pathname.slice(5), url), request));
        }
        if (url.pathname === "/rpc") {
          return env.ASSETS.nothing().catch((error: any) => new Response(String(error)));
        }
        if (url.pathname === "/kind") return Response.json([String(env.ASSETS), typeof env.ASSETS.fetch]);
        if (url.pathname === "/bound") return env.OTHER.fetch("https://other.test" + url.search.slice(1), { redirect: "manual" });
        if (url.pathname === "/call") return new Response(await env.OTHER.hello());
        return new Response(`worker: ${request.method} ${url.pathname} ${await request.text()}`, { status: 404 });
      },
    };
"#;

/// A worker with assets that are below `public`.
fn site(assets: Value, files: &[(&str, &str)]) -> Project {
    let mut with = json!({ "directory": "public", "binding": "ASSETS" });
    let object = with.as_object_mut().expect("it is one");
    object.extend(assets.as_object().expect("the settings are an object").clone());
    let project = Project::worker(CODE, json!({ "assets": with }));
    for (name, text) in files {
        project.write(&format!("public/{name}"), text);
    }
    project
}

/// A project of assets alone.
fn pages(assets: &Value, files: &[(&str, &str)]) -> Project {
    let config = json!({ "name": "pages", "compatibility_date": "2026-04-01", "assets": assets });
    let project = Project::new(&[("wrangler.json", &config.to_string())]);
    for (name, text) in files {
        project.write(&format!("public/{name}"), text);
    }
    project
}

fn redirects_to(response: &Response) -> (u16, &str) {
    (response.status, response.header("location").unwrap_or_default())
}

#[test]
fn assets_come_first_and_the_rest_is_the_workers() {
    let project = site(json!({}), &[("index.html", "<p>home"), ("about.html", "<p>about"), ("a b.txt", "text")]);
    let server = Server::start(&project);
    let home = server.get("/");
    assert_eq!((home.status, home.text().as_str()), (200, "<p>home"));
    assert_eq!(home.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(home.header("cache-control"), Some("public, max-age=0, must-revalidate"));
    assert_eq!(home.header("cf-cache-status"), Some("HIT"));
    server.expect("/about", "<p>about");
    server.expect("/a%20b.txt", "text");
    assert_eq!(redirects_to(&server.get("/about.html?x=1&y")), (307, "/about?x=1&y"));
    assert_eq!(redirects_to(&server.get("/index.html")), (307, "/"));
    assert_eq!(redirects_to(&server.get("//about//")), (307, "/about"));
    assert_eq!(redirects_to(&server.get("/%61bout")), (307, "/about"));
    let none = server.get("/none?q");
    assert_eq!((none.status, none.text().as_str()), (404, "worker: GET /none "), "its own 404 is not replaced");
    let posted = server.client().post("/none", b"body");
    assert_eq!(posted.text(), "worker: POST /none body");
    let refused = server.client().post("/about", b"body");
    assert_eq!((refused.status, refused.text().as_str()), (405, ""));
    server.log().wait_for(Default::default(), "GET / 200 OK");
    server.log().wait_for(Default::default(), "GET /none 404 Not Found");
}

#[test]
fn versions_and_parts_are_answered() {
    let project = site(json!({}), &[("a.txt", "0123456789")]);
    let server = Server::start(&project);
    let client = server.client();
    let tag = server.get("/a.txt").header("etag").expect("an asset has a tag").to_string();
    for given in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let same = client.send("GET", "/a.txt", &[("if-none-match", &given)], b"");
        assert_eq!((same.status, same.text().as_str(), same.header("etag")), (304, "", Some(&*tag)), "{given}");
    }
    assert_eq!(client.send("GET", "/a.txt", &[("if-none-match", "\"other\"")], b"").status, 200);
    let head = client.send("HEAD", "/a.txt", &[], b"");
    assert_eq!((head.status, head.header("content-length"), head.header("etag")), (200, Some("10"), Some(&*tag)));
    let part = client.send("GET", "/a.txt", &[("range", "bytes=2-4")], b"");
    assert_eq!((part.status, part.text().as_str()), (206, "234"));
    assert_eq!((part.header("content-range"), part.header("content-length")), (Some("bytes 2-4/10"), Some("3")));
    assert_eq!(client.send("GET", "/a.txt", &[("range", "bytes=10-")], b"").status, 416);
    assert_eq!(client.send("GET", "/a.txt", &[("range", "bytes=0-1,3-4")], b"").text(), "0123456789");
    let gzip = client.send("GET", "/a.txt", &[("accept-encoding", "gzip, br")], b"");
    assert_eq!((gzip.header("content-encoding"), gzip.text().as_str()), (None, "0123456789"));
}

#[test]
fn the_binding_fetches_assets_for_any_host() {
    let files = [("index.html", "home"), ("a.txt", "0123456789"), ("404.html", "nothing here")];
    let project = site(json!({ "not_found_handling": "404-page", "run_worker_first": true }), &files);
    let server = Server::start(&project);
    let via = |path: &str| server.get(&format!("/via{path}")).json();
    assert_eq!(server.get("/a.txt").text(), "worker: GET /a.txt ", "the worker gets everything");
    assert_eq!(server.get("/kind").text(), "[\"[object Fetcher]\",\"function\"]");
    server.expect("/rpc", "TypeError: The RPC receiver does not implement the method \"nothing\".");
    assert_eq!(
        via("/a.txt"),
        json!({
            "status": 200, "text": "OK", "url": "https://assets.test/a.txt", "redirected": false, "location": null,
            "type": "text/plain; charset=utf-8", "empty": false, "body": "0123456789",
        })
    );
    assert_eq!(via("/a.txt?host=x.test:99")["body"], "0123456789");
    assert_eq!(via("/a.txt?range=bytes%3D0-3")["status"], 200, "parts are for clients");
    let head = via("/a.txt?method=HEAD");
    assert_eq!((&head["status"], &head["empty"]), (&json!(200), &json!(true)));
    let post = via("/a.txt?method=POST");
    assert_eq!((&post["status"], &post["text"]), (&json!(405), &json!("Method Not Allowed")));
    let missing = via("/none");
    assert_eq!((&missing["status"], &missing["body"]), (&json!(404), &json!("nothing here")));
    let moved = via("/index.html");
    assert_eq!((&moved["status"], &moved["location"]), (&json!(307), &json!("/")));
    let followed = via("/index.html?redirect=follow");
    assert_eq!((&followed["body"], &followed["url"]), (&json!("home"), &json!("https://assets.test/")));
    let passed = server.get("/pass/a.txt");
    let tag = passed.header("etag").expect("it is passed on").to_string();
    assert_eq!(passed.text(), "0123456789");
    assert_eq!(server.client().send("GET", "/pass/a.txt", &[("if-none-match", &tag)], b"").status, 304);
    assert_eq!(server.client().post("/pass/a.txt", b"body").status, 405);
}

#[test]
fn a_worker_may_be_assets_alone() {
    let project = pages(
        &json!({ "directory": "public", "not_found_handling": "404-page" }),
        &[("index.html", "home"), ("404.html", "top"), ("docs/404.html", "docs")],
    );
    let server = Server::start(&project);
    server.expect("/", "home");
    for (path, text) in [("/none", "top"), ("/docs/none/more", "docs"), ("/docs", "top")] {
        let missing = server.get(path);
        assert_eq!((missing.status, missing.text().as_str()), (404, text), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(server.client().send(method, "/", &[], b"").status, 405, "{method}");
    }
}

#[test]
fn a_directory_may_be_given_on_the_command_line() {
    let project = Project::new(&[("site/index.html", "home"), ("site/_headers", "/*\n  X-From: rules\n")]);
    let args = ["--assets", "site", "--compatibility-date", "2026-04-01"];
    let server = Server::start_with(&project, Options::args(args));
    server.expect("/", "home");
    assert_eq!(server.get("/").header("x-from"), Some("rules"));
    let missing = server.get("/none");
    assert_eq!((missing.status, missing.text().as_str()), (404, ""));
    assert!(server.log().text().contains("Parsed 1 valid header rule."), "{}", server.log().text());
}

#[test]
fn a_single_page_gets_the_navigations() {
    let project = site(json!({ "not_found_handling": "single-page-application" }), &[("index.html", "app")]);
    let server = Server::start(&project);
    let navigation = server.client().send("GET", "/some/page", &[("sec-fetch-mode", "navigate")], b"");
    assert_eq!((navigation.status, navigation.text().as_str()), (200, "app"));
    assert_eq!(server.get("/some/page").text(), "worker: GET /some/page ");
}

#[test]
fn edits_count_at_once_and_are_no_reload() {
    let project = site(json!({ "directory": "later" }), &[]);
    let server = Server::start(&project);
    assert!(server.log().text().contains("does not exist"), "{}", server.log().text());
    let mark = server.log().mark();
    assert_eq!(server.get("/a.txt").status, 404);
    project.write("later/a.txt", "one");
    server.expect("/a.txt", "one");
    project.write("later/a.txt", "two");
    server.expect("/a.txt", "two");
    project.write_atomically("later/a.txt", "three");
    server.expect("/a.txt", "three");
    project.write("later/_redirects", "/old /new 302\nnot a rule\n");
    assert_eq!(redirects_to(&server.get("/old")), (302, "/new"));
    project.write("later/_headers", "/a.txt\n  X-One: 1\n");
    assert_eq!(server.get("/a.txt").header("x-one"), Some("1"));
    project.write("later/.assetsignore", "a.txt\n");
    assert_eq!(server.get("/a.txt").status, 404);
    project.remove("later/.assetsignore");
    server.expect("/a.txt", "three");
    fs::remove_file(project.path("later/a.txt")).expect("it is there");
    assert_eq!(server.get("/a.txt").status, 404);
    server.log().wait_for(mark, "Parsed 1 valid redirect rule.");
    server.log().wait_for(mark, "_redirects:2");
    assert_eq!(server.reloads(mark), 0, "{}", server.log().text());
    // What is wrong in a rule file is said when it is written, not when it is used.
    let mark = server.log().mark();
    project.write("later/_headers", "/a.txt\n  X-One: 1\nbad\n");
    server.log().wait_for(mark, "Found 1 invalid header rule");
}

#[test]
fn other_settings_are_a_reload() {
    let project = site(json!({}), &[("about.html", "about")]);
    let server = Server::start(&project);
    server.expect("/about", "about");
    server.reload(|| {
        project.edit("wrangler.json", "\"directory\"", "\"html_handling\": \"force-trailing-slash\", \"directory\"")
    });
    assert_eq!(redirects_to(&server.get("/about")), (307, "/about/"));
    project.write("other/x.txt", "x");
    server.reload(|| project.edit("wrangler.json", "\"public\"", "\"other\""));
    server.expect("/x.txt", "x");
    assert_eq!(server.get("/about").status, 404);
}

/// Ways out of a directory that some server has fallen for.
const WAYS_OUT: &[&str] = &[
    "/../secret.txt",
    "/../../../../../../etc/passwd",
    "/..%2fsecret.txt",
    "/..%2F..%2Fetc%2Fpasswd",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/%2E%2E%2Fsecret.txt",
    "/.%2e/secret.txt",
    "/%2e./secret.txt",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/%25252e%25252e%25252fsecret.txt",
    "/..%252fsecret.txt",
    "/..%255csecret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/%5c..%5csecret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/sub/../../secret.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt",
    "/./../secret.txt",
    "/.//..//secret.txt",
    "//../secret.txt",
    "///secret.txt/..//../secret.txt",
    "/....//secret.txt",
    "/...%2f.%2f..%2fsecret.txt",
    "/%2fetc%2fpasswd",
    "//etc/passwd",
    "/%2f%2fetc/passwd",
    "/file:///etc/passwd",
    "/file:%2f%2f%2fetc%2fpasswd",
    "/C:/Windows/win.ini",
    "/C%3a%5cWindows%5cwin.ini",
    "/%5c%5c.%5cC:%5cWindows",
    "/a.txt%00",
    "/..%00/secret.txt",
    "/%00../secret.txt",
    "/..%c0%afsecret.txt",
    "/..%e0%80%afsecret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%u002e%u002e/secret.txt",
    "/..;/secret.txt",
    "/..%3b/secret.txt",
    "/..%0asecret.txt",
    "/..%20/secret.txt",
    "/~/secret.txt",
    "/~root/.bashrc",
    "/proc/self/environ",
    "/%2e%2e%2f%2e%2e%2fproc%2fself%2fenviron",
    "/leak.txt",
    "/leak.txt/",
    "/leak.html",
    "/leak",
    "/leaks/secret.txt",
    "/leaks/deep/secret.txt",
    "/leaks/%2e%2e/secret.txt",
    "/root/etc/passwd",
    "/self/cmdline",
    "/sub/up/secret.txt",
    "/sub%2fup%2fsecret.txt",
    "/_headers",
    "/_redirects",
    "/.assetsignore",
    "/%5fheaders",
    "/%2eassetsignore",
    "/sub/../_headers",
    "/ignored.txt",
    "/%69gnored.txt",
    "/sub/..%2fignored.txt",
];

#[cfg(unix)]
#[test]
fn no_request_leaves_the_directory() {
    use std::os::unix::fs::symlink;
    let project = site(json!({}), &[("a.txt", "fine"), ("sub/b.txt", "fine too"), ("ignored.txt", "SECRET")]);
    project.write("secret.txt", "SECRET");
    project.write("secret.html", "SECRET");
    project.write("deep/secret.txt", "SECRET");
    project.write("public/_headers", "/*\n  X-Rule: SECRET\n");
    project.write("public/_redirects", "/SECRET /SECRET\n");
    project.write("public/.assetsignore", "# SECRET\nignored.txt\n");
    let link = |to: &str, from: &str| symlink(to, project.path(from)).expect("links can be made");
    link("../secret.txt", "public/leak.txt");
    link("../secret.html", "public/leak.html");
    link("..", "public/leaks");
    link("/", "public/root");
    link("/proc/self", "public/self");
    link("../..", "public/sub/up");
    link("a.txt", "public/inside.txt");
    link("sub", "public/within");
    let server = Server::start(&project);
    server.expect("/inside.txt", "fine");
    server.expect("/within/b.txt", "fine too");
    server.expect("/sub/..%2fa.txt".replace("..%2f", "../").as_str(), "fine");
    for path in WAYS_OUT {
        for path in [path.to_string(), format!("/via{path}")] {
            // As it stands on the wire: no client tidies it up. Some are no requests at all.
            let mut connection = server.client().connect();
            connection.request("GET", &path, &[], b"").expect("it can be written");
            let Ok(response) = connection.response("GET") else { continue };
            let text = response.text();
            assert!(!text.contains("SECRET") && !text.contains("root:"), "{path}: {} {text}", response.status);
            let through = ["/inside", "fine"].iter().any(|fine| text.contains(fine));
            assert!(
                response.status >= 300 || path.starts_with("/via") || through,
                "{path}: {} {text}",
                response.status
            );
            if let Some(location) = response.header("location") {
                assert!(location.starts_with('/') && !location.starts_with("//"), "{path} leads to {location}");
            }
        }
    }
}

#[test]
fn large_files_stream_in_little_memory() {
    let project = site(json!({}), &[("small.txt", "small")]);
    let bytes = vec![b'x'; 25 * MIB];
    fs::write(project.path("public/big.bin"), &bytes).expect("there is room");
    fs::write(project.path("public/huge.bin"), vec![b'x'; 25 * MIB + 1]).expect("there is room");
    let server = Server::start(&project);
    server.expect("/small.txt", "small");
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let mut connection = server.client().connect();
            connection.request("GET", "/big.bin", &[], b"").expect("it can be written");
            let head = connection.head().expect("it answers");
            assert_eq!(head.header("content-length"), Some(&*(25 * MIB).to_string()));
            (connection, head)
        })
        .collect();
    for (mut connection, head) in readers {
        let mut read = Vec::new();
        connection.body("GET", &head).expect("it has a body").read_to_end(&mut read).expect("it ends");
        assert!(read == bytes);
    }
    let grown = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(grown < 24 * MIB as u64, "{grown} bytes for eight readers of a large file");
    // What production refuses is told, and not served.
    assert_eq!(server.get("/huge.bin").status, 404);
    server.log().wait_for(Default::default(), "Asset too large.");
    // A reader that leaves early leaves nothing behind.
    let mut connection = server.client().connect();
    connection.request("GET", "/big.bin", &[], b"").expect("it can be written");
    connection.head().expect("it answers");
    let open = proc::descriptors(server.pid());
    connection.reset();
    until("the file is closed", || (proc::descriptors(server.pid()) < open).then_some(()));
}

#[test]
fn a_service_binding_leads_through_the_assets() {
    let other = r#"
        import { WorkerEntrypoint } from "cloudflare:workers";
        export default class extends WorkerEntrypoint {
          fetch(request) { return new Response("other: " + new URL(request.url).pathname, { status: 418 }); }
          hello() { return "called"; }
        }
    "#;
    let project = Project::worker(CODE, json!({ "services": [{ "binding": "OTHER", "service": "other" }] }));
    let config = json!({
        "name": "other", "main": "index.js", "compatibility_date": "2026-04-01", "assets": { "directory": "public" },
    });
    project.write("other/wrangler.json", &config.to_string());
    project.write("other/index.js", other);
    project.write("other/public/page.html", "other's page");
    let big = "y".repeat(MIB);
    project.write("other/public/big.txt", &big);
    let server = Server::start_with(&project, Options::args(["-c", "wrangler.json", "-c", "other/wrangler.json"]));
    server.expect("/bound?/page", "other's page");
    server.expect("/bound?/big.txt", &big);
    assert_eq!(redirects_to(&server.get("/bound?/page.html")), (307, "/page"));
    let code = server.get("/bound?/none");
    assert_eq!((code.status, code.text().as_str()), (418, "other: /none"));
    server.expect("/call", "called");
    assert_eq!(server.get("/page").text(), "worker: GET /page ", "each worker has its own assets");
}

#[test]
fn an_asset_is_served_while_the_worker_is_busy() {
    let code = r#"
        export default {
          fetch() {
            const end = Date.now() + 100000;
            for (let i = 0; ; i++) if (i % 1e9 === 0 && Date.now() > end) break;
            return new Response("never");
          },
        };
    "#;
    let project = Project::worker(code, json!({ "assets": { "directory": "public" }, "limits": { "cpu_ms": 300000 } }));
    project.write("public/a.txt", "at once");
    let server = Server::start(&project);
    let mut stuck = server.client().connect();
    stuck.request("GET", "/stuck", &[], b"").expect("it can be written");
    server.expect("/a.txt", "at once");
    server.expect("/a.txt", "at once");
}

#[test]
fn what_is_wrong_is_said_in_wranglers_words() {
    let complaint = |assets: Value, more: Value| {
        let mut config = json!({ "name": "it", "compatibility_date": "2026-04-01", "assets": assets });
        config.as_object_mut().expect("it is one").extend(more.as_object().expect("it is one").clone());
        let project =
            Project::new(&[("wrangler.json", &config.to_string()), ("w.js", "export default {}"), ("public/a", "")]);
        let (code, output) = run(&project, &["dev", "--port", "0"]);
        assert_eq!(code, Some(1), "{output}");
        output
    };
    let says = |assets: Value, more: Value, words: &[&str]| {
        let output = complaint(assets, more);
        for word in words {
            assert!(output.contains(word), "{word}\nis not in\n{output}");
        }
    };
    let main = json!({ "main": "w.js" });
    says(
        json!({}),
        main.clone(),
        &["The `assets` property in your configuration is missing the required `directory` property."],
    );
    says(json!({ "directory": "" }), main.clone(), &["`The assets directory cannot be an empty string."]);
    says(
        json!({ "directory": "w.js" }),
        main.clone(),
        &[
            "The path specified by the \"assets.directory\" field in your configuration file doesn't point to a directory:",
        ],
    );
    says(
        json!({ "directory": "public", "binding": "A" }),
        json!({}),
        &[
            "Cannot use assets with a binding in an assets-only Worker.",
            "Please remove the asset binding from your configuration file, or provide a Worker script",
        ],
    );
    for first in [json!(true), json!(["/a"])] {
        says(
            json!({ "directory": "public", "run_worker_first": first }),
            json!({}),
            &["Cannot set run_worker_first without a Worker script."],
        );
    }
    says(
        json!({ "directory": "public" }),
        json!({ "main": "w.js", "site": { "bucket": "public" } }),
        &[
            "Cannot use assets and Workers Sites in the same Worker.",
            "Please remove either the `site` or `assets` field from your configuration file.",
        ],
    );
    says(
        json!({ "directory": "public", "run_worker_first": ["a", "!b", "/x*", "/xy"] }),
        main.clone(),
        &[
            "Invalid routes in `run_worker_first`:",
            "'a': rules must start with '/' or '!/'",
            "'!b': negative rules must start with '!/'",
            "'/xy': rule '/x*' makes it redundant",
        ],
    );
    says(
        json!({ "directory": "public", "run_worker_first": [] }),
        main.clone(),
        &["No `run_worker_first` rules were provided; must provide at least 1 rule."],
    );
    says(
        json!({ "directory": "public", "base_path": "https://a.test/" }),
        main,
        &["The value must be a pathname, not a URL."],
    );
}

#[test]
fn tests_of_a_project_have_its_assets() {
    let code = r#"
        export default {
          async test(_controller: unknown, env: any) {
            const small = await (await env.ASSETS.fetch("http://a.test/a.txt")).text();
            const large = await (await env.ASSETS.fetch("http://a.test/large.txt")).text();
            if (small !== "small" || large.length !== 1048576) throw new Error(`${small} ${large.length}`);
          },
        };
    "#;
    let project = Project::worker(code, json!({ "assets": { "directory": "public", "binding": "ASSETS" } }));
    project.write("public/a.txt", "small");
    project.write("public/large.txt", &"y".repeat(MIB));
    let (code, output) = run(&project, &["test", "wrangler.json"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("[ PASS ]"), "{output}");
}
