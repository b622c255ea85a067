//! `lopata dev`: wires configuration, supervisor, server and terminal together, and ends them in order.

mod handler;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use lopata_bridges::fetch_service;
use lopata_guest::{CodeCache, LogBudget, SpawnOptions};
use tokio::sync::{mpsc, oneshot};

use self::handler::DevHandler;
use crate::bindings::BindingContext;
use crate::bundle::{OutputSink, OutputStream};
use crate::cli::{DevArgs, Global, Lack, Protocol, persist_root};
use crate::config::{self, HttpScheme, LoadOptions, WorkerConfig};
use crate::outbound::{Environment, OutboundClient};
use crate::project::{Overrides, Project, site};
use crate::server::{Bound, HttpsOptions, Port, ServeOptions};
use crate::supervisor::{self, Command, Parts, Status};
use crate::terminal::{Hotkey, Terminal, hotkeys};
use crate::traces::Traces;
use crate::workers::Workers;

/// How long requests in flight may take at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The port that wrangler listens on.
const DEFAULT_PORT: u16 = 8787;

/// Runs the server until it is told to end. The result is the process's exit code.
pub async fn run(args: DevArgs, global: Global) -> anyhow::Result<i32> {
    let options = load_options(&args, &global)?;
    let cwd = options.cwd.clone();
    let terminal = Terminal::new(args.log_level, cwd.clone());
    for (flag, lack) in args.missing.given() {
        match lack {
            Lack::Refused => bail!("{flag} is not available in this version of lopata."),
            Lack::Ignored => {
                terminal.warn(&format!("{flag} is not available in this version of lopata and is ignored."))
            }
        }
    }
    let loaded = match config::load(&options) {
        Ok(loaded) => loaded,
        Err(errors) => {
            terminal.raw_error(&config::render_all(&errors.diagnostics, terminal.colour()));
            terminal.flush();
            return Ok(1);
        }
    };
    for source in &loaded.secrets_from {
        terminal.notice(&format!("Using secrets defined in {source}"));
    }
    let overrides = overrides(&args, &cwd);
    let root = persist_root(args.persist_to.as_deref(), loaded.path.as_deref(), &cwd);
    let persist = root.path().to_path_buf();
    let serve = serve_options(&args, &loaded.config, &overrides, &persist);

    let workers = Arc::new(Workers::default());
    let status = Status::default();
    workers.add(&loaded.config.name, status.clone()).expect("it is the only worker");
    let context = BindingContext::new(persist, workers);
    let stores = context.kv.clone();
    let traces = Traces::start(root.traces_database(), terminal.clone());
    let (outbound, fetch_calls) = fetch_service();
    let environment = Environment::read(|name| std::env::var(name).ok());
    let (client, complaints) = OutboundClient::new(&environment);
    for complaint in complaints {
        terminal.warn(&complaint.to_string());
    }
    let zone = zone(&loaded.config);
    tokio::spawn(async move { crate::outbound::serve(client, &zone, fetch_calls).await });
    let sink: OutputSink = Arc::new({
        let terminal = terminal.clone();
        move |stream, line| match stream {
            OutputStream::Stdout => terminal.notice(&format!("[custom build] {line}")),
            OutputStream::Stderr => terminal.raw_error(&format!("[custom build] {line}")),
        }
    });
    let project = Project::new(options, overrides, context, outbound, terminal.colour(), sink);
    let code = serve_until_told(args, terminal, traces, project, status, serve).await;
    // Writes that were answered are durable; this lets queued ones finish too.
    stores.close(SHUTDOWN_GRACE);
    code
}

