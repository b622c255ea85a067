//! Where the Durable Objects of a worker run: the threads of the version that serves, and those that still finish.
//!
//! Threads of objects belong to a blueprint and not to a generation: a restart or a relief of the same code leaves them
//! alone. When a newer blueprint serves, its threads become the home of its classes, and the older ones drain; so each
//! object comes over when it has finished what it runs, and callers notice nothing.

use std::io;
use std::sync::Arc;

use lopata_bridges::{Attachments, Namespace, Unreachable};
use lopata_guest::{GuestHandle, GuestReport};
use lopata_protocol::{EventId, Export, GenerationId, LogRecord, SpanRecord, WorkerDefinition};
use tokio::sync::mpsc;

use super::ears::Ears;
use crate::bindings::BindingContext;
use crate::objects::{Isolation, Keeper, ObjectThreads, Trouble, ended_text};
use crate::project::Blueprint;
use crate::workers::WorkerId;

/// The object threads of one worker.
pub struct Homes {
    /// Which worker it is, and what it shares with others.
    worker: WorkerId,
    context: BindingContext,
    ears: Arc<Ears>,
    /// Those of the newest version that has started.
    current: Option<Home>,
    /// Those of older versions, until they are over.
    leaving: Vec<ObjectThreads>,
}

struct Home {
    blueprint: Arc<Blueprint>,
    namespaces: Vec<Arc<Namespace>>,
    /// Non-null exactly when the version has classes.
    threads: Option<ObjectThreads>,
}

impl Homes {
    /// Nothing runs yet.
    pub fn new(worker: WorkerId, context: BindingContext, ears: Arc<Ears>) -> Self {
        Self { worker, context, ears, current: None, leaving: Vec::new() }
    }

    /// A version of the worker serves: objects that are granted from now on run on its threads.
    pub fn move_to(&mut self, blueprint: &Arc<Blueprint>, exports: &[Export]) {
        if self.current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.blueprint, blueprint)) {
            return;
        }
        let threads = (!blueprint.objects.is_empty()).then(|| {
            let keeper = Version { blueprint: blueprint.clone(), ears: self.ears.clone() };
            ObjectThreads::new(Arc::new(keeper))
        });
        let mut namespaces = Vec::new();
        for definition in &blueprint.objects {
            let namespace = self.context.objects.define(definition);
            match &threads {
                Some(threads) if exports.iter().any(|export| *export.name == *definition.class) => {
                    namespace.set_home(Some(threads.home()));
                }
                _ => namespace.refuse(Unreachable::NoClass(definition.class.to_string())),
            }
            namespaces.push(namespace);
        }
        let current = Home { blueprint: blueprint.clone(), namespaces, threads };
        let previous = self.current.replace(current);
        let kept = |gone: &Arc<Namespace>| {
            self.current.iter().flat_map(|current| &current.namespaces).any(|kept| Arc::ptr_eq(kept, gone))
        };
        self.context.objects.serves(&blueprint.name, kept);
        let Some(previous) = previous else { return };
        for gone in previous.namespaces.iter().filter(|namespace| !kept(namespace)) {
            self.context.objects.retire(gone);
            gone.refuse(Unreachable::NoClass(gone.definition().class.to_string()));
        }
        if let Some(threads) = previous.threads {
            threads.drain();
            self.leaving.push(threads);
        }
    }

    /// The worker does not start, and nothing of it runs.
    pub fn refuse(&self) {
        if self.current.is_none()
            && let Some(worker) = self.context.workers.get(self.worker)
        {
            let why = Unreachable::Broken(worker.name.to_string());
            self.context.objects.refuse_all_of(&worker.name, &why);
        }
    }

    /// Forgets threads that are over.
    pub fn tidy(&mut self) {
        self.leaving.retain(|threads| !threads.is_over());
    }

    /// Ends all threads.
    pub fn end(&mut self) {
        if let Some(current) = self.current.take() {
            for namespace in &current.namespaces {
                self.context.objects.retire(namespace);
                namespace.refuse(Unreachable::Gone);
            }
            self.leaving.extend(current.threads);
        }
        self.leaving.iter().for_each(ObjectThreads::end);
    }

    /// Resolves once all threads that were told to end have ended.
    pub fn over(&self) -> impl Future<Output = ()> + use<> {
        let over: Vec<_> = self.leaving.iter().map(ObjectThreads::over).collect();
        async move {
            for over in over {
                over.await;
            }
        }
    }
}

/// One version of the worker, whose objects run.
struct Version {
    blueprint: Arc<Blueprint>,
    ears: Arc<Ears>,
}

impl Keeper for Version {
    fn guest(&self, reports: &mpsc::UnboundedSender<GuestReport>) -> io::Result<Arc<GuestHandle>> {
        self.ears.spares.take(reports)
    }

    fn definition(&self) -> (WorkerDefinition, Attachments) {
        self.blueprint.definition(GenerationId::next())
    }

    fn isolation(&self) -> Isolation {
        self.blueprint.object_isolation
    }

    fn cpu_ms_max(&self) -> u64 {
        self.blueprint.cpu_ms_max
    }

    fn started(&self) {
        self.ears.spares.refill();
    }

    fn log(&self, record: &LogRecord) {
        self.ears.log(&self.blueprint.name, record);
    }

    fn ended(&self, _: EventId, spans: Vec<SpanRecord>, tail: Option<Arc<str>>) {
        self.ears.ended(Some(&self.blueprint), spans, tail);
    }

    fn trouble(&self, class: &str, trouble: Trouble) {
        match trouble {
            Trouble::Failed(error) => self.ears.terminal.start_failed(&error),
            Trouble::Died(death, pending) => {
                let mut text = ended_text(class, &death);
                if pending > 0 {
                    text.push_str(&format!(" {pending} waitUntil task(s) were still running."));
                }
                self.ears.terminal.error_of(&self.blueprint.name, &text);
            }
        }
    }
}
