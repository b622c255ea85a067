//! An HTTP/1.1 client that does exactly what it is told, also what a polite one never would.
//!
//! [`Client`] sends whole requests. [`Connection`] is the raw thing: write bytes, read a head, read a body as it comes,
//! hang up in the middle.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;

use super::HANG;

/// Where to connect.
#[derive(Clone, Debug)]
pub struct Client {
    host: String,
    port: u16,
    secure: bool,
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, with chunks joined.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl Client {
    /// A client for an origin such as `http://localhost:8787`.
    pub fn new(origin: &str) -> Self {
        let (scheme, rest) = origin.split_once("://").unwrap_or_else(|| panic!("not an origin: {origin}"));
        let authority = rest.split('/').next().expect("split yields at least one part");
        let (host, port) = authority.rsplit_once(':').unwrap_or_else(|| panic!("no port in {origin}"));
        let port = port.parse().unwrap_or_else(|_| panic!("no port in {origin}"));
        Self { host: host.to_string(), port, secure: scheme == "https" }
    }

    /// The origin.
    pub fn origin(&self) -> String {
        format!("{}://{}:{}", if self.secure { "https" } else { "http" }, self.host, self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new connection.
    pub fn connect(&self) -> Connection {
        self.try_connect().unwrap_or_else(|error| panic!("cannot connect to {}: {error}", self.origin()))
    }

    /// A new connection for what starts as HTTP and becomes something else, and the socket below.
    pub fn stream(&self) -> (Box<dyn Stream>, TcpStream) {
        let Connection { reader, raw, .. } = self.connect();
        (reader.into_inner(), raw)
    }

    /// The address as others write it: `localhost:8787`.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn try_connect(&self) -> io::Result<Connection> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))?;
        tcp.set_read_timeout(Some(HANG))?;
        tcp.set_write_timeout(Some(HANG))?;
        tcp.set_nodelay(true)?;
        let raw = tcp.try_clone()?;
        let stream: Box<dyn Stream> = if self.secure { Box::new(tls::wrap(tcp, &self.host)) } else { Box::new(tcp) };
        Ok(Connection { reader: BufReader::new(stream), raw, host: format!("{}:{}", self.host, self.port) })
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], b"")
    }

    /// A POST.
    pub fn post(&self, path: &str, body: &[u8]) -> Response {
        self.send("POST", path, &[], body)
    }

    /// Any request, on a connection of its own.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same for callers that want to see the failure.
    pub fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Response> {
        let mut connection = self.try_connect()?;
        connection.request(method, path, headers, body)?;
        connection.response(method)
    }
}

/// What a connection is, with TLS or without.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// One connection.
pub struct Connection {
    reader: BufReader<Box<dyn Stream>>,
    /// The socket below, also with TLS.
    raw: TcpStream,
    host: String,
}

impl Connection {
    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Writes a request. A body gets its `content-length`, unless the headers say something else.
    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        let has = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if !has("host") {
            head += &format!("host: {}\r\n", self.host);
        }
        if !body.is_empty() && !has("content-length") && !has("transfer-encoding") {
            head += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.write(&bytes)
    }

