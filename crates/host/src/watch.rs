//! File events for exactly what a bundle and its configuration depend on.
//!
//! Watches directories, because editors replace files instead of writing them; reports a change only when it
//! touches something of the set. Native events only: nothing is polled.
//!
//! What is to be watched is known only once it has been read, and an edit may come between the two. So each set comes
//! with the time at which the reading began, and what is new in it and has changed since is a change.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::bundle::WatchSet;

/// Why files cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system refuses to watch anything.
    #[error("File watching is not available: {0}. Edits will not be noticed; restart lopata after a change.")]
    Unavailable(notify::Error),
    /// The system refuses to watch more.
    #[error(
        "{path} cannot be watched: {cause}. On Linux, raise the limit with `sysctl fs.inotify.max_user_watches=524288`."
    )]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        cause: notify::Error,
    },
}

/// Watches the files of one worker.
pub struct FileWatch {
    watcher: RecommendedWatcher,
    /// Directories that are watched, each with whether its subdirectories are too.
    watched: BTreeSet<(PathBuf, bool)>,
    interest: Arc<Mutex<WatchSet>>,
    changes: mpsc::UnboundedSender<PathBuf>,
    /// Paths that were removed or renamed since the set was last taken in.
    replaced: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl FileWatch {
    /// Starts to watch nothing; changes go to `changes`.
    pub fn new(changes: mpsc::UnboundedSender<PathBuf>) -> Result<Self, WatchError> {
        let interest = Arc::new(Mutex::new(WatchSet::default()));
        let replaced = Arc::new(Mutex::new(BTreeSet::new()));
        let watcher = notify::recommended_watcher({
            let interest = interest.clone();
            let replaced = replaced.clone();
            let changes = changes.clone();
            move |event: notify::Result<notify::Event>| {
                // An error of the watcher (an overflow, say) may hide a change: take it for one.
                let Ok(event) = event else {
                    let _ = changes.send(PathBuf::new());
                    return;
                };
                if matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_))) {
                    return;
                }
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    replaced.lock().extend(event.paths.iter().cloned());
                }
                let set = interest.lock();
                let overflow = event.need_rescan();
                let content_only = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
                let hit = event.paths.into_iter().find(|path| concerns(&set, path, content_only));
                if let Some(path) = hit.or(overflow.then(PathBuf::new)) {
                    // The channel's bound: the supervisor empties it whenever it runs, and one entry per file
                    // event is what the kernel's own queue holds.
                    let _ = changes.send(path);
                }
            }
        })
        .map_err(WatchError::Unavailable)?;
        Ok(Self { watcher, watched: BTreeSet::new(), interest, changes, replaced })
    }

    /// Watches `set` instead of what was watched before. It is what was found to matter by a reading that began at
    /// `since`: files and directories that are new to the watcher and have changed since then are reported as changed;
    /// what is inside trees is not looked at. Errors come back; the rest is watched all the same.
    pub fn set(&mut self, set: WatchSet, since: SystemTime) -> Vec<WatchError> {
        let mut wanted: BTreeSet<(PathBuf, bool)> = BTreeSet::new();
        wanted.extend(set.trees.iter().map(|tree| (tree.clone(), true)));
        wanted.extend(set.directories.iter().map(|directory| (directory.clone(), false)));
        for file in &set.files {
            if let Some(parent) = file.ancestors().skip(1).find(|parent| parent.is_dir()) {
                wanted.insert((parent.to_path_buf(), false));
            }
        }
        // A tree covers the directories inside it.
        let trees: Vec<PathBuf> = set.trees.iter().cloned().collect();
        wanted.retain(|(path, deep)| *deep || !trees.iter().any(|tree| path.starts_with(tree)));
        let before = std::mem::replace(&mut *self.interest.lock(), set.clone());
        // A directory that was removed or replaced since is watched by its old self only. The lock is given back
        // before anything is asked of the watcher: it answers between two events, and each takes the lock.
        let replaced = std::mem::take(&mut *self.replaced.lock());
        for path in replaced {
            for deep in [false, true] {
                if self.watched.remove(&(path.clone(), deep)) {
                    // The system has usually forgotten the old one by itself.
                    let _ = self.watcher.unwatch(&path);
                }
            }
        }
        let gone: Vec<_> = self.watched.difference(&wanted).cloned().collect();
        for (path, deep) in gone {
            // A directory that was deleted is not watched any more anyway.
            let _ = self.watcher.unwatch(&path);
            self.watched.remove(&(path, deep));
        }
        let mut errors = Vec::new();
        let mut added = BTreeSet::new();
        let new: Vec<_> = wanted.difference(&self.watched).cloned().collect();
        for (path, deep) in new {
            let mode = if deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            match self.watcher.watch(&path, mode) {
                Ok(()) => {
                    added.insert(path.clone());
                    self.watched.insert((path, deep));
                }
                Err(_) if !path.exists() => {}
                Err(cause) => errors.push(WatchError::Directory { path, cause }),
            }
        }
        let unseen = |path: &Path| path.ancestors().any(|above| added.contains(above));
        let files = set.files.iter().filter(|path| !before.files.contains(*path) || unseen(path));
        let directories = set.directories.iter().filter(|path| !before.directories.contains(*path) || unseen(path));
        for path in files.chain(directories).filter(|path| changed_since(path, since)) {
            // Bounded by the set.
            let _ = self.changes.send(path.clone());
        }
        errors
    }
}

/// How much older than the clock the time on a file may be: systems stamp files with the time of their last tick.
const TICK: Duration = Duration::from_millis(10);

