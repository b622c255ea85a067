//! Drivers of databases, against PostgreSQL itself.

use serde_json::{Value, json};

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
fn postgres_js() {
    let database = Postgres::start();
    let server = start("postgres/wrangler.jsonc", database.certificate().to_str());
    answers(&server, &database, "/", false);
    answers(&server, &database, "/", true);
    server.nothing_left();
    server.stop();
}
