//! A service that lopata serves itself, seen like a Worker: an inbox, and a task that works it off.
//!
//! Requests run side by side, each as a task of its own that ends with its caller: an `Abort`, or a reply that nobody
//! waits for. What is no request is answered with the error that production has for it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use lopata_bridges::{
    FetchCall, FetchService, InboxReceiver, InboxSender, Parcel, Refused, Reply, Undelivered, Unreachable, inbox,
};
use lopata_protocol::{Answer, EventId, EventOutcome, ToGuest, WireError, limits};
use tokio::task::{AbortHandle, JoinHandle};

/// What a service does with a request. It answers by the call's own reply.
pub trait HostService: Send + Sync + 'static {
    /// Answers one request.
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// What a Worker is given for its global `fetch` and `connect()`; `None` for what takes requests only.
    fn outbound(&self) -> Option<FetchService> {
        None
    }

    /// What a call of a method is answered with.
    fn no_rpc(&self) -> WireError {
        // Source: workerd's text.
        WireError::new("TypeError", "The receiver is not an RPC object")
    }
}

/// A service and its inbox.
pub struct HostNode {
    inbox: InboxSender,
    task: JoinHandle<()>,
    outbound: Option<FetchService>,
}

impl HostNode {
    /// Starts to serve.
    pub fn start(service: Arc<dyn HostService>) -> Self {
        let (inbox, receiver) = inbox(limits::INBOX_EVENTS_MAX);
        let outbound = service.outbound();
        let task = tokio::spawn(work(service, receiver));
        Self { inbox, task, outbound }
    }

    /// What a Worker is given for its global `fetch` and `connect()`.
    pub fn outbound(&self) -> Option<&FetchService> {
        self.outbound.as_ref()
    }

    /// Takes an event.
    pub fn deliver(&self, parcel: Box<Parcel<ToGuest>>, name: &str) -> Result<InboxSender, Undelivered> {
        match self.inbox.send(*parcel) {
            Ok(()) => Ok(self.inbox.clone()),
            Err(Refused::Closed(parcel)) => Err(Undelivered { parcel, why: Unreachable::Gone }),
            Err(Refused::Full(parcel)) => Err(Undelivered { parcel, why: Unreachable::Full(name.to_string()) }),
        }
    }

    /// Ends it, with all that runs.
    pub fn stop(&self) {
        self.task.abort();
    }
}

/// Works off an inbox until nobody can put anything into it.
async fn work(service: Arc<dyn HostService>, mut inbox: InboxReceiver) {
    let mut running = Running::default();
    let mut batch = Vec::with_capacity(limits::INBOX_BATCH_MAX);
    loop {
        let taken = std::future::poll_fn(|cx| {
            let polled = inbox.poll_recv_many(cx, &mut batch, limits::INBOX_BATCH_MAX);
            // A task has no turns that could be too long.
            inbox.parked();
            polled
        });
        if taken.await == 0 {
            return;
        }
        for parcel in batch.drain(..) {
            running.take(&service, parcel);
        }
    }
}

/// The requests that may still run; dropped, they end.
#[derive(Default)]
struct Running(HashMap<EventId, AbortHandle>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.values().for_each(AbortHandle::abort);
    }
}

impl Running {
    fn take(&mut self, service: &Arc<dyn HostService>, parcel: Parcel<ToGuest>) {
        let Parcel { message, mut attachments } = parcel;
        let reply = attachments.take_reply();
        match message {
            ToGuest::Fetch { event, request, body, parent, .. } => {
                let Some(reply) = reply else { return };
                self.0.retain(|_, task| !task.is_finished());
                let call = FetchCall { request, body, attachments, parent, keeps_coding: false, reply };
                self.0.insert(event, tokio::spawn(Arc::clone(service).fetch(call)).abort_handle());
            }
            ToGuest::Abort { event } => {
                if let Some(task) = self.0.remove(&event) {
                    task.abort();
                }
            }
            ToGuest::Rpc { .. } | ToGuest::RpcOn { .. } => {
                if let Some(reply) = reply {
                    let (error, outcome) = (service.no_rpc(), EventOutcome::Exception);
                    // A caller that left does not want to know.
                    let _ = reply.send(Answer::Failed { error, outcome });
                }
            }
            ToGuest::Connect { .. }
            | ToGuest::Scheduled { .. }
            | ToGuest::Tail { .. }
            | ToGuest::Test { .. }
            | ToGuest::Alarm { .. } => {
                refuse(reply, WireError::new("Error", "This service takes requests only."));
            }
            ToGuest::RpcRelease { .. }
            | ToGuest::RpcFinish { .. }
            | ToGuest::Load(_)
            | ToGuest::Grant(_)
            | ToGuest::Inspect(_)
            | ToGuest::Drain
            | ToGuest::Stop => {}
        }
    }
}

/// Answers with an error.
pub fn refuse(reply: Option<Reply>, error: WireError) {
    if let Some(reply) = reply {
        // A caller that left does not want to know.
        // No Worker threw it, and it is not said to be remote.
        let _ = reply.send(Answer::Failed { error, outcome: EventOutcome::InternalError });
    }
}
