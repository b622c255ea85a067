//! wrangler's configuration schema as data: every key, its type, how it is inherited, what lopata does with it.
//!
//! Owns the tables and the little language they are written in ([`Shape`]). Does not look at any configuration:
//! `validate.rs` walks a value beside its shape. Which sentence an error gets is part of the table, because
//! wrangler words the same mistake differently in different places and tools match on its words.
//!
//! Invariant: [`KEYS`] holds exactly the top-level keys of wrangler's published schema, once each.

mod bindings;
mod keys;
mod settings;

pub use keys::KEYS;
pub use settings::{DURABLE_OBJECT_EXPORT, WORKER_EXPORT, WORKFLOW_EXPORT};

use super::tree::Node;
use super::validate::Checker;

/// A top-level key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// How environments see it.
    pub place: Place,
    /// What it holds.
    pub shape: Shape,
    /// Whether `null` stands for "not set" instead of being a mistake.
    pub nullable: bool,
    /// What lopata does with it.
    pub effect: Effect,
    /// Where in it the names of env entries are.
    pub source: Source,
    /// What wrangler calls a binding of this kind; empty for a key that makes none.
    pub friendly: &'static str,
}

/// How environments see a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An environment that does not set it has the top level's value.
    Inherited,
    /// An environment that does not set it does not have it.
    NotInherited,
    /// It cannot be set in an environment.
    TopLevelOnly,
}

/// What lopata does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes what `lopata dev` does.
    Works,
    /// It is checked and has no effect locally.
    Ignored,
    /// It gives env entries that throw a clear error on first use.
    Throws,
}

/// Where in a key's value the names of env entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nowhere.
    None,
    /// In this field of each item of the array.
    Items(&'static str),
    /// In the field `name` of each item of its array `bindings`.
    Bindings,
    /// In the field `binding` of each item of its array `producers`.
    Producers,
    /// In its field `binding`.
    Single,
    /// Its own keys are the names.
    Names,
    /// The fixed names of Workers Sites.
    Site,
}

/// The type of a value, and the sentence for a value that is not of it.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    Str,
    /// A number.
    Num,
    /// `true` or `false`.
    Bool,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// An array of strings, one sentence for the whole array.
    StrArray,
    /// An array of strings, one sentence for each wrong item.
    Strings,
    /// An object whose keys are the user's.
    Map(MapSentence),
    /// An array.
    List(ListSentence, &'static Shape),
    /// An object with known keys.
    Object(&'static Object),
    /// Checked by code, `path` being the name of the value in sentences.
    Custom(fn(&mut Checker<'_>, &str, &Node)),
}

/// An object with known keys.
#[derive(Debug)]
pub struct Object {
    /// What is said of a value that is not an object.
    pub sentence: ObjectSentence,
    /// The known keys.
    pub fields: &'static [Field],
    /// Whether other keys are fine.
    pub open: bool,
    /// What the fields' types do not say.
    pub check: Option<fn(&mut Checker<'_>, &str, &Node)>,
}

impl Object {
    /// An object that has these fields and no other.
    pub const fn new(sentence: ObjectSentence, fields: &'static [Field]) -> Self {
        Self { sentence, fields, open: false, check: None }
    }

    /// The same, with other keys allowed.
    pub const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// The same, with a check of the whole.
    pub const fn check(mut self, check: fn(&mut Checker<'_>, &str, &Node)) -> Self {
        self.check = Some(check);
        self
    }
}

/// A key of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it has to be there.
    pub required: bool,
    /// How a missing or wrong one is worded.
    pub sentence: FieldSentence,
}

impl Field {
    /// A field that may be missing.
    pub const fn optional(name: &'static str, shape: Shape, sentence: FieldSentence) -> Self {
        Self { name, shape, required: false, sentence }
    }

    /// A field that may not.
    pub const fn required(name: &'static str, shape: Shape, sentence: FieldSentence) -> Self {
        Self { name, shape, required: true, sentence }
    }
}

/// wrangler's wordings for a field that is missing or of the wrong type. `P` is the object, `k` the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldSentence {
    /// `"P.k" is a required field.`, `Expected "P.k" to be of type string but got V.`
    Property,
    /// `"P" bindings should have a string "k" field but got {…}.`
    BindingsShould,
    /// `"P" bindings should, optionally, have a string "k" field but got {…}.`
    BindingsOptionally,
    /// `"P" bindings must have a string "k" field but got {…}.`
    BindingsMust,
    /// `"P" bindings must have a "k" field but got {…}.`
    BindingsMustAny,
    /// `"P" should have a string "k" field but got {…}.`
    Should,
    /// `"P" should, optionally, have a string "k" field but got {…}.`
    Optionally,
    /// `binding should have a string "k" field.`
    Bare,
    /// `the field "k", when present, should be a string.`
    WhenPresent,
    /// These words if it is missing, `Property` if it is wrong. In them `{P}` is the object's path, `{V}` its value.
    Missing(&'static str),
    /// These words in both cases.
    Words(&'static str),
}

/// wrangler's wordings for a value that should be an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectSentence {
    /// `The field "P" should be an object but got V.`
    Field,
    /// `Expected "P" to be of type object but got V.`
    Property,
    /// `"noun" bindings should be objects, but got V`
    Bindings(&'static str),
    /// `"P" should be an object but got V.`
    Quoted,
    /// `Expected "P" to be an object but got V`
    Expected,
    /// These words. In them `{P}` is the path, `{V}` the value.
    Words(&'static str),
}

/// wrangler's wordings for a value that should be an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSentence {
    /// `The field "P" should be an array but got V.`
    Field,
    /// `Expected "P" to be an array but got V.`
    Expected,
    /// `The optional "P" field should be an array, but got V`
    Optional,
}

/// wrangler's wordings for the values of an object whose keys are the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapSentence {
    /// Values are anything.
    Any,
    /// Values are anything but TOML dates: `The field "P.k" is a TOML date, which is not supported. …`
    Vars,
    /// Values are strings: `The field "P.k" should be a string but got V.`
    Field,
    /// Values are strings: `Expected "P['k']" to be of type string but got V.`
    Blob,
    /// Values are strings: `Expected P["k"] to be a string, but got number`
    Alias,
}

/// The top-level key of this name.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_key_is_there_once() {
        let names: HashSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
        assert_eq!(KEYS.len(), 91);
    }

    #[test]
    fn keys_that_throw_make_bindings() {
        for key in KEYS {
            assert_eq!(key.source == Source::None, key.friendly.is_empty(), "{}", key.name);
            if key.effect == Effect::Throws {
                assert_ne!(key.source, Source::None, "{}", key.name);
            }
        }
    }
}
