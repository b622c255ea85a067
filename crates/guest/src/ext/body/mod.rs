//! Ops of bodies that cross threads: reading ends, writing ends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bytes::Bytes;
use deno_core::{OpState, ToV8, op2, v8};
use lopata_bridges::{StreamReader, StreamWriter, stream};
use lopata_protocol::WireError;

use crate::error::GuestError;
use crate::state::GuestState;
use crate::wire;

/// The open ends of one isolate. A number names an end until it is closed; numbers are not reused.
#[derive(Default)]
pub struct Bodies {
    readers: RefCell<HashMap<u32, Rc<ReaderSlot>>>,
    writers: RefCell<HashMap<u32, Rc<WriterSlot>>>,
    next: std::cell::Cell<u32>,
}

/// A reading end. The reader is gone once it was taken, cancelled or read to its end.
struct ReaderSlot {
    reader: RefCell<Option<StreamReader>>,
    /// Set while a read is pending, so that a cancel can end it.
    waker: RefCell<Option<Waker>>,
}

/// A writing end and its other half, until that half is sent away.
struct WriterSlot {
    writer: RefCell<Option<StreamWriter>>,
    reader: RefCell<Option<StreamReader>>,
    /// Set while a write is pending, so that a close can end it.
    write_waker: RefCell<Option<Waker>>,
    /// Set while somebody watches for cancellation, likewise.
    watch_waker: RefCell<Option<Waker>>,
}

impl Bodies {
    fn next_id(&self) -> u32 {
        self.next.set(self.next.get() + 1);
        self.next.get()
    }

    /// Takes in a reading end that arrived with a message.
    pub fn add_reader(&self, reader: StreamReader) -> u32 {
        let id = self.next_id();
        let slot = ReaderSlot { reader: RefCell::new(Some(reader)), waker: RefCell::new(None) };
        self.readers.borrow_mut().insert(id, Rc::new(slot));
        id
    }

    /// Takes in a writing end that arrived with a message.
    pub fn add_writer(&self, writer: StreamWriter) -> u32 {
        let id = self.next_id();
        let slot = WriterSlot {
            writer: RefCell::new(Some(writer)),
            reader: RefCell::new(None),
            write_waker: RefCell::new(None),
            watch_waker: RefCell::new(None),
        };
        self.writers.borrow_mut().insert(id, Rc::new(slot));
        id
    }

    /// Gives away a reading end nobody has read from.
    pub fn take_reader(&self, id: u32) -> Option<StreamReader> {
        self.readers.borrow_mut().remove(&id)?.reader.borrow_mut().take()
    }

    /// Gives away the reading end of a stream that this isolate writes.
    pub fn take_pumped(&self, id: u32) -> Option<StreamReader> {
        self.writers.borrow().get(&id)?.reader.borrow_mut().take()
    }

    fn reader(&self, id: u32) -> Option<Rc<ReaderSlot>> {
        self.readers.borrow().get(&id).cloned()
    }

    fn writer(&self, id: u32) -> Option<Rc<WriterSlot>> {
        self.writers.borrow().get(&id).cloned()
    }
}

/// What a read gives to the script: a `Uint8Array`, `null` at the end, or `{ failure }` for `errors.js`.
pub enum ReadResult {
    /// The next bytes.
    Chunk(Bytes),
    /// There are no more.
    End,
    /// The sender failed.
    Failed(WireError),
}

impl<'s> ToV8<'s> for ReadResult {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        Ok(match self {
            Self::Chunk(bytes) => bytes_to_v8(scope, bytes),
            Self::End => v8::null(scope).into(),
            Self::Failed(error) => wire::failure_to_v8(scope, &error),
        })
    }
}

fn state_of(state: &OpState) -> Rc<GuestState> {
    state.borrow::<Rc<GuestState>>().clone()
}

