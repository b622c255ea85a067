//! The topics of `tests/conformance/websocket`.

super::topics! { "websocket": client, close, pair }
