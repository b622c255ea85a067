//! zlib itself, with its levels, windows, strategies and dictionaries, and its own texts of what is wrong.
//!
//! Owns the only unsafe code of `node:zlib`: zlib's stream. It is made at the first step, as production makes it, so
//! that a setting that zlib refuses shows there.
//!
//! Invariant: the stream does not move while zlib knows it (it is boxed), its pointers are of the buffers of the step
//! that runs, and it is ended exactly once if it was begun.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};
use std::{mem, ptr};

use libz_sys as z;

use super::{Codec, Failure, Step};

/// What is done, by production's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Deflate,
    Inflate,
    Gzip,
    Gunzip,
    DeflateRaw,
    InflateRaw,
    /// Finds out by the first two bytes.
    Unzip,
}

impl Mode {
    fn of(number: i32) -> Self {
        match number {
            2 => Self::Inflate,
            3 => Self::Gzip,
            4 => Self::Gunzip,
            5 => Self::DeflateRaw,
            6 => Self::InflateRaw,
            7 => Self::Unzip,
            _ => Self::Deflate,
        }
    }

    fn compresses(self) -> bool {
        matches!(self, Self::Deflate | Self::Gzip | Self::DeflateRaw)
    }
}

const GZIP_ID: [u8; 2] = [0x1f, 0x8b];

/// zlib's stream with its settings.
pub(super) struct Deflate {
    mode: Mode,
    window_bits: c_int,
    level: c_int,
    memory_level: c_int,
    strategy: c_int,
    dictionary: Vec<u8>,
    /// Bytes of gzip's mark that were seen, while the mode is open.
    mark_seen: usize,
    error: c_int,
    /// Output that a change of the level brought, for the next step.
    carried: Vec<u8>,
    /// Non-null once zlib knows it.
    stream: Option<Box<z::z_stream>>,
}

extern "C" fn allocate(_opaque: *mut c_void, items: z::uInt, size: z::uInt) -> *mut c_void {
    // SAFETY: any sizes are fine; calloc checks their product.
    unsafe { libc::calloc(items as usize, size as usize) }
}

extern "C" fn release(_opaque: *mut c_void, address: *mut c_void) {
    // SAFETY: zlib gives back what `allocate` gave.
    unsafe { libc::free(address) }
}

impl Deflate {
    pub(super) fn new(
        mode: i32,
        window_bits: i32,
        level: i32,
        memory_level: i32,
        strategy: i32,
        dictionary: &[u8],
    ) -> Self {
        let mode = Mode::of(mode);
        let window_bits = match mode {
            Mode::Gzip | Mode::Gunzip => window_bits + 16,
            Mode::Unzip => window_bits + 32,
            Mode::DeflateRaw | Mode::InflateRaw => -window_bits,
            Mode::Deflate | Mode::Inflate => window_bits,
        };
        Self {
            mode,
            window_bits,
            level,
            memory_level,
            strategy,
            dictionary: dictionary.to_vec(),
            mark_seen: 0,
            error: z::Z_OK,
            carried: Vec::new(),
            stream: None,
        }
    }

    /// Begins the stream if that was not done; false if zlib refuses the settings.
    fn begin(&mut self) -> bool {
        if self.stream.is_some() {
            return true;
        }
        let mut stream = Box::new(z::z_stream {
            next_in: ptr::null_mut(),
            avail_in: 0,
            total_in: 0,
            next_out: ptr::null_mut(),
            avail_out: 0,
            total_out: 0,
            msg: ptr::null_mut(),
            state: ptr::null_mut(),
            zalloc: allocate,
            zfree: release,
            opaque: ptr::null_mut(),
            data_type: 0,
            adler: 0,
            reserved: 0,
        });
        let size = mem::size_of::<z::z_stream>() as c_int;
        // SAFETY: the stream is whole, stays where it is, and version and size are those of the zlib that is linked.
        self.error = unsafe {
            if self.mode.compresses() {
                let (level, bits) = (self.level, self.window_bits);
                let (memory, strategy) = (self.memory_level, self.strategy);
                let version = z::zlibVersion();
                z::deflateInit2_(&mut *stream, level, z::Z_DEFLATED, bits, memory, strategy, version, size)
            } else {
                z::inflateInit2_(&mut *stream, self.window_bits, z::zlibVersion(), size)
            }
        };
        if self.error != z::Z_OK {
            return false;
        }
        self.stream = Some(stream);
        // What it refuses of a dictionary shows when the data needs it.
        let _ = self.set_dictionary();
        true
    }

