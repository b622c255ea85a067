//! Drivers of databases, against servers: PostgreSQL itself, and what speaks like MySQL and Redis.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::mysql::{self, Login};
use super::postgres::{PASSWORD, Postgres};
use super::programs;
use crate::harness::{Options, Server};

/// Starts the program with this configuration.
fn start(config: &str, certificate: Option<&str>) -> Server {
    let mut options = Options::args(["-c", config]);
    if let Some(certificate) = certificate {
        options = options.env("NODE_EXTRA_CA_CERTS", certificate);
    }
    Server::start_with(programs(), options)
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    let response = server.client().send("POST", path, &headers, body.to_string().as_bytes());
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

/// What every driver is asked for.
fn answers(server: &Server, database: &Postgres, path: &str, ssl: bool) {
    let given = json!({ "port": database.port, "password": PASSWORD, "ssl": ssl });
    let result = post(server, path, &given);
    assert_eq!(result["sum"], 3, "{path}");
    assert_eq!(result["encrypted"], ssl, "{path}");
    assert_eq!(result["rows"], json!([{ "id": 1, "name": "one" }, { "id": 2, "name": "two \u{00fc}" }]), "{path}");
    assert_eq!(result["many"], 1000, "{path}");
    assert_eq!(result["failed"], "42P01", "{path}");
    assert_eq!(result["rolledBack"], 2, "{path}");
}

#[test]
fn pg() {
    let database = Postgres::start();
    for config in ["pg/wrangler.jsonc", "pg/wrangler.node.jsonc"] {
        let server = start(config, database.certificate().to_str());
        answers(&server, &database, "/", false);
        answers(&server, &database, "/", true);
        let wrong = json!({ "port": database.port, "password": "wrong", "ssl": false });
        assert_eq!(post(&server, "/wrong", &wrong), "28P01");
        let nobody = json!({ "port": 1, "password": "", "ssl": false });
        let text = "proxy request failed, cannot connect to the specified address";
        assert_eq!(post(&server, "/wrong", &nobody), text);
        server.nothing_left();
        server.stop();
    }
}

#[test]
fn postgres_js() {
    let database = Postgres::start();
    let server = start("postgres/wrangler.jsonc", database.certificate().to_str());
    answers(&server, &database, "/", false);
    answers(&server, &database, "/", true);
    server.nothing_left();
    server.stop();
}

#[test]
fn mysql2() {
    let (port, heard) = mysql::listen();
    let server = start("mysql/wrangler.jsonc", None);
    let result = post(&server, "/", &json!({ "port": port }));
    assert_eq!(result, json!({ "rows": [{ "solution": 2 }], "columns": ["solution"] }));
    // SHA1(password) with SHA1(salt, SHA1(SHA1(password))): what the server's salt makes of "secret".
    let scramble = vec![
        0x88, 0x17, 0xc5, 0x0f, 0xa7, 0x79, 0xda, 0xef, 0x01, 0x0e, 0xe7, 0x57, 0x78, 0x25, 0xb0, 0x84, 0x7d, 0xf9,
        0x84, 0x2e,
    ];
    assert_eq!(heard.recv().expect("it logs in"), Ok(Login { user: "root".to_string(), scramble }));
    assert_eq!(heard.recv().expect("it asks"), Err("SELECT 1 + 1 AS solution".to_string()));
    server.stop();
}

#[test]
fn ioredis() {
    let port = redis();
    let server = start("redis/wrangler.jsonc", None);
    let result = post(&server, "/", &json!({ "port": port }));
    assert_eq!(result, json!({ "set": "OK", "get": "value", "missing": null, "piped": ["OK", "2"], "pong": "PONG" }));
    server.stop();
}

/// A server that keeps values by their names, as Redis does.
fn redis() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("a socket has two ends"));
            thread::spawn(move || {
                let mut values = std::collections::HashMap::new();
                while let Some(command) = command(&mut reader) {
                    let reply = match command.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                        ["set", name, value] => {
                            values.insert(name.to_string(), value.to_string());
                            "+OK\r\n".to_string()
                        }
                        ["get", name] => match values.get(name) {
                            Some(value) => format!("${}\r\n{value}\r\n", value.len()),
                            None => "$-1\r\n".to_string(),
                        },
                        ["ping"] => "+PONG\r\n".to_string(),
                        ["info", ..] => "$14\r\nredis_version:\r\n".to_string(),
                        _ => "+OK\r\n".to_string(),
                    };
                    if stream.write_all(reply.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// The words of a command; the first in lower case.
fn command(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let number = |mark: char, reader: &mut dyn BufRead| -> Option<usize> {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        line.trim_end().strip_prefix(mark)?.parse().ok()
    };
    let count = number('*', reader)?;
    let mut words = Vec::with_capacity(count);
    for i in 0..count {
        let mut bytes = vec![0; number('$', reader)? + 2];
        reader.read_exact(&mut bytes).ok()?;
        let word = String::from_utf8_lossy(&bytes[..bytes.len() - 2]).into_owned();
        words.push(if i == 0 { word.to_lowercase() } else { word });
    }
    Some(words)
}
