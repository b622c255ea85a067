//! The topics of `tests/conformance/events`.

super::topics! {
    "events": abort, async_context, context, dispatch_exceptions, early_rejections, event, hung, message_channel, ownership, rejections, report,
        target, test_handler
}
