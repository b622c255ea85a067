//! Reads a configuration file into the value tree, or says where it is not JSON or TOML.
//!
//! Accepts what wrangler accepts: JSON with comments and trailing commas in `.json` and `.jsonc` alike, TOML,
//! a UTF-8 byte order mark. Refuses other encodings. Knows no configuration key.
//!
//! Invariant: the tree is at most [`DEPTH_MAX`] deep, so that whoever walks it may recurse.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Number;
use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostic, SourceFile};
use super::tree::{Entry, Node, Object, Value};

/// Levels of nesting that a configuration may have. wrangler's own schema needs seven.
pub const DEPTH_MAX: usize = 64;

/// Syntax errors that are shown of one TOML file: what follows them is usually an echo.
const SYNTAX_ERRORS_MAX: usize = 5;

/// The formats of a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.json` and `.jsonc`.
    Json,
    /// `.toml`.
    Toml,
}

impl Format {
    /// The format that the extension of `path` stands for.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" | "jsonc" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }

    /// An assignment in this format, for advice: `"main": "src/index.ts"` or `main = "src/index.ts"`.
    pub fn assignment(self, key: &str, value: &str) -> String {
        match self {
            Self::Json => format!("\"{key}\": {value}"),
            Self::Toml => format!("{key} = {value}"),
        }
    }
}

/// Decodes the bytes of `path`.
pub fn decode(path: &Path, cwd: &Path, bytes: Vec<u8>) -> Result<Arc<SourceFile>, Diagnostic> {
    const OTHER_MARKS: [(&[u8], &str); 4] = [
        (&[0x00, 0x00, 0xfe, 0xff], "UTF-32 BE"),
        (&[0xff, 0xfe, 0x00, 0x00], "UTF-32 LE"),
        (&[0xfe, 0xff], "UTF-16 BE"),
        (&[0xff, 0xfe], "UTF-16 LE"),
    ];
    if let Some((_, encoding)) = OTHER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        let file = SourceFile::new(path, cwd, String::new());
        return Err(Diagnostic::error("encoding", format!("Configuration file contains {encoding} byte order marker"))
            .at(&file, 0..0, "")
            .help(format!("The file appears to be encoded as {encoding}. Please save it as UTF-8 without BOM.")));
    }
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map(|text| SourceFile::new(path, cwd, text)).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let file = SourceFile::new(path, cwd, String::from_utf8_lossy(error.as_bytes()).into_owned());
        let replaced = valid..valid + char::REPLACEMENT_CHARACTER.len_utf8();
        Diagnostic::error("encoding", "The configuration file is not valid UTF-8.")
            .at(&file, replaced, "this byte is not UTF-8")
            .help("Please save the file as UTF-8.")
    })
}

/// Parses `file`. Warnings, and errors that leave a usable tree, go to `diagnostics`.
pub fn parse(file: &Arc<SourceFile>, format: Format, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut reader = Reader { file, diagnostics };
    let root = match format {
        Format::Json => reader.json(),
        Format::Toml => reader.toml(),
    }?;
    if root.as_object().is_none() {
        let message = format!("Expected the configuration to be an object but got {}.", root.quoted());
        reader.diagnostics.push(Diagnostic::error("syntax", message).at(file, first_line(&file.text, root.range), ""));
        return None;
    }
    Some(root)
}

