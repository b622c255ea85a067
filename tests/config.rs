//! Malformed configurations: each is pointed at, with file, line and column, and explained; none is a crash.

use std::fs;

use serde_json::json;

use crate::harness::server::run;
use crate::harness::{Options, Project, Server};

/// A configuration with a `▶` before the character that must be pointed at, and what must be said about it.
struct Case {
    file: &'static str,
    text: &'static str,
    says: &'static [&'static str],
}

const fn jsonc(text: &'static str, says: &'static [&'static str]) -> Case {
    Case { file: "wrangler.jsonc", text, says }
}

const fn toml(text: &'static str, says: &'static [&'static str]) -> Case {
    Case { file: "wrangler.toml", text, says }
}

/// What is wrong at the first start, so that there is no older configuration to fall back on.
const CASES: &[Case] = &[
    // Not even JSON or TOML.
    jsonc("{\n  \"name\": \"a\",\n  \"main\": ▶index.ts\n}\n", &[]),
    jsonc("{\n  \"name\": \"a\"▶\n  \"main\": \"index.ts\"\n}\n", &["comma"]),
    jsonc("{ \"name\": \"a\", \"main\": ▶\"index.ts }\n", &[]),
    jsonc("▶[]\n", &["object"]),
    toml("name = \"a\"\nmain = ▶index.ts\n", &[]),
    toml("name = \"a\"\n[vars▶\n", &[]),
    toml("name = \"a\"\n▶name = \"b\"\n", &["name"]),
    // The wrong type.
    jsonc("{ \"name\": ▶17, \"main\": \"index.ts\" }\n", &["\"name\"", "string", "17"]),
    jsonc("{ \"name\": \"a\", \"main\": ▶[\"index.ts\"] }\n", &["\"main\"", "string"]),
    jsonc("{ \"name\": \"a\", \"main\": \"index.ts\", \"vars\": ▶[1] }\n", &["\"vars\"", "object"]),
    jsonc("{ \"name\": \"a\", \"main\": \"index.ts\", \"minify\": ▶\"yes\" }\n", &["\"minify\"", "boolean"]),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"compatibility_flags\": ▶\"nodejs_compat\" }\n",
        &["compatibility_flags"],
    ),
    jsonc("{ \"name\": \"a\", \"main\": \"index.ts\", \"compatibility_flags\": [▶1] }\n", &["compatibility_flags"]),
    jsonc("{ \"name\": \"a\", \"main\": \"index.ts\", \"dev\": { \"port\": ▶\"8787\" } }\n", &["dev.port", "number"]),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"triggers\": { \"crons\": ▶\"* * * * *\" } }\n",
        &["triggers.crons"],
    ),
    jsonc("{ \"name\": \"a\", \"main\": \"index.ts\", \"alias\": { \"x\": ▶1 } }\n", &["alias"]),
    toml("name = \"a\"\nmain = \"index.ts\"\ncompatibility_flags = ▶true\n", &["compatibility_flags"]),
    // The wrong value.
    jsonc("{ \"name\": ▶\"Not A Name\", \"main\": \"index.ts\" }\n", &["name"]),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"compatibility_date\": ▶\"yesterday\" }\n",
        &["compatibility_date", "YYYY-MM-DD"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"dev\": { \"local_protocol\": ▶\"gopher\" } }\n",
        &["local_protocol", "http"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"rules\": [{ \"type\": ▶\"Texts\", \"globs\": [] }] }\n",
        &["Text"],
    ),
    // Bindings.
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"kv_namespaces\": ▶{ \"binding\": \"KV\" } }\n",
        &["kv_namespaces"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"kv_namespaces\": [▶{ \"id\": \"x\" }] }\n",
        &["kv_namespaces", "binding"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"kv_namespaces\": [{ \"binding\": \"KV\", \"id\": ▶5 }] }\n",
        &["kv_namespaces", "id"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"vars\": { \"SAME\": 1 },\n  \"kv_namespaces\": [{ \"binding\": ▶\"SAME\", \
         \"id\": \"x\" }] }\n",
        &["SAME"],
    ),
    // Files that are not there.
    jsonc("{ \"name\": \"a\", \"main\": ▶\"missing.ts\" }\n", &["missing.ts"]),
    toml("name = \"a\"\nmain = ▶\"src/missing.ts\"\n", &["missing.ts"]),
];

/// What is only odd: it is pointed at, and the worker runs.
const WARNINGS: &[Case] = &[
    jsonc("{ \"name\": \"a\", \"vars\": { \"A\": 1, ▶\"A\": 2 }, \"main\": \"index.ts\" }\n", &["A"]),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", ▶\"compatability_date\": \"2026-04-01\" }\n",
        &["Did you mean \"compatibility_date\"?"],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", ▶\"mystery\": 1 }\n",
        &["Unexpected fields found in top-level field: \"mystery\""],
    ),
    jsonc(
        "{ \"name\": \"a\", \"main\": \"index.ts\", \"dev\": { ▶\"prot\": 1 } }\n",
        &["prot", "Did you mean \"port\"?"],
    ),
    toml("name = \"a\"\nmain = \"index.ts\"\n▶kv_namespace = []\n", &["Did you mean \"kv_namespaces\"?"]),
];

fn prepare(case: &Case) -> (Project, String) {
    let at = case.text.find('▶').expect("every case has a mark");
    let before = &case.text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().expect("split yields at least one part").chars().count() + 1;
    let text = case.text.replace('▶', "");
    let worker = "export default { fetch: () => new Response('runs') };\n";
    let project = Project::new(&[(case.file, &text), ("index.ts", worker)]);
    (project, format!("{}:{line}:{column}", case.file))
}

fn explains(case: &Case, output: &str, position: &str) -> Result<(), String> {
    let missing: Vec<&str> =
        std::iter::once(position).chain(case.says.iter().copied()).filter(|piece| !output.contains(piece)).collect();
    if output.contains("panicked at") || !missing.is_empty() {
        return Err(format!("{}\n  lacks {missing:?}:\n{output}", case.text));
    }
    Ok(())
}

#[test]
fn errors_are_pointed_at_and_end_the_start() {
    let failures: Vec<String> = CASES
        .iter()
        .filter_map(|case| {
            let (project, position) = prepare(case);
            let mut server = Server::launch(&project, Options::default());
            if !server.log().ends_before("Starting local server") {
                return Some(format!("{}\n  it started:\n{}", case.text, server.log().text()));
            }
            let status = server.wait_exit();
            let output = server.log().text();
            if status.code() != Some(1) {
                return Some(format!("{}\n  {status}:\n{output}", case.text));
            }
            explains(case, &output, &position).err()
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} cases:\n\n{}", failures.len(), CASES.len(), failures.join("\n\n"));
}

#[test]
fn oddities_are_pointed_at_and_the_worker_runs() {
    let mut failures = Vec::new();
    for case in WARNINGS {
        let (project, position) = prepare(case);
        let server = Server::start(&project);
        server.expect("/", "runs");
        let log = server.log().clone();
        server.stop();
        // Only now: the two streams of a process are read side by side.
        failures.extend(explains(case, &log.text(), &position).err());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn no_configuration_at_all() {
    let project = Project::new(&[]);
    let (code, output) = run(&project, &["dev", "--port", "0"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("wrangler"), "it says what is looked for: {output}");
    let (code, output) = run(&project, &["dev", "--port", "0", "-c", "elsewhere/wrangler.toml"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("elsewhere/wrangler.toml"), "{output}");
}

#[test]
fn an_environment_that_is_not_there() {
    let project = Project::worker("export default {};\n", json!({ "env": { "staging": {} } }));
    let (code, output) = run(&project, &["dev", "--port", "0", "-e", "stagin"]);
    assert_eq!(code, Some(1), "{output}");
    for piece in ["No environment found in configuration with name \"stagin\"", "staging", "wrangler.json:5:"] {
        assert!(output.contains(piece), "{output}");
    }
}

#[test]
fn the_configuration_is_found_upward_and_by_name() {
    let project = Project::new(&[
        (
            "wrangler.toml",
            "name = \"t\"\nmain = \"index.ts\"\ncompatibility_date = \"2026-04-01\"\nvars.FILE = \"toml\"\n",
        ),
        (
            "sub/other.jsonc",
            "{ \"name\": \"o\", \"main\": \"../index.ts\", \"compatibility_date\": \"2026-04-01\", \"vars\": { \"FILE\": \"other\" } }",
        ),
        ("index.ts", "export default { fetch: (_: Request, env: any) => new Response(env.FILE) };\n"),
        ("sub/deep/empty.txt", ""),
    ]);
    let server = Server::start(&project);
    server.expect("/", "toml");
    server.stop();
    let server = Server::start_with(&project, Options::args(["-c", "sub/other.jsonc"]));
    server.expect("/", "other");
    server.stop();
    // wrangler.json comes before .jsonc, and both before .toml.
    let config = |file: &str| {
        format!(
            "{{ \"name\": \"j\", \"main\": \"index.ts\", \"compatibility_date\": \"2026-04-01\", \"vars\": {{ \"FILE\": \"{file}\" }} }}"
        )
    };
    project.write("wrangler.jsonc", &config("jsonc"));
    let server = Server::start(&project);
    server.expect("/", "jsonc");
    server.stop();
    project.write("wrangler.json", &config("json"));
    let server = Server::start(&project);
    server.expect("/", "json");
    server.stop();
}

#[test]
fn flags_come_before_the_configuration() {
    let worker = r#"
        declare const DEFINED: string;
        export default { fetch: (_: Request, env: any) => Response.json([env.GIVEN, env.KEPT, DEFINED]) };
    "#;
    let project = Project::worker(worker, json!({ "vars": { "GIVEN": "config", "KEPT": "config" } }));
    let server = Server::start_with(
        &project,
        Options::args(["--var", "GIVEN:flag", "--define", "DEFINED:\"defined\"", "--name", "other"]),
    );
    server.expect("/", r#"["flag","config","defined"]"#);
    server.stop();
}

#[test]
fn files_of_the_environment_have_their_order() {
    let worker = "export default { fetch: (_: Request, env: any) => Response.json([env.A, env.B, env.C]) };";
    let project = Project::worker(worker, json!({ "vars": { "A": "vars", "B": "vars", "C": "vars" } }));
    project.write(".env", "A=env\nB=env\n");
    project.write(".env.local", "B=local\n");
    let server = Server::start(&project);
    server.expect("/", r#"["env","local","vars"]"#);
    server.stop();
    // With .dev.vars, the others do not count.
    project.write(".dev.vars", "C=dev\n");
    let server = Server::start(&project);
    server.expect("/", r#"["vars","vars","dev"]"#);
    server.stop();
    fs::write(project.path("own.env"), "A=own\n").expect("the folder is ours");
    let server = Server::start_with(&project, Options::args(["--env-file", "own.env"]));
    server.expect("/", r#"["own","vars","vars"]"#);
    server.stop();
}
