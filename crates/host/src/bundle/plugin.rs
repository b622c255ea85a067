//! The plugin through which rolldown asks about imports.
//!
//! In order: `alias`, import attributes, what the runtime answers itself, module rules, additional modules, and
//! then the resolver. What stays outside the bundle becomes an import by absolute specifier. `require` of
//! something outside becomes a small virtual module, because a bundled `require` cannot import.
//!
//! The plugin also records what the bundle depends on ([`Found`]): every file asked for, the `package.json` and
//! `tsconfig.json` files that decided, and, for an import that leads nowhere, where its target may appear.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use lopata_protocol::node::SCHEME;
use lopata_protocol::{CompatSet, ModuleDefinition};
use parking_lot::Mutex;
use rolldown_common::{ImportKind, ModuleId, ResolvedExternal, side_effects::HookSideEffects};
use rolldown_plugin::{
    HookLoadArgs, HookLoadReturn, HookResolveIdArgs, HookResolveIdOutput, HookResolveIdReturn, HookTransformArgs,
    HookTransformAstArgs, HookTransformAstReturn, HookTransformReturn, HookUsage, Plugin, PluginContext,
    SharedLoadPluginContext, SharedTransformPluginContext,
};
use rolldown_resolver::{ResolveError, Resolver};

use super::BundleGlobal;
use super::attributes::{self, Attribute};
use super::builtins::{self, Builtin};
use super::decorators;
use super::error::{Diagnostic, Location};
use super::load;
use super::modules;
use super::paths;
use super::rules::{RuleKind, RuleSet, Verdict};
use super::tsconfig::{Jsx, TsConfigs};
use super::watch::WatchSet;

/// The start of the ids of modules that are no files; what follows says what they are.
pub(super) const VIRTUAL: &str = "\0lopata:";
/// A `require` of something outside the bundle.
pub(super) const VIRTUAL_REQUIRE: &str = "\0lopata:require:";
/// A `require` of a package that something stands for.
pub(super) const VIRTUAL_PACKAGE: &str = "\0lopata:package:";
/// A file that became a module of its own: the bundle's side of it.
pub(super) const VIRTUAL_FILE: &str = "\0lopata:file:";
/// A file imported as bytes.
pub(super) const VIRTUAL_BYTES: &str = "\0lopata:bytes:";
/// A file imported as JSON.
pub(super) const VIRTUAL_JSON: &str = "\0lopata:json:";

/// What the plugin knows and learns; shared with the engine that reads it afterwards.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) root: PathBuf,
    pub(super) alias: HashMap<String, String>,
    pub(super) rules: RuleSet,
    pub(super) compat: CompatSet,
    pub(super) preserve_file_names: bool,
    /// Whether the output is one script: nothing can be imported from outside.
    pub(super) script: bool,
    /// Files that are modules already, and their specifiers.
    pub(super) additional: HashMap<PathBuf, String>,
    pub(super) tsconfigs: TsConfigs,
    /// The JSX settings that rolldown was given; files that differ get a comment.
    pub(super) jsx: Jsx,
    /// Resolves as if packages had no `module` field.
    pub(super) main_resolver: Resolver,
    pub(super) found: Mutex<Found>,
}

/// What the plugin has learnt during one bundle.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that became modules, by specifier.
    pub(super) modules: BTreeMap<String, ModuleDefinition>,
    /// The same for a script, by identifier.
    pub(super) globals: BTreeMap<String, BundleGlobal>,
    pub(super) watch: WatchSet,
    /// Imports that stay outside, as written.
    pub(super) externals: BTreeSet<String>,
    /// Modules of Node that the runtime may not have, and who imports them.
    pub(super) doubtful: BTreeMap<String, Vec<PathBuf>>,
    pub(super) errors: Vec<Diagnostic>,
    /// Who imports a module first, and as what: for messages about the module.
    pub(super) importers: HashMap<String, (PathBuf, String)>,
}

