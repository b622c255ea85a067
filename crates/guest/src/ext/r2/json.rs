//! Production's JSON between R2's client and its service, to calls and from answers.
//!
//! Whole numbers of 64 bits come as texts, hashes as hexadecimal but MD5, which is base 64, and a field that is not
//! given is left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lopata_protocol::r2::{
    R2Call, R2Checksums, R2Conditions, R2Etag, R2GetOptions, R2HttpMetadata, R2ListOptions, R2Object, R2Page,
    R2PutOptions, R2Range, R2UploadOptions, R2UploadedPart, R2Value,
};
use serde::{Deserialize, Serialize};

/// R2's number for arguments that it cannot take.
pub(super) const INVALID_ARGUMENT: u32 = 10029;

/// Why a text is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It asks for encryption with a key of the customer's.
    Ssec,
    /// It cannot be read.
    Malformed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    method: String,
    #[serde(default)]
    object: String,
    objects: Option<Vec<String>>,
    range: Option<WantedRange>,
    range_header: Option<String>,
    only_if: Option<WantedConditions>,
    #[serde(default)]
    custom_fields: Vec<Field>,
    #[serde(default)]
    http_fields: WantedHttpFields,
    md5: Option<String>,
    sha1: Option<String>,
    sha256: Option<String>,
    sha384: Option<String>,
    sha512: Option<String>,
    #[serde(default)]
    storage_class: String,
    ssec: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    upload_id: String,
    #[serde(default)]
    part_number: u32,
    #[serde(default)]
    parts: Vec<WantedPart>,
    limit: Option<i64>,
    #[serde(default)]
    prefix: String,
    cursor: Option<String>,
    #[serde(default)]
    delimiter: String,
    start_after: Option<String>,
    #[serde(default)]
    include: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
struct Field {
    k: String,
    v: String,
}

#[derive(Deserialize)]
struct WantedRange {
    offset: Option<String>,
    length: Option<String>,
    suffix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WantedConditions {
    etag_matches: Option<Vec<WantedEtag>>,
    etag_does_not_match: Option<Vec<WantedEtag>>,
    uploaded_before: Option<String>,
    uploaded_after: Option<String>,
    #[serde(default)]
    seconds_granularity: bool,
}

#[derive(Deserialize)]
struct WantedEtag {
    #[serde(default)]
    value: String,
    r#type: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WantedHttpFields {
    content_type: Option<String>,
    content_language: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    cache_control: Option<String>,
    cache_expiry: Option<String>,
}

#[derive(Deserialize)]
struct WantedPart {
    etag: String,
    part: u32,
}

/// The call that a text is; `value` is the body of one that writes.
pub(super) fn call(text: &str, value: R2Value) -> Result<R2Call, Unread> {
    let wanted: Wanted = serde_json::from_str(text).map_err(|_| Unread::Malformed)?;
    if wanted.ssec.is_some() {
        return Err(Unread::Ssec);
    }
    wanted.into_call(value).ok_or(Unread::Malformed)
}

impl Wanted {
    fn into_call(self, value: R2Value) -> Option<R2Call> {
        let key = self.object;
        let upload_id = self.upload_id;
        Some(match self.method.as_str() {
            "head" => R2Call::Head { key },
            "get" => {
                let range = match (self.range_header, self.range) {
                    (Some(header), _) => Some(R2Range::Header(header)),
                    (None, Some(range)) => Some(range.range()?),
                    (None, None) => None,
                };
                let only_if = optional(self.only_if, WantedConditions::conditions)?;
                R2Call::Get { key, options: R2GetOptions { range, only_if } }
            }
            "put" => {
                let checksums = R2Checksums {
                    md5: optional(self.md5, |text| STANDARD.decode(text).ok()?.try_into().ok())?,
                    sha1: optional(self.sha1, |text| from_hex(&text))?,
                    sha256: optional(self.sha256, |text| from_hex(&text))?,
                    sha384: optional(self.sha384, |text| from_hex(&text))?,
                    sha512: optional(self.sha512, |text| from_hex(&text))?,
                };
                let options = R2PutOptions {
                    only_if: optional(self.only_if, WantedConditions::conditions)?,
                    http_metadata: self.http_fields.metadata()?,
                    custom_metadata: self.custom_fields.into_iter().map(|field| (field.k, field.v)).collect(),
                    checksums,
                    storage_class: storage_class(self.storage_class),
                };
                R2Call::Put { key, value, options: Box::new(options) }
            }
            "delete" => R2Call::Delete { keys: self.objects.unwrap_or_else(|| vec![key]) },
            "list" => R2Call::List(R2ListOptions {
                prefix: self.prefix,
                limit: self.limit,
                cursor: self.cursor,
                delimiter: self.delimiter,
                start_after: self.start_after,
                include_http: self.include.contains(&0),
                include_custom: self.include.contains(&1),
            }),
            "createMultipartUpload" => {
                let options = R2UploadOptions {
                    http_metadata: self.http_fields.metadata()?,
                    custom_metadata: self.custom_fields.into_iter().map(|field| (field.k, field.v)).collect(),
                    storage_class: storage_class(self.storage_class),
                };
                R2Call::CreateMultipartUpload { key, options }
            }
            "uploadPart" => R2Call::UploadPart { key, upload_id, part_number: self.part_number, value },
            "completeMultipartUpload" => {
                let part = |part: WantedPart| R2UploadedPart { part_number: part.part, etag: part.etag };
                R2Call::CompleteMultipartUpload { key, upload_id, parts: self.parts.into_iter().map(part).collect() }
            }
            "abortMultipartUpload" => R2Call::AbortMultipartUpload { key, upload_id },
            _ => return None,
        })
    }
}

/// A class that R2 has; of any other nothing is kept.
fn storage_class(given: String) -> String {
    if matches!(given.as_str(), "Standard" | "InfrequentAccess") { given } else { String::new() }
}

/// `Some(None)` for what is not given, `None` for what cannot be read.
fn optional<T, U>(given: Option<T>, read: impl FnOnce(T) -> Option<U>) -> Option<Option<U>> {
    match given {
        Some(given) => read(given).map(Some),
        None => Some(None),
    }
}

impl WantedRange {
    fn range(self) -> Option<R2Range> {
        let whole = |text: String| text.parse::<f64>().ok().map(|number| number as u64);
        Some(match self.suffix {
            Some(suffix) => R2Range::Suffix(whole(suffix)?),
            None => R2Range::From { offset: optional(self.offset, whole)?, length: optional(self.length, whole)? },
        })
    }
}

impl WantedConditions {
    fn conditions(self) -> Option<R2Conditions> {
        let etags = |etags: Vec<WantedEtag>| etags.into_iter().map(WantedEtag::etag).collect::<Option<Vec<_>>>();
        Some(R2Conditions {
            etag_matches: optional(self.etag_matches, etags)?,
            etag_does_not_match: optional(self.etag_does_not_match, etags)?,
            uploaded_before_ms: optional(self.uploaded_before, millis)?,
            uploaded_after_ms: optional(self.uploaded_after, millis)?,
            seconds_granularity: self.seconds_granularity,
        })
    }
}

fn millis(text: String) -> Option<i64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number as i64)
}

