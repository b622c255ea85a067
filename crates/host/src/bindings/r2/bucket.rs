//! A bucket as the host's own async code uses it: each method is one call on the bucket's actor.
//!
//! What HTTP endpoints are made of. Bodies come and go in memory or as credit streams, so a client that is slow
//! costs a window and nothing else. Everything is refused as for a worker's binding, with R2's numbers.
//!
//! To write what has to be checked at its end (a trailing checksum), write into the stream and, if the check fails,
//! `fail` it instead of finishing it: nothing of it stays.

use bytes::Bytes;
use lopata_bridges::{R2Ask, R2Reply, R2Service, StreamReader};
use lopata_protocol::r2::{
    R2Answer, R2Call, R2Error, R2GetOptions, R2ListOptions, R2Object, R2Page, R2Part, R2PutOptions, R2Upload,
    R2UploadOptions, R2UploadedPart, R2Value,
};

/// The way to a bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bucket {
    service: R2Service,
}

/// A body on its way into a bucket.
#[derive(Debug)]
pub enum BodyIn {
    /// All of it.
    Bytes(Bytes),
    /// What a stream brings. One that fails, or is not as long as `length` says, fails the write.
    Stream {
        /// The reading end.
        reader: StreamReader,
        /// How long it is, when that is known.
        length: Option<u64>,
    },
}

/// A body on its way out of a bucket.
#[derive(Debug)]
pub enum BodyOut {
    /// All of it.
    Bytes(Bytes),
    /// A stream of as many bytes as the object's range says. Dropping it stops the read.
    Stream(StreamReader),
}

/// What a read finds.
#[derive(Debug)]
pub enum Found {
    /// The object; its range is what the body holds.
    Object(R2Object, BodyOut),
    /// A condition did not hold: what is known of the object, without its body.
    Unmatched(R2Object),
}

impl Bucket {
    /// The bucket behind a service.
    pub fn new(service: R2Service) -> Self {
        Self { service }
    }

    /// What is known of an object.
    pub async fn head(&self, key: impl Into<String>) -> Result<R2Object, R2Error> {
        object(self.ask(R2Call::Head { key: key.into() }, None).await?)
    }

    /// An object with its body.
    pub async fn get(&self, key: impl Into<String>, options: R2GetOptions) -> Result<Found, R2Error> {
        let R2Reply { answer, body } = self.ask(R2Call::Get { key: key.into(), options }, None).await?;
        match (answer, body) {
            (R2Answer::Unmatched(object), _) => Ok(Found::Unmatched(object)),
            (R2Answer::Found { object, inline: Some(bytes) }, _) => Ok(Found::Object(object, BodyOut::Bytes(bytes))),
            (R2Answer::Found { object, inline: None }, Some(body)) => Ok(Found::Object(object, BodyOut::Stream(body))),
            _ => Err(R2Error::internal()),
        }
    }

    /// Writes an object.
    pub async fn put(&self, key: impl Into<String>, body: BodyIn, options: R2PutOptions) -> Result<R2Object, R2Error> {
        let (value, body) = parted(body);
        object(self.ask(R2Call::Put { key: key.into(), value, options: Box::new(options) }, body).await?)
    }

    /// Deletes objects, whether they exist or not.
    pub async fn delete(&self, keys: Vec<String>) -> Result<(), R2Error> {
        self.ask(R2Call::Delete { keys }, None).await.map(drop)
    }

    /// One page of objects.
    pub async fn list(&self, options: R2ListOptions) -> Result<R2Page, R2Error> {
        match self.ask(R2Call::List(options), None).await?.answer {
            R2Answer::Page(page) => Ok(page),
            _ => Err(R2Error::internal()),
        }
    }

    /// Begins a multipart upload; gives its id.
    pub async fn create_multipart_upload(
        &self,
        key: impl Into<String>,
        options: R2UploadOptions,
    ) -> Result<String, R2Error> {
        match self.ask(R2Call::CreateMultipartUpload { key: key.into(), options }, None).await?.answer {
            R2Answer::Upload { upload_id } => Ok(upload_id),
            _ => Err(R2Error::internal()),
        }
    }

    /// Writes a part; gives its tag.
    pub async fn upload_part(
        &self,
        key: impl Into<String>,
        upload_id: impl Into<String>,
        part_number: u32,
        body: BodyIn,
    ) -> Result<String, R2Error> {
        let (value, body) = parted(body);
        let call = R2Call::UploadPart { key: key.into(), upload_id: upload_id.into(), part_number, value };
        match self.ask(call, body).await?.answer {
            R2Answer::Part { etag } => Ok(etag),
            _ => Err(R2Error::internal()),
        }
    }

    /// Makes the object of its parts.
    pub async fn complete_multipart_upload(
        &self,
        key: impl Into<String>,
        upload_id: impl Into<String>,
        parts: Vec<R2UploadedPart>,
    ) -> Result<R2Object, R2Error> {
        let call = R2Call::CompleteMultipartUpload { key: key.into(), upload_id: upload_id.into(), parts };
        object(self.ask(call, None).await?)
    }

    /// Gives an upload up.
    pub async fn abort_multipart_upload(
        &self,
        key: impl Into<String>,
        upload_id: impl Into<String>,
    ) -> Result<(), R2Error> {
        let call = R2Call::AbortMultipartUpload { key: key.into(), upload_id: upload_id.into() };
        self.ask(call, None).await.map(drop)
    }

    /// The parts of a running upload, in order of their numbers.
    pub async fn list_parts(
        &self,
        key: impl Into<String>,
        upload_id: impl Into<String>,
    ) -> Result<Vec<R2Part>, R2Error> {
        let call = R2Call::ListParts { key: key.into(), upload_id: upload_id.into() };
        match self.ask(call, None).await?.answer {
            R2Answer::Parts(parts) => Ok(parts),
            _ => Err(R2Error::internal()),
        }
    }

    /// The running uploads of keys that start with `prefix`, in order of key and id.
    pub async fn list_uploads(&self, prefix: impl Into<String>) -> Result<Vec<R2Upload>, R2Error> {
        match self.ask(R2Call::ListUploads { prefix: prefix.into() }, None).await?.answer {
            R2Answer::Uploads(uploads) => Ok(uploads),
            _ => Err(R2Error::internal()),
        }
    }

    async fn ask(&self, call: R2Call, body: Option<StreamReader>) -> Result<R2Reply, R2Error> {
        match self.service.call(R2Ask { call, body }).await {
            Ok(Ok(R2Reply { answer: R2Answer::BodyFailed(error), .. })) => Err(R2Error::fault(error)),
            Ok(answer) => answer,
            Err(gone) => Err(R2Error::fault(gone)),
        }
    }
}

fn parted(body: BodyIn) -> (R2Value, Option<StreamReader>) {
    match body {
        BodyIn::Bytes(bytes) => (R2Value::Inline(bytes), None),
        BodyIn::Stream { reader, length } => (R2Value::Stream { length }, Some(reader)),
    }
}

fn object(reply: R2Reply) -> Result<R2Object, R2Error> {
    match reply.answer {
        R2Answer::Object(object) => Ok(object),
        _ => Err(R2Error::internal()),
    }
}
