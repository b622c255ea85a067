//! The model of a Worker.

use bytes::Bytes;

use super::super::model::{
    Binding, BindingKind, Container, CryptoKey, Data, DockerEngine, DurableObjectKey, DurableObjectNamespace,
    DurableObjectStorage, Hyperdrive, KeyAlgorithm, KeyMaterial, MemoryCacheLimits, Module, ModuleKind, Worker,
    WorkerCode, Workflow, WorkflowsEngine, WrappedBinding,
};
use super::super::place::Located;
use super::super::value::{Value, ValueKind};
use super::{designated, designator, empty, flag, list, number, text, text_of, text_or_empty, texts};

pub(super) fn worker(value: &Value) -> Worker {
    let code = match value.member() {
        Some(("serviceWorkerScript", script)) => WorkerCode::ServiceWorkerScript(text_of(script)),
        Some(("inherit", other)) => WorkerCode::Inherit(text_of(other)),
        _ => WorkerCode::Modules(list(value, "modules", module)),
    };
    let storage = match value.get("durableObjectStorage").and_then(Value::member) {
        Some(("inMemory", _)) => DurableObjectStorage::InMemory,
        Some(("localDisk", disk)) => DurableObjectStorage::LocalDisk(text_of(disk)),
        _ => DurableObjectStorage::None,
    };
    let engine = match value.get("containerEngine").and_then(Value::member) {
        Some(("localDocker", docker)) => Some(DockerEngine {
            socket_path: text(docker, "socketPath"),
            egress_interceptor_image: text(docker, "containerEgressInterceptorImage"),
        }),
        _ => None,
    };
    Worker {
        place: value.place.clone(),
        code,
        compatibility_date: text(value, "compatibilityDate"),
        compatibility_flags: texts(value, "compatibilityFlags"),
        bindings: list(value, "bindings", binding),
        global_outbound: designated(value, "globalOutbound"),
        cache_api_outbound: designated(value, "cacheApiOutbound"),
        durable_object_namespaces: list(value, "durableObjectNamespaces", namespace),
        durable_object_unique_key_modifier: text(value, "durableObjectUniqueKeyModifier"),
        durable_object_storage: storage,
        module_fallback: text(value, "moduleFallback"),
        tails: list(value, "tails", designator),
        streaming_tails: list(value, "streamingTails", designator),
        container_engine: engine,
        access_blob_header: text(value, "accessBlobHeader"),
        access_binding_service: designated(value, "accessBindingService"),
        workflows_engine: value.get("workflowsEngine").map(|engine| WorkflowsEngine {
            actor_class: designated(engine, "actorClass"),
            workflows: list(engine, "workflows", |workflow| Workflow {
                class_name: text(workflow, "className"),
                name: text(workflow, "name"),
                binding_service: designated(workflow, "bindingService"),
            }),
        }),
    }
}

fn data(value: &Value) -> Data {
    let bytes = match &value.kind {
        ValueKind::Data(bytes) => bytes.clone(),
        _ => Bytes::new(),
    };
    Located::new(bytes, value.place.clone())
}

fn module(value: &Value) -> Module {
    let kind = match value.member() {
        Some(("esModule", code)) => ModuleKind::EsModule(text_of(code)),
        Some(("commonJsModule", code)) => ModuleKind::CommonJs(text_of(code)),
        Some(("text", text)) => ModuleKind::Text(text_of(text)),
        Some(("data", bytes)) => ModuleKind::Data(data(bytes)),
        Some(("wasm", bytes)) => ModuleKind::Wasm(data(bytes)),
        Some(("json", json)) => ModuleKind::Json(text_of(json)),
        Some(("pythonModule", code)) => ModuleKind::Python(text_of(code)),
        Some((other, _)) => ModuleKind::Obsolete(other),
        // The first member of the union is what a message without any says.
        None => ModuleKind::EsModule(empty(&value.place)),
    };
    Module {
        place: value.place.clone(),
        name: text_or_empty(value, "name"),
        kind,
        named_exports: texts(value, "namedExports"),
    }
}

fn binding(value: &Value) -> Binding {
    let kind = value.member().map_or(BindingKind::Unspecified, |(kind, value)| binding_kind(kind, value));
    Binding { place: value.place.clone(), name: text_or_empty(value, "name"), kind }
}

