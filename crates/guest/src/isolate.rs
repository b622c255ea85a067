//! The isolate of a guest: boot from the snapshot, load a worker, dispatch its events.
//!
//! One turn of the loop takes what waits in the inbox, dispatches it into the script and polls the event loop
//! once. The inbox notes when a turn starts and when the guest parks, which is how the host sees a script that
//! does not come back.

mod env;
mod load;
mod object_sockets;
mod objects;
mod rejections;
mod rest;
mod rpc;

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use deno_core::error::CoreError;
use deno_core::{JsRuntime, PollEventLoopOptions, RuntimeOptions, v8};
use lopata_bridges::{Attachments, Capability, InboxReceiver, Parcel};
use lopata_protocol::message::Death;
use lopata_protocol::{
    Body, EventId, FromGuest, Props, RequestHead, SpanContext, StreamId, ToGuest, WorkerDefinition, limits,
};
use parking_lot::Mutex;

use crate::events::{Beginning, EventTable, Handler, Subrequests};
use crate::ext;
use crate::ext::body::bytes_to_v8;
use crate::head::IncomingHead;
use crate::loader::WorkerLoader;
use crate::state::GuestState;
use crate::tail::Trigger;
use crate::thread::{Control, HostSender, SpawnOptions};
use crate::wire;

/// The startup snapshot and the sources that are loaded lazily on top of it.
#[derive(Clone, Copy)]
pub struct Snapshot {
    /// V8's snapshot.
    pub bytes: &'static [u8],
    /// Lazy scripts that are not in the snapshot: specifier and source, sorted.
    pub lazy_js: &'static [(&'static str, &'static str)],
    /// Lazy modules that are not in the snapshot.
    pub lazy_esm: &'static [(&'static str, &'static str)],
}

/// The functions of the bootstrap script that Rust calls.
struct Dispatch {
    fetch: v8::Global<v8::Function>,
    connect: v8::Global<v8::Function>,
    scheduled: v8::Global<v8::Function>,
    tail: v8::Global<v8::Function>,
    test: v8::Global<v8::Function>,
    abort: v8::Global<v8::Function>,
    cancel_hung: v8::Global<v8::Function>,
    rejected: v8::Global<v8::Function>,
    handled: v8::Global<v8::Function>,
    rpc: v8::Global<v8::Function>,
    rpc_on: v8::Global<v8::Function>,
    rpc_release: v8::Global<v8::Function>,
    rpc_finish: v8::Global<v8::Function>,
    socket: v8::Global<v8::Function>,
    object_socket: v8::Global<v8::Function>,
    objects: v8::Global<v8::Function>,
    alarm: v8::Global<v8::Function>,
    load: v8::Global<v8::Function>,
    build_env: v8::Global<v8::Function>,
    settle_env: v8::Global<v8::Function>,
}

/// One isolate and what belongs to it. The dispatch functions are dropped before the runtime they live in.
pub struct Isolate {
    dispatch: Dispatch,
    runtime: JsRuntime,
    loader: Rc<WorkerLoader>,
    guest: Rc<GuestState>,
    events: EventTable,
    host: HostSender,
    control: Control,
    worker: Arc<Mutex<Arc<str>>>,
    draining: bool,
    loaded: bool,
    /// All garbage is collected before each turn.
    gc_stress: bool,
    rest: rest::Rest,
    /// What came behind the worker's definition, while that is loaded.
    behind_load: Vec<Parcel<ToGuest>>,
}

/// Whose handler an event is for.
struct Aim<'a> {
    /// The Durable Object; zero for the worker itself.
    object: u32,
    /// The export; `None` is the default one.
    entrypoint: Option<&'a str>,
    /// What it sees as `ctx.props`.
    props: Props,
}

/// Whether the loop goes on.
#[derive(PartialEq)]
enum Turn {
    Continue,
    Stop,
}

