//! Stacks as user code reads them: without the runtime's own frames, as in production, where those are native.
//!
//! V8 asks for the text when a stack is first read. Positions are mapped to the user's sources by deno_core.

use deno_core::v8;

/// How the scripts of the runtime are named.
const OWN_SCRIPTS: &str = "ext:";

/// Makes `error.stack`. For `Isolate::set_prepare_stack_trace_callback`.
pub fn prepare<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    error: v8::Local<'s, v8::Value>,
    sites: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    let mut kept = Vec::with_capacity(sites.length() as usize);
    for index in 0..sites.length() {
        let Some(site) = sites.get_index(scope, index) else { continue };
        if !is_own(scope, site) {
            kept.push(site);
        }
    }
    let sites = if kept.len() == sites.length() as usize { sites } else { v8::Array::new_with_elements(scope, &kept) };
    deno_core::error::prepare_stack_trace_callback(scope, error, sites)
}

fn is_own<'s>(scope: &mut v8::PinScope<'s, '_>, site: v8::Local<'s, v8::Value>) -> bool {
    let name = script_of(scope, site);
    name.is_some_and(|name| name.starts_with(OWN_SCRIPTS))
}

/// The name of the script that a call site is in.
fn script_of<'s>(scope: &mut v8::PinScope<'s, '_>, site: v8::Local<'s, v8::Value>) -> Option<String> {
    let object = v8::Local::<v8::Object>::try_from(site).ok()?;
    let key = v8::String::new(scope, "getFileName")?;
    let method = object.get(scope, key.into())?;
    let method = v8::Local::<v8::Function>::try_from(method).ok()?;
    let name = method.call(scope, site, &[])?;
    name.is_string().then(|| name.to_rust_string_lossy(scope))
}
