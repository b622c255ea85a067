//! `d1_databases`: env entries that are D1 databases, and the actors behind them.
//!
//! Owns which database an entry stands for ([`D1`]) and the running actors ([`Stores`]). What is stored, and what is
//! refused, is decided in the storage crate.
//!
//! Invariant: one actor a database in a process, however many workers and generations use it, so that there is one
//! writer.

mod actor;
pub mod cli;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lopata_bridges::{D1Service, ServiceHandle};
use lopata_protocol::{EnvValue, ServiceId};

use super::actors::Actors;
use super::{Binding, BindingContext, BindingEntry};
use crate::config::{D1Database, WorkerConfig};

/// The binding.
pub struct D1;

impl Binding for D1 {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.d1_databases.iter().map(|database| entry(database, context)).collect()
    }
}

fn entry(database: &D1Database, context: &BindingContext) -> BindingEntry {
    let id = database.local_id();
    let started = context.stores.d1.service(&context.persist, id);
    let started = started.map(|(id, service)| (id, EnvValue::D1(id), ServiceHandle::D1(service)));
    let shown = database.database_name.clone().unwrap_or_else(|| id.to_string());
    let identity = format!("{} in {}", id, context.persist.display());
    BindingEntry::of_store(&database.binding, "D1 Database", shown, identity, started)
}

/// The running actors, by the store that each of them owns.
#[derive(Debug, Default)]
pub struct Stores {
    databases: Actors<(PathBuf, String), D1Service>,
}

impl Stores {
    /// The service of a database under the persist root `root`; starts its actor if none runs. Touches no file: the
    /// store is opened at the first call.
    pub fn service(&self, root: &Path, id: &str) -> io::Result<(ServiceId, D1Service)> {
        let place = (root.to_owned(), id.to_string());
        self.databases.service(place, |(root, id)| actor::spawn(root.clone(), id.clone()))
    }

    /// Ends the actors, and interrupts statements that only read; see [`Actors::close`].
    pub fn close(&self, timeout: Duration) -> bool {
        self.databases.close(timeout)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lopata_protocol::d1::{D1Answer, D1Call, D1Statement, D1Value};

    use super::*;

    fn query(sql: &str) -> D1Call {
        D1Call::Query { statements: vec![D1Statement::new(sql)] }
    }

    fn cells(answer: Result<D1Answer, lopata_protocol::d1::D1Error>) -> Vec<D1Value> {
        match answer.unwrap() {
            D1Answer::Results { results, .. } => results.into_iter().flat_map(|result| result.cells).collect(),
            D1Answer::Export(_) => panic!("it was a query"),
        }
    }

    const ENDLESS: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

    #[test]
    fn the_documented_methods_are_those_of_the_classes() {
        let page = include_str!("../../../../../docs/bindings/d1.md");
        let classes = include_str!("../../../../guest/src/ext/d1/d1.js");
        let rows: Vec<_> =
            page.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4).collect();
        let methods = rows.iter().filter_map(|row| row.split('`').nth(1)?.split_once('(').map(|(method, _)| method));
        let methods: Vec<_> = methods.filter(|method| method.chars().all(char::is_alphabetic)).collect();
        for method in &methods {
            assert!(classes.contains(&format!(" {method}(")), "{method} is documented and does not exist");
        }
        assert!(methods.len() >= 11, "{methods:?}");
    }

    #[test]
    fn one_actor_serves_a_database_and_close_waits_for_its_writes() {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::default();
        let (first, service) = stores.service(folder.path(), "a").unwrap();
        assert_eq!(first, stores.service(folder.path(), "a").unwrap().0);
        assert_ne!(first, stores.service(folder.path(), "b").unwrap().0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written before the first call");
        service.call(query("CREATE TABLE t (a)")).wait_blocking().unwrap().unwrap();
        // Nobody waits for the answers; they are carried out all the same.
        (0..50).for_each(|n| drop(service.call(query(&format!("INSERT INTO t VALUES ({n})")))));
        drop(service);
        assert!(stores.close(Duration::from_secs(60)));
        let (_, service) = Stores::default().service(folder.path(), "a").unwrap();
        let answer = service.call(query("SELECT count(*) FROM t")).wait_blocking().unwrap();
        assert_eq!(cells(answer), [D1Value::Integer(50)]);
    }

    #[test]
    fn long_statements_run_beside_short_ones_and_end_with_their_callers() {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::default();
        let (_, service) = stores.service(folder.path(), "a").unwrap();
        service.call(query("CREATE TABLE t (a)")).wait_blocking().unwrap().unwrap();
        let write = "INSERT INTO t WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) \
                     SELECT x FROM c WHERE x < 0";
        // More than there are threads for; those behind wait.
        let endless: Vec<_> = [ENDLESS, write, ENDLESS].map(|sql| service.call(query(sql))).into();
        for _ in 0..50 {
            let answer = service.call(query("SELECT count(*) FROM t")).wait_blocking().unwrap();
            assert_eq!(cells(answer), [D1Value::Integer(0)]);
        }
        drop(endless);
        // The write that nobody waits for lets this one through.
        let answer = service.call(query("INSERT INTO t VALUES (1) RETURNING a")).wait_blocking().unwrap();
        assert_eq!(cells(answer), [D1Value::Integer(1)]);
        let crowd: Vec<_> = (0..20).map(|_| service.call(query(ENDLESS))).collect();
        drop((crowd, service));
        assert!(stores.close(Duration::from_secs(60)));
    }

    #[test]
    fn calls_of_one_caller_are_carried_out_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::default();
        let (_, service) = stores.service(folder.path(), "a").unwrap();
        service.call(query("CREATE TABLE t (a)")).wait_blocking().unwrap().unwrap();
        let mut answers = Vec::new();
        for n in 0..100 {
            answers.push((n, service.call(query(&format!("INSERT INTO t VALUES ({n})")))));
            answers.push((n + 1, service.call(query("SELECT count(*) FROM t"))));
        }
        for (n, answer) in answers {
            let cells = cells(answer.wait_blocking().unwrap());
            assert!(cells.is_empty() || cells == [D1Value::Integer(n)], "{n}: {cells:?}");
        }
        drop(service);
        assert!(stores.close(Duration::from_secs(60)));
    }

    #[test]
    fn a_store_that_cannot_be_opened_says_why_and_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("d1"), "a file where the folder should be").unwrap();
        let stores = Stores::default();
        let (_, service) = stores.service(folder.path(), "a").unwrap();
        let refused = service.call(query("SELECT 1")).wait_blocking().unwrap().unwrap_err();
        assert!(refused.text.contains("cannot create the folder"), "{refused}");
        std::fs::remove_file(folder.path().join("d1")).unwrap();
        let answer = service.call(query("SELECT 1")).wait_blocking().unwrap();
        assert_eq!(cells(answer), [D1Value::Integer(1)]);
    }
}
