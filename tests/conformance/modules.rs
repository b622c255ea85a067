//! The topics of `tests/conformance/modules`.

super::topics! { "modules": commonjs, imports }
