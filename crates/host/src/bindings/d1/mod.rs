//! D1.

pub mod cli;
