//! Files as env entries: `wasm_modules`, `text_blobs` and `data_blobs`, and files that a service worker imports.

use std::path::Path;

use bytes::Bytes;
use lopata_protocol::{EnvValue, ModuleKind};
use sha2::{Digest, Sha256};

use super::{Binding, BindingContext, BindingEntry};
use crate::bundle::BundleGlobal;
use crate::config::WorkerConfig;

/// The three tables of files.
pub struct Blobs;

impl Binding for Blobs {
    fn entries(&self, config: &WorkerConfig, _context: &BindingContext) -> Vec<BindingEntry> {
        let read = |name: &str, path: &Path, kind: &'static str, value: fn(Vec<u8>) -> EnvValue| {
            let (value, identity) = match std::fs::read(path) {
                Ok(bytes) => {
                    let identity = digest(&bytes);
                    (value(bytes), identity)
                }
                Err(error) => {
                    let sentence =
                        format!("The file of the binding \"{name}\", {}, cannot be read: {error}", path.display());
                    (EnvValue::Unavailable(sentence.clone()), sentence)
                }
            };
            entry(name, kind, path.display().to_string(), value, identity)
        };
        let wasm = config
            .wasm_modules
            .iter()
            .map(|(name, path)| read(name, path, "Wasm Module", |bytes| EnvValue::Wasm(Bytes::from(bytes))));
        let text = config.text_blobs.iter().map(|(name, path)| {
            read(name, path, "Text Blob", |bytes| EnvValue::Text(String::from_utf8_lossy(&bytes).into_owned()))
        });
        let data = config
            .data_blobs
            .iter()
            .map(|(name, path)| read(name, path, "Data Blob", |bytes| EnvValue::Data(Bytes::from(bytes))));
        wasm.chain(text).chain(data).collect()
    }
}

/// A file that a service-worker script imports, which it sees as a global.
pub fn module_global(global: BundleGlobal) -> BindingEntry {
    let BundleGlobal { name, value } = global;
    let (kind, value, identity) = match value {
        ModuleKind::Text(text) | ModuleKind::Json(text) => {
            ("Text Blob", EnvValue::Text(text.to_string()), digest(text.as_bytes()))
        }
        ModuleKind::Data(bytes) => ("Data Blob", EnvValue::Data(bytes.clone()), digest(&bytes)),
        ModuleKind::Wasm(bytes) => ("Wasm Module", EnvValue::Wasm(bytes.clone()), digest(&bytes)),
        ModuleKind::JavaScript { code, .. } | ModuleKind::CommonJs { code, .. } => {
            let sentence = format!("The script's global {name} is JavaScript, which has to be bundled.");
            ("Module", EnvValue::Unavailable(sentence), digest(code.as_bytes()))
        }
    };
    let shown = name.clone();
    entry(&name, kind, shown, value, identity)
}

fn entry(name: &str, kind: &'static str, shown: String, value: EnvValue, identity: String) -> BindingEntry {
    BindingEntry { name: name.to_string(), kind, shown: Some(shown), secret: false, value, service: None, identity }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
