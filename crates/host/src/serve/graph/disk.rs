//! Services that serve a folder.
//!
//! `GET` and `HEAD` of a file give its bytes, of a folder a JSON list of what is in it. If the folder is writable,
//! `PUT` writes a file as a whole and `DELETE` removes. Names with a dot in front do not exist unless the
//! configuration says so.
//!
//! Invariant: nothing outside of the folder can be named. A symbolic link in it may lead elsewhere, as in production.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use lopata_bridges::{Attachments, FetchCall, Parcel, Reply, stream};
use lopata_protocol::{Answer, Body, HeaderList, ResponseHead, WireError};
use percent_encoding::percent_decode_str;
use serde_json::json;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::host::{HostService, refuse};
use crate::file_stream;
use crate::server::Pull;

/// A folder that is served.
pub struct DiskService {
    root: PathBuf,
    writable: bool,
    dotfiles: bool,
    /// For the names of files that are being written.
    written: AtomicU64,
    /// Kept while the service lives; non-null exactly when the folder was made for it.
    _temporary: Option<TemporaryFolder>,
}

/// A folder that goes with its owner.
pub struct TemporaryFolder(pub PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's own folder for such.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a request names.
enum Named {
    /// The folder itself.
    Root,
    /// Something in it.
    Path(PathBuf),
    /// Something that may not be named.
    Blocked,
}

/// A response that has no body of its own: its reason is the body.
struct Plain(u16, &'static str);

/// What is answered.
enum Outcome {
    Plain(Plain),
    /// A file's bytes from `start`, `length` of them, under these headers.
    File {
        file: fs::File,
        status: u16,
        headers: HeaderList,
        start: u64,
        length: u64,
    },
    /// A whole body.
    Whole {
        headers: HeaderList,
        body: Bytes,
    },
    NoContent,
}

impl DiskService {
    /// What it serves.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Serves `root`.
    pub fn new(root: PathBuf, writable: bool, dotfiles: bool, temporary: Option<TemporaryFolder>) -> Self {
        Self { root, writable, dotfiles, written: AtomicU64::new(0), _temporary: temporary }
    }

    async fn answer(self: Arc<Self>, call: FetchCall) {
        let FetchCall { request, body, mut attachments, reply, .. } = call;
        let is_head = request.method == "HEAD";
        let range = request.headers.get("range").map(|value| String::from_utf8_lossy(value).into_owned());
        let named = self.name(&request.url);
        let outcome = match request.method.as_str() {
            "GET" | "HEAD" => self.read(named, range.filter(|_| !is_head)).await,
            "PUT" if self.writable => self.write(named, body, &mut attachments).await,
            "DELETE" if self.writable => self.remove(named).await,
            "PUT" | "DELETE" => Ok(Outcome::Plain(Plain(405, "Method Not Allowed"))),
            _ => Ok(Outcome::Plain(Plain(501, "Not Implemented"))),
        };
        match outcome {
            Ok(outcome) => send(outcome, &request.url, is_head, reply).await,
            Err(error) => {
                let mut internal = WireError::new("Error", "internal error");
                internal.cause = Some(Box::new(WireError::new("Error", error.to_string())));
                refuse(Some(reply), internal);
            }
        }
    }

    /// What the path of a URL names. The URL is parsed: `..` is resolved.
    fn name(&self, url: &str) -> Named {
        let path = url::Url::parse(url).map(|url| url.path().to_string()).unwrap_or_default();
        let mut named = self.root.clone();
        let mut is_root = true;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let part = percent_decode_str(part).decode_utf8_lossy();
            let hidden = part.starts_with('.') && !self.dotfiles;
            // A name may hold a separator once it is decoded.
            if hidden || part == "." || part == ".." || part.contains(['/', '\0']) {
                return Named::Blocked;
            }
            named.push(&*part);
            is_root = false;
        }
        if is_root { Named::Root } else { Named::Path(named) }
    }

    async fn read(&self, named: Named, range: Option<String>) -> io::Result<Outcome> {
        const NOT_FOUND: Outcome = Outcome::Plain(Plain(404, "Not Found"));
        let path = match named {
            Named::Root => self.root.clone(),
            Named::Path(path) => path,
            Named::Blocked => return Ok(NOT_FOUND),
        };
        let Ok(metadata) = fs::metadata(&path).await else { return Ok(NOT_FOUND) };
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let mut headers = HeaderList::default();
        if metadata.is_dir() {
            headers.push("content-type", b"application/json");
            headers.push("last-modified", httpdate::fmt_http_date(modified).as_bytes());
            return Ok(Outcome::Whole { headers, body: self.list(&path).await? });
        }
        if !metadata.is_file() {
            return Ok(Outcome::Plain(Plain(406, "Not Acceptable")));
        }
        let size = metadata.len();
        let (status, start, length) =
            match range.as_deref().map_or(Range::Everything, |range| Range::parse(range, size)) {
                Range::Everything => (200, 0, size),
                Range::Part { start, length } => (206, start, length),
                Range::Unsatisfiable => {
                    headers.push("content-range", format!("bytes */{size}").as_bytes());
                    return Ok(Outcome::File {
                        file: fs::File::open(&path).await?,
                        status: 416,
                        headers,
                        start: 0,
                        length: 0,
                    });
                }
            };
        headers.push("content-length", length.to_string().as_bytes());
        if status == 206 {
            let last = start + length - 1;
            headers.push("content-range", format!("bytes {start}-{last}/{size}").as_bytes());
        }
        headers.push("content-type", b"application/octet-stream");
        headers.push("last-modified", httpdate::fmt_http_date(modified).as_bytes());
        Ok(Outcome::File { file: fs::File::open(&path).await?, status, headers, start, length })
    }

    /// What is in a folder, as JSON, by name.
    async fn list(&self, path: &Path) -> io::Result<Bytes> {
        let mut entries = fs::read_dir(path).await?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') || self.dotfiles {
                found.push((name, type_name(entry.file_type().await?)));
            }
        }
        found.sort();
        let entries: Vec<_> = found.into_iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        Ok(Bytes::from(serde_json::Value::from(entries).to_string()))
    }

    /// Writes a file beside its place and moves it there, so that nobody reads half of it.
    async fn write(&self, named: Named, body: Body, attachments: &mut Attachments) -> io::Result<Outcome> {
        let Named::Path(path) = named else { return Ok(Outcome::Plain(Plain(403, "Unauthorized"))) };
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).await?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let partial = folder.join(format!(".lopata-{}-{number}.partial", std::process::id()));
        let written = async {
            let mut file = fs::File::create(&partial).await?;
            match body {
                Body::Empty => {}
                Body::Inline(bytes) => file.write_all(&bytes).await?,
                Body::Stream { id, length } => {
                    let reader = attachments.take_stream(id).ok_or(io::ErrorKind::BrokenPipe)?;
                    let mut pull = Pull::new(reader, length);
                    while let Some(bytes) = std::future::poll_fn(|cx| pull.poll(cx)).await {
                        file.write_all(&bytes.map_err(|error| io::Error::other(error.to_string()))?).await?;
                    }
                }
            }
            file.flush().await?;
            // A folder is replaced, too.
            if fs::metadata(&path).await.is_ok_and(|there| there.is_dir()) {
                fs::remove_dir_all(&path).await?;
            }
            fs::rename(&partial, &path).await
        };
        let written = written.await;
        if written.is_err() {
            let _ = fs::remove_file(&partial).await;
        }
        written.map(|()| Outcome::NoContent)
    }

    async fn remove(&self, named: Named) -> io::Result<Outcome> {
        let Named::Path(path) = named else { return Ok(Outcome::Plain(Plain(403, "Unauthorized"))) };
        let removed = match fs::symlink_metadata(&path).await {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path).await,
            Ok(_) => fs::remove_file(&path).await,
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => Ok(Outcome::NoContent),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Outcome::Plain(Plain(404, "Not Found")))
            }
            Err(error) => Err(error),
        }
    }
}

