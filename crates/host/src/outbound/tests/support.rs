//! A worker that fetches, and a server that is a closure over a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use lopata_bridges::{Attachments, FetchCall, FetchService, ReplyReceiver, StreamReader, fetch_service, reply};
use lopata_protocol::{Answer, Body, HeaderList, RequestHead, ResponseHead, SpanContext, SpanId, TraceId, WireError};
use tokio::net::{TcpListener, TcpStream};

use crate::outbound::{Environment, Manner, OutboundClient, serve_as};
pub(super) use crate::server::tests::harness::{Client, within};

/// The caller's end of a fetcher of its own.
pub(super) fn fetcher() -> FetchService {
    fetcher_in(&Environment::default())
}

pub(super) fn fetcher_in(environment: &Environment) -> FetchService {
    let (service, calls) = fetch_service();
    let (client, warnings) = OutboundClient::new(environment);
    assert!(warnings.is_empty(), "{warnings:?}");
    tokio::spawn(serve_as(client, Arc::new(Manner::of_zone("shop.example.com")), calls));
    service
}

/// A server that runs `script` on each connection.
pub(super) async fn server<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Client<TcpStream>) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(script(Client::new(socket)));
        }
    });
    address
}

/// Reads the head of a request: all its lines.
pub(super) async fn read_head(client: &mut Client<TcpStream>) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = client.line().await
        && !line.is_empty()
    {
        lines.push(String::from_utf8_lossy(&line).into_owned());
    }
    lines
}

pub(super) struct Fetch<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'a str, &'a [u8])],
    pub(super) body: Option<(StreamReader, Option<u64>)>,
    pub(super) keeps_coding: bool,
}

pub(super) fn get(url: &str) -> Fetch<'_> {
    Fetch { method: "GET", url, headers: &[], body: None, keeps_coding: false }
}

impl Fetch<'_> {
    /// Starts the fetch.
    pub(super) fn start(self, service: &FetchService) -> ReplyReceiver {
        let (reply, receiver) = reply();
        let mut attachments = Attachments::none();
        let body = match self.body {
            None => Body::Empty,
            Some((reader, length)) => {
                let id = reader.id();
                attachments.attach_stream(reader);
                Body::Stream { id, length }
            }
        };
        let headers: HeaderList = self.headers.iter().copied().collect();
        let request =
            Box::new(RequestHead { method: self.method.to_owned(), url: self.url.to_owned(), headers, cf: None });
        let parent = SpanContext { trace: TraceId([1; 16]), span: SpanId([1; 8]) };
        let keeps_coding = self.keeps_coding;
        service.call(FetchCall { request, body, attachments, parent, keeps_coding, reply }).unwrap();
        receiver
    }

    /// The response, or the error that the worker catches.
    pub(super) async fn run(self, service: &FetchService) -> Result<Fetched, WireError> {
        response(self.start(service)).await
    }
}

pub(super) struct Fetched {
    pub(super) head: ResponseHead,
    pub(super) body: Body,
    attachments: Attachments,
}

pub(super) async fn response(answer: ReplyReceiver) -> Result<Fetched, WireError> {
    let answered = within(answer).await.expect("every call is answered");
    let attachments = answered.answer.attachments;
    match answered.answer.message {
        Answer::Response { head, body } => Ok(Fetched { head: *head, body, attachments }),
        Answer::Failed { error, .. } => Err(error),
        other => panic!("a fetch is not answered with {other:?}"),
    }
}

impl Fetched {
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.head.headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn reader(&mut self) -> StreamReader {
        let Body::Stream { id, .. } = self.body else { panic!("{:?} is no stream", self.body) };
        self.attachments.take_stream(id).unwrap()
    }

    pub(super) async fn bytes(mut self) -> Result<Vec<u8>, WireError> {
        match &self.body {
            Body::Empty => Ok(Vec::new()),
            Body::Inline(bytes) => Ok(bytes.to_vec()),
            Body::Stream { .. } => {
                let mut reader = self.reader();
                let mut all = Vec::new();
                while let Some(chunk) = within(reader.read()).await {
                    all.extend_from_slice(&chunk?);
                }
                Ok(all)
            }
        }
    }

    pub(super) async fn text(self) -> String {
        String::from_utf8(self.bytes().await.unwrap()).unwrap()
    }
}
