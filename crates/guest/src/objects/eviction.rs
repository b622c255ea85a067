//! When objects that nobody calls leave the memory.
//!
//! Owns one entry for each object that has come to rest, and one timer for all of them. Whether an object can really
//! go is known to the scripts, who are asked when its time has come.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use lopata_protocol::limits;
use tokio::time::{Instant, Sleep};

/// How long an object has been at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Long enough to go, unless it waits for something.
    Short,
    /// Long enough to go whatever its timers say.
    Long,
}

/// The objects at rest.
#[derive(Default)]
pub struct Evictions {
    since: HashMap<u32, Instant>,
    /// At most one entry an object.
    due: BinaryHeap<Reverse<(Instant, u32)>>,
    timer: Option<Pin<Box<Sleep>>>,
}

const SHORT: Duration = Duration::from_millis(limits::OBJECT_IDLE_MS);
const LONG: Duration = Duration::from_millis(limits::OBJECT_IDLE_WITH_TIMERS_MS);

impl Evictions {
    /// Nothing runs in an object any more.
    pub fn rests(&mut self, number: u32) {
        let now = Instant::now();
        if self.since.insert(number, now).is_none() {
            self.due.push(Reverse((now + SHORT, number)));
        }
    }

    /// It was asked and stays; it is asked again.
    pub fn stays(&mut self, number: u32) {
        if self.since.contains_key(&number) {
            self.due.push(Reverse((Instant::now() + SHORT, number)));
        }
    }

    /// An object whose time has come; `evicts` says whether one goes at all. It is forgotten unless it `stays`.
    pub fn poll(&mut self, cx: &mut Context<'_>, evicts: impl Fn(u32) -> bool) -> Option<(u32, Idle)> {
        loop {
            let Reverse((due, number)) = *self.due.peek()?;
            let now = Instant::now();
            if due > now {
                match &mut self.timer {
                    Some(timer) if timer.deadline() <= due => {}
                    timer => *timer = Some(Box::pin(tokio::time::sleep_until(due))),
                }
                let timer = self.timer.as_mut().expect("it was just set");
                if timer.as_mut().poll(cx) == Poll::Pending {
                    return None;
                }
                self.timer = None;
                continue;
            }
            self.due.pop();
            if !evicts(number) {
                self.since.remove(&number);
                continue;
            }
            let Some(since) = self.since.get(&number).copied() else { continue };
            if since + SHORT > now {
                // It worked in between.
                self.due.push(Reverse((since + SHORT, number)));
                continue;
            }
            return Some((number, if since + LONG <= now { Idle::Long } else { Idle::Short }));
        }
    }

    /// Forgets an object.
    pub fn forget(&mut self, number: u32) {
        self.since.remove(&number);
    }
}
