//! Brotli, with the parameters that production knows by number.
//!
//! A reset is a new codec with the default parameters, as in production.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{Codec, Failure, Step};

const OPERATION_FINISH: i32 = 2;

/// Compresses.
pub(super) struct BrotliEncoder {
    state: BrotliEncoderStateStruct<StandardAlloc>,
}

impl BrotliEncoder {
    pub(super) fn new(params: Vec<(u32, u32)>) -> Result<Self, Failure> {
        let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
        let is_large = params.iter().any(|(key, value)| *key == 6 && *value != 0);
        for (key, value) in params {
            // This encoder cannot have a window beyond the standard's and a mode; a mode is but advice.
            if key == 0 && is_large {
                continue;
            }
            let parameter = match key {
                0 => BrotliEncoderParameter::BROTLI_PARAM_MODE,
                1 => BrotliEncoderParameter::BROTLI_PARAM_QUALITY,
                2 => BrotliEncoderParameter::BROTLI_PARAM_LGWIN,
                3 => BrotliEncoderParameter::BROTLI_PARAM_LGBLOCK,
                4 => BrotliEncoderParameter::BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING,
                5 => BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT,
                6 => BrotliEncoderParameter::BROTLI_PARAM_LARGE_WINDOW,
                // How distances are coded: this encoder finds out by itself.
                7 | 8 => continue,
                _ => return Err(parameter_refused()),
            };
            if !state.set_parameter(parameter, value) {
                return Err(parameter_refused());
            }
        }
        Ok(Self { state })
    }
}

fn parameter_refused() -> Failure {
    Failure::new(-1, "ERR_BROTLI_PARAM_SET_FAILED", "Setting parameter failed")
}

impl Codec for BrotliEncoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        let operation = match flush {
            1 => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
            OPERATION_FINISH => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
            3 => BrotliEncoderOperation::BROTLI_OPERATION_EMIT_METADATA,
            _ => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
        };
        let (mut left, mut taken) = (input.len(), 0);
        let (mut free, mut made) = (output.len(), 0);
        let good = self.state.compress_stream(
            operation,
            &mut left,
            input,
            &mut taken,
            &mut free,
            output,
            &mut made,
            &mut None,
            &mut |_, _, _, _| (),
        );
        if !good {
            return Err(Failure::new(-1, "ERR_BROTLI_COMPRESSION_FAILED", "Compression failed"));
        }
        Ok(Step { taken, made })
    }

    fn finished(&self) -> bool {
        self.state.is_finished()
    }

    fn reset(&mut self) -> Result<(), Failure> {
        *self = Self::new(Vec::new())?;
        Ok(())
    }
}

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// Decompresses.
pub(super) struct BrotliDecoder {
    state: Box<State>,
    finished: bool,
}

impl BrotliDecoder {
    pub(super) fn new(params: Vec<(u32, u32)>) -> Result<Self, Failure> {
        let mut state =
            Box::new(State::new(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default()));
        // Windows beyond the standard's are only for who asks for them.
        state.large_window = false;
        for (key, value) in params {
            match key {
                // Whether its buffer may grow: this decoder's does as it likes.
                0 => {}
                1 => state.large_window = value != 0,
                _ => return Err(parameter_refused()),
            }
        }
        Ok(Self { state, finished: false })
    }
}

impl Codec for BrotliDecoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Step, Failure> {
        if self.finished {
            return Ok(Step::default());
        }
        let (mut left, mut taken) = (input.len(), 0);
        let (mut free, mut made, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream::<_, _, _>(
            &mut left,
            &mut taken,
            input,
            &mut free,
            &mut made,
            output,
            &mut total,
            &mut *self.state,
        );
        match result {
            BrotliResult::ResultFailure => {
                let mut name = format!("{:?}", self.state.error_code);
                // This decoder gives two errors one name: that of the end, and that of data that is stored as it is.
                if name.ends_with("_PADDING_2") && (self.state.is_metadata != 0 || self.state.is_uncompressed != 0) {
                    name = "BROTLI_DECODER_ERROR_FORMAT_PADDING_1".to_string();
                }
                let code = format!("ERR_{}", name.strip_prefix("BROTLI_DECODER").unwrap_or(&name));
                Err(Failure::new(-1, &code, "Compression failed"))
            }
            BrotliResult::NeedsMoreInput if flush == OPERATION_FINISH => {
                Err(Failure::new(-5, "Z_BUF_ERROR", "Unexpected end of file"))
            }
            BrotliResult::ResultSuccess => {
                self.finished = true;
                Ok(Step { taken, made })
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(Step { taken, made }),
        }
    }

    fn finished(&self) -> bool {
        self.finished
    }

    fn reset(&mut self) -> Result<(), Failure> {
        *self = Self::new(Vec::new())?;
        Ok(())
    }
}
