//! Scripts of `deno_node` for files.

use super::Patch;

/// The scripts.
pub const SCRIPTS: &[&str] = &[];

/// Places that reach for something of the host, or speak otherwise than production.
pub const PATCHES: &[Patch] = &[];
