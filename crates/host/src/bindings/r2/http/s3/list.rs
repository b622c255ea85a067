//! Pages: of objects in both forms, of running uploads, of the parts of one.

use lopata_protocol::limits::{R2_KEY_BYTES_MAX, R2_LIST_KEYS_MAX};
use lopata_protocol::r2::{R2ListOptions, R2Page};

use super::canonical::uri_encode;
use super::errors::S3Error;
use super::objects::storage_class_name;
use super::sigv4::{Head, parse_number};
use super::{Call, document, xml};
use crate::dates;
use crate::server::ControlResponse;

/// What all lists of keys have in common.
struct Terms<'a> {
    encodes: bool,
    /// As it was asked for: told, and never followed beyond the limit.
    max: f64,
    prefix: &'a str,
    delimiter: Option<&'a str>,
}

impl<'a> Terms<'a> {
    fn read(head: &'a Head<'_>, max_name: &str) -> Result<Self, S3Error> {
        let encodes = match head.parameter("encoding-type") {
            None => false,
            Some("url") => true,
            Some(other) => return Err(S3Error::no_operation(&format!("Unrecognized encoding-type \"{other}\""))),
        };
        let max = match head.parameter(max_name) {
            None => Some(R2_LIST_KEYS_MAX as f64),
            Some(text) => parse_number(text).filter(|number| *number >= 0.0 && number.is_finite()),
        };
        let message = "MaxKeys params must be positive integer <= 1000.";
        let max = max.ok_or_else(|| S3Error::new(400, "InvalidMaxKeys", message))?.floor();
        let prefix = head.parameter("prefix").unwrap_or_default();
        Ok(Self { encodes, max, prefix, delimiter: head.parameter("delimiter") })
    }

    fn limit(&self) -> usize {
        self.max.min(R2_LIST_KEYS_MAX as f64) as usize
    }

    fn encode(&self, text: &str) -> String {
        if self.encodes { uri_encode(text) } else { text.to_string() }
    }
}

/// A page of objects.
pub async fn objects(call: &Call<'_>, v2: bool) -> Result<ControlResponse, S3Error> {
    let head = &call.head;
    let terms = Terms::read(head, "max-keys")?;
    let start_after = head.parameter(if v2 { "start-after" } else { "marker" });
    let cursor = head.parameter("continuation-token").filter(|_| v2);
    let options = R2ListOptions {
        prefix: terms.prefix.to_string(),
        delimiter: terms.delimiter.unwrap_or_default().to_string(),
        // Of nothing, R2 tells whether there is more.
        limit: Some(terms.limit().max(1) as i64),
        cursor: cursor.map(str::to_string),
        start_after: start_after.map(|after| match v2 {
            true => after.to_string(),
            false => after_marker(after, &terms),
        }),
        ..R2ListOptions::default()
    };
    let found = call.store().list(options).await.map_err(S3Error::of_bucket)?;
    let (page, truncated) = match terms.limit() {
        0 => (R2Page::default(), !found.objects.is_empty() || !found.delimited_prefixes.is_empty()),
        _ => {
            let truncated = found.cursor.is_some();
            (found, truncated)
        }
    };
    let mut list = xml::Document::new("ListBucketResult");
    list.put("Name", &call.bucket.name);
    for object in &page.objects {
        list.nest("Contents", |contents| {
            contents.put("Key", &terms.encode(&object.key)).put("Size", &object.size.to_string());
            contents.put("LastModified", &dates::iso(object.uploaded_ms));
            contents.put("ETag", &format!("\"{}\"", object.etag));
            contents.put("StorageClass", storage_class_name(&object.storage_class));
        });
    }
    list.put("IsTruncated", &truncated.to_string());
    for prefix in &page.delimited_prefixes {
        list.nest("CommonPrefixes", |common| {
            common.put("Prefix", &terms.encode(prefix));
        });
    }
    list.put("Prefix", &terms.encode(terms.prefix));
    list.put_some("Delimiter", terms.delimiter.map(|delimiter| terms.encode(delimiter)).as_deref());
    if v2 {
        list.put_some("StartAfter", start_after.map(|after| terms.encode(after)).as_deref());
        list.put_some("ContinuationToken", cursor);
        list.put_some("NextContinuationToken", page.cursor.as_deref());
    } else {
        list.put("Marker", &terms.encode(start_after.unwrap_or_default()));
        if truncated && let Some(last) = last(&page) {
            list.put("NextMarker", &terms.encode(last));
        }
    }
    list.put("MaxKeys", &terms.max.to_string());
    if v2 {
        list.put("KeyCount", &(page.objects.len() + page.delimited_prefixes.len()).to_string());
    }
    list.put_some("EncodingType", terms.encodes.then_some("url"));
    Ok(document(list))
}

/// The last key or prefix of a page.
fn last(page: &R2Page) -> Option<&str> {
    let object = page.objects.last().map(|object| object.key.as_str());
    object.max(page.delimited_prefixes.last().map(String::as_str))
}

/// Where a page begins whose marker is this. A prefix that stands for keys was told as one, so none of them comes
/// again.
fn after_marker(marker: &str, terms: &Terms<'_>) -> String {
    if rolled_up(marker, terms) != Some(marker) {
        return marker.to_string();
    }
    // No key comes after this one and begins with the prefix: no character is larger, and no key longer.
    let fill = R2_KEY_BYTES_MAX.saturating_sub(marker.len()) / char::MAX.len_utf8();
    format!("{marker}{}", char::MAX.to_string().repeat(fill))
}

