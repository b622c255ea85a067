//! What the S3 endpoint refuses, with the codes, statuses and sentences of R2's own endpoint.
//!
//! R2's differ from those of Amazon's in several places: an unknown access key is `Unauthorized`, an expired link is
//! `ExpiredRequest`, most malformed input is `InvalidArgument`. What R2 does not document is as wrangler's endpoint
//! has it, which was written against a real bucket.
//!
//! An error is a small XML document without a namespace. To a `HEAD` request only its status is sent.

use lopata_protocol::r2::R2Error;

use super::xml;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct S3Error {
    /// The HTTP status.
    pub status: u16,
    /// `NoSuchKey`.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// Further elements, in order.
    pub details: Vec<(&'static str, String)>,
}

impl S3Error {
    /// An error without further elements.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new() }
    }

    /// Malformed or contradictory input.
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    /// Something that R2 knows and does not do.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(501, "NotImplemented", message)
    }

    /// An operation that is not available here, by its name.
    pub fn no_operation(name: &str) -> Self {
        Self::not_implemented(format!("{name} not implemented"))
    }

    /// A header whose meaning is not available here.
    pub fn no_header(name: &str, value: &str) -> Self {
        Self::not_implemented(format!("Header '{name}' with value '{value}' not implemented"))
    }

    /// The access key is unknown, or does not reach this bucket.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// A method that nothing answers to.
    pub fn route_not_found() -> Self {
        Self::new(404, "RouteNotFound", "No route matches this url.")
    }

    /// No bucket of this name has credentials.
    pub fn no_such_bucket() -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.")
    }

    /// The object does not exist.
    pub fn no_such_key() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    /// The upload does not exist, or no longer.
    pub fn no_such_upload() -> Self {
        Self::new(404, "NoSuchUpload", "The specified multipart upload does not exist.")
    }

    /// A condition of the request does not hold.
    pub fn precondition_failed() -> Self {
        Self::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
    }

    /// A range that the object does not have.
    pub fn invalid_range() -> Self {
        Self::new(416, "InvalidRange", "The requested range is not satisfiable")
    }

    /// A body that is no XML, or not the XML that was expected.
    pub fn malformed_xml() -> Self {
        Self::new(
            400,
            "MalformedXML",
            "The XML you provided was not well formed or did not validate against our published schema.",
        )
    }

    /// A part that was not uploaded, or is another one.
    pub fn invalid_part() -> Self {
        Self::new(400, "InvalidPart", "One or more of the specified parts could not be found.")
    }

    /// A body that ended before its time, or goes on after it.
    pub fn incomplete_body() -> Self {
        let message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
        Self::new(400, "IncompleteBody", message)
    }

    /// What went wrong here and not in the request.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", message)
    }

    /// What the bucket refused.
    pub fn of_bucket(error: R2Error) -> Self {
        let (status, code) = match error.code {
            R2Error::NO_SUCH_KEY => return Self::no_such_key(),
            R2Error::NO_SUCH_UPLOAD => return Self::no_such_upload(),
            R2Error::PRECONDITION_FAILED => return Self::precondition_failed(),
            R2Error::INVALID_RANGE => return Self::invalid_range(),
            R2Error::BAD_UPLOAD => {
                return Self::new(400, "InvalidPart", "All non-trailing parts must have the same length.");
            }
            R2Error::ENTITY_TOO_SMALL => (400, "EntityTooSmall"),
            R2Error::ENTITY_TOO_LARGE => (400, "EntityTooLarge"),
            R2Error::METADATA_TOO_LARGE => (400, "MetadataTooLarge"),
            R2Error::INVALID_OBJECT_NAME => (400, "InvalidObjectName"),
            R2Error::INVALID_MAX_KEYS => (400, "InvalidMaxKeys"),
            R2Error::INVALID_PART => (400, "InvalidPart"),
            R2Error::BAD_DIGEST => (400, "BadDigest"),
            _ => (500, "InternalError"),
        };
        Self::new(status, code, error.text)
    }

    /// The document.
    pub fn document(&self) -> String {
        let mut text = String::from(xml::DECLARATION);
        text.push_str("<Error>");
        xml::element(&mut text, "Code", self.code);
        xml::element(&mut text, "Message", &self.message);
        for (name, value) in &self.details {
            xml::element(&mut text, name, value);
        }
        text.push_str("</Error>");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_elements_in_order_and_escaped() {
        let mut error = S3Error::no_header("x-amz-acl", "<me> & 'you'");
        error.details.push(("More", "\u{1}".to_string()));
        assert_eq!(
            error.document(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NotImplemented</Code><Message>Header \
             &apos;x-amz-acl&apos; with value &apos;&lt;me&gt; &amp; &apos;you&apos;&apos; not implemented</Message>\
             <More>&#x1;</More></Error>"
        );
    }
}
