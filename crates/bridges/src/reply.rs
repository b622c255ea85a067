//! The way back for the answer to one message: a oneshot that loses nothing and waits for nobody.
//!
//! Owns the pair [`Reply`] (with the guest) and [`ReplyReceiver`] (with the asker). Dropping the reply tells
//! the asker that the guest died; dropping the receiver tells the guest that nobody wants the answer.
//!
//! An answer may carry the end of its event with it, which saves a message for every simple request. That end
//! must not be lost when the asker goes away between the sending and the receiving: the receiver hands it to
//! its [`UnreadSink`] when it is dropped with an answer inside.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lopata_protocol::{Answer, FromGuest};
use tokio::sync::oneshot;

use crate::parcel::Parcel;

/// An answer and, perhaps, the end of the event it answers.
#[derive(Debug)]
pub struct Answered {
    /// The answer with its attachments.
    pub answer: Parcel<Answer>,
    /// The [`FromGuest::EventEnded`] of an event that was over when it was answered.
    ///
    /// Only for events about which the guest has sent nothing else (no waitUntil): messages of the two ways
    /// are not ordered against each other.
    pub ended: Option<FromGuest>,
}

impl From<Parcel<Answer>> for Answered {
    fn from(answer: Parcel<Answer>) -> Self {
        Self { answer, ended: None }
    }
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Parcel::new(answer).into()
    }
}

/// Takes the `ended` of an answer that nobody read. Called at most once per reply, from the asker's thread.
pub type UnreadSink = Arc<dyn Fn(FromGuest) + Send + Sync>;

/// A reply whose receiver keeps the end of an unread event to itself: see [`ReplyReceiver::close`].
pub fn reply() -> (Reply, ReplyReceiver) {
    pair(None)
}

/// A reply whose receiver, dropped with an unread answer, gives the event's end to `sink`.
pub fn reply_with_sink(sink: UnreadSink) -> (Reply, ReplyReceiver) {
    pair(Some(sink))
}

fn pair(unread: Option<UnreadSink>) -> (Reply, ReplyReceiver) {
    let (sender, receiver) = oneshot::channel();
    (Reply { sender }, ReplyReceiver { receiver, unread, done: false })
}

/// The answering end.
#[derive(Debug)]
pub struct Reply {
    sender: oneshot::Sender<Answered>,
}

impl Reply {
    /// Sends the answer; gives it back, with what was attached, when nobody waits for it any more.
    pub fn send(self, answered: impl Into<Answered>) -> Result<(), Box<Answered>> {
        self.sender.send(answered.into()).map_err(Box::new)
    }

    /// True when nobody waits for the answer any more.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Resolves when nobody waits for the answer any more.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sender.poll_closed(cx)
    }
}

/// The asking end: a future of the answer, `None` when the answerer died.
pub struct ReplyReceiver {
    receiver: oneshot::Receiver<Answered>,
    unread: Option<UnreadSink>,
    /// True once the future is resolved; the oneshot must not be polled again.
    done: bool,
}

impl ReplyReceiver {
    /// Stops waiting: later answers are refused, one that is here already is given out.
    pub fn close(&mut self) -> Option<Answered> {
        if self.done {
            return None;
        }
        self.done = true;
        // The order matters: after the close nothing more arrives, so what is here is all there will be.
        self.receiver.close();
        self.receiver.try_recv().ok()
    }

    /// Waits on a thread that runs no async code.
    ///
    /// # Panics
    /// Inside an async runtime.
    pub fn wait_blocking(self) -> Option<Answered> {
        let mut this = self;
        if this.done {
            return None;
        }
        this.done = true;
        let (_, empty) = oneshot::channel();
        std::mem::replace(&mut this.receiver, empty).blocking_recv().ok()
    }
}

impl Future for ReplyReceiver {
    type Output = Option<Answered>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.done {
            return Poll::Ready(None);
        }
        let answer = std::task::ready!(Pin::new(&mut self.receiver).poll(cx));
        self.done = true;
        Poll::Ready(answer.ok())
    }
}

