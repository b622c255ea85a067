//! The hibernating WebSockets of the objects of this guest: what outlives the instance.
//!
//! Owns tags, attachments, the automatic response and the order of acceptance. The ends themselves are with the
//! isolate's other sockets (`ext/websocket`), under the numbers that are used here, so that a script sends on one as on
//! any. When an object leaves the guest, all of it goes with its lease, and comes back with the next one.
//!
//! Invariant: a socket stands in the order and under each of its tags exactly while it is in the table.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use lopata_bridges::{Sleep, SleepingSocket};
use lopata_protocol::{SocketFrame, limits};

use crate::ext::websocket::Sockets;

/// What the runtime answers by itself: a text, and the answer to it.
pub type AutoResponse = (Arc<str>, Arc<str>);

/// The hibernating sockets of all objects of one guest, by the objects' numbers.
#[derive(Default)]
pub struct ObjectSockets {
    objects: RefCell<HashMap<u32, Group>>,
    /// Sockets that have had their last event in this turn.
    over: RefCell<Vec<(u32, u32)>>,
    /// Sockets whose objects were collected: let go of at the end of the turn, since a collection may run at any moment.
    forgotten: Rc<RefCell<Vec<u32>>>,
}

/// Those of one object.
#[derive(Default)]
struct Group {
    sockets: HashMap<u32, Entry>,
    /// Numbers of sockets by when they were accepted.
    order: BTreeMap<u64, u32>,
    tags: HashMap<Arc<str>, BTreeMap<u64, u32>>,
    accepted: u64,
    auto_response: Option<AutoResponse>,
    event_timeout_ms: Option<u32>,
    /// Sockets that have something to say and wait for the object's gate.
    parked: Vec<u32>,
    /// Sockets that have had their last event and that the instance may still answer.
    left: HashSet<u32>,
}

struct Entry {
    at: u64,
    tags: Vec<Arc<str>>,
    attachment: Option<Bytes>,
    auto_response_at_ms: Option<i64>,
    closed: bool,
    held: Option<SocketFrame>,
}

impl Group {
    fn insert(&mut self, id: u32, socket: Entry) {
        self.order.insert(socket.at, id);
        for tag in &socket.tags {
            self.tags.entry(tag.clone()).or_default().insert(socket.at, id);
        }
        self.sockets.insert(id, socket);
    }

    fn remove(&mut self, id: u32) -> Option<Entry> {
        let socket = self.sockets.remove(&id)?;
        self.order.remove(&socket.at);
        for tag in &socket.tags {
            if let Some(tagged) = self.tags.get_mut(tag) {
                tagged.remove(&socket.at);
                if tagged.is_empty() {
                    self.tags.remove(tag);
                }
            }
        }
        Some(socket)
    }

    fn is_unused(&self) -> bool {
        self.sockets.is_empty()
            && self.left.is_empty()
            && self.auto_response.is_none()
            && self.event_timeout_ms.is_none()
    }
}

impl ObjectSockets {
    /// Where the numbers of sockets go whose objects are collected.
    pub fn forgotten(&self) -> Rc<RefCell<Vec<u32>>> {
        self.forgotten.clone()
    }

    /// Those whose objects were collected since this was last asked.
    pub fn take_forgotten(&self) -> Vec<u32> {
        std::mem::take(&mut *self.forgotten.borrow_mut())
    }

    /// True when an object has sockets that outlive its instance.
    pub fn has_any(&self, object: u32) -> bool {
        self.objects.borrow().get(&object).is_some_and(|group| !group.sockets.is_empty())
    }

    /// Accepts a socket; false when the object has as many as it may.
    pub fn accept(&self, object: u32, id: u32, tags: Vec<Arc<str>>, attachment: Option<Bytes>) -> bool {
        let mut objects = self.objects.borrow_mut();
        let group = objects.entry(object).or_default();
        if group.sockets.len() >= limits::OBJECT_SOCKETS_MAX {
            return false;
        }
        group.accepted += 1;
        let at = group.accepted;
        group.insert(id, Entry { at, tags, attachment, auto_response_at_ms: None, closed: false, held: None });
        true
    }

