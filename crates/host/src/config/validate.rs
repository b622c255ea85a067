//! Checks a value tree against the schema and words what is wrong.
//!
//! One walk, no early end: every mistake is reported, with its position, wrangler's sentence and, where one is
//! known, advice. The walk changes nothing and never panics; `assemble.rs` may rely on the types of everything
//! that was walked without an error.

use std::ops::Range;
use std::sync::Arc;

use super::date::Date;
use super::diagnostics::{Diagnostic, SourceFile};
use super::read::{Format, first_line};
use super::schema::{self, Field, FieldSentence, KEYS, ListSentence, MapSentence, Object, ObjectSentence, Shape};
use super::suggest;
use super::tree::{self, Entry, Node, Value};

/// Where findings go, and what checks need to know of the world.
pub struct Checker<'a> {
    /// The file that is checked.
    pub file: &'a Arc<SourceFile>,
    /// Its format.
    pub format: Format,
    /// The day that is today.
    pub today: Date,
    /// Where the configuration begins, for what is missing in it.
    pub start: Range<usize>,
    /// The findings, in the order of the walk.
    pub found: &'a mut Vec<Diagnostic>,
}

impl Checker<'_> {
    /// Reports an error at `range`; more can be added to what is returned.
    pub fn error(&mut self, code: &'static str, message: impl Into<String>, range: Range<usize>) -> &mut Diagnostic {
        self.push(Diagnostic::error(code, message), range)
    }

    /// Reports a warning at `range`; more can be added to what is returned.
    pub fn warning(&mut self, code: &'static str, message: impl Into<String>, range: Range<usize>) -> &mut Diagnostic {
        self.push(Diagnostic::warning(code, message), range)
    }

    fn push(&mut self, diagnostic: Diagnostic, range: Range<usize>) -> &mut Diagnostic {
        let range = first_line(&self.file.text, range);
        self.found.push(diagnostic.at(self.file, range, ""));
        self.found.last_mut().expect("it has just been pushed")
    }

    /// Reports `Expected "P" to be of type T but got V.` with what to do about it.
    pub fn wrong_type(&mut self, path: &str, expected: &str, node: &Node) {
        let message = format!("Expected \"{path}\" to be of type {expected} but got {}.", node.quoted());
        let advice = advice(expected, node);
        self.error("wrong-type", message, node.range.clone()).help = advice;
    }

    /// Checks that `node` is a string; reports it if not.
    pub fn string<'n>(&mut self, path: &str, node: &'n Node) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(path, "string", node);
        }
        text
    }

    /// Checks `node` against `shape`.
    pub fn shape(&mut self, path: &str, shape: &Shape, node: &Node) {
        match shape {
            Shape::Any => {}
            Shape::Str | Shape::Num | Shape::Bool => {
                if !is_plain(shape, node) {
                    self.wrong_type(path, type_word(shape), node);
                }
            }
            Shape::OneOf(choices) => self.one_of(path, choices, node),
            Shape::StrArray => self.string_array(path, node),
            Shape::Strings => self.strings(path, node),
            Shape::Map(sentence) => self.map(path, *sentence, node),
            Shape::List(sentence, item) => self.list(path, *sentence, item, node),
            Shape::Object(object) => self.object(path, object, node),
            Shape::Custom(check) => check(self, path, node),
        }
    }

    /// Checks that `node` is one of `choices`.
    pub fn one_of(&mut self, path: &str, choices: &[&'static str], node: &Node) {
        let Some(text) = self.string(path, node) else { return };
        if choices.contains(&text) {
            return;
        }
        let list = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(",");
        let message = format!("Expected \"{path}\" field to be one of [{list}] but got {}.", node.quoted());
        let near = suggest::nearest(text, choices.iter().copied());
        self.error("wrong-value", message, node.range.clone()).help =
            near.map(|near| format!("Did you mean \"{near}\"?"));
    }

    fn string_array(&mut self, path: &str, node: &Node) {
        let wrong = match node.as_array() {
            Some(items) => items.iter().find(|item| item.as_str().is_none()).map(|item| item.range.clone()),
            None => Some(node.range.clone()),
        };
        if let Some(range) = wrong {
            let message = format!("Expected \"{path}\" to be of type string array but got {}.", node.quoted());
            self.error("wrong-type", message, range).help = advice("array", node);
        }
    }

    /// Checks that `node` is an array of strings, item by item.
    pub fn strings(&mut self, path: &str, node: &Node) {
        let Some(items) = node.as_array() else {
            let message = format!("Expected \"{path}\" to be an array of strings but got {}", node.quoted());
            self.error("wrong-type", message, node.range.clone()).help = advice("array", node);
            return;
        };
        for (index, item) in items.iter().enumerate() {
            self.string(&format!("{path}.[{index}]"), item);
        }
    }

    fn map(&mut self, path: &str, sentence: MapSentence, node: &Node) {
        let Some(object) = node.as_object() else {
            let message = match sentence {
                MapSentence::Alias => format!("Expected {path} to be an object, but got {}", type_of(node)),
                _ => format!("The field \"{path}\" should be an object but got {}.", node.quoted()),
            };
            self.error("wrong-type", message, node.range.clone());
            return;
        };
        for Entry { key, value, .. } in object.iter() {
            let text = value.as_str().is_some();
            let message = match sentence {
                MapSentence::Vars if matches!(value.value, Value::Date(_)) => format!(
                    "The field \"{path}.{key}\" is a TOML date, which is not supported. Please use a string instead, e.g. {key} = {}.",
                    value.quoted()
                ),
                MapSentence::Field if !text => {
                    format!("The field \"{path}.{key}\" should be a string but got {}.", value.quoted())
                }
                MapSentence::Blob if !text => {
                    format!("Expected \"{path}['{key}']\" to be of type string but got {}.", value.quoted())
                }
                MapSentence::Alias if !text => {
                    format!("Expected {path}[\"{key}\"] to be a string, but got {}", type_of(value))
                }
                _ => continue,
            };
            self.error("wrong-type", message, value.range.clone()).help = advice("string", value);
        }
    }

    fn list(&mut self, path: &str, sentence: ListSentence, item: &Shape, node: &Node) {
        let Some(items) = node.as_array() else {
            let got = node.quoted();
            let message = match sentence {
                ListSentence::Field => format!("The field \"{path}\" should be an array but got {got}."),
                ListSentence::Expected => format!("Expected \"{path}\" to be an array but got {got}."),
                ListSentence::Optional => {
                    format!("The optional \"{path}\" field should be an array, but got {got}")
                }
            };
            let help = match (self.format, &node.value) {
                (Format::Toml, Value::Object(_)) => Some(format!("An item of an array is written [[{path}]].")),
                _ => advice("array", node),
            };
            self.error("wrong-type", message, node.range.clone()).help = help;
            return;
        };
        for (index, node) in items.iter().enumerate() {
            self.shape(&format!("{path}[{index}]"), item, node);
        }
    }

    /// Checks `node` against an object with known keys.
    pub fn object(&mut self, path: &str, object: &'static Object, node: &Node) {
        let Some(value) = node.as_object() else {
            let got = node.quoted();
            let message = match object.sentence {
                ObjectSentence::Field => format!("The field \"{path}\" should be an object but got {got}."),
                ObjectSentence::Property => format!("Expected \"{path}\" to be of type object but got {got}."),
                ObjectSentence::Bindings(noun) => format!("\"{noun}\" bindings should be objects, but got {got}"),
                ObjectSentence::Quoted => format!("\"{path}\" should be an object but got {got}."),
                ObjectSentence::Expected => format!("Expected \"{path}\" to be an object but got {got}"),
                ObjectSentence::Words(words) => in_words(words, path, node),
            };
            let help = match (self.format, node.as_array()) {
                (Format::Toml, Some([Node { value: Value::Object(_), .. }, ..])) => {
                    Some(format!("A table is written [{path}], with one bracket."))
                }
                _ => None,
            };
            self.error("wrong-type", message, node.range.clone()).help = help;
            return;
        };
        for field in object.fields {
            match value.get(field.name) {
                Some(found) => self.field(path, field, found, node),
                None if field.required => self.missing(path, field, node),
                None => {}
            }
        }
        if !object.open {
            self.unknown_fields(path, object, value);
        }
        if let Some(check) = object.check {
            check(self, path, node);
        }
    }

    fn field(&mut self, path: &str, field: &Field, found: &Node, parent: &Node) {
        let inner = format!("{path}.{}", field.name);
        let as_property = matches!(field.sentence, FieldSentence::Property | FieldSentence::Missing(_));
        if !as_property && is_of_other_type(&field.shape, found) {
            let message = field_sentence(path, field, parent);
            let help = advice(type_word(&field.shape), found);
            self.error("wrong-type", message, found.range.clone()).help = help;
        } else {
            self.shape(&inner, &field.shape, found);
        }
    }

    fn missing(&mut self, path: &str, field: &Field, parent: &Node) {
        let message = match field.sentence {
            FieldSentence::Property => format!("\"{path}.{}\" is a required field.", field.name),
            _ => field_sentence(path, field, parent),
        };
        let near = parent.as_object().and_then(|object| {
            let written = object.iter().map(|entry| entry.key.as_str());
            suggest::nearest(field.name, written).and_then(|near| object.entry(near))
        });
        let help = match near {
            Some(entry) => format!("\"{}\" is not a field: did you mean \"{}\"?", entry.key, field.name),
            None => format!("Add {}.", self.format.assignment(field.name, "…")),
        };
        self.error("missing-field", message, parent.range.clone()).help = Some(help);
    }

    fn unknown_fields(&mut self, path: &str, object: &Object, value: &tree::Object) {
        for entry in value.iter() {
            if object.fields.iter().any(|field| field.name == entry.key) {
                continue;
            }
            let message = format!("Unexpected fields found in {path} field: \"{}\"", entry.key);
            let help = match suggest::nearest(&entry.key, object.fields.iter().map(|field| field.name)) {
                Some(near) => Some(format!("Did you mean \"{near}\"?")),
                None if schema::key(&entry.key).is_some() => Some(self.misplaced(&entry.key)),
                None => None,
            };
            self.warning("unknown-key", message, entry.key_range.clone()).help = help;
        }
    }

    /// In TOML everything below a table's header belongs to the table, which surprises people.
    fn misplaced(&self, key: &str) -> String {
        match self.format {
            Format::Toml => format!("\"{key}\" is a top-level key: move it above the first [table]."),
            Format::Json => format!("\"{key}\" is a top-level key: move it out of this object."),
        }
    }

    /// Reports a key that the schema does not know at the top level or in an environment.
    pub fn unknown_key(&mut self, place: &str, entry: &Entry) {
        let message = format!("Unexpected fields found in {place} field: \"{}\"", entry.key);
        let name = entry.key.as_str();
        let help = if schema::key(name).is_some() {
            Some(format!("\"{name}\" can only be set at the top level."))
        } else if let Some(near) = suggest::nearest(name, KEYS.iter().map(|key| key.name)) {
            Some(format!("Did you mean \"{near}\"?"))
        } else {
            owner_of_field(name).map(|owner| format!("Did you mean \"{owner}.{name}\"?"))
        };
        self.warning("unknown-key", message, entry.key_range.clone()).help = help;
    }
}

