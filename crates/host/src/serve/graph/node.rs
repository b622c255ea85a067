//! One service, whatever it does, and the door to it.

use std::sync::{Arc, Weak};

use lopata_bridges::{Door, FetchService, InboxSender, Parcel, Undelivered, Unreachable, fetch_service};
use lopata_protocol::ToGuest;
use tokio::task::JoinHandle;

use super::Making;
use super::error::LinkError;
use super::worker::WorkerNode;
use crate::serve::config::model::ServiceKind;

/// A service.
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub kind: NodeKind,
}

/// What a service does.
pub enum NodeKind {
    /// Runs code.
    Worker(WorkerNode),
    /// Fetches from wherever the URL says.
    Network(NetworkNode),
    /// Nothing: its configuration is wrong.
    Invalid,
}

/// A network.
pub struct NetworkNode {
    fetch: FetchService,
    task: JoinHandle<()>,
}

impl NetworkNode {
    /// What answers requests.
    pub fn fetch(&self) -> &FetchService {
        &self.fetch
    }
}

impl Node {
    /// Makes a service that is not linked yet.
    pub(super) fn make(name: &str, kind: &ServiceKind, making: &Making) -> Result<Self, LinkError> {
        let kind = match kind {
            ServiceKind::Worker(_) => {
                let made = WorkerNode::make(name, making);
                NodeKind::Worker(made.map_err(|error| LinkError::Thread { service: name.to_string(), error })?)
            }
            ServiceKind::Network(_) => return Ok(Self::internet(name, making)),
            ServiceKind::Unspecified | ServiceKind::External(_) | ServiceKind::Disk(_) => NodeKind::Invalid,
        };
        Ok(Self { name: Arc::from(name), kind })
    }

    /// A service whose configuration is wrong: it answers each call with an error.
    pub(super) fn invalid(name: &str) -> Self {
        Self { name: Arc::from(name), kind: NodeKind::Invalid }
    }

    /// The public network.
    pub(super) fn internet(name: &str, making: &Making) -> Self {
        let (fetch, calls) = fetch_service();
        let (client, zone) = (making.client.clone(), format!("{name}.example.com"));
        let task = tokio::spawn(async move { crate::outbound::serve(client, &zone, calls).await });
        Self { name: Arc::from(name), kind: NodeKind::Network(NetworkNode { fetch, task }) }
    }

    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let parcel = Box::new(parcel);
        match &self.kind {
            NodeKind::Worker(worker) => worker.deliver(parcel),
            NodeKind::Network(_) | NodeKind::Invalid => {
                Err(Undelivered { parcel, why: Unreachable::Broken(self.name.to_string()) })
            }
        }
    }

    /// Tells it to end.
    pub(super) fn stop(&self) {
        match &self.kind {
            NodeKind::Worker(worker) => worker.stop(),
            NodeKind::Network(network) => network.task.abort(),
            NodeKind::Invalid => {}
        }
    }

    /// Waits until it has ended.
    pub(super) async fn stopped(&self) {
        match &self.kind {
            NodeKind::Worker(worker) => worker.stopped().await,
            NodeKind::Network(_) | NodeKind::Invalid => {}
        }
    }
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
