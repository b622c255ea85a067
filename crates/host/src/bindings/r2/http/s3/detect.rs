//! Which operation a request is: its method, whether it names a key, and the parameters of its query.
//!
//! What R2's endpoint recognises and does not do is refused by its name. What R2 does and a local bucket has nothing
//! for (buckets are made by the configuration, and have no rules of their own) is refused in the same way.

use http::Method;

use super::errors::S3Error;
use super::sigv4::{Head, parse_number};

/// What is asked of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketOperation {
    /// Whether it exists.
    HeadBucket,
    /// Where it is.
    GetBucketLocation,
    /// What is the same for every bucket.
    Constant(Constant),
    /// A page of keys, `v2` or not.
    ListObjects {
        /// The newer form.
        v2: bool,
    },
    /// Many keys at once.
    DeleteObjects,
    /// The running uploads.
    ListMultipartUploads,
    /// A form without a meaning: R2 answers with nothing.
    Nothing,
}

/// Reads of a bucket's settings that R2 answers in the same way for every bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// Always encrypted.
    Encryption,
    /// Never versioned.
    Versioning,
    /// No tags.
    Tagging,
    /// No locks.
    ObjectLock,
    /// No replicas.
    Replication,
}

/// What is asked of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectOperation {
    /// The object.
    GetObject,
    /// The object without its body.
    HeadObject,
    /// A new object.
    PutObject,
    /// A new object from another.
    CopyObject,
    /// No object.
    DeleteObject,
    /// A new upload.
    CreateMultipartUpload,
    /// A part from the request's body.
    UploadPart {
        /// The upload.
        upload_id: String,
    },
    /// A part from an object.
    UploadPartCopy {
        /// The upload.
        upload_id: String,
    },
    /// The object of an upload's parts.
    CompleteMultipartUpload {
        /// The upload.
        upload_id: String,
    },
    /// The end of an upload.
    AbortMultipartUpload {
        /// The upload.
        upload_id: String,
    },
    /// The parts so far.
    ListParts {
        /// The upload.
        upload_id: String,
    },
    /// The running uploads: R2 answers so on the path of an object, too.
    ListMultipartUploads,
}

/// The largest number of a part.
pub const PART_NUMBER_MAX: u32 = 10_000;

/// By parameter: what is not done with `GET`, and what is not with `PUT`. A parameter without an entry is ignored.
const OBJECT_SUBRESOURCES: [(&str, &str, Option<&str>); 6] = [
    ("tagging", "GetObjectTagging", Some("PutObjectTagging")),
    ("acl", "GetObjectAcl", Some("PutObjectAcl")),
    ("attributes", "GetObjectAttributes", None),
    ("torrent", "GetObjectTorrent", None),
    ("retention", "GetObjectRetention", Some("PutObjectRetention")),
    ("legal-hold", "GetObjectLegalHold", Some("PutObjectLegalHold")),
];

const BUCKET_GET: [(&str, &str); 17] = [
    ("versions", "ListObjectVersions"),
    ("policy", "GetBucketPolicy"),
    ("website", "GetBucketWebsite"),
    ("notification", "GetBucketNotificationConfiguration"),
    ("requestPayment", "GetBucketRequestPayment"),
    ("logging", "GetBucketLogging"),
    ("accelerate", "GetBucketAccelerateConfiguration"),
    ("publicAccessBlock", "GetPublicAccessBlock"),
    ("ownershipControls", "GetBucketOwnershipControls"),
    ("intelligent-tiering", "GetBucketIntelligentTieringConfiguration"),
    ("inventory", "GetBucketInventoryConfiguration"),
    ("metrics", "GetBucketMetricsConfiguration"),
    ("analytics", "GetBucketAnalyticsConfiguration"),
    // The doubled word is R2's.
    ("policyStatus", "GetGetBucketPolicyStatus"),
    ("acl", "GetBucketAcl"),
    ("cors", "GetBucketCors"),
    ("lifecycle", "GetBucketLifecycleConfiguration"),
];

