//! `lopata dev`: wires configurations, workers, server and terminal together, and ends them in order.
//!
//! One run of a set of workers is a session. There is one, unless the project file says something else while it
//! runs: then it ends in order, and the next one listens on the same port. Nothing else is worth that, because the
//! requests under way are given a grace only.

mod crons;
mod handler;
mod project_file;
mod signals;

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::bail;
use tokio::sync::{mpsc, watch};

use self::crons::Crons;
use self::handler::DevHandler;
use self::project_file::Changes;
use self::signals::Signals;
use crate::bindings::{self, BindingContext};
use crate::cli::{DevArgs, Global, Lack, persist_root, working_directory};
use crate::config::project_file::{Given, ProjectFile};
use crate::config::{self, ConfigErrors, HttpScheme, WorkerConfig};
use crate::cron::Minutes;
use crate::objects::alarms::{self, News};
use crate::outbound::{Environment, OutboundClient};
use crate::project::site;
use crate::server::{Bound, HttpsOptions, Port, ServeOptions};
use crate::supervisor::Status;
use crate::terminal::{Hotkey, RawMode, Terminal, hotkeys};
use crate::traces::Traces;
use crate::traces::otlp::{self, Exporter};
use crate::workers::plan::{FirstLook, first_look, scheme};
use crate::workers::{NameTaken, Plan, Routing, Running, Shared, Spares, Workers};

/// How long requests in flight may take at the end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The exit code after a second signal. Source: what shells say of a process that SIGINT has ended.
const EXIT_AT_ONCE: i32 = 130;

/// The port that wrangler listens on.
const DEFAULT_PORT: u16 = 8787;

/// Runs the server until it is told to end. The result is the process's exit code.
pub async fn run(args: DevArgs, global: Global) -> anyhow::Result<i32> {
    let cwd = working_directory(&global)?;
    let terminal = Terminal::new(args.log_level, cwd.clone());
    for (flag, lack) in args.missing.given() {
        match lack {
            Lack::Refused => bail!("{flag} is not available in this version of lopata."),
            Lack::Ignored => {
                terminal.warn(&format!("{flag} is not available in this version of lopata and is ignored."))
            }
        }
    }
    let given = Given::new(&cwd, global.env.as_deref());
    let prepare =
        |file: &ProjectFile| Setup::new(Plan::from_project_file(file, &args, &global, &cwd), args.cron.or(file.cron));
    let (first, project) = match config::project_file::locate(&global.config, args.script.as_deref(), &cwd) {
        Err(diagnostic) => return Ok(refused(&[diagnostic], &terminal)),
        Ok(None) => (Setup::new(Plan::from_command_line(&args, &global, &cwd), args.cron), None),
        Ok(Some(found)) => {
            let read_at = SystemTime::now();
            let read = config::project_file::load(&found.path, &given).await;
            project_file::tell(&read, &found.path, &cwd, &terminal);
            let Ok(loaded) = read else {
                terminal.flush();
                return Ok(1);
            };
            project_file::introduce(&loaded.file, &found.beside, &cwd, &terminal);
            let first = prepare(&loaded.file);
            let changes = Changes::of(loaded, read_at, given, terminal.clone());
            (first, Some(Project { changes, prepare: Box::new(prepare) }))
        }
    };
    let mut setup = match first {
        Ok(setup) => setup,
        Err(errors) => return Ok(refused(&errors.diagnostics, &terminal)),
    };
    let environment = Environment::read(|name| std::env::var(name).ok());
    let (client, complaints) = OutboundClient::new(&environment);
    for complaint in complaints {
        terminal.warn(&complaint.to_string());
    }
    let spares = Spares::start(terminal.clone(), setup.plan.workers.len());
    let mut lasting = Lasting {
        args: &args,
        cwd: &cwd,
        terminal,
        client,
        spares,
        project,
        keys: None,
        signals: None,
        minutes: None,
        port: None,
    };
    loop {
        match session(setup, &mut lasting).await? {
            Told::Exit(code) => return Ok(code),
            Told::Restart(next) => setup = *next,
        }
    }
}

/// Says why nothing is started. The result is the exit code.
fn refused(diagnostics: &[config::Diagnostic], terminal: &Terminal) -> i32 {
    terminal.raw_error(&config::render_all(diagnostics, terminal.colour()));
    terminal.flush();
    1
}

/// What is to run in a session.
struct Setup {
    plan: Plan,
    looks: Vec<FirstLook>,
    /// Whether crons fire by themselves; `None` when nobody has said.
    cron: Option<bool>,
}

impl Setup {
    fn new(plan: Plan, cron: Option<bool>) -> Result<Self, ConfigErrors> {
        Ok(Self { looks: first_look(&plan)?, plan, cron })
    }
}

/// What ends a session.
enum Told {
    /// A key or a signal: the process ends with this code.
    Exit(i32),
    /// The project file: this is to run instead.
    Restart(Box<Setup>),
}

