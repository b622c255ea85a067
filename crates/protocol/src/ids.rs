//! Newtype ids: one type per kind of number, so that two of them cannot be swapped by accident.
//!
//! All ids are unique for the life of the process and never reused.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// The next id of this kind; the first is 1.
            pub fn next() -> Self {
                static NEXT: AtomicU64 = AtomicU64::new(1);
                Self(NEXT.fetch_add(1, Ordering::Relaxed))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

id!(
    /// One guest thread with its isolate. A spare has a guest id before it has a generation.
    GuestId,
    "guest-"
);
id!(
    /// One attempt to run one version of a worker's code and configuration.
    GenerationId,
    "gen-"
);
id!(
    /// One event delivered to a guest: a request, a cron tick, an alarm.
    EventId,
    "event-"
);
id!(
    /// One body that crosses threads in pieces.
    StreamId,
    "stream-"
);
id!(
    /// One promise that was handed to `waitUntil`.
    WaitUntilId,
    "wait-"
);
id!(
    /// One service behind an env entry (a store's actor, the outbound fetcher).
    ServiceId,
    "service-"
);
id!(
    /// One JS RPC call; what is pipelined on its result names it.
    CallId,
    "call-"
);
id!(
    /// One function or target that a guest has given to other isolates.
    ExportId,
    "export-"
);
