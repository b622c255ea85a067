//! The topics of `tests/conformance/timers`.

super::topics! { "timers": }
