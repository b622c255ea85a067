//! A value of a configuration by its type in the schema, whatever form it was written in.

use std::sync::Arc;

use bytes::Bytes;

use super::place::Place;
use super::schema::Field;

/// A value and where it is written. Cheap to clone, since constants are used in several places.
#[derive(Clone, Debug)]
pub struct Value {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: ValueKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum ValueKind {
    /// Nothing but being there.
    Void,
    /// `true` or `false`.
    Bool(bool),
    /// A number that its type can hold.
    Int(i128),
    /// Any other number. No field of a configuration has one.
    Float,
    /// UTF-8.
    Text(Arc<str>),
    /// Bytes.
    Data(Bytes),
    /// One of the schema's names.
    Enum(&'static str),
    /// Values of one type.
    List(Arc<[Value]>),
    /// The fields that are set: each at most once, of a union one.
    Struct(Arc<[(&'static Field, Value)]>),
}

impl Value {
    /// The value of a field of a struct.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields().iter().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// The member of a struct's union that is set.
    pub fn member(&self) -> Option<(&'static str, &Value)> {
        self.fields().iter().find(|(field, _)| field.member).map(|(field, value)| (field.name, value))
    }

    /// The fields of a struct that are set; none of anything else.
    pub fn fields(&self) -> &[(&'static Field, Value)] {
        match &self.kind {
            ValueKind::Struct(fields) => fields,
            _ => &[],
        }
    }
}
