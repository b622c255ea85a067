//! Buckets themselves: which there are, and what is the same for all of them.

use super::detect::{Constant, is_of_the_client};
use super::errors::S3Error;
use super::sigv4::{Credentials, Head, verify_request};
use super::{ExposedBucket, document, xml};
use crate::config::S3Credentials;
use crate::server::ControlResponse;

/// All buckets that the credentials of the request reach. There is no bucket in the path to take them from, so each
/// pair is tried; the request can have been signed with only one.
pub fn list_buckets(exposed: &[ExposedBucket], head: &Head<'_>, now_ms: i64) -> Result<ControlResponse, S3Error> {
    if head.method != "GET" {
        return Err(S3Error::route_not_found());
    }
    let mut seen: Vec<&S3Credentials> = Vec::new();
    let mut refusal = S3Error::unauthorized();
    for credentials in exposed.iter().filter_map(|exposed| exposed.credentials.as_ref()) {
        if seen.contains(&credentials) {
            continue;
        }
        seen.push(credentials);
        match verify_request(head, Credentials::of(credentials), now_ms) {
            Ok(_) => return listed(exposed, head, credentials),
            // That only the key is another one says less than any other refusal.
            Err(error) if refusal.status == 401 => refusal = error,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn listed(exposed: &[ExposedBucket], head: &Head<'_>, by: &S3Credentials) -> Result<ControlResponse, S3Error> {
    if let Some((name, _)) = head.query.iter().find(|(name, _)| !is_of_the_client(name)) {
        return Err(S3Error::no_operation(&format!("ListBuckets search parameter {name}")));
    }
    let reached = exposed.iter().filter(|exposed| exposed.credentials.as_ref() == Some(by));
    let mut names: Vec<&str> = reached.map(|exposed| exposed.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut list = xml::Document::new("ListAllMyBucketsResult");
    list.nest("Buckets", |list| {
        for name in names {
            list.nest("Bucket", |bucket| {
                bucket.put("Name", name);
            });
        }
    });
    Ok(document(list))
}

/// Where a bucket is: here.
pub fn location() -> ControlResponse {
    let mut location = xml::Document::new("LocationConstraint");
    location.text("auto");
    document(location)
}

/// A setting that no bucket can have otherwise.
pub fn constant(constant: Constant) -> Result<ControlResponse, S3Error> {
    match constant {
        Constant::Encryption => {
            let mut encryption = xml::Document::new("ServerSideEncryptionConfiguration");
            encryption.nest("Rule", |rule| {
                rule.nest("ApplyServerSideEncryptionByDefault", |by_default| {
                    by_default.put("SSEAlgorithm", "AES256");
                });
                rule.put("BucketKeyEnabled", "true");
            });
            Ok(document(encryption))
        }
        Constant::Versioning => Ok(document(xml::Document::new("VersioningConfiguration"))),
        Constant::Tagging => Err(S3Error::new(404, "NoSuchTagSet", "The TagSet does not exist.")),
        Constant::ObjectLock => Err(S3Error::new(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket.",
        )),
        Constant::Replication => Err(S3Error::new(
            404,
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found.",
        )),
    }
}
