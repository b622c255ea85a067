//! Damaged configurations: whatever is done to the text, loading answers and what it says can be shown.
//!
//! The damage is drawn from a fixed seed, so a failure can be repeated; its text is in the panic's message.

use super::super::{ConfigErrors, Diagnostic, LoadOptions, Loaded, load, render};
use super::Dir;

const JSON: &str = r#"{
  // a comment
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "wörker-1", "main": "src/index.ts", "compatibility_date": "2026-01-01",
  "compatibility_flags": ["nodejs_compat"], "minify": true, "limits": { "cpu_ms": 50 },
  "rules": [{ "type": "Text", "globs": ["**/*.md"], "fallthrough": true }],
  "vars": { "A": "x", "B": { "c": [1, null, -2.5e3, "é\u00e9\n"] }, },
  "kv_namespaces": [{ "binding": "KV", "id": "1" }, { "binding": "K2" }],
  "durable_objects": { "bindings": [{ "name": "DO", "class_name": "C" }] },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["C"] }],
  "queues": { "producers": [{ "binding": "Q", "queue": "q" }], "consumers": [{ "queue": "q" }] },
  "routes": ["a.test/*", { "pattern": "b.test", "custom_domain": true }],
  "triggers": { "crons": ["*/5 * * * *"] }, "ai": { "binding": "AI" },
  "env": { "staging": { "vars": { "A": "y" }, "kv_namespaces": [] } }
}
"#;

const TOML: &str = r#"# a comment
name = "wörker-1"
main = "src/index.ts"
compatibility_date = "2026-01-01"
compatibility_flags = ["nodejs_compat"]
limits.cpu_ms = 50
rules = [{ type = "Text", globs = ["**/*.md"], fallthrough = true }]
when = 2024-01-01T00:00:00Z
[vars]
A = "x"
B = { c = [1, -2.5e3, "é\u00e9\n"] }
M = """
two
lines"""
[[kv_namespaces]]
binding = "KV"
id = "1"
[[durable_objects.bindings]]
name = "DO"
class_name = "C"
[triggers]
crons = ["*/5 * * * *"]
[env.staging]
routes = [{ pattern = "b.test", custom_domain = true }]
[env.staging.vars]
A = "y"
"#;

/// Pieces that are put where they do not belong.
const PIECES: [&[u8]; 24] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[",
    b"\"",
    b"'",
    b"\\",
    b"\\u",
    b",",
    b":",
    b"=",
    b"null",
    b"-",
    b"1e999",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\0",
    b"\r\n",
    b"//",
    b"/*",
    b"\"\"\"",
    "😀".as_bytes(),
    b"[a]\n",
];

/// xorshift: enough randomness, no dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn damage(&mut self, text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len() + 1);
            let len = self.below(20).min(bytes.len() - at);
            match self.below(5) {
                0 => {
                    bytes.drain(at..at + len);
                }
                1 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
                2 => {
                    let copy = bytes[at..at + len].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, copy);
                }
                3 => bytes.truncate(at),
                _ => {
                    // A value of another type.
                    let piece: &[u8] = [&b"1"[..], b"null", b"[]", b"{}", b"true", b"\"x\""][self.below(6)];
                    bytes.splice(at..at + len, piece.iter().copied());
                }
            }
        }
        bytes
    }
}

fn show(result: &Result<Loaded, ConfigErrors>) -> usize {
    let (Ok(Loaded { warnings: diagnostics, .. }) | Err(ConfigErrors { diagnostics, .. })) = result;
    for diagnostic in diagnostics {
        render(diagnostic, true);
        assert!(!diagnostic.to_string().is_empty());
        serde_json::to_string(diagnostic).unwrap();
    }
    if result.is_err() {
        assert!(diagnostics.iter().any(Diagnostic::is_error));
    }
    diagnostics.len()
}

fn attack(name: &str, text: &str, seed: u64) {
    const ROUNDS: usize = 1500;
    let dir = Dir::new(&[]);
    let mut random = Random(seed);
    let mut said = 0;
    for _ in 0..ROUNDS {
        let bytes = random.damage(text.as_bytes());
        std::fs::write(dir.path().join(name), &bytes).unwrap();
        let mut options = dir.options();
        options.env = [None, Some("staging".to_string())][random.below(2)].clone();
        let outcome = std::panic::catch_unwind(|| show(&load(&options)));
        said += outcome.unwrap_or_else(|_| panic!("panicked on {:?}", String::from_utf8_lossy(&bytes)));
    }
    assert!(said > ROUNDS / 2, "the damage does none: {said}");
}

#[test]
fn damaged_json() {
    attack("wrangler.jsonc", JSON, 0x9e37_79b9_7f4a_7c15);
}

#[test]
fn damaged_toml() {
    attack("wrangler.toml", TOML, 0xd1b5_4a32_d192_ed03);
}

#[test]
fn damaged_dotenv() {
    let text = "A=1\nexport B=\"x # y\"\nC='two\nlines' # z\nD=${A:-$B}\\$x\nE: `q`\n";
    let dir = Dir::new(&[]);
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..1500 {
        let bytes = random.damage(text.as_bytes());
        std::fs::write(dir.path().join(".env"), &bytes).unwrap();
        let options = LoadOptions { script: Some("src/index.ts".into()), ..dir.options() };
        let outcome = std::panic::catch_unwind(|| show(&load(&options)));
        assert!(outcome.is_ok(), "panicked on {:?}", String::from_utf8_lossy(&bytes));
    }
}

/// Every value of a good configuration, replaced by one of every type.
#[test]
fn values_of_other_types() {
    let good: serde_json::Value =
        toml::from_str(TOML).map(|value: toml::Value| serde_json::to_value(value).unwrap()).unwrap();
    let mut places = Vec::new();
    collect_places(&good, String::new(), &mut places);
    let dir = Dir::new(&[]);
    for place in places {
        for other in ["1", "-0.5", "null", "[]", "{}", "true", "\"\"", "[1]", "[{}]", "[[]]", "{\"a\": 1}", "\"x\""] {
            let mut changed = good.clone();
            *changed.pointer_mut(&place).unwrap() = serde_json::from_str(other).unwrap();
            let text = serde_json::to_string_pretty(&changed).unwrap();
            std::fs::write(dir.path().join("wrangler.json"), &text).unwrap();
            let options = LoadOptions { env: Some("staging".to_string()), ..dir.options() };
            let outcome = std::panic::catch_unwind(|| show(&load(&options)));
            assert!(outcome.is_ok(), "panicked on {place} = {other}");
        }
    }
}

fn collect_places(value: &serde_json::Value, place: String, places: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                collect_places(value, format!("{place}/{key}"), places);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect_places(value, format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
    if !place.is_empty() {
        places.push(place);
    }
}
