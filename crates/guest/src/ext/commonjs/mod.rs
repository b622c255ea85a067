//! Ops of CommonJS modules: where `require` leads, and code that is compiled as a function.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{ModuleLoader, OpState, ResolutionKind, op2, v8};
use deno_error::JsErrorBox;
use serde::Serialize;

use crate::loader::{Kind, WorkerLoader};

/// What the facade of a CommonJS module imports; nothing else may.
pub const SPECIFIER: &str = "lopata:commonjs";

/// A module that was asked for.
#[derive(Serialize)]
pub struct Required {
    specifier: String,
    kind: &'static str,
}

fn loader_of(state: &OpState) -> Rc<WorkerLoader> {
    state.borrow::<Rc<WorkerLoader>>().clone()
}

fn find(loader: &WorkerLoader, specifier: &str, referrer: &str) -> Result<Required, JsErrorBox> {
    // As a main module, because errors of other imports name who imports.
    let resolved = loader.resolve(specifier, referrer, ResolutionKind::MainModule)?;
    let kind = match loader.kind_of(&resolved)? {
        Kind::CommonJs => "commonjs",
        Kind::Value => "value",
        Kind::Module => "module",
    };
    Ok(Required { specifier: resolved.to_string(), kind })
}

/// Where `specifier` leads from the module `referrer`.
#[op2]
#[serde]
pub fn op_commonjs_resolve(
    state: &mut OpState,
    #[string] specifier: &str,
    #[string] referrer: &str,
) -> Result<Required, JsErrorBox> {
    find(&loader_of(state), specifier, referrer)
}

/// Where `specifier` leads from a path that starts at the worker's root, whether or not a module has that path.
#[op2]
#[serde]
pub fn op_commonjs_resolve_from(
    state: &mut OpState,
    #[string] specifier: &str,
    #[string] path: &str,
) -> Result<Required, JsErrorBox> {
    let loader = loader_of(state);
    if leaves(path, specifier) {
        // Source: workerd's text.
        return Err(JsErrorBox::generic(format!("Invalid specifier path: {specifier}")));
    }
    let root = loader.root();
    match specifier.strip_prefix('/') {
        Some(absolute) => find(&loader, &format!("./{absolute}"), root),
        None => find(&loader, specifier, &format!("{root}{}", path.trim_start_matches('/'))),
    }
}

/// Whether a relative specifier leads out of the root on which `path` stands.
fn leaves(path: &str, specifier: &str) -> bool {
    let segments = |text: &str| text.split('/').map(str::to_string).collect::<Vec<_>>();
    let directory = segments(path.trim_start_matches('/').rsplit_once('/').map_or("", |(directory, _)| directory));
    let mut depth = directory.iter().filter(|segment| !segment.is_empty()).count();
    for segment in segments(specifier) {
        match segment.as_str() {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_that_leave_the_root() {
        for (path, specifier, expected) in [
            ("/x", "../a", true),
            ("/x", "./a/../b", false),
            ("/x", "a/../../b", true),
            ("/dir/x", "../a", false),
            ("/dir/x", "../../a", true),
            ("/dir/", "../a", false),
            ("/", "..", true),
        ] {
            assert_eq!(leaves(path, specifier), expected, "{path} {specifier}");
        }
    }
}
