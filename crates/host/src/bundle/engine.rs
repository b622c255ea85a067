//! One bundle by rolldown: its options, its run, its output as modules.
//!
//! The output is an entry chunk, a chunk with the code of installed packages, and what dynamic imports split
//! off. Packages that only a dynamic import reaches stay out of the common chunk, so they run when they are
//! asked for. Execution order is the one of the sources although chunks regroup it: rolldown wraps the modules
//! that would otherwise run too early.
//!
//! A service-worker script is one chunk with everything in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lopata_protocol::{ModuleDefinition, WorkerFormat};
use rolldown::BundleOutput;
use rolldown_common::bundler_options::{
    AttachDebugInfo, BundlerOptions, BundlerTransformOptions, ChunkFilenamesOutputOption, CodeSplittingMode,
    CommentsOptions, Either, ExperimentalOptions, InlineConstOption, InputItem, JsxOptions, ManualCodeSplittingOptions,
    MatchGroup, MatchGroupName, MatchGroupTest, OptimizationOption, OutputFormat, Platform, PreserveEntrySignatures,
    RawMinifyOptions, ResolveOptions, SourceMapType, TsConfig, TypeScriptOptions,
};
use rolldown_common::{ModuleTag, Output, RollupPreRenderedChunk, SourceMapPathTransform};
use rolldown_error::BuildResult;
use rolldown_fs::{OsFileSystem, OxcResolverFileSystem as _};
use rolldown_resolver::Resolver;

use super::builtins::NodeMode;
use super::error::{BundleError, Diagnostic, Failure};
use super::plugin::{Found, Shared, WorkersPlugin};
use super::rules::RuleSet;
use super::tsconfig::{Jsx, TsConfigs};
use super::watch::WatchSet;
use super::{Bundle, BundleRequest, diagnose, format, modules, no_bundle, paths, polyfills};

/// The names of chunks besides the entry: no file of a user is likely to be called so.
const CHUNK_PREFIX: &str = "lopata-";
const VENDOR: &str = "lopata-vendor";
/// What rolldown calls the chunk of its helpers.
const RUNTIME: &str = "rolldown-runtime";

pub(super) async fn bundle(request: &BundleRequest, entry: &Path) -> Result<Bundle, BundleError> {
    let mut warnings = Vec::new();
    let shape = shape(request, entry, &mut warnings);
    let shared = Arc::new(prepare(request, entry, shape)?);
    warnings.extend(shared.rules.warnings.iter().cloned());
    let output = run(options(request, entry, &shared), shared.clone()).await;
    let found = shared.take_found();
    let mut errors = found.errors.clone();
    let (output, diagnostics) = match output {
        Ok(Ok(output)) => (output.assets, output.warnings),
        Ok(Err(diagnostics)) => (Vec::new(), diagnostics.into_vec()),
        Err(crash) => {
            errors.push(crash);
            (Vec::new(), Vec::new())
        }
    };
    let sorted = diagnose::sort(diagnostics, &request.root, NodeMode::of(&request.compat));
    errors.extend(sorted.errors);
    if errors.is_empty() && shared.script {
        errors.extend(outside_script(&found));
    }
    if !errors.is_empty() {
        return Err(BundleError::new(Failure::Sources(errors), found.watch));
    }
    warnings.extend(sorted.warnings.iter().map(|warning| warning.render(&request.root)));
    warnings.extend(found.doubtful.iter().map(|(name, importers)| doubt(name, importers, &request.root)));
    Ok(assemble(output, found, &shared, warnings))
}

/// Runs rolldown on a task of its own, so that a crash of it is an error like any other. The task runs to its end also
/// when nobody waits for it any more: rolldown's own tasks panic when the one they report to is gone.
async fn run(options: BundlerOptions, shared: Arc<Shared>) -> Result<BuildResult<BundleOutput>, Diagnostic> {
    let plugin = Arc::new(WorkersPlugin { shared });
    let task = tokio::spawn(async move {
        let mut bundler = rolldown::Bundler::with_plugins(options, vec![plugin])?;
        let output = bundler.generate().await;
        // The plugin has nothing to close; the call frees what the bundle kept.
        let _ = bundler.close().await;
        output
    });
    task.await.map_err(|error| {
        let reason = error.try_into_panic().map_or_else(
            |error| error.to_string(),
            |panic| match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(text), _) => text.to_string(),
                (_, Some(text)) => text.clone(),
                _ => "no reason given".to_string(),
            },
        );
        Diagnostic::new(format!("The bundler crashed: {reason}"))
    })
}

