//! What of many things may have something to say, and the task that looks after them: accepted WebSockets, objects.
//!
//! Owns the list of their numbers. Each has a waker, which puts it in the list, once, and wakes the guest's task. What it
//! has to say is not known here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use parking_lot::Mutex;

/// The list. Cheap to clone; all clones are one list.
#[derive(Clone, Default)]
pub struct Ready(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    numbers: VecDeque<u32>,
    /// Non-null while somebody waits for the list to have something in it.
    task: Option<Waker>,
}

/// Puts one of them into the list.
pub struct ListedWaker {
    number: u32,
    ready: Ready,
    /// True while it stands in the list.
    listed: AtomicBool,
}

impl Ready {
    /// The waker of one of them, which is not listed yet.
    pub fn waker(&self, number: u32) -> Arc<ListedWaker> {
        Arc::new(ListedWaker { number, ready: self.clone(), listed: AtomicBool::new(false) })
    }

    /// True when one is listed. Otherwise the task is woken once one is.
    pub fn poll(&self, cx: &Context<'_>) -> bool {
        let mut state = self.0.lock();
        let is_ready = !state.numbers.is_empty();
        let replaced = match &state.task {
            Some(task) if task.will_wake(cx.waker()) => None,
            _ if is_ready => None,
            _ => state.task.replace(cx.waker().clone()),
        };
        drop(state);
        drop(replaced);
        is_ready
    }

    /// Takes the next one off the list.
    pub fn pop(&self) -> Option<u32> {
        self.0.lock().numbers.pop_front()
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.0.lock().numbers.len()
    }
}

impl ListedWaker {
    /// It is about to be looked at: what comes from now on lists it again.
    pub fn looked_at(&self) {
        self.listed.store(false, Ordering::Release);
    }
}

impl Wake for ListedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let task = {
            let mut state = self.ready.0.lock();
            state.numbers.push_back(self.number);
            state.task.take()
        };
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_listed_once_until_it_is_looked_at() {
        let ready = Ready::default();
        let cx = Context::from_waker(Waker::noop());
        assert!(!ready.poll(&cx));
        let (first, second) = (ready.waker(1), ready.waker(2));
        first.wake_by_ref();
        second.wake_by_ref();
        first.wake_by_ref();
        assert!(ready.poll(&cx));
        assert_eq!((ready.pop(), ready.len()), (Some(1), 1));
        first.wake_by_ref();
        assert_eq!((ready.pop(), ready.pop()), (Some(2), None), "nobody has looked at the first one");
        first.looked_at();
        first.wake_by_ref();
        assert_eq!(ready.pop(), Some(1));
    }
}
