//! The topics of `tests/conformance/crypto`.

super::topics! { "crypto": cipher, derive, digest, keys, random, signature }
