//! Sessions over a pipe in memory, with bytes written and read by hand.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use lopata_bridges::{WebSocketEnd, socket_pair};
use lopata_protocol::SocketFrame;
use lopata_protocol::limits::{WEBSOCKET_MESSAGE_BYTES_MAX, WEBSOCKET_WINDOW_BYTES};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use super::{Role, accept_key, session};

struct Wire {
    io: DuplexStream,
    winding: CancellationToken,
    session: tokio::task::JoinHandle<()>,
}

/// A session in the role of a server, the bytes of its client, and the worker's end.
fn open(role: Role) -> (Wire, WebSocketEnd) {
    open_over(role, 256 * 1024)
}

/// The same over a pipe that holds this many bytes.
fn open_over(role: Role, pipe_bytes: usize) -> (Wire, WebSocketEnd) {
    let (near, far) = socket_pair();
    let (io, other) = duplex(pipe_bytes);
    let winding = CancellationToken::new();
    let session = tokio::spawn({
        let winding = winding.clone();
        async move { session(other, role, far, &winding).await }
    });
    (Wire { io, winding, session }, near)
}

impl Wire {
    async fn write(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.unwrap();
    }

    /// A frame of a client, masked with zeros.
    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            length @ ..126 => frame.push(0x80 | length as u8),
            length @ ..65536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.write(&frame).await;
    }

    async fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        self.io.read_exact(&mut got).await.unwrap();
        assert_eq!(got, bytes);
    }

    async fn expect_end(&mut self) {
        assert_eq!(self.io.read(&mut [0; 16]).await.unwrap(), 0, "nothing more is sent");
    }

    /// The code and the reason of the close that comes.
    async fn close(&mut self) -> (u16, String) {
        let mut head = [0; 2];
        self.io.read_exact(&mut head).await.unwrap();
        assert_eq!(head[0], 0x88, "a close");
        let mut payload = vec![0; usize::from(head[1])];
        self.io.read_exact(&mut payload).await.unwrap();
        (u16::from_be_bytes([payload[0], payload[1]]), String::from_utf8(payload[2..].to_vec()).unwrap())
    }
}

fn text(text: &'static str) -> SocketFrame {
    SocketFrame::Text(Bytes::from_static(text.as_bytes()))
}

#[test]
fn the_accept_key_is_that_of_the_rfc() {
    assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ==").unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for bad in [&b""[..], b"short", b"dGhlIHNhbXBsZSBub25jZQ", b"dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ=="] {
        assert_eq!(accept_key(bad), None);
    }
}

#[tokio::test]
async fn messages_and_pings_go_both_ways() {
    let (mut wire, end) = open(Role::Server);
    wire.frame(0x01, b"Hel").await;
    wire.frame(0x89, b"ping").await;
    wire.frame(0x80, b"lo").await;
    wire.expect(b"\x8a\x04ping").await;
    assert_eq!(end.take().await, Some(text("Hello")));
    wire.frame(0x82, b"").await;
    assert_eq!(end.take().await, Some(SocketFrame::Binary(Bytes::new())));
    end.send(text("out"));
    end.send(SocketFrame::Binary(Bytes::from(vec![1; 300])));
    wire.expect(b"\x81\x03out\x82\x7e\x01\x2c").await;
    wire.expect(&[1; 300]).await;
}

#[tokio::test]
async fn a_close_is_answered_by_the_worker_and_not_before() {
    let (mut wire, end) = open(Role::Server);
    wire.frame(0x88, b"\x03\xe8bye").await;
    assert_eq!(end.take().await, Some(SocketFrame::Close { code: Some(1000), reason: "bye".into() }));
    end.send(text("one more thing"));
    wire.expect(b"\x81\x0eone more thing").await;
    end.send(SocketFrame::Close { code: Some(4000), reason: "own".into() });
    assert_eq!(wire.close().await, (4000, "own".to_string()));
    wire.expect_end().await;
    drop(wire.io);
    wire.session.await.unwrap();
}

