//! The store of one D1 database: a SQLite file in wrangler's place, and the statements that run on it.
//!
//! A [`D1Store`] is one connection. One of them writes ([`D1Store::open`]); others may read beside it
//! ([`D1Store::reader`]), each from a state of its own, so that a long query keeps nobody waiting. What a statement
//! needs of the two is asked with [`D1Store::access`].
//!
//! Owns the transaction around statements, what they report, and the bookmark. What user SQL may do, and its errors,
//! is the business of [`crate::sql`].
//!
//! Invariants
//! - A call is one transaction: all of its statements have happened, or none.
//! - What was answered survives the end of the process, however it ends.
//! - The runtime's own table (`_cf_METADATA`, wrangler's place for the bookmark) cannot be reached by user SQL.

pub mod export;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Instant;

use lopata_protocol::d1::{D1Error, D1ExportOptions, D1Meta, D1Result, D1Statement};
use rusqlite::{Connection, InterruptHandle, OptionalExtension};

use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::layout::PersistRoot;
use crate::sql::{Access, Engine, SqlError, Watcher};

/// The runtime's table in each database. Source: the files that wrangler writes, whose text this is.
const METADATA: &str = "CREATE TABLE IF NOT EXISTS _cf_METADATA (
        key INTEGER PRIMARY KEY,
        value BLOB
      )";

/// The key under which the number of the next bookmark is kept there.
const BOOKMARK_KEY: i64 = 2;

/// What all connections to one database of this process share.
#[derive(Debug, Default)]
struct Shared {
    /// The rowid of the last insert; readers report the writer's.
    last_row_id: AtomicI64,
    /// The number of the next bookmark.
    bookmark: AtomicI64,
    /// True once a pragma has changed how the writer reads, which readers do not know of.
    readers_differ: AtomicBool,
    /// True once there is a table for the bookmark. wrangler makes it with the first call, also when that only reads.
    has_table: AtomicBool,
}

/// One connection to a database.
#[derive(Debug)]
pub struct D1Store {
    engine: Engine,
    path: PathBuf,
    role: Role,
    shared: Arc<Shared>,
    file: OpenedFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

/// Makes further connections to an open database.
#[derive(Clone, Debug)]
pub struct D1Opener {
    path: PathBuf,
    shared: Arc<Shared>,
}

impl D1Opener {
    /// A connection for statements that only read.
    pub fn reader(&self) -> Result<D1Store, StoreError> {
        D1Store::connect(self.path.clone(), Role::Reader, Arc::clone(&self.shared))
    }
}

impl D1Store {
    /// Opens the database `id` under the persist root `root`; makes it when there is none.
    pub fn open(root: &Path, id: &str) -> Result<Self, StoreError> {
        let path = PersistRoot::new(root).d1_database(id);
        let shared = Arc::new(Shared::default());
        let store = Self::connect(path.clone(), Role::Writer, shared)?;
        let stored = store.trusted(stored_bookmark).map_err(|source| StoreError::Database { path, source })?;
        store.shared.has_table.store(stored.is_some(), Ordering::Relaxed);
        store.shared.bookmark.store(stored.unwrap_or(0), Ordering::Relaxed);
        Ok(store)
    }

    /// False once the database's file was removed, moved or replaced: what is written here from then on is lost.
    pub fn is_in_place(&self) -> bool {
        self.file.is_in_place()
    }

    /// Another connection to the same database, for statements that only read.
    pub fn reader(&self) -> Result<Self, StoreError> {
        self.opener().reader()
    }

    /// What makes further readers, also while this one is in use.
    pub fn opener(&self) -> D1Opener {
        D1Opener { path: self.path.clone(), shared: Arc::clone(&self.shared) }
    }

    fn connect(path: PathBuf, role: Role, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let opened = database::open(&path, Durability::Process)?;
        let engine = (|| {
            if role == Role::Reader {
                opened.pragma_update(None, "query_only", true)?;
            }
            Engine::new(opened)
        })();
        match engine {
            Ok(engine) => Ok(Self { engine, file: OpenedFile::at(&path), path, role, shared }),
            Err(source) => Err(StoreError::Database { path, source }),
        }
    }

    /// Sets what is asked from time to time while a statement runs, and while it waits for another process to finish
    /// writing (a minute, at most). When it answers true, the statement fails with `interrupted: SQLITE_INTERRUPT` and
    /// its transaction has not happened.
    pub fn watch(&mut self, watcher: Watcher) -> Result<(), D1Error> {
        self.engine.watch(watcher).map_err(|error| refused(error.into()))
    }

