//! The command line: wrangler's verbs and flags, as far as lopata has them.
//!
//! Owns the list of commands, and what those about local state share: flags ([`local`], [`switches`]), the configuration
//! and the data's place ([`state`]), and what they print ([`console`], [`table`], [`progress`], [`files`]). What a
//! command does belongs to its binding.

pub mod console;
pub mod files;
pub mod import;
pub mod local;
pub mod progress;
pub mod state;
pub mod switches;
pub mod table;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use lopata_storage::PersistRoot;

use crate::bindings;
use crate::bindings::cache::cli::{self as cache_cli, CacheArgs, CacheContext};
use crate::bindings::d1::cli::{D1Args, D1CliError, D1Context};
use crate::bindings::kv;
use crate::bindings::kv::cli::{KvArgs, KvContext, Place};
use crate::bindings::r2;
use crate::bindings::r2::cli::{R2Args, R2Context};
use crate::cli::console::{Console, with_console};
use crate::cli::import::StateArgs;
use crate::cli::state::{Need, StateError};
use crate::config::project_file::{self, Given};
use crate::config::{self, LoadOptions};
use crate::objects;
use crate::objects::cli::DoArgs;
use crate::serve::test::{TestArgs, spell_out};
use crate::terminal::Verbosity;
use crate::traces;
use crate::traces::cli::TraceArgs;

/// Runs Cloudflare Workers on your machine.
#[derive(Debug, Parser)]
#[command(name = "lopata", version, about, max_term_width = 110)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// What lopata can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a local server for developing your Worker
    Dev(Box<DevArgs>),
    /// Manage Workers KV in the local state
    Kv(Box<KvArgs>),
    /// Run the test() handlers of a configuration, as `workerd test` does
    Test(Box<TestArgs>),
    /// Look at what Workers did: requests, calls and logs as trees of spans
    Trace(TraceArgs),
    /// Manage Workers D1 databases in the local state
    D1(Box<D1Args>),
    /// Work on the local state as a whole
    State(StateArgs),
    /// Look into the caches of the local state, and empty them
    Cache(Box<CacheArgs>),
    /// Manage R2 objects in the local state
    R2(Box<R2Args>),
    /// Look into Durable Objects of the local state
    Do(Box<DoArgs>),
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Path to the configuration file (found upward from here when not given); `dev` takes several, the first of which
    /// gets the requests
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// The environment of the configuration to use
    #[arg(short, long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// File to read secrets from instead of .dev.vars and .env; may be repeated
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Directory to run in
    #[arg(long, global = true, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
}

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

