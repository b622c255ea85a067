//! Stacks as user code reads them: without the runtime's own frames, as in production, where those are native.
//!
//! V8 asks for the text when a stack is first read. Positions are mapped to the user's sources by deno_core.

use deno_core::v8;
use lopata_protocol::BUNDLE_ROOT;

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
    let stack = deno_core::error::prepare_stack_trace_callback(scope, error, sites);
    without_root(scope, stack)
}

/// Modules that have a name and no file are shown by their name.
fn without_root<'s>(scope: &mut v8::PinScope<'s, '_>, stack: v8::Local<'s, v8::Value>) -> v8::Local<'s, v8::Value> {
    let text = stack.to_rust_string_lossy(scope);
    if !stack.is_string() || !text.contains(BUNDLE_ROOT) {
        return stack;
    }
    let line = |line: &str| if line.starts_with("    at ") { line.replace(BUNDLE_ROOT, "") } else { line.to_string() };
    let text = text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    v8::String::new(scope, &text).map_or(stack, Into::into)
}

fn is_own<'s>(scope: &mut v8::PinScope<'s, '_>, site: v8::Local<'s, v8::Value>) -> bool {
    let name = script_of(scope, site);
    name.is_some_and(|name| name.starts_with(OWN_SCRIPTS))
}

/// The name of the script that a call site is in.
fn script_of<'s>(scope: &mut v8::PinScope<'s, '_>, site: v8::Local<'s, v8::Value>) -> Option<String> {
    let object = v8::Local::<v8::Object>::try_from(site).ok()?;
    let key = v8::String::new(scope, "getScriptNameOrSourceURL")?;
    let method = object.get(scope, key.into())?;
    let method = v8::Local::<v8::Function>::try_from(method).ok()?;
    let name = method.call(scope, site, &[])?;
    name.is_string().then(|| name.to_rust_string_lossy(scope))
}
