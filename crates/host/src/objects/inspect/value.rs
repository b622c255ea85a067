//! Values as V8 serialises them, read without V8: for looking at what objects store.
//!
//! Reads the format of V8's `ValueSerializer`, versions 13 to 16, as far as storage contains it. Nothing is made of
//! it but text ([`Value::text`], as `console.log` shows values) and JSON ([`Value::json`]); what is no value, or nests too
//! deeply, is an error and never a panic.

use std::fmt::{self, Write};

use serde_json::{Map, Value as Json};

/// How deeply values may nest: both reading and showing recurse.
const DEPTH_MAX: usize = 200;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A bigint, in decimal digits.
    BigInt(String),
    /// A string; halves of surrogate pairs became U+FFFD.
    Text(String),
    /// A `Date`: milliseconds since 1970, or NaN.
    Date(f64),
    /// A `RegExp`: source and flags.
    RegExp(String, String),
    /// `new Boolean(…)` and its like.
    Boxed(&'static str, Box<Value>),
    /// An array; `None` is a hole. Other properties follow.
    Array(Vec<Option<Value>>, Vec<(String, Value)>),
    /// A plain object.
    Object(Vec<(String, Value)>),
    /// A `Map`.
    Map(Vec<(Value, Value)>),
    /// A `Set`.
    Set(Vec<Value>),
    /// An `ArrayBuffer`.
    Buffer(Vec<u8>),
    /// A typed array or `DataView`, by its class, with its bytes.
    View(&'static str, Vec<u8>),
    /// An error: its class, message, stack and cause.
    Error {
        /// `TypeError`.
        class: &'static str,
        /// Its message, if it has one.
        message: Option<String>,
        /// Its stack, if it has one.
        stack: Option<String>,
        /// Its cause, if it has one.
        cause: Option<Box<Value>>,
    },
    /// An object that was met before, by its number.
    Again(u32),
}

/// Why bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They end too early.
    #[error("the value is cut off")]
    CutOff,
    /// A version of the format that is not known.
    #[error("the value is in version {0} of the format, which is not known here")]
    Version(u32),
    /// A kind of value that is not known.
    #[error("the value has a part of the unknown kind 0x{0:02x}")]
    Kind(u8),
    /// It nests too deeply.
    #[error("the value nests too deeply to be shown")]
    Deep,
}

