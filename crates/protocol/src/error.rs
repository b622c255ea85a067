//! Errors as they cross threads: name, message, stack, cause chain and own properties.
//!
//! A [`WireError`] is what is left of a JavaScript (or Rust) error once it leaves its isolate. It is enough
//! to throw an equal error in another isolate and to print a useful report in the terminal.

use std::fmt;

/// An error that has left the isolate (or the service) in which it was raised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireError {
    /// The error's `name`: `TypeError`, `Error`, `DataCloneError`.
    pub name: String,
    /// The error's `message`.
    pub message: String,
    /// The source-mapped `stack`, header line included; empty when there is none.
    pub stack: String,
    /// The error's `cause`, when that is an error too (or was made one).
    pub cause: Option<Box<WireError>>,
    /// Own enumerable properties that could be written as JSON, in order.
    pub properties: Vec<(String, serde_json::Value)>,
}

impl WireError {
    /// An error without a stack, for conditions that Rust code reports.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into(), ..Self::default() }
    }

    /// The other side of a call or a body went away; trying again may help. Source: production's text and property.
    pub fn connection_lost(detail: Option<&str>) -> Self {
        let mut error = Self::new("Error", "Network connection lost.");
        error.properties.push(("retryable".to_string(), true.into()));
        error.cause = detail.map(|detail| Box::new(Self::new("Error", detail)));
        error
    }

    /// Whether a Durable Object was reset by it, which no script has thrown. Source: production's property.
    pub fn is_object_reset(&self) -> bool {
        self.properties.iter().any(|(name, value)| name == "durableObjectReset" && *value == true)
    }

    /// The error and its causes, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &WireError> {
        std::iter::successors(Some(self), |error| error.cause.as_deref())
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.is_empty(), self.message.is_empty()) {
            (true, _) => f.write_str(&self.message),
            (false, true) => f.write_str(&self.name),
            (false, false) => write!(f, "{}: {}", self.name, self.message),
        }
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_as_javascript_does() {
        assert_eq!(WireError::new("TypeError", "no").to_string(), "TypeError: no");
        assert_eq!(WireError::new("Error", "").to_string(), "Error");
        assert_eq!(WireError::new("", "bare").to_string(), "bare");
    }

    #[test]
    fn chain_walks_causes_outermost_first() {
        let mut outer = WireError::new("Error", "outer");
        outer.cause = Some(Box::new(WireError::new("Error", "inner")));
        let seen: Vec<_> = outer.chain().map(|e| e.message.as_str()).collect();
        assert_eq!(seen, ["outer", "inner"]);
    }
}
