//! The isolate at rest: when it parks with events that are not over, it looks whether anything can still wake them.
//!
//! The question is asked at most once in [`limits::HUNG_CHECK_MS`], and only then: a busy guest pays nothing for it.
//! The scripts know the answer (`io_context.js`); here is known how many ops there are in all.

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
    /// Non-null while a look is due.
    due: Option<Pin<Box<Sleep>>>,
}

impl Isolate {
    /// The guest is about to park. True when events were cancelled, so that it has something to do after all.
    pub(super) fn look_for_hung(&mut self, cx: &mut Context<'_>) -> bool {
        if self.events.is_empty() || !self.loaded {
            return false;
        }
        let due = self
            .rest
            .due
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(limits::HUNG_CHECK_MS))));
        if due.as_mut().poll(cx) == Poll::Pending {
            return false;
        }
        self.rest.due = None;
        // Armed anew for those that are left.
        self.cancel_hung() || self.look_for_hung(cx)
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
