//! Typed senders to the services behind env entries, and the receivers that those services run on.
//!
//! Two shapes. A **call** ([`CallSender`]) asks an actor that owns a store and blocks on its queue; one answer
//! comes back. A **fetch** ([`FetchService`]) asks an async task of the host; its answer is a response that
//! may stream. Callers hold the sender itself: there is no dispatcher between them and the service.
//!
//! Both queues are unbounded channels, because a caller on an isolate's thread must never block. What bounds
//! them: every queued call belongs to a promise or a future of its caller, and an event may make
//! `SUBREQUESTS_MAX` subrequests, so a queue holds at most that many times the running events.
//!
//! Invariant: every call resolves. Its answer, or [`ServiceGone`] when the actor is gone or dropped the
//! responder. A caller that is gone loses only the answer; the call itself is still carried out.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam_channel as crossbeam;
use lopata_protocol::d1::{D1Answer, D1Call, D1Error};
use lopata_protocol::kv::{KvAnswer, KvCall, KvError};
use lopata_protocol::r2::{R2Answer, R2Call, R2Error};
use lopata_protocol::{Body, CacheAnswer, CacheCall, CacheError, RequestHead, SpanContext};
use tokio::sync::{mpsc, oneshot};

use crate::connect::{ConnectCall, ConnectReceiver, ConnectSender, connect_service};
use crate::door::WorkerService;
use crate::names::{NameCall, NameReceiver, NameSender, name_service};
use crate::objects::Namespace;
use crate::parcel::{Attachments, Parcel};
use crate::reply::Reply;
use crate::stream::StreamReader;

/// The service behind an env entry, by its kind.
#[derive(Clone, Debug)]
pub enum ServiceHandle {
    /// A KV namespace's actor.
    Kv(KvService),
    /// A D1 database's actor.
    D1(D1Service),
    /// Something that answers requests: the outbound fetcher.
    Fetch(FetchService),
    /// An entrypoint of a worker.
    Worker(WorkerService),
    /// The caches.
    Cache(CacheService),
    /// An R2 bucket's actor.
    R2(R2Service),
    /// The objects of a class.
    Objects(Arc<Namespace>),
}

/// The way to a D1 database's actor.
pub type D1Service = CallSender<D1Call, Result<D1Answer, D1Error>>;

/// The way to a KV namespace's actor.
pub type KvService = CallSender<KvCall, Result<KvAnswer, KvError>>;

/// A call on a cache, with the body of a response that is put as a stream.
pub type CacheRequest = Parcel<CacheCall>;

/// What the actor of the caches answers, with the body of a response that is too large to travel inside.
pub type CacheResult = Result<Parcel<CacheAnswer>, CacheError>;

/// The queue of a running actor of the caches.
pub type CacheSender = CallSender<CacheRequest, CacheResult>;

/// The way to the actor of the caches, which nobody starts before it is needed: every worker has `caches`, few use
/// them.
#[derive(Clone)]
pub struct CacheService {
    start: Arc<dyn Fn() -> CacheSender + Send + Sync>,
}

impl CacheService {
    /// `start` gives the queue of the actor, and starts it if it does not run. Called once a call; must be cheap.
    pub fn new(start: impl Fn() -> CacheSender + Send + Sync + 'static) -> Self {
        Self { start: Arc::new(start) }
    }

    /// Queues a call, at once and in order.
    pub fn call(&self, call: impl Into<CacheRequest>) -> CallFuture<CacheResult> {
        (self.start)().call(call.into())
    }
}

impl fmt::Debug for CacheService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheService").finish_non_exhaustive()
    }
}

/// The way to an R2 bucket's actor.
pub type R2Service = CallSender<R2Ask, Result<R2Reply, R2Error>>;

/// A call on a bucket with what cannot be plain data.
#[derive(Debug)]
pub struct R2Ask {
    /// The call.
    pub call: R2Call,
    /// The body; some exactly when the call says that it streams. Dropped unread, it tells its writer.
    pub body: Option<StreamReader>,
}

impl R2Ask {
    /// A call without a streamed body.
    pub fn new(call: R2Call) -> Self {
        Self { call, body: None }
    }
}

