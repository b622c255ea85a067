//! Services that are no Workers: addresses, folders, and what a network may reach.

use super::super::model::{Disk, External, Network, Service, Text};
use super::Checker;

/// Names of blocks that are no addresses. Source: `kj::Network::restrictPeers`.
const BLOCKS: [&str; 6] = ["public", "private", "local", "network", "unix", "unix-abstract"];

/// What is wrong with a service that is no Worker. The texts but for the first are workerd's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NetworkError {
    /// In `allow` or `deny`.
    #[error("Network \"{service}\": invalid CIDR; pattern = {pattern}")]
    Block {
        /// The service.
        service: String,
        /// As given.
        pattern: String,
    },
    /// No address, neither here nor on the command line.
    #[error(
        "External service \"{0}\" has no address in the config, so must be specified on the command line with \
         `--external-addr`."
    )]
    NoAddress(String),
    /// No folder, neither here nor on the command line.
    #[error(
        "Directory \"{0}\" has no path in the config, so must be specified on the command line with \
         `--directory-path`."
    )]
    NoPath(String),
    /// A folder that is not there.
    #[error("Directory named \"{0}\" not found: {1}")]
    NoFolder(String, String),
}

impl Checker<'_> {
    pub(super) fn network(&mut self, service: &Text, network: &Network) {
        for pattern in network.allow.iter().chain(&network.deny) {
            let known = BLOCKS.contains(&&***pattern) || pattern.parse::<ipnet::IpNet>().is_ok();
            if !known {
                let error = NetworkError::Block { service: service.to_string(), pattern: pattern.to_string() };
                let help = format!("A block of addresses like \"10.0.0.0/8\", or one of {}.", BLOCKS.join(", "));
                self.report.error_with_help("bad-block", &pattern.place, error.to_string(), Some(help));
            }
        }
    }

    pub(super) fn external(&mut self, service: &Service, external: &External) {
        if external.address.is_none() {
            let error = NetworkError::NoAddress(service.name.to_string());
            self.report.error("no-address", &service.place, error.to_string());
        }
    }

    pub(super) fn disk(&mut self, service: &Service, disk: &Disk) {
        let Some(path) = &disk.path else {
            // A test run makes it.
            if &**service.name == super::TEST_FOLDER {
                return;
            }
            let error = NetworkError::NoPath(service.name.to_string());
            self.report.error("no-path", &service.place, error.to_string());
            return;
        };
        if !self.options.cwd.join(&*path.value).is_dir() {
            let error = NetworkError::NoFolder(service.name.to_string(), path.to_string());
            self.report.error("no-folder", &path.place, error.to_string());
        }
    }
}
