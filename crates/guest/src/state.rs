//! What the ops of one isolate share: the way to the host, the running events, open bodies, services.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::SourceMapper;
use lopata_bridges::{
    Attachments, CacheService, D1Service, FetchService, KvService, Namespace, R2Service, WeakInboxSender, WorkerService,
};
use lopata_protocol::{Answer, CompatSet, EventId, EventOutcome, limits};

use crate::events::EventTable;
use crate::ext::body::Bodies;
use crate::ext::fetch::Calls;
use crate::ext::object_sockets::ObjectSockets;
use crate::ext::rpc::{Held, Rpc};
use crate::ext::sockets::Connections;
use crate::ext::websocket::Sockets;
use crate::objects::Objects;
use crate::thread::{Control, HostSender};

/// The state of one guest, in its `OpState` as `Rc<GuestState>`. Never leaves the thread.
pub struct GuestState {
    /// The way to the host.
    pub host: HostSender,
    /// The running events.
    pub events: EventTable,
    /// Open ends of streams, by the number that scripts know them by.
    pub bodies: Bodies,
    /// Outbound fetches that wait for their response.
    pub calls: Calls,
    /// What is known about JS RPC.
    pub rpc: Rpc,
    /// Connections that scripts opened, by the number that they know them by.
    pub connections: Connections,
    /// Ends of WebSockets, by the number that scripts know them by.
    pub sockets: Sockets,
    /// The Durable Objects that this guest runs, by the number that scripts know them by.
    pub objects: Objects,
    /// What their hibernating sockets are beside their ends.
    pub object_sockets: ObjectSockets,
    /// Services behind env entries, by the id in the worker's definition.
    pub services: Services,
    /// The guest's own inbox, for calls of the worker on itself and for what it gives away.
    pub inbox: WeakInboxSender,
    /// Ends this guest.
    pub control: Control,
    /// Whether trace items are collected for tail workers.
    pub tailed: Cell<bool>,
    /// Subrequests of one top-level event.
    pub subrequests_max: Cell<u32>,
    /// The worker's name; empty while the guest is a spare.
    pub worker: RefCell<Arc<str>>,
    /// The worker's compatibility flags; none while the guest is a spare.
    pub compat: Cell<CompatSet>,
    /// Maps positions for log lines; set once the runtime exists.
    pub source_mapper: RefCell<Option<Rc<RefCell<SourceMapper>>>>,
    /// True while the loader compiles a WebAssembly module, which scripts themselves may not do.
    pub compiling_wasm: Rc<Cell<bool>>,
}

/// The services that env entries (and the global fetch) stand for.
#[derive(Default)]
pub struct Services {
    d1: RefCell<HashMap<u64, D1Service>>,
    kv: RefCell<HashMap<u64, KvService>>,
    r2: RefCell<HashMap<u64, R2Service>>,
    workers: RefCell<HashMap<u64, WorkerService>>,
    objects: RefCell<HashMap<u64, Arc<Namespace>>>,
    outbound: RefCell<Option<FetchService>>,
    cache: RefCell<Option<CacheService>>,
}

impl Services {
    /// The D1 database with this id.
    pub fn d1(&self, id: u64) -> Option<D1Service> {
        self.d1.borrow().get(&id).cloned()
    }

    /// Takes in a D1 database.
    pub fn add_d1(&self, id: u64, service: D1Service) {
        self.d1.borrow_mut().insert(id, service);
    }

    /// The KV service with this id.
    pub fn kv(&self, id: u64) -> Option<KvService> {
        self.kv.borrow().get(&id).cloned()
    }

    /// Takes in a KV service.
    pub fn add_kv(&self, id: u64, service: KvService) {
        self.kv.borrow_mut().insert(id, service);
    }

    /// The R2 service with this id.
    pub fn r2(&self, id: u64) -> Option<R2Service> {
        self.r2.borrow().get(&id).cloned()
    }

    /// Takes in an R2 service.
    pub fn add_r2(&self, id: u64, service: R2Service) {
        self.r2.borrow_mut().insert(id, service);
    }

    /// The worker's entrypoint with this id.
    pub fn worker(&self, id: u64) -> Option<WorkerService> {
        self.workers.borrow().get(&id).cloned()
    }

    /// Takes in an entrypoint of a worker.
    pub fn add_worker(&self, id: u64, service: WorkerService) {
        self.workers.borrow_mut().insert(id, service);
    }

    /// The objects of the class with this id.
    pub fn objects(&self, id: u64) -> Option<Arc<Namespace>> {
        self.objects.borrow().get(&id).cloned()
    }

    /// Takes in the objects of a class.
    pub fn add_objects(&self, id: u64, namespace: Arc<Namespace>) {
        self.objects.borrow_mut().insert(id, namespace);
    }

    /// The service behind the global fetch.
    pub fn outbound(&self) -> Option<FetchService> {
        self.outbound.borrow().clone()
    }

    /// The caches of this machine.
    pub fn cache(&self) -> Option<CacheService> {
        self.cache.borrow().clone()
    }

    /// Sets the caches of this machine.
    pub fn set_cache(&self, service: CacheService) {
        *self.cache.borrow_mut() = Some(service);
    }

    /// Sets the service behind the global fetch.
    pub fn set_outbound(&self, service: FetchService) {
        *self.outbound.borrow_mut() = Some(service);
    }
}

impl GuestState {
    /// The state of a guest that has just been started.
    pub fn new(host: HostSender, events: EventTable, inbox: WeakInboxSender, held: Held, control: Control) -> Self {
        Self {
            host,
            events,
            bodies: Bodies::default(),
            calls: Calls::default(),
            rpc: Rpc::new(held),
            connections: Connections::default(),
            sockets: Sockets::default(),
            objects: Objects::new(control.clone()),
            object_sockets: ObjectSockets::default(),
            services: Services::default(),
            inbox,
            control,
            tailed: Cell::new(false),
            subrequests_max: Cell::new(limits::SUBREQUESTS_MAX),
            worker: RefCell::new(Arc::from("")),
            compat: Cell::new(CompatSet::NONE),
            source_mapper: RefCell::new(None),
            compiling_wasm: Rc::new(Cell::new(false)),
        }
    }

    /// Answers an event, once what its object has written is committed. With `ended`, the event is over.
    pub fn answer(&self, event: EventId, answer: Answer, attachments: Attachments, ended: Option<EventOutcome>) {
        let Some(outgoing) = self.events.answer(event, answer, attachments, ended, &self.worker()) else { return };
        let number = self.objects.number_of(event);
        if !self.objects.is_locked(number) {
            outgoing.send(&self.host);
            return;
        }
        let host = self.host.clone();
        self.objects.hold(
            number,
            Box::new(move |committed| match committed {
                Ok(()) => outgoing.send(&host),
                Err(error) => outgoing.fail(error, &host),
            }),
        );
    }

    /// The worker's name.
    pub fn worker(&self) -> Arc<str> {
        self.worker.borrow().clone()
    }
}