/// What a bucket's actor answers.
#[derive(Debug)]
pub struct R2Reply {
    /// The answer.
    pub answer: R2Answer,
    /// The body of an object that was found; some exactly when it is not inline. Dropped unread, it tells its
    /// writer.
    pub body: Option<StreamReader>,
}

/// The service ended before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service is gone")]
pub struct ServiceGone;

/// A queue of calls `C` that are answered with `A`.
pub fn calls<C, A>() -> (CallSender<C, A>, CallReceiver<C, A>) {
    let (sender, receiver) = crossbeam::unbounded();
    (CallSender { sender }, CallReceiver { receiver })
}

/// The callers' end. When the last one is dropped, the receiver ends.
pub struct CallSender<C, A> {
    sender: crossbeam::Sender<(C, Responder<A>)>,
}

impl<C, A> CallSender<C, A> {
    /// Queues a call, at once and in order; the future resolves with its answer.
    ///
    /// Dropping the future does not take the call back.
    pub fn call(&self, call: C) -> CallFuture<A> {
        let (sender, receiver) = oneshot::channel();
        // A refused call is dropped here with its responder, which resolves the future.
        let _ = self.sender.send((call, Responder { sender }));
        CallFuture { receiver }
    }
}

impl<C, A> Clone for CallSender<C, A> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<C, A> fmt::Debug for CallSender<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSender").field("queued", &self.sender.len()).finish()
    }
}

/// The answer to come of one call.
pub struct CallFuture<A> {
    receiver: oneshot::Receiver<A>,
}

impl<A> CallFuture<A> {
    /// Waits on a thread that runs no async code.
    ///
    /// # Panics
    /// Inside an async runtime.
    pub fn wait_blocking(self) -> Result<A, ServiceGone> {
        self.receiver.blocking_recv().map_err(|_| ServiceGone)
    }
}

impl<A> Future for CallFuture<A> {
    type Output = Result<A, ServiceGone>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(cx).map(|answer| answer.map_err(|_| ServiceGone))
    }
}

impl<A> fmt::Debug for CallFuture<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// The actor's end. Dropped, it resolves every queued and every later call with [`ServiceGone`].
pub struct CallReceiver<C, A> {
    receiver: crossbeam::Receiver<(C, Responder<A>)>,
}

/// What a timed wait for a call brought.
#[derive(Debug)]
pub enum Received<C, A> {
    /// A call and the way to answer it.
    Call(C, Responder<A>),
    /// The time was over first.
    TimedOut,
    /// Nobody can call any more.
    Closed,
}

impl<C, A> CallReceiver<C, A> {
    /// The next call; blocks until there is one. `None` when nobody can call any more.
    pub fn recv(&self) -> Option<(C, Responder<A>)> {
        self.receiver.recv().ok()
    }

    /// The next call if one is queued, so that an actor can carry out several under one commit.
    pub fn try_recv(&self) -> Option<(C, Responder<A>)> {
        self.receiver.try_recv().ok()
    }

    /// The next call; blocks no longer than `timeout`, so that an actor can do its housekeeping.
    pub fn recv_timeout(&self, timeout: Duration) -> Received<C, A> {
        match self.receiver.recv_timeout(timeout) {
            Ok((call, responder)) => Received::Call(call, responder),
            Err(crossbeam::RecvTimeoutError::Timeout) => Received::TimedOut,
            Err(crossbeam::RecvTimeoutError::Disconnected) => Received::Closed,
        }
    }
}

impl<C, A> fmt::Debug for CallReceiver<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallReceiver").field("queued", &self.receiver.len()).finish()
    }
}

/// The way to answer one call. Dropped unused, it resolves the call with [`ServiceGone`].
pub struct Responder<A> {
    sender: oneshot::Sender<A>,
}

impl<A> Responder<A> {
    /// Answers. An answer nobody waits for is dropped.
    pub fn send(self, answer: A) {
        let _ = self.sender.send(answer);
    }

    /// True when nobody waits for the answer, so that a read need not be carried out.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl<A> fmt::Debug for Responder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("closed", &self.is_closed()).finish()
    }
}

