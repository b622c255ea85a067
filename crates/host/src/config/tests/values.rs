//! What a good configuration becomes.

use std::path::PathBuf;

use expect_test::expect;

use super::super::{Position, RuleKind, load};
use super::Dir;

const FULL: &str = r#"
name = "full"
main = "src/index"
compatibility_date = "2025-09-01"
compatibility_flags = ["nodejs_compat"]
base_dir = "./src"
tsconfig = "tsconfig.worker.json"
jsx_factory = "h"
rules = [{ type = "Text", globs = ["**/*.md"], fallthrough = true }, { type = "CompiledWasm", globs = [] }]
find_additional_modules = true
preserve_file_names = true
no_bundle = true
minify = true
keep_names = false
route = { pattern = "a.test/*", zone_name = "a.test" }
limits = { cpu_ms = 50, subrequests = 10 }

[alias]
"x/y" = "./z"

[define]
B = "1"
A = "2"

[build]
command = "make"
cwd = "tools"
watch_dir = ["a", "../b"]

[dev]
ip = "0.0.0.0"
port = 1234
inspector_port = 9230
local_protocol = "https"
host = "h.test"

[vars]
Z = "text"
A = 1
J = { b = [true, 1.5], a = "x" }

[triggers]
crons = ["*/5 * * * *"]

[assets]
directory = "public"
binding = "ASSETS"

[[kv_namespaces]]
binding = "ONE"
id = "id1"
preview_id = "p1"

[[kv_namespaces]]
binding = "TWO"

[[durable_objects.bindings]]
name = "OBJ"
class_name = "Obj"

[[queues.producers]]
binding = "Q"
queue = "q"

[ai]
binding = "AI"

[wasm_modules]
W = "w.wasm"

[text_blobs]
T = "./t.txt"

[data_blobs]
D = "../d.bin"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Obj"]
"#;