/// `lopata dev`.
#[derive(Clone, Debug, Args)]
pub struct DevArgs {
    /// The path to an entry point for your Worker
    pub script: Option<PathBuf>,
    /// Name of the Worker
    #[arg(long)]
    pub name: Option<String>,
    /// Date to use for compatibility checks
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub compatibility_date: Option<String>,
    /// Flags to use for compatibility checks
    #[arg(long, visible_alias = "compatibility-flag", num_args = 1..)]
    pub compatibility_flags: Option<Vec<String>>,
    /// Use today's compatibility date
    #[arg(long, conflicts_with = "compatibility_date")]
    pub latest: bool,
    /// Skip internal build steps and directly run the script
    #[arg(long, overrides_with = "bundle")]
    pub no_bundle: bool,
    /// Bundle the script (the default)
    #[arg(long, hide = true)]
    pub bundle: bool,
    /// IP address to listen on
    #[arg(long, value_name = "IP")]
    pub ip: Option<String>,
    /// Port to listen on
    #[arg(short, long)]
    pub port: Option<u16>,
    /// Host to forward requests to, as your Worker sees it; defaults to the first route's
    #[arg(long, visible_alias = "local-upstream")]
    pub host: Option<String>,
    /// Protocol to listen to requests on
    #[arg(long, value_enum)]
    pub local_protocol: Option<Protocol>,
    /// Path to a custom certificate key
    #[arg(long, requires = "https_cert_path", env = "WRANGLER_HTTPS_KEY_PATH")]
    pub https_key_path: Option<PathBuf>,
    /// Path to a custom certificate
    #[arg(long, requires = "https_key_path", env = "WRANGLER_HTTPS_CERT_PATH")]
    pub https_cert_path: Option<PathBuf>,
    /// Protocol that your Worker sees
    #[arg(long, value_enum)]
    pub upstream_protocol: Option<Protocol>,
    /// A key-value pair to be injected as a variable, `name:value`; may be repeated
    #[arg(long, value_parser = pair)]
    pub var: Vec<(String, String)>,
    /// A key-value pair to be substituted in the script, `name:value`; may be repeated
    #[arg(long, value_parser = pair)]
    pub define: Vec<(String, String)>,
    /// A module pair to be substituted in the script, `name:module`; may be repeated
    #[arg(long, value_parser = pair)]
    pub alias: Vec<(String, String)>,
    /// The function that is called for each JSX element
    #[arg(long)]
    pub jsx_factory: Option<String>,
    /// The function that is called for each JSX fragment
    #[arg(long)]
    pub jsx_fragment: Option<String>,
    /// Path to a custom tsconfig.json
    #[arg(long)]
    pub tsconfig: Option<PathBuf>,
    /// Minify the script
    #[arg(long)]
    pub minify: bool,
    /// Where local data is kept (default: .lopata/state)
    #[arg(long, value_name = "DIR")]
    pub persist_to: Option<PathBuf>,
    /// Static assets to be served
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// Root folder of static assets for Workers Sites
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Which files of the Workers Site count; may be repeated (default: all)
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub site_include: Option<Vec<String>>,
    /// Which files of the Workers Site do not count; may be repeated
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub site_exclude: Option<Vec<String>>,
    /// Reload HTML pages in the browser when something has changed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
    pub live_reload: bool,
    /// Expose /__scheduled to trigger the scheduled handler
    #[arg(long)]
    pub test_scheduled: bool,
    /// Fire the crons of the configuration by themselves (default: what lopata.config says, or not)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub cron: Option<bool>,
    /// What to print
    #[arg(long, value_enum, env = "WRANGLER_LOG", ignore_case = true, default_value = "log")]
    pub log_level: Verbosity,
    /// Show keys to press while the server runs
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub show_interactive_dev_session: bool,
    /// Run locally (lopata always does)
    #[arg(short, long, hide = true)]
    pub local: bool,
    /// Flags of wrangler that lopata does not have yet.
    #[command(flatten)]
    pub missing: Missing,
}

/// Flags that wrangler has and lopata does not: known, so that the error can say so.
#[derive(Clone, Debug, Args)]
pub struct Missing {
    #[arg(short, long, hide = true)]
    remote: bool,
    #[arg(long, hide = true)]
    inspector_port: Option<u16>,
    #[arg(long, hide = true)]
    inspector_ip: Option<String>,
    #[arg(long, hide = true, visible_alias = "route")]
    routes: Vec<String>,
    #[arg(long, hide = true)]
    enable_containers: bool,
    #[arg(long, hide = true)]
    types: bool,
    #[arg(long, hide = true)]
    tunnel: bool,
    #[arg(long, hide = true)]
    tunnel_name: Option<String>,
}

impl Cli {
    /// Reads the process's arguments; ends the process when they are wrong or ask for help.
    pub fn read() -> Self {
        let mut arguments = switches::normalise(std::env::args_os().collect());
        if arguments.get(1).is_some_and(|command| command == "test") {
            arguments = spell_out(arguments);
        }
        Self::parse_from(arguments)
    }
}

impl Missing {
    /// The flags that were given, each with what it means that lopata lacks it.
    pub fn given(&self) -> Vec<(&'static str, Lack)> {
        let flags = [
            ("--remote", self.remote, Lack::Refused),
            ("--tunnel", self.tunnel || self.tunnel_name.is_some(), Lack::Refused),
            ("--inspector-port", self.inspector_port.is_some(), Lack::Ignored),
            ("--inspector-ip", self.inspector_ip.is_some(), Lack::Ignored),
            ("--routes", !self.routes.is_empty(), Lack::Ignored),
            ("--enable-containers", self.enable_containers, Lack::Ignored),
            ("--types", self.types, Lack::Ignored),
        ];
        flags.into_iter().filter(|(_, given, _)| *given).map(|(name, _, lack)| (name, lack)).collect()
    }
}