/// The top-level key whose object has this field, if there is only one such key.
fn owner_of_field(name: &str) -> Option<&'static str> {
    let mut owners = KEYS.iter().filter(|key| match key.shape {
        Shape::Object(object) => key.name != "previews" && object.fields.iter().any(|field| field.name == name),
        _ => false,
    });
    match (owners.next(), owners.next()) {
        (Some(owner), None) => Some(owner.name),
        _ => None,
    }
}

fn field_sentence(path: &str, field: &Field, parent: &Node) -> String {
    let (name, word) = (field.name, type_word(&field.shape));
    let article = |word: &str| if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let a_word = format!("{} {word}", article(word));
    let got = parent.quoted();
    match field.sentence {
        FieldSentence::Property => format!("Expected \"{path}.{name}\" to be of type {word} but got {got}."),
        FieldSentence::BindingsShould => {
            format!("\"{path}\" bindings should have {a_word} \"{name}\" field but got {got}.")
        }
        FieldSentence::BindingsOptionally => {
            format!("\"{path}\" bindings should, optionally, have {a_word} \"{name}\" field but got {got}.")
        }
        FieldSentence::BindingsMust => {
            format!("\"{path}\" bindings must have {a_word} \"{name}\" field but got {got}.")
        }
        // wrangler says `a "id"` and `an "index_name"`.
        FieldSentence::BindingsMustAny => {
            let article = if name.len() > 2 { article(name) } else { "a" };
            format!("\"{path}\" bindings must have {article} \"{name}\" field but got {got}.")
        }
        FieldSentence::Should => format!("\"{path}\" should have {a_word} \"{name}\" field but got {got}."),
        FieldSentence::Optionally => {
            format!("\"{path}\" should, optionally, have {a_word} \"{name}\" field but got {got}.")
        }
        FieldSentence::Bare => format!("binding should have {a_word} \"{name}\" field."),
        FieldSentence::WhenPresent => format!("the field \"{name}\", when present, should be {a_word}."),
        FieldSentence::Missing(words) | FieldSentence::Words(words) => in_words(words, path, parent),
    }
}

