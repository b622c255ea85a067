//! The calls that an R2 binding makes to the actor of its bucket's store, and their answers.
//!
//! Plain data: keys, options, what is known of an object, and production's errors. A body too large for a message
//! goes beside it as a stream (`lopata-bridges`, `R2Ask` and `R2Reply`). Times are milliseconds since the Unix
//! epoch, lengths and offsets are bytes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::WireError;

/// One call on a bucket. Sent by a guest, or by the host's HTTP endpoints, to the bucket's actor; answered by an
/// [`R2Answer`] or by an [`R2Error`]. A caller that is gone loses only the answer; a write whose body arrived is
/// carried out.
#[derive(Clone, Debug)]
pub enum R2Call {
    /// What is known of an object. Answered by [`R2Answer::Object`].
    Head {
        /// The key.
        key: String,
    },
    /// An object with its body. Answered by [`R2Answer::Found`], or by [`R2Answer::Unmatched`] when a condition
    /// did not hold.
    Get {
        /// The key.
        key: String,
        /// Range and conditions.
        options: R2GetOptions,
    },
    /// Writes an object. Answered by [`R2Answer::Object`] once it is stored: from then on the end of the process
    /// cannot lose it.
    Put {
        /// The key.
        key: String,
        /// The body.
        value: R2Value,
        /// What is stored with it, and when.
        options: Box<R2PutOptions>,
    },
    /// Deletes objects, whether they exist or not. Answered by [`R2Answer::Done`].
    Delete {
        /// The keys.
        keys: Vec<String>,
    },
    /// One page of objects in byte order of their keys. Answered by [`R2Answer::Page`].
    List(R2ListOptions),
    /// Begins a multipart upload. Answered by [`R2Answer::Upload`].
    CreateMultipartUpload {
        /// The key of the object to come.
        key: String,
        /// What will be stored with it.
        options: R2UploadOptions,
    },
    /// Writes a part, or replaces it. Answered by [`R2Answer::Part`].
    UploadPart {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
        /// From 1.
        part_number: u32,
        /// The body.
        value: R2Value,
    },
    /// Makes the object of parts. Answered by [`R2Answer::Object`].
    CompleteMultipartUpload {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
        /// The parts, in any order.
        parts: Vec<R2UploadedPart>,
    },
    /// Gives an upload up, with its parts. Answered by [`R2Answer::Done`].
    AbortMultipartUpload {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
    },
    /// The parts of a running upload, in order, for the S3 endpoint. Answered by [`R2Answer::Parts`].
    ListParts {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
    },
    /// The running uploads in order of key and id, for the S3 endpoint. Answered by [`R2Answer::Uploads`].
    ListUploads {
        /// Only keys that start with this.
        prefix: String,
    },
}

/// A body on its way to the store.
#[derive(Clone, Debug)]
pub enum R2Value {
    /// All of it.
    Inline(Bytes),
    /// In the stream beside the call.
    Stream {
        /// How long it is. A stream that turns out otherwise fails the call; `None` takes whatever comes.
        length: Option<u64>,
    },
}

/// What the actor answers.
#[derive(Clone, Debug, PartialEq)]
pub enum R2Answer {
    /// The object, as it is or has just become.
    Object(R2Object),
    /// The object and its body. Without bytes here, the body is the stream beside the answer.
    Found {
        /// What is known of it; its range says what the body is.
        object: R2Object,
        /// The body, unless it streams.
        inline: Option<Bytes>,
    },
    /// The object exists, and a condition on reading it did not hold.
    Unmatched(R2Object),
    /// The write is stored.
    Done,
    /// A page of objects.
    Page(R2Page),
    /// The id of a new upload.
    Upload {
        /// Opaque, URL-safe.
        upload_id: String,
    },
    /// The tag of a part, needed to complete the upload.
    Part {
        /// Opaque, URL-safe.
        etag: String,
    },
    /// Nothing was written: the stream of the body failed, or was not as long as it had to be.
    BodyFailed(WireError),
    /// Parts in order of their numbers.
    Parts(Vec<R2Part>),
    /// Running uploads.
    Uploads(Vec<R2Upload>),
}

