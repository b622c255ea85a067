//! The playground, as a first visitor uses it: every route, then edits while it serves.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::log::Mark;
use crate::harness::{Project, Server, Socket, run, until};

fn playground() -> Project {
    let project = Project::copy_of("playground");
    if !project.path("node_modules/ms").exists() {
        let flags = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let installed = Command::new("npm").args(flags).current_dir(project.folder()).status();
        assert!(installed.is_ok_and(|status| status.success()), "npm installs the playground's dependency");
    }
    project.write(".dev.vars", &project.read(".dev.vars.example"));
    project
}

#[test]
fn every_route_answers() {
    let project = playground();
    let server = Server::start(&project);
    let index = server.get("/");
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(index.text().contains("lopata playground") && index.text().contains("/guestbook"), "{}", index.text());

    server.expect("/hello?name=Ada", "Ahoy, Ada!\n");
    server.expect("/motto", "Dig where you stand.\n");
    server.expect("/duration?text=2.5%20hrs", "2.5 hrs = 9000000 ms\n");
    server.expect("/lazy", "This module was imported when the route was first called.\n");
    server.expect("/self", "200 text/plain;charset=UTF-8: Ahoy, myself!\n");
    server.expect("/hash?text=a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\n");
    server.expect("/stream?n=3&ms=1", "line 1 of 3\nline 2 of 3\nline 3 of 3\n");
    assert_eq!(server.get("/seed").json()["meaning"]["pt"], "pá");
    assert_eq!(
        server.get("/vars").json(),
        json!({
            "GREETING": "Ahoy", "MAX_ENTRIES": 20, "SHOUT": false, "LANGUAGES": ["en", "cs", "pt"], "secret": "18 characters",
            "PALETTE": { "accent": "#f6821f", "ink": "#1d2433", "paper": "#fdfaf5" },
        })
    );
    let request = server.get("/request?a=1").json();
    assert_eq!((&request["method"], &request["query"]["a"]), (&json!("GET"), &json!("1")));
    assert!(request["cf"]["colo"].is_string(), "{request}");
    assert_eq!(server.get("/cookies").headers("set-cookie").len(), 2);
    assert_eq!(server.get("/redirect").header("location"), Some(format!("{}/", server.origin()).as_str()));
    assert_eq!(server.client().post("/echo", &[7; 200_000]).body, [7; 200_000]);
    assert_eq!(server.client().send("PUT", "/hello", &[], b"").header("allow"), Some("GET"));
    assert_eq!(server.get("/nothing").status, 404);
    let error = server.get("/error");
    assert_eq!(error.status, 500);
    assert!(
        error.text().contains("The kettle is empty") && error.text().contains("src/routes/worker.ts:"),
        "{}",
        error.text()
    );
    server.stop();
}

#[test]
fn the_second_worker_is_called() {
    let project = playground();
    let server = Server::start(&project);
    assert_eq!(server.get("/bridges/add?a=1&b=2").json(), json!({ "sum": 3, "counted": [4, 14, 14], "pipelined": 4 }));
    server.log().wait_for(Mark::default(), "[playground-workshop] a counter is put away at 14");
    let dug = server.get("/bridges/dig?metres=3&ms=1");
    assert_eq!(dug.header("content-type"), Some("text/event-stream"));
    let progress =
        |done: usize, who: &str| format!("event: progress\ndata: {{\"done\":{done},\"of\":3,\"who\":\"{who}\"}}\n\n");
    let report = "event: done\ndata: {\"report\":\"A hole of 3 m.\"}\n\n";
    assert_eq!(dug.text(), progress(1, "Bert") + &progress(2, "Cyril") + &progress(3, "Anna") + report);
    assert_eq!(server.client().post("/bridges/shout", "louder, ž".as_bytes()).text(), "LOUDER, Ž");
    server.expect("/bridges/roll-call?ms=1", "Anna is here\nBert is here\nCyril is here\n");
    assert_eq!(
        server.get("/bridges/stone").json(),
        json!({ "name": "RangeError", "message": "The spade broke", "code": "E_STONE", "cause": "Error: There was a stone", "remote": true })
    );
    server.expect("/workshop", "The workshop is open. Measure twice, dig once.\n");
    let direct = server.client().send("GET", "/", &[("host", "workshop.localhost")], b"");
    assert_eq!(direct.text(), "The workshop is open. Measure twice, dig once.\n");
    assert!(server.get("/bridges").text().contains("A callback"));

    server.reload(|| project.edit("workshop/src/index.ts", "dig once.", "dig twice."));
    server.expect("/bridges/motto", "Measure twice, dig twice.\n");
    server.reload(|| project.edit("workshop/src/shouting.ts", "toUpperCase", "toLowerCase"));
    assert_eq!(server.client().post("/bridges/shout", b"SOFTER").text(), "softer");
    server.stop();
}

