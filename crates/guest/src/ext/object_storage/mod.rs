//! Ops of an object's storage: key-value pairs, the alarm, transactions.
//!
//! Arguments are converted and texts made in the scripts beside this file; the store itself is `lopata_storage::objects`,
//! in this thread, and the object that it belongs to is named by its number. Limits of classes without SQL are checked
//! here, since only here the sizes are known.
//!
//! Invariant: no store is borrowed while a script runs.

pub mod sql;
mod values;

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};
use lopata_protocol::{WireError, limits};
use lopata_storage::objects::{KvCursor, KvRange, ObjectError, ObjectStore};
use tokio::sync::oneshot;

use crate::state::GuestState;

/// Nanoseconds of a millisecond.
const NS_PER_MS: i64 = 1_000_000;

/// Why storage refuses. The texts are production's, where the script sees them.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub enum StorageOpError {
    /// The store's own.
    #[class(generic)]
    #[error("{}", store_text(.0))]
    Store(ObjectError),
    /// What broke the store, and with it this life of the object.
    #[class("DurableObjectReset")]
    #[error("{0}")]
    Broken(ObjectError),
    /// The object has left this isolate.
    #[class(generic)]
    #[error("The Durable Object's storage can no longer be used: the object is not running here any more.")]
    Gone,
    /// Bytes that are no value, or one of a kind that is not known.
    #[class(generic)]
    #[error("The value that is stored under the key {0:?} cannot be read.")]
    Unreadable(String),
    /// A key of a class without SQL.
    #[class(range)]
    #[error("Keys cannot be larger than {max} bytes. A key of size {0} was provided.", max = limits::OBJECT_KEY_BYTES_MAX)]
    Key(usize),
    /// A value of a class without SQL.
    #[class(range)]
    #[error("Values cannot be larger than {max} bytes. A value of size {0} was provided.", max = limits::OBJECT_VALUE_BYTES_MAX)]
    Value(usize),
    /// Keys of one call of a class without SQL.
    #[class(range)]
    #[error("Maximum number of key value pairs is {max}. {0} pairs were provided.", max = limits::OBJECT_KEYS_MAX)]
    Keys(usize),
    /// What was written could not be committed.
    #[class(generic)]
    #[error("{0}")]
    Lost(String),
    /// The script gave something else than it should.
    #[class(type)]
    #[error("not what storage takes")]
    Argument,
}

impl From<ObjectError> for StorageOpError {
    fn from(error: ObjectError) -> Self {
        if matches!(error, ObjectError::Broken(_)) { Self::Broken(error) } else { Self::Store(error) }
    }
}

fn store_text(error: &ObjectError) -> String {
    if error.is_for_script() { error.to_string() } else { format!("The storage of the Durable Object failed: {error}") }
}

fn guest_of(state: &Rc<RefCell<OpState>>) -> Rc<GuestState> {
    state.borrow().borrow::<Rc<GuestState>>().clone()
}

/// Runs something on the store of an object. What it writes is committed when the turn ends.
fn with<R>(
    guest: &GuestState,
    number: u32,
    work: impl FnOnce(&mut ObjectStore) -> Result<R, ObjectError>,
) -> Result<R, StorageOpError> {
    let (done, dirty) = guest
        .objects
        .with_store(number, |store| {
            let done = work(store);
            // A store that broke has the object reset when the turn ends.
            (done, store.is_dirty() || store.broken().is_some())
        })
        .ok_or(StorageOpError::Gone)?;
    if dirty {
        guest.objects.wrote(number, false);
    }
    done.map_err(StorageOpError::from)
}

/// A text as it is stored: UTF-8, in which half of a surrogate pair has three bytes.
fn text_of<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Result<Vec<u8>, StorageOpError> {
    let text = v8::Local::<v8::String>::try_from(value).map_err(|_| StorageOpError::Argument)?;
    let lossy = text.to_rust_string_lossy(scope);
    // Halves of surrogate pairs have become U+FFFD, which a text may have of its own as well.
    if text.contains_only_onebyte() || !lossy.contains('\u{fffd}') {
        return Ok(lossy.into_bytes());
    }
    let mut units = vec![0u16; text.length()];
    text.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    Ok(crate::ext::d1::generalized_utf8(&units))
}

