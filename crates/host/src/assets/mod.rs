//! Static assets: the files of a directory, served by the host itself as production's asset pipeline serves them.
//!
//! ```text
//!  request ─► run_worker_first? ─► worker
//!                 └─► _redirects ─► html_handling over the files ─► found: the file, a redirect, 405
//!                                          └─► nothing ─► worker │ not_found_handling │ 404
//! ```
//!
//! Owns the decision between assets and worker ([`Assets::route`]), what `env.ASSETS` answers ([`Assets::answer`]), and
//! the look-up of files. Knows no sockets and no generations: the server, a binding and a call of another worker all
//! get the same answer. Nothing here is prepared at the start and nothing is watched: what counts is what is on the
//! disk at the moment of the request.
//!
//! Invariants
//! - No request reaches a file outside the directory: see [`paths`] and [`files`].
//! - Where there is no asset the worker gets the request untouched, and its answer is not changed.

mod answer;
mod audit;
mod base_path;
mod files;
pub mod html;
pub mod mime;
pub mod paths;
mod range;
pub mod routing;
mod rule_files;
pub mod rules;
mod stamp;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lopata_bridges::Parcel;
use lopata_protocol::{Answer, RequestHead};
use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use self::base_path::{BasePath, BasePathError};
pub use self::html::{HtmlHandling, NotFound};
pub use self::routing::RunWorkerFirst;

use self::answer::{Response, Wishes};
use self::files::{Asset, Files};
use self::html::Intent;
use self::paths::UrlParts;
use self::routing::Verdict;
use self::rule_files::{RuleFiles, RuleSet};
use self::rules::{Found, Target};

/// How often a file that changes between its look-up and its opening is looked up again.
const LOOKS_MAX: usize = 3;

/// How a worker's assets are served. Equal settings mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Absolute. It need not exist yet.
    pub directory: PathBuf,
    /// `html_handling`
    pub html_handling: HtmlHandling,
    /// `not_found_handling`
    pub not_found_handling: NotFound,
    /// `run_worker_first`
    pub run_worker_first: RunWorkerFirst,
    /// `base_path`
    pub base_path: BasePath,
    /// Whether there is a worker for what is no asset.
    pub has_worker: bool,
    /// Whether a navigation is answered by `not_found_handling` before the worker is asked.
    pub navigation_prefers_assets: bool,
}

/// Something to be said about assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Good to know.
    Info(String),
    /// Not as it was meant.
    Warning(String),
    /// What production would refuse.
    Error(String),
}

/// Where notices go.
pub type Notices = Arc<dyn Fn(Notice) + Send + Sync>;

/// The assets of one worker.
pub struct Assets {
    settings: Settings,
    files: Files,
    rules: RuleFiles,
    notices: Notices,
    /// Reads large files; without one they are read by whoever asks, as a whole.
    runtime: Option<Handle>,
    /// What [`Notices`] were told of, so that it is said once.
    complained: Arc<Mutex<HashSet<String>>>,
}

/// What a request is answered with.
enum Decision {
    /// Nothing: the worker's, if there is one.
    NoIntent,
    /// This, whatever the worker would say.
    Answer(Response),
}

impl Assets {
    /// Serves a directory. Reads nothing but its rule files; what is to be said of those goes to `notices`, with paths
    /// from `cwd`. Large files are read on the async runtime that this is called in, if it is called in one.
    pub fn new(settings: Settings, cwd: &Path, notices: Notices) -> Self {
        let complained = Arc::<Mutex<HashSet<String>>>::default();
        let root = settings.directory.clone();
        let too_large = complaining(&notices, &complained);
        let files = Files::new(root.clone(), move |file, size| too_large(audit::too_large(&root, file, size)));
        let html_handling_none = settings.html_handling == HtmlHandling::None;
        let rules = RuleFiles::read(&settings.directory, cwd, html_handling_none, notices.clone());
        let runtime = Handle::try_current().ok();
        Self { settings, files, rules, notices, runtime, complained }
    }

    /// How they are served.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The files that are not served but say how.
    pub fn rule_files(&self) -> impl Iterator<Item = PathBuf> {
        rule_files::NAMES.iter().map(|name| self.settings.directory.join(name))
    }

