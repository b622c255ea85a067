//! Deflate in its three wrappings, with zlib's answers to data that is cut off or followed by something.
//!
//! The raw format and zlib's are flate2's; gzip's header and trailer are read and written here, because flate2 has
//! them only with one of its backends. A codec that failed is not used again; its owner sees to that.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a codec can refuse.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The compressor is in a state that it should not be in.
    #[error("the input cannot be compressed")]
    Compress,
    /// Not the format, or damaged.
    #[error("the input is not compressed data")]
    Decompress,
    /// Input behind the end.
    #[error("there is input behind the end of the compressed data")]
    Trailing,
    /// The end of the input before the end of the data.
    #[error("the compressed data is incomplete")]
    Incomplete,
}

/// How deflated data is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which the web calls `deflate`.
    Zlib,
    /// RFC 1951.
    Raw,
}

/// A compressor or a decompressor.
pub enum Codec {
    /// Compresses.
    Compress(Compressor),
    /// Decompresses.
    Decompress(Decompressor),
}

impl Codec {
    /// A compressor of the default level.
    pub fn compressor(format: Format) -> Self {
        Self::Compress(Compressor {
            inner: Compress::new(Compression::default(), format == Format::Zlib),
            check: (format == Format::Gzip).then(Check::default),
            header_written: false,
        })
    }

    /// A decompressor; a strict one refuses input behind the end, and an end before the end.
    pub fn decompressor(format: Format, strict: bool) -> Self {
        Self::Decompress(Decompressor {
            inner: Decompress::new(format == Format::Zlib),
            check: (format == Format::Gzip).then(Check::default),
            strict,
            stage: if format == Format::Gzip { Stage::Header(Vec::new()) } else { Stage::Data },
        })
    }

    /// Takes all of `input` and appends to `out` what there is for it.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn run(&mut self, input: &[u8], finish: bool, out: &mut Vec<u8>) -> Result<(), CodecError> {
        match self {
            Self::Compress(codec) => codec.run(input, finish, out),
            Self::Decompress(codec) => codec.run(input, finish, out),
        }
    }
}

/// What gzip's trailer is about: the checksum and the length of the data.
#[derive(Default)]
struct Check {
    crc: crc32fast::Hasher,
    length: u32,
}

impl Check {
    fn add(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        // The length is taken modulo 2^32, as the format says.
        self.length = self.length.wrapping_add(bytes.len() as u32);
    }

    fn trailer(self) -> [u8; 8] {
        let mut trailer = [0; 8];
        trailer[..4].copy_from_slice(&self.crc.finalize().to_le_bytes());
        trailer[4..].copy_from_slice(&self.length.to_le_bytes());
        trailer
    }
}

/// Output is made in pieces of this many bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// zlib's header for data without name and time: method 8, no flags, system Unix.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/// See [`Codec::compressor`].
pub struct Compressor {
    inner: Compress,
    /// Some for gzip, until the trailer is written.
    check: Option<Check>,
    header_written: bool,
}

impl Compressor {
    fn run(&mut self, mut input: &[u8], finish: bool, out: &mut Vec<u8>) -> Result<(), CodecError> {
        if let Some(check) = &mut self.check {
            if !self.header_written {
                out.extend_from_slice(&GZIP_HEADER);
            }
            check.add(input);
        }
        self.header_written = true;
        let flush = if finish { FlushCompress::Finish } else { FlushCompress::None };
        let mut piece = [0; PIECE_BYTES];
        loop {
            let (read, written) = (self.inner.total_in(), self.inner.total_out());
            let status = self.inner.compress(input, &mut piece, flush).map_err(|_| CodecError::Compress)?;
            input = &input[advance(self.inner.total_in(), read)..];
            let given = advance(self.inner.total_out(), written);
            out.extend_from_slice(&piece[..given]);
            if status == Status::StreamEnd || (given == 0 && (status == Status::BufError || input.is_empty())) {
                break;
            }
        }
        if finish && let Some(check) = self.check.take() {
            out.extend_from_slice(&check.trailer());
        }
        Ok(())
    }
}

