//! The words that lopata's threads exchange: messages, ids, limits, wire errors and spans.
//!
//! Everything here is plain data. What a message *means* is written on its variant; how it travels
//! (channels, credit, ordering) is the business of `lopata-bridges`.
//!
//! Architecture invariant: this crate knows no V8, no HTTP library, no SQLite, no channel and no I/O. It
//! can be read alone, top to bottom, as the description of what crosses a thread; `docs/protocol.md` is
//! checked against it.
#![forbid(unsafe_code)]

pub mod cache;
pub mod compat;
pub mod d1;
pub mod error;
pub mod fetch;
pub mod ids;
pub mod inspect;
pub mod kv;
pub mod limits;
pub mod message;
pub mod node;
pub mod objects;
pub mod r2;
pub mod rpc;
pub mod span;
pub mod stream;
pub mod websocket;
pub mod worker;

pub use cache::{CacheAnswer, CacheCall, CacheError, CacheWanted};
pub use compat::CompatSet;
pub use error::WireError;
pub use fetch::{Body, HeaderList, RequestHead, ResponseHead};
pub use ids::{CallId, EventId, ExportId, GenerationId, GuestId, ServiceId, StreamId, WaitUntilId};
pub use inspect::{InspectAnswer, InspectCall};
pub use message::{Answer, EventOutcome, FromGuest, LogLevel, LogRecord, ScheduledOutcome, TestOutcome, ToGuest};
pub use objects::{AlarmOutcome, NamespaceDefinition, ObjectGrant, ObjectId, ObjectStorage};
pub use rpc::{RpcHold, RpcRequest, RpcTarget};
pub use span::{Attribute, Invocation, SpanContext, SpanEvent, SpanId, SpanKind, SpanRecord, SpanStatus, TraceId};
pub use stream::{ToReceiver, ToSender};
pub use websocket::SocketFrame;
pub use worker::{
    BUNDLE_ROOT, CacheOutbound, ClientKind, EnvEntry, EnvValue, Export, ExtensionModule, KeyDefinition,
    ModuleDefinition, ModuleKind, ObjectClass, Props, WorkerDefinition, WorkerFormat,
};
