//! Finds the entry file of a worker, or says what it may have been meant to be.
//!
//! A script on the command line wins over `main`. A file that a build command will make need not exist yet. A
//! worker of static assets has no entry.

use std::path::{Path, PathBuf};

use super::assemble::clean;
use super::diagnostics::{Diagnostic, display_path};
use super::environments::Settings;
use super::suggest;
use super::tree::Node;
use super::validate::Checker;

const EXTENSIONS: [&str; 4] = ["ts", "tsx", "js", "jsx"];

/// Extensions that a file of the same stem may have been meant to have.
const MEANT_EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "mjs", "cjs", "py"];

/// Entry files that projects usually have, by likelihood.
const USUAL: [&str; 8] = [
    "src/index.ts",
    "src/index.js",
    "src/worker.ts",
    "src/worker.js",
    "src/main.ts",
    "index.ts",
    "index.js",
    "worker.js",
];

/// What entries are resolved against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The directory of the configuration.
    pub root: &'a Path,
    /// The user's directory.
    pub cwd: &'a Path,
    /// The script of the command line.
    pub script: Option<&'a Path>,
    /// Whether there is a configuration file to point into.
    pub has_file: bool,
    /// Whether static assets were asked for on the command line.
    pub assets_flag: bool,
}

/// The entry file. `missing` gets the files whose appearance would help.
pub fn resolve(
    checker: &mut Checker<'_>,
    settings: &Settings<'_>,
    context: Context<'_>,
    missing: &mut Vec<PathBuf>,
) -> Option<PathBuf> {
    if let Some(script) = context.script {
        let path = clean(&context.cwd.join(script));
        return match existing(&path) {
            Some(found) => Some(found),
            None => {
                missing.push(path.clone());
                let diagnostic = not_found(&path, context.cwd, context.cwd);
                checker.found.push(diagnostic);
                None
            }
        };
    }
    let (written, node) = match settings.get("main") {
        Some(node) => (node.as_str()?.to_string(), node),
        None => match site_entry(checker, settings) {
            Some(found) => found,
            None => {
                if !settings.is_written("main") && settings.get("assets").is_none() && !context.assets_flag {
                    no_entry(checker, settings, context);
                }
                return None;
            }
        },
    };
    let path = clean(&context.root.join(&written));
    let built = settings.get("build").and_then(|build| build.as_object()?.get("command")?.as_str());
    match existing(&path) {
        Some(found) => Some(found),
        None if built.is_some_and(|command| !command.trim().is_empty()) => Some(path),
        None => {
            missing.push(path.clone());
            let diagnostic = not_found(&path, context.root, context.root);
            checker.found.push(diagnostic.at(checker.file, node.range.clone(), ""));
            None
        }
    }
}

/// The file, with one of the usual extensions if it is written without.
fn existing(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_path_buf());
    }
    if path.extension().is_some() {
        return None;
    }
    EXTENSIONS.iter().map(|extension| path.with_extension(extension)).find(|path| path.is_file())
}

/// The deprecated way of Workers Sites to name the entry.
fn site_entry<'a>(checker: &mut Checker<'_>, settings: &Settings<'a>) -> Option<(String, &'a Node)> {
    let entry = settings.entry("site")?;
    let site = entry.value.as_object()?;
    let (dir, node) = match site.get("entry-point") {
        Some(node) => (node.as_str()?.trim_end_matches('/').to_string(), node),
        None => {
            let message = "Because you've defined a [site] configuration, we're defaulting to \"workers-site\" for the deprecated `site.entry-point`field.";
            checker.warning("deprecated", message, entry.key_range.clone()).help = Some(format!(
                "Add {} at the top level.",
                checker.format.assignment("main", "\"workers-site/index.js\"")
            ));
            ("workers-site".to_string(), &entry.value)
        }
    };
    let written = if Path::new(&dir).extension().is_some() { dir } else { format!("{dir}/index.js") };
    Some((written, node))
}

fn no_entry(checker: &mut Checker<'_>, settings: &Settings<'_>, context: Context<'_>) {
    if let Some(entry) = settings.entry("pages_build_output_dir") {
        let message = "It looks like you've run a Workers-specific command in a Pages project.";
        checker.error("missing-main", message, entry.key_range.clone()).help =
            Some("Pages projects cannot be run yet.".to_string());
        return;
    }
    let message = "Missing entry-point to Worker script or to assets directory";
    let guess = USUAL.iter().find(|path| context.root.join(path).is_file()).unwrap_or(&USUAL[0]);
    if context.has_file {
        let help = format!("Add {} to the configuration.", checker.format.assignment("main", &format!("\"{guess}\"")));
        checker.error("missing-main", message, checker.start.clone()).help = Some(help);
    } else {
        let help = format!("Name a script: lopata dev {guess}\nOr create a wrangler.jsonc that has a \"main\".");
        checker.found.push(Diagnostic::error("missing-main", message).help(help));
    }
}

fn not_found(path: &Path, root: &Path, base: &Path) -> Diagnostic {
    let name = display_path(path, base);
    if path.is_dir() {
        let message = format!("The provided entry-point path, \"{name}\", points to a directory, rather than a file.");
        let inside = ["worker", "dist/worker", "index", "dist/index"]
            .iter()
            .flat_map(|stem| EXTENSIONS.iter().map(move |extension| format!("{stem}.{extension}")))
            .find(|file| path.join(file).is_file());
        let diagnostic = Diagnostic::error("main-not-found", message);
        return match inside {
            Some(file) => diagnostic.help(format!("Did you mean \"{name}/{file}\"?")),
            None => diagnostic.help("A directory of static assets is set as \"assets\": { \"directory\": … }."),
        };
    }
    let message = format!("The entry-point file at \"{name}\" was not found.");
    let help = match meant(path, root) {
        Some(file) => format!("Did you mean \"{}\"?", display_path(&file, base)),
        None => "This might mean that your entry-point file needs to be generated: run your project's build command and try again.".to_string(),
    };
    Diagnostic::error("main-not-found", message).help(help)
}

/// The file that was meant: the same name with another extension, a similar name beside it, a usual entry.
fn meant(path: &Path, root: &Path) -> Option<PathBuf> {
    let same_stem = MEANT_EXTENSIONS.iter().map(|extension| path.with_extension(extension)).find(|file| file.is_file());
    same_stem.or_else(|| similar(path)).or_else(|| USUAL.iter().map(|file| root.join(file)).find(|file| file.is_file()))
}

fn similar(path: &Path) -> Option<PathBuf> {
    // A directory with more files than this is no source directory.
    const FILES_MAX: usize = 1000;
    let (dir, name) = (path.parent()?, path.file_name()?.to_str()?);
    let files: Vec<String> = std::fs::read_dir(dir)
        .ok()?
        .take(FILES_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| MEANT_EXTENSIONS.iter().any(|extension| file.ends_with(&format!(".{extension}"))))
        .collect();
    suggest::nearest(name, files.iter().map(String::as_str)).map(|near| dir.join(near)).filter(|file| file.is_file())
}