/// One request that leaves a worker.
///
/// The caller that goes away drops its end of `reply`, which cancels the request; after the head it is the
/// response's stream that is cancelled.
#[derive(Debug)]
pub struct FetchCall {
    /// The request.
    pub request: Box<RequestHead>,
    /// Its body; a stream's reading end is in `attachments`.
    pub body: Body,
    /// What the ids in the request stand for.
    pub attachments: Attachments,
    /// The span under which the request was made.
    pub parent: SpanContext,
    /// Whether the response's body is wanted as its `content-encoding` says, and nothing is to ask for an encoding.
    pub keeps_coding: bool,
    /// Where the response goes.
    pub reply: Reply,
}

/// A fetcher and the end that its task runs on.
pub fn fetch_service() -> (FetchService, FetchReceiver) {
    // Unbounded: see the module's header for what bounds it.
    let (sender, receiver) = mpsc::unbounded_channel();
    let (connects, connect_receiver) = connect_service();
    let (names, name_receiver) = name_service();
    let receiver = FetchReceiver { receiver, connects: Some(connect_receiver), names: Some(name_receiver) };
    (FetchService { sender, connects, names }, receiver)
}

/// The callers' end of a fetcher. When the last one is dropped, the receiver ends.
#[derive(Clone, Debug)]
pub struct FetchService {
    sender: mpsc::UnboundedSender<FetchCall>,
    connects: ConnectSender,
    names: NameSender,
}

impl FetchService {
    /// Queues a request, at once and in order; gives it back when the service is gone.
    pub fn call(&self, call: FetchCall) -> Result<(), Box<FetchCall>> {
        self.sender.send(call).map_err(|refused| Box::new(refused.0))
    }

    /// Asks for a connection; a service that opens none refuses it.
    pub fn connect(&self, call: ConnectCall) {
        self.connects.call(call);
    }

    /// Asks about a name; a service that knows none refuses it.
    pub fn resolve(&self, call: NameCall) {
        self.names.call(call);
    }

    /// True when the service is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// The fetcher's end. Dropped, it drops what is queued, which tells every caller.
#[derive(Debug)]
pub struct FetchReceiver {
    receiver: mpsc::UnboundedReceiver<FetchCall>,
    /// Non-null until somebody takes it.
    connects: Option<ConnectReceiver>,
    /// Non-null until somebody takes it.
    names: Option<NameReceiver>,
}

impl FetchReceiver {
    /// Takes the end at which connections are asked for, once. As long as nobody does, they wait; with the receiver
    /// dropped, they are refused.
    pub fn take_connects(&mut self) -> Option<ConnectReceiver> {
        self.connects.take()
    }

    /// Takes the end at which names are asked about, once; as for connections.
    pub fn take_names(&mut self) -> Option<NameReceiver> {
        self.names.take()
    }

    /// The next request; `None` when nobody can call any more.
    pub async fn recv(&mut self) -> Option<FetchCall> {
        self.receiver.recv().await
    }

    /// The next request; see [`FetchReceiver::recv`].
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<FetchCall>> {
        self.receiver.poll_recv(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::pin::pin;
    use std::task::Waker;
    use std::thread;

    use lopata_protocol::{Answer, EventOutcome, HeaderList, ScheduledOutcome, SpanId, TraceId};
    use proptest::prelude::*;

    use super::*;
    use crate::reply::reply;

    fn fetch_call(reply: Reply) -> FetchCall {
        FetchCall {
            request: Box::new(RequestHead {
                method: "GET".into(),
                url: "http://localhost/".into(),
                headers: HeaderList::default(),
                cf: None,
            }),
            body: Body::Empty,
            attachments: Attachments::none(),
            parent: SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) },
            keeps_coding: false,
            reply,
        }
    }

