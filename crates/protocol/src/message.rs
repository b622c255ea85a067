//! The messages between the host and a guest thread.
//!
//! [`ToGuest`] travels through the guest's inbox, in order. What a guest says travels two ways: the
//! [`Answer`] to an event goes straight back to whoever asked, everything else goes to the host as
//! [`FromGuest`]. A guest that ends closes both, so nobody waits for the dead.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    AlarmOutcome, Body, CallId, EventId, Export, ExportId, GenerationId, InspectAnswer, InspectCall, ObjectGrant,
    Props, RequestHead, ResponseHead, RpcHold, RpcRequest, RpcTarget, SpanContext, SpanRecord, StreamId, WaitUntilId,
    WireError, WorkerDefinition,
};

/// What the host (or another guest) tells a guest.
#[derive(Debug)]
pub enum ToGuest {
    /// Become this worker: evaluate its modules and build its env.
    ///
    /// Sent once, by the supervisor, to a spare. Answered by [`FromGuest::Ready`] or
    /// [`FromGuest::Failed`]. If the guest is gone, its death is reported instead.
    Load(Box<WorkerDefinition>),
    /// Run the `fetch` handler.
    ///
    /// Sent by the server for each request routed to the worker, or by a guest through a door. Answered by [`Answer::Response`] or
    /// [`Answer::Failed`]; a dropped reply means that the guest died. Every fetch is followed, in time, by one
    /// [`FromGuest::EventEnded`].
    Fetch {
        /// The event's id.
        event: EventId,
        /// Which entrypoint; `None` is the default export.
        entrypoint: Option<Arc<str>>,
        /// `ctx.props`.
        props: Props,
        /// The request.
        request: Box<RequestHead>,
        /// Its body; a stream's reading end rides along.
        body: Body,
        /// The server span.
        parent: SpanContext,
    },
    /// Run the `connect` handler on a connection.
    ///
    /// Sent by a guest through a door. What the caller writes is attached as a stream, the writing end of what it
    /// reads as the only capability. Answered by [`Answer::Connected`] as soon as the handler has been called, or by
    /// [`Answer::Failed`] when there is none; the connection ends with the event. Otherwise as `Fetch`.
    Connect {
        /// The event's id.
        event: EventId,
        /// Which entrypoint; `None` is the default export.
        entrypoint: Option<Arc<str>>,
        /// `ctx.props`.
        props: Props,
        /// What the caller asked to be connected to, `host:port`.
        address: String,
        /// What the caller writes.
        stream: StreamId,
        /// The caller's span.
        parent: SpanContext,
    },
    /// Run the `scheduled` handler.
    ///
    /// Sent by the cron trigger or its endpoint. Answered by [`Answer::Scheduled`] or [`Answer::Failed`];
    /// otherwise as `Fetch`.
    Scheduled {
        /// The event's id.
        event: EventId,
        /// The cron expression that fired; empty when triggered by hand without one.
        cron: String,
        /// Milliseconds since the Unix epoch.
        scheduled_time_ms: f64,
        /// The server span.
        parent: SpanContext,
    },
    /// The caller of `event` has gone away: abort `request.signal`.
    ///
    /// Sent by the server when the client disconnects before the response is complete, or by a guest that gives
    /// up on a call before its answer. It always follows the event it aborts (same inbox). No answer; ignored once the event has ended.
    Abort {
        /// The event.
        event: EventId,
    },
    /// Call a method of an entrypoint, or read a property of it: starts an event of its own.
    ///
    /// Sent by another guest (or by this one to itself) through a door. Answered by
    /// [`Answer::Rpc`] or [`Answer::RpcFailed`]; a dropped reply means that the guest died. The event stays open
    /// while stubs to what it gave away exist, and ends with one [`FromGuest::EventEnded`].
    Rpc {
        /// The event's id.
        event: EventId,
        /// Which entrypoint; `None` is the default export.
        entrypoint: Option<Arc<str>>,
        /// `ctx.props`.
        props: Props,
        /// What is called.
        request: Box<RpcRequest>,
        /// The caller's span.
        parent: SpanContext,
    },
    /// Call or read something that an event of this guest holds: an export, or the result of a call that may
    /// not even have been answered.
    ///
    /// Sent by whoever holds the stub or made the call, in order with everything else it sends here. Answered by
    /// [`Answer::Rpc`], [`Answer::RpcFailed`] or, for a result that was let go, [`Answer::RpcGone`].
    RpcOn {
        /// On what.
        target: RpcTarget,
        /// What is called.
        request: Box<RpcRequest>,
        /// The caller's span.
        parent: SpanContext,
    },
    /// The last stub to an export is gone: dispose of the target.
    ///
    /// Sent exactly once per export. No answer; ignored when the export's event has ended.
    RpcRelease {
        /// The export.
        export: ExportId,
    },
    /// The caller wants nothing more of a call: cancel it if it runs, let its result go.
    ///
    /// Sent at most once per call, after everything that was pipelined on it. No answer; ignored for a call
    /// whose result was let go already.
    RpcFinish {
        /// The call.
        call: CallId,
    },
    /// Run the `tail` handler.
    ///
    /// Sent by the host after the events of a worker that names this one in `tail_consumers`. Answered by
    /// [`Answer::Tailed`] or [`Answer::Failed`]; otherwise as `Fetch`.
    Tail {
        /// The event's id.
        event: EventId,
        /// Which entrypoint; `None` is the default export.
        entrypoint: Option<Arc<str>>,
        /// A JSON array of trace items, as production shapes them.
        items: Arc<str>,
        /// The span of the tailed event.
        parent: SpanContext,
    },
    /// Run the `test` handler.
    ///
    /// Sent by `lopata test`, one at a time. Answered by [`Answer::Tested`]; a dropped reply means that the guest
    /// died. Otherwise as `Fetch`.
    Test {
        /// The event's id.
        event: EventId,
        /// Which entrypoint; `None` is the default export.
        entrypoint: Option<Arc<str>>,
        /// The test's span.
        parent: SpanContext,
    },
    /// Run an object: from now on this guest, and no other, owns it.
    ///
    /// Sent by the host to an object thread, behind its `Load`. The lease rides along as the only capability; it has an
    /// inbox of its own, from which the object's events are taken. No answer: a guest that is done with the object lets
    /// go of the lease, which returns it.
    Grant(Box<ObjectGrant>),
    /// Run the `alarm` handler of an object.
    ///
    /// Sent by the alarm scheduler, into the object's own inbox. Answered by [`Answer::Alarm`] or [`Answer::Failed`]; a
    /// dropped reply means that the guest died. Otherwise as `Fetch`.
    Alarm {
        /// The event's id.
        event: EventId,
        /// When it was to run, in milliseconds since the Unix epoch.
        scheduled_time_ms: f64,
        /// How many attempts have failed before.
        retry_count: u32,
        /// The span it nests under.
        parent: SpanContext,
    },
    /// Look into an object, or change what it stores, without running its code.
    ///
    /// Sent by the host, into the object's own inbox, for people and tools that look at it. Answered by
    /// [`Answer::Inspected`] or [`Answer::Failed`]; a dropped reply means that the guest died. No event: it has no span and
    /// no end. It waits for nothing but what was sent before it, and constructs nothing.
    Inspect(Box<InspectCall>),
    /// Finish what is running, then stop.
    ///
    /// Sent by the supervisor after a newer generation became active. Events that were already on their way
    /// are still served. Answered by [`FromGuest::Stopped`].
    Drain,
    /// Stop now, whatever is running.
    ///
    /// Sent at shutdown and to a spare that is no longer wanted. Answered by [`FromGuest::Stopped`].
    Stop,
}

