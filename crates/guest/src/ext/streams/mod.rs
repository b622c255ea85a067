//! Streams as production has them: the standard's classes with production's rules, and byte streams of the platform.
//!
//! The standard's classes are those of deno_web. What production does differently inside of them is changed in their
//! source when the snapshot is made ([`patches`]); what it adds is in the scripts beside this file. `internal.js`
//! holds the platform's own byte streams (bodies, `IdentityTransformStream`, compression), which are instances of the
//! same classes with controllers of their own. The ops here are those of compression.

mod deflate;
pub mod patches;

use std::cell::RefCell;

use deno_core::convert::Uint8Array;
use deno_core::{op2, v8};
use deno_error::JsError;

use deflate::{Codec, CodecError, Format};

/// What compression can throw. Source of the texts: workerd's compression streams.
#[derive(Debug, thiserror::Error, JsError)]
pub enum CompressionError {
    /// The compressor refuses its input.
    #[class(type)]
    #[error("Compression failed.")]
    Compression,
    /// The data is not what its format says.
    #[class(type)]
    #[error("Decompression failed.")]
    Decompression,
    /// There is something behind the end of the compressed data.
    #[class(type)]
    #[error("Trailing bytes after end of compressed data")]
    Trailing,
    /// The data ends before its end.
    #[class(type)]
    #[error("Called close() on a decompression stream with incomplete data")]
    Incomplete,
}

impl From<CodecError> for CompressionError {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Compress => Self::Compression,
            CodecError::Decompress => Self::Decompression,
            CodecError::Trailing => Self::Trailing,
            CodecError::Incomplete => Self::Incomplete,
        }
    }
}

/// A compressor or decompressor, owned by V8's garbage collector.
pub struct CodecHandle(RefCell<Codec>);

// SAFETY: nothing in it refers to objects of the script.
unsafe impl v8::cppgc::GarbageCollected for CodecHandle {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"CodecHandle"
    }
}

/// Makes a codec; `format` is 0 for gzip, 1 for deflate, 2 for deflate-raw.
#[op2]
#[cppgc]
pub fn op_codec_new(#[smi] format: u32, decompress: bool, strict: bool) -> CodecHandle {
    let format = match format {
        0 => Format::Gzip,
        1 => Format::Zlib,
        _ => Format::Raw,
    };
    CodecHandle(RefCell::new(if decompress { Codec::decompressor(format, strict) } else { Codec::compressor(format) }))
}

/// Feeds a codec. Returns what it gives for that, possibly nothing.
#[op2]
pub fn op_codec_write(#[cppgc] codec: &CodecHandle, #[buffer] input: &[u8]) -> Result<Uint8Array, CompressionError> {
    let mut out = Vec::new();
    codec.0.borrow_mut().run(input, false, &mut out)?;
    Ok(out.into())
}

/// Tells a codec that there is no more. Returns the rest of what it gives.
#[op2]
pub fn op_codec_finish(#[cppgc] codec: &CodecHandle) -> Result<Uint8Array, CompressionError> {
    let mut out = Vec::new();
    codec.0.borrow_mut().run(&[], true, &mut out)?;
    Ok(out.into())
}
