//! The reading end of a stream, as the consumer holds it.
//!
//! Owns the receiving machine and drives it under the link's lock. A chunk counts as consumed when it is
//! handed out: whoever reads must not read ahead of what it can pass on, or the window means nothing. Dropped
//! before the end, it cancels the stream, so that a writer never waits for a consumer that is gone.

use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use lopata_protocol::{StreamId, WireError};

use super::cost;
use super::link::{Frames, Link, register};
use super::receiver::{Receiver, ReceiverAction, ReceiverInput};
use crate::census::Counted;

/// The reading end of a stream.
#[derive(Debug)]
pub struct StreamReader {
    id: StreamId,
    pub(super) link: Arc<Link>,
    machine: Receiver,
    /// Some exactly while the machine is open.
    open: Option<Counted>,
}

impl StreamReader {
    pub(super) fn new(id: StreamId, link: Arc<Link>, open: Counted) -> Self {
        Self { id, link, machine: Receiver::new(), open: Some(open) }
    }

    /// Which stream this end belongs to.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// The next bytes, `None` at the end, or once the error that ended the body and `None` from then on.
    ///
    /// Taking a chunk grants the writer credit, in batches.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, WireError>>> {
        self.take_next(Some(cx))
    }

    /// The next bytes; see [`StreamReader::poll_read`]. Cancel-safe: nothing is lost when it is dropped.
    pub async fn read(&mut self) -> Option<Result<Bytes, WireError>> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// What is here already, as `Ready`; `Pending` when nothing is, and then nobody is woken.
    pub fn try_read(&mut self) -> Poll<Option<Result<Bytes, WireError>>> {
        self.take_next(None)
    }

    /// True when the end or the error has been read.
    pub fn is_finished(&self) -> bool {
        !self.machine.is_open()
    }

    /// Tells the writer to stop, and why. Bytes on their way are dropped.
    pub fn cancel(mut self, reason: WireError) {
        self.close(reason);
    }

    fn take_next(&mut self, cx: Option<&mut Context<'_>>) -> Poll<Option<Result<Bytes, WireError>>> {
        if !self.machine.is_open() {
            return Poll::Ready(None);
        }
        let mut frames = self.link.0.lock();
        let Some(frame) = frames.to_receiver.pop_front() else {
            let replaced = cx.and_then(|cx| register(&mut frames.reader, cx));
            drop(frames);
            drop(replaced);
            return Poll::Pending;
        };
        match self.machine.step(ReceiverInput::Frame(frame)) {
            ReceiverAction::Deliver(chunk) => {
                let mut writer = None;
                if let ReceiverAction::Send(credit) = self.machine.step(ReceiverInput::Taken(cost(&chunk))) {
                    frames.to_sender.push_back(credit);
                    writer = frames.writer.take();
                }
                drop(frames);
                if let Some(waker) = writer {
                    waker.wake();
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            ReceiverAction::Finish(error) => {
                drop(frames);
                self.open = None;
                Poll::Ready(error.map(Err))
            }
            ReceiverAction::Send(_) | ReceiverAction::Nothing => unreachable!("an open end delivers or finishes"),
        }
    }

    fn close(&mut self, reason: WireError) {
        let ReceiverAction::Send(cancel) = self.machine.step(ReceiverInput::Cancel(reason)) else {
            return;
        };
        let mut frames = self.link.0.lock();
        let Frames { to_receiver, to_sender, reader, writer, watcher } = &mut *frames;
        to_sender.push_back(cancel);
        let (wake_writer, wake_watcher) = (writer.take(), watcher.take());
        // The writer sends nothing more: it takes in this cancel under the lock under which it would push.
        let unread = (mem::take(to_receiver), reader.take());
        drop(frames);
        drop(unread);
        self.open = None;
        for waker in [wake_writer, wake_watcher].into_iter().flatten() {
            waker.wake();
        }
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        if self.machine.is_open() {
            self.close(WireError::new("AbortError", "The stream was cancelled: nobody reads it any more."));
        }
    }
}
