//! How code is spread over chunks, in which order it runs, and what an edit changes.

use super::*;

fn layered() -> Project {
    Project::new(&[
        (
            "src/index.ts",
            "import './setup';\nimport { seen } from 'reader';\nimport cjs from 'cjs';\nimport { other } from \
             './other';\nexport default { seen, cjs, other, late: () => import('./late'), pkg: () => import('dynamic') \
             };\n",
        ),
        ("src/setup.ts", "(globalThis as any).READY = 'yes';\nexport {};\n"),
        ("src/other.ts", "export const other = 'app code';\n"),
        ("src/late.ts", "export const late = 'loaded late';\nconsole.log('late runs');\n"),
        ("node_modules/reader/package.json", r#"{ "type": "module", "main": "i.js" }"#),
        ("node_modules/reader/i.js", "export const seen = globalThis.READY;\nimport 'deep';\n"),
        ("node_modules/deep/package.json", r#"{ "type": "module", "main": "i.js" }"#),
        ("node_modules/deep/i.js", "globalThis.DEEP = 'deep ran';\n"),
        ("node_modules/cjs/package.json", "{}"),
        ("node_modules/cjs/index.js", "module.exports = { of: 'a package', events: require('events') };\n"),
        ("node_modules/dynamic/package.json", r#"{ "type": "module", "main": "i.js" }"#),
        ("node_modules/dynamic/i.js", "console.log('dynamic runs');\nexport default 1;\n"),
    ])
}

#[tokio::test]
async fn installed_code_is_in_a_chunk_of_its_own() {
    let bundle = layered().bundle().await;
    let vendor = code_of(module(&bundle, "/lopata-vendor.js"));
    assert_contains(vendor, &["a package", "READY", "deep ran"]);
    assert_lacks(vendor, &["app code", "dynamic runs"]);
    assert_contains(entry(&bundle), &["app code", "from \"./lopata-vendor.js\""]);
    assert_lacks(entry(&bundle), &["late runs", "dynamic runs", "a package"]);
    // What is imported dynamically runs when it is asked for.
    for marker in ["late runs", "dynamic runs"] {
        let holder = bundle.modules.iter().find(|module| code_of(module).contains(marker)).unwrap();
        assert!(holder.specifier.starts_with("file:///bundle/lopata-"), "{}", holder.specifier);
    }
}

#[tokio::test]
async fn what_the_entry_sets_up_first_runs_before_packages() {
    let bundle = layered().bundle().await;
    let vendor = code_of(module(&bundle, "/lopata-vendor.js"));
    // The reader of the global is deferred until the entry calls it, after the setup.
    let reads = vendor.lines().find(|line| line.contains("globalThis.READY")).unwrap();
    assert!(reads.starts_with('\t'), "runs at once: {reads}");
    let code = entry(&bundle);
    let init = code.rfind("init_").expect("the entry starts the packages");
    assert!(code.find("READY = ").unwrap() < init);
}

#[tokio::test]
async fn commonjs_runs_where_its_importer_stands() {
    let project = Project::new(&[
        (
            "src/index.ts",
            "import './first';\nimport './second';\nimport { esm } from 'esm';\nexport default { esm };\n",
        ),
        ("src/first.ts", "import two from 'two';\nimport { esm } from 'esm';\nglobalThis.first = [two, esm];\n"),
        ("src/second.ts", "import one from 'one';\nexport const second = one;\nconsole.log(second);\n"),
        ("node_modules/one/index.js", "require('two');\nmodule.exports = console.log('one');\n"),
        ("node_modules/two/index.js", "module.exports = console.log('two');\n"),
        ("node_modules/esm/package.json", r#"{ "type": "module", "main": "i.js" }"#),
        ("node_modules/esm/i.js", "export const esm = globalThis.first;\n"),
    ]);
    let bundle = project.bundle().await;
    let code = entry(&bundle);
    for line in code.lines().filter(|line| line.contains("__toESM(require_")) {
        assert!(line.starts_with('\t'), "runs before its turn: {line}");
    }
    let calls: Vec<usize> = ["init_first();", "init_second();"].map(|call| code.rfind(call).expect(call)).to_vec();
    assert!(calls[0] < calls[1]);
}

#[tokio::test]
async fn an_edit_of_the_users_code_leaves_the_other_chunks_alone() {
    let project = layered();
    let mut bundler = bundler();
    let request = project.request();
    let first = bundler.bundle(&request).await.unwrap();
    for edit in [
        "export const other = 'app code, edited';\n",
        "const cjs = 1, seen = 2, value = 3;\nexport const other = [cjs, seen, value];\n",
        "export class Other { #x = 1; static { console.log(1) } }\nexport const other = Other;\n",
        "export const other = new Map([['a', 'app code']]);\nconsole.log(other);\n",
    ] {
        project.write("src/other.ts", edit);
        let next = bundler.bundle(&request).await.unwrap();
        for module in &first.modules {
            let same = next.modules.iter().find(|other| other.specifier == module.specifier).expect("names stay");
            let is_entry = module.specifier == first.entry;
            assert_eq!(module.hash != same.hash, is_entry, "{} after {edit}", module.specifier);
        }
        assert_eq!(first.modules.len(), next.modules.len());
    }
}

#[tokio::test]
async fn the_same_files_give_the_same_bytes() {
    let project = layered();
    for index in 0..40 {
        let import = format!(
            "import {{ x{} }} from './m{}';\nexport const x{index} = x{} + 1;\n",
            index + 1,
            index + 1,
            index + 1
        );
        project.write(&format!("src/m{index}.ts"), import);
    }
    project.write("src/m40.ts", "import cjs from 'cjs';\nexport const x40 = cjs.of;\n");
    project.write("src/other.ts", "export { x0 as other } from './m0';\n");
    let first = project.bundle().await;
    for _ in 0..8 {
        let again = project.bundle().await;
        let view = |bundle: &Bundle| -> Vec<_> {
            bundle.modules.iter().map(|m| (m.specifier.clone(), m.hash, format!("{:?}", m.kind))).collect()
        };
        assert_eq!(view(&first), view(&again));
    }
}

#[tokio::test]
async fn a_cycle_between_a_package_and_the_users_code_runs() {
    let project = Project::new(&[
        ("src/index.ts", "import { a } from 'pkg';\nexport const own = 'own';\nexport default { a };\n"),
        ("src/hook.ts", "export const hook = 'hooked';\n"),
        ("node_modules/pkg/package.json", r#"{ "type": "module", "main": "i.js" }"#),
        ("node_modules/pkg/i.js", "import { hook } from 'app-hook';\nexport const a = hook + ' package';\n"),
    ]);
    let mut request = project.request();
    request.alias = vec![("app-hook".into(), "./src/hook.ts".into())];
    let bundle = project.bundle_with(request).await;
    let vendor = code_of(module(&bundle, "/lopata-vendor.js"));
    assert_contains(vendor, &["hooked"]);
    assert_lacks(vendor, &["from \"./index.js\""]);
}

#[tokio::test]
async fn without_packages_there_is_one_chunk() {
    let project = Project::new(&[
        ("src/index.ts", "import { a } from './a';\nexport default { a };\n"),
        ("src/a.ts", "export const a = 1;\n"),
    ]);
    assert_eq!(project.bundle().await.modules.len(), 1);
}

#[tokio::test]
async fn every_kind_of_edit_is_seen_by_the_next_bundle() {
    let project = layered();
    let mut bundler = bundler();
    let request = project.request();
    bundler.bundle(&request).await.unwrap();
    // A leaf, a CommonJS package, a new file that comes before the old one, a package's main, a deletion.
    project.write("src/late.ts", "export const late = 'late, second';\n");
    project.write("node_modules/cjs/index.js", "module.exports = { of: 'an edited package' };\n");
    let bundle = bundler.bundle(&request).await.unwrap();
    assert_contains(&all_code(&bundle), &["late, second", "an edited package"]);
    project.write("src/other/index.ts", "export const other = 'never reached';\n");
    project.write("src/other.tsx", "export const other = 'tsx comes first';\n");
    assert_contains(&all_code(&bundler.bundle(&request).await.unwrap()), &["tsx comes first"]);
    project.write("node_modules/cjs/package.json", r#"{ "main": "second.js" }"#);
    project.write("node_modules/cjs/second.js", "module.exports = 'second main';\n");
    assert_contains(&all_code(&bundler.bundle(&request).await.unwrap()), &["second main"]);
    project.remove("src/other.tsx");
    project.remove("src/other.ts");
    assert_contains(&all_code(&bundler.bundle(&request).await.unwrap()), &["never reached"]);
    project.remove("src/other/index.ts");
    let error = bundler.bundle(&request).await.unwrap_err();
    assert_contains(&error.to_string(), &["Could not resolve \"./other\""]);
    project.write("tsconfig.json", r#"{ "compilerOptions": { "paths": { "./other": ["./x"] } } }"#);
    project.write("src/other.ts", "export const other = 'back';\n");
    assert_contains(&all_code(&bundler.bundle(&request).await.unwrap()), &["back"]);
}