/// How far a decompressor has come.
enum Stage {
    /// In gzip's header; what there is of it.
    Header(Vec<u8>),
    /// In the deflated data.
    Data,
    /// In gzip's trailer; what there is of it.
    Trailer(Vec<u8>),
    /// Past the end.
    Over,
}

/// See [`Codec::decompressor`].
pub struct Decompressor {
    inner: Decompress,
    /// Some for gzip, until the trailer is read.
    check: Option<Check>,
    strict: bool,
    stage: Stage,
}

impl Decompressor {
    fn run(&mut self, mut input: &[u8], finish: bool, out: &mut Vec<u8>) -> Result<(), CodecError> {
        if let Stage::Header(seen) = &mut self.stage {
            let before = seen.len();
            seen.extend_from_slice(input);
            match header_length(seen)? {
                Some(length) => {
                    input = &input[length.saturating_sub(before)..];
                    self.stage = Stage::Data;
                }
                None => input = &[],
            }
        }
        if matches!(self.stage, Stage::Data) {
            input = self.inflate(input, finish, out)?;
        }
        if let Stage::Trailer(seen) = &mut self.stage {
            let take = input.len().min(8 - seen.len());
            seen.extend_from_slice(&input[..take]);
            input = &input[take..];
            if seen.len() == 8 {
                let check = self.check.take().expect("a gzip stream has its check until its trailer was read");
                if check.trailer() != seen[..] {
                    return Err(CodecError::Decompress);
                }
                self.stage = Stage::Over;
            }
        }
        if self.strict {
            let over = matches!(self.stage, Stage::Over);
            if over && !input.is_empty() {
                return Err(CodecError::Trailing);
            }
            if finish && !over {
                return Err(CodecError::Incomplete);
            }
        }
        Ok(())
    }

    /// Inflates as much as there is. Returns the input behind the end.
    fn inflate<'a>(&mut self, mut input: &'a [u8], finish: bool, out: &mut Vec<u8>) -> Result<&'a [u8], CodecError> {
        let mut piece = [0; PIECE_BYTES];
        loop {
            let (read, written) = (self.inner.total_in(), self.inner.total_out());
            let flush = if finish { FlushDecompress::Finish } else { FlushDecompress::None };
            let status = match self.inner.decompress(input, &mut piece, flush) {
                Ok(status) => status,
                // Some backends call input that ends too early an error when it is said to be all.
                Err(_) if finish && input.is_empty() => Status::BufError,
                Err(_) => return Err(CodecError::Decompress),
            };
            let taken = advance(self.inner.total_in(), read);
            input = &input[taken..];
            let given = advance(self.inner.total_out(), written);
            out.extend_from_slice(&piece[..given]);
            if let Some(check) = &mut self.check {
                check.add(&piece[..given]);
            }
            if status == Status::StreamEnd {
                self.stage = if self.check.is_some() { Stage::Trailer(Vec::new()) } else { Stage::Over };
                return Ok(input);
            }
            if given == 0 && (taken == 0 || status == Status::BufError) {
                return Ok(input);
            }
        }
    }
}

/// How much a counter has grown; never more than one buffer.
fn advance(now: u64, before: u64) -> usize {
    usize::try_from(now - before).expect("a step handles at most a buffer")
}

