//! `/cdn-cgi/local/r2/s3/<bucket>/<key>`: buckets for S3 clients, path style.
//!
//! ```text
//!  request ─► bucket and its credentials ─► signature ─► operation ─► headers that are refused ─► carried out
//! ```
//!
//! A bucket is here when a worker's configuration gives it `local_dev.experimental_s3_credentials`. Credentials are
//! a bucket's own, so an unknown bucket is told before any signature is looked at.
//!
//! Owns what S3 is over HTTP. What is stored and refused is the bucket's business; the texts are R2's.

mod body;
mod buckets;
mod canonical;
mod checksum;
mod chunked;
mod copy;
mod detect;
mod errors;
mod list;
mod multipart;
mod objects;
mod screen;
mod sigv4;
mod xml;

use http::{Method, header, request};
use hyper::body::Incoming;

use self::body::read_whole;
use self::checksum::Checks;
use self::detect::{BucketOperation, ObjectOperation};
use self::errors::S3Error;
use self::sigv4::{Credentials, Head, Payload, verify_request};
use super::{ExposedBucket, reply, split};
use crate::bindings::r2::bucket::Bucket;
use crate::server::{ControlRequest, ControlResponse, drain};

/// The type of all documents.
const XML: &str = "application/xml";

/// Everything about one request but its body.
struct Call<'a> {
    head: Head<'a>,
    /// All buckets there are.
    exposed: &'a [ExposedBucket],
    /// The one that the request is for.
    bucket: &'a ExposedBucket,
    now_ms: i64,
}

impl Call<'_> {
    fn store(&self) -> &Bucket {
        &self.bucket.bucket
    }
}

/// Answers a request. `rest` is what follows the endpoint's own path.
pub async fn answer(exposed: &[ExposedBucket], request: ControlRequest, rest: &str, now_ms: i64) -> ControlResponse {
    let (parts, mut incoming) = request.into_parts();
    let query = canonical::parse_query(parts.uri.query().unwrap_or_default());
    let head = Head {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: &query,
        headers: &parts.headers,
        authority: parts.uri.authority().map(http::uri::Authority::as_str),
    };
    match route(exposed, head, rest, &mut incoming, now_ms).await {
        Ok(response) => response,
        Err(error) => {
            refuse_body(&parts, incoming).await;
            match parts.method {
                Method::HEAD => {
                    let mut response = reply::empty(error.status);
                    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(XML));
                    response
                }
                _ => reply::text(error.status, XML, error.document()),
            }
        }
    }
}

/// Reads what nobody wants: a client that sends everything before it looks at the answer would see a reset
/// otherwise. One that waits to be asked for its body is not asked.
async fn refuse_body(parts: &request::Parts, incoming: Incoming) {
    if !parts.headers.contains_key(header::EXPECT) {
        drain(incoming).await;
    }
}

async fn route(
    exposed: &[ExposedBucket],
    head: Head<'_>,
    rest: &str,
    incoming: &mut Incoming,
    now_ms: i64,
) -> Result<ControlResponse, S3Error> {
    if rest.trim_start_matches('/').is_empty() {
        return buckets::list_buckets(exposed, &head, now_ms);
    }
    let (name, key) = split(rest).map_err(|_| S3Error::new(400, "InvalidURI", "Couldn't parse the specified URI."))?;
    let mut with_credentials =
        exposed.iter().filter(|exposed| exposed.name == name).filter_map(|one| Some((one, one.credentials.as_ref()?)));
    let (bucket, credentials) = with_credentials.next().ok_or_else(S3Error::no_such_bucket)?;
    if with_credentials.any(|(_, other)| other != credentials) {
        let message = format!("Bucket \"{name}\" is bound by multiple Workers with different S3 credentials");
        return Err(S3Error::internal(message));
    }
    if key.is_none() && detect::is_form_upload(&head) {
        return Err(S3Error::no_operation("Presigned post requests are not yet implemented"));
    }
    let payload = verify_request(&head, Credentials::of(credentials), now_ms)?;
    let call = Call { head, exposed, bucket, now_ms };
    match key {
        None => {
            let operation = detect::bucket_operation(&head)?;
            screen::bucket(&head, operation)?;
            bucket_call(&call, operation, payload, incoming).await
        }
        Some(key) => {
            let operation = detect::object_operation(&head)?;
            screen::object(&head, &operation)?;
            object_call(&call, key, operation, payload, incoming).await
        }
    }
}

async fn bucket_call(
    call: &Call<'_>,
    operation: BucketOperation,
    payload: Payload,
    incoming: &mut Incoming,
) -> Result<ControlResponse, S3Error> {
    if operation == BucketOperation::DeleteObjects {
        let checks = Checks::read(&call.head, &payload)?;
        let body = read_whole(incoming, payload, checks).await?;
        return objects::delete_many(call, &body).await;
    }
    no_body(payload, incoming).await?;
    match operation {
        BucketOperation::HeadBucket | BucketOperation::Nothing | BucketOperation::DeleteObjects => {
            Ok(reply::empty(200))
        }
        BucketOperation::GetBucketLocation => Ok(buckets::location()),
        BucketOperation::Constant(constant) => buckets::constant(constant),
        BucketOperation::ListObjects { v2 } => list::objects(call, v2).await,
        BucketOperation::ListMultipartUploads => list::uploads(call).await,
    }
}

async fn object_call(
    call: &Call<'_>,
    key: String,
    operation: ObjectOperation,
    payload: Payload,
    incoming: &mut Incoming,
) -> Result<ControlResponse, S3Error> {
    // These take the body, in their own ways.
    match operation {
        ObjectOperation::PutObject => return objects::put(call, key, payload, incoming).await,
        ObjectOperation::UploadPart { upload_id } => {
            return multipart::upload_part(call, key, upload_id, payload, incoming).await;
        }
        ObjectOperation::CompleteMultipartUpload { upload_id } => {
            let checks = Checks::of_signature(&payload);
            let body = read_whole(incoming, payload, checks).await?;
            return multipart::complete(call, key, upload_id, &body).await;
        }
        _ => no_body(payload, incoming).await?,
    }
    match operation {
        ObjectOperation::GetObject => objects::get(call, &key, false).await,
        ObjectOperation::HeadObject => objects::get(call, &key, true).await,
        ObjectOperation::DeleteObject => objects::delete(call, key).await,
        ObjectOperation::CopyObject => copy::object(call, key).await,
        ObjectOperation::CreateMultipartUpload => multipart::create(call, key).await,
        ObjectOperation::UploadPartCopy { upload_id } => copy::part(call, key, upload_id).await,
        ObjectOperation::AbortMultipartUpload { upload_id } => multipart::abort(call, key, upload_id).await,
        ObjectOperation::ListParts { upload_id } => list::parts(call, key, upload_id).await,
        ObjectOperation::ListMultipartUploads => list::uploads(call).await,
        ObjectOperation::PutObject
        | ObjectOperation::UploadPart { .. }
        | ObjectOperation::CompleteMultipartUpload { .. } => Err(S3Error::internal("the body was taken already")),
    }
}

/// The operation has no body; what is sent nevertheless must be what was signed.
async fn no_body(payload: Payload, incoming: &mut Incoming) -> Result<(), S3Error> {
    let checks = Checks::of_signature(&payload);
    read_whole(incoming, payload, checks).await.map(drop)
}

fn document(document: xml::Document) -> ControlResponse {
    reply::text(200, XML, document.finish())
}
