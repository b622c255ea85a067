//! How many rows a statement reads and writes, as production counts them.
//!
//! Production counts inside SQLite's virtual machine: a row is read by each instruction that places a cursor on an
//! entry of a table or an index, and written by each that stores or removes one. Plain SQLite counts how often each
//! instruction ran ([`Profiler`] reads that), and how many steps to a next entry found one (the statement's own
//! counters). [`Plan`] knows which instructions matter and makes the two numbers of them.
//!
//! What the counters do not tell is how many searches for a key found it, when an index that is not unique is searched
//! many times in one run. Production counts those that do; here all of them are taken to, as far as the rows that came
//! of it allow ([`Plan::found`]). Everything else is exact.
//!
//! Invariant: the profiler's connection is its own. User SQL cannot reach the table of instructions.

use std::cell::OnceCell;

use lopata_protocol::d1::D1Value;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use super::raw::{self, Statement, Step};

/// Opens a cursor that only looks for equal keys.
const SEEK_EQ: i64 = 0x02;
/// Counts as a change.
const COUNTS_AS_CHANGE: i64 = 0x01;
/// Runs of a move to the end that find the cursor elsewhere: in an empty index, and after its first entry.
const MOVES_TO_END_MAX: u64 = 2;
/// The counter of steps that no other counts.
const PLAIN_STEPS: i32 = 0;

/// Reads and writes of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// Reads how often the instructions of other connections' statements ran.
#[derive(Debug)]
pub(super) struct Profiler {
    // The statements are dropped before their connection.
    listing: Statement,
    runs: Statement,
    connection: Connection,
}

impl Profiler {
    /// A profiler on a connection of its own.
    pub(super) fn new() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_STMT_SCANSTATUS, false)?;
        let prepare = |sql| match raw::prepare(&connection, sql, true) {
            Ok((Some(statement), _)) => Ok(statement),
            Ok((None, _)) | Err(_) => Err(rusqlite::Error::InvalidQuery),
        };
        let listing = prepare("SELECT addr, opcode, p1, p2, p3, p5 FROM bytecode(?1)")?;
        let runs = prepare("SELECT nexec FROM bytecode(?1)")?;
        Ok(Self { listing, runs, connection })
    }

    fn listing(&self, statement: &Statement) -> Vec<Instruction> {
        let mut instructions = Vec::new();
        self.each(&self.listing, statement, |row| {
            let D1Value::Text(opcode) = row.cell(1) else { return };
            let (address, opcode) = (row.integer(0), Opcode::of(&opcode));
            let [p1, p2, p3, p5] = [2, 3, 4, 5].map(|column| row.integer(column));
            instructions.push(Instruction { address, opcode, p1, p2, p3, p5 });
        });
        instructions
    }

    fn runs(&self, statement: &Statement, into: &mut Vec<u64>) {
        into.clear();
        self.each(&self.runs, statement, |row| into.push(row.integer(0) as u64));
    }

    fn each(&self, query: &Statement, of: &Statement, mut take: impl FnMut(&Statement)) {
        if query.bind_statement(1, of) {
            while let Ok(Step::Row) = query.step(&self.connection) {
                take(query);
            }
        }
        query.reset();
    }
}

thread_local! {
    /// One a thread is enough: it looks at the statements of any connection, and is used for a moment.
    static PROFILER: OnceCell<Option<Profiler>> = const { OnceCell::new() };
}

/// Lends the thread's profiler; `None` when it could not be made.
pub(super) fn with_profiler<T>(work: impl FnOnce(&Profiler) -> T) -> Option<T> {
    PROFILER.with(|profiler| profiler.get_or_init(|| Profiler::new().ok()).as_ref().map(work))
}

/// The instructions that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Clear,
    Copy,
    Count,
    Delete,
    /// Placed on the first or the last entry.
    End,
    IdxInsert,
    Insert,
    NullRow,
    Open,
    OpenEphemeral,
    ResultRow,
    SeekEnd,
    SeekRange,
    SeekRow,
    Sort,
    VNext,
    VUpdate,
    Other,
}

