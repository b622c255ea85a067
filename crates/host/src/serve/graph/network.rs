//! Services that send requests over a network: wherever the URL says, or to one server.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use http::uri::Scheme;
use http::{HeaderName, HeaderValue};
use lopata_bridges::{FetchCall, FetchService, fetch_service};
use lopata_protocol::{Props, WireError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use super::Making;
use super::direct::{Direct, SocketEnd};
use super::error::LinkError;
use super::host::{HostService, refuse};
use crate::outbound::address::Address;
use crate::outbound::policy::Policy;
use crate::outbound::reach::{NetworkReach, Reach, ServerReach};
use crate::outbound::{HeaderEdit, Manner, OutboundClient, answer, serve_as};
use crate::serve::config::model::{self, External, ExternalKind, HttpOptions, HttpStyle, SocketKind, TlsOptions};

/// A network, or one server that speaks HTTP.
pub struct Client {
    client: OutboundClient,
    manner: Arc<Manner>,
    /// Whether it is a network, to which any connection can be made.
    is_network: bool,
    /// What a call of a method is answered with.
    no_rpc: WireError,
}

impl HostService for Client {
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(answer(self.client.clone(), self.manner.clone(), call))
    }

    fn outbound(&self) -> Option<FetchService> {
        if !self.is_network {
            return None;
        }
        let (service, calls) = fetch_service();
        // Ends with the last Worker that has it.
        tokio::spawn(serve_as(self.client.clone(), self.manner.clone(), calls));
        Some(service)
    }

    fn no_rpc(&self) -> WireError {
        self.no_rpc.clone()
    }
}

/// A server that speaks something else.
struct Tcp;

impl HostService for Tcp {
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Source: workerd's text.
        let error = WireError::new("Error", "External TCP servers don't support this event type.");
        refuse(Some(call.reply), error);
        Box::pin(std::future::ready(()))
    }

    fn no_rpc(&self) -> WireError {
        WireError::new("Error", "External TCP servers don't support this event type.")
    }
}

/// The public network, as a service `internet` that nobody defines is.
pub fn internet() -> Arc<dyn HostService> {
    let reach = NetworkReach { policy: Policy::public(), tls: true };
    let tls = TlsOptions { trust_browser_cas: true, ..TlsOptions::default() };
    let tls = client_tls(&tls).expect("no file is needed for the usual authorities");
    network_client(reach, tls)
}

/// A network service.
pub fn network(name: &str, network: &model::Network) -> Result<Arc<dyn HostService>, LinkError> {
    let of = |texts: &[model::Text]| texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
    let (mut allow, deny) = (of(&network.allow), of(&network.deny));
    if allow.is_empty() {
        allow.push(Arc::from("public"));
    }
    let policy = Policy::new(allow.iter().map(|rule| &**rule), deny.iter().map(|rule| &**rule));
    let policy = policy.map_err(|error| unusable(name, &error))?;
    let tls = client_tls(&network.tls.clone().unwrap_or_default()).map_err(|error| unusable(name, &error))?;
    Ok(network_client(NetworkReach { policy, tls: network.tls.is_some() }, tls))
}

fn network_client(reach: NetworkReach, tls: rustls::ClientConfig) -> Arc<dyn HostService> {
    Arc::new(Client {
        client: OutboundClient::of_service(Reach::Network(Arc::new(reach)), tls, None),
        manner: Arc::default(),
        is_network: true,
        // Source: workerd's text.
        no_rpc: WireError::new("TypeError", "The receiver is not an RPC object"),
    })
}

