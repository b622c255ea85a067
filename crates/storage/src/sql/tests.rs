//! Tests of how user SQL runs and is counted.
#![allow(clippy::unwrap_used)]

use lopata_protocol::d1::D1Value;
use rusqlite::Connection;

use super::{Engine, SqlError};

fn engine(script: &str) -> Engine {
    let mut engine = Engine::new(Connection::open_in_memory().unwrap()).unwrap();
    for statement in script.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        engine.run(statement, &[]).unwrap();
    }
    engine
}

/// Tables with 20 and 30 rows, indexes of either kind.
const TABLES: &str = "
    CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE, g INT);
    CREATE INDEX ug ON u (g);
    CREATE TABLE o (id INTEGER PRIMARY KEY, uid INT REFERENCES u (id), v);
    CREATE INDEX ou ON o (uid);
    CREATE TABLE k (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
    INSERT INTO u WITH RECURSIVE c (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 19)
        SELECT x, 'n' || x, x % 3 FROM c;
    INSERT INTO o WITH RECURSIVE c (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 29)
        SELECT x, x % 7, x FROM c;
    INSERT INTO k VALUES ('a', 1), ('b', 2);
    CREATE VIRTUAL TABLE f USING fts5 (body);
    INSERT INTO f VALUES ('a b c'), ('b c d')";

/// The numbers that wrangler 4.86 gives.
#[test]
fn reads_and_writes_are_counted_as_production_counts_them() {
    for (sql, read, written) in [
        ("SELECT 1", 0, 0),
        ("SELECT * FROM u", 20, 0),
        ("SELECT * FROM u WHERE id = 5", 1, 0),
        ("SELECT * FROM u WHERE id = 500", 1, 0),
        ("SELECT * FROM u WHERE name = 'n5'", 1, 0),
        ("SELECT * FROM u WHERE name = 'zz'", 0, 0),
        ("SELECT * FROM u WHERE g = 1", 8, 0),
        ("SELECT * FROM u WHERE g = 1 AND id > 5", 6, 0),
        ("SELECT * FROM u WHERE g > 1", 6, 0),
        ("SELECT * FROM u WHERE id >= 5 AND id < 8", 4, 0),
        ("SELECT * FROM u LIMIT 3", 3, 0),
        ("SELECT * FROM u ORDER BY id DESC LIMIT 2 OFFSET 3", 5, 0),
        ("SELECT * FROM u ORDER BY name DESC", 20, 0),
        ("SELECT count(*) FROM u", 20, 0),
        ("SELECT count(*) + 1 FROM u", 20, 0),
        ("SELECT (SELECT count(*) FROM o) FROM u", 50, 0),
        ("SELECT count(*) FROM u WHERE g = 1", 8, 0),
        ("SELECT max(id) FROM u", 1, 0),
        ("SELECT min(id), max(id) FROM u", 20, 0),
        ("SELECT g, count(*) FROM u GROUP BY g", 20, 0),
        ("SELECT u.name, o.v FROM u JOIN o ON o.uid = u.id", 60, 0),
        ("SELECT u.name, o.v FROM u JOIN o ON o.uid = u.id WHERE u.id = 3", 6, 0),
        ("SELECT * FROM u LEFT JOIN o ON o.uid = u.id WHERE o.id IS NULL", 56, 0),
        ("SELECT name FROM u WHERE EXISTS (SELECT 1 FROM o WHERE o.uid = u.id)", 27, 0),
        ("SELECT a.id, b.id FROM o a JOIN o b ON a.uid = b.uid WHERE a.v > 10", 128, 0),
        ("SELECT * FROM json_each('[1, 2]')", 2, 0),
        ("SELECT * FROM f WHERE f MATCH 'd'", 1, 0),
        ("SELECT * FROM k WHERE k = 'a'", 1, 0),
        ("INSERT INTO u VALUES (100, 'x', 1)", 1, 3),
        ("INSERT INTO n (x) VALUES (1)", 1, 2),
        ("INSERT INTO n (x) VALUES (1)", 1, 2),
        ("INSERT INTO k VALUES ('c', 1)", 0, 1),
        ("INSERT INTO u VALUES (6, 'x6', 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name", 1, 2),
        ("INSERT INTO u (name) VALUES ('ret') RETURNING *", 1, 3),
        ("UPDATE u SET g = g + 1 WHERE id = 5", 1, 2),
        ("UPDATE u SET g = g + 10", 22, 44),
        ("DELETE FROM o WHERE id = 3", 1, 1),
        ("DELETE FROM o WHERE id = 999", 1, 0),
        ("DELETE FROM k", 0, 2),
        ("DELETE FROM k WHERE k = 'c'", 1, 1),
    ] {
        let mut engine = engine(TABLES);
        match sql {
            "INSERT INTO n (x) VALUES (1)" => drop(engine.run("INSERT INTO n (x) VALUES (0)", &[]).unwrap()),
            "UPDATE u SET g = g + 10" => {
                engine.run("INSERT INTO u VALUES (100, 'x', 1), (101, 'y', 1)", &[]).unwrap();
            }

            "DELETE FROM k WHERE k = 'c'" => drop(engine.run("INSERT INTO k VALUES ('c', 1)", &[]).unwrap()),
            _ => {}
        }
        let outcome = engine.run(sql, &[]).unwrap();
        assert_eq!((outcome.rows_read, outcome.rows_written), (read, written), "{sql}");
    }
}

#[test]
fn each_run_of_a_kept_statement_is_counted_for_itself() {
    let mut engine = engine(TABLES);
    let sql = "SELECT * FROM u WHERE id > ?";
    for (above, rows) in [(10.0, 9), (18.0, 1), (0.0, 19), (10.0, 9)] {
        let outcome = engine.run(sql, &[D1Value::Real(above)]).unwrap();
        assert_eq!(outcome.rows_read, rows);
    }
    // A run that fails counts for nobody else.
    let insert = "INSERT INTO u VALUES (?, 'only', 1)";
    let counts = |engine: &mut Engine, id: f64| {
        engine.run(insert, &[D1Value::Real(id)]).map(|outcome| (outcome.rows_read, outcome.rows_written))
    };
    assert_eq!(counts(&mut engine, 200.0), Ok((1, 3)));
    assert!(counts(&mut engine, 201.0).unwrap_err().is_constraint());
    engine.run("DELETE FROM u WHERE id = 200", &[]).unwrap();
    assert_eq!(counts(&mut engine, 202.0), Ok((1, 3)));
    // Nor does a change of the schema between two runs.
    engine.run("ALTER TABLE u ADD COLUMN more", &[]).unwrap();
    assert_eq!(engine.run(sql, &[D1Value::Real(18.0)]).unwrap().rows_read, 2);
}

#[test]
fn an_explanation_shows_no_profiling() {
    let mut engine = engine(TABLES);
    let outcome = engine.run("EXPLAIN SELECT 1", &[]).unwrap();
    assert!(!outcome.cells.contains(&D1Value::Text("Explain".into())), "{outcome:?}");
    assert_eq!(engine.run("SELECT * FROM u WHERE g = 1", &[]).unwrap().rows_read, 8);
}

/// Texts of wrangler 4.86.
#[test]
fn errors_name_place_and_code() {
    let mut engine =
        engine("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b NOT NULL DEFAULT 0, CHECK (b > -1))");
    engine.run("INSERT INTO t (a) VALUES ('x')", &[]).unwrap();
    engine.run("CREATE TABLE s (a INT, b TEXT) STRICT", &[]).unwrap();
    for (sql, expected) in [
        ("SELECT * FROM x", "no such table: x: SQLITE_ERROR"),
        ("SELECT x FROM t", "no such column: x at offset 7: SQLITE_ERROR"),
        ("selec", "near \"selec\": syntax error at offset 0: SQLITE_ERROR"),
        ("SELECT count(*) FROM t WHERE", "incomplete input: SQLITE_ERROR"),
        ("SELECT nofn(1)", "no such function: nofn at offset 7: SQLITE_ERROR"),
        ("SELECT json('{')", "malformed JSON: SQLITE_ERROR"),
        ("CREATE TABLE t (a)", "table t already exists at offset 13: SQLITE_ERROR"),
        (
            "INSERT INTO t (a) VALUES ('x')",
            "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        ),
        (
            "INSERT INTO t (id) VALUES (1)",
            "UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
        ),
        (
            "INSERT INTO t (b) VALUES (NULL)",
            "NOT NULL constraint failed: t.b: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)",
        ),
        (
            "INSERT INTO t (b) VALUES (-5)",
            "CHECK constraint failed: b > -1: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
        ),
        (
            "INSERT INTO s VALUES ('x', 'y')",
            "cannot store TEXT value in INT column s.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)",
        ),
        ("INSERT INTO t (id) VALUES ('x')", "datatype mismatch: SQLITE_MISMATCH"),
        ("SELECT zeroblob(3000000)", "string or blob too big: SQLITE_TOOBIG"),
        ("SELECT ?101", "variable number must be between ?1 and ?100 at offset 7: SQLITE_ERROR"),
    ] {
        assert_eq!(engine.run(sql, &[]).unwrap_err().to_string(), expected, "{sql}");
    }
    assert_eq!(engine.run("SELECT ?", &[]), Err(SqlError::Bindings));
}

/// The numbers that wrangler 4.86 gives.
#[test]
fn deletes_and_updates_have_limits() {
    let mut engine = engine("CREATE TABLE w (id INTEGER PRIMARY KEY); INSERT INTO w VALUES (0), (1), (2), (3), (4)");
    let ids = |engine: &mut Engine| engine.run("SELECT group_concat(id) FROM w", &[]).unwrap().cells;
    let text = |ids: &str| [D1Value::Text(ids.into())];
    let delete = "DELETE FROM w WHERE id NOT IN (0, 1) ORDER BY id LIMIT ?";
    assert_eq!(engine.run(delete, &[D1Value::Real(2.0)]).unwrap().rows_written, 2);
    assert_eq!(ids(&mut engine), text("0,1,4"));
    // Kept, it runs again.
    engine.run(delete, &[D1Value::Real(1.0)]).unwrap();
    assert_eq!(ids(&mut engine), text("0,1"));
    let outcome = engine.run("UPDATE w SET id = id + 1000 WHERE id < 5 RETURNING id LIMIT 1;", &[]).unwrap();
    assert_eq!(outcome.cells, [D1Value::Integer(1000)]);
    assert_eq!(ids(&mut engine), text("1,1000"));
    engine.run("CREATE TABLE dq (a)", &[]).unwrap();
    let outcome = engine.run("DELETE FROM dq ORDER BY a LIMIT 1", &[]).unwrap();
    assert_eq!((outcome.rows_read, outcome.rows_written), (3, 0));
    // Where the rowid's usual name is a column's, it has others.
    for (table, columns) in [("r", "RowId"), ("\"r 2\"", "rowid, _rowid_"), ("main . [r3]", "rowid, oid AS (1)")] {
        engine.run(&format!("CREATE TABLE {table} ({columns})"), &[]).unwrap();
        let first = columns.split(',').next().unwrap();
        engine.run(&format!("INSERT INTO {table} ({first}) VALUES (7), (7), (7)"), &[]).unwrap();
        let limited = format!("DELETE FROM /* the */ {table} AS x WHERE x.rowid = 7 LIMIT 1");
        engine.run(&limited, &[]).unwrap();
        let count = engine.run(&format!("SELECT count(*) FROM {table}"), &[]).unwrap();
        assert_eq!(count.cells, [D1Value::Integer(2)], "{table}");
    }
    engine.run("CREATE TABLE none (rowid, _rowid_, oid)", &[]).unwrap();
    let error = engine.run("DELETE FROM none LIMIT 1", &[]).unwrap_err().to_string();
    assert_eq!(error, "near \"LIMIT\": syntax error at offset 17: SQLITE_ERROR");
    let error = engine.run("DELETE FROM dq LIMIT 1 LIMIT 2", &[]).unwrap_err().to_string();
    assert_eq!(error, "near \"LIMIT\": syntax error at offset 15: SQLITE_ERROR");
}

#[test]
fn the_cache_of_statements_is_bounded() {
    let mut engine = engine("");
    for n in 0..1000 {
        assert_eq!(engine.run(&format!("SELECT {n}"), &[]).unwrap().cells, [D1Value::Integer(n)]);
    }
    assert!(engine.kept_statements() <= 100);
}
