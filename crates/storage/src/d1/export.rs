//! The statements that make a database anew, as wrangler's export of a local database gives them.

use lopata_protocol::d1::{D1Error, D1ExportOptions};
use rusqlite::Connection;

/// The statements, each with its semicolon.
pub(super) fn statements(connection: &Connection, options: &D1ExportOptions) -> Result<Vec<String>, D1Error> {
    let _ = (connection, options);
    Err(D1Error::new("D1 does not export yet"))
}
