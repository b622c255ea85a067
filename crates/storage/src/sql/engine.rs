//! A connection under the policy: prepares user SQL, keeps what is prepared, runs it, counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lopata_protocol::d1::D1Value;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, InterruptHandle, ffi};

use super::counts::{self, Counts, Plan};
use super::error::SqlError;
use super::limited;
use super::policy::{self, Policy};
use super::raw::{self, Statement, Step, Waiting};

/// Statements kept per connection.
const CACHED_STATEMENTS_MAX: usize = 100;

/// Bytes of the longest statement that is kept.
const CACHED_SQL_BYTES_MAX: usize = 16 * 1024;

/// Bytes of the rows of all results of one call, as an isolate of production's has room for.
const RESULT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Instructions between two looks at the watcher.
const WATCH_EVERY_INSTRUCTIONS: i32 = 4_000;

/// Between two looks whether another process has finished writing.
const WAIT_STEP: Duration = Duration::from_millis(2);

/// How often: a minute, for a command may import a large file.
const WAIT_STEPS_MAX: u32 = 30_000;

/// What is asked from time to time while a statement runs; true stops it.
pub type Watcher = Arc<dyn Fn() -> bool + Send + Sync>;

/// What a statement needs of the connection that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It may write, or belongs to the connection that does.
    Write,
}

/// The rows of a statement, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The cells, one row after the other.
    pub cells: Vec<D1Value>,
    /// Rows and index entries read.
    pub rows_read: u64,
    /// Rows and index entries written.
    pub rows_written: u64,
}

/// A kept statement.
#[derive(Debug)]
struct Kept {
    statement: Statement,
    access: Access,
    plan: Option<Plan>,
    /// When it was last used, in the order of uses.
    used: u64,
}

/// The engine.
pub struct Engine {
    // Statements are dropped before the connection.
    kept: HashMap<Box<str>, Kept>,
    own: HashMap<&'static str, Statement>,
    uses: u64,
    /// Bytes of the rows of this call so far.
    result_bytes: usize,
    policy: Policy,
    connection: Connection,
    /// Non-null once there is a watcher. After the connection, which calls it.
    waiting: Option<Box<Waiting>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("database", &self.connection.path()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Takes a connection under the policy.
    pub fn new(connection: Connection) -> rusqlite::Result<Self> {
        let policy = Policy::apply(&connection)?;
        let (kept, own) = (HashMap::new(), HashMap::new());
        Ok(Self { kept, own, uses: 0, result_bytes: 0, policy, connection, waiting: None })
    }

    /// The connection, under the policy.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops the statement that runs, from any thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.connection.get_interrupt_handle()
    }

    /// Sets what is asked while statements run, and while they wait for another process.
    pub fn watch(&mut self, watcher: Watcher) -> rusqlite::Result<()> {
        let waiting = Arc::clone(&watcher);
        self.waiting = Some(Waiting::on(&self.connection, move |times| {
            std::thread::sleep(WAIT_STEP);
            times < WAIT_STEPS_MAX && !waiting()
        }));
        self.connection.progress_handler(WATCH_EVERY_INSTRUCTIONS, Some(move || watcher()))
    }

