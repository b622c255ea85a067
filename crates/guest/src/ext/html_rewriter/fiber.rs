//! A rewriter on a stack of its own, which pauses where a handler has to run and goes on when it has.
//!
//! lol_html calls handlers in the middle of parsing and wants them to return. Handlers of Workers may wait, and
//! they are JavaScript, which may only run on the thread's own stack. So the parser runs on a second stack: where
//! it meets something to handle it switches back to the thread's stack and says what it has met. The script deals
//! with it, for as long as it likes, and then lets the parser go on. A switch costs nanoseconds, where a thread
//! for each rewriter would cost two wake-ups an element.
//!
//! ```text
//! Input ─(Chunk │ End)─► running ─► Token │ Stream ─(Continue)─► running ─► Input │ over
//!   └────────────────────────── any ─(Stop)─► over ──────────────────────────┘
//! ```
//!
//! Invariants: no JavaScript and no V8 on the second stack. The pointers of a pause live on the second stack and
//! are valid exactly until it is resumed, which is when they are dropped. The unsafe code of the rewriter is here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use lol_html::errors::RewritingError;
use lol_html::html_content::{Comment, Doctype, DocumentEnd, Element, EndTag, StreamingHandlerSink, TextChunk};
use lol_html::{HandlerResult, HtmlRewriter, Settings};

/// Stack of a parser, in bytes. Production's has a quarter of it; builds without optimisation need more. Only
/// what is touched takes memory.
const STACK_BYTES: usize = 256 * 1024;

/// What a paused parser is told.
pub enum Resume {
    /// More of the document; answers [`Pause::Input`].
    Chunk(Bytes),
    /// There is no more of it; answers [`Pause::Input`].
    End,
    /// The handler, or the stream, is done.
    Continue,
    /// Nobody wants the rest. The parser unwinds in order.
    Stop,
}

/// Why a parser has paused.
pub enum Pause {
    /// It has parsed everything it was given.
    Input,
    /// It has met something that the handler with this number wants to see.
    Token(u32, Token),
    /// It has come to where the stream with this number goes.
    Stream(u32, Sink),
}

