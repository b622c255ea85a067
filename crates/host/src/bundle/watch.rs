//! The files whose change can change a bundle.
//!
//! A [`WatchSet`] is collected while a bundle is made, by success and failure alike: after a failure it is what
//! the next attempt depends on. It owns no watcher and reads nothing but, for a missing import, whether
//! directories exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What to watch, as absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchSet {
    /// Files whose content, appearance or disappearance matters.
    pub files: BTreeSet<PathBuf>,
    /// Directories in which a new, renamed or removed entry matters; not their subdirectories.
    pub directories: BTreeSet<PathBuf>,
    /// Directories in which any change at any depth matters (`build.watch_dir`, `base_dir`).
    pub trees: BTreeSet<PathBuf>,
}

impl WatchSet {
    /// Adds everything that `other` names.
    pub fn merge(&mut self, other: &WatchSet) {
        self.files.extend(other.files.iter().cloned());
        self.directories.extend(other.directories.iter().cloned());
        self.trees.extend(other.trees.iter().cloned());
    }

    /// Adds the directories in which creating something can make `specifier`, imported by a file in
    /// `importer_dir`, resolvable.
    pub(super) fn add_missing_import(&mut self, importer_dir: &Path, specifier: &str) {
        let cleaned = specifier.split('?').next().unwrap_or(specifier);
        if cleaned.starts_with('.') || cleaned.starts_with('/') {
            self.add_missing_path(&super::paths::normalize(&importer_dir.join(cleaned)));
            return;
        }
        let package = package_name(cleaned);
        for directory in importer_dir.ancestors() {
            let modules = directory.join("node_modules");
            let candidate = modules.join(package);
            if candidate.is_dir() {
                self.files.insert(candidate.join("package.json"));
                self.directories.insert(candidate);
            } else if modules.is_dir() {
                self.directories.insert(modules);
            }
        }
        // Nothing is installed yet: the appearance of `node_modules` itself.
        if let Some(nearest) = importer_dir.ancestors().find(|dir| dir.join("package.json").is_file()) {
            self.directories.insert(nearest.to_path_buf());
        }
    }

    /// Adds what shows that `path`, a file with or without its extension, has come into being.
    pub(super) fn add_missing_path(&mut self, path: &Path) {
        if path.is_dir() {
            self.directories.insert(path.to_path_buf());
        }
        if path.extension().is_some() {
            self.files.insert(path.to_path_buf());
        }
        if let Some(existing) = path.ancestors().skip(1).find(|dir| dir.is_dir()) {
            self.directories.insert(existing.to_path_buf());
        }
    }
}

/// The package part of a bare specifier: `@scope/name` of `@scope/name/sub`.
fn package_name(specifier: &str) -> &str {
    let wanted = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(wanted - 1) {
        Some((end, _)) => &specifier[..end],
        None => specifier,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn package_names() {
        for (specifier, expected) in [("a", "a"), ("a/b/c", "a"), ("@s/a", "@s/a"), ("@s/a/b", "@s/a"), ("@s", "@s")] {
            assert_eq!(package_name(specifier), expected);
        }
    }

    #[test]
    fn a_missing_relative_import_watches_the_nearest_directory_that_exists() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("src")).unwrap();
        let mut watch = WatchSet::default();
        watch.add_missing_import(&root.join("src"), "./new/deep/leaf");
        watch.add_missing_import(&root.join("src"), "../other.ts");
        assert!(watch.directories.contains(&root.join("src")));
        assert!(watch.directories.contains(root));
        assert!(watch.files.contains(&root.join("other.ts")));
    }

    #[test]
    fn a_missing_package_watches_every_node_modules_above() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("node_modules/present")).unwrap();
        std::fs::create_dir_all(root.join("app/src")).unwrap();
        std::fs::write(root.join("app/package.json"), "{}").unwrap();
        let mut watch = WatchSet::default();
        watch.add_missing_import(&root.join("app/src"), "absent/sub");
        watch.add_missing_import(&root.join("app/src"), "present/missing");
        assert!(watch.directories.contains(&root.join("node_modules")));
        assert!(watch.directories.contains(&root.join("node_modules/present")));
        assert!(watch.directories.contains(&root.join("app")));
    }
}
