//! The two ends of a stream as code holds them: wake-ups, drops, and real threads.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;
use std::thread;

use bytes::Bytes;
use lopata_protocol::WireError;
use lopata_protocol::limits::{STREAM_CHUNK_BYTES_MAX, STREAM_WINDOW_BYTES};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::testing::Wakes;

const PERIOD: u64 = 251;
static PATTERN: LazyLock<Bytes> =
    LazyLock::new(|| (0..PERIOD * 4200).map(|n| (n % PERIOD) as u8).collect::<Vec<_>>().into());

/// `count` bytes of the endless test body, from `offset`.
pub(super) fn pattern(offset: u64, count: usize) -> Bytes {
    let start = (offset % PERIOD) as usize;
    PATTERN.slice(start..start + count)
}

/// Whether `chunk` is what the test body holds at `offset`.
pub(super) fn check_pattern(offset: u64, chunk: &[u8]) -> bool {
    chunk == &pattern(offset, chunk.len())[..]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn error(message: &str) -> WireError {
    WireError::new("Error", message)
}

/// What a reader gets of a writer that was dropped.
fn lost() -> WireError {
    WireError::connection_lost(Some("The stream ended early: the side that was writing it is gone."))
}

#[test]
fn ends_are_counted_until_they_are_over() {
    static CENSUS: AtomicUsize = AtomicUsize::new(0);
    let count = || CENSUS.load(Ordering::SeqCst);
    let mut cx = Context::from_waker(Waker::noop());

    let (writer, mut reader) = stream_counted_in(&CENSUS);
    assert_eq!(count(), 2);
    writer.finish();
    assert_eq!(count(), 1);
    assert_eq!(reader.poll_read(&mut cx), Poll::Ready(None));
    assert_eq!(count(), 0, "at its end, though not dropped");
    drop(reader);

    let (mut writer, reader) = stream_counted_in(&CENSUS);
    drop(reader);
    assert_eq!(count(), 1);
    assert!(writer.poll_cancelled(&mut cx).is_ready());
    assert_eq!(count(), 0);
    drop(writer);
    assert_eq!(count(), 0);
}

#[test]
fn a_body_arrives_whole_and_ends() {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut writer, mut reader) = stream();
    assert_eq!(writer.id(), reader.id());
    let mut body = pattern(0, 100_000);
    assert_eq!(writer.try_write(&mut body), Ok(true));
    writer.finish();
    let mut read = 0;
    while let Poll::Ready(Some(chunk)) = reader.poll_read(&mut cx) {
        let chunk = chunk.unwrap();
        assert!(check_pattern(read, &chunk));
        read += chunk.len() as u64;
    }
    assert_eq!(read, 100_000);
    assert!(reader.is_finished());
    assert_eq!(reader.poll_read(&mut cx), Poll::Ready(None), "the end stays the end");
}

#[test]
fn an_error_follows_the_bytes_before_it_once() {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut writer, mut reader) = stream();
    writer.try_write(&mut pattern(0, 3)).unwrap();
    writer.fail(error("broke"));
    assert_eq!(reader.try_read(), Poll::Ready(Some(Ok(pattern(0, 3)))));
    assert_eq!(reader.poll_read(&mut cx), Poll::Ready(Some(Err(error("broke")))));
    assert_eq!(reader.poll_read(&mut cx), Poll::Ready(None));
}

#[test]
fn a_cancel_reaches_a_writer_that_waits_and_one_that_does_not() {
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    let (mut writer, reader) = stream();
    let mut body = pattern(0, STREAM_WINDOW_BYTES as usize + 1);
    assert!(writer.poll_write(&mut cx, &mut body).is_pending());
    assert!(writer.poll_ready(&mut cx).is_pending());
    assert!(writer.poll_cancelled(&mut cx).is_pending());
    reader.cancel(error("enough"));
    assert_eq!(wakes.take(), 2, "the write and the watch");
    let cancelled = StreamCancelled { reason: error("enough") };
    assert_eq!(writer.poll_write(&mut cx, &mut body), Poll::Ready(Err(cancelled.clone())));
    assert_eq!(writer.poll_ready(&mut cx), Poll::Ready(Err(cancelled.clone())));
    assert_eq!(writer.poll_cancelled(&mut cx), Poll::Ready(error("enough")));
    assert_eq!(writer.try_write(&mut Bytes::new()), Err(cancelled));
    writer.finish();
}