/// Reads without waiting: as `op_body_read`, or `undefined` when nothing has arrived.
#[op2]
pub fn op_body_try_read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[smi] id: u32,
) -> Result<v8::Local<'s, v8::Value>, GuestError> {
    let guest = state_of(state);
    let slot = guest.bodies.reader(id).ok_or(GuestError::EventOver)?;
    let polled = {
        let mut reader = slot.reader.borrow_mut();
        match reader.as_mut() {
            Some(reader) => reader.poll_read(&mut std::task::Context::from_waker(Waker::noop())),
            None => return Err(GuestError::EventOver),
        }
    };
    match polled {
        Poll::Pending => Ok(v8::undefined(scope).into()),
        Poll::Ready(None) => {
            guest.bodies.readers.borrow_mut().remove(&id);
            Ok(v8::null(scope).into())
        }
        Poll::Ready(Some(Ok(bytes))) => Ok(bytes_to_v8(scope, bytes)),
        Poll::Ready(Some(Err(error))) => {
            guest.bodies.readers.borrow_mut().remove(&id);
            Ok(wire::failure_to_v8(scope, &error))
        }
    }
}

/// Hands a chunk to the script without a copy when nobody else holds it.
pub fn bytes_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: Bytes) -> v8::Local<'s, v8::Value> {
    let data = Vec::<u8>::from(bytes);
    let length = data.len();
    let store = v8::ArrayBuffer::new_backing_store_from_vec(data).make_shared();
    let buffer = v8::ArrayBuffer::with_backing_store(scope, &store);
    match v8::Uint8Array::new(scope, buffer, 0, length) {
        Some(array) => array.into(),
        None => v8::undefined(scope).into(),
    }
}

/// Waits for the next chunk or the end.
#[op2]
pub async fn op_body_read(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> Result<ReadResult, GuestError> {
    let guest = state_of(&state.borrow());
    let slot = guest.bodies.reader(id).ok_or(GuestError::EventOver)?;
    let result = poll_fn(|cx| {
        let mut reader = slot.reader.borrow_mut();
        let Some(reader) = reader.as_mut() else { return Poll::Ready(Err(GuestError::EventOver)) };
        match reader.poll_read(cx) {
            Poll::Pending => {
                *slot.waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
            Poll::Ready(None) => Poll::Ready(Ok(ReadResult::End)),
            Poll::Ready(Some(Ok(bytes))) => Poll::Ready(Ok(ReadResult::Chunk(bytes))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Ok(ReadResult::Failed(error))),
        }
    })
    .await?;
    if matches!(result, ReadResult::End | ReadResult::Failed(_)) {
        guest.bodies.readers.borrow_mut().remove(&id);
    }
    Ok(result)
}

/// Wants no more of a body; its sender stops.
#[op2(nofast, reentrant)]
pub fn op_body_cancel<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] id: u32,
    reason: v8::Local<'s, v8::Value>,
) {
    let guest = state_of(&state.borrow());
    let Some(slot) = guest.bodies.readers.borrow_mut().remove(&id) else { return };
    let reason = wire::describe(scope, reason);
    if let Some(reader) = slot.reader.borrow_mut().take() {
        reader.cancel(reason);
    }
    if let Some(waker) = slot.waker.borrow_mut().take() {
        waker.wake();
    }
}

/// Whether a reading end is still here: neither read to its end nor passed on.
#[op2(fast)]
pub fn op_body_is_open(state: &mut OpState, #[smi] id: u32) -> bool {
    state.borrow::<Rc<GuestState>>().bodies.readers.borrow().contains_key(&id)
}

/// Opens a stream that this isolate writes; the number names both ends until the reading one is sent away.
#[op2(fast)]
#[smi]
pub fn op_body_open(state: &mut OpState) -> u32 {
    let guest = state_of(state);
    let (writer, reader) = stream();
    let slot = WriterSlot {
        writer: RefCell::new(Some(writer)),
        reader: RefCell::new(Some(reader)),
        write_waker: RefCell::new(None),
        watch_waker: RefCell::new(None),
    };
    let id = guest.bodies.next_id();
    guest.bodies.writers.borrow_mut().insert(id, Rc::new(slot));
    id
}

