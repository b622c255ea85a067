//! What a configuration says, typed: workerd's `Config` and what it consists of.
//!
//! The names are those of workerd's schema in Rust's spelling. What may be left out is an `Option`, as Cap'n Proto
//! tells a text that is not given from an empty one; what has a default in the schema has it here already. Texts,
//! and whatever else can be refused later, know their [`Place`].
//!
//! Nothing here is checked beyond its type: that services exist and dates are dates is the business of `check`.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use lopata_bridges::ServiceHandle;
use lopata_protocol::{EnvValue, ModuleDefinition, ServiceId, WorkerFormat};

use super::place::{Located, Place};

/// A text of the configuration; shared, since a constant may be used often.
pub type Text = Located<Arc<str>>;

/// Some bytes of the configuration.
pub type Data = Located<Bytes>;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it is.
    pub place: Place,
    /// In their order, which is the order of their tests.
    pub services: Vec<Service>,
    /// What `serve` listens on.
    pub sockets: Vec<Socket>,
    /// Flags for V8, as on its command line: `--expose-gc`.
    pub v8_flags: Vec<Text>,
    /// Modules for all Workers.
    pub extensions: Vec<Extension>,
    /// Names of gates. Accepted, none is known.
    pub autogates: Vec<Text>,
    /// How logs are written.
    pub logging: Logging,
}

/// How logs are written.
#[derive(Clone, Debug, Default)]
pub struct Logging {
    /// As lines of JSON; true also if `structuredLogging` of the configuration itself is.
    pub structured: bool,
    /// In front of what a Worker writes to `process.stdout`, instead of `stdout: `.
    pub stdout_prefix: Option<Text>,
    /// In front of what a Worker writes to `process.stderr`, instead of `stderr: `.
    pub stderr_prefix: Option<Text>,
}

/// Something to listen on.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Where it is.
    pub place: Place,
    /// For the command line and for messages.
    pub name: Text,
    /// Without one the command line has to give it.
    pub address: Option<Text>,
    /// What is spoken.
    pub kind: SocketKind,
    /// Who answers.
    pub service: Option<ServiceDesignator>,
}

/// What is spoken on a socket.
#[derive(Clone, Debug)]
pub enum SocketKind {
    /// HTTP.
    Http(HttpOptions),
    /// HTTP over TLS.
    Https {
        /// Of HTTP.
        options: HttpOptions,
        /// Of TLS.
        tls: Option<TlsOptions>,
    },
    /// Connections for the `connect` handler.
    Tcp {
        /// Non-null exactly when TLS is spoken on them.
        tls: Option<TlsOptions>,
    },
    /// Datagrams for the `connect` handler.
    Udp {
        /// Milliseconds after which a peer that is silent is forgotten.
        idle_timeout_ms: u32,
        /// Bytes that wait for a flow before datagrams are dropped.
        pending_bytes_max: u32,
    },
}

/// A named service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Where it is.
    pub place: Place,
    /// What others call it.
    pub name: Text,
    /// What it does.
    pub kind: ServiceKind,
}

/// What a service does.
#[derive(Clone, Debug)]
pub enum ServiceKind {
    /// Nothing was said, which is an error of the configuration.
    Unspecified,
    /// Runs code.
    Worker(Box<Worker>),
    /// Fetches from wherever the URL says.
    Network(Box<Network>),
    /// Fetches from one server.
    External(Box<External>),
    /// Serves a folder.
    Disk(Disk),
}

/// A way to a service.
#[derive(Clone, Debug)]
pub struct ServiceDesignator {
    /// Where it is.
    pub place: Place,
    /// The service.
    pub name: Text,
    /// One of its entrypoints; the default one if there is none.
    pub entrypoint: Option<Text>,
    /// `ctx.props` as JSON text; an empty object if there is none.
    pub props: Option<Text>,
}

