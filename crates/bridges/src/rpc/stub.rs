//! The way to one export of another isolate.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lopata_protocol::{ExportId, ToGuest};

use crate::census::Counted;
use crate::inbox::InboxSender;
use crate::parcel::Parcel;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The number of exports in this process to which there are stubs. For leak checks.
pub fn live_stubs() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A stub. Clones are the same stub held twice; the last one dropped releases the export.
#[derive(Clone)]
pub struct Stub {
    shared: Arc<Shared>,
}

struct Shared {
    export: ExportId,
    home: InboxSender,
    _counted: Counted,
}

impl Stub {
    /// The first stub to an export that the guest behind `home` has just entered into its table.
    pub fn new(export: ExportId, home: InboxSender) -> Self {
        Self { shared: Arc::new(Shared { export, home, _counted: Counted::new(&LIVE) }) }
    }

    /// The export it leads to.
    pub fn export(&self) -> ExportId {
        self.shared.export
    }

    /// The inbox of the guest that holds the target.
    pub fn home(&self) -> &InboxSender {
        &self.shared.home
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // A home that is gone has released everything.
        let _ = self.home.send(Parcel::new(ToGuest::RpcRelease { export: self.export }));
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stub({})", self.shared.export)
    }
}
