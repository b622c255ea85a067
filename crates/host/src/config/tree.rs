//! The value tree that every configuration format is read into: values with their byte ranges.
//!
//! Knows nothing of files, formats or wrangler's keys. Objects keep the order of the file and hold a key once.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Number;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Bytes of the source. For a TOML table, its header or its first key.
    pub range: Range<usize>,
}

/// A value of JSON, and TOML's date.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`; also TOML's `nan` and `inf`, as `JSON.stringify` has it.
    Null,
    /// A boolean.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A string.
    String(String),
    /// A TOML date or time, which wrangler refuses nearly everywhere.
    Date(String),
    /// An array.
    Array(Vec<Node>),
    /// An object.
    Object(Object),
}

/// Entries in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written, quotes included.
    pub key_range: Range<usize>,
    /// The value.
    pub value: Node,
}

/// A key that was written twice in one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeated {
    /// The key.
    pub key: String,
    /// Where it was written first.
    pub first: Range<usize>,
    /// Where it was written again.
    pub again: Range<usize>,
}

impl Object {
    /// An object of `entries`. A key that comes again keeps its place and gets the later value, as `JSON.parse`
    /// does it; each such key is reported with the range of the first and of the second.
    pub fn new(entries: Vec<Entry>) -> (Self, Vec<Repeated>) {
        let mut places: HashMap<String, usize> = HashMap::with_capacity(entries.len());
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut repeated = Vec::new();
        for entry in entries {
            match places.get(&entry.key) {
                Some(&place) => {
                    let (first, again) = (kept[place].key_range.clone(), entry.key_range.clone());
                    repeated.push(Repeated { key: entry.key.clone(), first, again });
                    kept[place] = entry;
                }
                None => {
                    places.insert(entry.key.clone(), kept.len());
                    kept.push(entry);
                }
            }
        }
        (Self { entries: kept }, repeated)
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// All entries.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// True when there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Node {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The items, if it is an array.
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value as JSON. A date becomes a string.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::String(text) | Value::Date(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::to_json).collect(),
            Value::Object(object) => {
                serde_json::Value::Object(object.iter().map(|e| (e.key.clone(), e.value.to_json())).collect())
            }
        }
    }

    /// The value as `JSON.stringify` prints it, for sentences; cut short when it is long.
    pub fn quoted(&self) -> String {
        const CHARS_MAX: usize = 400;
        let text = match &self.value {
            Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), js_number),
            _ => self.to_json().to_string(),
        };
        match text.char_indices().nth(CHARS_MAX) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        }
    }
}

/// A number as JavaScript prints it: an integral one has no fraction.
pub fn js_number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e21 { format!("{value:.0}") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(value: Value) -> Node {
        Node { value, range: 0..0 }
    }

    #[test]
    fn a_repeated_key_keeps_its_place_and_gets_the_last_value() {
        let entry =
            |key: &str, value: bool| Entry { key: key.to_string(), key_range: 0..0, value: node(Value::Bool(value)) };
        let (object, repeated) = Object::new(vec![entry("a", false), entry("b", false), entry("a", true)]);
        assert_eq!(repeated.len(), 1);
        assert_eq!(node(Value::Object(object)).quoted(), r#"{"a":true,"b":false}"#);
    }

    #[test]
    fn numbers_print_as_in_javascript() {
        assert_eq!(js_number(1.0), "1");
        assert_eq!(js_number(-0.5), "-0.5");
        assert_eq!(js_number(8787.0), "8787");
    }

    #[test]
    fn long_values_are_cut() {
        let text = node(Value::String("é".repeat(5000))).quoted();
        assert!(text.chars().count() < 500 && text.ends_with('…'));
    }
}
