//! One object: its inbox, who holds it, and which of its lives this is.

use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Wake, Waker};

use lopata_protocol::{Answer, EventOutcome, GuestId, ObjectId, ToGuest, WireError, limits};
use parking_lot::Mutex;

use super::lease::{Lease, Sleep};
use super::namespace::Namespace;
use crate::door::Unreachable;
use crate::inbox::{InboxReceiver, InboxSender, inbox};
use crate::parcel::Parcel;

/// An object that somebody has called.
pub(super) struct Object {
    id: ObjectId,
    name: OnceLock<Arc<str>>,
    namespace: Weak<Namespace>,
    inbox: InboxSender,
    state: Mutex<State>,
}

struct State {
    receiver: InboxReceiver,
    /// What the object left when it was let go.
    sleep: Sleep,
    /// Counts the leases; an older one than the newest means nothing any more.
    epoch: u64,
    holder: Holder,
    incarnation: Arc<Incarnation>,
}

#[derive(Clone, Copy, PartialEq)]
enum Holder {
    Nobody,
    /// The lease is on its way.
    Somebody,
    Guest(GuestId),
}

/// What whoever calls something is told whose object has let go of it. Source: production's text.
const CONTEXT_OVER_TEXT: &str = "The execution context which hosts this callback is no longer running.";

/// Looks after the inbox of an object that nobody holds: what is sent there without a door, to what an earlier owner gave
/// away, is to be answered.
struct Bystander(Weak<Object>);

impl Bystander {
    fn waker(object: &Arc<Object>) -> Waker {
        Waker::from(Arc::new(Self(Arc::downgrade(object))))
    }
}

impl Wake for Bystander {
    fn wake(self: Arc<Self>) {
        if let Some(object) = self.0.upgrade() {
            object.rouse();
        }
    }
}

fn refuse(parcels: Vec<Parcel<ToGuest>>, error: &WireError) {
    for mut parcel in parcels {
        if let Some(reply) = parcel.attachments.take_reply() {
            // An asker that is gone needs no answer.
            let _ = reply.send(Answer::Failed { error: error.clone(), outcome: EventOutcome::Exception });
        }
    }
}

/// One life of an object, until it breaks.
#[derive(Default)]
pub(super) struct Incarnation(OnceLock<WireError>);

impl Incarnation {
    /// Why it is over; `None` while it is not.
    pub(super) fn broken(&self) -> Option<&WireError> {
        self.0.get()
    }
}

impl Object {
    pub(super) fn new(id: ObjectId, namespace: Weak<Namespace>) -> Arc<Self> {
        let (inbox, receiver) = inbox(limits::INBOX_EVENTS_MAX);
        let state =
            State { receiver, sleep: Sleep::default(), epoch: 0, holder: Holder::Nobody, incarnation: Arc::default() };
        Arc::new(Self { id, name: OnceLock::new(), namespace, inbox, state: Mutex::new(state) })
    }

    pub(super) fn id(&self) -> ObjectId {
        self.id
    }

    pub(super) fn name(&self) -> Option<Arc<str>> {
        self.name.get().cloned()
    }

    /// Somebody calls it by this name; the first name stays.
    pub(super) fn called(&self, name: Option<&Arc<str>>) {
        if let Some(name) = name {
            // An id is made of one name.
            let _ = self.name.set(name.clone());
        }
    }

    pub(super) fn namespace(&self) -> Option<Arc<Namespace>> {
        self.namespace.upgrade()
    }

    pub(super) fn inbox(&self) -> &InboxSender {
        &self.inbox
    }

    pub(super) fn incarnation(&self) -> Arc<Incarnation> {
        self.state.lock().incarnation.clone()
    }

    pub(super) fn is_held(&self) -> bool {
        self.state.lock().holder != Holder::Nobody
    }

