//! The calls that a KV binding makes to the actor of its namespace's store, and their answers.

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
        cache_ttl: Option<f64>,
    },
    /// Reads up to 100 values. Answered by [`KvAnswer::Values`] in the order of the keys.
    GetMany {
        /// The keys.
        keys: Vec<String>,
        /// As `type` was given; `text` or `json`, checked by the store.
        kind: Option<String>,
        /// As in [`KvCall::Get`].
        cache_ttl: Option<f64>,
    },
    /// Writes one value. Answered by [`KvAnswer::Done`] once it is durable.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: Bytes,
        /// Seconds since the Unix epoch, as given.
        expiration: Option<f64>,
        /// Seconds from now, as given.
        expiration_ttl: Option<f64>,
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
        limit: Option<f64>,
        /// Where the page before ended.
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
    /// One entry for each distinct key asked for.
    Values(Vec<(String, Option<KvValue>)>),
    /// The write is durable.
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
/// `KV GET failed: <status> `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {text}")]
pub struct KvError {
    /// 400, 413, 414, 500.
    pub status: u16,
    /// The sentence.
    pub text: String,
}
