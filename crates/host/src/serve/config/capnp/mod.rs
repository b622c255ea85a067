//! The text form: the part of Cap'n Proto's schema language that configurations are written in.
//!
//! `using`, `import`, `const`, references, `embed`, literals, lists and tuples. What declares types is refused with
//! its name. A file goes through [`lexer`] and [`parser`] without a look at any other; [`modules`] finds what names
//! mean in all of them, and [`constants`] makes values of the constants that are asked for.
//!
//! Invariants: whatever the bytes are, the outcome is a value or errors with places. Depth is bounded where it is
//! read, so that everything after may recurse.

mod constants;
mod lexer;
mod modules;
mod parser;
mod syntax;

pub use constants::read;
