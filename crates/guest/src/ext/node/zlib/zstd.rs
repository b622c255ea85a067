//! Zstandard, with the parameters that production knows by number.
//!
//! A decompressor ends with the first frame; what follows is the caller's.

use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{
    CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, Strategy, get_error_name,
};

use super::{Codec, Failure, Step};

const END: i32 = 2;

/// What zstd takes where nobody says otherwise.
const DEFAULT_LEVEL: i32 = 3;

/// Compresses.
pub(super) struct ZstdEncoder {
    context: CCtx<'static>,
    finished: bool,
}

impl ZstdEncoder {
    pub(super) fn new(params: Vec<(u32, u32)>, size: Option<u64>) -> Result<Self, Failure> {
        let mut context = CCtx::create();
        set(context.set_parameter(CParameter::CompressionLevel(DEFAULT_LEVEL)))?;
        for (key, value) in params {
            if let Some(parameter) = compression_parameter(key, value)? {
                set(context.set_parameter(parameter))?;
            }
        }
        set(context.set_pledged_src_size(size))?;
        Ok(Self { context, finished: false })
    }
}

fn set(result: Result<usize, usize>) -> Result<(), Failure> {
    result.map(|_| ()).map_err(|code| refused(get_error_name(code)))
}

fn refused(why: &str) -> Failure {
    Failure::new(-1, "ERR_ZSTD_PARAM_SET_FAILED", format!("Setting parameter failed: {why}"))
}

/// Largest window and tables, as powers of two: those of the highest level. Production's isolates have no room for more.
const LOG_MAX: u32 = 27;

/// A parameter by its number in zstd's header; none for those of threads, of which there is one.
fn compression_parameter(key: u32, value: u32) -> Result<Option<CParameter>, Failure> {
    // The tables of a stream are as large as it is told, whatever comes of it.
    if matches!(key, 101..=103) && value > LOG_MAX {
        return Err(refused("Parameter is out of bound"));
    }
    let parameter = match key {
        100 => CParameter::CompressionLevel(value as i32),
        101 => CParameter::WindowLog(value),
        102 => CParameter::HashLog(value),
        103 => CParameter::ChainLog(value),
        104 => CParameter::SearchLog(value),
        105 => CParameter::MinMatch(value),
        106 => CParameter::TargetLength(value),
        107 => CParameter::Strategy(match value {
            1 => Strategy::ZSTD_fast,
            2 => Strategy::ZSTD_dfast,
            3 => Strategy::ZSTD_greedy,
            4 => Strategy::ZSTD_lazy,
            5 => Strategy::ZSTD_lazy2,
            6 => Strategy::ZSTD_btlazy2,
            7 => Strategy::ZSTD_btopt,
            8 => Strategy::ZSTD_btultra,
            9 => Strategy::ZSTD_btultra2,
            0 => return Ok(None),
            _ => return Err(refused("Parameter is out of bound")),
        }),
        160 => CParameter::EnableLongDistanceMatching(value != 0),
        161 => CParameter::LdmHashLog(value),
        162 => CParameter::LdmMinMatch(value),
        163 => CParameter::LdmBucketSizeLog(value),
        164 => CParameter::LdmHashRateLog(value),
        200 => CParameter::ContentSizeFlag(value != 0),
        201 => CParameter::ChecksumFlag(value != 0),
        202 => CParameter::DictIdFlag(value != 0),
        400..=402 => return Ok(None),
        _ => return Err(refused("Unsupported parameter")),
    };
    Ok(Some(parameter))
}

impl Codec for ZstdEncoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        let directive = match flush {
            1 => ZSTD_EndDirective::ZSTD_e_flush,
            END => ZSTD_EndDirective::ZSTD_e_end,
            _ => ZSTD_EndDirective::ZSTD_e_continue,
        };
        let mut source = InBuffer::around(input);
        let mut target = OutBuffer::around(output);
        let left = self.context.compress_stream2(&mut target, &mut source, directive).map_err(|code| {
            let why = get_error_name(code);
            Failure::new(-1, "ERR_ZSTD_COMPRESSION_FAILED", format!("Zstd compression failed: {why}"))
        })?;
        self.finished = flush == END && left == 0;
        Ok(Step { taken: source.pos(), made: target.pos() })
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn reset(&mut self) -> Result<(), Failure> {
        self.finished = false;
        set(self.context.reset(ResetDirective::SessionOnly))
    }
}

/// Decompresses.
pub(super) struct ZstdDecoder {
    context: DCtx<'static>,
    /// The frame is over.
    finished: bool,
    /// A frame was begun.
    begun: bool,
}

impl ZstdDecoder {
    pub(super) fn new(params: Vec<(u32, u32)>) -> Result<Self, Failure> {
        let mut context = DCtx::create();
        for (key, value) in params {
            match key {
                100 => set(context.set_parameter(DParameter::WindowLogMax(value)))?,
                _ => return Err(refused("Unsupported parameter")),
            }
        }
        Ok(Self { context, finished: false, begun: false })
    }
}

impl Codec for ZstdDecoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if self.finished && input.is_empty() {
            return Ok(Step::default());
        }
        let room = output.len();
        let mut source = InBuffer::around(input);
        let mut target = OutBuffer::around(output);
        // Without any data there is nothing that could be cut off.
        self.begun |= !input.is_empty();
        let wanted = if self.begun {
            self.context.decompress_stream(&mut target, &mut source).map_err(|code| {
                let why = get_error_name(code);
                Failure::new(-1, "ERR_ZSTD_DECOMPRESSION_FAILED", format!("Zstd decompression failed: {why}"))
            })?
        } else {
            0
        };
        self.finished = wanted == 0 && self.begun;
        let step = Step { taken: source.pos(), made: target.pos() };
        if flush == END && wanted != 0 && step.made < room {
            return Err(Failure::new(-1, "ERR_ZSTD_DECOMPRESSION_FAILED", "unexpected end of file"));
        }
        Ok(step)
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn reset(&mut self) -> Result<(), Failure> {
        (self.finished, self.begun) = (false, false);
        set(self.context.reset(ResetDirective::SessionOnly))
    }
}
