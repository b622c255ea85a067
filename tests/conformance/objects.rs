//! The topics of `tests/conformance/objects`.

super::topics! { "objects": facets, gates, lifecycle, namespaces }
