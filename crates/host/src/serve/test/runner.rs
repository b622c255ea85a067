//! The run: services in order, of each the default entrypoint and then the named ones, one test at a time.

use std::sync::Arc;
use std::time::Duration;

use lopata_protocol::EventOutcome;

use super::expectations::{Expectations, Expected};
use super::filter::Filter;
use super::report::{Report, Tested, Verdict, test_name};
use crate::serve::config::model::Config;
use crate::serve::graph::{Graph, NodeKind, Options, WorkerNode};

/// What a run is made with.
pub struct Run {
    /// Where results go.
    pub report: Arc<Report>,
    /// Which tests are run.
    pub filter: Filter,
    /// What is known of them.
    pub expectations: Expectations,
    /// How long each may take.
    pub limit: Duration,
}

impl Run {
    /// Starts all services, runs the tests and ends the services. True when there were tests and all is well.
    pub async fn all(&self, config: &Config, options: Options) -> bool {
        let (graph, mut errors) = Graph::construct(config, options.clone(), self.report.clone());
        errors.extend(graph.link(config, &options).await);
        for error in &errors {
            self.report.problem(&error.to_string());
        }
        let (mut found, mut good) = (0_usize, true);
        for node in graph.nodes() {
            let NodeKind::Worker(worker) = &node.kind else { continue };
            if !self.filter.service(&node.name) {
                continue;
            }
            for entrypoint in self.entrypoints(worker) {
                found += 1;
                good &= self.one(worker, &node.name, &entrypoint).await.is_good();
            }
        }
        let leaked = graph.unlink().await;
        for name in &leaked {
            self.report.problem(&format!("service {name}: something still holds it although all services have ended."));
        }
        if found == 0 {
            self.report.problem("No tests found!");
        }
        found > 0 && good && errors.is_empty() && leaked.is_empty()
    }

    /// The entrypoints with tests, the default one first.
    fn entrypoints(&self, worker: &WorkerNode) -> Vec<String> {
        let exports = worker.exports();
        let tests = exports.iter().flat_map(|exports| exports.iter()).filter(|export| {
            self.filter.entrypoint(&export.name) && export.handlers.iter().any(|handler| handler == "test")
        });
        let mut names: Vec<String> = tests.map(|export| export.name.clone()).collect();
        // Stable: the others stay as the module lists them.
        names.sort_by_key(|name| name != "default");
        names
    }

    async fn one(&self, worker: &WorkerNode, service: &str, entrypoint: &str) -> Verdict {
        let (expected, reason) = self.expectations.of(service, entrypoint);
        let mut tested =
            Tested { service, entrypoint, verdict: Verdict::Skip, duration: Duration::ZERO, message: reason };
        if expected == Expected::Skip {
            self.report.over(&tested);
            return tested.verdict;
        }
        self.report.begins(service, entrypoint);
        let run = worker.test((entrypoint != "default").then_some(entrypoint), self.limit).await;
        let passed = run.outcome.outcome == EventOutcome::Ok;
        tested.duration = run.duration;
        tested.verdict = match (passed, expected) {
            (true, Expected::Fail) => Verdict::UnexpectedPass,
            (true, Expected::Pass | Expected::Skip) => Verdict::Pass,
            (false, Expected::Fail) => Verdict::KnownFailure,
            (false, Expected::Pass | Expected::Skip) => Verdict::Fail,
        };
        let error = run.outcome.error.as_ref().map(lopata_guest::report).unwrap_or_default();
        if !passed && expected != Expected::Fail {
            tested.message = &error;
        }
        // What a Worker threw has been printed when it did; what was done to it has not.
        if !passed && run.outcome.outcome != EventOutcome::Exception {
            self.report.problem(&format!("{}: {error}", test_name(service, entrypoint)));
        }
        self.report.over(&tested);
        tested.verdict
    }
}
