//! The project file of `lopata dev`: talked about, and watched while the server runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use crate::bundle::WatchSet;
use crate::config::project_file::{self, Given, LoadedProject, ProjectFile, ProjectFileErrors};
use crate::config::{display_path, render, render_all};
use crate::terminal::Terminal;
use crate::watch::FileWatch;

/// How long a change waits for its companions: editors and formatters write more than once.
const SETTLE: Duration = Duration::from_millis(30);

/// Says what came of reading the file: what it printed, and what is doubtful or wrong with it.
pub fn tell(read: &Result<LoadedProject, ProjectFileErrors>, path: &Path, cwd: &Path, terminal: &Terminal) {
    let console = match read {
        Ok(loaded) => &loaded.console,
        Err(errors) => &errors.console,
    };
    let name = display_path(path, cwd);
    for record in console {
        terminal.log(&name, record);
    }
    match read {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                terminal.warn(&render(warning, terminal.colour()));
            }
        }
        Err(errors) => terminal.raw_error(&render_all(&errors.diagnostics, terminal.colour())),
    }
}

/// Says which workers there are, and which files are not used although they lie beside the project file.
pub fn introduce(file: &ProjectFile, beside: &[PathBuf], cwd: &Path, terminal: &Terminal) {
    terminal.notice(&file.summary(cwd));
    for path in beside.iter().filter(|path| file.all().all(|worker| worker.config != **path)) {
        let (unused, name) = (display_path(path, cwd), display_path(&file.path, cwd));
        let main = display_path(&file.main.config, cwd);
        terminal.warn(&format!("{unused} is not used: {name} comes first, and its main is {main}."));
    }
}

/// Notices that the project file says something else than what runs.
pub struct Changes {
    /// What runs.
    running: ProjectFile,
    given: Given,
    terminal: Terminal,
    /// `None` when files cannot be watched, which has been said.
    watch: Option<FileWatch>,
    seen: mpsc::UnboundedReceiver<PathBuf>,
    /// What the newest reading depended on.
    depends_on: WatchSet,
    /// When the newest reading began.
    read_at: SystemTime,
    /// Files that something else depended on, until the next reading.
    others: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches what `loaded`, whose reading began at `read_at`, depended on, as it runs.
    pub fn of(loaded: LoadedProject, read_at: SystemTime, given: Given, terminal: Terminal) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let watch = match FileWatch::new(sender) {
            Ok(watch) => Some(watch),
            Err(error) => {
                terminal.warn(&error.to_string());
                None
            }
        };
        let LoadedProject { file: running, watch: depends_on, .. } = loaded;
        let others = BTreeSet::new();
        let mut changes = Self { running, given, terminal, watch, seen, depends_on, read_at, others };
        changes.arm();
        changes
    }

    /// The file, as soon as it says something else and can be used. What is wrong with it meanwhile is told.
    pub async fn next(&mut self) -> ProjectFile {
        loop {
            if self.seen.recv().await.is_none() {
                // Nothing can be watched.
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SETTLE).await;
            while self.seen.try_recv().is_ok() {}
            let path = self.running.path.clone();
            self.read_at = SystemTime::now();
            let read = project_file::load(&path, &self.given).await;
            self.depends_on = match &read {
                Ok(loaded) => loaded.watch.clone(),
                Err(errors) => errors.watch.clone(),
            };
            // What one attempt could not find, another may.
            self.arm();
            tell(&read, &path, &self.given.cwd, &self.terminal);
            if let Ok(loaded) = read
                && loaded.file != self.running
            {
                introduce(&loaded.file, &[], &self.given.cwd, &self.terminal);
                return loaded.file;
            }
        }
    }

    /// `file` runs from now on.
    pub fn taken(&mut self, file: ProjectFile) {
        self.running = file;
        self.others.clear();
        self.arm();
    }

    /// A change of these files, which were read after the project file, is a reason to read again, too: what they say
    /// kept the file from being used.
    pub fn watch_too(&mut self, files: &[PathBuf]) {
        self.others = files.iter().cloned().collect();
        self.arm();
    }

    fn arm(&mut self) {
        let Some(watch) = &mut self.watch else { return };
        let mut set = self.depends_on.clone();
        set.files.insert(self.running.path.clone());
        set.files.extend(self.others.iter().cloned());
        for error in watch.set(set, self.read_at) {
            self.terminal.warn(&error.to_string());
        }
    }
}
