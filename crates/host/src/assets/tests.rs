//! The whole of it against what wrangler answers, and the ways of a request through it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lopata_protocol::{Body, HeaderList};

use super::*;

/// Recorded from wrangler by `tests/assets/record.py`.
const ANSWERS: &str = include_str!("../../../../tests/assets/answers.tsv");
const FILES: &str = include_str!("../../../../tests/assets/files.txt");

fn settings(directory: &Path) -> Settings {
    Settings {
        directory: directory.to_path_buf(),
        html_handling: HtmlHandling::Auto,
        not_found_handling: NotFound::None,
        run_worker_first: RunWorkerFirst::Never,
        base_path: BasePath::default(),
        has_worker: true,
        navigation_prefers_assets: true,
    }
}

fn assets(settings: Settings) -> Assets {
    let cwd = settings.directory.clone();
    Assets::new(settings, &cwd, Arc::new(|_| {}))
}

/// A directory with files of the past that hold their own names.
fn directory(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("FILE {name}")).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    }
    folder
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> RequestHead {
    let headers: HeaderList = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    RequestHead { method: method.to_string(), url: format!("http://localhost:8787{path}"), headers, cf: None }
}

#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Seen {
    fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

fn seen(answer: Parcel<Answer>) -> Seen {
    let Answer::Response { head, body } = answer.message else { panic!("no response") };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = match body {
        Body::Empty => None,
        Body::Inline(bytes) => Some(text(&bytes)),
        Body::Stream { length, .. } => Some(format!("a stream of {}", length.unwrap())),
    };
    Seen { status: head.status, headers, body }
}

#[tokio::test]
async fn every_path_is_answered_as_wrangler_does() {
    let files: Vec<&str> = FILES.lines().collect();
    let folder = directory(&files);
    let mut made: Option<(String, Assets)> = None;
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in ANSWERS.lines() {
        let [worker, html, not_found, navigation, path, status, location, body] =
            line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        let mode = format!("{worker} {html} {not_found}");
        let assets = match &mut made {
            Some((of, assets)) if *of == mode => assets,
            made => {
                let settings = Settings {
                    html_handling: HtmlHandling::parse(html).unwrap(),
                    not_found_handling: NotFound::parse(not_found).unwrap(),
                    has_worker: worker == "1",
                    ..settings(folder.path())
                };
                &made.insert((mode, assets(settings))).1
            }
        };
        let headers: &[_] = if navigation == "1" { &[("sec-fetch-mode", "navigate")] } else { &[] };
        let answer = assets.route(&request("GET", path, headers)).map(seen);
        let got = match &answer {
            None => ("200", "", "WORKER"),
            Some(seen) => (
                &*seen.status.to_string(),
                seen.header("location").unwrap_or_default(),
                seen.body.as_deref().unwrap_or_default(),
            ),
        };
        if got != (status, location, body) {
            wrong.push(format!("{line}\n    got {got:?}"));
        }
        count += 1;
    }
    assert!(count > 3000);
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn an_asset_says_what_it_is() {
    let folder = directory(&["a.txt", "page.html", "404.html"]);
    let assets = assets(Settings { not_found_handling: NotFound::Page, has_worker: false, ..settings(folder.path()) });
    let get = |method: &str, path: &str, headers: &[(&str, &str)]| {
        seen(assets.route(&request(method, path, headers)).unwrap())
    };
    let found = get("GET", "/a.txt", &[]);
    let names: Vec<_> = found.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "cache-control", "cf-cache-status", "etag"]);
    assert_eq!(found.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(found.header("cache-control"), Some("public, max-age=0, must-revalidate"));
    let tag = found.header("etag").unwrap().to_string();
    assert!(tag.len() == 34 && tag.starts_with('"'), "{tag}");

    let same = get("GET", "/a.txt", &[("if-none-match", &format!("W/{tag}"))]);
    assert_eq!((same.status, same.body.as_ref(), same.header("etag")), (304, None, Some(&*tag)));
    let head = get("HEAD", "/a.txt", &[]);
    assert_eq!((head.status, head.body.as_ref(), head.header("content-length")), (200, None, Some("10")));
    for header in ["authorization", "range"] {
        assert_eq!(get("GET", "/a.txt", &[(header, "x")]).header("cache-control"), None, "{header}");
    }
    assert_eq!(get("POST", "/a.txt", &[]), Seen { status: 405, headers: Vec::new(), body: Some(String::new()) });
    let missing = get("GET", "/none", &[]);
    assert_eq!((missing.status, missing.body.as_deref()), (404, Some("FILE 404.html")));
    assert_eq!(get("POST", "/none", &[]).status, 405);
}

