//! The topics of `tests/conformance/htmlrewriter`.

super::topics! { "htmlrewriter": elements, handlers, selectors, tokens }
