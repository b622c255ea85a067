//! A connection that a worker opens: what is asked for, and what comes back of it.
//!
//! The socket itself belongs to whoever takes the [`ConnectCall`]; its bytes cross as two byte-credit streams whose
//! ends are here from the start, so that a worker may write before it knows that it is connected. A connection that
//! changes to TLS gets a fresh pair of streams with [`StartTls`]; the end of the first pair's outgoing stream then
//! means "now" and not "no more".
//!
//! Invariants
//! - `opened` is answered or dropped, which means that the connection could not be made; `over` is dropped. Nobody waits
//!   for a socket that is gone.
//! - A worker that lets go of its ends ends the connection.

use lopata_protocol::WireError;
use tokio::sync::{mpsc, oneshot};

use crate::stream::{StreamReader, StreamWriter};

/// Whether and when a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Never.
    Plain,
    /// From the start.
    Tls,
    /// Once the worker says so.
    StartTls,
}

/// The worker's bytes and the worker's questions about one connection, or about what it becomes under TLS.
#[derive(Debug)]
pub struct ConnectionEnds {
    /// What the worker writes.
    pub from_worker: StreamReader,
    /// What the worker reads.
    pub to_worker: StreamWriter,
    /// Told once the connection (or its TLS) is established, or why it is not.
    pub opened: oneshot::Sender<Result<(), WireError>>,
    /// Dropped when the connection is over, however it ended.
    pub over: oneshot::Sender<()>,
}

/// One connection to open.
#[derive(Debug)]
pub struct ConnectCall {
    /// The name or address of the host, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Its encryption.
    pub transport: Transport,
    /// Bytes and answers.
    pub ends: ConnectionEnds,
    /// How the worker asks for TLS; used at most once, and only with [`Transport::StartTls`].
    pub upgrade: oneshot::Receiver<StartTls>,
}

/// The change of a plain connection to TLS. Sent before the end of the plain outgoing stream.
#[derive(Debug)]
pub struct StartTls {
    /// The name that the server's certificate must have.
    pub server_name: String,
    /// Bytes and answers of the encrypted connection.
    pub ends: ConnectionEnds,
}

/// The way to whoever opens connections, and the end that it runs on.
pub(crate) fn connect_service() -> (ConnectSender, ConnectReceiver) {
    // Unbounded: every call counts as a subrequest of a running event, as for fetches.
    let (sender, receiver) = mpsc::unbounded_channel();
    (ConnectSender(sender), ConnectReceiver { receiver })
}

/// The callers' end.
#[derive(Clone, Debug)]
pub(crate) struct ConnectSender(mpsc::UnboundedSender<ConnectCall>);

impl ConnectSender {
    /// Queues a call. A refused one is dropped with its ends, which tells the worker.
    pub(crate) fn call(&self, call: ConnectCall) {
        let _ = self.0.send(call);
    }
}

/// The end of whoever opens connections. Dropped, it refuses what is queued and what comes.
#[derive(Debug)]
pub struct ConnectReceiver {
    receiver: mpsc::UnboundedReceiver<ConnectCall>,
}

impl ConnectReceiver {
    /// The next call; `None` when nobody can call any more.
    pub async fn recv(&mut self) -> Option<ConnectCall> {
        self.receiver.recv().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::service::fetch_service;
    use crate::stream::stream;

    fn call() -> (ConnectCall, oneshot::Receiver<Result<(), WireError>>, oneshot::Sender<StartTls>) {
        let ((to_worker, _), (_, from_worker)) = (stream(), stream());
        let ((opened, is_open), (over, _)) = (oneshot::channel(), oneshot::channel());
        let (upgrading, upgrade) = oneshot::channel();
        let ends = ConnectionEnds { from_worker, to_worker, opened, over };
        let call = ConnectCall { host: "h".to_string(), port: 1, transport: Transport::Plain, ends, upgrade };
        (call, is_open, upgrading)
    }

    #[test]
    fn a_service_that_takes_no_connections_refuses_them() {
        let (service, receiver) = fetch_service();
        let (first, opened, _upgrade) = call();
        service.connect(first);
        drop(receiver);
        assert!(opened.blocking_recv().is_err());
        let (late, opened, _upgrade) = call();
        service.connect(late);
        assert!(opened.blocking_recv().is_err());
    }

    #[test]
    fn connections_go_to_whoever_took_their_end() {
        let (service, mut receiver) = fetch_service();
        let mut connects = receiver.take_connects().unwrap();
        assert!(receiver.take_connects().is_none());
        let (first, opened, _upgrade) = call();
        service.connect(first);
        let taken = connects.receiver.blocking_recv().unwrap();
        taken.ends.opened.send(Ok(())).unwrap();
        assert_eq!(opened.blocking_recv().unwrap(), Ok(()));
        drop(service);
        assert!(connects.receiver.blocking_recv().is_none());
    }
}