    /// Writes one chunk of a chunked body; an empty one ends it.
    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut frame = format!("{:x}\r\n", bytes.len()).into_bytes();
        frame.extend_from_slice(bytes);
        frame.extend_from_slice(b"\r\n");
        self.write(&frame)
    }

    /// Reads a response, body and all.
    pub fn response(&mut self, method: &str) -> io::Result<Response> {
        let mut response = self.head()?;
        self.body(method, &response)?.read_to_end(&mut response.body)?;
        Ok(response)
    }

    /// Reads a response's head, past interim ones other than 101.
    pub fn head(&mut self) -> io::Result<Response> {
        loop {
            let head = self.any_head()?;
            if head.status >= 200 || head.status == 101 {
                return Ok(head);
            }
        }
    }

    /// Reads the next head, whatever its status.
    pub fn any_head(&mut self) -> io::Result<Response> {
        let line = self.line()?;
        let mut parts = line.splitn(3, ' ');
        let (version, status, reason) = (parts.next(), parts.next(), parts.next());
        let status = match (version, status.and_then(|status| status.parse().ok())) {
            (Some("HTTP/1.1" | "HTTP/1.0"), Some(status)) => status,
            _ => return Err(invalid(format!("not a status line: {line:?}"))),
        };
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| invalid(format!("not a header: {line:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
        }
        Ok(Response { status, reason: reason.unwrap_or_default().to_string(), headers, body: Vec::new() })
    }

    /// The body that follows `head`, as a reader.
    pub fn body(&mut self, method: &str, head: &Response) -> io::Result<Body<'_>> {
        let left = if method == "HEAD" || matches!(head.status, 101 | 204 | 304) {
            Left::Bytes(0)
        } else if head.header("transfer-encoding") == Some("chunked") {
            Left::Chunk(0)
        } else if let Some(length) = head.header("content-length") {
            Left::Bytes(length.parse().map_err(|_| invalid(format!("content-length: {length}")))?)
        } else {
            Left::Everything
        };
        Ok(Body { connection: self, left })
    }

    /// Another handle on the socket, to write from a second thread. Plain HTTP only.
    pub fn writer(&self) -> TcpStream {
        self.raw.try_clone().expect("the socket is open")
    }

    /// Waits until the server has closed the connection; false when it sends something instead.
    pub fn closed(&mut self) -> bool {
        matches!(self.reader.fill_buf(), Ok([]) | Err(_))
    }

    /// Hangs up so that the server is told at once, whatever it was about to send.
    pub fn reset(self) {
        let _ = self.raw.shutdown(std::net::Shutdown::Both);
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\r\n") {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

/// Reads one body off a connection. An early end is an error.
pub struct Body<'c> {
    connection: &'c mut Connection,
    left: Left,
}

enum Left {
    /// So many bytes.
    Bytes(u64),
    /// So many bytes of the current chunk; with none left, the next chunk's size follows.
    Chunk(u64),
    /// Up to the end of the connection.
    Everything,
}

impl Body<'_> {
    /// Reads until this much is there or the body ends.
    pub fn take_bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.by_ref().take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Left::Chunk(0) = self.left {
            let line = self.connection.line()?;
            let size = line.split(';').next().expect("split yields at least one part");
            let size = u64::from_str_radix(size.trim(), 16).map_err(|_| invalid(format!("chunk size {line:?}")))?;
            if size == 0 {
                while !self.connection.line()?.is_empty() {}
                self.left = Left::Bytes(0);
            } else {
                self.left = Left::Chunk(size);
            }
        }
        let (Left::Bytes(max) | Left::Chunk(max)) = self.left else { return self.connection.reader.read(buffer) };
        if max == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let wanted = buffer.len().min(usize::try_from(max).unwrap_or(usize::MAX));
        let count = self.connection.reader.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &mut self.left {
            Left::Bytes(left) => *left -= count as u64,
            Left::Chunk(left) => {
                *left -= count as u64;
                if *left == 0 && !self.connection.line()?.is_empty() {
                    return Err(invalid("a chunk is longer than its size".to_string()));
                }
            }
            Left::Everything => {}
        }
        Ok(count)
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// TLS that accepts any certificate, as `curl -k` does: the server signs its own.
mod tls {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, aws_lc_rs};
    use rustls::pki_types::{CertificateDer, UnixTime};
    use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

    use super::*;

    #[derive(Debug)]
    struct Trusting(Arc<CryptoProvider>);

    impl ServerCertVerifier for Trusting {
        fn verify_server_cert(
            &self,
            _certificate: &CertificateDer<'_>,
            _chain: &[CertificateDer<'_>],
            _name: &ServerName<'_>,
            _ocsp: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }

    pub fn wrap(tcp: TcpStream, host: &str) -> StreamOwned<ClientConnection, TcpStream> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider supports them")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Trusting(provider)))
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_string()).expect("the host is a name or an address");
        let connection = ClientConnection::new(Arc::new(config), name).expect("the configuration is complete");
        StreamOwned::new(connection, tcp)
    }
}
