//! Configurations as texts, and what they come to.
#![allow(clippy::unwrap_used)]

mod checks;
mod errors;
mod fuzz;
mod hostile;
mod json;
mod wrangler;

use super::model::{BindingKind, ModuleKind, ServiceKind, WorkerCode};
use super::*;

/// A folder with files, the first of which is the configuration.
fn loaded(files: &[(&str, &str)]) -> Result<Loaded, String> {
    let folder = folder(files);
    load(&options(&folder, files[0].0)).map_err(|failed| lines(&failed))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn options(folder: &tempfile::TempDir, file: &str) -> Options {
    Options {
        file: file.into(),
        cwd: folder.path().to_path_buf(),
        import_paths: vec!["lib".into()],
        ..Options::default()
    }
}

fn lines(failed: &Failed) -> String {
    failed.diagnostics.iter().map(one_line).collect::<Vec<_>>().join("\n")
}

/// The beginning of a configuration file, in one line.
const USING: &str = "using Workerd = import \"/workerd/workerd.capnp\"; ";

#[test]
fn a_usual_test_configuration() {
    let text = r#"using Workerd = import "/workerd/workerd.capnp";

const unitTests :Workerd.Config = (
  services = [
    ( name = "a-test",
      worker = (
        modules = [
          (name = "worker", esModule = embed "a.js"),
          (name = "data", data = embed "a.js"),
        ],
        compatibilityDate = "2024-01-01",
        compatibilityFlags = ["nodejs_compat"],
        bindings = [
          (name = "OTHER", service = "other"),
          (name = "NAMED", service = (name = "other", entrypoint = "e", props = (json = `{"a": 1}
          ))),
          (name = "TEXT", text = "a" "b"),
        ],
      )
    ),
    .other,
    (name = "internet", network = (deny = ["local"])),
  ],
  v8Flags = ["--expose-gc"],
);

const other :Workerd.Service = (name = "other", worker = .otherWorker);
const otherWorker :Workerd.Worker =
  (serviceWorkerScript = "x", compatibilityDate = "2024-01-01", globalOutbound = "internet");
"#;
    let loaded = loaded(&[("a.wd-test", text), ("a.js", "export default {}")]).unwrap();
    assert_eq!(loaded.const_name, "unitTests");
    assert_eq!(loaded.files.len(), 2);
    let [a, other, internet] = loaded.config.services.as_slice() else { panic!("{:?}", loaded.config) };
    let ServiceKind::Worker(worker) = &a.kind else { panic!("{a:?}") };
    let WorkerCode::Modules(modules) = &worker.code else { panic!("{worker:?}") };
    assert!(matches!(&modules[0].kind, ModuleKind::EsModule(code) if &***code == "export default {}"));
    assert!(matches!(&modules[1].kind, ModuleKind::Data(data) if data.starts_with(b"export")));
    assert_eq!(&***worker.compatibility_date.as_ref().unwrap(), "2024-01-01");
    let [BindingKind::Service(plain), BindingKind::Service(named), BindingKind::Text(text)] =
        worker.bindings.iter().map(|binding| &binding.kind).collect::<Vec<_>>()[..]
    else {
        panic!("{worker:?}")
    };
    assert_eq!((&**plain.name, plain.entrypoint.is_none(), plain.props.is_none()), ("other", true, true));
    assert_eq!(&***named.props.as_ref().unwrap(), "{\"a\": 1}\n");
    assert_eq!(&***text, "ab");
    assert_eq!(named.place.to_string(), "a.wd-test:15:38");
    assert_eq!(&**other.name, "other");
    let ServiceKind::Network(network) = &internet.kind else { panic!("{internet:?}") };
    assert_eq!((&**network.allow[0], &**network.deny[0]), ("public", "local"));
}