#[test]
fn a_waiting_reader_is_woken_once_for_many_chunks() {
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    let (mut writer, mut reader) = stream();
    assert!(reader.poll_read(&mut cx).is_pending());
    for _ in 0..4 {
        writer.try_write(&mut pattern(0, STREAM_CHUNK_BYTES_MAX as usize)).unwrap();
    }
    assert_eq!(wakes.take(), 1);
    drop(writer);
    assert_eq!(wakes.take(), 0, "it was woken and has not looked yet");
}

#[test]
fn a_canceled_stream_frees_what_was_on_its_way() {
    let (mut writer, reader) = stream();
    let body = Bytes::from(vec![1; 1000]);
    writer.try_write(&mut body.clone()).unwrap();
    assert!(!body.is_unique());
    drop(reader);
    assert!(body.is_unique());
}

/// A task may own an end of the very stream that holds its waker.
#[test]
fn replacing_a_waker_that_owns_the_other_end_is_harmless() {
    struct Owner(#[allow(dead_code)] parking_lot::Mutex<Option<StreamWriter>>);
    impl std::task::Wake for Owner {
        fn wake(self: Arc<Self>) {}
    }
    let (writer, mut reader) = stream();
    let owning = Waker::from(Arc::new(Owner(parking_lot::Mutex::new(Some(writer)))));
    assert!(reader.poll_read(&mut Context::from_waker(&owning)).is_pending());
    drop(owning);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reader.poll_read(&mut cx).is_pending(), "the writer died with the waker that this poll replaced");
    assert!(matches!(reader.poll_read(&mut cx), Poll::Ready(Some(Err(_)))));
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Write(usize),
    WriteMore,
    Ready,
    Watch,
    Read,
    Finish,
    Fail,
    Cancel,
    DropWriter,
    DropReader,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => prop_oneof![0..300usize, Just(64 * 1024), 1..400_000usize].prop_map(Op::Write),
        6 => Just(Op::WriteMore),
        2 => Just(Op::Ready),
        2 => Just(Op::Watch),
        20 => Just(Op::Read),
    ]
}

fn ending() -> impl Strategy<Value = Op> {
    prop_oneof![Just(Op::Finish), Just(Op::Fail), Just(Op::Cancel), Just(Op::DropWriter), Just(Op::DropReader)]
}

/// The ends, and what each of their tasks waits for.
struct Ends {
    writer: Option<StreamWriter>,
    reader: Option<StreamReader>,
    write: Task,
    watch: Task,
    read: Task,
    held: Bytes,
    written: u64,
    taken: u64,
    ended: Option<Option<WireError>>,
    cancelled: bool,
}

struct Task {
    wakes: Arc<Wakes>,
    waker: Waker,
    /// True when its last poll was pending and it has not been woken since.
    asleep: bool,
}

impl Task {
    fn new() -> Self {
        let (wakes, waker) = Wakes::new();
        Self { wakes, waker, asleep: false }
    }

    fn polled<T>(&mut self, poll: &Poll<T>) {
        self.wakes.take();
        self.asleep = poll.is_pending();
    }

    fn is_asleep(&mut self) -> bool {
        if self.wakes.take() > 0 {
            self.asleep = false;
        }
        self.asleep
    }
}

