//! `lopata test --watch`: the tests again whenever a file of the configuration changes.
//!
//! As in workerd, the process starts itself anew with the same arguments: V8 takes its flags once, and nothing of the
//! run before can be left over.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use crate::bundle::WatchSet;
use crate::watch::{FileWatch, WatchError};

/// How long files have to stay as they are after a change. Source: workerd.
const QUIET: Duration = Duration::from_millis(500);

/// Waits until one of `files` changes, or has changed since the time `since`, and the change is over.
pub async fn changed(files: &[PathBuf], since: SystemTime) -> Result<(), WatchError> {
    // One entry for each event of a file, and it is emptied here.
    let (changes, mut changed) = mpsc::unbounded_channel();
    let mut watch = FileWatch::new(changes)?;
    let set = WatchSet { files: files.iter().cloned().collect(), ..WatchSet::default() };
    if let Some(error) = watch.set(set, since).pop() {
        return Err(error);
    }
    // The watch, which is here, holds the other end.
    let _ = changed.recv().await;
    eprintln!("Noticed configuration change, reloading shortly...");
    while tokio::time::timeout(QUIET, changed.recv()).await.is_ok() {}
    Ok(())
}

/// Becomes a new process. Comes back only if that is not possible.
pub fn start_again() -> std::io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    Command::new(program).args(std::env::args_os().skip(1)).exec()
}
