//! The heads and bodies of requests and responses, as every fetch carries them across threads.
//!
//! The same types serve an incoming request (host to guest), an outbound `fetch` (guest to host) and a
//! service binding (guest to guest).

use std::sync::Arc;

use bytes::Bytes;

use crate::StreamId;

/// Header names and values in arrival order, duplicates kept, in one allocation.
///
/// Names are as given (the producer lower-cases them); values are raw bytes, read as UTF-8 by JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderList {
    bytes: Vec<u8>,
    /// Ends of name, value, name, value… in `bytes`.
    ends: Vec<u32>,
}

impl HeaderList {
    /// A list with room for `count` headers.
    pub fn with_capacity(count: usize) -> Self {
        Self { bytes: Vec::with_capacity(count * 32), ends: Vec::with_capacity(count * 2) }
    }

    /// Appends one header.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        self.bytes.extend_from_slice(name.as_bytes());
        self.ends.push(self.bytes.len() as u32);
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The number of headers.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// True when there is no header.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The headers in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut start = 0usize;
        self.ends.chunks_exact(2).map(move |pair| {
            let (name_end, value_end) = (pair[0] as usize, pair[1] as usize);
            let name = std::str::from_utf8(&self.bytes[start..name_end]).expect("names are pushed as str");
            let value = &self.bytes[name_end..value_end];
            start = value_end;
            (name, value)
        })
    }

    /// The first value of `name`, which must be given in lower case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for HeaderList {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a [u8])>>(iter: T) -> Self {
        let mut list = Self::default();
        for (name, value) in iter {
            list.push(name, value);
        }
        list
    }
}

/// A request without its body.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The method as the client sent it: `GET`, `POST`, `PURGE`.
    pub method: String,
    /// The absolute URL that user code sees in `request.url`.
    pub url: String,
    /// All headers.
    pub headers: HeaderList,
    /// The value of `request.cf` as JSON text; `None` leaves it undefined.
    pub cf: Option<Arc<str>>,
}

/// A response without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// 100 to 599; 101 only with a WebSocket.
    pub status: u16,
    /// The reason phrase; empty for the standard one.
    pub status_text: String,
    /// All headers, every `set-cookie` on its own.
    pub headers: HeaderList,
    /// True when the body is already encoded as `content-encoding` says and must go out as it is.
    pub encoded: bool,
    /// The URL the response came from, after redirects; empty for one that a worker made.
    pub url: String,
}

/// A body: nothing, all of it, or the stream that will bring it.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No body at all (`null` in JavaScript).
    Empty,
    /// The whole body, at most [`limits::BODY_INLINE_BYTES_MAX`](crate::limits::BODY_INLINE_BYTES_MAX) long
    /// unless it exists in memory anyway.
    Inline(Bytes),
    /// The body follows on a stream whose end travels beside the message.
    Stream {
        /// Which attachment of the parcel is the reading end.
        id: StreamId,
        /// The exact length in bytes when it is known; it becomes `content-length`.
        length: Option<u64>,
    },
}

impl Body {
    /// True for [`Body::Empty`].
    pub fn is_empty(&self) -> bool {
        matches!(self, Body::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_list_keeps_order_and_duplicates() {
        let mut list = HeaderList::default();
        list.push("set-cookie", b"a=1");
        list.push("x", b"");
        list.push("set-cookie", b"b=2");
        let seen: Vec<_> = list.iter().collect();
        assert_eq!(seen, [("set-cookie", &b"a=1"[..]), ("x", b""), ("set-cookie", b"b=2")]);
        assert_eq!(list.len(), 3);
        assert_eq!(list.get("Set-Cookie"), Some(&b"a=1"[..]));
        assert_eq!(list.get("y"), None);
    }
}