/// What lasts from one session to the next.
struct Lasting<'a> {
    args: &'a DevArgs,
    cwd: &'a Path,
    terminal: Terminal,
    /// The connections of `fetch`.
    client: OutboundClient,
    spares: Spares,
    /// Non-null exactly when there is a project file.
    project: Option<Project<'a>>,
    /// Non-null once somebody could press a key.
    keys: Option<Keys>,
    /// Non-null once the first session starts.
    signals: Option<Signals>,
    /// Non-null exactly when the session before fired crons: the minutes it has counted.
    minutes: Option<Arc<Minutes>>,
    /// The port of the session before.
    port: Option<u16>,
}

/// The keys of the terminal, when there are any to listen for.
struct Keys {
    _raw_mode: Option<RawMode>,
    pressed: Option<mpsc::UnboundedReceiver<Hotkey>>,
}

/// A project file that may change.
struct Project<'a> {
    changes: Changes,
    prepare: Box<Prepare<'a>>,
}

/// Makes of a project file what is to run, under the command line.
type Prepare<'a> = dyn Fn(&ProjectFile) -> Result<Setup, ConfigErrors> + 'a;

impl Project<'_> {
    /// What is to run instead, once there is something that can. What cannot run is told, and changes nothing.
    async fn replacement(&mut self, terminal: &Terminal) -> Setup {
        loop {
            let file = self.changes.next().await;
            match (self.prepare)(&file) {
                Ok(setup) => {
                    self.changes.taken(file);
                    return setup;
                }
                Err(errors) => {
                    terminal.raw_error(&config::render_all(&errors.diagnostics, terminal.colour()));
                    self.changes.watch_too(&errors.watch);
                }
            }
        }
    }
}

/// Runs a set of workers until something else is to be done.
async fn session(setup: Setup, lasting: &mut Lasting<'_>) -> anyhow::Result<Told> {
    let (args, terminal) = (lasting.args, lasting.terminal.clone());
    let primary = setup.looks.first().and_then(|look| look.loaded.as_ref()).expect("the first look demands it");
    let config = primary.user_path.as_deref().or(primary.path.as_deref());
    let root = persist_root(args.persist_to.as_deref(), config, lasting.cwd);
    let persist = root.path().to_path_buf();
    let serve = serve_options(args, &primary.config, &setup.plan, &persist, lasting.port);

    let workers = Arc::new(Workers::default());
    let context = BindingContext::new(persist, workers.clone());
    let stores = context.stores.clone();
    let exporter = match otlp::Config::read(|name| std::env::var(name).ok()) {
        Ok(config) => config.map(|config| Exporter::start(config, lasting.client.clone(), terminal.clone())),
        Err(error) => {
            terminal.warn(&error.to_string());
            None
        }
    };
    let traces = Traces::start(root.traces_database(), terminal.clone(), exporter);
    context.objects.alarms().report_to(alarm_report(terminal.clone(), traces.clone()));
    let shared = Shared {
        context,
        spares: lasting.spares.clone(),
        routing: Arc::new(routing(&setup.plan)),
        client: lasting.client.clone(),
        traces,
        terminal,
    };
    let told = serve_until_told(lasting, &shared, &workers, setup, serve).await;
    drop((shared, workers));
    // Writes that were answered are durable; this lets queued ones finish too.
    stores.close(SHUTDOWN_GRACE);
    told
}

/// What becomes of what is heard of alarms.
fn alarm_report(terminal: Terminal, traces: Traces) -> impl Fn(News) + Send + Sync {
    move |news| match news {
        News::Ran(mut ran) => {
            traces.push(std::mem::take(&mut ran.spans));
            terminal.happened(&alarms::line(&ran));
        }
        News::Trouble(text) => terminal.error(&text),
    }
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
    let reloads = Status::default().reloads;
    // All names before the first start, so that no worker finds another missing that is about to be entered.
    let enter = |look: FirstLook| {
        let status = Status { reloads: reloads.clone(), ..Status::new(revision.clone()) };
        Ok((workers.add(&look.name, status.clone())?, status, look))
    };
    // Likewise their classes of Durable Objects.
    for loaded in looks.iter().filter_map(|look| look.loaded.as_ref()) {
        bindings::objects::declare(&loaded.config, &shared.context);
    }
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
    lasting: &mut Lasting<'_>,
    shared: &Shared,
    workers: &Arc<Workers>,
    setup: Setup,
    serve: ServeOptions,
) -> anyhow::Result<Told> {
    let Shared { terminal, traces, routing, .. } = shared;
    let Setup { plan, looks, cron } = setup;
    let is_first = lasting.port.is_none();
    if is_first {
        terminal.notice("⎔ Starting local server...");
    }
    let has_crons = looks.iter().flat_map(|look| &look.loaded).any(|loaded| !loaded.config.crons.is_empty());
    let mut running = start_workers(workers, plan, looks, shared)?;
    let test_scheduled = lasting.args.test_scheduled;
    let live_reload = lasting.args.live_reload;
    let routing = routing.clone();
    let (lines, spans) = (terminal.clone(), traces.clone());
    let handler = DevHandler::new(&shared.context, routing.clone(), lines, spans, test_scheduled, live_reload);
    // The socket is taken while the first build runs; requests that come early wait for it.
    let bound = match crate::server::serve(serve, Arc::new(handler)).await {
        Ok(bound) => Arc::new(bound),
        Err(error) => {
            terminal.error(&error.to_string());
            return Ok(end(&running, None, shared, Told::Exit(1), lasting).await);
        }
    };
    follow_site(terminal, &bound, &routing);
    let signals = lasting.signals.get_or_insert_with(Signals::listen);
    tokio::select! {
        () = running.first_attempts() => {}
        () = signals.received() => return Ok(end(&running, Some(bound), shared, Told::Exit(0), lasting).await),
    }
    let crons = Crons::start(cron, has_crons, shared, &mut lasting.minutes);
    if is_first {
        crons.introduce(terminal);
    } else {
        terminal.notice("⎔ Local server updated and ready");
    }
    if lasting.port != Some(bound.port()) {
        terminal.info(&format!("Ready on {}", bound.url));
        announce_over_ipc(&bound);
    }
    lasting.port = Some(bound.port());
    let told = wait_for_the_end(lasting, &running, &bound.url).await;
    if let Told::Restart(_) = &told {
        terminal.notice("⎔ Reloading local server...");
    }
    drop(crons);
    Ok(end(&running, Some(bound), shared, told, lasting).await)
}

