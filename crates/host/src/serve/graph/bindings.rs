//! From the bindings of a configuration to entries of `env`, with the services behind them.

use bytes::Bytes;
use lopata_bridges::ServiceHandle;
use lopata_protocol::{ClientKind, EnvEntry, EnvValue, ExtensionModule, KeyDefinition, ServiceId};

use super::Graph;
use crate::serve::config::model::{
    Binding, BindingKind, Config, CryptoKey, Hyperdrive, KeyAlgorithm, KeyMaterial, ServiceDesignator,
};

/// The entries of some bindings of a service, in order. What they lead to is added to `services`.
pub(super) fn entries(
    service: &str,
    bindings: &[Binding],
    graph: &Graph,
    services: &mut Vec<(ServiceId, ServiceHandle)>,
) -> Vec<EnvEntry> {
    let mut maker = Maker { service, graph, services };
    bindings.iter().map(|binding| maker.entry(binding)).collect()
}

/// The modules that all Workers share.
pub(super) fn extensions(config: &Config) -> Vec<ExtensionModule> {
    let modules = config.extensions.iter().flat_map(|extension| &extension.modules);
    let module = |module: &crate::serve::config::model::ExtensionModule| ExtensionModule {
        specifier: module.name.to_string(),
        internal: module.internal,
        code: module.es_module.value.clone(),
    };
    modules.map(module).collect()
}

struct Maker<'a> {
    service: &'a str,
    graph: &'a Graph,
    services: &'a mut Vec<(ServiceId, ServiceHandle)>,
}

impl Maker<'_> {
    fn entry(&mut self, binding: &Binding) -> EnvEntry {
        EnvEntry { name: binding.name.to_string(), value: self.value(binding) }
    }

    fn service(&mut self, handle: ServiceHandle) -> ServiceId {
        let id = ServiceId::next();
        self.services.push((id, handle));
        id
    }

    fn client(&mut self, kind: ClientKind, designator: &ServiceDesignator) -> EnvValue {
        EnvValue::Client { kind, service: self.service(self.graph.handle(designator)) }
    }

    fn value(&mut self, binding: &Binding) -> EnvValue {
        match &binding.kind {
            BindingKind::Text(text) => EnvValue::Text(text.to_string()),
            BindingKind::Json(text) => EnvValue::Json(text.to_string()),
            BindingKind::Data(data) => EnvValue::Data(data.value.clone()),
            BindingKind::WasmModule(data) => EnvValue::Wasm(data.value.clone()),
            BindingKind::FromEnvironment(variable) => match std::env::var(&*variable.value) {
                Ok(value) => EnvValue::Text(value),
                Err(_) => EnvValue::Json("null".to_string()),
            },
            BindingKind::Service(designator) => EnvValue::Service(self.service(self.graph.handle(designator))),
            BindingKind::KvNamespace(designator) => self.client(ClientKind::Kv, designator),
            BindingKind::R2Bucket(designator) => self.client(ClientKind::R2, designator),
            BindingKind::Queue(designator) => self.client(ClientKind::Queue, designator),
            BindingKind::AnalyticsEngine(designator) => EnvValue::AnalyticsEngine {
                service: self.service(self.graph.handle(designator)),
                dataset: designator.name.to_string(),
            },
            BindingKind::Hyperdrive(hyperdrive) => self.hyperdrive(binding, hyperdrive),
            BindingKind::CryptoKey(key) => match key_definition(key) {
                Some(key) => EnvValue::CryptoKey(Box::new(key)),
                None => EnvValue::Unavailable(format!("The key \"{}\" cannot be read.", binding.name)),
            },
            BindingKind::Wrapped(wrapped) => EnvValue::Wrapped {
                module: wrapped.module_name.as_ref().map(|name| name.to_string()).unwrap_or_default(),
                entrypoint: wrapped.entrypoint.to_string(),
                inner: wrapped.inner_bindings.iter().map(|inner| self.entry(inner)).collect(),
            },
            BindingKind::DurableObjectNamespace { class_name, service_name } => {
                let owner = service_name.as_ref().map_or(self.service, |name| name);
                match self.graph.namespace(owner, class_name) {
                    Some(namespace) => EnvValue::Objects(self.service(ServiceHandle::Objects(namespace.clone()))),
                    None => {
                        EnvValue::Unavailable(format!("The class of the binding \"{}\" is not there.", binding.name))
                    }
                }
            }
            BindingKind::DurableObjectClass(designator) if *designator.name.value == *self.service => {
                EnvValue::ObjectClass {
                    class: designator
                        .entrypoint
                        .as_ref()
                        .map_or_else(|| "default".to_string(), |name| name.to_string()),
                    props: designator.props.as_ref().map(|props| props.to_string()),
                }
            }
            BindingKind::UnsafeEval => EnvValue::UnsafeEval,
            BindingKind::MemoryCache { id, limits } => {
                let limits = limits.unwrap_or_default();
                EnvValue::MemoryCache {
                    id: id.as_ref().map(|id| id.to_string()),
                    keys_max: limits.keys_max,
                    value_bytes_max: limits.value_bytes_max,
                    total_bytes_max: limits.total_bytes_max,
                }
            }
            BindingKind::Native(native) => {
                if let Some((id, service)) = &native.service {
                    self.services.push((*id, service.clone()));
                }
                native.value.clone()
            }
            other @ (BindingKind::Unspecified
            | BindingKind::Parameter { .. }
            | BindingKind::DurableObjectClass(_)
            | BindingKind::R2Admin(_)
            | BindingKind::WorkerLoader { .. }
            | BindingKind::WorkerdDebugPort) => EnvValue::Unavailable(format!(
                "The binding \"{}\" ({}) is not available in this version of lopata.",
                binding.name,
                unavailable_kind(other)
            )),
        }
    }

    fn hyperdrive(&mut self, binding: &Binding, hyperdrive: &Hyperdrive) -> EnvValue {
        let Some(designator) = &hyperdrive.designator else {
            return EnvValue::Unavailable(format!("The binding \"{}\" says no service.", binding.name));
        };
        let text = |field: &Option<crate::serve::config::model::Text>| {
            field.as_ref().map(|text| text.to_string()).unwrap_or_default()
        };
        let settings = serde_json::json!({
            "database": text(&hyperdrive.database),
            "user": text(&hyperdrive.user),
            "password": text(&hyperdrive.password),
            "scheme": text(&hyperdrive.scheme),
        });
        let service = self.service(self.graph.handle(designator));
        EnvValue::Hyperdrive { service, settings: settings.to_string() }
    }
}

