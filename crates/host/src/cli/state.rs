//! What a command about local state works with: the configuration and the folder of the data.
//!
//! Only the parts of a configuration that name things count here, so a worker whose entry file is missing has its data
//! administered all the same. A command whose argument is an id needs no configuration at all.

use std::path::{Path, PathBuf};

use lopata_storage::PersistRoot;

use super::Global;
use crate::config::{self, ConfigErrors, LoadOptions, WorkerConfig};

/// Whether a command can do without a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// What it works on is named in the configuration.
    Configuration,
    /// What it works on is named by its id: a configuration that cannot be used only says where the data is.
    Place,
}

/// The configuration and the folder of the data.
#[derive(Debug)]
pub struct LocalState {
    /// The worker's configuration. With [`Need::Configuration`] always there; that of a folder without a file is empty.
    pub config: Option<WorkerConfig>,
    /// The configuration's file; `None` when there is none.
    pub config_path: Option<PathBuf>,
    /// Where the data is.
    pub root: PersistRoot,
    /// Where the command runs.
    pub cwd: PathBuf,
}

/// Why there is nothing to work with.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder is gone, or may not be read.
    #[error("The current directory cannot be read: {0}")]
    Cwd(#[from] std::io::Error),
    /// `-c` twice.
    #[error("Only `lopata dev` takes more than one configuration.")]
    Several,
    /// The configuration is wrong. [`super::report`] shows its diagnostics.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
}

/// Finds the configuration and the folder of the data. `persist_to` is relative to the working directory; without it,
/// the data is beside the configuration.
pub fn find(global: &Global, persist_to: Option<&Path>, need: Need) -> Result<LocalState, StateError> {
    let here = std::env::current_dir()?;
    let cwd = global.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    if global.config.len() > 1 {
        return Err(StateError::Several);
    }
    let mut options = LoadOptions::new(cwd.clone());
    options.config = global.config.first().cloned();
    options.env = global.env.clone();
    options.env_files = global.env_file.clone();
    options.without_entry = true;
    let mut loaded = config::load(&options);
    // A build tool's redirect is for running the worker: data is administered by the user's own file.
    if let Ok(redirected) = &loaded
        && let Some(own) = redirected.user_path.clone()
    {
        options.config = Some(own);
        loaded = config::load(&options);
    }
    let (config, config_path) = match loaded {
        Ok(loaded) => (Some(loaded.config), loaded.path),
        Err(errors) => match errors.watch.iter().find(|path| path.is_file()) {
            Some(path) if need == Need::Place => (None, Some(path.clone())),
            None if need == Need::Place && global.config.is_empty() => (None, None),
            _ => return Err(errors.into()),
        },
    };
    let root = super::persist_root(persist_to, config_path.as_deref(), &cwd);
    Ok(LocalState { config, config_path, root, cwd })
}

impl LocalState {
    /// The configuration's name as errors give it: wrangler's for a file of this format.
    pub fn config_name(&self) -> &'static str {
        match self.config_path.as_deref().and_then(Path::extension).and_then(|extension| extension.to_str()) {
            Some("toml") => "wrangler.toml",
            Some("json") => "wrangler.json",
            Some("jsonc") => "wrangler.jsonc",
            _ => "Wrangler configuration",
        }
    }

    /// A path for people: relative to the working directory when it is inside.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.cwd).unwrap_or(path).display().to_string()
    }
}
