//! An open database of an object: the connection, the store's own statements, the cursors of user SQL.
//!
//! Thousands of objects may be alive, hundreds of them open: so a connection has a small page cache, little memory for
//! small allocations, and closing it does not copy the log into the database (which syncs twice). The next one to open
//! it reads the log instead.

use std::io::Cursor;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::ObjectStore;
use super::error::ObjectError;
use super::kv::KvList;
use super::place::Place;
use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::sql::{self, Engine, SqlError, SqlValue, Statement, Step, Watcher};

/// Kilobytes of the cache, as a negative number: SQLite's way to say it.
const CACHE_KILOBYTES: i64 = -512;

/// Bytes of a slot, and slots, for a connection's small allocations.
const LOOKASIDE: (i32, i32) = (256, 64);

/// The store's own statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Own {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    Release,
    RollbackTo,
    KvMake,
    KvGet,
    KvPut,
    KvDelete,
    KvCount,
    MetadataMake,
    MetadataGet,
    MetadataPut,
    Size,
}

/// Their SQL, in the order of [`Own`]. The tables' text is production's, because files show it.
const OWN_SQL: [&str; 15] = [
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    // SQLite takes a name for the latest of its savepoints, so that one name does for all.
    "SAVEPOINT _cf_savepoint",
    "RELEASE _cf_savepoint",
    "ROLLBACK TO _cf_savepoint",
    "CREATE TABLE IF NOT EXISTS _cf_KV (
        key TEXT PRIMARY KEY,
        value BLOB
      ) WITHOUT ROWID",
    "SELECT value FROM _cf_KV WHERE key = ?",
    "INSERT INTO _cf_KV VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    "DELETE FROM _cf_KV WHERE key = ?",
    "SELECT count(*) FROM _cf_KV",
    "CREATE TABLE IF NOT EXISTS _cf_METADATA (
        key INTEGER PRIMARY KEY,
        value BLOB
      )",
    "SELECT value FROM _cf_METADATA WHERE key = ?",
    "INSERT INTO _cf_METADATA VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    "SELECT ((SELECT * FROM pragma_page_count) - (SELECT * FROM pragma_freelist_count)) \
     * (SELECT * FROM pragma_page_size)",
];

/// Those of them that are prepared.
#[derive(Debug)]
pub(super) struct OwnStatements {
    prepared: [Option<Statement>; OWN_SQL.len()],
}

impl OwnStatements {
    const NONE: Self = Self { prepared: [const { None }; OWN_SQL.len()] };

    /// Runs one with these values and gives its rows to `each`.
    pub(super) fn run(
        &mut self,
        engine: &Engine,
        own: Own,
        params: &[SqlValue<'_>],
        mut each: impl FnMut(&mut Statement),
    ) -> Result<(), SqlError> {
        engine.trusted(|connection| {
            let statement = match &mut self.prepared[own as usize] {
                Some(statement) => statement,
                place => {
                    let (statement, _) = sql::prepare(connection, OWN_SQL[own as usize], true)?;
                    place.insert(statement.ok_or(SqlError::Empty)?)
                }
            };
            let done = (|| {
                for (number, value) in params.iter().enumerate() {
                    statement.bind_value(connection, number + 1, *value)?;
                }
                while statement.step(connection)? == Step::Row {
                    each(statement);
                }
                Ok(())
            })();
            statement.reset();
            done
        })
    }
}

/// An open database.
pub(super) struct Open {
    // Statements are dropped before the connection.
    pub(super) own: OwnStatements,
    pub(super) list: Option<KvList>,
    pub(super) engine: Engine,
    file: Option<OpenedFile>,
    /// Nothing has been committed since the file was made. There is nothing yet that could be lost, so the log's header is
    /// not synced, which would take longer than all the rest.
    is_new: bool,
    /// Whether the tables are known to be there.
    pub(super) has_kv: bool,
    pub(super) has_metadata: bool,
}

impl Open {
    /// Opens what is at a place; makes it if that is wanted. `None` when there is nothing.
    fn at(place: &Place, make: bool) -> Result<Option<Self>, ObjectError> {
        let (connection, file, is_new) = match place {
            Place::File(path) | Place::ReadOnly(path) => {
                let is_new = !path.exists();
                if is_new && !make {
                    return Ok(None);
                }
                let refused = |source| StoreError::Database { path: path.to_owned(), source };
                let connection = match place {
                    Place::ReadOnly(_) => open_to_read(path)?,
                    _ => database::open_with(path, Durability::Process, |connection| {
                        sql::set_lookaside(connection, LOOKASIDE.0, LOOKASIDE.1);
                        if is_new { without_journal(connection) } else { Ok(()) }
                    })?,
                };
                if is_new {
                    connection.pragma_update(None, "synchronous", "OFF").map_err(refused)?;
                }
                (connection, Some(OpenedFile::at(path)), is_new)
            }
            Place::Memory(shelf, name) => match shelf.take(name) {
                None if !make => return Ok(None),
                contents => {
                    let refused = |source| StoreError::Database { path: name.as_ref().into(), source };
                    let mut connection = Connection::open_in_memory().map_err(refused)?;
                    if let Some(contents) = contents {
                        let length = contents.len();
                        connection
                            .deserialize_read_exact("main", Cursor::new(contents), length, false)
                            .map_err(refused)?;
                    }
                    (connection, None, false)
                }
            },
        };
        let path = place.path().unwrap_or_else(|| std::path::Path::new(":memory:"));
        let refused = |source| StoreError::Database { path: path.to_owned(), source };
        Ok(Some(Self::set_up(connection, file, is_new).map_err(refused)?))
    }