    /// Runs something of the caller's own, which the policy lets pass.
    pub fn trusted<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        self.policy.trusted(|| work(&self.connection))
    }

    /// Runs a statement of the caller's own that gives at most one integer.
    pub fn own(&mut self, sql: &'static str) -> Result<Option<i64>, SqlError> {
        let Self { own, policy, connection, .. } = self;
        policy.trusted(|| {
            let statement = match own.entry(sql) {
                std::collections::hash_map::Entry::Occupied(kept) => kept.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(raw::prepare(connection, sql, true)?.0.ok_or(SqlError::Empty)?)
                }
            };
            let step = statement.step(connection).map(|step| (step == Step::Row).then(|| statement.integer(0)));
            statement.reset();
            Ok(step?)
        })
    }

    /// Rows changed by all statements so far.
    pub fn total_changes(&self) -> i64 {
        raw::total_changes(&self.connection)
    }

    /// Whether a pragma has changed how this connection reads.
    pub fn reads_differently(&self) -> bool {
        self.policy.reads_differently()
    }

    /// The first statement of a script and what comes after it; `None` at the end. The statements before it have run.
    pub fn first_statement<'s>(&self, script: &'s str) -> Result<Option<(&'s str, &'s str)>, SqlError> {
        match self.prepare(script, false) {
            Ok((_, rest)) => Ok(Some((&script[..script.len() - rest.len()], rest))),
            // What is left are comments.
            Err(SqlError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What this SQL needs. Several statements at once always write: what the later ones are is known only once the
    /// earlier ones have run.
    pub fn access(&mut self, sql: &str) -> Result<Access, SqlError> {
        self.uses += 1;
        if let Some(kept) = self.kept.get_mut(sql) {
            kept.used = self.uses;
            return Ok(kept.access);
        }
        let (first, rest) = self.prepare(sql, true)?;
        if !rest.is_empty() {
            return Ok(Access::Write);
        }
        let access = self.access_of(&first);
        self.keep(sql, Kept { statement: first, access, plan: None, used: 0 });
        Ok(access)
    }

    /// Begins a call: the statements until the next one share the room for their rows.
    pub fn begin_call(&mut self) {
        self.result_bytes = 0;
    }

    /// Carries out SQL with the values of its parameters. The rows are those of the last statement.
    pub fn run(&mut self, sql: &str, params: &[D1Value]) -> Result<Outcome, SqlError> {
        self.uses += 1;
        let Self { kept, policy, connection, uses, result_bytes, .. } = self;
        if let Some(kept) = kept.get_mut(sql) {
            kept.used = *uses;
            return Run { connection, policy, result_bytes }.run(kept, params);
        }
        let (statement, several) = self.last_of(sql)?;
        let access = self.access_of(&statement);
        let mut kept = Kept { statement, access, plan: None, used: 0 };
        let Self { policy, connection, result_bytes, .. } = self;
        let outcome = Run { connection, policy, result_bytes }.run(&mut kept, params);
        // One of several is not kept: the others have to run each time.
        if !several {
            self.keep(sql, kept);
        }
        outcome
    }

    /// Carries out all but the last statement; gives that one, and whether there were others.
    fn last_of(&mut self, sql: &str) -> Result<(Statement, bool), SqlError> {
        let mut rest = sql;
        let mut several = false;
        loop {
            let (statement, after) = self.prepare(rest, !several)?;
            if after.is_empty() {
                return Ok((statement, several));
            }
            several = true;
            if statement.parameter_count() > 0 {
                return Err(SqlError::BindingsBeforeLast);
            }
            // One step: rows of such a statement are nobody's, and what it changes is changed by then.
            statement.step(&self.connection)?;
            rest = after;
        }
    }

    /// What user SQL may do here.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The first statement and what comes after it.
    pub(super) fn prepare<'s>(&self, sql: &'s str, keep: bool) -> Result<(Statement, &'s str), SqlError> {
        self.policy.start();
        let (statement, end) = match raw::prepare(&self.connection, sql, keep) {
            Err(fault) if fault.is_syntax_error_at_limit() => self.prepare_limited(sql, keep).ok_or(fault),
            prepared => prepared,
        }
        .map_err(|mut fault| match fault.code & 0xff {
            ffi::SQLITE_AUTH if self.policy.refused_transaction() => SqlError::Transaction,
            _ => {
                policy::hide_newer_functions(&mut fault);
                SqlError::Sqlite(fault)
            }
        })?;
        let statement = statement.ok_or(SqlError::Empty)?;
        let is_space = |c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
        Ok((statement, sql.get(end..).unwrap_or("").trim_start_matches(is_space)))
    }

    #[cfg(test)]
    pub(super) fn kept_statements(&self) -> usize {
        self.kept.len()
    }

    /// A statement whose `ORDER BY` or `LIMIT` SQLite does not know, and its end. Only for SQL that is one statement.
    fn prepare_limited(&self, sql: &str, keep: bool) -> Option<(Option<Statement>, usize)> {
        let rewritten = limited::rewritten(sql, |table| self.rowid_of(table))?;
        let (statement, _) = raw::prepare(&self.connection, &rewritten, keep).ok()?;
        let end = sql.find(';').map_or(sql.len(), |at| at + 1);
        sql[end..].trim().is_empty().then_some((statement, end))
    }

    /// The first name of the rowid that is no column of the table; `None` when all are.
    fn rowid_of(&self, table: &str) -> Option<&'static str> {
        let columns = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare("SELECT name FROM pragma_table_xinfo(?1)")?;
            statement.query_map([table], |row| row.get(0))?.collect()
        };
        let columns = self.policy.trusted(columns).ok()?;
        let is_free = |name: &&str| !columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        ["rowid", "_rowid_", "oid"].into_iter().find(is_free)
    }

    fn access_of(&self, statement: &Statement) -> Access {
        let reads = statement.is_readonly() || statement.is_explain();
        if reads && !self.policy.bound_to_connection() { Access::Read } else { Access::Write }
    }

    /// Keeps a statement for the next time, in the place of the one that was not used for longest.
    fn keep(&mut self, sql: &str, mut kept: Kept) {
        if sql.len() > CACHED_SQL_BYTES_MAX {
            return;
        }
        if self.kept.len() >= CACHED_STATEMENTS_MAX
            && let Some(oldest) = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(sql, _)| sql.clone())
        {
            self.kept.remove(&oldest);
        }
        kept.used = self.uses;
        self.kept.insert(sql.into(), kept);
    }
}

