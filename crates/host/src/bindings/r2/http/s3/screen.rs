//! Headers that R2 recognises and does not act on: refused rather than ignored, since they ask for something.

use super::detect::{BucketOperation, ObjectOperation};
use super::errors::S3Error;
use super::sigv4::Head;

const BUCKET_OWNER: &str = "x-amz-expected-bucket-owner";
const SOURCE_BUCKET_OWNER: &str = "x-amz-source-expected-bucket-owner";
const DELETING: [&str; 3] = [BUCKET_OWNER, "x-amz-mfa", "x-amz-bypass-governance-retention"];
const WRITING: [&str; 14] = [
    BUCKET_OWNER,
    "x-amz-tagging",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled",
];
const COPYING: [&str; 3] = [SOURCE_BUCKET_OWNER, "x-amz-tagging-directive", "x-amz-checksum-algorithm"];
const COPYING_A_PART: [&str; 6] = [
    BUCKET_OWNER,
    SOURCE_BUCKET_OWNER,
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
];

/// Access lists that are taken and mean nothing, as R2 has none.
const CANNED_ACLS: [&str; 7] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

/// What a key of the client's own would be used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Reading,
    Writing,
}

/// Checks the headers of an operation on a bucket.
pub fn bucket(head: &Head<'_>, operation: BucketOperation) -> Result<(), S3Error> {
    session_token(head)?;
    match operation {
        BucketOperation::DeleteObjects => unsupported(head, &DELETING),
        BucketOperation::Nothing => Ok(()),
        BucketOperation::HeadBucket
        | BucketOperation::GetBucketLocation
        | BucketOperation::Constant(_)
        | BucketOperation::ListObjects { .. }
        | BucketOperation::ListMultipartUploads => unsupported(head, &[BUCKET_OWNER]),
    }
}

/// Checks the headers of an operation on a key.
pub fn object(head: &Head<'_>, operation: &ObjectOperation) -> Result<(), S3Error> {
    session_token(head)?;
    match operation {
        ObjectOperation::GetObject | ObjectOperation::HeadObject => {
            unsupported(head, &[BUCKET_OWNER])?;
            own_key(head, "x-amz-", Encryption::Reading)
        }
        ObjectOperation::PutObject | ObjectOperation::CreateMultipartUpload => {
            unsupported(head, &WRITING)?;
            values(head)?;
            own_key(head, "x-amz-", Encryption::Writing)
        }
        ObjectOperation::CopyObject => {
            unsupported(head, &WRITING)?;
            unsupported(head, &COPYING)?;
            values(head)?;
            own_key(head, "x-amz-", Encryption::Writing)?;
            own_key(head, "x-amz-copy-source-", Encryption::Writing)
        }
        ObjectOperation::UploadPart { .. } => {
            unsupported(head, &[BUCKET_OWNER, "x-amz-server-side-encryption"])?;
            own_key(head, "x-amz-", Encryption::Writing)
        }
        ObjectOperation::UploadPartCopy { .. } => {
            unsupported(head, &COPYING_A_PART)?;
            own_key(head, "x-amz-", Encryption::Writing)?;
            own_key(head, "x-amz-copy-source-", Encryption::Writing)
        }
        ObjectOperation::DeleteObject => unsupported(head, &DELETING),
        ObjectOperation::CompleteMultipartUpload { .. }
        | ObjectOperation::ListParts { .. }
        | ObjectOperation::ListMultipartUploads => unsupported(head, &[BUCKET_OWNER]),
        ObjectOperation::AbortMultipartUpload { .. } => Ok(()),
    }
}

/// There are no sessions here.
fn session_token(head: &Head<'_>) -> Result<(), S3Error> {
    match head.header("x-amz-security-token") {
        Some(_) => Err(S3Error::invalid_argument("X-Amz-Security-Token")),
        None => Ok(()),
    }
}

fn unsupported(head: &Head<'_>, names: &[&str]) -> Result<(), S3Error> {
    let mut given = names.iter().filter_map(|name| Some((*name, head.header(name)?)));
    given.next().map_or(Ok(()), |(name, value)| Err(S3Error::no_header(name, value)))
}

/// Headers of which some values are harmless.
fn values(head: &Head<'_>) -> Result<(), S3Error> {
    let only = |name: &str, known: &[&str]| match head.header(name) {
        Some(value) if !known.contains(&value) => Err(S3Error::no_header(name, value)),
        Some(_) | None => Ok(()),
    };
    // R2 encrypts everything in this way anyhow.
    only("x-amz-server-side-encryption", &["AES256"])?;
    only("x-amz-acl", &CANNED_ACLS)
}

