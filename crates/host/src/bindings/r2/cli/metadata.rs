//! The flags by which metadata is given.

use clap::Args;
use lopata_protocol::r2::{R2HttpMetadata, R2PutOptions};

use super::R2CliError;
use crate::bindings::r2::http::parse_http_date;

/// What is stored with an object.
#[derive(Debug, Args)]
pub struct Metadata {
    /// A standard MIME type describing the format of the object data
    #[arg(long, visible_alias = "ct", value_name = "TYPE")]
    content_type: Option<String>,
    /// Specifies presentational information for the object
    #[arg(long, visible_alias = "cd", value_name = "VALUE")]
    content_disposition: Option<String>,
    /// Specifies what content encodings have been applied to the object
    #[arg(long, visible_alias = "ce", value_name = "VALUE")]
    content_encoding: Option<String>,
    /// The language the content is in
    #[arg(long, visible_alias = "cl", value_name = "VALUE")]
    content_language: Option<String>,
    /// Specifies caching behavior along the request/reply chain
    #[arg(long, visible_alias = "cc", value_name = "VALUE")]
    cache_control: Option<String>,
    /// The date and time at which the object is no longer cacheable: an HTTP date, or milliseconds since 1970
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    expires: Option<String>,
    /// The storage class of the object to be created: Standard or InfrequentAccess
    #[arg(short, long, value_name = "CLASS")]
    storage_class: Option<String>,
}

impl Metadata {
    /// ` with X storage class`, if one is given.
    pub fn class_note(&self) -> String {
        self.storage_class.as_ref().map(|class| format!(" with {class} storage class")).unwrap_or_default()
    }

    /// As the store takes it.
    pub fn options(&self) -> Result<R2PutOptions, R2CliError> {
        let cache_expiry_ms = match self.expires.as_deref() {
            None => None,
            Some(text) => Some(parse_expires(text).ok_or(R2CliError::Expires)?),
        };
        let storage_class = match self.storage_class.as_deref() {
            None => String::new(),
            Some(class) => ["Standard", "InfrequentAccess"]
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(class))
                .ok_or_else(|| R2CliError::StorageClass(class.to_string()))?
                .to_string(),
        };
        let http_metadata = R2HttpMetadata {
            content_type: self.content_type.clone(),
            content_language: self.content_language.clone(),
            content_disposition: self.content_disposition.clone(),
            content_encoding: self.content_encoding.clone(),
            cache_control: self.cache_control.clone(),
            cache_expiry_ms,
        };
        Ok(R2PutOptions { http_metadata, storage_class, ..R2PutOptions::default() })
    }
}

/// wrangler takes the digits at the start for milliseconds, and dates only when it writes to production.
fn parse_expires(text: &str) -> Option<i64> {
    let trimmed = text.trim();
    let (sign, unsigned) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let digits = &unsigned[..unsigned.bytes().take_while(u8::is_ascii_digit).count()];
    match digits.parse::<i64>() {
        Ok(ms) => Some(sign * ms),
        Err(_) => parse_http_date(trimmed),
    }
}
