//! One TypeScript or JSX file into JavaScript, without a look at any other file.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::codegen::{Codegen, CodegenOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::transformer::{JsxOptions, JsxRuntime, TransformOptions, Transformer, TypeScriptOptions};
use rolldown_common::bundler_options::{Platform, ResolveOptions, TsConfig};
use rolldown_fs::{OsFileSystem, OxcResolverFileSystem as _};
use rolldown_resolver::Resolver;

use super::error::{Diagnostic, Location};
use super::tsconfig::{Jsx, TsConfigs};
use super::{BundleRequest, format, paths};

/// JavaScript and the map back to what it was made of.
#[derive(Debug)]
pub(super) struct Transpiled {
    pub(super) code: String,
    pub(super) map: String,
}

pub(super) fn transpile(file: &Path, source: &str, request: &BundleRequest) -> Result<Transpiled, Vec<Diagnostic>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, format::source_type(file)).parse();
    let report = |diagnostics: Vec<OxcDiagnostic>| {
        diagnostics.iter().map(|diagnostic| convert(diagnostic, file, source)).collect::<Vec<_>>()
    };
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return Err(report(parsed.diagnostics.into_iter().collect()));
    }
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    if !semantic.diagnostics.is_empty() {
        return Err(report(semantic.diagnostics.into_iter().collect()));
    }
    let options = options(file, request);
    let transformed =
        Transformer::new(&allocator, file, &options).build_with_scoping(semantic.semantic.into_scoping(), &mut program);
    if !transformed.diagnostics.is_empty() {
        return Err(report(transformed.diagnostics.into_iter().collect()));
    }
    let codegen = CodegenOptions { source_map_path: Some(paths::file_url(file).into()), ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(codegen).build(&program);
    let map = printed.map.expect("a source map path was given").to_json_string();
    Ok(Transpiled { code: printed.code, map })
}

fn options(file: &Path, request: &BundleRequest) -> TransformOptions {
    let tsconfigs = TsConfigs::new(request.tsconfig.clone(), request.jsx_factory.clone(), request.jsx_fragment.clone());
    let resolver = Resolver::new(
        OsFileSystem::new(false),
        request.root.clone(),
        Platform::Browser,
        &TsConfig::Auto(true),
        ResolveOptions::default(),
    );
    let (jsx, typescript) = match tsconfigs.jsx(&resolver, file) {
        Jsx::Classic { factory, fragment } => (
            JsxOptions {
                runtime: JsxRuntime::Classic,
                pragma: Some(factory.clone()),
                pragma_frag: Some(fragment.clone()),
                ..JsxOptions::default()
            },
            TypeScriptOptions {
                jsx_pragma: factory.into(),
                jsx_pragma_frag: fragment.into(),
                ..TypeScriptOptions::default()
            },
        ),
        Jsx::Automatic { source, development } => (
            JsxOptions {
                runtime: JsxRuntime::Automatic,
                import_source: Some(source),
                development,
                ..JsxOptions::default()
            },
            TypeScriptOptions::default(),
        ),
    };
    TransformOptions { jsx, typescript, ..TransformOptions::default() }
}

/// A diagnostic of the parser, with its place in the file.
pub(super) fn convert(diagnostic: &OxcDiagnostic, file: &Path, source: &str) -> Diagnostic {
    let location = diagnostic
        .labels
        .first()
        .map(|label| Location::of_offset(file, source, label.offset() as usize, label.len() as usize));
    let mut out = Diagnostic::new(diagnostic.message.to_string()).at(location);
    out.notes.extend(diagnostic.help.as_ref().map(ToString::to_string));
    out
}
