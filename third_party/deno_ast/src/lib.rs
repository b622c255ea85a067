//! Stands in for the crate `deno_ast`: the names that `deno_node` needs of it to compile, without a parser behind them.
//!
//! Owns: types and functions that two ops name. Refuses: to parse. Those ops are never registered (README.md).
#![allow(missing_docs)]

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use url::Url;

const REFUSED: &str = "lopata is built without this parser: see third_party/deno_ast/README.md";

/// What every function here ends in.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REFUSED)
    }
}

impl std::error::Error for Refused {}

pub type ParseDiagnostic = Refused;
pub type TranspileError = Refused;
pub type TypeStripError = Refused;

#[derive(Clone, Copy)]
pub enum MediaType {
    JavaScript,
    TypeScript,
}

pub mod swc {
    pub mod parser {
        pub mod token {
            pub enum Word {
                Ident(()),
                Other,
            }

            pub enum Token {
                Dot,
                LBracket,
                LParen,
                Num {},
                RBracket,
                RParen,
                Semi,
                Str {},
                Word(Word),
            }
        }
    }
}

pub enum TokenOrComment {
    Token(swc::parser::token::Token),
    Comment {},
}

pub struct LexedItem {
    pub inner: TokenOrComment,
    pub range: Range<usize>,
}

/// No tokens.
pub fn lex(_source: &str, _media_type: MediaType) -> Vec<LexedItem> {
    Vec::new()
}

pub struct TypeStripOptions {
    pub module: Option<bool>,
}

/// Fails.
pub fn type_strip(_specifier: &Url, _code: String, _options: TypeStripOptions) -> Result<String, TypeStripError> {
    Err(Refused)
}

pub struct ParseParams {
    pub specifier: Url,
    pub text: Arc<str>,
    pub media_type: MediaType,
    pub capture_tokens: bool,
    pub scope_analysis: bool,
    pub maybe_syntax: Option<()>,
}

pub struct ParsedSource(());

/// Fails.
pub fn parse_module(_params: ParseParams) -> Result<ParsedSource, ParseDiagnostic> {
    Err(Refused)
}

pub enum ImportsNotUsedAsValues {
    Remove,
}

#[derive(Default)]
pub struct TranspileOptions {
    pub imports_not_used_as_values: ImportsNotUsedAsValues,
    #[doc(hidden)]
    pub other: (),
}

impl Default for ImportsNotUsedAsValues {
    fn default() -> Self {
        Self::Remove
    }
}

pub struct TranspileModuleOptions {
    pub module_kind: Option<()>,
}

pub enum SourceMapOption {
    Inline,
    None,
}

#[derive(Default)]
pub struct EmitOptions {
    pub source_map: SourceMapOption,
    #[doc(hidden)]
    pub other: (),
}

impl Default for SourceMapOption {
    fn default() -> Self {
        Self::None
    }
}

pub struct EmittedSource {
    pub text: String,
}

pub struct TranspileResult(());

impl TranspileResult {
    pub fn into_source(self) -> EmittedSource {
        EmittedSource { text: String::new() }
    }
}

impl ParsedSource {
    /// Fails.
    pub fn transpile(
        self,
        _transpile: &TranspileOptions,
        _module: &TranspileModuleOptions,
        _emit: &EmitOptions,
    ) -> Result<TranspileResult, TranspileError> {
        Err(Refused)
    }
}