/// A service that runs code.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Where it is.
    pub place: Place,
    /// What it runs.
    pub code: WorkerCode,
    /// Required of every Worker that is not inherited.
    pub compatibility_date: Option<Text>,
    /// As given.
    pub compatibility_flags: Vec<Text>,
    /// The entries of `env`, in their order.
    pub bindings: Vec<Binding>,
    /// Who answers a global `fetch`; the service `internet` if there is none.
    pub global_outbound: Option<ServiceDesignator>,
    /// Who answers `caches`; without one nothing is cached.
    pub cache_api_outbound: Option<ServiceDesignator>,
    /// The Durable Object classes that have a namespace.
    pub durable_object_namespaces: Vec<DurableObjectNamespace>,
    /// Makes ids differ from those of Workers with the same unique keys.
    pub durable_object_unique_key_modifier: Option<Text>,
    /// Where objects keep what they store.
    pub durable_object_storage: DurableObjectStorage,
    /// The address of a server that is asked for modules which `code` has not.
    pub module_fallback: Option<Text>,
    /// Who gets trace items.
    pub tails: Vec<ServiceDesignator>,
    /// Who gets trace events as they happen.
    pub streaming_tails: Vec<ServiceDesignator>,
    /// What runs containers.
    pub container_engine: Option<DockerEngine>,
    /// The request header that carries `ctx.access`.
    pub access_blob_header: Option<Text>,
    /// Who answers `ctx.access.getIdentity()`.
    pub access_binding_service: Option<ServiceDesignator>,
    /// What runs workflows.
    pub workflows_engine: Option<WorkflowsEngine>,
}

/// What a Worker runs.
#[derive(Clone, Debug)]
pub enum WorkerCode {
    /// Modules, of which the first one has the handlers. May be empty, which is an error of the configuration.
    Modules(Vec<Module>),
    /// A script that calls `addEventListener`.
    ServiceWorkerScript(Text),
    /// What another Worker runs.
    Inherit(Text),
    /// What lopata has built of a project. In no configuration of workerd's form.
    Built(Arc<BuiltCode>),
}

/// Code that is ready for an isolate.
#[derive(Clone, Debug)]
pub struct BuiltCode {
    /// How the entry is written.
    pub format: WorkerFormat,
    /// The specifier of the entry, which is one of `modules`.
    pub entry: String,
    /// All modules.
    pub modules: Vec<ModuleDefinition>,
}

/// A module of a Worker.
#[derive(Clone, Debug)]
pub struct Module {
    /// Where it is.
    pub place: Place,
    /// How it is imported.
    pub name: Text,
    /// What it holds.
    pub kind: ModuleKind,
    /// What a CommonJS module is known to export.
    pub named_exports: Vec<Text>,
}

/// What a module holds.
#[derive(Clone, Debug)]
pub enum ModuleKind {
    /// An ES module.
    EsModule(Text),
    /// A CommonJS module.
    CommonJs(Text),
    /// The default export is a string.
    Text(Text),
    /// The default export is an `ArrayBuffer`.
    Data(Data),
    /// The default export is a `WebAssembly.Module`.
    Wasm(Data),
    /// The default export is the parsed value.
    Json(Text),
    /// Python, which lopata does not run.
    Python(Text),
    /// Of a kind that is no longer one; its name in the schema.
    Obsolete(&'static str),
}

/// An entry of `env`.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where it is.
    pub place: Place,
    /// The property's name.
    pub name: Text,
    /// What it is.
    pub kind: BindingKind,
}

/// What a binding is.
#[derive(Clone, Debug)]
pub enum BindingKind {
    /// Nothing was said, which is an error of the configuration.
    Unspecified,
    /// To be given by a Worker that inherits this one.
    Parameter {
        /// What has to be given, by its name in the schema; `None` if that was not said.
        type_name: Option<&'static str>,
        /// Whether it may be missing.
        optional: bool,
    },
    /// A string.
    Text(Text),
    /// An `ArrayBuffer`.
    Data(Data),
    /// A JSON value, as text.
    Json(Text),
    /// A `WebAssembly.Module`, for scripts.
    WasmModule(Data),
    /// A `CryptoKey`.
    CryptoKey(Box<CryptoKey>),
    /// A service.
    Service(ServiceDesignator),
    /// A class of Durable Objects without a namespace.
    DurableObjectClass(ServiceDesignator),
    /// A namespace of Durable Objects.
    DurableObjectNamespace {
        /// The class.
        class_name: Text,
        /// The Worker that has it; this one if there is none.
        service_name: Option<Text>,
    },
    /// A `KvNamespace` whose calls become requests to a service.
    KvNamespace(ServiceDesignator),
    /// An `R2Bucket` whose calls become requests to a service.
    R2Bucket(ServiceDesignator),
    /// Of a kind that is no longer one.
    R2Admin(ServiceDesignator),
    /// What a function of an internal module makes of other bindings.
    Wrapped(WrappedBinding),
    /// A queue's producer whose calls become requests to a service.
    Queue(ServiceDesignator),
    /// The value of this variable of lopata's environment, or `null`.
    FromEnvironment(Text),
    /// An `AnalyticsEngineDataset` whose calls become requests to a service. Experimental.
    AnalyticsEngine(ServiceDesignator),
    /// A `Hyperdrive`.
    Hyperdrive(Box<Hyperdrive>),
    /// What makes code of texts. Experimental.
    UnsafeEval,
    /// A cache in memory. Experimental.
    MemoryCache {
        /// Caches of one id are one cache.
        id: Option<Text>,
        /// What it may hold; without any nothing is kept.
        limits: Option<MemoryCacheLimits>,
    },
    /// What makes Workers of texts. Experimental.
    WorkerLoader {
        /// Loaders of one id are one loader.
        id: Option<Text>,
    },
    /// What connects to workerd's debug port. Experimental.
    WorkerdDebugPort,
    /// A binding of a project, served by lopata itself. In no configuration of workerd's form.
    Native(Arc<NativeBinding>),
}

