//! Doors: an HTTP server of the test, whose answers the test gives when it wants.
//!
//! A worker that fetches a door's URL is held there. So "while the handler runs" is a fact in a test, not a guess about
//! time. The door also says when somebody knocked, and when a waiting visitor has gone away.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::HANG;

/// Listens on a port of its own.
pub struct Door {
    port: u16,
    visitors: Receiver<Visitor>,
}

/// One request that waits for its answer.
pub struct Visitor {
    /// The request line and headers.
    pub head: String,
    stream: BufReader<TcpStream>,
}

impl Door {
    /// A door with nobody before it.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (sender, visitors) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                // Each visitor speaks when it likes; the thread ends with its request head.
                thread::spawn(move || {
                    if let Some(visitor) = Visitor::read(stream) {
                        let _ = sender.send(visitor);
                    }
                });
            }
        });
        Self { port, visitors }
    }

    /// What a worker fetches.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits for the next visitor.
    pub fn knock(&self) -> Visitor {
        self.visitors.recv_timeout(HANG).expect("somebody fetches the door's URL")
    }
}

impl Visitor {
    fn read(stream: TcpStream) -> Option<Self> {
        stream.set_read_timeout(Some(HANG)).ok()?;
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        Some(Self { head, stream })
    }

    /// Lets the visitor in, with this text as the response.
    pub fn open(mut self, text: &str) {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
        self.stream.get_mut().write_all((head + text).as_bytes()).expect("the visitor waits");
    }

    /// Begins a response whose body has no known end.
    pub fn begin(&mut self) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
        self.stream.get_mut().write_all(head.as_bytes()).expect("the visitor waits");
    }

    /// Sends a piece of the body that [`begin`](Self::begin) started; an empty one ends it.
    pub fn send(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.stream.get_mut().write_all(chunk.as_bytes()).expect("the visitor reads");
    }

    /// Reads this many bytes of the request's body, as they are on the wire.
    pub fn read_exact(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("the visitor sends its body");
        bytes
    }

    /// Waits until the visitor has hung up.
    pub fn gone(mut self) {
        let mut rest = Vec::new();
        // A reset is a way of hanging up as well.
        if let Err(error) = self.stream.read_to_end(&mut rest) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "the visitor still waits");
        }
    }
}
