//! `durable_objects`, `migrations` and `exports`: namespaces of Durable Objects in `env` and in `ctx.exports`.
//!
//! Owns which namespace a class has. Its unique key is wrangler's, `<worker>-<class>`. A class that was renamed keeps
//! its data: as long as there is none under its new name and some under an older one, it has the older name's key.
//! A class of another worker is whatever namespace that worker says it has; a worker that does not run is the answer
//! to a call and no reason not to start.

use std::path::Path;
use std::sync::Arc;

use lopata_bridges::{Namespace, ServiceHandle, Unreachable};
use lopata_protocol::{EnvValue, NamespaceDefinition, ObjectClass, ObjectStorage, ServiceId};

use super::{Binding, BindingContext, BindingEntry};
use crate::config::{self, ObjectBinding, WorkerConfig};

/// The binding.
pub struct DurableObjects;

impl Binding for DurableObjects {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.durable_objects.iter().map(|binding| entry(binding, config, context)).collect()
    }
}

/// A class of the worker's own.
#[derive(Clone, Debug)]
pub struct OwnClass {
    /// What its namespace is by this configuration.
    pub definition: Arc<NamespaceDefinition>,
    /// The namespace.
    pub namespace: Arc<Namespace>,
    /// What a guest is told.
    pub class: ObjectClass,
}

impl PartialEq for OwnClass {
    /// Whether it means the same to a guest, who does not care for the number of a service.
    fn eq(&self, other: &Self) -> bool {
        self.definition == other.definition && self.class.container == other.class.container
    }
}

/// The worker's own classes that have a namespace.
pub fn own_classes(config: &WorkerConfig, context: &BindingContext) -> Vec<OwnClass> {
    let class = |class: &config::ObjectClass| {
        let definition = definition(config, class, context);
        let namespace = context.objects.known_or(&definition);
        let class =
            ObjectClass { class: definition.class.clone(), service: ServiceId::next(), container: class.container };
        OwnClass { definition, namespace, class }
    };
    config.object_classes.iter().map(class).collect()
}

/// Makes the classes of a configuration known, so that other workers' bindings to them lead to the right namespaces,
/// whoever is built first.
pub fn declare(config: &WorkerConfig, context: &BindingContext) {
    for class in &config.object_classes {
        context.objects.known_or(&definition(config, class, context));
    }
}

/// The sentence about classes that are bound and that the code does not export. Source: wrangler's text.
pub fn unexported(config: &WorkerConfig, exports: &[String], entrypoint: &str) -> Option<String> {
    let own = config.durable_objects.iter().filter(|binding| binding.script_name.is_none());
    let missing: Vec<&str> = own
        .map(|binding| binding.class_name.as_str())
        .filter(|class| !exports.iter().any(|one| one == class))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "Your Worker depends on the following Durable Objects, which are not exported in your entrypoint file: {}.\nYou should export these objects from your entrypoint, {entrypoint}.",
            missing.join(", ")
        )
    })
}

fn unique_key(worker: &str, class: &str) -> String {
    format!("{worker}-{class}")
}

fn definition(
    config: &WorkerConfig,
    class: &config::ObjectClass,
    context: &BindingContext,
) -> Arc<NamespaceDefinition> {
    let key = key_with_data(&config.name, class, |key| has_data(&context.objects.folder_of(key)));
    Arc::new(NamespaceDefinition {
        storage: ObjectStorage::Disk { folder: context.objects.folder_of(&key), sql: class.sqlite },
        unique_key: Arc::from(key),
        worker: Arc::from(config.name.as_str()),
        class: Arc::from(class.class.as_str()),
        evicts: true,
        ephemeral: false,
    })
}

/// The key of a class: that of its name, unless only an older name has data.
fn key_with_data(worker: &str, class: &config::ObjectClass, has_data: impl Fn(&str) -> bool) -> String {
    let key = unique_key(worker, &class.class);
    if class.older_names.is_empty() || has_data(&key) {
        return key;
    }
    let older = class.older_names.iter().map(|name| unique_key(worker, name));
    older.into_iter().find(|older| has_data(older)).unwrap_or(key)
}

fn has_data(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn entry(binding: &ObjectBinding, config: &WorkerConfig, context: &BindingContext) -> BindingEntry {
    let ObjectBinding { class_name, script_name, environment, .. } = binding;
    let worker = match (script_name, environment) {
        (None, _) => config.name.clone(),
        (Some(script), None) => script.clone(),
        // An environment of a worker is a worker of its own; one that was started without `--env` stands for all.
        (Some(script), Some(environment)) => {
            let name = format!("{script}-{environment}");
            if context.workers.find(&name).is_some() { name } else { script.clone() }
        }
    };
    let own = config.object_classes.iter().find(|class| worker == config.name && class.class == *class_name);
    let namespace = match own {
        Some(class) => context.objects.known_or(&definition(config, class, context)),
        None => foreign(&worker, class_name, context),
    };
    let shown = match script_name {
        Some(script) => format!("{class_name}, defined in {script}"),
        None => class_name.clone(),
    };
    let id = ServiceId::next();
    BindingEntry {
        name: binding.binding.clone(),
        kind: "Durable Object",
        shown: Some(shown),
        secret: false,
        value: EnvValue::Objects(id),
        identity: format!("{worker} {class_name} {}", namespace.definition().unique_key),
        service: Some((id, ServiceHandle::Objects(namespace))),
    }
}

/// The namespace of another worker's class.
fn foreign(worker: &str, class: &str, context: &BindingContext) -> Arc<Namespace> {
    let found = context.objects.find(worker, class);
    let namespace = found.unwrap_or_else(|| context.objects.namespace(&unique_key(worker, class), worker, class));
    if context.workers.find(worker).is_none() {
        namespace.refuse(Unreachable::NoWorker(worker.to_string()));
    }
    namespace
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn class(name: &str, older: &[&str]) -> config::ObjectClass {
        config::ObjectClass {
            class: name.to_string(),
            sqlite: true,
            older_names: older.iter().map(ToString::to_string).collect(),
            container: false,
        }
    }

    #[test]
    fn a_renamed_class_keeps_its_data() {
        let key = |class: &config::ObjectClass, data: &[&str]| key_with_data("w", class, |key| data.contains(&key));
        let renamed = class("New", &["Newer", "Old"]);
        assert_eq!(key(&renamed, &[]), "w-New");
        assert_eq!(key(&renamed, &["w-Old"]), "w-Old");
        assert_eq!(key(&renamed, &["w-Old", "w-Newer"]), "w-Newer");
        assert_eq!(key(&renamed, &["w-Old", "w-New"]), "w-New", "what is there under its own name comes first");
        assert_eq!(key(&class("New", &[]), &["w-Old"]), "w-New");
    }

    #[test]
    fn an_empty_folder_is_no_data() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_data(&folder.path().join("none")));
        assert!(!has_data(folder.path()));
        std::fs::write(folder.path().join("x.sqlite"), "").unwrap();
        assert!(has_data(folder.path()));
    }
}
