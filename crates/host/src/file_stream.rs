//! A part of a file on its way into a stream: what static assets and folders that are served have in common.
//!
//! Holds one chunk at a time, and ends with its reader. What of which file is sent, and under which head, is the
//! caller's.

use std::io::{self, SeekFrom};

use bytes::BytesMut;
use lopata_bridges::StreamWriter;
use lopata_protocol::WireError;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes of a file that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Sends `length` bytes of a file from `start` on, until its reader has enough. A file that somebody has cut short
/// meanwhile fails the stream.
pub async fn send(mut file: File, start: u64, length: u64, mut writer: StreamWriter) {
    let mut left = length;
    let read = async {
        file.seek(SeekFrom::Start(start)).await?;
        while left > 0 {
            let mut buffer = BytesMut::with_capacity(CHUNK_BYTES.min(left as usize));
            let count = (&mut file).take(left.min(CHUNK_BYTES as u64)).read_buf(&mut buffer).await?;
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            left -= count as u64;
            if writer.write(buffer.freeze()).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    };
    match read.await {
        Ok(()) => writer.finish(),
        Err(error) => writer.fail(WireError::new("Error", error.to_string())),
    }
}
