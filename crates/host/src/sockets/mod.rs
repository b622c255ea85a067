//! The sockets that workers open with `connect()`: TCP, TLS from the start, and TLS after the worker says so.
//!
//! Owns the real socket and the task that moves its bytes to and from the worker's two credit streams. Does not know
//! what the bytes mean, nor what the worker is told of a failure beside its reason.
//!
//! Invariants
//! - The end of what the worker writes becomes a FIN, and a FIN of the peer the end of what the worker reads: each
//!   way ends by itself. A reset ends both.
//! - Neither way is buffered beyond the window of its stream: a worker that does not read stops the peer.
//! - A worker that lets go of both its ends closes the socket.
//! - Which addresses may be connected to is asked in one place, after the name has been resolved ([`Rule`]).

mod transfer;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use lopata_bridges::{ConnectCall, ConnectReceiver, ConnectionEnds, StartTls, Transport};
use lopata_protocol::WireError;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use self::transfer::{After, transfer};

/// Says of a resolved address whether it may be connected to.
pub type Rule = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address, or none that may be connected to: the two are not told apart, so that a worker
    /// learns nothing about a network it may not use.
    #[error("DNS lookup of {0} failed.")]
    NoAddress(String),
    /// No address of the host answered.
    #[error("cannot connect to {target}: {source}")]
    Connect {
        /// `host:port`.
        target: String,
        /// The last reason.
        source: io::Error,
    },
    /// The name cannot be one of a certificate.
    #[error("{0} is not a name that a certificate can have")]
    ServerName(String),
    /// The handshake failed.
    #[error("TLS handshake with {target} failed: {source}")]
    Handshake {
        /// The name that was expected.
        target: String,
        /// Why.
        source: io::Error,
    },
}

impl ConnectError {
    fn wire(&self) -> WireError {
        WireError::new("Error", self.to_string())
    }
}

/// What opens connections: TLS trust and, perhaps, a rule about addresses. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    rule: Option<Rule>,
}

impl Connector {
    /// A connector that trusts what `tls` trusts and connects to everything.
    pub fn new(mut tls: rustls::ClientConfig) -> Self {
        tls.alpn_protocols.clear();
        Self { tls: TlsConnector::from(Arc::new(tls)), rule: None }
    }

    /// The same, for the addresses that `rule` allows.
    pub fn with_rule(self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self }
    }

    /// The addresses of a host that may be connected to, in the order in which they are tried; never none.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        let none = || ConnectError::NoAddress(host.to_string());
        if host.is_empty() {
            return Err(none());
        }
        let found = tokio::net::lookup_host((host, port)).await.map_err(|_| none())?;
        let allowed: Vec<_> =
            found.filter(|address| self.rule.as_ref().is_none_or(|rule| rule(address.ip()))).collect();
        if allowed.is_empty() { Err(none()) } else { Ok(allowed) }
    }

    async fn open(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let addresses = self.resolve(host, port).await?;
        match TcpStream::connect(&addresses[..]).await {
            Ok(stream) => {
                // A worker's writes are its own framing; holding them back helps nobody.
                let _ = stream.set_nodelay(true);
                Ok(stream)
            }
            Err(source) => Err(ConnectError::Connect { target: format!("{host}:{port}"), source }),
        }
    }

    async fn secure(
        &self,
        stream: TcpStream,
        name: &str,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectError> {
        let server = ServerName::try_from(name.to_string()).map_err(|_| ConnectError::ServerName(name.to_string()))?;
        let handshake = self.tls.connect(server, stream).await;
        handshake.map_err(|source| ConnectError::Handshake { target: name.to_string(), source })
    }
}

/// Opens the connections that are asked for, until nobody can ask any more. Those that stand go on.
pub async fn serve(connector: Connector, mut calls: ConnectReceiver) {
    while let Some(call) = calls.recv().await {
        tokio::spawn(answer(connector.clone(), call));
    }
}

async fn answer(connector: Connector, call: ConnectCall) {
    let ConnectCall { host, port, transport, ends, upgrade } = call;
    let ConnectionEnds { from_worker, to_worker, mut opened, over } = ends;
    let connecting = async {
        let stream = connector.open(&host, port).await?;
        match transport {
            Transport::Tls => connector.secure(stream, &host).await.map(|stream| Socket::Tls(Box::new(stream))),
            Transport::Plain | Transport::StartTls => Ok(Socket::Plain(stream)),
        }
    };
    let made = tokio::select! {
        made = connecting => made,
        // The worker does not want it any more.
        () = opened.closed() => return,
    };
    let socket = match made {
        Ok(socket) => socket,
        Err(error) => return drop(opened.send(Err(error.wire()))),
    };
    // A worker that left meanwhile has dropped its streams too, which ends the transfer at once.
    let _ = opened.send(Ok(()));
    match socket {
        Socket::Tls(mut stream) => _ = transfer(&mut stream, from_worker, to_worker, None).await,
        Socket::Plain(mut stream) => {
            let after = transfer(&mut stream, from_worker, to_worker, Some(upgrade)).await;
            let After::Upgrade(start) = after else { return };
            drop(over);
            let StartTls { server_name, ends } = *start;
            upgraded(connector, stream, server_name, ends).await;
        }
    }
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// The rest of a connection that has become TLS.
async fn upgraded(connector: Connector, stream: TcpStream, name: String, ends: ConnectionEnds) {
    let ConnectionEnds { from_worker, to_worker, mut opened, over: _over } = ends;
    let secured = tokio::select! {
        secured = connector.secure(stream, &name) => secured,
        () = opened.closed() => return,
    };
    match secured {
        Ok(mut stream) => {
            let _ = opened.send(Ok(()));
            transfer(&mut stream, from_worker, to_worker, None).await;
        }
        Err(error) => drop(opened.send(Err(error.wire()))),
    }
}