/// Reads a value.
pub fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let mut reader = Reader { bytes, at: 0, version: 0, objects: 0, depth: 0 };
    while reader.peek() == Some(0xff) {
        reader.at += 1;
        reader.version = reader.varint()?;
        if !(13..=16).contains(&reader.version) {
            return Err(Unreadable::Version(reader.version));
        }
    }
    reader.value()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    version: u32,
    /// How many objects have begun: the number of the next one.
    objects: u32,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next tag; padding in front of it is skipped.
    fn tag(&mut self) -> Result<u8, Unreadable> {
        while self.peek() == Some(0) {
            self.at += 1;
        }
        let tag = self.peek().ok_or(Unreadable::CutOff)?;
        self.at += 1;
        Ok(tag)
    }

    fn peek_tag(&mut self) -> Result<u8, Unreadable> {
        let tag = self.tag()?;
        self.at -= 1;
        Ok(tag)
    }

    fn varint64(&mut self) -> Result<u64, Unreadable> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.peek().ok_or(Unreadable::CutOff)?;
            self.at += 1;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    fn varint(&mut self) -> Result<u32, Unreadable> {
        Ok(self.varint64()? as u32)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Unreadable> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len()).ok_or(Unreadable::CutOff)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn sized(&mut self) -> Result<Vec<u8>, Unreadable> {
        let count = self.varint()? as usize;
        self.take(count).map(<[u8]>::to_vec)
    }

    fn double(&mut self) -> Result<f64, Unreadable> {
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().expect("eight were taken")))
    }

    fn text(&mut self, tag: u8) -> Result<String, Unreadable> {
        Ok(match tag {
            b'"' => self.sized()?.into_iter().map(char::from).collect(),
            b'c' => {
                let bytes = self.sized()?;
                let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
            b'S' => String::from_utf8_lossy(&self.sized()?).into_owned(),
            other => return Err(Unreadable::Kind(other)),
        })
    }

    fn tagged_text(&mut self) -> Result<String, Unreadable> {
        let tag = self.tag()?;
        self.text(tag)
    }

    fn value(&mut self) -> Result<Value, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Unreadable::Deep);
        }
        let value = self.inner();
        self.depth -= 1;
        value
    }

    fn inner(&mut self) -> Result<Value, Unreadable> {
        let tag = self.tag()?;
        Ok(match tag {
            b'_' => Value::Undefined,
            b'0' => Value::Null,
            b'T' => Value::Boolean(true),
            b'F' => Value::Boolean(false),
            b'I' => {
                let zigzag = self.varint()?;
                Value::Number(f64::from((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed())))
            }
            b'U' => Value::Number(f64::from(self.varint()?)),
            b'N' => Value::Number(self.double()?),
            b'Z' => Value::BigInt(self.bigint()?),
            b'"' | b'c' | b'S' => Value::Text(self.text(tag)?),
            b'^' => Value::Again(self.varint()?),
            b'?' => {
                self.varint()?;
                return self.value();
            }
            _ => {
                self.objects += 1;
                return self.object(tag);
            }
        })
    }

    fn object(&mut self, tag: u8) -> Result<Value, Unreadable> {
        Ok(match tag {
            b'D' => Value::Date(self.double()?),
            b'y' => Value::Boxed("Boolean", Box::new(Value::Boolean(true))),
            b'x' => Value::Boxed("Boolean", Box::new(Value::Boolean(false))),
            b'n' => Value::Boxed("Number", Box::new(Value::Number(self.double()?))),
            b'z' => Value::Boxed("BigInt", Box::new(Value::BigInt(self.bigint()?))),
            b's' => Value::Boxed("String", Box::new(Value::Text(self.tagged_text()?))),
            b'R' => {
                let source = self.tagged_text()?;
                Value::RegExp(source, flags(self.varint()?))
            }
            b'o' => Value::Object(self.properties(b'{', 1)?),
            b'A' => {
                let length = self.varint()?;
                let mut items = Vec::new();
                for _ in 0..length {
                    let hole = self.peek_tag()? == b'-';
                    if hole {
                        self.tag()?;
                    }
                    items.push(if hole { None } else { Some(self.value()?) });
                }
                Value::Array(items, self.properties(b'$', 2)?)
            }
            b'a' => {
                let length = self.varint()? as usize;
                let mut items = Vec::new();
                let mut named = Vec::new();
                for (name, value) in self.properties(b'@', 2)? {
                    match name.parse::<usize>() {
                        // Far-away items of a sparse array are shown as properties: the holes need no room.
                        Ok(index) if index < length && index <= items.len() + 1_000 => {
                            items.resize(items.len().max(index + 1), None);
                            items[index] = Some(value);
                        }
                        _ => named.push((name, value)),
                    }
                }
                Value::Array(items, named)
            }
            b';' => {
                let mut entries = Vec::new();
                while self.peek_tag()? != b':' {
                    entries.push((self.value()?, self.value()?));
                }
                self.tag()?;
                self.varint()?;
                Value::Map(entries)
            }
            b'\'' => {
                let mut members = Vec::new();
                while self.peek_tag()? != b',' {
                    members.push(self.value()?);
                }
                self.tag()?;
                self.varint()?;
                Value::Set(members)
            }
            b'B' => {
                let bytes = self.sized()?;
                self.viewed(bytes)?
            }
            b'~' => {
                let count = self.varint()? as usize;
                self.varint()?;
                let bytes = self.take(count)?.to_vec();
                self.viewed(bytes)?
            }
            b'r' => self.error()?,
            other => return Err(Unreadable::Kind(other)),
        })
    }

    /// A buffer, or the view over it that follows.
    fn viewed(&mut self, bytes: Vec<u8>) -> Result<Value, Unreadable> {
        if self.peek() != Some(b'V') {
            return Ok(Value::Buffer(bytes));
        }
        self.at += 1;
        self.objects += 1;
        let kind = self.peek().ok_or(Unreadable::CutOff)?;
        self.at += 1;
        let class = match kind {
            b'b' => "Int8Array",
            b'B' => "Uint8Array",
            b'C' => "Uint8ClampedArray",
            b'w' => "Int16Array",
            b'W' => "Uint16Array",
            b'd' => "Int32Array",
            b'D' => "Uint32Array",
            b'h' => "Float16Array",
            b'f' => "Float32Array",
            b'F' => "Float64Array",
            b'q' => "BigInt64Array",
            b'Q' => "BigUint64Array",
            b'?' => "DataView",
            other => return Err(Unreadable::Kind(other)),
        };
        let (offset, length) = (self.varint()? as usize, self.varint()? as usize);
        if self.version >= 14 {
            self.varint()?;
        }
        let end = offset.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Unreadable::CutOff)?;
        Ok(Value::View(class, bytes[offset..end].to_vec()))
    }

    /// Keys and values up to the tag `end`, behind which `counts` numbers stand.
    fn properties(&mut self, end: u8, counts: usize) -> Result<Vec<(String, Value)>, Unreadable> {
        let mut properties = Vec::new();
        while self.peek_tag()? != end {
            let name = match self.value()? {
                Value::Text(name) => name,
                Value::Number(index) => index.to_string(),
                _ => return Err(Unreadable::Kind(end)),
            };
            properties.push((name, self.value()?));
        }
        self.tag()?;
        for _ in 0..counts {
            self.varint()?;
        }
        Ok(properties)
    }

    fn error(&mut self) -> Result<Value, Unreadable> {
        let (mut class, mut message, mut stack, mut cause) = ("Error", None, None, None);
        loop {
            match self.tag()? {
                b'E' => class = "EvalError",
                b'R' => class = "RangeError",
                b'F' => class = "ReferenceError",
                b'S' => class = "SyntaxError",
                b'T' => class = "TypeError",
                b'U' => class = "URIError",
                b'm' => message = Some(self.tagged_text()?),
                b's' => stack = Some(self.tagged_text()?),
                b'c' => cause = Some(Box::new(self.value()?)),
                b'.' => return Ok(Value::Error { class, message, stack, cause }),
                other => return Err(Unreadable::Kind(other)),
            }
        }
    }

    fn bigint(&mut self) -> Result<String, Unreadable> {
        let head = self.varint()?;
        let bytes = self.take((head >> 1) as usize)?;
        let digits = decimal(bytes);
        Ok(if head & 1 == 1 && digits != "0" { format!("-{digits}") } else { digits })
    }
}

