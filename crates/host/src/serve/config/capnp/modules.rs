//! What names mean: the declarations of each file, what they import, and the types of the schema.
//!
//! Files are read when something of them is asked for. Chains of `using` are bounded, and one that comes back to
//! itself is an error.

use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use super::super::files::{FileError, Files};
use super::super::place::Place;
use super::super::report::Report;
use super::super::schema::{self, Type, workerd};
use super::parser::{self, DEPTH_MAX};
use super::syntax::{Declaration, DeclarationKind, Ident, Path, Root, Span, TypeExpr};
use crate::config::{SourceFile, suggest};

/// A file, by its place in the order of reading.
pub type ModuleId = usize;

/// A constant: its file and its place among the file's declarations.
pub type ConstantId = (ModuleId, usize);

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Another file.
    Module(ModuleId),
    /// The schema of configurations.
    Workerd,
    /// A type.
    Type(Type),
    /// A constant.
    Constant(ConstantId),
    /// Something that can be named, and is nothing that a value or a type could be: what annotations are from.
    Opaque,
}

/// What is wrong with a name. The texts are Cap'n Proto's, but for the last two.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No file has been read or found under this name.
    #[error("Import failed: {name}{reason}")]
    Import {
        /// As it is written.
        name: String,
        /// Empty for a file that is not there.
        reason: String,
    },
    /// Nothing is called that here.
    #[error("Not defined: {0}")]
    NotDefined(Arc<str>),
    /// Nothing is called that in what was found so far.
    #[error("'{0}' has no member named '{1}'")]
    NoMember(String, Arc<str>),
    /// A `using` or a constant that needs itself.
    #[error("Declaration recursively depends on itself.")]
    Recursive,
    /// Twice in one file.
    #[error("'{0}' is already defined in this scope.")]
    Twice(Arc<str>),
    /// In the place of a type.
    #[error("'{0}' is not a type.")]
    NotAType(String),
    /// A type that Cap'n Proto has, and no configuration.
    #[error("'{0}' is no type that a configuration has.")]
    UselessType(String),
    /// A long chain of declarations, each of which needs the next one.
    #[error("More than {DEPTH_MAX} declarations depend on each other.")]
    TooDeep,
}

struct Module {
    file: Arc<SourceFile>,
    path: PathBuf,
    declarations: Arc<[Declaration]>,
    names: HashMap<Arc<str>, usize>,
}

/// A file's name for a message, which stays in its line whatever the name is.
pub fn shown(name: &str) -> String {
    if name.contains(char::is_control) { name.escape_debug().to_string() } else { name.to_string() }
}

/// The files that have been read.
pub struct Modules<'a> {
    /// Where they come from.
    pub files: &'a mut Files,
    /// Where their errors go.
    pub report: &'a mut Report,
    modules: Vec<Module>,
    by_path: HashMap<PathBuf, Option<ModuleId>>,
    /// The `using`s that are being followed.
    following: Vec<ConstantId>,
    /// What `using`s have been found to stand for; nothing for what has been reported.
    followed: HashMap<ConstantId, Option<Target>>,
}

impl<'a> Modules<'a> {
    /// None yet.
    pub fn new(files: &'a mut Files, report: &'a mut Report) -> Self {
        Self {
            files,
            report,
            modules: Vec::new(),
            by_path: HashMap::new(),
            following: Vec::new(),
            followed: HashMap::new(),
        }
    }

