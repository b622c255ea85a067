//! The bindings of a Worker.

use super::super::model::{Binding, BindingKind, KeyMaterial, ServiceKind, Text, Worker, WorkerCode};
use super::Checker;

/// The Worker whose bindings are checked.
pub(super) struct Scope<'a> {
    /// Its name.
    pub service: &'a Text,
    /// What it is.
    pub worker: &'a Worker,
}

/// What is wrong with a binding. The texts are workerd's where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum BindingError {
    /// No member of the union.
    #[error("Worker \"{service}\"'s binding \"{binding}\" does not specify any binding value.")]
    Unspecified {
        /// The service.
        service: String,
        /// The binding.
        binding: String,
    },
    /// workerd has it in its schema and nowhere else.
    #[error(
        "Worker \"{service}\"'s binding \"{binding}\" is a parameter, which only a Worker that inherits this one could \
         give. Inheriting is not supported."
    )]
    Parameter {
        /// The service.
        service: String,
        /// The binding.
        binding: String,
    },
    /// In a Worker of modules.
    #[error(
        "Worker \"{service}\"'s binding \"{binding}\" is a Wasm binding, but Wasm bindings are not allowed in \
         modules-based scripts. Use Wasm modules instead."
    )]
    Wasm {
        /// The service.
        service: String,
        /// The binding.
        binding: String,
    },
    /// Text that is to be parsed.
    #[error("Worker \"{service}\"'s binding \"{binding}\" is not valid JSON: {error}")]
    Json {
        /// The service.
        service: String,
        /// The binding.
        binding: String,
        /// The parser's sentence.
        error: String,
    },
    /// A class without a namespace.
    #[error(
        "Worker \"{service}\"'s binding \"{binding}\" refers to a Durable Object namespace named \"{class}\"{place}, but \
         no such Durable Object namespace is defined by {by}."
    )]
    NoNamespace {
        /// The service.
        service: String,
        /// The binding.
        binding: String,
        /// The class.
        class: String,
        /// ` in service "x"`, unless it is this one.
        place: String,
        /// Which Worker should have it.
        by: &'static str,
    },
    /// A key.
    #[error("CryptoKey binding \"{binding}\" contained invalid {form}.")]
    Key {
        /// The binding.
        binding: String,
        /// `hex`, `base64` or `PEM format`.
        form: &'static str,
    },
    /// A memory cache without bounds.
    #[error(
        "MemoryCache bindings must specify limits. Please update the binding in the worker configuration and try again."
    )]
    NoLimits,
    /// What needs `--experimental`.
    #[error("{0}")]
    Experimental(&'static str),
}

