//! `services`: env entries that are other workers, or this one.
//!
//! An entry holds a door and no worker: who serves is found anew for each call, and a worker that does not run is
//! the answer to a call and no reason not to start.

use std::sync::Arc;

use lopata_bridges::{Door, ServiceHandle, WorkerService};
use lopata_protocol::{EnvValue, Props, ServiceId};

use super::{Binding, BindingContext, BindingEntry};
use crate::config::{ServiceBinding, WorkerConfig};

/// The binding.
pub struct Service;

impl Binding for Service {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.services.iter().map(|service| entry(service, context)).collect()
    }
}

fn entry(binding: &ServiceBinding, context: &BindingContext) -> BindingEntry {
    let ServiceBinding { service, environment, entrypoint, props, .. } = binding;
    let (worker, door): (String, Arc<dyn Door>) = match environment {
        // An environment of a worker is a worker of its own; one that was started without `--env` stands for all.
        Some(environment) => {
            let name = format!("{service}-{environment}");
            let door = context.workers.door_or(&name, service);
            (name, door)
        }
        None => (service.clone(), context.workers.door(service)),
    };
    let shown = match entrypoint {
        Some(entrypoint) => format!("{worker}#{entrypoint}"),
        None => worker.clone(),
    };
    let identity = format!("{shown} {}", props.as_deref().unwrap_or("{}"));
    let handle = WorkerService {
        door,
        worker: Arc::from(worker),
        entrypoint: entrypoint.as_deref().map(Arc::from),
        props: props.as_deref().map_or(Props::None, |props| Props::Json(Arc::from(props))),
    };
    let id = ServiceId::next();
    BindingEntry {
        name: binding.binding.clone(),
        kind: "Worker",
        shown: Some(shown),
        secret: false,
        value: EnvValue::Service(id),
        service: Some((id, ServiceHandle::Worker(handle))),
        identity,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Position;

    fn binding() -> ServiceBinding {
        ServiceBinding {
            binding: "B".to_string(),
            service: "other".to_string(),
            environment: None,
            entrypoint: None,
            props: None,
            remote: false,
            position: Position { file: "wrangler.json".into(), line: 1, column: 1 },
        }
    }

    fn made(binding: &ServiceBinding) -> (BindingEntry, WorkerService) {
        let folder = tempfile::tempdir().unwrap();
        let entry = entry(binding, &BindingContext::new(folder.path().to_path_buf(), Arc::default()));
        let Some((id, ServiceHandle::Worker(service))) = entry.service.clone() else { panic!("{entry:?}") };
        assert!(matches!(entry.value, EnvValue::Service(value) if value == id));
        (entry, service)
    }

    #[test]
    fn an_entry_names_worker_entrypoint_and_props() {
        let (entry, service) = made(&binding());
        assert_eq!((entry.name.as_str(), entry.shown.as_deref()), ("B", Some("other")));
        assert_eq!((&*service.worker, service.entrypoint, service.props), ("other", None, Props::None));

        let full = ServiceBinding {
            environment: Some("staging".to_string()),
            entrypoint: Some("Admin".to_string()),
            props: Some("{\"a\":1}".to_string()),
            ..binding()
        };
        let (entry, service) = made(&full);
        assert_eq!(entry.shown.as_deref(), Some("other-staging#Admin"));
        assert_eq!(&*service.worker, "other-staging");
        assert_eq!(service.entrypoint.as_deref(), Some("Admin"));
        assert_eq!(service.props, Props::Json("{\"a\":1}".into()));
    }

    #[test]
    fn what_is_bound_is_the_identity() {
        let plain = made(&binding()).0.identity;
        assert_eq!(plain, made(&ServiceBinding { remote: true, ..binding() }).0.identity, "ids are not part of it");
        for other in [
            ServiceBinding { service: "b".to_string(), ..binding() },
            ServiceBinding { entrypoint: Some("E".to_string()), ..binding() },
            ServiceBinding { props: Some("{\"a\":1}".to_string()), ..binding() },
        ] {
            assert_ne!(plain, made(&other).0.identity);
        }
    }
}
