//! `no_bundle`.

use super::super::{ModuleRule, RuleKind};
use super::*;
use lopata_protocol::WorkerFormat;

fn rules() -> Vec<ModuleRule> {
    let rule = |kind, glob: &str| ModuleRule { kind, globs: vec![glob.to_string()], fallthrough: Some(true) };
    vec![rule(RuleKind::ESModule, "**/*.js"), rule(RuleKind::ESModule, "**/*.ts"), rule(RuleKind::CommonJS, "**/*.cjs")]
}

#[tokio::test]
async fn every_file_is_a_module_named_by_its_path() {
    let project = Project::new(&[
        (
            "dist/index.js",
            "import { a } from './lib/a.js';\nimport c from './c.cjs';\nimport t from './t.txt';\nexport class Obj {}\nexport default { a, c, t };\n",
        ),
        ("dist/lib/a.js", "// kept as it is\nexport const a = 1;\n"),
        ("dist/lib/b.ts", "export const b: number = 2;\n"),
        ("dist/c.cjs", "const { a } = require('./lib/a.js');\nmodule.exports = a;\n"),
        ("dist/t.txt", "text"),
        ("dist/readme.md", "no rule"),
    ]);
    let mut request = BundleRequest::new(&project.root, project.path("dist/index.js"));
    request.no_bundle = true;
    request.rules = rules();
    let bundle = project.bundle_with(request.clone()).await;
    let names: Vec<&str> = bundle.modules.iter().map(|module| module.specifier.as_str()).collect();
    let expected = ["index.js", "c.cjs", "lib/a.js", "lib/b.ts", "t.txt"].map(|name| format!("file:///bundle/{name}"));
    assert_eq!(names, expected);
    assert_eq!(code_of(module(&bundle, "/a.js")), "// kept as it is\nexport const a = 1;\n");
    assert_lacks(code_of(module(&bundle, "/b.ts")), &[": number"]);
    assert_eq!(origin(module(&bundle, "/b.ts"), "b = 2").0, url(&project.path("dist/lib/b.ts")));
    assert_contains(
        code_of(module(&bundle, "/c.cjs")),
        &["import * as __lopata_0 from \"./lib/a.js\"", "() => __lopata_0,"],
    );
    assert_eq!(bundle.exports, ["Obj", "default"]);
    assert!(bundle.watch.files.contains(&project.path("dist/lib/a.js")));
    assert!(bundle.watch.directories.contains(&project.path("dist/lib")));
    request.base_dir = Some(project.root.clone());
    assert_eq!(project.bundle_with(request).await.entry, "file:///bundle/dist/index.js");
}

#[tokio::test]
async fn a_typescript_entry_is_stripped_and_a_script_stays_one() {
    let project = Project::new(&[("src/index.ts", "const x: number = 1;\naddEventListener('fetch', () => x);\n")]);
    let mut request = project.request();
    request.no_bundle = true;
    let bundle = project.bundle_with(request.clone()).await;
    assert_eq!(bundle.format, WorkerFormat::ServiceWorker);
    assert_contains(entry(&bundle), &["const x = 1;"]);
    assert_eq!(origin(&bundle.modules[0], "addEventListener").1, 2);
    project.write("src/index.ts", "const x: = 1;\n");
    let (errors, _) = project.errors(request).await;
    assert_eq!(errors[0].location.as_ref().unwrap().line, 1);
}

#[tokio::test]
async fn a_compiled_entry_keeps_the_map_it_names() {
    let map = r#"{"version":3,"sources":["../src/a.ts"],"sourcesContent":["let a"],"names":[],"mappings":"AAAA"}"#;
    let project = Project::new(&[
        ("dist/index.js", "export default {}\n//# sourceMappingURL=index.js.map\n"),
        ("dist/index.js.map", map),
    ]);
    let mut request = BundleRequest::new(&project.root, project.path("dist/index.js"));
    request.no_bundle = true;
    let bundle = project.bundle_with(request).await;
    assert_eq!(origin(&bundle.modules[0], "export"), (url(&project.path("src/a.ts")), 1, "let a".into()));
}
