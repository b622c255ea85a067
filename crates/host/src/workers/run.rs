//! All workers of the process at work: started together, reloaded together by a key, ended together.
//!
//! What goes wrong with one is that one's business: the others neither wait for it nor hear of it.

use std::sync::Arc;
use std::time::Duration;

use lopata_bridges::fetch_service;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Routing, Spares, WorkerId, WorkerPlan};
use crate::assets::{Notice, Notices};
use crate::bindings::BindingContext;
use crate::bundle::{OutputSink, OutputStream};
use crate::config::{Route, WorkerConfig};
use crate::outbound::OutboundClient;
use crate::project::{Project, ProjectParts};
use crate::supervisor::{self, Command, Parts, Status};
use crate::tails::Tails;
use crate::terminal::Terminal;
use crate::traces::Traces;

/// What the workers share.
pub struct Shared {
    /// Stores, and the registry.
    pub context: BindingContext,
    /// Where guests come from.
    pub spares: Spares,
    /// Who gets which request.
    pub routing: Arc<Routing>,
    /// The connections of `fetch`.
    pub client: OutboundClient,
    /// Where spans go.
    pub traces: Traces,
    /// Where lines go; an auxiliary's with its name in front.
    pub terminal: Terminal,
}

impl Shared {
    /// Where the lines of a worker go.
    pub fn terminal_of(&self, worker: WorkerId, name: &str) -> Terminal {
        terminal_of(&self.terminal, worker, name)
    }
}

/// Where the lines of a worker go, when all lines go to `terminal`.
pub fn terminal_of(terminal: &Terminal, worker: WorkerId, name: &str) -> Terminal {
    match worker {
        WorkerId::PRIMARY => terminal.clone(),
        WorkerId(_) => terminal.labelled(name),
    }
}

/// The workers that run.
#[derive(Default)]
pub struct Running {
    workers: Vec<One>,
}

struct One {
    commands: mpsc::UnboundedSender<Command>,
    supervisor: JoinHandle<()>,
    /// Non-null until it has been waited for.
    first_attempt: Option<oneshot::Receiver<()>>,
}

impl Running {
    /// Starts a worker that is in the registry. `config` is its configuration, when that could be read.
    pub fn start(
        &mut self,
        worker: WorkerId,
        status: Status,
        plan: WorkerPlan,
        config: Option<&WorkerConfig>,
        terminal: Terminal,
        shared: &Shared,
    ) {
        let (outbound, fetch_calls) = fetch_service();
        let (_, cache) = shared.context.stores.caches.service(&shared.context.persist);
        let (client, zone) = (shared.client.clone(), config.map_or_else(|| "worker.example.com".to_string(), zone));
        tokio::spawn(async move { crate::outbound::serve(client, &zone, cache, fetch_calls).await });
        let project = Project::new(ProjectParts {
            worker,
            options: plan.options,
            overrides: plan.overrides,
            watch: plan.watch,
            context: shared.context.clone(),
            outbound,
            colour: terminal.colour(),
            custom_build_output: custom_build_output(&terminal),
            asset_notices: asset_notices(&terminal),
        });
        // Keys and signals bound the channel.
        let (commands, command_receiver) = mpsc::unbounded_channel();
        let (first_attempt, first_over) = oneshot::channel();
        let supervisor = tokio::spawn(supervisor::run(Parts {
            worker,
            spares: shared.spares.clone(),
            routing: shared.routing.clone(),
            commands: command_receiver,
            status,
            project,
            tails: Tails::new(shared.context.workers.clone(), terminal.clone()),
            terminal,
            traces: shared.traces.clone(),
            context: shared.context.clone(),
            first_attempt,
        }));
        self.workers.push(One { commands, supervisor, first_attempt: Some(first_over) });
    }

    /// Waits until each worker has been started once, well or badly.
    pub async fn first_attempts(&mut self) {
        for worker in &mut self.workers {
            if let Some(first) = worker.first_attempt.take() {
                // A supervisor that is gone has dropped its end; then there is nothing to wait for.
                let _ = first.await;
            }
        }
    }

    /// Rebuilds all of them.
    pub fn reload(&self) {
        for worker in &self.workers {
            // A supervisor that is gone rebuilds nothing any more.
            let _ = worker.commands.send(Command::Reload);
        }
    }

    /// Ends all of them, at once, within `grace`: a guest that does not end is not waited for, the process takes
    /// it along.
    pub async fn shut_down(&self, grace: Duration) {
        let end = |worker: &One| {
            let (done, over) = oneshot::channel();
            worker.commands.send(Command::Shutdown(done)).ok().map(|()| over)
        };
        let ends: Vec<_> = self.workers.iter().filter_map(end).collect();
        let all_over = async {
            for over in ends {
                let _ = over.await;
            }
        };
        let _ = tokio::time::timeout(grace, all_over).await;
        self.workers.iter().for_each(|worker| worker.supervisor.abort());
    }
}

fn asset_notices(terminal: &Terminal) -> Notices {
    let terminal = terminal.clone();
    Arc::new(move |notice| match notice {
        Notice::Info(text) => terminal.info(&text),
        Notice::Warning(text) => terminal.warn(&text),
        Notice::Error(text) => terminal.error(&text),
    })
}

fn custom_build_output(terminal: &Terminal) -> OutputSink {
    let terminal = terminal.clone();
    Arc::new(move |stream, line| match stream {
        OutputStream::Stdout => terminal.notice(&format!("[custom build] {line}")),
        OutputStream::Stderr => terminal.raw_error(&format!("[custom build] {line}")),
    })
}

/// What `CF-Worker` says of the worker on its way out: its zone, or the name that stands for one.
fn zone(config: &WorkerConfig) -> String {
    let zone = config.routes.iter().find_map(|route: &Route| route.zone_name.clone().or_else(|| route.host()));
    zone.unwrap_or_else(|| format!("{}.example.com", config.name))
}
