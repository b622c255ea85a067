//! `connect()` to servers: the test is the server, plain and over TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::harness::{Options, Project, Server};

const CODE: &str = r#"
    import { connect } from "cloudflare:sockets";
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    const text = async (readable: any) => {
      let all = "";
      for await (const chunk of readable) all += decoder.decode(chunk, { stream: true });
      return all;
    };
    const settled = (promise: Promise<any>) => promise.then((value) => ["resolved", value], (error) => ["rejected", error.message]);
    const cases: any = {
      async echo(port: number, secureTransport: any) {
        const socket = connect({ hostname: "localhost", port }, { secureTransport });
        const writer = socket.writable.getWriter();
        await writer.write(encoder.encode("ping"));
        await writer.close();
        return [await text(socket.readable), await socket.opened, await settled(socket.closed)];
      },
      async large(port: number) {
        const socket = connect(`localhost:${port}`);
        const writer = socket.writable.getWriter();
        const writing = (async () => {
          for (let i = 0; i < 64; i++) await writer.write(new Uint8Array(65536).fill(i));
          await writer.close();
        })();
        let bytes = 0;
        for await (const chunk of socket.readable) bytes += chunk.byteLength;
        await writing;
        return bytes;
      },
      async halfOpen(port: number) {
        const socket = connect(`localhost:${port}`, { allowHalfOpen: true });
        const first = await text(socket.readable);
        const writer = socket.writable.getWriter();
        await writer.write(encoder.encode("after the end"));
        await writer.close();
        return first;
      },
      async ended(port: number) {
        const socket = connect(`localhost:${port}`);
        const first = await text(socket.readable);
        const closed = await settled(socket.closed);
        return [first, closed, await settled(socket.writable.getWriter().write(new Uint8Array(1)))];
      },
      async reset(port: number) {
        const socket = connect(`localhost:${port}`);
        await socket.writable.getWriter().write(new Uint8Array(1000));
        return [await settled(text(socket.readable)), await settled(socket.closed)];
      },
      async refused(port: number) {
        const socket = connect(`127.0.0.1:${port}`);
        return [await settled(socket.opened), await settled(socket.closed), await settled(socket.readable.getReader().read())];
      },
      async untrusted(port: number) {
        return settled(connect(`127.0.0.1:${port}`, { secureTransport: "on" }).opened);
      },
      async upgrade(port: number) {
        const plain = connect(`localhost:${port}`, { secureTransport: "starttls" });
        const reader = plain.readable.getReader(), writer = plain.writable.getWriter();
        const greeting = decoder.decode((await reader.read()).value);
        await writer.write(encoder.encode("STARTTLS"));
        const answer = decoder.decode((await reader.read()).value);
        reader.releaseLock();
        writer.releaseLock();
        const secure = plain.startTls();
        const out = secure.writable.getWriter();
        await out.write(encoder.encode("secret"));
        await out.close();
        return [greeting, answer, await text(secure.readable), plain.upgraded, secure.secureTransport,
          await settled(plain.closed), (await secure.opened).remoteAddress.split(":")[0]];
      },
      async wrongName(port: number) {
        const plain = connect(`localhost:${port}`, { secureTransport: "starttls" });
        const reader = plain.readable.getReader();
        await reader.read();
        const writer = plain.writable.getWriter();
        await writer.write(encoder.encode("STARTTLS"));
        await reader.read();
        reader.releaseLock();
        writer.releaseLock();
        const [state, message] = await settled(plain.startTls({ expectedServerHostname: "example.com" }).opened);
        return [state, message.replace(/[a-z0-9]{24}$/, "X")];
      },
      async closed(port: number) {
        const socket = connect(`localhost:${port}`);
        await socket.opened;
        const writer = socket.writable.getWriter();
        writer.write(encoder.encode("last words"));
        await socket.close();
        return settled(socket.closed);
      },
      async forgotten(port: number) {
        const socket = connect(`localhost:${port}`);
        await socket.opened;
        return "over";
      },
      async budget(port: number) {
        for (let i = 0; i < 3; i++) await connect(`localhost:${port}`).opened;
        try {
          connect(`localhost:${port}`);
        } catch (error) {
          return error.message;
        }
      },
    };
    export default {
      async fetch(request: Request): Promise<Response> {
        const url = new URL(request.url);
        const result = await cases[url.pathname.slice(1)](Number(url.searchParams.get("port")), url.searchParams.get("tls") ?? "off");
        return Response.json(result);
      },
    };
"#;

/// A server of the test, which serves each connection with `serve`.
pub fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Sends back what comes, until it ends.
pub fn echo(mut stream: impl Read + Write) {
    let mut buffer = [0; 65536];
    while let Ok(read) = stream.read(&mut buffer)
        && read > 0
        && stream.write_all(&buffer[..read]).is_ok()
    {}
}

/// TLS for `localhost`, and the certificate that clients have to trust.
pub fn tls() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).expect("a name");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("they belong together");
    (Arc::new(config), made.cert.pem())
}

fn secure(stream: TcpStream, config: &Arc<ServerConfig>) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(config)).expect("the configuration is complete"), stream)
}

