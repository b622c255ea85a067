//! A running `lopata dev`, from its first line to its exit code.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::log::{Log, Mark};
use super::{Client, Project, Response, proc, until};

/// What the log says once the server answers.
const READY: &str = "Ready on ";
/// What it says after a reload.
const UPDATED: &str = "Local server updated and ready";

/// How to start the server.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Arguments after `dev --port 0`.
    pub args: Vec<String>,
    /// Environment variables on top of the few that every process needs.
    pub env: Vec<(String, String)>,
}

impl Options {
    /// These arguments.
    pub fn args<const N: usize>(args: [&str; N]) -> Self {
        Self { args: args.map(str::to_string).to_vec(), ..Self::default() }
    }

    /// With this environment variable too.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_string(), value.to_string()));
        self
    }
}

/// The process. Killed when dropped.
pub struct Server {
    child: Child,
    log: Log,
    /// Present once the server has said where it listens.
    client: Option<Client>,
    /// Marks the process and whatever it starts, for the hunt for orphans.
    marker: String,
    _home: TempDir,
    /// The project stays while the server runs, whatever the test does with its own hold on it.
    _project: Arc<TempDir>,
}

impl Server {
    /// Starts on a free port and waits until it answers.
    pub fn start(project: &Project) -> Self {
        Self::start_with(project, Options::default())
    }

    /// The same with arguments and environment.
    pub fn start_with(project: &Project, options: Options) -> Self {
        let mut server = Self::launch(project, options);
        server.wait_ready();
        server
    }

    /// Starts without waiting for anything.
    pub fn launch(project: &Project, options: Options) -> Self {
        let mut args = vec!["dev".to_string()];
        if !options.args.iter().any(|arg| arg == "--port") {
            args.extend(["--port".to_string(), "0".to_string()]);
        }
        args.extend(options.args);
        Self::launch_command(project, args, &options.env)
    }

    /// Starts any command that stays.
    pub fn launch_command(project: &Project, args: Vec<String>, env: &[(String, String)]) -> Self {
        let (mut command, marker, home) = command(project, &args, env);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let log = Log::default();
        log.follow(child.stdout.take().expect("it is piped"));
        log.follow(child.stderr.take().expect("it is piped"));
        Self { child, log, client: None, marker, _home: home, _project: project.hold() }
    }

    /// Waits for the line that tells the address.
    pub fn wait_ready(&mut self) {
        let line = self.log.wait_for(Mark::default(), READY);
        let url = line.split(READY).nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address follows");
        self.client = Some(Client::new(url));
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it prints.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// An HTTP client for it.
    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the server has said that it is ready")
    }

    /// Its origin, as the log gives it.
    pub fn origin(&self) -> String {
        self.client().origin()
    }

    /// A GET on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.client().get(path)
    }

    /// A GET whose body must be this text, with status 200.
    pub fn expect(&self, path: &str, text: &str) {
        let response = self.get(path);
        assert_eq!((response.status, response.text().as_str()), (200, text), "GET {path}\n{}", self.log.text());
    }

    /// Makes a change and waits until a reload that came after it is over.
    pub fn reload(&self, change: impl FnOnce()) {
        let mark = self.log.mark();
        change();
        self.log.wait_for(mark, UPDATED);
    }

    /// Asks until the body is this text. Every other answer on the way must have status 200 as well.
    pub fn until(&self, path: &str, text: &str) {
        until(&format!("GET {path} answers {text:?}"), || {
            let response = self.get(path);
            assert_eq!(response.status, 200, "GET {path}: {}\n{}", response.text(), self.log.text());
            (response.text() == text).then_some(())
        });
    }

    /// How many reloads were reported after `mark`.
    pub fn reloads(&self, mark: Mark) -> usize {
        self.log.count(mark, UPDATED)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.pid().to_string()]).status().expect("kill exists");
        assert!(done.success(), "the process runs");
    }

    /// Waits for the process to end.
    pub fn wait_exit(&mut self) -> ExitStatus {
        self.log.wait_end();
        self.child.wait().expect("it is our child")
    }

    /// Ends it as ctrl-c does, and asserts that nothing of it is left.
    pub fn stop(mut self) {
        self.signal("-INT");
        let status = self.wait_exit();
        assert_eq!(status.code(), Some(0), "signal {:?}, output:\n{}", status.signal(), self.log.text());
        assert_eq!(proc::with_environment(&self.marker), [0; 0], "processes outlived the server");
        assert!(!self.log.text().contains("panicked at"), "{}", self.log.text());
    }

    /// Waits until nothing that threads share is alive any more: no stub, no stream, no socket. Durable Objects stay in
    /// memory for a while when nothing is asked of them any more, so they do not count.
    pub fn nothing_left(&self) {
        until("every stub, stream and socket is gone", || {
            let census = self.get("/cdn-cgi/local/census").json();
            let counts = census.as_object().expect("the census is an object");
            assert!(["sockets", "streams", "stubs"].iter().all(|name| counts.contains_key(*name)), "{census}");
            let lasting = ["objects", "leases"];
            counts.iter().all(|(name, count)| lasting.contains(&name.as_str()) || count == 0).then_some(())
        });
    }

    /// Asserts that the process lives and that it has printed no panic.
    pub fn assert_well(&mut self) {
        assert!(self.child.try_wait().expect("it is our child").is_none(), "it died:\n{}", self.log.text());
        assert!(!self.log.text().contains("panicked at"), "{}", self.log.text());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- output of the server\n{}---", self.log.text());
        }
    }
}

/// Runs a command of lopata to its end: exit code and everything it printed, errors last.
pub fn run(project: &Project, args: &[&str]) -> (Option<i32>, String) {
    let args: Vec<String> = args.iter().map(|arg| arg.to_string()).collect();
    let (mut command, _, _home) = command(project, &args, &[]);
    let output = command.stdin(Stdio::null()).output().expect("the binary can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// The binary under test.
pub fn binary() -> PathBuf {
    let given = std::env::var_os("LOPATA_BIN").map(PathBuf::from);
    given.or(option_env!("CARGO_BIN_EXE_lopata").map(PathBuf::from)).expect("cargo builds the binary before its tests")
}

fn command(project: &Project, args: &[String], env: &[(String, String)]) -> (Command, String, TempDir) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = "LOPATA_TEST_PROCESS";
    let value = format!("{}-{number}", std::process::id());
    let home = TempDir::new().expect("the temporary folder is writable");
    let mut command = Command::new(binary());
    command
        .args(args)
        .current_dir(project.folder())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("NO_COLOR", "1")
        .env(name, &value)
        .envs(env.iter().map(|(name, value)| (name, value)));
    (command, format!("{name}={value}"), home)
}
