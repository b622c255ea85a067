//! Rejections that nobody handles, for workers that are told of them at once.
//!
//! The engine keeps a list of its own, which is told once all microtasks have run. Before
//! `unhandled_rejection_after_microtask_checkpoint` production did not wait for those, so the scripts get each
//! rejection as it happens instead (`errors/rejections.js`).

use deno_core::v8;

use super::Isolate;

/// The scripts' functions, kept in the isolate for the callback below.
struct Hooks {
    rejected: v8::Global<v8::Function>,
    handled: v8::Global<v8::Function>,
}

impl Isolate {
    /// From now on the scripts are told of each rejection.
    pub(super) fn tell_rejections_at_once(&mut self) {
        let hooks = Hooks { rejected: self.dispatch.rejected.clone(), handled: self.dispatch.handled.clone() };
        let isolate = self.runtime.v8_isolate();
        isolate.set_slot(hooks);
        isolate.set_promise_reject_callback(on_rejection);
    }
}

extern "C" fn on_rejection(message: v8::PromiseRejectMessage) {
    // SAFETY: a callback scope can be made of the message that V8 calls this with.
    v8::callback_scope!(unsafe scope, &message);
    let promise = message.get_promise().into();
    let undefined = v8::undefined(scope).into();
    let (function, reason) = match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            (scope.get_slot::<Hooks>().map(|hooks| hooks.rejected.clone()), message.get_value().unwrap_or(undefined))
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => {
            (scope.get_slot::<Hooks>().map(|hooks| hooks.handled.clone()), undefined)
        }
        // A promise that was settled before: nothing became of it.
        v8::PromiseRejectEvent::PromiseRejectAfterResolved | v8::PromiseRejectEvent::PromiseResolveAfterResolved => {
            return;
        }
    };
    let Some(function) = function else { return };
    v8::tc_scope!(let scope, scope);
    // It throws only when the isolate is being ended.
    v8::Local::new(scope, function).call(scope, undefined, &[promise, reason]);
}
