//! The canonical form of a request: the text that its signature is of.
//!
//! Facts from Amazon's description of Signature Version 4. S3 differs from the other services in one point: the path
//! is signed as it was sent, encoded once.

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `UriEncode` leaves alone besides letters and digits.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is left alone in a path.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Amazon's `UriEncode`.
pub fn uri_encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A key as part of a URL.
pub fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, PATH).to_string()
}

/// The path as a client signs it that encodes less, or other characters, than it signs. `None` when it is no UTF-8.
pub fn reencoded_path(path: &str) -> Option<String> {
    Some(encode_key(&percent_decode_str(path).decode_utf8().ok()?))
}

/// The names and values of a query, decoded, in their order.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The parameters sorted by name and value, encoded. `but` is left out.
pub fn canonical_query(parameters: &[(String, String)], but: Option<&str>) -> String {
    let included = parameters.iter().filter(|(name, _)| Some(name.as_str()) != but);
    let mut encoded: Vec<(String, String)> =
        included.map(|(name, value)| (uri_encode(name), uri_encode(value))).collect();
    encoded.sort();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// One line for each of the signed headers, in the order in which they are named. `authority` stands in for a
/// missing `Host`, as HTTP/2 has it. Values of other encodings than UTF-8 are taken byte by byte.
pub fn canonical_headers(headers: &HeaderMap, authority: Option<&str>, signed: &[String]) -> Vec<u8> {
    let mut text = Vec::new();
    for name in signed {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        let mut values = headers.get_all(name.as_str()).iter().peekable();
        if values.peek().is_none() && name == "host" {
            text.extend_from_slice(authority.unwrap_or_default().as_bytes());
        }
        for (place, value) in values.enumerate() {
            if place > 0 {
                text.push(b',');
            }
            append_trimmed(&mut text, value.as_bytes());
        }
        text.push(b'\n');
    }
    text
}

/// Without blanks at the ends, and with single ones in between.
fn append_trimmed(text: &mut Vec<u8>, value: &[u8]) {
    let mut blank = false;
    for byte in value.trim_ascii() {
        if *byte == b' ' && blank {
            continue;
        }
        blank = *byte == b' ';
        text.push(*byte);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(uri_encode("a/b c!'()*~-._ü+"), "a%2Fb%20c%21%27%28%29%2A~-._%C3%BC%2B");
        assert_eq!(encode_key("a/b c"), "a/b%20c");
        assert_eq!(reencoded_path("/b/a(1)%20ü").unwrap(), "/b/a%281%29%20%C3%BC");
        assert_eq!(reencoded_path("/%ff"), None);
    }

    #[test]
    fn queries_are_sorted_and_encoded_anew() {
        let parameters = parse_query("b=2&a=%2f&a=+x&X-Amz-Signature=s&c");
        assert_eq!(canonical_query(&parameters, Some("X-Amz-Signature")), "a=%20x&a=%2F&b=2&c=");
    }

    #[test]
    fn headers_are_trimmed_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", "  one   two ".parse().unwrap());
        headers.append("x-a", "three".parse().unwrap());
        let signed = ["host".to_string(), "x-a".to_string(), "x-none".to_string()];
        let text = canonical_headers(&headers, Some("h:1"), &signed);
        assert_eq!(String::from_utf8(text).unwrap(), "host:h:1\nx-a:one two,three\nx-none:\n");
    }
}