async fn serve_until_told(
    args: DevArgs,
    terminal: Terminal,
    traces: Traces,
    project: Project,
    status: Status,
    serve: ServeOptions,
) -> anyhow::Result<i32> {
    let (reports_sender, reports) = mpsc::unbounded_channel();
    // Keys and signals bound the channel.
    let (commands, command_receiver) = mpsc::unbounded_channel();
    let (first_attempt, first_over) = oneshot::channel();
    let spawn = SpawnOptions {
        snapshot: lopata_snapshot::SNAPSHOT,
        reports: reports_sender,
        code_cache: CodeCache::default(),
        log_budget: LogBudget::default(),
    };
    terminal.notice("⎔ Starting local server...");
    let parts = Parts {
        spawn,
        reports,
        commands: command_receiver,
        status: status.clone(),
        project,
        terminal: terminal.clone(),
        traces: traces.clone(),
        first_attempt,
    };
    let supervisor = tokio::spawn(supervisor::run(parts));
    let handler = DevHandler::new(status, terminal.clone(), traces.clone(), args.test_scheduled);
    // The socket is taken while the first build runs; requests that come early wait for it.
    let bound = match crate::server::serve(serve, Arc::new(handler)).await {
        Ok(bound) => Arc::new(bound),
        Err(error) => {
            terminal.error(&error.to_string());
            end(&commands, supervisor, None, &traces, &terminal).await;
            return Ok(1);
        }
    };
    terminal.on_site({
        let bound = Arc::downgrade(&bound);
        move |site| {
            if let Some(bound) = bound.upgrade() {
                bound.set_site(site);
            }
        }
    });
    // A supervisor that is gone has dropped its end; then there is nothing to wait for.
    let _ = first_over.await;
    terminal.info(&format!("Ready on {}", bound.url));
    announce_over_ipc(&bound);
    let code = wait_for_the_end(&args, &terminal, &commands, &bound.url).await;
    end(&commands, supervisor, Some(bound), &traces, &terminal).await;
    Ok(code)
}

/// Ends everything in order: no new requests, no guests, no lost spans, no lost lines.
async fn end(
    commands: &mpsc::UnboundedSender<Command>,
    supervisor: tokio::task::JoinHandle<()>,
    bound: Option<Arc<Bound>>,
    traces: &Traces,
    terminal: &Terminal,
) {
    terminal.on_site(|_| {});
    if let Some(bound) = bound.and_then(Arc::into_inner) {
        bound.shutdown(SHUTDOWN_GRACE).await;
    }
    let (done, over) = oneshot::channel();
    if commands.send(Command::Shutdown(done)).is_ok() {
        // A guest that does not end is not waited for: the process takes it along.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, over).await;
    }
    supervisor.abort();
    let traces = traces.clone();
    // The thread's panic, if any, was its own.
    let _ = tokio::task::spawn_blocking(move || traces.close()).await;
    terminal.flush();
}

/// Waits for a key or a signal that ends the server.
async fn wait_for_the_end(
    args: &DevArgs,
    terminal: &Terminal,
    commands: &mpsc::UnboundedSender<Command>,
    url: &str,
) -> i32 {
    let keys = hotkeys(args.show_interactive_dev_session);
    if keys.is_some() {
        terminal.notice("[b] open a browser  [r] rebuild  [c] clear console  [x] to exit");
    }
    let (_raw_mode, mut keys) = match keys {
        Some((raw_mode, keys)) => (Some(raw_mode), Some(keys)),
        None => (None, None),
    };
    loop {
        let key = tokio::select! {
            () = signal() => return 0,
            key = next_key(&mut keys) => key,
        };
        match key {
            Hotkey::Exit => return 0,
            Hotkey::Clear => terminal.notice("\x1b[2J\x1b[3J\x1b[H"),
            Hotkey::Reload => {
                // A supervisor that is gone rebuilds nothing any more.
                let _ = commands.send(Command::Reload);
            }
            Hotkey::Browser => open_browser(url, terminal),
        }
    }
}

