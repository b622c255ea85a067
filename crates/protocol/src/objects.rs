//! Durable Objects in words: which object is meant, and what whoever runs one has to know of its namespace.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Bytes of an object's id.
pub const OBJECT_ID_BYTES: usize = 32;

/// The id of a Durable Object: 32 bytes, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; OBJECT_ID_BYTES]);

/// A text that is no id: not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnObjectId;

impl FromStr for ObjectId {
    type Err = NotAnObjectId;

    fn from_str(text: &str) -> Result<Self, NotAnObjectId> {
        let digits = text.as_bytes();
        if digits.len() != 2 * OBJECT_ID_BYTES {
            return Err(NotAnObjectId);
        }
        let mut id = [0; OBJECT_ID_BYTES];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NotAnObjectId);
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(id))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// All objects of one class of one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceDefinition {
    /// What its ids are keyed by, and its folder; by wrangler's rule `<worker>-<class>`.
    pub unique_key: Arc<str>,
    /// The worker whose code has the class.
    pub worker: Arc<str>,
    /// The export that is the class.
    pub class: Arc<str>,
    /// Where its objects keep what they store.
    pub storage: ObjectStorage,
    /// Whether an idle object leaves the memory.
    pub evicts: bool,
    /// Whether its objects have no ids but are called by any text (workerd's `ephemeralLocal`).
    pub ephemeral: bool,
}

/// Where objects keep what they store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectStorage {
    /// A SQLite file for each object.
    Disk {
        /// The namespace's folder, which need not exist.
        folder: PathBuf,
        /// Whether scripts may use SQL and what comes with it.
        sql: bool,
    },
    /// Gone with the object.
    Memory {
        /// Whether scripts may use SQL and what comes with it.
        sql: bool,
    },
    /// Nowhere: `ctx.storage` is not there.
    Nowhere,
}

/// Which object a guest is to run.
#[derive(Clone, Debug)]
pub struct ObjectGrant {
    /// Its id.
    pub id: ObjectId,
    /// The name that its id was made of, if whoever called it first knew.
    pub name: Option<Arc<str>>,
    /// Its namespace.
    pub namespace: Arc<NamespaceDefinition>,
    /// What there is to know of a facet; `None` for an object.
    pub facet: Option<FacetGrant>,
}

/// An object that is a part of another one, which runs in the same guest.
#[derive(Clone, Debug)]
pub struct FacetGrant {
    /// By which number its parent's scripts know it.
    pub token: u32,
    /// What stands behind the object's id in the name of its database.
    pub place: Arc<str>,
}

/// What an `alarm` handler ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmOutcome {
    /// How it ended.
    pub outcome: crate::EventOutcome,
    /// Whether the alarm is to be tried again.
    pub retry: bool,
    /// Whether the attempt counts against the limit of retries.
    pub counts: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_64_hex_digits() {
        let text = "00ff".repeat(16);
        let id: ObjectId = text.parse().expect("these are hex digits");
        assert_eq!((id.to_string(), id.0[1]), (text.clone(), 0xff));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        for bad in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32), &"+f".repeat(32)] {
            assert_eq!(bad.parse::<ObjectId>(), Err(NotAnObjectId), "{bad}");
        }
    }
}
