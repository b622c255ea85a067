//! The ops of `node:zlib`: one codec behind each handle, fed piece by piece or all at once.
//!
//! A handle owns its codec's memory, and gives it back when it is closed or collected. What a codec refuses is kept on
//! the handle as production's error (number, code, text) until the script fetches it; whether data is an error or not
//! is decided by the codecs, after every step, the way zlib's own callers do.
//!
//! Refuses: windows outside of the buffers it is given, and one buffer for both input and output.
//! Invariant: a codec that failed is only reset or closed.

mod brotli;
mod deflate;
mod zstd;

use std::cell::RefCell;

use deno_core::op2;
use deno_error::JsError;
use v8::cppgc::{GarbageCollected, Visitor};

use brotli::{BrotliDecoder, BrotliEncoder};
use deflate::Deflate;
use zstd::{ZstdDecoder, ZstdEncoder};

/// The size of the pieces in which output grows when everything is done at once, in bytes. Source: production.
const PIECE_BYTES: usize = 40_960;

/// Why a handle refuses.
#[derive(Debug, thiserror::Error, JsError)]
pub enum ZlibError {
    /// The codec says so. Source of the texts: zlib, brotli, zstd, and production's own.
    #[class(generic)]
    #[error("{0}")]
    Codec(String),
    /// More output than was asked for.
    #[class(range)]
    #[error("Memory limit exceeded")]
    Limit,
    /// A window that does not lie in its buffer.
    #[class(generic)]
    #[error("Input access is not within bounds")]
    Bounds,
    /// A write to a handle that was closed.
    #[class(generic)]
    #[error("Already finalized")]
    Closed,
}

/// What a codec says when it cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    errno: i32,
    code: String,
    message: String,
}

