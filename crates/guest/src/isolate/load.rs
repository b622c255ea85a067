//! How an isolate becomes a worker: its services, its env, its modules, and what can be called of them.
//!
//! Owns the words of what goes wrong meanwhile. Runs once per isolate.

use deno_core::error::CoreError;
use deno_core::{JsRuntime, ModuleSpecifier, PollEventLoopOptions, v8};
use lopata_bridges::{Attachments, ServiceHandle};
use lopata_protocol::{BUNDLE_ROOT, CacheOutbound, Export, ObjectClass, WireError, WorkerDefinition, WorkerFormat};

use super::env::{Unsettled, services_of};
use super::{Isolate, v8_text};
use crate::loader::PROJECT_ROOT;
use crate::wire;

impl Isolate {
    /// Makes this isolate the worker: services, env, modules.
    pub(super) async fn load(
        &mut self,
        definition: WorkerDefinition,
        mut attachments: Attachments,
    ) -> Result<Vec<Export>, WireError> {
        assert!(!self.loaded, "a guest becomes one worker, once");
        let WorkerDefinition {
            name,
            format,
            entry,
            modules,
            env,
            objects,
            outbound,
            cache,
            extensions,
            subrequests_max,
            tailed,
            compat,
            ..
        } = definition;
        self.guest.compat.set(compat);
        *self.guest.worker.borrow_mut() = name.clone();
        *self.worker.lock() = name;
        let outbound_worker = match attachments.take_service(outbound) {
            Some(ServiceHandle::Fetch(service)) => {
                self.guest.services.set_outbound(service);
                None
            }
            Some(ServiceHandle::Worker(service)) => {
                self.guest.services.add_worker(outbound.0, service);
                Some(outbound)
            }
            Some(
                ServiceHandle::Kv(_)
                | ServiceHandle::Cache(_)
                | ServiceHandle::R2(_)
                | ServiceHandle::D1(_)
                | ServiceHandle::Objects(_),
            )
            | None => None,
        };
        self.guest.subrequests_max.set(subrequests_max);
        self.guest.tailed.set(tailed);
        let cached = match cache {
            CacheOutbound::Own(id) | CacheOutbound::Service(id) => Some(id),
            CacheOutbound::Nobody => None,
        };
        let own = objects.iter().map(|class| class.service);
        for id in services_of(&env).into_iter().chain(cached).chain(own) {
            match attachments.take_service(id) {
                Some(ServiceHandle::Kv(service)) => self.guest.services.add_kv(id.0, service),
                Some(ServiceHandle::R2(service)) => self.guest.services.add_r2(id.0, service),
                Some(ServiceHandle::D1(service)) => self.guest.services.add_d1(id.0, service),
                Some(ServiceHandle::Worker(service)) => self.guest.services.add_worker(id.0, service),
                Some(ServiceHandle::Cache(service)) => self.guest.services.set_cache(service),
                Some(ServiceHandle::Objects(namespace)) => self.guest.services.add_objects(id.0, namespace),
                Some(ServiceHandle::Fetch(_)) | None => {}
            }
        }
        self.loader.set_extensions(extensions);
        let unsettled = Unsettled::of(&env);
        self.build_env(env, format, outbound_worker, cache)?;
        let script = match format {
            WorkerFormat::Modules => None,
            WorkerFormat::ServiceWorker => modules.iter().find(|module| module.specifier == entry).cloned(),
        };
        if [BUNDLE_ROOT, PROJECT_ROOT].iter().any(|root| entry.starts_with(root)) {
            self.runtime.v8_isolate().set_host_initialize_import_meta_object_callback(no_import_meta);
        }
        self.loader.set_modules(modules, compat);
        let always = compat.has("allow_insecure_inefficient_logged_eval");
        let at_start = always || compat.has("allow_eval_during_startup");
        self.allow_eval(at_start);
        if !unsettled.is_empty() {
            self.settle_env(unsettled).await?;
        }
        let namespace = match format {
            WorkerFormat::Modules => Some(self.evaluate_module(&entry, at_start).await?),
            WorkerFormat::ServiceWorker => {
                self.evaluate_script(&entry, script.as_ref())?;
                None
            }
        };
        self.allow_eval(always);
        self.guest.compiling_wasm.set(always);
        if !compat.has("unhandled_rejection_after_microtask_checkpoint") {
            self.tell_rejections_at_once();
        }
        self.exports(namespace, &objects)
    }

    /// Whether scripts may make code of strings.
    fn allow_eval(&mut self, allowed: bool) {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        scope.get_current_context().set_allow_generation_from_strings(allowed);
    }

    async fn evaluate_module(
        &mut self,
        entry: &str,
        wasm_from_bytes: bool,
    ) -> Result<v8::Global<v8::Object>, WireError> {
        let specifier = ModuleSpecifier::parse(entry)
            .map_err(|error| WireError::new("Error", format!("{entry} is not a module URL: {error}")))?;
        let wasm = self.guest.compiling_wasm.clone();
        wasm.set(true);
        let loaded = self.runtime.load_main_es_module(&specifier).await;
        // What may make code of strings may make it of bytes.
        wasm.set(wasm_from_bytes);
        let module = loaded.map_err(|error| core_error(&mut self.runtime, error))?;
        let evaluated = self.runtime.mod_evaluate(module);
        let finished = self.runtime.with_event_loop_promise(evaluated, PollEventLoopOptions::default()).await;
        finished.map_err(|error| core_error(&mut self.runtime, error))?;
        self.runtime.get_module_namespace(module).map_err(|error| core_error(&mut self.runtime, error))
    }

