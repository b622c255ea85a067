//! From tokens to declarations.
//!
//! Recursive descent with a bound. After an error it goes on behind the item of a list, or behind the declaration,
//! so that a file with several slips has them all told at once.

use std::sync::Arc;

use super::lexer::{self, Spanned, Token};
use super::syntax::{Declaration, DeclarationKind, Expr, ExprKind, Ident, Param, Path, Root, Span, Syntax, TypeExpr};

/// Brackets within brackets. Real configurations have about ten; what is built of them recurses as deep.
pub const DEPTH_MAX: usize = 100;

/// What is wrong with the form of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// In a token.
    #[error(transparent)]
    Lex(#[from] lexer::LexError),
    /// Something else should be here.
    #[error("Parse error: expected {0}.")]
    Expected(&'static str),
    /// A comma without anything in front.
    #[error("Parse error: Empty list item.")]
    EmptyItem,
    /// Too many brackets within each other.
    #[error("This is nested more than {DEPTH_MAX} levels deep.")]
    TooDeep,
    /// A declaration of the schema language that is of no use here.
    #[error("A configuration can only have constants: `{0} {1}` is not supported.")]
    Unsupported(&'static str, Arc<str>),
    /// `=` and a name without a type.
    #[error("A constant needs a type: `const {0} :Workerd.Config = …;`.")]
    NoType(Arc<str>),
}

/// What declares types, which a configuration does not need.
const UNSUPPORTED: [&str; 5] = ["struct", "enum", "interface", "annotation", "union"];

/// Reads a file's text.
pub fn parse(text: &str) -> (Syntax, Vec<(SyntaxError, Span)>) {
    let (tokens, errors) = lexer::tokens(text);
    let errors = errors.into_iter().map(|(error, span)| (error.into(), span)).collect();
    let mut parser = Parser { tokens, at: 0, depth: 0, errors };
    let mut syntax = Syntax::default();
    while parser.peek() != &Token::End {
        if let Some(declaration) = parser.statement() {
            syntax.declarations.push(declaration);
        }
    }
    parser.errors.sort_by_key(|(_, span)| span.start);
    (syntax, parser.errors)
}

struct Parser {
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    errors: Vec<(SyntaxError, Span)>,
}

/// An error has been reported; whoever can go on behind it does.
struct Failed;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span.clone()
    }

    /// Where the last consumed token ends.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |at| self.tokens[at].span.end)
    }

    fn advance(&mut self) {
        // The last token is the end, and stays.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn at(&self, punct: char) -> bool {
        self.peek() == &Token::Punct(punct)
    }

    fn eat(&mut self, punct: char) -> bool {
        let there = self.at(punct);
        if there {
            self.advance();
        }
        there
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Ident(name) if &**name == word)
    }

    fn fail(&mut self, error: SyntaxError, span: Span) -> Failed {
        self.errors.push((error, span));
        Failed
    }

    fn expected(&mut self, what: &'static str) -> Failed {
        match self.peek() {
            // That it is no token has been said.
            Token::Broken => Failed,
            _ => self.fail(SyntaxError::Expected(what), self.span()),
        }
    }

    fn expect(&mut self, punct: char, what: &'static str) -> Result<(), Failed> {
        if self.eat(punct) { Ok(()) } else { Err(self.expected(what)) }
    }

    fn ident(&mut self, what: &'static str) -> Result<Ident, Failed> {
        let Token::Ident(name) = self.peek() else { return Err(self.expected(what)) };
        let ident = Ident { name: Arc::clone(name), span: self.span() };
        self.advance();
        Ok(ident)
    }

    /// Goes to the first of these, or to the end, over brackets that match. Does not consume it.
    fn skip_to(&mut self, stop: &[char]) {
        let mut open = Vec::new();
        loop {
            match *self.peek() {
                Token::End => return,
                Token::Punct(punct) => {
                    if open.is_empty() && stop.contains(&punct) {
                        return;
                    }
                    match punct {
                        '(' => open.push(')'),
                        '[' => open.push(']'),
                        '{' => open.push('}'),
                        ')' | ']' | '}' => {
                            open.pop_if(|expected| *expected == punct);
                        }
                        // No list contains one: a bracket has not been closed.
                        ';' if !open.contains(&'}') => open.clear(),
                        _ => {}
                    }
                    if punct == ';' && open.is_empty() && stop.contains(&';') {
                        return;
                    }
                }
                _ => {}
            }
            self.advance();
        }
    }

    /// A declaration with its end, or nothing if it is of no use or wrong.
    fn statement(&mut self) -> Option<Declaration> {
        let result = self.declaration();
        let ended = result.and_then(|declaration| {
            self.expect(';', "`;`")?;
            Ok(declaration)
        });
        match ended {
            Ok(declaration) => declaration,
            Err(Failed) => {
                self.skip_to(&[';']);
                self.eat(';');
                None
            }
        }
    }

    fn declaration(&mut self) -> Result<Option<Declaration>, Failed> {
        if self.eat('@') {
            // A file's id, which nothing here needs.
            return match self.peek() {
                Token::Int(_) => {
                    self.advance();
                    Ok(None)
                }
                _ => Err(self.expected("a number")),
            };
        }
        if self.at('$') {
            self.annotations()?;
            return Ok(None);
        }
        if self.at_word("using") {
            self.advance();
            return self.using().map(Some);
        }
        if self.at_word("const") {
            self.advance();
            return self.constant().map(Some);
        }
        if let Some(kind) = UNSUPPORTED.into_iter().find(|kind| self.at_word(kind)) {
            return Err(self.unsupported(kind));
        }
        Err(self.expected("`const` or `using`"))
    }

    /// Reports the declaration and goes behind it, so that the recovery finds the `;` that a block has not.
    fn unsupported(&mut self, kind: &'static str) -> Failed {
        let start = self.span().start;
        self.advance();
        let name = match self.peek() {
            Token::Ident(name) => Arc::clone(name),
            _ => Arc::from(""),
        };
        let end = if name.is_empty() { self.end() } else { self.span().end };
        let failed = self.fail(SyntaxError::Unsupported(kind, name), start..end);
        self.skip_to(&['{', ';']);
        if self.eat('{') {
            self.skip_to(&['}']);
            // What follows is the next declaration: the brace stands where `;` would.
            if self.at('}') {
                self.tokens[self.at].token = Token::Punct(';');
            }
        }
        failed
    }

    fn using(&mut self) -> Result<Declaration, Failed> {
        let named = matches!(&self.tokens.get(self.at + 1), Some(next) if next.token == Token::Punct('='));
        let name = if named {
            let name = self.ident("a name")?;
            self.advance();
            Some(name)
        } else {
            None
        };
        let start = self.span().start;
        let path = self.path()?;
        let name = match name.or_else(|| path.members.last().cloned()) {
            Some(name) => name,
            None => return Err(self.fail(SyntaxError::Expected("`using Name = …`"), start..self.end())),
        };
        Ok(Declaration { name, kind: DeclarationKind::Using(path) })
    }

    fn constant(&mut self) -> Result<Declaration, Failed> {
        let name = self.ident("the constant's name")?;
        if self.eat('@') {
            match self.peek() {
                Token::Int(_) => self.advance(),
                _ => return Err(self.expected("a number")),
            }
        }
        if self.at('=') {
            return Err(self.fail(SyntaxError::NoType(Arc::clone(&name.name)), name.span));
        }
        self.expect(':', "`:` and the constant's type")?;
        let ty = self.type_expr()?;
        self.expect('=', "`=` and the constant's value")?;
        let value = self.expr()?;
        self.annotations()?;
        Ok(Declaration { name, kind: DeclarationKind::Const { ty, value } })
    }

    /// `$path(value)`, any number of times: read and forgotten.
    fn annotations(&mut self) -> Result<(), Failed> {
        while self.eat('$') {
            self.path()?;
            if self.at('(') {
                self.expr()?;
            }
        }
        Ok(())
    }

    fn path(&mut self) -> Result<Path, Failed> {
        let start = self.span().start;
        let root = if self.eat('.') {
            Root::Absolute(self.ident("a name")?)
        } else {
            let ident = self.ident("a name")?;
            match self.peek() {
                Token::Text(file) if &*ident.name == "import" => {
                    let file = Ident { name: Arc::clone(file), span: self.span() };
                    self.advance();
                    Root::Import(file)
                }
                _ => Root::Relative(ident),
            }
        };
        let mut members = Vec::new();
        while self.eat('.') {
            members.push(self.ident("a name")?);
        }
        Ok(Path { span: start..self.end(), root, members })
    }

    /// Does the rest one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Failed>) -> Result<T, Failed> {
        if self.depth == DEPTH_MAX {
            return Err(self.fail(SyntaxError::TooDeep, self.span()));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn type_expr(&mut self) -> Result<TypeExpr, Failed> {
        let path = self.path()?;
        let mut parameters = Vec::new();
        if self.eat('(') {
            self.deeper(|parser| {
                while !parser.at(')') {
                    parameters.push(parser.type_expr()?);
                    if !parser.eat(',') {
                        break;
                    }
                }
                parser.expect(')', "`)`")
            })?;
        }
        Ok(TypeExpr { path, parameters })
    }

    fn expr(&mut self) -> Result<Expr, Failed> {
        let start = self.span().start;
        let kind = match self.peek().clone() {
            Token::Int(value) => {
                self.advance();
                ExprKind::Int(i128::from(value))
            }
            Token::Float(_) => {
                self.advance();
                ExprKind::Float
            }
            Token::Punct('-') => {
                self.advance();
                self.negative()?
            }
            Token::Text(_) => ExprKind::Text(self.texts()),
            Token::Data(bytes) => {
                self.advance();
                ExprKind::Data(bytes)
            }
            Token::Punct('[') => {
                let mut items = Vec::new();
                self.items('[', ']', |parser| {
                    items.push(parser.expr()?);
                    Ok(())
                })?;
                ExprKind::List(items)
            }
            Token::Punct('(') => return self.tuple(),
            Token::Ident(word) if &*word == "embed" && self.text_follows() => {
                self.advance();
                let span = self.span();
                ExprKind::Embed(Ident { name: self.texts(), span })
            }
            Token::Ident(_) | Token::Punct('.') => ExprKind::Path(self.path()?),
            _ => return Err(self.expected("a value")),
        };
        Ok(Expr { span: start..self.end(), kind })
    }

    fn text_follows(&self) -> bool {
        matches!(self.tokens.get(self.at + 1), Some(Spanned { token: Token::Text(_), .. }))
    }

    fn negative(&mut self) -> Result<ExprKind, Failed> {
        let kind = match *self.peek() {
            Token::Int(value) => ExprKind::Int(-i128::from(value)),
            Token::Float(_) => ExprKind::Float,
            Token::Ident(_) if self.at_word("inf") => ExprKind::Float,
            _ => return Err(self.expected("a number")),
        };
        self.advance();
        Ok(kind)
    }

    /// Strings that follow each other are one.
    fn texts(&mut self) -> Arc<str> {
        let mut joined: Option<String> = None;
        let mut only: Arc<str> = Arc::from("");
        while let Token::Text(text) = self.peek() {
            let text = Arc::clone(text);
            match &mut joined {
                Some(joined) => joined.push_str(&text),
                None if only.is_empty() => only = text,
                None => joined = Some(format!("{only}{text}")),
            }
            self.advance();
        }
        joined.map_or(only, Arc::from)
    }

    fn tuple(&mut self) -> Result<Expr, Failed> {
        let start = self.span().start;
        let mut params = Vec::new();
        self.items('(', ')', |parser| {
            let named = matches!(parser.peek(), Token::Ident(_))
                && matches!(parser.tokens.get(parser.at + 1), Some(next) if next.token == Token::Punct('='));
            let name = if named {
                let name = parser.ident("a name")?;
                parser.advance();
                Some(name)
            } else {
                None
            };
            let at = parser.span();
            match parser.expr() {
                Ok(value) => params.push(Param { name, value }),
                Err(Failed) => {
                    params.push(Param { name, value: Expr { span: at, kind: ExprKind::Broken } });
                    return Err(Failed);
                }
            }
            Ok(())
        })?;
        let span = start..self.end();
        Ok(match params.as_slice() {
            // A value in parentheses is the value.
            [Param { name: None, .. }] => params.swap_remove(0).value,
            _ => Expr { span, kind: ExprKind::Tuple(params) },
        })
    }

    /// What is between two brackets, with commas between. A wrong item is skipped.
    fn items(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let start = self.span();
        let brackets = if close == ')' { "`,` or `)`" } else { "`,` or `]`" };
        self.deeper(|parser| {
            parser.expect(open, "a bracket")?;
            loop {
                if parser.eat(close) {
                    return Ok(());
                }
                if parser.at(',') {
                    let span = start.start..parser.span().end;
                    parser.fail(SyntaxError::EmptyItem, span);
                    parser.advance();
                    continue;
                }
                let fine = match item(parser) {
                    Ok(()) if parser.at(',') || parser.at(close) => true,
                    Ok(()) => {
                        parser.expected(brackets);
                        false
                    }
                    Err(Failed) => false,
                };
                if !fine {
                    parser.skip_to(&[',', close, ';']);
                    if !parser.at(',') && !parser.at(close) {
                        return Err(Failed);
                    }
                }
                parser.eat(',');
            }
        })
    }
}