impl Isolate {
    /// Creates an isolate without user code; `None` when the guest was told to end meanwhile.
    pub fn boot(
        options: &SpawnOptions,
        guest: GuestState,
        control: Control,
        worker: Arc<Mutex<Arc<str>>>,
    ) -> Option<Self> {
        let (host, events) = (guest.host.clone(), guest.events.clone());
        let guest = Rc::new(guest);
        crate::thread::panic::lend(&guest);
        let loader = Rc::new(WorkerLoader::new(options.code_cache.clone()));
        let mut runtime = JsRuntime::new(RuntimeOptions {
            startup_snapshot: Some(options.snapshot.bytes),
            residual_lazy_js_sources: options.snapshot.lazy_js,
            residual_lazy_esm_sources: options.snapshot.lazy_esm,
            skip_op_registration: true,
            extensions: ext::extensions(Some(guest.clone())),
            module_loader: Some(loader.clone()),
            create_params: Some(
                v8::CreateParams::default()
                    .heap_limits(0, limits::HEAP_BYTES_MAX)
                    .allow_atomics_wait(false)
                    .array_buffer_allocator(crate::buffers::allocator().make_shared()),
            ),
            is_main: false,
            // What `structuredClone` lends to the copy instead of copying it.
            shared_array_buffer_store: Some(Default::default()),
            compiled_wasm_module_store: Some(Default::default()),
            validate_import_attributes_cb: Some(imports(guest.clone(), loader.clone())),
            ..Default::default()
        });
        runtime.op_state().borrow_mut().put(loader.clone());
        *guest.source_mapper.borrow_mut() = Some(runtime.source_mapper());
        let handle = runtime.v8_isolate().thread_safe_handle();
        control.attach(handle);
        runtime.add_near_heap_limit_callback({
            let control = control.clone();
            move |current, _initial| {
                control.terminate(Some(Death::Memory));
                current + limits::HEAP_HEADROOM_BYTES
            }
        });
        runtime.v8_isolate().set_oom_error_handler(out_of_memory);
        runtime.v8_isolate().set_prepare_stack_trace_callback(crate::stacks::prepare);
        runtime.v8_isolate().set_allow_wasm_code_generation_callback(wasm_from_loader_only);
        // Nobody could wake who waits: there is one thread.
        runtime.v8_isolate().set_allow_atomics_wait(false);
        runtime.v8_isolate().set_slot(CompilingWasm(guest.compiling_wasm.clone()));
        let dispatch = start(&mut runtime)?;
        let gc_stress = crate::engine::gc_stress();
        let (draining, loaded, rest) = (false, false, rest::Rest::default());
        Some(Self {
            dispatch,
            runtime,
            loader,
            guest,
            events,
            host,
            control,
            worker,
            draining,
            loaded,
            gc_stress,
            rest,
            behind_load: Vec::new(),
        })
    }

    /// Works until told to stop.
    pub async fn serve(&mut self, inbox: &mut InboxReceiver) {
        let mut batch = Vec::with_capacity(limits::INBOX_BATCH_MAX);
        loop {
            // An order to end reaches a guest whose inbox is closed too.
            let control = self.control.clone();
            let load = tokio::select! {
                load = poll_fn(|cx| self.turns(cx, inbox, &mut batch)) => load,
                () = control.stopped() => None,
            };
            let Some((definition, attachments)) = load else { return };
            let generation = definition.generation;
            let loaded = tokio::select! {
                loaded = self.load(*definition, attachments) => loaded,
                () = control.stopped() => return,
            };
            if self.control.must_stop() {
                if let Some(error) = loaded.err() {
                    self.host.send(FromGuest::Failed { generation, error });
                }
                return;
            }
            match loaded {
                Ok(exports) => {
                    self.loaded = true;
                    self.host.send(FromGuest::Ready { generation, exports });
                }
                Err(error) => {
                    self.host.send(FromGuest::Failed { generation, error });
                    return;
                }
            }
        }
    }

