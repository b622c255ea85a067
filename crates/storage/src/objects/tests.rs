//! Tests of the stores of Durable Objects.
#![allow(clippy::unwrap_used)]
