//! What reaches buckets from outside of workers: the public URL of an object, and the S3 endpoint.
//!
//! Both are local endpoints: who may call them by `Host` and `Origin` is checked before anything here runs. Pages of
//! other local servers may read what they get (CORS), as with a public bucket.
//!
//! Which buckets there are is asked of the generations that serve, anew for each request: a bucket that is added to
//! a configuration is there with the reload.
//!
//! Invariants
//! - Bodies stream both ways; a slow client costs a window.
//! - What does not hold what it says of itself (a checksum, a signature, a length) leaves nothing in the bucket.

mod conditions;
mod cors;
mod public;
mod reply;
mod s3;
mod serve;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;

pub use self::conditions::parse_http_date;
use super::bucket::Bucket;
use crate::config::S3Credentials;
use crate::server::{ControlRequest, ControlResponse};
use crate::workers::Workers;

/// Where public buckets are.
const PUBLIC: &str = "/cdn-cgi/local/r2/public";

/// Where the S3 endpoint is.
const S3: &str = "/cdn-cgi/local/r2/s3";

/// A bucket of a worker that serves.
#[derive(Clone, Debug)]
pub struct ExposedBucket {
    /// Its name, by which workers share it.
    pub name: String,
    /// What may use it over S3; nobody without.
    pub credentials: Option<S3Credentials>,
    /// The way to it.
    pub bucket: Bucket,
}

impl ExposedBucket {
    /// Whether it is the same to those outside.
    pub fn same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.credentials == other.credentials
    }
}

/// The endpoints of a process.
#[derive(Clone)]
pub struct Endpoints {
    workers: Arc<Workers>,
}

impl Endpoints {
    /// Endpoints for the buckets of these workers.
    pub fn new(workers: Arc<Workers>) -> Self {
        Self { workers }
    }

    /// Whether a path is one of theirs: not so without any bucket, or for S3 without any credentials.
    pub fn claims(&self, path: &str) -> bool {
        match Endpoint::of(path) {
            Some((Endpoint::Public, _)) => !self.exposed().is_empty(),
            Some((Endpoint::S3, _)) => self.exposed().iter().any(|bucket| bucket.credentials.is_some()),
            None => false,
        }
    }

    /// Answers a request that was claimed.
    pub async fn answer(&self, request: ControlRequest) -> ControlResponse {
        let path = request.uri().path().to_string();
        let Some((endpoint, rest)) = Endpoint::of(&path) else { return reply::empty(404) };
        if let Some(preflight) = cors::preflight(&request, endpoint.methods()) {
            return preflight;
        }
        let buckets = self.exposed();
        let answer = match endpoint {
            Endpoint::Public => public::answer(&buckets, &request, rest).await,
            Endpoint::S3 => s3::answer(&buckets, request, rest, now_ms()).await,
        };
        cors::allow(answer)
    }

    fn exposed(&self) -> Vec<ExposedBucket> {
        let workers = self.workers.all();
        let active = workers.iter().filter_map(|worker| worker.status.dispatcher.active());
        active.flat_map(|generation| generation.blueprint.buckets.clone()).collect()
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    Public,
    S3,
}

impl Endpoint {
    /// The endpoint of a path, and what follows its own part: nothing, or something that begins with a slash.
    fn of(path: &str) -> Option<(Self, &str)> {
        [(Self::Public, PUBLIC), (Self::S3, S3)].into_iter().find_map(|(endpoint, prefix)| {
            let rest = path.strip_prefix(prefix)?;
            (rest.is_empty() || rest.starts_with('/')).then_some((endpoint, rest))
        })
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Public => "GET,HEAD",
            Self::S3 => "GET,HEAD,PUT,POST,DELETE",
        }
    }
}

/// The bucket and the key that `/<bucket>/<key>` names, decoded; no key when there is none. The error is a part that
/// is no UTF-8.
fn split(rest: &str) -> Result<(String, Option<String>), std::str::Utf8Error> {
    let decode = |text: &str| Ok(percent_decode_str(text).decode_utf8()?.into_owned());
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    match rest.split_once('/') {
        Some((bucket, key)) if !key.is_empty() => Ok((decode(bucket)?, Some(decode(key)?))),
        Some((bucket, _)) => Ok((decode(bucket)?, None)),
        None => Ok((decode(rest)?, None)),
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_split_and_decoded() {
        let path = |path: &str| Endpoint::of(path).map(|(_, rest)| rest.to_string());
        assert_eq!(path("/cdn-cgi/local/r2/s3").unwrap(), "");
        assert_eq!(path("/cdn-cgi/local/r2/public/b/k").unwrap(), "/b/k");
        assert!(path("/cdn-cgi/local/r2/s3x").is_none() && path("/cdn-cgi/local/r2/").is_none());
        let both = |bucket: &str, key: &str| (bucket.to_string(), Some(key.to_string()));
        assert_eq!(split("/b").unwrap(), ("b".to_string(), None));
        assert_eq!(split("/b/").unwrap(), ("b".to_string(), None));
        assert_eq!(split("/b/k%20/%2F%C3%BC/../").unwrap(), both("b", "k //ü/../"));
        assert_eq!(split("/b//k").unwrap(), both("b", "/k"));
        assert!(split("/b/%ff").is_err());
    }
}