impl Failure {
    fn new(errno: i32, code: &str, message: impl Into<String>) -> Self {
        Self { errno, code: code.to_string(), message: message.into() }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Step {
    /// Bytes of the input that were taken.
    taken: usize,
    /// Bytes of output that were made.
    made: usize,
}

/// A compressor or decompressor.
trait Codec {
    /// Takes of `input` and fills `output` as far as it comes.
    ///
    /// # Errors
    /// What production reports after such a step.
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure>;

    /// Whether the data is at its end, so that more steps bring nothing.
    fn finished(&self) -> bool;

    /// Back to the beginning.
    ///
    /// # Errors
    /// As the codec says.
    fn reset(&mut self) -> Result<(), Failure>;

    /// Another level and strategy; only deflate has such.
    ///
    /// # Errors
    /// As the codec says.
    fn retune(&mut self, _level: i32, _strategy: i32) -> Result<(), Failure> {
        Ok(())
    }
}

/// A codec that scripts hold.
pub struct ZlibHandle {
    /// Non-null until it was closed.
    codec: RefCell<Option<Box<dyn Codec>>>,
    /// The last failure, until it is fetched.
    failure: RefCell<Option<Failure>>,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it from a
// finaliser touches only its own memory.
unsafe impl GarbageCollected for ZlibHandle {
    fn trace(&self, _visitor: &mut Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"ZlibHandle"
    }
}

impl ZlibHandle {
    fn new(codec: impl Codec + 'static) -> Self {
        Self { codec: RefCell::new(Some(Box::new(codec))), failure: RefCell::new(None) }
    }

    /// Runs `action` on the codec; false if that failed, which is kept.
    fn attempt(&self, action: impl FnOnce(&mut dyn Codec) -> Result<(), Failure>) -> Result<bool, ZlibError> {
        let mut codec = self.codec.borrow_mut();
        let result = action(codec.as_deref_mut().ok_or(ZlibError::Closed)?);
        let ok = result.is_ok();
        *self.failure.borrow_mut() = result.err();
        Ok(ok)
    }
}

/// A codec of zlib's. The numbers are in their ranges, or the codec fails at its first step.
#[op2]
#[cppgc]
pub fn op_node_zlib_deflate(
    #[smi] mode: i32,
    #[smi] window_bits: i32,
    #[smi] level: i32,
    #[smi] memory_level: i32,
    #[smi] strategy: i32,
    #[buffer] dictionary: &[u8],
) -> ZlibHandle {
    ZlibHandle::new(Deflate::new(mode, window_bits, level, memory_level, strategy, dictionary))
}

/// A codec of Brotli's. `params` are pairs of key and value.
#[op2]
#[cppgc]
pub fn op_node_zlib_brotli(decode: bool, #[buffer] params: &[u32]) -> Result<ZlibHandle, ZlibError> {
    let params = pairs(params);
    if decode {
        return BrotliDecoder::new(params).map(ZlibHandle::new).map_err(refused);
    }
    BrotliEncoder::new(params).map(ZlibHandle::new).map_err(refused)
}

/// A codec of Zstandard's. `params` are pairs of key and value; `size` is how much there will be, or negative.
#[op2]
#[cppgc]
pub fn op_node_zlib_zstd(decode: bool, #[buffer] params: &[u32], size: f64) -> Result<ZlibHandle, ZlibError> {
    let params = pairs(params);
    if decode {
        return ZstdDecoder::new(params).map(ZlibHandle::new).map_err(refused);
    }
    let size = (size >= 0.0).then_some(size as u64);
    ZstdEncoder::new(params, size).map(ZlibHandle::new).map_err(refused)
}

fn pairs(params: &[u32]) -> Vec<(u32, u32)> {
    params.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn refused(failure: Failure) -> ZlibError {
    ZlibError::Codec(failure.message)
}

/// One step between windows of two buffers. `state` becomes what is left: of the output, of the input.
#[op2(fast)]
#[allow(clippy::too_many_arguments, reason = "as the handles of Node have it")]
pub fn op_node_zlib_write(
    #[cppgc] handle: &ZlibHandle,
    #[smi] flush: i32,
    #[buffer] input: &[u8],
    #[smi] input_start: u32,
    #[smi] input_length: u32,
    #[buffer] output: &mut [u8],
    #[smi] output_start: u32,
    #[smi] output_length: u32,
    #[buffer] state: &mut [u32],
) -> Result<bool, ZlibError> {
    let overlap = input.as_ptr_range().start < output.as_ptr_range().end
        && output.as_ptr_range().start < input.as_ptr_range().end;
    if overlap || state.len() < 2 {
        return Err(ZlibError::Bounds);
    }
    let (input_start, input_length) = (input_start as usize, input_length as usize);
    let (output_start, output_length) = (output_start as usize, output_length as usize);
    let input = input.get(input_start..input_start.saturating_add(input_length)).ok_or(ZlibError::Bounds)?;
    let output = output.get_mut(output_start..output_start.saturating_add(output_length)).ok_or(ZlibError::Bounds)?;
    handle.attempt(|codec| {
        let step = codec.step(flush, input, output)?;
        state[0] = (output_length - step.made) as u32;
        state[1] = (input_length - step.taken) as u32;
        Ok(())
    })
}

/// All of `input` at once, for at most `limit` bytes of output.
#[op2]
#[buffer]
pub fn op_node_zlib_all(
    #[cppgc] handle: &ZlibHandle,
    #[smi] flush: i32,
    #[buffer] input: &[u8],
    #[number] limit: usize,
) -> Result<Vec<u8>, ZlibError> {
    let codec = handle.codec.borrow_mut().take();
    all(codec.ok_or(ZlibError::Closed)?.as_mut(), flush, input, limit)
}

/// The output grows by pieces, and a piece that would pass the limit is refused before it is known to be needed: so
/// does production.
fn all(codec: &mut dyn Codec, flush: i32, mut input: &[u8], limit: usize) -> Result<Vec<u8>, ZlibError> {
    let piece = PIECE_BYTES.min(limit);
    let mut output = Vec::new();
    loop {
        let filled = output.len();
        if filled + piece > limit {
            return Err(ZlibError::Limit);
        }
        output.resize(filled + piece, 0);
        let step = codec.step(flush, input, &mut output[filled..]).map_err(refused)?;
        input = &input[step.taken..];
        output.truncate(filled + step.made);
        if step.made < piece || (output.len() == limit && codec.finished()) {
            return Ok(output);
        }
        if codec.finished() && filled + 2 * piece <= limit {
            return Ok(output);
        }
    }
}

/// Another level and strategy; false if the codec refuses.
#[op2(fast)]
pub fn op_node_zlib_params(
    #[cppgc] handle: &ZlibHandle,
    #[smi] level: i32,
    #[smi] strategy: i32,
) -> Result<bool, ZlibError> {
    handle.attempt(|codec| codec.retune(level, strategy))
}

/// Back to the beginning; false if the codec refuses.
#[op2(fast)]
pub fn op_node_zlib_reset(#[cppgc] handle: &ZlibHandle) -> Result<bool, ZlibError> {
    handle.attempt(|codec| codec.reset())
}

/// Gives the codec's memory back. More than once is the same as once.
#[op2(fast)]
pub fn op_node_zlib_close(#[cppgc] handle: &ZlibHandle) {
    handle.codec.borrow_mut().take();
}

/// What the last refusal was: number, code, text.
#[op2]
#[serde]
pub fn op_node_zlib_failure(#[cppgc] handle: &ZlibHandle) -> Option<(i32, String, String)> {
    handle.failure.borrow_mut().take().map(|failure| (failure.errno, failure.code, failure.message))
}

/// The checksum of `data`, going on from `value`.
#[op2(fast)]
pub fn op_node_zlib_crc32(#[buffer] data: &[u8], value: u32) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(value);
    hasher.update(data);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn deflate(mode: i32) -> Deflate {
        Deflate::new(mode, 15, -1, 8, 0, &[])
    }

    #[test]
    fn everything_comes_back_from_every_codec() {
        let data: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x1f).collect();
        let limit = 1 << 27;
        for (compress, decompress) in [(1, 2), (3, 4), (5, 6), (3, 7), (1, 7)] {
            let packed = all(&mut deflate(compress), 4, &data, limit).expect("it compresses");
            assert_eq!(all(&mut deflate(decompress), 4, &packed, limit).expect("it is back"), data);
        }
        let packed = all(&mut BrotliEncoder::new(vec![(1, 5)]).expect("a level"), 2, &data, limit).expect("compresses");
        let mut decoder = BrotliDecoder::new(vec![]).expect("no parameters");
        assert_eq!(all(&mut decoder, 2, &packed, limit).expect("it is back"), data);
        let packed = all(&mut ZstdEncoder::new(vec![], None).expect("fine"), 2, &data, limit).expect("compresses");
        let mut decoder = ZstdDecoder::new(vec![]).expect("no parameters");
        assert_eq!(all(&mut decoder, 2, &packed, limit).expect("it is back"), data);
    }

    #[test]
    fn the_limit_counts_pieces() {
        let packed = all(&mut deflate(3), 4, &vec![b'a'; 40_960], 1 << 27).expect("it compresses");
        let fits = |limit| all(&mut deflate(4), 4, &packed, limit).is_ok();
        assert!(fits(40_960) && fits(81_920));
        assert!(!fits(40_959) && !fits(40_961));
        let packed = all(&mut deflate(3), 4, &[b'a'; 23], 1 << 27).expect("it compresses");
        let fits = |limit| all(&mut deflate(4), 4, &packed, limit).is_ok();
        assert!(fits(23) && fits(24) && !fits(22));
    }

    #[test]
    fn what_is_cut_off_or_broken_is_refused() {
        let packed = all(&mut deflate(3), 4, b"hello hello", 1 << 27).expect("it compresses");
        let said = |codec: &mut dyn Codec, flush, data: &[u8]| all(codec, flush, data, 1000).unwrap_err().to_string();
        assert_eq!(said(&mut deflate(4), 4, &packed[..15]), "unexpected end of file");
        assert_eq!(said(&mut deflate(4), 4, b"abc"), "incorrect header check");
        let mut brotli = BrotliDecoder::new(vec![]).expect("no parameters");
        assert_eq!(said(&mut brotli, 2, b""), "Unexpected end of file");
        let mut zstd = ZstdDecoder::new(vec![]).expect("no parameters");
        assert_eq!(said(&mut zstd, 2, b"abcdefgh"), "Zstd decompression failed: Unknown frame descriptor");
        assert!(BrotliEncoder::new(vec![(99, 1)]).is_err());
        assert!(ZstdEncoder::new(vec![(9999, 1)], None).is_err());
    }
}
