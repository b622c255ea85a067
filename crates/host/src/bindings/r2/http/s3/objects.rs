//! Single objects: read, written, deleted; and many deleted at once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use hyper::body::Incoming;
use lopata_protocol::r2::{R2Checksums, R2HttpMetadata, R2Object, R2PutOptions};

use super::super::conditions::{conditions, parse_http_date};
use super::super::serve::{Asked, BadRange, NotServed, put as put_header, range, serve};
use super::body::{Told, store};
use super::errors::S3Error;
use super::sigv4::{Head, Payload};
use super::{Call, document, reply, xml};
use crate::server::ControlResponse;

/// What begins the headers of custom metadata.
const METADATA: &str = "x-amz-meta-";

/// Parameters of a read that replace a header of its answer.
const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-content-type", header::CONTENT_TYPE),
    ("response-content-language", header::CONTENT_LANGUAGE),
    ("response-content-disposition", header::CONTENT_DISPOSITION),
    ("response-content-encoding", header::CONTENT_ENCODING),
    ("response-cache-control", header::CACHE_CONTROL),
    ("response-expires", header::EXPIRES),
];

/// An object, or only its head.
pub async fn get(call: &Call<'_>, key: &str, only_head: bool) -> Result<ControlResponse, S3Error> {
    let range = range(call.head.headers).map_err(|bad| match bad {
        // The quote at the end is R2's.
        BadRange::Malformed => {
            S3Error::invalid_argument("range must be in format 'bytes=start-end', 'bytes=start-' or 'bytes=-suffix'.'")
        }
        BadRange::Inverted => S3Error::invalid_argument("range must be positive."),
        BadRange::Unsatisfiable => S3Error::invalid_range(),
    })?;
    let whole = range.is_none();
    let asked = Asked { key, head: only_head, headers: call.head.headers, range };
    let served = serve(call.store(), asked, |object, headers| decorate(&call.head, object, headers, whole)).await;
    served.map_err(|error| match error {
        NotServed::NotFound => S3Error::no_such_key(),
        NotServed::PreconditionFailed => S3Error::precondition_failed(),
        NotServed::InvalidRange => S3Error::invalid_range(),
        NotServed::Refused(error) => S3Error::of_bucket(error),
    })
}

fn decorate(head: &Head<'_>, object: &R2Object, headers: &mut HeaderMap, whole: bool) {
    for (name, value) in &object.custom_metadata {
        if let Ok(name) = HeaderName::try_from(format!("{METADATA}{name}")) {
            put_header(headers, name, value);
        }
    }
    if object.storage_class == INFREQUENT {
        headers.insert("x-amz-storage-class", HeaderValue::from_static("STANDARD_IA"));
    }
    // Of a part of the object they would be wrong.
    if whole && head.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled")) {
        let R2Checksums { sha1, sha256, .. } = &object.checksums;
        let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
        for (name, value) in [
            ("x-amz-checksum-sha1", sha1.as_ref().map(|hash| encode(hash))),
            ("x-amz-checksum-sha256", sha256.as_ref().map(|hash| encode(hash))),
        ] {
            if let Some(value) = value {
                put_header(headers, HeaderName::from_static(name), &value);
            }
        }
    }
    for (parameter, name) in OVERRIDES {
        if let Some(value) = head.parameter(parameter) {
            put_header(headers, name, value);
        }
    }
}

/// Writes an object.
pub async fn put(
    call: &Call<'_>,
    key: String,
    payload: Payload,
    incoming: &mut Incoming,
) -> Result<ControlResponse, S3Error> {
    let head = &call.head;
    let options = R2PutOptions {
        only_if: conditions(head.headers, ""),
        http_metadata: http_metadata(head),
        custom_metadata: custom_metadata(head),
        checksums: stated(head),
        storage_class: storage_class(head)?,
    };
    let write = async |body| call.store().put(key, body, options).await;
    let (object, told) = store(head, payload, incoming, write).await?;
    Ok(written(&object.etag, told))
}

