//! Small values of a namespace in memory, so that most reads touch no file.
//!
//! Two generations: entries go into the young one; when that is full it becomes the old one, and what was old
//! is forgotten. An entry found in the old generation moves to the young one. So what is read often stays,
//! without a list to reorder on each read.
//!
//! Knows nothing of time or of other processes: the store clears it when the database was changed by somebody
//! else, and checks expiry itself.

use std::collections::HashMap;
use std::mem;

use bytes::Bytes;

/// Bytes of a value that is worth keeping; reading a larger one from its file costs little in comparison.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of one generation, counted as [`Entry::cost`] does.
const GENERATION_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes that an entry costs besides what it holds.
const ENTRY_OVERHEAD_BYTES: usize = 128;

const _: () = assert!(VALUE_BYTES_MAX * 16 <= GENERATION_BYTES_MAX, "one value must not push out all others");

/// What a read needs to know of a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub value: Bytes,
    /// JSON text.
    pub metadata: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub expiration_ms: Option<i64>,
}

impl Entry {
    fn cost(&self, key: &str) -> usize {
        key.len() + self.value.len() + self.metadata.as_ref().map_or(0, String::len) + ENTRY_OVERHEAD_BYTES
    }
}

#[derive(Debug, Default)]
pub(super) struct Cache {
    young: HashMap<String, Entry>,
    old: HashMap<String, Entry>,
    /// The sum of [`Entry::cost`] over `young`.
    young_bytes: usize,
}

impl Cache {
    pub fn get(&mut self, key: &str) -> Option<&Entry> {
        if !self.young.contains_key(key) {
            let (key, entry) = self.old.remove_entry(key)?;
            self.insert_young(key, entry);
        }
        self.young.get(key)
    }

    /// Remembers an entry, unless it is too large to be kept.
    pub fn insert(&mut self, key: &str, entry: Entry) {
        self.remove(key);
        if entry.value.len() <= VALUE_BYTES_MAX {
            self.insert_young(key.to_string(), entry);
        }
    }

    fn insert_young(&mut self, key: String, entry: Entry) {
        let cost = entry.cost(&key);
        if self.young_bytes + cost > GENERATION_BYTES_MAX {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += cost;
        self.young.insert(key, entry);
    }

    pub fn remove(&mut self, key: &str) {
        if let Some(entry) = self.young.remove(key) {
            self.young_bytes -= entry.cost(key);
        }
        self.old.remove(key);
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn entry(length: usize) -> Entry {
        Entry { value: Bytes::from(vec![0; length]), metadata: None, expiration_ms: None }
    }

    fn bytes_of(map: &HashMap<String, Entry>) -> usize {
        map.iter().map(|(key, entry)| entry.cost(key)).sum()
    }

    #[test]
    fn stays_within_two_generations_and_keeps_what_is_read() {
        let mut cache = Cache::default();
        cache.insert("hot", entry(10));
        for n in 0..2000 {
            cache.insert(&format!("k{n}"), entry(60_000));
            assert!(cache.get("hot").is_some(), "after {n}");
            assert_eq!(cache.young_bytes, bytes_of(&cache.young));
            assert!(bytes_of(&cache.young) <= GENERATION_BYTES_MAX && bytes_of(&cache.old) <= GENERATION_BYTES_MAX);
        }
        assert!(cache.get("k0").is_none());
    }

    #[test]
    fn a_large_value_is_not_kept_and_pushes_out_its_predecessor() {
        let mut cache = Cache::default();
        cache.insert("k", entry(1));
        cache.insert("k", entry(VALUE_BYTES_MAX + 1));
        assert!(cache.get("k").is_none());
        assert_eq!(cache.young_bytes, 0);
    }

    #[test]
    fn an_entry_is_in_one_generation_only() {
        let mut cache = Cache::default();
        cache.insert("k", entry(1));
        for n in 0..200 {
            cache.insert(&format!("k{n}"), entry(60_000));
        }
        cache.insert("k", entry(2));
        cache.remove("k");
        assert!(cache.get("k").is_none());
    }
}