impl HostService for DiskService {
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.answer(call))
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Everything,
    Part { start: u64, length: u64 },
    Unsatisfiable,
}

impl Range {
    /// Reads the header for a file of `size` bytes. More than one range is as good as none.
    fn parse(header: &str, size: u64) -> Self {
        let Some(ranges) = header.trim().strip_prefix("bytes=") else { return Self::Unsatisfiable };
        if ranges.contains(',') {
            return Self::Everything;
        }
        let Some((first, last)) = ranges.trim().split_once('-') else { return Self::Unsatisfiable };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (start, end) = match (number(first), number(last)) {
            (Some(first), _) if last.trim().is_empty() => (first, size),
            (Some(first), Some(last)) if first <= last => (first, size.min(last.saturating_add(1))),
            (None, Some(suffix)) if first.trim().is_empty() => (size.saturating_sub(suffix), size),
            _ => return Self::Unsatisfiable,
        };
        match (start, end) {
            (start, end) if start >= end => Self::Unsatisfiable,
            (0, end) if end == size => Self::Everything,
            (start, end) => Self::Part { start, length: end - start },
        }
    }
}

/// What production calls an inode.
fn type_name(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_file() => "file",
        kind if kind.is_dir() => "directory",
        kind if kind.is_symlink() => "symlink",
        kind if kind.is_block_device() => "blockDevice",
        kind if kind.is_char_device() => "characterDevice",
        kind if kind.is_fifo() => "namedPipe",
        kind if kind.is_socket() => "socket",
        _ => "other",
    }
}

