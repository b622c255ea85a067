//! The examples of Amazon's description of Signature Version 4 for S3, and what R2 says to anything else.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::bindings::r2::http::s3::canonical::parse_query;

const KEYS: Credentials<'_> = Credentials {
    access_key_id: "AKIAIOSFODNN7EXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

/// 24 May 2013, the day of the examples.
const DAY_MS: i64 = 1_369_353_600_000;

const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Example {
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Example {
    fn get(path: &'static str, query: &'static str, signed: &str, signature: &str) -> Self {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders={signed},Signature={signature}"
        );
        let headers = vec![
            ("host", "examplebucket.s3.amazonaws.com".to_string()),
            ("x-amz-date", "20130524T000000Z".to_string()),
            ("x-amz-content-sha256", NOTHING.to_string()),
            ("authorization", authorization),
        ];
        Self { method: "GET", path, query, headers }
    }

    fn lifecycle() -> Self {
        let signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        Self::get("/", "lifecycle", "host;x-amz-content-sha256;x-amz-date", signature)
    }

    fn presigned() -> Self {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let headers = vec![("host", "examplebucket.s3.amazonaws.com".to_string())];
        Self { method: "GET", path: "/test.txt", query, headers }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        self.headers.push((name, value.to_string()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        self
    }

    fn verify_at(&self, now_ms: i64) -> Result<Payload, S3Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(*name, value.parse().unwrap());
        }
        let query = parse_query(self.query);
        let head = Head { method: self.method, path: self.path, query: &query, headers: &headers, authority: None };
        verify_request(&head, KEYS, now_ms)
    }

    fn verify(&self) -> Result<Payload, S3Error> {
        self.verify_at(DAY_MS)
    }

    fn refusal(&self) -> (u16, &'static str, String) {
        let error = self.verify().unwrap_err();
        (error.status, error.code, error.message)
    }
}

