//! A CommonJS file as an ES module, for rules of the kind `CommonJS`.
//!
//! Only literal `require("…")` calls are known; they become imports that run before the file, as production
//! resolves them when the module is loaded. The wrapper's head stays on the file's first line, so that line
//! numbers in stacks are the file's own.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{Argument, CallExpression, Expression};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::{ParseOptions, Parser};
use oxc::span::SourceType;

use super::error::Diagnostic;
use super::transpile;

/// Wraps `source`; `is_es_module` says of a required name whether it is an ES module, which is handed over as
/// its namespace, everything else as its default.
pub(super) fn wrap(file: &Path, source: &str, is_es_module: impl Fn(&str) -> bool) -> Result<String, Vec<Diagnostic>> {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source, SourceType::cjs()).with_options(options).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics.iter().map(|diagnostic| transpile::convert(diagnostic, file, source)).collect());
    }
    let mut requires = Requires::default();
    requires.visit_program(&parsed.program);
    let mut head = String::new();
    let mut table = String::new();
    for (index, name) in requires.names.iter().enumerate() {
        head.push_str(&format!("import * as __lopata_{index} from {name:?}; "));
        let value = if is_es_module(name) { "" } else { ".default" };
        table.push_str(&format!("{name:?}: () => __lopata_{index}{value}, "));
    }
    Ok(format!(
        "{head}const __lopata_required = {{ __proto__: null, {table}}}; const __lopata_module = {{ exports: {{}} }}; \
         (function (exports, require, module) {{ {source}\n}}).call(__lopata_module.exports, __lopata_module.exports, \
         (name) => {{ if (!(name in __lopata_required)) throw new Error(`No such module \"${{name}}\".`); return \
         __lopata_required[name](); }}, __lopata_module);\nexport default __lopata_module.exports;\n"
    ))
}

#[derive(Default)]
struct Requires {
    names: Vec<String>,
}

impl<'a> Visit<'a> for Requires {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &call.callee
            && callee.name == "require"
            && let [Argument::StringLiteral(name)] = call.arguments.as_slice()
            && !self.names.iter().any(|known| known == name.value.as_str())
        {
            self.names.push(name.value.to_string());
        }
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn requires_become_imports_and_lines_stay() {
        let source =
            "const a = require('./a.cjs');\nmodule.exports = () => a + require(\"./b.mjs\").x + require('./a.cjs');";
        let code = wrap(Path::new("/x.cjs"), source, |name| name.ends_with(".mjs")).unwrap();
        let first = code.lines().next().unwrap();
        assert!(
            first.starts_with("import * as __lopata_0 from \"./a.cjs\"; import * as __lopata_1 from \"./b.mjs\"; ")
        );
        assert!(first.contains("\"./a.cjs\": () => __lopata_0.default, \"./b.mjs\": () => __lopata_1, "));
        assert!(first.ends_with("const a = require('./a.cjs');"));
        assert_eq!(code.matches("import *").count(), 2);
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let errors = wrap(Path::new("/x.cjs"), "let a;\nlet a b;", |_| false).unwrap_err();
        assert_eq!(errors[0].location.as_ref().unwrap().line, 2);
    }
}