fn head(status: u16, text: &str, headers: HeaderList, url: &str) -> Box<ResponseHead> {
    Box::new(ResponseHead { status, status_text: text.to_string(), headers, encoded: false, url: url.to_string() })
}

async fn send(outcome: Outcome, url: &str, is_head: bool, reply: Reply) {
    // A caller that left does not want to know.
    let answer = |head, body| Answer::Response { head, body };
    match outcome {
        Outcome::Plain(Plain(status, text)) => {
            let body = if is_head { Body::Empty } else { Body::Inline(Bytes::from_static(text.as_bytes())) };
            let _ = reply.send(answer(head(status, text, HeaderList::default(), url), body));
        }
        Outcome::NoContent => {
            let _ = reply.send(answer(head(204, "No Content", HeaderList::default(), url), Body::Empty));
        }
        Outcome::Whole { headers, body } => {
            let body = if is_head { Body::Empty } else { Body::Inline(body) };
            let _ = reply.send(answer(head(200, "OK", headers, url), body));
        }
        Outcome::File { status: 416, headers, .. } => {
            let text = "Range Not Satisfiable";
            let body = Body::Inline(Bytes::from_static(text.as_bytes()));
            let _ = reply.send(answer(head(416, text, headers, url), body));
        }
        Outcome::File { file, status, headers, start, length } => {
            let text = if status == 206 { "Partial Content" } else { "OK" };
            let head = head(status, text, headers, url);
            if is_head || length == 0 {
                let body = if is_head { Body::Empty } else { Body::Inline(Bytes::new()) };
                let _ = reply.send(answer(head, body));
                return;
            }
            let (writer, reader) = stream();
            let mut parcel = Parcel::new(answer(head, Body::Stream { id: reader.id(), length: Some(length) }));
            parcel.attachments.attach_stream(reader);
            let _ = reply.send(parcel);
            file_stream::send(file, start, length, writer).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, expected) in [
            ("bytes=1-2", Range::Part { start: 1, length: 2 }),
            ("bytes=1-", Range::Part { start: 1, length: 5 }),
            ("bytes=-2", Range::Part { start: 4, length: 2 }),
            ("bytes=9-", Range::Unsatisfiable),
            ("bytes=0-1,3-4", Range::Everything),
            ("foo", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=4-2", Range::Unsatisfiable),
            ("bytes=-100", Range::Everything),
            ("bytes=0-100", Range::Everything),
        ] {
            assert_eq!(Range::parse(header, 6), expected, "{header}");
        }
    }

    #[test]
    fn nothing_outside_can_be_named() {
        let disk = DiskService::new("/served".into(), false, false, None);
        let blocked = |path: &str| matches!(disk.name(&format!("http://d{path}")), Named::Blocked);
        for path in ["/.git", "/a/.b", "/%2e%2e%2fetc", "/a%2fb", "/a%00b"] {
            assert!(blocked(path), "{path}");
        }
        let named = |path: &str| match disk.name(&format!("http://d{path}")) {
            Named::Path(path) => path.display().to_string(),
            Named::Root => "root".to_string(),
            Named::Blocked => "blocked".to_string(),
        };
        for (path, expected) in
            [("/", "root"), ("/a//b/", "/served/a/b"), ("/../../x", "/served/x"), ("/%61", "/served/a")]
        {
            assert_eq!(named(path), expected);
        }
    }
}