/// The answer to a write.
pub fn written(etag: &str, told: Told) -> ControlResponse {
    let mut response = reply::empty(200);
    let headers = response.headers_mut();
    put_header(headers, header::ETAG, &format!("\"{etag}\""));
    if let Some((name, value)) = told {
        put_header(headers, HeaderName::from_static(name), &value);
    }
    response
}

/// Deletes an object, if there is one.
pub async fn delete(call: &Call<'_>, key: String) -> Result<ControlResponse, S3Error> {
    call.store().delete(vec![key]).await.map_err(S3Error::of_bucket)?;
    Ok(reply::empty(204))
}

/// Deletes many. Those that were not there are reported as deleted, and quietly means nothing, as with R2.
pub async fn delete_many(call: &Call<'_>, body: &[u8]) -> Result<ControlResponse, S3Error> {
    let keys = xml::read_delete(body)?;
    call.store().delete(keys.clone()).await.map_err(S3Error::of_bucket)?;
    let mut result = xml::Document::new("DeleteResult");
    for key in keys {
        result.nest("Deleted", |deleted| {
            deleted.put("Key", &key);
        });
    }
    Ok(document(result))
}

/// As R2's bindings call the storage class of S3's `STANDARD_IA`.
const INFREQUENT: &str = "InfrequentAccess";

/// The storage class that a write asks for; empty when it asks for none.
pub fn storage_class(head: &Head<'_>) -> Result<String, S3Error> {
    match head.header("x-amz-storage-class") {
        None => Ok(String::new()),
        Some("STANDARD") => Ok("Standard".to_string()),
        Some("STANDARD_IA") => Ok(INFREQUENT.to_string()),
        Some(_) => Err(S3Error::new(400, "InvalidStorageClass", "The storage class specified is not valid.")),
    }
}

/// A storage class as S3 calls it.
pub fn storage_class_name(class: &str) -> &'static str {
    if class == INFREQUENT { "STANDARD_IA" } else { "STANDARD" }
}

/// The metadata that are headers. The coding that is S3's own is none of the object's.
pub fn http_metadata(head: &Head<'_>) -> R2HttpMetadata {
    let text = |name: HeaderName| {
        let mut values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next()?.into_owned();
        Some(values.fold(first, |joined, value| format!("{joined}, {value}")))
    };
    let without_chunks = |codings: String| {
        let kept: Vec<_> = codings.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked").collect();
        (!kept.is_empty()).then(|| kept.join(", "))
    };
    R2HttpMetadata {
        content_type: text(header::CONTENT_TYPE),
        content_language: text(header::CONTENT_LANGUAGE),
        content_disposition: text(header::CONTENT_DISPOSITION),
        content_encoding: text(header::CONTENT_ENCODING).and_then(without_chunks),
        cache_control: text(header::CACHE_CONTROL),
        cache_expiry_ms: text(header::EXPIRES).and_then(|date| parse_http_date(date.trim())),
    }
}

/// The metadata of the client's own.
pub fn custom_metadata(head: &Head<'_>) -> Vec<(String, String)> {
    let names = head.headers.keys().filter_map(|name| Some((name, name.as_str().strip_prefix(METADATA)?)));
    let values = |name: &HeaderName| {
        let values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(", ")
    };
    names.map(|(name, short)| (short.to_string(), values(name))).collect()
}

/// The hashes that are stored with an object, as far as they are known before its body.
fn stated(head: &Head<'_>) -> R2Checksums {
    fn hash<const N: usize>(head: &Head<'_>, name: &str) -> Option<[u8; N]> {
        BASE64_STANDARD.decode(head.header(name)?).ok()?.try_into().ok()
    }
    R2Checksums {
        sha1: hash(head, "x-amz-checksum-sha1"),
        sha256: hash(head, "x-amz-checksum-sha256"),
        ..R2Checksums::default()
    }
}
