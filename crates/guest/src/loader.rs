//! The module loader: answers imports from the worker's definition and nothing else.
//!
//! No import reaches a file or a network. Text, Data, JSON and CompiledWasm modules become JavaScript with a
//! default export, because that is how wrangler's rules expose them. V8's code cache is kept by content hash
//! for the whole process, so an unchanged chunk compiles once however many generations load it. The runtime's scripts
//! that are not in the snapshot are kept the same way, by name.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use deno_core::{
    FastString, ModuleLoadOptions, ModuleLoadReferrer, ModuleLoadResponse, ModuleLoader, ModuleResolveResponse,
    ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType, ResolutionKind, SourceCodeCacheInfo, resolve_import,
};
use deno_error::JsErrorBox;
use lopata_protocol::node::{self, Found};
use lopata_protocol::{BUNDLE_ROOT, CompatSet, ExtensionModule, ModuleDefinition, ModuleKind};
use parking_lot::Mutex;

use crate::ext::commonjs;

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

/// Where the modules of a project's bundle are.
pub const PROJECT_ROOT: &str = "file:///bundle/";
/// Scheme of the modules that back CompiledWasm imports.
const WASM_SCHEME: &str = "lopata-wasm:";
/// Scheme of the modules that back Data imports.
pub const DATA_SCHEME: &str = "lopata-data:";

/// What a module is to `require`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It has what it has exported.
    CommonJs,
    /// It has a namespace.
    Module,
    /// It is its default export: text, bytes, JSON, WebAssembly.
    Value,
}

/// Serves the modules of one worker; empty until the worker is known.
pub struct WorkerLoader {
    modules: RefCell<HashMap<String, ModuleDefinition>>,
    /// Their specifiers in the order of the worker's definition.
    order: RefCell<Vec<String>>,
    /// Modules that are not the worker's own, by what they are imported as.
    extensions: RefCell<HashMap<String, ExtensionModule>>,
    /// The worker's flags, which say what modules of Node it has.
    flags: Cell<CompatSet>,
    /// How often a script has called `import()`.
    imports: Cell<u64>,
    cache: CodeCache,
}

impl WorkerLoader {
    /// A loader without modules.
    pub fn new(cache: CodeCache) -> Self {
        Self {
            modules: RefCell::default(),
            order: RefCell::default(),
            extensions: RefCell::default(),
            flags: Cell::new(CompatSet::NONE),
            imports: Cell::new(0),
            cache,
        }
    }

    /// How often a script has called `import()`, whose answer comes a turn later and is no op.
    pub fn imports(&self) -> u64 {
        self.imports.get()
    }

    /// Takes in the modules of the worker, and its flags.
    pub fn set_modules(&self, modules: Vec<ModuleDefinition>, flags: CompatSet) {
        self.flags.set(flags);
        let mut map = self.modules.borrow_mut();
        let mut order = self.order.borrow_mut();
        for module in modules {
            order.push(module.specifier.clone());
            map.insert(module.specifier.clone(), module);
        }
    }

    /// The worker's modules, in the order of its definition.
    pub fn modules(&self) -> Vec<ModuleDefinition> {
        let modules = self.modules.borrow();
        self.order.borrow().iter().filter_map(|specifier| modules.get(specifier).cloned()).collect()
    }

    /// Takes in the modules that are not the worker's own.
    pub fn set_extensions(&self, extensions: Vec<ExtensionModule>) {
        let mut map = self.extensions.borrow_mut();
        map.extend(extensions.into_iter().map(|module| (module.specifier.clone(), module)));
    }

    /// Whether there is such a module of that kind.
    pub fn has_extension(&self, specifier: &str) -> bool {
        self.extensions.borrow().contains_key(specifier)
    }

    /// Where an import leads that may be one of an extension: such modules have whole names, and internal ones are
    /// for each other only.
    fn extension(&self, specifier: &str, referrer: &str) -> Option<ModuleSpecifier> {
        let extensions = self.extensions.borrow();
        let module = extensions.get(specifier)?;
        // The isolate itself, which asks for the modules of wrapped bindings, has no URL.
        let visible = !module.internal || extensions.contains_key(referrer) || !referrer.contains(':');
        visible.then(|| ModuleSpecifier::parse(specifier).ok()).flatten()
    }

