//! workerd's schema of its configuration: the names of types and fields are those of `workerd.capnp`.

use super::Type::{Bool, Data, Group, List, Text, Void};
use super::{Enum, Field, Struct, Type, field, member};

const UINT32: Type = Type::Int { bits: 32, signed: false };
const UINT64: Type = Type::Int { bits: 64, signed: false };

/// A struct of the schema.
const fn structure(path: &'static str, fields: &'static [Field]) -> Struct {
    Struct { path, fields }
}

/// A field that holds a struct.
const fn of(name: &'static str, fields: &'static Struct) -> Field {
    field(name, Type::Struct(fields))
}

/// The same as a member of a union.
const fn member_of(name: &'static str, fields: &'static Struct) -> Field {
    member(name, Type::Struct(fields))
}

/// Every type that can be named.
pub static NAMED: &[Type] = &[
    Type::Struct(&CONFIG),
    Type::Struct(&LOGGING_OPTIONS),
    Type::Struct(&SOCKET),
    Type::Struct(&SERVICE),
    Type::Struct(&SERVICE_DESIGNATOR),
    Type::Struct(&WORKFLOWS_ENGINE),
    Type::Struct(&WORKFLOW),
    Type::Struct(&WORKER),
    Type::Struct(&MODULE),
    Type::Struct(&BINDING),
    Type::Struct(&BINDING_TYPE),
    Type::Struct(&NAMESPACE_DESIGNATOR),
    Type::Struct(&CRYPTO_KEY),
    Type::Struct(&MEMORY_CACHE_LIMITS),
    Type::Struct(&WRAPPED_BINDING),
    Type::Struct(&DURABLE_OBJECT_NAMESPACE),
    Type::Struct(&CONTAINER_OPTIONS),
    Type::Struct(&NAMED_IMAGE),
    Type::Struct(&CONTAINER_PRIVILEGES),
    Type::Struct(&CONTAINER_DEVICE),
    Type::Struct(&DOCKER_CONFIGURATION),
    Type::Struct(&EXTERNAL_SERVER),
    Type::Struct(&NETWORK),
    Type::Struct(&DISK_DIRECTORY),
    Type::Struct(&HTTP_OPTIONS),
    Type::Struct(&HEADER),
    Type::Struct(&TLS_OPTIONS),
    Type::Struct(&KEYPAIR),
    Type::Struct(&EXTENSION),
    Type::Struct(&EXTENSION_MODULE),
    Type::Enum(&CRYPTO_KEY_USAGE),
    Type::Enum(&HTTP_STYLE),
    Type::Enum(&TLS_VERSION),
];

/// The whole.
pub static CONFIG: Struct = structure(
    "Config",
    &[
        field("services", List(&Type::Struct(&SERVICE))),
        field("sockets", List(&Type::Struct(&SOCKET))),
        field("v8Flags", List(&Text)),
        field("extensions", List(&Type::Struct(&EXTENSION))),
        field("autogates", List(&Text)),
        field("structuredLogging", Bool),
        of("logging", &LOGGING_OPTIONS),
    ],
);

static LOGGING_OPTIONS: Struct = structure(
    "LoggingOptions",
    &[field("structuredLogging", Bool), field("stdoutPrefix", Text), field("stderrPrefix", Text)],
);

static SOCKET: Struct = structure(
    "Socket",
    &[
        field("name", Text),
        field("address", Text),
        member_of("http", &HTTP_OPTIONS),
        member("https", Group(&SOCKET_HTTPS)),
        member("tcp", Group(&SOCKET_TCP)),
        member("udp", Group(&SOCKET_UDP)),
        of("service", &SERVICE_DESIGNATOR),
    ],
);

static SOCKET_HTTPS: Struct =
    structure("Socket.https", &[of("options", &HTTP_OPTIONS), of("tlsOptions", &TLS_OPTIONS)]);

static SOCKET_TCP: Struct = structure("Socket.tcp", &[of("tlsOptions", &TLS_OPTIONS)]);

