//! The calls that a KV binding makes to the actor of its namespace's store, and their answers.
//!
//! Numbers that user code gave are `i32`: production converts them so (towards zero; not a number and
//! infinite become 0; anything wider throws) before the service sees them. What a number is refused for is
//! decided by the store.

use bytes::Bytes;

/// One call on a namespace. Sent by a guest (or the command line) to the KV actor; answered by
/// [`KvAnswer`] of the same name or by a [`KvError`]. A caller that is gone loses only the answer.
#[derive(Clone, Debug)]
pub enum KvCall {
    /// Reads one value with its metadata. Answered by [`KvAnswer::Value`].
    Get {
        /// The key.
        key: String,
        /// Seconds given as `cacheTtl`; validated, otherwise without effect locally.
        cache_ttl: Option<i32>,
    },
    /// Reads up to 100 values. Answered by [`KvAnswer::Values`].
    GetMany {
        /// The keys.
        keys: Vec<String>,
        /// As `type` was given; `text` or `json`, checked by the store. That a value is JSON is for the
        /// caller to find out.
        kind: Option<String>,
        /// As in [`KvCall::Get`].
        cache_ttl: Option<i32>,
    },
    /// Writes one value. Answered by [`KvAnswer::Done`] once it is stored: from then on the end of the
    /// process cannot lose it.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: Bytes,
        /// Seconds since the Unix epoch, as given.
        expiration: Option<i32>,
        /// Seconds from now, as given; it wins over `expiration`.
        expiration_ttl: Option<i32>,
        /// JSON text of the metadata.
        metadata: Option<String>,
    },
    /// Deletes one key, whether it exists or not. Answered by [`KvAnswer::Done`].
    Delete {
        /// The key.
        key: String,
    },
    /// One page of keys in byte order. Answered by [`KvAnswer::Page`].
    List {
        /// Only keys that start with this.
        prefix: Option<String>,
        /// 1 to 1000; 1000 when absent.
        limit: Option<i32>,
        /// Where the page before ended: base64 of its last key.
        cursor: Option<String>,
    },
}

/// A stored value with its metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct KvValue {
    /// The bytes.
    pub value: Bytes,
    /// JSON text of the metadata, when there is any.
    pub metadata: Option<String>,
}

/// A key of a list page.
#[derive(Clone, Debug, PartialEq)]
pub struct KvKey {
    /// The key.
    pub name: String,
    /// Seconds since the Unix epoch at which it expires.
    pub expiration: Option<u64>,
    /// JSON text of the metadata.
    pub metadata: Option<String>,
}

/// What the actor answers.
#[derive(Clone, Debug, PartialEq)]
pub enum KvAnswer {
    /// The value; `None` when the key does not exist or has expired.
    Value(Option<KvValue>),
    /// One entry for each distinct key asked for, in the order in which they were first named.
    Values(Vec<(String, Option<KvValue>)>),
    /// The write is stored.
    Done,
    /// A page of keys.
    Page {
        /// The keys, in byte order.
        keys: Vec<KvKey>,
        /// Where the next page starts; `None` when this was the last.
        cursor: Option<String>,
    },
}

/// A refusal with the HTTP status and the text that production gives, to which the binding adds
/// `KV GET failed: `.
///
/// A store that fails for reasons of its own (no space left, a locked database) answers with status 500 and
/// the cause as its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {text}")]
pub struct KvError {
    /// 400, 413, 414, 500.
    pub status: u16,
    /// The sentence.
    pub text: String,
}
