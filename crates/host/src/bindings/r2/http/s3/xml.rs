//! The XML of S3: documents that are written as a tree of elements, and the two that clients send.
//!
//! Keys may hold characters that XML cannot (`encoding-type=url` is S3's own way around that); they are written as
//! character references, as S3 does, rather than dropped.
//!
//! Reading is strict where R2 is: what is no document, or lacks what it must have, is `MalformedXML`. Elements that
//! are not known are skipped, whatever is in them.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::errors::S3Error;

/// How every document begins.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// What all successful documents are in.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Keys that one `DeleteObjects` may name.
const DELETE_KEYS_MAX: usize = 1000;

/// Elements within elements that are read; deeper ones are no S3 document.
const DEPTH_MAX: usize = 16;

/// A document being written.
#[derive(Debug)]
pub struct Document {
    root: &'static str,
    text: String,
}

impl Document {
    /// An empty document of this root element.
    pub fn new(root: &'static str) -> Self {
        Self { root, text: format!("{DECLARATION}<{root} xmlns=\"{NAMESPACE}\">") }
    }

    /// Adds an element with text.
    pub fn put(&mut self, name: &str, value: &str) -> &mut Self {
        element(&mut self.text, name, value);
        self
    }

    /// Adds an element with text, if there is any text.
    pub fn put_some(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.put(name, value);
        }
        self
    }

    /// Adds an element with elements in it.
    pub fn nest(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.text.push_str(&format!("<{name}>"));
        fill(self);
        self.text.push_str(&format!("</{name}>"));
        self
    }

    /// Adds text to the element that is open.
    pub fn text(&mut self, value: &str) -> &mut Self {
        escape(&mut self.text, value);
        self
    }

    /// The whole document.
    pub fn finish(mut self) -> String {
        self.text.push_str(&format!("</{}>", self.root));
        self.text
    }
}

/// Adds an element with text.
pub fn element(text: &mut String, name: &str, value: &str) {
    text.push('<');
    text.push_str(name);
    text.push('>');
    escape(text, value);
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            // A reader makes a line feed of a plain one.
            '\r' => text.push_str("&#xD;"),
            '\t' | '\n' => text.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => text.push_str(&format!("&#x{:X};", u32::from(character))),
            _ => text.push(character),
        }
    }
}

/// An element that was read.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Reads a document whose root element has this name.
fn read(body: &[u8], root: &str) -> Result<Element, S3Error> {
    let text = std::str::from_utf8(body).map_err(|_| S3Error::malformed_xml())?;
    let mut reader = Reader::from_str(text);
    // The first is what is outside of the root element.
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|_| S3Error::malformed_xml())?;
        let depth = open.len();
        let innermost = open.last_mut().expect("the outermost is never closed");
        match event {
            Event::Start(start) if depth < DEPTH_MAX => {
                let name = start.local_name().as_ref().to_string();
                open.push(Element { name, ..Element::default() });
            }
            Event::Start(_) => return Err(S3Error::malformed_xml()),
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_string();
                innermost.children.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let closed = open.pop().expect("the reader checks that each end has its start");
                open.last_mut().ok_or_else(S3Error::malformed_xml)?.children.push(closed);
            }
            Event::Text(text) => innermost.text.push_str(&text.xml10_content()),
            Event::CData(data) => innermost.text.push_str(&data.xml10_content()),
            Event::GeneralRef(reference) => innermost.text.push(resolve(&reference)?),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            // There is none in S3, and what one may define is a risk.
            Event::DocType(_) => return Err(S3Error::malformed_xml()),
            Event::Eof => break,
        }
    }
    let mut outermost = match (open.pop(), open.is_empty()) {
        (Some(outermost), true) => outermost,
        _ => return Err(S3Error::malformed_xml()),
    };
    match (outermost.children.pop(), outermost.children.is_empty()) {
        (Some(element), true) if element.name == root => Ok(element),
        _ => Err(S3Error::malformed_xml()),
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, S3Error> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| S3Error::malformed_xml())? {
        return Ok(character);
    }
    match &*reference.xml10_content() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(S3Error::malformed_xml()),
    }
}

/// The keys that a `DeleteObjects` names. R2 checks `Quiet` and then ignores it.
pub fn read_delete(body: &[u8]) -> Result<Vec<String>, S3Error> {
    let root = read(body, "Delete")?;
    let keys = root.all("Object").map(|object| object.child("Key").map(|key| key.text.clone()));
    let keys = keys.collect::<Option<Vec<_>>>().ok_or_else(S3Error::malformed_xml)?;
    let quiet = root.child("Quiet").is_none_or(|quiet| matches!(quiet.text.as_str(), "true" | "false"));
    if keys.is_empty() || keys.len() > DELETE_KEYS_MAX || !quiet {
        return Err(S3Error::malformed_xml());
    }
    Ok(keys)
}

