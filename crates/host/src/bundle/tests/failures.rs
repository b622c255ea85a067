//! What a broken project is told, and how it recovers.

use super::super::CustomBuild;
use super::*;
use expect_test::{Expect, expect};

async fn check(index: &str, files: &[(&str, &str)], expected: Expect) {
    let project = Project::new(&[("src/index.ts", index)]);
    files.iter().for_each(|(path, content)| project.write(path, content));
    let (errors, _) = project.errors(project.request()).await;
    let text: Vec<String> = errors.iter().map(|error| error.render(&project.root)).collect();
    expected.assert_eq(&text.join("\n\n"));
}

#[tokio::test]
async fn a_syntax_error() {
    check(
        "const a = 1;\nexport default { fetch() { return a +; } };\n",
        &[],
        expect![[r#"
        Unexpected token

            src/index.ts:2:38:
              2 │ export default { fetch() { return a +; } };
                ╵                                      ^"#]],
    )
    .await;
}

#[tokio::test]
async fn an_import_of_nothing() {
    check(
        "import a from './a';\nimport b, { c } from 'not-installed/sub';\nexport default { a, b, c };\n",
        &[],
        expect![[r#"
            Could not resolve "./a"

                src/index.ts:1:15:
                  1 │ import a from './a';
                    ╵               ~~~~~"#]],
    )
    .await;
}

#[tokio::test]
async fn a_missing_export() {
    check(
        "import { gone } from './a';\nexport default { gone };\n",
        &[("src/a.ts", "export const here = 1;\n")],
        expect![[r#"
            "gone" is not exported by "src/a.ts", imported by "src/index.ts"

                src/index.ts:1:10:
                  1 │ import { gone } from './a';
                    ╵          ^"#]],
    )
    .await;
}

#[tokio::test]
async fn a_subpath_that_a_package_does_not_export() {
    check(
        "import a from 'closed/inner';\nexport default { a };\n",
        &[
            ("node_modules/closed/package.json", r#"{ "exports": { ".": "./i.js" } }"#),
            ("node_modules/closed/i.js", ""),
            ("node_modules/closed/inner.js", ""),
        ],
        expect![[r#"
            Could not resolve "closed/inner"

                src/index.ts:1:15:
                  1 │ import a from 'closed/inner';
                    ╵               ~~~~~~~~~~~~~~

              Package subpath is not defined by exports"#]],
    )
    .await;
}

#[tokio::test]
async fn a_file_of_an_unknown_kind() {
    check(
        "import a from './a.png';\nexport default { a };\n",
        &[("src/a.png", "PNG")],
        expect![[r#"
        No loader is configured for ".png" files: src/a.png

            src/index.ts:1:15:
              1 │ import a from './a.png';
                ╵               ~~~~~~~~~"#]],
    )
    .await;
}

#[tokio::test]
async fn broken_json_and_broken_package() {
    check(
        "import a from './a.json';\nexport default { a };\n",
        &[("src/a.json", "{\n  \"a\": ,\n}\n")],
        expect![[r#"
            expected value at line 2 column 8

                src/a.json:2:8:
                  2 │   "a": ,
                    ╵        ^"#]],
    )
    .await;
    check(
        "import a from 'p';\nexport default { a };\n",
        &[("node_modules/p/package.json", "{ \"main\": }")],
        expect![[r#"
            Could not resolve "p"

                src/index.ts:1:15:
                  1 │ import a from 'p';
                    ╵               ~~~

              JSON parse error in 'node_modules/p/package.json'"#]],
    )
    .await;
}

#[tokio::test]
async fn several_files_are_told_at_once() {
    let project = Project::new(&[
        ("src/index.ts", "import './a';\nimport './b';\nexport default {};\n"),
        ("src/a.ts", "let = ;\n"),
        ("src/b.ts", "import './gone';\n"),
    ]);
    let (errors, _) = project.errors(project.request()).await;
    let files: Vec<String> =
        errors.iter().map(|error| error.location.as_ref().unwrap().display(&project.root)).collect();
    assert!(files.iter().any(|file| file.starts_with("src/a.ts:1")), "{files:?}");
}

#[tokio::test]
async fn a_failure_knows_what_repairs_it() {
    let project = Project::new(&[
        ("src/index.ts", "import { a } from './a';\nexport default { a };\n"),
        ("src/a.ts", "import { b } from './deep/b';\nexport const a = b;\n"),
        ("src/deep/b.ts", "export const b = 'fine';\n"),
    ]);
    let mut bundler = bundler();
    let request = project.request();
    let good = bundler.bundle(&request).await.unwrap();
    // A leaf that does not parse.
    project.write("src/deep/b.ts", "export const b = ;\n");
    let error = bundler.bundle(&request).await.unwrap_err();
    for file in ["src/index.ts", "src/a.ts", "src/deep/b.ts"] {
        assert!(error.watch.files.contains(&project.path(file)), "{file}");
    }
    // A broken entry has seen nothing but itself; what the last good bundle saw still counts.
    project.write("src/index.ts", "import {\n");
    let error = bundler.bundle(&request).await.unwrap_err();
    assert!(error.watch.files.contains(&project.path("src/deep/b.ts")));
    // A leaf that is gone.
    project.write("src/index.ts", "import { a } from './a';\nexport default { a };\n");
    project.remove("src/deep/b.ts");
    let error = bundler.bundle(&request).await.unwrap_err();
    assert!(error.watch.directories.contains(&project.path("src/deep")));
    // And all is well again.
    project.write("src/deep/b.ts", "export const b = 'fine';\n");
    let again = bundler.bundle(&request).await.unwrap();
    assert_eq!(good.modules[0].hash, again.modules[0].hash);
}

#[tokio::test]
async fn a_missing_package_is_noticed_when_it_is_installed() {
    let project = Project::new(&[
        ("package.json", "{}"),
        ("src/index.ts", "import a from 'late-package';\nexport default { a };\n"),
    ]);
    let (_, error) = project.errors(project.request()).await;
    assert!(error.watch.directories.contains(&project.root), "{:?}", error.watch);
    std::fs::create_dir(project.path("node_modules")).unwrap();
    let (_, error) = project.errors(project.request()).await;
    assert!(error.watch.directories.contains(&project.path("node_modules")));
    project.write("node_modules/late-package/index.js", "module.exports = 'installed';\n");
    assert_contains(&all_code(&project.bundle().await), &["installed"]);
}

#[tokio::test]
async fn the_custom_build_runs_first_and_makes_the_entry() {
    let project = Project::new(&[("in/worker.js", "export default { built: true };\n")]);
    let mut request = BundleRequest::new(&project.root, project.path("dist/worker.js"));
    request.config_file = Some(project.path("wrangler.jsonc"));
    let build = |command: &str| Some(CustomBuild { command: command.into(), cwd: None, watch_dir: vec!["in".into()] });
    request.build = build("mkdir -p dist && cp in/worker.js dist/worker.js");
    let bundle = project.bundle_with(request.clone()).await;
    assert_contains(entry(&bundle), &["built: true"]);
    assert!(bundle.watch.trees.contains(&project.path("in")));
    project.remove("dist/worker.js");
    request.build = build("true");
    let error = project.try_bundle(request.clone()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "The expected output file at \"dist/worker.js\" was not found after running custom build: true.\nThe `main` \
         property in your wrangler.jsonc file should point to the file generated by the custom build."
    );
    request.build = build("echo no luck >&2; exit 7");
    let error = project.try_bundle(request).await.unwrap_err();
    let Failure::CustomBuild { exit_code, output, .. } = &error.failure else { panic!("{error}") };
    assert_eq!((*exit_code, output.as_slice()), (Some(7), &["no luck".to_string()][..]));
    assert!(error.watch.trees.contains(&project.path("in")));
    assert_eq!(
        error.to_string(),
        "Running custom build `echo no luck >&2; exit 7` failed. There are likely more logs from your build command above."
    );
}

#[tokio::test]
async fn python_is_refused() {
    let project = Project::new(&[("src/entry.py", "x = 1")]);
    let (errors, _) = project.errors(BundleRequest::new(&project.root, project.path("src/entry.py"))).await;
    assert_eq!(errors[0].message, "Python Workers are not supported by lopata: src/entry.py");
}
