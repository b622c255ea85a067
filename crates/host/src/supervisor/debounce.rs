//! When to rebuild: at once after a quiet time, later while edits keep coming.
//!
//! The first edit after a pause should be on the screen as soon as possible, so it waits only long enough for
//! an editor to finish its write; so may one that follows it. Edits that keep coming (a formatter, a branch switch, a burst of saves)
//! wait for a pause between them, but never longer than a bound. Pure: time is a parameter.

use std::time::{Duration, Instant};

/// How long the first change waits for its companions (an editor renames, touches and writes).
const QUICK: Duration = Duration::from_millis(5);
/// How long a change waits for a pause when edits keep coming.
const PAUSE: Duration = Duration::from_millis(120);
/// The longest a change waits.
const LONGEST: Duration = Duration::from_millis(600);
/// With two builds inside this time, edits keep coming.
const CALM: Duration = Duration::from_millis(500);

/// Decides when the changes seen so far are worth a rebuild.
#[derive(Debug, Default)]
pub struct Debounce {
    /// Non-null exactly while a change waits: when the first and the last of them came.
    pending: Option<(Instant, Instant)>,
    /// When the last two builds were let through, the older first.
    builds: [Option<Instant>; 2],
    /// True when the pending changes follow others closely.
    busy: bool,
}

impl Debounce {
    /// A file changed.
    pub fn changed(&mut self, now: Instant) {
        match &mut self.pending {
            Some((_, last)) => *last = now,
            None => {
                self.busy = self.builds[0].is_some_and(|older| now.duration_since(older) < CALM);
                self.pending = Some((now, now));
            }
        }
    }

    /// When to ask [`Debounce::due`] again; `None` while nothing waits.
    pub fn deadline(&self) -> Option<Instant> {
        let (first, last) = self.pending?;
        Some(if self.busy { (last + PAUSE).min(first + LONGEST) } else { first + QUICK })
    }

    /// True once, when the changes so far should be built.
    pub fn due(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return false;
        }
        self.pending = None;
        self.builds = [self.builds[1], Some(now)];
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Feeds changes at the given milliseconds and says when builds start.
    fn builds(changes_ms: &[u64]) -> Vec<u64> {
        let start = Instant::now();
        let mut debounce = Debounce::default();
        let mut builds = Vec::new();
        let mut changes = changes_ms.iter().copied().peekable();
        let end = changes_ms.last().unwrap() + 2000;
        for ms in 0..=end {
            let now = start + Duration::from_millis(ms);
            while changes.next_if_eq(&ms).is_some() {
                debounce.changed(now);
            }
            if debounce.due(now) {
                builds.push(ms);
            }
        }
        builds
    }

    #[test]
    fn a_lone_edit_builds_at_once() {
        assert_eq!(builds(&[10]), [15]);
        assert_eq!(builds(&[10, 1000, 2000]), [15, 1005, 2005]);
    }

    #[test]
    fn an_editors_companions_are_one_edit() {
        assert_eq!(builds(&[10, 11, 13]), [15]);
    }

    #[test]
    fn twenty_saves_in_a_second_are_a_handful_of_builds_and_the_last_is_seen() {
        let saves: Vec<u64> = (0..20).map(|n| n * 50).collect();
        let builds = builds(&saves);
        assert!(builds.len() <= 5, "{builds:?}");
        assert!(*builds.last().unwrap() >= 950, "{builds:?}");
    }

    #[test]
    fn edits_without_a_pause_still_build() {
        let saves: Vec<u64> = (0..100).map(|n| n * 30).collect();
        let builds = builds(&saves);
        assert!(builds.len() >= 4, "{builds:?}");
    }
}
