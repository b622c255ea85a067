//! What a parser is made with: selectors, handlers by number, and production's limits.

use std::borrow::Cow;

use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, MemorySettings, Selector, Settings,
};
use serde::Deserialize;

use super::RewriterError;
use super::fiber;

/// Source: workerd's settings of lol_html, in bytes.
const MEMORY_BYTES_MAX: usize = 3 * 1024 * 1024;
const BUFFER_BYTES: usize = 1024;

/// Steps from one element to another in a selector. lol_html recurses for each, on a stack that JavaScript shares.
const COMBINATORS_MAX: usize = 1024;
/// Parentheses inside of each other, for the same reason.
const NESTING_MAX: usize = 64;

/// What was given to one `on()` or `onDocument()`: the numbers of its handlers.
#[derive(Debug, Deserialize)]
pub struct HandlerSpec {
    /// Null for the document's handlers.
    selector: Option<String>,
    element: Option<u32>,
    comments: Option<u32>,
    text: Option<u32>,
    doctype: Option<u32>,
    end: Option<u32>,
}

/// The settings of a parser.
pub fn settings(
    specs: &[HandlerSpec],
    encoding: &str,
    esi_tags: bool,
) -> Result<Settings<'static, 'static>, RewriterError> {
    // Source: the texts of lol_html's interface for C.
    let encoding = encoding_rs::Encoding::for_label_no_replacement(encoding.as_bytes())
        .ok_or_else(|| RewriterError::parser("Unknown character encoding has been provided."))?;
    let encoding = AsciiCompatibleEncoding::new(encoding)
        .ok_or_else(|| RewriterError::parser("Expected ASCII-compatible encoding."))?;
    let memory = MemorySettings::new()
        .with_preallocated_parsing_buffer_size(BUFFER_BYTES)
        .with_max_allowed_memory_usage(MEMORY_BYTES_MAX);
    let mut settings = Settings::new()
        .with_encoding(encoding)
        .with_memory_settings(memory)
        .with_strict(true)
        .with_enable_esi_tags(esi_tags)
        .with_adjust_charset_on_meta_tag(false);
    for spec in specs {
        settings = match &spec.selector {
            Some(selector) => {
                settings.append_element_content_handler((Cow::Owned(parse(selector)?), of_elements(spec)))
            }
            None => settings.append_document_content_handler(of_document(spec)),
        };
    }
    Ok(settings)
}

fn of_elements(spec: &HandlerSpec) -> ElementContentHandlers<'static> {
    let mut handlers = ElementContentHandlers::default();
    if let Some(handler) = spec.element {
        handlers = handlers.element(fiber::on_element(handler));
    }
    if let Some(handler) = spec.comments {
        handlers = handlers.comments(fiber::on_comment(handler));
    }
    if let Some(handler) = spec.text {
        handlers = handlers.text(fiber::on_text(handler));
    }
    handlers
}

fn of_document(spec: &HandlerSpec) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    if let Some(handler) = spec.doctype {
        handlers = handlers.doctype(fiber::on_doctype(handler));
    }
    if let Some(handler) = spec.comments {
        handlers = handlers.comments(fiber::on_comment(handler));
    }
    if let Some(handler) = spec.text {
        handlers = handlers.text(fiber::on_text(handler));
    }
    if let Some(handler) = spec.end {
        handlers = handlers.end(fiber::on_end(handler));
    }
    handlers
}

/// Parses a selector.
pub fn parse(selector: &str) -> Result<Selector, RewriterError> {
    if is_deep(selector) {
        return Err(RewriterError::parser("The selector is too deep."));
    }
    selector.parse().map_err(|error: lol_html::errors::SelectorError| RewriterError::parser(error))
}

/// Whether parsing or compiling `selector` might recurse further than a stack can bear. Counts what may be a step
/// or a parenthesis, also where it is part of a string.
fn is_deep(selector: &str) -> bool {
    let (mut steps, mut nesting) = (0usize, 0usize);
    let mut between = false;
    for byte in selector.bytes() {
        let is_step = byte.is_ascii_whitespace() || matches!(byte, b'>' | b'+' | b'~');
        match byte {
            b',' => steps = 0,
            b'(' => nesting += 1,
            b')' => nesting = nesting.saturating_sub(1),
            _ if is_step && !between => steps += 1,
            _ => {}
        }
        between = is_step;
        if steps > COMBINATORS_MAX || nesting > NESTING_MAX {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(selector: &str) -> String {
        parse(selector).map_or_else(|error| error.to_string(), |_| "ok".to_string())
    }

    #[test]
    fn what_is_wrong_with_a_selector_is_said_in_productions_words() {
        assert_eq!(text("div > a[href], p.x:not(.y)"), "ok");
        assert_eq!(text(""), "Parser error: The selector is empty.");
        assert_eq!(text("a >"), "Parser error: Dangling combinator in selector.");
        assert_eq!(text("a["), "Parser error: Unexpected end of selector.");
        assert_eq!(text("a:hover"), "Parser error: Unsupported pseudo-class or pseudo-element in selector.");
    }

    #[test]
    fn selectors_have_a_depth() {
        assert_eq!(text(&format!("a{}", " > a".repeat(COMBINATORS_MAX - 1))), "ok");
        assert_eq!(text(&"a ".repeat(100_000)), "Parser error: The selector is too deep.");
        assert_eq!(text(&":not(".repeat(100_000)), "Parser error: The selector is too deep.");
        assert_eq!(text(&format!("a{}", ", a > a".repeat(2_000))), "ok", "each of a list is its own");
    }

    #[test]
    fn the_deepest_selector_fits_a_thread() {
        let spec = HandlerSpec {
            selector: Some(format!("a{}", " > a".repeat(COMBINATORS_MAX - 1))),
            element: Some(0),
            comments: None,
            text: None,
            doctype: None,
            end: None,
        };
        let thread = std::thread::Builder::new().stack_size(4 * 1024 * 1024).spawn(move || {
            let settings = settings(&[spec], "utf-8", false).expect("it can be parsed");
            fiber::Fiber::new(settings).is_ok()
        });
        assert!(thread.expect("a thread starts").join().expect("it does not overflow"));
    }

    #[test]
    fn documents_must_be_readable_byte_by_byte() {
        let text = |encoding| settings(&[], encoding, false).err().map(|error| error.to_string());
        assert_eq!(text("windows-1251"), None);
        assert_eq!(text("klingon"), Some("Parser error: Unknown character encoding has been provided.".to_string()));
        assert_eq!(text("utf-16le"), Some("Parser error: Expected ASCII-compatible encoding.".to_string()));
    }
}
