//! A credit stream as HTTP pulls it: with its length, when that is known, and with a calm end.
//!
//! hyper knows the end of a sized body by counting and does not ask again. Whoever writes the stream, though, has
//! still to close it, and cancelling it then would tell user code of a cancellation that never was: a stream whose
//! bytes are all through is read to its end in the background instead.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use lopata_bridges::StreamReader;
use lopata_protocol::WireError;

/// See the module's header. Dropped before its end, it cancels the stream.
pub(crate) struct Pull {
    /// `None` exactly when the stream is over.
    reader: Option<StreamReader>,
    /// Bytes still to come, when the length is known.
    remaining: Option<u64>,
}

impl Pull {
    /// Pulls from `reader`, which will bring `length` bytes.
    pub(crate) fn new(reader: StreamReader, length: Option<u64>) -> Self {
        Self { reader: Some(reader), remaining: length }
    }

    /// The bytes still to come, when that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    /// True when every byte has been handed out, by the count or by the end of the stream.
    pub(crate) fn is_through(&self) -> bool {
        self.reader.is_none() || self.remaining == Some(0)
    }

    /// The next bytes.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, WireError>>> {
        let Some(reader) = &mut self.reader else { return Poll::Ready(None) };
        let next = ready!(reader.poll_read(cx));
        match &next {
            Some(Ok(chunk)) => {
                if let Some(remaining) = &mut self.remaining {
                    *remaining = remaining.saturating_sub(chunk.len() as u64);
                }
            }
            Some(Err(_)) | None => self.reader = None,
        }
        Poll::Ready(next)
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        if let (Some(0), Some(mut reader)) = (self.remaining, self.reader.take())
            && reader.try_read().is_pending()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { reader.read().await });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::poll_fn;

    use lopata_bridges::stream;

    use super::*;

    #[tokio::test]
    async fn a_sized_stream_that_is_through_is_not_cancelled() {
        let (mut writer, reader) = stream();
        let mut pull = Pull::new(reader, Some(3));
        writer.write(Bytes::from_static(b"abc")).await.unwrap();
        assert_eq!(poll_fn(|cx| pull.poll(cx)).await.unwrap().unwrap(), "abc");
        assert!(pull.is_through());
        drop(pull);
        tokio::task::yield_now().await;
        assert!(poll_fn(|cx| Poll::Ready(writer.poll_cancelled(cx).is_pending())).await);
        writer.finish();
    }

    #[tokio::test]
    async fn a_stream_that_is_left_early_is_cancelled() {
        for length in [None, Some(4)] {
            let (mut writer, reader) = stream();
            let mut pull = Pull::new(reader, length);
            writer.write(Bytes::from_static(b"abc")).await.unwrap();
            poll_fn(|cx| pull.poll(cx)).await.unwrap().unwrap();
            assert_eq!(pull.remaining(), length.map(|_| 1));
            drop(pull);
            poll_fn(|cx| writer.poll_cancelled(cx)).await;
        }
    }
}
