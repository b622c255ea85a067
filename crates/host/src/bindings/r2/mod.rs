//! `r2_buckets`: env entries that are R2 buckets, the actors behind them, and the way to them for the host.
//!
//! A store is named after the bucket (its preview name first, the binding's name if it has none), as in wrangler.
//! One actor owns a store for as long as anybody uses it, across reloads.

mod actor;
pub mod bucket;
pub mod cli;
pub mod http;
mod transfer;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lopata_bridges::{R2Service, ServiceHandle};
use lopata_protocol::{EnvValue, ServiceId};

pub use self::bucket::Bucket;
use self::http::ExposedBucket;
use super::actors::Actors;
use super::{Binding, BindingContext, BindingEntry};
use crate::config::{R2Bucket, WorkerConfig};

/// The binding.
pub struct R2;

impl Binding for R2 {
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
        config.r2_buckets.iter().map(|bucket| entry(bucket, context)).collect()
    }
}

fn entry(configured: &R2Bucket, context: &BindingContext) -> BindingEntry {
    let bucket = configured.local_name();
    let started = context.stores.r2.service(&context.persist, bucket);
    let value = |service| EnvValue::R2 { service, bucket: bucket.to_string() };
    let started = started.map(|(id, service)| (id, value(id), ServiceHandle::R2(service)));
    let identity = format!("r2 {} in {}", bucket, context.persist.display());
    BindingEntry::of_store(&configured.binding, "R2 Bucket", bucket.to_string(), identity, started)
}

/// The buckets of a worker, for those who come over HTTP. What is shown of an entry is its bucket's name.
pub fn exposed(config: &WorkerConfig, entries: &[BindingEntry]) -> Vec<ExposedBucket> {
    let of = |configured: &R2Bucket| {
        let entry = entries.iter().find(|entry| entry.name == configured.binding)?;
        let (_, ServiceHandle::R2(service)) = entry.service.clone()? else { return None };
        let credentials = configured.s3_credentials.clone();
        Some(ExposedBucket { name: configured.local_name().to_string(), credentials, bucket: Bucket::new(service) })
    };
    config.r2_buckets.iter().filter_map(of).collect()
}

/// The running actors, by the store that each of them owns.
#[derive(Debug, Default)]
pub struct Stores {
    buckets: Actors<(PathBuf, String), R2Service>,
}

impl Stores {
    /// The service of a bucket under the persist root `root`; starts its actor if none runs. Touches no file: the
    /// store is opened at the first call.
    pub fn service(&self, root: &Path, bucket: &str) -> io::Result<(ServiceId, R2Service)> {
        self.buckets.service((root.to_owned(), bucket.to_string()), |(root, bucket)| {
            actor::spawn(root.clone(), bucket.clone(), lopata_storage::system_clock())
        })
    }

    /// The same for the host's own code.
    pub fn bucket(&self, root: &Path, bucket: &str) -> io::Result<Bucket> {
        let (_, service) = self.service(root, bucket)?;
        Ok(Bucket::new(service))
    }

    /// Ends the actors, once no body is under way; see [`Actors::close`].
    pub fn close(&self, timeout: Duration) -> bool {
        self.buckets.close(timeout)
    }
}

#[cfg(test)]
mod tests;