#[test]
fn amazons_examples_of_the_header() {
    let object = Example::get(
        "/test.txt",
        "",
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    )
    .with("range", "bytes=0-9");
    assert!(matches!(object.verify(), Ok(Payload::Hash(_))), "{:?}", object.verify());

    let mut put = Example::get(
        "/test%24file.text",
        "",
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    )
    .with("date", "Fri, 24 May 2013 00:00:00 GMT")
    .with("x-amz-storage-class", "REDUCED_REDUNDANCY")
    .with("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    put.method = "PUT";
    assert!(matches!(put.verify(), Ok(Payload::Hash(_))), "{:?}", put.verify());
    put.path = "/test$file.text";
    assert!(put.verify().is_ok(), "what is sent plainly may have been signed encoded");
    put.path = "/test%24file.txt";
    assert!(put.verify().is_err());

    assert!(Example::lifecycle().verify().is_ok());
    let list = Example::get(
        "/",
        "prefix=J&max-keys=2",
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
    assert!(list.verify().is_ok());
}

#[test]
fn amazons_example_of_a_presigned_url() {
    let example = Example::presigned();
    assert!(matches!(example.verify(), Ok(Payload::Unsigned)));
    assert!(example.verify_at(DAY_MS + 86_400_000).is_ok());
    let late = example.verify_at(DAY_MS + 86_400_001).unwrap_err();
    assert_eq!((late.status, late.code, &*late.message), (403, "ExpiredRequest", "Request has expired"));
    let chunked = Example::presigned().with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert!(matches!(chunked.verify(), Ok(Payload::Chunked { signer: None, trailer: true })));
}

#[test]
fn amazons_example_of_chunks() {
    let mut put = Example::get(
        "/examplebucket/chunkObject.txt",
        "",
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )
    .with("host", "s3.amazonaws.com")
    .with("content-encoding", "aws-chunked")
    .with("content-length", "66824")
    .with("x-amz-decoded-content-length", "66560")
    .with("x-amz-storage-class", "REDUCED_REDUNDANCY")
    .with("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    put.method = "PUT";
    let Ok(Payload::Chunked { signer: Some(mut signer), trailer: false }) = put.verify() else {
        panic!("{:?}", put.verify());
    };
    for (length, signature) in [
        (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ] {
        assert!(signer.chunk(Sha256::digest(vec![b'a'; length]).into(), signature), "{length}");
    }
    assert!(!signer.chunk([0; 32], "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"));
}

#[test]
fn refusals_of_the_header() {
    let base = Example::lifecycle;
    let argument = |message: &str| (400, "InvalidArgument", message.to_string());
    let please = (400, "InvalidRequest", "Please use AWS4-HMAC-SHA256".to_string());
    let sign = |text: &str| base().with("authorization", text).refusal();
    assert_eq!(base().without("authorization").refusal(), argument("Authorization"));
    assert_eq!(
        base().without("x-amz-content-sha256").refusal(),
        (400, "InvalidRequest", "Missing x-amz-content-sha256".to_string())
    );
    assert_eq!(base().without("x-amz-date").refusal(), argument("No date provided in x-amz-date nor date header"));
    assert_eq!(
        base().with("x-amz-date", "yesterday").refusal(),
        argument("Date provided in 'x-amz-date' header (yesterday) didn't parse successfully")
    );
    assert_eq!(
        base().without("x-amz-date").with("date", "2013-05-24").refusal(),
        argument("Date provided in 'date' header (2013-05-24) didn't parse successfully")
    );
    assert_eq!(sign("Basic abc"), please);
    assert_eq!(sign("AWS4-HMAC-SHA256 Credential=a, Signature=b"), please);
    let credential = |text: &str| sign(&format!("AWS4-HMAC-SHA256 Credential={text}, SignedHeaders=host, Signature=b"));
    assert_eq!(
        credential("a/b/c"),
        argument("Credential sigv4 header should have at least 5 slash-separated parts, not 3")
    );
    assert_eq!(credential("k/20130524/auto/ec2/aws4_request"), argument("Credential service should be s3, not ec2"));
    assert_eq!(
        credential("k/20130524/auto/s3/aws5"),
        argument("Credential termination string should be aws4_request, not aws5")
    );
    assert_eq!(
        credential("k/20130523/auto/s3/aws4_request"),
        argument("Credential signed date 20130523 does not match 20130524 from 'x-amz-date' header")
    );
    let unauthorized = (401, "Unauthorized", "Unauthorized".to_string());
    assert_eq!(credential("other/20130524/auto/s3/aws4_request"), unauthorized);
    assert_eq!(credential("AKIAIOSFODNN7EXAMPLE/20130524/auto/s3/aws4_request").1, "SignatureDoesNotMatch");
    let no_host = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/auto/s3/aws4_request, SignedHeaders=date, Signature=b";
    assert_eq!(sign(no_host), unauthorized);
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let example = Example::lifecycle();
    for (off_ms, good) in [(900_000, true), (-900_000, true), (900_001, false), (-900_001, false)] {
        let verdict = example.verify_at(DAY_MS + off_ms);
        assert_eq!(verdict.is_ok(), good, "{off_ms}");
        if let Err(error) = verdict {
            assert_eq!((error.status, error.code), (403, "RequestTimeTooSkewed"));
        }
    }
}

#[test]
fn a_wrong_signature_shows_what_was_signed() {
    let error = Example::lifecycle().with("x-amz-date", "20130524T000001Z").verify().unwrap_err();
    assert_eq!((error.status, error.code), (403, "SignatureDoesNotMatch"));
    let (names, values): (Vec<_>, Vec<_>) = error.details.into_iter().unzip();
    assert_eq!(
        names,
        ["StringToSign", "StringToSignBytes", "CanonicalRequest", "CanonicalRequestBytes", "SignatureProvided"]
    );
    assert!(values[0].starts_with("AWS4-HMAC-SHA256\n20130524T000001Z\n20130524/us-east-1/s3/aws4_request\n"));
    assert!(values[1].starts_with("41 57 53 34 2d "));
    assert!(values[2].starts_with("GET\n/\nlifecycle=\nhost:examplebucket.s3.amazonaws.com\n"), "{}", values[2]);
    let upper = Example::get(
        "/",
        "lifecycle",
        "host;x-amz-content-sha256;x-amz-date",
        "FEA454CA298B7DA1C68078A5D1BDBFBBE0D65C699E0F91AC7A200A0136783543",
    );
    assert_eq!(upper.refusal().1, "SignatureDoesNotMatch");
}

#[test]
fn refusals_of_a_presigned_url() {
    let change = |from: &str, to: &str| {
        let query = Example::presigned().query.replace(from, to);
        Example { query: Box::leak(query.into_boxed_str()), ..Example::presigned() }.refusal()
    };
    let argument = |message: &str| (400, "InvalidArgument", message.to_string());
    assert_eq!(change("X-Amz-Date=", "Date="), argument("Required search parameter X-Amz-Date missing"));
    assert_eq!(
        change("X-Amz-S", "S"),
        argument("Required search parameters X-Amz-Signature,  X-Amz-SignedHeaders missing")
    );
    assert_eq!(change("HMAC-SHA256", "HMAC-SHA1").1, "InvalidRequest");
    assert_eq!(change("T000000Z", ""), argument("Date provided in X-Amz-Date (20130524) didn't parse successfully"));
    assert_eq!(change("Expires=86400", "Expires="), argument("X-Amz-Expires should be a number"));
    assert_eq!(
        change("Expires=86400", "Expires=604801"),
        argument(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
        )
    );
    assert_eq!(change("Expires=86400", "Expires=0").1, "ExpiredRequest");
    assert_eq!(change("Expires=86400", "Expires=86401").1, "SignatureDoesNotMatch");
    assert_eq!(change("SignedHeaders=host", "SignedHeaders=date").1, "Unauthorized");
}
