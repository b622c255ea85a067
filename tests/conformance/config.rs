//! The topics of `tests/conformance/config`.

super::topics! { "config": designators, disk, services, wrapped }
