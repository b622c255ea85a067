//! Static assets: the directory beside a worker, and what of it answers a request.

pub mod rules;
