//! Installed and linked packages, built-in modules, aliases.

use super::*;

fn package(name: &str, json: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let base = format!("node_modules/{name}");
    let mut out = vec![(format!("{base}/package.json"), json.to_string())];
    out.extend(files.iter().map(|(file, content)| (format!("{base}/{file}"), content.to_string())));
    out
}

fn project(index: &str, packages: Vec<Vec<(String, String)>>) -> Project {
    let project = Project::new(&[("src/index.ts", index)]);
    packages.into_iter().flatten().for_each(|(path, content)| project.write(&path, content));
    project
}

#[tokio::test]
async fn esm_packages_are_shaken_and_commonjs_packages_are_wrapped() {
    let project = project(
        "import { used } from 'esm';\nimport cjs, { named } from 'cjs';\nexport default { used, cjs, named };\n",
        vec![
            package(
                "esm",
                r#"{ "type": "module", "main": "i.js", "sideEffects": false }"#,
                &[("i.js", "export const used = 'is used'; export const unused = 'is not used';")],
            ),
            package(
                "cjs",
                r#"{ "main": "./lib" }"#,
                &[
                    (
                        "lib/index.js",
                        "exports.named = require('./other').x; exports.__esModule = true; exports.default = 'd';",
                    ),
                    ("lib/other.js", "module.exports = { x: 'from other', dir: typeof __dirname };"),
                ],
            ),
        ],
    );
    let bundle = project.bundle().await;
    let code = all_code(&bundle);
    assert_contains(&code, &["is used", "from other", "__commonJSMin"]);
    assert_lacks(&code, &["is not used"]);
    for file in ["cjs/lib/other.js", "cjs/package.json", "esm/package.json", "esm/i.js"] {
        assert!(bundle.watch.files.contains(&project.path(&format!("node_modules/{file}"))), "{file}");
    }
}

#[tokio::test]
async fn conditions_and_main_fields_are_those_of_workers() {
    let exports = r#"{ "exports": { ".": { "node": "./n.js", "workerd": "./w.js", "default": "./d.js" }, "./b": { "browser": "./b.js", "default": "./d.js" }, "./m": { "module": "./mod.js", "default": "./d.js" }, "./c": { "require": "./cjs.cjs", "import": "./esm.mjs" } } }"#;
    let file = |name: &str| format!("export const which = 'picked {name}';");
    let project = project(
        "import { which as a } from 'cond';\nimport { which as b } from 'cond/b';\nimport { which as m } from 'cond/m';\n\
         import { which as e } from 'cond/c';\nimport { which as f } from 'fields';\nimport c from 'requirer';\nexport \
         default { a, b, m, e, f, c };\n",
        vec![
            package(
                "cond",
                exports,
                &[
                    ("n.js", &file("node")),
                    ("w.js", &file("workerd")),
                    ("d.js", &file("default")),
                    ("b.js", &file("browser")),
                    ("mod.js", &file("module")),
                    ("esm.mjs", &file("import")),
                    ("cjs.cjs", "exports.which = 'picked require';"),
                ],
            ),
            package(
                "fields",
                r#"{ "main": "m.js", "module": "e.js", "browser": "b.js" }"#,
                &[("m.js", &file("main")), ("e.js", &file("module field")), ("b.js", &file("browser field"))],
            ),
            package("requirer", "{}", &[("index.js", "module.exports = require('cond/c').which;")]),
        ],
    );
    let code = all_code(&project.bundle().await);
    assert_contains(
        &code,
        &["picked workerd", "picked browser", "picked import", "picked require", "picked browser field"],
    );
    assert_lacks(&code, &["picked node", "picked module", "picked main"]);
    let mut request = project.request();
    request.conditions = vec!["node".into()];
    assert_contains(&all_code(&project.bundle_with(request).await), &["picked node"]);
}

