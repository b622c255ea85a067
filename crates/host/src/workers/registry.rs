//! The registry: which workers run in this process, by name, and the doors that lead to them.
//!
//! A [`WorkerDoor`] looks its worker up anew for each call, so a binding follows reloads, renamings and workers
//! that come later. The list is replaced as a whole and read without a lock: it is on the path of every call
//! between workers.
//!
//! Invariants
//! - No two workers have one name.
//! - Delivering never waits: what cannot be delivered now comes back with the reason.
//! - Doors do not keep the registry alive: they are held by generations, which the registry holds.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use lopata_bridges::{Door, InboxSender, Parcel, Undelivered, Unreachable, inbox};
use lopata_protocol::ToGuest;
use parking_lot::Mutex;

use crate::dispatcher::Absent;
use crate::supervisor::Status;

/// A worker's place in the registry; the first is the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub usize);

impl WorkerId {
    /// The worker that gets what is meant for no other.
    pub const PRIMARY: Self = Self(0);
}

/// A worker that runs here, or tries to.
#[derive(Clone)]
pub struct Worker {
    /// Its place.
    pub id: WorkerId,
    /// Its name, as its newest configuration says.
    pub name: Arc<str>,
    /// Its dispatcher, and what its supervisor shows of it.
    pub status: Status,
}

/// Another worker has the name. Source: the text of wrangler's simulator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Multiple workers defined with the same `name`: \"{0}\"")]
pub struct NameTaken(pub String);

/// All workers of the process.
#[derive(Default)]
pub struct Workers {
    list: ArcSwap<Vec<Arc<Worker>>>,
    /// Held while the list is replaced.
    replacing: Mutex<()>,
}

impl Workers {
    /// Adds a worker.
    pub fn add(&self, name: &str, status: Status) -> Result<WorkerId, NameTaken> {
        let _replacing = self.replacing.lock();
        let mut list = Vec::clone(&self.list.load());
        if list.iter().any(|worker| &*worker.name == name) {
            return Err(NameTaken(name.to_string()));
        }
        let id = WorkerId(list.len());
        list.push(Arc::new(Worker { id, name: Arc::from(name), status }));
        self.list.store(Arc::new(list));
        Ok(id)
    }

    /// A worker's configuration gives it this name.
    pub fn rename(&self, id: WorkerId, name: &str) -> Result<(), NameTaken> {
        let _replacing = self.replacing.lock();
        let old = self.list.load();
        if old.iter().any(|worker| worker.id != id && &*worker.name == name) {
            return Err(NameTaken(name.to_string()));
        }
        let renamed = |worker: &Arc<Worker>| match worker.id == id {
            true if &*worker.name != name => Arc::new(Worker { name: Arc::from(name), ..Worker::clone(worker) }),
            _ => worker.clone(),
        };
        let list = old.iter().map(renamed).collect();
        self.list.store(Arc::new(list));
        Ok(())
    }

    /// The worker of this name.
    pub fn find(&self, name: &str) -> Option<Arc<Worker>> {
        // Few: a comparison of each is faster than a hash.
        self.list.load().iter().find(|worker| &*worker.name == name).cloned()
    }

    /// The worker at this place.
    pub fn get(&self, id: WorkerId) -> Option<Arc<Worker>> {
        self.list.load().get(id.0).cloned()
    }

    /// All of them, the primary first.
    pub fn all(&self) -> Arc<Vec<Arc<Worker>>> {
        self.list.load_full()
    }

    /// A door to the worker of this name, which need not run yet.
    pub fn door(self: &Arc<Self>, name: &str) -> Arc<WorkerDoor> {
        Arc::new(WorkerDoor { workers: Arc::downgrade(self), name: Arc::from(name), otherwise: None })
    }

    /// A door to `name`, or while there is no such worker to `otherwise`.
    pub fn door_or(self: &Arc<Self>, name: &str, otherwise: &str) -> Arc<WorkerDoor> {
        let otherwise = Some(Arc::from(otherwise));
        Arc::new(WorkerDoor { workers: Arc::downgrade(self), name: Arc::from(name), otherwise })
    }
}

/// Leads to the worker of one name.
pub struct WorkerDoor {
    workers: Weak<Workers>,
    name: Arc<str>,
    /// Who is meant while nobody has the name.
    otherwise: Option<Arc<str>>,
}

impl WorkerDoor {
    fn target(&self) -> Option<Arc<Worker>> {
        let workers = self.workers.upgrade()?;
        workers.find(&self.name).or_else(|| workers.find(self.otherwise.as_deref()?))
    }
}

impl Door for WorkerDoor {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let Some(worker) = self.target() else {
            let entrypoint = entrypoint_of(&parcel.message).unwrap_or("default").to_string();
            let why = Unreachable::Missing { worker: self.name.to_string(), entrypoint };
            return Err(Undelivered { parcel: Box::new(parcel), why });
        };
        let mut parcel = parcel;
        if answered_by_assets(&worker, &mut parcel) {
            // The event is over: what may follow it, an abort, has nobody to go to.
            return Ok(inbox(1).0);
        }
        worker.status.dispatcher.deliver(parcel).map_err(|(parcel, absent)| {
            let name = worker.name.to_string();
            let why = match absent {
                Absent::Starting => Unreachable::Starting(name),
                Absent::Broken => Unreachable::Broken(name),
                Absent::Full => Unreachable::Full(name),
            };
            Undelivered { parcel, why }
        })
    }
}