/// The part of `range` that is on its first line, without trailing blanks. At least one character, if there is
/// one.
pub fn first_line(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(range.clone()) else { return range };
    let line = part.split(['\n', '\r']).next().unwrap_or_default();
    range.start..range.start + line.trim_end().len()
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, message: impl Into<String>, range: Range<usize>, label: &str) {
        self.diagnostics.push(Diagnostic::error("syntax", message).at(self.file, range, label));
    }

    fn too_deep(&mut self, range: Range<usize>) -> Node {
        let message = format!("The configuration is nested more than {DEPTH_MAX} levels deep.");
        let range = first_line(&self.file.text, range);
        if !self.diagnostics.iter().any(|seen| seen.message == message) {
            self.error(message, range.clone(), "");
        }
        Node { value: Value::Null, range }
    }

    fn object(&mut self, entries: Vec<Entry>) -> Object {
        let (object, repeated) = Object::new(entries);
        for key in repeated {
            let message = format!("The key \"{}\" is set twice; the last value is used.", key.key);
            self.diagnostics.push(
                Diagnostic::warning("duplicate-key", message)
                    .at(self.file, key.again, "set again here")
                    .at(self.file, key.first, "first set here")
                    .help("Remove one of them."),
            );
        }
        object
    }

    fn json(&mut self) -> Option<Node> {
        let file = Arc::clone(self.file);
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
        };
        match parse_to_ast(&file.text, &CollectOptions::default(), &options) {
            Ok(result) => match result.value {
                Some(value) => {
                    let errors_before = self.diagnostics.iter().filter(|d| d.is_error()).count();
                    let node = self.json_value(&value, 0);
                    let errors = self.diagnostics.iter().filter(|d| d.is_error()).count();
                    (errors == errors_before).then_some(node)
                }
                None => {
                    self.error("The configuration file is empty: expected an object.", 0..0, "");
                    None
                }
            },
            Err(error) => {
                let range = error.range();
                self.json_error(error.kind(), range.start..range.end);
                None
            }
        }
    }

    fn json_error(&mut self, kind: &ParseErrorKind, range: Range<usize>) {
        let text = &self.file.text;
        let end = text.trim_end().len();
        let unterminated = match kind {
            ParseErrorKind::UnterminatedObject => Some(("object", "}")),
            ParseErrorKind::UnterminatedArray => Some(("array", "]")),
            _ => None,
        };
        let diagnostic = match unterminated {
            Some((what, close)) => {
                Diagnostic::error("syntax", format!("The {what} is never closed: expected `{close}`."))
                    .at(self.file, end..end, format!("expected `{close}` here"))
                    .at(self.file, range.start..range.start + 1, "opened here")
            }
            None => {
                let diagnostic =
                    Diagnostic::error("syntax", format!("{kind}.")).at(self.file, first_line(text, range), "");
                match kind {
                    ParseErrorKind::ExpectedStringObjectProperty => diagnostic.help("Put the name in double quotes."),
                    ParseErrorKind::SingleQuotedStringsNotAllowed => diagnostic.help("Use double quotes."),
                    ParseErrorKind::MultipleRootJsonValues => {
                        diagnostic.help("Remove what follows the closing brace of the configuration.")
                    }
                    ParseErrorKind::UnexpectedWord => diagnostic.help("A string has to be in double quotes."),
                    _ => diagnostic,
                }
            }
        };
        self.diagnostics.push(diagnostic);
    }

    fn json_value(&mut self, value: &ast::Value<'_>, depth: usize) -> Node {
        use jsonc_parser::common::Ranged as _;
        let range = value.range();
        let range = range.start..range.end;
        if depth > DEPTH_MAX {
            return self.too_deep(range);
        }
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(lit) => Value::Bool(lit.value),
            ast::Value::StringLit(lit) => Value::String(lit.value.to_string()),
            ast::Value::NumberLit(lit) => self.number(lit.value, &range),
            ast::Value::Array(array) => {
                self.check_commas(array);
                Value::Array(array.elements.iter().map(|element| self.json_value(element, depth + 1)).collect())
            }
            ast::Value::Object(object) => {
                let mut entries = Vec::with_capacity(object.properties.len());
                for property in &object.properties {
                    let key_range = property.name.range();
                    entries.push(Entry {
                        key: property.name.as_str().to_string(),
                        key_range: key_range.start..key_range.end,
                        value: self.json_value(&property.value, depth + 1),
                    });
                }
                Value::Object(self.object(entries))
            }
        };
        Node { value, range }
    }

    /// The parser lets the items of an array stand side by side; JSON does not.
    fn check_commas(&mut self, array: &ast::Array<'_>) {
        use jsonc_parser::common::Ranged as _;
        let missing = array.elements.windows(2).find_map(|pair| {
            let (end, start) = (pair[0].range().end, pair[1].range().start);
            (!has_comma(&self.file.text[end..start])).then_some(end)
        });
        if let Some(at) = missing {
            self.error("Expected comma.", at..at, "expected `,` here");
        }
    }

    fn number(&mut self, text: &str, range: &Range<usize>) -> Value {
        match serde_json::from_str::<Number>(text) {
            // With arbitrary precision any literal is a number; one that no double holds is still refused.
            Ok(number) if number.as_f64().is_some_and(f64::is_finite) => Value::Number(number),
            _ => {
                self.error(format!("The number {text} is out of range."), range.clone(), "");
                Value::Null
            }
        }
    }

    fn toml(&mut self) -> Option<Node> {
        let file = Arc::clone(self.file);
        let (table, errors) = DeTable::parse_recoverable(&file.text);
        if !errors.is_empty() {
            let mut errors: Vec<_> = errors.iter().collect();
            errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
            for error in errors.into_iter().take(SYNTAX_ERRORS_MAX) {
                let range = first_line(&file.text, error.span().unwrap_or(0..0));
                let message = toml_sentence(error.message(), &file.text, &range);
                self.error(message, range, "");
            }
            return None;
        }
        let errors_before = self.diagnostics.iter().filter(|d| d.is_error()).count();
        let value = self.toml_table(table.get_ref(), 0);
        let errors = self.diagnostics.iter().filter(|d| d.is_error()).count();
        (errors == errors_before).then_some(Node { value, range: 0..0 })
    }

    fn toml_table(&mut self, table: &DeTable<'_>, depth: usize) -> Value {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_range: key.span(),
                value: self.toml_value(value.get_ref(), value.span(), depth + 1),
            })
            .collect();
        // The map is sorted by name; the order of the file is what users see in `env`.
        entries.sort_by_key(|entry| entry.key_range.start);
        Value::Object(self.object(entries))
    }

    fn toml_value(&mut self, value: &DeValue<'_>, range: Range<usize>, depth: usize) -> Node {
        if depth > DEPTH_MAX {
            return self.too_deep(range);
        }
        let value = match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::Number(integer.into()),
                Err(_) => {
                    self.error(format!("The number {integer} is out of range."), range.clone(), "");
                    Value::Null
                }
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
                Err(_) => Value::Null,
            },
            DeValue::Array(items) => {
                Value::Array(items.iter().map(|i| self.toml_value(i.get_ref(), i.span(), depth + 1)).collect())
            }
            DeValue::Table(table) => self.toml_table(table, depth),
        };
        Node { value, range }
    }
}