/// What running a statement needs beside it.
struct Run<'e> {
    connection: &'e Connection,
    policy: &'e Policy,
    result_bytes: &'e mut usize,
}

impl Run<'_> {
    fn run(&mut self, kept: &mut Kept, params: &[D1Value]) -> Result<Outcome, SqlError> {
        let Kept { statement, plan, .. } = kept;
        if params.len() != statement.parameter_count() {
            return Err(SqlError::Bindings);
        }
        if plan.is_none() && !statement.is_explain() {
            *plan = counts::with_profiler(|profiler| Plan::new(profiler, statement));
        }
        let changes_before = raw::total_changes(self.connection);
        let rows = if statement.is_explain() {
            // Profiling adds instructions of its own, which an explanation would show. A change of it prepares statements
            // anew.
            let profile = |on| self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_STMT_SCANSTATUS, on);
            profile(false)?;
            let rows = self.rows(statement, params);
            profile(true)?;
            rows
        } else {
            self.rows(statement, params)
        };
        let changes = (raw::total_changes(self.connection) - changes_before) as u64;
        // Also after an error, whose run must not be counted with the next one.
        let counts = match plan {
            Some(plan) => {
                let only_cell = match &rows {
                    Ok((_, cells)) => match cells.as_slice() {
                        [D1Value::Integer(count)] => Some(*count),
                        _ => None,
                    },
                    Err(_) => None,
                };
                let entries = |root| entries(self.policy, self.connection, root);
                let take = |profiler: &_| plan.take(profiler, statement, changes, only_cell, entries);
                counts::with_profiler(take).unwrap_or_default()
            }
            None => Counts::default(),
        };
        statement.reset();
        let (columns, cells) = rows?;
        Ok(Outcome { columns, cells, rows_read: counts.read, rows_written: counts.written })
    }

    fn rows(&mut self, statement: &Statement, params: &[D1Value]) -> Result<(Vec<String>, Vec<D1Value>), SqlError> {
        for (number, value) in params.iter().enumerate() {
            statement.bind(self.connection, number + 1, value)?;
        }
        let mut cells = Vec::new();
        while statement.step(self.connection)? == Step::Row {
            // Asked after the step: the schema may have changed since the statement was prepared.
            for column in 0..statement.column_count() {
                let cell = statement.cell(column);
                *self.result_bytes += size_of::<D1Value>() + heap_bytes(&cell);
                cells.push(cell);
            }
            if *self.result_bytes > RESULT_BYTES_MAX {
                return Err(SqlError::ResultTooLarge(RESULT_BYTES_MAX));
            }
        }
        let columns = (0..statement.column_count()).map(|column| statement.column_name(column)).collect();
        Ok((columns, cells))
    }
}

/// The number of rows of the table with this root page, or of the table of the index with it.
pub(super) fn entries(policy: &Policy, connection: &Connection, root: i64) -> u64 {
    let count = || -> rusqlite::Result<i64> {
        let table: String =
            connection.query_row("SELECT tbl_name FROM sqlite_schema WHERE rootpage = ?1", [root], |row| row.get(0))?;
        let quoted = table.replace('"', "\"\"");
        connection.query_row(&format!("SELECT count(*) FROM \"{quoted}\""), [], |row| row.get(0))
    };
    policy.trusted(count).unwrap_or(0) as u64
}

fn heap_bytes(cell: &D1Value) -> usize {
    match cell {
        D1Value::Text(text) => text.len(),
        D1Value::Blob(bytes) | D1Value::LoneSurrogates(bytes) => bytes.len(),
        D1Value::Null | D1Value::Integer(_) | D1Value::Real(_) => 0,
    }
}
