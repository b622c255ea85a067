//! What this guest holds of others: stubs, calls under way and the way back for calls that others have made on what
//! it gave away, by the event that they belong to.
//!
//! Owns them, and not the isolate, because an event that ends must let go of all of them at once, and because the
//! panic hook must be able to do so for a thread that can no longer run. Whatever leaves the table is dropped outside
//! its lock: a drop sends a message.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lopata_bridges::{Answered, InboxSender, OutCall, Reply, Stub};
use lopata_protocol::{CallId, EventId, RpcTarget, WireError};
use parking_lot::Mutex;

use crate::spans::SpanNumber;

/// The table. Cheap to clone; all clones are one table.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    stubs: HashMap<u32, (EventId, Stub)>,
    calls: HashMap<CallId, Call>,
    replies: HashMap<CallId, (EventId, Reply)>,
    by_event: HashMap<EventId, OfEvent>,
    last_stub: u32,
}

#[derive(Default)]
struct OfEvent {
    stubs: HashSet<u32>,
    calls: HashSet<CallId>,
    replies: HashSet<CallId>,
}

/// A call that this guest has made.
struct Call {
    /// By whose life it lives.
    owner: EventId,
    /// For whom it was made, which has its span.
    event: EventId,
    out: Out,
    /// What is called, for the call's span.
    name: String,
    /// The call's span.
    span: SpanNumber,
    /// The stub that was called, when nothing else holds it: a call on one's own value.
    _own: Option<Stub>,
    /// True once its answer has been taken.
    answered: bool,
    /// Set while somebody waits for the answer, so that the end of the event reaches them.
    waker: Option<Waker>,
}

/// Whether a call is on its way.
enum Out {
    /// It waits until its object's writes are committed.
    Held,
    Sent(OutCall),
    /// It could not be sent after all.
    Failed(WireError),
}

impl Out {
    fn sent(&self) -> Option<&OutCall> {
        match self {
            Self::Sent(out) => Some(out),
            Self::Held | Self::Failed(_) => None,
        }
    }
}

/// How waiting for a call ended.
pub enum Waited {
    /// With an answer, or with none because the callee's guest is gone.
    Over(Finished, Option<Box<Answered>>),
    /// It could not be sent.
    Unsent(Finished, WireError),
    /// The event that made the call is over.
    Cancelled,
}

/// What is known of a call beside the call itself.
pub struct Finished {
    /// By whose life it lived.
    pub owner: EventId,
    /// The event that made it.
    pub event: EventId,
    /// What was called.
    pub name: String,
    /// The call's span.
    pub span: SpanNumber,
}

impl Held {
    /// Takes in a stub that `event` has received.
    pub fn add_stub(&self, event: EventId, stub: Stub) -> u32 {
        let mut inner = self.0.lock();
        inner.last_stub += 1;
        let id = inner.last_stub;
        inner.stubs.insert(id, (event, stub));
        inner.by_event.entry(event).or_default().stubs.insert(id);
        id
    }

    /// A stub, held once more by whoever asks.
    pub fn stub(&self, id: u32) -> Option<Stub> {
        self.0.lock().stubs.get(&id).map(|(_, stub)| stub.clone())
    }

    /// Lets go of a stub.
    pub fn release_stub(&self, id: u32) {
        let released = {
            let mut inner = self.0.lock();
            let Some((event, stub)) = inner.stubs.remove(&id) else { return };
            if let Some(of_event) = inner.by_event.get_mut(&event) {
                of_event.stubs.remove(&id);
            }
            stub
        };
        drop(released);
    }

    /// Takes in a call that was made; `own` is a stub that lives as long as the call.
    pub fn add_call(&self, out: OutCall, made: Finished, own: Option<Stub>) {
        self.add(out.id(), Out::Sent(out), made, own);
    }

    /// The same for a call that is sent later, by [`Held::send`].
    pub fn hold_call(&self, call: CallId, made: Finished, own: Option<Stub>) {
        self.add(call, Out::Held, made, own);
    }

    /// True for a call that is to be sent still.
    pub fn is_held(&self, call: CallId) -> bool {
        self.0.lock().calls.get(&call).is_some_and(|held| matches!(held.out, Out::Held))
    }

