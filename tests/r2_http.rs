//! Buckets from outside of workers: the public URL, the S3 endpoint with clients from npm, and `lopata r2 …` beside a
//! running server.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Options, Project, Response, Server};

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
        if (request.method === "PUT") {
          const contentType = request.headers.get("content-type") ?? undefined;
          const options = { httpMetadata: { contentType, contentLanguage: "de" }, customMetadata: { secret: "s" } };
          return new Response((await env.FILES.put(key, request.body, options)).etag);
        }
        const object = await env.FILES.get(key);
        return object === null ? Response.json(null) : Response.json({ text: await object.text(), ...object.httpMetadata });
      },
    };
"#;

const PUBLIC: &str = "/cdn-cgi/local/r2/public/files";

fn bucket() -> Project {
    Project::worker(CODE, json!({ "r2_buckets": [{ "binding": "FILES", "bucket_name": "files" }] }))
}

fn store(server: &Server, path: &str, body: &[u8]) -> String {
    server.client().send("PUT", path, &[("content-type", "text/x")], body).text()
}

fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    server.client().send(method, path, headers, b"")
}

#[test]
fn an_objects_public_url() {
    let project = bucket();
    let server = Server::start(&project);
    let etag = format!("\"{}\"", store(&server, "/a%20b%2F%C3%BC", b"0123456789"));
    let url = format!("{PUBLIC}/a%20b/%C3%BC");
    let found = ask(&server, "GET", &url, &[]);
    assert_eq!((found.status, found.text().as_str()), (200, "0123456789"));
    for (name, value) in [
        ("content-type", "text/x"),
        ("content-language", "de"),
        ("content-length", "10"),
        ("etag", &etag),
        ("accept-ranges", "bytes"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "*"),
    ] {
        assert_eq!(found.header(name), Some(value), "{name}");
    }
    let modified = found.header("last-modified").expect("it has a date").to_string();
    assert_eq!(found.header("x-amz-meta-secret"), None);
    let head = ask(&server, "HEAD", &url, &[]);
    assert_eq!((head.status, head.header("content-length"), head.text().as_str()), (200, Some("10"), ""));

    for (range, status, text, told) in [
        ("bytes=2-4", 206, "234", Some("bytes 2-4/10")),
        ("bytes=-3", 206, "789", Some("bytes 7-9/10")),
        ("bytes=-30", 206, "0123456789", Some("bytes 0-9/10")),
        ("bytes=8-", 206, "89", Some("bytes 8-9/10")),
        ("bytes=10-", 416, "", None),
        ("bytes=-0", 416, "", None),
        ("bytes=4-2", 400, "", None),
        ("bytes=0-1,3-4", 400, "", None),
    ] {
        let part = ask(&server, "GET", &url, &[("range", range)]);
        assert_eq!((part.status, part.text().as_str()), (status, text), "{range}");
        assert_eq!(part.header("content-range"), told, "{range}");
    }
    let old = "Thu, 01 Jan 1970 00:00:10 GMT";
    for (headers, status) in [
        (vec![("if-none-match", etag.as_str())], 304),
        (vec![("if-none-match", "\"x\"")], 200),
        (vec![("if-modified-since", modified.as_str())], 304),
        (vec![("if-match", etag.as_str())], 200),
        (vec![("if-match", "\"x\"")], 412),
        (vec![("if-unmodified-since", old)], 412),
        (vec![("if-match", etag.as_str()), ("if-none-match", etag.as_str())], 304),
        (vec![("if-match", "\"x\""), ("if-none-match", etag.as_str())], 412),
    ] {
        assert_eq!(ask(&server, "GET", &url, &headers).status, status, "{headers:?}");
        assert_eq!(ask(&server, "HEAD", &url, &headers).status, status, "{headers:?}");
    }
    for (method, path, status, text) in [
        ("GET", format!("{PUBLIC}/none"), 404, "404 Not Found"),
        ("GET", PUBLIC.to_string(), 404, "404 Not Found"),
        ("GET", "/cdn-cgi/local/r2/public/other/x".to_string(), 404, "404 Not Found"),
        ("PUT", url.clone(), 401, ""),
        ("DELETE", url.clone(), 401, ""),
    ] {
        let refused = ask(&server, method, &path, &[]);
        assert_eq!((refused.status, refused.text().as_str()), (status, text), "{method} {path}");
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    }
    let asked = [("origin", "http://localhost:1"), ("access-control-request-headers", "range, x-y")];
    let preflight = ask(&server, "OPTIONS", &url, &asked);
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET,HEAD"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("range,x-y"));
    assert_eq!(ask(&server, "GET", &url, &[("origin", "https://example.com")]).status, 403);
    // Without credentials there is no S3 endpoint: the path is the worker's.
    assert_eq!(ask(&server, "GET", "/cdn-cgi/local/r2/s3/files/x", &[]).text(), "null");
    server.stop();
}

