//! The topics of `tests/conformance/http`.

super::topics! { "http": body, event_source, fetch, headers, ownership, printing, redirects, request, response, structured_clone }