const BUCKET_PUT: [(&str, &str); 20] = [
    ("accelerate", "PutBucketAccelerateConfiguration"),
    ("acl", "PutBucketAcl"),
    ("analytics", "PutBucketAnalyticsConfiguration"),
    ("intelligent-tiering", "PutBucketIntelligentTieringConfiguration"),
    ("inventory", "PutBucketInventoryConfiguration"),
    ("logging", "PutBucketLogging"),
    ("metrics", "PutBucketMetricsConfiguration"),
    ("notification", "PutBucketNotificationConfiguration"),
    ("object-lock", "PutObjectLockConfiguration"),
    ("ownershipControls", "PutBucketOwnershipControls"),
    ("policy", "PutBucketPolicy"),
    ("publicAccessBlock", "PutPublicAccessBlock"),
    ("replication", "PutBucketReplication"),
    ("requestPayment", "PutBucketRequestPayment"),
    ("tagging", "PutBucketTagging"),
    ("website", "PutBucketWebsite"),
    ("cors", "PutBucketCors"),
    ("encryption", "PutBucketEncryption"),
    ("lifecycle", "PutBucketLifecycleConfiguration"),
    ("versioning", "PutBucketVersioning"),
];

const BUCKET_DELETE: [(&str, &str); 12] = [
    ("analytics", "DeleteBucketAnalyticsConfiguration"),
    ("intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration"),
    ("inventory", "DeleteBucketInventoryConfiguration"),
    ("metrics", "DeleteBucketMetricsConfiguration"),
    ("ownershipControls", "DeleteBucketOwnershipControls"),
    ("policy", "DeleteBucketPolicy"),
    ("replication", "DeleteBucketReplication"),
    ("tagging", "DeleteBucketTagging"),
    ("website", "DeleteBucketWebsite"),
    ("cors", "DeleteBucketCors"),
    ("encryption", "DeleteBucketEncryption"),
    ("lifecycle", "DeleteBucketLifecycle"),
];

const BUCKET_CONSTANTS: [(&str, Constant); 5] = [
    ("encryption", Constant::Encryption),
    ("versioning", Constant::Versioning),
    ("tagging", Constant::Tagging),
    ("object-lock", Constant::ObjectLock),
    ("replication", Constant::Replication),
];

const LIST_V1: [&str; 5] = ["prefix", "delimiter", "marker", "max-keys", "encoding-type"];

const LIST_V2: [&str; 8] = [
    "list-type",
    "prefix",
    "delimiter",
    "continuation-token",
    "start-after",
    "max-keys",
    "encoding-type",
    "fetch-owner",
];

/// Parameters that say nothing of the operation: those of a signature, and the SDKs' own name for it.
pub fn is_of_the_client(name: &str) -> bool {
    name.starts_with("X-Amz-") || name == "x-id"
}

fn of<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(parameter, _)| *parameter == name).map(|(_, meant)| *meant)
}

/// The operation on a bucket.
pub fn bucket_operation(head: &Head<'_>) -> Result<BucketOperation, S3Error> {
    let has = |name: &str| head.parameter(name).is_some();
    match head.method {
        "HEAD" => Ok(BucketOperation::HeadBucket),
        "PUT" => Err(bucket_change(head, &BUCKET_PUT, "CreateBucket")),
        "DELETE" => Err(bucket_change(head, &BUCKET_DELETE, "DeleteBucket")),
        "POST" if has("delete") => Ok(BucketOperation::DeleteObjects),
        "POST" => Ok(BucketOperation::Nothing),
        "GET" if has("uploads") => Ok(BucketOperation::ListMultipartUploads),
        "GET" if has("location") => {
            let mut others = head.query.iter().filter(|(name, _)| name != "location" && !is_of_the_client(name));
            others.next().map_or(Ok(BucketOperation::GetBucketLocation), |(name, _)| {
                let message = format!("Search param {name} is unsupported for bucket location");
                Err(S3Error::invalid_argument(message))
            })
        }
        "GET" => {
            for (name, _) in head.query {
                if let Some(constant) = of(&BUCKET_CONSTANTS, name) {
                    return Ok(BucketOperation::Constant(constant));
                }
                if let Some(operation) = of(&BUCKET_GET, name) {
                    return Err(S3Error::no_operation(operation));
                }
            }
            list_operation(head)
        }
        _ => Err(S3Error::route_not_found()),
    }
}

