//! `env`: from the entries of a definition to what the bootstrap makes objects of.
//!
//! Most entries are there at once. A key has to be imported and a wrapped binding needs a module that runs, so these
//! are settled once the modules are known and before the worker's own run; a worker without any skips that.

use deno_core::{ModuleSpecifier, PollEventLoopOptions, v8};
use lopata_protocol::{
    CacheOutbound, ClientKind, EnvEntry, EnvValue, KeyDefinition, ServiceId, WireError, WorkerFormat,
};

use super::load::{core_error, try_call};
use super::{Isolate, v8_text};

/// Modules of this scheme are lopata's own and no extension's.
const INTERNAL_SCHEME: &str = "cloudflare-internal:";

/// What of an env is not there yet once it is built.
pub(super) struct Unsettled {
    /// The modules that wrapped bindings call, in order.
    modules: Vec<String>,
    /// Whether there are keys.
    keys: bool,
}

impl Unsettled {
    /// What these entries need.
    pub(super) fn of(env: &[EnvEntry]) -> Self {
        let mut unsettled = Self { modules: Vec::new(), keys: false };
        unsettled.add(env);
        unsettled
    }

    /// Whether nothing is missing.
    pub(super) fn is_empty(&self) -> bool {
        self.modules.is_empty() && !self.keys
    }

    fn add(&mut self, env: &[EnvEntry]) {
        for entry in env {
            match &entry.value {
                EnvValue::CryptoKey(_) => self.keys = true,
                EnvValue::Wrapped { module, inner, .. } => {
                    self.add(inner);
                    if !module.starts_with(INTERNAL_SCHEME) && !self.modules.contains(module) {
                        self.modules.push(module.clone());
                    }
                }
                _ => {}
            }
        }
    }
}

/// The services behind entries, also behind those that others are made of.
pub(super) fn services_of(env: &[EnvEntry]) -> Vec<ServiceId> {
    let service = |entry: &EnvEntry| match &entry.value {
        EnvValue::Kv(id) | EnvValue::Service(id) | EnvValue::D1(id) | EnvValue::Objects(id) => vec![*id],
        EnvValue::R2 { service, .. }
        | EnvValue::Client { service, .. }
        | EnvValue::AnalyticsEngine { service, .. }
        | EnvValue::Hyperdrive { service, .. } => vec![*service],
        EnvValue::Wrapped { inner, .. } => services_of(inner),
        EnvValue::Text(_)
        | EnvValue::Json(_)
        | EnvValue::Data(_)
        | EnvValue::Wasm(_)
        | EnvValue::CryptoKey(_)
        | EnvValue::ObjectClass { .. }
        | EnvValue::UnsafeEval
        | EnvValue::MemoryCache { .. }
        | EnvValue::Unavailable(_) => Vec::new(),
    };
    env.iter().flat_map(service).collect()
}

impl Isolate {
    /// Fills `env` (or the globals of a script) with everything that is there at once.
    pub(super) fn build_env(
        &mut self,
        env: Vec<EnvEntry>,
        format: WorkerFormat,
        outbound: Option<ServiceId>,
        cache: CacheOutbound,
    ) -> Result<(), WireError> {
        let wasm = self.guest.compiling_wasm.clone();
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let entries = entries(scope, env, &|compiling| wasm.set(compiling))?;
        let service_worker = v8::Boolean::new(scope, format == WorkerFormat::ServiceWorker).into();
        let outbound = v8::Number::new(scope, outbound.map_or(0.0, |id| id.0 as f64)).into();
        let cache = match cache {
            CacheOutbound::Own(_) => v8::null(scope).into(),
            CacheOutbound::Nobody => v8::Number::new(scope, 0.0).into(),
            CacheOutbound::Service(id) => service(scope, id),
        };
        try_call(scope, &self.dispatch.build_env, &[entries, service_worker, outbound, cache])?;
        Ok(())
    }

    /// Runs the modules of wrapped bindings and waits for keys, until `env` is whole.
    pub(super) async fn settle_env(&mut self, unsettled: Unsettled) -> Result<(), WireError> {
        let mut namespaces = Vec::new();
        for module in unsettled.modules {
            namespaces.push((self.evaluate_extension(&module).await?, module));
        }
        let promise = {
            let runtime = &mut self.runtime;
            deno_core::scope!(scope, runtime);
            let modules = v8::Object::new(scope);
            for (namespace, module) in namespaces {
                let key = v8_text(scope, &module);
                let namespace = v8::Local::new(scope, namespace);
                modules.set(scope, key, namespace.into());
            }
            let promise = try_call(scope, &self.dispatch.settle_env, &[modules.into()])?;
            v8::Global::new(scope, promise)
        };
        let settled = self.runtime.resolve(promise);
        let finished = self.runtime.with_event_loop_promise(settled, PollEventLoopOptions::default()).await;
        finished.map_err(|error| core_error(&mut self.runtime, error))?;
        Ok(())
    }

    async fn evaluate_extension(&mut self, module: &str) -> Result<v8::Global<v8::Object>, WireError> {
        let unknown = || {
            let text = format!("The module of a wrapped binding can't be resolved (internal modules only): {module}");
            WireError::new("Error", text)
        };
        if !self.loader.has_extension(module) {
            return Err(unknown());
        }
        let specifier = ModuleSpecifier::parse(module).map_err(|_| unknown())?;
        let loaded = self.runtime.load_side_es_module(&specifier).await;
        let id = loaded.map_err(|error| core_error(&mut self.runtime, error))?;
        let evaluated = self.runtime.mod_evaluate(id);
        let finished = self.runtime.with_event_loop_promise(evaluated, PollEventLoopOptions::default()).await;
        finished.map_err(|error| core_error(&mut self.runtime, error))?;
        self.runtime.get_module_namespace(id).map_err(|error| core_error(&mut self.runtime, error))
    }
}