pub fn echo_securely(stream: TcpStream, config: &Arc<ServerConfig>) {
    let mut stream = secure(stream, config);
    echo(&mut stream);
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn start() -> Server {
    Server::start(&Project::worker(CODE, json!({ "name": "connecting" })))
}

fn ask(server: &Server, case: &str, port: u16) -> serde_json::Value {
    server.get(&format!("/{case}?port={port}")).json()
}

#[test]
fn bytes_go_both_ways() {
    let server = start();
    let port = listen(|stream| {
        echo(&stream);
        let _ = stream.shutdown(Shutdown::Write);
    });
    assert_eq!(
        ask(&server, "echo", port),
        json!(["ping", { "remoteAddress": format!("localhost:{port}") }, ["resolved", null]])
    );
    assert_eq!(ask(&server, "large", port), 64 * 65536);
    server.stop();
}

#[test]
fn each_way_ends_by_itself() {
    let server = start();
    let (said, heard) = std::sync::mpsc::channel();
    let said = std::sync::Mutex::new(said);
    let port = listen(move |mut stream| {
        stream.write_all(b"bye").expect("the worker listens");
        stream.shutdown(Shutdown::Write).expect("it is open");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the worker ends its way");
        said.lock().expect("nobody panicked").send(rest).expect("the test waits");
    });
    assert_eq!(ask(&server, "halfOpen", port), "bye");
    assert_eq!(heard.recv().expect("it was heard"), "after the end");
    // Without being asked to, a worker does not speak to a peer that has ended.
    let ended = ask(&server, "ended", port);
    assert_eq!(ended, json!(["bye", ["resolved", null], ["rejected", "This WritableStream has been closed."]]));
    assert_eq!(heard.recv().expect("it was heard"), "");
    server.stop();
}

#[test]
fn what_goes_wrong() {
    let server = start();
    let resetting = listen(|mut stream| {
        stream.write_all(b"x").expect("the worker listens");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("the worker speaks");
        // What is left unread makes the close a reset.
        drop(stream);
    });
    let reset = ask(&server, "reset", resetting);
    assert_eq!(reset, json!([["rejected", "Network connection lost."], ["resolved", null]]));
    let free = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let text = "proxy request failed, cannot connect to the specified address";
    let refused = ask(&server, "refused", port);
    assert_eq!(refused[0], json!(["rejected", text]));
    assert_eq!(refused[1], json!(["rejected", text]));
    assert_eq!(refused[2][1]["done"], true);
    server.stop();
}

#[test]
fn tls_from_the_start_and_later() {
    let (config, certificate) = tls();
    let project = Project::worker(CODE, json!({ "name": "connecting" }));
    let trusted = project.path("ca.pem");
    std::fs::write(&trusted, certificate).expect("it is a folder");
    let options = Options::default().env("NODE_EXTRA_CA_CERTS", &trusted.display().to_string());
    let server = Server::start_with(&project, options);

    let own = Arc::clone(&config);
    let port = listen(move |stream| echo_securely(stream, &own));
    let answer = server.get(&format!("/echo?port={port}&tls=on")).json();
    assert_eq!(answer[0], "ping");
    let text = "proxy request failed, cannot connect to the specified address";
    assert_eq!(ask(&server, "untrusted", port), json!(["rejected", text]), "the certificate has another name");

    let later = listen(move |mut stream| {
        stream.write_all(b"220 hello").expect("the worker listens");
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).expect("the worker asks");
        assert_eq!(&asked, b"STARTTLS");
        stream.write_all(b"220 go").expect("the worker listens");
        echo_securely(stream, &config);
    });
    assert_eq!(
        ask(&server, "upgrade", later),
        json!(["220 hello", "220 go", "secret", true, "on", ["resolved", null], "localhost"])
    );
    assert_eq!(ask(&server, "wrongName", later), json!(["rejected", "internal error; reference = X"]));
    server.stop();
}

#[test]
fn a_socket_ends_with_close_and_with_its_event() {
    let server = start();
    let (said, heard) = std::sync::mpsc::channel();
    let said = std::sync::Mutex::new(said);
    let port = listen(move |mut stream| {
        let mut all = Vec::new();
        match stream.read_to_end(&mut all) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        said.lock().expect("nobody panicked").send(String::from_utf8_lossy(&all).into_owned()).expect("the test waits");
    });
    assert_eq!(ask(&server, "closed", port), json!(["resolved", null]));
    assert_eq!(heard.recv().expect("it was heard"), "last words");
    assert_eq!(ask(&server, "forgotten", port), "over");
    assert_eq!(heard.recv().expect("the socket ends with its event"), "");
    server.nothing_left();
    server.stop();
}

#[test]
fn sockets_are_subrequests() {
    let project = Project::worker(CODE, json!({ "name": "connecting", "limits": { "subrequests": 3 } }));
    let server = Server::start(&project);
    let port = listen(echo);
    assert_eq!(ask(&server, "budget", port), "Too many subrequests by single Worker invocation.");
    server.stop();
}
