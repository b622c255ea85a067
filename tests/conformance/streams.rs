//! The topics of `tests/conformance/streams`.

super::topics! {
    "streams":
    bodies, buffers, bytes, compression, compression_old, fixed_length, identity, locks, old_dates, pipes, readable,
    reading, tee, text, transform, writable,
}
