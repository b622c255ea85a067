//! The JSON form: objects for structs, arrays for lists, the schema's names for both.
//!
//! Comments and trailing commas are fine. As in the text form, a string can stand for a struct whose first field is a
//! text. What JSON has no literal for is an object with one key: `{"embed": "file"}` is the content of a file beside
//! the configuration, as text or bytes by the field; `{"base64": "…"}` and `{"hex": "…"}` are bytes. `null` is what
//! is set without a value (`unsafeEval`); anywhere else it leaves a field out. A field named `json` takes any value and
//! keeps its text.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;

use super::files::{FileError, Files};
use super::place::Place;
use super::report::Report;
use super::schema::{Field, Struct, Type, workerd};
use super::value::{Value, ValueKind};
use crate::config::read::{self, Format};
use crate::config::tree::{Entry, Node, Object, Value as Json};
use crate::config::{SourceFile, suggest};

/// What is wrong with a value. The texts are those of the text form where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum JsonError {
    /// Something else should be here.
    #[error("Type mismatch; expected {0}.")]
    Mismatch(String),
    /// A number that its type has not.
    #[error("Integer value out of range.")]
    OutOfRange,
    /// A field that its struct has not.
    #[error("Struct has no field named '{0}'.")]
    NoField(String),
    /// A name that its enum has not.
    #[error("Not defined: {0}")]
    NotDefined(String),
    /// A file that cannot be read.
    #[error("Couldn't read file for embed: {name}{reason}")]
    Embed {
        /// As it is written.
        name: String,
        /// Empty for a file that is not there.
        reason: String,
    },
    /// Bytes that are not written as they should be.
    #[error("This is not {0}.")]
    Encoding(&'static str),
}