impl Ends {
    fn new() -> Self {
        let (writer, reader) = stream();
        Self {
            writer: Some(writer),
            reader: Some(reader),
            write: Task::new(),
            watch: Task::new(),
            read: Task::new(),
            held: Bytes::new(),
            written: 0,
            taken: 0,
            ended: None,
            cancelled: false,
        }
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Write(count) => {
                if self.held.is_empty() {
                    self.held = pattern(self.written, count);
                }
                self.write();
            }
            Op::WriteMore => self.write(),
            Op::Ready => {
                // Shares the waker slot of the write: not while a write waits.
                if let (Some(writer), true) = (&mut self.writer, self.held.is_empty()) {
                    let poll = writer.poll_ready(&mut Context::from_waker(&self.write.waker));
                    prop_assert_eq!(matches!(poll, Poll::Ready(Err(_))), self.cancelled);
                    self.write.polled(&poll);
                }
            }
            Op::Watch => {
                if let Some(writer) = &mut self.writer {
                    let poll = writer.poll_cancelled(&mut Context::from_waker(&self.watch.waker));
                    prop_assert_eq!(poll.is_ready(), self.cancelled, "exactly when the reader is gone");
                    self.watch.polled(&poll);
                }
            }
            Op::Read => self.read()?,
            Op::Finish => {
                if let Some(writer) = self.writer.take() {
                    self.ended = Some(None);
                    writer.finish();
                }
            }
            Op::Fail => {
                if let Some(writer) = self.writer.take() {
                    self.ended = Some(Some(error("failed")));
                    writer.fail(error("failed"));
                }
            }
            Op::DropWriter => {
                if self.writer.take().is_some() {
                    self.ended = Some(Some(lost()));
                }
            }
            Op::Cancel => {
                if let Some(reader) = self.reader.take() {
                    self.cancelled |= !reader.is_finished();
                    reader.cancel(error("cancelled"));
                }
            }
            Op::DropReader => {
                if let Some(reader) = self.reader.take() {
                    self.cancelled |= !reader.is_finished();
                }
            }
        }
        self.check_sleepers()
    }

    fn write(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let before = self.held.len();
        let poll = writer.poll_write(&mut Context::from_waker(&self.write.waker), &mut self.held);
        self.written += (before - self.held.len()) as u64;
        self.write.polled(&poll);
    }

    fn read(&mut self) -> Result<(), TestCaseError> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let was_finished = reader.is_finished();
        let poll = reader.poll_read(&mut Context::from_waker(&self.read.waker));
        self.read.polled(&poll);
        match poll {
            Poll::Ready(Some(Ok(chunk))) => {
                prop_assert!(!chunk.is_empty() && check_pattern(self.taken, &chunk));
                self.taken += chunk.len() as u64;
            }
            Poll::Ready(Some(Err(error))) => {
                prop_assert!(!was_finished);
                prop_assert_eq!(self.taken, self.written);
                prop_assert_eq!(Some(Some(error)), self.ended.clone());
            }
            Poll::Ready(None) => {
                prop_assert!(self.ended.is_some());
                if !was_finished {
                    prop_assert_eq!((self.taken, Some(None)), (self.written, self.ended.clone()));
                }
            }
            Poll::Pending => prop_assert!(self.taken == self.written && self.ended.is_none()),
        }
        Ok(())
    }

    /// Nobody sleeps while there is something for it.
    fn check_sleepers(&mut self) -> Result<(), TestCaseError> {
        if let Some(reader) = &self.reader {
            let frames = reader.link.0.lock();
            prop_assert!(!self.read.is_asleep() || frames.to_receiver.is_empty(), "the reader sleeps beside a frame");
        }
        if let Some(writer) = &self.writer {
            let frames = writer.link.0.lock();
            prop_assert!(!self.write.is_asleep() || frames.to_sender.is_empty(), "the writer sleeps beside a frame");
            prop_assert!(!self.watch.is_asleep() || !self.cancelled, "the watcher sleeps through a cancel");
        }
        prop_assert!(self.written - self.taken <= u64::from(STREAM_WINDOW_BYTES) || self.cancelled);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever is done with the ends: bytes arrive in order and whole, and whoever sleeps has nothing to do.
    #[test]
    fn nobody_sleeps_beside_a_frame(
        first in prop::collection::vec(op(), 0..80),
        ends in prop::collection::vec(ending(), 0..3),
        last in prop::collection::vec(op(), 0..20),
    ) {
        let mut world = Ends::new();
        for op in first.into_iter().chain(ends).chain(last) {
            world.apply(op)?;
        }
        // A reader that goes on reading lets a writer that goes on writing finish.
        if world.reader.is_some() && world.writer.is_some() {
            for _ in 0..2000 {
                if world.held.is_empty() {
                    break;
                }
                world.apply(Op::Read)?;
                world.apply(Op::WriteMore)?;
            }
            prop_assert!(world.held.is_empty(), "no deadlock");
        }
    }
}