    /// Takes turns until the guest parks (`Pending`), has to stop (`None`) or has a worker to load.
    fn turns(
        &mut self,
        cx: &mut Context<'_>,
        inbox: &mut InboxReceiver,
        batch: &mut Vec<Parcel<ToGuest>>,
    ) -> Poll<Option<(Box<WorkerDefinition>, Attachments)>> {
        let mut polled = false;
        self.rest.woken();
        for parcel in std::mem::take(&mut self.behind_load) {
            if self.deliver(parcel, 0) == Turn::Stop {
                return Poll::Ready(None);
            }
        }
        loop {
            let taken = match inbox.poll_recv_many(cx, batch, limits::INBOX_BATCH_MAX) {
                // Closed and empty: over, once what runs has ended.
                Poll::Ready(0) if polled && self.events.is_empty() && self.guest.objects.is_empty() => {
                    return Poll::Ready(None);
                }
                Poll::Ready(0) if polled => {
                    let works = self.guest.sockets.poll_ready(cx) || self.guest.objects.poll_ready(cx);
                    if works || self.look_for_hung(cx) {
                        polled = false;
                        continue;
                    }
                    inbox.parked();
                    return Poll::Pending;
                }
                Poll::Ready(taken) => taken,
                Poll::Pending => 0,
            };
            let sockets = self.guest.sockets.poll_ready(cx);
            let objects = self.guest.objects.poll_ready(cx);
            if taken == 0 && polled && !sockets && !objects {
                self.evict(cx);
                if self.draining && self.events.is_empty() && self.guest.objects.is_empty() {
                    // Refuse what comes from here on; what came before is still served.
                    inbox.close();
                    self.draining = false;
                    continue;
                }
                if self.look_for_hung(cx) {
                    polled = false;
                    continue;
                }
                inbox.parked();
                return Poll::Pending;
            }
            // What is behind the worker's definition waits until that is loaded.
            let load =
                if self.loaded { None } else { batch.iter().position(|p| matches!(p.message, ToGuest::Load(_))) };
            let behind = load.map(|at| batch.split_off(at + 1));
            for parcel in batch.drain(..) {
                if let ToGuest::Load(definition) = parcel.message {
                    self.behind_load = behind.unwrap_or_default();
                    return Poll::Ready(Some((definition, parcel.attachments)));
                }
                if self.deliver(parcel, 0) == Turn::Stop {
                    return Poll::Ready(None);
                }
            }
            if objects && self.deliver_objects() == Turn::Stop {
                return Poll::Ready(None);
            }
            if sockets {
                self.deliver_sockets();
            }
            if self.gc_stress {
                self.runtime.v8_isolate().request_garbage_collection_for_testing(v8::GarbageCollectionType::Full);
            }
            if let Poll::Ready(Err(error)) = self.runtime.poll_event_loop(cx, PollEventLoopOptions::default()) {
                self.report(&error);
            }
            if self.control.must_stop() {
                return Poll::Ready(None);
            }
            polled = !self.finish_turn();
            if self.control.must_stop() {
                return Poll::Ready(None);
            }
        }
    }

    /// Delivers a message to the worker, or to one of its objects.
    fn deliver(&mut self, mut parcel: Parcel<ToGuest>, object: u32) -> Turn {
        match parcel.message {
            ToGuest::Load(_) => unreachable!("taken out before delivery"),
            ToGuest::Fetch { event, entrypoint, props, request, body, parent } => {
                let handler = Handler { span: "fetch handler", name: "fetch", entrypoint: entrypoint.clone() };
                let trigger = self.guest.tailed.get().then(|| Trigger::fetch(&request));
                self.begin(event, handler, parent, trigger, &mut parcel.attachments, object);
                let aim = Aim { object, entrypoint: entrypoint.as_deref(), props };
                self.fetch(event.0, aim, request, body, &mut parcel.attachments);
            }
            ToGuest::Connect { event, entrypoint, props, address, stream, parent } => {
                let handler = Handler { span: "connect handler", name: "connect", entrypoint: entrypoint.clone() };
                let trigger = self.guest.tailed.get().then(Trigger::connect);
                self.begin(event, handler, parent, trigger, &mut parcel.attachments, object);
                let aim = Aim { object, entrypoint: entrypoint.as_deref(), props };
                self.connect(event.0, aim, &address, stream, parcel.attachments);
            }
            ToGuest::Scheduled { event, cron, scheduled_time_ms, parent } => {
                let handler = Handler { span: "scheduled handler", name: "scheduled", entrypoint: None };
                let trigger = self.guest.tailed.get().then(|| Trigger::scheduled(&cron, scheduled_time_ms));
                self.begin(event, handler, parent, trigger, &mut parcel.attachments, object);
                self.scheduled(event.0, &cron, scheduled_time_ms);
            }
            ToGuest::Tail { event, entrypoint, items, parent } => {
                let handler = Handler { span: "tail handler", name: "tail", entrypoint: entrypoint.clone() };
                // Nobody tails a tail handler: two workers that tail each other would never come to rest.
                self.begin(event, handler, parent, None, &mut parcel.attachments, object);
                self.tail(event.0, entrypoint.as_deref(), &items);
            }
            ToGuest::Test { event, entrypoint, parent } => {
                let handler = Handler { span: "test handler", name: "test", entrypoint: entrypoint.clone() };
                let trigger = self.guest.tailed.get().then(Trigger::test);
                self.begin(event, handler, parent, trigger, &mut parcel.attachments, object);
                self.test(event.0, entrypoint.as_deref());
            }
            ToGuest::Abort { event } => self.abort(event.0),
            ToGuest::Rpc { event, entrypoint, props, request, parent } => {
                let aim = Aim { object, entrypoint: entrypoint.as_deref(), props };
                self.rpc(event, aim, *request, parent, parcel.attachments);
            }
            ToGuest::RpcOn { target, request, parent } => {
                self.rpc_on(target, *request, parent, parcel.attachments);
            }
            ToGuest::RpcRelease { export } => self.rpc_release(export),
            ToGuest::RpcFinish { call } => self.rpc_finish(call),
            ToGuest::Grant(grant) => self.grant(*grant, parcel.attachments),
            ToGuest::Alarm { event, scheduled_time_ms, retry_count, parent } => {
                // Nothing but an object has alarms.
                let Some(grant) = self.guest.objects.granted(object) else { return Turn::Continue };
                let entrypoint = Some(grant.namespace.class.clone());
                let handler = Handler { span: "alarm handler", name: "alarm", entrypoint };
                let trigger = self.guest.tailed.get().then(|| Trigger::alarm(scheduled_time_ms));
                self.begin(event, handler, parent, trigger, &mut parcel.attachments, object);
                self.alarm(event, scheduled_time_ms, retry_count, object);
            }
            ToGuest::Inspect(call) => self.inspect(*call, &mut parcel.attachments, object),
            ToGuest::Drain => {
                self.draining = true;
                // Sockets do not keep a replaced generation.
                self.guest.sockets.drain();
                // They are told before the objects go that accepted them.
                for id in self.guest.sockets.restarting() {
                    self.deliver_socket(id);
                }
                self.drain_objects();
            }
            ToGuest::Stop => return Turn::Stop,
        }
        Turn::Continue
    }