async fn next_key(keys: &mut Option<mpsc::UnboundedReceiver<Hotkey>>) -> Hotkey {
    if let Some(receiver) = keys {
        if let Some(key) = receiver.recv().await {
            return key;
        }
        *keys = None;
    }
    std::future::pending().await
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn open_browser(url: &str, terminal: &Terminal) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let spawned = std::process::Command::new(opener)
        .arg(url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    match spawned {
        Ok(mut child) => {
            // Reaps the opener, whatever it says.
            std::thread::spawn(move || child.wait());
        }
        Err(error) => terminal.warn(&format!("{opener} could not be started: {error}. Open {url} yourself.")),
    }
}

/// Tells a parent process that started us with Node's IPC channel where the server is, as wrangler does.
fn announce_over_ipc(bound: &Bound) {
    #[cfg(unix)]
    {
        use std::io::Write;
        use std::os::fd::FromRawFd;
        let Some(fd) = std::env::var("NODE_CHANNEL_FD").ok().and_then(|fd| fd.parse::<i32>().ok()) else { return };
        let ip = bound.addresses.first().map_or_else(String::new, |address| address.ip().to_string());
        let ready = serde_json::json!({ "event": "DEV_SERVER_READY", "ip": ip, "port": bound.port() });
        // Node's channel carries JSON values, one a line; wrangler sends the event as a JSON string.
        let line = format!("{}\n", serde_json::Value::String(ready.to_string()));
        // SAFETY: the parent opened this descriptor for us and told us so; the File is forgotten below, so the
        // descriptor stays open for the life of the process.
        let mut channel = unsafe { std::fs::File::from_raw_fd(fd) };
        // A parent that has closed its end does not want to know.
        let _ = channel.write_all(line.as_bytes());
        std::mem::forget(channel);
    }
    #[cfg(not(unix))]
    let _ = bound;
}

/// What the configuration is loaded with.
fn load_options(args: &DevArgs, global: &Global) -> anyhow::Result<LoadOptions> {
    let here = std::env::current_dir().context("The current directory cannot be read")?;
    let cwd = global.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    let mut options = LoadOptions::new(cwd);
    options.config = global.config.clone();
    options.env = global.env.clone();
    options.env_files = global.env_file.clone();
    options.vars = args.var.clone();
    options.define = args.define.clone();
    options.alias = args.alias.clone();
    options.script = args.script.clone();
    options.name = args.name.clone();
    options.compatibility_date =
        if args.latest { Some(options.today.to_string()) } else { args.compatibility_date.clone() };
    options.compatibility_flags = args.compatibility_flags.clone();
    Ok(options)
}

fn overrides(args: &DevArgs, cwd: &Path) -> Overrides {
    Overrides {
        host: args.host.clone(),
        upstream_protocol: args.upstream_protocol.map(scheme),
        no_bundle: if args.no_bundle { Some(true) } else { args.bundle.then_some(false) },
        minify: args.minify.then_some(true),
        tsconfig: args.tsconfig.as_ref().map(|path| cwd.join(path)),
        jsx_factory: args.jsx_factory.clone(),
        jsx_fragment: args.jsx_fragment.clone(),
    }
}

/// What `CF-Worker` says of the worker on its way out: its zone, or the name that stands for one.
fn zone(config: &WorkerConfig) -> String {
    let zone = config.routes.iter().find_map(|route| route.zone_name.clone().or_else(|| route.host()));
    zone.unwrap_or_else(|| format!("{}.example.com", config.name))
}

fn scheme(protocol: Protocol) -> HttpScheme {
    match protocol {
        Protocol::Http => HttpScheme::Http,
        Protocol::Https => HttpScheme::Https,
    }
}

fn serve_options(args: &DevArgs, config: &WorkerConfig, overrides: &Overrides, persist: &Path) -> ServeOptions {
    let port = match (args.port, config.dev.port) {
        (Some(port), _) | (None, Some(port)) => Port::Exact(port),
        (None, None) => Port::Preferred(DEFAULT_PORT),
    };
    let https = args.local_protocol.map(scheme).or(config.dev.local_protocol) == Some(HttpScheme::Https);
    let https = https.then(|| HttpsOptions {
        key_path: args.https_key_path.clone(),
        cert_path: args.https_cert_path.clone(),
        state_dir: persist.to_path_buf(),
    });
    let ip = args.ip.clone().or_else(|| config.dev.ip.clone()).unwrap_or_else(|| "localhost".to_string());
    ServeOptions { ip, port, https, site: site(config, overrides) }
}
