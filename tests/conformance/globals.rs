//! The topics of `tests/conformance/globals`.

super::topics! { "globals": arguments, base64, clone, dom_exception, scope }
