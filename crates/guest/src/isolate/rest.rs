//! The isolate at rest: when it parks with events that are not over, it looks whether anything can still wake them.
//!
//! It looks only after two pauses of [`limits::HUNG_CHECK_MS`] in which nothing woke it, so what is still on its way
//! (a module being imported, an answer that has just come) is never mistaken for nothing; a busy guest pays nothing for
//! it. The scripts know what events wait for (`io_context.js`); here is known how many ops there are in all.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use deno_core::stats::{RuntimeActivity, RuntimeActivityStatsFilter};
use deno_core::v8;
use lopata_protocol::limits;
use tokio::time::Sleep;

use super::Isolate;

/// When to look next.
#[derive(Default)]
pub struct Rest {
    /// How often the guest was woken.
    wakes: u64,
    /// Non-null while a pause is being waited for.
    pause: Option<Pause>,
    /// The pause before was one, too.
    paused: bool,
    /// The last look was in this wake.
    looked: Option<u64>,
    /// How many imports there had been at the end of the last pause.
    imports: u64,
}

/// A stretch of time that nothing is to interrupt.
struct Pause {
    over: Pin<Box<Sleep>>,
    /// How often the guest had been woken when it began.
    wakes: u64,
}

impl Rest {
    /// The guest was woken.
    pub fn woken(&mut self) {
        self.wakes += 1;
    }
}

impl Isolate {
    /// The guest is about to park. True when events were cancelled, so that it has something to do after all.
    pub(super) fn look_for_hung(&mut self, cx: &mut Context<'_>) -> bool {
        // Whatever an object waits for may come from others.
        if self.events.is_empty() || !self.loaded || !self.guest.objects.is_empty() {
            return false;
        }
        let wakes = self.rest.wakes;
        if self.rest.looked == Some(wakes) {
            return false;
        }
        let pause = self.rest.pause.get_or_insert_with(|| Pause {
            over: Box::pin(tokio::time::sleep(Duration::from_millis(limits::HUNG_CHECK_MS))),
            wakes,
        });
        if pause.over.as_mut().poll(cx) == Poll::Pending {
            return false;
        }
        // What woke it this time is the end of the pause.
        let undisturbed = wakes - pause.wakes == 1;
        self.rest.pause = None;
        // The last import may not be answered yet.
        let imports = self.loader.imports();
        let quiet = std::mem::replace(&mut self.rest.imports, imports) == imports && undisturbed;
        let look = quiet && self.rest.paused;
        self.rest.paused = quiet && !look;
        if look {
            let cancelled = self.cancel_hung();
            // What it finds now it would find again, until something wakes the guest.
            self.rest.looked = (!cancelled).then_some(wakes);
            return cancelled;
        }
        self.look_for_hung(cx)
    }

    fn cancel_hung(&mut self) -> bool {
        let filter = RuntimeActivityStatsFilter::default().with_ops();
        let activity = self.runtime.runtime_activity_stats_factory().capture(&filter).dump().active;
        let ops = activity.iter().filter(|activity| matches!(activity, RuntimeActivity::AsyncOp(..))).count();
        let Self { runtime, dispatch, .. } = self;
        deno_core::scope!(scope, runtime);
        let ops = v8::Number::new(scope, ops as f64).into();
        v8::tc_scope!(let scope, scope);
        let cancel_hung = v8::Local::new(scope, &dispatch.cancel_hung);
        let undefined = v8::undefined(scope).into();
        cancel_hung.call(scope, undefined, &[ops]).is_some_and(|cancelled| cancelled.is_true())
    }
}
