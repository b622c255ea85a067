//! One end of a WebSocket, as a guest or a connection holds it.
//!
//! Owns one side of the machine, which both ends share behind one lock. It never blocks. Dropped, it tells the
//! other end, unless it has closed before. Wakers run, and frames are dropped, after the lock is released.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use lopata_protocol::SocketFrame;
use parking_lot::{Mutex, MutexGuard};

use super::machine::{Machine, Sent, Side, Taken, Wakes};
use crate::census::Counted;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The number of WebSocket ends in this process. For leak checks.
pub fn live_sockets() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A fresh WebSocket. Both ends may be sent to other threads.
pub fn socket_pair() -> (WebSocketEnd, WebSocketEnd) {
    let shared = Arc::new(Mutex::new(Shared { machine: Machine::new(), a: None, b: None }));
    let end = |side| WebSocketEnd { shared: Arc::clone(&shared), side, _counted: Counted::new(&LIVE) };
    (end(Side::A), end(Side::B))
}

#[derive(Debug)]
struct Shared {
    machine: Machine,
    /// A's task, when it waits.
    a: Option<Waker>,
    /// B's task, likewise.
    b: Option<Waker>,
}

impl Shared {
    fn wakers(&mut self, wakes: Wakes) -> [Option<Waker>; 2] {
        [wakes.a.then(|| self.a.take()).flatten(), wakes.b.then(|| self.b.take()).flatten()]
    }
}

fn wake(wakers: [Option<Waker>; 2]) {
    wakers.into_iter().flatten().for_each(Waker::wake);
}

/// One end of a WebSocket. One task at a time waits on it: taking and waiting for room share a waker.
#[derive(Debug)]
pub struct WebSocketEnd {
    shared: Arc<Mutex<Shared>>,
    side: Side,
    _counted: Counted,
}

impl WebSocketEnd {
    /// This end belongs to something that takes whatever is there and writes it out, however much of its own is
    /// under way.
    pub fn drain(&self) {
        let mut shared = self.shared.lock();
        let wakes = shared.machine.drain(self.side);
        let wakers = shared.wakers(wakes);
        drop(shared);
        wake(wakers);
    }

    /// Queues a frame for the other end, at once.
    pub fn send(&self, frame: SocketFrame) -> Sent {
        let mut shared = self.shared.lock();
        let (sent, wakes, dropped) = shared.machine.send(self.side, frame);
        let wakers = shared.wakers(wakes);
        drop(shared);
        drop(dropped);
        wake(wakers);
        sent
    }

    /// The next frame; `None` once the terminal one was taken. `Pending` too while this end has too much under
    /// way.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<SocketFrame>> {
        let mut shared = self.shared.lock();
        let (taken, wakes) = shared.machine.take(self.side);
        match taken {
            Taken::Frame(frame) => {
                let wakers = shared.wakers(wakes);
                drop(shared);
                wake(wakers);
                Poll::Ready(Some(frame))
            }
            Taken::Over => Poll::Ready(None),
            Taken::Nothing => {
                self.wait(shared, cx);
                Poll::Pending
            }
        }
    }

    /// The next frame; see [`WebSocketEnd::poll_take`]. Cancel-safe.
    pub async fn take(&self) -> Option<SocketFrame> {
        poll_fn(|cx| self.poll_take(cx)).await
    }

    /// Resolves when the other end has taken enough for more to be read from the source, or is gone.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let shared = self.shared.lock();
        if shared.machine.has_room(self.side) {
            return Poll::Ready(());
        }
        self.wait(shared, cx);
        Poll::Pending
    }

    /// Bytes that were sent and that the other end has not taken.
    pub fn queued_bytes(&self) -> usize {
        self.shared.lock().machine.queued_bytes(self.side)
    }

    /// True when the other end was dropped: what is sent is for nobody.
    pub fn is_peer_gone(&self) -> bool {
        self.shared.lock().machine.is_deaf(self.side)
    }
}

impl WebSocketEnd {
    /// Stores the caller's waker, under the lock under which there was nothing for it.
    fn wait(&self, mut shared: MutexGuard<'_, Shared>, cx: &Context<'_>) {
        let slot = match self.side {
            Side::A => &mut shared.a,
            Side::B => &mut shared.b,
        };
        let replaced = match slot {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => slot.replace(cx.waker().clone()),
        };
        // Dropping a waker may drop a task, and a task may own an end of this very socket.
        drop(shared);
        drop(replaced);
    }
}

impl Drop for WebSocketEnd {
    fn drop(&mut self) {
        let mut shared = self.shared.lock();
        let (wakes, dropped) = shared.machine.leave(self.side);
        let wakers = shared.wakers(wakes);
        // Its own waker keeps a task alive, and nobody is left to be woken on this side.
        let own = match self.side {
            Side::A => shared.a.take(),
            Side::B => shared.b.take(),
        };
        drop(shared);
        drop((own, dropped));
        wake(wakers);
    }
}
