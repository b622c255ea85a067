//! Tests of the export: wrangler's text, and that it makes the same database.

#![allow(clippy::unwrap_used)]

use lopata_protocol::d1::{D1Statement, D1Value};
use proptest::prelude::*;

use super::*;

const MADE: &str = r#"
create table "quoted tbl"(a integer, b real, c blob, d, "e f" text);
insert into "quoted tbl" values (9007199254740992, 2.0, x'00ff', 'x', 'it''s a "q" ;'), (-1, 1e300, null, 1e21, 'a\nb'),
  (1, 0.1, 'txt', 1e-7, 'cr' || char(13) || char(10) || ' end');
create table if not exists 'single'(id integer primary key autoincrement, g int generated always as (id*2) stored);
insert into single default values;
create index idx on "quoted tbl"(a);
create view v as select * from single;
create trigger tr after insert on single begin update "quoted tbl" set a = 1 where a = case when 1 then 99 END; END;
create table wr(k text primary key, v) without rowid;
insert into wr values ('k', 5);
analyze;
"#;

/// What wrangler 4.86 exports of it.
const EXPORTED: &str = r#"PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE IF NOT EXISTS "quoted tbl"(a integer, b real, c blob, d, "e f" text);
INSERT INTO "quoted tbl" VALUES(9007199254740992,2,X'00ff','x','it''s a "q" ;');
INSERT INTO "quoted tbl" VALUES(-1,1e+300,NULL,1e+21,'a\nb');
INSERT INTO "quoted tbl" VALUES(1,0.1,'txt',1e-7,replace(replace('cr\r\n end','\r',char(13)),'\n',char(10)));
CREATE TABLE IF NOT EXISTS 'single'(id integer primary key autoincrement, g int generated always as (id*2) stored);
INSERT INTO "single" VALUES(1);
CREATE TABLE wr(k text primary key, v) without rowid;
INSERT INTO "wr" VALUES('k',5);
ANALYZE sqlite_schema;
INSERT INTO "sqlite_stat1" VALUES('wr','wr','1 1');
INSERT INTO "sqlite_stat1" VALUES('quoted tbl','idx','3 1');
INSERT INTO "sqlite_stat1" VALUES('single',NULL,'1');
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES('single',1);
CREATE INDEX idx on "quoted tbl"(a);
CREATE TRIGGER tr after insert on single begin update "quoted tbl" set a = 1 where a = case when 1 then 99 END; END;
CREATE VIEW v as select * from single;"#;

fn store() -> (tempfile::TempDir, D1Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = D1Store::open(folder.path(), "id").unwrap();
    (folder, store)
}

fn exported(store: &mut D1Store, no_schema: bool, no_data: bool, tables: &[&str]) -> Vec<String> {
    let tables = tables.iter().map(ToString::to_string).collect();
    store.export(&D1ExportOptions { no_schema, no_data, tables }).unwrap()
}

#[test]
fn the_text_is_wranglers() {
    let (_folder, mut store) = store();
    store.exec(MADE).unwrap();
    let lines: Vec<&str> = EXPORTED.split('\n').collect();
    assert_eq!(exported(&mut store, false, false, &[]), lines);
    let is_row = |line: &&str| line.starts_with("INSERT") || line.starts_with("PRAGMA");
    let (rows, schema): (Vec<&str>, Vec<&str>) = lines.iter().partition(|line| is_row(line));
    assert_eq!(exported(&mut store, true, false, &[]), rows);
    assert_eq!(exported(&mut store, false, true, &[])[1..], schema);
    // The name of an index has to be given, too.
    assert_eq!(exported(&mut store, false, false, &["single", "idx"]), [lines[0], lines[5], lines[6], lines[15]]);
}

#[test]
fn what_was_exported_makes_the_same_database() {
    let (_folder, mut first) = store();
    first.exec(MADE).unwrap();
    first
        .exec(
            "create table odd (a, b text); insert into odd values (9007199254740993, 'a' || char(10) || '\\n(\\n0)'),
                (2.0, 'nul' || char(0) || 'x'), (9e999, ''), (-9e999, cast(x'ff' as text))",
        )
        .unwrap();
    let statements = exported(&mut first, false, false, &[]);
    let (_folder, mut second) = store();
    second.exec(&statements.join("\n")).unwrap();
    assert_eq!(exported(&mut second, false, false, &[]), statements);
    let kinds = "select typeof(a), hex(a), hex(b), length(b) from odd";
    let rows = |store: &mut D1Store| store.query(&[D1Statement::new(kinds)]).unwrap().remove(0).cells;
    assert_eq!(rows(&mut second), rows(&mut first));
}

#[test]
fn virtual_tables_are_refused() {
    let (_folder, mut store) = store();
    store.exec("create virtual table f using fts5(x)").unwrap();
    let error = store.export(&D1ExportOptions::default()).unwrap_err();
    assert_eq!(error.text, "D1 Export error: cannot export databases with Virtual Tables (fts5)");
    store.exec("create table plain (x)").unwrap();
    assert_eq!(exported(&mut store, false, false, &["plain"])[1..], ["CREATE TABLE plain (x);"]);
}

#[test]
fn numbers_are_javascripts() {
    for (number, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e300, "1.25e+300"),
        (0.000001, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
    ] {
        assert_eq!(number_text(number), text);
    }
}

fn value() -> impl Strategy<Value = D1Value> {
    prop_oneof![
        Just(D1Value::Null),
        any::<i64>().prop_map(D1Value::Integer),
        any::<f64>().prop_filter("SQLite has no NaN", |number| !number.is_nan()).prop_map(D1Value::Real),
        "[a-z'\\\\nr()0;\r\n\0é]{0,12}".prop_map(D1Value::Text),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| D1Value::Blob(bytes.into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_survive(rows in prop::collection::vec((value(), value(), value(), value()), 0..6)) {
        let (_folder, mut first) = store();
        first.exec("create table t (a, b integer, c real, d text)").unwrap();
        for (a, b, c, d) in rows {
            let insert = "insert into t values (?, ?, ?, ?)".to_string();
            first.query(&[D1Statement { sql: insert, params: vec![a, b, c, d] }]).unwrap();
        }
        let script = exported(&mut first, false, false, &[]).join("\n");
        let (_folder, mut second) = store();
        second.exec(&script).unwrap();
        let all = "select typeof(a), a, typeof(b), b, typeof(c), c, typeof(d), d from t";
        let rows = |store: &mut D1Store| store.query(&[D1Statement::new(all)]).unwrap().remove(0).cells;
        prop_assert_eq!(rows(&mut second), rows(&mut first));
    }
}
