//! The alarms of a namespace: `metadata.sqlite`, wrangler's list of them.
//!
//! An object's own database has its alarm's time too and decides; this list is what tells which objects to wake, without
//! opening them all.
//!
//! Names of objects are kept in a table of lopata's own, because wrangler's has no place for them; a newer one has, and
//! then that is used too.
//!
//! Invariants
//! - The file is made by the first alarm that is set.
//! - Each call is a commit.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::layout::PersistRoot;

/// wrangler's table, in its own text.
const ALARMS: &str = "CREATE TABLE IF NOT EXISTS _cf_ALARM (
      actor_id TEXT PRIMARY KEY,
      scheduled_time INTEGER
    ) WITHOUT ROWID";

/// The names of objects that have an alarm.
const NAMES: &str = "CREATE TABLE IF NOT EXISTS _lopata_NAME (actor_id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID";

/// An alarm that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAlarm {
    /// The object's id, in hex digits.
    pub id: String,
    /// Nanoseconds since the Unix epoch.
    pub scheduled_ns: i64,
    /// The name that the object was addressed by, when it is known.
    pub name: Option<String>,
}

/// The alarms of one namespace.
#[derive(Debug)]
pub struct AlarmStore {
    /// `None` in memory.
    path: Option<PathBuf>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    file: Option<OpenedFile>,
    tables: Tables,
}

/// What of the tables is there. Reading makes none.
#[derive(Clone, Copy, Debug, Default)]
struct Tables {
    alarms: bool,
    /// The table of alarms has a column for names.
    has_name: bool,
    names: bool,
}

impl Tables {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let exists = |sql: &str| connection.query_row(&format!("SELECT EXISTS ({sql})"), [], |row| row.get(0));
        Ok(Self {
            alarms: exists("SELECT 1 FROM sqlite_schema WHERE name = '_cf_ALARM'")?,
            has_name: exists("SELECT 1 FROM pragma_table_info('_cf_ALARM') WHERE name = 'actor_name'")?,
            names: exists("SELECT 1 FROM sqlite_schema WHERE name = '_lopata_NAME'")?,
        })
    }
}

impl AlarmStore {
    /// The alarms of the namespace with this unique key under the persist root `root`. Touches nothing yet.
    pub fn open(root: &Path, unique_key: &str) -> Self {
        Self::at(PersistRoot::new(root).alarms_database(unique_key))
    }

    /// Those that are stored in the file `path`. Touches nothing yet.
    pub fn at(path: PathBuf) -> Self {
        Self { path: Some(path), open: None }
    }

    /// Those of the namespace in this folder. Touches nothing yet.
    pub fn in_folder(folder: &Path) -> Self {
        Self::at(folder.join("metadata.sqlite"))
    }

    /// Alarms that end with the process.
    pub fn in_memory() -> Self {
        Self { path: None, open: None }
    }

    /// Whether there is a file, or an alarm in memory.
    pub fn exists(&self) -> bool {
        self.path.as_ref().map_or(self.open.is_some(), |path| path.exists())
    }

    /// All alarms, the earliest first.
    pub fn all(&mut self) -> Result<Vec<StoredAlarm>, StoreError> {
        let Some(open) = self.opened(false)? else { return Ok(Vec::new()) };
        let Tables { alarms: true, has_name, names } = open.tables else { return Ok(Vec::new()) };
        let (name, join) = match (has_name, names) {
            (true, true) => ("coalesce(actor_name, name)", "LEFT JOIN _lopata_NAME USING (actor_id)"),
            (true, false) => ("actor_name", ""),
            (false, true) => ("name", "LEFT JOIN _lopata_NAME USING (actor_id)"),
            (false, false) => ("NULL", ""),
        };
        let sql = format!(
            "SELECT actor_id, scheduled_time, {name} FROM _cf_ALARM {join}
             WHERE scheduled_time IS NOT NULL ORDER BY scheduled_time"
        );
        let read = || -> rusqlite::Result<Vec<StoredAlarm>> {
            let mut statement = open.connection.prepare_cached(&sql)?;
            let alarms = statement.query_map([], |row| {
                Ok(StoredAlarm { id: row.get(0)?, scheduled_ns: row.get(1)?, name: row.get(2)? })
            })?;
            alarms.collect()
        };
        let alarms = read();
        self.checked(alarms)
    }