impl WantedEtag {
    fn etag(self) -> Option<R2Etag> {
        match self.r#type.as_str() {
            "strong" => Some(R2Etag::Strong(self.value)),
            "weak" => Some(R2Etag::Weak(self.value)),
            "wildcard" => Some(R2Etag::Wildcard),
            _ => None,
        }
    }
}

impl WantedHttpFields {
    fn metadata(self) -> Option<R2HttpMetadata> {
        Some(R2HttpMetadata {
            content_type: self.content_type,
            content_language: self.content_language,
            content_disposition: self.content_disposition,
            content_encoding: self.content_encoding,
            cache_control: self.cache_control,
            cache_expiry_ms: optional(self.cache_expiry, millis)?,
        })
    }
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownObject<'a> {
    name: &'a str,
    version: &'a str,
    size: u64,
    etag: &'a str,
    uploaded: i64,
    http_fields: &'a R2HttpMetadata,
    custom_fields: Vec<ShownField<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<ShownRange>,
    checksums: ShownChecksums,
    storage_class: &'a str,
}

#[derive(Serialize)]
struct ShownField<'a> {
    k: &'a str,
    v: &'a str,
}

#[derive(Serialize)]
struct ShownRange {
    offset: u64,
    length: u64,
}

/// By the numbers that production's schema gives the hashes.
#[derive(Serialize)]
struct ShownChecksums {
    #[serde(rename = "0", skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
    #[serde(rename = "1", skip_serializing_if = "Option::is_none")]
    sha1: Option<String>,
    #[serde(rename = "2", skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(rename = "3", skip_serializing_if = "Option::is_none")]
    sha384: Option<String>,
    #[serde(rename = "4", skip_serializing_if = "Option::is_none")]
    sha512: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPage<'a> {
    objects: Vec<ShownObject<'a>>,
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    delimited_prefixes: &'a [String],
}

fn shown(object: &R2Object) -> ShownObject<'_> {
    ShownObject {
        name: &object.key,
        version: &object.version,
        size: object.size,
        etag: &object.etag,
        uploaded: object.uploaded_ms,
        http_fields: &object.http_metadata,
        custom_fields: object.custom_metadata.iter().map(|(k, v)| ShownField { k, v }).collect(),
        range: object.range.map(|range| ShownRange { offset: range.offset, length: range.length }),
        checksums: ShownChecksums {
            md5: object.checksums.md5.as_ref().map(|hash| hex(hash)),
            sha1: object.checksums.sha1.as_ref().map(|hash| hex(hash)),
            sha256: object.checksums.sha256.as_ref().map(|hash| hex(hash)),
            sha384: object.checksums.sha384.as_ref().map(|hash| hex(hash)),
            sha512: object.checksums.sha512.as_ref().map(|hash| hex(hash)),
        },
        storage_class: &object.storage_class,
    }
}

pub(super) fn object(object: &R2Object) -> String {
    text(&shown(object))
}

pub(super) fn page(page: &R2Page) -> String {
    text(&ShownPage {
        objects: page.objects.iter().map(shown).collect(),
        truncated: page.cursor.is_some(),
        cursor: page.cursor.as_deref(),
        delimited_prefixes: &page.delimited_prefixes,
    })
}

/// An object of one text.
pub(super) fn field(name: &str, value: &str) -> String {
    text(&serde_json::json!({ name: value }))
}

fn text(shown: &impl Serialize) -> String {
    serde_json::to_string(shown).expect("texts and numbers are JSON")
}
