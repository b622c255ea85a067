//! The topics of `tests/conformance/objects`.

super::topics! { "objects": gates, lifecycle, namespaces }