#[test]
fn a_full_configuration() {
    let files: [(&str, &[u8]); 3] =
        [("p/wrangler.toml", FULL.as_bytes()), ("p/src/index.js", b""), ("p/public/index.html", b"")];
    let dir = Dir::new(&files);
    let loaded = dir.load(|options| options.cwd.push("p")).unwrap();
    assert_eq!(loaded.warnings, []);
    expect![[r#"
        WorkerConfig {
            name: "full",
            env: None,
            main: Some(
                "DIR/p/src/index.js",
            ),
            root: "DIR/p",
            compatibility_date: "2025-09-01",
            compatibility_flags: [
                "nodejs_compat",
            ],
            base_dir: Some(
                "DIR/p/src",
            ),
            tsconfig: Some(
                "DIR/p/tsconfig.worker.json",
            ),
            jsx_factory: "h",
            jsx_fragment: "React.Fragment",
            rules: [
                ModuleRule {
                    kind: Text,
                    globs: [
                        "**/*.md",
                    ],
                    fallthrough: Some(
                        true,
                    ),
                },
                ModuleRule {
                    kind: CompiledWasm,
                    globs: [],
                    fallthrough: None,
                },
            ],
            find_additional_modules: Some(
                true,
            ),
            preserve_file_names: true,
            no_bundle: true,
            minify: true,
            keep_names: false,
            alias: [
                (
                    "x/y",
                    "./z",
                ),
            ],
            define: [
                (
                    "B",
                    "1",
                ),
                (
                    "A",
                    "2",
                ),
            ],
            build: BuildConfig {
                command: Some(
                    "make",
                ),
                cwd: "DIR/p/tools",
                watch_dirs: [
                    "DIR/p/a",
                    "DIR/b",
                ],
            },
            dev: DevConfig {
                ip: Some(
                    "0.0.0.0",
                ),
                port: Some(
                    1234,
                ),
                inspector_port: Some(
                    9230,
                ),
                inspector_ip: None,
                local_protocol: Some(
                    Https,
                ),
                upstream_protocol: None,
                host: Some(
                    "h.test",
                ),
                enable_containers: None,
                generate_types: None,
            },
            vars: [
                Var {
                    name: "Z",
                    value: String("text"),
                    hidden: false,
                },
                Var {
                    name: "A",
                    value: Number(1),
                    hidden: false,
                },
                Var {
                    name: "J",
                    value: Object {
                        "b": Array [
                            Bool(true),
                            Number(1.5),
                        ],
                        "a": String("x"),
                    },
                    hidden: false,
                },
            ],
            crons: [
                "*/5 * * * *",
            ],
            routes: [
                Route {
                    pattern: "a.test/*",
                    zone_id: None,
                    zone_name: Some(
                        "a.test",
                    ),
                    custom_domain: false,
                },
            ],
            limits: Limits {
                cpu_ms: Some(
                    50,
                ),
                subrequests: Some(
                    10,
                ),
            },
            assets: Some(
                Assets {
                    directory: Some(
                        "DIR/p/public",
                    ),
                    binding: Some(
                        "ASSETS",
                    ),
                    html_handling: Auto,
                    not_found_handling: None,
                    run_worker_first: Never,
                    base_path: BasePath(
                        "/",
                    ),
                },
            ),
            site: None,
            kv_namespaces: [
                KvNamespace {
                    binding: "ONE",
                    id: Some(
                        "id1",
                    ),
                    preview_id: Some(
                        "p1",
                    ),
                    remote: false,
                    position: Position {
                        file: "wrangler.toml",
                        line: 50,
                        column: 11,
                    },
                },
                KvNamespace {
                    binding: "TWO",
                    id: None,
                    preview_id: None,
                    remote: false,
                    position: Position {
                        file: "wrangler.toml",
                        line: 55,
                        column: 11,
                    },
                },
            ],
            d1_databases: [],
            r2_buckets: [],
            services: [],
            durable_objects: [
                ObjectBinding {
                    binding: "OBJ",
                    class_name: "Obj",
                    script_name: None,
                    environment: None,
                    position: Position {
                        file: "wrangler.toml",
                        line: 58,
                        column: 8,
                    },
                },
            ],
            object_classes: [
                ObjectClass {
                    class: "Obj",
                    sqlite: true,
                    older_names: [],
                    container: false,
                },
            ],
            object_isolation: Class,
            tail_consumers: [],
            wasm_modules: [
                (
                    "W",
                    "DIR/p/w.wasm",
                ),
            ],
            text_blobs: [
                (
                    "T",
                    "DIR/p/t.txt",
                ),
            ],
            data_blobs: [
                (
                    "D",
                    "DIR/d.bin",
                ),
            ],
            other_bindings: [
                OtherBinding {
                    kind: "queues",
                    friendly: "Queue",
                    name: "Q",
                    position: Position {
                        file: "wrangler.toml",
                        line: 62,
                        column: 11,
                    },
                },
                OtherBinding {
                    kind: "ai",
                    friendly: "AI",
                    name: "AI",
                    position: Position {
                        file: "wrangler.toml",
                        line: 66,
                        column: 11,
                    },
                },
            ],
        }"#]]
    .assert_eq(&dir.plain(&format!("{:#?}", loaded.config)));
    let watch: Vec<_> = loaded.watch.iter().map(|path| dir.plain(&path.display().to_string())).collect();
    assert_eq!(watch, ["DIR/p/wrangler.toml", "DIR/p/.dev.vars", "DIR/p/.env", "DIR/p/.env.local"]);
}

#[test]
fn json_gives_the_same_as_toml() {
    let json = serde_json::to_string(&toml::from_str::<serde_json::Value>(FULL).unwrap()).unwrap();
    let from = |name: &str, text: &str| {
        let dir = Dir::new(&[(name, text.as_bytes()), ("src/index.js", b"")]);
        let mut config = dir.load(|_| {}).unwrap().config;
        // The order of keys and the positions belong to the text.
        config.vars.sort_by(|a, b| a.name.cmp(&b.name));
        config.vars.iter_mut().for_each(|var| var.value = var.value.to_string().chars().count().into());
        config.define.sort();
        let nowhere = Position { file: "".into(), line: 0, column: 0 };
        config.kv_namespaces.iter_mut().for_each(|kv| kv.position = nowhere.clone());
        config.durable_objects.iter_mut().for_each(|object| object.position = nowhere.clone());
        config.other_bindings.iter_mut().for_each(|other| other.position = nowhere.clone());
        dir.plain(&format!("{config:#?}"))
    };
    assert_eq!(from("wrangler.toml", FULL), from("wrangler.json", &json));
}

#[test]
fn defaults() {
    let dir = Dir::new(&[("wrangler.json", br#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01" }"#)]);
    let loaded = dir.load(|_| {}).unwrap();
    assert_eq!(loaded.path, Some(dir.path().join("wrangler.json")));
    expect![[r#"
        WorkerConfig {
            name: "worker",
            env: None,
            main: Some(
                "DIR/src/index.ts",
            ),
            root: "DIR",
            compatibility_date: "2026-01-01",
            compatibility_flags: [],
            base_dir: None,
            tsconfig: None,
            jsx_factory: "React.createElement",
            jsx_fragment: "React.Fragment",
            rules: [],
            find_additional_modules: None,
            preserve_file_names: false,
            no_bundle: false,
            minify: false,
            keep_names: true,
            alias: [],
            define: [],
            build: BuildConfig {
                command: None,
                cwd: "DIR",
                watch_dirs: [
                    "DIR/src",
                ],
            },
            dev: DevConfig {
                ip: None,
                port: None,
                inspector_port: None,
                inspector_ip: None,
                local_protocol: None,
                upstream_protocol: None,
                host: None,
                enable_containers: None,
                generate_types: None,
            },
            vars: [],
            crons: [],
            routes: [],
            limits: Limits {
                cpu_ms: None,
                subrequests: None,
            },
            assets: None,
            site: None,
            kv_namespaces: [],
            d1_databases: [],
            r2_buckets: [],
            services: [],
            durable_objects: [],
            object_classes: [],
            object_isolation: Class,
            tail_consumers: [],
            wasm_modules: [],
            text_blobs: [],
            data_blobs: [],
            other_bindings: [],
        }"#]]
    .assert_eq(&dir.plain(&format!("{:#?}", loaded.config)));
}

#[test]
fn a_script_needs_no_configuration() {
    let dir = Dir::new(&[]);
    let loaded = dir.load(|options| options.script = Some("src/index.ts".into())).unwrap();
    assert_eq!(loaded.path, None);
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.main, Some(dir.path().join("src/index.ts")));
    assert_eq!((loaded.config.name.as_str(), loaded.config.compatibility_date.as_str()), ("worker", "2026-01-15"));
}

#[test]
fn a_script_is_looked_for_from_cwd_and_its_configuration_from_its_directory() {
    let dir = Dir::new(&[
        ("pkg/wrangler.json", br#"{ "name": "pkg", "main": "missing.ts", "compatibility_date": "2026-01-01" }"#),
        ("pkg/a.ts", b""),
    ]);
    let loaded = dir.load(|options| options.script = Some("pkg/a.ts".into())).unwrap();
    assert_eq!(loaded.config.name, "pkg");
    assert_eq!(loaded.config.main, Some(dir.path().join("pkg/a.ts")));
}

#[test]
fn flags_win() {
    let text = br#"{ "name": "n", "main": "src/index.ts", "compatibility_date": "2025-01-01",
        "compatibility_flags": ["rpc"], "define": { "A": "1" }, "vars": { "V": 1 },
        "kv_namespaces": [{ "binding": "K" }], "ai": { "binding": "AI" } }"#;
    let dir = Dir::new(&[("wrangler.json", text)]);
    let loaded = dir
        .load(|options| {
            options.name = Some("m".to_string());
            options.compatibility_date = Some("2025-02-02".to_string());
            options.compatibility_flags = Some(vec!["no_rpc".to_string()]);
            let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
            options.define = vec![pair("A", "2"), pair("B", "3")];
            options.vars = vec![pair("K", "x"), pair("V", "y"), pair("AI", "z")];
            options.assets = Some("public".into());
        })
        .unwrap();
    let config = loaded.config;
    assert_eq!((config.name.as_str(), config.compatibility_date.as_str()), ("m", "2025-02-02"));
    assert_eq!(config.compatibility_flags, ["no_rpc"]);
    assert_eq!(config.define, [("A".to_string(), "2".to_string()), ("B".to_string(), "3".to_string())]);
    assert!(config.kv_namespaces.is_empty() && config.other_bindings.is_empty());
    assert_eq!(
        config.vars.iter().map(|var| (var.name.as_str(), var.hidden)).collect::<Vec<_>>(),
        [("V", true), ("K", true), ("AI", true)]
    );
    assert_eq!(config.assets.unwrap().directory, Some(dir.path().join("public")));
}

#[test]
fn static_assets_and_sites_have_no_main() {
    let dir =
        Dir::new(&[("wrangler.json", br#"{ "compatibility_date": "2026-01-01", "assets": { "directory": "./x" } }"#)]);
    let config = dir.load(|_| {}).unwrap().config;
    assert_eq!((config.main, config.assets.unwrap().directory), (None, Some(dir.path().join("x"))));
    let dir = Dir::new(&[
        ("wrangler.json", br#"{ "compatibility_date": "2026-01-01", "site": { "bucket": "./x" } }"#),
        ("workers-site/index.js", b""),
    ]);
    let loaded = dir.load(|_| {}).unwrap();
    assert_eq!(loaded.config.main, Some(dir.path().join("workers-site/index.js")));
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(loaded.config.site.unwrap().bucket, dir.path().join("x"));
}

#[test]
fn the_id_of_a_namespace_is_wranglers() {
    let text = br#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01", "kv_namespaces": [
        { "binding": "A" }, { "binding": "B", "id": "b" }, { "binding": "C", "id": "c", "preview_id": "p" } ] }"#;
    let config = Dir::new(&[("wrangler.json", text)]).load(|_| {}).unwrap().config;
    assert_eq!(config.kv_namespaces.iter().map(|kv| kv.local_id()).collect::<Vec<_>>(), ["A", "b", "p"]);
    assert_eq!(config.kv_namespaces[1].position.to_string(), "wrangler.json:2:42");
}

#[test]
fn a_service_binding_is_a_name_an_entrypoint_and_props() {
    let text = br#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01", "services": [
        { "binding": "A", "service": "a" },
        { "binding": "B", "service": "b", "environment": "staging", "entrypoint": "Admin", "props": { "k": [1, null] } },
        { "binding": "C", "service": "c", "entrypoint": "default", "environment": "" } ] }"#;
    let loaded = Dir::new(&[("wrangler.json", text)]).load(|_| {}).unwrap();
    assert_eq!(loaded.warnings, []);
    let services = loaded.config.services;
    let [a, b, c] = services.as_slice() else { panic!("{services:?}") };
    assert_eq!((a.binding.as_str(), a.service.as_str()), ("A", "a"));
    assert_eq!((&a.entrypoint, &a.environment, &a.props), (&None, &None, &None));
    assert_eq!((b.entrypoint.as_deref(), b.environment.as_deref()), (Some("Admin"), Some("staging")));
    assert_eq!(b.props.as_deref(), Some("{\"k\":[1,null]}"));
    assert_eq!((&c.entrypoint, &c.environment), (&None, &None), "the default export needs no name");
    assert_eq!(b.position.to_string(), "wrangler.json:3:22");
}

#[test]
fn nulls_stand_for_nothing_where_wrangler_says_so() {
    let text = br#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01", "rules": null, "triggers": null,
        "limits": null, "migrations": null, "dev": null, "build": null, "env": null, "site": null }"#;
    let loaded = Dir::new(&[("wrangler.json", text)]).load(|_| {}).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.rules, []);
}

#[test]
fn after_an_error_the_files_that_may_help_are_watched() {
    let dir = Dir::new(&[("wrangler.json", br#"{ "main": "src/gone.ts" }"#)]);
    let errors = dir.load(|_| {}).unwrap_err();
    let expected: Vec<PathBuf> = ["wrangler.json", "src/gone.ts", ".dev.vars", ".env", ".env.local"]
        .iter()
        .map(|name| dir.path().join(name))
        .collect();
    assert_eq!(errors.watch, expected);
}

#[test]
fn rules_have_all_types() {
    let text = br#"{ "main": "src/index.ts", "compatibility_date": "2026-01-01", "rules": [
        { "type": "ESModule", "globs": ["a"] }, { "type": "CommonJS", "globs": [] }, { "type": "Data", "globs": [] } ] }"#;
    let config = Dir::new(&[("wrangler.json", text)]).load(|_| {}).unwrap().config;
    let kinds: Vec<_> = config.rules.iter().map(|rule| rule.kind).collect();
    assert_eq!(kinds, [RuleKind::EsModule, RuleKind::CommonJs, RuleKind::Data]);
}

#[test]
fn the_real_world_is_the_default() {
    let dir = Dir::new(&[]);
    let options =
        super::super::LoadOptions { script: Some("src/index.ts".into()), ..super::super::LoadOptions::new(dir.path()) };
    let loaded = load(&options).unwrap();
    assert_eq!(loaded.config.compatibility_date, options.today.to_string());
}