static SOCKET_UDP: Struct =
    structure("Socket.udp", &[field("idleTimeoutMs", UINT32), field("maxPendingBytes", UINT32)]);

static SERVICE: Struct = structure(
    "Service",
    &[
        field("name", Text),
        member("unspecified", Void),
        member_of("worker", &WORKER),
        member_of("network", &NETWORK),
        member_of("external", &EXTERNAL_SERVER),
        member_of("disk", &DISK_DIRECTORY),
    ],
);

static SERVICE_DESIGNATOR: Struct =
    structure("ServiceDesignator", &[field("name", Text), field("entrypoint", Text), field("props", Group(&PROPS))]);

static PROPS: Struct = structure("ServiceDesignator.props", &[member("empty", Void), member("json", Text)]);

static WORKFLOWS_ENGINE: Struct = structure(
    "WorkflowsEngine",
    &[of("actorClass", &SERVICE_DESIGNATOR), field("workflows", List(&Type::Struct(&WORKFLOW)))],
);

static WORKFLOW: Struct = structure(
    "WorkflowsEngine.Workflow",
    &[field("className", Text), field("name", Text), of("bindingService", &SERVICE_DESIGNATOR)],
);

/// A Worker.
pub static WORKER: Struct = structure(
    "Worker",
    &[
        member("modules", List(&Type::Struct(&MODULE))),
        member("serviceWorkerScript", Text),
        member("inherit", Text),
        field("compatibilityDate", Text),
        field("compatibilityFlags", List(&Text)),
        field("bindings", List(&Type::Struct(&BINDING))),
        of("globalOutbound", &SERVICE_DESIGNATOR),
        of("cacheApiOutbound", &SERVICE_DESIGNATOR),
        field("durableObjectNamespaces", List(&Type::Struct(&DURABLE_OBJECT_NAMESPACE))),
        field("durableObjectUniqueKeyModifier", Text),
        field("durableObjectStorage", Group(&DURABLE_OBJECT_STORAGE)),
        field("moduleFallback", Text),
        field("tails", List(&Type::Struct(&SERVICE_DESIGNATOR))),
        field("streamingTails", List(&Type::Struct(&SERVICE_DESIGNATOR))),
        field("containerEngine", Group(&CONTAINER_ENGINE)),
        field("accessBlobHeader", Text),
        of("accessBindingService", &SERVICE_DESIGNATOR),
        of("workflowsEngine", &WORKFLOWS_ENGINE),
    ],
);

static MODULE: Struct = structure(
    "Worker.Module",
    &[
        field("name", Text),
        member("esModule", Text),
        member("commonJsModule", Text),
        member("text", Text),
        member("data", Data),
        member("wasm", Data),
        member("json", Text),
        member("obsolete", Text),
        member("nodeJsCompatModule", Text),
        member("pythonModule", Text),
        member("pythonRequirement", Text),
        member("obsoletePythonRequirement", Text),
        field("namedExports", List(&Text)),
    ],
);

static BINDING: Struct = structure(
    "Worker.Binding",
    &[
        field("name", Text),
        member("unspecified", Void),
        member("parameter", Group(&BINDING_PARAMETER)),
        member("text", Text),
        member("data", Data),
        member("json", Text),
        member("wasmModule", Data),
        member_of("cryptoKey", &CRYPTO_KEY),
        member_of("service", &SERVICE_DESIGNATOR),
        member_of("durableObjectClass", &SERVICE_DESIGNATOR),
        member_of("durableObjectNamespace", &NAMESPACE_DESIGNATOR),
        member_of("kvNamespace", &SERVICE_DESIGNATOR),
        member_of("r2Bucket", &SERVICE_DESIGNATOR),
        member_of("r2Admin", &SERVICE_DESIGNATOR),
        member_of("wrapped", &WRAPPED_BINDING),
        member_of("queue", &SERVICE_DESIGNATOR),
        member("fromEnvironment", Text),
        member_of("analyticsEngine", &SERVICE_DESIGNATOR),
        member("hyperdrive", Group(&HYPERDRIVE)),
        member("unsafeEval", Void),
        member("memoryCache", Group(&MEMORY_CACHE)),
        member("workerLoader", Group(&WORKER_LOADER)),
        member("workerdDebugPort", Void),
    ],
);

