//! One call under way, at the caller's side.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use lopata_protocol::{CallId, RpcRequest, RpcTarget, SpanContext, ToGuest};

use crate::census::Counted;
use crate::door::Unreachable;
use crate::inbox::{InboxSender, Refused};
use crate::parcel::{Attachments, Parcel};
use crate::reply::{Answered, ReplyReceiver, reply};

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The number of calls in this process that are under way, or whose result may still be asked. For leak checks.
pub fn live_calls() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A call that was sent: a future of its answer, `None` when the callee's guest is gone.
///
/// Dropped unanswered, it cancels the call. Answered, it holds the result in the callee, for pipelining,
/// until it is dropped; unless [`OutCall::let_go`] says that there is nothing to hold.
#[derive(Debug)]
pub struct OutCall {
    call: CallId,
    home: InboxSender,
    answer: ReplyReceiver,
    /// False once the callee holds nothing for this call.
    held: bool,
    _counted: Counted,
}

impl OutCall {
    /// A call that was delivered into `home`, with the receiving end of its reply.
    pub fn new(call: CallId, home: InboxSender, answer: ReplyReceiver) -> Self {
        Self { call, home, answer, held: true, _counted: Counted::new(&LIVE) }
    }

    /// The call's id.
    pub fn id(&self) -> CallId {
        self.call
    }

    /// The inbox of the guest that works on it.
    pub fn home(&self) -> &InboxSender {
        &self.home
    }

    /// What a call on the promised result names as its target.
    pub fn result(&self) -> RpcTarget {
        RpcTarget::Result(self.call)
    }

    /// The answer said that the callee keeps nothing: no message is needed at the end.
    pub fn let_go(&mut self) {
        self.held = false;
    }
}

impl Future for OutCall {
    type Output = Option<Answered>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(cx)
    }
}

impl Drop for OutCall {
    fn drop(&mut self) {
        if self.held {
            // A home that is gone holds nothing.
            let _ = self.home.send(Parcel::new(ToGuest::RpcFinish { call: self.call }));
        }
    }
}

/// Calls something that a running event of the guest behind `home` holds: an export or a promised result.
///
/// What was attached to a refused call is dropped, which tells its other sides.
pub fn invoke(
    home: &InboxSender,
    target: RpcTarget,
    request: Box<RpcRequest>,
    attachments: Attachments,
    parent: SpanContext,
) -> Result<OutCall, Unreachable> {
    let call = request.call;
    let (reply, answer) = reply();
    let mut parcel = Parcel { message: ToGuest::RpcOn { target, request, parent }, attachments };
    parcel.attachments.set_reply(reply);
    match home.send(parcel) {
        Ok(()) => Ok(OutCall::new(call, home.clone(), answer)),
        Err(Refused::Full(_)) => Err(Unreachable::Full(String::new())),
        Err(Refused::Closed(_)) => Err(Unreachable::Gone),
    }
}
