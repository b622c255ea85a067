//! A PostgreSQL server of the test's own: Debian's, on a free port, with a password and TLS for `localhost`.
//!
//! It refuses to run as root, so that a test which does gives it another user.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The password of the user `lopata`, who owns all.
pub const PASSWORD: &str = "a secret: ?/#";

/// The server; dropped, it ends.
pub struct Postgres {
    process: Child,
    folder: TempDir,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Postgres {
    /// Starts a server with an empty database.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).expect("a name");
        let files = [
            ("password", PASSWORD.to_string()),
            ("cert.pem", made.cert.pem()),
            ("key.pem", made.signing_key.serialize_pem()),
        ];
        let user = user();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("it is a folder");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it was made just now");
            give(&path, user);
        }
        give(folder.path(), user);
        let data = folder.path().join("data");
        let mut initdb = command("initdb", folder.path(), user);
        initdb.arg("-D").arg(&data).args(["-U", "lopata", "-A", "scram-sha-256", "--pwfile=password"]);
        initdb.args(["--no-sync", "-E", "UTF8", "--locale=C"]).stdout(Stdio::null());
        assert!(initdb.status().expect("initdb can be started").success(), "initdb makes a database");
        let port = free_port();
        let mut server = command("postgres", folder.path(), user);
        server.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        server.args(["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "ssl=on"]);
        for name in ["cert", "key"] {
            server.arg("-c").arg(format!("ssl_{name}_file={}", folder.path().join(format!("{name}.pem")).display()));
        }
        let mut process = server.stderr(Stdio::piped()).spawn().expect("postgres can be started");
        let mut lines = BufReader::new(process.stderr.take().expect("it was asked for")).lines();
        let is_ready =
            |line: std::io::Result<String>| line.is_ok_and(|line| line.contains("ready to accept connections"));
        assert!(lines.any(is_ready), "postgres starts");
        // A pipe that nobody reads would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, folder, port }
    }

    /// The certificate that clients have to trust.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A program of PostgreSQL, wherever Debian puts it.
fn command(name: &str, folder: &Path, user: Option<u32>) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let places = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = places.chain(["/usr/local/bin".into()]).chain(std::env::split_paths(&path));
    let program = places.find_map(|place| Some(place.join(name)).filter(|file| file.is_file()));
    let program = program.unwrap_or_else(|| panic!("there is no {name}; on Debian: apt-get install postgresql"));
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some(user) = user {
        command.uid(user);
    }
    command
}

/// The user that the server runs as, if it cannot be the one who tests.
fn user() -> Option<u32> {
    if fs::metadata("/proc/self").expect("this is a process").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("there are users");
    let id = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        line.split(':').nth(2)?.parse().ok()
    };
    Some(id("postgres").or_else(|| id("nobody")).expect("there is somebody else"))
}

fn give(path: &Path, user: Option<u32>) {
    if user.is_some() {
        chown(path, user, None).expect("root may do so");
    }
}
