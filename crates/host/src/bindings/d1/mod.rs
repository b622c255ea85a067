//! `d1_databases`: env entries that are D1 databases, and the actors behind them.
//!
//! Owns which database an entry stands for ([`D1`]) and the running actors ([`Stores`]). What is stored, and what is
//! refused, is decided in the storage crate.
//!
//! Invariant: one actor a database in a process, however many workers and generations use it, so that there is one
//! writer.

mod actor;
pub mod cli;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lopata_bridges::{D1Service, ServiceHandle};
use lopata_protocol::{EnvValue, ServiceId};
use parking_lot::Mutex;

use self::actor::Actor;
use super::{Binding, BindingContext, BindingEntry};
use crate::config::{D1Database, WorkerConfig};

/// The binding.
pub struct D1;

impl Binding for D1 {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.d1_databases.iter().map(|database| entry(database, context)).collect()
    }
}

fn entry(database: &D1Database, context: &BindingContext) -> BindingEntry {
    let id = database.local_id();
    let started = context.d1.service(&context.persist, id);
    let (value, service) = match started {
        Ok((service_id, service)) => (EnvValue::D1(service_id), Some((service_id, ServiceHandle::D1(service)))),
        Err(error) => {
            let name = &database.binding;
            (EnvValue::Unavailable(format!("The D1 database \"{name}\" could not be started: {error}.")), None)
        }
    };
    BindingEntry {
        name: database.binding.clone(),
        kind: "D1 Database",
        shown: Some(database.database_name.clone().unwrap_or_else(|| id.to_string())),
        secret: false,
        value,
        service,
        identity: format!("{} in {}", id, context.persist.display()),
    }
}

/// The running actors, by the store that each of them owns.
#[derive(Debug, Default)]
pub struct Stores {
    actors: Mutex<HashMap<(PathBuf, String), (ServiceId, Actor)>>,
}

impl Stores {
    /// The service of a database under the persist root `root`; starts its actor if none runs. Touches no file: the
    /// store is opened at the first call.
    pub fn service(&self, root: &Path, id: &str) -> io::Result<(ServiceId, D1Service)> {
        let mut actors = self.actors.lock();
        let place = (root.to_owned(), id.to_string());
        if let Some((id, actor)) = actors.get(&place) {
            return Ok((*id, actor.service()));
        }
        let actor = Actor::spawn(root.to_owned(), id.to_string())?;
        let started = (ServiceId::next(), actor.service());
        actors.insert(place, (started.0, actor));
        Ok(started)
    }

    /// Lets the actors end once nobody holds their service any more, and waits for that, but no longer than `timeout`.
    /// Statements that only read are interrupted. True when all have ended: every queued write has been carried out and
    /// the files are closed.
    pub fn close(&self, timeout: Duration) -> bool {
        let actors: Vec<_> = self.actors.lock().drain().map(|(_, (_, actor))| actor.release()).collect();
        let deadline = Instant::now() + timeout;
        // Waits for each in turn; all of them were told before the first wait.
        actors.into_iter().all(|ended| ended.wait(deadline.saturating_duration_since(Instant::now())))
    }
}
