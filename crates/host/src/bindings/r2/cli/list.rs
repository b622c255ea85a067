//! `lopata r2 object list`: what is in a bucket, as a table or as JSON. wrangler has nothing like it.

use clap::{ArgAction, Args};
use lopata_protocol::r2::{R2ListOptions, R2Object};
use serde_json::{Value, json};

use super::{Place, R2CliError, R2Context, check_bucket};
use crate::cli::console::Console;
use crate::cli::table::Table;
use crate::dates;

#[derive(Debug, Args)]
pub struct List {
    /// The name of the bucket
    bucket: String,
    /// Only keys that start with this
    #[arg(long, allow_hyphen_values = true)]
    prefix: Option<String>,
    /// Show keys with this after the prefix as one
    #[arg(long, allow_hyphen_values = true)]
    delimiter: Option<String>,
    /// Print JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    json: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

impl List {
    pub(super) fn run(&self, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
        check_bucket(&self.bucket)?;
        let store = context.open(&self.bucket)?;
        let mut options = R2ListOptions {
            prefix: self.prefix.clone().unwrap_or_default(),
            delimiter: self.delimiter.clone().unwrap_or_default(),
            include_http: true,
            ..R2ListOptions::default()
        };
        let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
        loop {
            let page = store.list(&options).map_err(|error| R2CliError::Refused("list", error))?;
            objects.extend(page.objects);
            prefixes.extend(page.delimited_prefixes);
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        if self.json {
            let objects: Vec<Value> = objects.iter().map(as_json).collect();
            let list = match self.delimiter {
                Some(_) => json!({ "objects": objects, "delimitedPrefixes": prefixes }),
                None => Value::Array(objects),
            };
            console.line(format_args!("{list:#}"))?;
            return Ok(());
        }
        console.location()?;
        if objects.is_empty() && prefixes.is_empty() {
            console.line("There are no objects.")?;
            return Ok(());
        }
        let mut table = Table::new(["key", "size", "etag", "uploaded", "content type"]);
        for prefix in prefixes {
            table.row([prefix]);
        }
        for object in objects {
            let R2Object { key, size, etag, uploaded_ms, http_metadata, .. } = object;
            table.row([
                key,
                size.to_string(),
                etag,
                dates::iso(uploaded_ms),
                http_metadata.content_type.unwrap_or_default(),
            ]);
        }
        console.table(&table)?;
        Ok(())
    }
}

fn as_json(object: &R2Object) -> Value {
    let mut json = json!({
        "key": object.key,
        "size": object.size,
        "etag": object.etag,
        "uploaded": dates::iso(object.uploaded_ms),
    });
    if let (Some(fields), Ok(Value::Object(http))) = (json.as_object_mut(), serde_json::to_value(&object.http_metadata))
    {
        if !http.is_empty() {
            fields.insert("httpMetadata".to_string(), Value::Object(http));
        }
        if !object.storage_class.is_empty() {
            fields.insert("storageClass".to_string(), object.storage_class.as_str().into());
        }
    }
    json
}
