//! The memory of ArrayBuffers, bounded per isolate.
//!
//! V8's heap limit does not count it, so without a bound a worker that hoards buffers would take the machine's
//! memory and the process with it. Past the bound an allocation fails: V8 collects garbage, tries again, and
//! then throws `RangeError: Array buffer allocation failed` into the script.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use deno_core::v8;
use lopata_protocol::limits;

/// What one isolate's buffers take.
struct Budget {
    bytes: AtomicUsize,
}

/// An allocator with a budget of its own.
pub fn allocator() -> v8::UniqueRef<v8::Allocator> {
    let budget = Box::new(Budget { bytes: AtomicUsize::new(0) });
    // SAFETY: the pointer comes from a Box, stays valid until the vtable's `drop` (which V8 calls exactly once,
    // after the last buffer is freed) turns it back into one, and `Budget` is Send and Sync.
    unsafe { v8::new_rust_allocator(Box::into_raw(budget), &VTABLE) }
}

static VTABLE: v8::RustAllocatorVtable<Budget> =
    v8::RustAllocatorVtable { allocate, allocate_uninitialized, free, drop: drop_budget };

impl Budget {
    fn take(&self, len: usize) -> bool {
        let before = self.bytes.fetch_add(len, Ordering::Relaxed);
        let granted = before.checked_add(len).is_some_and(|after| after <= limits::ARRAY_BUFFER_BYTES_MAX);
        if !granted {
            self.bytes.fetch_sub(len, Ordering::Relaxed);
        }
        granted
    }
}

/// malloc(0) may return null, which V8 would take for a failure.
fn size(len: usize) -> usize {
    len.max(1)
}

unsafe extern "C" fn allocate(budget: &Budget, len: usize) -> *mut c_void {
    if !budget.take(len) {
        return std::ptr::null_mut();
    }
    // SAFETY: calloc has no preconditions; null is a legal answer.
    let data = unsafe { libc::calloc(size(len), 1) };
    if data.is_null() {
        budget.bytes.fetch_sub(len, Ordering::Relaxed);
    }
    data
}

unsafe extern "C" fn allocate_uninitialized(budget: &Budget, len: usize) -> *mut c_void {
    if !budget.take(len) {
        return std::ptr::null_mut();
    }
    // SAFETY: malloc has no preconditions; null is a legal answer.
    let data = unsafe { libc::malloc(size(len)) };
    if data.is_null() {
        budget.bytes.fetch_sub(len, Ordering::Relaxed);
    }
    data
}

unsafe extern "C" fn free(budget: &Budget, data: *mut c_void, len: usize) {
    budget.bytes.fetch_sub(len, Ordering::Relaxed);
    // SAFETY: V8 passes what `allocate` or `allocate_uninitialized` returned, once.
    unsafe { libc::free(data) }
}

unsafe extern "C" fn drop_budget(budget: *const Budget) {
    // SAFETY: made by Box::into_raw in `allocator`, dropped once.
    drop(unsafe { Box::from_raw(budget.cast_mut()) });
}
