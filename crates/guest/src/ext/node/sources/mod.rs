//! Which scripts of `deno_node` the snapshot's build takes in, by area.
//!
//! Only that build calls this; the program itself never asks for a file of `deno_node`, so that the linker keeps
//! none of its ops but those that are registered by name. Scripts that are ES modules there become scripts like all
//! others when the snapshot is built.

mod base;
mod buffers;
mod streams;

use std::collections::BTreeSet;
use std::path::PathBuf;

use deno_core::url::Url;
use deno_core::{ExtensionFileSource, ExtensionFileSourceCode};
use node_resolver::errors::PackageFolderResolveError;
use node_resolver::{InNpmPackageChecker, NpmPackageFolderResolver, UrlOrPathRef};

/// A place in a script: path below `ext:deno_node/`, text, what stands there instead, wherever it occurs.
type Patch = (&'static str, &'static str, &'static str);

/// The scripts of each area, by path below `ext:deno_node/`: pure JavaScript, and what it loads.
const SCRIPTS: [&[&str]; 3] = [base::SCRIPTS, buffers::SCRIPTS, streams::SCRIPTS];

/// The places of each area.
const PATCHES: [&[Patch]; 3] = [base::PATCHES, buffers::PATCHES, streams::PATCHES];

/// The scripts with the places they lie at.
///
/// # Panics
///
/// If `deno_node` lacks one of them, which means that its version was changed and this list was not.
pub fn sources() -> Vec<ExtensionFileSource> {
    let extension = deno_node::deno_node::lazy_init::<Nobody, Nobody, sys_traits::impls::RealSys>();
    let files = || extension.lazy_loaded_js_files.iter().chain(extension.lazy_loaded_esm_files.iter());
    let find = |path: &&str| {
        // Some go by the name of their module there.
        let place = format!("/polyfills/{path}");
        let lies_there = |file: &&ExtensionFileSource| match &file.code {
            ExtensionFileSourceCode::LoadedFromFsDuringSnapshot(whole) => whole.ends_with(&place),
            _ => false,
        };
        let found = files().find(lies_there).unwrap_or_else(|| panic!("deno_node has no script {path}"));
        let mut found = found.clone();
        found.specifier = format!("ext:deno_node/{path}").leak();
        found
    };
    // One that two areas want is one.
    let wanted: BTreeSet<&&str> = SCRIPTS.into_iter().flatten().collect();
    wanted.into_iter().map(find).collect()
}

/// Adapts a script of `deno_node`, which is JavaScript by now.
///
/// # Panics
///
/// If a place to be patched is not there.
pub fn patch(specifier: &str, source: String) -> String {
    let Some(path) = specifier.strip_prefix("ext:deno_node/") else { return source };
    // Modules that load each other late go through our own table of modules.
    let mut source = source.replace("core.createLazyLoader(", "core.loadExtScript(\"ext:lopata_node/table.js\").late(");
    for (_, from, to) in PATCHES.into_iter().flatten().filter(|(patched, ..)| *patched == path) {
        assert!(source.contains(from), "{path} does not contain {from}");
        source = source.replace(from, to);
    }
    source
}

/// A resolver of packages where there are none: the type is all that is needed.
struct Nobody;

impl InNpmPackageChecker for Nobody {
    fn in_npm_package(&self, _specifier: &Url) -> bool {
        false
    }
}

impl NpmPackageFolderResolver for Nobody {
    fn resolve_package_folder_from_package(
        &self,
        _specifier: &str,
        _referrer: &UrlOrPathRef<'_>,
    ) -> Result<PathBuf, PackageFolderResolveError> {
        unreachable!("no worker resolves packages")
    }

    fn resolve_types_package_folder(
        &self,
        _types_package_name: &str,
        _maybe_package_version: Option<&deno_semver::Version>,
        _maybe_referrer: Option<&UrlOrPathRef<'_>>,
    ) -> Option<PathBuf> {
        None
    }
}
