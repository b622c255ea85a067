//! The topics of `tests/conformance/crypto`.

super::topics! { "crypto": }
