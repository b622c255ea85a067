//! The connections: one pool for every worker and generation of the process, and one for each proxy in use.
//!
//! HTTP/1.1 on plain connections, over TLS what ALPN chooses; both address families of a name are tried. Trusted are
//! the public authorities and those of `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`. `HTTP_PROXY`, `HTTPS_PROXY`,
//! `ALL_PROXY` and `NO_PROXY` hold as for curl, with two differences: this machine is never asked of a proxy, and a
//! proxy must allow `CONNECT`, for `http:` targets too.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use super::body::OutgoingBody;
use super::error::FetchError;
use super::reach::Reach;
use crate::sockets::{Connector, Rule};

/// How long an idle connection is kept. Shorter than the five seconds after which a Node server closes its end, so
/// that a request seldom meets a connection that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// What the process's environment says about the network.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Files with certificates that are trusted beside the public ones.
    pub certificates: Vec<PathBuf>,
    /// The proxy for `http:` targets.
    pub http_proxy: String,
    /// The proxy for `https:` targets.
    pub https_proxy: String,
    /// The targets that are reached directly, in curl's syntax.
    pub no_proxy: String,
}

impl Environment {
    /// Reads it. `variable` is `std::env::var`, or a test's.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            let own = variable(&name.to_ascii_lowercase()).or_else(|| variable(name));
            own.filter(|value| !value.is_empty())
        };
        let proxy = |name: &str| either(name).or_else(|| either("ALL_PROXY")).unwrap_or_default();
        let files = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
        let files = files.iter().filter_map(|name| variable(name)).filter(|path| !path.is_empty());
        Self {
            certificates: files.map(PathBuf::from).collect(),
            http_proxy: proxy("HTTP_PROXY"),
            https_proxy: proxy("HTTPS_PROXY"),
            no_proxy: either("NO_PROXY").unwrap_or_default(),
        }
    }
}

/// Why the environment cannot be used as it is. The rest of it is.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// A file of certificates is missing or no PEM.
    #[error("Ignoring the certificates in {}: {source}", path.display())]
    Certificates {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
}

type Direct = Client<HttpsConnector<Reach>, OutgoingBody>;
type Proxied = Client<HttpsConnector<Tunnel<HttpConnector>>, OutgoingBody>;

/// A handle on the connections; clones share them.
#[derive(Clone)]
pub struct OutboundClient {
    direct: Direct,
    /// For WebSockets, which need HTTP/1.1.
    upgrading: Direct,
    proxies: Arc<Proxies>,
    /// Which addresses `connect()` reaches; without one, all.
    rule: Option<Rule>,
}

/// What a request is for, which decides the versions of HTTP that will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Fetch,
    WebSocket,
}

struct Proxies {
    matcher: Matcher,
    tls: rustls::ClientConfig,
    /// One client for each proxy and kind of request, made when it is first needed.
    clients: Mutex<HashMap<(Uri, Kind), Proxied>>,
}

impl OutboundClient {
    /// A client, and what is wrong with the environment.
    pub fn new(environment: &Environment) -> (Self, Vec<OutboundError>) {
        let (tls, warnings) = tls_config(&environment.certificates);
        let direct = client(https(tls.clone(), Kind::Fetch, Reach::anywhere(), None));
        let upgrading = client(https(tls.clone(), Kind::WebSocket, Reach::anywhere(), None));
        let matcher = Matcher::builder()
            .http(environment.http_proxy.clone())
            .https(environment.https_proxy.clone())
            .no(environment.no_proxy.clone())
            .build();
        let proxies = Arc::new(Proxies { matcher, tls, clients: Mutex::default() });
        (Self { direct, upgrading, proxies, rule: None }, warnings)
    }

    /// What opens the connections of `connect()`, with the same trust and to the same addresses.
    pub fn connector(&self) -> Connector {
        let connector = Connector::new(self.proxies.tls.clone());
        match &self.rule {
            Some(rule) => connector.with_rule(rule.clone()),
            None => connector,
        }
    }

    /// A client for one service of a configuration: no proxy of the environment concerns it. The certificate of a TLS
    /// server is for `certificate_host`, if that is not the host of the URL.
    pub fn of_service(reach: Reach, tls: rustls::ClientConfig, certificate_host: Option<ServerName<'static>>) -> Self {
        let rule = reach.rule();
        let direct = client(https(tls.clone(), Kind::WebSocket, reach.clone(), certificate_host.clone()));
        let upgrading = client(https(tls.clone(), Kind::WebSocket, reach, certificate_host));
        let proxies = Arc::new(Proxies { matcher: Matcher::builder().build(), tls, clients: Mutex::default() });
        Self { direct, upgrading, proxies, rule }
    }

