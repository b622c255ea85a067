//! The topics of `tests/conformance/formdata`.

super::topics! { "formdata": blob, form_data, multipart }
