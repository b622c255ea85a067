//! Removes files of values that nothing names: what a process left that was killed between writing a file and naming
//! it, or between replacing a value and deleting its old file.
//!
//! A file goes only if it has not been written to for an hour, nobody holds its lock, and no database of its kind under
//! the same root names it: two namespaces may share a folder, and other programs write there too.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::database::StoreError;

/// How long a file must have been left alone.
const AGE_MIN: Duration = Duration::from_secs(60 * 60);

/// Files that are held open at once.
const LOCKED_MAX: usize = 64;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that are gone now.
    pub removed: usize,
}

/// Sweeps the files in `folder` that no row of these `tables` names as its `blob_id`, in any database in the folder
/// `databases`. Opens connections of its own, only if there is anything old; may run beside any store.
pub(crate) fn sweep(folder: &Path, databases: &Path, tables: &[&str], now: SystemTime) -> Result<Swept, StoreError> {
    let mut left = old_files(folder, now);
    forget_named(databases, tables, &mut left)?;
    let left: Vec<String> = left.into_iter().collect();
    let mut swept = Swept::default();
    for batch in left.chunks(LOCKED_MAX) {
        // Locked before the databases are read once more: whoever holds the lock is still writing, and whoever does
        // not has named the file by then, or never will.
        let locked: HashMap<String, File> =
            batch.iter().filter_map(|name| Some((name.clone(), lock(&folder.join(name), now)?))).collect();
        let mut unnamed = locked.keys().cloned().collect();
        forget_named(databases, tables, &mut unnamed)?;
        swept.removed += unnamed.iter().filter(|name| fs::remove_file(folder.join(name)).is_ok()).count();
    }
    Ok(swept)
}

fn old_files(folder: &Path, now: SystemTime) -> HashSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return HashSet::new() };
    let old = |entry: &fs::DirEntry| entry.metadata().is_ok_and(|data| is_old(&data, now));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().ok();
    let is_ours = |name: &String| name.len() == 80 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    entries.filter_map(Result::ok).filter(old).filter_map(name).filter(is_ours).collect()
}

fn is_old(data: &fs::Metadata, now: SystemTime) -> bool {
    let age = data.modified().ok().and_then(|at| now.duration_since(at).ok());
    data.is_file() && age.is_some_and(|age| age >= AGE_MIN)
}

/// The file, locked; `None` when somebody is writing it.
fn lock(path: &Path, now: SystemTime) -> Option<File> {
    let file = File::open(path).ok()?;
    (file.try_lock().is_ok() && is_old(&file.metadata().ok()?, now)).then_some(file)
}

/// Forgets what any database in a folder names.
fn forget_named(databases: &Path, tables: &[&str], left: &mut HashSet<String>) -> Result<(), StoreError> {
    if left.is_empty() {
        return Ok(());
    }
    let listed = fs::read_dir(databases).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = listed.map_err(|source| StoreError::Folder { path: databases.to_owned(), source })?;
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "sqlite") {
            // One that cannot be read may name anything, so nothing goes.
            forget_named_by(&path, tables, left).map_err(|source| StoreError::Database { path, source })?;
        }
    }
    Ok(())
}

fn forget_named_by(database: &Path, tables: &[&str], left: &mut HashSet<String>) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    for table in tables {
        let exists: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1)",
            [table],
            |row| row.get(0),
        )?;
        if !exists {
            continue;
        }
        let mut statement = connection.prepare(&format!("SELECT blob_id FROM {table} WHERE blob_id IS NOT NULL"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            left.remove(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// More files than are locked at once; some are being written, and some are named.
    #[test]
    fn what_is_locked_or_named_stays() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("a.sqlite")).unwrap();
        connection.execute_batch("CREATE TABLE t (blob_id TEXT)").unwrap();
        let mut writing = Vec::new();
        for number in 0..LOCKED_MAX * 3 {
            let name = format!("{number:080x}");
            let file = File::create_new(folder.path().join(&name)).unwrap();
            match number % 3 {
                0 => drop(connection.execute("INSERT INTO t VALUES (?1)", [name]).unwrap()),
                1 => {
                    file.lock().unwrap();
                    writing.push(file);
                }
                _ => {}
            }
        }
        let later = SystemTime::now() + AGE_MIN * 2;
        let sweep = || sweep(folder.path(), folder.path(), &["t"], later).unwrap().removed;
        assert_eq!((sweep(), sweep()), (LOCKED_MAX, 0));
        writing.clear();
        assert_eq!(sweep(), LOCKED_MAX);
        assert_eq!(old_files(folder.path(), later).len(), LOCKED_MAX);
    }
}
