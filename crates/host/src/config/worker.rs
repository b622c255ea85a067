//! The typed configuration of one worker, as the rest of the host reads it.
//!
//! Plain data; `assemble.rs` makes it. Paths are absolute. What lopata does not do yet is only a name in
//! [`WorkerConfig::other_bindings`].

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::assets::{BasePath, HtmlHandling, NotFound, RunWorkerFirst};
use crate::objects::Isolation;

/// One worker, ready to be bundled and run.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerConfig {
    /// Its name; with an environment, usually `name-env`.
    pub name: String,
    /// The environment that was selected.
    pub env: Option<String>,
    /// The entry file. `None` for a worker that consists of static assets only.
    pub main: Option<PathBuf>,
    /// The directory that relative paths of the configuration start from.
    pub root: PathBuf,
    /// `YYYY-MM-DD`, never in the future.
    pub compatibility_date: String,
    /// As configured.
    pub compatibility_flags: Vec<String>,
    /// The root of modules found by `find_additional_modules`; that of the entry file when `None`.
    pub base_dir: Option<PathBuf>,
    /// The `tsconfig.json` to use instead of the nearest.
    pub tsconfig: Option<PathBuf>,
    /// The function that JSX becomes.
    pub jsx_factory: String,
    /// The component that `<>` becomes.
    pub jsx_fragment: String,
    /// The module rules of the configuration, without the built-in ones.
    pub rules: Vec<ModuleRule>,
    /// Whether files beside the entry become modules; when `None`, they do with `no_bundle`.
    pub find_additional_modules: Option<bool>,
    /// Whether modules keep their names instead of getting one with a hash.
    pub preserve_file_names: bool,
    /// Whether the entry is run as it is.
    pub no_bundle: bool,
    /// Whether the bundle is minified.
    pub minify: bool,
    /// Whether functions keep their names through the bundler.
    pub keep_names: bool,
    /// Module names and what stands for them.
    pub alias: Vec<(String, String)>,
    /// Expressions and the code that replaces them.
    pub define: Vec<(String, String)>,
    /// The user's own build.
    pub build: BuildConfig,
    /// The dev server's settings.
    pub dev: DevConfig,
    /// Text and JSON entries of `env`: `vars`, dotenv files and flags, in that order of first mention.
    pub vars: Vec<Var>,
    /// Cron expressions.
    pub crons: Vec<String>,
    /// Routes; the first gives the host that requests seem to be for.
    pub routes: Vec<Route>,
    /// Limits.
    pub limits: Limits,
    /// The static assets.
    pub assets: Option<Assets>,
    /// The files of a Workers Site.
    pub site: Option<WorkersSite>,
    /// KV namespaces.
    pub kv_namespaces: Vec<KvNamespace>,
    /// D1 databases.
    pub d1_databases: Vec<D1Database>,
    /// R2 buckets.
    pub r2_buckets: Vec<R2Bucket>,
    /// Service bindings.
    pub services: Vec<ServiceBinding>,
    /// Bindings to classes of Durable Objects.
    pub durable_objects: Vec<ObjectBinding>,
    /// The worker's own classes of Durable Objects that have a namespace.
    pub object_classes: Vec<ObjectClass>,
    /// How its objects share threads.
    pub object_isolation: Isolation,
    /// Workers that are told of this one's events.
    pub tail_consumers: Vec<TailConsumer>,
    /// WebAssembly globals of a service worker: name and file.
    pub wasm_modules: Vec<(String, PathBuf)>,
    /// Text globals of a service worker: name and file.
    pub text_blobs: Vec<(String, PathBuf)>,
    /// Binary globals of a service worker: name and file.
    pub data_blobs: Vec<(String, PathBuf)>,
    /// Env entries that lopata cannot give yet: using one throws.
    pub other_bindings: Vec<OtherBinding>,
}

/// A rule that gives modules a type by their path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRule {
    /// The type.
    pub kind: RuleKind,
    /// The paths.
    pub globs: Vec<String>,
    /// Whether a later rule of the same type counts too; `None` when not said.
    pub fallthrough: Option<bool>,
}

/// The types of modules that rules can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// An ES module.
    EsModule,
    /// A CommonJS module.
    CommonJs,
    /// A `WebAssembly.Module`.
    CompiledWasm,
    /// A string.
    Text,
    /// An `ArrayBuffer`.
    Data,
    /// A Python module.
    PythonModule,
    /// A Python requirement.
    PythonRequirement,
}

impl RuleKind {
    /// The type of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ESModule" => Self::EsModule,
            "CommonJS" => Self::CommonJs,
            "CompiledWasm" => Self::CompiledWasm,
            "Text" => Self::Text,
            "Data" => Self::Data,
            "PythonModule" => Self::PythonModule,
            "PythonRequirement" => Self::PythonRequirement,
            _ => return None,
        })
    }
}