/// How the entry is written, by the configuration or by its own testimony.
fn shape(request: &BundleRequest, entry: &Path, warnings: &mut Vec<String>) -> WorkerFormat {
    if let Some(format) = request.format {
        return format;
    }
    let source = std::fs::read_to_string(entry).unwrap_or_default();
    let shape = format::detect(entry, &source, &request.root);
    warnings.extend(shape.warning);
    shape.format
}

fn prepare(request: &BundleRequest, entry: &Path, format: WorkerFormat) -> Result<Shared, BundleError> {
    let script = format == WorkerFormat::ServiceWorker;
    let mut watch = WatchSet::default();
    watch.files.insert(entry.to_path_buf());
    let rules = RuleSet::new(&request.rules);
    let mut found = Found::default();
    let mut additional = Default::default();
    if request.find_additional_modules {
        let fail = |failure| BundleError::new(failure, watch.clone());
        if script {
            return Err(fail(Failure::Sources(vec![Diagnostic::new(
                "`find_additional_modules` can only be used with an ES module entrypoint.\nRemove \
                 `find_additional_modules = true` from your configuration, or migrate to the ES module Worker format: \
                 https://developers.cloudflare.com/workers/learning/migrate-to-module-workers/",
            )])));
        }
        let collected = no_bundle::collect(request, entry, &rules)?;
        watch.merge(&collected.watch);
        additional = collected.files;
        found.modules = collected.modules;
    }
    found.watch = watch;
    let tsconfigs = TsConfigs::new(request.tsconfig.clone(), request.jsx_factory.clone(), request.jsx_fragment.clone());
    let resolver = |main_fields: Option<Vec<String>>| {
        let options =
            ResolveOptions { condition_names: Some(conditions(request)), main_fields, ..ResolveOptions::default() };
        let tsconfig = TsConfig::Auto(false);
        Resolver::new(OsFileSystem::new(false), request.root.clone(), Platform::Browser, &tsconfig, options)
    };
    let jsx = tsconfigs.jsx(&resolver(None), entry);
    let main_resolver = resolver(Some(vec!["browser".into(), "main".into()]));
    Ok(Shared {
        root: request.root.clone(),
        alias: request.alias.iter().cloned().collect(),
        rules,
        compat: request.compat,
        preserve_file_names: request.preserve_file_names,
        script,
        additional,
        tsconfigs,
        jsx,
        main_resolver,
        found: found.into(),
    })
}

