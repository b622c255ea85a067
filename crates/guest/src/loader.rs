//! The module loader: answers imports from the worker's definition and nothing else.
//!
//! No import reaches a file or a network. Text, Data, JSON and CompiledWasm modules become JavaScript with a
//! default export, because that is how wrangler's rules expose them. V8's code cache is kept by content hash
//! for the whole process, so an unchanged chunk compiles once however many generations load it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use deno_core::{
    FastString, ModuleLoadOptions, ModuleLoadReferrer, ModuleLoadResponse, ModuleLoader, ModuleResolveResponse,
    ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType, ResolutionKind, SourceCodeCacheInfo, resolve_import,
};
use deno_error::JsErrorBox;
use lopata_protocol::node::{self, Found, Served};
use lopata_protocol::{BUNDLE_ROOT, CompatSet, ModuleDefinition, ModuleKind};
use parking_lot::Mutex;

/// Compiled code of past generations, by content hash. One per process; cheap to clone.
#[derive(Clone, Default)]
pub struct CodeCache(Arc<Mutex<CodeCacheInner>>);

#[derive(Default)]
struct CodeCacheInner {
    by_hash: HashMap<u64, Arc<[u8]>>,
    /// Hashes in order of insertion, oldest first, to bound the map.
    order: std::collections::VecDeque<u64>,
    bytes: usize,
}

/// Bytes of compiled code kept; a large worker's chunks together take a few megabytes.
const CODE_CACHE_BYTES_MAX: usize = 32 * 1024 * 1024;

impl CodeCache {
    fn get(&self, hash: u64) -> Option<Arc<[u8]>> {
        self.0.lock().by_hash.get(&hash).cloned()
    }

    fn put(&self, hash: u64, code: &[u8]) {
        let mut inner = self.0.lock();
        if code.len() > CODE_CACHE_BYTES_MAX || inner.by_hash.contains_key(&hash) {
            return;
        }
        inner.bytes += code.len();
        inner.by_hash.insert(hash, Arc::from(code));
        inner.order.push_back(hash);
        while inner.bytes > CODE_CACHE_BYTES_MAX {
            let Some(oldest) = inner.order.pop_front() else { break };
            if let Some(dropped) = inner.by_hash.remove(&oldest) {
                inner.bytes -= dropped.len();
            }
        }
    }
}

/// Scheme of the modules that back CompiledWasm imports.
const WASM_SCHEME: &str = "lopata-wasm:";
/// Scheme of the modules that back Data imports.
const DATA_SCHEME: &str = "lopata-data:";

/// Serves the modules of one worker; empty until the worker is known.
pub struct WorkerLoader {
    modules: RefCell<HashMap<String, ModuleDefinition>>,
    /// The worker's flags, which say what modules of Node it has.
    flags: Cell<CompatSet>,
    cache: CodeCache,
}

impl WorkerLoader {
    /// A loader without modules.
    pub fn new(cache: CodeCache) -> Self {
        Self { modules: RefCell::default(), flags: Cell::new(CompatSet::NONE), cache }
    }

    /// Takes in the modules of the worker, and its flags.
    pub fn set_modules(&self, modules: Vec<ModuleDefinition>, flags: CompatSet) {
        self.flags.set(flags);
        let mut map = self.modules.borrow_mut();
        for module in modules {
            map.insert(module.specifier.clone(), module);
        }
    }

    fn source(&self, specifier: &ModuleSpecifier) -> Result<ModuleSource, JsErrorBox> {
        let name = specifier.as_str();
        if let Some(inner) = name.strip_prefix(WASM_SCHEME) {
            return self.bytes(specifier, inner, ModuleType::Wasm);
        }
        if let Some(inner) = name.strip_prefix(DATA_SCHEME) {
            return self.bytes(specifier, inner, ModuleType::Bytes);
        }
        let modules = self.modules.borrow();
        let module = modules.get(name).ok_or_else(|| no_such_module(name))?;
        let code = match &module.kind {
            ModuleKind::JavaScript { code, .. } => {
                let hash = u64::from_le_bytes(module.hash[..8].try_into().expect("a hash has 32 bytes"));
                let data = self.cache.get(hash).map(|code| Cow::Owned(code.to_vec()));
                let cache = SourceCodeCacheInfo { hash, data };
                let code = ModuleSourceCode::String(FastString::from(code.clone()));
                return Ok(ModuleSource::new(ModuleType::JavaScript, code, specifier, Some(cache)));
            }
            ModuleKind::Text(text) => format!("export default {};", json_string(text)),
            ModuleKind::Json(text) => format!("export default JSON.parse({});", json_string(text)),
            ModuleKind::Data(_) => format!(
                "import bytes from {} with {{ type: \"bytes\" }}; export default bytes.buffer;",
                json_string(&format!("{DATA_SCHEME}{name}"))
            ),
            ModuleKind::Wasm(_) => format!(
                "import source module from {}; export default module;",
                json_string(&format!("{WASM_SCHEME}{name}"))
            ),
        };
        Ok(ModuleSource::new(ModuleType::JavaScript, ModuleSourceCode::String(code.into()), specifier, None))
    }

