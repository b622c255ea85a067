//! The topics of `tests/conformance/formdata`.

super::topics! { "formdata": }
