//! The op of the `unsafeEval` binding: WebAssembly of bytes, though the isolate allows none.
//!
//! Code of texts needs no op: V8 runs a script whatever the isolate allows.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use crate::state::GuestState;

/// Compiles a module. Only the script of the binding reaches this. What is wrong with the bytes is thrown by V8.
#[op2(reentrant)]
pub fn op_unsafe_wasm<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[buffer] bytes: &[u8],
) -> v8::Local<'s, v8::Value> {
    let compiling = state.borrow().borrow::<Rc<GuestState>>().compiling_wasm.clone();
    let before = compiling.replace(true);
    let module = v8::WasmModuleObject::compile(scope, bytes);
    compiling.set(before);
    match module {
        Some(module) => module.into(),
        None => v8::undefined(scope).into(),
    }
}
