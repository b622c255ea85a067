//! What becomes of what guests say about their work, whichever guest of a worker says it.

use std::sync::Arc;

use lopata_protocol::{LogRecord, SpanRecord};

use crate::project::Blueprint;
use crate::tails::Tails;
use crate::terminal::Terminal;
use crate::traces::Traces;
use crate::workers::Spares;

/// Takes lines and ends of events of one worker's guests.
pub struct Ears {
    /// Where lines go.
    pub terminal: Terminal,
    /// Where spans go.
    pub traces: Traces,
    /// Where trace items go.
    pub tails: Tails,
    /// Bounds the lines under way.
    pub spares: Spares,
}

impl Ears {
    /// A line of a worker.
    pub fn log(&self, worker: &Arc<str>, record: &LogRecord) {
        self.spares.log_taken();
        self.terminal.log(worker, record);
    }

    /// An event is over. `blueprint` is what the guest that ran it was made from.
    pub fn ended(&self, blueprint: Option<&Blueprint>, spans: Vec<SpanRecord>, tail: Option<Arc<str>>) {
        if let (Some(item), Some(handler), Some(blueprint)) = (tail, spans.last(), blueprint) {
            self.tails.deliver(&blueprint.name, &blueprint.tail_consumers, &item, handler.context);
        }
        self.traces.push(spans);
    }
}