/// `build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildConfig {
    /// The command; nothing is run without one.
    pub command: Option<String>,
    /// Where it is run.
    pub cwd: PathBuf,
    /// What makes it run again.
    pub watch_dirs: Vec<PathBuf>,
}

/// `dev`. What is `None` is the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevConfig {
    /// The address to listen on.
    pub ip: Option<String>,
    /// The port; 0 for any.
    pub port: Option<u16>,
    /// The inspector's port.
    pub inspector_port: Option<u16>,
    /// The inspector's address.
    pub inspector_ip: Option<String>,
    /// What the server speaks.
    pub local_protocol: Option<HttpScheme>,
    /// The scheme that the worker sees in `request.url`.
    pub upstream_protocol: Option<HttpScheme>,
    /// The host that the worker sees in `request.url`.
    pub host: Option<String>,
    /// Whether containers are started.
    pub enable_containers: Option<bool>,
    /// Whether types are generated on a change.
    pub generate_types: Option<bool>,
}

/// A scheme of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpScheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

/// A text or JSON entry of `env`.
#[derive(Clone, PartialEq)]
pub struct Var {
    /// Its name.
    pub name: String,
    /// Its value; a string becomes a text entry, anything else a JSON entry.
    pub value: serde_json::Value,
    /// True for a secret, which no log and no page may show.
    pub hidden: bool,
}

/// Masks the value of a secret.
impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Var");
        out.field("name", &self.name);
        if self.hidden {
            out.field("value", &format_args!("(hidden)"));
        } else {
            out.field("value", &self.value);
        }
        out.field("hidden", &self.hidden).finish()
    }
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Host and path, perhaps with a scheme and wildcards.
    pub pattern: String,
    /// The zone's id.
    pub zone_id: Option<String>,
    /// The zone's name.
    pub zone_name: Option<String>,
    /// Whether the pattern is a domain of the worker's own.
    pub custom_domain: bool,
}

impl Route {
    /// The host that requests to this route are for; `None` for a pattern that begins with `*/`.
    pub fn host(&self) -> Option<String> {
        host_of(&self.pattern).or_else(|| host_of(self.zone_name.as_deref()?))
    }
}

fn host_of(pattern: &str) -> Option<String> {
    let rest = pattern.strip_prefix("https://").or_else(|| pattern.strip_prefix("http://")).unwrap_or(pattern);
    if rest.starts_with("*/") {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.replace("*.", "").replace('*', "").to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// An item of `tail_consumers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailConsumer {
    /// The worker.
    pub service: String,
    /// Its environment.
    pub environment: Option<String>,
}

impl TailConsumer {
    /// What the worker is called: each environment of one has a name of its own.
    pub fn worker_name(&self) -> String {
        match &self.environment {
            Some(environment) => format!("{}-{environment}", self.service),
            None => self.service.clone(),
        }
    }
}

/// `limits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds of CPU time an event may use.
    pub cpu_ms: Option<u64>,
    /// Subrequests an event may make.
    pub subrequests: Option<u64>,
}

/// `assets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The directory.
    pub directory: Option<PathBuf>,
    /// The name of its env entry.
    pub binding: Option<String>,
    /// Which paths pages are at.
    pub html_handling: HtmlHandling,
    /// What is served where there is nothing.
    pub not_found_handling: NotFound,
    /// What the worker gets before any asset.
    pub run_worker_first: RunWorkerFirst,
    /// The prefix of all paths.
    pub base_path: BasePath,
}

/// `site`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkersSite {
    /// The directory.
    pub bucket: PathBuf,
    /// Which files count; when there are any, `exclude` does not matter.
    pub include: Vec<String>,
    /// Which files do not count.
    pub exclude: Vec<String>,
}

/// An item of `kv_namespaces`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvNamespace {
    /// The name of its env entry.
    pub binding: String,
    /// The namespace's id.
    pub id: Option<String>,
    /// The id to use in development instead.
    pub preview_id: Option<String>,
    /// Whether wrangler would use the deployed namespace. lopata does not.
    pub remote: bool,
    /// Where it is configured.
    pub position: Position,
}

impl KvNamespace {
    /// The id under which wrangler keeps the local data.
    pub fn local_id(&self) -> &str {
        let preview = self.preview_id.as_deref().filter(|id| !id.is_empty());
        preview.or(self.id.as_deref()).unwrap_or(&self.binding)
    }
}

