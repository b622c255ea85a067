//! The right to run one object, and what an object leaves behind when it sleeps.

use std::fmt;
use std::sync::Arc;
use std::task::Context;

use bytes::Bytes;
use lopata_protocol::{GuestId, ObjectGrant, ObjectId, SocketFrame, ToGuest, WireError};

use super::namespace::Namespace;
use super::object::Object;
use crate::inbox::InboxSender;
use crate::parcel::Parcel;
use crate::websocket::WebSocketEnd;

/// The right to run one object. Dropped, it returns: the object may be run by somebody else at once, so everything that
/// belongs to it, its files above all, is closed before.
pub struct Lease {
    object: Arc<Object>,
    epoch: u64,
    /// Dropped after the object has returned.
    companion: Option<Box<dyn Send + Sync>>,
}

impl Lease {
    pub(super) fn new(object: Arc<Object>, epoch: u64) -> Self {
        Self { object, epoch, companion: None }
    }

    /// Which object.
    pub fn id(&self) -> ObjectId {
        self.object.id()
    }

    /// The name its id was made of, if somebody has called it by that.
    pub fn name(&self) -> Option<Arc<str>> {
        self.object.name()
    }

    /// Its namespace; `None` at the end of the process.
    pub fn namespace(&self) -> Option<Arc<Namespace>> {
        self.object.namespace()
    }

    /// What a guest is told that is to run it; `None` at the end of the process.
    pub fn grant(&self) -> Option<ObjectGrant> {
        let namespace = self.namespace()?.definition();
        Some(ObjectGrant { id: self.id(), name: self.name(), namespace, facet: None })
    }

    /// Says which guest it goes to, so that it can be revoked.
    pub fn held_by(&self, guest: GuestId) {
        self.object.held_by(self.epoch, guest);
    }

    /// Has `companion` dropped once the object has returned: so a home learns of it.
    pub fn accompany(&mut self, companion: Box<dyn Send + Sync>) {
        self.companion = Some(companion);
    }

    /// The way to the object, as its callers have it: for what it gives away, which lives in its guest and is asked in
    /// order with its events.
    pub fn inbox(&self) -> InboxSender {
        self.object.inbox().clone()
    }

    /// Moves up to `max` of the messages that `wanted` accepts into `out`, in order: how many. The others stay, for
    /// later or for the next owner. `cx` is woken by what is sent from now on.
    pub fn take_where(
        &self,
        cx: &Context<'_>,
        out: &mut Vec<Parcel<ToGuest>>,
        max: usize,
        wanted: impl Fn(&ToGuest) -> bool,
    ) -> usize {
        self.object.take_where(self.epoch, cx, out, max, wanted)
    }

    /// True while something waits in the inbox.
    pub fn something_waits(&self) -> bool {
        self.object.something_waits()
    }

    /// The object broke: what waits for it fails with `error`, and so does every stub that has reached it. Others reach
    /// its next life, which begins with whatever this or the next owner constructs.
    pub fn break_with(&self, error: &WireError) {
        self.object.break_with(self.epoch, error);
    }

    /// Nobody can run the object: what waits for it fails with `error`, its sockets are lost.
    pub fn refuse(self, error: &WireError) {
        self.object.refuse_waiting(error);
        drop(self.take_sleep());
    }

    /// What the object left when it was let go before: the sockets that outlived that.
    pub fn take_sleep(&self) -> Sleep {
        self.object.take_sleep(self.epoch)
    }

    /// Leaves `sleep` to the next owner, who is found at once if there are sockets in it, as soon as the lease is
    /// dropped.
    pub fn leave(&self, sleep: Sleep) {
        // A lease that was revoked leaves nothing: its sockets are lost.
        drop(self.object.put_sleep(self.epoch, sleep));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.object.returned(self.epoch);
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("object", &self.id()).finish_non_exhaustive()
    }
}

/// What outlives an object that is not in memory: its hibernating WebSockets.
#[derive(Debug, Default)]
pub struct Sleep {
    /// Its sockets, in the order in which they were accepted.
    pub sockets: Vec<SleepingSocket>,
    /// What the runtime answers by itself: a text, and the answer to it.
    pub auto_response: Option<(Arc<str>, Arc<str>)>,
    /// How long a handler may take, in milliseconds.
    pub event_timeout_ms: Option<u32>,
}

impl Sleep {
    /// True when nothing is left that needs an owner.
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }
}

/// A WebSocket whose object may not be in memory.
#[derive(Debug)]
pub struct SleepingSocket {
    /// The object's end.
    pub end: WebSocketEnd,
    /// What it was accepted with.
    pub tags: Vec<Arc<str>>,
    /// What the script has attached to it, as the bytes of a clone.
    pub attachment: Option<Bytes>,
    /// When the runtime last answered by itself, in milliseconds since the Unix epoch.
    pub auto_response_at_ms: Option<i64>,
    /// The object has closed its way.
    pub closed: bool,
    /// What was taken from the end and could not be delivered yet; it comes before what the end has.
    pub held: Option<SocketFrame>,
}

impl SleepingSocket {
    /// A socket that has just been accepted.
    pub fn new(end: WebSocketEnd, tags: Vec<Arc<str>>, attachment: Option<Bytes>) -> Self {
        Self { end, tags, attachment, auto_response_at_ms: None, closed: false, held: None }
    }
}