/// Answers a request for the default entrypoint with the worker's static assets, if it is for them: in production,
/// too, a binding leads to what stands in front of a worker's code. Other calls and entrypoints are the code's alone.
fn answered_by_assets(worker: &Worker, parcel: &mut Parcel<ToGuest>) -> bool {
    let answer = match (&parcel.message, &*worker.status.assets.load()) {
        (ToGuest::Fetch { entrypoint: None, request, .. }, Some(assets)) => assets.route(request),
        _ => None,
    };
    let Some(answer) = answer else { return false };
    if let Some(reply) = parcel.attachments.take_reply() {
        // A caller that left does not want to know.
        let _ = reply.send(answer);
    }
    true
}

fn entrypoint_of(message: &ToGuest) -> Option<&str> {
    match message {
        ToGuest::Fetch { entrypoint, .. }
        | ToGuest::Connect { entrypoint, .. }
        | ToGuest::Rpc { entrypoint, .. }
        | ToGuest::Tail { entrypoint, .. }
        | ToGuest::Test { entrypoint, .. } => entrypoint.as_deref(),
        ToGuest::Scheduled { .. }
        | ToGuest::Alarm { .. }
        | ToGuest::RpcOn { .. }
        | ToGuest::RpcRelease { .. }
        | ToGuest::RpcFinish { .. }
        | ToGuest::Load(_)
        | ToGuest::Grant(_)
        | ToGuest::Inspect(_)
        | ToGuest::Abort { .. }
        | ToGuest::Drain
        | ToGuest::Stop => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lopata_bridges::reply;
    use lopata_protocol::{Answer, EventId, WireError};

    use super::*;
    use crate::server::Failure;

    fn tail(entrypoint: Option<&str>) -> ToGuest {
        let parent = lopata_protocol::SpanContext {
            trace: lopata_protocol::TraceId([1; 16]),
            span: lopata_protocol::SpanId([1; 8]),
        };
        ToGuest::Tail { event: EventId::next(), entrypoint: entrypoint.map(Arc::from), items: "[]".into(), parent }
    }

    fn refusal(door: &WorkerDoor, entrypoint: Option<&str>) -> Unreachable {
        let (reply, mut answer) = reply();
        let mut back = door.deliver(Parcel::asking(tail(entrypoint), reply)).unwrap_err();
        let reply = back.parcel.attachments.take_reply().expect("the parcel comes back whole");
        reply.send(Answer::Tailed).unwrap();
        assert!(answer.close().is_some());
        back.why
    }

    #[test]
    fn a_worker_that_is_not_there_or_does_not_serve_is_an_answer() {
        let workers = Arc::new(Workers::default());
        let door = workers.door("b");
        assert_eq!(
            refusal(&door, Some("Admin")).to_string(),
            "Couldn't find a local dev session for the \"Admin\" entrypoint of service \"b\" to proxy to"
        );
        assert!(refusal(&door, None).to_string().contains("the \"default\" entrypoint"));

        let status = Status::default();
        workers.add("b", status.clone()).unwrap();
        assert_eq!(refusal(&door, None), Unreachable::Starting("b".into()));

        status.dispatcher.fail(Arc::new(Failure::Start(WireError::new("Error", "no"))));
        assert_eq!(refusal(&door, None), Unreachable::Broken("b".into()));
        status.dispatcher.expect_code();
        assert_eq!(refusal(&door, None), Unreachable::Starting("b".into()));

        drop(workers);
        assert!(matches!(refusal(&door, None), Unreachable::Missing { .. }), "a door keeps nothing alive");
    }

    #[test]
    fn names_are_distinct_and_may_change() {
        let workers = Arc::new(Workers::default());
        let a = workers.add("a", Status::default()).unwrap();
        let b = workers.add("b", Status::default()).unwrap();
        assert_eq!((a, b), (WorkerId::PRIMARY, WorkerId(1)));
        assert!(workers.add("b", Status::default()).is_err());
        assert_eq!(
            workers.rename(b, "a").unwrap_err().to_string(),
            "Multiple workers defined with the same `name`: \"a\""
        );
        workers.rename(b, "b").unwrap();
        workers.rename(b, "c").unwrap();
        assert!(workers.find("b").is_none());
        assert_eq!(workers.find("c").unwrap().id, b);
        assert_eq!(&*workers.get(b).unwrap().name, "c");
        assert_eq!(workers.all().len(), 2);
    }

    #[test]
    fn an_environment_falls_back_on_the_service_itself() {
        let workers = Arc::new(Workers::default());
        let door = workers.door_or("b-staging", "b");
        let missing = Unreachable::Missing { worker: "b-staging".into(), entrypoint: "default".into() };
        assert_eq!(refusal(&door, None), missing);
        workers.add("b", Status::default()).unwrap();
        assert_eq!(refusal(&door, None), Unreachable::Starting("b".into()));
        workers.add("b-staging", Status::default()).unwrap();
        assert_eq!(refusal(&door, None), Unreachable::Starting("b-staging".into()));
    }
}
