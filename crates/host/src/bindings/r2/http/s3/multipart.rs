//! Objects that come in parts.

use hyper::body::Incoming;
use lopata_protocol::r2::{R2Error, R2UploadOptions, R2UploadedPart};

use super::body::store;
use super::canonical::uri_encode;
use super::errors::S3Error;
use super::objects::{custom_metadata, http_metadata, storage_class, written};
use super::sigv4::Payload;
use super::{Call, detect, document, reply, xml};
use crate::server::ControlResponse;

/// Begins an upload.
pub async fn create(call: &Call<'_>, key: String) -> Result<ControlResponse, S3Error> {
    let head = &call.head;
    let options = R2UploadOptions {
        http_metadata: http_metadata(head),
        custom_metadata: custom_metadata(head),
        storage_class: storage_class(head)?,
    };
    let created = call.store().create_multipart_upload(key.as_str(), options).await;
    let upload_id = created.map_err(S3Error::of_bucket)?;
    let mut result = xml::Document::new("InitiateMultipartUploadResult");
    result.put("UploadId", &upload_id).put("Bucket", &call.bucket.name).put("Key", &key);
    Ok(document(result))
}

/// Takes a part.
pub async fn upload_part(
    call: &Call<'_>,
    key: String,
    upload_id: String,
    payload: Payload,
    incoming: &mut Incoming,
) -> Result<ControlResponse, S3Error> {
    let number = detect::part_number(&call.head)?;
    let write = async |body| call.store().upload_part(key, upload_id, number, body).await;
    let (etag, told) = store(&call.head, payload, incoming, write).await?;
    Ok(written(&etag, told))
}

/// Makes the object of its parts.
pub async fn complete(
    call: &Call<'_>,
    key: String,
    upload_id: String,
    body: &[u8],
) -> Result<ControlResponse, S3Error> {
    let parts = xml::read_complete(body)?;
    let parts = parts.into_iter().map(|(part_number, etag)| R2UploadedPart { part_number, etag }).collect();
    let completed = call.store().complete_multipart_upload(key.as_str(), upload_id, parts).await;
    let object = completed.map_err(of_upload)?;
    let host = call.head.header("host").or(call.head.authority).unwrap_or("localhost");
    let bucket = &call.bucket.name;
    let location = format!("http://{host}{}/{}/{}", super::super::S3, uri_encode(bucket), uri_encode(&key));
    let mut result = xml::Document::new("CompleteMultipartUploadResult");
    result.put("Bucket", bucket).put("Key", &key);
    result.put("ETag", &format!("\"{}\"", object.etag)).put("Location", &location);
    Ok(document(result))
}

/// Gives an upload up.
pub async fn abort(call: &Call<'_>, key: String, upload_id: String) -> Result<ControlResponse, S3Error> {
    call.store().abort_multipart_upload(key, upload_id).await.map_err(of_upload)?;
    Ok(reply::empty(204))
}

/// A bucket says of an upload that never was that there was an error inside.
fn of_upload(error: R2Error) -> S3Error {
    if error == R2Error::internal() { S3Error::no_such_upload() } else { S3Error::of_bucket(error) }
}