#[tokio::test]
async fn a_client_gets_parts_and_a_binding_the_whole() {
    let folder = directory(&["a.txt"]);
    let assets = assets(settings(folder.path()));
    let get = |headers: &[(&str, &str)]| seen(assets.route(&request("GET", "/a.txt", headers)).unwrap());
    let part = get(&[("range", "bytes=5-")]);
    assert_eq!(
        (part.status, part.header("content-range"), part.body.as_deref()),
        (206, Some("bytes 5-9/10"), Some("a.txt"))
    );
    let beyond = get(&[("range", "bytes=10-")]);
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */10")));
    assert_eq!(get(&[("range", "bytes=0-1,3-4")]).status, 200);
    assert_eq!(get(&[("range", "bytes=0-1"), ("if-range", "\"other\"")]).status, 200);
    let tag = part.header("etag").unwrap().to_string();
    assert_eq!(get(&[("range", "bytes=0-1"), ("if-range", &tag)]).status, 206);
    let whole = seen(assets.answer(&request("GET", "/a.txt", &[("range", "bytes=5-")])));
    assert_eq!((whole.status, whole.body.as_deref()), (200, Some("FILE a.txt")));
}

#[tokio::test]
async fn rules_of_the_directory_count() {
    let folder = directory(&["a.txt", "b.txt", "secret.txt"]);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("_redirects", "/old /new 301\n/other /b.txt 200\n/nowhere /gone.txt 200\n");
    write("_headers", "/*\n  X-All: yes\n/other\n  X-Other: :splat\n/a.txt\n  ! ETag\n");
    write(".assetsignore", "secret.txt\n");
    let assets = assets(settings(folder.path()));
    let get = |path: &str| assets.route(&request("GET", path, &[])).map(seen);
    let moved = get("/old?q").unwrap();
    assert_eq!((moved.status, moved.header("location"), moved.header("x-all")), (301, Some("/new?q"), Some("yes")));
    assert_eq!(seen(assets.route(&request("POST", "/old", &[])).unwrap()).status, 301);
    let other = get("/other").unwrap();
    assert_eq!((other.status, other.body.as_deref()), (200, Some("FILE b.txt")));
    assert!(other.header("x-other").is_some());
    assert_eq!(get("/nowhere").unwrap().status, 404, "a rewrite has promised an asset");
    assert_eq!(get("/a.txt").unwrap().header("etag"), None);
    let with_page = directory(&["404.html"]);
    fs::write(with_page.path().join("_redirects"), "/old /none 200\n").unwrap();
    let with_page = super::tests::assets(Settings { not_found_handling: NotFound::Page, ..settings(with_page.path()) });
    let page = with_page.route(&request("GET", "/old", &[])).map(seen).unwrap();
    assert_eq!((page.status, page.body.as_deref()), (404, Some("FILE 404.html")));
    for path in ["/secret.txt", "/_headers", "/_redirects", "/.assetsignore", "/none"] {
        assert_eq!(get(path), None, "{path}");
    }
}

#[tokio::test]
async fn the_worker_comes_first_where_it_is_said() {
    let folder = directory(&["index.html", "api/a.txt", "api/docs/b.txt"]);
    let rules = routing::Rules::parse(&["/api/*", "!/api/docs/*"]).unwrap();
    let by_rules = assets(Settings {
        run_worker_first: RunWorkerFirst::Rules(rules),
        not_found_handling: NotFound::SinglePage,
        ..settings(folder.path())
    });
    let route = |path: &str| by_rules.route(&request("GET", path, &[])).map(|answer| seen(answer).body.unwrap());
    assert_eq!(route("/api/a.txt"), None);
    assert_eq!(route("/api/docs/b.txt").as_deref(), Some("FILE api/docs/b.txt"));
    assert_eq!(route("/api/docs/none").as_deref(), Some("FILE index.html"));
    assert_eq!(route("/none").as_deref(), Some("FILE index.html"), "with rules the rest is the assets' business");
    let always = assets(Settings { run_worker_first: RunWorkerFirst::Always, ..settings(folder.path()) });
    assert!(always.route(&request("GET", "/", &[])).is_none());
    assert_eq!(seen(always.answer(&request("GET", "/", &[]))).body.as_deref(), Some("FILE index.html"));
}