#[test]
fn the_second_worker_echoes() {
    let project = playground();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/socket");
    socket.send("anybody there?");
    socket.expect("anybody there?");
    socket.send(tungstenite::Bytes::from_static(&[1, 2, 3]));
    assert_eq!(socket.next().into_data(), [1, 2, 3][..]);

    // The page takes this code for the notice that the code was reloaded, and connects again.
    server.reload(|| project.edit("workshop/src/shouting.ts", "toUpperCase", "toLowerCase"));
    assert_eq!(socket.closed(), (1012, "Service Restart".to_string()));
    let mut socket = Socket::connect(server.client(), "/socket");
    socket.send("and now?");
    socket.expect("and now?");
    socket.close(1000, "enough");
    assert_eq!(socket.closed(), (1000, "enough".to_string()));
    server.log().wait_for(Mark::default(), "[playground-workshop] an echo ends: 1000 enough");
    server.stop();
}

#[test]
fn the_guestbook_is_kept() {
    let project = playground();
    let server = Server::start(&project);
    assert_eq!(server.get("/guestbook.json").json()[0]["name"], "Ada");
    let json = server.client().send(
        "POST",
        "/guestbook",
        &[("content-type", "application/json")],
        br#"{ "name": "Eva", "text": "First <b>" }"#,
    );
    assert_eq!(json.status, 201, "{}", json.text());
    let form = server.client().send(
        "POST",
        "/guestbook",
        &[("content-type", "application/x-www-form-urlencoded")],
        b"name=Jan&text=Second+%C5%BE",
    );
    assert_eq!((form.status, form.header("location")), (303, Some(format!("{}/guestbook", server.origin()).as_str())));
    server.stop();

    let server = Server::start(&project);
    let entries = server.get("/guestbook.json").json();
    assert_eq!(
        (&entries[0]["text"], &entries[1]["name"], entries.as_array().map(Vec::len)),
        (&json!("Second ž"), &json!("Eva"), Some(2))
    );
    assert!(server.get("/guestbook").text().contains("First &lt;b&gt;"));
    assert_eq!(server.client().send("DELETE", "/guestbook", &[], b"").json(), json!({ "removed": 2 }));
    server.stop();
}

#[test]
fn files_are_kept() {
    let project = playground();
    let server = Server::start(&project);
    assert!(server.get("/files").text().contains("Drop files here"));
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let client = server.client();
    let put = |key: &str, headers: &[(&str, &str)], body: &[u8]| {
        client.send("PUT", &format!("/files/raw?key={key}"), headers, body)
    };
    let stored = put("box/large.bin", &[("content-type", "application/x-large")], &large);
    assert_eq!((stored.status, &stored.json()["size"]), (201, &json!(3_000_000)), "{}", stored.text());
    let etag = stored.json()["etag"].as_str().expect("it has an etag").to_string();
    assert_eq!(put("box", &[], b"beside the folder").status, 201);
    assert_eq!(put("box/large.bin", &[("if-match", "\"0\"")], b"").status, 412);

    let listed = server.get("/files/list?prefix=box").json();
    assert_eq!((&listed["folders"], &listed["files"][0]["key"]), (&json!(["box/"]), &json!("box")));
    let found = server.get("/files/list?prefix=box/").json();
    assert_eq!((&found["files"][0]["type"], &found["files"][0]["etag"]), (&json!("application/x-large"), &json!(etag)));
    server.stop();

    let server = Server::start(&project);
    let get = |headers: &[(&str, &str)]| server.client().send("GET", "/files/raw?key=box/large.bin", headers, b"");
    let whole = get(&[]);
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/x-large")));
    assert!(whole.body == large, "what comes back is what was sent");
    let part = get(&[("range", "bytes=10-19")]);
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 10-19/3000000")));
    assert_eq!(part.body, large[10..20]);
    assert_eq!(get(&[("if-none-match", &etag)]).status, 304);
    assert_eq!(server.client().send("DELETE", "/files/raw?key=box/large.bin", &[], b"").status, 204);
    assert_eq!(get(&[]).status, 404);
    server.expect("/files/raw?key=box", "beside the folder");
    server.stop();
}