impl Opcode {
    fn of(name: &str) -> Self {
        match name {
            "Clear" => Self::Clear,
            "Copy" => Self::Copy,
            "Count" => Self::Count,
            "Delete" => Self::Delete,
            "IdxInsert" => Self::IdxInsert,
            "Insert" => Self::Insert,
            "Last" | "Rewind" => Self::End,
            "NotExists" | "SeekRowid" => Self::SeekRow,
            "NullRow" => Self::NullRow,
            "OpenAutoindex" | "OpenDup" | "OpenEphemeral" => Self::OpenEphemeral,
            "OpenRead" | "OpenWrite" | "ReopenIdx" => Self::Open,
            "ResultRow" => Self::ResultRow,
            "SeekEnd" => Self::SeekEnd,
            "SeekGE" | "SeekGT" | "SeekLE" | "SeekLT" => Self::SeekRange,
            "Sort" | "SorterSort" => Self::Sort,
            "VNext" => Self::VNext,
            "VUpdate" => Self::VUpdate,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Instruction {
    address: i64,
    opcode: Opcode,
    p1: i64,
    p2: i64,
    p3: i64,
    p5: i64,
}

/// A search for a key in an index. The instruction after it ends the loop over equal keys; a search that finds its key
/// skips it, so that it runs once for each step to a further entry.
#[derive(Debug)]
struct Search {
    position: usize,
    /// What runs for each search of an outer join that gave no row.
    without_row: Option<usize>,
}

/// A table or an index that is counted as a whole.
#[derive(Debug)]
struct Whole {
    /// Of the instruction that counts.
    position: usize,
    /// Its root page.
    root: i64,
    /// True when the number is the only cell of the result.
    is_result: bool,
}

/// What to add up after a run of one statement. Positions are of the listing, where the programs of triggers follow
/// the main one.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// One read each.
    reads: Vec<usize>,
    /// One write each.
    writes: Vec<usize>,
    /// Runs of a sorter, which SQLite counts together with some steps.
    sorts: Vec<usize>,
    /// Searches for a key.
    searches: Vec<Search>,
    /// Moves to the end of an index.
    ends: Vec<usize>,
    /// Tables and indexes that are counted as a whole.
    whole: Vec<Whole>,
    /// What empties a table.
    clears: Vec<usize>,
    /// Where the programs of triggers begin; all of the listing when there are none.
    main: usize,
    /// The runs of each instruction and the counters, up to the run before.
    before: Vec<u64>,
    steps_before: Steps,
    /// Room for the next reading.
    runs: Vec<u64>,
}

/// The statement's own counters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    plain: u32,
    sorting: u32,
    reprepared: u32,
    instructions: u32,
}

impl Steps {
    pub(super) fn of(statement: &Statement) -> Self {
        let counter = |which| statement.counter(which);
        Self {
            plain: counter(PLAIN_STEPS)
                .wrapping_add(counter(ffi::SQLITE_STMTSTATUS_FULLSCAN_STEP))
                .wrapping_add(counter(ffi::SQLITE_STMTSTATUS_AUTOINDEX)),
            sorting: counter(ffi::SQLITE_STMTSTATUS_SORT),
            reprepared: counter(ffi::SQLITE_STMTSTATUS_REPREPARE),
            instructions: counter(ffi::SQLITE_STMTSTATUS_VM_STEP),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            plain: self.plain.wrapping_sub(before.plain),
            sorting: self.sorting.wrapping_sub(before.sorting),
            reprepared: self.reprepared.wrapping_sub(before.reprepared),
            instructions: self.instructions.wrapping_sub(before.instructions),
        }
    }
}

impl Plan {
    /// What to add up for a statement that has not run yet.
    pub(super) fn new(profiler: &Profiler, statement: &Statement) -> Self {
        let mut plan = Self::of(&profiler.listing(statement));
        plan.steps_before = Steps::of(statement);
        // Not zero: SQLite forgets to clear the counts of some instructions.
        profiler.runs(statement, &mut plan.before);
        plan
    }

    fn of(listing: &[Instruction]) -> Self {
        let mut plan = Self { before: vec![0; listing.len()], ..Self::default() };
        let starts: Vec<usize> = (0..listing.len()).filter(|&at| listing[at].address == 0).collect();
        plan.main = starts.get(1).copied().unwrap_or(listing.len());
        for (n, &start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(listing.len());
            plan.add_program(&listing[start..end], start);
        }
        plan
    }

    fn add_program(&mut self, program: &[Instruction], base: usize) {
        let opened = |cursor: i64, kind: Opcode| program.iter().find(|one| one.opcode == kind && one.p1 == cursor);
        let is_stored = |cursor: i64| opened(cursor, Opcode::OpenEphemeral).is_none();
        for (at, one) in program.iter().enumerate() {
            let position = base + at;
            match one.opcode {
                Opcode::End | Opcode::SeekRow | Opcode::VNext => self.reads.push(position),
                Opcode::Sort => {
                    self.reads.push(position);
                    self.sorts.push(position);
                }
                Opcode::SeekRange if opened(one.p1, Opcode::Open).is_some_and(|open| open.p5 & SEEK_EQ != 0) => {
                    let without_row = |other: &Instruction| other.opcode == Opcode::NullRow && other.p1 == one.p1;
                    let without_row = program[at..].iter().position(without_row).map(|after| position + after);
                    self.searches.push(Search { position, without_row });
                }
                Opcode::SeekRange => self.reads.push(position),
                Opcode::SeekEnd => self.ends.push(position),
                Opcode::Count => {
                    let root = opened(one.p1, Opcode::Open).map_or(0, |open| open.p2);
                    self.whole.push(Whole { position, root, is_result: is_result(program, one) });
                }
                Opcode::Insert | Opcode::IdxInsert if is_stored(one.p1) => self.writes.push(position),
                Opcode::Delete if one.p2 & COUNTS_AS_CHANGE != 0 && is_stored(one.p1) => self.writes.push(position),
                Opcode::VUpdate => self.writes.push(position),
                Opcode::Clear if one.p3 != 0 => self.clears.push(position),
                _ => {}
            }
        }
    }

