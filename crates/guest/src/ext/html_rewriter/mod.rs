//! `HTMLRewriter`: ops on a parser and on what it has met.
//!
//! The script drives: it feeds the parser, calls the handler that a pause asks for, and resumes. Whether a token may
//! still be used is the script's business; an op that comes when the parser does not wait finds no token and says
//! so. A parser belongs to its garbage-collected handle, so a body that nobody reads to its end leaks nothing.

mod fiber;
mod settings;
mod token;

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use deno_core::convert::Uint8Array;
use deno_core::{op2, v8};
use deno_error::JsError;

use fiber::{Fiber, Resume, Step};
use settings::HandlerSpec;

/// What an op of the rewriter can throw.
#[derive(Debug, thiserror::Error, JsError)]
pub enum RewriterError {
    /// Source: workerd's text, in front of lol_html's.
    #[class(type)]
    #[error("Parser error: {0}")]
    Parser(String),
    /// Source: workerd's text.
    #[class(type)]
    #[error(
        "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler."
    )]
    StaleToken,
    /// The system has no memory for a stack.
    #[class(generic)]
    #[error("The rewriter cannot start: {0}")]
    Stack(#[from] std::io::Error),
}

impl RewriterError {
    fn parser(error: impl std::fmt::Display) -> Self {
        Self::Parser(error.to_string())
    }
}

/// A parser, as scripts hold it.
pub struct Rewriter(RefCell<Fiber>);

// SAFETY: nothing in it refers to objects of the script.
unsafe impl v8::cppgc::GarbageCollected for Rewriter {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static std::ffi::CStr {
        c"Rewriter"
    }
}

/// What a parser has come to, as scripts read it: the kind in the lowest two bits, the number of a handler or a
/// stream above them.
fn encode(step: Step) -> Result<u32, RewriterError> {
    match step {
        Step::Input => Ok(0),
        Step::Token(handler) => Ok(1 | handler << 2),
        Step::Stream(number) => Ok(2 | number << 2),
        Step::Done => Ok(3),
        Step::Failed(error) => Err(RewriterError::parser(error)),
    }
}

/// Throws what is wrong with a selector.
#[op2(fast)]
pub fn op_html_selector(#[string] selector: &str) -> Result<(), RewriterError> {
    settings::parse(selector).map(drop)
}

/// Parsers that may live before garbage is collected for their sake.
const LIVE_MAX: usize = 256;

thread_local! {
    /// When garbage is collected next.
    static COLLECT_AT: Cell<usize> = const { Cell::new(LIVE_MAX) };
}

/// A parser that nobody reads to its end keeps a stack, which V8 knows nothing of. So many of them are a reason
/// to look for garbage; after that, twice as many as are really in use.
fn collect_abandoned(scope: &mut v8::PinScope<'_, '_>) {
    if fiber::live() >= COLLECT_AT.get() {
        scope.low_memory_notification();
        COLLECT_AT.set(LIVE_MAX.max(fiber::live() * 2));
    }
}

/// A parser of documents in `encoding`.
#[op2(reentrant)]
#[cppgc]
pub fn op_html_new(
    scope: &mut v8::PinScope<'_, '_>,
    #[serde] handlers: Vec<HandlerSpec>,
    #[string] encoding: &str,
    esi_tags: bool,
) -> Result<Rewriter, RewriterError> {
    collect_abandoned(scope);
    let settings = settings::settings(&handlers, encoding, esi_tags)?;
    Ok(Rewriter(RefCell::new(Fiber::new(settings)?)))
}

/// Gives the parser more of the document.
#[op2(fast)]
pub fn op_html_write(#[cppgc] rewriter: &Rewriter, #[buffer(copy)] chunk: Bytes) -> Result<u32, RewriterError> {
    encode(rewriter.0.borrow_mut().resume(Resume::Chunk(chunk)))
}

/// Tells the parser that the document has ended.
#[op2(fast)]
pub fn op_html_end(#[cppgc] rewriter: &Rewriter) -> Result<u32, RewriterError> {
    encode(rewriter.0.borrow_mut().resume(Resume::End))
}

/// Lets the parser go on after a handler or a stream.
#[op2(fast)]
pub fn op_html_continue(#[cppgc] rewriter: &Rewriter) -> Result<u32, RewriterError> {
    encode(rewriter.0.borrow_mut().resume(Resume::Continue))
}