/// What happens when a flag is given that lopata does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The worker would do something else than asked: an error.
    Refused,
    /// The worker runs the same without it: a warning.
    Ignored,
}

/// The flags for a command that is about one worker: with a project file, its main worker's configuration and
/// environment. The error is the exit code; what is wrong has been said.
pub async fn of_main_worker(global: Global) -> anyhow::Result<Result<Global, i32>> {
    let cwd = working_directory(&global)?;
    let diagnostics = match project_file::locate(&global.config, None, &cwd) {
        Ok(None) => return Ok(Ok(global)),
        Ok(Some(found)) => match project_file::load(&found.path, &Given::new(&cwd, global.env.as_deref())).await {
            Ok(loaded) => {
                let main = loaded.file.main;
                return Ok(Ok(Global { config: vec![main.config], env: main.env.or(global.env), ..global }));
            }
            Err(errors) => errors.diagnostics,
        },
        Err(diagnostic) => vec![diagnostic],
    };
    eprintln!("{}", config::render_all(&diagnostics, false));
    Ok(Err(1))
}

/// Where a command runs.
pub fn working_directory(global: &Global) -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("The current directory cannot be read")?;
    Ok(global.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd)))
}

/// `lopata kv`: finds the configuration and the state, and leaves the rest to the binding. The result is the exit
/// code.
pub fn run_kv(args: &KvArgs, global: &Global) -> i32 {
    with_console(|console| {
        let place = args.place();
        let need = if place.is_none_or(Place::names_an_id) { Need::Place } else { Need::Configuration };
        let found = match state::find(global, place.and_then(|place| place.flags.persist_to.as_deref()), need) {
            Ok(found) => found,
            Err(error) => return refused(console, &error),
        };
        let namespaces = found.config.map(|config| config.kv_namespaces).unwrap_or_default();
        let context = KvContext {
            namespaces: &namespaces,
            root: found.root,
            cwd: found.cwd,
            clock: lopata_storage::system_clock(),
        };
        let done = kv::cli::run(args, context, console);
        report(console, done)
    })
}

/// `lopata d1`: finds the configuration and the state, and leaves the rest to the binding. The result is the exit code.
pub fn run_d1(args: &D1Args, global: &Global) -> i32 {
    with_console(|console| {
        let persist_to = args.flags().and_then(|flags| flags.persist_to.as_deref());
        let found = match state::find(global, persist_to, Need::Configuration) {
            Ok(found) => found,
            Err(error) => {
                // Whatever is wrong there, a database that is named by its id needs none of it.
                let place = state::find(global, persist_to, Need::Place).ok();
                match place.filter(|place| args.database().is_some_and(|id| place.root.d1_database(id).is_file())) {
                    Some(place) => place,
                    None => return refused(console, &error),
                }
            }
        };
        let config_name = found.config_name();
        let databases = found.config.map(|config| config.d1_databases).unwrap_or_default();
        let context = D1Context {
            databases: &databases,
            config_path: found.config_path.as_deref(),
            config_name,
            root: found.root,
            cwd: found.cwd,
            clock: lopata_storage::system_clock(),
        };
        match bindings::d1::cli::run(args, &context, console) {
            Err(D1CliError::Told) => 1,
            done => report(console, done),
        }
    })
}

/// `lopata state`: finds the places. The result is the exit code.
pub fn run_state(args: &StateArgs, global: &Global) -> i32 {
    with_console(|console| match state::find(global, args.persist_to(), Need::Place) {
        Ok(found) => {
            let done = import::run(args, &found, console);
            report(console, done)
        }
        Err(error) => refused(console, &error),
    })
}

/// `lopata cache`: finds the state, and leaves the rest to the caches. The result is the exit code.
pub fn run_cache(args: &CacheArgs, global: &Global) -> i32 {
    with_console(|console| {
        let found = match state::find(global, args.persist_to(), Need::Place) {
            Ok(found) => found,
            Err(error) => return refused(console, &error),
        };
        let context = CacheContext { root: found.root, clock: lopata_storage::system_clock() };
        let done = cache_cli::run(args, &context, console);
        report(console, done)
    })
}