    #[test]
    fn an_actor_answers_in_order_and_ends_with_its_callers() {
        let (sender, receiver) = calls::<u32, u32>();
        let actor = thread::spawn(move || {
            let mut seen = Vec::new();
            while let Some((call, responder)) = receiver.recv() {
                seen.push(call);
                responder.send(call * 2);
            }
            seen
        });
        let second = sender.clone();
        let answers: Vec<_> = (0..50).map(|n| if n % 2 == 0 { sender.call(n) } else { second.call(n) }).collect();
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.wait_blocking(), Ok(n as u32 * 2));
        }
        drop((sender, second));
        assert_eq!(actor.join().unwrap(), (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn calls_to_a_service_that_is_gone_resolve() {
        let (sender, receiver) = calls::<(), ()>();
        let queued = sender.call(());
        drop(receiver);
        assert_eq!(queued.wait_blocking(), Err(ServiceGone));
        assert_eq!(sender.call(()).wait_blocking(), Err(ServiceGone));
    }

    /// The actor may end while calls are being queued; none of them may be left waiting.
    #[test]
    fn calls_racing_with_the_end_of_the_service_resolve() {
        for _ in 0..200 {
            let (sender, receiver) = calls::<u32, u32>();
            thread::scope(|scope| {
                scope.spawn(move || {
                    if let Some((call, responder)) = receiver.recv() {
                        responder.send(call);
                    }
                });
                let futures: Vec<_> = (0..8).map(|n| sender.call(n)).collect();
                for (n, future) in futures.into_iter().enumerate() {
                    let answer = future.wait_blocking();
                    assert!(answer == Err(ServiceGone) || (n == 0 && answer == Ok(0)));
                }
            });
        }
    }

    #[test]
    fn a_timed_wait_tells_silence_from_the_end() {
        let (sender, receiver) = calls::<u32, ()>();
        assert!(matches!(receiver.recv_timeout(Duration::ZERO), Received::TimedOut));
        let _answer = sender.call(7);
        assert!(matches!(receiver.recv_timeout(Duration::ZERO), Received::Call(7, _)));
        drop(sender);
        assert!(matches!(receiver.recv_timeout(Duration::ZERO), Received::Closed));
    }

    #[test]
    fn a_fetch_is_answered_or_refused() {
        let mut cx = Context::from_waker(Waker::noop());
        let (service, mut receiver) = fetch_service();
        let (answering, mut answer) = reply();
        service.call(fetch_call(answering)).unwrap();
        let Poll::Ready(Some(call)) = receiver.poll_recv(&mut cx) else { panic!("it was queued") };
        call.reply.send(Answer::Scheduled(ScheduledOutcome { outcome: EventOutcome::Ok, no_retry: false })).unwrap();
        assert!(matches!(Pin::new(&mut answer).poll(&mut cx), Poll::Ready(Some(_))));

        let (answering, waiting) = reply();
        service.call(fetch_call(answering)).unwrap();
        drop(receiver);
        assert!(matches!(pin!(waiting).poll(&mut cx), Poll::Ready(None)), "queued requests are told");
        assert!(service.is_closed());
        assert!(service.call(fetch_call(reply().0)).is_err());
    }

    #[derive(Clone, Copy, Debug)]
    enum Op {
        Call,
        Answer,
        DropResponder,
        DropFuture,
        DropReceiver,
    }

    proptest! {
        /// Every call resolves exactly as the actor treated it, in whatever order things happen.
        #[test]
        fn every_call_resolves(ops in prop::collection::vec(
            prop_oneof![
                4 => Just(Op::Call), 4 => Just(Op::Answer), 1 => Just(Op::DropResponder),
                1 => Just(Op::DropFuture), 1 => Just(Op::DropReceiver),
            ], 0..60))
        {
            let mut cx = Context::from_waker(Waker::noop());
            let (sender, receiver) = calls::<u32, u32>();
            let mut receiver = Some(receiver);
            let mut futures: Vec<(u32, Option<CallFuture<u32>>)> = Vec::new();
            let mut answered = std::collections::HashSet::new();
            for op in ops {
                match op {
                    Op::Call => {
                        let number = futures.len() as u32;
                        futures.push((number, Some(sender.call(number))));
                    }
                    Op::Answer => if let Some((call, responder)) = receiver.as_ref().and_then(CallReceiver::try_recv) {
                        responder.send(call + 1000);
                        answered.insert(call);
                    },
                    Op::DropResponder => drop(receiver.as_ref().and_then(CallReceiver::try_recv)),
                    Op::DropFuture => if let Some((_, future)) = futures.last_mut() { *future = None },
                    Op::DropReceiver => receiver = None,
                }
            }
            drop(receiver);
            for (number, future) in futures {
                let Some(mut future) = future else { continue };
                let expected = if answered.contains(&number) { Ok(number + 1000) } else { Err(ServiceGone) };
                prop_assert_eq!(Pin::new(&mut future).poll(&mut cx), Poll::Ready(expected));
            }
        }
    }
}