/// The decimal digits of a number whose bytes are `little`, least significant first.
fn decimal(little: &[u8]) -> String {
    const GROUP: u64 = 1_000_000_000;
    // In groups of nine digits, least significant first.
    let mut groups: Vec<u32> = vec![0];
    for byte in little.iter().rev() {
        let mut carry = u64::from(*byte);
        for group in &mut groups {
            let value = u64::from(*group) * 256 + carry;
            *group = (value % GROUP) as u32;
            carry = value / GROUP;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let mut text = groups.pop().unwrap_or(0).to_string();
    groups.iter().rev().for_each(|group| _ = write!(text, "{group:09}"));
    text
}

/// The letters of a regular expression's flags, by V8's bits.
fn flags(bits: u32) -> String {
    let letters = [(7, 'd'), (0, 'g'), (1, 'i'), (2, 'm'), (5, 's'), (4, 'u'), (8, 'v'), (3, 'y')];
    letters.iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, letter)| *letter).collect()
}

impl Value {
    /// The value as JSON; `None` when it, or a part of it, is more than JSON can say.
    pub fn json(&self) -> Option<Json> {
        Some(match self {
            Self::Null => Json::Null,
            Self::Boolean(value) => Json::Bool(*value),
            Self::Number(value) if value.fract() == 0.0 && value.abs() <= 9e15 && !is_negative_zero(*value) => {
                Json::from(*value as i64)
            }
            Self::Number(value) if !is_negative_zero(*value) => Json::Number(serde_json::Number::from_f64(*value)?),
            Self::Text(text) => Json::String(text.clone()),
            Self::Array(items, named) if named.is_empty() => {
                Json::Array(items.iter().map(|item| item.as_ref()?.json()).collect::<Option<_>>()?)
            }
            Self::Object(properties) => {
                let members = properties.iter().map(|(name, value)| Some((name.clone(), value.json()?)));
                Json::Object(members.collect::<Option<Map<_, _>>>()?)
            }
            Self::Undefined
            | Self::Number(_)
            | Self::BigInt(_)
            | Self::Date(_)
            | Self::RegExp(..)
            | Self::Boxed(..)
            | Self::Array(..)
            | Self::Map(_)
            | Self::Set(_)
            | Self::Buffer(_)
            | Self::View(..)
            | Self::Error { .. }
            | Self::Again(_) => return None,
        })
    }

    /// The value in one line, much as `console.log` shows it.
    pub fn text(&self) -> String {
        self.to_string()
    }
}