fn texts_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    list: v8::Local<'s, v8::Array>,
) -> Result<Vec<Vec<u8>>, StorageOpError> {
    let mut texts = Vec::with_capacity(list.length() as usize);
    for at in 0..list.length() {
        let text = list.get_index(scope, at).ok_or(StorageOpError::Argument)?;
        texts.push(text_of(scope, text)?);
    }
    Ok(texts)
}

fn text_to_v8<'s>(scope: &mut v8::PinScope<'s, '_>, text: &[u8]) -> v8::Local<'s, v8::Value> {
    let made = if text.is_ascii() {
        v8::String::new_from_one_byte(scope, text, v8::NewStringType::Normal)
    } else {
        v8::String::new_from_utf8(scope, text, v8::NewStringType::Normal)
    };
    // Texts are too short for the only way this fails.
    made.unwrap_or_else(|| v8::String::empty(scope)).into()
}

fn check_key(key: &[u8], limited: bool) -> Result<(), StorageOpError> {
    if limited && key.len() > limits::OBJECT_KEY_BYTES_MAX { Err(StorageOpError::Key(key.len())) } else { Ok(()) }
}

fn check_value(value: &[u8], limited: bool) -> Result<(), StorageOpError> {
    if limited && value.len() > limits::OBJECT_VALUE_BYTES_MAX + limits::OBJECT_VALUE_SLACK_BYTES {
        return Err(StorageOpError::Value(value.len()));
    }
    Ok(())
}

fn check_keys(count: usize, limited: bool) -> Result<(), StorageOpError> {
    if limited && count > limits::OBJECT_KEYS_MAX { Err(StorageOpError::Keys(count)) } else { Ok(()) }
}

fn unreadable(key: &[u8]) -> StorageOpError {
    StorageOpError::Unreadable(String::from_utf8_lossy(key).into_owned())
}

/// The value of a key; undefined when there is none. `limited` says that the class has no SQL.
#[op2(reentrant)]
pub fn op_storage_get<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    key: v8::Local<'s, v8::Value>,
    revive: v8::Local<'s, v8::Function>,
    limited: bool,
) -> Result<v8::Local<'s, v8::Value>, StorageOpError> {
    let guest = guest_of(&state);
    let key = text_of(scope, key)?;
    check_key(&key, limited)?;
    match with(&guest, number, |store| store.kv_get(&key, <[u8]>::to_vec))? {
        None => Ok(v8::undefined(scope).into()),
        Some(bytes) => values::read(scope, &bytes, revive).ok_or_else(|| unreadable(&key)),
    }
}

/// Keys and values in turn, of those keys that there are, in their order.
#[op2(reentrant)]
pub fn op_storage_get_many<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    keys: v8::Local<'s, v8::Array>,
    revive: v8::Local<'s, v8::Function>,
    limited: bool,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let mut keys = texts_of(scope, keys)?;
    check_keys(keys.len(), limited)?;
    keys.sort_unstable();
    keys.dedup();
    let found = with(&guest, number, |store| {
        let mut found = Vec::new();
        for key in keys {
            if let Some(value) = store.kv_get(&key, <[u8]>::to_vec)? {
                found.push((key, value));
            }
        }
        Ok(found)
    })?;
    pairs_to_v8(scope, &found, revive)
}

fn pairs_to_v8<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    pairs: &[(Vec<u8>, Vec<u8>)],
    revive: v8::Local<'s, v8::Function>,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let mut elements = Vec::with_capacity(pairs.len() * 2);
    for (key, value) in pairs {
        elements.push(text_to_v8(scope, key));
        elements.push(values::read(scope, value, revive).ok_or_else(|| unreadable(key))?);
    }
    Ok(v8::Array::new_with_elements(scope, &elements))
}

/// Sets the value of a key. An exception of V8's own is pending when it returns.
#[op2(nofast, reentrant)]
pub fn op_storage_put<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    key: v8::Local<'s, v8::Value>,
    value: v8::Local<'s, v8::Value>,
    special: v8::Local<'s, v8::Value>,
    limited: bool,
) -> Result<(), StorageOpError> {
    let guest = guest_of(&state);
    let key = text_of(scope, key)?;
    let Ok(value) = values::write(scope, value, special) else { return Ok(()) };
    check_key(&key, limited)?;
    check_value(&value, limited)?;
    with(&guest, number, |store| store.kv_put(&key, &value))
}

