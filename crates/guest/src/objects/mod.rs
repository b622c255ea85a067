//! The Durable Objects that this guest runs.
//!
//! ```text
//!            ┌─────────────── deliver ──────────────┐
//! Grant ─► held, empty ─(first event)─► constructed ─┤─(idle, or drained)─► lease dropped
//!                                                    └─(broken)───────────► lease broken, dropped
//! ```
//!
//! Owns, for each, the lease with its inbox and the store; which events are an object's; what an object sends before
//! its writes are committed. The instance itself, its gate and what it waits for are the scripts' (`ext/objects`), who
//! know an object by its number.
//!
//! Invariants
//! - A number names one holding of one object and is never used again; zero is none.
//! - The store of an object is closed before its lease is dropped.
//! - Nothing that an object sends leaves while it has writes that are neither committed nor marked as unconfirmed.

pub mod alarms;
mod eviction;
mod facets;
mod store;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use lopata_bridges::{InboxSender, Lease, Parcel, Sleep};
use lopata_protocol::{EventId, ObjectGrant, ToGuest, WireError, limits};
use lopata_storage::objects::{FacetIndex, ObjectStore};

use self::alarms::{Bell, BellState};
use self::eviction::Evictions;
pub use self::eviction::Idle;
use self::store::Store;
use crate::ready::{ListedWaker, Ready};
use crate::thread::Control;

/// Something that waits for an object's writes: carried out when they are committed, or told why they are lost.
pub type Held = Box<dyn FnOnce(Result<(), &WireError>)>;

/// The objects of one guest.
#[derive(Default)]
pub struct Objects {
    table: RefCell<HashMap<u32, Object>>,
    last: Cell<u32>,
    ready: Ready,
    evictions: RefCell<Evictions>,
    /// The events of objects, and under which event an object's own things are entered. Empty in other guests.
    events: RefCell<HashMap<EventId, u32>>,
    roots: RefCell<HashMap<EventId, u32>>,
    /// Objects whose store may be open, in a circle: who was used since it was looked at last stays.
    open: RefCell<VecDeque<u32>>,
    /// Objects whose turn ends with something to commit or to send.
    dirty: RefCell<Vec<u32>>,
    /// Objects that were told to go and have just come to rest.
    leaving: RefCell<Vec<u32>>,
    /// The object that broke last, and why: for what had been taken from its inbox by then.
    broken: RefCell<Option<(u32, WireError)>>,
    /// The lists of the facets of objects, as far as they were asked for.
    facets: RefCell<HashMap<u32, FacetIndex>>,
    /// Continuations wait for a turn of their own.
    tasks: Cell<bool>,
    draining: Cell<bool>,
    /// Ends the guest; statements that run for long look at it.
    control: Control,
}

/// An object that is held. Fields are dropped in order: the store is closed before the lease is let go.
struct Object {
    /// Non-null from the first use on.
    store: Option<Store>,
    /// True while it is in `open`.
    opened: bool,
    /// Its store was used since the circle came by.
    used: bool,
    /// When its alarm rings, as far as that is not what the store says.
    bell: BellState,
    /// What leaves once the writes are committed.
    outbox: Vec<Held>,
    /// True while it is in `dirty`.
    listed: bool,
    /// True while there are writes that what is sent has to wait for.
    locked: bool,
    /// The event under which the object's own things are entered.
    root: EventId,
    /// A critical section runs: no event may start.
    closed: bool,
    waker: Arc<ListedWaker>,
    grant: Rc<ObjectGrant>,
    lease: Lease,
}

/// What may be taken from the inbox of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    Everything,
    /// What speaks to events that run.
    Control,
    /// That, and events of requests that the object works on: a call that comes back to it.
    Ongoing,
}

impl Objects {
    /// None yet; `control` ends the guest.
    pub fn new(control: Control) -> Self {
        Self { control, ..Self::default() }
    }

    /// True when this guest holds no object.
    pub fn is_empty(&self) -> bool {
        self.table.borrow().is_empty()
    }

    /// Takes in an object: the number it has from now on.
    pub fn grant(&self, grant: ObjectGrant, lease: Lease) -> u32 {
        let number = self.last.get() + 1;
        self.last.set(number);
        let root = EventId::next();
        let waker = self.ready.waker(number);
        let is_facet = grant.facet.is_some();
        let object = Object {
            store: None,
            opened: false,
            used: false,
            bell: BellState::default(),
            outbox: Vec::new(),
            listed: false,
            locked: false,
            root,
            closed: false,
            waker: waker.clone(),
            grant: Rc::new(grant),
            lease,
        };
        self.table.borrow_mut().insert(number, object);
        self.roots.borrow_mut().insert(root, number);
        // What waits was sent before there was anybody to wake.
        waker.wake();
        // A facet that is called while its guest finishes is at rest when that call is over, and not before.
        if !(is_facet && self.draining.get()) {
            self.rests(number);
        }
        number
    }

