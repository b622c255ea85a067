//! D1 as a worker sees it: the surface, transactions, long queries, reloads and state that lasts.

use serde_json::{Value, json};

use crate::harness::http::Connection;
use crate::harness::{Project, Server};

/// Takes a list of operations and answers with what each came to.
const CODE: &str = r#"
    const shown = (error: any) => ({ error: error.message, cause: error.cause?.message });
    const operations: Record<string, (env: any, op: any) => unknown> = {
      async query(env, { sql, params, how, argument }) {
        let statement = env.DB.prepare(sql);
        if (params) statement = statement.bind(...params);
        return await statement[how ?? "all"](argument);
      },
      exec: (env, { sql }) => env.DB.exec(sql),
      batch: (env, { list }) => env.DB.batch(list.map((sql: string) => env.DB.prepare(sql))),
      async bind(env, { which }) {
        const value = {
          undefined: undefined, bigint: 10n, object: { a: 1 }, boolean: true, buffer: new Uint8Array([0, 255]).buffer,
          floats: new Float64Array([1, 300]), nothing: NaN, half: "a\ud800b", nul: "a\0b",
        }[which as string];
        return (await env.DB.prepare("SELECT typeof(?1) AS t, ?1 AS v").bind(value).all()).results[0];
      },
      async session(env) {
        const session = env.DB.withSession();
        const before = session.getBookmark();
        await session.prepare("SELECT 1").all();
        const first = session.getBookmark();
        await session.batch([session.prepare("SELECT 1")]);
        return [before, first.length, first < session.getBookmark(), env.DB.withSession(first).getBookmark() === first];
      },
      names: (env) => [env.DB, env.DB.prepare(""), env.DB.withSession()].map((object) => object.constructor.name),
      async together(env) {
        const insert = (n: number) => env.DB.prepare("INSERT INTO t (a) VALUES (?)").bind(n).run();
        await Promise.all(Array.from({ length: 50 }, (_, n) => insert(n)));
        return await env.DB.prepare("SELECT count(*) AS n FROM t").first("n");
      },
    };
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const answers = [];
        for (const op of await request.json<any[]>()) {
          try {
            answers.push((await operations[op.do](env, op)) ?? null);
          } catch (error) {
            answers.push(shown(error));
          }
        }
        return Response.json(answers);
      },
    };
"#;

fn project() -> Project {
    let databases = json!([{ "binding": "DB", "database_name": "db", "database_id": "the-id" }]);
    Project::worker(CODE, json!({ "d1_databases": databases }))
}

fn ask(server: &Server, operations: Value) -> Vec<Value> {
    let answer = server.client().send("POST", "/", &[], operations.to_string().as_bytes());
    match answer.json() {
        Value::Array(answers) => answers,
        other => panic!("{other}"),
    }
}

fn query(server: &Server, sql: &str) -> Value {
    ask(server, json!([{ "do": "query", "sql": sql }])).remove(0)
}

/// Asks, and does not wait for the answer.
fn start(server: &Server, sql: &str) -> Connection {
    let body = json!([{ "do": "query", "sql": sql }]).to_string();
    let mut connection = server.client().connect();
    connection.request("POST", "/", &[], body.as_bytes()).expect("the server runs");
    connection
}

#[test]
fn results_have_productions_shape() {
    let server = Server::start(&project());
    let answers = ask(
        &server,
        json!([
            { "do": "exec", "sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)\nINSERT INTO t (a) VALUES ('x')" },
            { "do": "query", "sql": "SELECT id, a FROM t WHERE id = ?", "params": [1] },
            { "do": "query", "sql": "INSERT INTO t (a) VALUES (?) RETURNING id", "params": ["y"], "how": "run" },
            { "do": "query", "sql": "SELECT 1 AS a, 2 AS a", "how": "raw", "argument": { "columnNames": true } },
            { "do": "query", "sql": "SELECT 1 AS a WHERE 0", "how": "raw", "argument": { "columnNames": true } },
            { "do": "query", "sql": "SELECT a FROM t ORDER BY id", "how": "first", "argument": "a" },
            { "do": "query", "sql": "SELECT a FROM t", "how": "first", "argument": "b" },
            { "do": "query", "sql": "SELECT a FROM t WHERE 0", "how": "first" },
            { "do": "names" },
        ]),
    );
    assert_eq!(answers[0]["count"], 2);
    let mut result = answers[1].clone();
    assert!(result["meta"]["duration"].as_f64().is_some_and(|duration| duration >= 0.0));
    result["meta"]["duration"] = json!(0);
    assert_eq!(
        result.to_string(),
        json!({
            "success": true,
            "meta": {
                "served_by": "miniflare.db", "duration": 0, "changes": 0, "last_row_id": 2, "changed_db": false,
                "size_after": 16384, "rows_read": 1, "rows_written": 0,
            },
            "results": [{ "id": 1, "a": "x" }],
        })
        .to_string(),
    );
    assert_eq!(answers[2]["results"], json!([{ "id": 2 }]));
    assert_eq!(answers[2]["meta"]["rows_written"], 2);
    assert_eq!(answers[3], json!([["a", "a"], [1, 2]]));
    assert_eq!(answers[4], json!([["a"]]));
    assert_eq!(answers[5], "x");
    assert_eq!(answers[6], json!({ "error": "D1_COLUMN_NOTFOUND: Column not found (b)", "cause": "Column not found" }));
    assert_eq!(answers[7], Value::Null);
    assert_eq!(answers[8], json!(["D1Database", "D1PreparedStatement", "D1DatabaseSession"]));
    server.stop();
}

