//! `kv_namespaces`: env entries that are KV namespaces, and the actors behind them.
//!
//! Owns which namespace an entry stands for ([`Kv`]), the running actors ([`Stores`]) and `lopata kv`
//! ([`cli`]). What is stored, and what is refused, is decided in the storage crate.
//!
//! Invariant: one actor a namespace in a process, however many workers and generations use it, so that its
//! writers share commits and its readers share what is in memory.

mod actor;
pub mod cli;
pub mod site;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lopata_bridges::{KvService, ServiceHandle};
use lopata_protocol::{EnvValue, ServiceId};
use lopata_storage::kv::site::SiteStore;

use super::actors::Actors;
use super::{Binding, BindingContext, BindingEntry};
use crate::config::{KvNamespace, WorkerConfig};

/// The binding.
pub struct Kv;

impl Binding for Kv {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.kv_namespaces.iter().map(|namespace| entry(namespace, context)).collect()
    }
}

fn entry(namespace: &KvNamespace, context: &BindingContext) -> BindingEntry {
    let id = namespace.local_id();
    let started = context.stores.kv.service(&context.persist, id);
    let started = started.map(|(id, service)| (id, EnvValue::Kv(id), ServiceHandle::Kv(service)));
    let identity = format!("{} in {}", id, context.persist.display());
    BindingEntry::of_store(&namespace.binding, "KV Namespace", id.to_string(), identity, started)
}

/// The running actors, by the store that each of them owns.
#[derive(Debug, Default)]
pub struct Stores {
    namespaces: Actors<(PathBuf, String), KvService>,
    /// Those of Workers Sites.
    sites: Actors<SiteStore, KvService>,
}

impl Stores {
    /// The service of a namespace under the persist root `root`; starts its actor if none runs. Touches no
    /// file: the store is opened at the first call.
    pub fn service(&self, root: &Path, namespace: &str) -> io::Result<(ServiceId, KvService)> {
        self.namespaces.service((root.to_owned(), namespace.to_string()), |(root, namespace)| {
            actor::spawn(root.clone(), namespace.clone(), lopata_storage::system_clock())
        })
    }

    /// The service of a Workers Site's files; starts its actor if none runs.
    pub fn site(&self, site: SiteStore) -> io::Result<(ServiceId, KvService)> {
        self.sites.service(site, |site| actor::spawn_site(site.clone()))
    }

    /// Ends the actors; see [`Actors::close`].
    pub fn close(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let namespaces = self.namespaces.close(timeout);
        self.sites.close(deadline.saturating_duration_since(Instant::now())) && namespaces
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lopata_protocol::kv::{KvAnswer, KvCall};

    use super::*;

    #[test]
    fn the_documented_methods_and_options_are_those_of_the_class() {
        let page = include_str!("../../../../../docs/bindings/kv.md");
        let class = include_str!("../../../../guest/src/ext/kv/kv.js");
        let rows = page.lines().filter(|line| line.starts_with("| `") && line.ends_with("| complete |"));
        let mut seen = std::collections::BTreeSet::new();
        for row in rows {
            let mut cells = row.split('|').map(str::trim).skip(1);
            let method = cells.next().unwrap().trim_matches('`').split('(').next().unwrap().to_string();
            assert!(class.contains(&format!("  {method}(")), "{method} is documented and does not exist");
            for option in cells.next().unwrap().split(',').map(|option| option.trim().trim_matches('`')) {
                assert!(class.contains(option), "the option {option} of {method} is documented and not taken");
            }
            seen.insert(method);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["delete", "get", "getWithMetadata", "list", "put"]);
    }

    #[test]
    fn one_actor_serves_a_namespace_and_close_waits_for_its_writes() {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::default();
        let (first, service) = stores.service(folder.path(), "a").unwrap();
        let (second, _) = stores.service(folder.path(), "a").unwrap();
        let (other, _) = stores.service(folder.path(), "b").unwrap();
        assert_eq!(first, second);
        assert_ne!(first, other);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written before the first call");

        let writes: Vec<_> = (0..50)
            .map(|n| {
                service.call(KvCall::Put {
                    key: format!("{n}"),
                    value: vec![0; 1000].into(),
                    expiration: None,
                    expiration_ttl: None,
                    metadata: None,
                })
            })
            .collect();
        assert!(!stores.close(Duration::ZERO), "somebody still holds the service");
        drop(service);
        let stores = Stores::default();
        for write in writes {
            assert_eq!(write.wait_blocking().unwrap(), Ok(KvAnswer::Done));
        }
        let (_, service) = stores.service(folder.path(), "a").unwrap();
        let answer = service.call(KvCall::List { prefix: None, limit: None, cursor: None }).wait_blocking().unwrap();
        assert!(matches!(answer, Ok(KvAnswer::Page { keys, .. }) if keys.len() == 50));
        drop(service);
        assert!(stores.close(Duration::from_secs(60)));
    }
}
