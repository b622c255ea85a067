//! One version of a worker, running in one guest.

use std::sync::Arc;

use lopata_bridges::Parcel;
use lopata_guest::GuestHandle;
use lopata_protocol::{EventId, Export, GenerationId, ToGuest};

use crate::project::Blueprint;
use crate::server::Abort;

/// A generation that has been ready at least once.
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// The thread that runs it.
    pub guest: Arc<GuestHandle>,
    /// What it was made from.
    pub blueprint: Arc<Blueprint>,
    /// What can be called.
    pub exports: Vec<Export>,
}

impl Generation {
    /// Whether the default export has this handler.
    pub fn handles(&self, handler: &str) -> bool {
        let default = self.exports.iter().find(|export| export.name == "default");
        default.is_some_and(|export| export.handlers.iter().any(|name| name == handler))
    }
}

impl Abort for Generation {
    fn abort(&self, event: EventId) {
        // A guest that is gone has nothing left to abort.
        let _ = self.guest.inbox.send(Parcel::new(ToGuest::Abort { event }));
    }
}