    fn begin(
        &self,
        event: EventId,
        handler: Handler,
        parent: SpanContext,
        trigger: Option<Trigger>,
        attachments: &mut Attachments,
        object: u32,
    ) {
        let mut trigger = trigger;
        if object != 0 {
            self.guest.objects.begin(object, event);
            trigger = trigger.map(Trigger::of_object);
        }
        let subrequests = match attachments.take_budget() {
            Some(budget) => Subrequests::Shared(budget),
            None => Subrequests::Own(self.guest.subrequests_max.get()),
        };
        let reply = attachments.take_reply();
        self.events.begin(Beginning { event, handler, parent, reply, subrequests, trigger });
    }

    fn fetch(
        &mut self,
        event: u64,
        aim: Aim<'_>,
        request: Box<RequestHead>,
        body: Body,
        attachments: &mut Attachments,
    ) {
        let Aim { object, entrypoint, props } = aim;
        let (kind, stream, length, bytes) = match body {
            Body::Empty => (0, 0, -1.0, None),
            Body::Inline(bytes) => (1, 0, -1.0, Some(bytes)),
            Body::Stream { id, length } => match attachments.take_stream(id) {
                Some(reader) => {
                    (2, self.guest.bodies.add_reader(reader), length.map_or(-1.0, |length| length as f64), None)
                }
                None => (0, 0, -1.0, None),
            },
        };
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        let entrypoint = v8_text(scope, entrypoint.unwrap_or("default"));
        let method = v8_text(scope, &request.method);
        let url = v8_text(scope, &request.url);
        let head = deno_core::cppgc::make_cppgc_object(scope, IncomingHead { request }).into();
        let kind = v8::Integer::new(scope, kind).into();
        let value = match bytes {
            Some(bytes) => bytes_to_v8(scope, bytes),
            None => v8::Integer::new_from_unsigned(scope, stream).into(),
        };
        let length = v8::Number::new(scope, length).into();
        let props = props_to_v8(scope, props);
        let object = v8::Integer::new_from_unsigned(scope, object).into();
        let passed = [event, entrypoint, head, method, url, kind, value, length, props, object];
        call(scope, &self.dispatch.fetch, &passed);
    }

    fn connect(&mut self, event: u64, aim: Aim<'_>, address: &str, stream: StreamId, mut attachments: Attachments) {
        let Aim { object, entrypoint, props } = aim;
        let bodies = &self.guest.bodies;
        // A caller that attached nothing has a connection that is over before it began.
        let reader = attachments.take_stream(stream).map_or(0, |reader| bodies.add_reader(reader));
        let writer = match attachments.take_capability(0) {
            Some(Capability::Writer(writer)) => bodies.add_writer(writer),
            _ => 0,
        };
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        let entrypoint = v8_text(scope, entrypoint.unwrap_or("default"));
        let address = v8_text(scope, address);
        let reader = v8::Integer::new_from_unsigned(scope, reader).into();
        let writer = v8::Integer::new_from_unsigned(scope, writer).into();
        let props = props_to_v8(scope, props);
        let object = v8::Integer::new_from_unsigned(scope, object).into();
        call(scope, &self.dispatch.connect, &[event, entrypoint, address, reader, writer, props, object]);
    }