/// An external service.
pub(super) fn external(name: &str, given: &External, making: &Making) -> Result<Arc<dyn HostService>, LinkError> {
    let (default_port, options, tls, certificate_host) = match &given.kind {
        ExternalKind::Http(options) => (80, options, None, None),
        ExternalKind::Https { options, tls, certificate_host } => {
            (443, options, Some(tls.clone().unwrap_or_default()), certificate_host.as_ref())
        }
        ExternalKind::Tcp { .. } => return Ok(Arc::new(Tcp)),
    };
    let address = given.address.as_ref().ok_or_else(|| unusable(name, &"it has no address"))?;
    let socket = making.sockets.get(&*address.value).filter(|_| tls.is_none());
    if let Some(socket) = socket {
        let manner = Arc::new(manner(options, false).map_err(|error| unusable(name, &error))?);
        let (socket, directory) = (socket.clone(), making.directory.clone());
        return Ok(Arc::new(Direct { manner, socket, directory }));
    }
    let address = Address::parse(address, default_port).map_err(|error| unusable(name, &error))?;
    let host = match (certificate_host, &address) {
        (Some(host), _) => host.to_string(),
        (None, Address::Host { host, .. }) => host.clone(),
        (None, _) => "localhost".to_string(),
    };
    let certificate_host = match &tls {
        Some(_) => Some(ServerName::try_from(host).map_err(|error| unusable(name, &error))?),
        None => None,
    };
    let manner = manner(options, tls.is_some()).map_err(|error| unusable(name, &error))?;
    let config = client_tls(&tls.unwrap_or_default()).map_err(|error| unusable(name, &error))?;
    let absolute = options.style == HttpStyle::Proxy;
    let reach = ServerReach { address, absolute };
    Ok(Arc::new(Client {
        client: OutboundClient::of_service(Reach::Server(Arc::new(reach)), config, certificate_host),
        manner: Arc::new(manner),
        is_network: false,
        // Source: workerd's text.
        no_rpc: WireError::new("Error", "This ExternalServer not configured for RPC."),
    }))
}

/// The sockets of a configuration that speak plain HTTP, by their addresses.
pub(super) fn sockets(config: &model::Config, errors: &mut Vec<LinkError>) -> HashMap<String, SocketEnd> {
    let mut sockets = HashMap::new();
    for socket in &config.sockets {
        let (Some(address), Some(designator), SocketKind::Http(options)) =
            (&socket.address, &socket.service, &socket.kind)
        else {
            continue;
        };
        let manner = match manner(options, false) {
            Ok(manner) => Arc::new(manner),
            Err(error) => {
                errors.push(unusable(&socket.name, &error));
                continue;
            }
        };
        let service = designator.name.value.clone();
        let entrypoint = designator.entrypoint.as_ref().map(|name| name.value.clone());
        let props = designator.props.as_ref().map_or(Props::None, |props| Props::Json(props.value.clone()));
        sockets.insert(address.to_string(), SocketEnd { service, entrypoint, props, manner });
    }
    sockets
}

fn unusable(service: &str, why: &dyn std::fmt::Display) -> LinkError {
    LinkError::Unsupported { service: service.to_string(), what: why.to_string() }
}

/// How HTTP is spoken with a server.
fn manner(options: &HttpOptions, tls: bool) -> Result<Manner, http::Error> {
    let name =
        |text: &Option<model::Text>| text.as_ref().map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
    let edit = |header: &model::Header| -> Result<HeaderEdit, http::Error> {
        let value = header.value.as_ref().map(|value| HeaderValue::from_str(value)).transpose()?;
        Ok((HeaderName::from_bytes(header.name.as_bytes())?, value))
    };
    let mut manner = Manner::default();
    manner.forwarded_proto = name(&options.forwarded_proto_header)?;
    manner.cf_blob = name(&options.cf_blob_header)?;
    manner.request = options.inject_request_headers.iter().map(edit).collect::<Result<_, _>>()?;
    manner.response = options.inject_response_headers.iter().map(edit).collect::<Result<_, _>>()?;
    manner.scheme = Some(if tls { Scheme::HTTPS } else { Scheme::HTTP });
    Ok(manner)
}

/// Why `tlsOptions` cannot be used.
#[derive(Debug, thiserror::Error)]
enum TlsOptionsError {
    #[error("a certificate cannot be read: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    #[error("{0}")]
    Tls(#[from] rustls::Error),
}

/// How TLS is spoken to servers.
fn client_tls(options: &TlsOptions) -> Result<rustls::ClientConfig, TlsOptionsError> {
    let mut roots = rustls::RootCertStore::empty();
    if options.trust_browser_cas {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for pem in &options.trusted_certificates {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let keypair = options.keypair.as_ref();
    let Some((key, chain)) =
        keypair.and_then(|pair| Some((pair.private_key.as_ref()?, pair.certificate_chain.as_ref()?)))
    else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    Ok(builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes())?)?)
}