static BINDING_PARAMETER: Struct =
    structure("Worker.Binding.parameter", &[of("type", &BINDING_TYPE), field("optional", Bool)]);

/// What a parameter has to be; its members are the kinds of bindings.
pub static BINDING_TYPE: Struct = structure(
    "Worker.Binding.Type",
    &[
        member("unspecified", Void),
        member("text", Void),
        member("data", Void),
        member("json", Void),
        member("wasm", Void),
        member("cryptoKey", List(&Type::Enum(&CRYPTO_KEY_USAGE))),
        member("service", Void),
        member("durableObjectNamespace", Void),
        member("kvNamespace", Void),
        member("r2Bucket", Void),
        member("r2Admin", Void),
        member("queue", Void),
        member("analyticsEngine", Void),
        member("hyperdrive", Void),
        member("durableObjectClass", Void),
        member("workerdDebugPort", Void),
    ],
);

static NAMESPACE_DESIGNATOR: Struct = structure(
    "Worker.Binding.DurableObjectNamespaceDesignator",
    &[field("className", Text), field("serviceName", Text)],
);

static CRYPTO_KEY: Struct = structure(
    "Worker.Binding.CryptoKey",
    &[
        member("raw", Data),
        member("hex", Text),
        member("base64", Text),
        member("pkcs8", Text),
        member("spki", Text),
        member("jwk", Text),
        field("algorithm", Group(&CRYPTO_KEY_ALGORITHM)),
        field("extractable", Bool),
        field("usages", List(&Type::Enum(&CRYPTO_KEY_USAGE))),
    ],
);

static CRYPTO_KEY_ALGORITHM: Struct =
    structure("Worker.Binding.CryptoKey.algorithm", &[member("name", Text), member("json", Text)]);

static CRYPTO_KEY_USAGE: Enum = Enum {
    path: "Worker.Binding.CryptoKey.Usage",
    names: &["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"],
};

static HYPERDRIVE: Struct = structure(
    "Worker.Binding.hyperdrive",
    &[
        of("designator", &SERVICE_DESIGNATOR),
        field("database", Text),
        field("user", Text),
        field("password", Text),
        field("scheme", Text),
    ],
);

static MEMORY_CACHE: Struct =
    structure("Worker.Binding.memoryCache", &[field("id", Text), of("limits", &MEMORY_CACHE_LIMITS)]);

static MEMORY_CACHE_LIMITS: Struct = structure(
    "Worker.Binding.MemoryCacheLimits",
    &[field("maxKeys", UINT32), field("maxValueSize", UINT32), field("maxTotalValueSize", UINT64)],
);

static WORKER_LOADER: Struct = structure("Worker.Binding.workerLoader", &[field("id", Text)]);

static WRAPPED_BINDING: Struct = structure(
    "Worker.Binding.WrappedBinding",
    &[field("moduleName", Text), field("entrypoint", Text), field("innerBindings", List(&Type::Struct(&BINDING)))],
);

static DURABLE_OBJECT_NAMESPACE: Struct = structure(
    "Worker.DurableObjectNamespace",
    &[
        field("className", Text),
        member("uniqueKey", Text),
        member("ephemeralLocal", Void),
        field("preventEviction", Bool),
        field("enableSql", Bool),
        of("container", &CONTAINER_OPTIONS),
    ],
);

static CONTAINER_OPTIONS: Struct = structure(
    "Worker.DurableObjectNamespace.ContainerOptions",
    &[
        field("imageName", Text),
        of("privileges", &CONTAINER_PRIVILEGES),
        field("images", List(&Type::Struct(&NAMED_IMAGE))),
    ],
);

static NAMED_IMAGE: Struct = structure(
    "Worker.DurableObjectNamespace.ContainerOptions.NamedImage",
    &[field("name", Text), field("image", Text)],
);

