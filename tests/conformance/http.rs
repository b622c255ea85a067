//! The topics of `tests/conformance/http`.

super::topics! { "http": }