    /// Reads a file that is not UTF-8 or not well formed as far as it goes; what is wrong is reported.
    pub fn load(&mut self, path: &FilePath) -> Result<ModuleId, FileError> {
        if let Some(Some(known)) = self.by_path.get(path) {
            return Ok(*known);
        }
        let file = match self.files.config(path) {
            Ok(file) => file,
            Err((error @ FileError::NotUtf8 { at, .. }, Some(file))) => {
                let place = Place::new(&file, at..at + '\u{fffd}'.len_utf8());
                self.report.error("not-utf8", &place, format!("This file cannot be read: {error}."));
                file
            }
            Err((error, _)) => {
                self.by_path.insert(path.to_path_buf(), None);
                return Err(error);
            }
        };
        let (syntax, errors) = parser::parse(&file.text);
        for (error, span) in errors {
            self.report.error("syntax", &Place::new(&file, span), error.to_string());
        }
        let mut names = HashMap::new();
        for (index, declaration) in syntax.declarations.iter().enumerate() {
            let Ident { name, span } = &declaration.name;
            if names.contains_key(name) {
                let place = Place::new(&file, span.clone());
                self.report.error("duplicate", &place, NameError::Twice(Arc::clone(name)).to_string());
            } else {
                names.insert(Arc::clone(name), index);
            }
        }
        let declarations = Arc::from(syntax.declarations);
        self.modules.push(Module { file, path: path.to_path_buf(), declarations, names });
        let id = self.modules.len() - 1;
        self.by_path.insert(path.to_path_buf(), Some(id));
        Ok(id)
    }

    /// A place in a file.
    pub fn place(&self, module: ModuleId, span: &Span) -> Place {
        Place::new(&self.modules[module].file, span.clone())
    }

    /// Where a file is.
    pub fn path(&self, module: ModuleId) -> &FilePath {
        &self.modules[module].path
    }

    /// The declarations of a file.
    pub fn declarations(&self, module: ModuleId) -> Arc<[Declaration]> {
        Arc::clone(&self.modules[module].declarations)
    }

    /// A declaration of a file by its name.
    pub fn named(&self, module: ModuleId, name: &str) -> Option<usize> {
        self.modules[module].names.get(name).copied()
    }

    /// Reports what is wrong with a name.
    pub fn fail(&mut self, module: ModuleId, span: &Span, error: &NameError, known: &[&str]) {
        let help = match error {
            NameError::NotDefined(name) | NameError::NoMember(_, name) => {
                suggest::nearest(name, known.iter().copied()).map(|nearest| format!("Did you mean '{nearest}'?"))
            }
            _ => None,
        };
        let place = self.place(module, span);
        self.report.error_with_help("name", &place, error.to_string(), help);
    }

    /// What a path stands for. `None` if that has been reported.
    pub fn resolve(&mut self, module: ModuleId, path: &Path) -> Option<Target> {
        let (mut target, mut end) = match &path.root {
            Root::Import(file) => (self.import(module, file)?, file.span.end),
            Root::Absolute(ident) => (self.declared(module, ident)?, ident.span.end),
            Root::Relative(ident) => match schema::builtin(&ident.name) {
                Some(ty) if self.named(module, &ident.name).is_none() => (Target::Type(ty), ident.span.end),
                _ => (self.declared(module, ident)?, ident.span.end),
            },
        };
        for member in &path.members {
            let Some(found) = self.member(target, member) else {
                let whole = self.modules[module].file.text[path.span.start..end].to_string();
                let known = self.members(target);
                let known: Vec<&str> = known.iter().map(|name| &**name).collect();
                let error = NameError::NoMember(whole, Arc::clone(&member.name));
                self.fail(module, &member.span, &error, &known);
                return None;
            };
            target = found?;
            end = member.span.end;
        }
        Some(target)
    }

    fn declared(&mut self, module: ModuleId, ident: &Ident) -> Option<Target> {
        match self.named(module, &ident.name) {
            Some(index) => self.declaration(module, index),
            None => {
                let names: Vec<Arc<str>> = self.modules[module].names.keys().cloned().collect();
                let known: Vec<&str> = names.iter().map(|name| &**name).collect();
                self.fail(module, &ident.span, &NameError::NotDefined(Arc::clone(&ident.name)), &known);
                None
            }
        }
    }

