//! The services of a configuration and how they reach each other.
//!
//! ```text
//! construct ─► link ─► start ─► (serve, or test) ─► unlink
//!  each alone    who reaches whom     modules run       nothing is left
//! ```
//!
//! A service is a [`Node`] with an inbox: a Worker has its guest's, what lopata serves itself (a network, an external
//! server, a folder) has a task's. So all of them are reached in one way, through a [`NodeDoor`], and a binding does
//! not know what is behind it. Doors do not keep nodes alive; whoever has the [`Graph`] does.
//!
//! Invariant: after `unlink` the graph is the only owner of its nodes. What still holds one is a leak, and said so.

mod bindings;
mod define;
mod direct;
mod disk;
mod error;
mod host;
mod network;
mod node;
mod objects;
mod worker;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use direct::{Directory, SocketEnd};
pub use error::LinkError;
use lopata_bridges::{Door, Namespace, ServiceHandle, WorkerService};
use lopata_guest::{CodeCache, LogBudget, SpawnOptions};
use lopata_protocol::Props;
pub use node::{Node, NodeDoor, NodeKind};
use objects::Namespaces;
use tokio::sync::mpsc;
pub use worker::{Output, TestRun, WorkerNode};

use super::config::model::{Config, ServiceDesignator, ServiceKind};

/// What the command line says about services.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--compat-date`.
    pub compat_date: Option<String>,
    /// What relative paths are relative to.
    pub cwd: PathBuf,
}

/// The name of the service that is there without being said: the public network.
const INTERNET: &str = "internet";

/// All services of a configuration.
pub struct Graph {
    /// In the order of the configuration.
    nodes: Vec<Arc<Node>>,
    by_name: HashMap<String, usize>,
    namespaces: Namespaces,
}

/// What nodes are made with.
pub(super) struct Making {
    spawn: SpawnOptions,
    output: Arc<dyn Output>,
    options: Options,
    /// The sockets of the configuration, by their addresses.
    sockets: HashMap<String, SocketEnd>,
    directory: Arc<Directory>,
}

impl Graph {
    /// Makes all services, none of which knows another yet.
    pub fn construct(config: &Config, options: Options, output: Arc<dyn Output>) -> (Self, Vec<LinkError>) {
        // Nobody speaks before it is adopted by its node, except a spare that cannot boot; which its node notices.
        let (reports, _) = mpsc::unbounded_channel();
        let spawn = SpawnOptions {
            snapshot: lopata_snapshot::SNAPSHOT,
            reports,
            code_cache: CodeCache::default(),
            log_budget: LogBudget::default(),
        };
        let mut errors = Vec::new();
        let (sockets, directory) = (network::sockets(config, &mut errors), Arc::default());
        let making = Making { spawn, output, options, sockets, directory };
        let mut graph = Self { nodes: Vec::new(), by_name: HashMap::new(), namespaces: Namespaces::default() };
        for service in &config.services {
            match Node::make(&service.name, &service.kind, &making) {
                Ok(node) => graph.add(node, &making.directory),
                Err(error) => {
                    errors.push(error);
                    graph.add(Node::invalid(&service.name), &making.directory);
                }
            }
        }
        if !graph.by_name.contains_key(INTERNET) {
            graph.add(Node::internet(INTERNET), &making.directory);
        }
        let mut namespaces = Namespaces::default();
        for service in &config.services {
            if let ServiceKind::Worker(worker) = &service.kind {
                let folder_of = |disk: &str| graph.find(disk).and_then(|node| node.folder.clone());
                namespaces.add(&service.name.value, worker, folder_of);
            }
        }
        graph.namespaces = namespaces;
        (graph, errors)
    }

    fn add(&mut self, node: Node, directory: &Directory) {
        let node = Arc::new(node);
        directory.add(&node);
        self.by_name.insert(node.name.to_string(), self.nodes.len());
        self.nodes.push(node);
    }

