//! One test for each folder of `tests/fixtures`; see [`crate::harness::fixture`] for what such a folder holds.

use crate::harness::{fixture, project};

macro_rules! fixtures {
    ($($test:ident = $folder:literal,)*) => {
        $(
            #[test]
            fn $test() {
                fixture::check($folder);
            }
        )*

        /// Keeps the list above equal to what is on the disk.
        #[test]
        fn every_folder_is_listed() {
            let folder = project::repository().join("tests/fixtures");
            let entries = std::fs::read_dir(folder).expect("the fixtures are there");
            let mut found: Vec<String> = entries
                .map(|entry| entry.expect("the folder can be read").file_name().into_string().expect("names are ASCII"))
                .filter(|name| name != "lib")
                .collect();
            found.sort();
            assert_eq!(found, [$($folder),*]);
        }
    };
}

fixtures! {
    binding_unavailable = "binding-unavailable",
    build_command = "build-command",
    cache_operations = "cache-operations",
    ctx_wait_until = "ctx-wait-until",
    env_select = "env-select",
    env_vars = "env-vars",
    fetch_class = "fetch-class",
    fetch_object = "fetch-object",
    fetch_outbound = "fetch-outbound",
    fetch_service_worker = "fetch-service-worker",
    global_scope = "global-scope",
    headers_surface = "headers-surface",
    html_rewriter = "html-rewriter",
    jsx = "jsx",
    kv_api = "kv-api",
    kv_operations = "kv-operations",
    modules = "modules",
    no_bundle = "no-bundle",
    node_fs = "node-fs",
    node_require = "node-require",
    node_stand_ins = "node-stand-ins",
    packages = "packages",
    platform = "platform",
    request_surface = "request-surface",
    request_wire = "request-wire",
    response_surface = "response-surface",
    response_wire = "response-wire",
    rpc_calls = "rpc-calls",
    rpc_clones = "rpc-clones",
    rpc_errors = "rpc-errors",
    rpc_lifetimes = "rpc-lifetimes",
    rpc_methods = "rpc-methods",
    rpc_streams = "rpc-streams",
    rpc_stubs = "rpc-stubs",
    rpc_values = "rpc-values",
    scheduled_handler = "scheduled-handler",
    scheduled_missing = "scheduled-missing",
    service_fetch = "service-fetch",
    streams_surface = "streams-surface",
    websocket_pair = "websocket-pair",
    websocket_service = "websocket-service",
    websocket_surface = "websocket-surface",
    workers_module = "workers-module",
}
