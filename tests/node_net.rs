//! `node:net`, `node:tls` and `node:dns` against servers of the test, and against this machine's own names.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Options, Project, Server};
use crate::sockets::{echo, echo_securely, listen, tls};

const CODE: &str = r#"
    import dns from "node:dns/promises";
    import { once } from "node:events";
    import net from "node:net";
    import tls from "node:tls";
    const record = (socket: any) => {
      const events: string[] = [];
      const names = ["connectionAttemptFailed", "connect", "ready", "secureConnect", "end", "finish"];
      for (const name of names) socket.on(name, () => events.push(name));
      socket.on("close", (failed: boolean) => events.push(`close ${failed}`));
      socket.on("error", (error: any) => events.push(`error ${error.message.replace(/[a-z0-9]{24}$/, "X")}`));
      return events;
    };
    const closed = (socket: any) => new Promise((resolve) => socket.once("close", resolve));
    const text = async (socket: any) => {
      let all = "";
      for await (const chunk of socket) all += chunk;
      return all;
    };
    let kept: any;
    const seen: string[] = [];
    const cases: any = {
      async keep(port: number) {
        kept = net.connect(port, "localhost");
        for (const name of ["end", "error", "close"]) kept.on(name, () => seen.push(name));
        kept.write("x");
        return `${await once(kept, "data")}`;
      },
      async foreign() {
        const failed = await new Promise((resolve) => kept.write("x", (error: any) => resolve(error.message)));
        return [failed, seen];
      },
      async echo(port: number) {
        const socket = net.connect(port, "localhost");
        const events = record(socket);
        socket.end("ping");
        return [await text(socket), events.slice(0, 3), socket.bytesRead, socket.bytesWritten];
      },
      async large(port: number) {
        const socket = net.connect({ port, host: "127.0.0.1" });
        let read = 0;
        socket.on("data", (chunk) => read += chunk.length);
        for (let i = 0; i < 64; i++) if (!socket.write(Buffer.alloc(65536))) await once(socket, "drain");
        socket.end();
        await closed(socket);
        return [read, socket.bytesWritten];
      },
      async ended(port: number) {
        const socket = net.connect(port, "localhost");
        const events = record(socket);
        let all = "";
        socket.on("data", (chunk) => all += chunk);
        await closed(socket);
        return [all, events];
      },
      async half(port: number) {
        const socket = net.connect({ port, host: "localhost", allowHalfOpen: true });
        let all = "";
        socket.on("data", (chunk) => all += chunk);
        await once(socket, "end");
        const state = socket.readyState;
        socket.end("after the end");
        await closed(socket);
        return [all, state];
      },
      async reset(port: number) {
        const socket = net.connect(port, "localhost");
        const events = record(socket);
        socket.resume().write("x");
        await closed(socket);
        return events;
      },
      async refused(port: number) {
        const socket = net.connect(port, "127.0.0.1");
        const events = record(socket);
        const failed = new Promise((resolve) => socket.write("x", (error: any) => resolve(error.code)));
        await closed(socket);
        return [events.slice(0, 3), await failed];
      },
      async secure(port: number) {
        const socket = tls.connect(port, "localhost", () => socket.end("secret"));
        const events = record(socket);
        const before = [socket.authorized, socket.encrypted];
        const all = await text(socket);
        return [all, before, socket.authorized, events.slice(0, 3)];
      },
      async wrongName(port: number) {
        const socket = tls.connect(port, "127.0.0.1");
        const events = record(socket);
        await closed(socket);
        return [events.slice(0, 3), socket.authorized];
      },
      async upgraded(port: number, servername: string) {
        const plain = net.connect(port, "localhost");
        const greeting = `${await once(plain, "data")}`;
        const secure: any = await new Promise((resolve) => {
          plain.once("data", () => resolve({ socket: tls.connect({ socket: plain, servername }) }));
          plain.write("STARTTLS");
        });
        const events = record(secure.socket);
        secure.socket.on("error", () => {});
        secure.socket.once("secureConnect", () => secure.socket.end("secret"));
        const all = await text(secure.socket).catch((error) => error.message.replace(/[a-z0-9]{24}$/, "X"));
        return [greeting, all, events.includes("secureConnect"), secure.socket.authorized];
      },
      async names() {
        return [
          await dns.lookup("localhost"),
          (await dns.lookup("localhost", { all: true, family: 4 })),
          await dns.resolve4("localhost"),
          await dns.lookup("no such name").catch((error) => [error.code, error.hostname]),
          (await dns.reverse("127.0.0.1")).includes("localhost"),
        ];
      },
      async budget() {
        const { getServers } = await import("node:dns");
        for (let i = 0; i < 3; i++) await dns.resolve4("localhost");
        return [getServers().length, await dns.resolve4("localhost").catch((error) => [error.code, error.cause.message])];
      },
    };
    export default {
      async fetch(request: Request): Promise<Response> {
        const url = new URL(request.url);
        const port = Number(url.searchParams.get("port"));
        return Response.json(await cases[url.pathname.slice(1)](port, url.searchParams.get("name") ?? undefined));
      },
    };
"#;

fn project() -> Project {
    let settings = json!({ "compatibility_date": "2026-04-20", "compatibility_flags": ["nodejs_compat"] });
    Project::worker(CODE, settings)
}