fn list_operation(head: &Head<'_>) -> Result<BucketOperation, S3Error> {
    let v2 = match head.parameter("list-type") {
        None => false,
        Some("2") => true,
        Some(other) => return Err(S3Error::no_operation(&format!("ListObjectsV{other}"))),
    };
    if !v2 && head.parameter("continuation-token").is_some() {
        return Err(S3Error::invalid_argument("continuation-token not supported in ListObjects"));
    }
    let known: &[&str] = if v2 { &LIST_V2 } else { &LIST_V1 };
    let mut names = head.query.iter().map(|(name, _)| name.as_str());
    if let Some(name) = names.find(|name| !known.contains(name) && !is_of_the_client(name)) {
        let version = if v2 { 2 } else { 1 };
        return Err(S3Error::no_operation(&format!("ListObjectsV{version} search parameter {name}")));
    }
    Ok(BucketOperation::ListObjects { v2 })
}

/// Buckets are not changed from here. A setting is named; other parameters are refused together.
fn bucket_change(head: &Head<'_>, settings: &[(&str, &str)], plain: &str) -> S3Error {
    if let Some(operation) = head.query.iter().find_map(|(name, _)| of(settings, name)) {
        return S3Error::no_operation(operation);
    }
    let mut unknown: Vec<String> = Vec::new();
    for (name, _) in head.query.iter().filter(|(name, _)| !is_of_the_client(name)) {
        let quoted = format!("\"{name}\"");
        if !unknown.contains(&quoted) {
            unknown.push(quoted);
        }
    }
    if unknown.is_empty() {
        return S3Error::no_operation(plain);
    }
    let message = format!("Unsupported search param(s) {} on a {} bucket route", unknown.join(", "), head.method);
    S3Error::invalid_argument(message)
}

/// The operation on a key.
pub fn object_operation(head: &Head<'_>) -> Result<ObjectOperation, S3Error> {
    let has = |name: &str| head.parameter(name).is_some();
    let copies = head.headers.contains_key("x-amz-copy-source");
    if let Some(upload_id) = head.parameter("uploadId") {
        let number = head.parameter("partNumber");
        if number.is_some_and(|number| !looks_like_a_number(number)) {
            return Err(S3Error::route_not_found());
        }
        let upload_id = upload_id.to_string();
        match head.method {
            "GET" => return Ok(ObjectOperation::ListParts { upload_id }),
            "PUT" if number.is_some() && copies => return Ok(ObjectOperation::UploadPartCopy { upload_id }),
            "PUT" if number.is_some() => return Ok(ObjectOperation::UploadPart { upload_id }),
            "PUT" => {}
            "POST" => return Ok(ObjectOperation::CompleteMultipartUpload { upload_id }),
            "DELETE" => return Ok(ObjectOperation::AbortMultipartUpload { upload_id }),
            "HEAD" => return Ok(ObjectOperation::HeadObject),
            _ => return Err(S3Error::route_not_found()),
        }
    }
    if has("uploads") {
        match head.method {
            "POST" => return Ok(ObjectOperation::CreateMultipartUpload),
            "GET" => return Ok(ObjectOperation::ListMultipartUploads),
            _ => {}
        }
    }
    match head.method {
        "GET" | "HEAD" if has("partNumber") => Err(S3Error::no_operation("partNumber")),
        "HEAD" => Ok(ObjectOperation::HeadObject),
        "GET" => {
            subresource(head, false).map_or(Ok(ObjectOperation::GetObject), |name| Err(S3Error::no_operation(name)))
        }
        "PUT" => match subresource(head, true) {
            Some(name) => Err(S3Error::no_operation(name)),
            None if copies => Ok(ObjectOperation::CopyObject),
            None => Ok(ObjectOperation::PutObject),
        },
        // So it is for R2, which then looks at no parameter, and not for a source to copy.
        "POST" => Ok(ObjectOperation::PutObject),
        "DELETE" => Ok(ObjectOperation::DeleteObject),
        _ => Err(S3Error::route_not_found()),
    }
}