/// Writes without waiting; false means that some of the chunk is left, which `op_body_write` then sends.
#[op2(fast)]
pub fn op_body_try_write(
    state: &mut OpState,
    #[smi] id: u32,
    #[buffer(copy)] chunk: Bytes,
) -> Result<bool, GuestError> {
    let guest = state_of(state);
    let Some(slot) = guest.bodies.writer(id) else { return Ok(false) };
    let mut writer = slot.writer.borrow_mut();
    let Some(writer) = writer.as_mut() else { return Ok(false) };
    let mut rest = chunk;
    match writer.try_write(&mut rest) {
        Ok(true) => Ok(true),
        Ok(false) => {
            state.put(Leftover { id, rest });
            Ok(false)
        }
        Err(_cancelled) => {
            state.put(Leftover { id, rest: Bytes::new() });
            Ok(false)
        }
    }
}

/// What `op_body_try_write` could not send, for the `op_body_write` that follows it at once.
struct Leftover {
    id: u32,
    rest: Bytes,
}

/// Waits until the rest of the last chunk has been sent; false when the reader is gone.
#[op2]
pub async fn op_body_write(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> bool {
    let (guest, leftover) = {
        let mut state = state.borrow_mut();
        (state_of(&state), state.try_take::<Leftover>())
    };
    let (Some(slot), Some(leftover)) = (guest.bodies.writer(id), leftover) else { return false };
    assert_eq!(leftover.id, id, "the write that waits is the one that was just tried");
    let mut rest = leftover.rest;
    poll_fn(|cx| {
        let mut writer = slot.writer.borrow_mut();
        let Some(writer) = writer.as_mut() else { return Poll::Ready(false) };
        match writer.poll_write(cx, &mut rest) {
            Poll::Ready(Ok(())) => Poll::Ready(true),
            Poll::Ready(Err(_cancelled)) => Poll::Ready(false),
            Poll::Pending => {
                *slot.write_waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

/// Resolves when the reader of a stream has lost interest, with its reason; also when the stream is over.
#[op2]
#[string]
pub async fn op_body_cancelled(state: Rc<RefCell<OpState>>, #[smi] id: u32) -> String {
    let guest = state_of(&state.borrow());
    let Some(slot) = guest.bodies.writer(id) else { return String::new() };
    let reason = poll_fn(|cx| {
        let mut writer = slot.writer.borrow_mut();
        let Some(writer) = writer.as_mut() else { return Poll::Ready(None) };
        match writer.poll_cancelled(cx) {
            Poll::Ready(reason) => Poll::Ready(Some(reason)),
            Poll::Pending => {
                *slot.watch_waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    })
    .await;
    guest.bodies.writers.borrow_mut().remove(&id);
    reason.map(|error| error.message).unwrap_or_default()
}

/// The body is complete.
#[op2(fast)]
pub fn op_body_finish(state: &mut OpState, #[smi] id: u32) {
    close(state, id, |writer| writer.finish());
}

/// The body failed.
#[op2(nofast, reentrant)]
pub fn op_body_abort<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] id: u32,
    error: v8::Local<'s, v8::Value>,
) {
    let error = wire::describe(scope, error);
    close(&mut state.borrow_mut(), id, |writer| writer.fail(error));
}

fn close(state: &mut OpState, id: u32, how: impl FnOnce(StreamWriter)) {
    let guest = state_of(state);
    let Some(slot) = guest.bodies.writers.borrow_mut().remove(&id) else { return };
    if let Some(writer) = slot.writer.borrow_mut().take() {
        how(writer);
    }
    let wakers = [slot.write_waker.borrow_mut().take(), slot.watch_waker.borrow_mut().take()];
    wakers.into_iter().flatten().for_each(Waker::wake);
}
