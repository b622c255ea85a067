//! The HTTP front: sockets in, events for the worker out, and answers back as production would send them.
//!
//! Owns listening, TLS, HTTP/1.1 and HTTP/2, what a worker sees of a request (URL, headers, `cf`), how a response is
//! framed and encoded, who may call control endpoints, and the error page. Does not know generations, bindings or
//! the terminal: everything of that kind is behind [`Handler`], one call per request.
//!
//! Invariants
//! - A client that goes away aborts its event, exactly once, and only after the event was delivered.
//! - Bodies are pulled: neither a slow client nor a slow worker costs more than one window of memory.
//! - Whatever the worker answers, the client gets HTTP or a reset; nothing it answers can end the server.

mod body;
mod cf;
mod completion;
mod connection;
mod encode;
mod error_page;
mod exchange;
mod handler;
mod intake;
mod listen;
mod live_reload;
mod local_only;
mod negotiate;
mod options;
mod pull;
mod request;
mod response;
mod revisions;
mod rewrite;
mod shutdown;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod upgrade;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use self::cf::CfTemplate;
use self::connection::Shared;
use self::exchange::Live;
pub use self::handler::{
    Abort, BindingLine, ControlBody, ControlRequest, ControlResponse, Diagnostic, Dispatched, ErrorContext, Failure,
    FetchEvent, Handler, Refusal, RequestLine, ServerSpan, Target,
};
pub(crate) use self::intake::{Gathered, drain, gather, next_data};
pub use self::listen::ListenError;
pub use self::live_reload::Reload;
pub(crate) use self::negotiate::Coding;
pub use self::options::{HostPattern, HttpsOptions, Port, ServeOptions, Site};
pub(crate) use self::pull::Pull;
pub(crate) use self::request::is_hop_by_hop;
use self::shutdown::Stage;
pub use self::tls::TlsError;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No address to listen on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running server. Dropped, it goes on serving; [`Bound::shutdown`] ends it.
pub struct Bound {
    /// The addresses it listens on; all with one port.
    pub addresses: Vec<SocketAddr>,
    /// The URL for people: `http://localhost:8787`.
    pub url: String,
    shared: Arc<Shared>,
}

/// Starts to serve on the current tokio runtime. Requests may arrive before this returns.
pub async fn serve(options: ServeOptions, handler: Arc<dyn Handler>) -> Result<Bound, ServeError> {
    let ServeOptions { ip, port, https, site } = options;
    let listeners = listen::listen(&ip, port).await?;
    let addresses: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    let first = *addresses.first().expect("listening gives at least one address");
    let own_host = listen::display_host(&ip, first);
    let tls = match &https {
        Some(https) => {
            let mut names: Vec<String> = site.host.iter().filter_map(|host| local_only::host_name(host)).collect();
            names.push(own_host.trim_matches(['[', ']']).to_owned());
            Some(TlsAcceptor::from(tls::server_config(https, &names)?))
        }
        None => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{own_host}:{}", first.port());
    let shared = Arc::new(Shared {
        handler,
        live: ArcSwap::from_pointee(live(site)),
        own_host: own_host.into(),
        tls,
        shutdown: Arc::default(),
        tasks: TaskTracker::new(),
    });
    for listener in listeners {
        shared.tasks.spawn(connection::accept(listener, Arc::clone(&shared)));
    }
    Ok(Bound { addresses, url, shared })
}

impl Bound {
    /// The port of all addresses.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// Exchanges what may change while the server runs. Requests that are being served keep the old one.
    pub fn set_site(&self, site: Site) {
        self.shared.live.store(Arc::new(live(site)));
    }

    /// Stops accepting, lets requests finish for at most `grace`, then cuts what is left.
    pub async fn shutdown(self, grace: Duration) {
        let Shared { shutdown, tasks, .. } = &*self.shared;
        shutdown.advance(Stage::Winding);
        tasks.close();
        if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
            shutdown.advance(Stage::Cut);
            tasks.wait().await;
        }
    }
}

fn live(site: Site) -> Live {
    Live { cf: Arc::new(CfTemplate::new(site.cf.clone())), site }
}