#[tokio::test]
async fn every_code_that_may_be_sent_arrives() {
    for code in [1000u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        let (mut wire, end) = open(Role::Server);
        wire.frame(0x88, &code.to_be_bytes()).await;
        assert_eq!(end.take().await, Some(SocketFrame::Close { code: Some(code), reason: String::new() }));
    }
}

#[tokio::test]
async fn the_workers_close_waits_for_the_clients() {
    let (mut wire, end) = open(Role::Server);
    end.send(SocketFrame::Close { code: None, reason: String::new() });
    wire.expect(b"\x88\x00").await;
    wire.frame(0x81, b"crossed").await;
    assert_eq!(end.take().await, Some(text("crossed")));
    wire.frame(0x88, b"").await;
    assert_eq!(end.take().await, Some(SocketFrame::Close { code: None, reason: String::new() }));
    wire.expect_end().await;
}

#[tokio::test]
async fn whoever_is_lost_is_missed() {
    let (wire, end) = open(Role::Server);
    drop(wire.io);
    assert_eq!(end.take().await, Some(SocketFrame::Lost(None)));
    let (mut wire, end) = open(Role::Server);
    end.send(text("last"));
    drop(end);
    wire.expect(b"\x81\x04last").await;
    wire.expect_end().await;
    let (mut wire, end) = open(Role::Server);
    wire.frame(0x88, b"\x03\xe8").await;
    assert!(matches!(end.take().await, Some(SocketFrame::Close { .. })));
    drop(wire.io);
    wire.session.await.unwrap();
    assert!(end.is_peer_gone(), "a client that hangs up after its close is noticed");
}

#[tokio::test]
async fn violations_are_answered_with_their_code() {
    let invalid_codes = [0u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000];
    let mut cases: Vec<(u16, u8, Vec<u8>)> =
        invalid_codes.iter().map(|code| (1002, 0x88, code.to_be_bytes().to_vec())).collect();
    cases.extend([
        (1002, 0x88, b"\x03".to_vec()),
        (1007, 0x88, b"\x03\xe8\xff".to_vec()),
        (1007, 0x81, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80".to_vec()),
        (1002, 0x80, b"no message to go on with".to_vec()),
        (1002, 0x83, b"reserved".to_vec()),
        (1002, 0x8b, b"reserved".to_vec()),
        (1002, 0xc1, b"compressed".to_vec()),
        (1002, 0x09, b"a ping in pieces".to_vec()),
        (1002, 0x89, vec![0; 126]),
    ]);
    for (code, first, payload) in cases {
        let (mut wire, end) = open(Role::Server);
        wire.frame(first, &payload).await;
        assert_eq!(wire.close().await.0, code, "{first:#x} {payload:?}");
        wire.expect_end().await;
        assert!(matches!(end.take().await, Some(SocketFrame::Lost(Some(_)))), "{first:#x} {payload:?}");
    }
    let (mut wire, _end) = open(Role::Server);
    wire.write(b"\x81\x02hi").await;
    assert_eq!(wire.close().await.0, 1002, "a client has to mask");
    let (mut wire, _end) = open(Role::Client);
    wire.frame(0x81, b"hi").await;
    let mut head = [0; 2];
    wire.io.read_exact(&mut head).await.unwrap();
    assert_eq!(head[0], 0x88, "a server must not");
}

#[tokio::test]
async fn a_message_larger_than_may_be_is_refused_by_its_header() {
    let (mut wire, end) = open(Role::Server);
    let mut head = vec![0x82, 0xff];
    head.extend((WEBSOCKET_MESSAGE_BYTES_MAX as u64 + 1).to_be_bytes());
    head.extend([0; 4]);
    wire.write(&head).await;
    assert_eq!(wire.close().await.0, 1009);
    assert!(matches!(end.take().await, Some(SocketFrame::Lost(Some(_)))));
}

#[tokio::test]
async fn a_worker_that_does_not_keep_up_stops_its_client() {
    let (mut wire, end) = open(Role::Server);
    let chunk = vec![7; 64 * 1024];
    let mut sent = 0;
    'writing: loop {
        let mut frame = std::pin::pin!(wire.frame(0x82, &chunk));
        // All of it is in memory and in this thread: what has not moved after a while will not.
        for _ in 0..100 {
            if futures_util::poll!(frame.as_mut()).is_ready() {
                sent += chunk.len();
                continue 'writing;
            }
            tokio::task::yield_now().await;
        }
        break;
    }
    // The window, the pipe and the reader's buffer.
    assert!((WEBSOCKET_WINDOW_BYTES..2 * WEBSOCKET_WINDOW_BYTES).contains(&sent), "{sent} bytes");
    assert!(matches!(end.take().await, Some(SocketFrame::Binary(_))));
}

