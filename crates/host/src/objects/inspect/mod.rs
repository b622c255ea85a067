//! Looking into Durable Objects from outside.

pub mod value;
