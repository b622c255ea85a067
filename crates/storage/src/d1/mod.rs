//! The store of one D1 database: a SQLite file in wrangler's place, and the statements that may run on it.

mod export;

use std::path::Path;

use lopata_protocol::d1::{D1Error, D1ExportOptions, D1Result, D1Statement};
use rusqlite::{Connection, InterruptHandle};

use crate::database::{self, Durability, StoreError};
use crate::layout::PersistRoot;

/// The store of one database.
#[derive(Debug)]
pub struct D1Store {
    connection: Connection,
}

impl D1Store {
    /// Opens the database `id` under the persist root `root`; makes it when there is none.
    pub fn open(root: &Path, id: &str) -> Result<Self, StoreError> {
        let path = PersistRoot::new(root).d1_database(id);
        Ok(Self { connection: database::open(&path, Durability::Process)? })
    }

    /// Carries out statements in their order, as one transaction: when one fails, none has happened.
    ///
    /// Statements that are nothing but comments give no result; with nothing else, it fails.
    pub fn query(&mut self, statements: &[D1Statement]) -> Result<Vec<D1Result>, D1Error> {
        let _ = statements;
        Err(D1Error::new("D1 does not carry out statements yet"))
    }

    /// Carries out a script of any number of statements as one transaction. One result for each of them.
    pub fn exec(&mut self, script: &str) -> Result<Vec<D1Result>, D1Error> {
        let _ = script;
        Err(D1Error::new("D1 does not carry out statements yet"))
    }

    /// The statements that make the database anew, as wrangler's export writes them.
    pub fn export(&mut self, options: &D1ExportOptions) -> Result<Vec<String>, D1Error> {
        export::statements(&self.connection, options)
    }

    /// What a session can start from to see at least the current state.
    pub fn bookmark(&self) -> String {
        String::new()
    }

    /// Bytes of the database.
    pub fn size(&self) -> Result<u64, D1Error> {
        let pages: i64 = self.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(fault)?;
        let page: i64 = self.connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(fault)?;
        Ok((pages * page) as u64)
    }

    /// Stops the statement that is running, from any thread; it fails with `interrupted`.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.connection.get_interrupt_handle()
    }
}

fn fault(error: rusqlite::Error) -> D1Error {
    D1Error::new(error.to_string())
}