/// An item of `d1_databases`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct D1Database {
    /// The name of its env entry.
    pub binding: String,
    /// The name that commands know it by.
    pub database_name: Option<String>,
    /// The database's id.
    pub database_id: Option<String>,
    /// The id to use in development instead.
    pub preview_database_id: Option<String>,
    /// The table of applied migrations, when it is not `d1_migrations`.
    pub migrations_table: Option<String>,
    /// The folder of migrations, when it is not `migrations`.
    pub migrations_dir: Option<String>,
    /// The pattern of migrations' files.
    pub migrations_pattern: Option<String>,
    /// Whether wrangler would use the deployed database. lopata does not.
    pub remote: bool,
    /// Where it is configured.
    pub position: Position,
}

impl D1Database {
    /// The id under which wrangler keeps the local data.
    pub fn local_id(&self) -> &str {
        self.preview_database_id.as_deref().or(self.database_id.as_deref()).unwrap_or(&self.binding)
    }
}

/// An item of `r2_buckets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R2Bucket {
    /// The name of its env entry.
    pub binding: String,
    /// The bucket's name.
    pub bucket_name: Option<String>,
    /// The bucket to use in development instead.
    pub preview_bucket_name: Option<String>,
    /// Where production keeps it; without effect here.
    pub jurisdiction: Option<String>,
    /// What clients of the local S3 endpoint sign with; the bucket has none without.
    pub s3_credentials: Option<S3Credentials>,
    /// Whether wrangler would use the deployed bucket. lopata does not.
    pub remote: bool,
    /// Where it is configured.
    pub position: Position,
}

impl R2Bucket {
    /// The name under which wrangler keeps the local data.
    pub fn local_name(&self) -> &str {
        let preview = self.preview_bucket_name.as_deref().filter(|name| !name.is_empty());
        preview.or(self.bucket_name.as_deref()).unwrap_or(&self.binding)
    }
}

/// `local_dev.experimental_s3_credentials` of a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

/// Masks the key.
impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// An item of `services`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceBinding {
    /// The name of its env entry.
    pub binding: String,
    /// The name of the worker that is bound.
    pub service: String,
    /// The environment of that worker, which then is named `service-environment`.
    pub environment: Option<String>,
    /// The export that is bound; the default one when `None`.
    pub entrypoint: Option<String>,
    /// What the bound worker sees as `ctx.props`, as the JSON text of an object.
    pub props: Option<String>,
    /// Whether wrangler would call the deployed worker. lopata does not.
    pub remote: bool,
    /// Where it is configured.
    pub position: Position,
}

/// An item of `durable_objects.bindings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectBinding {
    /// The name of its env entry.
    pub binding: String,
    /// The class.
    pub class_name: String,
    /// The worker that has the class; this one when `None`.
    pub script_name: Option<String>,
    /// The environment of that worker, which then is named `script-environment`.
    pub environment: Option<String>,
    /// Where it is configured.
    pub position: Position,
}

/// A class of Durable Objects that has a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectClass {
    /// The export.
    pub class: String,
    /// Whether its objects have SQL.
    pub sqlite: bool,
    /// What it was called before, the last name first.
    pub older_names: Vec<String>,
    /// Whether each of its objects has a container.
    pub container: bool,
}

/// An env entry that lopata cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherBinding {
    /// wrangler's key: `durable_objects`, `r2_buckets`.
    pub kind: &'static str,
    /// What wrangler calls one of these: `Durable Object`, `R2 Bucket`.
    pub friendly: &'static str,
    /// The name of the env entry.
    pub name: String,
    /// Where it is configured.
    pub position: Position,
}

/// A place in a file for people: `wrangler.jsonc:12:5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file as the user would name it.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_the_host_that_production_would_show() {
        let route = |pattern: &str, zone: Option<&str>| Route {
            pattern: pattern.to_string(),
            zone_id: None,
            zone_name: zone.map(str::to_string),
            custom_domain: false,
        };
        for (pattern, zone, host) in [
            ("example.com/*", None, Some("example.com")),
            ("*.example.com/x", None, Some("example.com")),
            ("https://A.example.com:8080/*", None, Some("a.example.com:8080")),
            ("*/x", None, None),
            ("*/x", Some("zone.test"), Some("zone.test")),
            ("http://*/x", None, None),
        ] {
            assert_eq!(route(pattern, zone).host().as_deref(), host, "{pattern}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let var = Var { name: "T".to_string(), value: "s3cret".into(), hidden: true };
        assert!(!format!("{var:?}").contains("s3cret"));
    }

    #[test]
    fn every_rule_type_is_known() {
        for name in super::super::checks::RULE_TYPES {
            assert!(RuleKind::parse(name).is_some(), "{name}");
        }
    }
}