impl Checker<'_> {
    pub(super) fn binding(&mut self, scope: &Scope<'_>, binding: &Binding) {
        let context = format!("Worker \"{}\"'s binding \"{}\"", scope.service, binding.name);
        match &binding.kind {
            BindingKind::Service(designator)
            | BindingKind::KvNamespace(designator)
            | BindingKind::R2Bucket(designator)
            | BindingKind::R2Admin(designator)
            | BindingKind::Queue(designator)
            | BindingKind::AnalyticsEngine(designator)
            | BindingKind::DurableObjectClass(designator) => self.designator(&context, designator),
            BindingKind::Hyperdrive(hyperdrive) => {
                if let Some(designator) = &hyperdrive.designator {
                    self.designator(&context, designator);
                }
            }
            BindingKind::Wrapped(wrapped) => {
                for inner in &wrapped.inner_bindings {
                    self.binding(scope, inner);
                }
            }
            BindingKind::Unspecified
            | BindingKind::Parameter { .. }
            | BindingKind::Text(_)
            | BindingKind::Data(_)
            | BindingKind::Json(_)
            | BindingKind::WasmModule(_)
            | BindingKind::CryptoKey(_)
            | BindingKind::DurableObjectNamespace { .. }
            | BindingKind::FromEnvironment(_)
            | BindingKind::UnsafeEval
            | BindingKind::MemoryCache { .. }
            | BindingKind::WorkerLoader { .. }
            | BindingKind::WorkerdDebugPort
            | BindingKind::Native(_) => {}
        }
        if let Some(error) = self.binding_error(scope, binding) {
            self.report.error("bad-binding", &binding.place, format!("service {}: {error}", scope.service));
        }
    }

    fn binding_error(&self, scope: &Scope<'_>, binding: &Binding) -> Option<BindingError> {
        let (service, name) = (scope.service.to_string(), binding.name.to_string());
        if let Some(text) = experimental(&binding.kind).filter(|_| !self.options.experimental) {
            return Some(BindingError::Experimental(text));
        }
        match &binding.kind {
            BindingKind::Unspecified => Some(BindingError::Unspecified { service, binding: name }),
            BindingKind::Parameter { .. } => Some(BindingError::Parameter { service, binding: name }),
            BindingKind::WasmModule(_) if matches!(scope.worker.code, WorkerCode::Modules(_)) => {
                Some(BindingError::Wasm { service, binding: name })
            }
            BindingKind::Json(text) => {
                let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?.to_string();
                Some(BindingError::Json { service, binding: name, error })
            }
            BindingKind::MemoryCache { limits: None, .. } => Some(BindingError::NoLimits),
            BindingKind::CryptoKey(key) => {
                let form = wrong_form(&key.material)?;
                Some(BindingError::Key { binding: name, form })
            }
            BindingKind::DurableObjectNamespace { class_name, service_name } => {
                let owner = match service_name {
                    Some(other) => match &self.services.get(&***other)?.kind {
                        ServiceKind::Worker(worker) => Some(&**worker),
                        _ => None,
                    },
                    None => Some(scope.worker),
                };
                let namespaces = owner.map(|worker| worker.durable_object_namespaces.as_slice()).unwrap_or_default();
                if namespaces.iter().any(|namespace| namespace.class_name.value == class_name.value) {
                    return None;
                }
                let (place, by) = match service_name {
                    Some(other) => (format!(" in service \"{other}\""), "that service"),
                    None => (String::new(), "this Worker"),
                };
                Some(BindingError::NoNamespace { service, binding: name, class: class_name.to_string(), place, by })
            }
            _ => None,
        }
    }
}

/// The sentence for a kind of binding that needs `--experimental`. Source: workerd.
fn experimental(kind: &BindingKind) -> Option<&'static str> {
    Some(match kind {
        BindingKind::UnsafeEval => {
            "Unsafe eval is an experimental feature. You must run workerd with `--experimental` to use this feature."
        }
        BindingKind::AnalyticsEngine(_) => {
            "AnalyticsEngine bindings are an experimental feature which may change or go away in the future.You must \
             run workerd with `--experimental` to use this feature."
        }
        BindingKind::MemoryCache { .. } => {
            "MemoryCache bindings are an experimental feature which may change or go away in the future. You must run \
             workerd with `--experimental` to use this feature."
        }
        BindingKind::WorkerLoader { .. } => {
            "Worker loader bindings are an experimental feature which may change or go away in the future. You must run \
             workerd with `--experimental` to use this feature."
        }
        BindingKind::WorkerdDebugPort => {
            "workerdDebugPort bindings are an experimental feature which may change or go away in the future. You must \
             run workerd with `--experimental` to use this feature."
        }
        BindingKind::DurableObjectClass(_) => {
            "Durable Object class bindings are an experimental feature which may change or go away in the future. You \
             must run workerd with `--experimental` to use this feature."
        }
        _ => return None,
    })
}

/// The form that a key is said to have and has not.
fn wrong_form(material: &KeyMaterial) -> Option<&'static str> {
    use base64::Engine;
    match material {
        KeyMaterial::Hex(text) => {
            let fine = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            (!fine).then_some("hex")
        }
        KeyMaterial::Base64(text) => {
            let digits: String = text.split_ascii_whitespace().collect();
            let engine = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::GeneralPurposeConfig::new()
                    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
            );
            engine.decode(digits).is_err().then_some("base64")
        }
        KeyMaterial::Pkcs8(text) => (!is_pem(text, "PRIVATE KEY")).then_some("PEM format"),
        KeyMaterial::Spki(text) => (!is_pem(text, "PUBLIC KEY")).then_some("PEM format"),
        KeyMaterial::Raw(_) | KeyMaterial::Jwk(_) => None,
    }
}

fn is_pem(text: &str, what: &str) -> bool {
    text.contains(&format!("-----BEGIN {what}-----")) && text.contains(&format!("-----END {what}-----"))
}