fn in_words(words: &str, path: &str, node: &Node) -> String {
    words.replace("{P}", path).replace("{V}", &node.quoted())
}

/// True when a sentence about the field's type fits; the inside of objects and arrays has its own.
fn is_of_other_type(shape: &Shape, node: &Node) -> bool {
    match shape {
        Shape::Str | Shape::Num | Shape::Bool => !is_plain(shape, node),
        Shape::Object(_) => node.as_object().is_none(),
        _ => false,
    }
}

fn is_plain(shape: &Shape, node: &Node) -> bool {
    matches!(
        (shape, &node.value),
        (Shape::Str, Value::String(_)) | (Shape::Num, Value::Number(_)) | (Shape::Bool, Value::Bool(_))
    )
}

fn type_word(shape: &Shape) -> &'static str {
    match shape {
        Shape::Str | Shape::OneOf(_) => "string",
        Shape::Num => "number",
        Shape::Bool => "boolean",
        _ => "object",
    }
}

/// What JavaScript's `typeof` says.
fn type_of(node: &Node) -> &'static str {
    match node.value {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        _ => "object",
    }
}

/// What to do about a value that is not of the expected type.
pub fn advice(expected: &str, node: &Node) -> Option<String> {
    let quoted = node.quoted();
    match (expected, &node.value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(format!("Put it in quotes: \"{quoted}\".")),
        ("string", Value::Date(_)) => Some(format!("Put it in quotes: {quoted}.")),
        ("boolean", Value::String(text)) if text == "true" || text == "false" => {
            Some(format!("Remove the quotes: {text}."))
        }
        ("number", Value::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Some(format!("Remove the quotes: {text}."))
        }
        ("array", Value::String(_) | Value::Object(_)) => Some(format!("Put it in brackets: [{quoted}].")),
        _ => None,
    }
}