fn is_negative_zero(value: f64) -> bool {
    value == 0.0 && value.is_sign_negative()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("undefined"),
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&number(*value)),
            Self::BigInt(digits) => write!(f, "{digits}n"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Date(ms) => f.write_str(&date(*ms)),
            Self::RegExp(source, flags) => write!(f, "/{source}/{flags}"),
            Self::Boxed(class, value) => write!(f, "[{class}: {value}]"),
            Self::Array(items, named) => {
                let items = items.iter().map(|item| item.as_ref().map_or("<empty>".to_string(), Self::text));
                let named = named.iter().map(|(name, value)| format!("{}: {value}", key(name)));
                f.write_str(&enclosed("[", items.chain(named), "]"))
            }
            Self::Object(properties) => {
                let properties = properties.iter().map(|(name, value)| format!("{}: {value}", key(name)));
                f.write_str(&enclosed("{", properties, "}"))
            }
            Self::Map(entries) => {
                let shown = entries.iter().map(|(key, value)| format!("{key} => {value}"));
                write!(f, "Map({}) {}", entries.len(), enclosed("{", shown, "}"))
            }
            Self::Set(members) => {
                write!(f, "Set({}) {}", members.len(), enclosed("{", members.iter().map(Self::text), "}"))
            }
            Self::Buffer(bytes) => {
                write!(f, "ArrayBuffer {{ [Uint8Contents]: <{}>, byteLength: {} }}", hex(bytes), bytes.len())
            }
            Self::View("DataView", bytes) => write!(f, "DataView({}) <{}>", bytes.len(), hex(bytes)),
            Self::View(class, bytes) => {
                let elements = elements(class, bytes);
                write!(f, "{class}({}) {}", elements.len(), enclosed("[", elements.into_iter(), "]"))
            }
            Self::Error { class, message, stack, cause } => {
                let first = message.as_ref().map_or((*class).to_string(), |message| format!("{class}: {message}"));
                f.write_str(stack.as_deref().filter(|stack| !stack.is_empty()).unwrap_or(&first))?;
                cause.as_ref().map_or(Ok(()), |cause| write!(f, " {{ [cause]: {cause} }}"))
            }
            Self::Again(number) => write!(f, "[Circular *{number}]"),
        }
    }
}

fn enclosed(open: &str, parts: impl Iterator<Item = String>, close: &str) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { format!("{open}{close}") } else { format!("{open} {} {close}", parts.join(", ")) }
}

/// As JavaScript writes numbers, but for exponents.
fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_string(),
        _ if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_string(),
        _ if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) => {
            format!("{value:e}").replace('e', "e+").replace("+-", "-")
        }
        _ => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => _ = write!(quoted, "\\x{:02X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if plain && !name.is_empty() { name.to_string() } else { quoted(name) }
}

fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 50;
    let shown: Vec<_> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let more = bytes.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} ... {more} more bytes", shown.join(" ")) } else { shown.join(" ") }
}

fn elements(class: &str, bytes: &[u8]) -> Vec<String> {
    fn each<const N: usize>(bytes: &[u8], show: impl Fn([u8; N]) -> String) -> Vec<String> {
        bytes.chunks_exact(N).map(|chunk| show(chunk.try_into().expect("of this size"))).collect()
    }
    match class {
        "Int8Array" => each(bytes, |[byte]: [u8; 1]| byte.cast_signed().to_string()),
        "Int16Array" => each(bytes, |bytes| i16::from_le_bytes(bytes).to_string()),
        "Uint16Array" | "Float16Array" => each(bytes, |bytes| u16::from_le_bytes(bytes).to_string()),
        "Int32Array" => each(bytes, |bytes| i32::from_le_bytes(bytes).to_string()),
        "Uint32Array" => each(bytes, |bytes| u32::from_le_bytes(bytes).to_string()),
        "Float32Array" => each(bytes, |bytes| number(f64::from(f32::from_le_bytes(bytes)))),
        "Float64Array" => each(bytes, |bytes| number(f64::from_le_bytes(bytes))),
        "BigInt64Array" => each(bytes, |bytes| format!("{}n", i64::from_le_bytes(bytes))),
        "BigUint64Array" => each(bytes, |bytes| format!("{}n", u64::from_le_bytes(bytes))),
        _ => bytes.iter().map(u8::to_string).collect(),
    }
}

/// ISO 8601 in UTC, as `toISOString` writes it.
fn date(ms: f64) -> String {
    const DAY_MS: i64 = 86_400_000;
    if !ms.is_finite() || ms.abs() > 8.64e15 {
        return "Invalid Date".to_string();
    }
    let ms = ms as i64;
    let (days, in_day) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    // Source: Howard Hinnant's civil_from_days, with years that begin in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let year = if (0..=9999).contains(&year) { format!("{year:04}") } else { format!("{year:+07}") };
    let (hours, minutes) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (seconds, millis) = (in_day / 1_000 % 60, in_day % 1_000);
    format!("{year}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
