//! The search for decorators.

use oxc::ast::ast::Decorator;
use oxc::ast_visit::Visit;
use rolldown_ecmascript::EcmaAst;

/// The offset of the first decorator.
pub(super) fn first(ast: &EcmaAst) -> Option<usize> {
    if !ast.source().contains('@') {
        return None;
    }
    let mut search = Search::default();
    search.visit_program(ast.program());
    search.first
}

#[derive(Default)]
struct Search {
    first: Option<usize>,
}

impl<'a> Visit<'a> for Search {
    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.first.get_or_insert(decorator.span.start as usize);
    }
}
