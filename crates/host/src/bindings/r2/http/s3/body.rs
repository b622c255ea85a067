//! The body of a request on its way into a bucket: decoded, checked, and not stored before it was found good.
//!
//! ```text
//!  connection ──► aws-chunked ──► checks ──┬─► small and of known length: in memory, checked, then given whole
//!                                          └─► anything else: a credit stream that fails if a check does
//! ```
//!
//! A bucket that refuses early (a condition, a limit) stops the reading; what it said is the answer then.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper::body::Incoming;
use lopata_bridges::stream;
use lopata_protocol::WireError;
use lopata_protocol::limits::R2_INLINE_BYTES_MAX;
use lopata_protocol::r2::R2Error;

use super::checksum::Checks;
use super::chunked::{Decoder, Fields};
use super::errors::S3Error;
use super::sigv4::{Head, Payload};
use crate::bindings::r2::bucket::BodyIn;
use crate::server::next_data;

/// Bytes of a document in a request: a thousand keys of a thousand bytes, each of which may be written as several.
const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A checksum that was stated and is true, as a header for the answer.
pub type Told = Option<(&'static str, String)>;

/// The decoded pieces of a body, checked as they pass.
struct Source<'a> {
    incoming: &'a mut Incoming,
    decoder: Option<Decoder>,
    /// Read and not decoded yet.
    pending: Bytes,
    checks: Checks,
}

impl<'a> Source<'a> {
    fn new(incoming: &'a mut Incoming, payload: Payload, checks: Checks) -> Self {
        let decoder = match payload {
            Payload::Chunked { signer, trailer } => Some(Decoder::new(signer, trailer)),
            Payload::Unsigned | Payload::Hash(_) => None,
        };
        Self { incoming, decoder, pending: Bytes::new(), checks }
    }

    /// Bytes to come, when that is known.
    fn length(&self) -> Option<u64> {
        match self.decoder {
            Some(_) => self.checks.length(),
            None => self.incoming.size_hint().exact(),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if let Some(decoder) = &mut self.decoder
                && let Some(data) = decoder.decode(&mut self.pending)?
            {
                self.checks.update(&data);
                return Ok(Some(data));
            }
            let Some(data) = next_data(self.incoming).await.map_err(|_broken| S3Error::incomplete_body())? else {
                return Ok(None);
            };
            if self.decoder.is_none() {
                self.checks.update(&data);
                return Ok(Some(data));
            }
            self.pending = data;
        }
    }

    /// The body is through.
    fn finish(self) -> Result<Told, S3Error> {
        let fields = self.decoder.map_or(Ok(Fields::new()), Decoder::finish)?;
        self.checks.finish(&fields)
    }
}

/// Reads a body whole that belongs to an operation without any, or is a document.
pub async fn read_whole(incoming: &mut Incoming, payload: Payload, checks: Checks) -> Result<Bytes, S3Error> {
    let mut source = Source::new(incoming, payload, checks);
    let mut whole = BytesMut::new();
    while let Some(data) = source.next().await? {
        if whole.len() + data.len() > DOCUMENT_BYTES_MAX {
            return Err(S3Error::malformed_xml());
        }
        whole.extend_from_slice(&data);
    }
    source.finish()?;
    Ok(whole.freeze())
}

/// Stores the body of a request: `write` is given it and carries the write out.
pub async fn store<T>(
    head: &Head<'_>,
    payload: Payload,
    incoming: &mut Incoming,
    write: impl AsyncFnOnce(BodyIn) -> Result<T, R2Error>,
) -> Result<(T, Told), S3Error> {
    let checks = Checks::read(head, &payload)?;
    let mut source = Source::new(incoming, payload, checks);
    let length = source.length();
    if let Some(length) = length.filter(|length| *length <= R2_INLINE_BYTES_MAX) {
        let mut whole = BytesMut::with_capacity(length as usize);
        while let Some(data) = source.next().await? {
            // The decoder knows no length: one that is not true must not cost memory.
            if whole.len() + data.len() > length as usize {
                return Err(S3Error::incomplete_body());
            }
            whole.extend_from_slice(&data);
        }
        let told = source.finish()?;
        let stored = write(BodyIn::Bytes(whole.freeze())).await.map_err(S3Error::of_bucket)?;
        return Ok((stored, told));
    }
    let (mut writer, reader) = stream();
    let pump = async move {
        loop {
            let next = tokio::select! {
                next = source.next() => next,
                // The bucket says why.
                _reason = poll_fn(|cx| writer.poll_cancelled(cx)) => return Ok(None),
            };
            match next {
                Ok(Some(data)) => {
                    if writer.write(data).await.is_err() {
                        return Ok(None);
                    }
                }
                Ok(None) => {
                    return match source.finish() {
                        Ok(told) => {
                            writer.finish();
                            Ok(told)
                        }
                        Err(error) => {
                            writer.fail(WireError::new("Error", error.to_string()));
                            Err(error)
                        }
                    };
                }
                Err(error) => {
                    writer.fail(WireError::new("Error", error.to_string()));
                    return Err(error);
                }
            }
        }
    };
    let (stored, pumped) = tokio::join!(write(BodyIn::Stream { reader, length }), pump);
    let told = pumped?;
    Ok((stored.map_err(S3Error::of_bucket)?, told))
}
