//! Statements of user SQL whose rows are taken one by one, and what is kept of them.
//!
//! A cursor holds its statement until its last row was taken; then the statement waits to be executed again, in a cache
//! that drops what was not used for longest. A statement that is executed again while a cursor has it is prepared anew.
//! A statement that writes runs to its end at once and its rows are kept: so a transaction can always be committed.
//!
//! Rows read and written are looked up when somebody asks: a statement's counters stay until its next run. Programs that
//! never ask pay nothing; once one has asked, each run is counted before its statement runs again.
//!
//! Invariant: a statement is in one place: in the cache, or with one cursor.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::config::DbConfig;

use super::counts::{self, Counts, Plan, Steps};
use super::engine::{self, Engine};
use super::error::SqlError;
use super::raw::{self, SqlValue, Statement, Step};
use super::rows::{Cells, Columns, CursorId, Owned, Row};

/// Bytes of the SQL of all statements that are kept. Source: production's own limit.
const KEPT_SQL_BYTES_MAX: usize = 1024 * 1024;

/// Statements that are kept. Production has no such limit; a prepared statement takes some kilobytes.
const KEPT_STATEMENTS_MAX: usize = 256;

/// Runs that are counted before it is known whether somebody asks.
const RUNS_COUNTED_MIN: u32 = 64;

/// Set once somebody in this process has asked for rows read or written.
static COUNTS_WANTED: AtomicBool = AtomicBool::new(false);

/// A statement, and what its last run did.
#[derive(Debug)]
struct Prepared {
    statement: Statement,
    columns: Option<Columns>,
    /// Times that SQLite had prepared it anew when the names were read.
    reprepared: u32,
    plan: Option<Plan>,
    began: Steps,
    changes: u64,
    /// The integer that is all of the first row.
    only_cell: Option<i64>,
    /// Whose run the last one was.
    last: Option<CursorId>,
    /// When it was last used, in the order of uses.
    used: u64,
}

#[derive(Debug)]
enum State {
    /// On a row of the statement.
    Row(Box<Prepared>),
    /// On the first of these rows.
    Kept(VecDeque<Box<[Owned]>>),
    Done,
    /// Closed from outside.
    Canceled,
}

/// Where the counts of a cursor are.
#[derive(Clone, Copy, Debug)]
enum Counted {
    Known(Counts),
    /// In the counters of the statement.
    InStatement,
}

#[derive(Debug)]
struct Cursor {
    state: State,
    columns: Columns,
    /// The SQL, when its statement is to be kept.
    key: Option<Arc<str>>,
    counted: Counted,
    /// Its statement had been executed before.
    reused: bool,
}

#[derive(Debug)]
struct Place {
    generation: u32,
    cursor: Option<Cursor>,
}

/// The cursors of one connection, and the statements that wait to be executed again.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    kept: HashMap<Arc<str>, Box<Prepared>>,
    kept_bytes: usize,
    uses: u64,
    runs: u32,
    places: Vec<Place>,
    free: Vec<u32>,
    /// Cursors that stand on a row of their statement.
    running: usize,
}