fn binding_kind(kind: &str, value: &Value) -> BindingKind {
    match kind {
        "parameter" => BindingKind::Parameter {
            type_name: value.get("type").and_then(Value::member).map(|(name, _)| name),
            optional: flag(value, "optional"),
        },
        "text" => BindingKind::Text(text_of(value)),
        "data" => BindingKind::Data(data(value)),
        "json" => BindingKind::Json(text_of(value)),
        "wasmModule" => BindingKind::WasmModule(data(value)),
        "cryptoKey" => BindingKind::CryptoKey(Box::new(crypto_key(value))),
        "service" => BindingKind::Service(designator(value)),
        "durableObjectClass" => BindingKind::DurableObjectClass(designator(value)),
        "durableObjectNamespace" => BindingKind::DurableObjectNamespace {
            class_name: text_or_empty(value, "className"),
            service_name: text(value, "serviceName"),
        },
        "kvNamespace" => BindingKind::KvNamespace(designator(value)),
        "r2Bucket" => BindingKind::R2Bucket(designator(value)),
        "r2Admin" => BindingKind::R2Admin(designator(value)),
        "wrapped" => BindingKind::Wrapped(WrappedBinding {
            module_name: text(value, "moduleName"),
            entrypoint: text(value, "entrypoint").map_or_else(|| "default".into(), |name| name.value),
            inner_bindings: list(value, "innerBindings", binding),
        }),
        "queue" => BindingKind::Queue(designator(value)),
        "fromEnvironment" => BindingKind::FromEnvironment(text_of(value)),
        "analyticsEngine" => BindingKind::AnalyticsEngine(designator(value)),
        "hyperdrive" => BindingKind::Hyperdrive(Box::new(Hyperdrive {
            designator: designated(value, "designator"),
            database: text(value, "database"),
            user: text(value, "user"),
            password: text(value, "password"),
            scheme: text(value, "scheme"),
        })),
        "unsafeEval" => BindingKind::UnsafeEval,
        "memoryCache" => BindingKind::MemoryCache {
            id: text(value, "id"),
            limits: value.get("limits").map(|limits| MemoryCacheLimits {
                keys_max: number(limits, "maxKeys").unwrap_or_default(),
                value_bytes_max: number(limits, "maxValueSize").unwrap_or_default(),
                total_bytes_max: number(limits, "maxTotalValueSize").unwrap_or_default(),
            }),
        },
        "workerLoader" => BindingKind::WorkerLoader { id: text(value, "id") },
        "workerdDebugPort" => BindingKind::WorkerdDebugPort,
        _ => BindingKind::Unspecified,
    }
}

fn crypto_key(value: &Value) -> CryptoKey {
    let material = match value.member() {
        Some(("hex", key)) => KeyMaterial::Hex(text_of(key)),
        Some(("base64", key)) => KeyMaterial::Base64(text_of(key)),
        Some(("pkcs8", key)) => KeyMaterial::Pkcs8(text_of(key)),
        Some(("spki", key)) => KeyMaterial::Spki(text_of(key)),
        Some(("jwk", key)) => KeyMaterial::Jwk(text_of(key)),
        Some((_, key)) => KeyMaterial::Raw(data(key)),
        None => KeyMaterial::Raw(Located::new(Bytes::new(), value.place.clone())),
    };
    let algorithm = match value.get("algorithm").and_then(Value::member) {
        Some(("json", json)) => KeyAlgorithm::Json(text_of(json)),
        member => KeyAlgorithm::Name(member.map(|(_, name)| text_of(name))),
    };
    let usage = |value: &Value| match value.kind {
        ValueKind::Enum(name) => Some(name),
        _ => None,
    };
    CryptoKey {
        material,
        algorithm,
        extractable: flag(value, "extractable"),
        usages: list(value, "usages", usage).into_iter().flatten().collect(),
    }
}

fn namespace(value: &Value) -> DurableObjectNamespace {
    let key = match value.member() {
        Some(("ephemeralLocal", _)) => DurableObjectKey::EphemeralLocal,
        Some((_, key)) => DurableObjectKey::Unique(text_of(key)),
        None => DurableObjectKey::Unique(empty(&value.place)),
    };
    DurableObjectNamespace {
        place: value.place.clone(),
        class_name: text_or_empty(value, "className"),
        key,
        prevent_eviction: flag(value, "preventEviction"),
        enable_sql: flag(value, "enableSql"),
        container: value.get("container").map(|container| Container { image_name: text(container, "imageName") }),
    }
}