/// The tree of a JSON file; nothing if it is none, which is reported.
pub fn parse(
    path: &Path,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<(Arc<SourceFile>, Node)>, FileError> {
    let file = match files.config(path) {
        Ok(file) => file,
        Err((error @ FileError::NotUtf8 { at, .. }, Some(file))) => {
            let place = Place::new(&file, at..at + '\u{fffd}'.len_utf8());
            report.error("not-utf8", &place, format!("This file cannot be read: {error}."));
            return Ok(None);
        }
        Err((error, _)) => return Err(error),
    };
    let mut found = Vec::new();
    let root = read::parse(&file, Format::Json, &mut found);
    for diagnostic in found {
        report.push(diagnostic);
    }
    Ok(root.map(|root| (file, root)))
}

/// The configuration that a tree is. Errors are reported.
pub fn config(file: &Arc<SourceFile>, root: &Node, files: &mut Files, report: &mut Report) -> Option<Value> {
    let mut reader = Reader { file, files, report };
    let Json::Object(object) = &root.value else { return None };
    let entries = object.iter().filter(|entry| entry.key != "$schema");
    Some(Value { place: reader.place(root), kind: reader.fields(entries, &workerd::CONFIG) })
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    files: &'a mut Files,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn place(&self, node: &Node) -> Place {
        Place::new(self.file, node.range.clone())
    }

    fn fail(&mut self, place: &Place, error: &JsonError, help: Option<String>) {
        self.report.error_with_help("value", place, error.to_string(), help);
    }

    fn fields<'n>(&mut self, entries: impl Iterator<Item = &'n Entry>, of: &'static Struct) -> ValueKind {
        let mut set: Vec<(&'static Field, Value)> = Vec::new();
        for entry in entries {
            let place = Place::new(self.file, entry.key_range.clone());
            let Some(field) = of.field(&entry.key) else {
                let nearest = suggest::nearest(&entry.key, of.fields.iter().map(|field| field.name));
                let help = nearest.map(|nearest| format!("Did you mean '{nearest}'?"));
                self.fail(&place, &JsonError::NoField(entry.key.clone()), help);
                continue;
            };
            let Some(value) = self.field(field, &entry.value) else { continue };
            if let Some(before) = set.iter().position(|(other, _)| field.member && other.member) {
                let (other, _) = set.remove(before);
                let message =
                    format!("'{}' takes the place of '{}': a {} is only one of them.", field.name, other.name, of.path);
                self.report.warning("replaced", &place, message);
            }
            set.push((field, value));
        }
        ValueKind::Struct(Arc::from(set))
    }

    fn field(&mut self, field: &'static Field, node: &Node) -> Option<Value> {
        match (&node.value, field.ty) {
            // A string is the text itself, as in the other form.
            (json, Type::Text) if field.name == "json" && !matches!(json, Json::String(_)) && !is_embed(json) => {
                Some(Value { place: self.place(node), kind: ValueKind::Text(Arc::from(node.to_json().to_string())) })
            }
            (Json::Null, ty) if !matches!(ty, Type::Void) => None,
            (_, ty) => self.value(node, ty),
        }
    }

    fn value(&mut self, node: &Node, ty: Type) -> Option<Value> {
        let place = self.place(node);
        let kind = match (&node.value, ty) {
            (Json::Null, Type::Void) => ValueKind::Void,
            (Json::Bool(value), Type::Bool) => ValueKind::Bool(*value),
            (Json::Number(number), Type::Int { bits, signed }) => {
                let bounds =
                    if signed { (-(1i128 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
                match number.to_string().parse::<i128>() {
                    Ok(value) if (bounds.0..=bounds.1).contains(&value) => ValueKind::Int(value),
                    _ => {
                        self.fail(&place, &JsonError::OutOfRange, None);
                        return None;
                    }
                }
            }
            (Json::String(text), Type::Text) => ValueKind::Text(Arc::from(text.as_str())),
            (Json::String(text), Type::Data) => ValueKind::Data(Bytes::copy_from_slice(text.as_bytes())),
            (Json::String(text), Type::Enum(names)) => match names.names.iter().find(|name| *name == text) {
                Some(name) => ValueKind::Enum(name),
                None => {
                    let nearest = suggest::nearest(text, names.names.iter().copied());
                    let help = nearest.map(|nearest| format!("Did you mean '{nearest}'?"));
                    self.fail(&place, &JsonError::NotDefined(text.clone()), help);
                    return None;
                }
            },
            (Json::String(text), Type::Struct(fields) | Type::Group(fields)) if fields.text_field().is_some() => {
                let text = Value { place: place.clone(), kind: ValueKind::Text(Arc::from(text.as_str())) };
                ValueKind::Struct(Arc::from([(fields.text_field()?, text)]))
            }
            (Json::Array(items), Type::List(element)) => {
                let items: Vec<Value> = items.iter().filter_map(|item| self.value(item, *element)).collect();
                ValueKind::List(Arc::from(items))
            }
            (Json::Object(object), Type::Struct(fields) | Type::Group(fields)) => self.fields(object.iter(), fields),
            (Json::Object(object), Type::Text | Type::Data) => return self.embedded(node, object, ty),
            _ => {
                self.fail(&place, &JsonError::Mismatch(ty.to_string()), None);
                return None;
            }
        };
        Some(Value { place, kind })
    }

    /// What an object with one key stands for where a text or bytes are expected.
    fn embedded(&mut self, node: &Node, object: &Object, ty: Type) -> Option<Value> {
        let place = self.place(node);
        let mut entries = object.iter();
        let only = entries.next().filter(|_| entries.next().is_none());
        let of = only.and_then(|entry| Some((entry.key.as_str(), entry.value.as_str()?, self.place(&entry.value))));
        let kind = match (of, ty) {
            (Some(("embed", name, at)), _) => self.file(name, &at, ty)?,
            (Some(("base64", text, at)), Type::Data) => {
                let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(text) else {
                    self.fail(&at, &JsonError::Encoding("base64"), None);
                    return None;
                };
                ValueKind::Data(Bytes::from(bytes))
            }
            (Some(("hex", text, at)), Type::Data) => {
                let Some(bytes) = from_hex(text) else {
                    self.fail(&at, &JsonError::Encoding("pairs of hexadecimal digits"), None);
                    return None;
                };
                ValueKind::Data(Bytes::from(bytes))
            }
            _ => {
                let help = Some("The content of a file is {\"embed\": \"file\"}.".to_string());
                self.fail(&place, &JsonError::Mismatch(ty.to_string()), help);
                return None;
            }
        };
        Some(Value { place, kind })
    }

    fn file(&mut self, name: &str, at: &Place, ty: Type) -> Option<ValueKind> {
        let located = self.files.locate(&self.file.path, name);
        let found = match (located, ty) {
            (None, _) => Err(FileError::Io(std::io::ErrorKind::NotFound.into())),
            (Some(path), Type::Data) => self.files.embed(&path).map(ValueKind::Data),
            (Some(path), _) => self.files.embed_text(&path).map(ValueKind::Text),
        };
        match found {
            Ok(kind) => Some(kind),
            Err(error) => {
                let reason = match error {
                    FileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                    other => format!(": {other}"),
                };
                self.fail(at, &JsonError::Embed { name: name.to_string(), reason }, None);
                None
            }
        }
    }
}

fn is_embed(json: &Json) -> bool {
    matches!(json, Json::Object(object) if object.iter().count() == 1 && object.get("embed").is_some())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        }
        _ => None,
    });
    pairs.collect()
}
