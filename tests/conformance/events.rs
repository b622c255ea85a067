//! The topics of `tests/conformance/events`.

super::topics! { "events": abort, event, message_channel, report, target, test_handler }
