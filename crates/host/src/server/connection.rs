//! Accepts connections and runs HTTP on them until the client, an error or the end of the server ends them.
//!
//! One task per connection. HTTP/1.1 on plain sockets; over TLS what ALPN chose. At shutdown listeners close, idle
//! connections end at once, busy ones after their response; what is left when the grace is over is cut.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lopata_bridges::Ids;
use lopata_protocol::SpanContext;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::body::OutBody;
use super::cf::CfCache;
use super::exchange::{Drawn, Live, Peer, exchange};
use super::handler::Handler;
use super::shutdown::{Shutdown, Stage};
use super::tls;

/// How long to wait when the process is out of file descriptors, so that accepting does not spin.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);
/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// What all connections share.
pub(super) struct Shared {
    pub(super) handler: Arc<dyn Handler>,
    pub(super) live: ArcSwap<Live>,
    pub(super) own_host: Arc<str>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) shutdown: Arc<Shutdown>,
    /// The connections, and the WebSockets that some of them became.
    pub(super) tasks: TaskTracker,
}

/// Accepts until shutdown.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            () = shared.shutdown.token().cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                let connection = serve(socket, peer, Arc::clone(&shared));
                shared.tasks.spawn(Arc::clone(&shared.shutdown).run(connection));
            }
            // The client was gone before it was accepted: nobody's problem.
            Err(error) if is_about_one_client(&error) => {}
            Err(_exhausted) => tokio::time::sleep(ACCEPT_BACKOFF).await,
        }
    }
}

fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve(socket: TcpStream, client: SocketAddr, shared: Arc<Shared>) {
    // Responses are written whole; waiting for more would only delay them.
    let _ = socket.set_nodelay(true);
    let own_authority = socket.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let peer = |tls| Peer {
        handler: Arc::clone(&shared.handler),
        client: client.ip().to_canonical().to_string().into(),
        own_authority: own_authority.into(),
        own_host: Arc::clone(&shared.own_host),
        tls,
        shutdown: Arc::clone(&shared.shutdown),
        sessions: shared.tasks.clone(),
    };
    let Some(acceptor) = &shared.tls else {
        return http1(socket, peer(None), &shared).await;
    };
    // A failed handshake is a browser that does not trust the certificate yet, or a port scanner.
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket));
    let stream = tokio::select! {
        stream = handshake => stream,
        () = shared.shutdown.token().cancelled() => return,
    };
    let Ok(Ok(stream)) = stream else { return };
    let session = stream.get_ref().1;
    let (is_http2, peer) = (session.alpn_protocol() == Some(b"h2"), peer(Some(tls::describe(session))));
    match is_http2 {
        true => http2(stream, peer, &shared).await,
        false => http1(stream, peer, &shared).await,
    }
}

async fn http1(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, shared: &Arc<Shared>) {
    // Not with `pipeline_flush`: it lets a body be buffered without a bound.
    let builder = http1::Builder::new();
    let connection = builder.serve_connection(TokioIo::new(stream), service(peer, shared)).with_upgrades();
    until_shutdown(connection, &shared.shutdown, |connection| connection.graceful_shutdown()).await;
}

async fn http2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, shared: &Arc<Shared>) {
    let builder = http2::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service(peer, shared));
    until_shutdown(connection, &shared.shutdown, |connection| connection.graceful_shutdown()).await;
}

/// Runs `connection`, which is told once when the server winds down. How it ends is of no interest: its requests
/// have been told.
async fn until_shutdown<C: Future>(connection: C, shutdown: &Shutdown, wind_down: impl Fn(Pin<&mut C>)) {
    let mut connection = pin!(connection);
    let mut told = false;
    poll_fn(|cx| {
        if !told && shutdown.stage() > Stage::Running {
            told = true;
            wind_down(connection.as_mut());
        }
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}

/// The service of one connection. What is drawn per request without waiting is drawn here, where the connection's
/// own generator and cache can be used without a lock.
fn service(
    peer: Peer,
    shared: &Arc<Shared>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<OutBody>,
    Error = std::convert::Infallible,
    Future = impl Future<Output = Result<Response<OutBody>, std::convert::Infallible>> + Send + use<>,
> + Send
+ use<> {
    let (peer, shared) = (Arc::new(peer), Arc::clone(shared));
    let (ids, cache) = (Ids::new(), RefCell::new(CfCache::default()));
    service_fn(move |request: Request<Incoming>| {
        let live = shared.live.load_full();
        let accept_encoding = request.headers().get(header::ACCEPT_ENCODING);
        let cf = cache.borrow_mut().get(&live.cf, request.version(), peer.tls, accept_encoding);
        let parent =
            request.headers().get("traceparent").and_then(|value| SpanContext::parse_traceparent(value.to_str().ok()?));
        let context =
            SpanContext { trace: parent.map_or_else(|| ids.trace(), |parent| parent.trace), span: ids.span() };
        let parent = parent.map(|parent| parent.span);
        let drawn = Drawn { live, cf, ray: ids.number(), context, parent };
        exchange(Arc::clone(&peer), drawn, request)
    })
}
