//! From a stored response to the answer of a match: headers that are right now, and the body in the wanted form.
//!
//! A body that fits inside the answer is in it. A longer one comes as a stream, read from its file piece by piece as
//! its consumer takes it, so that memory is bounded by the stream's window and one piece.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lopata_bridges::{Parcel, StreamWriter, stream};
use lopata_protocol::limits::BODY_INLINE_BYTES_MAX;
use lopata_protocol::{Body, CacheAnswer, CacheWanted, HeaderList, WireError};
use lopata_storage::cache::{CachedBody, CachedResponse};
use tokio::runtime::Handle;

use super::form::{Form, Span, form, frames};

/// Bytes that are read from a file at once.
const PIECE_BYTES: u64 = 256 * 1024;

/// Random bytes in the boundary of a body in parts.
const BOUNDARY_RANDOM_BYTES: usize = 16;

/// The answer to a match.
pub fn answer(
    found: &CachedResponse,
    wanted: &CacheWanted,
    now_ms: i64,
    runtime: &Handle,
) -> io::Result<Parcel<CacheAnswer>> {
    let size = found.size;
    let form = form(wanted, &found.headers, size);
    if form == Form::Unsatisfiable {
        let range = format!("bytes */{size}");
        let headers = [("content-range", range.as_bytes()), ("cf-cache-status", b"HIT")].into_iter().collect();
        return Ok(CacheAnswer::Hit { status: 416, headers, body: Body::Inline(Bytes::new()) }.into());
    }
    match form {
        Form::Unsatisfiable => unreachable!("answered above"),
        Form::NotModified => {
            // Its headers are those of the whole response.
            let headers = shown_headers(found, now_ms, &[]);
            Ok(CacheAnswer::Hit { status: 304, headers, body: Body::Empty }.into())
        }
        Form::Whole => {
            let headers = shown_headers(found, now_ms, &[]);
            hit(found.status, headers, vec![run(&found.body, Span { start: 0, end: size })], runtime)
        }
        Form::Part(span) => {
            let mut headers = shown_headers(found, now_ms, &["content-length"]);
            headers.push("content-range", format!("bytes {}-{}/{size}", span.start, span.end - 1).as_bytes());
            headers.push("content-length", (span.end - span.start).to_string().as_bytes());
            hit(206, headers, vec![run(&found.body, span)], runtime)
        }
        Form::Parts(spans) => in_parts(found, spans, now_ms, runtime),
    }
}

fn in_parts(
    found: &CachedResponse,
    spans: Vec<Span>,
    now_ms: i64,
    runtime: &Handle,
) -> io::Result<Parcel<CacheAnswer>> {
    let boundary = boundary()?;
    let content_type = found.headers.get("content-type").and_then(|kind| std::str::from_utf8(kind).ok());
    let mut frames =
        frames(&spans, found.size, content_type, &boundary).into_iter().map(|text| Run::Bytes(text.into()));
    let mut runs = Vec::with_capacity(spans.len() * 2 + 1);
    for span in spans {
        runs.extend(frames.next());
        runs.push(run(&found.body, span));
    }
    runs.extend(frames);
    let mut headers = shown_headers(found, now_ms, &["content-length", "content-type"]);
    headers.push("content-type", format!("multipart/byteranges; boundary={boundary}").as_bytes());
    headers.push("content-length", runs.iter().map(Run::len).sum::<u64>().to_string().as_bytes());
    hit(206, headers, runs, runtime)
}

fn boundary() -> io::Result<String> {
    let mut random = [0; BOUNDARY_RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(random.iter().fold("lopata-boundary-".to_string(), |text, byte| text + &format!("{byte:02x}")))
}

/// The stored headers with the age of now, and without some.
fn shown_headers(found: &CachedResponse, now_ms: i64, without: &[&str]) -> HeaderList {
    let mut headers = HeaderList::with_capacity(found.headers.len() + 3);
    for (name, value) in found.headers.iter() {
        if name.eq_ignore_ascii_case("age") {
            let before = std::str::from_utf8(value).ok().and_then(|age| age.parse::<i64>().ok()).unwrap_or(0);
            let here = found.stored_ms.map_or(0, |stored_ms| (now_ms - stored_ms).max(0) / 1000);
            headers.push("age", before.saturating_add(here).to_string().as_bytes());
        } else if !without.contains(&name) {
            headers.push(name, value);
        }
    }
    headers.push("cf-cache-status", b"HIT");
    headers
}

/// A part of a stored body.
enum Run {
    Bytes(Bytes),
    File(Arc<File>, Span),
}

impl Run {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, span) => span.end - span.start,
        }
    }
}

fn run(body: &CachedBody, span: Span) -> Run {
    match body {
        CachedBody::Whole(bytes) => Run::Bytes(bytes.slice(span.start as usize..span.end as usize)),
        CachedBody::File(file) => Run::File(file.clone(), span),
    }
}

fn hit(status: u16, headers: HeaderList, mut runs: Vec<Run>, runtime: &Handle) -> io::Result<Parcel<CacheAnswer>> {
    let length = runs.iter().map(Run::len).sum::<u64>();
    if let [Run::Bytes(_)] = runs.as_slice()
        && let Some(Run::Bytes(bytes)) = runs.pop()
    {
        return Ok(CacheAnswer::Hit { status, headers, body: Body::Inline(bytes) }.into());
    }
    if length <= u64::from(BODY_INLINE_BYTES_MAX) {
        let mut whole = BytesMut::with_capacity(length as usize);
        for run in runs {
            match run {
                Run::Bytes(bytes) => whole.extend_from_slice(&bytes),
                Run::File(file, span) => whole.extend_from_slice(&read(&file, span)?),
            }
        }
        return Ok(CacheAnswer::Hit { status, headers, body: Body::Inline(whole.freeze()) }.into());
    }
    let (writer, reader) = stream();
    let body = Body::Stream { id: reader.id(), length: Some(length) };
    let mut parcel = Parcel::new(CacheAnswer::Hit { status, headers, body });
    parcel.attachments.attach_stream(reader);
    runtime.spawn(bring(runs, writer));
    Ok(parcel)
}

fn read(file: &File, span: Span) -> io::Result<Bytes> {
    let mut bytes = vec![0; (span.end - span.start) as usize];
    file.read_exact_at(&mut bytes, span.start)?;
    Ok(bytes.into())
}

/// Sends the runs of a body until its reader has them or wants no more.
async fn bring(runs: Vec<Run>, mut writer: StreamWriter) {
    for run in runs {
        let (file, span) = match run {
            Run::Bytes(bytes) => {
                if writer.write(bytes).await.is_err() {
                    return;
                }
                continue;
            }
            Run::File(file, span) => (file, span),
        };
        let mut start = span.start;
        while start < span.end {
            if poll_fn(|cx| writer.poll_ready(cx)).await.is_err() {
                return;
            }
            let piece = Span { start, end: span.end.min(start + PIECE_BYTES) };
            let from = Arc::clone(&file);
            let bytes = match tokio::task::spawn_blocking(move || read(&from, piece)).await {
                Ok(Ok(bytes)) => bytes,
                Ok(Err(error)) => return writer.fail(WireError::new("Error", error.to_string())),
                Err(_) => return,
            };
            if writer.write(bytes).await.is_err() {
                return;
            }
            start = piece.end;
        }
    }
    writer.finish();
}
