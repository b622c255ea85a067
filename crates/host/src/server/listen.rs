//! Finds the addresses to listen on: both families of `localhost`, the port wished for or a free one.
//!
//! Invariant: all listeners share one port, so that the one URL that is printed reaches the server whichever
//! family the client picks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::options::Port;

/// How often a free port is looked for that is free in both families.
const FREE_PORT_TRIES_MAX: u32 = 16;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The text is wrangler's.
    #[error(
        "Address already in use ({0}). Please check that you are not already running a server on this address or \
         specify a different port with --port."
    )]
    InUse(SocketAddr),
    /// Ports below 1024 belong to root on most systems.
    #[error(
        "Permission denied to listen on {0}. Ports below 1024 are reserved on this system: specify another one with \
         --port."
    )]
    Denied(SocketAddr),
    /// `--ip` names an address of another machine.
    #[error("Cannot listen on {0}: this machine has no such address. Check --ip (or \"dev.ip\").")]
    NotLocal(IpAddr),
    /// `--ip` is neither an address nor a name that resolves.
    #[error("Cannot listen on \"{ip}\": {source}. Check --ip (or \"dev.ip\").")]
    Unresolved {
        /// As configured.
        ip: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Two families had no port in common, which takes a machine with almost all of them in use.
    #[error("Found no port that is free on both 127.0.0.1 and ::1. Specify one with --port.")]
    NoFreePort,
    /// Anything else.
    #[error("Cannot listen on {address}: {source}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl ListenError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::PermissionDenied => Self::Denied(address),
            io::ErrorKind::AddrNotAvailable => Self::NotLocal(address.ip()),
            _ => Self::Io { address, source },
        }
    }
}

/// Binds `ip` at `port`; at least one listener, all on one port.
pub(super) async fn listen(ip: &str, port: Port) -> Result<Vec<TcpListener>, ListenError> {
    let targets = targets(ip).await?;
    let (wanted, strict) = match port {
        Port::Exact(port) => (port, true),
        Port::Preferred(port) => (port, false),
    };
    match bind_all(&targets, wanted).await {
        Err(ListenError::InUse(_)) if wanted != 0 && !strict => {}
        Err(ListenError::InUse(_)) if wanted == 0 => {}
        other => return other,
    }
    for _ in 0..FREE_PORT_TRIES_MAX {
        match bind_all(&targets, 0).await {
            Err(ListenError::InUse(_)) => {}
            other => return other,
        }
    }
    Err(ListenError::NoFreePort)
}

/// An address to bind, and whether the machine may lack it.
struct Target {
    ip: IpAddr,
    optional: bool,
}

async fn targets(ip: &str) -> Result<Vec<Target>, ListenError> {
    let required = |ip| Target { ip, optional: false };
    let bare = ip.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![required(address)]);
    }
    match ip {
        "localhost" => Ok(vec![
            required(Ipv4Addr::LOCALHOST.into()),
            // Containers often have no IPv6 at all.
            Target { ip: Ipv6Addr::LOCALHOST.into(), optional: true },
        ]),
        "*" => Ok(vec![required(Ipv4Addr::UNSPECIFIED.into())]),
        name => {
            let unresolved = |source| ListenError::Unresolved { ip: name.to_owned(), source };
            let found = tokio::net::lookup_host((name, 0)).await.map_err(unresolved)?;
            let mut ips: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            ips.sort();
            ips.dedup();
            if ips.is_empty() {
                return Err(unresolved(io::Error::other("the name has no address")));
            }
            Ok(ips.into_iter().map(required).collect())
        }
    }
}

async fn bind_all(targets: &[Target], port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::with_capacity(targets.len());
    let mut port = port;
    for target in targets {
        let address = SocketAddr::new(target.ip, port);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                port = listener.local_addr().map_err(|source| ListenError::Io { address, source })?.port();
                listeners.push(listener);
            }
            // A port taken in the second family only would send half of the clients to another server.
            Err(error) if target.optional && error.kind() != io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(ListenError::new(address, error)),
        }
    }
    Ok(listeners)
}

/// The host to print for `ip`: one that a browser can open.
pub(super) fn display_host(ip: &str, bound: SocketAddr) -> String {
    if ip == "localhost" || bound.ip().is_unspecified() {
        return "localhost".to_owned();
    }
    match bound.ip() {
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn an_exact_port_that_is_taken_is_an_error_that_names_it() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = listen("127.0.0.1", Port::Exact(address.port())).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Address already in use ({address}). Please check that you are not already running a server on this \
                 address or specify a different port with --port."
            )
        );
    }

    #[tokio::test]
    async fn a_preferred_port_that_is_taken_gives_another_one() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let listeners = listen("localhost", Port::Preferred(port)).await.unwrap();
        let got: Vec<u16> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert!(got.iter().all(|p| *p != port && *p == got[0]), "{got:?}");
    }

    #[tokio::test]
    async fn an_address_of_elsewhere_and_a_name_of_nowhere_are_explained() {
        // 192.0.2.0/24 is reserved for documentation, so no machine has it. Nothing is sent: it is only bound.
        let error = listen("192.0.2.1", Port::Exact(0)).await.unwrap_err();
        assert!(matches!(error, ListenError::NotLocal(_)), "{error}");
        let error = listen("no such name", Port::Exact(0)).await.unwrap_err();
        assert!(error.to_string().starts_with("Cannot listen on \"no such name\": "), "{error}");
    }
}