    fn set_dictionary(&mut self) -> Result<(), Failure> {
        let Some(stream) = self.stream.as_deref_mut() else { return Ok(()) };
        if self.dictionary.is_empty() {
            return Ok(());
        }
        let (data, length) = (self.dictionary.as_ptr(), self.dictionary.len() as z::uInt);
        // SAFETY: the stream was begun in the mode's direction, and zlib copies of the dictionary what it keeps.
        self.error = unsafe {
            match self.mode {
                Mode::Deflate | Mode::DeflateRaw => z::deflateSetDictionary(stream, data, length),
                Mode::InflateRaw => z::inflateSetDictionary(stream, data, length),
                _ => z::Z_OK,
            }
        };
        if self.error == z::Z_OK { Ok(()) } else { Err(self.failure("Failed to set dictionary")) }
    }

    /// Finds out what the data is, by its first bytes.
    fn detect(&mut self, input: &[u8]) {
        for &byte in input {
            if byte != GZIP_ID[self.mark_seen] {
                self.mode = Mode::Inflate;
                return;
            }
            self.mark_seen += 1;
            if self.mark_seen == GZIP_ID.len() {
                self.mode = Mode::Gunzip;
                return;
            }
        }
    }

    fn inflate(&mut self, flush: c_int) {
        let Some(stream) = self.stream.as_deref_mut() else { return };
        // SAFETY: the stream was begun for inflating, and its pointers are of the buffers of this step.
        unsafe {
            self.error = z::inflate(stream, flush);
            if self.mode != Mode::InflateRaw && self.error == z::Z_NEED_DICT && !self.dictionary.is_empty() {
                let (data, length) = (self.dictionary.as_ptr(), self.dictionary.len() as z::uInt);
                self.error = match z::inflateSetDictionary(stream, data, length) {
                    z::Z_OK => z::inflate(stream, flush),
                    // Both data and dictionary can be wrong in this way; it is the dictionary.
                    z::Z_DATA_ERROR => z::Z_NEED_DICT,
                    error => error,
                };
            }
            // Another member may follow, or zeros that pad.
            while self.mode == Mode::Gunzip
                && self.error == z::Z_STREAM_END
                && stream.avail_in > 0
                && *stream.next_in != 0
            {
                z::inflateReset(stream);
                self.error = z::inflate(stream, flush);
            }
        }
    }

    fn failure(&self, message: &str) -> Failure {
        let code = match self.error {
            z::Z_NEED_DICT => "Z_NEED_DICT",
            z::Z_ERRNO => "Z_ERRNO",
            z::Z_STREAM_ERROR => "Z_STREAM_ERROR",
            z::Z_DATA_ERROR => "Z_DATA_ERROR",
            z::Z_MEM_ERROR => "Z_MEM_ERROR",
            z::Z_BUF_ERROR => "Z_BUF_ERROR",
            z::Z_VERSION_ERROR => "Z_VERSION_ERROR",
            z::Z_STREAM_END => "Z_STREAM_END",
            _ => "Z_OK",
        };
        let said = self.stream.as_ref().map(|stream| stream.msg).filter(|said| !said.is_null());
        // SAFETY: zlib's texts are constants that end in a zero.
        let said = said.map(|said| unsafe { CStr::from_ptr(said) }.to_string_lossy().into_owned());
        Failure::new(self.error, code, said.unwrap_or_else(|| message.to_string()))
    }

