//! The topics of `tests/conformance/node`.

super::topics! { "node": }