impl Drop for ReplyReceiver {
    fn drop(&mut self) {
        let Some(unread) = self.close() else { return };
        if let (Some(sink), Some(ended)) = (self.unread.take(), unread.ended) {
            sink(ended);
        }
    }
}

impl fmt::Debug for ReplyReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyReceiver").field("done", &self.done).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::pin::pin;
    use std::task::Waker;
    use std::thread;

    use lopata_protocol::{EventId, EventOutcome, ScheduledOutcome};
    use parking_lot::Mutex;

    use super::*;

    fn answer() -> Answer {
        Answer::Scheduled(ScheduledOutcome { outcome: EventOutcome::Ok, no_retry: false })
    }

    fn ended(event: EventId) -> FromGuest {
        FromGuest::EventEnded { event, outcome: EventOutcome::Ok, spans: Vec::new(), tail: None }
    }

    fn recording_sink() -> (UnreadSink, Arc<Mutex<Vec<EventId>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let inner = Arc::clone(&seen);
        let sink: UnreadSink = Arc::new(move |message| match message {
            FromGuest::EventEnded { event, .. } => inner.lock().push(event),
            other => panic!("only ends are piggybacked, not {other:?}"),
        });
        (sink, seen)
    }

    #[test]
    fn an_answer_arrives_with_its_end() {
        let (reply, mut receiver) = reply();
        let event = EventId::next();
        reply.send(Answered { answer: answer().into(), ended: Some(ended(event)) }).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(got)) = Pin::new(&mut receiver).poll(&mut cx) else { panic!("it was sent") };
        assert!(matches!(got.ended, Some(FromGuest::EventEnded { event: e, .. }) if e == event));
        assert!(matches!(Pin::new(&mut receiver).poll(&mut cx), Poll::Ready(None)), "resolved for good");
    }

    #[test]
    fn a_dead_guest_is_none() {
        let (reply, receiver) = reply();
        drop(reply);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(pin!(receiver).poll(&mut cx), Poll::Ready(None)));
    }

    #[test]
    fn an_answer_nobody_wants_comes_back() {
        let (mut reply, receiver) = reply();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(!reply.is_closed());
        assert!(reply.poll_closed(&mut cx).is_pending());
        drop(receiver);
        assert!(reply.is_closed());
        assert!(reply.poll_closed(&mut cx).is_ready());
        let event = EventId::next();
        let back = reply.send(Answered { answer: answer().into(), ended: Some(ended(event)) }).unwrap_err();
        assert!(back.ended.is_some());
    }

    #[test]
    fn an_unread_end_goes_to_the_sink_once() {
        let (sink, seen) = recording_sink();
        let event = EventId::next();
        let (reply, receiver) = reply_with_sink(Arc::clone(&sink));
        reply.send(Answered { answer: answer().into(), ended: Some(ended(event)) }).unwrap();
        drop(receiver);
        assert_eq!(*seen.lock(), [event]);

        let (reply, mut receiver) = reply_with_sink(sink);
        reply.send(Answered { answer: answer().into(), ended: Some(ended(EventId::next())) }).unwrap();
        assert!(receiver.close().unwrap().ended.is_some(), "whoever closes by hand gets it");
        drop(receiver);
        assert_eq!(*seen.lock(), [event]);
    }

    /// However the send and the drop fall, the end is seen exactly once: by the sink or by the sender.
    #[test]
    fn no_end_is_lost_between_send_and_drop() {
        for _ in 0..500 {
            let (sink, seen) = recording_sink();
            let (reply, receiver) = reply_with_sink(sink);
            let event = EventId::next();
            let back = thread::scope(|scope| {
                let sending = scope
                    .spawn(move || reply.send(Answered { answer: answer().into(), ended: Some(ended(event)) }).err());
                drop(receiver);
                sending.join().unwrap()
            });
            assert_eq!(seen.lock().len() + usize::from(back.is_some()), 1);
        }
    }

    #[test]
    fn a_plain_thread_can_wait() {
        let (reply, receiver) = reply();
        let waiting = thread::spawn(move || receiver.wait_blocking());
        reply.send(answer()).unwrap();
        assert!(waiting.join().unwrap().is_some());
    }
}
