//! What is wrong with a configuration once its services are made.

use lopata_protocol::WireError;

/// Why the services cannot run as configured. The texts are workerd's.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Its code does not run.
    #[error("service {service}: Uncaught {}", lopata_guest::report(error))]
    Start {
        /// Which.
        service: String,
        /// What its modules threw.
        error: Box<WireError>,
    },
    /// A thread could not be made.
    #[error("service {service}: no thread could be started: {error}")]
    Thread {
        /// For which.
        service: String,
        /// Why.
        error: std::io::Error,
    },
    /// A folder could not be made.
    #[error("service {service}: a folder for it cannot be made: {error}")]
    Folder {
        /// For which.
        service: String,
        /// Why.
        error: std::io::Error,
    },
    /// A Worker that has no code.
    #[error("service {0}: Modules list cannot be empty.")]
    NoModules(String),
    /// Nobody says from where.
    #[error("service {0}: Worker must specify compatibilityDate.")]
    NoDate(String),
    /// Code that lopata does not run.
    #[error("service {service}: {what}")]
    Unsupported {
        /// Which.
        service: String,
        /// A sentence.
        what: String,
    },
    /// A designator names an export that is not there.
    #[error(
        "{context} refers to service \"{service}\" with a named entrypoint \"{entrypoint}\", but \"{service}\" has no \
         such named entrypoint."
    )]
    NoEntrypoint {
        /// Who refers.
        context: String,
        /// To which service.
        service: String,
        /// To what of it.
        entrypoint: String,
    },
}
