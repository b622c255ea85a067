//! Ops of `ctx.storage.sql`: cursors of the store, by the numbers that the script knows them by.
//!
//! A cursor that a script forgets while it still has rows is given back when its handle is collected: the handle's
//! finaliser notes the number, and the next statement closes what was noted.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::{OpState, op2, v8};
use lopata_storage::objects::{CursorId, SqlValue};
use parking_lot::Mutex;

use super::{StorageOpError, guest_of, text_of, text_to_v8, with};
use crate::state::GuestState;

/// Cursors that nobody has any more, with the numbers of their objects.
#[derive(Clone, Default)]
struct Forgotten(Arc<Mutex<Vec<(u32, CursorId)>>>);

/// Keeps a cursor open, owned by V8's garbage collector.
struct Handle {
    number: u32,
    cursor: CursorId,
    forgotten: Forgotten,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.forgotten.0.lock().push((self.number, self.cursor));
    }
}

// SAFETY: the object holds no traced references, so there is nothing for `trace` to visit, and dropping it from a
// finaliser touches only a list behind a lock.
unsafe impl v8::cppgc::GarbageCollected for Handle {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"SqlCursor"
    }
}

/// The list of the isolate, after what is on it was closed.
fn close_forgotten(state: &Rc<RefCell<OpState>>, guest: &GuestState) -> Forgotten {
    let forgotten = {
        let mut state = state.borrow_mut();
        match state.try_borrow::<Forgotten>() {
            Some(forgotten) => forgotten.clone(),
            None => {
                let forgotten = Forgotten::default();
                state.put(forgotten.clone());
                forgotten
            }
        }
    };
    let cursors = std::mem::take(&mut *forgotten.0.lock());
    for (number, cursor) in cursors {
        // An object that is gone has closed its cursors.
        guest.objects.with_store(number, |store| store.sql_close(cursor));
    }
    forgotten
}

/// A parameter, owned.
enum Binding {
    Null,
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Binding {
    fn of<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Result<Self, StorageOpError> {
        if value.is_number() {
            return Ok(Self::Real(value.number_value(scope).unwrap_or_default()));
        }
        if value.is_string() {
            return text_of(scope, value).map(Self::Text);
        }
        if let Ok(bytes) = v8::Local::<v8::Uint8Array>::try_from(value) {
            let mut copy = vec![0; bytes.byte_length()];
            bytes.copy_contents(&mut copy);
            return Ok(Self::Blob(copy));
        }
        Ok(Self::Null)
    }

    fn value(&self) -> SqlValue<'_> {
        match self {
            Self::Null => SqlValue::Null,
            Self::Real(real) => SqlValue::Real(*real),
            Self::Text(text) => SqlValue::Text(text),
            Self::Blob(bytes) => SqlValue::Blob(bytes),
        }
    }
}

fn cell_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, cell: SqlValue<'_>) -> v8::Local<'s, v8::Value> {
    match cell {
        SqlValue::Null => v8::null(scope).into(),
        SqlValue::Integer(integer) => match i32::try_from(integer) {
            Ok(small) => v8::Integer::new(scope, small).into(),
            Err(_) => v8::Number::new(scope, integer as f64).into(),
        },
        SqlValue::Real(real) => v8::Number::new(scope, real).into(),
        SqlValue::Text(text) => text_to_v8(scope, text),
        SqlValue::Blob(bytes) => {
            let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes.to_vec()).make_shared();
            v8::ArrayBuffer::with_backing_store(scope, &store).into()
        }
    }
}

/// A cursor as a script holds it. The generation is in the upper half: exact up to two million cursors in one place.
fn number_of(cursor: CursorId) -> f64 {
    cursor.to_u64() as f64
}

fn cursor_of(number: f64) -> CursorId {
    CursorId::from_u64(number as u64)
}

