//! TypeScript, JSX, defines, JSON, attributes, and source maps.

use super::*;

const WORKER: &str = "export default { fetch() { return new Response(value); } };\n";

async fn entry_code(project: &Project) -> String {
    all_code(&project.bundle().await)
}

#[tokio::test]
async fn typescript_is_stripped_and_maps_lead_to_it() {
    let project = Project::new(&[
        (
            "src/index.ts",
            "import { twice, type Num } from './lib';\nenum Color { Red = 3 }\nnamespace N { export const n = 1 }\n\
             interface Env { A: string }\nclass P { constructor(private readonly a: number) {} get() { return this.a } }\n\
             export default {\n  async fetch(request: Request, env: Env): Promise<Response> {\n    const x = \
             twice(1 as Num)!;\n    return new Response(`${x}${Color.Red}${N.n}${new P(1).get()}`);\n  },\n} satisfies \
             ExportedHandler<Env>;\n",
        ),
        (
            "src/lib.ts",
            "export type Num = number;\n\nexport function twice(value: Num): Num {\n  return value * 2;\n}\n",
        ),
    ]);
    let bundle = project.bundle().await;
    let code = entry(&bundle);
    assert_lacks(code, &["interface", "satisfies", ": Num", "private readonly"]);
    let main = module(&bundle, "/index.js");
    assert_eq!(origin(main, "value * 2"), (url(&project.path("src/lib.ts")), 4, "  return value * 2;".into()));
    let (source, line, _) = origin(main, "new Response");
    assert_eq!((source, line), (url(&project.path("src/index.ts")), 9));
    assert_eq!(bundle.exports, ["default"]);
}

