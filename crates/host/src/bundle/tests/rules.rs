//! Files that become modules of their own.

use super::super::{ModuleRule, RuleKind};
use super::*;

fn rule(kind: RuleKind, glob: &str, fallthrough: Option<bool>) -> ModuleRule {
    ModuleRule { kind, globs: vec![glob.into()], fallthrough }
}

fn data_project() -> Project {
    let project = Project::new(&[
        (
            "src/index.ts",
            "import t from './a.txt';\nimport h from './b.html';\nimport q from '../sql/c.sql';\nimport d from \
             './d.bin';\nimport w from './e.wasm';\nimport m from './e.wasm?module';\nimport p from 'pkg/f.txt';\nimport \
             c from './uses.cjs';\nexport default { t, h, q, d, w, m, p, c };\n",
        ),
        ("src/a.txt", "text"),
        ("src/b.html", "<p>"),
        ("sql/c.sql", "SELECT 1"),
        ("src/uses.cjs", "module.exports = require('./a.txt');\n"),
        ("node_modules/pkg/package.json", "{}"),
        ("node_modules/pkg/f.txt", "from a package"),
    ]);
    project.write("src/d.bin", [0u8, 255, 1]);
    project.write("src/e.wasm", b"\0asm\x01\0\0\0");
    project
}

#[tokio::test]
async fn default_rules_make_text_data_and_webassembly() {
    let project = data_project();
    let bundle = project.bundle().await;
    let code = all_code(&bundle);
    for (suffix, check) in
        [("-a.txt", "text"), ("-b.html", "<p>"), ("-c.sql", "SELECT 1"), ("-f.txt", "from a package")]
    {
        let module = module(&bundle, suffix);
        assert!(matches!(&module.kind, ModuleKind::Text(text) if &**text == check), "{suffix}");
        assert!(module.specifier.starts_with("lopata:/modules/"));
        assert_contains(
            &code,
            &[&format!("import value from \"{}\"", module.specifier).replace("value", "")[..6], &module.specifier],
        );
    }
    assert!(matches!(&module(&bundle, "-d.bin").kind, ModuleKind::Data(data) if data[..] == [0, 255, 1]));
    assert!(matches!(&module(&bundle, "-e.wasm").kind, ModuleKind::Wasm(_)));
    assert_eq!(bundle.modules.iter().filter(|module| module.specifier.ends_with(".wasm")).count(), 1);
    assert!(bundle.watch.files.contains(&project.path("node_modules/pkg/f.txt")));
}

#[tokio::test]
async fn names_stay_when_contents_change_and_only_that_module_changes() {
    let project = data_project();
    let before = project.bundle().await;
    project.write("src/a.txt", "other text");
    let after = project.bundle().await;
    for (a, b) in before.modules.iter().zip(&after.modules) {
        assert_eq!(a.specifier, b.specifier);
        assert_eq!(a.hash != b.hash, a.specifier.ends_with("-a.txt"), "{}", a.specifier);
    }
}

#[tokio::test]
async fn preserved_names_are_those_of_the_import() {
    let project = data_project();
    let mut request = project.request();
    request.preserve_file_names = true;
    let bundle = project.bundle_with(request).await;
    for specifier in
        ["file:///bundle/a.txt", "file:///bundle/sql/c.sql", "file:///bundle/pkg/f.txt", "file:///bundle/e.wasm"]
    {
        assert_contains(&all_code(&bundle), &[&format!("\"{specifier}\"")]);
        module(&bundle, specifier);
    }
}

#[tokio::test]
async fn user_rules_come_first_and_shadowed_ones_are_errors() {
    let project = Project::new(&[
        ("src/index.ts", "import a from './a.md';\nimport b from './b.txt';\nexport default { a, b };\n"),
        ("src/a.md", "md"),
        ("src/b.txt", "txt"),
    ]);
    let mut request = project.request();
    request.rules = vec![rule(RuleKind::Text, "**/*.md", Some(true))];
    let bundle = project.bundle_with(request.clone()).await;
    assert!(bundle.warnings.is_empty());
    module(&bundle, "-a.md");
    module(&bundle, "-b.txt");
    request.rules = vec![rule(RuleKind::Text, "**/*.md", None)];
    let (errors, _) = project.errors(request.clone()).await;
    assert_eq!(
        errors[0].message,
        "The file ./b.txt matched a module rule in your configuration \
         ({\"type\":\"Text\",\"globs\":[\"**/*.txt\",\"**/*.html\",\"**/*.sql\"]}), but was ignored because a previous \
         rule with the same type was not marked as `fallthrough = true`."
    );
    assert_eq!(errors[0].location.as_ref().unwrap().line, 2);
    project.write("src/index.ts", "import a from './a.md';\nexport default { a };\n");
    let bundle = project.bundle_with(request).await;
    assert_contains(&bundle.warnings[0], &["does not have a fallback, the following rules will be ignored:"]);
}

#[tokio::test]
async fn a_missing_file_of_a_rule_has_its_place() {
    let project = Project::new(&[("src/index.ts", "export {};\nimport a from './gone.txt';\nexport default { a };\n")]);
    let (errors, error) = project.errors(project.request()).await;
    assert_eq!(errors[0].message, "Could not resolve \"./gone.txt\"");
    let location = errors[0].location.as_ref().unwrap();
    assert_eq!((location.line, location.column, location.length), (2, 15, 12));
    assert!(error.watch.files.contains(&project.path("src/gone.txt")));
    project.write("src/gone.txt", "here now");
    project.bundle().await;
}

#[tokio::test]
async fn additional_modules_are_found_and_imported_by_their_names() {
    let project = Project::new(&[
        (
            "src/index.ts",
            "import './lang/en.mjs';\nimport t from './lang/hello.txt';\nexport default { load: (x: string) => import(`./lang/${x}.mjs`), t };\n",
        ),
        ("src/lang/en.mjs", "export default 'english';\n"),
        ("src/lang/de.mjs", "export default 'deutsch';\n"),
        ("src/lang/typed.mts", "export default 'typed' as string;\n"),
        ("src/lang/hello.txt", "hello"),
        ("src/lang/unused.txt", "unused"),
        ("src/node_modules/x/y.mjs", "not looked into"),
    ]);
    let mut request = project.request();
    request.find_additional_modules = true;
    request.rules = vec![ModuleRule {
        kind: RuleKind::ESModule,
        globs: vec!["**/*.mjs".into(), "**/*.mts".into()],
        fallthrough: None,
    }];
    let bundle = project.bundle_with(request).await;
    let names: Vec<&str> = bundle.modules.iter().map(|module| module.specifier.as_str()).collect();
    assert_eq!(
        names,
        [
            "file:///bundle/index.js",
            "file:///bundle/lang/de.mjs",
            "file:///bundle/lang/en.mjs",
            "file:///bundle/lang/hello.txt",
            "file:///bundle/lang/typed.mts",
            "file:///bundle/lang/unused.txt",
        ]
    );
    let code = entry(&bundle);
    assert_contains(
        code,
        &["import \"file:///bundle/lang/en.mjs\"", "\"file:///bundle/lang/hello.txt\"", "`./lang/${x}.mjs`"],
    );
    assert_lacks(code, &["english"]);
    assert_lacks(code_of(module(&bundle, "typed.mts")), &["as string"]);
    assert!(bundle.watch.directories.contains(&project.path("src/lang")));
    assert!(bundle.watch.files.contains(&project.path("src/lang/de.mjs")));
}
