//! The runtime's own tests: `tests/conformance/<area>/<topic>.wd-test`, run by the real binary as `lopata test`.
//!
//! Each area is a module beside its folder, which lists its topics; a test keeps list and disk equal. A topic is run
//! in three variants: with the oldest date, with the newest one, and with the newest one while garbage is collected
//! all the time. One that states a date of its own (`compatibilityDate`) is run as it is, and under stress.
//!
//! What is known not to pass stands in `tests/conformance/expectations`, and what is known of one variant only in
//! `expectations-oldest`, `expectations-newest` and `expectations-stress` beside it.

mod config;
mod crypto;
mod encoding;
mod events;
mod formdata;
mod globals;
mod hibernation;
mod htmlrewriter;
mod http;
mod modules;
mod node;
mod objects;
mod rpc;
mod sockets;
mod streams;
mod timers;
mod url;
mod websocket;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::project::repository;
use crate::harness::server::binary;

/// How a topic is run.
#[derive(Clone, Copy)]
enum Variant {
    Oldest,
    Newest,
    Stress,
}

/// Where the topics are.
fn root() -> PathBuf {
    repository().join("tests/conformance")
}

/// Runs a topic and fails with the tests that did.
fn check(area: &str, topic: &str, variant: Variant) {
    let path = root().join(area).join(format!("{topic}.wd-test"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let own_date = text.contains("compatibilityDate");
    let date = match variant {
        Variant::Oldest => "2000-01-01",
        Variant::Newest | Variant::Stress => "2999-12-31",
    };
    if own_date && matches!(variant, Variant::Oldest) {
        // It says itself under which date it runs, which is shown by the other two.
        return;
    }
    let mut command = Command::new(binary());
    command.arg("test").arg(&path).args(["--experimental", "--predictable", "--reporter=json", "--timeout=60s"]);
    if !own_date {
        command.args(["--compat-date", date]);
    }
    if matches!(variant, Variant::Stress) {
        command.arg("--gc-stress");
    }
    let of_variant = match variant {
        Variant::Oldest => "expectations-oldest",
        Variant::Newest => "expectations-newest",
        Variant::Stress => "expectations-stress",
    };
    for name in [of_variant, "expectations"] {
        let file = root().join(name);
        if file.is_file() {
            command.arg("--expectations").arg(file);
        }
    }
    let temporary = tempfile::tempdir().expect("a folder can be made");
    command.arg(format!("-dTEST_TMPDIR={}", temporary.path().display()));
    let output = command.current_dir(root()).output().expect("the binary can be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return;
    }
    let lines = stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let failed: Vec<String> = lines
        .filter(|line| !["pass", "skip", "known failure"].contains(&line["outcome"].as_str().unwrap_or_default()))
        .map(|line| format!("{}: {}: {}", text_of(&line["name"]), text_of(&line["outcome"]), text_of(&line["message"])))
        .collect();
    panic!("{area}/{topic}, {}\n\n{}\n\nStandard error:\n{stderr}", output.status, failed.join("\n"));
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The topics on the disk.
fn topics_of(area: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join(area)) else { return Vec::new() };
    let topic = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        name.strip_suffix(".wd-test").map(str::to_string)
    };
    let mut topics: Vec<String> =
        entries.filter_map(|entry| topic(&entry.expect("the folder can be read").path())).collect();
    topics.sort();
    topics
}

/// Makes the tests of an area: `topics! { "streams": compression, identity }`. The order is that of the names.
macro_rules! topics {
    ($area:literal: $($topic:ident),* $(,)?) => {
        $(
            mod $topic {
                use crate::conformance::{Variant, check};

                #[test]
                fn oldest() {
                    check($area, stringify!($topic), Variant::Oldest);
                }

                #[test]
                fn newest() {
                    check($area, stringify!($topic), Variant::Newest);
                }

                #[test]
                fn stress() {
                    check($area, stringify!($topic), Variant::Stress);
                }
            }
        )*

        /// Keeps the list equal to what is on the disk.
        #[test]
        fn every_topic_is_listed() {
            let listed: &[&str] = &[$(stringify!($topic)),*];
            assert_eq!(crate::conformance::topics_of($area), listed);
        }
    };
}
use topics;

/// Every folder is an area that has a module above.
#[test]
fn every_area_is_listed() {
    let source = std::fs::read_to_string(repository().join("tests/conformance.rs")).expect("it is this file");
    let entries = std::fs::read_dir(root()).expect("the areas are there");
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().expect("names are ASCII");
            assert!(source.contains(&format!("mod {name};")), "tests/conformance.rs has no area {name}");
        }
    }
}