    /// What is wrong after a step that left this much of the output free.
    fn check(&self, flush: c_int, free: usize) -> Result<(), Failure> {
        match self.error {
            z::Z_OK | z::Z_BUF_ERROR if free != 0 && flush == z::Z_FINISH => {
                Err(self.failure("unexpected end of file"))
            }
            z::Z_OK | z::Z_BUF_ERROR | z::Z_STREAM_END => Ok(()),
            z::Z_NEED_DICT if self.dictionary.is_empty() => Err(self.failure("Missing dictionary")),
            z::Z_NEED_DICT => Err(self.failure("Bad dictionary")),
            _ => Err(self.failure("Zlib error")),
        }
    }
}

/// The buffers are of one step only.
fn forget_buffers(stream: &mut z::z_stream) {
    stream.next_in = ptr::null_mut();
    stream.next_out = ptr::null_mut();
    stream.avail_in = 0;
    stream.avail_out = 0;
}

impl Codec for Deflate {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if !self.begin() {
            return Err(self.failure("Zlib error"));
        }
        if self.mode == Mode::Unzip {
            self.detect(input);
        }
        let carried = self.carried.len().min(output.len());
        output[..carried].copy_from_slice(&self.carried[..carried]);
        self.carried.drain(..carried);
        let output = &mut output[carried..];
        let compresses = self.mode.compresses();
        let Some(stream) = self.stream.as_deref_mut() else { return Ok(Step::default()) };
        // zlib counts in 32 bits; what is left over is for the next step.
        stream.avail_in = input.len().min(z::uInt::MAX as usize) as z::uInt;
        stream.next_in = input.as_ptr().cast_mut();
        stream.avail_out = output.len().min(z::uInt::MAX as usize) as z::uInt;
        stream.next_out = output.as_mut_ptr();
        if compresses {
            // SAFETY: the stream was begun for deflating; it reads of the input and writes to the output.
            self.error = unsafe { z::deflate(stream, flush) };
        } else {
            self.inflate(flush);
        }
        let Some(stream) = self.stream.as_deref_mut() else { return Ok(Step::default()) };
        let taken = input.len() - stream.avail_in as usize;
        let free = stream.avail_out as usize;
        forget_buffers(stream);
        self.check(flush, free)?;
        Ok(Step { taken, made: carried + output.len() - free })
    }

    fn finished(&self) -> bool {
        self.error == z::Z_STREAM_END
    }

    fn reset(&mut self) -> Result<(), Failure> {
        if !self.begin() {
            return Err(self.failure("Failed to init stream before reset"));
        }
        let compresses = self.mode.compresses();
        let Some(stream) = self.stream.as_deref_mut() else { return Ok(()) };
        // SAFETY: the stream was begun in this direction.
        self.error = unsafe { if compresses { z::deflateReset(stream) } else { z::inflateReset(stream) } };
        if self.error != z::Z_OK {
            return Err(self.failure("Failed to reset stream"));
        }
        self.set_dictionary()
    }

    fn retune(&mut self, level: i32, strategy: i32) -> Result<(), Failure> {
        if !self.begin() {
            return Err(self.failure("Failed to init stream before set parameters"));
        }
        if !matches!(self.mode, Mode::Deflate | Mode::DeflateRaw) {
            return Ok(());
        }
        let Some(stream) = self.stream.as_deref_mut() else { return Ok(()) };
        // What is not yet written has the old level; after a flush there is nothing.
        let mut room = [0; 1024];
        stream.avail_in = 0;
        stream.next_in = room.as_mut_ptr();
        stream.avail_out = room.len() as z::uInt;
        stream.next_out = room.as_mut_ptr();
        // SAFETY: the stream was begun for deflating; it writes to the room, which outlives the call.
        self.error = unsafe { z::deflateParams(stream, level, strategy) };
        self.carried.extend_from_slice(&room[..room.len() - stream.avail_out as usize]);
        forget_buffers(stream);
        match self.error {
            z::Z_OK | z::Z_BUF_ERROR => Ok(()),
            _ => Err(self.failure("Failed to set parameters")),
        }
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        let compresses = self.mode.compresses();
        if let Some(stream) = self.stream.as_deref_mut() {
            // SAFETY: the stream was begun in this direction, and is not used afterwards.
            unsafe { if compresses { z::deflateEnd(stream) } else { z::inflateEnd(stream) } };
        }
    }
}
