//! Ops of `connect()`: connections through the worker's outbound service, or to the connect handler of a worker.
//!
//! Both kinds look alike to the scripts: a number, a reading end, a writing end, a promise of being open and one of
//! being over. Bytes travel as those of bodies do.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use deno_core::{OpState, ToV8, op2, v8};
use lopata_bridges::{
    Answered, Attachments, Capability, ConnectCall, ConnectionEnds, Parcel, ReplyReceiver, StartTls, StreamReader,
    StreamWriter, SubrequestBudget, Transport, Undelivered, WorkerService, reply, stream,
};
use lopata_protocol::{Answer, EventId, ToGuest, WireError};
use tokio::sync::oneshot;

use crate::ext::fetch::calling_span;
use crate::ext::service::ServiceObject;
use crate::spans::SpanNumber;
use crate::state::GuestState;
use crate::wire;

/// The connections of one isolate, by the number that scripts know them by.
#[derive(Default)]
pub struct Connections {
    open: RefCell<HashMap<u32, Connection>>,
    next: Cell<u32>,
}

/// What is still to be learned of a connection, or said to it. Gone once it has been asked for.
struct Connection {
    opened: Option<Opened>,
    over: Option<oneshot::Receiver<()>>,
    upgrade: Option<oneshot::Sender<StartTls>>,
}

/// Who says that a connection is open.
enum Opened {
    /// The host.
    Host(oneshot::Receiver<Result<(), WireError>>),
    /// The worker whose connect handler it is.
    Worker(ReplyReceiver),
    /// Nobody: it cannot be opened.
    Never(WireError),
}

impl Connections {
    fn add(&self, connection: Connection) -> u32 {
        let id = self.next.get() + 1;
        self.next.set(id);
        self.open.borrow_mut().insert(id, connection);
        id
    }
}

fn state_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// A new connection as scripts get it: `[number, reading end, writing end]`.
type Opening = (u32, u32, u32);

/// The two streams of a connection: the ends of this isolate by their numbers, and those of the other side.
fn streams(guest: &GuestState) -> ((u32, u32), (StreamReader, StreamWriter)) {
    let (outgoing, from_worker) = stream();
    let (to_worker, incoming) = stream();
    ((guest.bodies.add_reader(incoming), guest.bodies.add_writer(outgoing)), (from_worker, to_worker))
}

/// Opens a connection through the worker's outbound service. `transport`: 0 plain, 1 TLS, 2 TLS later.
#[op2]
#[serde]
pub fn op_connect(state: &mut OpState, #[string] host: String, #[smi] port: u16, #[smi] transport: u32) -> Opening {
    let guest = state_of(state);
    let transport = match transport {
        0 => Transport::Plain,
        1 => Transport::Tls,
        _ => Transport::StartTls,
    };
    let ((reader, writer), (from_worker, to_worker)) = streams(&guest);
    let ((opened, is_open), (over, is_over)) = (oneshot::channel(), oneshot::channel());
    let (upgrade, upgrading) = oneshot::channel();
    let ends = ConnectionEnds { from_worker, to_worker, opened, over };
    if let Some(service) = guest.services.outbound() {
        service.connect(ConnectCall { host, port, transport, ends, upgrade: upgrading });
    }
    let connection = Connection { opened: Some(Opened::Host(is_open)), over: Some(is_over), upgrade: Some(upgrade) };
    (guest.connections.add(connection), reader, writer)
}

/// Opens a connection to the connect handler of a worker.
#[op2]
#[serde]
pub fn op_connect_service(
    state: &mut OpState,
    #[cppgc] service: &ServiceObject,
    #[number] event: u64,
    #[smi] span: i32,
    #[string] address: String,
) -> Opening {
    let guest = state_of(state);
    let caller = EventId(event);
    let ((reader, writer), (from_worker, to_worker)) = streams(&guest);
    let mut attachments = Attachments::none();
    let stream = from_worker.id();
    attachments.attach_stream(from_worker);
    attachments.attach_capability(Capability::Writer(to_worker));
    let budget = guest.events.budget_of(caller);
    attachments.set_budget(budget.unwrap_or_else(|| SubrequestBudget::new(guest.subrequests_max.get())));
    let (reply, receiver) = reply();
    attachments.set_reply(reply);
    let WorkerService { door, entrypoint, props, .. } = &service.service;
    let message = ToGuest::Connect {
        event: EventId::next(),
        entrypoint: entrypoint.clone(),
        props: props.clone(),
        address,
        stream,
        parent: calling_span(&guest, caller, SpanNumber(span)),
    };
    let opened = match door.deliver(Parcel { message, attachments }) {
        Ok(_home) => Opened::Worker(receiver),
        Err(Undelivered { why, .. }) => Opened::Never(why.error()),
    };
    let connection = Connection { opened: Some(opened), over: None, upgrade: None };
    (guest.connections.add(connection), reader, writer)
}

/// What `op_connect_opened` resolves with: `null`, or `{ failure }` for `errors.js`. Not `undefined`: an op that gives
/// that at once looks to its caller like one that is still to come.
pub struct OpenedResult(Option<WireError>);

impl<'s> ToV8<'s> for OpenedResult {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        Ok(match self.0 {
            None => v8::null(scope).into(),
            Some(error) => wire::failure_to_v8(scope, &error),
        })
    }
}

/// Waits until a connection (or its TLS) stands or is known not to. Asked once for each.
#[op2]
pub async fn op_connect_opened(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> OpenedResult {
    let guest = state_of(&state.borrow());
    let opened = guest.connections.open.borrow_mut().get_mut(&id).and_then(|connection| connection.opened.take());
    drop(guest);
    let lost = || Some(WireError::connection_lost(None));
    OpenedResult(match opened {
        Some(Opened::Host(is_open)) => is_open.await.map_or_else(|_| lost(), Result::err),
        Some(Opened::Worker(receiver)) => match receiver.await {
            Some(Answered { answer: Parcel { message: Answer::Connected, .. }, .. }) => None,
            Some(Answered { answer: Parcel { message: Answer::Failed { error, .. }, .. }, .. }) => Some(error),
            Some(Answered { .. }) | None => lost(),
        },
        Some(Opened::Never(error)) => Some(error),
        None => lost(),
    })
}

/// Waits until a connection of the host's is over, and forgets it; always `true`. Asked once.
#[op2]
pub async fn op_connect_over(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> bool {
    let guest = state_of(&state.borrow());
    let over = guest.connections.open.borrow_mut().get_mut(&id).and_then(|connection| connection.over.take());
    if let Some(over) = over {
        // Dropped is what it says.
        let _ = over.await;
    }
    guest.connections.open.borrow_mut().remove(&id);
    true
}

/// Asks for TLS on a plain connection: what is written from here on goes through the new ends. `null` when the
/// connection is over.
#[op2]
#[serde]
pub fn op_connect_start_tls(state: &mut OpState, #[smi] id: u32, #[string] server_name: String) -> Option<Opening> {
    let guest = state_of(state);
    let upgrade = guest.connections.open.borrow_mut().get_mut(&id)?.upgrade.take()?;
    let ((reader, writer), (from_worker, to_worker)) = streams(&guest);
    let ((opened, is_open), (over, is_over)) = (oneshot::channel(), oneshot::channel());
    let ends = ConnectionEnds { from_worker, to_worker, opened, over };
    // A connection that is over drops the ends, and `opened` says so.
    let _ = upgrade.send(StartTls { server_name, ends });
    let connection = Connection { opened: Some(Opened::Host(is_open)), over: Some(is_over), upgrade: None };
    Some((guest.connections.add(connection), reader, writer))
}
