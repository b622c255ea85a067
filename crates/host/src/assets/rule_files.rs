//! `_redirects`, `_headers` and `.assetsignore` of a directory, always as they are on the disk.
//!
//! Each request asks whether one of them has changed, which is a `stat` each; what has changed is read again, and what
//! is to be said of it is said once. Their meaning is decided in [`super::rules`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use super::rules::{HeaderRules, Ignore, Level, Log, Parsed, RedirectOptions, Redirects};
use super::stamp::Stamp;
use super::{Notice, Notices};

/// Their names, in the order in which they are read.
pub const NAMES: [&str; 3] = ["_redirects", "_headers", ".assetsignore"];

/// What the files say.
#[derive(Default)]
pub struct RuleSet {
    /// `_redirects`
    pub redirects: Arc<Redirects>,
    /// `_headers`
    pub headers: Arc<HeaderRules>,
    /// `.assetsignore`
    pub ignore: Arc<Ignore>,
    files: [Version; 3],
}

/// What was read of a file.
#[derive(Clone, Default)]
struct Version {
    /// `None` when there was no file.
    stamp: Option<Stamp>,
    text: Option<Arc<str>>,
    /// The file may have changed since without its stamp showing it.
    doubtful: bool,
}

/// The files of one directory.
pub struct RuleFiles {
    paths: [PathBuf; 3],
    /// The paths for people.
    shown: [String; 3],
    html_handling_none: bool,
    live: ArcSwap<RuleSet>,
    /// Held while they are read.
    reading: Mutex<()>,
    notices: Notices,
}

impl RuleFiles {
    /// Reads the files of `directory`; what is to be said about them goes to `notices`, with paths from `cwd`.
    pub fn read(directory: &Path, cwd: &Path, html_handling_none: bool, notices: Notices) -> Self {
        let paths = NAMES.map(|name| directory.join(name));
        let shown = NAMES.map(|name| {
            let path = directory.join(name);
            path.strip_prefix(cwd).unwrap_or(&path).display().to_string()
        });
        let live = ArcSwap::default();
        let files = Self { paths, shown, html_handling_none, live, reading: Mutex::default(), notices };
        files.refresh();
        files
    }

    /// What the files say now. `changed` is called when other files are ignored than before.
    pub fn current(&self, changed: impl FnOnce()) -> Guard<Arc<RuleSet>> {
        let live = self.live.load();
        let is_current = |(path, version): (&PathBuf, &Version)| !version.doubtful && stamp(path) == version.stamp;
        if self.paths.iter().zip(&live.files).all(is_current) {
            return live;
        }
        drop(live);
        if self.refresh() {
            changed();
        }
        self.live.load()
    }

    /// Reads what has changed; true when other files are ignored than before.
    fn refresh(&self) -> bool {
        let _reading = self.reading.lock();
        let old = self.live.load_full();
        let files: [Version; 3] = std::array::from_fn(|index| version(&self.paths[index], &old.files[index]));
        let other = |index: usize| files[index].text != old.files[index].text;
        let text = |index: usize| files[index].text.as_deref();
        let mut next = RuleSet {
            redirects: old.redirects.clone(),
            headers: old.headers.clone(),
            ignore: old.ignore.clone(),
            files: files.clone(),
        };
        if other(0) {
            let options = RedirectOptions { html_handling_none: self.html_handling_none, file: &self.shown[0] };
            next.redirects = Arc::new(self.told(text(0).map(|text| Redirects::parse(text, &options))));
        }
        if other(1) {
            next.headers = Arc::new(self.told(text(1).map(|text| HeaderRules::parse(text, &self.shown[1]))));
        }
        let ignores_others = other(2);
        if ignores_others {
            next.ignore = Arc::new(Ignore::parse(text(2)));
        }
        self.live.store(Arc::new(next));
        ignores_others
    }

    /// The rules of a file, once what is to be said of it has been said.
    fn told<T: Default>(&self, parsed: Option<Parsed<T>>) -> T {
        let Some(Parsed { rules, log }) = parsed else { return T::default() };
        for Log { level, text } in log {
            (self.notices)(match level {
                Level::Info => Notice::Info(text),
                Level::Warn => Notice::Warning(text),
            });
        }
        rules
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    metadata.is_file().then(|| Stamp::of(&metadata))
}

fn version(path: &Path, old: &Version) -> Version {
    let found = stamp(path);
    if found == old.stamp && !old.doubtful {
        return old.clone();
    }
    let bytes = found.and_then(|_| fs::read(path).ok());
    let text = bytes.map(|bytes| Arc::from(String::from_utf8_lossy(&bytes)));
    let doubtful = found.is_some_and(|stamp| stamp.is_fresh(SystemTime::now()));
    Version { stamp: found, text, doubtful }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_counts_at_once_and_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let notices: Notices = Arc::new({
            let told = told.clone();
            move |notice| told.lock().push(notice)
        });
        let files = RuleFiles::read(&folder.path().join("public"), folder.path(), false, notices);
        assert!(files.current(|| panic!("nothing changed")).redirects.is_empty());
        assert!(told.lock().is_empty());
        fs::create_dir(folder.path().join("public")).unwrap();
        fs::write(folder.path().join("public/_redirects"), "/a /b\n").unwrap();
        assert!(!files.current(|| {}).redirects.is_empty());
        assert!(!files.current(|| {}).redirects.is_empty());
        let once = std::mem::take(&mut *told.lock());
        let [Notice::Info(text)] = &once[..] else { panic!("told once: {once:?}") };
        assert!(text.contains("Parsed 1 valid redirect rule."), "{text}");
        // Of the same length and within a tick of the clock.
        fs::write(folder.path().join("public/_redirects"), "bad__\n").unwrap();
        assert!(files.current(|| {}).redirects.is_empty());
        let texts = format!("{:?}", told.lock());
        assert!(texts.contains("public/_redirects"), "{texts}");

        let mut changed = false;
        fs::write(folder.path().join("public/.assetsignore"), "x\n").unwrap();
        assert!(files.current(|| changed = true).ignore.is_ignored("x"));
        assert!(changed);
        fs::remove_file(folder.path().join("public/.assetsignore")).unwrap();
        assert!(!files.current(|| {}).ignore.is_ignored("x"));
    }
}