/// The length of gzip's header at the start of `bytes`, if all of it is there.
fn header_length(bytes: &[u8]) -> Result<Option<usize>, CodecError> {
    let fixed = &bytes[..bytes.len().min(3)];
    if fixed != &GZIP_HEADER[..fixed.len()] {
        return Err(CodecError::Decompress);
    }
    let Some(&flags) = bytes.get(3) else { return Ok(None) };
    // The three highest bits are reserved.
    if flags & 0xe0 != 0 {
        return Err(CodecError::Decompress);
    }
    let mut at = GZIP_HEADER.len();
    if flags & 4 != 0 {
        let Some(size) = bytes.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([size[0], size[1]]));
    }
    // A name and a comment, each ended by a zero.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let Some(length) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0)) else {
                return Ok(None);
            };
            at += length + 1;
        }
    }
    if flags & 2 != 0 {
        let Some(stored) = bytes.get(at..at + 2) else { return Ok(None) };
        if stored != &crc32fast::hash(&bytes[..at]).to_le_bytes()[..2] {
            return Err(CodecError::Decompress);
        }
        at += 2;
    }
    Ok((bytes.len() >= at).then_some(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [Format; 3] = [Format::Gzip, Format::Zlib, Format::Raw];

    fn all(codec: &mut Codec, input: &[u8], piece: usize) -> Result<Vec<u8>, CodecError> {
        let mut out = Vec::new();
        for part in input.chunks(piece.max(1)) {
            codec.run(part, false, &mut out)?;
        }
        codec.run(&[], true, &mut out)?;
        Ok(out)
    }

    fn compressed(format: Format, input: &[u8]) -> Vec<u8> {
        all(&mut Codec::compressor(format), input, usize::MAX).expect("anything can be compressed")
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_what_is_decompressed(
            input in proptest::collection::vec(any::<u8>(), 0..70_000), write in 1_usize..5000, read in 1_usize..5000,
        ) {
            for format in FORMATS {
                let packed = all(&mut Codec::compressor(format), &input, write).expect("anything can be compressed");
                let unpacked = all(&mut Codec::decompressor(format, true), &packed, read);
                prop_assert_eq!(unpacked.as_deref(), Ok(&input[..]));
            }
        }

        #[test]
        fn a_part_is_incomplete(input in proptest::collection::vec(any::<u8>(), 0..500), cut in 0.0..1.0) {
            for format in FORMATS {
                let packed = compressed(format, &input);
                let part = &packed[..(packed.len() as f64 * cut) as usize];
                let strict = all(&mut Codec::decompressor(format, true), part, 7);
                prop_assert_eq!(strict, Err(CodecError::Incomplete));
                let lenient = all(&mut Codec::decompressor(format, false), part, 7).expect("nobody minds");
                prop_assert!(input.starts_with(&lenient));
            }
        }

        #[test]
        fn nothing_panics(input in proptest::collection::vec(any::<u8>(), 0..300), piece in 1_usize..50) {
            for format in FORMATS {
                let _ = all(&mut Codec::decompressor(format, true), &input, piece);
                let _ = all(&mut Codec::decompressor(format, false), &input, piece);
            }
        }
    }

    #[test]
    fn what_follows_the_end_is_refused_or_ignored() {
        for format in FORMATS {
            let mut packed = compressed(format, b"hello");
            packed.extend_from_slice(&[0, 0, 0]);
            let mut strict = Codec::decompressor(format, true);
            assert_eq!(strict.run(&packed, false, &mut Vec::new()), Err(CodecError::Trailing), "{format:?}");
            let mut lenient = Codec::decompressor(format, false);
            assert_eq!(all(&mut lenient, &packed, 4), Ok(b"hello".to_vec()), "{format:?}");
        }
    }

    #[test]
    fn gzip_is_written_as_zlib_writes_it_and_read_with_all_its_fields() {
        assert_eq!(compressed(Format::Gzip, b"hello")[..10], GZIP_HEADER);
        let plain = compressed(Format::Gzip, b"hello");
        let mut packed = vec![0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9];
        packed.extend_from_slice(b"name\0comment\0");
        let check = crc32fast::hash(&packed).to_le_bytes();
        packed.extend_from_slice(&check[..2]);
        packed.extend_from_slice(&plain[10..]);
        for piece in [1, 3, 1000] {
            assert_eq!(all(&mut Codec::decompressor(Format::Gzip, true), &packed, piece), Ok(b"hello".to_vec()));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let mut packed = compressed(Format::Gzip, b"hello");
        let at = packed.len() - 6;
        packed[at] ^= 1;
        let result = all(&mut Codec::decompressor(Format::Gzip, true), &packed, 1000);
        assert_eq!(result, Err(CodecError::Decompress), "the checksum is another");
        let result = all(&mut Codec::decompressor(Format::Zlib, true), b"garbage", 1000);
        assert_eq!(result, Err(CodecError::Decompress));
    }
}
