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
    /// How many have left since their memory was given back.
    left: usize,
}

/// Objects that have left before their memory is given back: a collection of all garbage takes some milliseconds.
const LEFT_MIN: usize = 64;
const LEFT_MAX: usize = 4096;

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

    /// One has left the memory.
    pub fn left(&mut self) {
        self.left += 1;
    }

    /// Whether it is worth the time now to give back the memory of those that have left: there are many, and it will be
    /// a while until the next ones go. Asked once, it is assumed to be done.
    pub fn give_back(&mut self) -> bool {
        let soon = Instant::now() + Duration::from_secs(1);
        let more = self.due.peek().is_some_and(|Reverse((due, _))| *due < soon);
        let give = self.left >= LEFT_MAX || (self.left >= LEFT_MIN && !more);
        if give {
            self.left = 0;
        }
        give
    }

    /// Forgets an object.
    pub fn forget(&mut self, number: u32) {
        self.since.remove(&number);
    }
}