    /// Whether statements need the connection that writes. Asked of a reader, whose schema is that of the last commit.
    ///
    /// A statement that fails to prepare fails the call, unless an earlier one of it may have made what it needs.
    pub fn access(&mut self, statements: &[D1Statement]) -> Result<Access, D1Error> {
        let shared = &self.shared;
        if shared.readers_differ.load(Ordering::Relaxed) || !shared.has_table.load(Ordering::Relaxed) {
            return Ok(Access::Write);
        }
        for statement in statements.iter().filter(|statement| !is_comment(&statement.sql)) {
            match self.engine.access(&statement.sql) {
                Ok(Access::Read) => {}
                Ok(Access::Write) => return Ok(Access::Write),
                Err(_) if statements.len() > 1 => return Ok(Access::Write),
                Err(error) => return Err(refused(error)),
            }
        }
        Ok(Access::Read)
    }

    /// Carries out statements in their order, as one transaction: when one fails, none has happened.
    ///
    /// Statements that are nothing but comments give no result; with nothing else, it fails.
    pub fn query(&mut self, statements: &[D1Statement]) -> Result<Vec<D1Result>, D1Error> {
        if statements.iter().all(|statement| is_comment(&statement.sql)) {
            return Err(D1Error::new("No SQL statements detected."));
        }
        let mut transaction = self.transaction()?;
        let mut results = Vec::with_capacity(statements.len());
        for statement in statements.iter().filter(|statement| !is_comment(&statement.sql)) {
            results.push(transaction.run(statement)?);
        }
        transaction.commit()?;
        Ok(results)
    }

    /// Begins a transaction, for statements that come one by one. Dropped, it has not happened.
    pub fn transaction(&mut self) -> Result<D1Transaction<'_>, D1Error> {
        let begin = match self.role {
            Role::Writer => "BEGIN IMMEDIATE",
            Role::Reader => "BEGIN",
        };
        self.engine.own(begin).map_err(refused)?;
        self.engine.begin_call();
        Ok(D1Transaction { store: self, open: true, size: None })
    }

    /// Carries out a script of any number of statements as one transaction. One result for each of them.
    pub fn exec(&mut self, script: &str) -> Result<Vec<D1Result>, D1Error> {
        let mut transaction = self.transaction()?;
        let mut results = Vec::new();
        let mut rest = script;
        while let Some((statement, after)) = transaction.store.engine.first_statement(rest).map_err(refused)? {
            results.push(transaction.run(&D1Statement::new(statement))?);
            rest = after;
        }
        if results.is_empty() {
            return Err(D1Error::new("No SQL statements detected."));
        }
        transaction.commit()?;
        Ok(results)
    }

    /// The statements that make the database anew, as wrangler's export writes them.
    pub fn export(&mut self, options: &D1ExportOptions) -> Result<Vec<String>, D1Error> {
        self.trusted(|connection| export::statements(connection, options))
    }

    /// What a session can start from to see at least the current state. Each call gives a later one.
    pub fn bookmark(&self) -> String {
        let number = self.shared.bookmark.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{:08x}-{:08x}-{:032x}", 0, number, 0, 0)
    }

    /// Writes down the number after the next bookmark, in wrangler's table. Makes that when there is none: another
    /// program may have put a database without one in the place of this one. Where it is, that costs next to nothing.
    fn store_bookmark(&mut self) -> rusqlite::Result<()> {
        let next = self.shared.bookmark.load(Ordering::Relaxed) + 1;
        self.trusted(|connection| {
            connection.prepare_cached(METADATA)?.execute([])?;
            connection
                .prepare_cached(
                    "INSERT INTO _cf_METADATA (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
                )?
                .execute([BOOKMARK_KEY, next])
        })?;
        Ok(())
    }

    /// Bytes of the database.
    pub fn size(&mut self) -> Result<u64, D1Error> {
        let mut ask = |sql| self.engine.own(sql).map(Option::unwrap_or_default).map_err(refused);
        let pages = ask("PRAGMA page_count")? - ask("PRAGMA freelist_count")?;
        Ok((pages * ask("PRAGMA page_size")?) as u64)
    }

    /// Stops the statement that is running, from any thread; it fails with `interrupted: SQLITE_INTERRUPT`.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.engine.interrupt_handle()
    }

    /// Runs something of the program's own on the connection, which the policy lets pass.
    pub(crate) fn trusted<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        self.engine.trusted(work)
    }
}

