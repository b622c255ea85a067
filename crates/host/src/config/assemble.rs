//! Takes the typed configuration of a worker from the checked value tree.
//!
//! The tree was checked without an error, so a value of the wrong type cannot occur here; it would count as not
//! set. Relative paths start at the configuration's directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SiteFlags;
use super::checks::as_count;
use super::diagnostics::SourceFile;
use super::environments::Settings;
use super::names::{self, Binding};
use super::schema::Effect;
use super::tree::{Node, Object};
use super::worker::{
    Assets, BuildConfig, D1Database, DevConfig, HttpScheme, KvNamespace, Limits, ModuleRule, ObjectBinding,
    ObjectClass, OtherBinding, Position, R2Bucket, Route, RuleKind, S3Credentials, ServiceBinding, TailConsumer, Var,
    WorkerConfig, WorkersSite,
};
use crate::assets::{BasePath, HtmlHandling, NotFound, RunWorkerFirst, routing};
use crate::objects::Isolation;

/// The name of a worker that has none.
const DEFAULT_NAME: &str = "worker";

/// What is decided outside the file.
#[derive(Clone, Debug)]
pub struct Given {
    /// The entry file.
    pub main: Option<PathBuf>,
    /// The name from a flag.
    pub name: Option<String>,
    /// The effective date.
    pub compatibility_date: String,
    /// Flags from the command line instead of the file's.
    pub compatibility_flags: Option<Vec<String>>,
    /// All text and JSON entries.
    pub vars: Vec<Var>,
    /// Replacements from flags, which win.
    pub define: Vec<(String, String)>,
    /// Aliases from flags, which win.
    pub alias: Vec<(String, String)>,
    /// The asset directory from a flag.
    pub assets: Option<PathBuf>,
    /// What flags say about a Workers Site.
    pub site: SiteFlags,
    /// The classes of Durable Objects.
    pub object_classes: Vec<ObjectClass>,
}

/// The worker. `root` is the configuration's directory, `cwd` the user's.
pub fn worker(settings: &Settings<'_>, file: &Arc<SourceFile>, root: &Path, cwd: &Path, given: Given) -> WorkerConfig {
    let get = Getter { settings, root };
    let EnvEntries { kv_namespaces, d1_databases, r2_buckets, services, durable_objects, other_bindings } =
        env_entries(settings, file);
    WorkerConfig {
        name: given.name.or_else(|| settings.worker_name()).unwrap_or_else(|| DEFAULT_NAME.to_string()),
        env: settings.env_name.map(str::to_string),
        main: given.main,
        root: root.to_path_buf(),
        compatibility_date: given.compatibility_date,
        compatibility_flags: given.compatibility_flags.unwrap_or_else(|| strings(settings.get("compatibility_flags"))),
        base_dir: get.path("base_dir"),
        tsconfig: get.path("tsconfig"),
        jsx_factory: get.text("jsx_factory").unwrap_or("React.createElement").to_string(),
        jsx_fragment: get.text("jsx_fragment").unwrap_or("React.Fragment").to_string(),
        rules: settings.get("rules").and_then(Node::as_array).unwrap_or_default().iter().filter_map(rule).collect(),
        find_additional_modules: get.flag("find_additional_modules"),
        preserve_file_names: get.flag("preserve_file_names").unwrap_or(false),
        no_bundle: get.flag("no_bundle").unwrap_or(false),
        minify: get.flag("minify").unwrap_or(false),
        keep_names: get.flag("keep_names").unwrap_or(true),
        alias: overridden(get.pairs("alias"), given.alias),
        define: overridden(get.pairs("define"), given.define),
        build: build_config(settings, root, cwd),
        dev: settings.get("dev").and_then(Node::as_object).map(dev_config).unwrap_or_default(),
        vars: given.vars,
        crons: settings
            .get("triggers")
            .and_then(|node| node.as_object()?.get("crons"))
            .map_or_else(Vec::new, |crons| strings(Some(crons))),
        routes: routes(settings),
        limits: limits(settings),
        assets: assets(settings, root, given.assets),
        site: site(settings, root, cwd, given.site),
        kv_namespaces,
        d1_databases,
        r2_buckets,
        services,
        durable_objects,
        object_classes: given.object_classes,
        object_isolation: object_isolation(settings),
        tail_consumers: tail_consumers(settings),
        wasm_modules: get.files("wasm_modules"),
        text_blobs: get.files("text_blobs"),
        data_blobs: get.files("data_blobs"),
        other_bindings,
    }
}

