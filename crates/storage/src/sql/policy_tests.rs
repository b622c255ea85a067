//! Tests of what user SQL may do. The texts are those of wrangler 4.86.
#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use super::{Engine, SqlError};

fn engine() -> Engine {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)").unwrap();
    let mut engine = Engine::new(connection).unwrap();
    for sql in ["CREATE TABLE t (a, b)", "CREATE INDEX t_b ON t (b)", "CREATE VIRTUAL TABLE f USING fts5 (a)"] {
        engine.run(sql, &[]).unwrap();
    }
    engine
}

fn outcome(sql: &str) -> Result<(), String> {
    engine().run(sql, &[]).map(drop).map_err(|error| error.to_string())
}

const NOT_AUTHORIZED: &str = "not authorized: SQLITE_AUTH";

#[test]
fn other_databases_and_files_are_refused() {
    for sql in [
        "ATTACH 'x' AS y",
        "ATTACH ':memory:' AS y",
        "DETACH main",
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMPORARY VIEW x AS SELECT 1",
        "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TEMP TABLE x AS SELECT 1",
    ] {
        assert_eq!(outcome(sql), Err(NOT_AUTHORIZED.to_string()), "{sql}");
    }
    for sql in ["VACUUM INTO 'lopata-policy-test'", "SELECT writefile('a', 'b')", "SELECT load_extension('a')"] {
        assert!(outcome(sql).is_err(), "{sql}");
    }
    assert!(!std::path::Path::new("lopata-policy-test").exists());
}

#[test]
fn transactions_are_refused_with_the_way_out() {
    for sql in [
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "ROLLBACK TO a",
        "/**/bEgIn",
    ] {
        assert_eq!(engine().run(sql, &[]).unwrap_err(), SqlError::Transaction, "{sql}");
    }
}

#[test]
fn the_runtimes_tables_cannot_be_reached() {
    for (sql, expected) in [
        ("SELECT * FROM _cf_METADATA", "access to _cf_METADATA.key is prohibited: SQLITE_AUTH"),
        ("SELECT * FROM _CF_metadata", "access to _cf_METADATA.key is prohibited: SQLITE_AUTH"),
        ("SELECT (SELECT value FROM _cf_METADATA)", "access to _cf_METADATA.value is prohibited: SQLITE_AUTH"),
        ("INSERT INTO _cf_METADATA VALUES (1, 2)", NOT_AUTHORIZED),
        ("UPDATE _cf_METADATA SET value = 1", NOT_AUTHORIZED),
        ("DELETE FROM _cf_METADATA", NOT_AUTHORIZED),
        ("DROP TABLE _cf_METADATA", NOT_AUTHORIZED),
        ("ALTER TABLE _cf_METADATA RENAME TO x", NOT_AUTHORIZED),
        ("CREATE INDEX i ON _cf_METADATA (value)", NOT_AUTHORIZED),
        ("CREATE TRIGGER x AFTER INSERT ON _cf_METADATA BEGIN SELECT 1; END", NOT_AUTHORIZED),
        ("CREATE TABLE _cf_x (a)", NOT_AUTHORIZED),
        ("CREATE VIEW _cf_x AS SELECT 1", NOT_AUTHORIZED),
        ("CREATE INDEX _cf_x ON t (a)", NOT_AUTHORIZED),
        ("CREATE TABLE x AS SELECT * FROM _cf_METADATA", "access to _cf_METADATA.key is prohibited: SQLITE_AUTH"),
        ("PRAGMA table_info('_cf_METADATA')", NOT_AUTHORIZED),
        ("SELECT * FROM pragma_table_info('_cf_METADATA')", NOT_AUTHORIZED),
    ] {
        assert_eq!(outcome(sql), Err(expected.to_string()), "{sql}");
    }
    let mut engine = engine();
    engine.run("CREATE VIEW v AS SELECT * FROM _cf_METADATA", &[]).unwrap();
    assert!(engine.run("SELECT * FROM v", &[]).unwrap_err().to_string().contains("prohibited"));
    engine.run("CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM _cf_METADATA; END", &[]).unwrap();
    assert_eq!(engine.run("INSERT INTO t VALUES (1, 2)", &[]).unwrap_err().to_string(), NOT_AUTHORIZED);
}

#[test]
fn the_schema_is_read_and_not_written() {
    for sql in ["SELECT * FROM sqlite_master", "SELECT * FROM sqlite_schema", "SELECT * FROM sqlite_temp_master"] {
        assert_eq!(outcome(sql), Ok(()), "{sql}");
    }
    for sql in [
        "INSERT INTO sqlite_master VALUES (1, 1, 1, 1, 1)",
        "DELETE FROM sqlite_schema",
        "UPDATE sqlite_master SET sql = ''",
        "PRAGMA writable_schema = 1",
        "DELETE FROM f_data",
        "DROP TABLE f_data",
        "CREATE TABLE sqlite_x (a)",
    ] {
        assert!(outcome(sql).is_err(), "{sql}");
    }
}

