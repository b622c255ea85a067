//! A server that speaks as much of MySQL's protocol as a client needs to log in and to ask one question.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// What the password is mixed with; never the same in a real server.
const SALT: &[u8; 20] = b"abcdefghijklmnopqrst";

/// What is answered to any question: one column, one row.
const ANSWER: (&str, &str) = ("solution", "2");

/// What the server has seen of a client that logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The mixed password.
    pub scramble: Vec<u8>,
}

/// Starts a server. Gives its port, and what comes: each login, and then each question of the client's.
pub fn listen() -> (u16, std::sync::mpsc::Receiver<Result<Login, String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let (said, heard) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let said = said.clone();
            thread::spawn(move || serve(stream, &said));
        }
    });
    (port, heard)
}

/// One packet: its length in three bytes, its number, its bytes.
fn send(stream: &mut impl Write, number: u8, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).expect("it is short").to_le_bytes();
    let packet = [&length[..3], &[number], bytes].concat();
    stream.write_all(&packet)
}

fn receive(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let mut bytes = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn serve(mut stream: TcpStream, said: &std::sync::mpsc::Sender<Result<Login, String>>) -> io::Result<()> {
    send(&mut stream, 0, &greeting())?;
    let _ = said.send(Ok(login(&receive(&mut stream)?)));
    send(&mut stream, 2, &[0, 0, 0, 2, 0, 0, 0])?;
    loop {
        let command = receive(&mut stream)?;
        match command.first() {
            // A question.
            Some(3) => {
                let _ = said.send(Err(String::from_utf8_lossy(&command[1..]).into_owned()));
                for (number, packet) in (1..).zip(answer()) {
                    send(&mut stream, number, &packet)?;
                }
            }
            // Anything but the end is fine.
            Some(1) | None => return Ok(()),
            Some(_) => send(&mut stream, 1, &[0, 0, 0, 2, 0, 0, 0])?,
        }
    }
}

fn greeting() -> Vec<u8> {
    // CLIENT_PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH, CONNECT_WITH_DB and what goes without saying.
    let capabilities: u32 = 0x0000_0001 | 0x0000_0008 | 0x0000_0200 | 0x0000_2000 | 0x0000_8000 | 0x0008_0000;
    let [low, low2, high, high2] = capabilities.to_le_bytes();
    let mut packet = vec![10];
    packet.extend(b"8.0.36-test\0");
    packet.extend(7u32.to_le_bytes());
    packet.extend(&SALT[..8]);
    packet.extend([0, low, low2, 45, 2, 0, high, high2, 21]);
    packet.extend([0; 10]);
    packet.extend(&SALT[8..]);
    packet.push(0);
    packet.extend(b"mysql_native_password\0");
    packet
}

fn login(packet: &[u8]) -> Login {
    // Capabilities, the longest packet, the character set and zeros come first.
    let rest = &packet[32..];
    let end = rest.iter().position(|byte| *byte == 0).expect("a name ends");
    let user = String::from_utf8_lossy(&rest[..end]).into_owned();
    let length = usize::from(rest[end + 1]);
    Login { user, scramble: rest[end + 2..end + 2 + length].to_vec() }
}

/// A text with its length before it.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).expect("it is short")];
    bytes.extend(text.as_bytes());
    bytes
}

fn answer() -> [Vec<u8>; 5] {
    let (name, value) = ANSWER;
    let mut column = [text("def"), text(""), text(""), text(""), text(name), text("")].concat();
    // Character set, width, LONGLONG, flags, decimals.
    column.extend([0x0c, 63, 0, 20, 0, 0, 0, 8, 0x81, 0, 0, 0, 0]);
    let end = vec![0xfe, 0, 0, 2, 0];
    [vec![1], column, end.clone(), text(value), end]
}