struct Getter<'s, 'a> {
    settings: &'s Settings<'a>,
    root: &'s Path,
}

impl<'a> Getter<'_, 'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.settings.get(name).and_then(Node::as_str)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.settings.get(name).and_then(Node::as_bool)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(|text| clean(&self.root.join(text)))
    }

    fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let object = self.settings.get(name).and_then(Node::as_object);
        let entries = object.into_iter().flat_map(Object::iter);
        entries.filter_map(|entry| Some((entry.key.clone(), entry.value.as_str()?.to_string()))).collect()
    }

    fn files(&self, name: &str) -> Vec<(String, PathBuf)> {
        self.pairs(name).into_iter().map(|(name, path)| (name, clean(&self.root.join(path)))).collect()
    }
}

/// A path without `.` and `..`, by its text alone: the file need not exist.
pub fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn strings(node: Option<&Node>) -> Vec<String> {
    let items = node.and_then(Node::as_array).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_string).collect()
}

fn overridden(mut pairs: Vec<(String, String)>, given: Vec<(String, String)>) -> Vec<(String, String)> {
    for (name, value) in given {
        match pairs.iter_mut().find(|(old, _)| *old == name) {
            Some((_, old)) => *old = value,
            None => pairs.push((name, value)),
        }
    }
    pairs
}

fn rule(node: &Node) -> Option<ModuleRule> {
    let object = node.as_object()?;
    Some(ModuleRule {
        kind: RuleKind::parse(object.get("type")?.as_str()?)?,
        globs: strings(object.get("globs")),
        fallthrough: object.get("fallthrough").and_then(Node::as_bool),
    })
}

fn build_config(settings: &Settings<'_>, root: &Path, cwd: &Path) -> BuildConfig {
    let object = settings.get("build").and_then(Node::as_object);
    let get = |name: &str| object.and_then(|object| object.get(name));
    let text = |name: &str| get(name).and_then(Node::as_str);
    let watch_dirs = match get("watch_dir") {
        None => vec!["./src".to_string()],
        Some(node) => node.as_str().map_or_else(|| strings(Some(node)), |one| vec![one.to_string()]),
    };
    BuildConfig {
        command: text("command").filter(|command| !command.trim().is_empty()).map(str::to_string),
        // wrangler runs the command where it was started itself, and watches beside the configuration.
        cwd: text("cwd").map_or_else(|| cwd.to_path_buf(), |dir| clean(&cwd.join(dir))),
        watch_dirs: watch_dirs.iter().map(|dir| clean(&root.join(dir))).collect(),
    }
}

fn dev_config(object: &Object) -> DevConfig {
    let text = |name: &str| object.get(name).and_then(Node::as_str).map(str::to_string);
    let flag = |name: &str| object.get(name).and_then(Node::as_bool);
    let port = |name: &str| object.get(name).and_then(Node::as_f64).map(|port| port as u16);
    let scheme =
        |name: &str| text(name).map(|scheme| if scheme == "https" { HttpScheme::Https } else { HttpScheme::Http });
    DevConfig {
        ip: text("ip"),
        port: port("port"),
        inspector_port: port("inspector_port"),
        inspector_ip: text("inspector_ip"),
        local_protocol: scheme("local_protocol"),
        upstream_protocol: scheme("upstream_protocol"),
        host: text("host"),
        enable_containers: flag("enable_containers"),
        generate_types: flag("generate_types"),
    }
}

