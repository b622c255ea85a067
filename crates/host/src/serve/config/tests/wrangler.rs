//! Projects of wrangler as configurations.

use super::{folder, lines, loaded, options};
use crate::serve::config::model::{BindingKind, ServiceKind, Worker, WorkerCode};
use crate::serve::config::{Config, Options, load};

const MAIN: &str =
    "import { x } from \"./lib\";\nexport default { async test() { console.log(x) } };\nexport const other = {};";

fn worker(config: &Config) -> &Worker {
    match &config.services[0].kind {
        ServiceKind::Worker(worker) => worker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_project_is_one_service() {
    let jsonc = r#"{
      // A comment.
      "name": "w", "main": "src/index.ts", "compatibility_date": "2025-01-01", "compatibility_flags": ["nodejs_compat"],
      "vars": { "A": "a", "B": { "c": 1 } },
      "kv_namespaces": [{ "binding": "KV", "id": "x" }],
      "services": [{ "binding": "SELF", "service": "w", "entrypoint": "other" }, { "binding": "ELSE", "service": "else" }],
    }"#;
    let toml = "name = \"w\"\nmain = \"src/index.ts\"\ncompatibility_date = \"2025-01-01\"\ncompatibility_flags = [\"nodejs_compat\"]\n\
        services = [{ binding = \"SELF\", service = \"w\", entrypoint = \"other\" }, { binding = \"ELSE\", service = \"else\" }]\n\
        kv_namespaces = [{ binding = \"KV\", id = \"x\" }]\n[vars]\nA = \"a\"\nB = { c = 1 }\n";
    for (name, text) in [("wrangler.jsonc", jsonc), ("other.json", jsonc), ("wrangler.toml", toml)] {
        let folder = folder(&[(name, text), ("src/index.ts", MAIN), ("src/lib.ts", "export const x: number = 1;")]);
        let read = load(&options(&folder, name)).map_err(|failed| lines(&failed)).unwrap();
        assert_eq!(&*read.config.services[0].name.value, "w");
        let worker = worker(&read.config);
        let WorkerCode::Built(code) = &worker.code else { panic!("{worker:?}") };
        assert!(code.modules.iter().any(|module| module.specifier == code.entry));
        assert_eq!(&*worker.compatibility_date.as_ref().unwrap().value, "2025-01-01");
        let names: Vec<&str> = worker.bindings.iter().map(|binding| &*binding.name.value).collect();
        assert_eq!(names, ["A", "B", "KV", "SELF", "ELSE"]);
        let BindingKind::Service(itself) = &worker.bindings[3].kind else { panic!("{worker:?}") };
        assert_eq!((&*itself.name.value, &*itself.entrypoint.as_ref().unwrap().value), ("w", "other"));
        for other in [0, 1, 2, 4] {
            assert!(matches!(worker.bindings[other].kind, BindingKind::Native(_)), "{worker:?}");
        }
        assert!(read.files.iter().any(|file| file.ends_with("src/lib.ts")), "{:?}", read.files);
        assert!(read.files.iter().any(|file| file.ends_with(name)), "{:?}", read.files);
    }
}

#[test]
fn the_date_of_the_command_line_counts() {
    let text = r#"{ "name": "w", "main": "m.js", "compatibility_date": "2025-01-01" }"#;
    let folder = folder(&[("wrangler.json", text), ("m.js", "export default {}")]);
    let dated = Options { compat_date: Some("2024-01-01".to_string()), ..options(&folder, "wrangler.json") };
    let read = load(&dated).map_err(|failed| lines(&failed)).unwrap();
    assert!(worker(&read.config).compatibility_date.is_none());
}

#[test]
fn what_is_wrong_has_a_place() {
    let broken = loaded(&[
        ("wrangler.json", "{ \"name\": 1, \"main\": \"m.js\", \"compatibility_date\": \"2025-01-01\" }"),
        ("m.js", ""),
    ]);
    let error = broken.unwrap_err();
    assert!(error.starts_with("wrangler.json:1:11-12: Expected \"name\""), "{error}");
    let text = r#"{ "name": "w", "main": "m.js", "compatibility_date": "2025-01-01" }"#;
    let error = loaded(&[("wrangler.json", text), ("m.js", "export default {")]).unwrap_err();
    assert!(error.contains("m.js:1"), "{error}");
    let error = loaded(&[("wrangler.toml", "name = "), ("m.js", "")]).unwrap_err();
    assert!(error.starts_with("wrangler.toml:1:"), "{error}");
}
