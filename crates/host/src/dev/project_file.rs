//! The project file of `lopata dev`: found or named, read, and talked about.

use std::path::{Path, PathBuf};

use crate::config::project_file::{self, Given, LoadedProject, ProjectFile, ProjectFileErrors};
use crate::config::{Diagnostic, display_path, render, render_all};
use crate::terminal::Terminal;

/// Where to look for a project file.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// `--config`, as often as it was given.
    pub configs: Vec<PathBuf>,
    /// The script of the command line, which is a worker of its own.
    pub script: Option<PathBuf>,
    /// `--env`.
    pub env: Option<String>,
    /// The directory that the user works in.
    pub cwd: PathBuf,
}

impl Wanted {
    /// The project file, and what lies beside it unused; an error when it was named together with others.
    pub fn find(&self) -> Result<Option<project_file::Found>, Diagnostic> {
        let named = self.configs.iter().find_map(|config| project_file::is_project_file(config, &self.cwd));
        match named {
            Some(path) if self.configs.len() > 1 => {
                let name = display_path(&path, &self.cwd);
                let message = format!("--config {name} cannot be combined with other configurations.");
                Err(Diagnostic::error("project-file", message).help("It names all workers itself, in \"workers\"."))
            }
            Some(path) => Ok(Some(project_file::Found { path, beside: Vec::new() })),
            None if !self.configs.is_empty() || self.script.is_some() => Ok(None),
            None => Ok(project_file::find(&self.cwd)),
        }
    }

    /// What a file of code may know.
    pub fn given(&self) -> Given {
        let env = self.env.clone().or_else(|| std::env::var("CLOUDFLARE_ENV").ok()).filter(|env| !env.is_empty());
        Given { cwd: self.cwd.clone(), env }
    }
}

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