/// Whether a comma stands between two items of an array, outside comments.
fn has_comma(gap: &str) -> bool {
    let mut rest = gap;
    loop {
        let Some(at) = rest.find([',', '/']) else { return false };
        rest = &rest[at..];
        if rest.starts_with(',') {
            return true;
        }
        let (close, len) = if rest.starts_with("//") { ('\n', 1) } else { ('*', 2) };
        // A block comment starts with `/*`, whose own star does not close it.
        let body = &rest[2.min(rest.len())..];
        let end = if close == '\n' { body.find('\n') } else { body.find("*/") };
        rest = match end {
            Some(end) => &body[end + len..],
            None => return false,
        };
    }
}

/// The parser's sentence, made plain where it misleads.
fn toml_sentence(message: &str, text: &str, range: &Range<usize>) -> String {
    let rest = text.get(range.start..).unwrap_or_default();
    if message == "duplicate key" {
        return format!("The key \"{}\" is set twice.", text.get(range.clone()).unwrap_or_default());
    }
    if message.starts_with("string values must be quoted") {
        let nothing = rest.is_empty() || rest.starts_with(['\n', '\r', '#']);
        return if nothing { "Expected a value." } else { "String values must be quoted." }.to_string();
    }
    format!("{}.", capitalised(message))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(name: &str, text: &[u8]) -> (Option<Node>, String) {
        let mut diagnostics = Vec::new();
        let path = Path::new("/w").join(name);
        let node = match decode(&path, Path::new("/w"), text.to_vec()) {
            Ok(file) => parse(&file, Format::of(&path).unwrap(), &mut diagnostics),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                None
            }
        };
        (node, diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn both_formats_give_one_tree() {
        let (json, _) = read("a.jsonc", br#"{ "b": { "z": 1, "a": [true, 1.5] }, /* x */ "a": "s", }"#);
        let (toml, _) = read("a.toml", b"b.z = 1\nb.a = [true, 1.5]\na = 's'");
        assert_eq!(json.unwrap().quoted(), r#"{"b":{"z":1,"a":[true,1.5]},"a":"s"}"#);
        assert_eq!(toml.unwrap().quoted(), r#"{"b":{"z":1,"a":[true,1.5]},"a":"s"}"#);
    }

    #[test]
    fn items_of_an_array_need_commas() {
        assert_eq!(read("a.json", b"{\"a\": [1 2]}").1, "error: Expected comma.\n  --> a.json:1:9");
        assert_eq!(read("a.json", b"{\"a\": [1 /* , */ 2]}").1, "error: Expected comma.\n  --> a.json:1:9");
        assert_eq!(read("a.json", b"{\"a\": [1 // ,\n 2]}").1, "error: Expected comma.\n  --> a.json:1:9");
        assert_eq!(read("a.json", b"{\"a\": [1 /* */ , // x\n 2, /**/]}").1, "");
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let (node, text) = read("a.json", b"\xef\xbb\xbf{\"a\": 1}");
        assert_eq!((node.unwrap().quoted().as_str(), text.as_str()), (r#"{"a":1}"#, ""));
    }

    #[test]
    fn toml_floats_without_a_number_are_null() {
        assert_eq!(
            read("a.toml", b"a = nan\nb = -inf\nc = 1_0.5").0.unwrap().quoted(),
            r#"{"a":null,"b":null,"c":10.5}"#
        );
    }
}