#[tokio::test]
async fn jsx_takes_the_factory_from_the_configuration_then_from_the_tsconfig_then_from_react() {
    let source = "import { h, Frag, React } from './h';\nexport default { fetch() { return <><b a={1}>x</b></> } };\n";
    let h = "export const h = (...a) => a; export const Frag = 'f'; export const React = { createElement: h };\n";
    let classic = r#"{ "compilerOptions": { "jsxFactory": "h", "jsxFragmentFactory": "Frag" } }"#;
    let automatic = r#"{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "lib" } }"#;
    for (name, tsconfig, configured, expected) in [
        ("src/index.tsx", None, true, "h(Frag, null, "),
        ("src/index.tsx", None, false, "React.createElement(React.Fragment, null, "),
        ("src/index.tsx", Some(classic), false, "h(Frag, null, "),
        ("src/index.tsx", Some(r#"{ "compilerOptions": { "jsx": "preserve" } }"#), true, "h(Frag, null, "),
        ("src/index.tsx", Some(automatic), true, "jsx(\"b\", {"),
        ("src/index.js", None, true, "h(Frag, null, "),
        ("src/index.jsx", Some(automatic), true, "jsx(\"b\", {"),
    ] {
        let project = Project::new(&[
            (name, source),
            ("src/h.js", h),
            ("node_modules/lib/package.json", r#"{ "name": "lib", "exports": { "./jsx-runtime": "./r.js" } }"#),
            (
                "node_modules/lib/r.js",
                "export const jsx = (...a) => a; export const jsxs = jsx; export const Fragment = 1;",
            ),
        ]);
        if let Some(tsconfig) = tsconfig {
            project.write("tsconfig.json", tsconfig);
        }
        let mut request = project.request();
        if configured {
            request.jsx_factory = Some("h".into());
            request.jsx_fragment = Some("Frag".into());
        }
        let bundle = project.bundle_with(request).await;
        let code = entry(&bundle).replace("React$1", "React").replace("import_r.", "");
        assert_contains(&code, &[expected]);
        assert_lacks(&code, &["<b"]);
        assert_eq!(bundle.warnings, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_file_under_another_tsconfig_has_its_own_jsx() {
    let project = Project::new(&[
        (
            "src/index.tsx",
            "import { h } from './h';\nimport { x } from '../other/x';\nexport default { a: <i/>, x };\n",
        ),
        ("src/h.js", "export const h = (...a) => a; export const k = h;\n"),
        ("tsconfig.json", r#"{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }"#),
        ("other/tsconfig.json", r#"{ "compilerOptions": { "jsx": "react", "jsxFactory": "k" } }"#),
        ("other/x.tsx", "import { k } from '../src/h';\nexport const x = <u/>;\n"),
    ]);
    let bundle = project.bundle().await;
    assert_contains(entry(&bundle), &["h(\"i\"", "k(\"u\""]);
    let main = module(&bundle, "/index.js");
    assert_eq!(origin(main, "k(\"u\"").2, "export const x = <u/>;", "the comment is not in the map's source");
}

#[tokio::test]
async fn tsconfig_paths_apply_with_inheritance_and_to_files_it_does_not_include() {
    let project = Project::new(&[
        ("tsconfig.json", r#"{ "extends": "./base", /* c */ "include": ["src/**/*.ts"], }"#),
        (
            "base.json",
            r##"{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"], "#lib": ["./src/lib.ts"] } } }"##,
        ),
        (
            "src/index.ts",
            "import { a } from '@/deep/a';\nimport { l } from '#lib';\nimport { j } from './plain.js';\nexport default { a, l, j };\n",
        ),
        ("src/deep/a.ts", "export const a = 'deep a';\n"),
        ("src/lib.ts", "export const l = 'the lib';\n"),
        ("src/plain.js", "import { a } from '@/deep/a';\nexport const j = a + 'from js';\n"),
    ]);
    let bundle = project.bundle().await;
    assert_contains(entry(&bundle), &["deep a", "the lib", "from js"]);
    for file in ["tsconfig.json", "base.json", "src/deep/a.ts"] {
        assert!(bundle.watch.files.contains(&project.path(file)), "{file} {:?}", bundle.watch.files);
    }
}

#[tokio::test]
async fn a_named_tsconfig_counts_for_all() {
    let project = Project::new(&[
        ("tsconfig.json", "{}"),
        ("build/tsconfig.worker.json", r#"{ "compilerOptions": { "paths": { "~/*": ["../src/*"] } } }"#),
        ("src/index.ts", "import { a } from '~/a';\nexport default { a };\n"),
        ("src/a.ts", "export const a = 'aliased';\n"),
    ]);
    let mut request = project.request();
    request.tsconfig = Some(project.path("build/tsconfig.worker.json"));
    let bundle = project.bundle_with(request).await;
    assert_contains(entry(&bundle), &["aliased"]);
    assert!(bundle.watch.files.contains(&project.path("build/tsconfig.worker.json")));
}

#[tokio::test]
async fn defines_replace_expressions_and_fold_branches() {
    let project = Project::new(&[(
        "src/index.ts",
        "const a = process.env.NODE_ENV, b = globalThis.process.env.NODE_ENV, c = navigator.userAgent, d = FLAG, e = \
         X.y;\nif (process.env.NODE_ENV === 'production') { await import('./not-there'); }\nexport default { a, b, c, d, \
         e };\n",
    )]);
    let mut request = project.request();
    request.define = vec![("FLAG".into(), "{\"on\":true}".into()), ("X.y".into(), "42".into())];
    let code = all_code(&project.bundle_with(request.clone()).await);
    assert_contains(&code, &["\"development\"", "\"Cloudflare-Workers\"", "42", "on"]);
    assert_lacks(&code, &["not-there", "process.env", "FLAG"]);
    request.navigator_user_agent = false;
    request.define.clear();
    let code = all_code(&project.bundle_with(request.clone()).await);
    assert_contains(&code, &["navigator.userAgent", "FLAG"]);
    request.node_env = "production".into();
    let (errors, _) = project.errors(request.clone()).await;
    assert_contains(&errors[0].message, &["not-there"]);
    request.define = vec![("FLAG".into(), "not an expression".into())];
    let (errors, _) = project.errors(request).await;
    assert!(!errors.is_empty());
}

#[tokio::test]
async fn json_is_imported_whole_by_name_and_by_require() {
    let project = Project::new(&[
        (
            "src/index.js",
            "import all, { name } from './a.json';\nimport typed from './a.json' with { type: 'json' };\nimport other from './b.data' with { type: 'json' };\nexport default { all, name, typed, other, r: require('./c.json') };\n",
        ),
        ("src/a.json", r#"{ "name": "the name", "list": [1, 2] }"#),
        ("src/b.data", r#"{ "data": "as json" }"#),
        ("src/c.json", r#"{ "required": true }"#),
    ]);
    let code = entry_code(&project).await;
    assert_contains(&code, &["the name", "as json", "required"]);
    assert_lacks(&code, &["with {", "lopata-import-as"]);
}

#[tokio::test]
async fn text_and_bytes_attributes_become_modules() {
    let project = Project::new(&[
        (
            "src/index.ts",
            "import text from './a.md' with { type: 'text' };\nimport bytes from './a.md' with { type: 'bytes' };\nexport { default as again } from './a.md' with { type: 'text' };\nexport default { text, bytes, async late() { return import('./b.md', { with: { type: 'text' } }) } };\n",
        ),
        ("src/a.md", "# a"),
        ("src/b.md", "# b"),
    ]);
    let bundle = project.bundle().await;
    let kinds: Vec<String> = bundle
        .modules
        .iter()
        .filter_map(|module| match &module.kind {
            ModuleKind::Text(text) => Some(format!("text {text}")),
            ModuleKind::Data(data) => Some(format!("data {}", data.len())),
            _ => None,
        })
        .collect();
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert_contains(&kinds.join(","), &["text # a", "text # b", "data 3"]);
    assert_contains(&all_code(&bundle), &["new Uint8Array("]);
    assert!(bundle.watch.files.contains(&project.path("src/b.md")));
}

#[tokio::test]
async fn a_source_phase_import_of_webassembly_is_its_module() {
    let project = Project::new(&[
        ("src/index.ts", "import source wasm from './a.wasm';\nexport default { wasm };\n"),
        ("src/a.wasm", "\0asm\u{1}\0\0\0"),
    ]);
    let bundle = project.bundle().await;
    let wasm = module(&bundle, "-a.wasm");
    assert!(matches!(wasm.kind, ModuleKind::Wasm(_)));
    assert_contains(entry(&bundle), &[&format!("from \"{}\"", wasm.specifier)]);
    assert_lacks(entry(&bundle), &["import source"]);
}

#[tokio::test]
async fn names_are_kept_and_minified_code_keeps_them_too() {
    let project = Project::new(&[
        ("src/index.ts", "import { value } from './a';\nexport default { value };\n"),
        (
            "src/a.ts",
            "function veryLongName() { return 1 }\nexport const value = veryLongName.name + [veryLongName];\n",
        ),
    ]);
    let mut request = project.request();
    request.minify = true;
    let bundle = project.bundle_with(request.clone()).await;
    assert!(entry(&bundle).lines().count() <= 3, "{}", entry(&bundle));
    assert_contains(&all_code(&bundle), &["veryLongName"]);
    request.keep_names = false;
    assert_lacks(entry(&project.bundle_with(request).await), &["veryLongName"]);
}

#[tokio::test]
async fn maps_of_compiled_files_lead_to_what_they_were_compiled_from() {
    let map = r#"{"version":3,"file":"lib.js","sources":["../ts/lib.ts"],"names":[],"mappings":"AAEA,MAAM,CAAC,MAAM,KAAK,GAAG,MAAM,CAAC"}"#;
    let project = Project::new(&[
        ("src/index.ts", "import { value } from '../dist/lib.js';\nexport default { value };\n"),
        ("dist/lib.js", "export const value = 'lib';\n//# sourceMappingURL=lib.js.map\n"),
        ("dist/lib.js.map", map),
        ("ts/lib.ts", "type A = 1;\n\nexport const value = 'lib';\n"),
    ]);
    let bundle = project.bundle().await;
    let main = module(&bundle, "/index.js");
    assert_eq!(
        origin(main, "value = \"lib\""),
        (url(&project.path("ts/lib.ts")), 3, "export const value = 'lib';".into())
    );
}

#[tokio::test]
async fn files_with_unusual_names_have_urls_in_maps() {
    let project = Project::new(&[("src/index.ts", WORKER.replace("value", "'a' as string").as_str())]);
    project.write("src/a b#c.ts", "export default { marker: 'odd' };\n");
    let mut request = project.request();
    request.entry = project.path("src/a b#c.ts");
    let bundle = project.bundle_with(request).await;
    let main = &bundle.modules[0];
    assert_eq!(origin(main, "marker").0, url(&project.path("src/a b#c.ts")));
    assert!(url::Url::parse(&main.specifier).is_ok());
}

#[tokio::test]
async fn typescripts_decorators_are_lowered_and_standard_ones_are_refused() {
    let project = Project::new(&[
        ("tsconfig.json", r#"{ "compilerOptions": { "experimentalDecorators": true } }"#),
        (
            "src/index.ts",
            "const log = (target: unknown, name: string) => {};\nclass A {\n  @log method() {}\n}\nexport default { a: new A() };\n",
        ),
    ]);
    let bundle = project.bundle().await;
    assert_lacks(&all_code(&bundle), &["@log", "oxc-project"]);
    assert_eq!(bundle.modules.len(), 1);
    project.write("tsconfig.json", "{}");
    let (errors, _) = project.errors(project.request()).await;
    assert_eq!(errors[0].message, "Standard decorators are not supported by lopata");
    let location = errors[0].location.as_ref().unwrap();
    assert_eq!((location.line, location.column), (3, 3));
}
