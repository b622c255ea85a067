//! Makes load on a WebSocket echo, for `bench/run`: fixed frames, written and compared as bytes, so that the client
//! costs next to nothing beside the server.
//!
//! Usage: `socket_load PORT PATH SOCKETS IN_FLIGHT BYTES SECONDS [all]`. Prints the messages that came back in a second.
//! With `all` the first socket sends, and every one of them gets what it has sent.

use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, path, sockets, in_flight, bytes, seconds, all @ ..] = args.as_slice() else {
        bail!("usage: socket_load PORT PATH SOCKETS IN_FLIGHT BYTES SECONDS [all]");
    };
    let [sockets, in_flight, bytes] = [number(sockets)?, number(in_flight)?, number(bytes)?];
    let mut streams = Vec::new();
    for _ in 0..sockets {
        streams.push(upgrade(number(port)?, path).await?);
    }
    if !all.is_empty() {
        let per_second = tell_all(streams, in_flight, bytes, Duration::from_secs(number(seconds)?)).await?;
        println!("{per_second:.1}");
        return Ok(());
    }
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let talks: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(talk(stream, in_flight, bytes, Arc::clone(&over), Arc::clone(&count))))
        .collect();
    tokio::time::sleep(Duration::from_secs(number(seconds)?)).await;
    let messages = count.load(Ordering::Relaxed);
    let took = began.elapsed();
    over.store(true, Ordering::Relaxed);
    for talk in talks {
        talk.await??;
    }
    println!("{:.1}", messages as f64 / took.as_secs_f64());
    Ok(())
}

fn number<T: FromStr>(text: &str) -> anyhow::Result<T> {
    text.parse().ok().with_context(|| format!("not a number: {text}"))
}

async fn upgrade(port: u16, path: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    ensure!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    Ok(stream)
}

/// Sends on the first stream and reads on all of them, round after round; gives the messages read in a second.
async fn tell_all(mut streams: Vec<TcpStream>, in_flight: usize, bytes: usize, time: Duration) -> anyhow::Result<f64> {
    let (sent, expected) = frames(in_flight, bytes);
    let mut got = vec![0; expected.len()];
    let mut messages = 0_usize;
    let began = Instant::now();
    while began.elapsed() < time {
        streams[0].write_all(&sent).await?;
        for stream in &mut streams {
            stream.read_exact(&mut got).await?;
            ensure!(got == expected, "a message is not what was sent");
        }
        messages += streams.len() * in_flight;
    }
    Ok(messages as f64 / began.elapsed().as_secs_f64())
}

/// What is sent in one go, and what comes back for it.
fn frames(in_flight: usize, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let payload: Vec<u8> = (0..bytes).map(|i| (i % 251) as u8).collect();
    // A mask of zeros leaves the payload as it is, and costs the server what any other mask costs.
    let sent = [head(0x80, bytes), vec![0; 4], payload.clone()].concat().repeat(in_flight);
    (sent, [head(0, bytes), payload].concat().repeat(in_flight))
}

/// Keeps `in_flight` messages under way, and checks each echo byte by byte.
async fn talk(
    mut stream: TcpStream,
    in_flight: usize,
    bytes: usize,
    over: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let (sent, expected) = frames(in_flight, bytes);
    let mut echo = vec![0; expected.len()];
    while !over.load(Ordering::Relaxed) {
        stream.write_all(&sent).await?;
        stream.read_exact(&mut echo).await?;
        ensure!(echo == expected, "an echo is not what was sent");
        count.fetch_add(in_flight as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// The first bytes of a binary frame, up to its mask.
fn head(masked: u8, length: usize) -> Vec<u8> {
    match length {
        0..126 => vec![0x82, masked | length as u8],
        126..65_536 => [&[0x82, masked | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[0x82, masked | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}
