//! The least that an HTTP server on hyper can do: one constant answer. `bench/run` measures lopata against it.
//!
//! Usage: `bare_hyper PORT`.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::{Response, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: bare_hyper PORT"))?.parse::<u16>()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(|_request| async {
                let response = Response::builder()
                    .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8")
                    .body(Full::new(Bytes::from_static(b"hello")))
                    .expect("the header is valid");
                Ok::<_, Infallible>(response)
            });
            // A client that hangs up in the middle is not an error of the server.
            let _ = http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