    /// Sends one request; resolves with the head of its response.
    pub(super) async fn send(&self, request: Request<OutgoingBody>) -> Result<Response<Incoming>, FetchError> {
        self.send_as(Kind::Fetch, request).await
    }

    /// Sends the handshake of a WebSocket.
    pub(super) async fn send_upgrade(&self, request: Request<OutgoingBody>) -> Result<Response<Incoming>, FetchError> {
        self.send_as(Kind::WebSocket, request).await
    }

    async fn send_as(&self, kind: Kind, mut request: Request<OutgoingBody>) -> Result<Response<Incoming>, FetchError> {
        let proxy = match is_this_machine(request.uri().host().unwrap_or_default()) {
            true => None,
            false => self.proxies.matcher.intercept(request.uri()),
        };
        let response = match proxy {
            None => match kind {
                Kind::Fetch => self.direct.request(request).await?,
                Kind::WebSocket => self.upgrading.request(request).await?,
            },
            Some(proxy) => {
                *request.uri_mut() = with_port(request.uri());
                self.proxies.client(&proxy, kind).request(request).await?
            }
        };
        Ok(response)
    }

    /// Posts something of lopata's own; resolves with the head of the answer once all of it is here.
    pub async fn post(&self, uri: Uri, headers: HeaderMap, body: Bytes) -> Result<response::Parts, FetchError> {
        let mut request = Request::new(OutgoingBody::Full(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let (parts, mut body) = self.send(request).await?.into_parts();
        // Read to its end, so that the connection can be used again. What it says is of no use.
        while let Some(frame) = body.frame().await {
            if frame.is_err() {
                break;
            }
        }
        Ok(parts)
    }
}

impl Proxies {
    fn client(&self, proxy: &Intercept, kind: Kind) -> Proxied {
        let mut clients = self.clients.lock();
        let make = || {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp());
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            client(https(self.tls.clone(), kind, tunnel, None))
        };
        clients.entry((proxy.uri().clone(), kind)).or_insert_with(make).clone()
    }
}

/// `uri` with the port that its scheme implies: a tunnel takes 443 for every target that does not say.
fn with_port(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    if let (Some(authority), "http") = (&parts.authority, uri.scheme_str().unwrap_or_default())
        && authority.port().is_none()
        && let Ok(explicit) = format!("{authority}:80").parse()
    {
        parts.authority = Some(explicit);
    }
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

fn https<C>(
    tls: rustls::ClientConfig,
    kind: Kind,
    connector: C,
    certificate_host: Option<ServerName<'static>>,
) -> HttpsConnector<C> {
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(host) = certificate_host {
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(host));
    }
    match kind {
        Kind::Fetch => builder.enable_all_versions().wrap_connector(connector),
        Kind::WebSocket => builder.enable_http1().wrap_connector(connector),
    }
}

fn client<C>(connector: C) -> Client<C, OutgoingBody>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT).build(connector)
}

fn tls_config(files: &[PathBuf]) -> (rustls::ClientConfig, Vec<OutboundError>) {
    let mut roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let mut warnings = Vec::new();
    for path in files {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            // A bundle often has a few that nobody can use any more.
            Ok(certificates) => _ = roots.add_parsable_certificates(certificates),
            Err(source) => warnings.push(OutboundError::Certificates { path: path.clone(), source }),
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (config, warnings)
}

/// Whether `host` is a name of this machine, which no proxy can reach.
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match host.parse::<std::net::IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip.is_unspecified(),
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_environment_is_read_as_curl_and_node_read_it() {
        let set = HashMap::from([
            ("https_proxy", "http://small:1"),
            ("HTTPS_PROXY", "http://large:1"),
            ("ALL_PROXY", "http://all:1"),
            ("NO_PROXY", "example.com"),
            ("NODE_EXTRA_CA_CERTS", "/ca.pem"),
            ("SSL_CERT_FILE", ""),
        ]);
        let environment = Environment::read(|name| set.get(name).map(ToString::to_string));
        assert_eq!(environment.https_proxy, "http://small:1");
        assert_eq!(environment.http_proxy, "http://all:1");
        assert_eq!(environment.no_proxy, "example.com");
        assert_eq!(environment.certificates, [PathBuf::from("/ca.pem")]);
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for host in ["localhost", "LocalHost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["example.com", "10.0.0.1", "localhost.example.com", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_missing_file_of_certificates_is_a_warning() {
        let environment = Environment { certificates: vec!["/no/such/ca.pem".into()], ..Environment::default() };
        let (_, warnings) = OutboundClient::new(&environment);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].to_string().contains("/no/such/ca.pem"));
    }
}