    /// What is known of an object.
    pub fn granted(&self, number: u32) -> Option<Rc<ObjectGrant>> {
        self.table.borrow().get(&number).map(|object| object.grant.clone())
    }

    /// The event under which an object's own things are entered.
    pub fn root_of(&self, number: u32) -> Option<EventId> {
        self.table.borrow().get(&number).map(|object| object.root)
    }

    /// The event under which what `event` owns is entered: the object's own for an event of an object, which what it
    /// makes may outlive, and itself for any other.
    pub fn keeper(&self, event: EventId) -> EventId {
        match self.number_of(event) {
            0 => event,
            number => self.root_of(number).unwrap_or(event),
        }
    }

    /// The object that an event belongs to; zero for none.
    pub fn number_of(&self, event: EventId) -> u32 {
        let number = self.events.borrow().get(&event).copied();
        number.or_else(|| self.roots.borrow().get(&event).copied()).unwrap_or(0)
    }

    /// True for the event of an object's own things while the object is held.
    pub fn is_root(&self, event: EventId) -> bool {
        self.roots.borrow().contains_key(&event)
    }

    /// The way to what an event gives away: the inbox of its object, so that it stays in order with the object's
    /// events. `None` for any other event.
    pub fn inbox_of(&self, event: EventId) -> Option<InboxSender> {
        let number = self.number_of(event);
        self.table.borrow().get(&number).map(|object| object.lease.inbox())
    }

    /// An event of an object begins.
    pub fn begin(&self, number: u32, event: EventId) {
        self.events.borrow_mut().insert(event, number);
    }

    /// An event of an object is over; with none left, the object is at rest.
    pub fn end(&self, event: EventId, rests: bool) {
        let number = self.events.borrow_mut().remove(&event);
        if let (Some(number), true) = (number, rests) {
            self.rests(number);
        }
    }

    /// Nothing runs in an object: it may go after a while, or now when the guest has been told to finish.
    fn rests(&self, number: u32) {
        if self.draining.get() {
            self.leaving.borrow_mut().push(number);
        } else {
            self.evictions.borrow_mut().rests(number);
        }
    }

    /// Says whether events of an object may start.
    pub fn set_closed(&self, number: u32, closed: bool) {
        let mut table = self.table.borrow_mut();
        let Some(object) = table.get_mut(&number) else { return };
        object.closed = closed;
        let waker = object.waker.clone();
        drop(table);
        if closed {
            return;
        }
        // Something may wait that was not taken.
        waker.wake();
        if self.draining.get() {
            self.leaving.borrow_mut().push(number);
        }
    }

    /// Whether events of an object may not start.
    pub fn is_closed(&self, number: u32) -> bool {
        self.table.borrow().get(&number).is_some_and(|object| object.closed)
    }

    /// True when an object may have something to do; otherwise the task is woken when one has.
    pub fn poll_ready(&self, cx: &Context<'_>) -> bool {
        !self.is_empty() && self.ready.poll(cx)
    }

    /// How many objects may have something to do.
    pub fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// The next object that may have something to do.
    pub fn next_ready(&self) -> Option<u32> {
        self.ready.pop()
    }

    /// Takes what has been sent to an object and may be dealt with now. While events may not start, `known` says whether
    /// a message speaks to something that is here, and `ongoing` whether an event belongs to a request that the object
    /// works on. The object is listed again by what comes later, or when more is left than
    /// `max`.
    pub fn take(
        &self,
        number: u32,
        out: &mut Vec<Parcel<ToGuest>>,
        max: usize,
        known: impl Fn(&ToGuest) -> bool,
        ongoing: impl Fn(&ToGuest) -> bool,
    ) {
        let table = self.table.borrow();
        let Some(object) = table.get(&number) else { return };
        object.waker.looked_at();
        // A facet works for its parent, and goes with it.
        let finishes = self.draining.get() && object.grant.facet.is_none();
        let take = match (object.closed, finishes) {
            (true, _) => Take::Control,
            (false, true) => Take::Ongoing,
            (false, false) => Take::Everything,
        };
        let waker = Waker::from(object.waker.clone());
        let cx = Context::from_waker(&waker);
        let taken = object.lease.take_where(&cx, out, max, |message| match take {
            Take::Everything => true,
            Take::Control => is_control(message) && known(message),
            Take::Ongoing => (is_control(message) && known(message)) || ongoing(message),
        });
        if taken == max {
            waker.wake();
        }
    }

