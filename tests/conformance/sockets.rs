//! The topics of `tests/conformance/sockets`.

super::topics! { "sockets": connect }
