//! Import attributes and phases, of which the bundler itself knows nothing.
//!
//! `with { type: "json" | "text" | "bytes" }` is moved from the import into its specifier, where the resolver's
//! hook finds it again. `import source` becomes a plain import: the only source there is, a WebAssembly module,
//! is what a plain import of it gives.

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Expression, ImportAttributeKey, ImportExpression, ImportPhase, ObjectPropertyKind, Program, PropertyKey, Statement,
    StringLiteral, WithClause,
};
use oxc::ast_visit::{VisitMut, walk_mut};
use oxc::str::Str;
use rolldown_ecmascript::{EcmaAst, WithMutFields};

/// Where the specifier of an import with an attribute starts.
const PREFIX: &str = "lopata-import-as-";

/// What an import attribute asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// The parsed value.
    Json,
    /// A string.
    Text,
    /// A `Uint8Array`.
    Bytes,
}

impl Attribute {
    fn parse(value: &str) -> Option<Self> {
        match value {
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            "bytes" => Some(Self::Bytes),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Bytes => "bytes",
        }
    }
}

/// Splits what [`rewrite`] put together.
pub(super) fn decode(specifier: &str) -> (Option<Attribute>, &str) {
    let parts = specifier.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':'));
    match parts.and_then(|(name, rest)| Some((Attribute::parse(name)?, rest))) {
        Some((attribute, rest)) => (Some(attribute), rest),
        None => (None, specifier),
    }
}

/// Moves attributes into specifiers, where there are any.
pub(super) fn rewrite(mut ast: EcmaAst) -> EcmaAst {
    let source = ast.source();
    let has_attributes = source.contains("with") && source.contains("type");
    let has_phases = source.contains("import source") || source.contains("import.source");
    if !has_attributes && !has_phases {
        return ast;
    }
    ast.program.with_mut(|WithMutFields { program, allocator, .. }| {
        let mut rewriter = Rewriter { allocator };
        rewriter.statements(program);
        rewriter.visit_program(program);
    });
    ast
}

struct Rewriter<'a> {
    allocator: &'a Allocator,
}

impl<'a> Rewriter<'a> {
    fn statements(&mut self, program: &mut Program<'a>) {
        for statement in &mut program.body {
            match statement {
                Statement::ImportDeclaration(declaration) => {
                    let declaration = &mut **declaration;
                    if declaration.phase == Some(ImportPhase::Source) {
                        declaration.phase = None;
                    }
                    if self.clause(&mut declaration.source, declaration.with_clause.as_deref()) {
                        declaration.with_clause = None;
                    }
                }
                Statement::ExportFromDeclaration(declaration) => {
                    let declaration = &mut **declaration;
                    if self.clause(&mut declaration.source, declaration.with_clause.as_deref()) {
                        declaration.with_clause = None;
                    }
                }
                Statement::ExportAllDeclaration(declaration) => {
                    let declaration = &mut **declaration;
                    if self.clause(&mut declaration.source, declaration.with_clause.as_deref()) {
                        declaration.with_clause = None;
                    }
                }
                _ => {}
            }
        }
    }

    fn clause(&self, source: &mut StringLiteral<'a>, clause: Option<&WithClause<'a>>) -> bool {
        let attribute = clause.and_then(|clause| {
            clause.with_entries.iter().find_map(|entry| {
                let key = match &entry.key {
                    ImportAttributeKey::Identifier(name) => name.name.as_str(),
                    ImportAttributeKey::StringLiteral(name) => name.value.as_str(),
                };
                (key == "type").then(|| Attribute::parse(entry.value.value.as_str())).flatten()
            })
        });
        if let Some(attribute) = attribute {
            self.mark(source, attribute);
        }
        attribute.is_some()
    }

    fn mark(&self, source: &mut StringLiteral<'a>, attribute: Attribute) {
        let marked = format!("{PREFIX}{}:{}", attribute.name(), source.value);
        source.value = Str::from_str_in(&marked, &self.allocator);
        source.raw = None;
    }
}

impl<'a> VisitMut<'a> for Rewriter<'a> {
    fn visit_import_expression(&mut self, expression: &mut ImportExpression<'a>) {
        walk_mut::walk_import_expression(self, expression);
        let Some(attribute) = expression.options.as_ref().and_then(attribute_of_options) else { return };
        if let Expression::StringLiteral(source) = &mut expression.source {
            self.mark(source, attribute);
            expression.options = None;
        }
    }
}

/// The attribute in `{ with: { type: "…" } }`.
fn attribute_of_options(options: &Expression<'_>) -> Option<Attribute> {
    let with = property(options, "with")?;
    match property(with, "type")? {
        Expression::StringLiteral(value) => Attribute::parse(value.value.as_str()),
        _ => None,
    }
}

fn property<'e, 'a>(object: &'e Expression<'a>, name: &str) -> Option<&'e Expression<'a>> {
    let Expression::ObjectExpression(object) = object else { return None };
    object.properties.iter().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let key = match &property.key {
                PropertyKey::StaticIdentifier(key) => key.name.as_str(),
                PropertyKey::StringLiteral(key) => key.value.as_str(),
                _ => return None,
            };
            (key == name).then_some(&property.value)
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        assert_eq!(decode("lopata-import-as-text:./a.md"), (Some(Attribute::Text), "./a.md"));
        assert_eq!(decode("lopata-import-as-css:./a.css"), (None, "lopata-import-as-css:./a.css"));
        assert_eq!(decode("./a"), (None, "./a"));
    }
}
