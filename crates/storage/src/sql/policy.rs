//! What user SQL may do: one object for all databases that hold user data.
//!
//! Two halves. Limits and modes are set once on the connection ([`Policy::apply`]); the authorizer then sees each thing
//! that a statement is about to do while it is prepared, and refuses what production refuses: other databases and
//! temporary objects, transactions, functions and pragmas that are not listed, virtual tables other than full-text
//! search, and every name that begins with `_cf_`.
//!
//! What the engine itself prepares runs under [`Policy::trusted`], where everything is allowed.
//!
//! Invariants
//! - A connection that user SQL reaches has had [`Policy::apply`] first.
//! - What is not listed is refused, also what a newer SQLite adds.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use super::error::Fault;
use super::raw;

/// The connection's limits. Source: production's own settings, most of them SQLite's advice for hostile SQL.
const LIMITS: [(Limit, i32); 12] = [
    // Bytes of a value or a row: 2 MB and something for the row around it.
    (Limit::SQLITE_LIMIT_LENGTH, 2_200_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 127),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// Modules of virtual tables that stay; `pragma_` ones come by themselves and are refused by name.
const MODULES: [&CStr; 4] = [c"fts5", c"fts5vocab", c"json_each", c"json_tree"];

/// Names that are the runtime's own.
const RESERVED_PREFIX: &str = "_cf_";

/// What user SQL may call, sorted.
const FUNCTIONS: [&str; 136] = [
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "bm25",
    "ceil",
    "changes",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "highlight",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_each",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_tree",
    "json_type",
    "json_valid",
    "jsonb",
    "jsonb_array",
    "jsonb_extract",
    "jsonb_group_array",
    "jsonb_group_object",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_patch",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "julianday",
    "lag",
    "last_insert_rowid",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "load_extension",
    "log",
    "log2",
    "lower",
    "ltrim",
    "match",
    "max",
    "max_scalar",
    "min",
    "min_scalar",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "pow",
    "printf",
    "quote",
    "radians",
    "random",
    "randomblob",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "snippet",
    "sqlite_drop_column",
    "sqlite_rename_column",
    "sqlite_rename_quotefix",
    "sqlite_rename_table",
    "sqlite_rename_test",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "time",
    "timediff",
    "total",
    "total_changes",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
];

/// What this SQLite has and production's has not.
const NEWER_FUNCTIONS: [&str; 5] = ["if", "rtreecheck", "rtreedepth", "rtreenode", "unistr"];

/// Says of functions that production's SQLite does not know what that says.
pub(super) fn hide_newer_functions(fault: &mut Fault) {
    if let Some(name) = fault.message.strip_prefix("not authorized to use function: ")
        && NEWER_FUNCTIONS.iter().any(|newer| newer.eq_ignore_ascii_case(name))
    {
        fault.message = format!("no such function: {name}");
    }
}

/// What the argument of a pragma may be.
#[derive(Clone, Copy)]
enum Argument {
    None,
    /// A boolean in any of SQLite's spellings, or nothing, to read it.
    Boolean,
    /// A name that is not reserved.
    Name,
    NameOrNothing,
    NumberOrNothing,
    NumberNameOrNothing,
}

/// The pragmas, by their names in lower case. Production compares the text as it is written, so `PRAGMA TABLE_INFO` is
/// refused.
fn pragma_argument(name: &str) -> Option<Argument> {
    Some(match name {
        "data_version" => Argument::None,
        "case_sensitive_like"
        | "foreign_keys"
        | "defer_foreign_keys"
        | "ignore_check_constraints"
        | "legacy_alter_table"
        | "recursive_triggers"
        | "reverse_unordered_selects" => Argument::Boolean,
        "foreign_key_check" => Argument::NameOrNothing,
        "foreign_key_list" | "index_info" | "index_list" | "index_xinfo" | "table_info" | "table_xinfo" => {
            Argument::Name
        }
        "quick_check" => Argument::NumberNameOrNothing,
        "optimize" => Argument::NumberOrNothing,
        _ => return None,
    })
}

/// What the authorizer has met since it was last asked.
#[derive(Debug, Default)]
struct Met {
    /// Set while the engine's own statements are prepared or stepped.
    trusted: AtomicBool,
    /// A transaction was refused.
    transaction: AtomicBool,
    /// Something whose answer or effect belongs to one connection.
    bound_to_connection: AtomicBool,
    /// A pragma that changes what reads give; never forgotten.
    reads_differently: AtomicBool,
}

/// The policy of one connection.
#[derive(Clone, Debug)]
pub struct Policy {
    met: Arc<Met>,
}

impl Policy {
    /// Puts a connection under the policy.
    pub fn apply(connection: &Connection) -> rusqlite::Result<Self> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        for (limit, value) in LIMITS {
            connection.set_limit(limit, value)?;
        }
        raw::keep_modules(connection, &MODULES);
        let policy = Self { met: Arc::default() };
        let met = Arc::clone(&policy.met);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if met.trusted.load(Ordering::Relaxed) || met.allows(&context) {
                Authorization::Allow
            } else {
                Authorization::Deny
            }
        }))?;
        Ok(policy)
    }

    /// Runs something of the engine's own, which may do everything.
    pub fn trusted<T>(&self, work: impl FnOnce() -> T) -> T {
        self.met.trusted.store(true, Ordering::Relaxed);
        let done = work();
        self.met.trusted.store(false, Ordering::Relaxed);
        done
    }

    /// Forgets what was met.
    pub(super) fn start(&self) {
        self.met.transaction.store(false, Ordering::Relaxed);
        self.met.bound_to_connection.store(false, Ordering::Relaxed);
    }

    /// Whether a statement was refused because it begins or ends a transaction.
    pub(super) fn refused_transaction(&self) -> bool {
        self.met.transaction.load(Ordering::Relaxed)
    }

    /// Whether a pragma has changed what reads give on this connection.
    pub(super) fn reads_differently(&self) -> bool {
        self.met.reads_differently.load(Ordering::Relaxed)
    }

    /// Whether a statement asks for, or changes, what belongs to one connection: pragmas, `last_insert_rowid()`.
    pub(super) fn bound_to_connection(&self) -> bool {
        self.met.bound_to_connection.load(Ordering::Relaxed)
    }
}