    fn source(&self, specifier: &ModuleSpecifier) -> Result<ModuleSource, JsErrorBox> {
        let name = specifier.as_str();
        if let Some(inner) = name.strip_prefix(WASM_SCHEME) {
            return self.bytes(specifier, inner, ModuleType::Wasm);
        }
        if let Some(inner) = name.strip_prefix(DATA_SCHEME) {
            return self.bytes(specifier, inner, ModuleType::Bytes);
        }
        if let Some(extension) = self.extensions.borrow().get(name) {
            let code = ModuleSourceCode::String(FastString::from(extension.code.clone()));
            return Ok(ModuleSource::new(ModuleType::JavaScript, code, specifier, None));
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
            ModuleKind::CommonJs { named_exports, .. } => commonjs_facade(name, named_exports),
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
            Found::Module(module) => {
                let url = ModuleSpecifier::parse(&format!("{}{}", node::SCHEME, module.name));
                Some(url.map_err(|error| JsErrorBox::generic(error.to_string())))
            }
            Found::Missing => Some(Err(no_such_module(specifier))),
            Found::NotNode => None,
        }
    }

    /// What a module that was resolved is to `require`. One of the worker's root that is not there is an error.
    pub fn kind_of(&self, specifier: &ModuleSpecifier) -> Result<Kind, JsErrorBox> {
        match self.modules.borrow().get(specifier.as_str()).map(|module| &module.kind) {
            Some(ModuleKind::CommonJs { .. }) => Ok(Kind::CommonJs),
            Some(ModuleKind::JavaScript { .. }) => Ok(Kind::Module),
            Some(ModuleKind::Text(_) | ModuleKind::Json(_) | ModuleKind::Data(_) | ModuleKind::Wasm(_)) => {
                Ok(Kind::Value)
            }
            None => match specifier.as_str().strip_prefix(self.root()) {
                Some(name) => Err(no_such_module(if name.is_empty() { "." } else { name })),
                None => Ok(Kind::Module),
            },
        }
    }