fn subresource(head: &Head<'_>, put: bool) -> Option<&'static str> {
    head.query.iter().find_map(|(name, _)| {
        let (_, get, set) = OBJECT_SUBRESOURCES.iter().find(|(parameter, ..)| parameter == name)?;
        if put { *set } else { Some(*get) }
    })
}

/// Blanks, a sign and digits, each of which may be missing.
fn looks_like_a_number(text: &str) -> bool {
    let text = text.trim_start_matches(' ');
    text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a part.
pub fn part_number(head: &Head<'_>) -> Result<u32, S3Error> {
    let number = head.parameter("partNumber").and_then(parse_number);
    let whole = number.filter(|number| (1.0..=f64::from(PART_NUMBER_MAX)).contains(number) && number.fract() == 0.0);
    whole
        .map(|number| number as u32)
        .ok_or_else(|| S3Error::invalid_argument("Part number must be an integer between 1 and 10000, inclusive."))
}

/// Whether a request to a bucket is a browser's form with a file, which says who sends it in its fields.
pub fn is_form_upload(head: &Head<'_>) -> bool {
    head.method == Method::POST.as_str() && head.parameter("delete").is_none() && !head.is_signed()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderMap;

    use super::super::canonical::parse_query;
    use super::*;

    fn ask<T>(
        method: &str,
        query: &str,
        copies: bool,
        detect: fn(&Head<'_>) -> Result<T, S3Error>,
    ) -> Result<T, String> {
        let mut headers = HeaderMap::new();
        if copies {
            headers.insert("x-amz-copy-source", "/b/k".parse().unwrap());
        }
        let query = parse_query(query);
        let head = Head { method, path: "/", query: &query, headers: &headers, authority: None };
        detect(&head).map_err(|error| format!("{} {}: {}", error.status, error.code, error.message))
    }

    fn bucket(method: &str, query: &str) -> Result<BucketOperation, String> {
        ask(method, query, false, bucket_operation)
    }

    fn object(method: &str, query: &str) -> Result<ObjectOperation, String> {
        ask(method, query, false, object_operation)
    }

    #[test]
    fn operations_on_buckets() {
        let v2 = BucketOperation::ListObjects { v2: true };
        assert_eq!(bucket("GET", ""), Ok(BucketOperation::ListObjects { v2: false }));
        assert_eq!(bucket("GET", "list-type=2&fetch-owner=true&x-id=ListObjectsV2&X-Amz-Date=x"), Ok(v2));
        assert_eq!(bucket("HEAD", "anything"), Ok(BucketOperation::HeadBucket));
        assert_eq!(bucket("GET", "location"), Ok(BucketOperation::GetBucketLocation));
        assert_eq!(bucket("GET", "versioning"), Ok(BucketOperation::Constant(Constant::Versioning)));
        assert_eq!(bucket("GET", "uploads"), Ok(BucketOperation::ListMultipartUploads));
        assert_eq!(bucket("POST", "delete"), Ok(BucketOperation::DeleteObjects));
        assert_eq!(bucket("POST", ""), Ok(BucketOperation::Nothing));
        for (method, query, refusal) in [
            ("GET", "list-type=3", "501 NotImplemented: ListObjectsV3 not implemented"),
            (
                "GET",
                "list-type=2&marker=a",
                "501 NotImplemented: ListObjectsV2 search parameter marker not implemented",
            ),
            ("GET", "start-after=a", "501 NotImplemented: ListObjectsV1 search parameter start-after not implemented"),
            ("GET", "continuation-token=a", "400 InvalidArgument: continuation-token not supported in ListObjects"),
            ("GET", "location&a=b", "400 InvalidArgument: Search param a is unsupported for bucket location"),
            ("GET", "policyStatus", "501 NotImplemented: GetGetBucketPolicyStatus not implemented"),
            ("PUT", "", "501 NotImplemented: CreateBucket not implemented"),
            ("PUT", "x=y&cors", "501 NotImplemented: PutBucketCors not implemented"),
            (
                "DELETE",
                "acl&b=1&b=2",
                "400 InvalidArgument: Unsupported search param(s) \"acl\", \"b\" on a DELETE bucket route",
            ),
            ("DELETE", "x-id=DeleteBucket", "501 NotImplemented: DeleteBucket not implemented"),
            ("PATCH", "", "404 RouteNotFound: No route matches this url."),
        ] {
            assert_eq!(bucket(method, query), Err(refusal.to_string()), "{method} {query}");
        }
    }

    #[test]
    fn operations_on_objects() {
        let upload_id = || "u".to_string();
        assert_eq!(object("GET", "x-id=GetObject&response-expires=a"), Ok(ObjectOperation::GetObject));
        assert_eq!(object("HEAD", "tagging"), Ok(ObjectOperation::HeadObject));
        assert_eq!(object("PUT", ""), Ok(ObjectOperation::PutObject));
        assert_eq!(ask("PUT", "", true, object_operation), Ok(ObjectOperation::CopyObject));
        assert_eq!(ask("POST", "tagging", true, object_operation), Ok(ObjectOperation::PutObject));
        assert_eq!(object("DELETE", "tagging"), Ok(ObjectOperation::DeleteObject));
        assert_eq!(object("POST", "uploads"), Ok(ObjectOperation::CreateMultipartUpload));
        assert_eq!(object("GET", "uploads"), Ok(ObjectOperation::ListMultipartUploads));
        let part = ObjectOperation::UploadPart { upload_id: upload_id() };
        assert_eq!(object("PUT", "uploadId=u&partNumber=1"), Ok(part));
        let copy = ObjectOperation::UploadPartCopy { upload_id: upload_id() };
        assert_eq!(ask("PUT", "uploadId=u&partNumber=1", true, object_operation), Ok(copy));
        assert_eq!(object("PUT", "uploadId=u"), Ok(ObjectOperation::PutObject));
        let complete = ObjectOperation::CompleteMultipartUpload { upload_id: upload_id() };
        assert_eq!(object("POST", "uploadId=u"), Ok(complete));
        let abort = ObjectOperation::AbortMultipartUpload { upload_id: upload_id() };
        assert_eq!(object("DELETE", "uploadId=u"), Ok(abort));
        assert_eq!(object("GET", "uploadId=u"), Ok(ObjectOperation::ListParts { upload_id: upload_id() }));
        for (method, query, refusal) in [
            ("GET", "torrent", "501 NotImplemented: GetObjectTorrent not implemented"),
            ("PUT", "legal-hold", "501 NotImplemented: PutObjectLegalHold not implemented"),
            ("GET", "partNumber=1", "501 NotImplemented: partNumber not implemented"),
            ("PUT", "uploadId=u&partNumber=x", "404 RouteNotFound: No route matches this url."),
            ("PATCH", "", "404 RouteNotFound: No route matches this url."),
        ] {
            assert_eq!(object(method, query), Err(refusal.to_string()), "{method} {query}");
        }
    }

    #[test]
    fn numbers_of_parts() {
        let number = |query: &str| ask("PUT", query, false, part_number);
        assert_eq!(number("partNumber=10000"), Ok(10_000));
        for bad in ["partNumber=", "partNumber=0", "partNumber=10001", "partNumber=1.5", "partNumber=-1"] {
            assert!(number(bad).unwrap_err().contains("must be an integer between 1 and 10000"), "{bad}");
        }
    }
}
