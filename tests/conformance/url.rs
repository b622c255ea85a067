//! The topics of `tests/conformance/url`.

super::topics! { "url": }
