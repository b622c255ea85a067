//! The topics of `tests/conformance/globals`.

super::topics! { "globals": arguments, base64, clone, code_generation, dom_exception, escape, module_scope, no_code_generation, scope, time }