    fn scheduled(&mut self, event: u64, cron: &str, time_ms: f64) {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        let cron = v8_text(scope, cron);
        let time = v8::Number::new(scope, time_ms).into();
        call(scope, &self.dispatch.scheduled, &[event, cron, time]);
    }

    fn tail(&mut self, event: u64, entrypoint: Option<&str>, items: &str) {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        let entrypoint = v8_text(scope, entrypoint.unwrap_or("default"));
        let items = v8_text(scope, items);
        call(scope, &self.dispatch.tail, &[event, entrypoint, items]);
    }

    fn test(&mut self, event: u64, entrypoint: Option<&str>) {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        let entrypoint = v8_text(scope, entrypoint.unwrap_or("default"));
        call(scope, &self.dispatch.test, &[event, entrypoint]);
    }

    fn abort(&mut self, event: u64) {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let event = v8::Number::new(scope, event as f64).into();
        call(scope, &self.dispatch.abort, &[event]);
    }

    /// Tells the script what its WebSockets have to say, each message as an event of its own.
    fn deliver_sockets(&mut self) {
        let mut left = limits::WEBSOCKET_BATCH_MAX;
        while left > 0
            && let Some(id) = self.guest.sockets.next_ready()
        {
            let object = self.guest.sockets.hibernates_for(id);
            for turn in 0.. {
                if left == 0 || turn == limits::WEBSOCKET_TURN_MAX {
                    self.guest.sockets.again(id);
                    break;
                }
                let said = if object == 0 { self.deliver_socket(id) } else { self.deliver_hibernating(object, id) };
                if !said {
                    break;
                }
                left -= 1;
                if self.control.must_stop() {
                    return;
                }
            }
        }
    }

    /// Tells the script the next thing that a WebSocket has to say. False when there is none, for now.
    fn deliver_socket(&mut self, id: u32) -> bool {
        let Some(delivery) = self.guest.sockets.take(id) else { return false };
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let args = delivery.into_args(scope, id);
        call(scope, &self.dispatch.socket, &args);
        // Each message is a task of its own: what it resolved runs before the next.
        scope.perform_microtask_checkpoint();
        true
    }

    fn report(&self, error: &CoreError) {
        if self.control.must_stop() {
            return;
        }
        let text = format!("Uncaught {error}");
        self.host.send(FromGuest::Log(lopata_protocol::LogRecord {
            level: lopata_protocol::LogLevel::Error,
            text,
            origin: None,
            event: None,
        }));
    }
}

/// Refuses imports that production refuses: attributes of any kind, unless the worker's date says that they are
/// ignored, and modules that are not there. What is thrown here is what the script gets.
fn imports(guest: Rc<GuestState>, loader: Rc<WorkerLoader>) -> deno_core::ValidateImportAttributesCb {
    Box::new(move |scope, attributes, context| {
        let own = context.specifier.starts_with(crate::loader::DATA_SCHEME);
        let refused = !own && guest.compat.get().has("throw_on_unrecognized_import_assertion");
        let text = match attributes.is_empty() || !refused {
            // Source: workerd's text.
            false => Some("Unrecognized import attributes specified".to_string()),
            // Only an import statement has a place.
            true => loader.missing(&context.specifier, &context.referrer, context.line_number.is_none()),
        };
        let Some(text) = text else { return };
        let text = v8::String::new(scope, &text).unwrap_or_else(|| v8::String::empty(scope));
        let error = v8::Exception::error(scope, text);
        scope.throw_exception(error);
    })
}

