//! The data of the web platform tests that crates of ours ship with their sources, fed to a worker.
//!
//! Nothing of it is in this repository: cargo says where the crates are. What is known to differ stands in the workers
//! of `tests/wpt`, each with its reason; what is listed there and does not differ is a failure too.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::project::repository;
use crate::harness::server::binary;

/// The folder of a crate's sources.
fn sources(name: &str) -> PathBuf {
    static METADATA: OnceLock<Value> = OnceLock::new();
    let metadata = METADATA.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string());
        let ask = |args: &[&str]| {
            let output = Command::new(&cargo).args(args).current_dir(repository()).output().expect("cargo runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let version = String::from_utf8(ask(&["-vV"])).expect("it is text");
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
        // A build brings the crates of its own platform only, and nothing else may be needed here.
        let args = ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host];
        serde_json::from_slice(&ask(&args)).expect("it is JSON")
    });
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.unwrap_or_else(|| panic!("{name} is a dependency"))["manifest_path"].as_str();
    PathBuf::from(manifest.expect("it is a path")).parent().expect("a file is in a folder").to_path_buf()
}

/// Runs the worker `tests/wpt/<worker>.js` on a file of a crate.
fn check(worker: &str, crate_name: &str, file: &str) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let copy = |from: PathBuf, to: &str| {
        std::fs::copy(&from, folder.path().join(to)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    };
    copy(sources(crate_name).join(file), "data.json");
    copy(repository().join("tests/wpt").join(format!("{worker}.js")), "worker.js");
    let config = r#"
        using Workerd = import "/workerd/workerd.capnp";
        const config :Workerd.Config = (services = [(name = "main", worker = (
          modules = [(name = "worker", esModule = embed "worker.js"), (name = "data", text = embed "data.json")],
          compatibilityDate = "2026-04-01",
          compatibilityFlags = ["nodejs_compat"],
        ))]);
    "#;
    let path = folder.path().join("data.wd-test");
    std::fs::write(&path, config).expect("it is a folder");
    let output = Command::new(binary()).arg("test").arg(&path).output().expect("lopata runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn urls() {
    check("url", "url", "tests/urltestdata.json");
}

#[test]
fn setters_of_urls() {
    check("setters", "url", "tests/setters_tests.json");
}

#[test]
fn patterns() {
    check("pattern", "urlpattern", "src/testdata/urlpatterntestdata.json");
}

#[test]
fn data_urls() {
    check("data_url", "data-url", "tests/data-urls.json");
}

#[test]
fn mime_types() {
    check("mime", "data-url", "tests/mime-types.json");
}

#[test]
fn base64() {
    check("base64", "data-url", "tests/base64.json");
}
