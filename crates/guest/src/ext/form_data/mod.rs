//! Ops of FormData: a multipart/form-data message taken apart, and what marks the parts of one.

mod parse;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use deno_core::{JsBuffer, op2};
use serde::Serialize;

/// One part, as scripts see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartInfo {
    name: String,
    filename: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    start: u32,
    end: u32,
}

/// The parts of `body` between lines of `--boundary`; where the content of each begins and ends.
#[op2]
#[serde]
pub fn op_form_data_parse(
    #[buffer] body: JsBuffer,
    #[string] boundary: &str,
) -> Result<Vec<PartInfo>, parse::ParseError> {
    let parts = parse::parse(&body, boundary.as_bytes())?;
    Ok(parts
        .into_iter()
        .map(|part| PartInfo {
            name: text(&part.name),
            filename: part.filename.as_deref().map(text),
            kind: text(&part.content_type),
            start: part.content.start as u32,
            end: part.content.end as u32,
        })
        .collect())
}

/// A boundary that no content has: 32 digits that nobody can foresee.
#[op2]
#[string]
pub fn op_form_data_boundary() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
