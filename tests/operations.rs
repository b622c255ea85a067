//! Storage as wrangler has it: each operation of `tests/operations` answers what was recorded from wrangler.
//!
//! The same worker and the same scripts ran in wrangler 4.86 (`tests/operations/compare --record`); its answers are in
//! `tests/operations/recorded`, and places where lopata's is another one on purpose in `differences.json`, with the reason.
//! An entry there that is no longer needed fails as well.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::harness::project::{DATE, repository};
use crate::harness::{Options, Project, Server};

/// Bindings of each kind: one for each script that may be.
const NUMBERS: usize = 48;

/// Namespaces of the classes in `worker/objects.js`.
const CLASSES: [(&str, &str); 7] = [
    ("OBJECTS", "Sqlite"),
    ("LEGACY", "Legacy"),
    ("NO_ALARM", "NoAlarm"),
    ("PLAIN", "Plain"),
    ("EMPTY", "Empty"),
    ("WRONG", "Wrong"),
    ("OTHER_NAME", "Sqlite"),
];

/// Those of them whose objects have SQLite.
const SQLITE: [&str; 5] = ["Sqlite", "NoAlarm", "Plain", "Empty", "Wrong"];

/// Differences that a failing test shows. One cause often has many effects.
const SHOWN: usize = 20;

/// Characters of an operation or an answer that a failing test shows.
const SHOWN_CHARS: usize = 800;

/// Milliseconds around now that count as the present for the state that is kept: twenty years.
const SPAN_MS: u64 = 20 * 365 * 86_400_000;

#[test]
fn kv_answers_as_wrangler() {
    answers_as_recorded("kv");
}

#[test]
fn r2_answers_as_wrangler() {
    answers_as_recorded("r2");
}

#[test]
fn d1_answers_as_wrangler() {
    answers_as_recorded("d1");
}

#[test]
fn cache_answers_as_wrangler() {
    answers_as_recorded("cache");
}

#[test]
fn objects_answer_as_wrangler() {
    answers_as_recorded("objects");
}

#[test]
fn sql_of_objects_answers_as_wrangler() {
    answers_as_recorded("objects-sql");
}

/// A state that wrangler wrote, with its write-ahead logs: everything is there, and it can be gone on with.
#[test]
fn a_state_of_wrangler_opens() {
    let project = project();
    let archive = repository().join("tests/operations/recorded/state.tar.gz");
    fs::create_dir(project.path("state")).expect("the folder is new");
    let unpacked = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(project.path("state")).status();
    assert!(unpacked.is_ok_and(|status| status.success()), "tar is there");
    let server = Server::start_with(&project, Options::args(["--persist-to", "state"]));
    check(server, "state", &json!({ "span_ms": SPAN_MS }));
}

#[test]
fn differences_are_told_in_the_documents() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = repository().join("docs/differences.md");
    let page = words(&fs::read_to_string(path).expect("it is in the repository"));
    for entry in list(&read("differences.json")) {
        let reason = entry["reason"].as_str().expect("an entry has a reason");
        assert!(!reason.is_empty() && page.contains(&words(reason)), "docs/differences.md does not say: {reason}");
    }
}

fn answers_as_recorded(kind: &str) {
    check(Server::start(&project()), kind, &json!({}));
}

/// Compares a server's answers with what was recorded of a kind. `more` goes with each script.
fn check(mut server: Server, kind: &str, more: &Value) {
    let recorded = read(&format!("recorded/{kind}.json"));
    let differences = read("differences.json");
    let mut found = Vec::new();
    let mut count = 0;
    for (number, script) in list(&recorded).iter().enumerate() {
        let name = format!("{kind}/{}", script["name"].as_str().expect("a script has a name"));
        let pairs = list(&script["operations"]);
        let operations: Vec<&Value> = pairs.iter().map(|pair| &pair[0]).collect();
        let mut body = json!({ "number": number, "operations": operations });
        for (name, value) in more.as_object().expect("it is an object") {
            body[name] = value.clone();
        }
        if let Some(place) = script.get("place") {
            body["place"] = place.clone();
        }
        let response = server.client().post("/", body.to_string().as_bytes());
        assert_eq!(response.status, 200, "{name}: {}\n{}", response.text(), server.log().text());
        let answers = response.json();
        for (index, (pair, given)) in pairs.iter().zip(list(&answers["answers"])).enumerate() {
            count += 1;
            let explained = list(&differences).iter().find(|one| one["script"] == name && one["operation"] == index);
            if let Some(difference) = compare(&pair[1], given, explained) {
                found.push(format!("{name} #{index} {difference}\n  {}", cut(&pair[0])));
            }
        }
    }
    server.assert_well();
    server.stop();
    let shown = found[..found.len().min(SHOWN)].join("\n\n");
    assert!(found.is_empty(), "{} of {count} operations differ:\n{shown}", found.len());
    assert!(count >= 90, "only {count} operations of {kind} were recorded");
}

/// What is wrong with an answer, if anything is. Texts are compared and not values, because order counts.
fn compare(recorded: &Value, given: &Value, explained: Option<&Value>) -> Option<String> {
    let expected = explained.map_or(recorded, |entry| &entry["here"]);
    let [expected_text, given_text, recorded_text] = [expected, given, recorded].map(Value::to_string);
    if given_text == expected_text {
        let needless = explained.is_some() && given_text == recorded_text;
        return needless.then(|| "is as recorded, and differences.json still has it".to_string());
    }
    let mut text = "differs".to_string();
    write!(text, "\n  wrangler: {}\n  lopata:   {}", cut(recorded), cut(given)).expect("memory takes it");
    Some(text)
}

/// The worker with its bindings.
fn project() -> Project {
    let project = Project::new(&[]);
    let bindings = |of: &dyn Fn(usize) -> Value| (0..NUMBERS).map(of).collect::<Value>();
    let mut config = Map::new();
    config.insert("name".into(), "operations".into());
    config.insert("main".into(), "worker/index.js".into());
    config.insert("compatibility_date".into(), DATE.into());
    config.insert("limits".into(), json!({ "subrequests": 100_000 }));
    config.insert(
        "kv_namespaces".into(),
        bindings(&|n| json!({ "binding": format!("KV_{n}"), "id": format!("kv-{n}") })),
    );
    config.insert(
        "r2_buckets".into(),
        bindings(&|n| json!({ "binding": format!("R2_{n}"), "bucket_name": format!("r2-{n}") })),
    );
    config.insert(
        "d1_databases".into(),
        bindings(&|n| json!({ "binding": format!("D1_{n}"), "database_name": format!("d1-{n}"), "database_id": format!("d1-{n}") })),
    );
    config.insert(
        "durable_objects".into(),
        json!({ "bindings": CLASSES.map(|(name, class)| json!({ "name": name, "class_name": class })) }),
    );
    config
        .insert("migrations".into(), json!([{ "tag": "v1", "new_sqlite_classes": SQLITE, "new_classes": ["Legacy"] }]));
    project.write("wrangler.json", &Value::Object(config).to_string());
    for file in ["index.js", "objects.js", "run.js", "decode.js", "encode.js"] {
        let text = fs::read_to_string(repository().join("tests/operations/worker").join(file))
            .expect("it is in the repository");
        project.write(&format!("worker/{file}"), &text);
    }
    project
}

fn read(path: &str) -> Value {
    let text = fs::read_to_string(repository().join("tests/operations").join(path)).expect("it is in the repository");
    serde_json::from_str(&text).expect("it is JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("it is a list")
}

fn cut(value: &Value) -> String {
    value.to_string().chars().take(SHOWN_CHARS).collect()
}