/// `lopata do`: finds the state, and leaves the rest to the objects. The result is the exit code.
pub fn run_do(args: &DoArgs, global: &Global) -> i32 {
    with_console(|console| match state::find(global, args.persist_to(), Need::Place) {
        Ok(found) => {
            let done = objects::cli::run(args, &found.root, console);
            report(console, done)
        }
        Err(error) => refused(console, &error),
    })
}

/// `lopata r2`: finds the state, and leaves the rest to the binding. The result is the exit code.
pub fn run_r2(args: &R2Args, global: &Global) -> i32 {
    with_console(|console| {
        let persist_to = args.flags().and_then(|flags| flags.persist_to.as_deref());
        let found = match state::find(global, persist_to, Need::Place) {
            Ok(found) => found,
            Err(error) => return refused(console, &error),
        };
        let context = R2Context { root: found.root, cwd: found.cwd, clock: lopata_storage::system_clock() };
        let done = r2::cli::run(args, &context, console);
        report(console, done)
    })
}

/// The exit code of a command that is done, after saying what went wrong.
pub fn report<E: std::fmt::Display>(console: &mut Console<'_>, done: Result<(), E>) -> i32 {
    match done {
        Ok(()) => 0,
        Err(error) => {
            // Nobody is left to tell when standard error is gone, too.
            let _ = console.error(error);
            1
        }
    }
}

/// The exit code of a command that has nothing to work with, after saying why.
pub fn refused(console: &mut Console<'_>, error: &StateError) -> i32 {
    let StateError::Config(errors) = error else { return report(console, Err(error)) };
    let _ = console.out.flush();
    let _ = writeln!(console.err, "{}", config::render_all(&errors.diagnostics, false));
    1
}

/// `lopata trace`: finds the state, and leaves the rest to the traces. The result is the exit code.
pub fn run_trace(args: &TraceArgs, global: &Global) -> anyhow::Result<i32> {
    let here = std::env::current_dir().context("The current directory cannot be read")?;
    let cwd = global.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    let mut options = LoadOptions::new(cwd.clone());
    // As for `dev`, the first configuration says where data is kept.
    options.config = global.config.first().cloned();
    options.env = global.env.clone();
    options.env_files = global.env_file.clone();
    // Only where the configuration is counts: what was recorded can be read while it is broken.
    let config = match config::load(&options) {
        Ok(loaded) => loaded.path,
        Err(errors) => match errors.watch.iter().find(|path| path.is_file()) {
            Some(path) => Some(path.clone()),
            None if global.config.is_empty() => None,
            None => {
                eprintln!("{}", config::render_all(&errors.diagnostics, false));
                return Ok(1);
            }
        },
    };
    let root = persist_root(args.output().persist_to.as_deref(), config.as_deref(), &cwd);
    match traces::cli::run(args, &root) {
        Ok(()) => Ok(0),
        Err(error) => {
            eprintln!("✘ [ERROR] {error}");
            Ok(1)
        }
    }
}

/// Where local data is kept: `v3` in the folder of `--persist-to`, or of `.lopata/state` beside the configuration.
pub fn persist_root(persist_to: Option<&Path>, config: Option<&Path>, cwd: &Path) -> PersistRoot {
    let folder = match persist_to {
        Some(folder) => cwd.join(folder),
        None => config.and_then(Path::parent).unwrap_or(cwd).join(".lopata/state"),
    };
    PersistRoot::in_persist_folder(&folder)
}

/// `name:value`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err(format!("expected `name:value`, got `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn pairs_split_at_the_first_colon() {
        assert_eq!(pair("a:b:c").unwrap(), ("a".to_string(), "b:c".to_string()));
        assert!(pair("a").is_err());
        assert!(pair(":b").is_err());
    }

    #[test]
    fn wranglers_usual_lines_parse() {
        for line in [
            "lopata dev",
            "lopata dev src/index.ts --port 0 --ip 0.0.0.0 -e staging",
            "lopata dev -c a/wrangler.jsonc -c b/wrangler.toml --config c/wrangler.json",
            "lopata dev -c a/wrangler.jsonc --var A:b --var C:d --persist-to /tmp/x --test-scheduled",
            "lopata dev --local-protocol https --log-level debug --no-bundle --show-interactive-dev-session=false",
            "lopata dev --env-file .env --env-file .env.local --compatibility-flags nodejs_compat",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap();
        }
    }
}