/// What a handler is called for. The pointers are valid until the parser is resumed.
#[derive(Clone, Copy)]
pub enum Token {
    /// The start of an element.
    Element(*mut Element<'static, 'static>),
    /// The end tag of an element.
    EndTag(*mut EndTag<'static>),
    /// A comment.
    Comment(*mut Comment<'static>),
    /// A piece of a text.
    Text(*mut TextChunk<'static>),
    /// The document's type.
    Doctype(*mut Doctype<'static>),
    /// The end of the document.
    End(*mut DocumentEnd<'static>),
}

/// Where a stream writes. The pointer is valid until the parser is resumed.
#[derive(Clone, Copy)]
pub struct Sink(*mut StreamingHandlerSink<'static>);

/// What handlers see on the thread's stack, with the lifetime of one call.
pub enum TokenRef<'a> {
    /// The start of an element.
    Element(&'a mut Element<'static, 'static>),
    /// The end tag of an element.
    EndTag(&'a mut EndTag<'static>),
    /// A comment.
    Comment(&'a mut Comment<'static>),
    /// A piece of a text.
    Text(&'a mut TextChunk<'static>),
    /// The document's type.
    Doctype(&'a mut Doctype<'static>),
    /// The end of the document.
    End(&'a mut DocumentEnd<'static>),
}

/// The parser was told to stop. Travels through lol_html as the error of a handler.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

/// How a parser ended.
type Outcome = Result<(), RewritingError>;

type Pauses = Yielder<Resume, Pause>;

thread_local! {
    /// The way back of the parser that runs right now; null while none does.
    static RUNNING: Cell<*const Pauses> = const { Cell::new(std::ptr::null()) };
    /// The parsers that have not ended.
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// How many parsers of this thread have a stack.
pub fn live() -> usize {
    LIVE.get()
}

/// Switches to the thread's stack until the script is done with `pause`.
fn pause(pause: Pause) -> HandlerResult {
    let back = RUNNING.get();
    assert!(!back.is_null(), "handlers run inside of a parser");
    // SAFETY: the pointer was set by the fiber that runs now, and is to a value that lives on that fiber's stack
    // for as long as its function runs, which includes this call.
    let resume = unsafe { &*back }.suspend(pause);
    // Another parser may have run meanwhile.
    RUNNING.set(back);
    match resume {
        Resume::Continue => Ok(()),
        Resume::Stop => Err(Box::new(Stopped)),
        Resume::Chunk(_) | Resume::End => unreachable!("input comes when it was asked for"),
    }
}

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident: $variant:ident, $token:ty;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(handler: u32) -> impl FnMut(&mut $token) -> HandlerResult {
                move |token| pause(Pause::Token(handler, Token::$variant(std::ptr::from_mut(token).cast())))
            }
        )*
    };
}

handlers! {
    /// A handler of elements, which pauses the parser.
    on_element: Element, Element<'_, '_>;
    /// A handler of end tags.
    on_end_tag: EndTag, EndTag<'_>;
    /// A handler of comments.
    on_comment: Comment, Comment<'_>;
    /// A handler of texts.
    on_text: Text, TextChunk<'_>;
    /// A handler of the document's type.
    on_doctype: Doctype, Doctype<'_>;
    /// A handler of the document's end.
    on_end: End, DocumentEnd<'_>;
}

/// A writer that pauses the parser until the stream with this number has been written.
pub fn stream(number: u32) -> impl FnOnce(&mut StreamingHandlerSink<'_>) -> HandlerResult + Send + 'static {
    move |sink| pause(Pause::Stream(number, Sink(std::ptr::from_mut(sink).cast())))
}

/// A parser and where it stands.
pub struct Fiber {
    /// Non-null until the parser has ended, which is when its stack is given back.
    coroutine: Option<Coroutine<Resume, Pause, Outcome>>,
    /// What the parser has written since somebody took it.
    output: Rc<RefCell<Vec<u8>>>,
    /// Non-null exactly while the parser waits for its handler or stream.
    paused: Option<Pause>,
}

/// What a resumed parser came to.
pub enum Step {
    /// It needs more of the document.
    Input,
    /// The handler with this number is to be called for a token.
    Token(u32),
    /// The stream with this number is to be written.
    Stream(u32),
    /// The document is rewritten.
    Done,
    /// It cannot be.
    Failed(RewritingError),
}

impl Fiber {
    /// A parser that waits for its first input.
    pub fn new(settings: Settings<'static, 'static>) -> std::io::Result<Self> {
        let output = Rc::new(RefCell::new(Vec::new()));
        let sink = {
            let output = output.clone();
            move |chunk: &[u8]| output.borrow_mut().extend_from_slice(chunk)
        };
        // Compiling the selectors recurses, so that happens here, where the stack is large.
        // Boxed: what a fiber starts with has to be small.
        let mut rewriter = Box::new(HtmlRewriter::new(settings, sink));
        let coroutine = Coroutine::with_stack(DefaultStack::new(STACK_BYTES)?, move |back: &Pauses, first| {
            let mut resume = first;
            loop {
                RUNNING.set(back);
                match resume {
                    Resume::Chunk(chunk) => rewriter.write(&chunk)?,
                    Resume::End => return rewriter.end(),
                    Resume::Stop => return Ok(()),
                    Resume::Continue => unreachable!("the parser waits for input"),
                }
                resume = back.suspend(Pause::Input);
            }
        });
        LIVE.set(LIVE.get() + 1);
        Ok(Self { coroutine: Some(coroutine), output, paused: None })
    }

    /// Runs the parser until it pauses or ends. One that has ended stays ended.
    pub fn resume(&mut self, resume: Resume) -> Step {
        self.paused = None;
        let Some(coroutine) = &mut self.coroutine else { return Step::Done };
        let before = RUNNING.get();
        let result = coroutine.resume(resume);
        RUNNING.set(before);
        match result {
            CoroutineResult::Yield(Pause::Input) => Step::Input,
            CoroutineResult::Yield(pause) => {
                let step = match pause {
                    Pause::Token(handler, _) => Step::Token(handler),
                    Pause::Stream(number, _) => Step::Stream(number),
                    Pause::Input => Step::Input,
                };
                self.paused = Some(pause);
                step
            }
            CoroutineResult::Return(outcome) => {
                self.coroutine = None;
                LIVE.set(LIVE.get() - 1);
                outcome.map_or_else(Step::Failed, |()| Step::Done)
            }
        }
    }

    /// Ends the parser; what it has written is gone.
    pub fn stop(&mut self) {
        self.resume(Resume::Stop);
        self.output.borrow_mut().clear();
    }

    /// Takes what has been written.
    pub fn take_output(&self) -> Vec<u8> {
        std::mem::take(&mut *self.output.borrow_mut())
    }

    /// What the parser has met, while it waits for a handler.
    pub fn token(&mut self) -> Option<TokenRef<'_>> {
        let Some(Pause::Token(_, token)) = self.paused else { return None };
        // SAFETY: the token lives on the parser's stack, below the frame that waits. That frame neither touches it
        // nor returns before `resume`, which needs `&mut self` as this reference does, and takes the pointer away.
        unsafe {
            Some(match token {
                Token::Element(token) => TokenRef::Element(&mut *token),
                Token::EndTag(token) => TokenRef::EndTag(&mut *token),
                Token::Comment(token) => TokenRef::Comment(&mut *token),
                Token::Text(token) => TokenRef::Text(&mut *token),
                Token::Doctype(token) => TokenRef::Doctype(&mut *token),
                Token::End(token) => TokenRef::End(&mut *token),
            })
        }
    }

    /// Where the stream goes, while the parser waits for one.
    pub fn sink(&mut self) -> Option<&mut StreamingHandlerSink<'static>> {
        let Some(Pause::Stream(_, Sink(sink))) = self.paused else { return None };
        // SAFETY: as for tokens.
        Some(unsafe { &mut *sink })
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        // In order, instead of by unwinding a stack that waits in the middle.
        self.stop();
    }
}
