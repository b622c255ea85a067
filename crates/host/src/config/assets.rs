//! `assets`: what its parts mean together, and what they mean with the rest of a configuration.
//!
//! The texts are wrangler's. A directory that is not there is no error here, because it is served as soon as it is:
//! builds make it.

use std::path::Path;

use super::Diagnostic;
use super::assemble::clean;
use super::environments::Settings;
use super::tree::Node;
use super::validate::Checker;

/// What the check knows beside the settings.
pub struct Context<'a> {
    /// Where relative paths of the configuration start.
    pub root: &'a Path,
    /// Where those of flags start.
    pub cwd: &'a Path,
    /// `--assets`.
    pub flag: Option<&'a Path>,
    /// Whether there is code.
    pub has_entry: bool,
}

/// Where wrangler says that more is written.
const BINDING_DOCS: &str = "https://developers.cloudflare.com/workers/static-assets/binding/";

/// Checks the assets of a worker that has any.
pub fn check(checker: &mut Checker<'_>, settings: &Settings<'_>, context: Context<'_>) {
    let node = settings.get("assets");
    let object = node.and_then(Node::as_object);
    if object.is_none() && context.flag.is_none() {
        return;
    }
    if let Some(site) = settings.get("site").filter(|site| !site.is_null()) {
        let message = "Cannot use assets and Workers Sites in the same Worker.";
        checker.error("contradiction", message, site.range.clone()).help =
            Some("Please remove either the `site` or `assets` field from your configuration file.".to_string());
    }
    let place = |name: &str| object.and_then(|object| object.get(name));
    check_directory(checker, &context, node, place("directory"));
    // Whether the entry is missing or only not found is said elsewhere.
    let has_code = context.has_entry || settings.is_written("main");
    if let Some(binding) = place("binding").filter(|_| !has_code) {
        let message = "Cannot use assets with a binding in an assets-only Worker.";
        checker.error("contradiction", message, binding.range.clone()).help = Some(
            "Please remove the asset binding from your configuration file, or provide a Worker script in your \
             configuration file (`main`)."
                .to_string(),
        );
    }
    let Some(first) = place("run_worker_first") else { return };
    let always = first.as_bool() == Some(true);
    let placement = settings.get("placement").and_then(|placement| placement.as_object()?.get("mode"));
    if always && placement.and_then(Node::as_str) == Some("smart") {
        let message = "Turning on Smart Placement in a Worker that is using assets and run_worker_first set to true means \
                       that your entire Worker could be moved to run closer to your data source, and all requests will \
                       go to that Worker before serving assets.";
        checker.warning("smart-placement", message, first.range.clone()).help = Some(format!(
            "This could result in poor performance as round trip times could increase when serving assets.\n\nRead \
             more: {BINDING_DOCS}#smart-placement"
        ));
    }
    if !has_code && (always || first.as_array().is_some()) {
        let message = "Cannot set run_worker_first without a Worker script.";
        checker.error("contradiction", message, first.range.clone()).help = Some(
            "Please remove run_worker_first from your configuration file, or provide a Worker script in your \
             configuration file (`main`)."
                .to_string(),
        );
    } else if always && place("binding").is_none() {
        let message = "run_worker_first=true set without an assets binding";
        checker.warning("no-binding", message, first.range.clone()).help = Some(format!(
            "Setting run_worker_first to true will always invoke your Worker script.\nTo fetch your assets from your \
             Worker, please set the [assets.binding] key in your configuration file.\n\nRead more: {BINDING_DOCS}#binding"
        ));
    }
}

fn check_directory(checker: &mut Checker<'_>, context: &Context<'_>, assets: Option<&Node>, written: Option<&Node>) {
    let (directory, source, range) = match (context.flag, written) {
        (Some(flag), _) => (clean(&context.cwd.join(flag)), "\"--assets\" command line argument", None),
        (None, Some(node)) => {
            // What is no text has been reported by its type.
            let Some(text) = node.as_str() else { return };
            if text.is_empty() {
                checker.error("wrong-value", "`The assets directory cannot be an empty string.", node.range.clone());
                return;
            }
            let source = "\"assets.directory\" field in your configuration file";
            (clean(&context.root.join(text)), source, Some(node.range.clone()))
        }
        (None, None) => {
            let message = "The `assets` property in your configuration is missing the required `directory` property.";
            let range = assets.map_or(checker.start.clone(), |assets| assets.range.clone());
            checker.error("missing", message, range);
            return;
        }
    };
    let shown = directory.display();
    let mut diagnostic = match std::fs::metadata(&directory) {
        Ok(metadata) if metadata.is_dir() => return,
        Ok(_) => Diagnostic::error(
            "not-a-directory",
            format!("The path specified by the {source} doesn't point to a directory:\n{shown}"),
        ),
        Err(_) => Diagnostic::warning(
            "no-directory",
            format!("The directory specified by the {source} does not exist:\n{shown}"),
        )
        .help("It is served as soon as it is there."),
    };
    if let Some(range) = range {
        diagnostic = diagnostic.at(checker.file, range, "");
    }
    checker.found.push(diagnostic);
}
