//! Which workers are to run, and what of the command line is whose.
//!
//! As wrangler has it, the first configuration is the primary worker's and all flags are for it; the others get
//! `--env` and otherwise their own configuration only, of which `dev` does not count. With a project file its main
//! worker is the primary, and each worker has what the file says of it on top.

use std::path::{Path, PathBuf};

use crate::cli::{DevArgs, Global, Protocol};
use crate::config::project_file::{ProjectFile, WorkerEntry};
use crate::config::{self, ConfigErrors, Diagnostic, HttpScheme, LoadOptions, Loaded, SiteFlags, display_path};
use crate::project::Overrides;

/// One worker that is to run.
#[derive(Clone, Debug)]
pub struct WorkerPlan {
    /// Where its configuration is.
    pub options: LoadOptions,
    /// What comes before its configuration.
    pub overrides: Overrides,
    /// Hosts whose requests are for it.
    pub hosts: Vec<String>,
    /// Route patterns whose requests are for it; `None` for those of its configuration.
    pub routes: Option<Vec<String>>,
    /// Folders and files in which a change rebuilds it, besides what it is made of.
    pub watch: Vec<PathBuf>,
}

impl WorkerPlan {
    /// A worker of which only this is known.
    fn new(options: LoadOptions, overrides: Overrides) -> Self {
        Self { options, overrides, hosts: Vec::new(), routes: None, watch: Vec::new() }
    }

    /// The same, with what a project file says of it.
    fn entered(mut self, entry: &WorkerEntry) -> Self {
        self.options.config = Some(entry.config.clone());
        self.options.env = entry.env.clone().or(self.options.env);
        self.options.name = self.options.name.or(entry.name.clone());
        Self { hosts: entry.hosts.clone(), routes: entry.routes.clone(), watch: entry.watch.clone(), ..self }
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The primary worker first; never empty.
    pub workers: Vec<WorkerPlan>,
    /// Whether hosts and routes select workers. Otherwise all requests are for the primary.
    pub routed: bool,
}

impl Plan {
    /// What the command line says, run in `cwd`.
    pub fn from_command_line(args: &DevArgs, global: &Global, cwd: &Path) -> Self {
        let mut options = LoadOptions::new(cwd);
        options.env = global.env.clone();
        let auxiliary = |config: &PathBuf| {
            let options = LoadOptions { config: Some(config.clone()), ..options.clone() };
            WorkerPlan::new(options, auxiliary_overrides(args))
        };
        let auxiliaries: Vec<_> = global.config.iter().skip(1).map(auxiliary).collect();
        let primary = WorkerPlan::new(primary_options(options, args, global), primary_overrides(args, cwd));
        Self { workers: std::iter::once(primary).chain(auxiliaries).collect(), routed: false }
    }

