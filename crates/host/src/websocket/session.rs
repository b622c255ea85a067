//! One connection from its handshake to its end.
//!
//! ```text
//!  open ─(close from either side)─► closing ─(close from the other)─► closed ─► drained ─► over
//!    └──(violation: told, then)────────────────────────────────────►┘
//!    └──(connection lost, worker gone, nobody answers the close)──────────────────────────► over
//! ```

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use lopata_bridges::WebSocketEnd;
use lopata_protocol::limits::WEBSOCKET_CLOSE_TIMEOUT_MS;
use lopata_protocol::{SocketFrame, WireError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::read::{Reader, Received};
use super::write::Writer;
use super::{Role, Violation};

/// Bytes on their way out up to which more of the worker's messages are taken.
const OUT_BYTES: usize = 64 * 1024;
/// How long the other side may take to hang up once both sides have closed.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that are read and thrown away while it does.
const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Serves a connection until both sides have closed, one is gone, or the server ends (`winding`).
pub(crate) async fn session(
    mut io: impl AsyncRead + AsyncWrite + Unpin,
    role: Role,
    end: WebSocketEnd,
    winding: &CancellationToken,
) {
    end.drain();
    let mut session = Session {
        reader: Reader::new(role),
        writer: Writer::new(role),
        end: Some(end),
        pong: None,
        receiving: true,
        sending: true,
        deadline: None,
    };
    let mut winding = pin!(winding.cancelled());
    let over = poll_fn(|cx| session.poll(&mut io, winding.as_mut(), cx)).await;
    drop(session);
    if over == Over::Orderly {
        let _ = tokio::time::timeout(LINGER, linger(&mut io)).await;
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Everything is written; the other side has only to hang up.
    Orderly,
    /// The connection is of no use any more.
    Broken,
}

struct Session {
    reader: Reader,
    writer: Writer,
    /// The worker's side; `None` once it has nothing to tell and need not be told anything.
    end: Option<WebSocketEnd>,
    /// The answer to the last ping that came while too much was on its way out.
    pong: Option<Bytes>,
    /// No close has come, and no violation.
    receiving: bool,
    /// No close has gone out.
    sending: bool,
    /// When the other side is not waited for any longer; set with the close that is to be answered, or when the
    /// worker has gone.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Session {
    fn poll(
        &mut self,
        io: &mut (impl AsyncRead + AsyncWrite + Unpin),
        winding: Pin<&mut WaitForCancellationFuture<'_>>,
        cx: &mut Context<'_>,
    ) -> Poll<Over> {
        if self.sending && winding.poll(cx).is_ready() {
            self.wind_down();
        }
        // Before anything is read: a side that never stops sending uses up what one turn of a task may do.
        if self.is_overdue(cx) {
            return Poll::Ready(Over::Broken);
        }
        loop {
            let has_more = self.take(cx);
            let written = self.writer.poll(&mut *io, cx);
            if let Poll::Ready(Err(_broken)) = written {
                return Poll::Ready(Over::Broken);
            }
            if written.is_ready() && !self.sending && !self.receiving {
                return Poll::Ready(Over::Orderly);
            }
            // The worker has gone without a close: what it sent before is out, and the connection ends as abruptly.
            if written.is_ready() && self.end.is_none() && self.sending {
                return Poll::Ready(Over::Orderly);
            }
            match self.receive(io, cx) {
                Poll::Ready(Some(over)) => return Poll::Ready(over),
                Poll::Ready(None) => {}
                Poll::Pending if has_more && written.is_ready() => {}
                Poll::Pending => break,
            }
        }
        // One that was set just now is to wake the task.
        if self.is_overdue(cx) { Poll::Ready(Over::Broken) } else { Poll::Pending }
    }

    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready())
    }

    /// Takes what the worker says, as much as can be on its way; true when there may be more once that is written.
    /// Otherwise the task is woken when there is.
    fn take(&mut self, cx: &mut Context<'_>) -> bool {
        while self.sending {
            if self.writer.len() >= OUT_BYTES {
                return true;
            }
            if let Some(pong) = self.pong.take() {
                self.writer.pong(pong);
                continue;
            }
            let Some(Poll::Ready(frame)) = self.end.as_ref().map(|end| end.poll_take(cx)) else { break };
            match frame {
                Some(SocketFrame::Text(text)) => self.writer.text(text),
                Some(SocketFrame::Binary(bytes)) => self.writer.binary(bytes),
                Some(SocketFrame::Close { code, reason }) => self.close(code, &reason, WEBSOCKET_CLOSE_TIMEOUT_MS),
                Some(SocketFrame::Lost(_)) | None => {
                    self.end = None;
                    // Nobody is left who could close: what is on its way is not waited for without an end.
                    self.expect_the_end(WEBSOCKET_CLOSE_TIMEOUT_MS);
                    break;
                }
            }
        }
        false
    }

    /// Takes one thing that comes; `Pending` also while the worker does not keep up.
    fn receive(&mut self, io: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<Option<Over>> {
        if !self.receiving {
            // Nothing may follow a close but the end of the connection.
            return poll_end(io, cx).map(|()| Some(Over::Broken));
        }
        if let Some(end) = &self.end {
            ready!(end.poll_room(cx));
        }
        let frame = match ready!(self.reader.poll(io, cx)) {
            Received::Text(text) => SocketFrame::Text(text),
            Received::Binary(bytes) => SocketFrame::Binary(bytes),
            Received::Ping(payload) => {
                // The last of several may stand for all, by RFC 6455; so a flood of them costs nothing.
                match self.writer.len() < OUT_BYTES {
                    true if self.sending => self.writer.pong(payload),
                    true => {}
                    false => self.pong = Some(payload),
                }
                return Poll::Ready(None);
            }
            Received::Pong => return Poll::Ready(None),
            Received::Close(code, reason) => {
                self.receiving = false;
                SocketFrame::Close { code, reason }
            }
            Received::Violation(violation) => {
                self.violated(&violation);
                return Poll::Ready(None);
            }
            Received::End => return Poll::Ready(Some(Over::Broken)),
        };
        if let Some(end) = &self.end {
            end.send(frame);
        }
        Poll::Ready(None)
    }

    /// The other side does not keep to the rules: it is told, and so is the worker, and that is the end.
    fn violated(&mut self, violation: &Violation) {
        self.receiving = false;
        if self.sending {
            self.close(Some(violation.code()), &violation.to_string(), WEBSOCKET_CLOSE_TIMEOUT_MS);
        }
        if let Some(end) = self.end.take() {
            end.send(SocketFrame::Lost(Some(Box::new(WireError::new("Error", violation.to_string())))));
        }
    }

    /// The server ends: nobody waits long for an answer.
    fn wind_down(&mut self) {
        self.close(Some(1001), "", LINGER.as_millis() as u64);
        if let Some(end) = self.end.take() {
            end.send(SocketFrame::Close { code: Some(1001), reason: String::new() });
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str, timeout_ms: u64) {
        self.writer.close(code, reason);
        self.sending = false;
        self.pong = None;
        self.expect_the_end(timeout_ms);
    }

    fn expect_the_end(&mut self, timeout_ms: u64) {
        self.deadline = Some(Box::pin(tokio::time::sleep(Duration::from_millis(timeout_ms))));
    }
}

/// Resolves when the connection has ended; what comes before is thrown away.
fn poll_end(io: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
    let mut scratch = [0; 1024];
    loop {
        let mut into = ReadBuf::new(&mut scratch);
        match ready!(Pin::new(&mut *io).poll_read(cx, &mut into)) {
            Ok(()) if !into.filled().is_empty() => {}
            Ok(()) | Err(_) => return Poll::Ready(()),
        }
    }
}

/// Hangs up without losing what was written: closing a connection that has unread bytes would reset it, and the other
/// side might never see the close.
async fn linger(io: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    if io.shutdown().await.is_err() {
        return;
    }
    let mut scratch = vec![0; 8 * 1024];
    let mut thrown_away = 0;
    while thrown_away < LINGER_BYTES_MAX
        && let Ok(count @ 1..) = io.read(&mut scratch).await
    {
        thrown_away += count;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use lopata_bridges::socket_pair;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_has_gone_does_not_wait_for_ever_for_a_client_that_never_reads() {
        let (near, far) = socket_pair();
        let mut session = Session {
            reader: Reader::new(Role::Server),
            writer: Writer::new(Role::Server),
            end: Some(far),
            pong: None,
            receiving: true,
            sending: true,
            deadline: None,
        };
        near.send(SocketFrame::Binary(Bytes::from_static(b"unread")));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(!session.take(&mut cx) && session.deadline.is_none(), "a worker that is there may take its time");
        drop(near);
        assert!(!session.take(&mut cx) && session.deadline.is_some());
    }
}
