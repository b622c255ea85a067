//! The model of services and sockets, but for what a Worker is.

use super::super::model::{
    Disk, External, ExternalKind, Header, HttpOptions, HttpStyle, Keypair, Network, Service, ServiceKind, Socket,
    SocketKind, Text, TlsOptions, TlsVersion,
};
use super::super::place::Located;
use super::super::value::Value;
use super::{designated, flag, list, name, number, text, text_or_empty, texts, worker};

/// Milliseconds, unless a socket says otherwise. Source: workerd's schema.
const UDP_IDLE_TIMEOUT_MS: u32 = 30_000;

/// Bytes, unless a socket says otherwise. Source: workerd's schema.
const UDP_PENDING_BYTES_MAX: u32 = 262_144;

pub(super) fn service(value: &Value) -> Service {
    let kind = match value.member() {
        Some(("worker", inner)) => ServiceKind::Worker(Box::new(worker::worker(inner))),
        Some(("network", inner)) => ServiceKind::Network(Box::new(network(inner))),
        Some(("external", inner)) => ServiceKind::External(Box::new(external(inner))),
        Some(("disk", inner)) => ServiceKind::Disk(Disk {
            path: text(inner, "path"),
            writable: flag(inner, "writable"),
            allow_dotfiles: flag(inner, "allowDotfiles"),
        }),
        _ => ServiceKind::Unspecified,
    };
    Service { place: value.place.clone(), name: text_or_empty(value, "name"), kind }
}

fn network(value: &Value) -> Network {
    let public = || {
        let place = value.place.clone();
        vec![Text::from(Located::new("public".into(), place))]
    };
    Network {
        allow: value.get("allow").map_or_else(public, |_| texts(value, "allow")),
        deny: texts(value, "deny"),
        tls: value.get("tlsOptions").map(tls),
    }
}

fn external(value: &Value) -> External {
    let kind = match value.member() {
        Some(("https", inner)) => ExternalKind::Https {
            options: inner.get("options").map(http).unwrap_or_default(),
            tls: inner.get("tlsOptions").map(tls),
            certificate_host: text(inner, "certificateHost"),
        },
        Some(("tcp", inner)) => ExternalKind::Tcp {
            tls: inner.get("tlsOptions").map(tls),
            certificate_host: text(inner, "certificateHost"),
        },
        Some((_, inner)) => ExternalKind::Http(http(inner)),
        None => ExternalKind::Http(HttpOptions::default()),
    };
    External { address: text(value, "address"), kind }
}

pub(super) fn socket(value: &Value) -> Socket {
    let kind = match value.member() {
        Some(("https", inner)) => SocketKind::Https {
            options: inner.get("options").map(http).unwrap_or_default(),
            tls: inner.get("tlsOptions").map(tls),
        },
        Some(("tcp", inner)) => SocketKind::Tcp { tls: inner.get("tlsOptions").map(tls) },
        Some(("udp", inner)) => SocketKind::Udp {
            idle_timeout_ms: number(inner, "idleTimeoutMs").unwrap_or(UDP_IDLE_TIMEOUT_MS),
            pending_bytes_max: number(inner, "maxPendingBytes").unwrap_or(UDP_PENDING_BYTES_MAX),
        },
        Some((_, inner)) => SocketKind::Http(http(inner)),
        None => SocketKind::Http(HttpOptions::default()),
    };
    Socket {
        place: value.place.clone(),
        name: text_or_empty(value, "name"),
        address: text(value, "address"),
        kind,
        service: designated(value, "service"),
    }
}

fn http(value: &Value) -> HttpOptions {
    HttpOptions {
        style: if name(value, "style") == Some("proxy") { HttpStyle::Proxy } else { HttpStyle::Host },
        forwarded_proto_header: text(value, "forwardedProtoHeader"),
        cf_blob_header: text(value, "cfBlobHeader"),
        inject_request_headers: list(value, "injectRequestHeaders", header),
        inject_response_headers: list(value, "injectResponseHeaders", header),
        capnp_connect_host: text(value, "capnpConnectHost"),
    }
}

fn header(value: &Value) -> Header {
    Header { name: text_or_empty(value, "name"), value: text(value, "value") }
}

fn tls(value: &Value) -> TlsOptions {
    TlsOptions {
        keypair: value.get("keypair").map(|pair| Keypair {
            private_key: text(pair, "privateKey"),
            certificate_chain: text(pair, "certificateChain"),
        }),
        require_client_certs: flag(value, "requireClientCerts"),
        trust_browser_cas: flag(value, "trustBrowserCas"),
        trusted_certificates: texts(value, "trustedCertificates"),
        min_version: match name(value, "minVersion") {
            Some("ssl3") => TlsVersion::Ssl3,
            Some("tls1Dot0") => TlsVersion::Tls1Dot0,
            Some("tls1Dot1") => TlsVersion::Tls1Dot1,
            Some("tls1Dot2") => TlsVersion::Tls1Dot2,
            Some("tls1Dot3") => TlsVersion::Tls1Dot3,
            _ => TlsVersion::GoodDefault,
        },
        cipher_list: text(value, "cipherList"),
    }
}
