//! A project folder in a temporary place, which the test edits as a developer would.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

/// The date that fixtures use unless they say otherwise.
pub const DATE: &str = "2026-04-01";

/// A folder that vanishes with the test, once no server runs in it. The project is a folder inside, so that it has a
/// parent of its own.
pub struct Project {
    root: Arc<TempDir>,
    folder: PathBuf,
}

impl Project {
    /// A folder with these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let root = Arc::new(TempDir::new().expect("the temporary folder is writable"));
        let folder = root.path().join("project");
        fs::create_dir(&folder).expect("the root is new");
        let project = Self { root, folder };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A module worker in one file, with a configuration that has `extra` (a JSON object) on top.
    pub fn worker(code: &str, extra: Value) -> Self {
        let mut config = serde_json::json!({ "name": "it", "main": "src/index.ts", "compatibility_date": DATE });
        let object = config.as_object_mut().expect("it is one");
        for (key, value) in extra.as_object().expect("the extra configuration is an object") {
            object.insert(key.clone(), value.clone());
        }
        Self::new(&[("wrangler.json", &format!("{config:#}\n")), ("src/index.ts", code)])
    }

    /// A copy of `tests/fixtures/<name>`, with the modules that fixtures share beside it. Its `vendor` folder becomes
    /// `node_modules`.
    pub fn fixture(name: &str) -> Self {
        let project = Self::new(&[]);
        let fixtures = repository().join("tests/fixtures");
        copy(&fixtures.join(name), &project.folder);
        copy(&fixtures.join("lib"), &project.root.path().join("lib"));
        let vendor = project.path("vendor");
        if vendor.exists() {
            fs::rename(vendor, project.path("node_modules")).expect("the copy is ours");
        }
        project
    }

    /// A copy of a folder of the repository.
    pub fn copy_of(path: &str) -> Self {
        let project = Self::new(&[]);
        copy(&repository().join(path), &project.folder);
        project
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What keeps the folder from vanishing.
    pub fn hold(&self) -> Arc<TempDir> {
        self.root.clone()
    }

    /// The folder around it.
    pub fn parent(&self) -> &Path {
        self.root.path()
    }

    /// A path in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// What a file holds.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("the file exists")
    }

    /// Writes a file in one step: whoever reads it meanwhile finds the old text or the new one, and whoever watches it
    /// is told once. In place, as most programs write, where that can be done; a file that is new or gets shorter is
    /// moved to its place.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is inside the folder")).expect("the folder is ours");
        if fs::metadata(&path).is_ok_and(|there| there.len() <= text.len() as u64) {
            let mut file = fs::OpenOptions::new().write(true).open(path).expect("the file is ours");
            assert_eq!(file.write(text.as_bytes()).expect("the disk has room"), text.len(), "it is one step");
        } else {
            let draft = self.root.path().join("draft");
            fs::write(&draft, text).expect("the folder is ours");
            fs::rename(draft, path).expect("the folder is ours");
        }
    }

    /// Writes a file the way careful editors do: a new file, moved over the old one.
    pub fn write_atomically(&self, path: &str, text: &str) {
        let path = self.path(path);
        let draft = path.with_extension("draft~");
        fs::write(&draft, text).expect("the folder is ours");
        fs::rename(draft, path).expect("the folder is ours");
    }

    /// Replaces a piece of a file that must be there exactly once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{path} must have {from:?} once:\n{text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).expect("the file exists");
    }
}

/// The repository's root.
pub fn repository() -> PathBuf {
    // The test is compiled as part of a package; wherever that stands, this file's own place is known.
    let here = Path::new(file!());
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    base.ancestors()
        .map(|base| base.join(here))
        .chain([here.to_path_buf()])
        .find_map(|path| path.canonicalize().ok())
        .and_then(|path| Some(path.ancestors().nth(3)?.to_path_buf()))
        .expect("the sources are where they were compiled")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the target is ours");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name();
        if [".wrangler", ".lopata"].iter().any(|skipped| name == *skipped) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().expect("the entry exists").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the target is ours");
        }
    }
}
