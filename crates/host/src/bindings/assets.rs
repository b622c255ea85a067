//! `assets`: a worker's static assets, and the env entry that fetches from them.
//!
//! Assets are made once and kept over builds until their settings change, so that what is said of their files is said
//! once. Unlike other bindings, an entry is not made from the configuration alone: it leads to what serves the worker's
//! own requests, too.

use std::path::Path;
use std::sync::Arc;

use lopata_bridges::{FetchService, ServiceHandle, fetch_service};
use lopata_protocol::{EnvValue, ServiceId, compat};

use super::BindingEntry;
use crate::assets::{self, Assets, Notices, Settings};
use crate::config::WorkerConfig;

/// The assets of one worker, and the way to them.
#[derive(Clone)]
pub struct Mounted {
    /// The assets.
    pub assets: Arc<Assets>,
    id: ServiceId,
    service: FetchService,
}

impl Mounted {
    /// The assets of a configuration: those from before, while they mean the same. `None` without a directory.
    pub fn of(config: &WorkerConfig, before: Option<Self>, cwd: &Path, notices: &Notices) -> Option<Self> {
        let settings = settings(config)?;
        match before {
            Some(before) if *before.assets.settings() == settings => Some(before),
            _ => {
                let assets = Arc::new(Assets::new(settings, cwd, notices.clone()));
                let (service, calls) = fetch_service();
                tokio::spawn(assets::serve(assets.clone(), calls));
                Some(Self { assets, id: ServiceId::next(), service })
            }
        }
    }

    /// The entry of this name.
    pub fn entry(&self, name: &str) -> BindingEntry {
        let directory = self.assets.settings().directory.display().to_string();
        BindingEntry {
            name: name.to_string(),
            kind: "Assets",
            shown: Some(directory.clone()),
            secret: false,
            value: EnvValue::Service(self.id),
            service: Some((self.id, ServiceHandle::Fetch(self.service.clone()))),
            identity: directory,
        }
    }
}

fn settings(config: &WorkerConfig) -> Option<Settings> {
    let assets = config.assets.as_ref()?;
    let flags = compat::resolve(&config.compatibility_date, &config.compatibility_flags).set;
    Some(Settings {
        directory: assets.directory.clone()?,
        html_handling: assets.html_handling,
        not_found_handling: assets.not_found_handling,
        run_worker_first: assets.run_worker_first.clone(),
        base_path: assets.base_path.clone(),
        has_worker: config.main.is_some(),
        navigation_prefers_assets: flags.has("assets_navigation_prefers_asset_serving"),
    })
}
