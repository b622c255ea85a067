//! The values of constants: literals by the type that is expected of them, references to other constants, embedded
//! files.
//!
//! A constant is read once, however often it is used, and its value is shared. One that needs itself is an error,
//! and so is a chain of them that is deeper than anybody's stack should be.

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;

use super::super::files::{FileError, Files};
use super::super::report::Report;
use super::super::schema::{self, Field, Struct, Type, workerd};
use super::super::value::{Value, ValueKind};
use super::modules::{ConstantId, ModuleId, Modules, NameError, Target, shown};
use super::syntax::{DeclarationKind, Expr, ExprKind, Ident, Param, Path, Root, Span};
use crate::config::suggest;

/// Values within values, through all constants.
const DEPTH_MAX: usize = 150;

/// What is wrong with a value. The texts are Cap'n Proto's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Something else should be here.
    #[error("Type mismatch; expected {0}.")]
    Mismatch(String),
    /// A number that its type has not.
    #[error("Integer value out of range.")]
    OutOfRange,
    /// A field that its struct has not.
    #[error("Struct has no field named '{0}'.")]
    NoField(Arc<str>),
    /// A value without a name in a tuple.
    #[error("Missing field name.")]
    NoName,
    /// A constant without anything in front of its name.
    #[error(
        "Constant names must be qualified to avoid confusion.  Please replace '{0}' with '.{0}', if that's what you \
         intended."
    )]
    Unqualified(String),
    /// A name in the place of a value.
    #[error("'{0}' does not refer to a constant.")]
    NotAConstant(String),
    /// A file that cannot be read.
    #[error("Couldn't read file for embed: {name}{reason}")]
    Embed {
        /// As it is written.
        name: String,
        /// Empty for a file that is not there.
        reason: String,
    },
    /// Not Cap'n Proto's text: it has no bound.
    #[error("The values of constants are nested more than {DEPTH_MAX} levels deep.")]
    TooDeep,
}

/// Which constant is the configuration. The texts are workerd's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// None.
    #[error("The config file does not define any top-level constants of type 'Config'.")]
    None,
    /// Several, and none is asked for.
    #[error(
        "The config file defines multiple top-level constants of type 'Config', so you must specify which one to use. \
         The options are: {0}"
    )]
    Several(String),
    /// None of the name that is asked for.
    #[error("No such constant is defined in the config file.")]
    Unknown,
    /// The name is something else's.
    #[error("Symbol is not a constant.")]
    NotAConstant,
    /// The name is another constant's.
    #[error("Constant is not of type 'Config'.")]
    NotAConfig,
}

/// Reads the file's configuration: the constant of this name, or else the only one there is. Its name comes with it.
/// Errors are reported; the outcome is of no use if there are any.
pub fn read(
    path: &FilePath,
    const_name: Option<&str>,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<(String, Value)>, FileError> {
    let mut modules = Modules::new(files, report);
    let module = modules.load(path)?;
    let mut reader = Reader { modules, constants: HashMap::new(), depth: 0 };
    let declarations = reader.modules.declarations(module);
    for (index, declaration) in declarations.iter().enumerate() {
        match declaration.kind {
            // Whether or not it is used, what it names has to be there.
            DeclarationKind::Using(_) => drop(reader.modules.declaration(module, index)),
            DeclarationKind::Const { .. } => drop(reader.constant((module, index))),
        }
    }
    let is_config = |reader: &Reader<'_>, index: usize| {
        let ty = reader.constants.get(&(module, index)).and_then(|state| state.ty());
        ty.is_some_and(|ty| schema::same(ty, Type::Struct(&workerd::CONFIG)))
    };
    let configs: Vec<usize> = (0..declarations.len()).filter(|index| is_config(&reader, *index)).collect();
    let chosen = match (const_name, configs.as_slice()) {
        (Some(name), _) => match reader.modules.named(module, name) {
            None => Err((ChoiceError::Unknown, 0..0)),
            Some(index) => {
                let declaration = &declarations[index];
                match declaration.kind {
                    DeclarationKind::Const { .. } if configs.contains(&index) => Ok(index),
                    DeclarationKind::Const { .. } => Err((ChoiceError::NotAConfig, declaration.name.span.clone())),
                    DeclarationKind::Using(_) => Err((ChoiceError::NotAConstant, declaration.name.span.clone())),
                }
            }
        },
        (None, [only]) => Ok(*only),
        (None, []) => Err((ChoiceError::None, 0..0)),
        (None, [_, second, ..]) => {
            let names: Vec<&str> = configs.iter().map(|index| &*declarations[*index].name.name).collect();
            Err((ChoiceError::Several(names.join(", ")), declarations[*second].name.span.clone()))
        }
    };
    match chosen {
        Ok(index) => {
            let value = reader.constant((module, index)).map(|(_, value)| value);
            Ok(value.map(|value| (declarations[index].name.name.to_string(), value)))
        }
        // What could not be read may have been the configuration.
        Err((ChoiceError::None, _)) if reader.modules.report.errors() > 0 => Ok(None),
        Err((error, span)) => {
            let place = reader.modules.place(module, &span);
            reader.modules.report.error("choice", &place, error.to_string());
            Ok(None)
        }
    }
}

