//! A question about a name, as workers ask it of the system of names: what is asked for, and what comes back of it.
//!
//! Whoever takes the [`NameCall`] has the resolver; nobody here knows one. Every call is answered, or dropped, which the
//! caller takes for a resolver that cannot be reached.

use tokio::sync::{mpsc, oneshot};

/// What is asked for. One kind a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Who may issue certificates.
    Caa,
    /// The name that it is an alias of.
    Cname,
    /// Mail exchanges.
    Mx,
    /// Rules that rewrite names.
    Naptr,
    /// Name servers.
    Ns,
    /// Names of addresses.
    Ptr,
    /// The start of its zone.
    Soa,
    /// Services.
    Srv,
    /// Texts.
    Txt,
}

/// One record that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRecord {
    /// How long it may be remembered, in seconds.
    pub ttl_s: u32,
    /// Its fields in the order in which they are written, names without the last dot where Node has them so.
    pub fields: Vec<String>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFailure {
    /// There is no such name, or nothing of the kind.
    NotFound,
    /// It cannot be a name.
    BadName,
    /// Nobody answered.
    Unreachable,
}

/// One question.
#[derive(Debug)]
pub struct NameCall {
    /// The name; for [`RecordKind::Ptr`] also an address.
    pub name: String,
    /// What is asked for.
    pub kind: RecordKind,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Vec<NameRecord>, NameFailure>>,
}

/// The way to whoever knows names, and the end that it runs on.
pub(crate) fn name_service() -> (NameSender, NameReceiver) {
    // Unbounded: every call counts as a subrequest of a running event, as for fetches.
    let (sender, receiver) = mpsc::unbounded_channel();
    (NameSender(sender), NameReceiver { receiver })
}

/// The callers' end.
#[derive(Clone, Debug)]
pub(crate) struct NameSender(mpsc::UnboundedSender<NameCall>);

impl NameSender {
    /// Queues a call. A refused one is dropped, which tells the caller.
    pub(crate) fn call(&self, call: NameCall) {
        let _ = self.0.send(call);
    }
}

/// The end of whoever knows names. Dropped, it refuses what is queued and what comes.
#[derive(Debug)]
pub struct NameReceiver {
    receiver: mpsc::UnboundedReceiver<NameCall>,
}

impl NameReceiver {
    /// The next call; `None` when nobody can call any more.
    pub async fn recv(&mut self) -> Option<NameCall> {
        self.receiver.recv().await
    }
}

impl RecordKind {
    /// The kind with this name: `AAAA`.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "A" => Self::A,
            "AAAA" => Self::Aaaa,
            "CAA" => Self::Caa,
            "CNAME" => Self::Cname,
            "MX" => Self::Mx,
            "NAPTR" => Self::Naptr,
            "NS" => Self::Ns,
            "PTR" => Self::Ptr,
            "SOA" => Self::Soa,
            "SRV" => Self::Srv,
            "TXT" => Self::Txt,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::service::fetch_service;

    #[test]
    fn questions_go_to_whoever_took_their_end() {
        let (service, mut receiver) = fetch_service();
        let mut names = receiver.take_names().unwrap();
        assert!(receiver.take_names().is_none());
        let (reply, answer) = oneshot::channel();
        service.resolve(NameCall { name: "h".to_string(), kind: RecordKind::of("MX").unwrap(), reply });
        let call = names.receiver.blocking_recv().unwrap();
        assert_eq!((call.name.as_str(), call.kind), ("h", RecordKind::Mx));
        call.reply.send(Err(NameFailure::NotFound)).unwrap();
        assert_eq!(answer.blocking_recv().unwrap(), Err(NameFailure::NotFound));
    }

    #[test]
    fn a_service_without_a_resolver_refuses_them() {
        let (service, receiver) = fetch_service();
        drop(receiver);
        let (reply, answer) = oneshot::channel();
        service.resolve(NameCall { name: "h".to_string(), kind: RecordKind::A, reply });
        assert!(answer.blocking_recv().is_err());
        assert_eq!(RecordKind::of("ANY"), None);
    }
}
