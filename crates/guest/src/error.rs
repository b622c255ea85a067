//! The errors that ops of lopata throw, each with its JavaScript class and text.
//!
//! What fails on another thread is no error of an op: it reaches the script as a value, of which `errors.js` makes an
//! equal error.

/// What an op can throw.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum GuestError {
    /// A response with a status that HTTP does not have.
    #[class(range)]
    #[error("Responses may only be constructed with status codes in the range 200 to 599, inclusive.")]
    BadStatus,
    /// A body is read after the event it belongs to, or was cancelled meanwhile.
    #[class(type)]
    #[error("The body can no longer be read: the event it belongs to is over, or it was cancelled.")]
    EventOver,
    /// A value too large for a message of JS RPC. Source: production's text.
    #[class(generic)]
    #[error(
        "Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: {0} bytes."
    )]
    RpcTooLarge(usize),
    /// The storage of a facet cannot be had.
    #[class(generic)]
    #[error("{0}")]
    Facet(String),
    /// A number that names no open body.
    #[class(type)]
    #[error("The body stream is no longer open.")]
    NoSuchBody,
    /// An object's storage failed while its alarm rang.
    #[class(generic)]
    #[error("{0}")]
    Storage(String),
}