/// A reloaded configuration of the primary changes how the server appears.
fn follow_site(terminal: &Terminal, bound: &Arc<Bound>, routing: &Arc<Routing>) {
    let (bound, routing) = (Arc::downgrade(bound), routing.clone());
    terminal.on_site(move |site| {
        if let Some(bound) = bound.upgrade() {
            bound.set_site(routing.dress(site));
        }
    });
}

/// Ends a session in order, unless somebody asks again meanwhile: a second signal does not want to wait. Gives back
/// what is to happen then.
async fn end(
    running: &Running,
    bound: Option<Arc<Bound>>,
    shared: &Shared,
    mut told: Told,
    lasting: &mut Lasting<'_>,
) -> Told {
    let signals = lasting.signals.get_or_insert_with(Signals::listen);
    let mut ending = pin!(in_order(running, bound, shared, matches!(told, Told::Exit(_))));
    loop {
        tokio::select! {
            () = &mut ending => return told,
            () = signals.received() => {}
        }
        if let Told::Exit(_) = told {
            shared.terminal.flush();
            return Told::Exit(EXIT_AT_ONCE);
        }
        told = Told::Exit(0);
    }
}

/// No new requests, no guests, no lost spans, no lost lines.
async fn in_order(running: &Running, bound: Option<Arc<Bound>>, shared: &Shared, exits: bool) {
    let Shared { terminal, traces, spares, .. } = shared;
    terminal.on_site(|_| {});
    traces.end_feed();
    if let Some(bound) = bound.and_then(Arc::into_inner) {
        bound.shutdown(SHUTDOWN_GRACE).await;
    }
    running.shut_down(SHUTDOWN_GRACE).await;
    if exits {
        // A spare that does not end is not waited for either.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, spares.close()).await;
    }
    let traces = traces.clone();
    // The thread's panic, if any, was its own.
    let _ = tokio::task::spawn_blocking(move || traces.close()).await;
    terminal.flush();
}

/// Waits for a key, a signal or a project file that ends the session.
async fn wait_for_the_end(lasting: &mut Lasting<'_>, running: &Running, url: &str) -> Told {
    let Lasting { args, terminal, project, keys, signals, .. } = lasting;
    let signals = signals.get_or_insert_with(Signals::listen);
    let keys = keys.get_or_insert_with(|| {
        let listening = hotkeys(args.show_interactive_dev_session);
        if listening.is_some() {
            terminal.notice("[b] open a browser  [r] rebuild  [c] clear console  [x] to exit");
        }
        let (raw_mode, pressed) = listening.unzip();
        Keys { _raw_mode: raw_mode, pressed }
    });
    // Kept over the keys that come meanwhile: it must not forget a change that it has seen.
    let mut replaced = pin!(async {
        match project {
            Some(project) => project.replacement(terminal).await,
            None => std::future::pending().await,
        }
    });
    loop {
        let key = tokio::select! {
            () = signals.received() => return Told::Exit(0),
            setup = &mut replaced => return Told::Restart(Box::new(setup)),
            key = next_key(&mut keys.pressed) => key,
        };
        match key {
            Hotkey::Exit => return Told::Exit(0),
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

/// Where a session listens; `before` is the port of the one before.
fn serve_options(
    args: &DevArgs,
    config: &WorkerConfig,
    plan: &Plan,
    persist: &Path,
    before: Option<u16>,
) -> ServeOptions {
    let port = match (args.port.or(config.dev.port), before) {
        // Any port, or whatever was free: the one that browsers know by now.
        (None | Some(0), Some(before)) => Port::Preferred(before),
        (Some(port), _) => Port::Exact(port),
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