fn routes(settings: &Settings<'_>) -> Vec<Route> {
    let many = settings.get("routes").and_then(Node::as_array).unwrap_or_default();
    let one = settings.get("route").filter(|route| route.as_str() != Some(""));
    many.iter().chain(one).filter_map(route).collect()
}

fn route(node: &Node) -> Option<Route> {
    if let Some(pattern) = node.as_str() {
        return Some(Route { pattern: pattern.to_string(), zone_id: None, zone_name: None, custom_domain: false });
    }
    let object = node.as_object()?;
    let text = |name: &str| object.get(name).and_then(Node::as_str).map(str::to_string);
    Some(Route {
        pattern: text("pattern")?,
        zone_id: text("zone_id"),
        zone_name: text("zone_name"),
        custom_domain: object.get("custom_domain").and_then(Node::as_bool).unwrap_or(false),
    })
}

fn tail_consumers(settings: &Settings<'_>) -> Vec<TailConsumer> {
    let items = settings.get("tail_consumers").and_then(Node::as_array).unwrap_or_default();
    let consumer = |item: &Node| {
        let object = item.as_object()?;
        let text = |name: &str| object.get(name).and_then(Node::as_str).map(str::to_string);
        let environment = text("environment").filter(|environment| !environment.is_empty());
        Some(TailConsumer { service: text("service")?, environment })
    };
    items.iter().filter_map(consumer).collect()
}

fn limits(settings: &Settings<'_>) -> Limits {
    let object = settings.get("limits").and_then(Node::as_object);
    let get = |name: &str| object.and_then(|object| object.get(name)).and_then(as_count);
    Limits { cpu_ms: get("cpu_ms"), subrequests: get("subrequests") }
}

fn assets(settings: &Settings<'_>, root: &Path, given: Option<PathBuf>) -> Option<Assets> {
    let object = settings.get("assets").and_then(Node::as_object);
    let text = |name: &str| object.and_then(|object| object.get(name)).and_then(Node::as_str);
    if object.is_none() && given.is_none() {
        return None;
    }
    let run_worker_first = object.and_then(|object| object.get("run_worker_first"));
    let run_worker_first = match run_worker_first.map(|node| (node.as_bool(), node.as_array())) {
        Some((Some(true), _)) => RunWorkerFirst::Always,
        Some((_, Some(items))) => {
            let rules: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
            // Rules that are wrong have been reported.
            routing::Rules::parse(&rules).map_or(RunWorkerFirst::Never, RunWorkerFirst::Rules)
        }
        _ => RunWorkerFirst::Never,
    };
    Some(Assets {
        directory: given.or_else(|| text("directory").map(|dir| clean(&root.join(dir)))),
        binding: text("binding").map(str::to_string),
        html_handling: text("html_handling").and_then(HtmlHandling::parse).unwrap_or_default(),
        not_found_handling: text("not_found_handling").and_then(NotFound::parse).unwrap_or_default(),
        run_worker_first,
        base_path: text("base_path").and_then(|path| BasePath::parse(path).ok()).unwrap_or_default(),
    })
}

fn site(settings: &Settings<'_>, root: &Path, cwd: &Path, flags: SiteFlags) -> Option<WorkersSite> {
    let object = settings.get("site").and_then(Node::as_object);
    let get = |name: &str| object.and_then(|object| object.get(name));
    let written = get("bucket").and_then(Node::as_str).map(|bucket| root.join(bucket));
    Some(WorkersSite {
        bucket: clean(&flags.bucket.map(|bucket| cwd.join(bucket)).or(written)?),
        include: flags.include.unwrap_or_else(|| strings(get("include"))),
        exclude: flags.exclude.unwrap_or_else(|| strings(get("exclude"))),
    })
}

/// The env entries that need more than their value.
#[derive(Default)]
struct EnvEntries {
    kv_namespaces: Vec<KvNamespace>,
    d1_databases: Vec<D1Database>,
    r2_buckets: Vec<R2Bucket>,
    services: Vec<ServiceBinding>,
    durable_objects: Vec<ObjectBinding>,
    other_bindings: Vec<OtherBinding>,
}