/// Runs the bootstrap's `start` and takes the functions that Rust calls; `None` when it was interrupted.
fn start(runtime: &mut JsRuntime) -> Option<Dispatch> {
    deno_core::scope!(scope, runtime);
    let context = scope.get_current_context();
    context.set_allow_generation_from_strings(false);
    let global = context.global(scope);
    let get = |scope: &mut v8::PinScope<'_, '_>, object: v8::Local<v8::Object>, name: &str| {
        let key = v8::String::new(scope, name).expect("a short literal always fits");
        let value = object.get(scope, key.into()).expect("the snapshot defines it");
        v8::Global::new(scope, value)
    };
    let lopata = get(scope, global, "__lopata");
    let lopata = v8::Local::new(scope, lopata).to_object(scope).expect("__lopata is an object");
    let start = get(scope, lopata, "start");
    let start = v8::Local::<v8::Function>::try_from(v8::Local::new(scope, start)).expect("start is a function");
    let started = {
        v8::tc_scope!(let scope, scope);
        match start.call(scope, lopata.into(), &[]) {
            Some(started) => v8::Global::new(scope, started),
            None if scope.is_execution_terminating() => return None,
            None => {
                let thrown = scope.exception().map(|thrown| wire::describe(scope, thrown));
                panic!("the bootstrap threw: {}", thrown.map_or_else(String::new, |error| wire::report(&error)));
            }
        }
    };
    let started = v8::Local::new(scope, started);
    let started = started.to_object(scope).expect("start returns an object");
    let function = |scope: &mut v8::PinScope<'_, '_>, name: &str| {
        let value = get(scope, started, name);
        let function = v8::Local::<v8::Function>::try_from(v8::Local::new(scope, value));
        let function = function.expect("the bootstrap returns functions");
        v8::Global::new(scope, function)
    };
    Some(Dispatch {
        fetch: function(scope, "dispatchFetch"),
        connect: function(scope, "dispatchConnect"),
        scheduled: function(scope, "dispatchScheduled"),
        tail: function(scope, "dispatchTail"),
        test: function(scope, "dispatchTest"),
        abort: function(scope, "abort"),
        cancel_hung: function(scope, "cancelHung"),
        rejected: function(scope, "rejected"),
        handled: function(scope, "handled"),
        rpc: function(scope, "dispatchRpc"),
        rpc_on: function(scope, "dispatchRpcOn"),
        rpc_release: function(scope, "releaseExport"),
        rpc_finish: function(scope, "finishCall"),
        socket: function(scope, "deliverSocket"),
        object_socket: function(scope, "deliverObjectSocket"),
        objects: function(scope, "objects"),
        alarm: function(scope, "dispatchAlarm"),
        load: function(scope, "load"),
        build_env: function(scope, "buildEnv"),
        settle_env: function(scope, "settleEnv"),
    })
}

/// What the scripts make `ctx.props` of: nothing, JSON text or the bytes of a clone.
pub fn props_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, props: Props) -> v8::Local<'s, v8::Value> {
    match props {
        Props::None => v8::undefined(scope).into(),
        Props::Json(text) => v8_text(scope, &text),
        Props::Value(bytes) => bytes_to_v8(scope, bytes),
    }
}

fn v8_text<'s>(scope: &mut v8::PinScope<'s, '_>, text: &str) -> v8::Local<'s, v8::Value> {
    // Only a string of half a gigabyte does not fit.
    v8::String::new(scope, text).unwrap_or_else(|| v8::String::empty(scope)).into()
}

/// Calls a dispatch function, which reports its own errors; only a termination comes back empty.
fn call(scope: &mut v8::PinScope<'_, '_>, function: &v8::Global<v8::Function>, args: &[v8::Local<v8::Value>]) {
    v8::tc_scope!(let scope, scope);
    let function = v8::Local::new(scope, function);
    let undefined = v8::undefined(scope).into();
    function.call(scope, undefined, args);
}

/// Likewise, for the object that it may return.
fn call_for<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: &v8::Global<v8::Function>,
    args: &[v8::Local<'s, v8::Value>],
) -> Option<v8::Global<v8::Object>> {
    v8::tc_scope!(let scope, scope);
    let function = v8::Local::new(scope, function);
    let undefined = v8::undefined(scope).into();
    let returned = function.call(scope, undefined, args)?;
    let object = v8::Local::<v8::Object>::try_from(returned).ok()?;
    Some(v8::Global::new(scope, object))
}

/// The last thing V8 does before it ends the process.
unsafe extern "C" fn out_of_memory(_location: *const std::ffi::c_char, _details: &v8::OomDetails) {
    crate::thread::panic::out_of_memory();
}

/// The flag that the callback below reads, kept in the isolate.
struct CompilingWasm(Rc<std::cell::Cell<bool>>);

/// Scripts may not compile WebAssembly from bytes, as in production; the loader may.
extern "C" fn wasm_from_loader_only(context: v8::Local<v8::Context>, _source: v8::Local<v8::String>) -> bool {
    v8::callback_scope!(unsafe scope, context);
    scope.get_slot::<CompilingWasm>().is_some_and(|compiling| compiling.0.get())
}