impl Cursors {
    /// Carries out SQL up to the first row of its last statement. `before_write` runs before each statement that may
    /// change something.
    pub(crate) fn exec<E: From<SqlError>>(
        &mut self,
        engine: &Engine,
        sql: &str,
        params: &[SqlValue<'_>],
        before_write: &mut dyn FnMut(&Engine) -> Result<(), E>,
    ) -> Result<CursorId, E> {
        self.uses += 1;
        let (mut prepared, key) = match self.kept.remove_entry(sql) {
            Some((key, mut prepared)) => {
                self.kept_bytes -= key.len();
                self.count_before_next_run(engine, &mut prepared);
                (prepared, Some(key))
            }
            None => Self::prepare(engine, sql, before_write)?,
        };
        let reused = prepared.columns.is_some();
        let began = self.begin(engine, &mut prepared, params, before_write);
        let state = match began {
            Ok(state) => state,
            Err(error) => {
                prepared.statement.reset();
                self.put_back(engine, key, prepared);
                return Err(error);
            }
        };
        let columns = Self::columns_of(&mut prepared);
        let id = self.place(Cursor { state: State::Done, columns, key, counted: Counted::InStatement, reused });
        prepared.last = Some(id);
        match state {
            Begun::Row => {
                self.running += 1;
                self.set_state(id, State::Row(prepared));
            }
            Begun::Done => self.finish(engine, id, prepared),
            Begun::Kept(rows) => {
                self.finish(engine, id, prepared);
                if !rows.is_empty() {
                    self.set_state(id, State::Kept(rows));
                }
            }
        }
        Ok(id)
    }

    /// Carries out all statements but the last, and prepares that one.
    fn prepare<E: From<SqlError>>(
        engine: &Engine,
        sql: &str,
        before_write: &mut dyn FnMut(&Engine) -> Result<(), E>,
    ) -> Result<(Box<Prepared>, Option<Arc<str>>), E> {
        let mut rest = sql;
        let mut several = false;
        loop {
            let (statement, after) = engine.prepare(rest, !several)?;
            if after.is_empty() {
                let mut prepared = Box::new(Prepared {
                    statement,
                    columns: None,
                    reprepared: 0,
                    plan: None,
                    began: Steps::default(),
                    changes: 0,
                    only_cell: None,
                    last: None,
                    used: 0,
                });
                // Only what writes can have the programs of triggers, whose runs have to be known from the beginning.
                if !prepared.statement.is_readonly() && !prepared.statement.is_explain() {
                    let make = |profiler: &_| Plan::new(profiler, &prepared.statement);
                    prepared.plan = counts::with_profiler(make);
                }
                // One of several is not kept: the others have to run each time.
                let key = (!several && sql.len() <= KEPT_SQL_BYTES_MAX).then(|| Arc::from(sql));
                return Ok((prepared, key));
            }
            several = true;
            if statement.parameter_count() > 0 {
                return Err(SqlError::BindingsBeforeLast.into());
            }
            if !statement.is_readonly() {
                before_write(engine)?;
            }
            // One step: rows of such a statement are nobody's, and what it changes is changed by then.
            statement.step(engine.connection()).map_err(SqlError::from)?;
            rest = after;
        }
    }

    fn begin<E: From<SqlError>>(
        &mut self,
        engine: &Engine,
        prepared: &mut Prepared,
        params: &[SqlValue<'_>],
        before_write: &mut dyn FnMut(&Engine) -> Result<(), E>,
    ) -> Result<Begun, E> {
        let connection = engine.connection();
        if params.len() != prepared.statement.parameter_count() {
            return Err(SqlError::Bindings.into());
        }
        let reads = prepared.statement.is_readonly();
        if !reads {
            before_write(engine)?;
        }
        for (number, value) in params.iter().enumerate() {
            prepared.statement.bind_value(connection, number + 1, *value).map_err(SqlError::from)?;
        }
        if prepared.statement.is_explain() {
            // Profiling adds instructions of its own, which an explanation would show. A change of it prepares
            // statements anew.
            let profile = |on| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_STMT_SCANSTATUS, on);
            profile(false).map_err(SqlError::from)?;
            let rows = Self::all_rows(engine, prepared);
            profile(true).map_err(SqlError::from)?;
            return Ok(Begun::Kept(rows?));
        }
        prepared.statement.forget_runs();
        if let Some(plan) = prepared.plan.as_mut().filter(|plan| plan.has_programs()) {
            let statement = &prepared.statement;
            counts::with_profiler(|profiler| plan.mark(profiler, statement));
        }
        prepared.began = Steps::of(&prepared.statement);
        prepared.only_cell = None;
        if reads {
            prepared.changes = 0;
            return Ok(match prepared.statement.step(connection).map_err(SqlError::from)? {
                Step::Done => Begun::Done,
                Step::Row => {
                    prepared.note_first_row();
                    Begun::Row
                }
            });
        }
        let before = raw::total_changes(connection);
        let rows = Self::all_rows(engine, prepared);
        prepared.changes = (raw::total_changes(connection) - before) as u64;
        Ok(Begun::Kept(rows?))
    }

    fn all_rows(engine: &Engine, prepared: &mut Prepared) -> Result<VecDeque<Box<[Owned]>>, SqlError> {
        let mut rows = VecDeque::new();
        while prepared.statement.step(engine.connection())? == Step::Row {
            let columns = prepared.statement.column_count();
            let row = prepared.statement.row();
            rows.push_back((0..columns).map(|column| Owned::of(row.value(column))).collect());
        }
        Ok(rows)
    }

    /// The names of the columns, read anew when the schema has changed.
    fn columns_of(prepared: &mut Prepared) -> Columns {
        let reprepared = prepared.statement.counter(rusqlite::ffi::SQLITE_STMTSTATUS_REPREPARE);
        if let Some(columns) = prepared.columns.as_ref().filter(|_| prepared.reprepared == reprepared) {
            return columns.clone();
        }
        let statement = &prepared.statement;
        let names = (0..statement.column_count()).map(|column| statement.column_name(column).into());
        let columns = Columns::new(names.collect());
        prepared.reprepared = reprepared;
        prepared.columns = Some(columns.clone());
        columns
    }

    /// Goes on to the next row; false at the end. `None` when the cursor was closed from outside.
    pub(crate) fn next(&mut self, engine: Option<&Engine>, id: CursorId) -> Option<Result<bool, SqlError>> {
        let cursor = self.cursor_mut(id)?;
        match &mut cursor.state {
            State::Done => Some(Ok(false)),
            State::Canceled => None,
            State::Kept(rows) => {
                rows.pop_front();
                let more = !rows.is_empty();
                if !more {
                    cursor.state = State::Done;
                }
                Some(Ok(more))
            }
            State::Row(prepared) => {
                let engine = engine?;
                let step = prepared.statement.step(engine.connection());
                if matches!(step, Ok(Step::Row)) {
                    return Some(Ok(true));
                }
                let State::Row(prepared) = std::mem::replace(&mut cursor.state, State::Done) else {
                    unreachable!("it was on a row");
                };
                self.running -= 1;
                self.finish(engine, id, prepared);
                Some(step.map(|_| false).map_err(SqlError::from))
            }
        }
    }

    /// The row that a cursor stands on.
    pub(crate) fn row(&mut self, id: CursorId) -> Option<Row<'_>> {
        match &mut self.cursor_mut(id)?.state {
            State::Row(prepared) => {
                let length = prepared.statement.column_count();
                Some(Row { cells: Cells::Raw(prepared.statement.row()), length })
            }
            State::Kept(rows) => {
                let cells = rows.front()?;
                Some(Row { cells: Cells::Kept(cells), length: cells.len() })
            }
            State::Done | State::Canceled => None,
        }
    }

