//! What crosses a thread: parcels, inboxes, replies, calls, byte-credit streams, WebSockets, waitUntil and spans.
//!
//! Owns both ends of everything that two threads of lopata share, so that the ends are tested against each
//! other. The rules are pure state machines (`stream::sender`, `stream::receiver`,
//! `websocket::machine`, [`wait_until`], [`ledger`]): one transition function, no I/O, no clock. Around them is as little glue as possible: a lock,
//! a queue and a waker, or a channel of tokio or crossbeam.
//!
//! What a message means is not decided here; that is written in `lopata-protocol`.
//!
//! Invariants
//! - Dropping any end tells the other one. Nothing ever waits for something that is gone.
//! - No lock is held while a waker runs or while something of another owner is dropped.
//! - Every queue is bounded, or says beside its type what bounds it.
//!
//! Architecture invariant: no V8, no HTTP, no SQLite, no files, no sockets.
#![forbid(unsafe_code)]

pub mod capability;
mod census;
pub mod connect;
pub mod door;
pub mod ids;
pub mod inbox;
pub mod ledger;
pub mod names;
pub mod objects;
pub mod parcel;
pub mod reply;
pub mod rpc;
pub mod service;
pub mod spans;
pub mod stream;
#[cfg(test)]
mod testing;
pub mod wait_until;
pub mod websocket;

pub use capability::Capability;
pub use census::Counted;
pub use connect::{ConnectCall, ConnectReceiver, ConnectionEnds, StartTls, Transport};
pub use door::{Door, SubrequestBudget, Undelivered, Unreachable, WorkerService};
pub use ids::Ids;
pub use inbox::{Clock, InboxReceiver, InboxSender, Refused, WeakInboxSender, inbox, inbox_with_clock};
pub use ledger::{Ledger, LedgerAction, LedgerError, LedgerInput, LedgerState, Outstanding};
pub use names::{NameCall, NameFailure, NameReceiver, NameRecord, RecordKind};
pub use objects::{Alarms, Home, Lease, Namespace, Sleep, SleepingSocket};
pub use parcel::{Attachments, Parcel};
pub use reply::{Answered, Reply, ReplyReceiver, UnreadSink, reply, reply_with_sink};
pub use rpc::{Exports, OutCall, ResultState, Results, Stub, invoke, live_calls, live_stubs};
pub use service::{
    CacheRequest, CacheResult, CacheSender, CacheService, CallFuture, CallReceiver, CallSender, D1Service, FetchCall,
    FetchReceiver, FetchService, KvService, R2Ask, R2Reply, R2Service, Received, Responder, ServiceGone, ServiceHandle,
    calls, fetch_service,
};
pub use spans::{SpanBuffer, SpanDrain, span_buffer};
pub use stream::{StreamCancelled, StreamReader, StreamWriter, live_streams, stream};
pub use wait_until::{WaitUntilError, WaitUntilTracker};
pub use websocket::{Sent, WebSocketEnd, live_sockets, socket_pair};