/// One import, after `alias`.
struct Request<'a> {
    specifier: &'a str,
    /// As the user wrote it.
    written: &'a str,
    /// The importing file; `None` for virtual modules.
    importer: Option<&'a Path>,
    /// Where relative specifiers start.
    directory: PathBuf,
    /// The file the resolver starts from; `None` for the project's root.
    base: Option<&'a Path>,
    kind: ImportKind,
}

#[derive(Debug)]
pub(super) struct WorkersPlugin {
    pub(super) shared: std::sync::Arc<Shared>,
}

impl Plugin for WorkersPlugin {
    fn name(&self) -> Cow<'static, str> {
        "lopata".into()
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load | HookUsage::Transform | HookUsage::TransformAst
    }

    async fn resolve_id(&self, ctx: &PluginContext, args: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        Ok(self.shared.resolve(ctx.resolver(), args))
    }

    async fn load(&self, ctx: SharedLoadPluginContext, args: &HookLoadArgs<'_>) -> HookLoadReturn {
        Ok(load::load(&self.shared, ctx.resolver(), args))
    }

    async fn transform(&self, ctx: SharedTransformPluginContext, args: &HookTransformArgs<'_>) -> HookTransformReturn {
        Ok(load::transform(&self.shared, ctx.resolver(), args))
    }

    async fn transform_ast(&self, ctx: &PluginContext, args: HookTransformAstArgs<'_>) -> HookTransformAstReturn {
        if !args.id.starts_with('\0') && !paths::in_node_modules(args.id) {
            self.shared.refuse_decorators(ctx.resolver(), &args);
        }
        Ok(attributes::rewrite(args.ast))
    }
}

impl Shared {
    fn resolve(&self, resolver: &Resolver, args: &HookResolveIdArgs<'_>) -> Option<HookResolveIdOutput> {
        let written = args.specifier;
        if written.starts_with('\0') || written.starts_with("rolldown:") {
            return written.starts_with(VIRTUAL).then(|| HookResolveIdOutput::from_id(written.to_string()));
        }
        if written.starts_with(paths::MODULES_BASE) || written.starts_with(paths::BUNDLE_BASE) {
            return Some(passive(written));
        }
        let importer = args.importer.filter(|importer| !importer.starts_with('\0')).map(Path::new);
        let (attribute, written) = attributes::decode(written);
        let aliased = self.alias.get(written);
        let base = importer.filter(|_| aliased.is_none());
        let directory = base.and_then(Path::parent).unwrap_or(&self.root).to_path_buf();
        let specifier = aliased.map_or(written, String::as_str);
        let request = Request { specifier, written, importer, directory, base, kind: args.kind };
        if args.is_entry {
            return self.resolve_file(resolver, &request);
        }
        if aliased.is_some() && specifier.starts_with(paths::MODULES_BASE) {
            return Some(self.outside(specifier, &request));
        }
        match attribute {
            Some(attribute) => self.resolve_attribute(resolver, &request, attribute),
            None => self.resolve_import(resolver, &request, aliased.is_some()),
        }
    }

    fn resolve_import(&self, resolver: &Resolver, request: &Request, aliased: bool) -> Option<HookResolveIdOutput> {
        if let Some(builtin) = builtins::lookup(request.specifier, &self.compat)
            && let Some(found) = self.resolve_builtin(resolver, request, builtin)
        {
            return found;
        }
        // URLs stay what they are.
        if ["http:", "https:", "data:", "//"].iter().any(|scheme| request.specifier.starts_with(scheme)) {
            return None;
        }
        if let Some(specifier) = self.additional.get(&paths::normalize(&request.directory.join(request.specifier))) {
            return Some(external(specifier));
        }
        match self.rules.specifier(request.specifier) {
            Verdict::Module(kind) => return Some(self.resolve_rule(resolver, request, kind)),
            Verdict::Shadowed(text) => return Some(self.refuse(request, Diagnostic::new(text))),
            Verdict::None => {}
        }
        let resolved = self.resolve_file(resolver, request);
        if resolved.is_none() && aliased {
            let text =
                format!("Could not resolve \"{}\", which \"{}\" is an alias of", request.specifier, request.written);
            return Some(self.refuse(request, Diagnostic::new(text)));
        }
        resolved
    }

