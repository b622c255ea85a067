//! What the server is told: where it listens, whether it speaks TLS, and as which site it appears to user code.
//!
//! [`ServeOptions`] hold for the life of the server; a [`Site`] may be exchanged while it runs, because a
//! reloaded configuration may name another host. Plain data: reading configuration is the business of
//! `config`, acting on it that of the modules beside this one.

use std::path::PathBuf;

use serde_json::{Map, Value};

/// What cannot change while the server runs.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// `--ip`: `localhost` (both families), `*` (all of them), an address, or a name that resolves to one.
    pub ip: String,
    /// The port.
    pub port: Port,
    /// `Some` exactly when the server speaks TLS.
    pub https: Option<HttpsOptions>,
    /// The initial [`Site`].
    pub site: Site,
}

/// Which port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one, or any free one when it is taken: what `wrangler dev` does with its 8787.
    Preferred(u16),
    /// This one or an error: the user named it. 0 is any free one.
    Exact(u16),
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub struct HttpsOptions {
    /// `--https-key-path`; given exactly when `cert_path` is.
    pub key_path: Option<PathBuf>,
    /// `--https-cert-path`; given exactly when `key_path` is.
    pub cert_path: Option<PathBuf>,
    /// The folder in which a self-signed certificate is kept, so that a browser's exception lasts.
    pub state_dir: PathBuf,
}

/// How the server appears to user code, and who may use its control endpoints.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// `--host`, or the host of the first route: what user code sees instead of the client's `Host`.
    pub host: Option<String>,
    /// `--upstream-protocol`: whether user code sees `https:`; `None` is the protocol the client used.
    pub upstream_https: Option<bool>,
    /// Host names of the configured routes, which may call `/cdn-cgi/*` beside the local names.
    pub control_hosts: Vec<HostPattern>,
    /// Hosts that user code sees as they were sent, whatever `host` and `upstream_https` say.
    pub kept_hosts: Vec<HostPattern>,
    /// The base of `request.cf`; `None` is the built-in object.
    pub cf: Option<Map<String, Value>>,
}

/// A host name of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// The name in lower case, without the `*.` of a wildcard.
    pub name: String,
    /// Whether subdomains match too.
    pub subdomains: bool,
}

impl HostPattern {
    /// Reads the host of a route: `example.com` or `*.example.com`.
    pub fn new(host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        match host.strip_prefix('*') {
            Some(rest) => Self { name: rest.trim_start_matches('.').to_owned(), subdomains: true },
            None => Self { name: host, subdomains: false },
        }
    }

    /// Whether `host` (in lower case, without a port) is meant.
    pub fn matches(&self, host: &str) -> bool {
        if self.name.is_empty() {
            return false;
        }
        host == self.name
            || (self.subdomains
                && host.strip_suffix(self.name.as_str()).is_some_and(|front| front.ends_with('.') && front.len() > 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_matches_the_name_and_what_is_below_it() {
        let wildcard = HostPattern::new("*.Example.com");
        assert!(wildcard.matches("example.com"));
        assert!(wildcard.matches("a.b.example.com"));
        assert!(!wildcard.matches("evilexample.com"));
        assert!(!wildcard.matches(".example.com"));
        assert!(!HostPattern::new("example.com").matches("a.example.com"));
        assert!(!HostPattern::new("*").matches("anything.test"), "a bare star opens nothing");
    }
}
