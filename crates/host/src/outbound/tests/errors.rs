//! Targets that are not there, do not speak HTTP, are not trusted, or break off; and targets behind a proxy.

use lopata_protocol::WireError;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::support::{fetcher, fetcher_in, get, read_head, server, within};
use crate::outbound::Environment;
use crate::server::tests::harness::{Server, answer, head, options};
use crate::server::{HttpsOptions, ServeOptions};

async fn error(url: &str) -> WireError {
    get(url).run(&fetcher()).await.err().expect("nothing answers there")
}

fn is_lost(error: &WireError) -> bool {
    error.to_string() == "Error: Network connection lost."
        && error.properties == [("retryable".to_owned(), true.into())]
}

fn cause(error: &WireError) -> &str {
    &error.cause.as_ref().unwrap().message
}

#[tokio::test]
async fn a_refused_connection_names_its_target() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = error(&format!("http://user:secret@{free}/path?query")).await;
    assert!(is_lost(&error));
    let expected = format!("cannot connect to http://{free}: Connection refused");
    assert!(cause(&error).starts_with(&expected), "{}", cause(&error));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_so() {
    // A label of more than 63 characters is refused by the resolver itself: nothing is asked of the network.
    let name = format!("{}.test", "a".repeat(64));
    let error = error(&format!("http://{name}/")).await;
    assert_eq!(error.to_string(), "Error: internal error");
    assert!(cause(&error).starts_with(&format!("DNS lookup of http://{name} failed: ")), "{}", cause(&error));
}

#[tokio::test]
async fn a_connection_that_ends_before_or_inside_the_response_is_lost() {
    let address = server(|mut client| async move {
        if read_head(&mut client).await[0].starts_with("GET /half") {
            client.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nhalf").await;
        }
    })
    .await;
    let error = error(&format!("http://{address}/")).await;
    assert!(is_lost(&error), "{error}");
    assert!(cause(&error).contains(&format!("the connection to http://{address} ended")), "{}", cause(&error));

    let url = format!("http://{address}/half");
    let mut reader = get(&url).run(&fetcher()).await.unwrap().reader();
    assert_eq!(within(reader.read()).await.unwrap().unwrap(), "half");
    let error = within(reader.read()).await.unwrap().unwrap_err();
    assert!(is_lost(&error), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_internal_error() {
    let address = server(|mut client| async move {
        read_head(&mut client).await;
        client.send("SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
    })
    .await;
    let error = error(&format!("http://{address}/")).await;
    assert_eq!(error.to_string(), "Error: internal error");
    assert!(cause(&error).contains("is not HTTP"), "{}", cause(&error));
}

#[tokio::test]
async fn a_certificate_is_trusted_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let https = HttpsOptions { key_path: None, cert_path: None, state_dir: folder.path().to_owned() };
    let secure = Server::start_with(ServeOptions { https: Some(https), ..options() }, |call, reply| {
        let cf = call.request.cf.clone().unwrap();
        answer(reply, head(200, &[]), if cf.contains("HTTP/2") { "h2" } else { "h1" });
        Ok(())
    })
    .await;
    let url = format!("https://localhost:{}/", secure.bound.port());
    let refused = error(&url).await;
    assert_eq!(refused.to_string(), "Error: internal error");
    assert!(cause(&refused).starts_with(&format!("TLS handshake with {} failed: ", url.trim_end_matches('/'))));
    assert!(cause(&refused).contains("NODE_EXTRA_CA_CERTS"));

    let files = std::fs::read_dir(folder.path().join("https")).unwrap().map(|entry| entry.unwrap().path());
    let certificates = files.filter(|path| path.extension().is_some_and(|extension| extension == "crt")).collect();
    let trusting = fetcher_in(&Environment { certificates, ..Environment::default() });
    assert_eq!(get(&url).run(&trusting).await.unwrap().text().await, "h2");
}

#[tokio::test]
async fn a_proxy_is_asked_for_others_and_never_for_this_machine() {
    let behind = server(|mut client| async move {
        let lines = read_head(&mut client).await;
        let host = lines.iter().find(|line| line.starts_with("host:")).unwrap();
        client.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{host}", host.len())).await;
    })
    .await;
    let proxy = server(move |mut client| async move {
        let lines = read_head(&mut client).await;
        assert_eq!(lines[0], "CONNECT shop.test:80 HTTP/1.1");
        assert!(lines.iter().any(|line| line.eq_ignore_ascii_case("proxy-authorization: Basic dTpw")), "{lines:?}");
        let mut target = TcpStream::connect(behind).await.unwrap();
        client.stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        tokio::io::copy_bidirectional(&mut client.stream, &mut target).await.ok();
    })
    .await;
    let environment = Environment { http_proxy: format!("http://u:p@{proxy}"), ..Environment::default() };
    let service = fetcher_in(&environment);
    assert_eq!(get("http://shop.test/").run(&service).await.unwrap().text().await, "host: shop.test");
    let direct = format!("http://{behind}/");
    assert_eq!(get(&direct).run(&service).await.unwrap().text().await, format!("host: {behind}"));
}