/// A transaction whose statements come one by one.
#[derive(Debug)]
pub struct D1Transaction<'s> {
    store: &'s mut D1Store,
    /// False once it is committed.
    open: bool,
    /// Bytes of the database after the last statement, when that is known.
    size: Option<u64>,
}

impl D1Transaction<'_> {
    /// Carries out one statement (or several, of which the last one's rows are the result).
    pub fn run(&mut self, statement: &D1Statement) -> Result<D1Result, D1Error> {
        let started = Instant::now();
        let Self { store, size, .. } = self;
        let reads = store.role == Role::Reader;
        let size_before = match *size {
            Some(size) => size,
            None => store.size()?,
        };
        let (changes_before, last_before) = store.changes();
        let outcome = store.engine.run(&statement.sql, &statement.params);
        let (changes_after, last_after) = store.changes();
        if store.role == Role::Writer {
            store.shared.last_row_id.store(last_after, Ordering::Relaxed);
        }
        let outcome = outcome.map_err(refused)?;
        if reads {
            *size = Some(size_before);
        } else {
            *size = Some(store.size()?);
            store.notice_pragmas();
        }
        let size_after = size.unwrap_or(size_before);
        let changes = changes_after - changes_before;
        Ok(D1Result {
            columns: outcome.columns,
            cells: outcome.cells,
            meta: D1Meta {
                duration_ms: started.elapsed().as_secs_f64() * 1000.0,
                changes,
                last_row_id: if reads { store.shared.last_row_id.load(Ordering::Relaxed) } else { last_after },
                changed_db: changes != 0 || last_after != last_before || size_after != size_before,
                size_after,
                rows_read: outcome.rows_read,
                rows_written: outcome.rows_written,
            },
        })
    }

    /// Makes it happen.
    pub fn commit(mut self) -> Result<(), D1Error> {
        let store = &mut *self.store;
        if store.role == Role::Writer {
            store.store_bookmark().map_err(|error| refused(error.into()))?;
        }
        store.engine.own("COMMIT").map_err(not_committed)?;
        self.open = false;
        if store.role == Role::Writer {
            store.shared.has_table.store(true, Ordering::Relaxed);
            let last = store.engine.connection().last_insert_rowid();
            store.shared.last_row_id.store(last, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Why a transaction that went well so far has not happened.
fn not_committed(error: SqlError) -> D1Error {
    if !error.is_constraint() {
        return refused(error);
    }
    // A constraint that was put off until now. Production's database object does not survive that.
    let text = format!(
        "Durable Object was reset and rolled back to its last known good state because the application left the \
         database in a state where constraints were violated: {error}"
    );
    D1Error { text, reset: true }
}

impl Drop for D1Transaction<'_> {
    fn drop(&mut self) {
        // A statement may have rolled back by itself, in which case there is nothing left to do.
        if self.open && !self.store.engine.connection().is_autocommit() {
            let _ = self.store.engine.own("ROLLBACK");
        }
    }
}

impl D1Store {
    /// Rows changed so far, and the rowid of the last insert.
    fn changes(&self) -> (i64, i64) {
        (self.engine.total_changes(), self.engine.connection().last_insert_rowid())
    }

    /// Looks whether a pragma has changed how this connection reads.
    fn notice_pragmas(&self) {
        if self.engine.reads_differently() {
            self.shared.readers_differ.store(true, Ordering::Relaxed);
        }
    }
}

/// The number of the next bookmark, when there is a table that says it.
fn stored_bookmark(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_cf_METADATA'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let number = connection.query_row("SELECT value FROM _cf_METADATA WHERE key = ?1", [BOOKMARK_KEY], |row| {
        Ok(row.get::<_, Option<i64>>(0).unwrap_or_default())
    });
    Ok(Some(number.optional()?.flatten().unwrap_or(0)))
}

fn refused(error: SqlError) -> D1Error {
    D1Error::new(error.to_string())
}

/// Whether a statement is nothing but blanks and comments. As production's test has it: a comment counts as one only
/// with a blank before its dashes; all others are left to SQLite.
fn is_comment(sql: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let mut line = sql;
    loop {
        let text = line.trim_start_matches(is_blank);
        if text.is_empty() {
            return true;
        }
        if text.len() == line.len() || !text.starts_with("--") {
            return false;
        }
        match text.find(['\n', '\r', '\u{2028}', '\u{2029}']) {
            Some(end) => {
                let mut rest = text[end..].chars();
                rest.next();
                line = rest.as_str();
            }
            None => return true,
        }
    }
}
