//! Workers in service-worker syntax.

use super::super::WatchSet;
use super::*;
use lopata_protocol::WorkerFormat;

fn script(index: &str) -> Project {
    Project::new(&[
        ("src/index.js", index),
        ("src/a.js", "export const a = 'inlined';\nexport default () => a;\n"),
        ("src/t.txt", "a text"),
        ("node_modules/cjs/package.json", "{}"),
        ("node_modules/cjs/index.js", "module.exports = 'a package';\n"),
    ])
}

#[tokio::test]
async fn a_script_is_one_chunk_with_everything_in_it() {
    let project = script(
        "import { a } from './a';\nimport cjs from 'cjs';\naddEventListener('fetch', (event) => event.respondWith(new \
         Response(a + cjs)));\nconst late = () => import('./a');\n",
    );
    let bundle = project.bundle().await;
    assert_eq!(bundle.format, WorkerFormat::ServiceWorker);
    assert_eq!(bundle.modules.len(), 1);
    let code = entry(&bundle);
    assert_contains(code, &["inlined", "a package", "addEventListener(\"fetch\""]);
    assert_lacks(code, &["import ", "import(", "export "]);
    assert!(bundle.exports.is_empty());
    assert_ne!(bundle.watch, WatchSet::default());
    assert_eq!(origin(&bundle.modules[0], "respondWith").0, url(&project.path("src/index.js")));
}

#[tokio::test]
async fn files_of_rules_are_globals_of_a_script() {
    let bundle = script("import text from './t.txt';\naddEventListener('fetch', () => text);\n").bundle().await;
    assert_eq!(bundle.modules.len(), 1);
    let [global] = bundle.globals.as_slice() else { panic!("{:?}", bundle.globals) };
    assert!(matches!(&global.value, ModuleKind::Text(text) if &**text == "a text"));
    assert!(global.name.starts_with("__") && global.name.ends_with("_t_txt"), "{}", global.name);
    assert_contains(entry(&bundle), &[&global.name]);
}

#[tokio::test]
async fn exports_without_a_default_make_a_script_with_a_remark() {
    let bundle = script("export const helper = 1;\naddEventListener('fetch', () => helper);\n").bundle().await;
    assert_eq!(bundle.format, WorkerFormat::ServiceWorker);
    assert_contains(&bundle.warnings.join("\n"), &["src/index.js has exports like an ES Module"]);
    assert_lacks(entry(&bundle), &["export "]);
}

#[tokio::test]
async fn a_script_cannot_import_from_the_runtime() {
    for (imports, list) in [
        ("import 'cloudflare:workers';", "\"cloudflare:workers\""),
        (
            "import * as a from 'node:fs'; import * as b from 'cloudflare:email';",
            "\"cloudflare:email\" and \"node:fs\"",
        ),
        ("import 'node:dns'; import 'node:net'; import 'node:url';", "\"node:dns\", \"node:net\", and \"node:url\""),
    ] {
        let project = script(&format!("{imports}\naddEventListener('fetch', () => 1);\n"));
        let (errors, _) = project.errors(project.request()).await;
        assert_eq!(
            errors[0].message,
            format!(
                "Unexpected external import of {list}.\nYour worker has no default export, which means it is assumed to \
                 be a Service Worker format Worker.\nDid you mean to create a ES Module format Worker?\nIf so, try \
                 adding `export default {{ ... }}` in your entry-point.\nSee \
                 https://developers.cloudflare.com/workers/reference/migrate-to-module-workers/."
            )
        );
    }
}

#[tokio::test]
async fn a_script_cannot_have_additional_modules() {
    let project = script("addEventListener('fetch', () => 1);\n");
    let mut request = project.request();
    request.find_additional_modules = true;
    let (errors, _) = project.errors(request).await;
    assert_contains(
        &errors[0].message,
        &["`find_additional_modules` can only be used with an ES module entrypoint.\nRemove"],
    );
}

#[tokio::test]
async fn the_configuration_decides_the_format_when_it_says_so() {
    let project = script("addEventListener('fetch', () => 1);\n");
    let mut request = project.request();
    request.format = Some(WorkerFormat::Modules);
    assert_eq!(project.bundle_with(request).await.format, WorkerFormat::Modules);
}
