//! The topics of `tests/conformance/modules`.

super::topics! { "modules": commonjs, dynamic_import, imports, no_importable_env, workers_module }