/// The name in the schema of a kind that has no value.
fn unavailable_kind(kind: &BindingKind) -> &'static str {
    match kind {
        BindingKind::Parameter { .. } => "parameter",
        BindingKind::DurableObjectClass(_) => "durableObjectClass",
        BindingKind::R2Admin(_) => "r2Admin",
        BindingKind::WorkerLoader { .. } => "workerLoader",
        BindingKind::WorkerdDebugPort => "workerdDebugPort",
        _ => "unspecified",
    }
}

/// The key as `importKey` takes it; nothing for one that cannot be read, which its check has refused.
fn key_definition(key: &CryptoKey) -> Option<KeyDefinition> {
    use base64::Engine;
    let (format, data) = match &key.material {
        KeyMaterial::Raw(data) => ("raw", data.value.clone()),
        KeyMaterial::Hex(text) => ("raw", Bytes::from(from_hex(text)?)),
        KeyMaterial::Base64(text) => ("raw", from_base64(text)?),
        KeyMaterial::Pkcs8(text) => ("pkcs8", from_pem(text, "PRIVATE KEY")?),
        KeyMaterial::Spki(text) => ("spki", from_pem(text, "PUBLIC KEY")?),
        KeyMaterial::Jwk(text) => ("jwk", Bytes::copy_from_slice(text.as_bytes())),
    };
    let algorithm = match &key.algorithm {
        KeyAlgorithm::Name(name) => {
            serde_json::json!(name.as_ref().map(|name| name.to_string()).unwrap_or_default()).to_string()
        }
        KeyAlgorithm::Json(text) => text.to_string(),
    };
    fn from_base64(text: &str) -> Option<Bytes> {
        let digits: String = text.split_ascii_whitespace().collect();
        let padding = base64::engine::DecodePaddingMode::Indifferent;
        let config = base64::engine::GeneralPurposeConfig::new().with_decode_padding_mode(padding);
        let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, config);
        engine.decode(digits).ok().map(Bytes::from)
    }
    fn from_pem(text: &str, what: &str) -> Option<Bytes> {
        let body = text.split_once(&format!("-----BEGIN {what}-----"))?.1;
        from_base64(body.split_once(&format!("-----END {what}-----"))?.0)
    }
    Some(KeyDefinition { format, data, algorithm, extractable: key.extractable, usages: key.usages.clone() })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).map(byte).collect()
}