    /// Something that is no file; `None` if it may be one all the same.
    fn resolve_builtin(
        &self,
        resolver: &Resolver,
        request: &Request,
        builtin: Builtin,
    ) -> Option<Option<HookResolveIdOutput>> {
        let specifier = request.specifier;
        Some(Some(match builtin {
            Builtin::Runtime => self.outside(specifier, request),
            Builtin::Node(name) => self.outside(&format!("{SCHEME}{name}"), request),
            Builtin::Polyfill(polyfill) => {
                polyfill.add_to(&mut self.found.lock().modules);
                let name = polyfill.specifier();
                match request.kind {
                    ImportKind::Require if polyfill.is_package() => {
                        HookResolveIdOutput::from_id(format!("{VIRTUAL_PACKAGE}{name}"))
                    }
                    _ => self.outside(&name, request),
                }
            }
            Builtin::Doubtful { warn } => {
                if self.locate(resolver, request).is_some() {
                    return None;
                }
                if warn {
                    let importer = request.importer.unwrap_or(&self.root).to_path_buf();
                    let mut found = self.found.lock();
                    let importers = found.doubtful.entry(specifier.to_string()).or_default();
                    if !importers.contains(&importer) {
                        importers.push(importer);
                    }
                }
                self.outside(specifier, request)
            }
            Builtin::Unknown => {
                self.refuse(request, Diagnostic::new(format!("Could not resolve \"{}\"", request.written)))
            }
            Builtin::Bare => return None,
        }))
    }

    /// An import with `with { type: … }`.
    fn resolve_attribute(
        &self,
        resolver: &Resolver,
        request: &Request,
        attribute: Attribute,
    ) -> Option<HookResolveIdOutput> {
        let Some(path) = self.locate(resolver, request).or_else(|| existing(request)) else {
            self.found.lock().watch.add_missing_import(&request.directory, request.specifier);
            let text = format!("Could not resolve \"{}\"", request.written);
            return Some(self.refuse(request, Diagnostic::new(text)));
        };
        let prefix = match attribute {
            Attribute::Json => VIRTUAL_JSON,
            Attribute::Text => return Some(self.register(&path, RuleKind::Text, request, VIRTUAL_FILE)),
            Attribute::Bytes => return Some(self.register(&path, RuleKind::Data, request, VIRTUAL_BYTES)),
        };
        self.remember_importer(&path.to_string_lossy(), request);
        Some(HookResolveIdOutput::from_id(format!("{prefix}{}", path.display())))
    }

    /// An import that a module rule speaks about.
    fn resolve_rule(&self, resolver: &Resolver, request: &Request, kind: RuleKind) -> HookResolveIdOutput {
        let cleaned = request.specifier.split('?').next().unwrap_or(request.specifier);
        let cleaned = Request { specifier: cleaned, directory: request.directory.clone(), ..*request };
        let Some(path) = self.locate(resolver, &cleaned).or_else(|| existing(&cleaned)) else {
            self.found.lock().watch.add_missing_import(&request.directory, cleaned.specifier);
            let text = format!("Could not resolve \"{}\"", request.written);
            return self.refuse(request, Diagnostic::new(text));
        };
        match kind {
            RuleKind::PythonModule | RuleKind::PythonRequirement => {
                self.refuse(request, Diagnostic::new("Python modules are not supported by lopata."))
            }
            _ => self.register(&path, kind, request, VIRTUAL_FILE),
        }
    }

