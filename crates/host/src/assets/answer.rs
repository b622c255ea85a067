//! From what is decided to the response that goes out: status, headers, the bytes.
//!
//! Speaks the protocol's types, so that a client, a binding and another worker get the same. Large files are read as
//! they are sent, a chunk at a time, by a task that ends with its reader.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use lopata_bridges::{Parcel, stream};
use lopata_protocol::{Answer, Body, EventOutcome, HeaderList, ResponseHead, WireError};
use tokio::runtime::Handle;

use super::files::{Asset, Content};
use super::range::Range;
use crate::file_stream;

/// What browsers are told about keeping an asset. Source: production.
const CACHE_CONTROL: &str = "public, max-age=0, must-revalidate";

/// A response, as it is being made.
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub content: Sent,
}

/// What of a file is sent.
pub enum Sent {
    /// Nothing, as a `HEAD` or a 304 has it.
    Null,
    /// No bytes.
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// `length` bytes of an open file from `start`.
    File { file: File, start: u64, length: u64 },
}

/// What a request says about the way an asset is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    pub head: bool,
    pub if_none_match: Option<&'a [u8]>,
    /// Whether an `Authorization` came along: what is for one person is not to be kept.
    pub authorized: bool,
    /// Of a `GET`.
    pub range: Option<&'a [u8]>,
    pub if_range: Option<&'a [u8]>,
    /// Whether parts are sent at all: whoever asks through a binding gets the whole, as in production.
    pub parts: bool,
}

impl Response {
    /// One without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), content: Sent::Empty }
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        let mut response = Self::empty(status);
        match HeaderValue::try_from(location) {
            Ok(value) => {
                response.headers.insert(header::LOCATION, value);
                response
            }
            Err(_) => Self::empty(500),
        }
    }

    /// A file; the error says that it is no longer the one that was found.
    pub fn file(asset: &Asset, status: u16, wishes: &Wishes<'_>) -> io::Result<Self> {
        let mut headers = HeaderMap::with_capacity(6);
        if let Some(kind) = &asset.content_type {
            headers.insert(header::CONTENT_TYPE, kind.clone());
        }
        if !wishes.authorized && wishes.range.is_none() {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
        }
        headers.insert("cf-cache-status", HeaderValue::from_static("HIT"));
        headers.insert(header::ETAG, asset.tag.clone());
        let tag = asset.tag.as_bytes();
        if wishes.if_none_match.is_some_and(|given| names(given, tag)) {
            return Ok(Self { status: 304, headers, content: Sent::Null });
        }
        let size = asset.content.len();
        let range = wishes.range.filter(|_| wishes.parts && status == 200 && !wishes.head);
        // A part of another version is of no use.
        let range = range.filter(|_| wishes.if_range.is_none_or(|given| given.trim_ascii() == tag));
        let wanted = range.map_or(Range::Whole, |range| Range::parse(range, size));
        let (status, start, length) = match wanted {
            Range::Whole => (status, 0, size),
            Range::Part { start, length } => {
                let place = format!("bytes {start}-{}/{size}", start + length - 1);
                headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(place).expect("digits and a few signs"));
                (206, start, length)
            }
            Range::Unsatisfiable => {
                let place = format!("bytes */{size}");
                headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(place).expect("digits and a few signs"));
                headers.remove(header::CONTENT_TYPE);
                return Ok(Self { status: 416, headers, content: Sent::Empty });
            }
        };
        if wishes.head {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
            return Ok(Self { status, headers, content: Sent::Null });
        }
        let content = match &asset.content {
            Content::Kept(bytes) => Sent::Bytes(bytes.slice(start as usize..(start + length) as usize)),
            Content::OnDisk { place, .. } => Sent::File { file: open(place, asset)?, start, length },
        };
        Ok(Self { status, headers, content })
    }

    /// The answer to a call. `url` is what was asked for; `runtime` reads what is large, piece by piece.
    pub fn into_answer(self, url: &str, runtime: Option<&Handle>) -> Parcel<Answer> {
        let Self { status, headers, content } = self;
        let mut list = HeaderList::with_capacity(headers.len());
        for (name, value) in &headers {
            list.push(name.as_str(), value.as_bytes());
        }
        let head = Box::new(ResponseHead {
            status,
            status_text: reason(status).to_string(),
            headers: list,
            encoded: false,
            url: url.to_string(),
        });
        let inline = |head, bytes| Parcel::new(Answer::Response { head, body: Body::Inline(bytes) });
        match content {
            Sent::Null => Parcel::new(Answer::Response { head, body: Body::Empty }),
            Sent::Empty => inline(head, Bytes::new()),
            Sent::Bytes(bytes) => inline(head, bytes),
            Sent::File { file, start, length } => {
                let Some(runtime) = runtime else {
                    return match read(file, start, length) {
                        Ok(bytes) => inline(head, bytes),
                        Err(error) => {
                            let error = WireError::new("Error", error.to_string());
                            Parcel::new(Answer::Failed { error, outcome: EventOutcome::InternalError })
                        }
                    };
                };
                let (writer, reader) = stream();
                let body = Body::Stream { id: reader.id(), length: Some(length) };
                let mut parcel = Parcel::new(Answer::Response { head, body });
                parcel.attachments.attach_stream(reader);
                let file = tokio::fs::File::from_std(file);
                runtime.spawn(file_stream::send(file, start, length, writer));
                parcel
            }
        }
    }
}

fn open(place: &Path, asset: &Asset) -> io::Result<File> {
    let file = File::open(place)?;
    match asset.is(&file.metadata()?) {
        true => Ok(file),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Whether `If-None-Match` names a version; weak or strong makes no difference.
fn names(given: &[u8], tag: &[u8]) -> bool {
    let named = |item: &[u8]| {
        let item = item.trim_ascii();
        item == b"*" || item.strip_prefix(b"W/").unwrap_or(item) == tag
    };
    given.split(|byte| *byte == b',').any(named)
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// Reads a part of a file.
fn read(mut file: File, start: u64, length: u64) -> io::Result<Bytes> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_in_every_way_that_http_has() {
        for (given, named) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            (" \"a\" ", true),
            ("\"x\", W/\"a\"", true),
            ("\"a\", \"x\"", true),
            ("*", true),
            ("a", false),
            ("w/\"a\"", false),
            ("\"A\"", false),
            ("", false),
        ] {
            assert_eq!(names(given.as_bytes(), b"\"a\""), named, "{given}");
        }
    }
}
