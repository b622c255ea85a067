//! Key-value pairs: the table `_cf_KV`, whose keys are in the order of their bytes.

use super::connection::Own;
use super::{ObjectError, ObjectStore};
use crate::sql::{self, SqlError, SqlValue, Statement, Step};

/// Which keys are listed. Keys are UTF-8; those of a script with half a surrogate pair have three bytes for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct KvRange<'a> {
    /// The first key; the first of all when empty.
    pub start: &'a [u8],
    /// The keys after this one. `start` is not looked at.
    pub start_after: Option<&'a [u8]>,
    /// The keys before this one.
    pub end: Option<&'a [u8]>,
    /// The keys that begin so.
    pub prefix: &'a [u8],
    /// The last one first.
    pub reverse: bool,
    /// How many at most.
    pub limit: Option<u64>,
}

impl KvRange<'_> {
    /// Whether no key can be in it.
    pub fn is_empty(&self) -> bool {
        self.bounds().is_none()
    }

    /// The first key and the one after the last; `None` when there can be none.
    fn bounds(&self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let mut begin = match self.start_after {
            // The next key in the order of bytes has one more, which is zero.
            Some(after) => [after, &[0]].concat(),
            None => self.start.to_vec(),
        };
        let mut end = self.end.map(<[u8]>::to_vec);
        if !self.prefix.is_empty() {
            if begin.as_slice() < self.prefix {
                begin = self.prefix.to_vec();
            }
            // No byte of a key is 255, so there is always a next prefix.
            let mut after = self.prefix.to_vec();
            while after.pop_if(|byte| *byte == u8::MAX).is_some() {}
            if let Some(last) = after.last_mut() {
                *last += 1;
                end = Some(end.map_or_else(|| after.clone(), |end| end.min(after.clone())));
            }
        }
        end.as_ref().is_none_or(|end| begin < *end).then_some((begin, end))
    }

    fn sql(&self, bounded: bool) -> &'static str {
        match (self.reverse, bounded) {
            (false, false) => "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key LIMIT ?2",
            (false, true) => "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?3 ORDER BY key LIMIT ?2",
            (true, false) => "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key DESC LIMIT ?2",
            (true, true) => "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?3 ORDER BY key DESC LIMIT ?2",
        }
    }
}

/// Names a list of keys that is taken one by one. A store has one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvCursor(u64);

impl KvCursor {
    /// As a number that a script can hold.
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// The list with that number.
    pub fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

/// The list that is being taken.
#[derive(Debug)]
pub(super) struct KvList {
    statement: Statement,
    number: u64,
}

fn text(key: &[u8]) -> SqlValue<'_> {
    SqlValue::Text(key)
}

fn bytes<'s>(value: SqlValue<'s>) -> &'s [u8] {
    match value {
        SqlValue::Text(bytes) | SqlValue::Blob(bytes) => bytes,
        // Another program has put it there.
        SqlValue::Null | SqlValue::Integer(_) | SqlValue::Real(_) => &[],
    }
}