    /// The sockets of an object, the newest first; those with `tag`, the oldest first. As production orders them.
    pub fn list(&self, object: u32, tag: Option<&str>) -> Vec<u32> {
        let objects = self.objects.borrow();
        let Some(group) = objects.get(&object) else { return Vec::new() };
        match tag {
            None => group.order.values().rev().copied().collect(),
            Some(tag) => group.tags.get(tag).map_or_else(Vec::new, |tagged| tagged.values().copied().collect()),
        }
    }

    fn with<T>(&self, object: u32, id: u32, work: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.objects.borrow_mut().get_mut(&object)?.sockets.get_mut(&id).map(work)
    }

    /// What a socket was accepted with.
    pub fn tags(&self, object: u32, id: u32) -> Vec<Arc<str>> {
        self.with(object, id, |socket| socket.tags.clone()).unwrap_or_default()
    }

    /// What the script has attached to a socket.
    pub fn attachment(&self, object: u32, id: u32) -> Option<Bytes> {
        self.with(object, id, |socket| socket.attachment.clone()).flatten()
    }

    /// Attaches something to a socket in place of what was attached before.
    pub fn attach(&self, object: u32, id: u32, attachment: Bytes) {
        self.with(object, id, |socket| socket.attachment = Some(attachment));
    }

    /// The object has closed its way of a socket.
    pub fn close(&self, object: u32, id: u32) {
        self.with(object, id, |socket| socket.closed = true);
    }

    /// Whether it has.
    pub fn is_closed(&self, object: u32, id: u32) -> bool {
        self.with(object, id, |socket| socket.closed).unwrap_or(true)
    }

    /// When a socket was last answered automatically, in milliseconds since the Unix epoch.
    pub fn auto_response_at_ms(&self, object: u32, id: u32) -> Option<i64> {
        self.with(object, id, |socket| socket.auto_response_at_ms).flatten()
    }

    /// What the runtime answers by itself.
    pub fn auto_response(&self, object: u32) -> Option<AutoResponse> {
        self.objects.borrow().get(&object)?.auto_response.clone()
    }

    /// Sets what the runtime answers by itself, or that it does not.
    pub fn set_auto_response(&self, object: u32, pair: Option<AutoResponse>) {
        self.configure(object, |group| group.auto_response = pair);
    }

    /// How long a handler may take, in milliseconds.
    pub fn event_timeout_ms(&self, object: u32) -> Option<u32> {
        self.objects.borrow().get(&object)?.event_timeout_ms
    }

    /// Sets how long a handler may take.
    pub fn set_event_timeout_ms(&self, object: u32, timeout_ms: Option<u32>) {
        self.configure(object, |group| group.event_timeout_ms = timeout_ms);
    }

    fn configure(&self, object: u32, change: impl FnOnce(&mut Group)) {
        let mut objects = self.objects.borrow_mut();
        let group = objects.entry(object).or_default();
        change(group);
        if group.is_unused() {
            objects.remove(&object);
        }
    }

    /// The automatic response to a text that has come, if it is to be answered so: it is noted. Nothing is said on a
    /// way that is closed.
    pub fn answer_to(&self, object: u32, id: u32, text: &[u8], now_ms: i64) -> Option<Option<Arc<str>>> {
        let mut objects = self.objects.borrow_mut();
        let group = objects.get_mut(&object)?;
        let (_, response) = group.auto_response.as_ref().filter(|(request, _)| request.as_bytes() == text)?;
        let socket = group.sockets.get_mut(&id)?;
        socket.auto_response_at_ms = Some(now_ms);
        Some((!socket.closed).then(|| response.clone()))
    }

    /// Takes what was held back for a socket.
    pub fn take_held(&self, object: u32, id: u32) -> Option<SocketFrame> {
        self.with(object, id, |socket| socket.held.take()).flatten()
    }

    /// True while something is held back for a socket.
    pub fn holds(&self, object: u32, id: u32) -> bool {
        self.with(object, id, |socket| socket.held.is_some()).unwrap_or(false)
    }

