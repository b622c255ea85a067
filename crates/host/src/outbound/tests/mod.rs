//! The fetcher over loopback, against servers that are written by hand.
#![allow(clippy::unwrap_used)]

mod encoding;
mod errors;
mod streams;
mod support;
