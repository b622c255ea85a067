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
async fn without_nodejs_compat_an_installed_package_comes_before_nodes_module() {
    let project = project(
        "import events from 'events';\nimport { join } from 'path';\nexport default { events, join };\n",
        vec![package("events", "{}", &[("index.js", "module.exports = 'the package';")])],
    );
    let code = all_code(&project.bundle().await);
    assert_contains(&code, &["from \"node:events\"", "from \"node:path\""]);
    let mut request = project.request();
    request.nodejs_compat = false;
    let code = all_code(&project.bundle_with(request).await);
    assert_contains(&code, &["the package", "from \"node:path\""]);
    assert_lacks(&code, &["node:events"]);
}

#[tokio::test]
async fn aliases_resolve_from_the_root() {
    let project = project(
        "import a from 'swapped';\nimport b from 'node:fs';\nimport c from './local';\nimport d from 'to-builtin';\nexport \
         default { a, b, c, d };\n",
        vec![package("real", "{}", &[("index.js", "module.exports = 'the real one';")])],
    );
    project.write("shims/fs.ts", "export default 'an fs shim' as string;\n");
    project.write("shims/text.txt", "text by alias");
    let mut request = project.request();
    request.alias = [
        ("swapped", "real"),
        ("node:fs", "./shims/fs.ts"),
        ("./local", "./shims/text.txt"),
        ("to-builtin", "node:path"),
    ]
    .map(|(from, to)| (from.to_string(), to.to_string()))
    .to_vec();
    let bundle = project.bundle_with(request.clone()).await;
    let code = all_code(&bundle);
    assert_contains(&code, &["the real one", "an fs shim", "from \"node:path\""]);
    assert_lacks(&code, &["node:fs"]);
    assert!(matches!(&module(&bundle, "-text.txt").kind, ModuleKind::Text(text) if &**text == "text by alias"));
    request.alias[1].1 = "./shims/gone.ts".into();
    let (errors, error) = project.errors(request).await;
    assert_eq!(errors[0].message, "Could not resolve \"./shims/gone.ts\", which \"node:fs\" is an alias of");
    assert_eq!(errors[0].location.as_ref().unwrap().line, 2);
    assert!(error.watch.directories.contains(&project.path("shims")));
}

#[tokio::test]
#[cfg(unix)]
async fn linked_packages_are_watched_where_they_really_are() {
    let project = Project::new(&[
        ("app/src/index.ts", "import { v } from '@scope/linked';\nexport default { v };\n"),
        ("packages/linked/package.json", r#"{ "name": "@scope/linked", "main": "src/index.ts" }"#),
        ("packages/linked/src/index.ts", "export { v } from './leaf';\n"),
        ("packages/linked/src/leaf.ts", "export const v: string = 'from the leaf';\n"),
    ]);
    std::fs::create_dir_all(project.path("app/node_modules/@scope")).unwrap();
    std::os::unix::fs::symlink(project.path("packages/linked"), project.path("app/node_modules/@scope/linked"))
        .unwrap();
    let request = BundleRequest::new(project.path("app"), project.path("app/src/index.ts"));
    let bundle = project.bundle_with(request).await;
    // The user edits it: it belongs with the user's code and not with installed packages.
    assert_contains(entry(&bundle), &["from the leaf"]);
    for file in ["packages/linked/src/leaf.ts", "packages/linked/package.json"] {
        assert!(bundle.watch.files.contains(&project.path(file)), "{file}");
    }
    assert_eq!(origin(&bundle.modules[0], "from the leaf").0, url(&project.path("packages/linked/src/leaf.ts")));
}

#[tokio::test]
#[cfg(unix)]
async fn a_project_behind_a_link_is_known_by_its_real_place() {
    let project = Project::new(&[
        ("real/src/index.ts", "import './a';\nexport default {};\n"),
        ("real/src/a.ts", "console.log(1);\n"),
    ]);
    std::os::unix::fs::symlink(project.path("real"), project.path("link")).unwrap();
    let request = BundleRequest::new(project.path("link"), project.path("link/src/index.ts"));
    let bundle = project.bundle_with(request).await;
    assert_eq!(origin(&bundle.modules[0], "console").0, url(&project.path("real/src/a.ts")));
    assert!(bundle.watch.files.contains(&project.path("real/src/a.ts")));
    assert!(bundle.watch.files.contains(&project.path("link/src/index.ts")), "what was asked for counts too");
}

#[tokio::test]
async fn an_optional_require_is_left_to_fail_at_run_time() {
    let project = project(
        "import a from 'opt';\nexport default { a };\n",
        vec![package(
            "opt",
            "{}",
            &[("index.js", "try { module.exports = require('not-installed') } catch { module.exports = 0 }")],
        )],
    );
    assert_contains(&all_code(&project.bundle().await), &["__require(\"not-installed\")"]);
}

#[tokio::test]
async fn require_of_a_package_with_two_faces_gives_the_commonjs_one_where_they_differ() {
    let faces = r#"{ "main": "main.js", "module": "module.mjs" }"#;
    let project = project(
        "import a from 'requirer';\nimport { same } from 'named';\nexport default { a, same };\n",
        vec![
            package(
                "requirer",
                "{}",
                &[("index.js", "module.exports = [require('callable')(), require('named').same];")],
            ),
            package(
                "callable",
                faces,
                &[
                    ("main.js", "module.exports = () => 'main face';"),
                    ("module.mjs", "export default () => 'module face';"),
                ],
            ),
            package(
                "named",
                faces,
                &[
                    ("main.js", "exports.same = 'second instance';"),
                    ("module.mjs", "export const same = 'one instance';"),
                ],
            ),
        ],
    );
    let code = all_code(&project.bundle().await);
    assert_contains(&code, &["main face", "one instance"]);
    assert_lacks(&code, &["module face", "second instance"]);
}
