//! TLS with a certificate of the server's own: both protocols, and what the worker sees of them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::harness::{Client, Server, answer, head, options, read_all, within};
use crate::server::{HttpsOptions, ServeOptions};

async fn server(state_dir: &Path) -> Server {
    let https = HttpsOptions { key_path: None, cert_path: None, state_dir: state_dir.to_owned() };
    Server::start_with(ServeOptions { https: Some(https), ..options() }, |call, reply| {
        tokio::spawn(async move {
            let cf: Value = serde_json::from_str(call.request.cf.as_deref().unwrap()).unwrap();
            let text = |key: &str| cf[key].as_str().unwrap().to_owned();
            let host = String::from_utf8(call.request.headers.get("host").unwrap().to_vec()).unwrap();
            let seen = [call.request.url.clone(), host, text("httpProtocol"), text("tlsVersion"), text("tlsCipher")];
            let body = read_all(call).await.unwrap();
            answer(reply, head(200, &[]), format!("{} {}", seen.join(" "), body.len()));
        });
        Ok(())
    })
    .await
}

/// A connection that trusts nothing but the certificate in the server's state folder.
async fn connect(server: &Server, state_dir: &Path, protocol: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    for entry in fs::read_dir(state_dir.join("https")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "crt") {
            roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let socket = TcpStream::connect(server.bound.addresses[0]).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

#[tokio::test]
async fn both_protocols_are_served_with_a_certificate_of_our_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    assert!(server.bound.url.starts_with("https://"));
    let mut client = Client::new(connect(&server, folder.path(), b"http/1.1").await);
    client.send("GET /x HTTP/1.1\r\nhost: localhost:1\r\n\r\n").await;
    let text = client.response().await.text();
    assert!(text.starts_with("https://localhost:1/x localhost:1 HTTP/1.1 TLSv1.3 AEAD-"), "{text}");

    let stream = connect(&server, folder.path(), b"h2").await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let body = Full::new(Bytes::from(vec![1; 1_000_000]));
    let request = http::Request::post("https://localhost:2/y").body(body).unwrap();
    let response = within(sender.send_request(request)).await.unwrap();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text);
    assert!(text.starts_with("https://localhost:2/y localhost:2 HTTP/2 TLSv1.3 AEAD-"), "{text}");
    assert!(text.ends_with(" 1000000"), "{text}");
}

#[tokio::test]
async fn a_reset_http2_stream_aborts_its_event_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let https = HttpsOptions { key_path: None, cert_path: None, state_dir: folder.path().to_owned() };
    let (asked, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let mut server = Server::start_with(ServeOptions { https: Some(https), ..options() }, move |call, reply| {
        asked.send((call.event, reply)).unwrap();
        Ok(())
    })
    .await;
    let stream = connect(&server, folder.path(), b"h2").await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = || http::Request::get("https://localhost/").body(Empty::<Bytes>::new()).unwrap();
    let leaving = tokio::spawn(sender.send_request(request()));
    let (event, _reply) = within(calls.recv()).await.unwrap();
    let staying = tokio::spawn(sender.send_request(request()));
    let (_, reply) = within(calls.recv()).await.unwrap();
    leaving.abort();
    assert_eq!(within(server.seen.aborts.recv()).await, Some(event));
    answer(reply, head(200, &[]), "still here");
    assert_eq!(within(staying).await.unwrap().unwrap().status(), 200);
    assert!(server.seen.aborts.try_recv().is_err());
}

#[tokio::test]
async fn a_plain_request_to_a_tls_port_does_not_disturb_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let mut plain = server.connect().await;
    plain.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    drop(plain);
    let mut client = Client::new(connect(&server, folder.path(), b"http/1.1").await);
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
}