    /// A socket has something to say that has to wait for the object's gate.
    pub fn park(&self, object: u32, id: u32, held: Option<SocketFrame>) {
        let mut objects = self.objects.borrow_mut();
        let Some(group) = objects.get_mut(&object) else { return };
        group.parked.push(id);
        if let (Some(frame), Some(socket)) = (held, group.sockets.get_mut(&id)) {
            socket.held = Some(frame);
        }
    }

    /// The gate is open: the sockets that wait for it.
    pub fn take_parked(&self, object: u32) -> Vec<u32> {
        let mut objects = self.objects.borrow_mut();
        objects.get_mut(&object).map_or_else(Vec::new, |group| std::mem::take(&mut group.parked))
    }

    /// The last event of a socket has been dispatched: it is the script's from the end of this turn.
    pub fn over(&self, object: u32, id: u32) {
        self.over.borrow_mut().push((object, id));
    }

    /// Forgets the sockets that have had their last event; those that are still there are the instance's.
    pub fn forget_over(&self, sockets: &Sockets) {
        if self.over.borrow().is_empty() {
            return;
        }
        let mut objects = self.objects.borrow_mut();
        for (object, id) in self.over.borrow_mut().drain(..) {
            let Some(group) = objects.get_mut(&object) else { continue };
            if group.remove(id).is_some() && sockets.has(id) {
                group.left.insert(id);
            }
            if group.is_unused() {
                objects.remove(&object);
            }
        }
    }

    /// A native end is no more.
    pub fn dropped(&self, object: u32, id: u32) {
        let mut objects = self.objects.borrow_mut();
        let Some(group) = objects.get_mut(&object) else { return };
        group.left.remove(&id);
        if group.is_unused() {
            objects.remove(&object);
        }
    }

    /// The instance is gone: what it might still have answered is lost.
    pub fn instance_gone(&self, object: u32, sockets: &Sockets) {
        let left = {
            let mut objects = self.objects.borrow_mut();
            let Some(group) = objects.get_mut(&object) else { return };
            std::mem::take(&mut group.left)
        };
        left.into_iter().for_each(|id| drop(sockets.remove(id)));
    }

    /// The object leaves this guest: everything goes with it.
    pub fn sleep(&self, object: u32, sockets: &Sockets) -> Sleep {
        self.forget_over(sockets);
        self.instance_gone(object, sockets);
        let Some(mut group) = self.objects.borrow_mut().remove(&object) else { return Sleep::default() };
        let mut sleep = Sleep {
            sockets: Vec::with_capacity(group.order.len()),
            auto_response: group.auto_response.take(),
            event_timeout_ms: group.event_timeout_ms,
        };
        for id in group.order.values() {
            let (Some(end), Some(socket)) = (sockets.remove(*id), group.sockets.remove(id)) else { continue };
            let Entry { tags, attachment, auto_response_at_ms, closed, held, .. } = socket;
            sleep.sockets.push(SleepingSocket { end, tags, attachment, auto_response_at_ms, closed, held });
        }
        sleep
    }

    /// The object has come with what it left when it last went.
    pub fn wake(&self, object: u32, sleep: Sleep, sockets: &Sockets) {
        let Sleep { sockets: sleeping, auto_response, event_timeout_ms } = sleep;
        let mut group = Group { auto_response, event_timeout_ms, ..Group::default() };
        let mut ids = Vec::with_capacity(sleeping.len());
        for socket in sleeping {
            let SleepingSocket { end, tags, attachment, auto_response_at_ms, closed, held } = socket;
            let id = sockets.add(end);
            group.accepted += 1;
            let at = group.accepted;
            group.insert(id, Entry { at, tags, attachment, auto_response_at_ms, closed, held });
            ids.push(id);
        }
        if !group.is_unused() {
            self.objects.borrow_mut().insert(object, group);
        }
        // What was sent meanwhile is looked at in the next turn.
        ids.into_iter().for_each(|id| sockets.hibernate(id, object));
    }