    /// Takes in what the rule files say by now, so that it is said while they are edited and not when they are used.
    pub fn refresh(&self) {
        self.current_rules();
    }

    /// Looks for what production would refuse, on a thread of its own that nobody waits for.
    pub fn audit(self: &Arc<Self>) {
        let assets = self.clone();
        let look = move || {
            let complain = complaining(&assets.notices, &assets.complained);
            let ignore = assets.current_rules().ignore.clone();
            audit::audit(&assets.settings.directory, &ignore).into_iter().for_each(complain);
        };
        // Without a thread there is no audit, and everything else goes on.
        let _ = std::thread::Builder::new().name("assets".to_string()).spawn(look);
    }

    /// The answer to a request for the worker, if it is not the worker's to give.
    ///
    /// Source of the order: production's router worker.
    pub fn route(&self, request: &RequestHead) -> Option<Parcel<Answer>> {
        let url = paths::normal(&request.url);
        let parts = UrlParts::read(&url)?;
        let settings = &self.settings;
        let verdict = match settings.has_worker {
            true => settings.run_worker_first.verdict(parts.pathname),
            false => Verdict::Assets,
        };
        if verdict == Verdict::Worker {
            return blocked(request, &parts).then(|| self.forbidden(&request.url));
        }
        let rules = self.current_rules();
        let not_found = match verdict {
            Verdict::Assets | Verdict::Worker => settings.not_found_handling,
            Verdict::Undecided => {
                // With rules, what meets none of them is the assets' business; without, it is the worker's.
                let keeps = matches!(settings.run_worker_first, RunWorkerFirst::Rules(_))
                    || (settings.navigation_prefers_assets
                        && request.headers.get("sec-fetch-mode").is_some_and(|mode| mode == b"navigate"));
                if keeps { settings.not_found_handling } else { NotFound::None }
            }
        };
        match self.decide(request, &parts, not_found, true, &rules) {
            Decision::NoIntent if verdict == Verdict::Undecided => {
                blocked(request, &parts).then(|| self.forbidden(&request.url))
            }
            decided => Some(self.dressed(decided, &parts, &request.url, &rules)),
        }
    }

    /// What `env.ASSETS.fetch()` answers: the assets alone, for any host.
    pub fn answer(&self, request: &RequestHead) -> Parcel<Answer> {
        let url = paths::normal(&request.url);
        let Some(parts) = UrlParts::read(&url) else {
            return Response::empty(404).into_answer(&request.url, self.runtime.as_ref());
        };
        let rules = self.current_rules();
        let decided = self.decide(request, &parts, self.settings.not_found_handling, false, &rules);
        self.dressed(decided, &parts, &request.url, &rules)
    }

    fn current_rules(&self) -> arc_swap::Guard<Arc<RuleSet>> {
        self.rules.current(|| self.files.forget())
    }

    /// Source of the order: production's asset worker.
    fn decide(
        &self,
        request: &RequestHead,
        parts: &UrlParts<'_>,
        not_found: NotFound,
        is_client: bool,
        rules: &RuleSet,
    ) -> Decision {
        let (pathname, rewritten) = match rules.redirects.find(&target(parts)) {
            None => (None, false),
            Some(Found::Rewrite { pathname }) => (Some(pathname), true),
            Some(Found::Redirect { status, location }) => {
                return Decision::Answer(Response::redirect(status, &location));
            }
            Some(Found::Broken) => return Decision::Answer(Response::empty(500)),
        };
        let pathname = pathname.as_deref().unwrap_or(parts.pathname);
        // A rewrite leads to the assets whatever they have, so that what stands for a missing one counts.
        let not_found = if rewritten { self.settings.not_found_handling } else { not_found };
        let decoded = paths::decode(pathname);
        let found = self.settings.base_path.strip(&decoded).and_then(|inside| {
            let exists = &mut |path: &str| self.files.find(path, &rules.ignore);
            let intent = html::intent(inside, self.settings.html_handling, not_found, exists)?;
            Some((inside, intent))
        });
        let Some((inside, intent)) = found else {
            return if rewritten { Decision::Answer(Response::empty(404)) } else { Decision::NoIntent };
        };
        if !request.method.eq_ignore_ascii_case("GET") && !request.method.eq_ignore_ascii_case("HEAD") {
            return Decision::Answer(Response::empty(405));
        }
        let (asset, status) = match intent {
            Intent::Redirect(destination) => return self.canonical(&destination, parts),
            Intent::Serve(asset) | Intent::Instead { file: asset, missing: false } => (asset, 200),
            Intent::Instead { file: asset, missing: true } => (asset, 404),
        };
        if self.public(inside) != pathname {
            return self.canonical(inside, parts);
        }
        self.serve(asset, status, request, is_client, rules)
    }

