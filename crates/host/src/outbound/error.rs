//! Why a fetch failed, and what the worker is told.
//!
//! Production tells a worker little: `Network connection lost.` for anything that has to do with the connection,
//! `internal error` for the rest. Code may depend on those texts, so they stay the message; what a developer needs
//! (the target, the reason) is the `cause`.

use std::error::Error as _;
use std::io;

use lopata_protocol::WireError;

use super::reach::ReachError;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The scheme is not one that goes over the network.
    #[error("Fetch API cannot load: {0}")]
    Scheme(String),
    /// The URL has no host, or is none.
    #[error("Invalid URL: {0}")]
    Url(String),
    /// Not a method that a worker can send.
    #[error("Invalid HTTP method: {0}")]
    Method(String),
    /// A header that HTTP cannot carry.
    #[error("Invalid header \"{0}\".")]
    Header(String),
    /// The server's answer to a WebSocket's handshake is none.
    #[error("{0}")]
    Handshake(String),
    /// Nobody asked for another protocol.
    #[error("The server switched to another protocol without being asked to.")]
    Switched,
    /// The call names a body that did not come with it.
    #[error("The request's body is gone.")]
    LostBody,
    /// The worker's own body failed while it was being sent.
    #[error("{0}")]
    Body(WireError),
    /// No connection.
    #[error("{}", deepest(.0))]
    Connect(hyper_util::client::legacy::Error),
    /// The connection broke, or what came over it is not HTTP.
    #[error("{}", deepest(.0))]
    Exchange(hyper_util::client::legacy::Error),
    /// The body broke off or could not be decoded.
    #[error("{0}")]
    Receive(io::Error),
}

impl From<hyper_util::client::legacy::Error> for FetchError {
    fn from(error: hyper_util::client::legacy::Error) -> Self {
        if error.is_connect() {
            return Self::Connect(error);
        }
        // hyper wraps what the body threw: that is the worker's own error, and it gets it back.
        match find::<WireError>(&error) {
            Some(own) => Self::Body(own.clone()),
            None => Self::Exchange(error),
        }
    }
}

impl FetchError {
    /// The error that the worker catches for a fetch of `url`.
    pub(super) fn into_wire(self, url: &str) -> WireError {
        let type_error = |error: &Self| WireError::new("TypeError", error.to_string());
        match &self {
            Self::Scheme(_) | Self::Url(_) | Self::Method(_) | Self::Header(_) => type_error(&self),
            Self::Handshake(reason) => {
                internal(format!("the WebSocket handshake with {} failed: {reason}", target(url)))
            }
            Self::LostBody | Self::Switched => WireError::new("Error", self.to_string()),
            Self::Body(own) => own.clone(),
            Self::Connect(error) => connect(error, url),
            Self::Exchange(error) => exchange(error, url),
            Self::Receive(error) => match error.kind() {
                // What a decoder says about bytes that are not what their header promised.
                io::ErrorKind::InvalidData | io::ErrorKind::Other => {
                    internal(format!("cannot decode the body of {url}: {error}"))
                }
                _ => lost(&format!("the response of {url} broke off: {error}")),
            },
        }
    }
}

fn connect(error: &hyper_util::client::legacy::Error, url: &str) -> WireError {
    let target = target(url);
    let reason = deepest(error);
    if find::<rustls::Error>(error).is_some() {
        return internal(format!(
            "TLS handshake with {target} failed: {reason}. If the certificate is one of your own, name its authority \
             in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE."
        ));
    }
    if let Some(error) = find::<ReachError>(error) {
        return internal(format!("{error} ({target})"));
    }
    if chain(error).any(|error| error.to_string() == "dns error") {
        return internal(format!("DNS lookup of {target} failed: {reason}"));
    }
    lost(&format!("cannot connect to {target}: {reason}"))
}

fn exchange(error: &hyper_util::client::legacy::Error, url: &str) -> WireError {
    let reason = deepest(error);
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => internal(format!("the answer of {url} is not HTTP: {reason}")),
        _ => lost(&format!("the connection to {} ended before its response: {reason}", target(url))),
    }
}

fn lost(detail: &str) -> WireError {
    WireError::connection_lost(Some(detail))
}

fn internal(detail: String) -> WireError {
    let mut error = WireError::new("Error", "internal error");
    error.cause = Some(Box::new(WireError::new("Error", detail)));
    error
}

/// The part of a URL that a connection is made to: no path, no query, no password.
fn target(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(url) => url.origin().ascii_serialization(),
        Err(_) => url.to_owned(),
    }
}

fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn std::error::Error + 'static) = *error;
        // An io::Error hides what it wraps from `source`.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        }
    })
}

fn find<'a, E: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

fn deepest(error: &hyper_util::client::legacy::Error) -> String {
    let source = error.source().map(|source| chain(source).last().unwrap_or(source).to_string());
    source.unwrap_or_else(|| error.to_string())
}