#[tokio::test]
async fn the_browser_map_replaces_and_empties_modules() {
    let project = project(
        "import a from 'mapped';\nexport default { a };\n",
        vec![package(
            "mapped",
            r#"{ "main": "i.js", "browser": { "./node.js": "./web.js", "gone": false } }"#,
            &[
                ("i.js", "module.exports = [require('./node.js'), require('gone')];"),
                ("node.js", "module.exports = 'for node';"),
                ("web.js", "module.exports = 'for the web';"),
            ],
        )],
    );
    let code = all_code(&project.bundle().await);
    assert_contains(&code, &["for the web"]);
    assert_lacks(&code, &["for node", "__require(\"gone\")"]);
}

#[tokio::test]
async fn builtins_stay_imports_also_from_commonjs() {
    let project = project(
        "import { WorkerEntrypoint } from 'cloudflare:workers';\nimport { Buffer } from 'node:buffer';\nimport path from \
         'path';\nimport manifest from '__STATIC_CONTENT_MANIFEST';\nimport cjs from 'cjs';\nexport class E extends \
         WorkerEntrypoint {}\nexport default { a: Buffer, b: path, c: cjs, manifest };\n",
        vec![package(
            "cjs",
            "{}",
            &[(
                "index.js",
                "const EventEmitter = require('events'); const { inspect } = require('node:util');\nclass Mine extends \
             EventEmitter {}\nmodule.exports = [Mine, inspect];",
            )],
        )],
    );
    let bundle = project.bundle().await;
    let code = all_code(&bundle);
    for name in
        ["cloudflare:workers", "node:buffer", "node:path", "__STATIC_CONTENT_MANIFEST", "node:events", "node:util"]
    {
        assert_contains(&code, &[&format!("from \"{name}\"")]);
    }
    assert_lacks(&code, &["__require(\"events\")", "__require(\"node:util\")"]);
    // `require` gives the default export, which is the module for Node's modules.
    assert_contains(&code, &["\"module.exports\"", "__toCommonJS"]);
    assert_eq!(bundle.exports, ["E", "default"]);
}

#[tokio::test]
async fn without_nodejs_compat_bare_names_are_packages() {
    let project = project(
        "import events from 'events';\nimport { join } from 'node:path';\nexport default { events, join };\n",
        vec![package("events", "{}", &[("index.js", "module.exports = 'the package';")])],
    );
    let code = all_code(&project.bundle().await);
    assert_contains(&code, &["from \"node:events\"", "from \"node:path\""]);
    let mut request = project.request();
    request.compat = flags("2026-04-20", &[]);
    let bundle = project.bundle_with(request).await;
    let code = all_code(&bundle);
    assert_contains(&code, &["the package", "from \"node:path\""]);
    assert_lacks(&code, &["node:events"]);
    assert_eq!(
        bundle.warnings,
        ["The package \"node:path\" wasn't found on the file system but is built into node.\nYour Worker may throw \
          errors at runtime unless you enable the \"nodejs_compat\" compatibility flag. Refer to \
          https://developers.cloudflare.com/workers/runtime-apis/nodejs/ for more details. Imported from:\n - \
          src/index.ts"]
    );
}

#[tokio::test]
async fn a_bare_name_that_no_package_has_says_what_is_missing() {
    let project = project("import fs from 'fs';\nexport default { fs };\n", Vec::new());
    for (date, names, advice) in [
        ("2026-04-20", &[][..], "- Add the \"nodejs_compat\" compatibility flag to your project."),
        (
            "2024-01-01",
            &["nodejs_compat"],
            "- Make sure to prefix the module name with \"node:\" or update your compatibility_date to 2024-09-23 or \
             later.",
        ),
    ] {
        let mut request = project.request();
        request.compat = flags(date, names);
        let (errors, _) = project.errors(request).await;
        assert_eq!(errors[0].message, "Could not resolve \"fs\"");
        let text = "The package \"fs\" wasn't found on the file system but is built into node.";
        assert_eq!(errors[0].notes, [format!("{text}\n{advice}")]);
    }
}

