//! The topics of `tests/conformance/encoding`.

super::topics! { "encoding": decoder, encoder }
