//! The topics of `tests/conformance/rpc`.

super::topics! { "rpc": }