impl ObjectStore {
    /// What `read` makes of the value of a key; `None` when there is none.
    pub fn kv_get<T>(
        &mut self,
        key: impl AsRef<[u8]>,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, ObjectError> {
        let Some(open) = self.open_to_read()?.filter(|open| open.has_kv) else { return Ok(None) };
        let (mut found, mut read) = (None, Some(read));
        let done = open.run(Own::KvGet, &[text(key.as_ref())], |statement| {
            found = read.take().map(|read| read(bytes(statement.row().value(0))));
        });
        match done {
            Ok(()) => Ok(found),
            Err(error) => Err(self.noticed(error, ObjectError::internal)),
        }
    }

    /// Sets the value of a key.
    pub fn kv_put(&mut self, key: impl AsRef<[u8]>, value: &[u8]) -> Result<(), ObjectError> {
        let open = self.open_to_write()?;
        let mut put = || {
            if !open.has_kv {
                open.run(Own::KvMake, &[], |_| {})?;
                open.has_kv = true;
            }
            open.run(Own::KvPut, &[text(key.as_ref()), SqlValue::Blob(value)], |_| {})
        };
        put().map_err(|error| self.noticed(error, ObjectError::internal))
    }

    /// Sets several pairs: all, or none when one cannot be.
    pub fn kv_put_all<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Result<(), ObjectError> {
        self.begin_savepoint()?;
        for (key, value) in pairs {
            if let Err(error) = self.kv_put(key, value) {
                self.rollback_savepoint()?;
                return Err(error);
            }
        }
        self.release_savepoint()
    }

    /// Removes a key; false when it was not there.
    pub fn kv_delete(&mut self, key: impl AsRef<[u8]>) -> Result<bool, ObjectError> {
        // What is not there is not worth a transaction, or a file.
        if self.kv_get(key.as_ref(), |_| ())?.is_none() {
            return Ok(false);
        }
        let open = self.open_to_write()?;
        match open.run(Own::KvDelete, &[text(key.as_ref())], |_| {}) {
            Ok(()) => Ok(open.changes() > 0),
            Err(error) => Err(self.noticed(error, ObjectError::internal)),
        }
    }

    /// Gives the pairs of a range to `each`, key and value. A list that is being taken one by one ends, as in production.
    pub fn kv_list(&mut self, range: &KvRange<'_>, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), ObjectError> {
        let statement = self.prepare_list(range)?;
        self.lists += 1;
        if let Some(open) = &mut self.open {
            open.list = None;
        }
        let Some(mut statement) = statement else { return Ok(()) };
        let Some(open) = &mut self.open else { return Ok(()) };
        let done = open.engine.trusted(|connection| {
            while statement.step(connection)? == Step::Row {
                let row = statement.row();
                each(bytes(row.value(0)), bytes(row.value(1)));
            }
            Ok(())
        });
        drop(statement);
        done.map_err(|error: SqlError| self.noticed(error, ObjectError::internal))
    }

    /// Begins a list that is taken one by one. The one before it ends.
    pub fn kv_begin_list(&mut self, range: &KvRange<'_>) -> Result<KvCursor, ObjectError> {
        let statement = self.prepare_list(range)?;
        self.lists += 1;
        let number = self.lists;
        if let Some(open) = &mut self.open {
            open.list = statement.map(|statement| KvList { statement, number });
        }
        Ok(KvCursor(number))
    }

    /// What `read` makes of the next pair of a list, key and value; `None` at its end.
    pub fn kv_next<T>(
        &mut self,
        cursor: KvCursor,
        read: impl FnOnce(&[u8], &[u8]) -> T,
    ) -> Result<Option<T>, ObjectError> {
        self.require_not_broken()?;
        if cursor.0 != self.lists {
            return Err(ObjectError::ListReplaced);
        }
        let Some(open) = &mut self.open else { return Ok(None) };
        // One that is at its end is gone.
        let Some(list) = open.list.as_mut().filter(|list| list.number == cursor.0) else { return Ok(None) };
        let step = open.engine.trusted(|connection| list.statement.step(connection));
        match step {
            Ok(Step::Row) => {
                let row = list.statement.row();
                Ok(Some(read(bytes(row.value(0)), bytes(row.value(1)))))
            }
            Ok(Step::Done) => {
                open.list = None;
                Ok(None)
            }
            Err(fault) => {
                open.list = None;
                Err(self.noticed(fault.into(), ObjectError::internal))
            }
        }
    }

    /// Ends a list early.
    pub fn kv_end_list(&mut self, cursor: KvCursor) {
        if let Some(open) = &mut self.open
            && open.list.as_ref().is_some_and(|list| list.number == cursor.0)
        {
            open.list = None;
        }
    }

    /// A list's statement with its values; `None` when nothing can be listed.
    fn prepare_list(&mut self, range: &KvRange<'_>) -> Result<Option<Statement>, ObjectError> {
        let Some(open) = self.open_to_read()?.filter(|open| open.has_kv) else { return Ok(None) };
        let Some((begin, end)) = range.bounds() else { return Ok(None) };
        let limit = SqlValue::Integer(range.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)));
        let prepared = open.engine.trusted(|connection| {
            let (statement, _) = sql::prepare(connection, range.sql(end.is_some()), false)?;
            let statement = statement.ok_or(SqlError::Empty)?;
            statement.bind_value(connection, 1, text(&begin))?;
            statement.bind_value(connection, 2, limit)?;
            if let Some(end) = &end {
                statement.bind_value(connection, 3, text(end))?;
            }
            Ok(statement)
        });
        prepared.map(Some).map_err(|error: SqlError| self.noticed(error, ObjectError::internal))
    }
}
