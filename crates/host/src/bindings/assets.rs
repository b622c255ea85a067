//! `assets`: a worker's static assets, and the env entry that fetches from them.
//!
//! Assets are made once and kept over builds until their settings change, so that what is said of their files is said
//! once. Unlike other bindings, an entry is not made from the configuration alone: it leads to what serves the worker's
//! own requests, too.

use std::path::Path;
use std::sync::Arc;

use lopata_bridges::{Door, InboxSender, Parcel, ServiceHandle, Undelivered, WorkerService, inbox};
use lopata_protocol::{Answer, EnvValue, EventOutcome, Props, ServiceId, ToGuest, WireError, compat};

use super::BindingEntry;
use crate::assets::{Assets, Notices, Settings};
use crate::config::WorkerConfig;

/// The assets of one worker, and the way to them.
#[derive(Clone)]
pub struct Mounted {
    /// The assets.
    pub assets: Arc<Assets>,
    id: ServiceId,
}

/// Leads to assets as a service binding's door leads to a worker. Calls are answered where they are made, by the
/// caller's thread: there is nothing to wait for but the disk.
struct AssetsDoor(Arc<Assets>);

impl Door for AssetsDoor {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let Parcel { message, mut attachments } = parcel;
        let answer = match message {
            ToGuest::Fetch { request, .. } => self.0.answer(&request),
            ToGuest::Rpc { request, .. } | ToGuest::RpcOn { request, .. } => {
                let method = request.path.last().map_or("", String::as_str);
                // Source: production's text for a method that is not there.
                let text = format!("The RPC receiver does not implement the method \"{method}\".");
                failed(WireError::new("TypeError", text))
            }
            ToGuest::Connect { .. }
            | ToGuest::Scheduled { .. }
            | ToGuest::Tail { .. }
            | ToGuest::Test { .. }
            | ToGuest::Alarm { .. } => failed(WireError::new("Error", "Static assets take requests only.")),
            ToGuest::RpcRelease { .. }
            | ToGuest::RpcFinish { .. }
            | ToGuest::Load(_)
            | ToGuest::Grant(_)
            | ToGuest::Inspect(_)
            | ToGuest::Abort { .. }
            | ToGuest::Drain
            | ToGuest::Stop => return Ok(inbox(1).0),
        };
        if let Some(reply) = attachments.take_reply() {
            // A caller that left does not want to know.
            let _ = reply.send(answer);
        }
        // The event is over: what may follow it has nobody to go to.
        Ok(inbox(1).0)
    }
}

fn failed(error: WireError) -> Parcel<Answer> {
    Parcel::new(Answer::Failed { error, outcome: EventOutcome::Exception })
}

impl Mounted {
    /// The assets of a configuration: those from before, while they mean the same. `None` without a directory.
    pub fn of(config: &WorkerConfig, before: Option<Self>, cwd: &Path, notices: &Notices) -> Option<Self> {
        let settings = settings(config)?;
        match before {
            Some(before) if *before.assets.settings() == settings => Some(before),
            _ => {
                let assets = Arc::new(Assets::new(settings, cwd, notices.clone()));
                Some(Self { assets, id: ServiceId::next() })
            }
        }
    }

    /// The entry of this name.
    pub fn entry(&self, name: &str) -> BindingEntry {
        let directory = self.assets.settings().directory.display().to_string();
        let service = WorkerService {
            door: Arc::new(AssetsDoor(self.assets.clone())),
            worker: Arc::from(name),
            entrypoint: None,
            props: Props::None,
        };
        BindingEntry {
            name: name.to_string(),
            kind: "Assets",
            shown: Some(directory.clone()),
            secret: false,
            value: EnvValue::Service(self.id),
            service: Some((self.id, ServiceHandle::Worker(service))),
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