    /// Has what an object sends wait until its writes are committed; carried out at once when there are none.
    pub fn hold(&self, number: u32, job: Held) {
        if let Some(object) = self.table.borrow_mut().get_mut(&number)
            && object.locked
        {
            object.outbox.push(job);
            return;
        }
        job(Ok(()));
    }

    /// True while what an object sends has to wait.
    pub fn is_locked(&self, number: u32) -> bool {
        number != 0 && self.table.borrow().get(&number).is_some_and(|object| object.locked)
    }

    /// Works on the store of an object, which is made by its first use. `None` when the object is not held any more, or
    /// its class stores nothing. What is written is committed at the end of the turn.
    pub fn with_store<R>(&self, number: u32, work: impl FnOnce(&mut ObjectStore) -> R) -> Option<R> {
        let mut table = self.table.borrow_mut();
        let object = table.get_mut(&number)?;
        let Object { store, lease, grant, bell, opened, used, listed, .. } = object;
        let store = match store {
            Some(store) => store,
            None => store.insert(Store::of(lease, grant, &self.control)?),
        };
        let result = work(store);
        // What was written may be committed by the next piece of work, and not only at the end of the turn.
        if let Err(text) = bell.before(store, || Bell::of(lease)) {
            store.break_with(text);
        }
        bell.after(store, || Bell::of(lease));
        if !*listed && (store.is_dirty() || store.broken().is_some()) {
            *listed = true;
            self.dirty.borrow_mut().push(number);
        }
        *used = true;
        if !*opened && store.is_open() && store.place().path().is_some() {
            *opened = true;
            self.open.borrow_mut().push_back(number);
            self.close_unused(&mut table);
        }
        Some(result)
    }

    /// Closes stores that nobody has used for a while, when more are open than a process can afford.
    fn close_unused(&self, table: &mut HashMap<u32, Object>) {
        let mut open = self.open.borrow_mut();
        // Each may be looked at twice: once to see that it was used, once to see that it was not since.
        for _ in 0..2 * open.len() {
            if open.len() <= limits::OBJECT_STORES_OPEN_MAX {
                return;
            }
            let Some(number) = open.pop_front() else { return };
            let Some(object) = table.get_mut(&number) else { continue };
            let Some(store) = &mut object.store else {
                object.opened = false;
                continue;
            };
            if std::mem::take(&mut object.used) || object.listed || store.is_in_use() {
                open.push_back(number);
                continue;
            }
            store.close();
            object.opened = false;
        }
    }

    /// The way to whoever keeps the alarm of an object.
    pub fn bell(&self, number: u32) -> Option<Bell> {
        self.table.borrow().get(&number).map(|object| Bell::of(&object.lease))
    }

    /// An object has written: what it sends waits for the commit, unless the script has said that it need not.
    pub fn wrote(&self, number: u32, unconfirmed: bool) {
        if let Some(object) = self.table.borrow_mut().get_mut(&number)
            && !unconfirmed
        {
            // Only what is listed is committed, and unlocked by that.
            object.locked = object.listed;
        }
    }

    /// Ends the turn of every object that has written: commits, then sends what waited. Gives back those whose
    /// writes could not be committed, with the reason; nothing of theirs was sent.
    pub fn commit(&self) -> Vec<(u32, WireError)> {
        if self.dirty.borrow().is_empty() {
            return Vec::new();
        }
        let dirty = std::mem::take(&mut *self.dirty.borrow_mut());
        dirty.into_iter().filter_map(|number| Some((number, self.commit_one(number).err()?))).collect()
    }

    /// The same for one object.
    pub fn commit_one(&self, number: u32) -> Result<(), WireError> {
        let outbox = {
            let mut table = self.table.borrow_mut();
            let Some(object) = table.get_mut(&number) else { return Ok(()) };
            let Object { store, bell, lease, .. } = object;
            if let Some(store) = store {
                if let Err(text) = bell.before(store, || Bell::of(lease)) {
                    store.break_with(text);
                }
                if let Some(error) = store.commit() {
                    return Err(error);
                }
                bell.after(store, || Bell::of(lease));
            }
            object.listed = false;
            object.locked = false;
            std::mem::take(&mut object.outbox)
        };
        outbox.into_iter().for_each(|job| job(Ok(())));
        Ok(())
    }