    /// Makes `path` a module (or a script's global) and answers with the bundle's side of it.
    fn register(&self, path: &Path, kind: RuleKind, request: &Request, prefix: &str) -> HookResolveIdOutput {
        let mut found = self.found.lock();
        found.watch.files.insert(path.to_path_buf());
        if let Some(specifier) = self.additional.get(path) {
            return HookResolveIdOutput::from_id(format!("{prefix}{specifier}"));
        }
        let content = match std::fs::read(path) {
            Ok(content) => content,
            Err(error) => {
                drop(found);
                return self
                    .refuse(request, Diagnostic::new(format!("Could not read \"{}\": {error}", path.display())));
            }
        };
        let value = modules::from_rule(kind, content).expect("only content kinds are registered");
        let name = modules::stable_name(&self.root, path, kind);
        if self.script {
            let name = modules::global_name(&name);
            found.globals.insert(name.clone(), BundleGlobal { name: name.clone(), value });
            return HookResolveIdOutput::from_id(format!("{prefix}{name}"));
        }
        let hashed = format!("{}{name}", paths::MODULES_BASE);
        let specifier = if self.preserve_file_names {
            let cleaned = request.written.split('?').next().unwrap_or(request.written);
            let preserved = modules::define(paths::bundle_url(cleaned), value.clone());
            // Two files of one name: the second keeps the unique one.
            match found.modules.get(&preserved.specifier) {
                Some(other) if other.hash != preserved.hash => hashed,
                _ => preserved.specifier,
            }
        } else {
            hashed
        };
        found.modules.insert(specifier.clone(), modules::define(specifier.clone(), value));
        HookResolveIdOutput::from_id(format!("{prefix}{specifier}"))
    }

    /// An import of a file, answered with its path; `None` leaves the refusal to rolldown.
    fn resolve_file(&self, resolver: &Resolver, request: &Request) -> Option<HookResolveIdOutput> {
        match resolver.resolve(request.base, request.specifier, request.kind, request.importer.is_none()) {
            Ok(resolved) => {
                let package_json = resolved.package_json.map(|package| package.realpath().to_path_buf());
                self.found.lock().watch.files.extend(package_json.clone());
                let main = self.commonjs_twin(request, resolved.path.as_str());
                self.answer(main.as_deref().unwrap_or(resolved.path.as_str()), package_json, request)
            }
            Err(ResolveError::Ignored(path)) => {
                Some(HookResolveIdOutput::from_id(ModuleId::new_empty(&path.to_string_lossy()).into_inner()))
            }
            Err(_) => {
                let path = self.aliased(resolver, request);
                if path.is_none() {
                    self.found.lock().watch.add_missing_import(&request.directory, request.specifier);
                }
                self.answer(&path?.to_string_lossy(), None, request)
            }
        }
    }

    /// The `main` file of a package whose `module` file was found by `require`, when the two look different from
    /// outside: a default export is a property of the one and the whole of the other.
    fn commonjs_twin(&self, request: &Request, found: &str) -> Option<String> {
        let bare = !request.specifier.starts_with('.') && !request.specifier.starts_with('/');
        if !bare || !matches!(request.kind, ImportKind::Require) {
            return None;
        }
        let main = self.main_resolver.resolve(request.base, request.specifier, request.kind, false).ok()?;
        if main.path.as_str() == found {
            return None;
        }
        let source = std::fs::read_to_string(found).ok()?;
        let has_default = source.contains("export default") || source.contains("as default");
        has_default.then(|| main.path.to_string())
    }

    fn answer(&self, path: &str, package_json: Option<PathBuf>, request: &Request) -> Option<HookResolveIdOutput> {
        if let Some(specifier) = self.additional.get(Path::new(path)) {
            return Some(external(specifier));
        }
        self.remember_importer(path, request);
        let package_json_path = package_json.map(|path| path.to_string_lossy().into_owned());
        Some(HookResolveIdOutput { id: path.into(), package_json_path, ..Default::default() })
    }

