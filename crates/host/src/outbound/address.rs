//! Addresses as workerd's configuration writes them.
//!
//! `host:port`, `1.2.3.4`, `[::1]:80`, `*:80`, `unix:/path`, `unix-abstract:name`, and, for tests, `loopback:name`.

use std::fmt;
use std::path::PathBuf;

/// Where to connect to, or to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A machine, by name or address; `*` is every address of this one.
    Host {
        /// Without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A socket with a path.
    Unix(PathBuf),
    /// A socket with a name that is no path.
    UnixAbstract(String),
    /// A socket of the same configuration.
    Loopback(String),
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address: expected `host:port`, `unix:/path` or `loopback:name`.")]
pub struct AddressError(pub String);

impl Address {
    /// Reads an address; one without a port has `default_port`.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_string());
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        if let Some(name) = text.strip_prefix("unix-abstract:") {
            return Ok(Self::UnixAbstract(name.to_string()));
        }
        if let Some(name) = text.strip_prefix("loopback:") {
            return Ok(Self::Loopback(name.to_string()));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if rest.is_empty() => (host, None),
                    None => return Err(wrong()),
                }
            }
            // More than one colon is an address of IPv6.
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                Some(_) | None => (text, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None => default_port,
        };
        if host.is_empty() { Err(wrong()) } else { Ok(Self::Host { host: host.to_string(), port }) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::UnixAbstract(name) => write!(f, "unix-abstract:{name}"),
            Self::Loopback(name) => write!(f, "loopback:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn all_forms() {
        let host = |host: &str, port| Address::Host { host: host.to_string(), port };
        for (text, expected) in [
            ("example.com", host("example.com", 80)),
            ("example.com:8080", host("example.com", 8080)),
            ("*:1", host("*", 1)),
            ("127.0.0.1", host("127.0.0.1", 80)),
            ("[::1]:5", host("::1", 5)),
            ("[::1]", host("::1", 80)),
            ("::1", host("::1", 80)),
            ("unix:/a/b", Address::Unix("/a/b".into())),
            ("unix-abstract:x", Address::UnixAbstract("x".into())),
            ("loopback:x", Address::Loopback("x".into())),
        ] {
            assert_eq!(Address::parse(text, 80).unwrap(), expected, "{text}");
        }
        for text in ["", ":80", "a:b", "a:99999", "[::1", "[::1]x"] {
            assert!(Address::parse(text, 80).is_err(), "{text}");
        }
        assert_eq!(Address::parse("[::1]", 80).unwrap().to_string(), "[::1]:80");
    }
}