    /// The events of an object that have not ended.
    pub fn events_of(&self, number: u32) -> Vec<EventId> {
        self.events.borrow().iter().filter(|(_, of)| **of == number).map(|(event, _)| *event).collect()
    }

    /// Why an object is no longer held; `None` when it is, or was let go in order.
    pub fn why_gone(&self, number: u32) -> Option<WireError> {
        self.broken.borrow().as_ref().filter(|(of, _)| *of == number).map(|(_, error)| error.clone())
    }

    /// This life of an object is over. What it had written and not committed is lost, and what waited for that is told
    /// why, as is everybody who asks the object from now on through a stub that has reached it.
    pub fn break_with(&self, number: u32, error: &WireError) {
        let Some(object) = self.remove(number) else { return };
        *self.broken.borrow_mut() = Some((number, error.clone()));
        let Object { store, outbox, lease, .. } = object;
        // What was not committed is thrown away here.
        drop(store);
        lease.break_with(error);
        outbox.into_iter().for_each(|job| job(Err(error)));
        drop(lease);
    }

    /// The thread dies: the lives of objects in which something runs are over.
    pub fn break_running(&self, error: &WireError) {
        let mut running: Vec<u32> = self.events.borrow().values().copied().collect();
        running.sort_unstable();
        running.dedup();
        running.into_iter().for_each(|number| self.break_with(number, error));
    }

    /// Lets go of an object that has nothing left to do but to keep `sleep` for the next time.
    pub fn let_go(&self, number: u32, sleep: Sleep) {
        // Nothing runs in it that could be told of a failure.
        let _ = self.commit_one(number);
        let Some(object) = self.remove(number) else { return };
        object.lease.leave(sleep);
        drop(object);
    }

    /// An object leaves the memory and stays here all the same, for its sockets: the next event constructs it anew.
    pub fn hibernate(&self, number: u32) {
        self.evictions.borrow_mut().forget(number);
        let store = {
            let mut table = self.table.borrow_mut();
            let Some(object) = table.get_mut(&number) else { return };
            object.closed = false;
            object.store.take()
        };
        drop(store);
    }

    fn remove(&self, number: u32) -> Option<Object> {
        let object = self.table.borrow_mut().remove(&number)?;
        self.roots.borrow_mut().remove(&object.root);
        self.facets.borrow_mut().remove(&number);
        self.events.borrow_mut().retain(|_, of| *of != number);
        self.evictions.borrow_mut().forget(number);
        Some(object)
    }

    /// Continuations wait for a turn of their own.
    pub fn note_task(&self) {
        self.tasks.set(true);
    }

    /// Whether any do; asked once a turn.
    pub fn take_tasks(&self) -> bool {
        self.tasks.take()
    }

    /// Every object is to go as soon as nothing runs in it. Gives those that are held.
    pub fn drain(&self) -> Vec<u32> {
        self.draining.set(true);
        self.table.borrow().keys().copied().collect()
    }

    /// True once the guest was told to finish.
    pub fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Objects that have come to rest after the guest was told to finish.
    pub fn take_leaving(&self) -> Vec<u32> {
        std::mem::take(&mut *self.leaving.borrow_mut())
    }

    /// An object that has been at rest for long enough to be asked whether it can go; otherwise the task is woken
    /// when the next one has.
    pub fn poll_idle(&self, cx: &mut Context<'_>) -> Option<(u32, Idle)> {
        let mut evictions = self.evictions.borrow_mut();
        let table = self.table.borrow();
        evictions.poll(cx, |number| table.get(&number).is_some_and(|object| object.grant.namespace.evicts))
    }

    /// An object has left the memory.
    pub fn left(&self) {
        self.evictions.borrow_mut().left();
    }

    /// Whether it is worth the time now to give back the memory of objects that have left.
    pub fn gives_back(&self) -> bool {
        self.evictions.borrow_mut().give_back()
    }

    /// The object could not go: it is asked again later.
    pub fn stays(&self, number: u32) {
        self.evictions.borrow_mut().stays(number);
    }

    /// Closes every store and lets go of every lease, for a thread that will never do so itself.
    pub fn drop_all(&self) {
        // Whoever panicked may hold the table; then there is nothing to do.
        if let Ok(mut table) = self.table.try_borrow_mut() {
            let all = std::mem::take(&mut *table);
            drop(table);
            drop(all);
        }
    }
}

/// True for what speaks to an event that runs or to what it gave away, and starts none.
fn is_control(message: &ToGuest) -> bool {
    matches!(
        message,
        ToGuest::Abort { .. } | ToGuest::RpcOn { .. } | ToGuest::RpcRelease { .. } | ToGuest::RpcFinish { .. }
    )
}