/// Sets several: all or, when one cannot be, none. `specials` is as long as the other two.
#[op2(nofast, reentrant)]
pub fn op_storage_put_many<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    keys: v8::Local<'s, v8::Array>,
    list: v8::Local<'s, v8::Array>,
    specials: v8::Local<'s, v8::Array>,
    limited: bool,
) -> Result<(), StorageOpError> {
    let guest = guest_of(&state);
    let mut pairs = Vec::with_capacity(keys.length() as usize);
    for at in 0..keys.length() {
        let (Some(key), Some(value), Some(special)) =
            (keys.get_index(scope, at), list.get_index(scope, at), specials.get_index(scope, at))
        else {
            return Err(StorageOpError::Argument);
        };
        let key = text_of(scope, key)?;
        let Ok(value) = values::write(scope, value, special) else { return Ok(()) };
        check_key(&key, limited)?;
        check_value(&value, limited)?;
        pairs.push((key, value));
    }
    with(&guest, number, |store| store.kv_put_all(pairs.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))))
}

/// Removes a key; false when it was not there.
#[op2(nofast)]
pub fn op_storage_delete<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    key: v8::Local<'s, v8::Value>,
    limited: bool,
) -> Result<bool, StorageOpError> {
    let guest = guest_of(&state);
    let key = text_of(scope, key)?;
    check_key(&key, limited)?;
    with(&guest, number, |store| store.kv_delete(&key))
}

/// Removes several; gives how many there were.
#[op2(nofast)]
pub fn op_storage_delete_many<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    keys: v8::Local<'s, v8::Array>,
    limited: bool,
) -> Result<u32, StorageOpError> {
    let guest = guest_of(&state);
    let keys = texts_of(scope, keys)?;
    for key in &keys {
        check_key(key, limited)?;
    }
    with(&guest, number, |store| {
        let mut removed = 0;
        for key in &keys {
            removed += u32::from(store.kv_delete(key)?);
        }
        Ok(removed)
    })
}

/// What a list is limited to, as a script gives it.
struct Bounds {
    start: Option<Vec<u8>>,
    start_after: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    reverse: bool,
    /// Zero for all.
    limit: u32,
}

impl Bounds {
    fn of<'s>(
        scope: &mut v8::PinScope<'s, '_>,
        [start, start_after, end, prefix]: [v8::Local<'s, v8::Value>; 4],
        reverse: bool,
        limit: u32,
    ) -> Result<Self, StorageOpError> {
        let mut key = |value| optional(scope, value);
        Ok(Self {
            start: key(start)?,
            start_after: key(start_after)?,
            end: key(end)?,
            prefix: key(prefix)?,
            reverse,
            limit,
        })
    }

    fn range(&self) -> KvRange<'_> {
        KvRange {
            start: self.start.as_deref().unwrap_or_default(),
            start_after: self.start_after.as_deref(),
            end: self.end.as_deref(),
            prefix: self.prefix.as_deref().unwrap_or_default(),
            reverse: self.reverse,
            limit: (self.limit > 0).then(|| u64::from(self.limit)),
        }
    }
}

fn optional<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
) -> Result<Option<Vec<u8>>, StorageOpError> {
    if value.is_undefined() { Ok(None) } else { text_of(scope, value).map(Some) }
}

/// Keys and values in turn.
#[op2(reentrant)]
#[allow(clippy::too_many_arguments, reason = "the options of a list; an object would cost more than the list")]
pub fn op_storage_list<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    start: v8::Local<'s, v8::Value>,
    start_after: v8::Local<'s, v8::Value>,
    end: v8::Local<'s, v8::Value>,
    prefix: v8::Local<'s, v8::Value>,
    reverse: bool,
    #[smi] limit: u32,
    revive: v8::Local<'s, v8::Function>,
) -> Result<v8::Local<'s, v8::Array>, StorageOpError> {
    let guest = guest_of(&state);
    let bounds = Bounds::of(scope, [start, start_after, end, prefix], reverse, limit)?;
    let pairs = with(&guest, number, |store| {
        let mut pairs = Vec::new();
        store.kv_list(&bounds.range(), |key, value| pairs.push((key.to_vec(), value.to_vec())))?;
        // As in production, whatever list comes later ends the one that is read pair by pair.
        store.kv_begin_list(&KvRange { end: Some(&[]), ..KvRange::default() })?;
        Ok(pairs)
    })?;
    pairs_to_v8(scope, &pairs, revive)
}

