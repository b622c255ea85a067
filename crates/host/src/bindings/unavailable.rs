//! Bindings that lopata does not provide yet: entries that throw a clear error on first use.

use lopata_protocol::EnvValue;

use super::{Binding, BindingContext, BindingEntry};
use crate::config::WorkerConfig;

/// The binding.
pub struct Unavailable;

impl Binding for Unavailable {
    fn entries(&self, config: &WorkerConfig, _context: &BindingContext) -> Vec<BindingEntry> {
        let entry = |other: &crate::config::OtherBinding| {
            let sentence = format!(
                "The binding \"{}\" ({}, `{}` at {}) is not available in this version of lopata.",
                other.name, other.friendly, other.kind, other.position
            );
            BindingEntry {
                name: other.name.clone(),
                kind: other.friendly,
                shown: Some("not available".to_string()),
                secret: false,
                value: EnvValue::Unavailable(sentence.clone()),
                service: None,
                identity: sentence,
            }
        };
        config.other_bindings.iter().map(entry).collect()
    }
}
