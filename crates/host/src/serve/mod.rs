//! Servers and test runs that are described by a configuration in workerd's form.
//!
//! Where `dev` starts from a wrangler configuration, this starts from a description of services, sockets and what
//! is bound to what. [`config`] reads it, [`graph`] makes the services, [`test`] runs their tests.

pub mod config;
pub mod graph;
pub mod test;