#[tokio::test]
async fn a_client_masks_and_the_reason_is_cut_where_a_character_ends() {
    let (mut wire, end) = open(Role::Client);
    end.send(text("masked"));
    let mut frame = [0; 12];
    wire.io.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[..2], [0x81, 0x86]);
    let plain: Vec<u8> = frame[6..].iter().zip(frame[2..6].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    assert_eq!(plain, b"masked");
    let (mut wire, end) = open(Role::Server);
    end.send(SocketFrame::Close { code: Some(1000), reason: "\u{20ac}".repeat(50) });
    assert_eq!(wire.close().await, (1000, "\u{20ac}".repeat(41)));
}

#[tokio::test]
async fn the_end_of_the_server_is_a_close_for_both() {
    let (mut wire, end) = open(Role::Server);
    end.send(text("before"));
    wire.expect(b"\x81\x06before").await;
    wire.winding.cancel();
    assert_eq!(wire.close().await, (1001, String::new()));
    assert_eq!(end.take().await, Some(SocketFrame::Close { code: Some(1001), reason: String::new() }));
    wire.frame(0x88, b"\x03\xe9").await;
    wire.expect_end().await;
    drop(wire.io);
    wire.session.await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_gets_everything_in_the_end() {
    // Large pieces, which fill the way out at once, and small ones, which are gathered.
    let lengths: Vec<usize> = (0..200).map(|index| if index % 3 == 0 { 70_000 } else { index }).collect();
    let (mut wire, end) = open(Role::Server);
    let total: usize = lengths.iter().map(|length| length + [2, 4, 10][header_of(*length)]).sum();
    let sending = lengths.clone();
    for length in sending {
        end.send(SocketFrame::Binary(Bytes::from(vec![0; length])));
    }
    let mut got = 0;
    let mut buffer = vec![0; 3000];
    while got < total {
        got += wire.io.read(&mut buffer).await.unwrap();
    }
    assert_eq!((got, end.queued_bytes()), (total, 0));
}

fn header_of(length: usize) -> usize {
    usize::from(length > 125) + usize::from(length > 65535)
}

#[tokio::test]
async fn a_client_that_never_stops_sending_is_not_waited_for() {
    let (wire, _end) = open_over(Role::Server, 4 * 1024 * 1024);
    let Wire { io, winding, session } = wire;
    let (mut unread, mut out) = tokio::io::split(io);
    // Pongs, which nobody has to answer.
    let pongs = [0x8a, 0x80, 0, 0, 0, 0].repeat(64 * 1024);
    let flood = tokio::spawn(async move { while out.write_all(&pongs).await.is_ok() {} });
    winding.cancel();
    tokio::select! {
        ended = session => ended.unwrap(),
        () = tokio::time::sleep(std::time::Duration::from_secs(20)) => panic!("it is waited for"),
    }
    assert_ne!(unread.read(&mut [0; 16]).await.unwrap(), 0, "it was told");
    flood.await.unwrap();
}