/// The answer to one event, to whoever sent it.
#[derive(Debug)]
pub enum Answer {
    /// The response's head; a streamed body's reading end rides along, and with status 101 one end of a WebSocket.
    Response {
        /// Status and headers.
        head: Box<ResponseHead>,
        /// The body.
        body: Body,
    },
    /// The `connect` handler was called: the connection stands.
    Connected,
    /// The `scheduled` handler and everything it handed to `waitUntil` is done.
    Scheduled(ScheduledOutcome),
    /// The `tail` handler and everything it handed to `waitUntil` is done.
    Tailed,
    /// The `test` handler and everything it handed to `waitUntil` is done.
    Tested(TestOutcome),
    /// The `alarm` handler is done and what it wrote is durable. What it handed to `waitUntil` goes on.
    Alarm(AlarmOutcome),
    /// What was found in the object, or that the change is durable.
    Inspected(Box<InspectAnswer>),
    /// What a call returned, or a property's value; its capabilities ride along.
    Rpc {
        /// The cloned value.
        value: Bytes,
        /// What the callee keeps until [`ToGuest::RpcFinish`].
        hold: RpcHold,
    },
    /// A call threw.
    RpcFailed {
        /// What was thrown, cloned.
        value: Bytes,
        /// The same, for logs and spans.
        error: WireError,
    },
    /// The result that was to be called was let go before: the caller has its value and asks that instead. What
    /// was attached to the call comes back.
    RpcGone,
    /// The handler threw, or there is none. For a fetch this becomes the error page.
    Failed {
        /// What was thrown.
        error: WireError,
        /// The outcome that production would report.
        outcome: EventOutcome,
    },
}

