//! How a connection is made: to whatever a name resolves to, to what of it is allowed, or to one server.
//!
//! A [`Reach`] is what a client connects through. `dev` reaches everything; a network service of a configuration has
//! a [`Policy`]; an external service has one [`Address`], whatever the URL says.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tower_service::Service;

use super::address::Address;
use super::policy::Policy;
use crate::sockets::Rule;

/// Where connections go.
#[derive(Clone)]
pub enum Reach {
    /// Anywhere.
    Anywhere(HttpConnector),
    /// Where rules allow it.
    Network(Arc<NetworkReach>),
    /// To one server.
    Server(Arc<ServerReach>),
}

/// A network with rules.
#[derive(Debug)]
pub struct NetworkReach {
    /// The rules.
    pub policy: Policy,
    /// Whether TLS can be spoken.
    pub tls: bool,
}

/// One server.
#[derive(Debug)]
pub struct ServerReach {
    /// Where it is.
    pub address: Address,
    /// Whether requests name their whole URL.
    pub absolute: bool,
}

/// Why no connection was made. Each is a fault of this side, so that the worker is told of an internal error.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// Nothing that the name stands for may be reached. Source: the text of workerd's library.
    #[error("connect() blocked by restrictPeers()")]
    Denied,
    /// The name stands for nothing.
    #[error("DNS lookup of {host} failed: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// Why.
        error: io::Error,
    },
    /// The service has no `tlsOptions`. Source: the text of workerd's library.
    #[error("this HttpClient doesn't support HTTPS")]
    NoTls,
}

impl Reach {
    /// Anywhere.
    pub fn anywhere() -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        Self::Anywhere(connector)
    }

    /// The same for connections that carry no HTTP. An external server is no network: nothing else is reached by it.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::Anywhere(_) => None,
            Self::Network(network) => {
                let network = Arc::clone(network);
                Some(Arc::new(move |address| network.policy.allows(address)))
            }
            Self::Server(_) => Some(Arc::new(|_| false)),
        }
    }
}

impl NetworkReach {
    async fn connect(&self, uri: &Uri) -> Result<Stream, Box<dyn std::error::Error + Send + Sync>> {
        let https = uri.scheme_str() == Some("https");
        if https && !self.tls {
            return Err(ReachError::NoTls.into());
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        self.connect_to(host, port).await
    }

    /// Connects to a machine, as far as that is allowed.
    pub async fn connect_to(&self, host: &str, port: u16) -> Result<Stream, Box<dyn std::error::Error + Send + Sync>> {
        let addresses = resolve(host, port).await?;
        let allowed: Vec<_> = addresses.into_iter().filter(|address| self.policy.allows(address.ip())).collect();
        if allowed.is_empty() {
            return Err(ReachError::Denied.into());
        }
        Ok(connect_any(&allowed).await?)
    }
}

impl ServerReach {
    /// Connects to the server.
    pub async fn connect(&self) -> Result<Stream, Box<dyn std::error::Error + Send + Sync>> {
        match &self.address {
            Address::Host { host, port } => {
                let host = if host == "*" { "127.0.0.1" } else { host };
                Ok(connect_any(&resolve(host, *port).await?).await?)
            }
            Address::Unix(path) => Ok(Stream::Unix(UnixStream::connect(path).await?)),
            Address::UnixAbstract(name) => Ok(Stream::Unix(abstract_socket(name).await?)),
            // Sockets of the configuration are reached without a connection; this one is none of them.
            Address::Loopback(_) => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
        }
    }
}

async fn abstract_socket(name: &str) -> io::Result<UnixStream> {
    // Tokio takes a path that begins with a zero for such a name.
    UnixStream::connect(format!("\0{name}")).await
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ReachError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match tokio::net::lookup_host((host, port)).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(ReachError::Resolve { host: host.to_string(), error }),
    }
}

/// The first of the addresses that answers.
async fn connect_any(addresses: &[SocketAddr]) -> io::Result<Stream> {
    let stream = TcpStream::connect(addresses).await?;
    // A request that waits for more bytes helps nobody.
    let _ = stream.set_nodelay(true);
    Ok(Stream::Tcp(stream))
}

impl Service<Uri> for Reach {
    type Response = TokioIo<Conn>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::Anywhere(connector) => connector.poll_ready(cx).map_err(Into::into),
            Self::Network(_) | Self::Server(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Anywhere(connector) => {
                let connecting = connector.call(uri);
                Box::pin(async move {
                    let stream = Stream::Tcp(connecting.await?.into_inner());
                    Ok(TokioIo::new(Conn { stream, absolute: false }))
                })
            }
            Self::Network(network) => {
                let network = Arc::clone(network);
                Box::pin(async move {
                    let stream = network.connect(&uri).await?;
                    Ok(TokioIo::new(Conn { stream, absolute: false }))
                })
            }
            Self::Server(server) => {
                let server = Arc::clone(server);
                Box::pin(async move {
                    let stream = server.connect().await?;
                    Ok(TokioIo::new(Conn { stream, absolute: server.absolute }))
                })
            }
        }
    }
}

/// A connection.
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// On this machine.
    Unix(UnixStream),
}

/// A connection, as the client sees it.
pub struct Conn {
    stream: Stream,
    absolute: bool,
}

impl Connection for Conn {
    fn connected(&self) -> Connected {
        let connected = match &self.stream {
            Stream::Tcp(stream) => stream.connected(),
            Stream::Unix(_) => Connected::new(),
        };
        // A proxy is asked with the whole URL.
        if self.absolute { connected.proxy(true) } else { connected }
    }
}

macro_rules! both {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            Stream::Unix($inner) => $call,
        }
    };
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        both!(&mut self.stream, inner => Pin::new(inner).poll_read(cx, buf))
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        both!(&mut self.stream, inner => Pin::new(inner).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        both!(&mut self.stream, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        both!(&mut self.stream, inner => Pin::new(inner).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        both!(&mut self.stream, inner => Pin::new(inner).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        both!(&self.stream, inner => inner.is_write_vectored())
    }
}
