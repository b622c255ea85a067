//! The calls that `caches` (and `fetch` with options of `cf`) makes to the actor that keeps all caches, and their
//! answers.
//!
//! What may be stored, for how long, and what a conditional request or one for ranges gets is decided by the
//! actor. What the Cache API itself refuses (a method, `Vary: *`, a partial response) never gets here.

use crate::{Body, HeaderList};

/// One call on a cache. Sent by a guest, or by the host's fetcher, to the actor of the caches; answered by the
/// [`CacheAnswer`] named, or by a [`CacheError`]. A caller that is gone loses only the answer.
#[derive(Clone, Debug)]
pub enum CacheCall {
    /// Looks a response up. Answered by [`CacheAnswer::Hit`] or [`CacheAnswer::Miss`].
    Match {
        /// Which cache: `default`, or `named:` and its name in URL encoding.
        cache: String,
        /// The URL without its fragment, or the key that the request gives itself.
        key: String,
        /// What the request asks for of it.
        wanted: Box<CacheWanted>,
    },
    /// Stores a response, if it may be stored. Answered by [`CacheAnswer::Put`], when its body has been read to its
    /// end and, if it was stored, the end of the process cannot lose it. A body that fails leaves what was there.
    Put {
        /// As in [`CacheCall::Match`].
        cache: String,
        /// As in [`CacheCall::Match`].
        key: String,
        /// Whether the request carries credentials, which restricts what a shared cache may keep.
        authorized: bool,
        /// The status.
        status: u16,
        /// The headers; those of a connection are not stored.
        headers: HeaderList,
        /// The body, encoded as its `content-encoding` says; a stream's reading end is attached.
        body: Body,
        /// For how long, whatever the headers say, in milliseconds; absent, the headers decide.
        ttl_ms: Option<u64>,
    },
    /// Removes a response. Answered by [`CacheAnswer::Deleted`].
    Delete {
        /// As in [`CacheCall::Match`].
        cache: String,
        /// As in [`CacheCall::Match`].
        key: String,
    },
}

/// The headers of a request that decide which form of a response it gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheWanted {
    /// `Range`.
    pub range: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<String>,
}

/// What the actor answers.
#[derive(Clone, Debug, PartialEq)]
pub enum CacheAnswer {
    /// The response, with `cf-cache-status: HIT`: whole (its status as stored), a part of it (206), 304 or 416.
    Hit {
        /// The status.
        status: u16,
        /// The headers.
        headers: HeaderList,
        /// The body as it is stored; a stream's reading end is attached.
        body: Body,
    },
    /// There is nothing that may be used.
    Miss {
        /// There was something, until it expired.
        expired: bool,
    },
    /// The put is over.
    Put {
        /// Whether the response is in the cache now.
        stored: bool,
    },
    /// The delete is over.
    Deleted {
        /// Whether there was something.
        found: bool,
    },
}

/// The caches cannot be used: a full disk, a damaged database, a body that broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct CacheError {
    /// The cause, for the log.
    pub text: String,
}