    /// The file an import means, without looking for aliases of the build.
    fn locate(&self, resolver: &Resolver, request: &Request) -> Option<PathBuf> {
        match resolver.resolve(request.base, request.specifier, request.kind, request.importer.is_none()) {
            Ok(resolved) => Some(PathBuf::from(resolved.path.as_str())),
            // The package says that this module is empty in browsers, which is an answer too.
            Err(ResolveError::Ignored(path)) => Some(path),
            Err(_) => self.aliased(resolver, request),
        }
    }

    /// The file that a tsconfig's `paths` or `baseUrl` mean where the resolver does not apply them: in files
    /// that the tsconfig does not include.
    fn aliased(&self, resolver: &Resolver, request: &Request) -> Option<PathBuf> {
        let importer = request.importer?;
        if request.specifier.starts_with('.') || request.specifier.starts_with('/') {
            return None;
        }
        let candidates = self.tsconfigs.aliased(resolver, importer, request.specifier);
        for candidate in &candidates {
            let candidate = candidate.to_string_lossy();
            if let Ok(resolved) = resolver.resolve(Some(importer), &candidate, request.kind, false) {
                return Some(PathBuf::from(resolved.path.as_str()));
            }
        }
        let mut found = self.found.lock();
        candidates.iter().for_each(|candidate| found.watch.add_missing_path(candidate));
        None
    }

    /// Something that the runtime answers.
    fn outside(&self, name: &str, request: &Request) -> HookResolveIdOutput {
        if request.importer.is_some() {
            self.found.lock().externals.insert(request.specifier.to_string());
        }
        match request.kind {
            ImportKind::Require => HookResolveIdOutput::from_id(format!("{VIRTUAL_REQUIRE}{name}")),
            _ => passive(name),
        }
    }

    /// Decorators of the standard kind would reach the engine, which cannot read them.
    fn refuse_decorators(&self, resolver: &Resolver, args: &HookTransformAstArgs<'_>) {
        let Some(offset) = decorators::first(&args.ast) else { return };
        let file = Path::new(args.id);
        let config = self.tsconfigs.for_file(resolver, file);
        if config.is_some_and(|config| config.compiler_options.experimental_decorators == Some(true)) {
            return;
        }
        let location = Location::of_offset(file, args.ast.source(), offset, 1);
        let diagnostic = Diagnostic::new("Standard decorators are not supported by lopata")
            .at(Some(location))
            .note("TypeScript's own are: set \"experimentalDecorators\": true in tsconfig.json.");
        self.found.lock().errors.push(diagnostic);
    }

    /// Records an error; the import becomes an external so that the rest is still looked at.
    fn refuse(&self, request: &Request, diagnostic: Diagnostic) -> HookResolveIdOutput {
        let location = request.importer.and_then(|file| Location::of_specifier(file, request.written));
        self.found.lock().errors.push(diagnostic.at(location));
        external(request.specifier)
    }

    fn remember_importer(&self, path: &str, request: &Request) {
        if let Some(importer) = request.importer {
            let mut found = self.found.lock();
            if !found.importers.contains_key(path) {
                found.importers.insert(path.to_string(), (importer.to_path_buf(), request.written.to_string()));
            }
        }
    }

    /// The globals and modules that were made, and the rest of what was learnt.
    pub(super) fn take_found(&self) -> Found {
        let mut found = std::mem::take(&mut *self.found.lock());
        found.watch.files.extend(self.tsconfigs.seen());
        found
    }
}

/// A file named by a specifier as a plain path: `data.bin` beside the importer.
fn existing(request: &Request) -> Option<PathBuf> {
    let path = paths::normalize(&request.directory.join(request.specifier));
    path.is_file().then_some(path)
}

/// A module that stays outside the bundle.
fn external(specifier: &str) -> HookResolveIdOutput {
    HookResolveIdOutput { id: specifier.into(), external: Some(ResolvedExternal::Bool(true)), ..Default::default() }
}

/// The same for one that does nothing when it is loaded: an unused import of it can go.
fn passive(specifier: &str) -> HookResolveIdOutput {
    HookResolveIdOutput { side_effects: Some(HookSideEffects::False), ..external(specifier) }
}
