//! The forms of an error without a page: the plain stack for a terminal, JSON for a program.

use lopata_protocol::WireError;
use serde_json::{Map, Value, json};

use super::Subject;
use crate::server::handler::{Diagnostic, Failure};

/// Causes that are shown; a chain may be as long as a worker likes.
pub(super) const CAUSES_MAX: usize = 10;

/// The plain text.
pub(super) fn plain(subject: &Subject) -> String {
    match subject {
        Subject::Thrown(error) => stack(error),
        Subject::Refused { message, .. } => message.clone(),
        Subject::Failure { failure, .. } => match &**failure {
            Failure::Start(error) => format!("The worker could not start.\n\n{}", stack(error)),
            Failure::Build(diagnostics) => {
                let all: Vec<String> = diagnostics.iter().map(diagnostic).collect();
                format!("Build failed.\n\n{}", all.join("\n\n"))
            }
        },
    }
}

/// The JSON text; for an error the shape of wrangler's: `name`, `message`, `stack`, `cause`.
pub(super) fn json(subject: &Subject) -> String {
    let value = match subject {
        Subject::Thrown(error) => error_value(error, CAUSES_MAX),
        Subject::Refused { message, .. } => json!({ "name": "Error", "message": message }),
        Subject::Failure { failure, .. } => match &**failure {
            Failure::Start(error) => error_value(error, CAUSES_MAX),
            Failure::Build(diagnostics) => json!({
                "name": "BuildError",
                "message": diagnostics.first().map_or("Build failed.", |first| first.message.as_str()),
                "diagnostics": diagnostics.iter().map(diagnostic_value).collect::<Vec<_>>(),
            }),
        },
    };
    value.to_string()
}

fn stack(error: &WireError) -> String {
    let own = |error: &WireError| if error.stack.is_empty() { error.to_string() } else { error.stack.clone() };
    let mut all = own(error);
    for cause in error.chain().skip(1).take(CAUSES_MAX) {
        all.push_str("\n\nCaused by: ");
        all.push_str(&own(cause));
    }
    all
}

/// `file:line:column: message`, the form that editors and terminals turn into a link.
pub(super) fn place(diagnostic: &Diagnostic) -> Option<String> {
    let file = diagnostic.file.as_ref()?.display();
    Some(match (diagnostic.line, diagnostic.column) {
        (0, _) => file.to_string(),
        (line, 0) => format!("{file}:{line}"),
        (line, column) => format!("{file}:{line}:{column}"),
    })
}

fn diagnostic(diagnostic: &Diagnostic) -> String {
    let mut text = match place(diagnostic) {
        Some(place) => format!("{place}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    for part in [&diagnostic.frame, &diagnostic.hint].into_iter().flatten() {
        text.push('\n');
        text.push_str(part);
    }
    text
}

fn error_value(error: &WireError, causes: usize) -> Value {
    let mut value = Map::new();
    value.insert("name".to_owned(), error.name.clone().into());
    value.insert("message".to_owned(), error.message.clone().into());
    if !error.stack.is_empty() {
        value.insert("stack".to_owned(), error.stack.clone().into());
    }
    if let (Some(cause), true) = (&error.cause, causes > 0) {
        value.insert("cause".to_owned(), error_value(cause, causes - 1));
    }
    for (key, property) in &error.properties {
        value.entry(key.clone()).or_insert_with(|| property.clone());
    }
    Value::Object(value)
}

fn diagnostic_value(diagnostic: &Diagnostic) -> Value {
    json!({
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "hint": diagnostic.hint,
    })
}
