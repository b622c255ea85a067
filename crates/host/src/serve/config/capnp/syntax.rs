//! What a file says, before anybody knows what its names mean.

use std::ops::Range;
use std::sync::Arc;

/// Bytes of the file's text.
pub type Span = Range<usize>;

/// A name as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
}

/// A file.
#[derive(Debug, Default)]
pub struct Syntax {
    /// Its declarations, in order.
    pub declarations: Vec<Declaration>,
}

/// A declaration.
#[derive(Debug)]
pub struct Declaration {
    /// What it declares.
    pub name: Ident,
    /// What that is.
    pub kind: DeclarationKind,
}

/// What a declaration gives a name to.
#[derive(Debug)]
pub enum DeclarationKind {
    /// `using name = target;`
    Using(Path),
    /// `const name :ty = value;`
    Const {
        /// Its type.
        ty: TypeExpr,
        /// Its value.
        value: Expr,
    },
}

/// A name, perhaps through others.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where the whole is.
    pub span: Span,
    /// Where it starts.
    pub root: Root,
    /// What is looked up in that, one after the other.
    pub members: Vec<Ident>,
}

/// Where a path starts.
#[derive(Clone, Debug)]
pub enum Root {
    /// A name that is visible here.
    Relative(Ident),
    /// A name of this file: `.name`.
    Absolute(Ident),
    /// Another file.
    Import(Ident),
}

/// A type.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// Its name.
    pub path: Path,
    /// What is in parentheses behind it.
    pub parameters: Vec<TypeExpr>,
}

/// A value.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Something that has been reported.
    Broken,
    /// A word, or the name of a constant.
    Path(Path),
    /// A whole number.
    Int(i128),
    /// Any other number, which no field has.
    Float,
    /// Text.
    Text(Arc<str>),
    /// Bytes.
    Data(Arc<[u8]>),
    /// The content of a file.
    Embed(Ident),
    /// `[…]`
    List(Vec<Expr>),
    /// `(…)`
    Tuple(Vec<Param>),
}

/// A part of a tuple.
#[derive(Clone, Debug)]
pub struct Param {
    /// Which field it is of; a value without a name stands alone in its tuple.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}