#[test]
fn a_large_object_through_its_public_url() {
    let project = bucket();
    let server = Server::start(&project);
    let body: Vec<u8> = (0..9_000_001u32).map(|n| (n % 251) as u8).collect();
    store(&server, "/big", &body);
    let url = format!("{PUBLIC}/big");
    assert_eq!(ask(&server, "GET", &url, &[]).body, body);
    let part = ask(&server, "GET", &url, &[("range", "bytes=4000000-8999999")]);
    assert_eq!(part.body, body[4_000_000..9_000_000]);
    assert_eq!(part.header("content-length"), Some("5000000"));
    server.nothing_left();
    server.stop();
}

#[test]
fn a_bucket_that_comes_with_a_reload() {
    let project = bucket();
    let server = Server::start(&project);
    let config = project.read("wrangler.json");
    let with_credentials = config.replace(
        "\"bucket_name\"",
        "\"local_dev\": { \"experimental_s3_credentials\": { \"accessKeyId\": \"a\", \"secretAccessKey\": \"b\" } }, \"bucket_name\"",
    );
    assert_ne!(config, with_credentials);
    server.reload(|| project.write("wrangler.json", &with_credentials));
    let refused = ask(&server, "GET", "/cdn-cgi/local/r2/s3/files/x", &[]);
    assert_eq!((refused.status, refused.header("content-type")), (400, Some("application/xml")));
    assert_eq!(
        refused.text(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>InvalidArgument</Code><Message>Authorization</Message></Error>"
    );
    let unknown = ask(&server, "GET", "/cdn-cgi/local/r2/s3/nothing/x", &[]);
    assert_eq!((unknown.status, unknown.text().contains("<Code>NoSuchBucket</Code>")), (404, true));
    server.stop();
}

#[test]
fn clients_from_npm() {
    let project = Project::copy_of("tests/s3-suite");
    if !project.path("node_modules/minio").exists() {
        let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let installed = Command::new("npm").args(flags).current_dir(project.folder()).status();
        assert!(installed.is_ok_and(|status| status.success()), "npm installs the clients");
    }
    let mut server = Server::start_with(&project, Options::args(["-c", "worker/wrangler.jsonc"]));
    let output = Command::new("node")
        .args(["run.mjs", &server.origin()])
        .current_dir(project.folder())
        .output()
        .expect("Node.js is installed");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains(" cases, 0 failed"), "{said}");
    server.nothing_left();
    server.assert_well();
    server.stop();
}

fn r2(project: &Project, args: &[&str]) -> String {
    let all: Vec<&str> = ["r2"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &all);
    assert_eq!(code, Some(0), "{args:?}: {output}");
    output
}

#[test]
fn the_command_line_beside_a_server() {
    let project = bucket();
    let server = Server::start(&project);
    project.write("f.txt", "from outside");
    r2(&project, &["object", "put", "files/a/b", "--file", "f.txt", "--content-type", "text/html", "--local"]);
    assert_eq!(server.get("/a%2Fb").json(), json!({ "text": "from outside", "contentType": "text/html" }));
    store(&server, "/c", b"from the worker");
    assert_eq!(r2(&project, &["object", "get", "files/c", "--pipe"]), "from the worker");
    let list: Value = serde_json::from_str(&r2(&project, &["object", "list", "files", "--json"])).expect("it is JSON");
    let keys: Vec<&str> = list.as_array().into_iter().flatten().filter_map(|object| object["key"].as_str()).collect();
    assert_eq!(keys, ["a/b", "c"]);
    let table = r2(&project, &["object", "list", "files"]);
    assert!(table.contains("│ a/b │ 12   │"), "{table}");
    project.write("list.json", "[{\"key\":\"x\",\"file\":\"f.txt\"},{\"key\":\"y\",\"file\":\"f.txt\"}]");
    let bulk = r2(&project, &["bulk", "put", "files", "--filename", "list.json"]);
    assert!(bulk.ends_with("Uploaded 100% (2 out of 2)\n"), "{bulk}");
    assert_eq!(server.get("/y").json()["text"], "from outside");
    r2(&project, &["object", "delete", "files/a/b"]);
    assert_eq!(server.get("/a%2Fb").json(), Value::Null);
    r2(&project, &["object", "get", "files/x"]);
    assert_eq!(project.read("x"), "from outside");

    let (code, output) = run(&project, &["r2", "object", "get", "files/none", "--pipe"]);
    assert_eq!((code, output.trim_end()), (Some(1), "✘ [ERROR] The specified key does not exist."));
    r2(&project, &["object", "put", "files/z", "-f", "f.txt", "--persist-to", "elsewhere"]);
    assert!(project.path("elsewhere/v3/r2").is_dir());
    assert_eq!(server.get("/z").json(), Value::Null);
    server.stop();
}