/// Reads to the end, checking every byte; how many there were and how it ended.
async fn drain(reader: &mut StreamReader) -> (u64, Option<WireError>) {
    let mut read = 0;
    while let Some(next) = reader.read().await {
        match next {
            Ok(chunk) => {
                assert!(check_pattern(read, &chunk));
                read += chunk.len() as u64;
            }
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

#[test]
fn a_large_body_crosses_two_threads() {
    const TOTAL: u64 = 192 * 1024 * 1024;
    let (mut writer, mut reader) = stream();
    let writing = thread::spawn(move || {
        runtime().block_on(async move {
            let sizes = [1, 64 * 1024, 17, 300_000, 4096, 1_000_000, 65_537];
            let mut sent = 0;
            for size in sizes.into_iter().cycle() {
                let size = (TOTAL - sent).min(size);
                if size == 0 {
                    break;
                }
                poll_fn(|cx| writer.poll_ready(cx)).await.unwrap();
                writer.write(pattern(sent, size as usize)).await.unwrap();
                sent += size;
            }
            writer.finish();
        });
    });
    assert_eq!(runtime().block_on(drain(&mut reader)), (TOTAL, None));
    writing.join().unwrap();
}

/// A writer that goes away after any number of bytes leaves a reader that learns of it.
#[test]
fn a_dropped_writer_wakes_its_reader_at_any_point() {
    for round in 0..400 {
        let count = round * 2311;
        let (mut writer, mut reader) = stream();
        let writing = thread::spawn(move || {
            runtime().block_on(async move { writer.write(pattern(0, count)).await.unwrap() });
        });
        let (read, error) = runtime().block_on(drain(&mut reader));
        assert_eq!(read, count as u64);
        assert!(error.unwrap().to_string().contains("connection lost"));
        writing.join().unwrap();
    }
}

/// A reader that goes away after any number of chunks leaves a writer that learns of it, whether it writes,
/// waits for credit or only watches.
#[test]
fn a_dropped_reader_wakes_its_writer_at_any_point() {
    for round in 0..400 {
        let (mut writer, mut reader) = stream();
        let reading = thread::spawn(move || {
            runtime().block_on(async move {
                for _ in 0..round % 20 {
                    reader.read().await.unwrap().unwrap();
                }
            });
        });
        let reason = runtime().block_on(async {
            match round % 3 {
                0 => loop {
                    if let Err(cancelled) = writer.write(pattern(0, 100_000)).await {
                        break cancelled.reason;
                    }
                },
                1 => loop {
                    let mut chunk = pattern(0, 50_000);
                    if let Err(cancelled) = poll_fn(|cx| writer.poll_ready(cx)).await {
                        break cancelled.reason;
                    }
                    let _ = writer.try_write(&mut chunk);
                },
                _ => {
                    // Enough for every read, then nothing but the watch.
                    for _ in 0..round % 20 {
                        writer.write(pattern(0, 1000)).await.unwrap();
                    }
                    poll_fn(|cx| writer.poll_cancelled(cx)).await
                }
            }
        });
        assert_eq!(reason.name, "AbortError");
        reading.join().unwrap();
    }
}
