//! The CPU time of one guest thread, read from outside.
//!
//! The clock of a thread counts what the thread itself has run and stands still while it waits or while the machine
//! works for others. Where the system has no such clock there is none, and the watchdog goes by the wall.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The clock of one thread. Cheap to clone; all clones are the same clock.
#[derive(Clone, Default)]
pub struct CpuClock(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Set by the thread itself, once.
    #[cfg(target_os = "linux")]
    id: OnceLock<libc::clockid_t>,
    #[cfg(not(target_os = "linux"))]
    id: OnceLock<()>,
    /// True once the thread is over: its clock may by then be another thread's.
    stopped: AtomicBool,
}

/// Stops the clock when the thread leaves the scope.
pub struct Running(CpuClock);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.stopped.store(true, Ordering::Release);
    }
}

impl CpuClock {
    /// Makes this the clock of the calling thread, until the returned guard is dropped.
    pub fn attach(&self) -> Running {
        #[cfg(target_os = "linux")]
        {
            let mut id: libc::clockid_t = 0;
            // SAFETY: `pthread_self` is a running thread, and `id` is a place for the answer.
            if unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut id) } == 0 {
                // Attached once, at the start of the thread.
                let _ = self.0.id.set(id);
            }
        }
        Running(self.clone())
    }

    /// What the thread has used since it began; `None` when that cannot be known.
    pub fn elapsed(&self) -> Option<Duration> {
        let id = self.0.id.get()?;
        if self.0.stopped.load(Ordering::Acquire) {
            return None;
        }
        read(id)
    }
}

#[cfg(target_os = "linux")]
fn read(id: &libc::clockid_t) -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place for the answer; an id of a thread that is gone is an error and nothing else.
    if unsafe { libc::clock_gettime(*id, &mut time) } != 0 {
        return None;
    }
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(target_os = "linux"))]
fn read(_id: &()) -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_the_thread_runs_and_not_what_it_waits() {
        let clock = CpuClock::default();
        assert_eq!(clock.elapsed(), None, "no thread yet");
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (finish, is_finished) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn({
            let clock = clock.clone();
            move || {
                let _running = clock.attach();
                let began = clock.elapsed().expect("a running thread has a clock");
                while clock.elapsed().expect("it still runs") < began + Duration::from_millis(5) {
                    std::hint::black_box(());
                }
                ready.send(()).expect("the test waits");
                let _ = is_finished.recv();
            }
        });
        is_ready.recv().expect("the thread gets that far");
        assert!(clock.elapsed().expect("the thread waits") >= Duration::from_millis(5));
        drop(finish);
        thread.join().expect("it ends");
        assert_eq!(clock.elapsed(), None, "the thread is over");
    }
}
