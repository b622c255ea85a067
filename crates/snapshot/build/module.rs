//! ES modules as the scripts that the guest loads late: imports become loads, exports what the script returns.
//!
//! A script is loaded the moment that somebody asks for it, without a promise and without a place in the map of
//! modules. What is lost: exports that change later, and cycles of imports.

use std::fmt::Write;

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Declaration, ExportDefaultDeclarationKind, ImportDeclaration, ImportDeclarationSpecifier, Program, Statement,
};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};

/// The script that does what the module `code` does, if it is one.
///
/// # Panics
///
/// If it is no JavaScript, or uses a form of import or export that no script here has.
pub fn script(specifier: &str, code: String) -> String {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &code, SourceType::mjs()).parse();
    assert!(!parsed.panicked && parsed.diagnostics.is_empty(), "{specifier}: {:?}", parsed.diagnostics);
    let program = parsed.program;
    if !program.body.iter().any(|statement| statement.is_module_declaration()) {
        return code;
    }
    let (head, cuts, exports) = dissect(specifier, &program);
    let mut body = String::with_capacity(code.len());
    let mut at = 0;
    for (span, instead) in cuts {
        body.push_str(&code[at..span.start as usize]);
        body.push_str(instead);
        at = span.end as usize;
    }
    body.push_str(&code[at..]);
    format!("(function () {{\n\"use strict\";\n{head}{body}\nreturn {{ {exports} }};\n}})();")
}

/// What loads the imports; which places give way to which text, in order; the properties of what is returned.
fn dissect(specifier: &str, program: &Program) -> (String, Vec<(Span, &'static str)>, String) {
    let mut head = String::new();
    let mut cuts = Vec::new();
    let mut exports = Vec::new();
    for statement in &program.body {
        let span = statement.span();
        match statement {
            Statement::ImportDeclaration(import) => {
                head.push_str(&load(import));
                cuts.push((span, ""));
            }
            Statement::ExportDeclaration(export) => {
                cuts.push((Span::new(span.start, export.declaration.span().start), ""));
                exports.extend(declared(&export.declaration));
            }
            Statement::ExportNamedDeclaration(export) => {
                cuts.push((span, ""));
                exports.extend(export.specifiers.iter().map(|item| {
                    let (exported, local) = (item.exported.name(), item.local.name());
                    if exported == local { local.to_string() } else { format!("{exported}: {local}") }
                }));
            }
            Statement::ExportDefaultDeclaration(export) => {
                let start = export.declaration.span().start;
                let name = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.name(),
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => class.name(),
                    _ => None,
                };
                cuts.push((Span::new(span.start, start), if name.is_some() { "" } else { "const $default = " }));
                exports.push(format!("default: {}", name.map_or("$default".to_string(), |name| name.to_string())));
            }
            Statement::ExportAllDeclaration(_) | Statement::ExportFromDeclaration(_) => {
                panic!("{specifier}: exports of other modules are not turned into scripts");
            }
            _ => {}
        }
    }
    (head, cuts, exports.join(", "))
}

/// The statements that stand for an import.
fn load(import: &ImportDeclaration) -> String {
    let source = match import.source.value.as_str() {
        "ext:core/mod.js" => "__bootstrap".to_string(),
        name => match name.strip_prefix("node:") {
            Some(module) => format!("__bootstrap.core.loadExtScript(\"ext:lopata_node/modules/{module}.js\")"),
            None => format!("__bootstrap.core.loadExtScript({name:?})"),
        },
    };
    let specifiers = import.specifiers.iter().flatten();
    let mut names = Vec::new();
    let mut code = String::new();
    for specifier in specifiers {
        match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(item) => {
                let (imported, local) = (item.imported.name(), item.local.name);
                names.push(if imported.as_str() == local.as_str() {
                    local.to_string()
                } else {
                    format!("{imported}: {local}")
                });
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(item) => {
                names.push(format!("default: {}", item.local.name))
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(item) => {
                writeln!(code, "const {} = {source};", item.local.name).expect("writing to a string cannot fail");
            }
        }
    }
    if !names.is_empty() {
        writeln!(code, "const {{ {} }} = {source};", names.join(", ")).expect("writing to a string cannot fail");
    } else if code.is_empty() {
        writeln!(code, "{source};").expect("writing to a string cannot fail");
    }
    code
}

/// The names of a declaration that is exported.
fn declared(declaration: &Declaration) -> Vec<String> {
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            let patterns = variables.declarations.iter().flat_map(|one| one.id.get_binding_identifiers());
            patterns.map(|name| name.name.to_string()).collect()
        }
        Declaration::FunctionDeclaration(function) => function.name().iter().map(ToString::to_string).collect(),
        Declaration::ClassDeclaration(class) => class.name().iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
