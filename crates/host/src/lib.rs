//! The host: everything of lopata outside the isolates.
//!
//! Owns the command line, configuration, bundling, the server, the supervisor and its generations, the
//! services behind bindings, traces and the terminal. It reaches guests through messages and `lopata_guest::spawn`
//! only.
//!
//! Architecture invariant: nothing here touches V8.

pub mod assets;
pub mod bindings;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod control;
pub mod cron;
pub mod dates;
pub mod descriptors;
pub mod dev;
pub mod dispatcher;
pub mod file_stream;
pub mod generation;
pub mod names;
pub mod objects;
pub mod outbound;
pub mod project;
pub mod serve;
pub mod server;
pub mod sockets;
pub mod supervisor;
pub mod tails;
pub mod terminal;
pub mod traces;
pub mod watch;
mod websocket;
pub mod workers;
