//! The topics of `tests/conformance/encoding`.

super::topics! { "encoding": }