/// Ends the parser.
#[op2(fast)]
pub fn op_html_stop(#[cppgc] rewriter: &Rewriter) {
    rewriter.0.borrow_mut().stop();
}

/// Takes what has been rewritten; `null` when there is nothing.
#[op2]
pub fn op_html_output(#[cppgc] rewriter: &Rewriter) -> Option<Uint8Array> {
    let output = rewriter.0.borrow().take_output();
    if output.is_empty() { None } else { Some(output.into()) }
}

/// Writes a piece of a stream where the parser waits for it.
#[op2(fast)]
pub fn op_html_stream_write(
    #[cppgc] rewriter: &Rewriter,
    #[buffer] chunk: &[u8],
    html: bool,
) -> Result<(), RewriterError> {
    let mut fiber = rewriter.0.borrow_mut();
    let sink = fiber.sink().ok_or(RewriterError::StaleToken)?;
    sink.write_utf8_chunk(chunk, token::content_type(html)).map_err(RewriterError::parser)
}

/// A text of the token, by the property's name; `null` when it has none.
#[op2]
#[string]
pub fn op_html_get(#[cppgc] rewriter: &Rewriter, #[string] name: &str) -> Result<Option<String>, RewriterError> {
    token::get(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, name)
}

/// Sets a text of the token.
#[op2(fast)]
pub fn op_html_set(#[cppgc] rewriter: &Rewriter, #[string] text: &str) -> Result<(), RewriterError> {
    token::set(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, text)
}

/// Whether the token has been removed.
#[op2(fast)]
pub fn op_html_removed(#[cppgc] rewriter: &Rewriter) -> Result<bool, RewriterError> {
    token::removed(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?)
}

/// Whether a piece of text is the last of its node.
#[op2(fast)]
pub fn op_html_last_in_text(#[cppgc] rewriter: &Rewriter) -> Result<bool, RewriterError> {
    token::last_in_text(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?)
}

/// Removes the token, with or without what is inside of it.
#[op2(fast)]
pub fn op_html_remove(#[cppgc] rewriter: &Rewriter, keep_content: bool) -> Result<(), RewriterError> {
    token::remove(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, keep_content)
}

/// All attributes of an element, name and value.
#[op2]
#[serde]
pub fn op_html_attributes(#[cppgc] rewriter: &Rewriter) -> Result<Vec<(String, String)>, RewriterError> {
    token::attributes(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?)
}

/// The value of an attribute; `null` when the element does not have it.
#[op2]
#[string]
pub fn op_html_attribute(#[cppgc] rewriter: &Rewriter, #[string] name: &str) -> Result<Option<String>, RewriterError> {
    token::attribute(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, name)
}

/// Sets an attribute.
#[op2(fast)]
pub fn op_html_set_attribute(
    #[cppgc] rewriter: &Rewriter,
    #[string] name: &str,
    #[string] value: &str,
) -> Result<(), RewriterError> {
    token::set_attribute(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, name, value)
}

/// Removes an attribute.
#[op2(fast)]
pub fn op_html_remove_attribute(#[cppgc] rewriter: &Rewriter, #[string] name: &str) -> Result<(), RewriterError> {
    token::remove_attribute(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, name)
}

/// Puts a text at a place of the token.
#[op2(fast)]
pub fn op_html_insert(
    #[cppgc] rewriter: &Rewriter,
    #[string] place: &str,
    #[string] content: &str,
    html: bool,
) -> Result<(), RewriterError> {
    token::insert(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, place, content, html)
}

/// Puts the stream with this number at a place of the token; the parser pauses when it gets there.
#[op2(fast)]
pub fn op_html_insert_stream(
    #[cppgc] rewriter: &Rewriter,
    #[string] place: &str,
    number: u32,
) -> Result<(), RewriterError> {
    token::insert_stream(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, place, number)
}

/// Has the handler with this number called for the end tag of the element, instead of any earlier one.
#[op2(fast)]
pub fn op_html_on_end_tag(#[cppgc] rewriter: &Rewriter, handler: u32) -> Result<(), RewriterError> {
    token::on_end_tag(&mut rewriter.0.borrow_mut().token().ok_or(RewriterError::StaleToken)?, handler)
}
