//! Who sent a request: Amazon's Signature Version 4, in the `Authorization` header or in the query of a presigned
//! URL.
//!
//! The order of the checks and their texts are R2's. Any region is taken, as R2 takes several names for its only
//! one. Nothing of the body is read here: what was said of it comes back as a [`Payload`], for whoever reads it.
//!
//! Invariant: signatures are compared in constant time.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::canonical::{canonical_headers, canonical_query, reencoded_path};
use super::errors::S3Error;
use crate::config::S3Credentials;
use crate::dates::parse_basic;

/// The only algorithm there is.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Seconds that a presigned URL may be good for: a week.
const EXPIRES_S_MAX: f64 = 604_800.0;

/// Milliseconds that a client's clock may be off.
const SKEW_MS_MAX: i64 = 15 * 60 * 1000;

/// What is said of the body of a presigned request, whose signer does not know it.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// A pair that may use a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Public.
    pub access_key_id: &'a str,
    /// Never sent.
    pub secret_access_key: &'a str,
}

impl<'a> Credentials<'a> {
    /// Those of a configuration.
    pub fn of(configured: &'a S3Credentials) -> Self {
        let S3Credentials { access_key_id, secret_access_key } = configured;
        Self { access_key_id, secret_access_key }
    }
}

/// A request's head, as the client sent it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// `GET`.
    pub method: &'a str,
    /// The path, still encoded.
    pub path: &'a str,
    /// The parameters, decoded.
    pub query: &'a [(String, String)],
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The host of the request's target, when it has one.
    pub authority: Option<&'a str>,
}

impl Head<'_> {
    /// The first parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text; what is no text counts as empty.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap_or_default())
    }

    /// Whether it is signed in either way.
    pub fn is_signed(&self) -> bool {
        self.headers.contains_key(http::header::AUTHORIZATION) || self.parameter("X-Amz-Credential").is_some()
    }
}

/// What the signature says of the body.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Nothing.
    Unsigned,
    /// Its SHA-256.
    Hash([u8; 32]),
    /// It comes in chunks (`aws-chunked`).
    Chunked {
        /// Non-null exactly when each chunk is signed.
        signer: Option<ChunkSigner>,
        /// Whether fields follow the last chunk.
        trailer: bool,
    },
}

/// Continues the chain of signatures from the request's through its chunks.
#[derive(Clone)]
pub struct ChunkSigner {
    key: [u8; 32],
    date: String,
    scope: String,
    previous: String,
}

impl std::fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkSigner").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl ChunkSigner {
    /// Checks the signature of the next chunk, by the hash of its data.
    pub fn chunk(&mut self, data: [u8; 32], provided: &str) -> bool {
        let nothing = hex(&Sha256::digest(b""));
        self.link("AWS4-HMAC-SHA256-PAYLOAD", &[&nothing, &hex(&data)], provided)
    }

    /// Checks the signature of the fields after the last chunk, by the hash of their lines.
    pub fn trailer(&mut self, lines: [u8; 32], provided: &str) -> bool {
        self.link("AWS4-HMAC-SHA256-TRAILER", &[&hex(&lines)], provided)
    }

    /// One that continues from `seed`.
    #[cfg(test)]
    pub fn for_tests(secret: &str, date: &str, region: &str, seed: &str) -> Self {
        let scope = Scope { date: &date[..8], region };
        let (key, scope) = (scope.key(secret), scope.to_string());
        Self { key, date: date.to_string(), scope, previous: seed.to_string() }
    }

    fn link(&mut self, kind: &str, hashes: &[&str], provided: &str) -> bool {
        let text = [&[kind, &self.date, &self.scope, &self.previous], hashes].concat().join("\n");
        self.previous = provided.to_string();
        verify(&self.key, text.as_bytes(), provided)
    }
}

/// Checks a request. `now_ms` is the time, in milliseconds since 1970.
pub fn verify_request(head: &Head<'_>, credentials: Credentials<'_>, now_ms: i64) -> Result<Payload, S3Error> {
    if let Some(authorization) = head.header("authorization") {
        verify_header(head, credentials, authorization, now_ms)
    } else if let Some(credential) = head.parameter("X-Amz-Credential") {
        verify_presigned(head, credentials, credential, now_ms)
    } else {
        Err(S3Error::invalid_argument("Authorization"))
    }
}

