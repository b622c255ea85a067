//! A message plus what cannot be plain data: stream ends, service handles and the reply.
//!
//! Owns its attachments. Dropping a parcel that nobody received drops them: the stream ends cancel or fail
//! their other ends, the reply tells the asker. So nothing waits for a message that died on the way.
//!
//! Invariant: a message names its streams and services by id, and each id is attached at most once. An empty
//! set of attachments, and one with only a reply, allocates nothing of its own.

use lopata_protocol::{ServiceId, StreamId};

use crate::capability::Capability;
use crate::door::SubrequestBudget;
use crate::reply::Reply;
use crate::service::ServiceHandle;
use crate::stream::StreamReader;
use crate::websocket::WebSocketEnd;

/// A message and its attachments.
#[derive(Debug)]
pub struct Parcel<M> {
    /// The plain data.
    pub message: M,
    /// What the ids in the message stand for, and where its answer goes.
    pub attachments: Attachments,
}

impl<M> Parcel<M> {
    /// A message without attachments.
    pub fn new(message: M) -> Self {
        Self { message, attachments: Attachments::none() }
    }

    /// A message whose answer goes to `reply`.
    pub fn asking(message: M, reply: Reply) -> Self {
        let mut parcel = Self::new(message);
        parcel.attachments.set_reply(reply);
        parcel
    }
}

impl<M> From<M> for Parcel<M> {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}

/// What rides along with a message. Cheap when empty.
#[derive(Debug, Default)]
pub struct Attachments {
    /// Few: a body, seldom more. A `Vec` allocates only when something is in it.
    streams: Vec<StreamReader>,
    services: Vec<(ServiceId, ServiceHandle)>,
    reply: Option<Reply>,
    /// By the index that the message's cloned value names; empty places were taken.
    capabilities: Vec<Option<Capability>>,
    budget: Option<SubrequestBudget>,
}

impl Attachments {
    /// No attachments.
    pub fn none() -> Self {
        Self::default()
    }

