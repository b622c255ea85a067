//! Finds the configuration file.
//!
//! In each directory from the start upward: `wrangler.json`, `wrangler.jsonc`, `wrangler.toml`; the nearest
//! directory wins. A build tool may have left `.wrangler/deploy/config.json` beside it, which names the generated
//! configuration to use instead. Only looks at names, and into that one redirect file.

use std::path::{Path, PathBuf};

use super::assemble::clean;
use super::diagnostics::{Diagnostic, display_path};
use super::read::{self, Format};

/// File names by precedence.
pub const FILE_NAMES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

const REDIRECT: &str = ".wrangler/deploy/config.json";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The configuration to read.
    pub config: Option<PathBuf>,
    /// The user's own configuration; differs from `config` after a redirect.
    pub user_config: Option<PathBuf>,
    /// The redirect that was followed.
    pub redirect: Option<PathBuf>,
}

/// Looks upward from `start`.
pub fn find(start: &Path, cwd: &Path) -> Result<Found, Box<Diagnostic>> {
    let user_config =
        start.ancestors().find_map(|dir| FILE_NAMES.iter().map(|name| dir.join(name)).find(|path| path.is_file()));
    let redirect = start.ancestors().map(|dir| dir.join(REDIRECT)).find(|path| path.is_file());
    let Some(redirect) = redirect else {
        return Ok(Found { config: user_config.clone(), user_config, redirect: None });
    };
    let target = follow(&redirect, cwd)?;
    if let Some(user) = &user_config
        && user.parent().map(|dir| dir.join(REDIRECT)).as_ref() != Some(&redirect)
    {
        let (user, redirect) = (display_path(user, cwd), display_path(&redirect, cwd));
        let message = format!(
            "Found both a user configuration file at \"{user}\"\nand a deploy configuration file at \"{redirect}\".\nBut these do not share the same base path so it is not clear which should be used."
        );
        return Err(Box::new(Diagnostic::error("redirected", message).help(format!(
            "Delete \"{redirect}\" if it is left over from a previous build, or name the configuration with --config."
        ))));
    }
    Ok(Found { config: Some(target), user_config, redirect: Some(redirect) })
}

fn follow(redirect: &Path, cwd: &Path) -> Result<PathBuf, Box<Diagnostic>> {
    let name = display_path(redirect, cwd);
    let unreadable = |reason: String| {
        let message = format!("Failed to parse the deploy configuration file at {name}");
        Box::new(Diagnostic::error("redirected", message).help(reason))
    };
    let bytes = std::fs::read(redirect).map_err(|error| unreadable(error.to_string()))?;
    let file = read::decode(redirect, cwd, bytes).map_err(|error| unreadable(error.message))?;
    let mut found = Vec::new();
    let Some(root) = read::parse(&file, Format::Json, &mut found) else {
        let first = found.into_iter().find(Diagnostic::is_error);
        return Err(first.map_or_else(|| unreadable(String::new()), Box::new));
    };
    let entry = root.as_object().and_then(|object| object.entry("configPath"));
    let text = entry.and_then(|entry| entry.value.as_str()).filter(|text| !text.is_empty());
    let Some(text) = text else {
        let message = format!(
            "A deploy configuration file was found at \"{name}\".\nBut this is not valid - the required \"configPath\" property was not found."
        );
        let range = read::first_line(&file.text, entry.map_or(root.range.clone(), |entry| entry.value.range.clone()));
        return Err(Box::new(Diagnostic::error("redirected", message).at(&file, range, "")));
    };
    let target = clean(&redirect.parent().unwrap_or(Path::new("/")).join(text));
    if !target.is_file() {
        let message = format!(
            "There is a deploy configuration at \"{name}\".\nBut the redirected configuration path it points to, \"{}\", does not exist.",
            display_path(&target, cwd)
        );
        let range = entry.map_or(0..0, |entry| entry.value.range.clone());
        return Err(Box::new(Diagnostic::error("redirected", message).at(&file, range, "")));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn found(files: &[(&str, &str)], start: &str) -> String {
        let dir = tree(files);
        let start = dir.path().join(start);
        std::fs::create_dir_all(&start).unwrap();
        let shown =
            |path: Option<PathBuf>| path.map_or_else(|| "-".to_string(), |path| display_path(&path, dir.path()));
        match find(&start, dir.path()) {
            Ok(found) => format!("{} {} {}", shown(found.config), shown(found.user_config), shown(found.redirect)),
            Err(diagnostic) => diagnostic.to_string(),
        }
    }

    #[test]
    fn the_nearest_directory_wins_and_json_before_toml() {
        let files = &[("wrangler.json", ""), ("a/wrangler.jsonc", ""), ("a/wrangler.toml", ""), ("a/b/x", "")];
        assert_eq!(found(files, "a/b"), "a/wrangler.jsonc a/wrangler.jsonc -");
        assert_eq!(found(files, "c"), "wrangler.json wrangler.json -");
    }

    #[test]
    fn a_redirect_is_followed_when_it_is_beside_the_configuration() {
        let redirect = (".wrangler/deploy/config.json", r#"{"configPath": "../../dist/wrangler.json"}"#);
        assert_eq!(
            found(&[("wrangler.toml", ""), redirect, ("dist/wrangler.json", "{}")], "src"),
            "dist/wrangler.json wrangler.toml .wrangler/deploy/config.json"
        );
        assert_eq!(
            found(&[redirect, ("dist/wrangler.json", "{}")], "src"),
            "dist/wrangler.json - .wrangler/deploy/config.json"
        );
        assert!(
            found(&[("a/wrangler.toml", ""), redirect, ("dist/wrangler.json", "{}")], "a")
                .contains("do not share the same base path")
        );
        assert!(found(&[redirect], "").contains("\"dist/wrangler.json\", does not exist"));
        assert!(found(&[(redirect.0, "{}")], "").contains("the required \"configPath\" property was not found"));
        assert!(found(&[(redirect.0, "{")], "").contains("never closed"));
    }
}
