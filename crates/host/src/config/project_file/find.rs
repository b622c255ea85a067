//! Finds the project file: upward from where the user works, and only as far as the nearest configuration.
//!
//! Looks at names only.

use std::path::{Path, PathBuf};

use crate::config::assemble::clean;
use crate::config::diagnostics::{Diagnostic, display_path};
use crate::config::discover;

/// File names by precedence.
pub const FILE_NAMES: [&str; 3] = ["lopata.config.ts", "lopata.config.js", "lopata.config.json"];

/// The extensions of files that are code.
const CODE: [&str; 4] = ["ts", "js", "mts", "mjs"];

/// A project file, and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Files in the same directory that would have been used without it: project files that come later in the
    /// order, and the first of wrangler's.
    pub beside: Vec<PathBuf>,
}

/// The project file that a command line in `cwd` means: the one that `--config` names, or the one that is found. A
/// script is a worker of its own and has none. An error when it was named together with other configurations.
pub fn locate(configs: &[PathBuf], script: Option<&Path>, cwd: &Path) -> Result<Option<Found>, Diagnostic> {
    match configs.iter().find_map(|config| is_project_file(config, cwd)) {
        Some(path) if configs.len() > 1 => {
            let message = format!("--config {} cannot be combined with others.", display_path(&path, cwd));
            Err(Diagnostic::error("project-file", message).help("It names all workers itself, in \"workers\"."))
        }
        Some(path) => Ok(Some(Found { path, beside: Vec::new() })),
        None if !configs.is_empty() || script.is_some() => Ok(None),
        None => Ok(find(cwd)),
    }
}

/// The project file that holds for `cwd`: the nearest directory with a configuration of either kind decides, and in
/// it a project file comes first.
fn find(cwd: &Path) -> Option<Found> {
    for directory in cwd.ancestors() {
        let existing = |names: &[&str]| -> Vec<PathBuf> {
            names.iter().map(|name| directory.join(name)).filter(|path| path.is_file()).collect()
        };
        let mut own = existing(&FILE_NAMES).into_iter();
        let wrangler = existing(&discover::FILE_NAMES).into_iter().next();
        if let Some(path) = own.next() {
            return Some(Found { path, beside: own.chain(wrangler).collect() });
        }
        if wrangler.is_some() {
            return None;
        }
    }
    None
}

/// Whether a file that was named with `--config` is a project file, and where it is.
fn is_project_file(config: &Path, cwd: &Path) -> Option<PathBuf> {
    let code = config.extension().and_then(|extension| extension.to_str()).is_some_and(|name| CODE.contains(&name));
    let named =
        config.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("lopata.config."));
    (code || named).then(|| clean(&cwd.join(config)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_nearest_directory_decides_and_in_it_a_project_file_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("workers/echo/src")).unwrap();
        for name in ["lopata.config.json", "lopata.config.ts", "wrangler.toml", "workers/echo/wrangler.jsonc"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        let path = root.join("lopata.config.ts");
        let beside = vec![root.join("lopata.config.json"), root.join("wrangler.toml")];
        let found = Some(Found { path, beside });
        assert_eq!(find(root), found);
        assert_eq!(find(&root.join("workers")), found);
        assert_eq!(find(&root.join("workers/echo/src")), None, "that directory is a project of its own");
    }

    #[test]
    fn a_named_file_stands_alone_and_a_script_has_none() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lopata.config.js"), "").unwrap();
        let named = |configs: &[&str], script: Option<&str>| {
            let configs: Vec<PathBuf> = configs.iter().map(PathBuf::from).collect();
            let found = locate(&configs, script.map(Path::new), dir.path()).map_err(|error| error.to_string())?;
            Ok::<_, String>(found.map(|found| display_path(&found.path, dir.path())))
        };
        assert_eq!(named(&[], None).unwrap().as_deref(), Some("lopata.config.js"));
        assert_eq!(named(&["x/lopata.config.ts"], None).unwrap().as_deref(), Some("x/lopata.config.ts"));
        assert_eq!(named(&["wrangler.json"], None).unwrap(), None);
        assert_eq!(named(&[], Some("src/index.ts")).unwrap(), None);
        assert!(named(&["a.json", "lopata.config.js"], None).unwrap_err().contains("cannot be combined"));
    }

    #[test]
    fn a_named_file_is_told_from_wranglers() {
        let cwd = Path::new("/p");
        for (name, path) in [
            ("lopata.config.json", Some("/p/lopata.config.json")),
            ("../q/lopata.config.ci.json", Some("/q/lopata.config.ci.json")),
            ("x/dev.ts", Some("/p/x/dev.ts")),
            ("wrangler.json", None),
            ("wrangler.toml", None),
        ] {
            assert_eq!(is_project_file(Path::new(name), cwd), path.map(PathBuf::from), "{name}");
        }
    }
}
