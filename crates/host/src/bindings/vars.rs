//! `vars`, secrets of dotenv files, and `--var`: text and JSON entries.

use lopata_protocol::EnvValue;

use super::{Binding, BindingContext, BindingEntry};
use crate::config::WorkerConfig;

/// The binding.
pub struct Vars;

impl Binding for Vars {
    fn entries(&self, config: &WorkerConfig, _context: &BindingContext) -> Vec<BindingEntry> {
        let entry = |var: &crate::config::Var| {
            let (value, shown) = match &var.value {
                serde_json::Value::String(text) => (EnvValue::Text(text.clone()), text.clone()),
                json => (EnvValue::Json(json.to_string()), json.to_string()),
            };
            BindingEntry {
                name: var.name.clone(),
                kind: if var.hidden { "Secret" } else { "Environment Variable" },
                shown: (!var.hidden).then_some(shown),
                secret: var.hidden,
                value,
                service: None,
                identity: var.value.to_string(),
            }
        };
        config.vars.iter().map(entry).collect()
    }
}
