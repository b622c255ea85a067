//! The topics of `tests/conformance/node`.

super::topics! {
    "node": assert, async_hooks, buffer, diagnostics_channel, events, globals, modules, nodejs_als, process, test_mock,
    timers, util,
}
