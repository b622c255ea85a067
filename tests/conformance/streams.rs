//! The topics of `tests/conformance/streams`.

super::topics! { "streams": }