/// A key of the client's own. Nothing is stored encrypted here, so a write is refused rather than stored plainly, and
/// a read is answered as R2 does for an object that is not encrypted.
fn own_key(head: &Head<'_>, prefix: &str, encryption: Encryption) -> Result<(), S3Error> {
    let name = |what: &str| format!("{prefix}server-side-encryption-customer-{what}");
    let algorithm = name("algorithm");
    let given = [&algorithm, &name("key"), &name("key-md5")].map(|name| head.header(name));
    let lacks = |what: &str| {
        Err(S3Error::invalid_argument(format!(
            "Requests specifying Server Side Encryption with Customer provided keys must provide {what}."
        )))
    };
    match given {
        [None, None, None] => Ok(()),
        [_, None, _] => lacks("an appropriate secret key"),
        [_, _, None] => lacks("the client calculated MD5 of the secret key"),
        [None, ..] => lacks("a valid encryption algorithm"),
        [Some("AES256"), ..] if encryption == Encryption::Reading => {
            let message = "The encryption parameters are not applicable to this object.";
            Err(S3Error::new(400, "InvalidRequest", message))
        }
        [Some("AES256"), ..] => Err(S3Error::no_header(&algorithm, "AES256")),
        [Some(_), ..] => Err(S3Error::new(
            400,
            "InvalidEncryptionAlgorithmError",
            "The encryption request that you specified is not valid. The valid value is AES256.",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderMap;

    use super::*;

    fn check(operation: &ObjectOperation, given: &[(&'static str, &str)]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, value.parse().unwrap());
        }
        let head = Head { method: "PUT", path: "/", query: &[], headers: &headers, authority: None };
        object(&head, operation).map_err(|error| format!("{} {}: {}", error.status, error.code, error.message))
    }

    #[test]
    fn what_asks_for_something_is_refused() {
        let put = ObjectOperation::PutObject;
        assert_eq!(check(&put, &[("x-amz-acl", "public-read"), ("x-amz-server-side-encryption", "AES256")]), Ok(()));
        for (operation, header, refusal) in [
            (
                &put,
                ("x-amz-tagging", "a=b"),
                "501 NotImplemented: Header 'x-amz-tagging' with value 'a=b' not implemented",
            ),
            (&put, ("x-amz-acl", "mine"), "501 NotImplemented: Header 'x-amz-acl' with value 'mine' not implemented"),
            (
                &put,
                ("x-amz-server-side-encryption", "aws:kms"),
                "501 NotImplemented: Header 'x-amz-server-side-encryption' with value 'aws:kms' not implemented",
            ),
            (&put, ("x-amz-security-token", "t"), "400 InvalidArgument: X-Amz-Security-Token"),
            (
                &ObjectOperation::CopyObject,
                ("x-amz-checksum-algorithm", "CRC32"),
                "501 NotImplemented: Header 'x-amz-checksum-algorithm' with value 'CRC32' not implemented",
            ),
            (
                &ObjectOperation::DeleteObject,
                ("x-amz-mfa", "1"),
                "501 NotImplemented: Header 'x-amz-mfa' with value '1' not implemented",
            ),
        ] {
            assert_eq!(check(operation, &[header]), Err(refusal.to_string()));
        }
    }

    #[test]
    fn keys_of_the_clients_own() {
        let (put, get) = (ObjectOperation::PutObject, ObjectOperation::GetObject);
        let algorithm = ("x-amz-server-side-encryption-customer-algorithm", "AES256");
        let key = ("x-amz-server-side-encryption-customer-key", "k");
        let md5 = ("x-amz-server-side-encryption-customer-key-md5", "m");
        let refusal = |operation, given: &[(&'static str, &str)]| check(operation, given).unwrap_err();
        assert!(refusal(&put, &[algorithm, md5]).ends_with("must provide an appropriate secret key."));
        assert!(
            refusal(&put, &[algorithm, key]).ends_with("must provide the client calculated MD5 of the secret key.")
        );
        assert!(refusal(&put, &[key, md5]).ends_with("must provide a valid encryption algorithm."));
        assert!(refusal(&put, &[(algorithm.0, "DES"), key, md5]).starts_with("400 InvalidEncryptionAlgorithmError"));
        assert!(refusal(&put, &[algorithm, key, md5]).starts_with("501 NotImplemented: Header 'x-amz-server-side"));
        assert!(refusal(&get, &[algorithm, key, md5]).starts_with("400 InvalidRequest: The encryption parameters"));
    }
}