    /// This life of the object is over: its sockets are lost.
    pub fn drop_object(&self, object: u32, sockets: &Sockets) {
        self.instance_gone(object, sockets);
        let group = self.objects.borrow_mut().remove(&object);
        for id in group.into_iter().flat_map(|group| group.sockets.into_keys()) {
            drop(sockets.remove(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use lopata_bridges::{WebSocketEnd, socket_pair};

    use super::*;

    fn accept(table: &ObjectSockets, sockets: &Sockets, tags: &[&str]) -> (u32, WebSocketEnd) {
        let (near, far) = socket_pair();
        let id = sockets.add(near);
        assert!(table.accept(7, id, tags.iter().map(|tag| Arc::from(*tag)).collect(), None));
        sockets.hibernate(id, 7);
        (id, far)
    }

    fn lost(end: &WebSocketEnd) -> bool {
        let taken = end.poll_take(&mut Context::from_waker(Waker::noop()));
        matches!(taken, Poll::Ready(Some(SocketFrame::Lost(None))))
    }

    #[test]
    fn sockets_are_listed_as_production_lists_them() {
        let (table, sockets) = (ObjectSockets::default(), Sockets::default());
        let (a, _a) = accept(&table, &sockets, &["x"]);
        let (b, _b) = accept(&table, &sockets, &["x", "y"]);
        let (c, _c) = accept(&table, &sockets, &[]);
        assert_eq!(table.list(7, None), [c, b, a]);
        assert_eq!(table.list(7, Some("x")), [a, b]);
        assert_eq!(table.list(7, Some("z")), Vec::<u32>::new());
        assert_eq!(table.list(8, None), Vec::<u32>::new());
        table.over(7, a);
        assert_eq!(table.list(7, Some("x")), [a, b], "until the turn is over");
        table.forget_over(&sockets);
        assert_eq!((table.list(7, None), table.list(7, Some("x"))), (vec![c, b], vec![b]));
        assert!(sockets.has(a), "the instance may still answer");
        table.instance_gone(7, &sockets);
        assert!(!sockets.has(a));
    }

    #[test]
    fn everything_goes_with_the_object_and_comes_back() {
        let (table, sockets) = (ObjectSockets::default(), Sockets::default());
        let (a, _a) = accept(&table, &sockets, &["x"]);
        let (b, far) = accept(&table, &sockets, &[]);
        table.attach(7, a, Bytes::from_static(b"attached"));
        table.close(7, b);
        table.set_auto_response(7, Some((Arc::from("ping"), Arc::from("pong"))));
        table.set_event_timeout_ms(7, Some(5));
        assert_eq!(table.answer_to(7, a, b"ping", 99), Some(Some(Arc::from("pong"))));
        assert_eq!(table.answer_to(7, b, b"ping", 99), Some(None), "it is closed");
        assert_eq!(table.answer_to(7, a, b"other", 100), None);
        table.park(7, a, Some(SocketFrame::Text(Bytes::from_static(b"held"))));
        let sleep = table.sleep(7, &sockets);
        assert!(!table.has_any(7) && table.auto_response(7).is_none());
        table.wake(9, sleep, &sockets);
        let listed = table.list(9, None);
        let [b, a] = listed[..] else { panic!("both are there") };
        assert_eq!(table.tags(9, a), [Arc::from("x")]);
        assert_eq!(table.attachment(9, a).as_deref(), Some(&b"attached"[..]));
        assert_eq!((table.auto_response_at_ms(9, a), table.event_timeout_ms(9)), (Some(99), Some(5)));
        assert_eq!((table.is_closed(9, a), table.is_closed(9, b)), (false, true));
        assert!(matches!(table.take_held(9, a), Some(SocketFrame::Text(text)) if text == "held"));
        assert!(!lost(&far));
        table.drop_object(9, &sockets);
        assert!(lost(&far));
        assert!(!table.has_any(9));
    }

    #[test]
    fn an_object_has_so_many_and_no_more() {
        let (table, sockets) = (ObjectSockets::default(), Sockets::default());
        for id in 0..limits::OBJECT_SOCKETS_MAX as u32 {
            assert!(table.accept(1, id, Vec::new(), None));
        }
        assert!(!table.accept(1, u32::MAX, Vec::new(), None));
        table.over(1, 5);
        table.forget_over(&sockets);
        assert!(table.accept(1, u32::MAX, Vec::new(), None));
    }
}