/// What is known of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct R2Object {
    /// The key.
    pub key: String,
    /// 32 hex digits, new for each write.
    pub version: String,
    /// Bytes of the whole object.
    pub size: u64,
    /// Without quotes: the MD5 in hex, or for a multipart object the MD5 of its parts' and `-` and their number.
    pub etag: String,
    /// When it was written.
    pub uploaded_ms: i64,
    /// The hashes that are known.
    pub checksums: R2Checksums,
    /// What becomes HTTP headers.
    pub http_metadata: R2HttpMetadata,
    /// Names and values, in the order in which they were given.
    pub custom_metadata: Vec<(String, String)>,
    /// As it was given; empty when it was not.
    pub storage_class: String,
    /// What of it a read is about; `None` in answers to writes and in lists.
    pub range: Option<R2Span>,
}

/// Some of an object's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct R2Span {
    /// The first.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

/// Hashes of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2Checksums {
    /// MD5; of a stored object, absent exactly for multipart ones.
    pub md5: Option<[u8; 16]>,
    /// SHA-1, when the writer gave it.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256, when the writer gave it.
    pub sha256: Option<[u8; 32]>,
    /// SHA-384, when the writer gave it.
    pub sha384: Option<[u8; 48]>,
    /// SHA-512, when the writer gave it.
    pub sha512: Option<[u8; 64]>,
}

/// Metadata that are HTTP headers. As JSON it has the form in which wrangler stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct R2HttpMetadata {
    /// `content-type`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `content-language`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `content-disposition`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `content-encoding`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `cache-control`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `expires`, in milliseconds since the Unix epoch.
    #[serde(rename = "cacheExpiry", skip_serializing_if = "Option::is_none")]
    pub cache_expiry_ms: Option<i64>,
}

/// Options of a read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2GetOptions {
    /// What of the object.
    pub range: Option<R2Range>,
    /// Whether at all.
    pub only_if: Option<R2Conditions>,
}

/// A range as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum R2Range {
    /// From an offset (the start when absent), so many bytes (all that follow when absent). One that holds nothing
    /// is refused.
    From {
        /// The first byte.
        offset: Option<u64>,
        /// How many bytes.
        length: Option<u64>,
    },
    /// The last so many bytes.
    Suffix(u64),
    /// The value of a `Range` header. One that cannot be met, or names several, is as none.
    Header(String),
}

/// Conditions of a read or a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2Conditions {
    /// One of these is the object's etag.
    pub etag_matches: Option<Vec<R2Etag>>,
    /// None of these is.
    pub etag_does_not_match: Option<Vec<R2Etag>>,
    /// It was uploaded before.
    pub uploaded_before_ms: Option<i64>,
    /// It was uploaded after.
    pub uploaded_after_ms: Option<i64>,
    /// Times are compared by their whole seconds.
    pub seconds_granularity: bool,
}

/// An etag to compare with, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum R2Etag {
    /// `"x"`
    Strong(String),
    /// `W/"x"`, which only ever counts against a match.
    Weak(String),
    /// `*`
    Wildcard,
}

/// Options of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2PutOptions {
    /// Whether at all: what must hold of the object that is there.
    pub only_if: Option<R2Conditions>,
    /// Stored with it.
    pub http_metadata: R2HttpMetadata,
    /// Stored with it.
    pub custom_metadata: Vec<(String, String)>,
    /// Hashes that the body must have; stored too.
    pub checksums: R2Checksums,
    /// Stored with it; empty when not given.
    pub storage_class: String,
}

/// Options of a multipart upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2UploadOptions {
    /// As in [`R2PutOptions`].
    pub http_metadata: R2HttpMetadata,
    /// As in [`R2PutOptions`].
    pub custom_metadata: Vec<(String, String)>,
    /// As in [`R2PutOptions`].
    pub storage_class: String,
}

/// A part named to complete an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R2UploadedPart {
    /// From 1.
    pub part_number: u32,
    /// What [`R2Answer::Part`] said.
    pub etag: String,
}