fn ask(server: &Server, case: &str, port: u16) -> Value {
    server.get(&format!("/{case}?port={port}")).json()
}

#[test]
fn bytes_go_both_ways() {
    let server = Server::start(&project());
    let port = listen(|stream| {
        echo(&stream);
        let _ = stream.shutdown(Shutdown::Write);
    });
    assert_eq!(ask(&server, "echo", port), json!(["ping", ["connect", "ready", "finish"], 4, 4]));
    assert_eq!(ask(&server, "large", port), json!([64 * 65536, 64 * 65536]));
    server.nothing_left();
    server.stop();
}

#[test]
fn the_peer_ends_first() {
    let server = Server::start(&project());
    let (said, heard) = std::sync::mpsc::channel();
    let said = std::sync::Mutex::new(said);
    let port = listen(move |mut stream: TcpStream| {
        stream.write_all(b"bye").expect("the worker listens");
        stream.shutdown(Shutdown::Write).expect("it is open");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the worker ends its way");
        said.lock().expect("nobody panicked").send(rest).expect("the test waits");
    });
    let ended = ask(&server, "ended", port);
    assert_eq!(ended, json!(["bye", ["connect", "ready", "end", "finish", "close false"]]));
    assert_eq!(heard.recv().expect("it was heard"), "");
    assert_eq!(ask(&server, "half", port), json!(["bye", "writeOnly"]));
    assert_eq!(heard.recv().expect("it was heard"), "after the end");
    server.stop();
}

#[test]
fn what_goes_wrong() {
    let server = Server::start(&project());
    let resetting = listen(|mut stream| {
        stream.write_all(b"x").expect("the worker listens");
        let mut first = [0; 1];
        stream.peek(&mut first).expect("the worker speaks");
        // What is left unread makes the close a reset.
        drop(stream);
    });
    // Source: production, where a connection that breaks is one that ends.
    let reset = ask(&server, "reset", resetting);
    assert_eq!(reset, json!(["connect", "ready", "end", "finish", "close false"]));
    let refused = ask(&server, "refused", 1);
    let text = "proxy request failed, cannot connect to the specified address";
    let events = json!(["connectionAttemptFailed", format!("error {text}"), "close true"]);
    assert_eq!(refused, json!([events, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION"]));
    server.stop();
}

#[test]
fn encrypted_from_the_start_and_later() {
    let (config, certificate) = tls();
    let project = project();
    let trusted = project.path("ca.pem");
    std::fs::write(&trusted, certificate).expect("it is a folder");
    let options = Options::default().env("NODE_EXTRA_CA_CERTS", &trusted.display().to_string());
    let server = Server::start_with(&project, options);
    let own = Arc::clone(&config);
    let port = listen(move |stream| echo_securely(stream, &own));
    assert_eq!(
        ask(&server, "secure", port),
        json!(["secret", [false, true], true, ["secureConnect", "connect", "ready"]])
    );
    let text = "error proxy request failed, cannot connect to the specified address";
    assert_eq!(
        ask(&server, "wrongName", port),
        json!([["connectionAttemptFailed", text, "close true"], false]),
        "the certificate has another name"
    );
    let later = listen(move |mut stream: TcpStream| {
        stream.write_all(b"220 hello").expect("the worker listens");
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).expect("the worker asks");
        assert_eq!(&asked, b"STARTTLS");
        stream.write_all(b"220 go").expect("the worker listens");
        echo_securely(stream, &config);
    });
    assert_eq!(ask(&server, "upgraded", later), json!(["220 hello", "secret", true, true]));
    let wrong = server.get(&format!("/upgraded?port={later}&name=example.com")).json();
    assert_eq!(wrong, json!(["220 hello", "internal error; reference = X", false, false]));
    server.nothing_left();
    server.stop();
}

#[test]
fn a_socket_is_of_its_event() {
    let server = Server::start(&project());
    let port = listen(echo);
    assert_eq!(ask(&server, "keep", port), "x");
    let foreign = ask(&server, "foreign", port);
    let text = foreign[0].as_str().unwrap_or_default();
    assert!(text.starts_with("Cannot perform I/O on behalf of a different request."), "{text}");
    assert!(text.ends_with(" (I/O type: Writable)"), "{text}");
    // Nothing is told to an event that is over.
    assert_eq!(foreign[1], json!([]));
    server.nothing_left();
    server.stop();
}

#[test]
fn names_of_this_machine() {
    let server = Server::start(&project());
    let loopback = json!({ "address": "127.0.0.1", "family": 4 });
    assert_eq!(
        ask(&server, "names", 0),
        json!([loopback, [loopback], ["127.0.0.1"], ["ENOTFOUND", "no such name"], true])
    );
    server.nothing_left();
    server.stop();
}

#[test]
fn questions_are_subrequests() {
    let settings = json!({
        "compatibility_date": "2026-04-20",
        "compatibility_flags": ["nodejs_compat"],
        "limits": { "subrequests": 3 },
    });
    let server = Server::start(&Project::worker(CODE, settings));
    assert_eq!(
        ask(&server, "budget", 0),
        json!([4, ["EBADQUERY", "Too many subrequests by single Worker invocation."]])
    );
    server.stop();
}
