//! `site`: a Workers Site's files as the namespace `__STATIC_CONTENT`, and its manifest.
//!
//! A module worker imports the manifest as text, a service-worker script has it as a global. Both hold for one
//! generation; the files themselves are read when they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use lopata_bridges::{CallReceiver, ServiceHandle};
use lopata_protocol::kv::{KvAnswer, KvCall, KvError};
use lopata_protocol::{EnvValue, ModuleDefinition, ModuleKind};
use lopata_storage::kv::site::SiteStore;
use sha2::{Digest, Sha256};

use super::{Binding, BindingContext, BindingEntry};
use crate::config::{WorkerConfig, WorkersSite};

/// The name of the namespace.
const NAMESPACE: &str = "__STATIC_CONTENT";
/// The name of the manifest, as a module and as a global.
const MANIFEST: &str = "__STATIC_CONTENT_MANIFEST";

/// The binding.
pub struct Site;

impl Binding for Site {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.site.iter().map(|site| namespace(site, context)).collect()
    }
}

fn store(site: &WorkersSite) -> SiteStore {
    SiteStore::new(&site.bucket, site.include.clone(), site.exclude.clone())
}

fn namespace(site: &WorkersSite, context: &BindingContext) -> BindingEntry {
    let store = store(site);
    let identity = format!("{store:?}");
    let started = context.stores.kv.site(store);
    let started = started.map(|(id, service)| (id, EnvValue::Kv(id), ServiceHandle::Kv(service)));
    BindingEntry::of_store(NAMESPACE, "Workers Site", site.bucket.display().to_string(), identity, started)
}

/// The manifest as a service-worker script has it, and as modules have it: under its name beside each of them, since a
/// bare name is a path like any other.
pub struct Manifest {
    json: String,
}

impl Manifest {
    /// The manifest of what is in the folder now.
    pub fn of(site: &WorkersSite) -> Self {
        let entries = store(site).manifest().into_iter().map(|(path, key)| (path, key.into()));
        Self { json: serde_json::Value::Object(entries.collect()).to_string() }
    }

    /// The global.
    pub fn global(self) -> BindingEntry {
        BindingEntry {
            name: MANIFEST.to_owned(),
            kind: "Workers Site",
            shown: None,
            secret: false,
            identity: self.json.clone(),
            value: EnvValue::Json(self.json),
            service: None,
        }
    }

    /// The modules to go with `modules`.
    pub fn modules(self, modules: &[ModuleDefinition]) -> Vec<ModuleDefinition> {
        let folder = |module: &ModuleDefinition| module.specifier.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let folders: BTreeSet<String> = modules.iter().filter_map(folder).collect();
        let hash: [u8; 32] = Sha256::digest(self.json.as_bytes()).into();
        let text: Arc<str> = self.json.into();
        let define = |folder: String| ModuleDefinition {
            specifier: format!("{folder}/{MANIFEST}"),
            kind: ModuleKind::Text(text.clone()),
            hash,
        };
        folders.into_iter().map(define).collect()
    }
}

/// Carries out the calls on a site until nobody can call any more.
pub(super) fn run(receiver: &CallReceiver<KvCall, Result<KvAnswer, KvError>>, store: &SiteStore) {
    while let Some((call, responder)) = receiver.recv() {
        if !responder.is_closed() {
            responder.send(answer(store, call));
        }
    }
}

fn answer(store: &SiteStore, call: KvCall) -> Result<KvAnswer, KvError> {
    // Source: wrangler's sentence.
    let refuse =
        |verb: &str| Err(KvError { status: 405, text: format!("Cannot {verb}() with Workers Sites namespace") });
    match call {
        KvCall::Get { key, cache_ttl: _ } => store.get(&key).map(KvAnswer::Value),
        KvCall::GetMany { keys, kind, cache_ttl: _ } => store.get_many(&keys, kind.as_deref()).map(KvAnswer::Values),
        KvCall::List { prefix, limit, cursor } => {
            let page = store.list(prefix.as_deref(), limit, cursor.as_deref())?;
            Ok(KvAnswer::Page { keys: page.keys, cursor: page.cursor })
        }
        KvCall::Put { .. } => refuse("put"),
        KvCall::Delete { .. } => refuse("delete"),
    }
}
