//! Tests of the whole loader: a directory of files in, a configuration or diagnostics out.

#![allow(clippy::unwrap_used)]

mod documentation;
mod environments;
mod fuzz;
mod malformed_bindings;
mod malformed_json;
mod malformed_toml;
mod objects;
mod values;

use std::path::Path;

use expect_test::Expect;

use super::{ConfigErrors, Diagnostic, LoadOptions, Loaded, load};

/// A directory that is removed at the end.
pub struct Dir(tempfile::TempDir);

impl Dir {
    /// A directory with these files, and `src/index.ts`.
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files.iter().chain(&[("src/index.ts", &b"export default {}"[..])]) {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Self(dir)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Options for it with a fixed day and no process environment.
    pub fn options(&self) -> LoadOptions {
        LoadOptions {
            today: "2026-01-15".parse().unwrap(),
            process_env: [].into_iter().collect(),
            ..LoadOptions::new(self.path())
        }
    }

    /// Loads with changed options.
    pub fn load(&self, change: impl FnOnce(&mut LoadOptions)) -> Result<Loaded, ConfigErrors> {
        let mut options = self.options();
        change(&mut options);
        load(&options)
    }

    /// `text` without the directory's own name.
    pub fn plain(&self, text: &str) -> String {
        text.replace(&self.path().display().to_string(), "DIR")
    }
}

/// The diagnostics of a result as text, `ok` first for a configuration that can be used.
pub fn report(result: &Result<Loaded, ConfigErrors>) -> String {
    let lines = |diagnostics: &[Diagnostic]| diagnostics.iter().map(|d| format!("{d}\n")).collect::<String>();
    match result {
        Ok(loaded) => format!("ok\n{}", lines(&loaded.warnings)),
        Err(errors) => {
            assert!(errors.errors().next().is_some(), "an error without errors");
            lines(&errors.diagnostics)
        }
    }
}

/// Loads `name` with `text` and compares what is said about it.
pub fn check(name: &str, text: impl AsRef<[u8]>, expected: &Expect) {
    check_with(name, text, |_| {}, expected);
}

/// The same with changed options.
pub fn check_with(name: &str, text: impl AsRef<[u8]>, change: impl FnOnce(&mut LoadOptions), expected: &Expect) {
    let dir = Dir::new(&[(name, text.as_ref())]);
    let result = dir.load(change);
    let (Ok(Loaded { warnings: diagnostics, .. }) | Err(ConfigErrors { diagnostics, .. })) = &result;
    for diagnostic in diagnostics {
        // Rendering must work for whatever is reported.
        super::render(diagnostic, true);
        serde_json::to_string(diagnostic).unwrap();
    }
    expected.assert_eq(&dir.plain(&report(&result)));
}