/// A value that is none of the two is reported by the schema.
fn object_isolation(settings: &Settings<'_>) -> Isolation {
    let objects = settings.get("durable_objects").and_then(Node::as_object);
    match objects.and_then(|objects| objects.get("isolation")).and_then(Node::as_str) {
        Some("instance") => Isolation::Instance,
        _ => Isolation::Class,
    }
}

fn env_entries(settings: &Settings<'_>, file: &Arc<SourceFile>) -> EnvEntries {
    let file_name: Arc<str> = Arc::from(file.name.as_str());
    let position = |binding: &Binding<'_>| {
        let (line, column) = file.position(binding.range.start);
        Position { file: Arc::clone(&file_name), line, column }
    };
    let mut entries = EnvEntries::default();
    for binding in names::bindings(settings) {
        let field = |name: &str| binding.node.as_object().and_then(|object| object.get(name));
        let text = |name: &str| field(name).and_then(Node::as_str).map(str::to_string);
        if binding.key.name == "d1_databases" {
            entries.d1_databases.push(D1Database {
                binding: binding.name.to_string(),
                database_name: text("database_name"),
                database_id: text("database_id"),
                preview_database_id: text("preview_database_id"),
                migrations_table: text("migrations_table"),
                migrations_dir: text("migrations_dir"),
                migrations_pattern: text("migrations_pattern"),
                remote: field("remote").and_then(Node::as_bool).unwrap_or(false),
                position: position(&binding),
            });
        }
        if binding.key.name == "kv_namespaces" {
            entries.kv_namespaces.push(KvNamespace {
                binding: binding.name.to_string(),
                id: text("id"),
                preview_id: text("preview_id"),
                remote: field("remote").and_then(Node::as_bool).unwrap_or(false),
                position: position(&binding),
            });
        } else if binding.key.name == "r2_buckets" {
            entries.r2_buckets.push(R2Bucket {
                binding: binding.name.to_string(),
                bucket_name: text("bucket_name"),
                preview_bucket_name: text("preview_bucket_name"),
                jurisdiction: text("jurisdiction"),
                s3_credentials: field("local_dev").and_then(s3_credentials),
                remote: field("remote").and_then(Node::as_bool).unwrap_or(false),
                position: position(&binding),
            });
        } else if binding.key.name == "services" {
            entries.services.push(ServiceBinding {
                binding: binding.name.to_string(),
                service: text("service").unwrap_or_default(),
                environment: text("environment").filter(|environment| !environment.is_empty()),
                entrypoint: text("entrypoint").filter(|entrypoint| entrypoint != "default"),
                props: field("props").map(|props| props.to_json().to_string()),
                remote: field("remote").and_then(Node::as_bool).unwrap_or(false),
                position: position(&binding),
            });
        } else if binding.key.name == "durable_objects" {
            let named = |name: &str| text(name).filter(|text| !text.is_empty());
            entries.durable_objects.push(ObjectBinding {
                binding: binding.name.to_string(),
                class_name: text("class_name").unwrap_or_default(),
                script_name: named("script_name"),
                environment: named("environment"),
                position: position(&binding),
            });
        } else if binding.key.effect == Effect::Throws {
            entries.other_bindings.push(OtherBinding {
                kind: binding.key.name,
                friendly: binding.key.friendly,
                name: binding.name.to_string(),
                position: position(&binding),
            });
        }
    }
    entries
}

fn s3_credentials(local_dev: &Node) -> Option<S3Credentials> {
    let credentials = local_dev.as_object()?.get("experimental_s3_credentials")?.as_object()?;
    let text = |name: &str| credentials.get(name).and_then(Node::as_str).map(str::to_string);
    Some(S3Credentials { access_key_id: text("accessKeyId")?, secret_access_key: text("secretAccessKey")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        assert_eq!(clean(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(clean(Path::new("/../a")), Path::new("/a"));
    }
}