/// The parts that a `CompleteMultipartUpload` names: number and etag without quotes.
pub fn read_complete(body: &[u8]) -> Result<Vec<(u32, String)>, S3Error> {
    let root = read(body, "CompleteMultipartUpload")?;
    let mut parts = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for part in root.all("Part") {
        let number = part.child("PartNumber").and_then(|number| number.text.trim().parse::<i64>().ok());
        let etag = part.child("ETag").map(|etag| etag.text.trim());
        let (Some(number), Some(etag)) = (number, etag) else { return Err(S3Error::malformed_xml()) };
        // No part can have such a number.
        let number = u32::try_from(number).ok().filter(|number| (1..=super::detect::PART_NUMBER_MAX).contains(number));
        let number = number.ok_or_else(S3Error::invalid_part)?;
        if !seen.insert(number) {
            return Err(S3Error::new(400, "InvalidPart", "There was a problem with the multipart upload."));
        }
        let etag = etag.strip_prefix('"').unwrap_or(etag);
        parts.push((number, etag.strip_suffix('"').unwrap_or(etag).to_string()));
    }
    if parts.is_empty() { Err(S3Error::malformed_xml()) } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_are_trees() {
        let mut document = Document::new("Root");
        document.put("A", "1 < 2").put_some("B", None).nest("C", |c| {
            c.put("D", "");
            c.text("x");
        });
        assert_eq!(
            document.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <A>1 &lt; 2</A><C><D></D>x</C></Root>"
        );
    }

    #[test]
    fn deletes_are_read() {
        let body = b"<?xml version='1.0'?>\n<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Object><Key> a&amp;b&#x1;</Key><VersionId>x</VersionId></Object>\n<Object><Key><![CDATA[<c>]]></Key>\
            </Object><Object><Key/></Object><Quiet>true</Quiet></Delete>";
        assert_eq!(read_delete(body).unwrap(), [" a&b\u{1}", "<c>", ""]);
        for bad in [
            &b""[..],
            b"<Delete>",
            b"<Delete></Delete>",
            b"<Delete><Object></Object></Delete>",
            b"<Other><Object><Key>a</Key></Object></Other>",
            b"<Delete><Object><Key>a</Key></Object><Quiet>yes</Quiet></Delete>",
            b"<Delete><Object><Key>a</Object></Key></Delete>",
            b"<Delete><Object><Key>&unknown;</Key></Object></Delete>",
            b"<!DOCTYPE Delete [<!ENTITY x 'y'>]><Delete><Object><Key>&x;</Key></Object></Delete>",
            b"<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
            b"<Delete><Object><Key>\xff</Key></Object></Delete>",
            b"not xml",
        ] {
            let error = read_delete(bad).unwrap_err();
            assert_eq!(error.code, "MalformedXML", "{}", String::from_utf8_lossy(bad));
        }
        let many = |count: usize| format!("<Delete>{}</Delete>", "<Object><Key>a</Key></Object>".repeat(count));
        assert_eq!(read_delete(many(1000).as_bytes()).unwrap().len(), 1000);
        assert_eq!(read_delete(many(1001).as_bytes()).unwrap_err().code, "MalformedXML");
        let deep = format!("{}{}", "<Delete>".repeat(100_000), "</Delete>".repeat(100_000));
        assert_eq!(read_delete(deep.as_bytes()).unwrap_err().code, "MalformedXML");
    }

    #[test]
    fn completions_are_read() {
        let part =
            |number: &str, etag: &str| format!("<Part><ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>");
        let whole = |parts: &[String]| format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.concat());
        let read = |parts: &[String]| read_complete(whole(parts).as_bytes());
        let parts = [part("2", "&quot;b&quot;"), part("1", "\"a\"")];
        assert_eq!(read(&parts).unwrap(), [(2, "b".to_string()), (1, "a".to_string())]);
        assert_eq!(read(&[]).unwrap_err().code, "MalformedXML");
        assert_eq!(read(&[part("x", "a")]).unwrap_err().code, "MalformedXML");
        assert_eq!(read(&[part("0", "a")]).unwrap_err(), S3Error::invalid_part());
        assert_eq!(read(&[part("10001", "a")]).unwrap_err(), S3Error::invalid_part());
        let twice = read(&[part("1", "a"), part("1", "a")]).unwrap_err();
        assert_eq!((twice.code, &*twice.message), ("InvalidPart", "There was a problem with the multipart upload."));
    }

    proptest! {
        #[test]
        fn any_key_survives(keys in prop::collection::vec("(?s).{0,20}", 1..5)) {
            // No document can have this one, not even as a reference.
            let keys: Vec<String> = keys.iter().map(|key| key.replace('\0', "0")).collect();
            let mut text = String::from("<Delete>");
            for key in &keys {
                text.push_str("<Object>");
                element(&mut text, "Key", key);
                text.push_str("</Object>");
            }
            text.push_str("</Delete>");
            let read = read_delete(text.as_bytes()).unwrap();
            prop_assert_eq!(read, keys);
        }

        #[test]
        fn nothing_read_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (read_delete(&body), read_complete(&body));
        }
    }
}