/// A binding that lopata serves itself.
#[derive(Clone)]
pub struct NativeBinding {
    /// What the guest makes of it.
    pub value: EnvValue,
    /// The service behind it, to be attached under its id.
    pub service: Option<(ServiceId, ServiceHandle)>,
    /// The stores of the project: whoever has the binding keeps them.
    pub(super) _keep: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for NativeBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A key and how it is imported.
#[derive(Clone, Debug)]
pub struct CryptoKey {
    /// The key.
    pub material: KeyMaterial,
    /// For which algorithm.
    pub algorithm: KeyAlgorithm,
    /// Whether a script may export it.
    pub extractable: bool,
    /// What it may be used for, by the names of WebCrypto.
    pub usages: Vec<&'static str>,
}

/// A key in one of its forms.
#[derive(Clone, Debug)]
pub enum KeyMaterial {
    /// Bytes.
    Raw(Data),
    /// Bytes as hexadecimal digits.
    Hex(Text),
    /// Bytes in base 64.
    Base64(Text),
    /// PEM of a private key.
    Pkcs8(Text),
    /// PEM of a public key.
    Spki(Text),
    /// JSON.
    Jwk(Text),
}

/// The `algorithm` of `importKey`.
#[derive(Clone, Debug)]
pub enum KeyAlgorithm {
    /// A name; empty if none was given.
    Name(Option<Text>),
    /// An object, as JSON text.
    Json(Text),
}

/// A database behind a pool.
#[derive(Clone, Debug)]
pub struct Hyperdrive {
    /// What connects to it.
    pub designator: Option<ServiceDesignator>,
    /// Its name.
    pub database: Option<Text>,
    /// Who asks.
    pub user: Option<Text>,
    /// And with which password.
    pub password: Option<Text>,
    /// The scheme of connection strings.
    pub scheme: Option<Text>,
}

/// What a memory cache may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryCacheLimits {
    /// Entries.
    pub keys_max: u32,
    /// Bytes of one value.
    pub value_bytes_max: u32,
    /// Bytes of all values.
    pub total_bytes_max: u64,
}

/// A binding that code makes of others.
#[derive(Clone, Debug)]
pub struct WrappedBinding {
    /// An internal module.
    pub module_name: Option<Text>,
    /// The export of it that is called.
    pub entrypoint: Arc<str>,
    /// What it is called with.
    pub inner_bindings: Vec<Binding>,
}

/// A class of Durable Objects that has a namespace.
#[derive(Clone, Debug)]
pub struct DurableObjectNamespace {
    /// Where it is.
    pub place: Place,
    /// The exported class.
    pub class_name: Text,
    /// Where its ids come from.
    pub key: DurableObjectKey,
    /// Whether idle objects stay.
    pub prevent_eviction: bool,
    /// Whether objects have `storage.sql`.
    pub enable_sql: bool,
    /// The image that is run beside each object.
    pub container: Option<Container>,
}

/// Where the ids of a namespace come from.
#[derive(Clone, Debug)]
pub enum DurableObjectKey {
    /// They are derived from this.
    Unique(Text),
    /// Any text is one, and nothing is stored.
    EphemeralLocal,
}

/// What is run beside each object of a class.
#[derive(Clone, Debug)]
pub struct Container {
    /// The image.
    pub image_name: Option<Text>,
}

/// Where objects keep what they store.
#[derive(Clone, Debug)]
pub enum DurableObjectStorage {
    /// Nowhere.
    None,
    /// In memory.
    InMemory,
    /// In the folder of the disk service of this name.
    LocalDisk(Text),
}

/// The Docker that runs containers.
#[derive(Clone, Debug)]
pub struct DockerEngine {
    /// Its socket.
    pub socket_path: Option<Text>,
    /// The image that catches what containers send.
    pub egress_interceptor_image: Option<Text>,
}

