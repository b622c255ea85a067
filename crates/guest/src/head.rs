//! The native head of an incoming request, which lives exactly as long as its `Request` object.
//!
//! Headers and `cf` are turned into JavaScript only when somebody reads them; most handlers read neither.

use deno_core::v8;
use lopata_protocol::RequestHead;

/// The head behind a `Request`, owned by V8's garbage collector.
pub struct IncomingHead {
    /// What the client sent.
    pub request: Box<RequestHead>,
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it
// from a finaliser touches only its own memory.
unsafe impl v8::cppgc::GarbageCollected for IncomingHead {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"IncomingHead"
    }
}