fn options(request: &BundleRequest, entry: &Path, shared: &Shared) -> BundlerOptions {
    let name = entry.file_stem().map_or_else(|| "index".to_string(), |stem| stem.to_string_lossy().into_owned());
    BundlerOptions {
        input: Some(vec![InputItem { name: Some(name), import: entry.to_string_lossy().into_owned() }]),
        cwd: Some(request.root.clone()),
        platform: Some(Platform::Browser),
        format: Some(if shared.script { OutputFormat::Iife } else { OutputFormat::Esm }),
        entry_filenames: Some("[name].js".to_string().into()),
        chunk_filenames: Some(chunk_filenames(&request.root)),
        sourcemap: Some(SourceMapType::Hidden),
        sourcemap_path_transform: Some(absolute_sources()),
        resolve: Some(ResolveOptions { condition_names: Some(conditions(request)), ..Default::default() }),
        minify: Some(RawMinifyOptions::Bool(request.minify)),
        define: Some(defines(request).into_iter().collect()),
        keep_names: Some(request.keep_names),
        tsconfig: Some(request.tsconfig.clone().map_or(TsConfig::Auto(true), TsConfig::Manual)),
        transform: Some(transform(&shared.jsx)),
        code_splitting: Some(if shared.script { CodeSplittingMode::Bool(false) } else { splitting() }),
        strict_execution_order: Some(!shared.script),
        preserve_entry_signatures: Some(PreserveEntrySignatures::Strict),
        // Names that count up would change with the set of names.
        minify_internal_exports: Some(false),
        // A constant of one chunk inlined into another would tie the two together.
        optimization: Some(OptimizationOption {
            inline_const: Some(InlineConstOption::Bool(false)),
            ..Default::default()
        }),
        comments: Some(CommentsOptions { legal: false, annotation: false, jsdoc: false }),
        experimental: Some(ExperimentalOptions {
            attach_debug_info: Some(AttachDebugInfo::None),
            // Wrapping on demand overlooks that a `require` of one module runs another too early.
            on_demand_wrapping: Some(false),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn conditions(request: &BundleRequest) -> Vec<String> {
    if request.conditions.is_empty() {
        return ["workerd", "worker", "browser"].map(String::from).to_vec();
    }
    request.conditions.clone()
}

fn defines(request: &BundleRequest) -> Vec<(String, String)> {
    let node_env = serde_json::to_string(&request.node_env).expect("a string is JSON");
    let mut defines: Vec<(String, String)> = ["", "global.", "globalThis."]
        .iter()
        .map(|object| (format!("{object}process.env.NODE_ENV"), node_env.clone()))
        .collect();
    if request.navigator_user_agent {
        defines.push(("navigator.userAgent".into(), "\"Cloudflare-Workers\"".into()));
    }
    defines.extend(request.define.iter().cloned());
    defines
}

fn transform(jsx: &Jsx) -> BundlerTransformOptions {
    let (options, typescript) = match jsx {
        Jsx::Classic { factory, fragment } => (
            JsxOptions {
                runtime: Some("classic".into()),
                pragma: Some(factory.clone()),
                pragma_frag: Some(fragment.clone()),
                ..Default::default()
            },
            // Otherwise the import of the factory looks unused and goes.
            TypeScriptOptions {
                jsx_pragma: Some(factory.clone()),
                jsx_pragma_frag: Some(fragment.clone()),
                ..Default::default()
            },
        ),
        Jsx::Automatic { source, development } => (
            JsxOptions {
                runtime: Some("automatic".into()),
                import_source: Some(source.clone()),
                development: Some(*development),
                ..Default::default()
            },
            TypeScriptOptions::default(),
        ),
    };
    BundlerTransformOptions {
        jsx: Some(Either::Right(options)),
        typescript: Some(typescript),
        target: Some(Either::Left("esnext".into())),
        ..Default::default()
    }
}

/// Installed packages that the entry reaches without a dynamic import go into one chunk.
fn splitting() -> CodeSplittingMode {
    let installed = |id: &str| {
        let installed = paths::in_node_modules(id);
        Box::pin(async move { Ok(Some(installed)) }) as _
    };
    CodeSplittingMode::Advanced(ManualCodeSplittingOptions {
        groups: Some(vec![MatchGroup {
            name: MatchGroupName::Static(VENDOR.to_string()),
            test: Some(MatchGroupTest::Function(Arc::new(installed))),
            tags: Some(vec![ModuleTag::Initial]),
            ..Default::default()
        }]),
        ..Default::default()
    })
}

/// Names chunks by what they are for and not by what is in them: an edit must not rename a chunk.
fn chunk_filenames(root: &Path) -> ChunkFilenamesOutputOption {
    let root = root.to_path_buf();
    ChunkFilenamesOutputOption::Fn(Arc::new(move |chunk: &RollupPreRenderedChunk| {
        let name = match chunk.name.as_str() {
            VENDOR => format!("{VENDOR}.js"),
            RUNTIME => format!("{CHUNK_PREFIX}runtime.js"),
            name => {
                let of = chunk.facade_module_id.as_ref().or(chunk.module_ids.last());
                let identity = of.map_or_else(|| name.to_string(), |id| paths::relative(&root, Path::new(id.as_str())));
                format!("{CHUNK_PREFIX}{name}-{}.js", modules::short_hash(&identity))
            }
        };
        Box::pin(async move { Ok(name) })
    }))
}

/// Source maps name the user's files by absolute `file://` URLs.
fn absolute_sources() -> SourceMapPathTransform {
    SourceMapPathTransform::new(Arc::new(|source: &str, map: &str| {
        let directory = Path::new(map).parent().unwrap_or(Path::new("/"));
        let url = paths::file_url(&paths::normalize(&directory.join(source)));
        Box::pin(async move { Ok(url) })
    }))
}

/// A script cannot import: what stayed outside is refused with wrangler's sentence.
fn outside_script(found: &Found) -> Option<Diagnostic> {
    let names: Vec<String> = found.externals.iter().map(|name| format!("\"{name}\"")).collect();
    let list = match names.as_slice() {
        [] => return None,
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    };
    Some(Diagnostic::new(format!(
        "Unexpected external import of {list}.\nYour worker has no default export, which means it is assumed to be a \
         Service Worker format Worker.\nDid you mean to create a ES Module format Worker?\nIf so, try adding `export \
         default {{ ... }}` in your entry-point.\nSee \
         https://developers.cloudflare.com/workers/reference/migrate-to-module-workers/."
    )))
}

/// What is said of a module of Node that the runtime may not have. Source: wrangler's text.
fn doubt(name: &str, importers: &[PathBuf], root: &Path) -> String {
    let list: Vec<String> = importers.iter().map(|file| format!(" - {}", paths::relative(root, file))).collect();
    format!(
        "The package \"{name}\" wasn't found on the file system but is built into node.\nYour Worker may throw errors at \
         runtime unless you enable the \"nodejs_compat\" compatibility flag. Refer to \
         https://developers.cloudflare.com/workers/runtime-apis/nodejs/ for more details. Imported from:\n{}",
        list.join("\n")
    )
}

/// What a `require` says that cannot be answered. Source: esbuild's text, which programs that look for optional packages
/// show. It is shorter than rolldown's, in a line of its own.
fn as_esbuild_says(code: String) -> String {
    const BEFORE: [&str; 2] = ["Calling `require` for ", "Calling \\`require\\` for "];
    const AFTER: &str = " in an environment that doesn";
    const END: &str = "for more details.";
    let found = BEFORE.iter().find_map(|before| code.find(before).map(|start| (start, start + before.len())));
    let Some((start, name)) = found else { return code };
    let Some(after) = code[start..].find(AFTER).map(|at| start + at) else { return code };
    let Some(end) = code[after..].find(END).map(|at| after + at + END.len()) else { return code };
    let between = &code[name..after];
    format!("{}Dynamic require of {between} is not supported{}", &code[..start], &code[end..])
}

/// Puts imports of what must run first before the entry's own, without a line of their own: those of its source map stay.
fn with_preludes(code: String, shared: &Shared, found: &mut Found) -> String {
    let mut head = String::new();
    for prelude in polyfills::preludes(&shared.compat) {
        prelude.add_to(&mut found.modules);
        head.push_str(&format!("import {:?};", prelude.specifier()));
    }
    head + &code
}

fn assemble(output: Vec<Output>, mut found: Found, shared: &Shared, warnings: Vec<String>) -> Bundle {
    let mut maps: std::collections::HashMap<String, String> = Default::default();
    let mut chunks = Vec::new();
    for item in output {
        match item {
            Output::Chunk(chunk) => chunks.push(Arc::unwrap_or_clone(chunk)),
            Output::Asset(asset) => {
                if let Ok(map) = String::from_utf8(asset.source.as_bytes().to_vec()) {
                    maps.insert(asset.filename.to_string(), map);
                }
            }
        }
    }
    let (mut entry, mut exports) = (String::new(), Vec::new());
    let mut code: Vec<ModuleDefinition> = Vec::new();
    for chunk in chunks {
        let specifier = paths::bundle_url(&chunk.filename);
        if chunk.is_entry && entry.is_empty() {
            entry = specifier.clone();
            exports = chunk.exports.iter().map(ToString::to_string).collect();
        }
        let map = maps.remove(&format!("{}.map", chunk.filename));
        let has_preludes = specifier == entry && !shared.script && NodeMode::of(&shared.compat) == NodeMode::V2;
        let text = as_esbuild_says(chunk.code);
        let text = if has_preludes { with_preludes(text, shared, &mut found) } else { text };
        code.push(modules::javascript(specifier, text, map));
    }
    let mut all: Vec<ModuleDefinition> = code.into_iter().chain(found.modules.into_values()).collect();
    all.sort_by(|a, b| (a.specifier != entry, &a.specifier).cmp(&(b.specifier != entry, &b.specifier)));
    Bundle {
        entry,
        format: if shared.script { WorkerFormat::ServiceWorker } else { WorkerFormat::Modules },
        modules: all,
        globals: found.globals.into_values().collect(),
        exports,
        watch: found.watch,
        warnings,
    }
}
