//! Bytes between a socket and a worker's two streams, until both ways are over.
//!
//! ```text
//!   worker's writes ──► socket     end: FIN        failure: the writes are refused
//!   worker's reads  ◄── socket     FIN: end        reset: both ways are over
//! ```

use std::future::poll_fn;
use std::io;
use std::pin::pin;

use bytes::BytesMut;
use lopata_bridges::{StartTls, StreamReader, StreamWriter};
use lopata_protocol::WireError;
use lopata_protocol::limits::STREAM_CHUNK_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;

/// Why a transfer is over.
#[derive(Debug)]
pub(super) enum After {
    /// There is nothing left to move.
    Over,
    /// The worker wants TLS from here on; what it wrote before has been sent.
    Upgrade(Box<StartTls>),
}

/// How one way ended.
enum Way {
    /// As it should, or because the worker let go of its end.
    Done,
    /// The socket broke.
    Broken,
    /// The end of the worker's plain bytes, with more to come under TLS.
    Upgrade(Box<StartTls>),
}

/// Moves bytes both ways at once.
pub(super) async fn transfer<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    from_worker: StreamReader,
    to_worker: StreamWriter,
    upgrade: Option<oneshot::Receiver<StartTls>>,
) -> After {
    let (reading, writing) = tokio::io::split(socket);
    let mut sending = pin!(send(from_worker, writing, upgrade));
    let mut receiving = pin!(receive(reading, to_worker));
    let (mut sent, mut received) = (false, false);
    while !(sent && received) {
        tokio::select! {
            way = &mut sending, if !sent => match way {
                Way::Upgrade(start) => return After::Upgrade(start),
                Way::Done | Way::Broken => sent = true,
            },
            way = &mut receiving, if !received => match way {
                Way::Broken => return After::Over,
                Way::Done | Way::Upgrade(_) => received = true,
            },
        }
    }
    After::Over
}

async fn send<W: AsyncWrite + Unpin>(
    mut from: StreamReader,
    mut socket: W,
    upgrade: Option<oneshot::Receiver<StartTls>>,
) -> Way {
    loop {
        match from.read().await {
            Some(Ok(chunk)) => {
                let written = async {
                    socket.write_all(&chunk).await?;
                    socket.flush().await
                };
                if written.await.is_err() {
                    return Way::Broken;
                }
            }
            None => break,
            // The worker gave up its writing; the socket is closed with the other way.
            Some(Err(_)) => return Way::Done,
        }
    }
    // It was sent before the end of the stream, so it is here if it was sent at all.
    if let Some(start) = upgrade.and_then(|mut upgrade| upgrade.try_recv().ok()) {
        return Way::Upgrade(Box::new(start));
    }
    match socket.shutdown().await {
        Ok(()) => Way::Done,
        Err(_) => Way::Broken,
    }
}

async fn receive<R: AsyncRead + Unpin>(mut socket: R, mut to: StreamWriter) -> Way {
    let most = STREAM_CHUNK_BYTES_MAX as usize;
    let mut buffer = BytesMut::new();
    loop {
        if poll_fn(|cx| to.poll_ready(cx)).await.is_err() {
            return Way::Done;
        }
        buffer.reserve(most);
        let read = tokio::select! {
            _reason = poll_fn(|cx| to.poll_cancelled(cx)) => return Way::Done,
            read = socket.read_buf(&mut buffer) => read,
        };
        match read {
            Ok(0) => {
                to.finish();
                return Way::Done;
            }
            Ok(_) => {
                if to.write(buffer.split().freeze()).await.is_err() {
                    return Way::Done;
                }
            }
            // A TLS peer that hangs up without saying goodbye: what it sent was all of it, as far as TCP knows.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                to.finish();
                return Way::Done;
            }
            Err(error) => {
                to.fail(WireError::connection_lost(Some(&error.to_string())));
                return Way::Broken;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;
    use lopata_bridges::{ConnectionEnds, stream};

    use super::*;

    #[tokio::test]
    async fn each_way_ends_by_itself() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let ((to_worker, mut reader), (mut writer, from_worker)) = (stream(), stream());
        let moving = tokio::spawn(async move { transfer(&mut near, from_worker, to_worker, None).await });
        writer.write(Bytes::from_static(b"ask")).await.unwrap();
        writer.finish();
        let mut asked = String::new();
        far.read_to_string(&mut asked).await.unwrap();
        assert_eq!(asked, "ask");
        far.write_all(b"answer").await.unwrap();
        far.shutdown().await.unwrap();
        assert_eq!(reader.read().await, Some(Ok(Bytes::from_static(b"answer"))));
        assert_eq!(reader.read().await, None);
        assert!(matches!(moving.await.unwrap(), After::Over));
    }

    #[tokio::test]
    async fn a_worker_that_lets_go_closes_the_socket() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let ((to_worker, reader), (writer, from_worker)) = (stream(), stream());
        let moving = tokio::spawn(async move { transfer(&mut near, from_worker, to_worker, None).await });
        drop((reader, writer));
        assert!(matches!(moving.await.unwrap(), After::Over));
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_was_written_before_an_upgrade_goes_out_plain() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let ((to_worker, _reader), (mut writer, from_worker)) = (stream(), stream());
        let (asking, upgrade) = oneshot::channel();
        writer.write(Bytes::from_static(b"STARTTLS")).await.unwrap();
        let ((secure_to, _), (_, secure_from)) = (stream(), stream());
        let ((opened, _), (over, _)) = (oneshot::channel(), oneshot::channel());
        let ends = ConnectionEnds { from_worker: secure_from, to_worker: secure_to, opened, over };
        asking.send(StartTls { server_name: "a".to_string(), ends }).unwrap();
        writer.finish();
        let after = transfer(&mut near, from_worker, to_worker, Some(upgrade)).await;
        let After::Upgrade(start) = after else { panic!("{after:?}") };
        assert_eq!(start.server_name, "a");
        let mut plain = [0; 8];
        far.read_exact(&mut plain).await.unwrap();
        assert_eq!(&plain, b"STARTTLS");
    }
}
