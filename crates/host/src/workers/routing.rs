//! The router that is in force: rules come from the project and from each worker's configuration, and may change.
//!
//! With wrangler's `-c a -c b` there are no rules, every request is for the primary, and asking costs nothing.

use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::WorkerId;
use super::router::{Router, Rules};
use crate::config::Route;
use crate::server::{HostPattern, Site};

/// Selects workers. Read without a lock.
#[derive(Default)]
pub struct Routing {
    /// `None` when everything is for the primary.
    live: Option<Live>,
}

struct Live {
    router: ArcSwap<Router>,
    rules: Mutex<Vec<Entry>>,
}

struct Entry {
    rules: Rules,
    /// Whether the routes are those of the worker's own configuration.
    own_routes: bool,
}

impl Routing {
    /// Routing between workers, the main one first. Each comes with its hosts and its routes; without routes, those of
    /// its configuration count, once that has been read.
    pub fn new(workers: Vec<(Vec<String>, Option<Vec<String>>)>) -> Self {
        let entry = |(hosts, routes): (Vec<String>, Option<Vec<String>>)| Entry {
            own_routes: routes.is_none(),
            rules: Rules { hosts, routes: routes.unwrap_or_default() },
        };
        let rules: Vec<_> = workers.into_iter().map(entry).collect();
        let router = ArcSwap::from_pointee(made(&rules));
        Self { live: Some(Live { router, rules: Mutex::new(rules) }) }
    }

    /// The worker that a request to `url` is for.
    pub fn select(&self, url: &str) -> WorkerId {
        self.live.as_ref().map_or(WorkerId::PRIMARY, |live| live.router.load().select(url))
    }

    /// A worker's configuration has these routes.
    pub fn set_routes(&self, worker: WorkerId, routes: &[Route]) {
        let Some(live) = &self.live else { return };
        let mut rules = live.rules.lock();
        let Some(entry) = rules.get_mut(worker.0).filter(|entry| entry.own_routes) else { return };
        let patterns: Vec<String> = routes.iter().map(pattern).collect();
        if entry.rules.routes != patterns {
            entry.rules.routes = patterns;
            live.router.store(Arc::new(made(&rules)));
        }
    }

    /// How the server appears: hosts that select a worker are seen as they are sent, and may call control endpoints.
    pub fn dress(&self, mut site: Site) -> Site {
        if let Some(live) = &self.live {
            let rules = live.rules.lock();
            let hosts = rules.iter().flat_map(|entry| &entry.rules.hosts);
            let hosts: Vec<_> =
                hosts.map(|host| HostPattern::new(host.split(':').next().unwrap_or_default())).collect();
            site.control_hosts.extend(hosts.iter().cloned());
            site.kept_hosts = hosts;
        }
        site
    }
}

fn made(rules: &[Entry]) -> Router {
    Router::new(&rules.iter().map(|entry| entry.rules.clone()).collect::<Vec<_>>())
}

/// A custom domain is the worker's with everything below it.
fn pattern(route: &Route) -> String {
    match route.custom_domain && !route.pattern.contains('/') {
        true => format!("{}/*", route.pattern),
        false => route.pattern.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(pattern: &str, custom_domain: bool) -> Route {
        Route { pattern: pattern.to_string(), zone_id: None, zone_name: None, custom_domain }
    }

    #[test]
    fn without_rules_everything_is_for_the_primary() {
        let routing = Routing::default();
        routing.set_routes(WorkerId(1), &[route("*/*", false)]);
        assert_eq!(routing.select("http://localhost/"), WorkerId::PRIMARY);
    }

    #[test]
    fn routes_of_a_configuration_count_unless_the_project_has_its_own() {
        let own = Some(vec!["b.test/*".to_string()]);
        let routing = Routing::new(vec![(Vec::new(), None), (Vec::new(), None), (Vec::new(), own)]);
        assert_eq!(routing.select("http://a.test/x"), WorkerId(0));
        routing.set_routes(WorkerId(1), &[route("a.test", true)]);
        routing.set_routes(WorkerId(2), &[route("a.test/x", false)]);
        assert_eq!(routing.select("http://a.test/x"), WorkerId(1));
        assert_eq!(routing.select("http://b.test/x"), WorkerId(2));
        routing.set_routes(WorkerId(1), &[]);
        assert_eq!(routing.select("http://a.test/x"), WorkerId(0));
    }

    #[test]
    fn hosts_are_kept_and_may_control() {
        let routing = Routing::new(vec![(Vec::new(), None), (vec!["echo.localhost:8787".to_string()], None)]);
        let site = routing.dress(Site::default());
        assert_eq!(site.kept_hosts, [HostPattern::new("echo.localhost")]);
        assert_eq!(site.control_hosts, site.kept_hosts);
        assert_eq!(routing.select("http://echo.localhost:8787/"), WorkerId(1));
    }
}
