//! The types that a configuration consists of, as data: one table for every form in which it can be written.
//!
//! A form (Cap'n Proto text, JSON) reads [`super::value::Value`]s by these types, and `build` makes the model of
//! them. So a new field is one line in [`workerd`] and one where the model is built.

pub mod workerd;

/// What a field or a constant holds.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// Nothing but being there.
    Void,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int {
        /// Its size.
        bits: u32,
        /// Whether it may be negative.
        signed: bool,
    },
    /// A number, by its size.
    Float(u32),
    /// UTF-8.
    Text,
    /// Bytes.
    Data,
    /// Any number of one type.
    List(&'static Type),
    /// One of some names.
    Enum(&'static Enum),
    /// Fields.
    Struct(&'static Struct),
    /// Fields that are a part of the struct around them: no value of its own, no constant has this type.
    Group(&'static Struct),
}

/// A type with fields.
pub struct Struct {
    /// Its name in the schema, with those of the types around it: `Worker.Module`.
    pub path: &'static str,
    /// In the schema's order: a text that stands for the whole is the value of the first one.
    pub fields: &'static [Field],
}

/// A field of a [`Struct`].
#[derive(Debug)]
pub struct Field {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// Whether it is a member of the struct's union, of which one is set.
    pub member: bool,
}

/// A type with names.
#[derive(Debug)]
pub struct Enum {
    /// Its name in the schema, with those of the types around it.
    pub path: &'static str,
    /// The names.
    pub names: &'static [&'static str],
}

/// The name: types contain each other.
impl std::fmt::Debug for Struct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)
    }
}

impl Type {
    /// The name of a struct or an enum, with those of the types around it.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::Struct(fields) => Some(fields.path),
            Self::Enum(names) => Some(names.path),
            _ => None,
        }
    }
}

impl Struct {
    /// The field of this name.
    pub fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field whose value a text is that stands for the whole.
    pub fn text_field(&'static self) -> Option<&'static Field> {
        self.fields.first().filter(|field| matches!(field.ty, Type::Text))
    }
}

/// A field.
const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty, member: false }
}

/// A field that is a member of a union.
const fn member(name: &'static str, ty: Type) -> Field {
    Field { name, ty, member: true }
}

/// How messages call it: Cap'n Proto's names.
impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
        match self {
            Self::Void => f.write_str("Void"),
            Self::Bool => f.write_str("Bool"),
            Self::Int { bits, signed } => write!(f, "{}Int{bits}", if *signed { "" } else { "U" }),
            Self::Float(bits) => write!(f, "Float{bits}"),
            Self::Text => f.write_str("Text"),
            Self::Data => f.write_str("Data"),
            Self::List(element) => write!(f, "List({element})"),
            Self::Enum(names) => f.write_str(last(names.path)),
            Self::Struct(fields) => f.write_str(last(fields.path)),
            Self::Group(_) => f.write_str("group"),
        }
    }
}

/// The types that are Cap'n Proto's own, by their names.
static BUILTIN: &[(&str, Type)] = &[
    ("Text", Type::Text),
    ("Data", Type::Data),
    ("Void", Type::Void),
    ("Bool", Type::Bool),
    ("Int8", Type::Int { bits: 8, signed: true }),
    ("Int16", Type::Int { bits: 16, signed: true }),
    ("Int32", Type::Int { bits: 32, signed: true }),
    ("Int64", Type::Int { bits: 64, signed: true }),
    ("UInt8", Type::Int { bits: 8, signed: false }),
    ("UInt16", Type::Int { bits: 16, signed: false }),
    ("UInt32", Type::Int { bits: 32, signed: false }),
    ("UInt64", Type::Int { bits: 64, signed: false }),
    ("Float32", Type::Float(32)),
    ("Float64", Type::Float(64)),
];

/// A type of Cap'n Proto's own.
pub fn builtin(name: &str) -> Option<Type> {
    BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, ty)| *ty)
}

/// A type of the schema by its whole name: `Worker.Module`.
pub fn named(path: &str) -> Option<Type> {
    workerd::NAMED.iter().copied().find(|ty| ty.path() == Some(path))
}

/// The list of this type; there are no lists of lists in the schema.
pub fn list_of(element: Type) -> Option<Type> {
    let known = BUILTIN.iter().map(|(_, ty)| ty).chain(workerd::NAMED);
    known.into_iter().find(|known| same(**known, element)).map(Type::List)
}

/// Whether two types are one.
pub fn same(a: Type, b: Type) -> bool {
    match (a, b) {
        (Type::List(a), Type::List(b)) => same(*a, *b),
        (Type::Struct(a), Type::Struct(b)) => std::ptr::eq(a, b),
        (Type::Enum(a), Type::Enum(b)) => std::ptr::eq(a, b),
        (Type::Void, Type::Void) | (Type::Bool, Type::Bool) | (Type::Text, Type::Text) | (Type::Data, Type::Data) => {
            true
        }
        (Type::Int { bits: a, signed: x }, Type::Int { bits: b, signed: y }) => (a, x) == (b, y),
        (Type::Float(a), Type::Float(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut paths: Vec<&str> = workerd::NAMED.iter().map(|ty| ty.path().unwrap()).collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), all);
        for ty in workerd::NAMED {
            let Type::Struct(fields) = ty else { continue };
            let mut names: Vec<&str> = fields.fields.iter().map(|field| field.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields.fields.len(), "{}: a name twice", fields.path);
            for field in fields.fields {
                let ty = if let Type::List(element) = field.ty { *element } else { field.ty };
                if let Type::Struct(_) | Type::Enum(_) = ty {
                    assert!(same(named(ty.path().unwrap()).unwrap(), ty), "{ty}");
                }
            }
        }
    }

    #[test]
    fn types_have_capnps_names() {
        let services = workerd::CONFIG.field("services").unwrap();
        assert_eq!(services.ty.to_string(), "List(Service)");
        assert_eq!(builtin("UInt32").unwrap().to_string(), "UInt32");
        assert_eq!(builtin("Int8").unwrap().to_string(), "Int8");
        assert!(builtin("Int9").is_none());
        assert_eq!(list_of(named("Worker.Module").unwrap()).unwrap().to_string(), "List(Module)");
        assert!(list_of(list_of(Type::Text).unwrap()).is_none());
    }
}