/// Whether there is something at `path` that was made, moved there or written at `since` or later.
fn changed_since(path: &Path, since: SystemTime) -> bool {
    let changed = std::fs::metadata(path).ok().and_then(|metadata| changed_at(&metadata));
    changed.is_some_and(|changed| changed + TICK >= since)
}

/// When a file was last written, or given its name, which leaves the time of its text as it was.
#[cfg(unix)]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanoseconds) = (u64::try_from(metadata.ctime()).ok()?, u32::try_from(metadata.ctime_nsec()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

/// Whether a change of `path` can matter; `content_only` when the entry itself was there before and still is.
///
/// What is written into a neighbour never matters to a directory: it may be the log of this very process, which would
/// have it build for ever.
pub fn concerns(set: &WatchSet, path: &Path, content_only: bool) -> bool {
    set.files.contains(path)
        || (!content_only && path.parent().is_some_and(|parent| set.directories.contains(parent)))
        || set.trees.iter().any(|tree| path.starts_with(tree) && !is_noise(tree, path))
        // A directory on the way to a file was replaced.
        || set.files.iter().any(|file| file != path && file.starts_with(path))
}

/// Below a watched tree, what tools write for themselves.
fn is_noise(tree: &Path, path: &Path) -> bool {
    let inside = path.strip_prefix(tree).unwrap_or(path);
    inside.components().any(|part| {
        let name = part.as_os_str();
        name == "node_modules" || name == ".git" || name == ".lopata" || name == ".wrangler"
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn set(files: &[&str], directories: &[&str], trees: &[&str]) -> WatchSet {
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect();
        WatchSet { files: paths(files), directories: paths(directories), trees: paths(trees) }
    }

    #[test]
    fn only_what_matters_is_a_change() {
        let set = set(&["/p/src/a.ts"], &["/p/lib"], &["/p/gen"]);
        for (path, expected) in [
            ("/p/src/a.ts", true),
            ("/p/src/b.ts", false),
            ("/p/src", true),
            ("/p/lib/new.ts", true),
            ("/p/lib/deep/new.ts", false),
            ("/p/gen/deep/x", true),
            ("/p/gen/node_modules/x", false),
            ("/p/gen/.git/index", false),
        ] {
            assert_eq!(concerns(&set, Path::new(path), false), expected, "{path}");
        }
        let written = |path: &str| concerns(&set, Path::new(path), true);
        assert!(written("/p/src/a.ts") && written("/p/gen/deep/x"));
        assert!(!written("/p/lib/dev.log"), "a directory is its entries, not what is in them");
    }

    #[tokio::test]
    async fn an_atomic_save_is_seen_and_a_neighbour_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let file = root.join("worker.ts");
        std::fs::write(&file, "1").unwrap();
        let (sender, mut changes) = mpsc::unbounded_channel();
        let mut watch = FileWatch::new(sender).unwrap();
        let set = WatchSet { files: [file.clone()].into(), ..WatchSet::default() };
        let errors = watch.set(set, SystemTime::now() + TICK * 2);
        assert!(errors.is_empty());
        std::fs::write(root.join("neighbour"), "x").unwrap();
        std::fs::write(root.join("temp"), "2").unwrap();
        std::fs::rename(root.join("temp"), &file).unwrap();
        assert_eq!(changes.recv().await.unwrap(), file);
    }

    #[test]
    fn what_changed_before_it_was_watched_is_a_change_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let [old, new, late] = ["old.ts", "new.ts", "late.ts"].map(|name| root.join(name));
        std::fs::write(&old, "1").unwrap();
        std::fs::write(&new, "1").unwrap();
        let set = |files: &[&PathBuf]| {
            let files = files.iter().map(|file| (*file).clone()).collect();
            WatchSet { files, ..WatchSet::default() }
        };
        let (sender, mut changes) = mpsc::unbounded_channel();
        let mut watch = FileWatch::new(sender).unwrap();
        let (before, after) = (SystemTime::now() - TICK * 2, SystemTime::now() + TICK * 2);
        watch.set(set(&[&old]), after);
        assert!(changes.try_recv().is_err(), "it was there before the reading began");
        watch.set(set(&[&old, &new, &late]), before);
        assert_eq!(changes.try_recv().unwrap(), new, "what is watched already would have said so itself");
        assert!(changes.try_recv().is_err());
        watch.set(set(&[&old, &new, &late]), before);
        assert!(changes.try_recv().is_err(), "it has been said");
    }

    #[test]
    fn folders_that_go_while_others_are_taken_in_hold_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let folders: Vec<PathBuf> = (0..200).map(|number| root.join(number.to_string())).collect();
        let files = folders.iter().map(|folder| folder.join("a.ts")).collect();
        for folder in &folders {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("a.ts"), "1").unwrap();
        }
        let set = WatchSet { files, ..WatchSet::default() };
        let (sender, _changes) = mpsc::unbounded_channel();
        let mut watch = FileWatch::new(sender).unwrap();
        let (done, over) = std::sync::mpsc::channel();
        // Not joined: a watcher that is stuck stays so.
        std::thread::spawn(move || {
            watch.set(set.clone(), SystemTime::now());
            let removing = std::thread::spawn(move || folders.iter().for_each(|f| std::fs::remove_dir_all(f).unwrap()));
            while !removing.is_finished() {
                watch.set(set.clone(), SystemTime::now());
            }
            watch.set(set, SystemTime::now());
            let _ = done.send(());
        });
        over.recv_timeout(std::time::Duration::from_secs(60))
            .expect("the watcher and whoever asks it wait for each other");
        drop(dir);
    }
}