    /// Whether a cursor was closed from outside, or is not one.
    pub(crate) fn is_canceled(&self, id: CursorId) -> bool {
        self.cursor(id).is_none_or(|cursor| matches!(cursor.state, State::Canceled))
    }

    /// The names of its columns.
    pub(crate) fn columns(&self, id: CursorId) -> Option<&Columns> {
        Some(&self.cursor(id)?.columns)
    }

    /// Whether its statement was not prepared for it.
    pub(crate) fn is_reused(&self, id: CursorId) -> bool {
        self.cursor(id).is_some_and(|cursor| cursor.reused)
    }

    /// Rows read and written so far.
    pub(crate) fn counts(&mut self, engine: Option<&Engine>, id: CursorId) -> Option<(u64, u64)> {
        COUNTS_WANTED.store(true, Ordering::Relaxed);
        let kept = &mut self.kept;
        let place = self.places.get_mut(id.index as usize).filter(|place| place.generation == id.generation)?;
        let cursor = place.cursor.as_mut()?;
        let counts = match (&mut cursor.state, cursor.counted, engine) {
            // They have been read, but the script has not seen them yet: all but the first count when it goes on.
            (State::Kept(rows), Counted::Known(counts), _) => {
                Counts { read: counts.read.saturating_sub(rows.len() as u64 - 1), ..counts }
            }
            (_, Counted::Known(counts), _) => counts,
            (State::Row(prepared), Counted::InStatement, Some(engine)) => prepared.count(engine),
            (state, Counted::InStatement, engine) => {
                let key = cursor.key.as_ref();
                let prepared = key.and_then(|key| kept.get_mut(key)).filter(|prepared| prepared.last == Some(id));
                let counts = prepared.zip(engine).map(|(prepared, engine)| prepared.count(engine)).unwrap_or_default();
                cursor.counted = Counted::Known(counts);
                match state {
                    State::Kept(rows) => Counts { read: counts.read.saturating_sub(rows.len() as u64 - 1), ..counts },
                    _ => counts,
                }
            }
        };
        Some((counts.read, counts.written))
    }

    /// Ends a cursor. Its number is another one's from then on.
    pub(crate) fn close(&mut self, engine: Option<&Engine>, id: CursorId) {
        let place = self.places.get_mut(id.index as usize).filter(|place| place.generation == id.generation);
        let Some(place) = place else { return };
        let Some(cursor) = place.cursor.take() else { return };
        place.generation = place.generation.wrapping_add(1);
        self.free.push(id.index);
        if let State::Row(prepared) = cursor.state {
            self.running -= 1;
            prepared.statement.reset();
            if let Some(engine) = engine {
                self.put_back(engine, cursor.key, prepared);
            }
        }
    }

    /// Cursors that stand on a row of the database.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Ends all statements. Cursors that still had rows to come fail when they go on.
    pub(crate) fn cancel_all(&mut self, engine: &Engine) {
        let wanted = COUNTS_WANTED.load(Ordering::Relaxed);
        let kept = &mut self.kept;
        for (index, place) in self.places.iter_mut().enumerate() {
            let id = CursorId { index: index as u32, generation: place.generation };
            let Some(cursor) = &mut place.cursor else { continue };
            match &mut cursor.state {
                State::Row(prepared) => {
                    let counts = if wanted { prepared.count(engine) } else { Counts::default() };
                    cursor.counted = Counted::Known(counts);
                    cursor.state = State::Canceled;
                }
                State::Kept(_) | State::Done | State::Canceled if matches!(cursor.counted, Counted::InStatement) => {
                    let prepared = cursor.key.as_ref().and_then(|key| kept.get_mut(key));
                    let counts = prepared
                        .filter(|prepared| wanted && prepared.last == Some(id))
                        .map(|prepared| prepared.count(engine));
                    cursor.counted = Counted::Known(counts.unwrap_or_default());
                }
                State::Kept(_) | State::Done | State::Canceled => {}
            }
        }
        self.running = 0;
        self.kept.clear();
        self.kept_bytes = 0;
    }