fn verify_header(
    head: &Head<'_>,
    credentials: Credentials<'_>,
    authorization: &str,
    now_ms: i64,
) -> Result<Payload, S3Error> {
    let payload_hash = head.header("x-amz-content-sha256");
    let payload_hash =
        payload_hash.ok_or_else(|| S3Error::new(400, "InvalidRequest", "Missing x-amz-content-sha256"))?;
    let (date, source) = match (head.header("x-amz-date"), head.header("date")) {
        (Some(date), _) => (date, "x-amz-date"),
        (None, Some(date)) => (date, "date"),
        (None, None) => return Err(S3Error::invalid_argument("No date provided in x-amz-date nor date header")),
    };
    let Some(date_ms) = parse_basic(date) else {
        let message = format!("Date provided in '{source}' header ({date}) didn't parse successfully");
        return Err(S3Error::invalid_argument(message));
    };
    if now_ms.abs_diff(date_ms) > SKEW_MS_MAX.unsigned_abs() {
        let message = "The difference between the request time and the server's time is too large.";
        return Err(S3Error::new(403, "RequestTimeTooSkewed", message));
    }
    let fields = authorization.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' ')).unwrap_or_default();
    let field = |name: &str| {
        let mut pairs = fields.split(',').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    };
    let (Some(credential), Some(signed), Some(provided)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Err(unsupported_algorithm());
    };
    let scope = Scope::check(credential, date, credentials)?;
    let signed = parse_signed_headers(signed)?;
    let request = Signing { head, date, scope: &scope, signed: &signed, payload_hash, presigned: false };
    let key = request.check(credentials, provided)?;
    let signer =
        || ChunkSigner { key, date: date.to_string(), scope: scope.to_string(), previous: provided.to_string() };
    match payload_hash {
        UNSIGNED_PAYLOAD => Ok(Payload::Unsigned),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(Payload::Chunked { signer: Some(signer()), trailer: false }),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(Payload::Chunked { signer: Some(signer()), trailer: true }),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Payload::Chunked { signer: None, trailer: true }),
        _ => match unhex(payload_hash) {
            Some(hash) => Ok(Payload::Hash(hash)),
            None if payload_hash.starts_with("STREAMING-") => {
                Err(S3Error::no_header("x-amz-content-sha256", payload_hash))
            }
            None => Err(S3Error::invalid_argument(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
            )),
        },
    }
}

fn verify_presigned(
    head: &Head<'_>,
    credentials: Credentials<'_>,
    credential: &str,
    now_ms: i64,
) -> Result<Payload, S3Error> {
    let required = ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];
    let [Some(algorithm), Some(provided), Some(date), Some(signed), Some(expires)] =
        required.map(|name| head.parameter(name))
    else {
        let missing: Vec<_> = required.into_iter().filter(|name| head.parameter(name).is_none()).collect();
        // Two blanks, as R2 has it.
        let plural = if missing.len() > 1 { "s" } else { "" };
        let message = format!("Required search parameter{plural} {} missing", missing.join(",  "));
        return Err(S3Error::invalid_argument(message));
    };
    if algorithm != ALGORITHM {
        return Err(unsupported_algorithm());
    }
    let Some(date_ms) = parse_basic(date) else {
        let message = format!("Date provided in X-Amz-Date ({date}) didn't parse successfully");
        return Err(S3Error::invalid_argument(message));
    };
    let scope = Scope::check(credential, date, credentials)?;
    let Some(expires_s) = parse_number(expires) else {
        return Err(S3Error::invalid_argument("X-Amz-Expires should be a number"));
    };
    if expires_s > EXPIRES_S_MAX {
        return Err(S3Error::invalid_argument(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than {EXPIRES_S_MAX} seconds"
        )));
    }
    if expires_s < 1.0 || now_ms as f64 > date_ms as f64 + expires_s * 1000.0 {
        return Err(S3Error::new(403, "ExpiredRequest", "Request has expired"));
    }
    let signed = parse_signed_headers(signed)?;
    let payload_hash = UNSIGNED_PAYLOAD;
    let request = Signing { head, date, scope: &scope, signed: &signed, payload_hash, presigned: true };
    request.check(credentials, provided)?;
    match head.header("x-amz-content-sha256") {
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => Ok(Payload::Chunked { signer: None, trailer: true }),
        _ => Ok(Payload::Unsigned),
    }
}

fn unsupported_algorithm() -> S3Error {
    S3Error::new(400, "InvalidRequest", format!("Please use {ALGORITHM}"))
}

/// What a signature is good for.
struct Scope<'a> {
    date: &'a str,
    region: &'a str,
}

