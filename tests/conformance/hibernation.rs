//! The topics of `tests/conformance/hibernation`.

super::topics! { "hibernation": hibernation }
