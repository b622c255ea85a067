//! The topics of `tests/conformance/events`.

super::topics! { "events": test_handler }
