//! Ops of CommonJS modules: where `require` leads, and code that is compiled as a function.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{ModuleLoader, OpState, ResolutionKind, op2, v8};
use deno_error::JsErrorBox;
use serde::Serialize;

use crate::loader::WorkerLoader;

/// What the facade of a CommonJS module imports; nothing else may.
pub const SPECIFIER: &str = "lopata:commonjs";

/// A module that was asked for.
#[derive(Serialize)]
pub struct Required {
    specifier: String,
    commonjs: bool,
}

fn loader_of(state: &OpState) -> Rc<WorkerLoader> {
    state.borrow::<Rc<WorkerLoader>>().clone()
}

/// Where `specifier` leads from the module `referrer`.
#[op2]
#[serde]
pub fn op_commonjs_resolve(
    state: &mut OpState,
    #[string] specifier: &str,
    #[string] referrer: &str,
) -> Result<Required, JsErrorBox> {
    let loader = loader_of(state);
    let resolved = loader.resolve(specifier, referrer, ResolutionKind::Import)?;
    let commonjs = loader.kind_of(&resolved)?;
    Ok(Required { specifier: resolved.to_string(), commonjs })
}

/// The path of a CommonJS module, from the worker's root.
#[op2]
#[string]
pub fn op_commonjs_name(#[string] specifier: &str) -> String {
    format!("/{}", crate::loader::shown(specifier).trim_start_matches('/'))
}

/// Compiles the code of a CommonJS module as a function without parameters, in whose scope are the properties of
/// `scope_object`.
#[op2(reentrant)]
pub fn op_commonjs_compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[string] specifier: &str,
    scope_object: v8::Local<'s, v8::Object>,
) -> Result<v8::Local<'s, v8::Value>, JsErrorBox> {
    let code = loader_of(&state.borrow()).commonjs_code(specifier)?;
    let too_long = || JsErrorBox::generic("The module is too long to be compiled.");
    let code = v8::String::new(scope, &code).ok_or_else(too_long)?;
    let name = v8::String::new(scope, specifier).ok_or_else(too_long)?;
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, 0, None, false, false, false, None);
    let mut source = v8::script_compiler::Source::new(code, Some(&origin));
    let function = v8::script_compiler::compile_function(
        scope,
        &mut source,
        &[],
        &[scope_object],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    );
    // Without a function an exception is pending, which the script gets.
    Ok(function.map_or_else(|| v8::undefined(scope).into(), Into::into))
}