    fn set_up(connection: Connection, file: Option<OpenedFile>, is_new: bool) -> rusqlite::Result<Self> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "cache_size", CACHE_KILOBYTES)?;
        let (has_kv, has_metadata) = tables(&connection)?;
        let engine = Engine::new(connection)?;
        Ok(Self { own: OwnStatements::NONE, list: None, engine, file, is_new, has_kv, has_metadata })
    }

    /// False once its file was removed, moved or replaced.
    pub(super) fn is_in_place(&self) -> bool {
        self.file.as_ref().is_none_or(OpenedFile::is_in_place)
    }

    pub(super) fn watch(&mut self, watcher: Watcher) {
        // Without it, statements run to their end.
        let _ = self.engine.watch(watcher);
    }

    /// After a commit: from now on there is something to lose.
    pub(super) fn committed(&mut self) {
        if std::mem::take(&mut self.is_new) {
            // Otherwise it stays as it is, and only a loss of power would tell.
            let _ = self.engine.trusted(|connection| connection.pragma_update(None, "synchronous", "NORMAL"));
        }
    }

    /// Closes it; what is in memory goes back to its place.
    pub(super) fn close(self, place: &Place) {
        if let Place::Memory(shelf, name) = place {
            let contents = self.engine.trusted(|connection| connection.serialize("main").map(|data| data.to_vec()));
            // It fails without memory, and then what was there is lost like everything else.
            if let Ok(contents) = contents
                && !contents.is_empty()
            {
                shelf.put(name, contents);
            }
        }
    }

    /// Runs a statement of the store's own and gives its rows to `each`.
    pub(super) fn run(
        &mut self,
        own: Own,
        params: &[SqlValue<'_>],
        each: impl FnMut(&mut Statement),
    ) -> Result<(), SqlError> {
        self.own.run(&self.engine, own, params, each)
    }

    /// Rows that the last statement has changed.
    pub(super) fn changes(&self) -> i64 {
        sql::changes(self.engine.connection())
    }

    /// Whether SQLite is in no transaction.
    pub(super) fn is_autocommit(&self) -> bool {
        self.engine.connection().is_autocommit()
    }

    /// Ends the store's own statements, so that the schema can go.
    pub(super) fn forget_statements(&mut self) {
        self.list = None;
        self.own = OwnStatements::NONE;
    }

    /// Looks which tables there are, after some may have gone.
    pub(super) fn look_for_tables(&mut self) {
        let found = self.engine.trusted(tables);
        (self.has_kv, self.has_metadata) = found.unwrap_or_default();
    }
}

/// For a file that is empty, whose switch to a log needs no journal, and no sync.
fn without_journal(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))
}

/// Whether there are the tables of pairs and of metadata.
fn tables(connection: &Connection) -> rusqlite::Result<(bool, bool)> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('_cf_KV', '_cf_METADATA')";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = (false, false);
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "_cf_KV" => found.0 = true,
            _ => found.1 = true,
        }
    }
    Ok(found)
}

fn open_to_read(path: &std::path::Path) -> Result<Connection, StoreError> {
    let refused = |source| StoreError::Database { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(refused)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(refused)?;
    Ok(connection)
}

impl ObjectStore {
    /// The database, opened if there is one.
    pub(super) fn open_to_read(&mut self) -> Result<Option<&mut Open>, ObjectError> {
        self.require_not_broken()?;
        if self.open.is_none() {
            self.open_at(false)?;
        }
        Ok(self.open.as_mut())
    }

    /// The database, opened or made.
    pub(super) fn open_or_make(&mut self) -> Result<&mut Open, ObjectError> {
        self.require_not_broken()?;
        if self.open.is_none() {
            self.open_at(!matches!(self.place, Place::ReadOnly(_)))?;
        }
        self.open.as_mut().ok_or(ObjectError::Absent)
    }

    fn open_at(&mut self, make: bool) -> Result<(), ObjectError> {
        let Some(mut open) = Open::at(&self.place, make)? else { return Ok(()) };
        if let Some(watcher) = &self.watcher {
            open.watch(Arc::clone(watcher));
        }
        self.open = Some(open);
        Ok(())
    }
}
