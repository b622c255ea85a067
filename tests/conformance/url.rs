//! The topics of `tests/conformance/url`.

super::topics! { "url": pattern, search_params, url }
