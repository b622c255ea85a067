//! Tail workers: who is told of a worker's events, and how they get there.
//!
//! A trace item goes to the consumer's dispatcher like a request, and waits there while the consumer starts or
//! reloads. Nobody waits for what the consumer does with it, and nothing it does reaches the worker it tails: its
//! failures are lines in the terminal, under its own name.

use std::collections::HashSet;
use std::sync::Arc;

use lopata_bridges::Parcel;
use lopata_protocol::{EventId, SpanContext, ToGuest};
use parking_lot::Mutex;

use crate::config::TailConsumer;
use crate::dispatcher::DispatchError;
use crate::terminal::Terminal;
use crate::workers::Workers;

/// Delivers the trace items of one worker.
pub struct Tails {
    workers: Arc<Workers>,
    terminal: Terminal,
    /// Consumers that could not be told and about which that was said.
    complained: Mutex<HashSet<String>>,
}

impl Tails {
    /// Deliveries to `workers`; complaints go to `terminal`.
    pub fn new(workers: Arc<Workers>, terminal: Terminal) -> Self {
        Self { workers, terminal, complained: Mutex::default() }
    }

    /// Gives a trace item, as JSON, to the consumers of `worker`. `parent` is the span of the event it is about.
    pub fn deliver(&self, worker: &str, consumers: &[TailConsumer], item: &str, parent: SpanContext) {
        for consumer in consumers {
            let name = consumer.worker_name();
            // An environment of a worker is a worker of its own; one that was started without `--env` stands for all.
            let Some(target) = self.workers.find(&name).or_else(|| self.workers.find(&consumer.service)) else {
                self.complain(
                    &name,
                    &format!(
                        "No worker named \"{name}\" runs here, so nobody is told of the events of \"{worker}\" \
                     (tail_consumers). Give its configuration too: lopata dev -c … -c …"
                    ),
                );
                continue;
            };
            let items = Arc::from(format!("[{item}]"));
            let message = ToGuest::Tail { event: EventId::next(), entrypoint: None, items, parent };
            match target.status.dispatcher.dispatch(Parcel::new(message)) {
                Ok(_) => _ = self.complained.lock().remove(&name),
                // The terminal shows already why it does not start.
                Err(DispatchError::Broken(_)) => {}
                Err(error @ DispatchError::Full) => {
                    self.complain(&name, &format!("The tail worker \"{name}\" misses events of \"{worker}\": {error}"));
                }
            }
        }
    }

    /// Says something about a consumer, once until it works again.
    fn complain(&self, consumer: &str, sentence: &str) {
        if self.complained.lock().insert(consumer.to_string()) {
            self.terminal.warn(sentence);
        }
    }
}