/// What a `scheduled` handler ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledOutcome {
    /// How it ended.
    pub outcome: EventOutcome,
    /// Whether the handler called `controller.noRetry()`.
    pub no_retry: bool,
}

/// What a test ended in.
#[derive(Clone, Debug, PartialEq)]
pub struct TestOutcome {
    /// [`EventOutcome::Ok`] exactly for a test that has passed.
    pub outcome: EventOutcome,
    /// The first that the handler, or a `waitUntil`, threw.
    pub error: Option<WireError>,
}

/// How an event ended, with production's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// The handler returned and its waitUntils were fulfilled.
    Ok,
    /// The handler or a waitUntil threw.
    Exception,
    /// The client went away first.
    Canceled,
    /// The watchdog ended the generation.
    ExceededCpu,
    /// The heap limit ended the generation.
    ExceededMemory,
    /// The generation ended for a reason that is lopata's.
    InternalError,
}

impl EventOutcome {
    /// The name that production uses in tail events and in the scheduled endpoint.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Exception => "exception",
            Self::Canceled => "canceled",
            Self::ExceededCpu => "exceededCpu",
            Self::ExceededMemory => "exceededMemory",
            Self::InternalError => "internalError",
        }
    }
}

/// What a guest tells the host, about itself and outside the answer to an event.
#[derive(Debug)]
pub enum FromGuest {
    /// The isolate is booted and waits for [`ToGuest::Load`]. Sent once, first. No answer.
    Booted,
    /// The worker's modules are evaluated; events may be sent. Sent once, in answer to `Load`.
    Ready {
        /// The generation that became ready.
        generation: GenerationId,
        /// What can be called.
        exports: Vec<Export>,
    },
    /// The worker could not start. Sent once, in answer to `Load`; the thread tears itself down and sends
    /// [`FromGuest::Stopped`].
    Failed {
        /// The generation that failed.
        generation: GenerationId,
        /// What module evaluation threw, or what it lacked.
        error: WireError,
    },
    /// A promise was handed to `waitUntil`. Settled exactly once by [`FromGuest::WaitUntilSettled`].
    WaitUntilAdded {
        /// By which event.
        event: EventId,
        /// The task.
        task: WaitUntilId,
    },
    /// A promise of `waitUntil` is fulfilled or rejected. Never sent without its add.
    WaitUntilSettled {
        /// Of which event.
        event: EventId,
        /// The task.
        task: WaitUntilId,
        /// The rejection, when it was one.
        error: Option<WireError>,
    },
    /// The event is over: answered, its body sent, every waitUntil settled. Sent exactly once per event.
    EventEnded {
        /// The event.
        event: EventId,
        /// How it ended.
        outcome: EventOutcome,
        /// The spans it recorded, handler last.
        spans: Vec<SpanRecord>,
        /// The JSON of its trace item, for a worker that is tailed. Such an end never rides on an answer: it is the
        /// supervisor that knows who tails.
        tail: Option<Arc<str>>,
    },
    /// Something for the terminal. No answer.
    Log(LogRecord),
    /// The thread is over and its isolate is gone. The last message of every guest.
    Stopped {
        /// Why it died, when it was not asked to stop.
        death: Option<Death>,
    },
}

/// Why a guest ended without being asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Death {
    /// The JavaScript heap grew past its limit.
    Memory,
    /// JavaScript ran past the watchdog without a pause.
    Cpu,
    /// Drain took longer than its grace.
    Grace,
    /// Its script called `abortIsolate`, with this reason, which may be empty.
    Aborted(String),
    /// Rust code panicked, with the message.
    Panic(String),
}

/// The level of a log line, by the console's methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `console.debug`.
    Debug,
    /// `console.log`.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, uncaught exceptions.
    Error,
}

impl LogLevel {
    /// The console's name for it, which is production's too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Log => "log",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line for the terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// Its level.
    pub level: LogLevel,
    /// The formatted text; may have several lines.
    pub text: String,
    /// The user's source position that logged it, as `path:line:column`.
    pub origin: Option<String>,
    /// The event in which it was logged; `None` at module scope.
    pub event: Option<EventId>,
}