/// Options of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2ListOptions {
    /// Only keys that start with this.
    pub prefix: String,
    /// Objects and prefixes of the page: 1 to 1000, and 100 at most when metadata is included.
    pub limit: Option<i64>,
    /// What the page before gave.
    pub cursor: Option<String>,
    /// Keys with this after the prefix are shown as one prefix each; empty is none.
    pub delimiter: String,
    /// Only keys after this.
    pub start_after: Option<String>,
    /// Whether the objects come with their HTTP metadata.
    pub include_http: bool,
    /// Whether the objects come with their custom metadata.
    pub include_custom: bool,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct R2Page {
    /// In order of their keys.
    pub objects: Vec<R2Object>,
    /// The prefixes that stand for several keys, in order.
    pub delimited_prefixes: Vec<String>,
    /// Where the next page starts; `None` when this was the last.
    pub cursor: Option<String>,
}

/// A part of a running upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R2Part {
    /// From 1.
    pub part_number: u32,
    /// Its tag.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// A running upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R2Upload {
    /// The key of the object to come.
    pub key: String,
    /// Its id.
    pub upload_id: String,
}

/// A refusal, with production's number and text. The binding shows it as `get: text (10007)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} ({code})")]
pub struct R2Error {
    /// The HTTP status with which R2 answers.
    pub status: u16,
    /// R2's own number ("v4 code"); see the constants.
    pub code: u32,
    /// The sentence.
    pub text: String,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident, $constant:ident = $code:literal, $status:literal, $text:literal;)*) => {
        impl R2Error {
            $(
                #[doc = concat!("The number of [`R2Error::", stringify!($name), "`].")]
                pub const $constant: u32 = $code;

                $(#[$doc])*
                pub fn $name() -> Self {
                    Self { status: $status, code: $code, text: $text.to_string() }
                }
            )*
        }
    };
}

refusals! {
    /// A fault inside, or parts named twice, or an upload that never was.
    internal, INTERNAL = 10001, 500, "We encountered an internal error. Please try again.";
    /// No object has this key.
    no_such_key, NO_SUCH_KEY = 10007, 404, "The specified key does not exist.";
    /// A part other than the last is below the least size.
    entity_too_small, ENTITY_TOO_SMALL = 10011, 400,
        "Your proposed upload is smaller than the minimum allowed object size.";
    /// Custom metadata is too large.
    metadata_too_large, METADATA_TOO_LARGE = 10012, 400,
        "Your metadata headers exceed the maximum allowed metadata size.";
    /// The key is too long.
    invalid_object_name, INVALID_OBJECT_NAME = 10020, 400, "The specified object name is not valid.";
    /// The limit of a list is out of its range.
    invalid_max_keys, INVALID_MAX_KEYS = 10022, 400, "MaxKeys params must be positive integer <= 1000.";
    /// The upload is over, or never was.
    no_such_upload, NO_SUCH_UPLOAD = 10024, 400, "The specified multipart upload does not exist.";
    /// A part that was not uploaded, or has been replaced since.
    invalid_part, INVALID_PART = 10025, 400, "One or more of the specified parts could not be found.";
    /// A condition did not hold.
    precondition_failed, PRECONDITION_FAILED = 10031, 412,
        "At least one of the pre-conditions you specified did not hold.";
    /// The range holds nothing.
    invalid_range, INVALID_RANGE = 10039, 416, "The requested range is not satisfiable";
    /// Parts of unequal size.
    bad_upload, BAD_UPLOAD = 10048, 500, "There was a problem with the multipart upload.";
    /// The object is too large for a single write.
    entity_too_large, ENTITY_TOO_LARGE = 100100, 400,
        "Your proposed upload exceeds the maximum allowed object size.";
}

impl R2Error {
    /// The number of [`R2Error::bad_digest`].
    pub const BAD_DIGEST: u32 = 10037;

    /// The body has another hash than was given.
    pub fn bad_digest(algorithm: &str, given: &str, actual: &str) -> Self {
        let text = format!(
            "The {algorithm} checksum you specified did not match what we received.\n\
             You provided a {algorithm} checksum with value: {given}\n\
             Actual {algorithm} was: {actual}"
        );
        Self { status: 400, code: Self::BAD_DIGEST, text }
    }

    /// A fault of the machine: no space left, a locked database. Its text says which.
    pub fn fault(cause: impl std::fmt::Display) -> Self {
        Self { status: 500, code: Self::INTERNAL, text: cause.to_string() }
    }
}