    fn evaluate_script(
        &mut self,
        entry: &str,
        script: Option<&lopata_protocol::ModuleDefinition>,
    ) -> Result<(), WireError> {
        let Some(lopata_protocol::ModuleKind::JavaScript { code, .. }) = script.map(|module| &module.kind) else {
            return Err(WireError::new("Error", format!("the script {entry} is not part of the worker")));
        };
        let ran = self.runtime.execute_script(entry.to_string(), code.to_string());
        ran.map(|_| ()).map_err(|error| wire_of_js(&error))
    }

    fn exports(
        &mut self,
        namespace: Option<v8::Global<v8::Object>>,
        objects: &[ObjectClass],
    ) -> Result<Vec<Export>, WireError> {
        let runtime = &mut self.runtime;
        deno_core::scope!(scope, runtime);
        let classes = v8::Object::new(scope);
        for class in objects {
            let key = v8_text(scope, &class.class);
            let service = v8::Number::new(scope, class.service.0 as f64).into();
            let container = v8::Boolean::new(scope, class.container).into();
            let known = v8::Array::new_with_elements(scope, &[service, container]);
            classes.set(scope, key, known.into());
        }
        let namespace = match namespace {
            Some(namespace) => v8::Local::new(scope, namespace).into(),
            None => v8::null(scope).into(),
        };
        let found = try_call(scope, &self.dispatch.load, &[namespace, classes.into()])?;
        Ok(read_exports(scope, found))
    }
}

/// In production `import.meta` is an empty object.
extern "C" fn no_import_meta(_: v8::Local<v8::Context>, _: v8::Local<v8::Module>, _: v8::Local<v8::Object>) {}

/// Reads `[{ name, handlers }]`.
fn read_exports(scope: &mut v8::PinScope<'_, '_>, found: v8::Local<v8::Value>) -> Vec<Export> {
    let text = v8::json::stringify(scope, found).map(|text| text.to_rust_string_lossy(scope)).unwrap_or_default();
    let values: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
    let strings = |value: &serde_json::Value| {
        value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_string)).collect()
    };
    let export = |value: &serde_json::Value| Export {
        name: value["name"].as_str().unwrap_or_default().to_string(),
        handlers: strings(&value["handlers"]),
    };
    values.iter().map(export).collect()
}

pub(super) fn try_call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: &v8::Global<v8::Function>,
    args: &[v8::Local<'s, v8::Value>],
) -> Result<v8::Local<'s, v8::Value>, WireError> {
    v8::tc_scope!(let scope, scope);
    let function = v8::Local::new(scope, function);
    let undefined = v8::undefined(scope).into();
    match function.call(scope, undefined, args) {
        Some(value) => Ok(value),
        None => match scope.exception() {
            Some(thrown) => Err(wire::describe(scope, thrown)),
            None => Err(WireError::new("Error", "The worker was terminated.")),
        },
    }
}

/// The error that loading or evaluation ended in, as the script would see it.
pub(super) fn core_error(_runtime: &mut JsRuntime, error: CoreError) -> WireError {
    // Source: workerd's text for a top-level await that cannot finish.
    let unsettled = |text: &str| {
        let cannot_finish = text.contains("still pending") || text.contains("promise never resolved");
        cannot_finish.then(|| WireError::new("Error", "Top-level await in module is unsettled."))
    };
    match error.into_kind() {
        // The engine's own has no name.
        deno_core::error::CoreErrorKind::Js(error) if error.name.is_none() => {
            unsettled(&error.exception_message).unwrap_or_else(|| wire_of_js(&error))
        }
        deno_core::error::CoreErrorKind::Js(error) => wire_of_js(&error),
        other => {
            let text = other.to_string();
            unsettled(&text).unwrap_or_else(|| WireError::new("Error", text))
        }
    }
}

fn wire_of_js(error: &deno_core::error::JsError) -> WireError {
    WireError {
        name: error.name.clone().unwrap_or_default(),
        message: error.message.clone().unwrap_or_else(|| error.exception_message.clone()),
        stack: js_stack(error),
        cause: error.cause.as_ref().map(|cause| Box::new(wire_of_js(cause))),
        properties: Vec::new(),
    }
}

/// The stack of an error, or, for a syntax error (which has none), the place it names.
fn js_stack(error: &deno_core::error::JsError) -> String {
    let headline = error.exception_message.trim_start_matches("Uncaught ").to_string();
    match (&error.stack, error.frames.first()) {
        (Some(stack), Some(frame)) if !stack.contains("\n    at ") => {
            let place = frame.file_name.as_deref().unwrap_or_default();
            let (line, column) = (frame.line_number.unwrap_or(0), frame.column_number.unwrap_or(0));
            format!("{headline}\n    at {place}:{line}:{column}")
        }
        (Some(stack), _) => wire::user_frames(stack),
        (None, Some(frame)) => {
            let place = frame.file_name.as_deref().unwrap_or_default();
            let (line, column) = (frame.line_number.unwrap_or(0), frame.column_number.unwrap_or(0));
            format!("{headline}\n    at {place}:{line}:{column}")
        }
        (None, None) => headline,
    }
    .replace(&format!("at {BUNDLE_ROOT}"), "at ")
}