static CONTAINER_PRIVILEGES: Struct = structure(
    "Worker.DurableObjectNamespace.ContainerOptions.ContainerPrivileges",
    &[
        field("capabilities", List(&Text)),
        field("devices", List(&Type::Struct(&CONTAINER_DEVICE))),
        field("securityOpt", List(&Text)),
    ],
);

static CONTAINER_DEVICE: Struct = structure(
    "Worker.DurableObjectNamespace.ContainerOptions.ContainerPrivileges.Device",
    &[field("pathOnHost", Text), field("pathInContainer", Text), field("cgroupPermissions", Text)],
);

static DURABLE_OBJECT_STORAGE: Struct = structure(
    "Worker.durableObjectStorage",
    &[member("none", Void), member("inMemory", Void), member("localDisk", Text)],
);

static CONTAINER_ENGINE: Struct =
    structure("Worker.containerEngine", &[member("none", Void), member_of("localDocker", &DOCKER_CONFIGURATION)]);

static DOCKER_CONFIGURATION: Struct = structure(
    "Worker.DockerConfiguration",
    &[field("socketPath", Text), field("containerEgressInterceptorImage", Text)],
);

static EXTERNAL_SERVER: Struct = structure(
    "ExternalServer",
    &[
        field("address", Text),
        member_of("http", &HTTP_OPTIONS),
        member("https", Group(&EXTERNAL_HTTPS)),
        member("tcp", Group(&EXTERNAL_TCP)),
    ],
);

static EXTERNAL_HTTPS: Struct = structure(
    "ExternalServer.https",
    &[of("options", &HTTP_OPTIONS), of("tlsOptions", &TLS_OPTIONS), field("certificateHost", Text)],
);

static EXTERNAL_TCP: Struct =
    structure("ExternalServer.tcp", &[of("tlsOptions", &TLS_OPTIONS), field("certificateHost", Text)]);

static NETWORK: Struct =
    structure("Network", &[field("allow", List(&Text)), field("deny", List(&Text)), of("tlsOptions", &TLS_OPTIONS)]);

static DISK_DIRECTORY: Struct =
    structure("DiskDirectory", &[field("path", Text), field("writable", Bool), field("allowDotfiles", Bool)]);

static HTTP_OPTIONS: Struct = structure(
    "HttpOptions",
    &[
        field("style", Type::Enum(&HTTP_STYLE)),
        field("forwardedProtoHeader", Text),
        field("cfBlobHeader", Text),
        field("injectRequestHeaders", List(&Type::Struct(&HEADER))),
        field("injectResponseHeaders", List(&Type::Struct(&HEADER))),
        field("capnpConnectHost", Text),
    ],
);

static HTTP_STYLE: Enum = Enum { path: "HttpOptions.Style", names: &["host", "proxy"] };

static HEADER: Struct = structure("HttpOptions.Header", &[field("name", Text), field("value", Text)]);

static TLS_OPTIONS: Struct = structure(
    "TlsOptions",
    &[
        of("keypair", &KEYPAIR),
        field("requireClientCerts", Bool),
        field("trustBrowserCas", Bool),
        field("trustedCertificates", List(&Text)),
        field("minVersion", Type::Enum(&TLS_VERSION)),
        field("cipherList", Text),
    ],
);

static KEYPAIR: Struct = structure("TlsOptions.Keypair", &[field("privateKey", Text), field("certificateChain", Text)]);

static TLS_VERSION: Enum = Enum {
    path: "TlsOptions.Version",
    names: &["goodDefault", "ssl3", "tls1Dot0", "tls1Dot1", "tls1Dot2", "tls1Dot3"],
};

static EXTENSION: Struct = structure("Extension", &[field("modules", List(&Type::Struct(&EXTENSION_MODULE)))]);

static EXTENSION_MODULE: Struct =
    structure("Extension.Module", &[field("name", Text), field("internal", Bool), field("esModule", Text)]);
