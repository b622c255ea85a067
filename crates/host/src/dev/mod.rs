//! `lopata dev`: wires configurations, workers, server and terminal together, and ends them in order.

mod handler;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::{mpsc, watch};

use self::handler::DevHandler;
use crate::bindings::BindingContext;
use crate::cli::{DevArgs, Global, Lack, persist_root};
use crate::config::{self, HttpScheme, WorkerConfig};
use crate::outbound::{Environment, OutboundClient};
use crate::project::site;
use crate::server::{Bound, HttpsOptions, Port, ServeOptions};
use crate::supervisor::Status;
use crate::terminal::{Hotkey, Terminal, hotkeys};
use crate::traces::Traces;
use crate::workers::plan::{FirstLook, first_look, scheme};
use crate::workers::{NameTaken, Plan, Routing, Running, Shared, Spares, Workers};

/// How long requests in flight may take at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The port that wrangler listens on.
const DEFAULT_PORT: u16 = 8787;

/// Runs the server until it is told to end. The result is the process's exit code.
pub async fn run(args: DevArgs, global: Global) -> anyhow::Result<i32> {
    let here = std::env::current_dir().context("The current directory cannot be read")?;
    let cwd = global.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    let terminal = Terminal::new(args.log_level, cwd.clone());
    for (flag, lack) in args.missing.given() {
        match lack {
            Lack::Refused => bail!("{flag} is not available in this version of lopata."),
            Lack::Ignored => {
                terminal.warn(&format!("{flag} is not available in this version of lopata and is ignored."))
            }
        }
    }
    let plan = Plan::from_command_line(&args, &global, &cwd);
    let looks = match first_look(&plan) {
        Ok(looks) => looks,
        Err(errors) => {
            terminal.raw_error(&config::render_all(&errors.diagnostics, terminal.colour()));
            terminal.flush();
            return Ok(1);
        }
    };
    let primary = looks.first().and_then(|look| look.loaded.as_ref()).expect("the first look demands it");
    let root = persist_root(args.persist_to.as_deref(), primary.path.as_deref(), &cwd);
    let persist = root.path().to_path_buf();
    let serve = serve_options(&args, &primary.config, &plan, &persist);

    let workers = Arc::new(Workers::default());
    let context = BindingContext::new(persist, workers.clone());
    let stores = context.kv.clone();
    let traces = Traces::start(root.traces_database(), terminal.clone());
    let environment = Environment::read(|name| std::env::var(name).ok());
    let (client, complaints) = OutboundClient::new(&environment);
    for complaint in complaints {
        terminal.warn(&complaint.to_string());
    }
    let shared = Shared {
        context,
        spares: Spares::start(terminal.clone(), plan.workers.len()),
        routing: Arc::new(routing(&plan)),
        client,
        traces,
        terminal,
    };
    let code = serve_until_told(&args, &shared, &workers, plan, looks, serve).await;
    drop((shared, workers));
    // Writes that were answered are durable; this lets queued ones finish too.
    stores.close(SHUTDOWN_GRACE);
    code
}

fn routing(plan: &Plan) -> Routing {
    match plan.routed {
        true => Routing::new(plan.workers.iter().map(|one| (one.hosts.clone(), one.routes.clone())).collect()),
        false => Routing::default(),
    }
}

/// Enters the workers into the registry and starts them, the primary first.
fn start_workers(workers: &Workers, plan: Plan, looks: Vec<FirstLook>, shared: &Shared) -> anyhow::Result<Running> {
    let revision = watch::Sender::new(0);
    // All names before the first start, so that no worker finds another missing that is about to be entered.
    let enter = |look: FirstLook| {
        let status = Status::new(revision.clone());
        Ok((workers.add(&look.name, status.clone())?, status, look))
    };
    let entered = looks.into_iter().map(enter).collect::<Result<Vec<_>, NameTaken>>()?;
    let mut running = Running::default();
    for (plan, (worker, status, look)) in plan.workers.into_iter().zip(entered) {
        let terminal = shared.terminal_of(worker, &look.name);
        for source in look.loaded.iter().flat_map(|loaded| &loaded.secrets_from) {
            terminal.notice(&format!("Using secrets defined in {source}"));
        }
        let config = look.loaded.as_ref().map(|loaded| &loaded.config);
        running.start(worker, status, plan, config, terminal, shared);
    }
    Ok(running)
}

async fn serve_until_told(
    args: &DevArgs,
    shared: &Shared,
    workers: &Arc<Workers>,
    plan: Plan,
    looks: Vec<FirstLook>,
    serve: ServeOptions,
) -> anyhow::Result<i32> {
    let Shared { terminal, traces, routing, .. } = shared;
    terminal.notice("⎔ Starting local server...");
    let mut running = start_workers(workers, plan, looks, shared)?;
    let handler =
        DevHandler::new(workers.clone(), routing.clone(), terminal.clone(), traces.clone(), args.test_scheduled);
    // The socket is taken while the first build runs; requests that come early wait for it.
    let bound = match crate::server::serve(serve, Arc::new(handler)).await {
        Ok(bound) => Arc::new(bound),
        Err(error) => {
            terminal.error(&error.to_string());
            end(&running, None, shared).await;
            return Ok(1);
        }
    };
    terminal.on_site({
        let (bound, routing) = (Arc::downgrade(&bound), routing.clone());
        move |site| {
            if let Some(bound) = bound.upgrade() {
                bound.set_site(routing.dress(site));
            }
        }
    });
    running.first_attempts().await;
    terminal.info(&format!("Ready on {}", bound.url));
    announce_over_ipc(&bound);
    let code = wait_for_the_end(args, terminal, &running, &bound.url).await;
    end(&running, Some(bound), shared).await;
    Ok(code)
}

/// Ends everything in order: no new requests, no guests, no lost spans, no lost lines.
async fn end(running: &Running, bound: Option<Arc<Bound>>, shared: &Shared) {
    let Shared { terminal, traces, spares, .. } = shared;
    terminal.on_site(|_| {});
    if let Some(bound) = bound.and_then(Arc::into_inner) {
        bound.shutdown(SHUTDOWN_GRACE).await;
    }
    running.shut_down(SHUTDOWN_GRACE).await;
    // A spare that does not end is not waited for either.
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, spares.close()).await;
    let traces = traces.clone();
    // The thread's panic, if any, was its own.
    let _ = tokio::task::spawn_blocking(move || traces.close()).await;
    terminal.flush();
}

/// Waits for a key or a signal that ends the server.
async fn wait_for_the_end(args: &DevArgs, terminal: &Terminal, running: &Running, url: &str) -> i32 {
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
            Hotkey::Reload => running.reload(),
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

fn serve_options(args: &DevArgs, config: &WorkerConfig, plan: &Plan, persist: &Path) -> ServeOptions {
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
    let overrides = plan.workers.first().map(|primary| primary.overrides.clone()).unwrap_or_default();
    ServeOptions { ip, port, https, site: routing(plan).dress(site(config, &overrides)) }
}