#[test]
fn notes_need_their_migrations() {
    let project = playground();
    let server = Server::start(&project);
    let empty = server.get("/notes");
    assert_eq!(empty.status, 503);
    assert!(empty.text().contains("lopata d1 migrations apply notes"), "{}", empty.text());
    let (code, output) = run(&project, &["d1", "migrations", "apply", "notes"]);
    assert_eq!(code, Some(0), "{output}");

    let write = |body: &[u8]| server.client().send("POST", "/notes", &[("content-type", "application/json")], body);
    let first = write(br#"{ "title": "Spade", "text": "Sharpen it <today>" }"#);
    assert_eq!((first.status, &first.json()["id"]), (201, &json!(1)), "{}", first.text());
    assert_eq!(write(br#"{ "title": "Rake", "text": "It is \"lent\"" }"#).status, 201);
    assert_eq!(write(br#"{ "text": "no title" }"#).status, 400);
    assert!(server.get("/notes").text().contains("Sharpen it &lt;today&gt;"));
    let titles = |path: &str| {
        let notes = server.get(path).json();
        notes
            .as_array()
            .into_iter()
            .flatten()
            .map(|note| note["title"].as_str().map(str::to_string))
            .collect::<Vec<_>>()
    };
    assert_eq!(titles("/notes.json"), [Some("Rake".to_string()), Some("Spade".to_string())]);
    assert_eq!(titles("/notes.json?q=sharpen"), [Some("Spade".to_string())]);
    assert_eq!(titles("/notes.json?q=%22lent%22"), [Some("Rake".to_string())]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(server.client().send("POST", "/notes/delete", &form, b"id=1").status, 303);
    assert_eq!(titles("/notes.json?q=sharpen"), []);
    server.stop();
}

#[test]
fn objects_keep_counters_notebooks_and_rooms() {
    let project = playground();
    let server = Server::start(&project);
    assert!(server.get("/objects").text().contains("A chat room"));
    let post = |path: &str, body: &[u8]| server.client().post(path, body);

    // A counter, and its alarm.
    assert_eq!(post("/objects/counter?by=10", b"").json()["value"], 10);
    assert_eq!(post("/objects/counter", b"").json(), json!({ "name": "clicks", "value": 11, "resets": null }));
    assert_eq!(server.get("/objects/counter?name=other").json()["value"], 0);
    assert!(post("/objects/counter/reset?ms=50", b"").json()["resets"].is_number());
    until("the alarm rings", || {
        let counter = server.get("/objects/counter").json();
        (counter["value"] == 0 && counter["resets"].is_null()).then_some(())
    });
    server.log().wait_for(Mark::default(), "counter clicks: back to nothing, try 1");

    // A notebook: lines are written together or not at all.
    let written = post("/objects/notebook?name=n", br#"["bread", " a sharp spade "]"#);
    assert_eq!((written.status, &written.json()[1]["text"]), (201, &json!("a sharp spade")), "{}", written.text());
    let refused = post("/objects/notebook?name=n", br#"["butter", " "]"#);
    assert_eq!((refused.status, refused.json()), (400, json!({ "error": "A line is empty" })));
    let lines = |query: &str| -> Vec<String> {
        let page = server.get(&format!("/objects/notebook?name=n&q={query}")).json();
        assert!(page["bytes"].as_u64().is_some_and(|bytes| bytes > 0 && bytes % 4096 == 0), "{page}");
        let lines = page["lines"].as_array().expect("there is a list").clone();
        lines.iter().map(|line| line["text"].as_str().expect("a line is text").to_string()).collect()
    };
    assert_eq!(lines(""), ["a sharp spade", "bread"]);
    assert_eq!(lines("spade"), ["a sharp spade"]);
    let torn = || server.client().send("DELETE", "/objects/notebook?name=n&id=1", &[], b"").json();
    assert_eq!((torn(), torn()), (json!({ "torn": true }), json!({ "torn": false })));

    // A room whose sockets stay while its class is edited.
    let mut ann = Socket::connect(server.client(), "/objects/room?as=Ann");
    let hear = |socket: &mut Socket| -> Value {
        serde_json::from_str(socket.next().to_text().expect("it is text")).expect("it is JSON")
    };
    assert_eq!(hear(&mut ann), json!({ "backlog": [] }));
    assert_eq!(hear(&mut ann), json!({ "joined": "Ann", "guests": ["Ann"], "woken": 1 }));
    let mut bob = Socket::connect(server.client(), "/objects/room?as=Bob");
    assert_eq!(hear(&mut bob), json!({ "backlog": [] }));
    assert_eq!(hear(&mut bob)["guests"], json!(["Ann", "Bob"]));
    assert_eq!(hear(&mut ann)["joined"], "Bob");
    ann.send("ping");
    ann.expect("pong");
    ann.send(" hello ");
    let hello = hear(&mut bob);
    assert_eq!((&hello["name"], &hello["text"]), (&json!("Ann"), &json!("hello")));
    assert_eq!(hear(&mut ann), hello);

    server.reload(|| {
        project.edit("src/objects/room.ts", "String(message).trim()", "String(message).trim().toUpperCase()")
    });
    bob.send("and now?");
    let louder = hear(&mut ann);
    assert_eq!((&louder["text"], &louder["woken"]), (&json!("AND NOW?"), &json!(2)));
    assert_eq!(hear(&mut bob), louder);
    bob.close(1000, "enough");
    assert_eq!(bob.closed(), (1000, "enough".to_string()));
    assert_eq!(hear(&mut ann), json!({ "left": "Bob", "guests": ["Ann"], "woken": 2 }));
    server.log().wait_for(Mark::default(), "room lobby: Bob leaves with 1000");
    drop(ann);
    server.stop();

    let server = Server::start(&project);
    assert_eq!(server.get("/objects/notebook?name=n").json()["lines"][0]["text"], "a sharp spade");
    assert_eq!(server.get("/objects/room").json(), json!({ "guests": [], "woken": 3 }));
    server.stop();
}

#[test]
fn an_answer_is_cached() {
    let project = playground();
    let server = Server::start(&project);
    let made = server.get("/cached");
    assert_eq!(made.header("cf-cache-status"), None);
    let hit = until("the answer is in the cache", || {
        let answer = server.get("/cached");
        (answer.header("cf-cache-status") == Some("HIT")).then_some(answer)
    });
    let etag = hit.header("etag").expect("it has an etag");
    let same = server.client().send("GET", "/cached", &[("if-none-match", etag)], b"");
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(server.client().send("DELETE", "/cached", &[], b"").json(), json!({ "purged": true }));
    assert_eq!(server.get("/cached").header("cf-cache-status"), None);
    server.stop();
}

#[test]
fn crons_and_later_work() {
    let project = playground();
    let server = Server::start(&project);
    server.expect("/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=1700000000000", "ok");
    assert_eq!(server.get("/cron").json(), json!({ "cron": "* * * * *", "time": "2023-11-14T22:13:20.000Z" }));
    assert_eq!(server.get("/later?ms=10").status, 202);
    server.log().wait_for(Mark::default(), "later: done");
    server.expect("/later/last", "written 10 ms after the response\n");
    server.stop();
}

#[test]
fn edits_show_while_it_serves() {
    let project = playground();
    let server = Server::start(&project);
    server.reload(|| project.edit("src/lib/greeting.ts", "${name}!", "dear ${name}!"));
    server.expect("/hello?name=Ada", "Ahoy, dear Ada!\n");
    server.reload(|| project.edit("src/content/motto.txt", "stand", "sit"));
    server.expect("/motto", "Dig where you sit.\n");
    server.reload(|| project.edit("src/content/seed.json", "lopata", "spade"));
    assert_eq!(server.get("/seed").json()["project"], "spade");
    server.reload(|| project.edit("wrangler.jsonc", "\"MAX_ENTRIES\": 20", "\"MAX_ENTRIES\": 7"));
    assert_eq!(server.get("/vars").json()["MAX_ENTRIES"], 7);
    server.reload(|| project.edit(".dev.vars", "Ahoy", "Good evening"));
    server.expect("/hello?name=Ada", "Good evening, dear Ada!\n");
    server.reload(|| {
        // The npm package: its first line of code now answers everything with one word.
        let module = project.read("node_modules/ms/index.js");
        assert!(Path::new(&project.path("node_modules/ms/index.js")).exists() && module.contains("module.exports"));
        project.write("node_modules/ms/index.js", "module.exports = function () { return 'patched'; };\n");
    });
    server.expect("/duration?text=1s", "1s = patched ms\n");

    let mark = server.log().mark();
    project.edit("src/lib/greeting.ts", "dear", "dear ${");
    server.log().wait_for(mark, "greeting.ts:");
    server.expect("/motto", "Dig where you sit.\n");
    server.reload(|| project.edit("src/lib/greeting.ts", "dear ${", "good"));
    server.expect("/hello?name=Ada", "Good evening, good Ada!\n");
    server.stop();
}

#[test]
fn a_reader_of_the_clock_may_leave() {
    let project = playground();
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("GET", "/clock", &[], b"").expect("the server listens");
    let head = connection.head().expect("the clock starts");
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let first = connection.body("GET", &head).expect("it has a body").take_bytes(6).expect("it ticks");
    assert_eq!(first, b"data: ");
    connection.reset();
    until("the worker still answers", || (server.get("/motto").status == 200).then_some(()));
    server.stop();
}

#[test]
fn the_garden_is_a_site_of_files() {
    let project = playground();
    let server = Server::start(&project);
    let visit = |path: &str| server.client().send("GET", path, &[("host", "garden.localhost")], b"");
    let gate = visit("/");
    assert!(gate.status == 200 && gate.text().contains("A small garden"), "{} {}", gate.status, gate.text());
    assert_eq!(gate.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(visit("/today").text(), gate.text(), "one page under two names");
    assert_eq!(visit("/garden.css").header("cache-control"), Some("public, max-age=60"));
    assert_eq!(visit("/beds/herbs").header("x-bed"), Some("herbs"));

    let led = |path: &str| {
        let answer = visit(path);
        (answer.status, answer.header("location").unwrap_or_default().to_string())
    };
    assert_eq!(led("/vegetables?from=an-old-link"), (301, "/beds/vegetables?from=an-old-link".to_string()));
    assert_eq!(led("/herbs"), (302, "/beds/herbs".to_string()));
    assert_eq!(led("/2019/beds/herbs"), (301, "/beds/herbs".to_string()));
    assert_eq!(led("/plots/north/1"), (308, "/beds/north/1".to_string()));
    assert_eq!(led("/beds/herbs.html"), (307, "/beds/herbs".to_string()));

    assert!(visit("/api/sow").json()["sow"].is_string());
    let upside_down = visit("/api/upside-down").text();
    assert!(upside_down.contains("class=\"bat\"") && upside_down.contains("Thyme"), "{upside_down}");
    assert_eq!(visit("/api/nothing").text(), "Nothing grows here.\n");
    for nothing in ["/drafts/slugs.txt", "/beds/nothing", "/_headers"] {
        let answer = visit(nothing);
        assert!(answer.status == 404 && answer.text().contains("no such bed"), "{nothing} {}", answer.text());
    }

    project.edit("garden/public/beds/herbs.html", "Thyme", "Sage");
    assert!(visit("/beds/herbs").text().contains("Sage"));
    server.stop();
}
