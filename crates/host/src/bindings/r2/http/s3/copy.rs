//! Objects and parts made of what is in a bucket already. Bodies go from store to store, whatever their size.
//!
//! Credentials are a bucket's own, so those of the request must be those of the source, too.

use lopata_protocol::r2::{R2GetOptions, R2HttpMetadata, R2Object, R2PutOptions, R2Range};
use percent_encoding::percent_decode_str;

use super::super::conditions::conditions;
use super::errors::S3Error;
use super::objects::{custom_metadata, http_metadata, storage_class};
use super::sigv4::Head;
use super::{Call, detect, document, xml};
use crate::bindings::r2::bucket::{BodyIn, BodyOut, Bucket, Found};
use crate::dates;
use crate::server::ControlResponse;

/// What becomes of the source's metadata.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Copy,
    Replace,
    /// R2's own: the request's over the source's.
    Merge,
}

/// Makes an object of another.
pub async fn object(call: &Call<'_>, key: String) -> Result<ControlResponse, S3Error> {
    let head = &call.head;
    let directive = match head.header("x-amz-metadata-directive") {
        None | Some("COPY") => Directive::Copy,
        Some("REPLACE") => Directive::Replace,
        Some("MERGE") => Directive::Merge,
        Some(other) => return Err(S3Error::invalid_argument(format!("metadata directive {other}."))),
    };
    let class = storage_class(head)?;
    let (source, source_key) = source(call)?;
    let only_if = conditions(head.headers, "x-amz-copy-source-");
    let (found, body) = read(source, source_key, R2GetOptions { range: None, only_if }).await?;
    let (http_metadata, custom_metadata) = metadata(head, directive, found);
    let options = R2PutOptions {
        only_if: conditions(head.headers, "cf-copy-destination-"),
        http_metadata,
        custom_metadata,
        storage_class: class,
        ..R2PutOptions::default()
    };
    let object = call.store().put(key, body, options).await.map_err(S3Error::of_bucket)?;
    let mut result = xml::Document::new("CopyObjectResult");
    result.put("ETag", &format!("\"{}\"", object.etag)).put("LastModified", &dates::iso(object.uploaded_ms));
    Ok(document(result))
}

fn metadata(head: &Head<'_>, directive: Directive, source: R2Object) -> (R2HttpMetadata, Vec<(String, String)>) {
    if directive == Directive::Copy {
        return (source.http_metadata, source.custom_metadata);
    }
    let (new, mut custom) = (http_metadata(head), custom_metadata(head));
    if directive == Directive::Replace {
        return (new, custom);
    }
    let old = source.http_metadata;
    let merged = R2HttpMetadata {
        content_type: new.content_type.or(old.content_type),
        content_language: new.content_language.or(old.content_language),
        content_disposition: new.content_disposition.or(old.content_disposition),
        content_encoding: new.content_encoding.or(old.content_encoding),
        cache_control: new.cache_control.or(old.cache_control),
        cache_expiry_ms: new.cache_expiry_ms.or(old.cache_expiry_ms),
    };
    for (name, value) in source.custom_metadata {
        if !custom.iter().any(|(other, _)| *other == name) {
            custom.push((name, value));
        }
    }
    (merged, custom)
}

/// Makes a part of an object, or of some of it.
pub async fn part(call: &Call<'_>, key: String, upload_id: String) -> Result<ControlResponse, S3Error> {
    let number = detect::part_number(&call.head)?;
    let (source, source_key) = source(call)?;
    let range = call.head.header("x-amz-copy-source-range").map(parse_range).transpose()?;
    let (_, body) = read(source, source_key, R2GetOptions { range, only_if: None }).await?;
    let uploaded = call.store().upload_part(key, upload_id, number, body).await;
    let etag = uploaded.map_err(S3Error::of_bucket)?;
    let mut result = xml::Document::new("CopyPartResult");
    result.put("ETag", &format!("\"{etag}\"")).put("LastModified", &dates::iso(call.now_ms));
    Ok(document(result))
}

fn parse_range(text: &str) -> Result<R2Range, S3Error> {
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        plain.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let ends = text.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let Some((start, end)) = ends.and_then(|(start, end)| Some((number(start)?, number(end)?))) else {
        return Err(S3Error::invalid_argument(format!("Invalid x-amz-copy-source-range: {text}")));
    };
    if end < start {
        return Err(S3Error::invalid_argument("x-amz-copy-source-range must be positive."));
    }
    Ok(R2Range::From { offset: Some(start), length: Some((end - start).saturating_add(1)) })
}

async fn read(bucket: &Bucket, key: String, options: R2GetOptions) -> Result<(R2Object, BodyIn), S3Error> {
    match bucket.get(key, options).await.map_err(S3Error::of_bucket)? {
        Found::Unmatched(_) => Err(S3Error::precondition_failed()),
        Found::Object(object, BodyOut::Bytes(bytes)) => Ok((object, BodyIn::Bytes(bytes))),
        Found::Object(object, BodyOut::Stream(reader)) => {
            let length = Some(object.range.map_or(object.size, |range| range.length));
            Ok((object, BodyIn::Stream { reader, length }))
        }
    }
}

/// The bucket and the key of `x-amz-copy-source`: `/bucket/key`, encoded, with or without the first slash.
fn source<'a>(call: &Call<'a>) -> Result<(&'a Bucket, String), S3Error> {
    let malformed = || S3Error::invalid_argument("copy source bucket name");
    let raw = call.head.header("x-amz-copy-source").unwrap_or_default();
    let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| malformed())?;
    let path = decoded.strip_prefix('/').unwrap_or(&decoded);
    let (name, key) = path.split_once('/').filter(|(_, key)| !key.is_empty()).ok_or_else(malformed)?;
    let mut found = call.exposed.iter().filter(|exposed| exposed.name == name && exposed.credentials.is_some());
    let source = found.next().ok_or_else(S3Error::no_such_bucket)?;
    if source.credentials != call.bucket.credentials {
        return Err(S3Error::unauthorized());
    }
    Ok((&source.bucket, key.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges_of_a_source() {
        let good = R2Range::From { offset: Some(2), length: Some(3) };
        assert_eq!(parse_range("bytes=2-4"), Ok(good));
        assert_eq!(parse_range("bytes=4-2").unwrap_err().message, "x-amz-copy-source-range must be positive.");
        for bad in ["bytes=2-", "bytes=-2", "2-4", "bytes=a-b"] {
            assert_eq!(parse_range(bad).unwrap_err().message, format!("Invalid x-amz-copy-source-range: {bad}"));
        }
    }
}