    /// Tells each Worker whom it reaches, and starts it. All start at once; what is wrong with one keeps no other
    /// from running.
    pub async fn link(&self, config: &Config, options: &Options) -> Vec<LinkError> {
        let mut errors = Vec::new();
        let mut starts = Vec::new();
        for service in &config.services {
            let ServiceKind::Worker(worker) = &service.kind else { continue };
            let Some(NodeKind::Worker(node)) = self.find(&service.name).map(|node| &node.kind) else { continue };
            match define::definition(&service.name, worker, config, options, self) {
                Ok(defined) => {
                    node.set_tails(worker.tails.iter().map(|tail| self.worker_service(tail)).collect());
                    starts.push((service, worker, node.start(defined)));
                }
                Err(error) => errors.push(error),
            }
        }
        for (service, worker, start) in starts {
            match start.await {
                Ok(()) => {
                    self.run_objects(&service.name);
                    let missing = define::missing_entrypoints(&service.name, worker);
                    errors.extend(missing.into_iter().filter_map(|wanted| self.missing_entrypoint(wanted)));
                }
                Err(error) => {
                    self.run_objects(&service.name);
                    errors.push(LinkError::Start { service: service.name.to_string(), error: Box::new(error) });
                }
            }
        }
        errors
    }

    /// Runs the classes of a Worker, if it has started.
    fn run_objects(&self, service: &str) {
        if let Some(NodeKind::Worker(worker)) = self.find(service).map(|node| &node.kind) {
            worker.run_objects(&self.classes(service));
        }
    }

    /// The classes of Durable Objects of a service.
    fn classes(&self, service: &str) -> Vec<(Arc<str>, Arc<Namespace>)> {
        self.namespaces.of(service)
    }

    /// The namespace of a class.
    fn namespace(&self, service: &str, class: &str) -> Option<&Arc<Namespace>> {
        self.namespaces.find(service, class)
    }

    /// Whether what a designator says is there once all Workers have started.
    fn missing_entrypoint(&self, (context, designator): (String, &ServiceDesignator)) -> Option<LinkError> {
        let node = self.find(&designator.name)?;
        let NodeKind::Worker(worker) = &node.kind else { return None };
        let entrypoint = designator.entrypoint.as_ref()?;
        let exports = worker.exports()?;
        if exports.iter().any(|export| *export.name == ***entrypoint) {
            return None;
        }
        Some(LinkError::NoEntrypoint {
            context,
            service: designator.name.to_string(),
            entrypoint: entrypoint.to_string(),
        })
    }

    /// The service of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Node>> {
        self.by_name.get(name).map(|index| &self.nodes[*index])
    }

    /// All services, in order.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// What a designator stands for, as an isolate holds it. A service that is not there answers each call with an
    /// error.
    pub fn handle(&self, designator: &ServiceDesignator) -> ServiceHandle {
        ServiceHandle::Worker(self.worker_service(designator))
    }

    fn worker_service(&self, designator: &ServiceDesignator) -> WorkerService {
        let props = designator.props.as_ref();
        WorkerService {
            door: self.door(&designator.name),
            worker: designator.name.value.clone(),
            entrypoint: designator.entrypoint.as_ref().map(|name| name.value.clone()),
            props: props.map_or(Props::None, |props| Props::Json(props.value.clone())),
        }
    }

    /// What answers the global `fetch` of a Worker.
    pub fn outbound(&self, designator: Option<&ServiceDesignator>) -> ServiceHandle {
        let name = designator.map_or(INTERNET, |designator| &**designator.name);
        // A network makes connections, too, and is asked without a detour.
        if let Some(NodeKind::Host(host)) = self.find(name).map(|node| &node.kind)
            && let Some(service) = host.outbound()
        {
            return ServiceHandle::Fetch(service.clone());
        }
        match designator {
            Some(designator) => self.handle(designator),
            None => ServiceHandle::Worker(WorkerService {
                door: self.door(name),
                worker: Arc::from(name),
                entrypoint: None,
                props: Props::None,
            }),
        }
    }

    fn door(&self, name: &str) -> Arc<dyn Door> {
        Arc::new(NodeDoor::new(self.find(name), name))
    }

    /// Ends all services and waits for their threads. Gives back the names of those that something still holds.
    pub async fn unlink(self) -> Vec<String> {
        self.namespaces.close();
        for node in &self.nodes {
            node.stop();
        }
        for node in &self.nodes {
            node.stopped().await;
        }
        let held = |node: &Arc<Node>| (Arc::strong_count(node) > 1).then(|| node.name.to_string());
        self.nodes.iter().filter_map(held).collect()
    }
}
