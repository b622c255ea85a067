//! The topics of `tests/conformance/node`.

super::topics! {
    "node": assert, async_hooks, buffer, child_process, cluster, dgram, diagnostics_channel, domain, events, globals,
    http2, inspector, modules, nodejs_als, process, sqlite, test_mock, timers, trace_events, util, v8, vm, wasi,
    worker_threads,
}