enum State {
    /// Its value is being read.
    Reading(Type),
    /// There is no value, which has been reported; the type may be known.
    Broken(Option<Type>),
    /// It has been read.
    Known(Type, Value),
}

impl State {
    fn ty(&self) -> Option<Type> {
        match self {
            Self::Reading(ty) | Self::Known(ty, _) => Some(*ty),
            Self::Broken(ty) => *ty,
        }
    }
}

struct Reader<'a> {
    modules: Modules<'a>,
    constants: HashMap<ConstantId, State>,
    depth: usize,
}

impl Reader<'_> {
    fn fail(&mut self, module: ModuleId, span: &Span, error: &ValueError, help: Option<String>) {
        let place = self.modules.place(module, span);
        self.modules.report.error_with_help("value", &place, error.to_string(), help);
    }

    fn constant(&mut self, id: ConstantId) -> Option<(Type, Value)> {
        let (module, index) = id;
        let declarations = self.modules.declarations(module);
        let declaration = &declarations[index];
        match self.constants.get(&id) {
            Some(State::Known(ty, value)) => return Some((*ty, value.clone())),
            Some(State::Broken(_)) => return None,
            Some(State::Reading(_)) => {
                self.modules.fail(module, &declaration.name.span, &NameError::Recursive, &[]);
                return None;
            }
            None => {}
        }
        let DeclarationKind::Const { ty, value } = &declaration.kind else { return None };
        let Some(ty) = self.modules.type_of(module, ty) else {
            self.constants.insert(id, State::Broken(None));
            return None;
        };
        self.constants.insert(id, State::Reading(ty));
        let value = self.value(module, value, ty);
        let state = value.clone().map_or(State::Broken(Some(ty)), |value| State::Known(ty, value));
        self.constants.insert(id, state);
        value.map(|value| (ty, value))
    }

    /// The value of an expression of which a type is expected. `None` if that has been reported.
    fn value(&mut self, module: ModuleId, expr: &Expr, ty: Type) -> Option<Value> {
        if self.depth == DEPTH_MAX {
            self.fail(module, &expr.span, &ValueError::TooDeep, None);
            return None;
        }
        self.depth += 1;
        let value = self.value_at_depth(module, expr, ty);
        self.depth -= 1;
        value
    }

    fn value_at_depth(&mut self, module: ModuleId, expr: &Expr, ty: Type) -> Option<Value> {
        let kind = match (&expr.kind, ty) {
            (ExprKind::Broken, _) => return None,
            (ExprKind::Path(path), _) => return self.word(module, expr, path, ty),
            (ExprKind::Tuple(params), Type::Struct(fields) | Type::Group(fields)) => {
                self.fields(module, params, fields)
            }
            (ExprKind::List(items), Type::List(element)) => {
                // Every item, so that each one's errors are told.
                let items: Vec<Value> = items.iter().filter_map(|item| self.value(module, item, *element)).collect();
                ValueKind::List(Arc::from(items))
            }
            (ExprKind::Embed(file), _) => self.embed(module, expr, file, ty)?,
            (ExprKind::Data(bytes), Type::Data) => ValueKind::Data(Bytes::copy_from_slice(bytes)),
            (ExprKind::Text(text), Type::Data) => ValueKind::Data(Bytes::copy_from_slice(text.as_bytes())),
            (ExprKind::Text(text), _) => ValueKind::Text(Arc::clone(text)),
            (ExprKind::Int(value), _) => ValueKind::Int(*value),
            (ExprKind::Float, _) => ValueKind::Float,
            (ExprKind::Tuple(_) | ExprKind::List(_) | ExprKind::Data(_), _) => {
                self.fail(module, &expr.span, &ValueError::Mismatch(ty.to_string()), None);
                return None;
            }
        };
        let value = Value { place: self.modules.place(module, &expr.span), kind };
        self.fitting(module, expr, value, ty)
    }

    /// The value, if it is or can be made one of the type. Lists, structs and names of enums are of their type already.
    fn fitting(&mut self, module: ModuleId, expr: &Expr, value: Value, ty: Type) -> Option<Value> {
        let error = match (&value.kind, ty) {
            (ValueKind::Int(number), Type::Int { bits, signed }) => {
                let (min, max) =
                    if signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
                if (min..=max).contains(number) {
                    return Some(value);
                }
                ValueError::OutOfRange
            }
            (ValueKind::Text(_), Type::Struct(fields) | Type::Group(fields)) if fields.text_field().is_some() => {
                let field = fields.text_field()?;
                return Some(Value {
                    place: value.place.clone(),
                    kind: ValueKind::Struct(Arc::from([(field, value)])),
                });
            }
            (ValueKind::Void, Type::Void)
            | (ValueKind::Bool(_), Type::Bool)
            | (ValueKind::Int(_) | ValueKind::Float, Type::Float(_))
            | (ValueKind::Text(_), Type::Text)
            | (ValueKind::Data(_), Type::Data)
            | (ValueKind::List(_), Type::List(_))
            | (ValueKind::Enum(_), Type::Enum(_))
            | (ValueKind::Struct(_), Type::Struct(_) | Type::Group(_)) => return Some(value),
            _ => ValueError::Mismatch(ty.to_string()),
        };
        self.fail(module, &expr.span, &error, None);
        None
    }

    /// A word that is a value, or the name of a constant.
    fn word(&mut self, module: ModuleId, expr: &Expr, path: &Path, ty: Type) -> Option<Value> {
        let bare = match &path.root {
            Root::Relative(ident) if path.members.is_empty() => Some(ident),
            _ => None,
        };
        if let Some(kind) = bare.and_then(|ident| literal(&ident.name, ty)) {
            let value = Value { place: self.modules.place(module, &expr.span), kind };
            return self.fitting(module, expr, value, ty);
        }
        if let (Some(ident), Type::Enum(names)) = (bare, ty)
            && self.modules.named(module, &ident.name).is_none()
        {
            self.modules.fail(module, &ident.span, &NameError::NotDefined(Arc::clone(&ident.name)), names.names);
            return None;
        }
        let target = self.modules.resolve(module, path)?;
        let text = || self.modules.place(module, &expr.span).file.text[expr.span.clone()].to_string();
        let Target::Constant(id) = target else {
            let error = ValueError::NotAConstant(text());
            self.fail(module, &expr.span, &error, None);
            return None;
        };
        if bare.is_some() {
            let error = ValueError::Unqualified(text());
            self.fail(module, &expr.span, &error, None);
        }
        let (found, value) = self.constant(id)?;
        let of_its_type = matches!(value.kind, ValueKind::List(_) | ValueKind::Enum(_) | ValueKind::Struct(_));
        if of_its_type && !schema::same(found, ty) {
            self.fail(module, &expr.span, &ValueError::Mismatch(ty.to_string()), None);
            return None;
        }
        self.fitting(module, expr, value, ty)
    }

    fn fields(&mut self, module: ModuleId, params: &[Param], of: &'static Struct) -> ValueKind {
        let mut set: Vec<(&'static Field, Value)> = Vec::new();
        for param in params {
            let Some(name) = &param.name else {
                if !matches!(param.value.kind, ExprKind::Broken) {
                    self.fail(module, &param.value.span, &ValueError::NoName, None);
                }
                continue;
            };
            let Some(field) = of.field(&name.name) else {
                let known = of.fields.iter().map(|field| field.name);
                let help = suggest::nearest(&name.name, known).map(|nearest| format!("Did you mean '{nearest}'?"));
                self.fail(module, &name.span, &ValueError::NoField(Arc::clone(&name.name)), help);
                continue;
            };
            let Some(value) = self.value(module, &param.value, field.ty) else { continue };
            if let Some(before) = set.iter().position(|(other, _)| conflicts(other, field)) {
                let (other, _) = set.remove(before);
                self.replaced(module, name, of, other, field);
            }
            set.push((field, value));
        }
        ValueKind::Struct(Arc::from(set))
    }

    /// Cap'n Proto takes the last one without a word.
    fn replaced(&mut self, module: ModuleId, name: &Ident, of: &Struct, other: &Field, field: &Field) {
        let place = self.modules.place(module, &name.span);
        let message = if other.name == field.name {
            format!("The field '{}' is given twice; only the last one counts.", field.name)
        } else {
            format!("'{}' takes the place of '{}': a {} is only one of them.", field.name, other.name, of.path)
        };
        self.modules.report.warning("replaced", &place, message);
    }

    fn embed(&mut self, module: ModuleId, expr: &Expr, file: &Ident, ty: Type) -> Option<ValueKind> {
        let from = self.modules.path(module).to_path_buf();
        let found = match self.modules.files.locate(&from, &file.name) {
            None => Err(FileError::Io(std::io::ErrorKind::NotFound.into())),
            Some(path) => match ty {
                Type::Text => self.modules.files.embed_text(&path).map(ValueKind::Text),
                Type::Data => self.modules.files.embed(&path).map(ValueKind::Data),
                _ => {
                    self.fail(module, &expr.span, &ValueError::Mismatch(ty.to_string()), None);
                    return None;
                }
            },
        };
        match found {
            Ok(kind) => Some(kind),
            Err(error) => {
                let reason = match error {
                    FileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                    other => format!(": {other}"),
                };
                self.fail(module, &file.span, &ValueError::Embed { name: shown(&file.name), reason }, None);
                None
            }
        }
    }
}

/// A word that needs no declaration, where a type is expected.
fn literal(word: &str, ty: Type) -> Option<ValueKind> {
    if let Type::Enum(names) = ty {
        return names.names.iter().find(|name| **name == word).map(|name| ValueKind::Enum(name));
    }
    Some(match word {
        "void" => ValueKind::Void,
        "true" => ValueKind::Bool(true),
        "false" => ValueKind::Bool(false),
        "nan" | "inf" => ValueKind::Float,
        _ => return None,
    })
}

/// Whether one field takes the place of another.
fn conflicts(a: &Field, b: &Field) -> bool {
    a.name == b.name || (a.member && b.member)
}
