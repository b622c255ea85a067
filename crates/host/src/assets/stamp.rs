//! What tells one version of a file from the next without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// A file that was written this lately may be written again without its times showing it: their resolution is that of
/// the system's clock tick.
const TICKS: Duration = Duration::from_millis(100);

/// A version of a file. Equal exactly when nothing shows that the file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    /// Device, inode, time of the last change of either: a file that was moved into the place of another is another.
    node: (u64, u64, i64, i64),
}

impl Stamp {
    /// The version that this metadata is of.
    pub fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: metadata.modified().ok(), node: node(metadata) }
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether what is read now may be replaced without another stamp.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        // A time in the future says nothing either.
        self.modified.is_none_or(|modified| now.duration_since(modified).map_or(true, |age| age < TICKS))
    }

    /// A name for this version of the file at `path`.
    pub fn tag(&self, path: &str) -> String {
        let text = format!("{path}\0{self:?}");
        hex(&Sha256::digest(text.as_bytes())[..16])
    }
}

#[cfg(unix)]
fn node(metadata: &Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn node(_metadata: &Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

/// A name for some content.
pub fn content_tag(content: &[u8]) -> String {
    hex(&Sha256::digest(content)[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
