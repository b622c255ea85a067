//! The JSON form.

use expect_test::{Expect, expect};

use super::{folder, lines, loaded, options};
use crate::serve::config::load;
use crate::serve::config::model::{BindingKind, ModuleKind, ServiceKind, WorkerCode};

#[test]
fn a_usual_configuration() {
    let text = r#"{
  // A comment.
  "$schema": "x",
  "services": [
    { "name": "a", "worker": {
        "modules": [
          { "name": "m", "esModule": { "embed": "src/m.js" } },
          { "name": "j", "json": { "a": [1, "x"] } },
          { "name": "w", "wasm": { "base64": "AGFzbQ==" } },
          { "name": "d", "data": { "hex": "00 ff" } },
        ],
        "compatibilityDate": "2024-01-01",
        "bindings": [
          { "name": "S", "service": "a" },
          { "name": "P", "service": { "name": "a", "entrypoint": "E", "props": { "json": { "x": true } } } },
          { "name": "T", "text": "t" },
          { "name": "N", "json": null },
          { "name": "J", "json": "[1]" },
        ],
        "durableObjectStorage": { "inMemory": null },
    } },
  ],
  "v8Flags": ["--x"],
}"#;
    let loaded = loaded(&[("c.json", text), ("src/m.js", "code")]).unwrap();
    assert_eq!(loaded.files.len(), 2);
    let ServiceKind::Worker(worker) = &loaded.config.services[0].kind else { panic!() };
    let WorkerCode::Modules(modules) = &worker.code else { panic!() };
    assert!(matches!(&modules[0].kind, ModuleKind::EsModule(code) if *code.value == *"code"));
    assert!(matches!(&modules[1].kind, ModuleKind::Json(json) if *json.value == *r#"{"a":[1,"x"]}"#));
    assert!(matches!(&modules[2].kind, ModuleKind::Wasm(data) if data.value == "\0asm"));
    assert!(matches!(&modules[3].kind, ModuleKind::Data(data) if data.value == b"\x00\xff"[..]));
    let BindingKind::Service(designator) = &worker.bindings[1].kind else { panic!() };
    assert_eq!(&*designator.props.as_ref().unwrap().value, r#"{"x":true}"#);
    assert!(matches!(&worker.bindings[3].kind, BindingKind::Json(json) if *json.value == *"null"));
    assert!(matches!(&worker.bindings[4].kind, BindingKind::Json(json) if *json.value == *"[1]"));
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&loaded(&[("c.json", text)]).unwrap_err());
}

#[test]
fn what_is_wrong() {
    check("{", &expect!["c.json:1:2: The object is never closed: expected `}`."]);
    check("[1]", &expect!["c.json:1:1-4: Expected the configuration to be an object but got [1]."]);
    check("", &expect!["c.json:1:1: The configuration file is empty: expected an object."]);
    check(
        "{\"services\": [{\"nme\": \"x\", \"worker\": 1, \"disk\": {\"writable\": 1}}],\n\
         \"sockets\": {}, \"v8Flags\": [1, {\"embed\": \"nope\"}, {\"embed\": 1}, {\"x\": \"y\"}],\n\
         \"extensions\": [{\"modules\": [{\"esModule\": {\"base64\": \"x\"}}]}]}",
        &expect![[r#"
            c.json:1:16-21: Struct has no field named 'nme'.
              help: Did you mean 'name'?
            c.json:1:38-39: Type mismatch; expected Worker.
            c.json:1:62-63: Type mismatch; expected Bool.
            c.json:2:12-14: Type mismatch; expected List(Socket).
            c.json:2:28-29: Type mismatch; expected Text.
            c.json:2:41-47: Couldn't read file for embed: nope
            c.json:2:50-62: Type mismatch; expected Text.
              help: The content of a file is {"embed": "file"}.
            c.json:2:64-74: Type mismatch; expected Text.
              help: The content of a file is {"embed": "file"}.
            c.json:3:42-57: Type mismatch; expected Text.
              help: The content of a file is {"embed": "file"}."#]],
    );
    check(
        "{\"services\": [{\"worker\": {\"bindings\": [\n\
         {\"data\": {\"base64\": \"%\"}}, {\"data\": {\"hex\": \"0\"}}, {\"memoryCache\": {\"limits\": {\"maxKeys\": -1, \"maxValueSize\": 1.5}}},\n\
         {\"cryptoKey\": {\"usages\": [\"sgin\"]}}, {\"unsafeEval\": 1}]}}]}",
        &expect![[r#"
            c.json:2:21-24: This is not base64.
            c.json:2:45-48: This is not pairs of hexadecimal digits.
            c.json:2:91-93: Integer value out of range.
            c.json:2:111-114: Integer value out of range.
            c.json:3:27-33: Not defined: sgin
              help: Did you mean 'sign'?
            c.json:3:53-54: Type mismatch; expected Void."#]],
    );
}

#[test]
fn hostile() {
    for open in ["[", "{\"services\": [", "{\"a\":"] {
        let error = loaded(&[("c.json", &open.repeat(100_000))]).unwrap_err();
        assert!(error.starts_with("c.json:1:"), "{error}");
    }
    let folder = folder(&[]);
    std::fs::write(folder.path().join("c.json"), b"{\"services\": \"\xff\"}").unwrap();
    let error = lines(&load(&options(&folder, "c.json")).unwrap_err());
    assert!(error.starts_with("c.json:1:15-16: This file cannot be read: it is not UTF-8"), "{error}");
}