    /// The alarm of one object, in nanoseconds since the Unix epoch.
    pub fn get(&mut self, id: &str) -> Result<Option<i64>, StoreError> {
        let Some(open) = self.opened(false)?.filter(|open| open.tables.alarms) else { return Ok(None) };
        let read = || -> rusqlite::Result<Option<i64>> {
            let mut statement =
                open.connection.prepare_cached("SELECT scheduled_time FROM _cf_ALARM WHERE actor_id = ?1")?;
            Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
        };
        let alarm = read();
        self.checked(alarm)
    }

    /// Sets the alarm of an object. A name that is not given stays what it was.
    pub fn set(&mut self, id: &str, name: Option<&str>, scheduled_ns: i64) -> Result<(), StoreError> {
        let Some(open) = self.opened(true)? else { return Ok(()) };
        let has_name = open.tables.has_name;
        let write = |connection: &Connection| -> rusqlite::Result<()> {
            let sql = if has_name {
                "INSERT INTO _cf_ALARM (actor_id, scheduled_time, actor_name) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET scheduled_time = excluded.scheduled_time,
                     actor_name = coalesce(excluded.actor_name, actor_name)"
            } else {
                "INSERT INTO _cf_ALARM (actor_id, scheduled_time) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET scheduled_time = excluded.scheduled_time"
            };
            let mut statement = connection.prepare_cached(sql)?;
            if has_name {
                statement.execute((id, scheduled_ns, name))?;
            } else {
                statement.execute((id, scheduled_ns))?;
            }
            if let Some(name) = name {
                connection
                    .prepare_cached("INSERT INTO _lopata_NAME VALUES (?1, ?2) ON CONFLICT DO UPDATE SET name = ?2")?
                    .execute((id, name))?;
            }
            Ok(())
        };
        let done = in_transaction(&open.connection, write);
        self.checked(done)
    }

    /// Removes the alarm of an object; false when it had none.
    pub fn delete(&mut self, id: &str) -> Result<bool, StoreError> {
        if !self.opened(false)?.is_some_and(|open| open.tables.alarms) {
            return Ok(false);
        }
        let Some(open) = self.opened(true)? else { return Ok(false) };
        let write = |connection: &Connection| -> rusqlite::Result<bool> {
            connection.prepare_cached("DELETE FROM _lopata_NAME WHERE actor_id = ?1")?.execute([id])?;
            Ok(connection.prepare_cached("DELETE FROM _cf_ALARM WHERE actor_id = ?1")?.execute([id])? > 0)
        };
        let done = in_transaction(&open.connection, write);
        self.checked(done)
    }

    /// Removes all alarms.
    pub fn delete_all(&mut self) -> Result<(), StoreError> {
        if !self.opened(false)?.is_some_and(|open| open.tables.alarms) {
            return Ok(());
        }
        let Some(open) = self.opened(true)? else { return Ok(()) };
        let write =
            |connection: &Connection| connection.execute_batch("DELETE FROM _cf_ALARM; DELETE FROM _lopata_NAME");
        let done = in_transaction(&open.connection, write);
        self.checked(done)
    }

    /// The connection, with all tables if it is to be written; `None` when there is no file and none is to be made.
    fn opened(&mut self, make: bool) -> Result<Option<&Open>, StoreError> {
        if self.open.as_ref().and_then(|open| open.file.as_ref()).is_some_and(|file| !file.is_in_place()) {
            self.open = None;
        }
        if self.open.is_none() && (make || self.exists()) {
            let connection = match &self.path {
                Some(path) => database::open(path, Durability::Process)?,
                None => {
                    let opened = Connection::open_in_memory();
                    self.checked(opened)?
                }
            };
            let file = self.path.as_deref().map(OpenedFile::at);
            let tables = self.checked(Tables::of(&connection))?;
            self.open = Some(Open { connection, file, tables });
        }
        let lacks = |open: &&Open| !open.tables.alarms || (make && !open.tables.names);
        if let Some(open) = self.open.as_ref().filter(lacks) {
            // Others may have made them meanwhile.
            let made = if make { open.connection.execute_batch(&format!("{ALARMS}; {NAMES}")) } else { Ok(()) };
            let tables = self.checked(made.and_then(|()| Tables::of(&open.connection)))?;
            if let Some(open) = &mut self.open {
                open.tables = tables;
            }
        }
        Ok(self.open.as_ref())
    }

    fn checked<T>(&self, done: rusqlite::Result<T>) -> Result<T, StoreError> {
        let path = || self.path.clone().unwrap_or_else(|| PathBuf::from(":memory:"));
        done.map_err(|source| StoreError::Database { path: path(), source })
    }
}

fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work(connection).and_then(|done| connection.prepare_cached("COMMIT")?.execute([]).map(|_| done));
    if done.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}
