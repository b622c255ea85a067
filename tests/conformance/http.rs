//! The topics of `tests/conformance/http`.

super::topics! { "http": body, event_source, fetch, headers, ownership, redirects, request, response, structured_clone }
