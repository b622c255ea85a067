//! Small values of a store in memory, so that most reads touch no file.
//!
//! Two generations: entries go into the young one; when that is full it becomes the old one, and what was old
//! is forgotten. An entry found in the old generation moves to the young one. So what is read often stays,
//! without a list to reorder on each read.
//!
//! Knows nothing of time or of other processes: the store clears it when the database was changed by somebody
//! else, and checks expiry itself.

use std::collections::HashMap;
use std::mem;

/// Bytes of a value that is worth keeping; reading a larger one from its file costs little in comparison.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Bytes that an entry costs besides what it holds.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// Something that is kept under a key.
pub(crate) trait Held {
    /// Bytes of the value, which decide whether it is kept.
    fn value_bytes(&self) -> usize;

    /// Bytes of everything else.
    fn other_bytes(&self) -> usize;
}

/// What a store remembers. Takes at most two generations.
#[derive(Debug)]
pub(crate) struct Memory<E> {
    young: HashMap<String, E>,
    old: HashMap<String, E>,
    /// The sum of the costs over `young`.
    young_bytes: usize,
    generation_bytes_max: usize,
}

impl<E: Held> Memory<E> {
    /// An empty one with generations of so many bytes, of which one value may take a sixteenth.
    pub fn new(generation_bytes_max: usize) -> Self {
        assert!(VALUE_BYTES_MAX * 16 <= generation_bytes_max, "one value must not push out all others");
        Self { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, generation_bytes_max }
    }

    /// What is kept under a key.
    pub fn get(&mut self, key: &str) -> Option<&E> {
        if !self.young.contains_key(key) {
            let (key, entry) = self.old.remove_entry(key)?;
            self.insert_young(key, entry);
        }
        self.young.get(key)
    }

    /// Remembers an entry, unless it is too large to be kept.
    pub fn insert(&mut self, key: &str, entry: E) {
        self.remove(key);
        if entry.value_bytes() <= VALUE_BYTES_MAX {
            self.insert_young(key.to_string(), entry);
        }
    }

    fn insert_young(&mut self, key: String, entry: E) {
        let cost = cost(&key, &entry);
        if self.young_bytes + cost > self.generation_bytes_max {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += cost;
        self.young.insert(key, entry);
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &str) {
        if let Some(entry) = self.young.remove(key) {
            self.young_bytes -= cost(key, &entry);
        }
        self.old.remove(key);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.young_bytes = 0;
    }
}

fn cost<E: Held>(key: &str, entry: &E) -> usize {
    key.len() + entry.value_bytes() + entry.other_bytes() + ENTRY_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const GENERATION_BYTES_MAX: usize = 8 * 1024 * 1024;

    impl Held for usize {
        fn value_bytes(&self) -> usize {
            *self
        }

        fn other_bytes(&self) -> usize {
            0
        }
    }

    fn entry(length: usize) -> usize {
        length
    }

    fn bytes_of(map: &HashMap<String, usize>) -> usize {
        map.iter().map(|(key, entry)| cost(key, entry)).sum()
    }

    #[test]
    fn stays_within_two_generations_and_keeps_what_is_read() {
        let mut memory = Memory::new(GENERATION_BYTES_MAX);
        memory.insert("hot", entry(10));
        for n in 0..2000 {
            memory.insert(&format!("k{n}"), entry(60_000));
            assert!(memory.get("hot").is_some(), "after {n}");
            assert_eq!(memory.young_bytes, bytes_of(&memory.young));
            assert!(bytes_of(&memory.young) <= GENERATION_BYTES_MAX && bytes_of(&memory.old) <= GENERATION_BYTES_MAX);
        }
        assert!(memory.get("k0").is_none());
    }

    #[test]
    fn a_large_value_is_not_kept_and_pushes_out_its_predecessor() {
        let mut memory = Memory::new(GENERATION_BYTES_MAX);
        memory.insert("k", entry(1));
        memory.insert("k", entry(VALUE_BYTES_MAX + 1));
        assert!(memory.get("k").is_none());
        assert_eq!(memory.young_bytes, 0);
    }

    #[test]
    fn an_entry_is_in_one_generation_only() {
        let mut memory = Memory::new(GENERATION_BYTES_MAX);
        memory.insert("k", entry(1));
        for n in 0..200 {
            memory.insert(&format!("k{n}"), entry(60_000));
        }
        memory.insert("k", entry(2));
        memory.remove("k");
        assert!(memory.get("k").is_none());
    }
}