    fn cursor(&self, id: CursorId) -> Option<&Cursor> {
        self.places.get(id.index as usize).filter(|place| place.generation == id.generation)?.cursor.as_ref()
    }

    fn cursor_mut(&mut self, id: CursorId) -> Option<&mut Cursor> {
        self.places.get_mut(id.index as usize).filter(|place| place.generation == id.generation)?.cursor.as_mut()
    }

    fn set_state(&mut self, id: CursorId, state: State) {
        if let Some(cursor) = self.cursor_mut(id) {
            cursor.state = state;
        }
    }

    fn place(&mut self, cursor: Cursor) -> CursorId {
        let index = self.free.pop().unwrap_or_else(|| {
            // No cursor has the number 0, which a script may take for none.
            self.places.push(Place { generation: 1, cursor: None });
            (self.places.len() - 1) as u32
        });
        let place = &mut self.places[index as usize];
        place.cursor = Some(cursor);
        CursorId { index, generation: place.generation }
    }

    /// Takes the statement from a cursor that is at its end.
    fn finish(&mut self, engine: &Engine, id: CursorId, mut prepared: Box<Prepared>) {
        prepared.statement.reset();
        let Some(cursor) = self.cursor(id) else { return };
        let key = cursor.key.clone();
        let explained = prepared.statement.is_explain();
        if explained || key.as_ref().is_none_or(|key| self.kept.contains_key(key)) {
            // Nobody finds the statement again.
            let counts = if explained { Counts::default() } else { prepared.count(engine) };
            if let Some(cursor) = self.cursor_mut(id) {
                cursor.counted = Counted::Known(counts);
            }
        }
        self.put_back(engine, key, prepared);
    }

    /// Looks up what the last run did, if somebody might ask for it.
    fn count_before_next_run(&mut self, engine: &Engine, prepared: &mut Prepared) {
        let Some(id) = prepared.last.take() else { return };
        if !COUNTS_WANTED.load(Ordering::Relaxed) {
            if self.runs >= RUNS_COUNTED_MIN {
                return;
            }
            self.runs += 1;
        }
        if let Some(cursor) = self.cursor_mut(id)
            && matches!(cursor.counted, Counted::InStatement)
        {
            cursor.counted = Counted::Known(prepared.count(engine));
        }
    }

    /// Keeps a statement for the next time, unless there is one already.
    fn put_back(&mut self, engine: &Engine, key: Option<Arc<str>>, mut prepared: Box<Prepared>) {
        let Some(key) = key.filter(|key| !self.kept.contains_key(key)) else { return };
        prepared.used = self.uses;
        self.kept_bytes += key.len();
        self.kept.insert(key, prepared);
        while self.kept_bytes > KEPT_SQL_BYTES_MAX || self.kept.len() > KEPT_STATEMENTS_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, prepared)| prepared.used).map(|(key, _)| Arc::clone(key));
            let Some((key, mut prepared)) = oldest.and_then(|key| self.kept.remove_entry(&key)) else { break };
            self.kept_bytes -= key.len();
            self.count_before_next_run(engine, &mut prepared);
        }
    }

    #[cfg(test)]
    pub(crate) fn kept_statements(&self) -> usize {
        self.kept.len()
    }
}

/// How far the first step came.
enum Begun {
    Row,
    Done,
    Kept(VecDeque<Box<[Owned]>>),
}

impl Prepared {
    fn note_first_row(&mut self) {
        if self.statement.column_count() == 1
            && let SqlValue::Integer(integer) = self.statement.row().value(0)
        {
            self.only_cell = Some(integer);
        }
    }

    /// What the last run has read and written so far.
    fn count(&mut self, engine: &Engine) -> Counts {
        let Self { statement, plan, began, changes, only_cell, .. } = self;
        let count = |profiler: &_| {
            let entries = |root| engine::entries(engine.policy(), engine.connection(), root);
            let plan = plan.get_or_insert_with(|| Plan::new(profiler, statement));
            plan.of_run(profiler, statement, *began, *changes, *only_cell, entries)
        };
        counts::with_profiler(count).unwrap_or_default()
    }
}
