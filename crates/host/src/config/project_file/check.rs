//! Checks what a project file says, and makes a [`ProjectFile`] of it.
//!
//! Strict: a key that is not known is an error, because a typing mistake would otherwise silently leave a worker
//! without its hosts. Every mistake is reported, with the path of its key; a file of code has no other place to
//! show. Looks at the disk only to see whether what is named exists.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Content, Given, ProjectFile, WorkerEntry};
use crate::bundle::WatchSet;
use crate::config::assemble::clean;
use crate::config::date::Date;
use crate::config::diagnostics::{Diagnostic, display_path};
use crate::config::read::Format;
use crate::config::tree::{Node, Object};
use crate::config::validate::{Checker, advice};
use crate::config::{checks, discover, suggest};

/// Keys of the top level and of an item of `workers` alike.
pub(super) const SHARED: [&str; 4] = ["hosts", "routes", "watch", "env"];
/// Keys of the top level only.
pub(super) const TOP: [&str; 4] = ["$schema", "main", "workers", "cron"];
/// Keys of an item of `workers` only.
pub(super) const ITEM: [&str; 2] = ["config", "name"];

/// Keys of the lopata that runs on Bun. They are accepted, so that its files can be used, and do nothing here.
const WITHOUT_EFFECT: [&str; 3] = ["isolation", "ai", "browser"];

/// The longest host name. Source: RFC 1035.
const HOST_BYTES_MAX: usize = 253;

/// The project that `content` describes; `None` when its main worker cannot be known. Findings go to `found`, and
/// what is missing on the disk to `watch`.
pub(super) fn check(
    path: &Path,
    given: &Given,
    content: &Content,
    found: &mut Vec<Diagnostic>,
    watch: &mut WatchSet,
) -> Option<ProjectFile> {
    let before = found.len();
    let start = content.root.range.start..content.root.range.start + 1;
    let checker =
        Checker { file: &content.file, format: Format::Json, today: Date::today(), start, found: &mut *found };
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut check = Check { checker, directory, path, given, watch, is_code: !content.has_places };
    let file = content.root.as_object().and_then(|object| check.file(object));
    if !content.has_places {
        let name = display_path(path, &given.cwd);
        for diagnostic in &mut found[before..] {
            diagnostic.labels.clear();
            diagnostic.message = format!("{name}: {}", diagnostic.message);
        }
    }
    file
}

struct Check<'a> {
    checker: Checker<'a>,
    /// What paths are relative to.
    directory: &'a Path,
    path: &'a Path,
    given: &'a Given,
    watch: &'a mut WatchSet,
    is_code: bool,
}

