//! What a guest needs to become a generation: modules, env and limits.

use std::sync::Arc;

use bytes::Bytes;

use crate::{CompatSet, GenerationId, ServiceId};

/// Everything that defines one generation of one worker.
#[derive(Clone, Debug)]
pub struct WorkerDefinition {
    /// The generation that this start is for; every message about it carries the id.
    pub generation: GenerationId,
    /// The worker's name, for log lines and spans.
    pub name: Arc<str>,
    /// `compatibility_date`, as `YYYY-MM-DD`.
    pub compatibility_date: String,
    /// `compatibility_flags`, as configured.
    pub compatibility_flags: Vec<String>,
    /// What the two come to.
    pub compat: CompatSet,
    /// How the entry module is written.
    pub format: WorkerFormat,
    /// The specifier of the entry module, which is one of `modules`.
    pub entry: String,
    /// All modules that can be imported.
    pub modules: Vec<ModuleDefinition>,
    /// The entries of `env`, in configuration order.
    pub env: Vec<EnvEntry>,
    /// Its Durable Object classes that have a namespace.
    pub objects: Vec<ObjectClass>,
    /// The service that answers a global `fetch`.
    pub outbound: ServiceId,
    /// What answers `caches`.
    pub cache: CacheOutbound,
    /// Modules that are not the worker's own: it, or its bindings, may import them.
    pub extensions: Vec<ExtensionModule>,
    /// Subrequests of one top-level event of this worker.
    pub subrequests_max: u32,
    /// Whether somebody tails the worker: trace items are collected.
    pub tailed: bool,
    /// Milliseconds of uninterrupted JavaScript before the watchdog acts.
    pub cpu_ms_max: u64,
    /// Bytes of JavaScript heap.
    pub heap_bytes_max: usize,
}

/// A worker's own class of Durable Objects that has a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectClass {
    /// The export.
    pub class: Arc<str>,
    /// The namespace.
    pub service: ServiceId,
    /// Whether each of its objects has a container, which lopata does not run.
    pub container: bool,
}

/// How a worker's entry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerFormat {
    /// An ES module with a default export and, perhaps, named entrypoints.
    Modules,
    /// A script that calls `addEventListener("fetch", …)`; env entries are globals.
    ServiceWorker,
}

/// Where modules are that have a name and no file, as in workerd's configuration: a worker's own root. What users see
/// of their specifiers is what comes after it.
pub const BUNDLE_ROOT: &str = "bundle:///";

/// One module of a worker.
#[derive(Clone, Debug)]
pub struct ModuleDefinition {
    /// The absolute URL it is registered under; also what its stack frames name before source mapping.
    pub specifier: String,
    /// What it holds.
    pub kind: ModuleKind,
    /// Identifies the content across reloads (for V8's code cache and compiled WebAssembly).
    pub hash: [u8; 32],
}

/// The content of a module, by the kinds that wrangler's `rules` know.
#[derive(Clone, Debug)]
pub enum ModuleKind {
    /// JavaScript; the whole source map as JSON, when there is one.
    JavaScript {
        /// The code.
        code: Arc<str>,
        /// The source map, whose `sources` are absolute file URLs.
        map: Option<Arc<str>>,
    },
    /// CommonJS; the default export is `module.exports`.
    CommonJs {
        /// The code.
        code: Arc<str>,
        /// Properties of `module.exports` that are exports, too.
        named_exports: Vec<String>,
    },
    /// The default export is a string.
    Text(Arc<str>),
    /// The default export is an `ArrayBuffer`.
    Data(Bytes),
    /// The default export is a `WebAssembly.Module`.
    Wasm(Bytes),
    /// The default export is the parsed value.
    Json(Arc<str>),
}

/// A module that many workers share.
#[derive(Clone, Debug)]
pub struct ExtensionModule {
    /// What it is imported as.
    pub specifier: String,
    /// Whether only other such modules may import it.
    pub internal: bool,
    /// Its code.
    pub code: Arc<str>,
}