/// What runs workflows.
#[derive(Clone, Debug)]
pub struct WorkflowsEngine {
    /// The class of the engine.
    pub actor_class: Option<ServiceDesignator>,
    /// The workflows.
    pub workflows: Vec<Workflow>,
}

/// One workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its class.
    pub class_name: Option<Text>,
    /// Its name.
    pub name: Option<Text>,
    /// What its binding talks to.
    pub binding_service: Option<ServiceDesignator>,
}

/// A service that fetches from wherever the URL says.
#[derive(Clone, Debug)]
pub struct Network {
    /// Blocks of addresses and names of such that may be reached; `public` if none were said.
    pub allow: Vec<Text>,
    /// Those of them that may not.
    pub deny: Vec<Text>,
    /// Without any, `https:` cannot be fetched.
    pub tls: Option<TlsOptions>,
}

/// A service that fetches from one server.
#[derive(Clone, Debug)]
pub struct External {
    /// The server. Without one the command line has to give it.
    pub address: Option<Text>,
    /// What it speaks.
    pub kind: ExternalKind,
}

/// What a server speaks.
#[derive(Clone, Debug)]
pub enum ExternalKind {
    /// HTTP.
    Http(HttpOptions),
    /// HTTP over TLS.
    Https {
        /// Of HTTP.
        options: HttpOptions,
        /// Of TLS.
        tls: Option<TlsOptions>,
        /// Whom the certificate is for, if not the address's host.
        certificate_host: Option<Text>,
    },
    /// Anything: only `connect()` works.
    Tcp {
        /// Non-null exactly when TLS is spoken.
        tls: Option<TlsOptions>,
        /// Whom the certificate is for, if not the address's host.
        certificate_host: Option<Text>,
    },
}

/// A service that serves a folder.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The folder, relative to where lopata was started. Without one the command line has to give it.
    pub path: Option<Text>,
    /// Whether PUT and DELETE work.
    pub writable: bool,
    /// Whether names with a dot in front exist.
    pub allow_dotfiles: bool,
}

/// How HTTP is spoken.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// What a request line has.
    pub style: HttpStyle,
    /// The header that says the client's protocol.
    pub forwarded_proto_header: Option<Text>,
    /// The header that carries `cf` as JSON.
    pub cf_blob_header: Option<Text>,
    /// Set on, or with `None` removed from, each request.
    pub inject_request_headers: Vec<Header>,
    /// The same for each response.
    pub inject_response_headers: Vec<Header>,
    /// The host whose CONNECT means Cap'n Proto RPC.
    pub capnp_connect_host: Option<Text>,
}

/// What a request line has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpStyle {
    /// The path; the host is in its header.
    #[default]
    Host,
    /// The whole URL.
    Proxy,
}

/// A header that is set or removed.
#[derive(Clone, Debug)]
pub struct Header {
    /// Which.
    pub name: Text,
    /// To what; `None` removes it.
    pub value: Option<Text>,
}

/// How TLS is spoken.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Who this side is.
    pub keypair: Option<Keypair>,
    /// Whether clients need a certificate.
    pub require_client_certs: bool,
    /// Whether the usual authorities are trusted.
    pub trust_browser_cas: bool,
    /// PEM of further authorities.
    pub trusted_certificates: Vec<Text>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// OpenSSL's list of ciphers.
    pub cipher_list: Option<Text>,
}

/// A private key and its certificates, in PEM.
#[derive(Clone, Debug)]
pub struct Keypair {
    /// The key.
    pub private_key: Option<Text>,
    /// The certificates, the leaf first.
    pub certificate_chain: Option<Text>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// What lopata finds good.
    #[default]
    GoodDefault,
    /// `ssl3`.
    Ssl3,
    /// `tls1Dot0`.
    Tls1Dot0,
    /// `tls1Dot1`.
    Tls1Dot1,
    /// `tls1Dot2`.
    Tls1Dot2,
    /// `tls1Dot3`.
    Tls1Dot3,
}

/// Modules for all Workers.
#[derive(Clone, Debug)]
pub struct Extension {
    /// The modules.
    pub modules: Vec<ExtensionModule>,
}

/// A module for all Workers.
#[derive(Clone, Debug)]
pub struct ExtensionModule {
    /// Where it is.
    pub place: Place,
    /// Its whole specifier.
    pub name: Text,
    /// Whether only other modules of extensions can import it.
    pub internal: bool,
    /// Its code.
    pub es_module: Text,
}