#[tokio::test]
async fn a_base_path_is_in_front_of_everything() {
    let folder = directory(&["index.html", "about.html", "a/index.html"]);
    let with = |html_handling| {
        assets(Settings { base_path: BasePath::parse("docs").unwrap(), html_handling, ..settings(folder.path()) })
    };
    let auto = with(HtmlHandling::Auto);
    let route = |assets: &Assets, path: &str| {
        assets.route(&request("GET", path, &[])).map(seen).map(|seen| {
            seen.header("location").map_or_else(|| seen.body.clone().unwrap(), |location| format!("-> {location}"))
        })
    };
    for (path, expected) in [
        ("/docs/", Some("FILE index.html")),
        ("/docs", Some("-> /docs/")),
        ("/docs/index.html?q", Some("-> /docs/?q")),
        ("/docs/about", Some("FILE about.html")),
        ("/docs/about.html", Some("-> /docs/about")),
        ("/docs/a", Some("-> /docs/a/")),
        ("/about", None),
        ("/docsabout", None),
        ("/", None),
    ] {
        assert_eq!(route(&auto, path).as_deref(), expected, "{path}");
    }
    let drop = with(HtmlHandling::Drop);
    assert_eq!(route(&drop, "/docs/").as_deref(), Some("-> /docs"));
    assert_eq!(route(&drop, "/docs").as_deref(), Some("FILE index.html"));
}

#[tokio::test]
async fn navigation_counts_as_the_flag_says() {
    let folder = directory(&["index.html"]);
    let with = |navigation_prefers_assets| {
        assets(Settings {
            not_found_handling: NotFound::SinglePage,
            navigation_prefers_assets,
            ..settings(folder.path())
        })
    };
    let navigation = request("GET", "/page", &[("sec-fetch-mode", "navigate")]);
    assert!(with(true).route(&navigation).is_some());
    assert!(with(false).route(&navigation).is_none());
    assert!(with(true).route(&request("GET", "/page", &[("sec-fetch-mode", "cors")])).is_none());
}

#[tokio::test]
async fn images_of_other_hosts_are_not_fetched_for_strangers() {
    let folder = directory(&["index.html"]);
    let assets = assets(settings(folder.path()));
    let route = |path: &str, headers: &[(&str, &str)]| assets.route(&request("GET", path, headers)).map(seen);
    let blocked = route("/_image?href=//evil.test/x", &[]).unwrap();
    assert_eq!((blocked.status, blocked.body.as_deref()), (403, Some("Blocked")));
    assert_eq!(route("/_image?href=//evil.test/x", &[("sec-fetch-dest", "image")]), None);
    assert_eq!(route("/_image?href=//localhost/x", &[]), None);
    assert_eq!(route("/_image?href=/x", &[]), None);
}

#[tokio::test]
async fn what_is_large_is_sent_as_it_is_read() {
    let folder = directory(&[]);
    let size = 3_000_000_u64;
    let bytes: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
    fs::write(folder.path().join("big.bin"), &bytes).unwrap();
    let assets = assets(settings(folder.path()));
    let mut parcel = assets.route(&request("GET", "/big.bin", &[("range", "bytes=1000-2500000")])).unwrap();
    let Answer::Response { body: Body::Stream { id, length }, .. } = parcel.message else { panic!("no stream") };
    assert_eq!(length, Some(2_499_001));
    let mut reader = parcel.attachments.take_stream(id).unwrap();
    let mut got = Vec::new();
    while let Some(chunk) = reader.read().await {
        got.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(got, bytes[1000..=2_500_000]);
}
