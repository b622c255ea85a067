//! The integration tests: the real binary, seen from outside.
//!
//! One binary, because there is one `lopata` to build for all. [`harness`] starts it and talks to it; [`fixtures`]
//! runs the data-driven folders of `tests/fixtures`; the other modules hold what needs a hand at the right moment:
//! edits, signals, clients that hang up.
//!
//! `LOPATA_BIN` names another binary to test, for example wrangler's, to see where the two differ.

mod assets;
mod bridges;
mod cache;
mod cache_fetch;
mod compatibility;
mod config;
mod conformance;
mod d1;
mod d1_cli;
mod failure;
mod fixtures;
mod harness;
mod html_rewriter;
mod killed;
mod kv_cli;
mod live_reload;
mod node_net;
mod npm_programs;
mod object_names;
mod object_sockets;
mod object_threads;
mod objects_alarms;
mod objects_reload;
mod operations;
mod outbound;
mod playground;
mod project_file;
mod r2;
mod r2_http;
mod reload;
mod rpc;
mod rpc_ends;
mod server;
mod services;
mod sites;
mod sockets;
mod state;
mod streams;
mod terminal;
mod test_command;
mod traces;
mod websocket;
mod websocket_suite;
mod workers;
mod wpt;
