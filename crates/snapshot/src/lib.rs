//! The startup snapshot of the guest, as bytes.
//!
//! Built by this crate's build script. Every isolate of a process must start from these same bytes: V8 keeps
//! one read-only heap per process.

use lopata_guest::Snapshot;

mod lazy {
    //! Sources that are loaded on demand on top of the snapshot.
    #![allow(missing_docs, reason = "generated")]
    include!(concat!(env!("OUT_DIR"), "/lazy.rs"));
}

/// The snapshot.
pub static SNAPSHOT: Snapshot = Snapshot {
    bytes: include_bytes!(concat!(env!("OUT_DIR"), "/SNAPSHOT.bin")),
    lazy_js: lazy::LAZY_JS,
    lazy_esm: lazy::LAZY_ESM,
};