    /// Whether there are programs whose runs cannot be set to nothing, so that they have to be read before each run.
    pub(super) fn has_programs(&self) -> bool {
        self.main < self.before.len()
    }

    /// Reads where the programs of triggers stand, before a run.
    pub(super) fn mark(&mut self, profiler: &Profiler, statement: &Statement) {
        profiler.runs(statement, &mut self.before);
    }

    /// What a run has read and written so far whose instructions were set to nothing before it, and whose counters stood
    /// at `began` then. The other arguments are those of [`Plan::take`].
    pub(super) fn of_run(
        &mut self,
        profiler: &Profiler,
        statement: &Statement,
        began: Steps,
        changes: u64,
        only_cell: Option<i64>,
        count: impl Fn(i64) -> u64,
    ) -> Counts {
        self.steps_before = began;
        let main = self.main.min(self.before.len());
        self.before[..main].fill(0);
        self.take(profiler, statement, changes, only_cell, count)
    }

    /// What the run since the last call read and wrote. `changes` are the rows that it changed, `only_cell` the
    /// integer that is all of its result; `count` gives the number of entries below a root page.
    pub(super) fn take(
        &mut self,
        profiler: &Profiler,
        statement: &Statement,
        changes: u64,
        only_cell: Option<i64>,
        count: impl Fn(i64) -> u64,
    ) -> Counts {
        let now = Steps::of(statement);
        let steps = now.since(self.steps_before);
        if steps.reprepared > 0 {
            // The schema has changed, and the instructions with it.
            *self = Self::of(&profiler.listing(statement));
        }
        self.steps_before = now;
        let mut runs = std::mem::take(&mut self.runs);
        profiler.runs(statement, &mut runs);
        if runs.len() != self.before.len() {
            return Counts::default();
        }
        for (run, before) in runs.iter_mut().zip(&mut self.before) {
            let total = *run;
            *run = total.wrapping_sub(*before);
            *before = total;
            if steps.reprepared > 0 && *run > u64::from(steps.instructions) {
                // One of the counts that were not cleared: nothing ran more often than all together.
                *run = 1;
            }
        }
        let sum = |positions: &[usize]| positions.iter().map(|&at| runs[at]).sum::<u64>();
        let stepped = u64::from(steps.plain) + u64::from(steps.sorting).saturating_sub(sum(&self.sorts));
        let found: u64 = self.searches.iter().map(|search| Self::found(search, &runs)).sum();
        let ended: u64 = self.ends.iter().map(|&at| runs[at].min(MOVES_TO_END_MAX)).sum();
        let counted = self.whole.iter().filter(|whole| runs[whole.position] > 0).map(|whole| match only_cell {
            Some(entries) if whole.is_result => entries as u64,
            _ => runs[whole.position] * count(whole.root),
        });
        let read = sum(&self.reads) + stepped + found + ended + counted.sum::<u64>();
        let written = sum(&self.writes) + if sum(&self.clears) > 0 { changes } else { 0 };
        self.runs = runs;
        Counts { read, written }
    }

    /// How many searches found their key.
    fn found(search: &Search, runs: &[u64]) -> u64 {
        let ran = |at: usize| runs.get(at).copied().unwrap_or(0);
        let searches = ran(search.position);
        let steps = ran(search.position + 1);
        // Once for each search that found its key, and for each step to an equal one.
        let bodies = ran(search.position + 2);
        let without_row = search.without_row.map_or(0, ran);
        let likely = searches.saturating_sub(without_row);
        likely.min(bodies).max(bodies.saturating_sub(steps)).min(searches)
    }
}

/// Whether the number that this instruction counts is all that a row of the result has.
fn is_result(program: &[Instruction], count: &Instruction) -> bool {
    let is_shown =
        |register: i64| program.iter().any(|row| row.opcode == Opcode::ResultRow && row.p1 == register && row.p2 == 1);
    program.iter().any(|copy| copy.opcode == Opcode::Copy && copy.p1 == count.p2 && is_shown(copy.p2))
}