#[test]
fn values_and_errors_are_productions() {
    let server = Server::start(&project());
    let kinds = ["boolean", "buffer", "floats", "nothing", "half", "nul", "undefined", "bigint", "object"];
    let operations: Vec<Value> = kinds.iter().map(|which| json!({ "do": "bind", "which": which })).collect();
    let refused = |text: &str| json!({ "error": format!("D1_TYPE_ERROR: {text}"), "cause": text });
    assert_eq!(
        ask(&server, json!(operations)),
        [
            json!({ "t": "real", "v": 1 }),
            json!({ "t": "blob", "v": [0, 255] }),
            json!({ "t": "blob", "v": [1, 44] }),
            json!({ "t": "null", "v": null }),
            json!({ "t": "text", "v": "a\u{fffd}\u{fffd}\u{fffd}b" }),
            json!({ "t": "text", "v": "a\0b" }),
            refused("Type 'undefined' not supported for value 'undefined'"),
            refused("Type 'bigint' not supported for value '10'"),
            refused("Type 'object' not supported for value '[object Object]'"),
        ]
    );
    for (sql, text) in [
        ("selec", "near \"selec\": syntax error at offset 0: SQLITE_ERROR"),
        ("SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"),
        ("SELECT ?", "Wrong number of parameter bindings for SQL query."),
        ("", "No SQL statements detected."),
        ("ATTACH 'x' AS y", "not authorized: SQLITE_AUTH"),
        ("SELECT sqlite_version()", "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"),
    ] {
        assert_eq!(query(&server, sql), json!({ "error": format!("D1_ERROR: {text}"), "cause": text }), "{sql}");
    }
    let exec = ask(&server, json!([{ "do": "exec", "sql": "SELECT 1\nSELECT x" }])).remove(0);
    let text = "Error in line 1: SELECT 1: no such column: x at offset 7: SQLITE_ERROR";
    assert_eq!(exec, json!({ "error": format!("D1_EXEC_ERROR: {text}"), "cause": text }));
    server.stop();
}

#[test]
fn a_batch_is_one_transaction() {
    let server = Server::start(&project());
    let answers = ask(
        &server,
        json!([
            { "do": "exec", "sql": "CREATE TABLE t (a PRIMARY KEY)" },
            { "do": "batch", "list": ["INSERT INTO t VALUES (1)", "SELECT a FROM t", "INSERT INTO t VALUES (2)"] },
            { "do": "batch", "list": ["INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)"] },
            { "do": "query", "sql": "SELECT count(*) AS n FROM t", "how": "first", "argument": "n" },
            { "do": "together" },
            { "do": "session" },
        ]),
    );
    assert_eq!(answers[1][1]["results"], json!([{ "a": 1 }]));
    let text = "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)";
    assert_eq!(answers[2], json!({ "error": format!("D1_ERROR: {text}"), "cause": text }));
    assert_eq!(answers[3], 2);
    assert!(answers[4]["error"].as_str().is_some_and(|text| text.contains("UNIQUE")), "{}", answers[4]);
    assert_eq!(answers[5], json!([null, 59, true, true]));
    server.stop();
}

/// Statements that never end.
const ENDLESS: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
const ENDLESS_WRITE: &str =
    "INSERT INTO t (a) WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0";

#[test]
fn a_query_that_never_ends_keeps_nobody_waiting() {
    let server = Server::start(&project());
    query(&server, "CREATE TABLE t (a)");
    let _waiting = [ENDLESS, ENDLESS, ENDLESS_WRITE].map(|endless| start(&server, endless));
    for _ in 0..20 {
        assert_eq!(query(&server, "SELECT count(*) AS n FROM t")["results"], json!([{ "n": 0 }]));
    }
    // The end of the server waits for none of them.
    server.stop();
}

#[test]
fn a_reload_ends_what_nobody_waits_for() {
    let project = project();
    let server = Server::start(&project);
    query(&server, "CREATE TABLE t (a)");
    let waiting = start(&server, ENDLESS_WRITE);
    query(&server, "SELECT 1");
    server.reload(|| project.edit("src/index.ts", "const shown", "const edited = true, shown"));
    drop(waiting);
    // Waits for the write that nobody will ever see the end of, which is interrupted.
    assert_eq!(query(&server, "INSERT INTO t VALUES (1)")["meta"]["changes"], 1);
    server.stop();
}

#[test]
fn data_survives_a_restart_and_a_kill() {
    let project = project();
    let server = Server::start(&project);
    query(&server, "CREATE TABLE t (a)");
    query(&server, "INSERT INTO t VALUES (1)");
    server.stop();
    let server = Server::start(&project);
    assert_eq!(query(&server, "SELECT a FROM t")["results"], json!([{ "a": 1 }]));
    query(&server, "INSERT INTO t VALUES (2)");
    // Kills it.
    drop(server);
    let server = Server::start(&project);
    assert_eq!(query(&server, "SELECT a FROM t")["results"], json!([{ "a": 1 }, { "a": 2 }]));
    server.stop();
}