    /// What a project file says, under the same command line.
    pub fn from_project_file(file: &ProjectFile, args: &DevArgs, global: &Global, cwd: &Path) -> Self {
        let mut options = LoadOptions::new(cwd);
        options.env = global.env.clone();
        let auxiliary =
            |entry: &WorkerEntry| WorkerPlan::new(options.clone(), auxiliary_overrides(args)).entered(entry);
        let auxiliaries: Vec<_> = file.workers.iter().map(auxiliary).collect();
        let primary = WorkerPlan::new(primary_options(options, args, global), primary_overrides(args, cwd));
        let workers = std::iter::once(primary.entered(&file.main)).chain(auxiliaries).collect();
        Self { workers, routed: true }
    }
}

fn primary_options(mut options: LoadOptions, args: &DevArgs, global: &Global) -> LoadOptions {
    options.config = global.config.first().cloned();
    options.env_files = global.env_file.clone();
    options.vars = args.var.clone();
    options.define = args.define.clone();
    options.alias = args.alias.clone();
    options.script = args.script.clone();
    options.name = args.name.clone();
    options.compatibility_date =
        if args.latest { Some(options.today.to_string()) } else { args.compatibility_date.clone() };
    options.compatibility_flags = args.compatibility_flags.clone();
    options.assets = args.assets.clone();
    options.site =
        SiteFlags { bucket: args.site.clone(), include: args.site_include.clone(), exclude: args.site_exclude.clone() };
    options
}

/// The flags that are about the server and thus about all workers.
fn auxiliary_overrides(args: &DevArgs) -> Overrides {
    Overrides { live_reload: args.live_reload, ..Overrides::default() }
}

fn primary_overrides(args: &DevArgs, cwd: &Path) -> Overrides {
    Overrides {
        host: args.host.clone(),
        upstream_protocol: args.upstream_protocol.map(scheme),
        no_bundle: if args.no_bundle { Some(true) } else { args.bundle.then_some(false) },
        minify: args.minify.then_some(true),
        tsconfig: args.tsconfig.as_ref().map(|path| cwd.join(path)),
        jsx_factory: args.jsx_factory.clone(),
        jsx_fragment: args.jsx_fragment.clone(),
        live_reload: args.live_reload,
    }
}

/// The scheme of a flag.
pub fn scheme(protocol: Protocol) -> HttpScheme {
    match protocol {
        Protocol::Http => HttpScheme::Http,
        Protocol::Https => HttpScheme::Https,
    }
}

/// A worker's configuration at the start. The others run without it; it runs once it is mended.
pub struct FirstLook {
    /// The name it has, or its file while that cannot be read.
    pub name: String,
    /// The configuration, unless it has errors.
    pub loaded: Option<Loaded>,
}

/// Reads all configurations once. Errors of the primary worker's, a file that is not there and a name that two
/// workers have are the end; what else is wrong with an auxiliary's is told when it is built.
pub fn first_look(plan: &Plan) -> Result<Vec<FirstLook>, ConfigErrors> {
    let mut looks: Vec<FirstLook> = Vec::new();
    for (place, worker) in plan.workers.iter().enumerate() {
        let look = match config::load(&worker.options) {
            Ok(loaded) => FirstLook { name: loaded.config.name.clone(), loaded: Some(loaded) },
            Err(errors) if place == 0 || !is_there(&worker.options) => return Err(errors),
            Err(_) => FirstLook { name: file_of(&worker.options, None), loaded: None },
        };
        if let Some(first) = looks.iter().position(|other| other.name == look.name) {
            let taken = super::NameTaken(look.name.clone());
            let files = [
                file_of(&plan.workers[first].options, looks[first].loaded.as_ref()),
                file_of(&worker.options, look.loaded.as_ref()),
            ];
            let help = format!("{} and {} need a \"name\" of their own each.", files[0], files[1]);
            let diagnostic = Diagnostic::error("duplicate-name", taken.to_string()).help(help);
            return Err(ConfigErrors { diagnostics: vec![diagnostic], watch: Vec::new() });
        }
        looks.push(look);
    }
    Ok(looks)
}

fn is_there(options: &LoadOptions) -> bool {
    options.config.as_ref().is_none_or(|config| options.cwd.join(config).is_file())
}

fn file_of(options: &LoadOptions, loaded: Option<&Loaded>) -> String {
    let found = loaded.and_then(|loaded| loaded.path.clone());
    let path = found.or_else(|| options.config.as_ref().map(|config| options.cwd.join(config)));
    path.map_or_else(|| "The script".to_string(), |path| display_path(&path, &options.cwd))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn plan(line: &str, cwd: &Path) -> Plan {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Dev(args) = cli.command else { panic!("{line} is no `dev`") };
        Plan::from_command_line(&args, &cli.global, cwd)
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("w.js"), "export default {}").unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn names(plan: &Plan) -> Result<Vec<String>, String> {
        let looks = first_look(plan).map_err(|errors| errors.to_string())?;
        Ok(looks.into_iter().map(|look| look.name).collect())
    }

    const A: &str = r#"{ "name": "a", "main": "w.js", "compatibility_date": "2026-01-01", "env": { "s": {} } }"#;
    const B: &str = r#"{ "name": "b", "main": "w.js", "compatibility_date": "2026-01-01", "env": { "s": {} } }"#;

    #[test]
    fn flags_are_the_primarys_and_the_environment_is_everybodys() {
        let line = "lopata dev -c a.json -c b.json -c c.json -e s --name n --var X:1 --minify --host h.test";
        let Plan { workers, routed } = plan(line, Path::new("/p"));
        assert!(!routed);
        let [a, b, c] = workers.as_slice() else { panic!("{workers:?}") };
        assert_eq!(a.options.config, Some("a.json".into()));
        assert_eq!((a.options.name.as_deref(), a.options.vars.len(), a.overrides.minify), (Some("n"), 1, Some(true)));
        for (other, file) in [(b, "b.json"), (c, "c.json")] {
            assert_eq!(other.options.config, Some(file.into()));
            assert_eq!(other.options.env.as_deref(), Some("s"));
            assert_eq!((other.options.name.as_deref(), other.options.vars.len()), (None, 0));
            assert_eq!((other.overrides.minify, other.overrides.host.as_deref()), (None, None));
        }
    }

    #[test]
    fn a_project_file_adds_to_the_command_line() {
        let entry = |config: &str| WorkerEntry { config: config.into(), ..WorkerEntry::default() };
        let file = ProjectFile {
            path: "/p/lopata.config.ts".into(),
            main: WorkerEntry { hosts: vec!["a.test".into()], watch: vec!["/shared".into()], ..entry("/p/a.json") },
            workers: vec![
                WorkerEntry { name: Some("named".into()), routes: Some(Vec::new()), ..entry("/p/b.json") },
                WorkerEntry { env: Some("other".into()), ..entry("/p/c.json") },
            ],
            cron: None,
        };
        let cli = Cli::try_parse_from("lopata dev -e s --name n --var X:1 --minify".split(' ')).unwrap();
        let Command::Dev(args) = cli.command else { panic!("it is `dev`") };
        let Plan { workers, routed } = Plan::from_project_file(&file, &args, &cli.global, Path::new("/p"));
        assert!(routed);
        let [a, b, c] = workers.as_slice() else { panic!("{workers:?}") };
        assert_eq!((a.options.config.clone(), a.options.env.as_deref()), (Some("/p/a.json".into()), Some("s")));
        assert_eq!((a.options.name.as_deref(), a.options.vars.len(), a.overrides.minify), (Some("n"), 1, Some(true)));
        assert_eq!((a.hosts.as_slice(), a.watch.len(), &a.routes), (["a.test".to_string()].as_slice(), 1, &None));
        assert_eq!((b.options.name.as_deref(), b.options.env.as_deref()), (Some("named"), Some("s")));
        assert_eq!((b.options.vars.len(), b.overrides.minify, &b.routes), (0, None, &Some(Vec::new())));
        assert_eq!((c.options.name.as_deref(), c.options.env.as_deref()), (None, Some("other")));
    }

    #[test]
    fn names_are_those_of_the_environment_and_must_differ() {
        let dir = folder(&[("a.json", A), ("b.json", B)]);
        let named = |line: &str| names(&plan(line, dir.path()));
        assert_eq!(named("lopata dev -c a.json -c b.json").unwrap(), ["a", "b"]);
        assert_eq!(named("lopata dev -c a.json -c b.json -e s").unwrap(), ["a-s", "b-s"]);
        let error = named("lopata dev -c a.json -c b.json -c a.json").unwrap_err();
        assert!(error.contains("Multiple workers defined with the same `name`: \"a\""), "{error}");
        assert!(error.contains("a.json and a.json"), "{error}");
        assert!(named("lopata dev -c a.json -c b.json --name b").unwrap_err().contains("\"b\""));
    }

    #[test]
    fn an_auxiliary_with_a_broken_configuration_is_known_by_its_file() {
        let dir = folder(&[("a.json", A), ("b.json", "{ \"name\": 1 }")]);
        assert_eq!(names(&plan("lopata dev -c a.json -c b.json", dir.path())).unwrap(), ["a", "b.json"]);
        assert!(names(&plan("lopata dev -c b.json -c a.json", dir.path())).is_err(), "the primary's has to work");
        let error = names(&plan("lopata dev -c a.json -c c.json", dir.path())).unwrap_err();
        assert!(error.contains("c.json"), "a file that is not there is a mistake of the command line: {error}");
    }
}