/// A page of running uploads.
pub async fn uploads(call: &Call<'_>) -> Result<ControlResponse, S3Error> {
    let head = &call.head;
    let terms = Terms::read(head, "max-uploads")?;
    let key_marker = head.parameter("key-marker").unwrap_or_default();
    let id_marker = head.parameter("upload-id-marker").unwrap_or_default();
    let all = call.store().list_uploads(terms.prefix).await.map_err(S3Error::of_bucket)?;
    // The id counts only beside a key.
    let after = |upload: &&lopata_protocol::r2::R2Upload| match upload.key.as_str().cmp(key_marker) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => !id_marker.is_empty() && upload.upload_id.as_str() > id_marker,
        std::cmp::Ordering::Less => false,
    };
    let mut left = all.iter().filter(after).peekable();
    let (mut shown, mut prefixes): (Vec<_>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut next = None;
    while shown.len() + prefixes.len() < terms.limit()
        && let Some(upload) = left.next()
    {
        next = Some((upload.key.as_str(), upload.upload_id.as_str()));
        match rolled_up(&upload.key, &terms) {
            None => shown.push(upload),
            Some(prefix) => {
                prefixes.push(prefix);
                while let Some(same) = left.next_if(|upload| upload.key.starts_with(prefix)) {
                    next = Some((same.key.as_str(), same.upload_id.as_str()));
                }
            }
        }
    }
    let truncated = left.peek().is_some();
    let mut list = xml::Document::new("ListMultipartUploadsResult");
    list.put("Bucket", &call.bucket.name).put("KeyMarker", &terms.encode(key_marker)).put("UploadIdMarker", id_marker);
    if let Some((key, id)) = next.filter(|_| truncated) {
        list.put("NextKeyMarker", &terms.encode(key)).put("NextUploadIdMarker", id);
    }
    list.put("Prefix", &terms.encode(terms.prefix));
    list.put_some("Delimiter", terms.delimiter.map(|delimiter| terms.encode(delimiter)).as_deref());
    list.put("MaxUploads", &terms.max.to_string()).put("IsTruncated", &truncated.to_string());
    for upload in shown {
        list.nest("Upload", |entry| {
            entry.put("Key", &terms.encode(&upload.key)).put("UploadId", &upload.upload_id);
            entry.put("StorageClass", "STANDARD");
        });
    }
    for prefix in prefixes {
        list.nest("CommonPrefixes", |common| {
            common.put("Prefix", &terms.encode(prefix));
        });
    }
    list.put_some("EncodingType", terms.encodes.then_some("url"));
    Ok(document(list))
}

/// The prefix that stands for a key, up to the delimiter.
fn rolled_up<'k>(key: &'k str, terms: &Terms<'_>) -> Option<&'k str> {
    let delimiter = terms.delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(terms.prefix)?;
    key.get(..terms.prefix.len() + rest.find(delimiter)? + delimiter.len())
}

/// A page of the parts of an upload.
pub async fn parts(call: &Call<'_>, key: String, upload_id: String) -> Result<ControlResponse, S3Error> {
    let terms = Terms::read(&call.head, "max-parts")?;
    let marker = call.head.parameter("part-number-marker").and_then(parse_number).unwrap_or(0.0).max(0.0) as u32;
    let all = call.store().list_parts(key.as_str(), upload_id.as_str()).await.map_err(S3Error::of_bucket)?;
    let mut left = all.iter().filter(|part| part.part_number > marker).peekable();
    let shown: Vec<_> = left.by_ref().take(terms.limit()).collect();
    let truncated = left.peek().is_some();
    let mut list = xml::Document::new("ListPartsResult");
    list.put("Bucket", &call.bucket.name).put("Key", &terms.encode(&key)).put("UploadId", &upload_id);
    list.put("StorageClass", "STANDARD").put("PartNumberMarker", &marker.to_string());
    if let Some(part) = shown.last().filter(|_| truncated) {
        list.put("NextPartNumberMarker", &part.part_number.to_string());
    }
    list.put("MaxParts", &terms.max.to_string()).put("IsTruncated", &truncated.to_string());
    for part in shown {
        list.nest("Part", |entry| {
            entry.put("PartNumber", &part.part_number.to_string()).put("ETag", &format!("\"{}\"", part.etag));
            entry.put("Size", &part.size.to_string());
        });
    }
    list.put_some("EncodingType", terms.encodes.then_some("url"));
    Ok(document(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_that_is_a_prefix_is_skipped_with_its_keys() {
        let terms = |prefix, delimiter| Terms { encodes: false, max: 1.0, prefix, delimiter };
        let slash = terms("", Some("/"));
        assert_eq!(after_marker("a", &slash), "a");
        assert_eq!(after_marker("a/b", &slash), "a/b");
        assert_eq!(after_marker("a/", &terms("", None)), "a/");
        assert_eq!(after_marker("a/", &terms("a/", Some("/"))), "a/");
        let after = after_marker("a/", &slash);
        let longest = format!("a/{}", "\u{10ffff}".repeat(255));
        assert!(after.as_str() >= longest.as_str() && after.as_str() < "a0" && after.len() <= R2_KEY_BYTES_MAX);
        assert!(after_marker("x/a/", &terms("x/", Some("/"))).starts_with("x/a/\u{10ffff}"));
    }

    #[test]
    fn keys_roll_up_at_the_first_delimiter_after_the_prefix() {
        let terms = |prefix, delimiter| Terms { encodes: false, max: 1.0, prefix, delimiter };
        assert_eq!(rolled_up("a/b/c", &terms("", Some("/"))), Some("a/"));
        assert_eq!(rolled_up("a/b/c", &terms("a/", Some("/"))), Some("a/b/"));
        assert_eq!(rolled_up("a/b", &terms("a/", Some("/"))), None);
        assert_eq!(rolled_up("a/b", &terms("", Some(""))), None);
        assert_eq!(rolled_up("x/b", &terms("a", Some("/"))), None);
    }
}
