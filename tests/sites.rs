//! Workers Sites: a folder's files as a namespace and a manifest, by configuration and by flags.

use serde_json::{Value, json};

use crate::harness::{Options, Project, Server};

const MODULE: &str = r#"
import manifest from "__STATIC_CONTENT_MANIFEST";
import { length } from "./deep/length";

const attempt = async (f) => { try { return await f(); } catch (error) { return String(error); } };

export default {
  async fetch(request, env) {
    const site = env.__STATIC_CONTENT;
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/manifest": return Response.json({ type: typeof manifest, length: length === manifest.length, manifest: JSON.parse(manifest), env: Object.keys(env) });
      case "/get": return Response.json(await attempt(() => site.get(searchParams.get("key"))));
      case "/list": return Response.json((await site.list()).keys.map((key) => key.name));
      case "/write": return Response.json([await attempt(() => site.put("x", "y")), await attempt(() => site.delete("a.txt"))]);
    }
  },
};
"#;

fn site(config: &str) -> Project {
    Project::new(&[
        ("wrangler.toml", config),
        ("src/index.js", MODULE),
        (
            "src/deep/length.js",
            "import manifest from '__STATIC_CONTENT_MANIFEST';\nexport const length = manifest.length;\n",
        ),
        ("site/index.html", "<h1>hi</h1>"),
        ("site/a.txt", "a"),
        ("site/sub/b c.md", "b"),
        ("site/.hidden", "no"),
        ("site/node_modules/x.js", "no"),
        ("secret", "no"),
    ])
}

const CONFIG: &str =
    "name = \"site\"\nmain = \"src/index.js\"\ncompatibility_date = \"2026-04-01\"\n\n[site]\nbucket = \"./site\"\n";

fn manifest(server: &Server) -> Value {
    server.get("/manifest").json()["manifest"].clone()
}

fn get(server: &Server, key: &str) -> Value {
    server.get(&format!("/get?key={key}")).json()
}

#[test]
fn a_module_worker_reads_its_site() {
    let project = site(CONFIG);
    let server = Server::start(&project);
    assert_eq!(
        server.get("/manifest").json(),
        json!({
            "type": "string",
            "length": true,
            "manifest": {
                "a.txt": "$__MINIFLARE_SITES__$/a.txt",
                "index.html": "$__MINIFLARE_SITES__$/index.html",
                "sub/b c.md": "$__MINIFLARE_SITES__$/sub%2Fb%20c.md",
            },
            "env": ["__STATIC_CONTENT"],
        })
    );
    assert_eq!(get(&server, "$__MINIFLARE_SITES__$/sub%252Fb%2520c.md"), "b");
    assert_eq!(get(&server, "index.html"), "<h1>hi</h1>");
    for key in ["../secret", "$__MINIFLARE_SITES__$/..%252Fsecret", "sub", ".hidden", "node_modules/x.js", "nope"] {
        assert_eq!(get(&server, key), Value::Null, "{key}");
    }
    assert_eq!(server.get("/list").json().as_array().map(Vec::len), Some(3));
    assert_eq!(
        server.get("/write").json(),
        json!([
            "Error: KV PUT failed: 405 Cannot put() with Workers Sites namespace",
            "Error: KV DELETE failed: 405 Cannot delete() with Workers Sites namespace",
        ])
    );
    server.stop();
}

#[test]
fn edits_of_files_need_no_reload_and_new_ones_enter_the_manifest() {
    let project = site(CONFIG);
    let server = Server::start(&project);
    let mark = server.log().mark();
    project.write("site/a.txt", "edited");
    assert_eq!(get(&server, "a.txt"), "edited");
    server.reload(|| project.write("site/new.txt", "new"));
    assert_eq!(manifest(&server)["new.txt"], "$__MINIFLARE_SITES__$/new.txt");
    assert_eq!(get(&server, "new.txt"), "new");
    assert_eq!(server.reloads(mark), 1, "only the new file was a reload");
    server.stop();
}

#[test]
fn include_wins_over_exclude_and_flags_over_both() {
    let config = format!("{CONFIG}include = [\"*.md\", \"a.*\"]\nexclude = [\"a.txt\"]\n");
    let project = site(&config);
    let names = |options: Options| {
        let server = Server::start_with(&project, options);
        let names: Vec<_> = manifest(&server).as_object().expect("an object").keys().cloned().collect();
        server.stop();
        names
    };
    assert_eq!(names(Options::default()), ["a.txt", "sub/b c.md"]);
    assert_eq!(names(Options::args(["--site-include", "*.html"])), ["index.html"]);
    assert_eq!(names(Options::args(["--site", "site/sub"])), ["b c.md"]);
    let project = site(&format!("{CONFIG}exclude = [\"a.txt\"]\n"));
    let server = Server::start_with(&project, Options::args(["--site-exclude", "*.md", "--site-exclude", "*.html"]));
    assert_eq!(manifest(&server), json!({ "a.txt": "$__MINIFLARE_SITES__$/a.txt" }));
    server.stop();
}

#[test]
fn a_service_worker_has_its_site_as_globals() {
    let project = Project::new(&[
        ("wrangler.toml", "name = \"old\"\ncompatibility_date = \"2026-04-01\"\n\n[site]\nbucket = \"./site\"\n"),
        (
            "workers-site/index.js",
            "addEventListener('fetch', (event) => event.respondWith((async () => {\n  const key = \
             __STATIC_CONTENT_MANIFEST['index.html'];\n  return new Response(typeof __STATIC_CONTENT_MANIFEST + ' ' + \
             await __STATIC_CONTENT.get(key));\n})()));\n",
        ),
        ("site/index.html", "<h1>old</h1>"),
    ]);
    let server = Server::start(&project);
    server.expect("/", "object <h1>old</h1>");
    server.stop();
}