    /// What a declaration stands for.
    pub fn declaration(&mut self, module: ModuleId, index: usize) -> Option<Target> {
        let id = (module, index);
        let declarations = self.declarations(module);
        let declaration = &declarations[index];
        let DeclarationKind::Using(path) = &declaration.kind else { return Some(Target::Constant(id)) };
        if let Some(known) = self.followed.get(&id) {
            return *known;
        }
        let error = if self.following.contains(&id) {
            Some(NameError::Recursive)
        } else {
            (self.following.len() == DEPTH_MAX).then_some(NameError::TooDeep)
        };
        if let Some(error) = error {
            self.fail(module, &declaration.name.span, &error, &[]);
            return None;
        }
        self.following.push(id);
        let target = self.resolve(module, path);
        self.following.pop();
        self.followed.insert(id, target);
        target
    }

    fn import(&mut self, module: ModuleId, file: &Ident) -> Option<Target> {
        match &*file.name {
            "/workerd/workerd.capnp" => return Some(Target::Workerd),
            "/capnp/c++.capnp" | "/workerd/compatibility-date.capnp" => return Some(Target::Opaque),
            _ => {}
        }
        let from = self.modules[module].path.clone();
        let located = self.files.locate(&from, &file.name);
        let failed = match located.map(|path| self.load(&path)) {
            Some(Ok(id)) => return Some(Target::Module(id)),
            Some(Err(error)) => error,
            None => FileError::Io(std::io::ErrorKind::NotFound.into()),
        };
        let reason = match failed {
            FileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            other => format!(": {other}"),
        };
        self.fail(module, &file.span, &NameError::Import { name: shown(&file.name), reason }, &[]);
        None
    }

    /// What a name stands for within something. The outer `None`: nothing, the inner one: reported.
    fn member(&mut self, target: Target, member: &Ident) -> Option<Option<Target>> {
        match target {
            Target::Module(id) => self.named(id, &member.name).map(|index| self.declaration(id, index)),
            Target::Workerd => schema::named(&member.name).map(|ty| Some(Target::Type(ty))),
            Target::Type(ty) => {
                let inner = schema::named(&format!("{}.{}", ty.path()?, member.name))?;
                Some(Some(Target::Type(inner)))
            }
            Target::Opaque => Some(Some(Target::Opaque)),
            Target::Constant(_) => None,
        }
    }

    fn members(&self, target: Target) -> Vec<Arc<str>> {
        let types = |scope: &str| {
            let paths = workerd::NAMED.iter().filter_map(|ty| ty.path());
            let inner = paths.filter_map(|path| path.strip_prefix(scope)).filter(|name| !name.contains('.'));
            inner.map(Arc::from).collect()
        };
        match target {
            Target::Module(id) => self.modules[id].names.keys().cloned().collect(),
            Target::Workerd => types(""),
            Target::Type(ty) => ty.path().map(|path| types(&format!("{path}."))).unwrap_or_default(),
            Target::Constant(_) | Target::Opaque => Vec::new(),
        }
    }

    /// The type that is written. `None` if that has been reported.
    pub fn type_of(&mut self, module: ModuleId, written: &TypeExpr) -> Option<Type> {
        let text = |modules: &Self, span: &Span| modules.modules[module].file.text[span.clone()].to_string();
        if let Root::Relative(Ident { name, .. }) = &written.path.root
            && written.path.members.is_empty()
            && self.named(module, name).is_none()
        {
            match (&**name, written.parameters.as_slice()) {
                ("List", [element]) => {
                    let element = self.type_of(module, element)?;
                    let list = schema::list_of(element);
                    if list.is_none() {
                        let error = NameError::UselessType(format!("List({element})"));
                        self.fail(module, &written.path.span, &error, &[]);
                    }
                    return list;
                }
                ("List" | "AnyPointer" | "AnyStruct" | "AnyList" | "Capability", _) => {
                    self.fail(module, &written.path.span, &NameError::UselessType(name.to_string()), &[]);
                    return None;
                }
                _ => {}
            }
        }
        match self.resolve(module, &written.path)? {
            Target::Type(ty) if written.parameters.is_empty() => Some(ty),
            _ => {
                let whole = text(self, &written.path.span);
                self.fail(module, &written.path.span, &NameError::NotAType(whole), &[]);
                None
            }
        }
    }
}
