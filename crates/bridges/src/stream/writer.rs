//! The writing end of a stream, as the producer holds it.
//!
//! Owns the sending machine and drives it under the link's lock. It never blocks: without credit it returns
//! `Pending` and is woken when the reader took enough. Dropped before [`StreamWriter::finish`] or
//! [`StreamWriter::fail`], it fails the stream, so that a reader never waits for a producer that died.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use lopata_protocol::{StreamId, ToReceiver, WireError};

use super::link::{Frames, Link, register};
use super::sender::{Sender, SenderAction, SenderInput};
use crate::census::Counted;

/// The reader cancelled the stream or is gone; the producer should stop.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the stream was cancelled: {reason}")]
pub struct StreamCancelled {
    /// What the reader gave as its reason.
    pub reason: WireError,
}

/// The writing end of a stream.
#[derive(Debug)]
pub struct StreamWriter {
    id: StreamId,
    pub(super) link: Arc<Link>,
    machine: Sender,
    /// Some exactly while the machine is open.
    open: Option<Counted>,
}

impl StreamWriter {
    pub(super) fn new(id: StreamId, link: Arc<Link>, open: Counted) -> Self {
        Self { id, link, machine: Sender::new(), open: Some(open) }
    }

    /// Which stream this end belongs to.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Sends as much of `chunk` as the credit allows and advances it; true when all of it is sent.
    ///
    /// An empty chunk sends nothing, and still reports a cancel.
    pub fn try_write(&mut self, chunk: &mut Bytes) -> Result<bool, StreamCancelled> {
        self.drive(chunk, None)
    }

    /// Sends all of `chunk`, advancing it as credit allows; `Pending` until the last byte is sent.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, chunk: &mut Bytes) -> Poll<Result<(), StreamCancelled>> {
        match self.drive(chunk, Some(cx)) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => Poll::Pending,
            Err(cancelled) => Poll::Ready(Err(cancelled)),
        }
    }

    /// Sends all of `chunk`. Cancel-safe in that whatever was sent was sent once, in order.
    pub async fn write(&mut self, mut chunk: Bytes) -> Result<(), StreamCancelled> {
        poll_fn(|cx| self.poll_write(cx, &mut chunk)).await
    }

    /// Resolves when there is credit, so that a producer can pull from its source only what it can send.
    ///
    /// Shares its waker with [`StreamWriter::poll_write`]: one task writes.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamCancelled>> {
        let mut frames = self.link.0.lock();
        absorb(&mut self.machine, &mut self.open, &mut frames);
        if let Some(reason) = self.machine.cancelled() {
            return Poll::Ready(Err(StreamCancelled { reason: reason.clone() }));
        }
        if self.machine.has_credit() {
            return Poll::Ready(Ok(()));
        }
        let replaced = register(&mut frames.writer, cx);
        drop(frames);
        drop(replaced);
        Poll::Pending
    }

    /// Resolves, with the reader's reason, when the reader cancelled or was dropped; then stays resolved.
    ///
    /// Has a waker of its own, so it may be watched beside a write.
    pub fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<WireError> {
        let mut frames = self.link.0.lock();
        absorb(&mut self.machine, &mut self.open, &mut frames);
        if let Some(reason) = self.machine.cancelled() {
            return Poll::Ready(reason.clone());
        }
        let replaced = register(&mut frames.watcher, cx);
        drop(frames);
        drop(replaced);
        Poll::Pending
    }

    /// Ends the body: the reader gets what is on its way and then the end.
    pub fn finish(mut self) {
        self.close(SenderInput::End);
    }

    /// Fails the body: the reader gets what is on its way and then the error.
    pub fn fail(mut self, error: WireError) {
        self.close(SenderInput::Fail(error));
    }

    /// Writes under one lock; registers for credit when some is missing and there is a context.
    fn drive(&mut self, chunk: &mut Bytes, cx: Option<&mut Context<'_>>) -> Result<bool, StreamCancelled> {
        let mut frames = self.link.0.lock();
        absorb(&mut self.machine, &mut self.open, &mut frames);
        if let Some(reason) = self.machine.cancelled() {
            return Err(StreamCancelled { reason: reason.clone() });
        }
        let mut reader = None;
        let sent_all = loop {
            match self.machine.step(SenderInput::Write(chunk)) {
                SenderAction::Send(frame) => push(&mut frames, frame, &mut reader),
                SenderAction::Wait => break false,
                SenderAction::Nothing => break true,
            }
        };
        let replaced = match cx {
            Some(cx) if !sent_all => register(&mut frames.writer, cx),
            Some(_) | None => None,
        };
        drop(frames);
        drop(replaced);
        wake(reader);
        Ok(sent_all)
    }

    fn close(&mut self, input: SenderInput<'_>) {
        if !self.machine.is_open() {
            return;
        }
        let mut reader = None;
        let mut frames = self.link.0.lock();
        absorb(&mut self.machine, &mut self.open, &mut frames);
        if let SenderAction::Send(frame) = self.machine.step(input) {
            push(&mut frames, frame, &mut reader);
        }
        // Nobody is left to be woken on this side; wakers keep tasks alive, so they go.
        let own = (frames.writer.take(), frames.watcher.take());
        drop(frames);
        drop(own);
        self.open = None;
        wake(reader);
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        if self.machine.is_open() {
            let detail = "The stream ended early: the side that was writing it is gone.";
            self.close(SenderInput::Fail(WireError::connection_lost(Some(detail))));
        }
    }
}

/// Takes in what the reader said.
fn absorb(machine: &mut Sender, open: &mut Option<Counted>, frames: &mut Frames) {
    while let Some(frame) = frames.to_sender.pop_front() {
        let action = machine.step(SenderInput::Frame(frame));
        assert_eq!(action, SenderAction::Nothing, "no frame from the reader is answered");
    }
    if !machine.is_open() {
        *open = None;
    }
}

fn push(frames: &mut Frames, frame: ToReceiver, reader: &mut Option<Waker>) {
    frames.to_receiver.push_back(frame);
    if let Some(waker) = frames.reader.take() {
        *reader = Some(waker);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
