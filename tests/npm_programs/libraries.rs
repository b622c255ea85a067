//! Libraries for Node that a worker bundles: hashes, tokens, templates, sign-in, and one that cannot work.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{programs, start};
use crate::harness::{Options, Project, Server};

#[test]
fn bcryptjs() {
    let server = start("bcryptjs");
    assert_eq!(
        server.get("/").json(),
        json!({
            "salted": "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
            "sync": ["$2b$04$", true, false],
            "promised": ["$2b$05$", true, false],
            "called": [60, true, true],
            "rounds": [4, 5],
            "salt": "$2b$04$abcdefghijklmnopqrstuu",
            "truncates": [false, true],
            "refused": "Illegal arguments: number, number",
        })
    );
    server.stop();
}

#[test]
fn jsonwebtoken() {
    let server = start("jsonwebtoken");
    let seen = server.get("/").json();
    let claims = json!({
        "sub": "ann", "admin": true, "iat": 1_760_000_000, "exp": 1_760_003_600, "aud": "you", "iss": "me"
    });
    let signature = "pZ2Fi9Vzs8sUm7ZWNCOTWnwT_HHW1kbMODDIIctvmso";
    let decoded = json!({ "header": { "alg": "HS256", "typ": "JWT" }, "payload": claims, "signature": signature });
    assert_eq!(seen["decoded"], decoded);
    assert_eq!(seen["verified"], claims);
    for (name, text) in [
        ("expired", "TokenExpiredError: jwt expired"),
        ("early", "NotBeforeError: jwt not active"),
        ("wrong", "JsonWebTokenError: invalid signature"),
        ("audience", "JsonWebTokenError: jwt audience invalid. expected: them"),
        ("malformed", "JsonWebTokenError: jwt malformed"),
        ("none", "Error: secretOrPrivateKey must have a value"),
    ] {
        assert_eq!(seen[name], text, "{name}");
    }
    assert_eq!(
        seen["sizes"],
        json!([
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.57TF7smP9XDhIexBqPC-F1toZReYZLWb_YRU5tv0sxM",
            "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.Q3SK_WZeo4F3KafEeCTsoPMr_Wr_GvGOjKfyVZSoWq7zivwflOjwxoqWGlwMYVf_",
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.x_XaXvSUpitrRv8wrtRfv49l3Fj1oEwwOoDxUIpitaUo4Zyd6jnfw1DOLBjEnhQ2mftMSHjcSklKs8piR_RiAA",
        ])
    );
    let rsa = |name: &str| json!([name, { "sub": "ann" }, "JsonWebTokenError: invalid signature"]);
    assert_eq!(seen["rsa"], json!([rsa("RS256"), rsa("RS512")]));
    assert_eq!(
        seen["ec"],
        json!([
            { "sub": "bob" },
            "JsonWebTokenError: invalid algorithm",
            "Error: \"alg\" parameter for \"ec\" key type must be one of: ES256, ES384, ES512.",
        ])
    );
    assert_eq!(seen["called"], json!([seen["sizes"][0], { "a": 1 }, "JsonWebTokenError: invalid signature"]));
    server.stop();
}

#[test]
fn nunjucks() {
    let server = start("nunjucks");
    server.expect("/", "<title>ANN! - a &lt;site&gt;</title>\n<body><li>X!</li><li>&lt;y&gt;</li>later x-</body>\n");
    let refused = "EvalError: Code generation from strings disallowed for this context";
    let text = server.get("/compiles").text();
    assert!(text.contains(refused), "{text}");
    server.stop();
}

#[test]
fn better_auth() {
    let state = TempDir::new().expect("the temporary folder is writable");
    let state = state.path().to_str().expect("it is text");
    let args = ["-c", "better-auth/wrangler.jsonc", "--persist-to", state];
    let server = Server::start_with(programs(), Options::args(args));
    let tables = json!({ "made": ["account", "session", "user", "verification"], "left": 0 });
    assert_eq!(server.get("/migrate").json(), tables);
    assert_eq!(server.get("/me").json(), Value::Null);
    let origin = ("origin", "http://localhost:8787");
    let send = |path: &str, body: Value, cookie: &str| {
        let headers = [("content-type", "application/json"), origin, ("cookie", cookie)];
        server.client().send("POST", &format!("/api/auth/{path}"), &headers, body.to_string().as_bytes())
    };
    let ann = json!({ "email": "ann@example.com", "password": "password1", "name": "Ann" });
    let made = send("sign-up/email", ann.clone(), "");
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["user"]["plan"], "free");
    let again = send("sign-up/email", ann.clone(), "");
    assert_eq!(again.status, 422, "{}", again.text());
    let wrong = send("sign-in/email", json!({ "email": "ann@example.com", "password": "password2" }), "");
    assert_eq!(
        (wrong.status, wrong.json()),
        (401, json!({ "message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD" }))
    );
    let signed = send("sign-in/email", ann, "");
    let cookie =
        signed.header("set-cookie").expect("a session has a cookie").split(';').next().expect("it has a value");
    let cookie = cookie.to_string();
    assert!(cookie.starts_with("better-auth.session_token="), "{cookie}");
    let me = || server.client().send("GET", "/me", &[("cookie", &cookie)], b"").json();
    assert_eq!(me(), json!({ "email": "ann@example.com", "name": "Ann", "plan": "free" }));
    assert_eq!(send("sign-out", json!({}), &cookie).json(), json!({ "success": true }));
    assert_eq!(me(), Value::Null);
    server.stop();
}

/// A package with a native library is not there, or is there and says what it looked for.
#[test]
fn sharp_says_what_is_missing() {
    let files = [
        (
            "wrangler.json",
            r#"{ "name": "t", "main": "index.js", "compatibility_date": "2026-04-20", "compatibility_flags": ["nodejs_compat"] }"#,
        ),
        ("index.js", "import sharp from 'sharp'; export default { fetch: () => new Response(typeof sharp) };"),
    ];
    let server = Server::start(&Project::new(&files));
    let text = server.get("/").text();
    assert!(text.contains("Could not resolve \"sharp\""), "{text}");
    server.stop();
    let package = [
        ("node_modules/sharp/package.json", r#"{ "name": "sharp", "main": "index.js" }"#),
        (
            "node_modules/sharp/index.js",
            "const path = '../build/Release/sharp-linux-x64.node';\ntry { module.exports = require(path); } catch (error) {\n\
             throw new Error(`Could not load the \"sharp\" module\\n${error.message}`); }",
        ),
    ];
    let server = Server::start(&Project::new(&[&files[..], &package[..]].concat()));
    let text = server.get("/").text();
    assert!(text.contains("Could not load the \"sharp\" module"), "{text}");
    assert!(text.contains("Dynamic require of \"../build/Release/sharp-linux-x64.node\" is not supported"), "{text}");
    server.stop();
}