impl Met {
    fn allows(&self, context: &AuthContext<'_>) -> bool {
        // The trigger or the view on whose behalf something is done.
        if context.accessor.is_some_and(|name| !is_free(name)) {
            return false;
        }
        let database = match context.action {
            AuthAction::AlterTable { database_name, .. } | AuthAction::Detach { database_name } => Some(database_name),
            _ => context.database_name,
        };
        match database {
            None | Some("main") => {}
            Some("temp") => {
                return match context.action {
                    AuthAction::Read { table_name, .. } | AuthAction::Update { table_name, .. } => is_free(table_name),
                    _ => false,
                };
            }
            Some(_) => return false,
        }
        self.allows_in_main(&context.action)
    }

    fn allows_in_main(&self, action: &AuthAction<'_>) -> bool {
        match *action {
            // Statistics tell names and sizes of reserved tables, and nothing that is in them.
            AuthAction::Select | AuthAction::Recursive | AuthAction::Analyze { .. } => true,
            AuthAction::CreateTable { table_name: name }
            | AuthAction::DropTable { table_name: name }
            | AuthAction::AlterTable { table_name: name, .. }
            | AuthAction::CreateView { view_name: name }
            | AuthAction::DropView { view_name: name }
            | AuthAction::Reindex { index_name: name }
            | AuthAction::Insert { table_name: name }
            | AuthAction::Delete { table_name: name }
            | AuthAction::Read { table_name: name, .. }
            | AuthAction::Update { table_name: name, .. } => is_free(name),
            AuthAction::CreateIndex { index_name: name, table_name }
            | AuthAction::DropIndex { index_name: name, table_name }
            | AuthAction::CreateTrigger { trigger_name: name, table_name }
            | AuthAction::DropTrigger { trigger_name: name, table_name } => is_free(name) && is_free(table_name),
            AuthAction::CreateVtable { module_name, .. } | AuthAction::DropVtable { module_name, .. } => {
                module_name.eq_ignore_ascii_case("fts5") || module_name.eq_ignore_ascii_case("fts5vocab")
            }
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
                self.transaction.store(true, Ordering::Relaxed);
                false
            }
            AuthAction::Pragma { pragma_name, pragma_value } => self.allows_pragma(pragma_name, pragma_value),
            AuthAction::Function { function_name } => self.allows_function(function_name),
            AuthAction::Attach { .. }
            | AuthAction::Detach { .. }
            | AuthAction::CreateTempTable { .. }
            | AuthAction::DropTempTable { .. }
            | AuthAction::CreateTempIndex { .. }
            | AuthAction::DropTempIndex { .. }
            | AuthAction::CreateTempTrigger { .. }
            | AuthAction::DropTempTrigger { .. }
            | AuthAction::CreateTempView { .. }
            | AuthAction::DropTempView { .. }
            | AuthAction::Unknown { .. } => false,
            // The enum is open; a newer SQLite may ask for more.
            _ => false,
        }
    }

    fn allows_function(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "changes" | "total_changes" | "last_insert_rowid") {
            self.bound_to_connection.store(true, Ordering::Relaxed);
        }
        FUNCTIONS.binary_search(&name.as_str()).is_ok()
    }

    fn allows_pragma(&self, name: &str, value: Option<&str>) -> bool {
        self.bound_to_connection.store(true, Ordering::Relaxed);
        // It lists reserved tables too; their names are no secret.
        if name == "table_list" {
            return true;
        }
        let Some(argument) = pragma_argument(name) else { return false };
        if value.is_some() && matches!(name, "case_sensitive_like" | "reverse_unordered_selects") {
            self.reads_differently.store(true, Ordering::Relaxed);
        }
        match (argument, value) {
            (Argument::None, value) => value.is_none(),
            (Argument::Name, None) => false,
            (_, None) => true,
            (Argument::Boolean, Some(value)) => is_boolean(value),
            (Argument::Name | Argument::NameOrNothing, Some(value)) => is_free(value),
            (Argument::NumberOrNothing, Some(value)) => is_number(value),
            (Argument::NumberNameOrNothing, Some(value)) => is_number(value) || is_free(value),
        }
    }
}

fn is_free(name: &str) -> bool {
    !name.starts_with(RESERVED_PREFIX)
}

/// Production looks at the beginning only, so that `once` is on.
fn is_boolean(value: &str) -> bool {
    let quoted = |quote: char| value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote);
    let bare = if quoted('\'') || quoted('"') { &value[1..value.len() - 1] } else { value };
    let bare = bare.to_ascii_lowercase();
    ["true", "false", "yes", "no", "on", "off", "1", "0"].iter().any(|word| bare.starts_with(word))
}

fn is_number(value: &str) -> bool {
    match value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).is_ok(),
        None => value.parse::<i32>().is_ok(),
    }
}