    /// The canonical spelling of a path inside the directory, as a client asks for it.
    fn public(&self, inside: &str) -> String {
        let public = self.settings.base_path.add(inside, self.settings.html_handling == HtmlHandling::Drop);
        paths::encode(&public).into_owned()
    }

    fn canonical(&self, inside: &str, parts: &UrlParts<'_>) -> Decision {
        let location = format!("{}{}", self.public(inside), parts.search);
        Decision::Answer(Response::redirect(307, &location))
    }

    fn serve(
        &self,
        mut asset: Arc<Asset>,
        status: u16,
        request: &RequestHead,
        is_client: bool,
        rules: &RuleSet,
    ) -> Decision {
        let header = |name: &str| request.headers.get(name);
        let wishes = Wishes {
            head: request.method.eq_ignore_ascii_case("HEAD"),
            if_none_match: header("if-none-match"),
            authorized: header("authorization").is_some(),
            range: header("range"),
            if_range: header("if-range"),
            parts: is_client,
        };
        for _ in 0..LOOKS_MAX {
            if let Ok(response) = Response::file(&asset, status, &wishes) {
                return Decision::Answer(response);
            }
            match self.files.find(&asset.path, &rules.ignore) {
                Some(again) => asset = again,
                None => break,
            }
        }
        Decision::NoIntent
    }

    /// The answer, with the headers of `_headers`.
    fn dressed(&self, decided: Decision, parts: &UrlParts<'_>, url: &str, rules: &RuleSet) -> Parcel<Answer> {
        let mut response = match decided {
            Decision::NoIntent => Response::empty(404),
            Decision::Answer(response) => response,
        };
        if let Err(bad) = rules.headers.apply(&target(parts), &mut response.headers) {
            complaining(&self.notices, &self.complained)(bad.to_string());
            response = Response::empty(500);
        }
        response.into_answer(url, self.runtime.as_ref())
    }

    fn forbidden(&self, url: &str) -> Parcel<Answer> {
        let mut response = Response::empty(403);
        let kind = http::HeaderValue::from_static("text/plain;charset=UTF-8");
        response.headers.insert(http::header::CONTENT_TYPE, kind);
        response.content = answer::Sent::Bytes(bytes::Bytes::from_static(b"Blocked"));
        response.into_answer(url, self.runtime.as_ref())
    }
}

/// Says an error, once.
fn complaining(notices: &Notices, complained: &Arc<Mutex<HashSet<String>>>) -> impl Fn(String) + Send + Sync + use<> {
    let (notices, complained) = (notices.clone(), complained.clone());
    move |text| {
        if complained.lock().insert(text.clone()) {
            notices(Notice::Error(text));
        }
    }
}

fn target<'a>(parts: &UrlParts<'a>) -> Target<'a> {
    Target { origin: parts.origin, hostname: parts.hostname, pathname: parts.pathname, search: parts.search }
}

/// Whether a request would have an image service fetch from another host for something that is no image. Source:
/// production's router worker, which protects the sites of frameworks from that.
fn blocked(request: &RequestHead, parts: &UrlParts<'_>) -> bool {
    if parts.pathname != "/_image" {
        return false;
    }
    let query = parts.search.trim_start_matches('?').as_bytes();
    let href = url::form_urlencoded::parse(query).find(|(name, _)| name == "href").map(|(_, href)| href);
    let Some(href) = href.filter(|href| href.len() > 2 && href.starts_with("//")) else { return false };
    let Ok(other) = url::Url::parse(&format!("https:{href}")) else { return false };
    other.host_str() != Some(parts.hostname)
        && request.headers.get("sec-fetch-dest").is_none_or(|destination| destination != b"image")
}

#[cfg(test)]
mod tests;