    /// Nobody holds it and nothing waits.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state.lock().is_at_rest()
    }

    /// Grants the object, if it is free and something waits.
    pub(super) fn rouse(self: &Arc<Self>) {
        // Looked at first without the namespace: most deliveries find a holder.
        if self.is_held() {
            return;
        }
        self.refuse_late();
        let Some(namespace) = self.namespace() else { return };
        match namespace.home() {
            Ok(Some(home)) => {
                let lease = {
                    let mut state = self.state.lock();
                    if state.holder != Holder::Nobody || state.is_at_rest() {
                        return;
                    }
                    state.holder = Holder::Somebody;
                    state.epoch += 1;
                    Lease::new(self.clone(), state.epoch)
                };
                home.grant(lease);
            }
            Ok(None) => {}
            Err(why) => {
                self.refuse_waiting(&why.error());
                // Sockets of a class that is gone would wait in silence; code that does not start may be mended.
                if matches!(why, Unreachable::NoClass(_)) {
                    let lost = {
                        let mut state = self.state.lock();
                        (state.holder == Holder::Nobody).then(|| std::mem::take(&mut state.sleep))
                    };
                    drop(lost);
                }
            }
        }
    }

    pub(super) fn held_by(&self, epoch: u64, guest: GuestId) {
        let mut state = self.state.lock();
        if state.epoch == epoch {
            state.holder = Holder::Guest(guest);
        }
    }

    /// The lease of this epoch is over.
    pub(super) fn returned(self: &Arc<Self>, epoch: u64) {
        {
            let mut state = self.state.lock();
            if state.epoch != epoch {
                return;
            }
            state.holder = Holder::Nobody;
            state.receiver.set_task(Bystander::waker(self));
        }
        self.rouse();
        if let Some(namespace) = self.namespace() {
            namespace.tidy(self);
        }
    }

    /// Its holder is gone without having let go.
    pub(super) fn revoke(self: &Arc<Self>, guest: GuestId) {
        let epoch = {
            let mut state = self.state.lock();
            if state.holder != Holder::Guest(guest) {
                return;
            }
            // What the old lease may still do means nothing from here on.
            state.epoch += 1;
            state.epoch
        };
        self.returned(epoch);
    }

    /// Takes what waits and `wanted` accepts.
    pub(super) fn take_where(
        &self,
        epoch: u64,
        cx: &Context<'_>,
        out: &mut Vec<Parcel<ToGuest>>,
        max: usize,
        wanted: impl Fn(&ToGuest) -> bool,
    ) -> usize {
        let mut state = self.state.lock();
        if state.epoch != epoch {
            return 0;
        }
        state.receiver.take_where(cx, out, max, wanted)
    }

    pub(super) fn something_waits(&self) -> bool {
        !self.state.lock().receiver.is_empty()
    }

    /// This life is over: what waits for it is answered, and doors that have reached it fail from now on.
    pub(super) fn break_with(self: &Arc<Self>, epoch: u64, error: &WireError) {
        {
            let mut state = self.state.lock();
            if state.epoch != epoch {
                return;
            }
            let broken = std::mem::take(&mut state.incarnation);
            // It is new, or was broken with the reason that stays.
            let _ = broken.0.set(error.clone());
        }
        self.refuse_waiting(error);
    }

    /// Answers whatever waits with an error.
    pub(super) fn refuse_waiting(self: &Arc<Self>, error: &WireError) {
        let mut waiting = Vec::new();
        {
            let mut state = self.state.lock();
            state.take_all(self, &mut waiting);
        }
        refuse(waiting, error);
    }

    /// Answers what speaks to events that are over: nobody holds the object, and no event waits.
    fn refuse_late(self: &Arc<Self>) {
        let mut late = Vec::new();
        {
            let mut state = self.state.lock();
            if state.holder == Holder::Nobody && !state.receiver.has_events() {
                state.take_all(self, &mut late);
            }
        }
        refuse(late, &WireError::new("Error", CONTEXT_OVER_TEXT));
    }

    pub(super) fn take_sleep(&self, epoch: u64) -> Sleep {
        let mut state = self.state.lock();
        if state.epoch == epoch { std::mem::take(&mut state.sleep) } else { Sleep::default() }
    }

    /// Keeps what the object leaves; gives back what a lease that means nothing any more wants kept.
    pub(super) fn put_sleep(&self, epoch: u64, sleep: Sleep) -> Option<Sleep> {
        let mut state = self.state.lock();
        if state.epoch != epoch {
            return Some(sleep);
        }
        state.sleep = sleep;
        None
    }
}

impl State {
    fn take_all(&mut self, object: &Arc<Object>, into: &mut Vec<Parcel<ToGuest>>) {
        let waker = match self.holder {
            Holder::Nobody => Bystander::waker(object),
            // The owner comes back to its inbox by itself.
            Holder::Somebody | Holder::Guest(_) => Waker::noop().clone(),
        };
        self.receiver.take_where(&Context::from_waker(&waker), into, usize::MAX, |_| true);
    }

    fn is_at_rest(&self) -> bool {
        self.holder == Holder::Nobody && self.receiver.is_empty() && self.sleep.is_empty()
    }
}
