//! The topics of `tests/conformance/objects`.

super::topics! { "objects": namespaces }
