//! From values to the model.
//!
//! The values are of their types already, so nothing here can be refused but the whole for its size: constants that
//! use constants many times over make far more of a configuration than its text has.

mod net;
mod worker;

use std::sync::Arc;

use super::model::{Config, Extension, ExtensionModule, Logging, ServiceDesignator, Text};
use super::place::{Located, Place};
use super::report::Report;
use super::value::{Value, ValueKind};

/// Structs of a configuration.
const PARTS_MAX: usize = 100_000;

/// The configuration that a value is; nothing if it is too large, which is reported.
pub fn config(value: &Value, report: &mut Report) -> Option<Config> {
    let mut parts = 0;
    if !count(value, &mut parts) {
        let message = format!("The configuration consists of more than {PARTS_MAX} parts.");
        report.error("too-large", &value.place, message);
        return None;
    }
    let logging = value.get("logging");
    Some(Config {
        place: value.place.clone(),
        services: list(value, "services", net::service),
        sockets: list(value, "sockets", net::socket),
        v8_flags: texts(value, "v8Flags"),
        extensions: list(value, "extensions", extension),
        autogates: texts(value, "autogates"),
        logging: Logging {
            structured: flag(value, "structuredLogging")
                || logging.is_some_and(|logging| flag(logging, "structuredLogging")),
            stdout_prefix: logging.and_then(|logging| text(logging, "stdoutPrefix")),
            stderr_prefix: logging.and_then(|logging| text(logging, "stderrPrefix")),
        },
    })
}

/// Counts the structs of a value; false as soon as there are too many.
fn count(value: &Value, parts: &mut usize) -> bool {
    match &value.kind {
        ValueKind::Struct(fields) => {
            *parts += 1;
            *parts <= PARTS_MAX && fields.iter().all(|(_, value)| count(value, parts))
        }
        ValueKind::List(items) => {
            *parts += items.len() / 16;
            items.iter().all(|item| *parts <= PARTS_MAX && count(item, parts))
        }
        _ => true,
    }
}

fn extension(value: &Value) -> Extension {
    Extension { modules: list(value, "modules", extension_module) }
}

fn extension_module(value: &Value) -> ExtensionModule {
    ExtensionModule {
        place: value.place.clone(),
        name: text_or_empty(value, "name"),
        internal: flag(value, "internal"),
        es_module: text_or_empty(value, "esModule"),
    }
}

fn designator(value: &Value) -> ServiceDesignator {
    ServiceDesignator {
        place: value.place.clone(),
        name: text_or_empty(value, "name"),
        entrypoint: text(value, "entrypoint"),
        props: value.get("props").and_then(|props| text(props, "json")),
    }
}

/// A designator in a field.
fn designated(value: &Value, field: &str) -> Option<ServiceDesignator> {
    value.get(field).map(designator)
}

fn list<T>(value: &Value, field: &str, make: impl Fn(&Value) -> T) -> Vec<T> {
    match value.get(field).map(|value| &value.kind) {
        Some(ValueKind::List(items)) => items.iter().map(make).collect(),
        _ => Vec::new(),
    }
}

fn as_text(value: &Value) -> Option<Text> {
    match &value.kind {
        ValueKind::Text(text) => Some(Located::new(Arc::clone(text), value.place.clone())),
        _ => None,
    }
}

fn text(value: &Value, field: &str) -> Option<Text> {
    value.get(field).and_then(as_text)
}

/// A text that cannot be left out: as Cap'n Proto has it, it is empty then, and where its struct is.
fn text_or_empty(value: &Value, field: &str) -> Text {
    text(value, field).unwrap_or_else(|| empty(&value.place))
}

fn text_of(value: &Value) -> Text {
    as_text(value).unwrap_or_else(|| empty(&value.place))
}

fn empty(place: &Place) -> Text {
    Located::new(Arc::from(""), place.clone())
}

fn texts(value: &Value, field: &str) -> Vec<Text> {
    list(value, field, text_of)
}

fn flag(value: &Value, field: &str) -> bool {
    matches!(value.get(field).map(|value| &value.kind), Some(ValueKind::Bool(true)))
}

/// A number that its type in the schema bounds.
fn number<T: TryFrom<i128>>(value: &Value, field: &str) -> Option<T> {
    match value.get(field)?.kind {
        ValueKind::Int(number) => T::try_from(number).ok(),
        _ => None,
    }
}

/// A name of an enum.
fn name(value: &Value, field: &str) -> Option<&'static str> {
    match value.get(field)?.kind {
        ValueKind::Enum(name) => Some(name),
        _ => None,
    }
}
