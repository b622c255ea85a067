//! Finished spans on their way to the trace store: a bounded buffer that never makes a producer wait.
//!
//! ```text
//!   producers ──push──► [ oldest … newest ] ──wait──► the store's thread, in batches
//!                           │ full: the oldest go, and are counted
//! ```
//!
//! Owns the waiting spans. The consumer blocks on a thread of its own, so a slow disk costs old spans and
//! nothing else. It is notified at most twice per batch: when the first span arrives, and when the batch is full.
//!
//! Closed when [`SpanBuffer::close`] says so, when the last producer is dropped or when the consumer is: what
//! waits can still be drained, what is pushed later is counted as dropped.
//!
//! Invariants: at most `capacity` spans wait; spans leave in order; every span is drained or counted as dropped.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lopata_protocol::SpanRecord;
use parking_lot::{Condvar, Mutex};

/// A buffer in which at most `capacity` spans wait; usually `TRACE_BUFFER_SPANS_MAX`.
pub fn span_buffer(capacity: usize) -> (SpanBuffer, SpanDrain) {
    assert!(capacity > 0, "a buffer for no spans would drop them all");
    let shared = Arc::new(Shared {
        state: Mutex::new(State { producers: 1, ..State::default() }),
        available: Condvar::new(),
        capacity,
    });
    (SpanBuffer { shared: Arc::clone(&shared) }, SpanDrain { shared })
}

struct Shared {
    state: Mutex<State>,
    available: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    spans: VecDeque<SpanRecord>,
    /// How many spans were dropped since the start.
    dropped: u64,
    producers: usize,
    closed: bool,
    /// How many spans the consumer waits for; 0 while it does not wait.
    wanted: usize,
}

/// A producer's end.
pub struct SpanBuffer {
    shared: Arc<Shared>,
}

impl SpanBuffer {
    /// Adds finished spans. Never waits for the consumer; drops the oldest spans when there is no room.
    pub fn push(&self, batch: Vec<SpanRecord>) {
        if batch.is_empty() {
            return;
        }
        let notify = {
            let mut state = self.shared.state.lock();
            if state.closed {
                state.dropped += batch.len() as u64;
                drop(state);
                return;
            }
            let excess = (state.spans.len() + batch.len()).saturating_sub(self.shared.capacity);
            let old = excess.min(state.spans.len());
            state.spans.drain(..old);
            state.spans.extend(batch.into_iter().skip(excess - old));
            state.dropped += excess as u64;
            debug_assert!(state.spans.len() <= self.shared.capacity, "the buffer is bounded");
            let notify = state.wanted > 0 && state.spans.len() >= state.wanted;
            if notify {
                state.wanted = 0;
            }
            notify
        };
        if notify {
            self.shared.available.notify_one();
        }
    }

    /// Refuses further spans; the consumer gets what waits and then the end.
    pub fn close(&self) {
        self.shared.close();
    }

    /// How many spans were dropped for lack of room or after the close.
    pub fn dropped(&self) -> u64 {
        self.shared.state.lock().dropped
    }
}

impl Clone for SpanBuffer {
    fn clone(&self) -> Self {
        self.shared.state.lock().producers += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for SpanBuffer {
    fn drop(&mut self) {
        let last = {
            let mut state = self.shared.state.lock();
            state.producers -= 1;
            state.producers == 0
        };
        if last {
            self.shared.close();
        }
    }
}

impl fmt::Debug for SpanBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.debug("SpanBuffer", f)
    }
}

impl Shared {
    fn close(&self) {
        self.state.lock().closed = true;
        self.available.notify_one();
    }

    fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct(name)
            .field("waiting", &state.spans.len())
            .field("dropped", &state.dropped)
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

/// The consumer's end.
pub struct SpanDrain {
    shared: Arc<Shared>,
}

impl SpanDrain {
    /// Moves up to `max` spans into `out`, in order. Blocks for the first; once there is one, waits up to
    /// `linger` for a full batch. False when nothing came and nothing will.
    pub fn wait(&mut self, out: &mut Vec<SpanRecord>, max: usize, linger: Duration) -> bool {
        assert!(max > 0, "a batch has room");
        // A batch larger than the buffer would never be full.
        let batch = max.min(self.shared.capacity);
        let mut state = self.shared.state.lock();
        while state.spans.is_empty() && !state.closed {
            state.wanted = 1;
            self.shared.available.wait(&mut state);
        }
        if state.spans.len() < batch && !state.closed && !linger.is_zero() {
            let deadline = Instant::now() + linger;
            while state.spans.len() < batch && !state.closed {
                state.wanted = batch;
                if self.shared.available.wait_until(&mut state, deadline).timed_out() {
                    break;
                }
            }
        }
        state.wanted = 0;
        let count = state.spans.len().min(max);
        out.extend(state.spans.drain(..count));
        count > 0
    }

    /// How many spans were dropped for lack of room or after the close.
    pub fn dropped(&self) -> u64 {
        self.shared.state.lock().dropped
    }
}

impl Drop for SpanDrain {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        let undrained = std::mem::take(&mut state.spans);
        state.dropped += undrained.len() as u64;
        drop(state);
        drop(undrained);
    }
}