    /// What `specifier` is, if it names a module of Node to this worker.
    fn node_module(&self, specifier: &str) -> Option<Result<ModuleSpecifier, JsErrorBox>> {
        match node::lookup(specifier, &self.flags.get()) {
            Found::Module(module) if module.served == Served::NotYet => {
                let name = module.name;
                let text = format!("No such module \"{specifier}\".\n  lopata does not have node:{name} yet.");
                Some(Err(JsErrorBox::generic(text)))
            }
            Found::Module(module) => {
                let url = ModuleSpecifier::parse(&format!("{}{}", node::SCHEME, module.name));
                Some(url.map_err(|error| JsErrorBox::generic(error.to_string())))
            }
            Found::Missing => Some(Err(no_such_module(specifier))),
            Found::NotNode => None,
        }
    }

    fn bytes(&self, specifier: &ModuleSpecifier, name: &str, kind: ModuleType) -> Result<ModuleSource, JsErrorBox> {
        let modules = self.modules.borrow();
        match modules.get(name).map(|module| &module.kind) {
            Some(ModuleKind::Data(bytes) | ModuleKind::Wasm(bytes)) => {
                let code = ModuleSourceCode::Bytes(bytes.to_vec().into_boxed_slice().into());
                Ok(ModuleSource::new(kind, code, specifier, None))
            }
            _ => Err(no_such_module(name)),
        }
    }
}

/// A JSON string literal, which is a JavaScript one too.
fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

/// Source: workerd's text for an import it cannot resolve.
fn no_such_module(specifier: &str) -> JsErrorBox {
    let hint = if specifier.starts_with("cloudflare:") {
        "\n  This version of lopata provides cloudflare:workers only."
    } else {
        ""
    };
    JsErrorBox::generic(format!("No such module \"{}\".{hint}", shown(specifier)))
}

/// The error of an import statement, which names its module.
fn imported_from(error: &JsErrorBox, importer: &str) -> JsErrorBox {
    JsErrorBox::generic(format!("{error}\n  imported from \"{importer}\""))
}

/// How users know a module.
fn shown(specifier: &str) -> &str {
    specifier.strip_prefix(BUNDLE_ROOT).unwrap_or(specifier)
}

/// Modules that the extensions provide.
const BUILTIN: [&str; 1] = ["cloudflare:workers"];

impl ModuleLoader for WorkerLoader {
    fn resolve(&self, specifier: &str, referrer: &str, kind: ResolutionKind) -> ModuleResolveResponse {
        if BUILTIN.contains(&specifier) {
            return ModuleSpecifier::parse(specifier).map_err(|error| JsErrorBox::generic(error.to_string()));
        }
        if let Some(found) = self.node_module(specifier) {
            return found.map_err(|error| match kind {
                ResolutionKind::Import => imported_from(&error, shown(referrer)),
                ResolutionKind::MainModule | ResolutionKind::DynamicImport => error,
            });
        }
        if specifier.starts_with("ext:") || referrer.starts_with("ext:") {
            return Err(no_such_module(specifier));
        }
        // As in production, a bare name is a path like any other: beside the module that asks for it.
        resolve_import(specifier, referrer)
            .or_else(|_| ModuleSpecifier::parse(referrer)?.join(specifier))
            .map_err(|_| no_such_module(specifier))
    }

    fn load(
        &self,
        module_specifier: &ModuleSpecifier,
        referrer: Option<&ModuleLoadReferrer>,
        options: ModuleLoadOptions,
    ) -> ModuleLoadResponse {
        // Source: workerd, whose message names the importer of a static import only.
        let importer =
            referrer.filter(|_| !options.is_dynamic_import).map(|referrer| shown(referrer.specifier.as_str()));
        ModuleLoadResponse::Sync(self.source(module_specifier).map_err(|error| match importer {
            Some(importer) => imported_from(&error, importer),
            None => error,
        }))
    }

    fn code_cache_ready(
        &self,
        _module_specifier: ModuleSpecifier,
        hash: u64,
        code_cache: &[u8],
    ) -> Pin<Box<dyn Future<Output = ()>>> {
        self.cache.put(hash, code_cache);
        Box::pin(std::future::ready(()))
    }

    fn get_source_map(&self, file_name: &str) -> Option<Cow<'_, [u8]>> {
        match &self.modules.borrow().get(file_name)?.kind {
            ModuleKind::JavaScript { map: Some(map), .. } => Some(Cow::Owned(map.as_bytes().to_vec())),
            _ => None,
        }
    }
}