#[tokio::test]
async fn what_the_date_does_not_bring_has_a_stand_in() {
    let project = project(
        "import fs from 'node:fs';\nimport os from 'os';\nimport cjs from 'cjs';\nexport default { fs, os, cjs };\n",
        vec![package("cjs", "{}", &[("index.js", "module.exports = [require('fs'), require('node-fetch').Headers];")])],
    );
    let mut request = project.request();
    request.compat = flags("2025-06-01", &["nodejs_compat"]);
    let bundle = project.bundle_with(request).await;
    let code = all_code(&bundle);
    assert_contains(&code, &["\"lopata:/modules/node/fs.js\"", "\"lopata:/modules/node/os.js\""]);
    assert_lacks(&code, &["\"node:fs\"", "\"node:os\""]);
    let specifiers: Vec<&str> = bundle.modules.iter().map(|module| module.specifier.as_str()).collect();
    for file in ["fs", "fs_promises", "node_fetch", "os", "prelude_performance", "prelude_process", "throwing"] {
        let specifier = format!("lopata:/modules/node/{file}.js");
        assert!(specifiers.contains(&specifier.as_str()), "{file} {specifiers:?}");
    }
    assert!(entry(&bundle).starts_with("import \"lopata:/modules/node/prelude_process.js\";"));
    let newest = project.bundle().await;
    let stand_ins: Vec<&str> = newest.modules.iter().map(|module| module.specifier.as_str()).collect();
    let stand_ins: Vec<&&str> = stand_ins.iter().filter(|specifier| specifier.contains("/node/")).collect();
    assert_eq!(stand_ins, [&"lopata:/modules/node/node_fetch.js"]);
}

#[tokio::test]
async fn an_unknown_module_of_node_is_an_error() {
    let project = project("import nope from 'node:nope';\nexport default { nope };\n", Vec::new());
    let (errors, _) = project.errors(project.request()).await;
    assert_eq!(errors[0].message, "Could not resolve \"node:nope\"");
}

#[tokio::test]
async fn a_require_that_nothing_answers_says_so_as_in_wrangler() {
    let project = project(
        "import cjs from 'cjs';\nexport default { cjs };\n",
        vec![package("cjs", "{}", &[("index.js", "module.exports = (name) => require(name);")])],
    );
    for minify in [false, true] {
        let mut request = project.request();
        request.minify = minify;
        let code = all_code(&project.bundle_with(request).await);
        assert_contains(&code, &["Dynamic require of ", " is not supported"]);
        assert_lacks(&code, &["Calling `require`", "rolldown.rs"]);
    }
}

#[tokio::test]
async fn a_file_that_a_bundler_made_has_each_name_once() {
    let files = [
        (
            "index.cjs",
            "const require_context = require('./context/context.cjs');\nconst require_helpers = \
             require('./baggage/helpers.cjs');\nconst require_context$1 = require('./api/context.cjs');\nmodule.exports = \
             [require_context, require_helpers, require_context$1];",
        ),
        (
            "baggage/helpers.cjs",
            "const require_context = require('../context/context.cjs');\nconst require_context$1 = \
             require('../api/context.cjs');\nexports.x = [require_context.a, require_context$1.b];",
        ),
        ("context/context.cjs", "exports.a = 'context one';"),
        (
            "api/context.cjs",
            "const require_context = require('../context/context.cjs');\nexports.b = require_context.a;",
        ),
    ];
    let index = "import all from 'made';\nexport default all;\n";
    let project = project(index, vec![package("made", r#"{ "main": "index.cjs" }"#, &files)]);
    let code = all_code(&project.bundle().await);
    let allocator = oxc::allocator::Allocator::default();
    let parsed = oxc::parser::Parser::new(&allocator, &code, oxc::span::SourceType::mjs()).parse();
    let checked = oxc::semantic::SemanticBuilder::new().with_check_syntax_error(true).build(&parsed.program);
    // All chunks together have names of the bundler's own twice.
    let twice = format!("{:?}", checked.diagnostics);
    assert!(parsed.diagnostics.is_empty() && !twice.contains("`require_context"), "{twice}");
}
