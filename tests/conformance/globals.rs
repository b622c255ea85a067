//! The topics of `tests/conformance/globals`.

super::topics! { "globals": }
