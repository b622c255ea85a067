//! WebSockets between threads: a pair of ends, each of which may be anywhere.
//!
//! The concept: a message that is sent is queued for the other end, at once and in order; sending never waits,
//! because a script's `send` cannot. What keeps memory flat is the taking: an end with more than
//! [`WEBSOCKET_WINDOW_BYTES`] of its own under way is given nothing more to answer, so that an echo to somebody
//! who does not read stops reading. An end that [drains](WebSocketEnd::drain) (a connection of the host) is
//! exempt: it takes whatever it can write, and waits for [room](WebSocketEnd::poll_room) before it reads.
//!
//! Owns the pure machine (`machine`) and the ends as code holds them. Knows no frame of the wire.
//!
//! Invariants
//! - What is taken is a prefix of what was sent, in order, and all of it before a close.
//! - Each end that lives is told exactly once that the other has ended: by its close or by its loss.
//! - Two ends that both have too much under way do not wait for each other.
//!
//! [`WEBSOCKET_WINDOW_BYTES`]: lopata_protocol::limits::WEBSOCKET_WINDOW_BYTES

mod end;
mod machine;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod schedule_tests;
#[cfg(test)]
mod tests;

pub use self::end::{WebSocketEnd, live_sockets, socket_pair};
pub use self::machine::Sent;