    /// A call that was held back has been sent, or could not be.
    pub fn send(&self, call: CallId, sent: Result<OutCall, WireError>) {
        let (unwanted, waker) = {
            let mut inner = self.0.lock();
            match (inner.calls.get_mut(&call), sent) {
                (Some(held), Ok(out)) => {
                    held.out = Out::Sent(out);
                    (None, held.waker.take())
                }
                (Some(held), Err(error)) => {
                    held.out = Out::Failed(error);
                    (None, held.waker.take())
                }
                (None, sent) => (sent.ok(), None),
            }
        };
        drop(unwanted);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn add(&self, call: CallId, out: Out, made: Finished, own: Option<Stub>) {
        let Finished { owner, event, name, span } = made;
        let mut inner = self.0.lock();
        inner.calls.insert(call, Call { owner, event, out, name, span, _own: own, answered: false, waker: None });
        inner.by_event.entry(owner).or_default().calls.insert(call);
    }

    /// Where to send a call on the promised result of `call`; `None` once it was let go, and while it is held back.
    pub fn result_of(&self, call: CallId) -> Option<(InboxSender, RpcTarget)> {
        self.0.lock().calls.get(&call).and_then(|held| held.out.sent()).map(|out| (out.home().clone(), out.result()))
    }

    /// True for a call that has no answer and went to the guest with this inbox.
    pub fn call_went_to(&self, call: CallId, inbox: &InboxSender) -> bool {
        self.0.lock().calls.get(&call).and_then(|held| held.out.sent()).is_some_and(|out| out.home().same_inbox(inbox))
    }

    /// Waits for the answer of a call.
    pub fn poll_answer(&self, call: CallId, cx: &mut Context<'_>) -> Poll<Waited> {
        let mut inner = self.0.lock();
        let Some(held) = inner.calls.get_mut(&call) else { return Poll::Ready(Waited::Cancelled) };
        let answered = match &mut held.out {
            Out::Sent(out) => Pin::new(out).poll(cx).map(Ok),
            Out::Failed(error) => Poll::Ready(Err(std::mem::take(error))),
            Out::Held => Poll::Pending,
        };
        let Poll::Ready(answered) = answered else {
            held.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        held.answered = true;
        let name = std::mem::take(&mut held.name);
        let finished = Finished { owner: held.owner, event: held.event, name, span: held.span };
        Poll::Ready(match answered {
            Ok(answered) => Waited::Over(finished, answered.map(Box::new)),
            Err(error) => Waited::Unsent(finished, error),
        })
    }

    /// The callee keeps nothing of a call: forgets it without a word.
    pub fn let_go(&self, call: CallId) {
        if let Some(Call { out: Out::Sent(out), .. }) = &mut self.take_call(call) {
            out.let_go();
        }
    }

    /// Wants nothing more of a call, and tells the callee.
    pub fn finish(&self, call: CallId) {
        drop(self.take_call(call));
    }

    fn take_call(&self, call: CallId) -> Option<Call> {
        let mut inner = self.0.lock();
        let held = inner.calls.remove(&call)?;
        if let Some(of_event) = inner.by_event.get_mut(&held.owner) {
            of_event.calls.remove(&call);
        }
        Some(held)
    }

    /// Cancels what `event` has called and what has no answer yet.
    pub fn cancel_calls(&self, event: EventId) {
        let waiting: Vec<CallId> = {
            let inner = self.0.lock();
            let Some(of_event) = inner.by_event.get(&event) else { return };
            let waits = |call: &&CallId| inner.calls.get(call).is_some_and(|held| !held.answered);
            of_event.calls.iter().filter(waits).copied().collect()
        };
        for call in waiting {
            let Some(mut held) = self.take_call(call) else { continue };
            let waker = held.waker.take();
            drop(held);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// A call has arrived on something that `event` has given away.
    pub fn add_reply(&self, event: EventId, call: CallId, reply: Reply) {
        let mut inner = self.0.lock();
        inner.replies.insert(call, (event, reply));
        inner.by_event.entry(event).or_default().replies.insert(call);
    }

    /// The way back for such a call, once.
    pub fn take_reply(&self, call: CallId) -> Option<Reply> {
        let mut inner = self.0.lock();
        let (event, reply) = inner.replies.remove(&call)?;
        if let Some(of_event) = inner.by_event.get_mut(&event) {
            of_event.replies.remove(&call);
        }
        Some(reply)
    }

    /// The event is over: its stubs are released and its calls cancelled. Gives the ways back for the calls on it
    /// that have no answer.
    pub fn end_event(&self, event: EventId) -> Vec<Reply> {
        let (stubs, calls, replies): (Vec<_>, Vec<_>, Vec<_>) = {
            let mut inner = self.0.lock();
            let Some(of_event) = inner.by_event.remove(&event) else { return Vec::new() };
            let stubs = of_event.stubs.iter().filter_map(|id| inner.stubs.remove(id)).collect();
            let calls = of_event.calls.iter().filter_map(|call| inner.calls.remove(call)).collect();
            let replies = of_event.replies.iter().filter_map(|call| Some(inner.replies.remove(call)?.1)).collect();
            (stubs, calls, replies)
        };
        drop(stubs);
        for mut call in calls {
            let waker = call.waker.take();
            drop(call);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        replies
    }

    /// Lets go of everything, for a thread that cannot do so itself.
    pub fn clear(&self) {
        // The very frame that panicked may hold the lock; then what it holds is lost with it.
        let Some(mut inner) = self.0.try_lock() else { return };
        let all = std::mem::take(&mut *inner);
        drop(inner);
        drop(all);
    }
}