/// Begins a list that is read pair by pair; gives its number, 0 for one that can have no pairs.
#[op2(nofast)]
#[allow(clippy::too_many_arguments, reason = "as for the list")]
pub fn op_storage_list_begin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    start: v8::Local<'s, v8::Value>,
    start_after: v8::Local<'s, v8::Value>,
    end: v8::Local<'s, v8::Value>,
    prefix: v8::Local<'s, v8::Value>,
    reverse: bool,
    #[smi] limit: u32,
) -> Result<f64, StorageOpError> {
    let guest = guest_of(&state);
    let bounds = Bounds::of(scope, [start, start_after, end, prefix], reverse, limit)?;
    let range = bounds.range();
    if range.is_empty() {
        return Ok(0.0);
    }
    with(&guest, number, |store| store.kv_begin_list(&range)).map(|cursor| cursor.to_u64() as f64)
}

/// The next pair of a list; undefined at its end.
#[op2(reentrant)]
pub fn op_storage_list_next<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    cursor: f64,
    revive: v8::Local<'s, v8::Function>,
) -> Result<v8::Local<'s, v8::Value>, StorageOpError> {
    let guest = guest_of(&state);
    let cursor = KvCursor::from_u64(cursor as u64);
    let found = with(&guest, number, |store| store.kv_next(cursor, |key, value| (key.to_vec(), value.to_vec())))?;
    Ok(match found {
        None => v8::undefined(scope).into(),
        Some(pair) => pairs_to_v8(scope, &[pair], revive)?.into(),
    })
}

/// Removes everything; the alarm as well if it is to go.
#[op2(fast)]
pub fn op_storage_delete_all(
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    alarm: bool,
) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, |store| store.delete_all(!alarm).map(|_| ()))
}

/// The alarm's time in milliseconds since the Unix epoch; null when there is none.
#[op2]
pub fn op_storage_alarm<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
) -> Result<v8::Local<'s, v8::Value>, StorageOpError> {
    let guest = guest_of(&state);
    Ok(match with(&guest, number, ObjectStore::alarm)? {
        None => v8::null(scope).into(),
        Some(time_ns) => v8::Number::new(scope, time_ns.div_euclid(NS_PER_MS) as f64).into(),
    })
}

/// Sets the alarm, in milliseconds since the Unix epoch; zero removes it.
#[op2(fast)]
pub fn op_storage_set_alarm(
    state: Rc<RefCell<OpState>>,
    #[smi] number: u32,
    time_ms: f64,
) -> Result<(), StorageOpError> {
    let time_ns = (time_ms > 0.0).then_some((time_ms as i64).saturating_mul(NS_PER_MS));
    with(&guest_of(&state), number, |store| store.set_alarm(time_ns))
}

/// Begins an explicit transaction.
#[op2(fast)]
pub fn op_storage_begin(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::begin_transaction)
}

/// Commits the innermost one.
#[op2(fast)]
pub fn op_storage_commit(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::commit_transaction)
}

/// Rolls the innermost one back.
#[op2(fast)]
pub fn op_storage_rollback(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::rollback_transaction)
}

/// Begins what ends within the turn.
#[op2(fast)]
pub fn op_storage_begin_savepoint(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::begin_savepoint)
}

/// Keeps what was written in it.
#[op2(fast)]
pub fn op_storage_release_savepoint(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::release_savepoint)
}

/// Throws away what was written in it.
#[op2(fast)]
pub fn op_storage_rollback_savepoint(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::rollback_savepoint)
}

/// A bookmark, later than any before.
#[op2]
#[string]
pub fn op_storage_bookmark(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<String, StorageOpError> {
    with(&guest_of(&state), number, ObjectStore::next_bookmark)
}

/// Waits until what the object has written is committed.
#[op2]
pub async fn op_storage_sync(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<(), StorageOpError> {
    let (done, committed) = oneshot::channel();
    let told = move |outcome: Result<(), &WireError>| {
        // Nobody waits any more when the object is gone.
        let _ = done.send(outcome.map_err(|error| error.message.clone()));
    };
    guest_of(&state).objects.hold(number, Box::new(told));
    match committed.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(text)) => Err(StorageOpError::Lost(text)),
        Err(_) => Err(StorageOpError::Gone),
    }
}
