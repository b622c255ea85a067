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

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lopata_bridges::{KvService, ServiceHandle};
use lopata_protocol::{EnvValue, ServiceId};
use lopata_storage::kv::site::SiteStore;
use parking_lot::Mutex;

use self::actor::Actor;
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
    let started = context.kv.service(&context.persist, id);
    let (value, service) = match started {
        Ok((service_id, service)) => (EnvValue::Kv(service_id), Some((service_id, ServiceHandle::Kv(service)))),
        Err(error) => {
            let name = &namespace.binding;
            (EnvValue::Unavailable(format!("The KV namespace \"{name}\" could not be started: {error}.")), None)
        }
    };
    BindingEntry {
        name: namespace.binding.clone(),
        kind: "KV Namespace",
        shown: Some(id.to_string()),
        secret: false,
        value,
        service,
        identity: format!("{} in {}", id, context.persist.display()),
    }
}

/// The running actors, by the store that each of them owns.
#[derive(Debug, Default)]
pub struct Stores {
    actors: Mutex<HashMap<(PathBuf, String), (ServiceId, Actor)>>,
    /// Those of Workers Sites.
    sites: Mutex<Vec<(SiteStore, ServiceId, Actor)>>,
}

impl Stores {
    /// The service of a namespace under the persist root `root`; starts its actor if none runs. Touches no
    /// file: the store is opened at the first call.
    pub fn service(&self, root: &Path, namespace: &str) -> io::Result<(ServiceId, KvService)> {
        let mut actors = self.actors.lock();
        let place = (root.to_owned(), namespace.to_string());
        if let Some((id, actor)) = actors.get(&place) {
            return Ok((*id, actor.service()));
        }
        let actor = Actor::spawn(root.to_owned(), namespace.to_string(), lopata_storage::system_clock())?;
        let started = (ServiceId::next(), actor.service());
        actors.insert(place, (started.0, actor));
        Ok(started)
    }

    /// The service of a Workers Site's files; starts its actor if none runs.
    pub fn site(&self, site: SiteStore) -> io::Result<(ServiceId, KvService)> {
        let mut sites = self.sites.lock();
        if let Some((_, id, actor)) = sites.iter().find(|(store, ..)| *store == site) {
            return Ok((*id, actor.service()));
        }
        let actor = Actor::spawn_site(site.clone())?;
        let started = (ServiceId::next(), actor.service());
        sites.push((site, started.0, actor));
        Ok(started)
    }

    /// Lets the actors end once nobody holds their service any more, and waits for that, but no longer than
    /// `timeout`. True when all have ended: every queued write has been carried out and the files are closed.
    pub fn close(&self, timeout: Duration) -> bool {
        let mut actors: Vec<_> = self.actors.lock().drain().map(|(_, (_, actor))| actor.release()).collect();
        actors.extend(self.sites.lock().drain(..).map(|(_, _, actor)| actor.release()));
        let deadline = Instant::now() + timeout;
        // Waits for each in turn; all of them were told before the first wait.
        actors.into_iter().all(|ended| ended.wait(deadline.saturating_duration_since(Instant::now())))
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
