//! Builds the startup snapshot of the guest, and the tables of sources that are loaded lazily on top of it.
//!
//! Extension sources are read from the registry's folders while this runs and never again: the binary carries
//! the snapshot and the tables, and runs where no registry is.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use deno_core::ExtensionFileSourceCode;
use deno_core::snapshot::{CreateSnapshotOptions, create_snapshot};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let extensions = lopata_guest::extensions(None);
    let mut lazy = Vec::new();
    for extension in &extensions {
        let js = extension.lazy_loaded_js_files.iter().map(|file| (file, false));
        let esm = extension.lazy_loaded_esm_files.iter().map(|file| (file, true));
        for (file, is_module) in js.chain(esm) {
            if let ExtensionFileSourceCode::LoadedFromFsDuringSnapshot(path) = &file.code {
                lazy.push((file.specifier.to_string(), PathBuf::from(path), is_module));
            }
        }
    }
    let options = CreateSnapshotOptions {
        cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
        startup_snapshot: None,
        skip_op_registration: false,
        extensions,
        extension_transpiler: None,
        with_runtime_cb: None,
    };
    let snapshot = create_snapshot(options, None).expect("the guest's scripts evaluate");
    std::fs::write(out.join("SNAPSHOT.bin"), &snapshot.output).expect("OUT_DIR is writable");
    let loaded: BTreeSet<PathBuf> = snapshot.files_loaded_during_snapshot.iter().cloned().collect();
    for path in &loaded {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let mut tables = String::new();
    table(&mut tables, "LAZY_JS", lazy.iter().filter(|(_, path, module)| !module && !loaded.contains(path)), true);
    table(&mut tables, "LAZY_ESM", lazy.iter().filter(|(_, path, module)| *module && !loaded.contains(path)), false);
    std::fs::write(out.join("lazy.rs"), tables).expect("OUT_DIR is writable");
}

/// Writes a sorted table of specifier and source.
fn table<'a>(out: &mut String, name: &str, files: impl Iterator<Item = &'a (String, PathBuf, bool)>, wrap: bool) {
    let mut rows: Vec<(&str, String)> = files.map(|(name, path, _)| (name.as_str(), source(path, wrap))).collect();
    rows.sort();
    writeln!(out, "pub static {name}: &[(&str, &str)] = &[").expect("writing to a string cannot fail");
    for (specifier, source) in rows {
        writeln!(out, "    ({specifier:?}, {source:?}),").expect("writing to a string cannot fail");
    }
    writeln!(out, "];").expect("writing to a string cannot fail");
}

fn source(path: &Path, wrap: bool) -> String {
    let text = std::fs::read_to_string(path).expect("an extension's source is readable");
    if wrap { deno_core::wrap_lazy_ext_script(&text) } else { text }
}