impl fmt::Debug for SpanDrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.debug("SpanDrain", f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::thread;

    use lopata_protocol::{SpanContext, SpanId, SpanKind, SpanStatus, TraceId};
    use proptest::prelude::*;

    use super::*;

    /// Longer than any test runs: a test that needs the linger to pass would hang and be noticed.
    const FOREVER: Duration = Duration::from_secs(3600);

    fn span(number: i64) -> SpanRecord {
        SpanRecord {
            context: SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) },
            parent: None,
            name: "test".into(),
            kind: SpanKind::Internal,
            start_us: number,
            end_us: number,
            status: SpanStatus::Unset,
            worker: "".into(),
            invocation: None,
            attributes: Vec::new(),
            events: Vec::new(),
        }
    }

    fn spans(numbers: std::ops::Range<i64>) -> Vec<SpanRecord> {
        numbers.map(span).collect()
    }

    fn numbers(spans: &[SpanRecord]) -> Vec<i64> {
        spans.iter().map(|span| span.start_us).collect()
    }

    #[test]
    fn the_oldest_are_dropped_first_and_counted() {
        let (buffer, mut drain) = span_buffer(4);
        buffer.push(spans(0..3));
        buffer.push(spans(3..6));
        assert_eq!(buffer.dropped(), 2);
        let mut out = Vec::new();
        assert!(drain.wait(&mut out, 10, Duration::ZERO));
        assert_eq!(numbers(&out), [2, 3, 4, 5]);
        buffer.push(spans(10..20));
        assert_eq!(drain.dropped(), 8);
        out.clear();
        assert!(drain.wait(&mut out, 3, Duration::ZERO));
        assert_eq!(numbers(&out), [16, 17, 18]);
    }

    #[test]
    fn a_full_batch_does_not_linger() {
        let (buffer, mut drain) = span_buffer(4);
        buffer.push(spans(0..4));
        let mut out = Vec::new();
        assert!(drain.wait(&mut out, 2, FOREVER));
        assert_eq!(numbers(&out), [0, 1]);
        buffer.push(spans(4..6));
        assert!(drain.wait(&mut out, 100, FOREVER), "as full as it can get");
        assert_eq!(numbers(&out), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn closing_ends_every_wait_and_loses_nothing() {
        let (buffer, mut drain) = span_buffer(8);
        buffer.push(spans(0..2));
        buffer.close();
        buffer.push(spans(2..3));
        assert_eq!(buffer.dropped(), 1);
        let mut out = Vec::new();
        assert!(drain.wait(&mut out, 8, FOREVER));
        assert_eq!(numbers(&out), [0, 1]);
        assert!(!drain.wait(&mut out, 8, FOREVER));

        let (buffer, drain) = span_buffer(8);
        buffer.push(spans(0..2));
        drop(drain);
        buffer.push(spans(2..4));
        assert_eq!(buffer.dropped(), 4, "without a consumer nothing piles up");
    }

    #[test]
    fn many_producers_and_a_waiting_consumer() {
        let (buffer, mut drain) = span_buffer(1 << 16);
        let consumer = thread::spawn(move || {
            let (mut all, mut batch) = (Vec::new(), Vec::new());
            while drain.wait(&mut batch, 64, Duration::from_micros(50)) {
                assert!(batch.len() <= 64);
                all.append(&mut batch);
            }
            all
        });
        thread::scope(|scope| {
            for producer in 0..4 {
                let buffer = buffer.clone();
                scope.spawn(move || {
                    for n in 0..500 {
                        let first = producer * 10_000 + n * 3;
                        buffer.push(spans(first..first + 3));
                    }
                });
            }
        });
        assert_eq!(buffer.dropped(), 0);
        drop(buffer);
        let all = numbers(&consumer.join().unwrap());
        for producer in 0..4 {
            let own: Vec<_> = all.iter().copied().filter(|n| n / 10_000 == producer).collect();
            let expected: Vec<_> = (producer * 10_000..producer * 10_000 + 1500).collect();
            assert_eq!(own, expected, "of one producer, in order");
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Op {
        Push(usize),
        Drain(usize),
        Close,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => (0..12usize).prop_map(Op::Push),
            4 => (1..9usize).prop_map(Op::Drain),
            1 => Just(Op::Close),
        ]
    }

    proptest! {
        /// The buffer is the tail of what was pushed, and every span is drained, waiting or counted.
        #[test]
        fn every_span_is_drained_or_counted(capacity in 1..10usize, ops in prop::collection::vec(op(), 0..80)) {
            let (buffer, mut drain) = span_buffer(capacity);
            let mut model: VecDeque<i64> = VecDeque::new();
            let (mut pushed, mut dropped, mut drained, mut closed) = (0i64, 0u64, 0u64, false);
            for op in ops {
                match op {
                    Op::Push(count) => {
                        let batch = pushed..pushed + count as i64;
                        pushed = batch.end;
                        buffer.push(spans(batch.clone()));
                        if closed {
                            dropped += count as u64;
                        } else {
                            model.extend(batch);
                            while model.len() > capacity {
                                model.pop_front();
                                dropped += 1;
                            }
                        }
                    }
                    Op::Drain(max) => {
                        if model.is_empty() && !closed {
                            continue;
                        }
                        let mut out = Vec::new();
                        let any = drain.wait(&mut out, max, Duration::ZERO);
                        let expected: Vec<_> = model.drain(..max.min(model.len())).collect();
                        drained += expected.len() as u64;
                        prop_assert_eq!(any, !expected.is_empty());
                        prop_assert_eq!(numbers(&out), expected);
                    }
                    Op::Close => {
                        buffer.close();
                        closed = true;
                    }
                }
                prop_assert_eq!(buffer.dropped(), dropped);
                prop_assert_eq!(drained + dropped + model.len() as u64, pushed as u64);
            }
        }
    }
}
