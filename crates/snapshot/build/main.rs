//! Builds the startup snapshot of the guest, and the tables of sources that are loaded lazily on top of it.
//!
//! Extension sources are read from the registry's folders while this runs and never again: the binary carries
//! the snapshot and the tables, and runs where no registry is.

mod module;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use deno_core::ExtensionFileSourceCode;
use deno_core::snapshot::{CreateSnapshotOptions, create_snapshot};
use oxc::allocator::Allocator;
use oxc::codegen::Codegen;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{TransformOptions, Transformer};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let extensions = lopata_guest::snapshot_extensions();
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
        extension_transpiler: Some(Rc::new(|specifier, code| {
            Ok((adapt(specifier.as_str(), code.as_str()).into(), None))
        })),
        with_runtime_cb: None,
    };
    let snapshot = create_snapshot(options, None).expect("the guest's scripts evaluate");
    std::fs::write(out.join("SNAPSHOT.bin"), &snapshot.output).expect("OUT_DIR is writable");
    let loaded: BTreeSet<PathBuf> = snapshot.files_loaded_during_snapshot.iter().cloned().collect();
    for path in &loaded {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    // What ran while the snapshot was made is in it.
    let consumed: BTreeSet<String> = snapshot.consumed_lazy_specifiers.iter().cloned().collect();
    lazy.retain(|(name, ..)| !consumed.contains(name));
    let mut tables = String::new();
    table(&mut tables, "LAZY_JS", lazy.iter().filter(|(.., module)| !module), true);
    table(&mut tables, "LAZY_ESM", lazy.iter().filter(|(.., module)| *module), false);
    std::fs::write(out.join("lazy.rs"), tables).expect("OUT_DIR is writable");
}

/// Writes a sorted table of specifier and source.
fn table<'a>(out: &mut String, name: &str, files: impl Iterator<Item = &'a (String, PathBuf, bool)>, wrap: bool) {
    let mut rows: Vec<(&str, String)> =
        files.map(|(name, path, _)| (name.as_str(), source(name, path, wrap))).collect();
    rows.sort();
    writeln!(out, "pub static {name}: &[(&str, &str)] = &[").expect("writing to a string cannot fail");
    for (specifier, source) in rows {
        writeln!(out, "    ({specifier:?}, {source:?}),").expect("writing to a string cannot fail");
    }
    writeln!(out, "];").expect("writing to a string cannot fail");
}

fn source(specifier: &str, path: &Path, wrap: bool) -> String {
    let text = adapt(specifier, &std::fs::read_to_string(path).expect("an extension's source is readable"));
    if wrap { deno_core::wrap_lazy_ext_script(&text) } else { text }
}

/// What is evaluated of a source: JavaScript, as the guest wants it.
fn adapt(specifier: &str, text: &str) -> String {
    let code = if specifier.ends_with(".ts") { without_types(specifier, text) } else { text.to_string() };
    let code = lopata_guest::patch_node_script(specifier, code);
    // What loads late is a script; `deno_node` has both.
    escape(&if specifier.starts_with("ext:deno_node/") { module::script(specifier, code) } else { code })
}

/// A script in 7-bit characters, as the snapshot wants it. An escape stands for its character in strings, templates
/// and regular expressions alike, and no script here looks at its raw text.
fn escape(code: &str) -> String {
    let mut escaped = String::with_capacity(code.len());
    for character in code.chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(escaped, "\\u{unit:04x}").expect("writing to a string cannot fail");
        }
    }
    escaped
}

/// TypeScript as JavaScript.
fn without_types(specifier: &str, text: &str) -> String {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    assert!(!parsed.panicked && parsed.diagnostics.is_empty(), "{specifier}: {:?}", parsed.diagnostics);
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new().with_enum_eval(true).build(&program).semantic;
    let options = TransformOptions::default();
    let transformer = Transformer::new(&allocator, Path::new(specifier), &options);
    let transformed = transformer.build_with_scoping(semantic.into_scoping(), &mut program);
    assert!(transformed.diagnostics.is_empty(), "{specifier}: {:?}", transformed.diagnostics);
    Codegen::new().build(&program).code
}