impl Check<'_> {
    fn file(&mut self, object: &Object) -> Option<ProjectFile> {
        self.keys("", object, &[&TOP[1..], &SHARED, &TOP[..1]].concat(), &WITHOUT_EFFECT);
        let main = self.main(object);
        let workers = match object.get("workers") {
            Some(node) => self.workers(node),
            None => Vec::new(),
        };
        let cron = object.get("cron").and_then(|node| {
            if node.as_bool().is_none() {
                self.checker.wrong_type("cron", "boolean", node);
            }
            node.as_bool()
        });
        let settings = self.settings("", object);
        self.hosts_are_distinct(object);
        let main = WorkerEntry { config: main?, ..settings };
        let file = ProjectFile { path: self.path.to_path_buf(), main, workers, cron };
        self.workers_are_distinct(&file, object);
        Some(file)
    }

    /// Reports keys that are not in `known`.
    fn keys(&mut self, place: &str, object: &Object, known: &[&'static str], without_effect: &[&str]) {
        for entry in object.iter() {
            let name = entry.key.as_str();
            let path = join(place, name);
            if without_effect.contains(&name) {
                let message = format!("\"{path}\" has no effect in this version of lopata.");
                self.checker.warning("without-effect", message, entry.key_range.clone());
            } else if !known.contains(&name) {
                let message = format!("There is no key \"{path}\".");
                let help = self.meant(place, name, known);
                self.checker.error("unknown-key", message, entry.key_range.clone()).help = Some(help);
            }
        }
    }

    fn meant(&self, place: &str, name: &str, known: &[&'static str]) -> String {
        if let Some(near) = suggest::nearest(name, known.iter().copied()) {
            return format!("Did you mean \"{near}\"?");
        }
        if crate::config::schema::key(name).is_some() {
            return format!("\"{name}\" belongs into the wrangler configuration of the worker.");
        }
        if place.is_empty() && ITEM.contains(&name) {
            return format!("\"{name}\" belongs into an item of \"workers\".");
        }
        let known: Vec<String> =
            known.iter().filter(|name| !name.starts_with('$')).map(|name| format!("\"{name}\"")).collect();
        format!("Known keys are {}.", suggest::all(&known))
    }

    /// `main`: the configuration of the main worker.
    fn main(&mut self, object: &Object) -> Option<PathBuf> {
        let Some(node) = object.get("main") else {
            let message = "\"main\" is missing: the wrangler configuration of the worker that answers requests.";
            let beside = discover::FILE_NAMES.into_iter().find(|name| self.directory.join(name).is_file());
            let help =
                format!("Add {}.", self.assignment("main", &format!("./{}", beside.unwrap_or("wrangler.jsonc"))));
            let start = self.checker.start.clone();
            self.checker.error("missing-field", message, start).help = Some(help);
            return None;
        };
        self.configuration("main", node)
    }

    fn workers(&mut self, node: &Node) -> Vec<WorkerEntry> {
        let Some(items) = node.as_array() else {
            self.checker.wrong_type("workers", "array", node);
            return Vec::new();
        };
        items.iter().enumerate().filter_map(|(index, item)| self.worker(&format!("workers[{index}]"), item)).collect()
    }

    fn worker(&mut self, place: &str, node: &Node) -> Option<WorkerEntry> {
        let Some(object) = node.as_object() else {
            self.checker.wrong_type(place, "object", node);
            if let (Some(path), Some(said)) = (node.as_str(), self.checker.found.last_mut()) {
                let assignment = if self.is_code { "config" } else { "\"config\"" };
                said.help = Some(format!("Write {{ {assignment}: \"{path}\" }}."));
            }
            return None;
        };
        self.keys(place, object, &[&ITEM[..], &SHARED].concat(), &[]);
        let config = match object.get("config") {
            Some(node) => self.configuration(&join(place, "config"), node),
            None => {
                let message = format!("\"{place}.config\" is missing: the wrangler configuration of the worker.");
                let help = format!("Add {}.", self.assignment("config", "./workers/…/wrangler.jsonc"));
                self.checker.error("missing-field", message, node.range.clone()).help = Some(help);
                None
            }
        };
        let name = object.get("name").and_then(|node| {
            let text = self.checker.string(&join(place, "name"), node)?;
            checks::worker_name(&mut self.checker, &join(place, "name"), node);
            Some(text.to_string())
        });
        let settings = self.settings(place, object);
        Some(WorkerEntry { config: config?, name, ..settings })
    }

    /// What the top level and an item of `workers` have in common.
    fn settings(&mut self, place: &str, object: &Object) -> WorkerEntry {
        let hosts = self.strings(place, object, "hosts");
        let hosts = hosts.into_iter().filter_map(|(path, node)| self.host(&path, node)).collect();
        let routes = self.strings(place, object, "routes");
        routes.iter().for_each(|(path, node)| self.route(path, node));
        let routes = routes.into_iter().filter_map(|(_, node)| node.as_str().map(str::to_string)).collect();
        let routes = object.get("routes").map(|_| routes);
        let watch = self.strings(place, object, "watch");
        let watch = watch.into_iter().filter_map(|(path, node)| self.watched(&path, node)).collect();
        let env = object.get("env").and_then(|node| self.checker.string(&join(place, "env"), node));
        WorkerEntry { hosts, routes, watch, env: env.map(str::to_string), ..WorkerEntry::default() }
    }

    /// The items of an array of strings, each with the path of its key.
    fn strings<'n>(&mut self, place: &str, object: &'n Object, name: &str) -> Vec<(String, &'n Node)> {
        let Some(node) = object.get(name) else { return Vec::new() };
        let path = join(place, name);
        let Some(items) = node.as_array() else {
            let message = format!("Expected \"{path}\" to be an array of strings but got {}.", node.quoted());
            self.checker.error("wrong-type", message, node.range.clone()).help = advice("array", node);
            return Vec::new();
        };
        let items = items.iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item));
        items.filter(|(path, item)| self.checker.string(path, item).is_some()).collect()
    }

    /// A configuration file of wrangler's.
    fn configuration(&mut self, key: &str, node: &Node) -> Option<PathBuf> {
        let text = self.checker.string(key, node)?;
        let path = clean(&self.directory.join(text));
        let shown = display_path(&path, &self.given.cwd);
        let (message, help) = if path == self.path {
            (format!("\"{key}\" names this file."), "It has to name a wrangler configuration.".to_string())
        } else if path.is_dir() {
            let inside = discover::FILE_NAMES.into_iter().find(|name| path.join(name).is_file());
            let named = format!("{}/{}", text.trim_end_matches('/'), inside.unwrap_or("wrangler.jsonc"));
            (format!("\"{key}\" is a directory: {shown}."), format!("Name the file: \"{named}\"."))
        } else if Format::of(&path).is_none() {
            let help = "Its name has to end in .json, .jsonc or .toml.".to_string();
            (format!("\"{key}\" names {shown}, which is no wrangler configuration."), help)
        } else if !path.is_file() {
            self.watch.files.insert(path.clone());
            let from = display_path(self.directory, &self.given.cwd);
            (format!("\"{key}\" names {shown}, which does not exist."), self.nearby(&path, &from))
        } else {
            return Some(path);
        };
        self.checker.error("bad-path", message, node.range.clone()).help = Some(help);
        // Known all the same, so that nothing is said to be missing because of it.
        Some(path)
    }

    /// What a path to a file that is not there may have meant.
    fn nearby(&self, path: &Path, from: &str) -> String {
        let directory = path.parent().unwrap_or(Path::new("/"));
        match discover::FILE_NAMES.into_iter().find(|name| directory.join(name).is_file()) {
            Some(name) => format!("There is a {name} in that directory."),
            None if from == "." => "Paths are relative to the directory of this file.".to_string(),
            None => format!("Paths are relative to the directory of this file, {from}."),
        }
    }

    /// A pattern in wrangler's form.
    fn route(&mut self, key: &str, node: &Node) {
        let text = node.as_str().unwrap_or_default();
        if text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next().is_none_or(str::is_empty) {
            let message = format!("\"{key}\" has no host: {}.", node.quoted());
            let help = format!("Write \"*{text}\" for any host, or \"example.com{text}\".");
            self.checker.error("bad-route", message, node.range.clone()).help = Some(help);
        } else {
            checks::route_pattern(&mut self.checker, node);
        }
    }

    /// A host as browsers write it: without scheme and path, perhaps with a port or a star for what is in front.
    fn host(&mut self, key: &str, node: &Node) -> Option<String> {
        let text = node.as_str()?;
        let Some(mistake) = host_mistake(text) else { return Some(text.to_ascii_lowercase()) };
        let message = format!("\"{key}\" is not a host: {}.", node.quoted());
        self.checker.error("bad-host", message, node.range.clone()).help = Some(mistake);
        None
    }

    fn watched(&mut self, key: &str, node: &Node) -> Option<PathBuf> {
        let path = clean(&self.directory.join(node.as_str()?));
        if !path.exists() {
            let shown = display_path(&path, &self.given.cwd);
            let message = format!("\"{key}\" names {shown}, which does not exist, so nothing in it is noticed.");
            self.checker.warning("bad-path", message, node.range.clone());
            self.watch.files.insert(path.clone());
        }
        Some(path)
    }

    /// A request has one worker.
    fn hosts_are_distinct(&mut self, object: &Object) {
        let mut seen: HashMap<String, (String, Range<usize>)> = HashMap::new();
        let items = object.get("workers").and_then(Node::as_array).unwrap_or_default();
        let places = std::iter::once((String::new(), object))
            .chain(items.iter().enumerate().filter_map(|(i, item)| Some((format!("workers[{i}]"), item.as_object()?))));
        for (place, object) in places {
            let hosts = object.get("hosts").and_then(Node::as_array).unwrap_or_default();
            for (index, node) in hosts.iter().enumerate() {
                let Some(host) = node.as_str().map(str::to_ascii_lowercase) else { continue };
                let key = format!("{}[{index}]", join(&place, "hosts"));
                let Some((first, range)) = seen.get(&host).cloned() else {
                    seen.insert(host, (key, node.range.clone()));
                    continue;
                };
                let message = format!("\"{key}\" is the same host as \"{first}\": {}.", node.quoted());
                let diagnostic = Diagnostic::error("duplicate-host", message)
                    .at(self.checker.file, node.range.clone(), "again here")
                    .at(self.checker.file, range, "first here")
                    .help("A host belongs to one worker. Remove one of them.");
                self.checker.found.push(diagnostic);
            }
        }
    }

    /// The same configuration twice would be one name twice.
    fn workers_are_distinct(&mut self, file: &ProjectFile, object: &Object) {
        let identity = |worker: &WorkerEntry| (worker.config.clone(), worker.name.clone(), worker.env.clone());
        let nodes = object.get("workers").and_then(Node::as_array).unwrap_or_default();
        // Something that is no worker has been reported, and would shift the places.
        if nodes.len() != file.workers.len() {
            return;
        }
        for (index, worker) in file.workers.iter().enumerate() {
            let Some(first) = file.all().take(index + 1).position(|other| identity(other) == identity(worker)) else {
                continue;
            };
            let first = if first == 0 { "main".to_string() } else { format!("workers[{}]", first - 1) };
            let shown = display_path(&worker.config, &self.given.cwd);
            let message = format!("\"workers[{index}]\" is the same worker as \"{first}\": {shown}.");
            let help = "Remove it, or give it a \"name\" or an \"env\" of its own.";
            self.checker.error("duplicate-worker", message, nodes[index].range.clone()).help = Some(help.to_string());
        }
    }

    fn assignment(&self, key: &str, value: &str) -> String {
        if self.is_code { format!("{key}: \"{value}\"") } else { format!("\"{key}\": \"{value}\"") }
    }
}

/// `workers[0].hosts`.
fn join(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_string() } else { format!("{place}.{key}") }
}

/// Why a text is not a host, and what to write instead.
fn host_mistake(text: &str) -> Option<String> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match bare.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => bare,
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let valid = name.len() <= HOST_BYTES_MAX && name.strip_prefix("*.").unwrap_or(name).split('.').all(label);
    match valid {
        true if bare == text => None,
        true => Some(format!("Leave out scheme and path: \"{bare}\".")),
        false if text.contains('*') => Some("A star stands for all that is in front: \"*.localhost\".".to_string()),
        false if !text.is_ascii() => Some("Write it as it is sent, in punycode (xn--…).".to_string()),
        false => Some("For example \"echo.localhost\".".to_string()),
    }
}
