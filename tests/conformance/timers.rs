//! The topics of `tests/conformance/timers`.

super::topics! { "timers": limits, scheduler_wait, web_timers }