    /// True when nothing is attached.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.services.is_empty()
            && self.reply.is_none()
            && self.capabilities.iter().all(Option::is_none)
            && self.budget.is_none()
    }

    /// Attaches the reading end of a stream that the message names.
    pub fn attach_stream(&mut self, stream: StreamReader) {
        debug_assert!(self.streams.iter().all(|other| other.id() != stream.id()), "a stream has one reading end");
        self.streams.push(stream);
    }

    /// Takes the reading end of `id`; `None` when it is not attached (or was taken before).
    pub fn take_stream(&mut self, id: StreamId) -> Option<StreamReader> {
        let index = self.streams.iter().position(|stream| stream.id() == id)?;
        Some(self.streams.swap_remove(index))
    }

    /// Attaches the service that the message names `id`.
    pub fn attach_service(&mut self, id: ServiceId, service: ServiceHandle) {
        assert!(self.services.iter().all(|(other, _)| *other != id), "{id} is attached twice");
        self.services.push((id, service));
    }

    /// Takes the service of `id`; `None` when it is not attached (or was taken before).
    pub fn take_service(&mut self, id: ServiceId) -> Option<ServiceHandle> {
        let index = self.services.iter().position(|(other, _)| *other == id)?;
        Some(self.services.swap_remove(index).1)
    }

    /// Attaches what a cloned value carries; the index is what its bytes name it by.
    pub fn attach_capability(&mut self, capability: Capability) -> usize {
        self.capabilities.push(Some(capability));
        self.capabilities.len() - 1
    }

    /// Takes a capability; `None` when it is not attached (or was taken before).
    pub fn take_capability(&mut self, index: usize) -> Option<Capability> {
        self.capabilities.get_mut(index)?.take()
    }

    /// All capabilities, each at its index.
    pub fn take_capabilities(&mut self) -> Vec<Option<Capability>> {
        std::mem::take(&mut self.capabilities)
    }

    /// Says from which budget the event's subrequests are taken.
    pub fn set_budget(&mut self, budget: SubrequestBudget) {
        self.budget = Some(budget);
    }

    /// Takes the budget; `None` for a top-level event, which starts with one of its own.
    pub fn take_budget(&mut self) -> Option<SubrequestBudget> {
        self.budget.take()
    }

    /// Attaches the end of a WebSocket that a response with status 101 hands over.
    pub fn set_socket(&mut self, socket: WebSocketEnd) {
        // Among the capabilities, of which a response has no others: so nothing grows for the sake of the few.
        self.attach_capability(Capability::Socket(socket));
    }

    /// Takes the end of a WebSocket.
    pub fn take_socket(&mut self) -> Option<WebSocketEnd> {
        let is_socket = |capability: &Option<Capability>| matches!(capability, Some(Capability::Socket(_)));
        let index = self.capabilities.iter().position(is_socket)?;
        match self.take_capability(index) {
            Some(Capability::Socket(socket)) => Some(socket),
            _ => unreachable!("that is what was looked for"),
        }
    }

    /// Says where the answer goes. A message has one answer: a second reply is a mistake of the caller.
    pub fn set_reply(&mut self, reply: Reply) {
        assert!(self.reply.is_none(), "a message has one reply");
        self.reply = Some(reply);
    }

    /// Takes the way the answer goes.
    pub fn take_reply(&mut self) -> Option<Reply> {
        self.reply.take()
    }

    /// Where the answer goes, without taking it.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::task::{Context, Poll, Waker};

    use lopata_protocol::{Answer, EventId, ToGuest};

    use super::*;
    use crate::reply::reply;
    use crate::service::fetch_service;
    use crate::stream::stream;

    fn is_send<T: Send>() {}

    #[test]
    fn parcels_cross_threads() {
        is_send::<Parcel<ToGuest>>();
        is_send::<Parcel<Answer>>();
    }

    #[test]
    fn empty_attachments_allocate_nothing() {
        let attachments = Attachments::none();
        assert!(attachments.is_empty());
        assert_eq!((attachments.streams.capacity(), attachments.services.capacity()), (0, 0));
        let (reply, _receiver) = reply();
        let parcel = Parcel::asking(ToGuest::Drain, reply);
        assert!(!parcel.attachments.is_empty());
        assert_eq!((parcel.attachments.streams.capacity(), parcel.attachments.services.capacity()), (0, 0));
    }

    #[test]
    fn each_attachment_is_taken_once_by_its_id() {
        let mut attachments = Attachments::none();
        let ((_w1, r1), (_w2, r2)) = (stream(), stream());
        let (first, second) = (r1.id(), r2.id());
        attachments.attach_stream(r1);
        attachments.attach_stream(r2);
        assert_eq!(attachments.take_stream(first).unwrap().id(), first);
        assert!(attachments.take_stream(first).is_none());
        assert_eq!(attachments.take_stream(second).unwrap().id(), second);

        let (service, _receiver) = fetch_service();
        let id = ServiceId::next();
        attachments.attach_service(id, ServiceHandle::Fetch(service));
        assert!(attachments.take_service(ServiceId::next()).is_none());
        assert!(matches!(attachments.take_service(id), Some(ServiceHandle::Fetch(_))));
        assert!(attachments.take_service(id).is_none());
        assert!(attachments.is_empty());
    }

    #[test]
    #[should_panic(expected = "one reply")]
    fn a_second_reply_is_a_mistake() {
        let mut attachments = Attachments::none();
        attachments.set_reply(reply().0);
        attachments.set_reply(reply().0);
    }

    #[test]
    fn a_dropped_parcel_tells_writer_and_asker() {
        let mut cx = Context::from_waker(Waker::noop());
        let (mut writer, reader) = stream();
        let (reply, receiver) = reply();
        let mut receiver = std::pin::pin!(receiver);
        let mut parcel = Parcel::asking(ToGuest::Abort { event: EventId::next() }, reply);
        parcel.attachments.attach_stream(reader);
        assert!(writer.poll_cancelled(&mut cx).is_pending());
        assert!(receiver.as_mut().poll(&mut cx).is_pending());
        drop(parcel);
        assert!(writer.poll_cancelled(&mut cx).is_ready());
        assert!(matches!(receiver.as_mut().poll(&mut cx), Poll::Ready(None)));
    }
}
