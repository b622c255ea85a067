//! The independent WebSocket client of `tests/websocket-suite`, against a worker.
//!
//! The client is Node.js with the npm package `ws`, and a writer of raw frames for what no client library would send.
//! It was tried on another server first, so a case that fails here is lopata's fault.

use std::process::Command;

use crate::harness::{Options, Project, Server};

/// Runs the groups of cases that begin with these numbers; all of them must pass.
fn run(groups: &str) {
    run_against("worker/wrangler.jsonc", groups);
}

/// The same against one of the suite's workers.
fn run_against(config: &str, groups: &str) {
    let project = Project::copy_of("tests/websocket-suite");
    if !project.path("node_modules/ws").exists() {
        let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let installed = Command::new("npm").args(flags).current_dir(project.folder()).status();
        assert!(installed.is_ok_and(|status| status.success()), "npm installs the suite's dependency");
    }
    let mut server = Server::start_with(&project, Options::args(["-c", config]));
    let output = Command::new("node")
        .args(["run.mjs", &server.origin(), "--only", groups])
        .current_dir(project.folder())
        .env("SERVER_PID", server.pid().to_string())
        .output()
        .expect("Node.js is installed");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" cases, 0 failed"), "{said}");
    server.nothing_left();
    server.assert_well();
    server.stop();
}

#[test]
fn handshakes_frames_and_text() {
    run("0,1,2,3,4,5,6,10");
}

#[test]
fn closing() {
    run("7");
}

#[test]
fn large_messages_and_limits() {
    run("9");
}

#[test]
fn many_sockets_and_slow_readers() {
    run("20");
}

/// The same worker with its sockets hibernating in a Durable Object.
const OBJECTS: &str = "worker/objects.jsonc";

#[test]
fn hibernating_handshakes_frames_and_text() {
    run_against(OBJECTS, "0,1,2,3,4,5,6,10");
}

#[test]
fn hibernating_closing() {
    run_against(OBJECTS, "7");
}

#[test]
fn hibernating_large_messages_and_limits() {
    run_against(OBJECTS, "9");
}

#[test]
fn many_hibernating_sockets_and_slow_readers() {
    run_against(OBJECTS, "20");
}