    /// What the worker's paths are relative to: modules of a bundle have other specifiers than those of a
    /// configuration in workerd's form.
    pub fn root(&self) -> &'static str {
        let modules = self.modules.borrow();
        if modules.keys().any(|specifier| specifier.starts_with(BUNDLE_ROOT)) { BUNDLE_ROOT } else { PROJECT_ROOT }
    }

    /// Whether a module's code is made here, and so may import what users may not.
    fn is_facade(&self, specifier: &str) -> bool {
        let modules = self.modules.borrow();
        modules.get(specifier).is_some_and(|module| {
            matches!(module.kind, ModuleKind::CommonJs { .. } | ModuleKind::Data(_) | ModuleKind::Wasm(_))
        })
    }

    /// The code of a CommonJS module.
    pub fn commonjs_code(&self, specifier: &str) -> Result<Arc<str>, JsErrorBox> {
        match self.modules.borrow().get(specifier).map(|module| &module.kind) {
            Some(ModuleKind::CommonJs { code, .. }) => Ok(code.clone()),
            _ => Err(no_such_module(specifier)),
        }
    }

    /// Why `specifier` cannot be imported by the module `referrer`; `None` if it can. Asked before the engine asks,
    /// whose errors are of another class and have no place.
    pub fn missing(&self, specifier: &str, referrer: &str, is_dynamic: bool) -> Option<String> {
        if referrer.starts_with("ext:") {
            return None;
        }
        let kind = if is_dynamic { ResolutionKind::DynamicImport } else { ResolutionKind::Import };
        let error = match self.resolve(specifier, referrer, kind) {
            // A facade has statements only; its module's code may have more.
            Ok(resolved) if is_dynamic && is_own(resolved.as_str()) => no_such_module(specifier),
            Ok(resolved) => match resolved.scheme() {
                "file" | "bundle" | "http" | "https" => self.absent(&resolved)?,
                _ if BUILTIN.contains(&resolved.as_str()) || self.node_module(specifier).is_some() => return None,
                _ => self.absent(&resolved)?,
            },
            Err(error) => return Some(error.to_string()),
        };
        // Source: workerd, whose message names the importer of a static import only.
        Some(if is_dynamic { error.to_string() } else { imported_from(&error, shown(referrer)).to_string() })
    }

    /// The error for a module of the worker that is not there.
    fn absent(&self, resolved: &ModuleSpecifier) -> Option<JsErrorBox> {
        let name = resolved.as_str();
        // Resolved, these were asked for by what the loader itself has made.
        let known = is_own(name) || self.modules.borrow().contains_key(name) || self.has_extension(name);
        (!known).then(|| no_such_module(name))
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

/// The ES module that stands for a CommonJS module.
fn commonjs_facade(name: &str, named_exports: &[String]) -> String {
    let mut code = format!(
        "import {{ load }} from {}; const exports = load({}); export default exports;\n",
        json_string(commonjs::SPECIFIER),
        json_string(name)
    );
    for (index, export) in named_exports.iter().enumerate().filter(|(_, export)| *export != "default") {
        let export = json_string(export);
        code.push_str(&format!("const export{index} = exports?.[{export}]; export {{ export{index} as {export} }};"));
    }
    // So the frames of the facade are the runtime's own.
    code.push_str("\n//# sourceURL=ext:lopata/commonjs/facade.js");
    code
}

/// A JSON string literal, which is a JavaScript one too.
fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

/// Source: workerd's text for an import it cannot resolve.
fn no_such_module(specifier: &str) -> JsErrorBox {
    JsErrorBox::generic(format!("No such module \"{}\".", shown(specifier)))
}

/// The error of an import statement, which names its module.
fn imported_from(error: &JsErrorBox, importer: &str) -> JsErrorBox {
    JsErrorBox::generic(format!("{error}\n  imported from \"{importer}\""))
}

/// Whether a specifier is one of the loader's own.
fn is_own(specifier: &str) -> bool {
    specifier.starts_with(WASM_SCHEME) || specifier.starts_with(DATA_SCHEME) || specifier == commonjs::SPECIFIER
}

/// How users know a module.
pub fn shown(specifier: &str) -> &str {
    match specifier.strip_prefix(BUNDLE_ROOT).or_else(|| specifier.strip_prefix(PROJECT_ROOT)) {
        Some("") => ".",
        Some(name) => name,
        None => specifier,
    }
}

/// Modules that the extensions provide.
const BUILTIN: [&str; 5] =
    ["cloudflare:email", "cloudflare:node", "cloudflare:sockets", "cloudflare:workers", "cloudflare:workflows"];

impl ModuleLoader for WorkerLoader {
    fn resolve(&self, specifier: &str, referrer: &str, kind: ResolutionKind) -> ModuleResolveResponse {
        if kind == ResolutionKind::DynamicImport {
            self.imports.set(self.imports.get() + 1);
        }
        if BUILTIN.contains(&specifier) {
            return ModuleSpecifier::parse(specifier).map_err(|error| JsErrorBox::generic(error.to_string()));
        }
        if let Some(found) = self.extension(specifier, referrer) {
            return Ok(found);
        }
        if self.has_extension(specifier) {
            return Err(no_such_module(specifier));
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
        // The worker's root is no module.
        let specifier = if specifier.is_empty() { "." } else { specifier };
        // As in production, a bare name is a path like any other: beside the module that asks for it.
        let resolved = resolve_import(specifier, referrer)
            .or_else(|_| ModuleSpecifier::parse(referrer)?.join(specifier))
            .map_err(|_| no_such_module(specifier))?;
        let allowed = !is_own(resolved.as_str()) || self.is_facade(referrer);
        if allowed { Ok(resolved) } else { Err(no_such_module(specifier)) }
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

    fn get_code_cache(&self, specifier: &ModuleSpecifier, _source: &str) -> Option<SourceCodeCacheInfo> {
        // Asked for the runtime's own lazy scripts only: their sources are part of the program, so a name says it all.
        let mut hasher = std::hash::DefaultHasher::new();
        specifier.as_str().hash(&mut hasher);
        let hash = hasher.finish();
        let data = self.cache.get(hash).map(|code| Cow::Owned(code.to_vec()));
        Some(SourceCodeCacheInfo { hash, data })
    }

    fn get_source_map(&self, file_name: &str) -> Option<Cow<'_, [u8]>> {
        match &self.modules.borrow().get(file_name)?.kind {
            ModuleKind::JavaScript { map: Some(map), .. } => Some(Cow::Owned(map.as_bytes().to_vec())),
            _ => None,
        }
    }
}
