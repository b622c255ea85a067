//! An external service whose server is a socket of the same configuration.
//!
//! Requests take no detour over a connection: what HTTP would have done to them is done here, to requests and to
//! responses, by the options of the service and then by those of the socket.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use lopata_bridges::{Attachments, Door, FetchCall, Parcel, reply};
use lopata_protocol::{
    Answer, Body, EventId, EventOutcome, HeaderList, Props, RequestHead, ResponseHead, ToGuest, WireError,
};
use parking_lot::Mutex;

use super::host::{HostService, refuse};
use super::node::{Node, NodeDoor};
use crate::outbound::Manner;

/// Services by their names, for those that are made before the others.
#[derive(Default)]
pub struct Directory(Mutex<HashMap<String, Weak<Node>>>);

impl Directory {
    /// A service is made.
    pub fn add(&self, node: &Arc<Node>) {
        self.0.lock().insert(node.name.to_string(), Arc::downgrade(node));
    }

    fn find(&self, name: &str) -> Option<Arc<Node>> {
        self.0.lock().get(name)?.upgrade()
    }
}

/// What is known of a socket.
#[derive(Clone)]
pub struct SocketEnd {
    /// The service that answers.
    pub service: Arc<str>,
    /// Its entrypoint.
    pub entrypoint: Option<Arc<str>>,
    /// `ctx.props`.
    pub props: Props,
    /// How HTTP is spoken there.
    pub manner: Arc<Manner>,
}

/// The external service.
pub struct Direct {
    /// How requests are sent.
    pub manner: Arc<Manner>,
    /// Where they arrive.
    pub socket: SocketEnd,
    /// The services.
    pub directory: Arc<Directory>,
}

impl HostService for Direct {
    fn fetch(self: Arc<Self>, call: FetchCall) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.answer(call))
    }

    fn no_rpc(&self) -> WireError {
        // Source: workerd's text.
        WireError::new("Error", "This ExternalServer not configured for RPC.")
    }
}

impl Direct {
    async fn answer(self: Arc<Self>, call: FetchCall) {
        let FetchCall { request, body, attachments, parent, keeps_coding: _, reply: asked } = call;
        let url = request.url.clone();
        let Some(request) = self.arriving(*request, &body) else {
            refuse(Some(asked), WireError::new("Error", "internal error"));
            return;
        };
        let SocketEnd { service, entrypoint, props, manner } = self.socket.clone();
        let (answering, answer) = reply();
        let event = EventId::next();
        let request = Box::new(request);
        let message = ToGuest::Fetch { event, entrypoint, props, request, body, parent };
        let mut parcel = Parcel { message, attachments };
        parcel.attachments.set_reply(answering);
        let door = NodeDoor::new(self.directory.find(&service).as_ref(), &service);
        let mut asked = asked;
        let answered = match door.deliver(parcel) {
            Ok(home) => tokio::select! {
                answered = answer => answered,
                () = std::future::poll_fn(|cx| asked.poll_closed(cx)) => {
                    // A home that is gone has ended the event.
                    let _ = home.send(Parcel::new(ToGuest::Abort { event }));
                    return;
                }
            },
            Err(_) => None,
        };
        let Some(answered) = answered else {
            refuse(Some(asked), WireError::connection_lost(None));
            return;
        };
        let Parcel { message, attachments } = answered.answer;
        let (head, body, attachments) = match message {
            Answer::Response { head, body } => (*head, body, attachments),
            Answer::Failed { outcome: EventOutcome::Canceled, .. } => {
                refuse(Some(asked), WireError::connection_lost(None));
                return;
            }
            _ => failed(),
        };
        let head = Box::new(self.leaving(head, &body, &manner, url));
        // A caller that left does not want to know.
        let _ = asked.send(Parcel { message: Answer::Response { head, body }, attachments });
    }

    /// The request as the socket's service sees it.
    fn arriving(&self, mut request: RequestHead, body: &Body) -> Option<RequestHead> {
        let mut headers = to_map(&request.headers)?;
        self.manner.sent(&request, &mut headers);
        let mut url = url::Url::parse(&request.url).ok()?;
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        headers.insert(header::HOST, HeaderValue::from_str(authority).ok()?);
        lengths(&mut headers, body);
        let socket = &self.socket.manner;
        // Who speaks plain HTTP to the socket says in a header what the client spoke.
        let proto = socket.forwarded_proto.as_ref().and_then(|name| headers.remove(name));
        let scheme = proto.as_ref().and_then(|proto| proto.to_str().ok()).unwrap_or("http");
        // Between `http` and `https` a scheme can be exchanged.
        let _ = url.set_scheme(scheme);
        url.set_fragment(None);
        let blob = socket.cf_blob.as_ref().and_then(|name| headers.remove(name));
        request.cf = blob.and_then(|blob| blob.to_str().ok().map(Arc::from));
        edit(&mut headers, &socket.request);
        request.url = url.into();
        request.headers = from_map(&headers);
        Some(request)
    }

    /// The response as the service's caller sees it.
    fn leaving(&self, head: ResponseHead, body: &Body, socket: &Manner, url: String) -> ResponseHead {
        let mut headers = to_map(&head.headers).unwrap_or_default();
        if !matches!(head.status, 101 | 204 | 205 | 304) {
            lengths(&mut headers, body);
        }
        edit(&mut headers, &socket.response);
        edit(&mut headers, &self.manner.response);
        ResponseHead { headers: from_map(&headers), url, ..head }
    }
}

/// What a server says for a Worker that threw.
fn failed() -> (ResponseHead, Body, Attachments) {
    const TEXT: &str = "Internal Server Error";
    let mut headers = HeaderList::default();
    headers.push("connection", b"close");
    let status_text = TEXT.to_string();
    let head = ResponseHead { status: 500, status_text, headers, encoded: false, url: String::new() };
    (head, Body::Inline(Bytes::from_static(TEXT.as_bytes())), Attachments::none())
}

/// How a body of this kind is announced.
fn lengths(headers: &mut HeaderMap, body: &Body) {
    match body {
        Body::Empty => {}
        Body::Inline(bytes) => _ = headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len())),
        Body::Stream { length: Some(length), .. } => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(*length));
        }
        Body::Stream { length: None, .. } => {
            headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

fn edit(headers: &mut HeaderMap, edits: &[crate::outbound::HeaderEdit]) {
    for (name, value) in edits {
        match value {
            Some(value) => _ = headers.insert(name, value.clone()),
            None => _ = headers.remove(name),
        }
    }
}

/// `None` for what HTTP cannot carry.
fn to_map(list: &HeaderList) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(list.len());
    for (name, value) in list.iter() {
        map.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some(map)
}

fn from_map(map: &HeaderMap) -> HeaderList {
    map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
