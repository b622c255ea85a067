//! One service, whatever it does, and the door to it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use lopata_bridges::{Door, FetchCall, InboxSender, Parcel, Undelivered, Unreachable};
use lopata_protocol::{ToGuest, WireError};

use super::Making;
use super::disk::{DiskService, TemporaryFolder};
use super::error::LinkError;
use super::host::{HostNode, HostService, refuse};
use super::network;
use super::worker::WorkerNode;
use crate::serve::config::model::{Disk, ServiceKind};

/// A service.
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub kind: NodeKind,
    /// The folder that it serves, if it does.
    pub(super) folder: Option<PathBuf>,
}

/// What a service does.
pub enum NodeKind {
    /// Runs code.
    Worker(Box<WorkerNode>),
    /// What lopata does itself: a network, a server, a folder, or an error when the configuration is wrong.
    Host(HostNode),
}

/// Stands for a service whose configuration is wrong.
struct Invalid;

impl HostService for Invalid {
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        refuse(Some(call.reply), self.no_rpc());
        Box::pin(std::future::ready(()))
    }

    fn no_rpc(&self) -> WireError {
        // Source: workerd's text.
        WireError::new("Error", "Service cannot handle requests because its config is invalid.")
    }
}

/// The folder that a test run is given for what it writes. One that nobody gives is made.
const TEST_FOLDER: &str = "TEST_TMPDIR";

impl Node {
    /// Makes a service that is not linked yet.
    pub(super) fn make(name: &str, kind: &ServiceKind, making: &Making) -> Result<Self, LinkError> {
        let service: Arc<dyn HostService> = match kind {
            ServiceKind::Worker(_) => {
                let made = WorkerNode::make(name, making);
                let worker = made.map_err(|error| LinkError::Thread { service: name.to_string(), error })?;
                return Ok(Self { name: Arc::from(name), kind: NodeKind::Worker(Box::new(worker)), folder: None });
            }
            ServiceKind::Network(given) => network::network(name, given)?,
            ServiceKind::External(given) => network::external(name, given, making)?,
            ServiceKind::Disk(given) => {
                let service = disk(name, given, making)?;
                let folder = Some(service.root().to_path_buf());
                return Ok(Self { folder, ..Self::host(name, Arc::new(service)) });
            }
            ServiceKind::Unspecified => Arc::new(Invalid),
        };
        Ok(Self::host(name, service))
    }

    /// A service whose configuration is wrong: it answers each call with an error.
    pub(super) fn invalid(name: &str) -> Self {
        Self::host(name, Arc::new(Invalid))
    }

    /// The public network.
    pub(super) fn internet(name: &str) -> Self {
        Self::host(name, network::internet())
    }

    fn host(name: &str, service: Arc<dyn HostService>) -> Self {
        Self { name: Arc::from(name), kind: NodeKind::Host(HostNode::start(service)), folder: None }
    }

    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let parcel = Box::new(parcel);
        match &self.kind {
            NodeKind::Worker(worker) => worker.deliver(parcel),
            NodeKind::Host(host) => host.deliver(parcel, &self.name),
        }
    }

    /// Tells it to end.
    pub(super) fn stop(&self) {
        match &self.kind {
            NodeKind::Worker(worker) => worker.stop(),
            NodeKind::Host(host) => host.stop(),
        }
    }

    /// Waits until it has ended.
    pub(super) async fn stopped(&self) {
        match &self.kind {
            NodeKind::Worker(worker) => worker.stopped().await,
            NodeKind::Host(_) => {}
        }
    }
}

fn disk(name: &str, given: &Disk, making: &Making) -> Result<DiskService, LinkError> {
    let (root, temporary) = match &given.path {
        Some(path) => (making.options.cwd.join(&*path.value), None),
        None if name == TEST_FOLDER => {
            let folder = temporary_folder().map_err(|error| LinkError::Folder { service: name.to_string(), error })?;
            (folder.clone(), Some(TemporaryFolder(folder)))
        }
        None => {
            let what = "it has no path.".to_string();
            return Err(LinkError::Unsupported { service: name.to_string(), what });
        }
    };
    Ok(DiskService::new(root, given.writable, given.allow_dotfiles, temporary))
}

/// A new folder where the system keeps such.
fn temporary_folder() -> std::io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let path = std::env::temp_dir().join(format!("lopata-test-{:016x}", u64::from_le_bytes(random)));
    std::fs::create_dir(&path)?;
    Ok(path)
}

/// Leads to one service.
pub struct NodeDoor {
    node: Weak<Node>,
    name: Arc<str>,
}

impl NodeDoor {
    /// A door to `node`; without one, to nowhere.
    pub fn new(node: Option<&Arc<Node>>, name: &str) -> Self {
        Self { node: node.map_or_else(Weak::new, Arc::downgrade), name: Arc::from(name) }
    }
}

impl Door for NodeDoor {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        match self.node.upgrade() {
            Some(node) => node.deliver(parcel),
            None => Err(Undelivered { parcel: Box::new(parcel), why: Unreachable::Broken(self.name.to_string()) }),
        }
    }
}