impl<'a> Scope<'a> {
    /// Reads `<access key id>/<yyyymmdd>/<region>/s3/aws4_request`. Everything before the last four parts is the
    /// access key, slashes included.
    fn check(credential: &'a str, amz_date: &str, credentials: Credentials<'_>) -> Result<Self, S3Error> {
        let mut parts = credential.rsplitn(5, '/');
        let [Some(end), Some(service), Some(region), Some(date), Some(access_key_id)] =
            std::array::from_fn(|_| parts.next())
        else {
            let count = credential.split('/').count();
            return Err(S3Error::invalid_argument(format!(
                "Credential sigv4 header should have at least 5 slash-separated parts, not {count}"
            )));
        };
        if service != "s3" {
            return Err(S3Error::invalid_argument(format!("Credential service should be s3, not {service}")));
        }
        if end != "aws4_request" {
            let message = format!("Credential termination string should be aws4_request, not {end}");
            return Err(S3Error::invalid_argument(message));
        }
        if !amz_date.starts_with(date) {
            // So it says also when the date came from the query.
            return Err(S3Error::invalid_argument(format!(
                "Credential signed date {date} does not match {} from 'x-amz-date' header",
                amz_date.get(..8).unwrap_or(amz_date)
            )));
        }
        if access_key_id != credentials.access_key_id {
            return Err(S3Error::unauthorized());
        }
        Ok(Self { date, region })
    }

    /// The key that everything of this scope is signed with.
    fn key(&self, secret_access_key: &str) -> [u8; 32] {
        let secret = format!("AWS4{secret_access_key}");
        let day = sign(secret.as_bytes(), self.date.as_bytes());
        [self.region, "s3", "aws4_request"].iter().fold(day, |key, part| sign(&key, part.as_bytes()))
    }
}

impl std::fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/s3/aws4_request", self.date, self.region)
    }
}

fn parse_signed_headers(field: &str) -> Result<Vec<String>, S3Error> {
    let names: Vec<String> = field.split(';').map(str::to_lowercase).collect();
    if names.iter().any(|name| name == "host") { Ok(names) } else { Err(S3Error::unauthorized()) }
}

/// A request and what it says that it was signed with.
struct Signing<'a> {
    head: &'a Head<'a>,
    date: &'a str,
    scope: &'a Scope<'a>,
    signed: &'a [String],
    payload_hash: &'a str,
    presigned: bool,
}

impl Signing<'_> {
    /// Checks the signature. Gives back the key that it was made with.
    fn check(&self, credentials: Credentials<'_>, provided: &str) -> Result<[u8; 32], S3Error> {
        let key = self.scope.key(credentials.secret_access_key);
        let canonical = self.canonical_request(self.head.path);
        let text = self.text_to_sign(&canonical);
        if verify(&key, text.as_bytes(), provided) {
            return Ok(key);
        }
        // A client that sends fewer characters encoded than it signs means the same object.
        if let Some(path) = reencoded_path(self.head.path).filter(|path| path != self.head.path)
            && verify(&key, self.text_to_sign(&self.canonical_request(&path)).as_bytes(), provided)
        {
            return Ok(key);
        }
        Err(mismatch(&text, &canonical, provided))
    }

    fn canonical_request(&self, path: &str) -> Vec<u8> {
        let without = self.presigned.then_some("X-Amz-Signature");
        let query = canonical_query(self.head.query, without);
        let mut text = format!("{}\n{path}\n{query}\n", self.head.method).into_bytes();
        text.extend(canonical_headers(self.head.headers, self.head.authority, self.signed));
        text.extend_from_slice(format!("\n{}\n{}", self.signed.join(";"), self.payload_hash).as_bytes());
        text
    }

    fn text_to_sign(&self, canonical: &[u8]) -> String {
        format!("{ALGORITHM}\n{}\n{}\n{}", self.date, self.scope, hex(&Sha256::digest(canonical)))
    }
}

/// Tells what was compared, so that the one who signs can find the difference.
fn mismatch(text: &str, canonical: &[u8], provided: &str) -> S3Error {
    let dump = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let message = "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.";
    S3Error {
        details: vec![
            ("StringToSign", text.to_string()),
            ("StringToSignBytes", dump(text.as_bytes())),
            ("CanonicalRequest", String::from_utf8_lossy(canonical).into_owned()),
            ("CanonicalRequestBytes", dump(canonical)),
            ("SignatureProvided", provided.to_string()),
        ],
        ..S3Error::new(403, "SignatureDoesNotMatch", message)
    }
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text);
    mac
}

fn sign(key: &[u8], text: &[u8]) -> [u8; 32] {
    mac(key, text).finalize().into_bytes().into()
}

fn verify(key: &[u8], text: &[u8], provided: &str) -> bool {
    // Lower case, as it is signed: anything else is another text.
    let lower = !provided.bytes().any(|byte| byte.is_ascii_uppercase());
    lower && unhex(provided).is_some_and(|provided| mac(key, text).verify_slice(&provided).is_ok())
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 bytes in hex.
fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digit = |place: usize| char::from(digits[place]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}

/// A number as JavaScript reads a decimal one.
pub fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain.then(|| text.parse::<f64>().ok()).flatten()
}

#[cfg(test)]
mod tests;
