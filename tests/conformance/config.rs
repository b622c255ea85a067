//! The topics of `tests/conformance/config`.

super::topics! { "config": disk, services }
