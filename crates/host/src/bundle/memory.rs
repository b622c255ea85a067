//! Memory that a bundle needed, given back to the operating system.
//!
//! A bundle builds and drops syntax trees on many threads; the allocator keeps what was freed, several times what
//! the process needs otherwise. Giving it back takes milliseconds and makes the next bundle fault it in again, so
//! it happens when the edits have paused and not after every bundle.

#![allow(unsafe_code)]

use std::time::Duration;

use tokio::task::JoinHandle;

/// How long no bundle must have been made.
const PAUSE: Duration = Duration::from_secs(2);

/// The appointment to give memory back; a value that is dropped calls it off.
#[derive(Debug, Default)]
pub(super) struct Release {
    pending: Option<JoinHandle<()>>,
}

impl Release {
    /// Calls off what is pending: a bundle is about to need the memory.
    pub(super) fn cancel(&mut self) {
        if let Some(pending) = self.pending.take() {
            pending.abort();
        }
    }

    /// Gives memory back after a pause. Needs a tokio runtime.
    pub(super) fn schedule(&mut self) {
        self.cancel();
        self.pending = Some(tokio::spawn(async {
            tokio::time::sleep(PAUSE).await;
            // The walk over the arenas must not hold up the runtime. It cannot fail.
            let _ = tokio::task::spawn_blocking(trim).await;
        }));
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        self.cancel();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: `malloc_trim` takes no pointer, is thread safe and only returns pages that are free.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_last_appointment_stands_until_it_is_called_off() {
        let mut release = Release::default();
        release.schedule();
        let first = release.pending.as_ref().expect("one is pending").abort_handle();
        release.schedule();
        let second = release.pending.as_ref().expect("one is pending").abort_handle();
        tokio::task::yield_now().await;
        assert!(first.is_finished() && !second.is_finished());
        drop(release);
        tokio::task::yield_now().await;
        assert!(second.is_finished());
        trim();
    }
}