#[test]
fn virtual_tables_are_those_of_full_text_search() {
    for module in ["fts5 (a)", "FTS5 (a, b)", "fts5vocab (f, 'row')"] {
        assert_eq!(outcome(&format!("CREATE VIRTUAL TABLE x USING {module}")), Ok(()), "{module}");
    }
    for module in ["rtree (id, a, b)", "fts3 (a)", "fts4 (a)", "dbstat", "bytecode", "nope"] {
        assert_eq!(outcome(&format!("CREATE VIRTUAL TABLE x USING {module}")), Err(NOT_AUTHORIZED.into()), "{module}");
    }
    for table in ["dbstat", "bytecode('SELECT 1')", "tables_used('SELECT 1')", "sqlite_stmt", "sqlite_dbpage"] {
        let name = table.split('(').next().unwrap();
        let expected = format!("no such table: {name}: SQLITE_ERROR");
        assert_eq!(outcome(&format!("SELECT * FROM {table}")), Err(expected), "{table}");
    }
    assert_eq!(outcome("SELECT * FROM json_each('[1]'), json_tree('[1]')"), Ok(()));
    assert_eq!(outcome("SELECT highlight(f, 0, '<', '>'), bm25(f) FROM f WHERE f MATCH 'x' ORDER BY rank"), Ok(()));
}

#[test]
fn functions_are_those_of_the_list() {
    for call in ["abs(-1)", "COUNT(*)", "json_extract('{}', '$')", "'{}' -> 'a'", "jsonb('{}')", "pow(2, 3)", "sign(1)"]
    {
        assert_eq!(outcome(&format!("SELECT {call}")), Ok(()), "{call}");
    }
    for call in ["sqlite_version()", "sqlite_source_id()", "json_pretty('{}')", "log10(1)", "SQLite_Version()"] {
        let name = call.split('(').next().unwrap();
        let error = outcome(&format!("SELECT {call}")).unwrap_err();
        let expected = format!("not authorized to use function: {name} at offset 7: SQLITE_ERROR");
        assert_eq!(error.to_lowercase(), expected.to_lowercase());
    }
    assert_eq!(outcome("SELECT load_extension('x')"), Err("not authorized: SQLITE_ERROR".into()));
}

#[test]
fn pragmas_are_those_of_the_list() {
    for sql in [
        "PRAGMA table_info(t)",
        "PRAGMA table_xinfo(t)",
        "PRAGMA table_list",
        "PRAGMA foreign_keys",
        "PRAGMA foreign_keys = off",
        "PRAGMA foreign_keys = 'on'",
        "PRAGMA defer_foreign_keys = TRUE",
        "PRAGMA case_sensitive_like(1)",
        "PRAGMA foreign_key_check",
        "PRAGMA foreign_key_list(t)",
        "PRAGMA index_info(t_b)",
        "PRAGMA index_list(t)",
        "PRAGMA index_xinfo(t_b)",
        "PRAGMA quick_check",
        "PRAGMA quick_check(1)",
        "PRAGMA optimize",
        "PRAGMA optimize(0xfffe)",
        "PRAGMA data_version",
        "SELECT * FROM pragma_table_list",
    ] {
        assert_eq!(outcome(sql), Ok(()), "{sql}");
    }
    for sql in [
        "PRAGMA TABLE_INFO(t)",
        "PRAGMA foreign_keys = maybe",
        "PRAGMA foreign_key_list",
        "PRAGMA optimize = abc",
        "PRAGMA data_version = 1",
        "PRAGMA integrity_check",
        "PRAGMA journal_mode",
        "PRAGMA journal_mode = delete",
        "PRAGMA page_count",
        "PRAGMA user_version = 1",
        "PRAGMA query_only = 0",
        "PRAGMA trusted_schema = 0",
        "PRAGMA temp_store_directory = 'x'",
        "PRAGMA nope",
        "SELECT * FROM pragma_page_count",
        "SELECT * FROM pragma_function_list",
    ] {
        assert_eq!(outcome(sql), Err(NOT_AUTHORIZED.into()), "{sql}");
    }
}

#[test]
fn limits_are_productions() {
    let list = |count: usize, separator: &str| vec!["1"; count].join(separator);
    for (fits, too_much, expected) in [
        (list(100, "+"), list(101, "+"), "Expression tree is too large (maximum depth 100): SQLITE_ERROR"),
        (list(100, ","), list(101, ","), "too many columns in result set: SQLITE_ERROR"),
        (list(5, " UNION SELECT "), list(6, " UNION SELECT "), "too many terms in compound SELECT: SQLITE_ERROR"),
        (
            format!("max({})", list(127, ",")),
            format!("max({})", list(128, ",")),
            "too many arguments on function max at offset 7: SQLITE_ERROR",
        ),
        (
            format!("'a' LIKE '{}'", "x".repeat(50)),
            format!("'a' LIKE '{}'", "x".repeat(51)),
            "LIKE or GLOB pattern too complex: SQLITE_ERROR",
        ),
        (
            format!("'{}'", "x".repeat(99_980)),
            format!("'{}'", "x".repeat(100_000)),
            "statement too long: SQLITE_TOOBIG",
        ),
    ] {
        assert_eq!(outcome(&format!("SELECT {fits}")), Ok(()));
        assert_eq!(outcome(&format!("SELECT {too_much}")), Err(expected.to_string()));
    }
}