/// `[{ name, kind, value }]`. `compiling` is told when WebAssembly is about to be compiled and when it has been.
fn entries<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    env: Vec<EnvEntry>,
    compiling: &dyn Fn(bool),
) -> Result<v8::Local<'s, v8::Value>, WireError> {
    let mut entries = Vec::with_capacity(env.len());
    for EnvEntry { name, value } in env {
        let (kind, value) = value_to_v8(scope, &name, value, compiling)?;
        let name = v8_text(scope, &name);
        let kind = v8_text(scope, kind);
        entries.push(object(scope, &[("name", name), ("kind", kind), ("value", value)]));
    }
    Ok(v8::Array::new_with_elements(scope, &entries).into())
}

fn value_to_v8<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    value: EnvValue,
    compiling: &dyn Fn(bool),
) -> Result<(&'static str, v8::Local<'s, v8::Value>), WireError> {
    Ok(match value {
        EnvValue::Text(text) => ("text", v8_text(scope, &text)),
        EnvValue::Json(text) => ("json", v8_text(scope, &text)),
        EnvValue::Data(bytes) => ("data", array_buffer(scope, &bytes)),
        EnvValue::Wasm(bytes) => {
            compiling(true);
            let module = v8::WasmModuleObject::compile(scope, &bytes);
            compiling(false);
            let module = module
                .ok_or_else(|| WireError::new("CompileError", format!("env.{name} is not a WebAssembly module")))?;
            ("wasm", module.into())
        }
        EnvValue::Kv(id) => ("kv", service(scope, id)),
        EnvValue::R2 { service: id, bucket } => {
            let (service, bucket) = (service(scope, id), v8_text(scope, &bucket));
            ("r2", object(scope, &[("service", service), ("bucket", bucket)]))
        }
        EnvValue::D1(id) => ("d1", service(scope, id)),
        EnvValue::Service(id) => ("service", service(scope, id)),
        EnvValue::Unavailable(sentence) => ("unavailable", v8_text(scope, &sentence)),
        EnvValue::Client { kind, service: id } => {
            let kind = match kind {
                ClientKind::Kv => "kvClient",
                ClientKind::R2 => "r2Client",
                ClientKind::Queue => "queueClient",
            };
            (kind, service(scope, id))
        }
        EnvValue::AnalyticsEngine { service: id, dataset } => {
            let (service, dataset) = (service(scope, id), v8_text(scope, &dataset));
            ("analyticsEngine", object(scope, &[("service", service), ("dataset", dataset)]))
        }
        EnvValue::Hyperdrive { service: id, settings } => {
            let (service, settings) = (service(scope, id), v8_text(scope, &settings));
            ("hyperdrive", object(scope, &[("service", service), ("settings", settings)]))
        }
        EnvValue::CryptoKey(key) => ("cryptoKey", key_to_v8(scope, *key)),
        EnvValue::Wrapped { module, entrypoint, inner } => {
            let (module, entrypoint) = (v8_text(scope, &module), v8_text(scope, &entrypoint));
            let inner = entries(scope, inner, compiling)?;
            ("wrapped", object(scope, &[("module", module), ("entrypoint", entrypoint), ("inner", inner)]))
        }
        EnvValue::Objects(id) => ("objects", service(scope, id)),
        EnvValue::ObjectClass { class, props } => {
            let (class, props) = (v8_text(scope, &class), v8_text(scope, props.as_deref().unwrap_or("{}")));
            ("objectClass", object(scope, &[("class", class), ("props", props)]))
        }
        EnvValue::UnsafeEval => ("unsafeEval", v8::undefined(scope).into()),
        EnvValue::MemoryCache { id, keys_max, value_bytes_max, total_bytes_max } => {
            let id = match id {
                Some(id) => v8_text(scope, &id),
                None => v8::null(scope).into(),
            };
            let keys_max = v8::Number::new(scope, f64::from(keys_max)).into();
            let value_bytes_max = v8::Number::new(scope, f64::from(value_bytes_max)).into();
            let total_bytes_max = v8::Number::new(scope, total_bytes_max as f64).into();
            let limits = [
                ("id", id),
                ("keysMax", keys_max),
                ("valueBytesMax", value_bytes_max),
                ("totalBytesMax", total_bytes_max),
            ];
            ("memoryCache", object(scope, &limits))
        }
    })
}

fn key_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, key: KeyDefinition) -> v8::Local<'s, v8::Value> {
    let KeyDefinition { format, data, algorithm, extractable, usages } = key;
    let usages: Vec<_> = usages.into_iter().map(|usage| v8_text(scope, usage)).collect();
    let fields = [
        ("format", v8_text(scope, format)),
        ("data", array_buffer(scope, &data)),
        ("algorithm", v8_text(scope, &algorithm)),
        ("extractable", v8::Boolean::new(scope, extractable).into()),
        ("usages", v8::Array::new_with_elements(scope, &usages).into()),
    ];
    object(scope, &fields)
}

fn service<'s>(scope: &mut v8::PinScope<'s, '_>, id: ServiceId) -> v8::Local<'s, v8::Value> {
    v8::Number::new(scope, id.0 as f64).into()
}

fn object<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    fields: &[(&str, v8::Local<'s, v8::Value>)],
) -> v8::Local<'s, v8::Value> {
    let object = v8::Object::new(scope);
    for (name, value) in fields {
        let name = v8_text(scope, name);
        object.set(scope, name, *value);
    }
    object.into()
}

fn array_buffer<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> v8::Local<'s, v8::Value> {
    let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes.to_vec()).make_shared();
    v8::ArrayBuffer::with_backing_store(scope, &store).into()
}