/// Carries out SQL up to the first row. Gives the cursor, its handle (null when there is no row), and the number of the
/// list of its columns.
#[op2]
pub fn op_sql_exec<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    query: v8::Local<'s, v8::Value>,
    bindings: v8::Local<'s, v8::Array>,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let forgotten = close_forgotten(&state, &guest);
    let query = query.to_rust_string_lossy(scope);
    let mut owned = Vec::with_capacity(bindings.length() as usize);
    for at in 0..bindings.length() {
        let binding = bindings.get_index(scope, at).ok_or(StorageOpError::Argument)?;
        owned.push(Binding::of(scope, binding)?);
    }
    let params: Vec<SqlValue<'_>> = owned.iter().map(Binding::value).collect();
    let (cursor, has_row, columns) = with(&guest, number, |store| {
        let cursor = store.sql_exec(&query, &params)?;
        let has_row = store.sql_row(cursor)?.is_some();
        let columns = store.sql_columns(cursor).map_or(0, |columns| columns.id());
        Ok((cursor, has_row, columns))
    })?;
    let handle = if has_row {
        deno_core::cppgc::make_cppgc_object(scope, Handle { number, cursor, forgotten }).into()
    } else {
        v8::null(scope).into()
    };
    let cursor = v8::Number::new(scope, number_of(cursor)).into();
    let columns = v8::Number::new(scope, columns as f64).into();
    Ok(v8::Array::new_with_elements(scope, &[cursor, handle, columns]))
}

/// The names of a cursor's columns.
#[op2]
pub fn op_sql_columns<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    cursor: f64,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let columns = with(&guest, number, |store| Ok(store.sql_columns(cursor_of(cursor)).cloned()))?;
    let mut names = Vec::new();
    for name in columns.iter().flat_map(|columns| columns.names()) {
        // They are keys of objects.
        let name = v8::String::new_from_utf8(scope, name.as_bytes(), v8::NewStringType::Internalized);
        names.push(name.unwrap_or_else(|| v8::String::empty(scope)).into());
    }
    Ok(v8::Array::new_with_elements(scope, &names))
}

/// The cells of at most `max` rows, one after the other, and last whether there are more.
#[op2]
pub fn op_sql_rows<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    cursor: f64,
    max: u32,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let cursor = cursor_of(cursor);
    let mut elements = Vec::new();
    let more = with(&guest, number, |store| {
        let mut taken = 0;
        while taken < max {
            let Some(row) = store.sql_row(cursor)? else { return Ok(false) };
            elements.extend((0..row.len()).map(|column| cell_to_v8(scope, row.value(column))));
            taken += 1;
            // The row counts only if the step after it succeeds, as in production, which is one row ahead.
            if !store.sql_next(cursor)? {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    elements.push(v8::Boolean::new(scope, more).into());
    Ok(v8::Array::new_with_elements(scope, &elements))
}

/// Rows read and written so far.
#[op2]
pub fn op_sql_counts<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    cursor: f64,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let (read, written) = with(&guest, number, |store| Ok(store.sql_counts(cursor_of(cursor))))?;
    let read = v8::Number::new(scope, read as f64).into();
    let written = v8::Number::new(scope, written as f64).into();
    Ok(v8::Array::new_with_elements(scope, &[read, written]))
}

/// Whether a cursor's statement had been prepared before.
#[op2(fast)]
pub fn op_sql_reused(state: Rc<RefCell<OpState>>, #[smi] number: u32, cursor: f64) -> Result<bool, StorageOpError> {
    with(&guest_of(&state), number, |store| Ok(store.sql_is_reused(cursor_of(cursor))))
}

/// Ends a cursor.
#[op2(fast)]
pub fn op_sql_close(state: Rc<RefCell<OpState>>, #[smi] number: u32, cursor: f64) {
    guest_of(&state).objects.with_store(number, |store| store.sql_close(cursor_of(cursor)));
}

/// Carries out all whole statements of a text. Gives what is left of it, rows read and written, and how many statements
/// there were.
#[op2]
pub fn op_sql_ingest<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    query: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let query = query.to_rust_string_lossy(scope);
    let done = with(&guest, number, |store| store.sql_ingest(&query))?;
    let remainder = text_to_v8(scope, done.rest.as_bytes());
    let element = |number: u64| v8::Number::new(scope, number as f64).into();
    let elements = [remainder, element(done.rows_read), element(done.rows_written), element(done.statements)];
    Ok(v8::Array::new_with_elements(scope, &elements))
}

/// Limits the size of the database, for tests.
#[op2(fast)]
pub fn op_sql_max_page_count(
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    count: i32,
) -> Result<(), StorageOpError> {
    // SQLite takes what makes no sense for a question.
    let pages = u32::try_from(count).unwrap_or_default();
    with(&guest_of(&state), number, |store| store.set_max_page_count(pages))
}

/// Bytes of the database.
#[op2(fast)]
pub fn op_sql_size(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<f64, StorageOpError> {
    with(&guest_of(&state), number, |store| store.database_size()).map(|bytes| bytes as f64)
}