/// One entry of `env`.
#[derive(Clone, Debug)]
pub struct EnvEntry {
    /// The property's name.
    pub name: String,
    /// What it is.
    pub value: EnvValue,
}

/// The value of an env entry.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// A string: a text var, a secret.
    Text(String),
    /// Any JSON value, given as JSON text. Every isolate parses its own copy.
    Json(String),
    /// An `ArrayBuffer` (`data_blobs` of a service worker).
    Data(Bytes),
    /// A `WebAssembly.Module` (`wasm_modules` of a service worker).
    Wasm(Bytes),
    /// A `KVNamespace`.
    Kv(ServiceId),
    /// An `R2Bucket`.
    R2 {
        /// Who answers.
        service: ServiceId,
        /// Its name.
        bucket: String,
    },
    /// A `D1Database`.
    D1(ServiceId),
    /// A service binding: an entrypoint of this or another worker.
    Service(ServiceId),
    /// An object whose calls become requests to a service.
    Client {
        /// What the object is.
        kind: ClientKind,
        /// Who answers.
        service: ServiceId,
    },
    /// A dataset of Analytics Engine whose points become requests to a service.
    AnalyticsEngine {
        /// Who answers.
        service: ServiceId,
        /// Its name.
        dataset: String,
    },
    /// A `Hyperdrive`.
    Hyperdrive {
        /// What connects to the database.
        service: ServiceId,
        /// `database`, `user`, `password` and `scheme`, as a JSON object.
        settings: String,
    },
    /// A `CryptoKey`, imported before the worker's modules run.
    CryptoKey(Box<KeyDefinition>),
    /// What a function of another module makes of other entries.
    Wrapped {
        /// An [`ExtensionModule`], or a module that lopata has itself.
        module: String,
        /// The export of it that is called.
        entrypoint: String,
        /// What it is called with.
        inner: Vec<EnvEntry>,
    },
    /// What makes code of texts.
    UnsafeEval,
    /// A `MemoryCache`.
    MemoryCache {
        /// Caches of one id are one cache; without one it is nobody else's.
        id: Option<String>,
        /// Entries.
        keys_max: u32,
        /// Bytes of a value.
        value_bytes_max: u32,
        /// Bytes of all values.
        total_bytes_max: u64,
    },
    /// A namespace of Durable Objects.
    Objects(ServiceId),
    /// A class of Durable Objects of the worker's own, for facets.
    ObjectClass {
        /// The export.
        class: String,
        /// What its objects see as `ctx.props`, as JSON text; an empty object if there is none.
        props: Option<String>,
    },
    /// A binding that lopata cannot provide: using it throws this sentence, having it does not.
    Unavailable(String),
}

/// An object of `env` whose calls become requests to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// A `KvNamespace`.
    Kv,
    /// An `R2Bucket`.
    R2,
    /// A producer of a queue.
    Queue,
}

/// What answers `caches`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheOutbound {
    /// The caches of this machine.
    Own(ServiceId),
    /// Nothing: the configuration says nobody.
    Nobody,
    /// A service that speaks production's protocol.
    Service(ServiceId),
}

/// A key and how `crypto.subtle.importKey` takes it.
#[derive(Clone, Debug)]
pub struct KeyDefinition {
    /// `raw`, `pkcs8`, `spki` or `jwk`.
    pub format: &'static str,
    /// The key, for `jwk` as JSON.
    pub data: Bytes,
    /// The algorithm, as JSON: a string or an object.
    pub algorithm: String,
    /// Whether a script may export it.
    pub extractable: bool,
    /// What it may be used for.
    pub usages: Vec<&'static str>,
}

/// An export of the entry module that can receive events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// `default` or the name.
    pub name: String,
    /// The handlers it has: `fetch`, `scheduled`.
    pub handlers: Vec<String>,
}

/// What a target sees as `ctx.props`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Props {
    /// An empty object.
    #[default]
    None,
    /// From a configuration, as JSON text.
    Json(Arc<str>),
    /// From a caller, as a cloned value without capabilities.
    Value(Bytes),
}
