//! The Durable Object classes of a worker, by `migrations` or `exports`: which there are, what keeps their data, and
//! what they were called before.
//!
//! Both keys tell a history: `migrations` step by step, `exports` by what has become of each name. What is left at the
//! end are the classes that exist. A class that is bound and in neither exists as well, as in wrangler, and keeps its
//! data without SQL.

use std::ops::Range;

use super::diagnostics::Diagnostic;
use super::environments::Settings;
use super::suggest;
use super::tree::{Node, Object};
use super::validate::Checker;
use super::worker::ObjectClass;

/// The classes of the worker, in the order of their first mention. What is wrong is reported.
pub fn classes(checker: &mut Checker<'_>, settings: &Settings<'_>, worker: &str) -> Vec<ObjectClass> {
    let mut history = History { checker, classes: Vec::new() };
    let migrations = settings.get("migrations").and_then(Node::as_array).unwrap_or_default();
    let exports: Vec<_> = settings
        .get("exports")
        .and_then(Node::as_object)
        .into_iter()
        .flat_map(Object::iter)
        .filter(|entry| text(&entry.value, "type") == Some("durable-object"))
        .collect();
    if let (Some(first), Some(step)) = (exports.first(), migrations.first()) {
        let message = "\"migrations\" and \"exports\" both say which Durable Object classes there are.";
        let diagnostic = Diagnostic::error("conflicting-keys", message)
            .at(history.checker.file, step.range.clone(), "")
            .at(history.checker.file, first.key_range.clone(), "declared here, too")
            .help("Keep one of them: \"exports\" replaces \"migrations\".");
        history.checker.found.push(diagnostic);
        return Vec::new();
    }
    history.tags(migrations);
    migrations.iter().for_each(|step| history.migrate(step));
    history.declared(&exports);
    history.bound(settings, worker, migrations.is_empty() && exports.is_empty());
    history.contained(settings);
    history.classes
}

struct History<'c, 'd> {
    checker: &'c mut Checker<'d>,
    classes: Vec<ObjectClass>,
}

impl History<'_, '_> {
    fn find(&self, class: &str) -> Option<usize> {
        self.classes.iter().position(|known| known.class == class)
    }

    fn add(&mut self, class: &str, sqlite: bool) {
        self.classes.push(ObjectClass { class: class.to_string(), sqlite, older_names: Vec::new(), container: false });
    }

    /// Two steps of one tag: production applies the first only.
    fn tags(&mut self, steps: &[Node]) {
        let mut seen: Vec<(&str, Range<usize>)> = Vec::new();
        for step in steps {
            let Some(node) = step.as_object().and_then(|object| object.get("tag")) else { continue };
            let Some(tag) = node.as_str() else { continue };
            match seen.iter().find(|(other, _)| *other == tag) {
                Some((_, first)) => {
                    let message = format!("The tag \"{tag}\" is that of an earlier step of \"migrations\".");
                    let diagnostic = Diagnostic::warning("duplicate-tag", message)
                        .at(self.checker.file, node.range.clone(), "")
                        .at(self.checker.file, first.clone(), "the earlier one")
                        .help("Give each step a tag of its own: production remembers by it how far it is.");
                    self.checker.found.push(diagnostic);
                }
                None => seen.push((tag, node.range.clone())),
            }
        }
    }

    /// One step of `migrations`; its parts in the order in which wrangler takes them.
    fn migrate(&mut self, step: &Node) {
        let Some(step) = step.as_object() else { return };
        for node in items(step, "deleted_classes") {
            let Some(class) = node.as_str() else { continue };
            match self.find(class) {
                Some(at) => {
                    self.classes.remove(at);
                }
                None => self.missing("deleted_classes", class, node),
            }
        }
        for node in items(step, "renamed_classes") {
            let (Some(from), Some(to)) = (text(node, "from"), text(node, "to")) else { continue };
            match self.find(from) {
                Some(at) => self.rename(at, to),
                None => self.missing("renamed_classes", from, field(node, "from").unwrap_or(node)),
            }
        }
        for node in items(step, "transferred_classes") {
            let Some(to) = text(node, "to") else { continue };
            // What the other worker stored stays there; how it did is not known here.
            if self.find(to).is_none() {
                self.add(to, true);
            }
        }
        for (key, sqlite) in [("new_classes", false), ("new_sqlite_classes", true)] {
            for node in items(step, key) {
                let Some(class) = node.as_str() else { continue };
                match self.find(class) {
                    None => self.add(class, sqlite),
                    Some(_) => {
                        // Source: wrangler's text.
                        let message = format!("Cannot apply {key} migration to existing class {class}");
                        let help = format!("An earlier step has made {class}; take it out of this one.");
                        self.checker.error("bad-migration", message, node.range.clone()).help = Some(help);
                    }
                }
            }
        }
    }

    fn rename(&mut self, at: usize, to: &str) {
        if let Some(other) = self.find(to).filter(|other| *other != at) {
            // As in wrangler, the class that is renamed takes the other's place.
            let mut renamed = self.classes[at].clone();
            renamed.older_names.insert(0, std::mem::replace(&mut renamed.class, to.to_string()));
            self.classes[other] = renamed;
            self.classes.remove(at);
            return;
        }
        let class = &mut self.classes[at];
        let from = std::mem::replace(&mut class.class, to.to_string());
        class.older_names.insert(0, from);
    }

    fn missing(&mut self, key: &str, class: &str, node: &Node) {
        // Source: wrangler's text.
        let message = format!("Cannot apply {key} migration to non-existent class {class}");
        let near = suggest::nearest(class, self.classes.iter().map(|known| known.class.as_str()));
        let help = match near {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => format!("No earlier step makes {class}, by \"new_sqlite_classes\" or \"new_classes\"."),
        };
        self.checker.error("bad-migration", message, node.range.clone()).help = Some(help);
    }

    /// The entries of `exports`.
    fn declared(&mut self, exports: &[&super::tree::Entry]) {
        for entry in exports {
            let state = text(&entry.value, "state").unwrap_or("created");
            match state {
                "created" | "expecting-transfer" => {
                    let storage = text(&entry.value, "storage");
                    if storage.is_none() {
                        self.needs(entry, "storage", "\"sqlite\" or \"legacy-kv\"");
                    }
                    if state == "expecting-transfer" && text(&entry.value, "transfer_from").is_none() {
                        self.needs(entry, "transfer_from", "the worker that it comes from");
                    }
                    self.add(&entry.key, storage != Some("legacy-kv"));
                    if let Some(class) = self.classes.last_mut() {
                        class.container = field(&entry.value, "container").is_some();
                    }
                }
                "transferred" if text(&entry.value, "transferred_to").is_none() => {
                    self.needs(entry, "transferred_to", "the worker that it goes to");
                }
                "renamed" if text(&entry.value, "renamed_to").is_none() => {
                    self.needs(entry, "renamed_to", "the class's new name");
                }
                _ => {}
            }
        }
        // The names before the last come first in a chain, so each is followed to its end.
        for entry in exports.iter().filter(|entry| text(&entry.value, "state") == Some("renamed")) {
            let mut name = text(&entry.value, "renamed_to").unwrap_or_default();
            for _ in 0..exports.len() {
                let next = exports.iter().find(|other| other.key == name).map(|other| &other.value);
                match next.filter(|value| text(value, "state") == Some("renamed")) {
                    Some(value) => name = text(value, "renamed_to").unwrap_or_default(),
                    None => break,
                }
            }
            match self.find(name) {
                Some(at) => self.classes[at].older_names.insert(0, entry.key.clone()),
                None if name.is_empty() => {}
                None => {
                    let message = format!(
                        "\"exports.{}\" is renamed to \"{name}\", which is no live entry of \"exports\".",
                        entry.key
                    );
                    let range = field(&entry.value, "renamed_to").map_or(entry.key_range.clone(), |n| n.range.clone());
                    let help = format!("Add \"{name}\": {{ \"type\": \"durable-object\", \"storage\": \"sqlite\" }}.");
                    self.checker.error("bad-export", message, range).help = Some(help);
                }
            }
        }
    }

    fn needs(&mut self, entry: &super::tree::Entry, name: &str, what: &str) {
        let state = text(&entry.value, "state").unwrap_or("created");
        let message = format!("\"exports.{}\" with the state \"{state}\" needs a \"{name}\" field.", entry.key);
        self.checker.error("missing-field", message, entry.key_range.clone()).help = Some(format!("Set it to {what}."));
    }

    /// The bindings to classes of this worker: each exists.
    fn bound(&mut self, settings: &Settings<'_>, worker: &str, no_history: bool) {
        let bindings = settings.get("durable_objects").and_then(|node| field(node, "bindings"));
        let mut undeclared: Vec<(&str, Range<usize>)> = Vec::new();
        for binding in bindings.and_then(Node::as_array).unwrap_or_default() {
            let Some(class) = text(binding, "class_name") else { continue };
            let script = text(binding, "script_name").filter(|script| !script.is_empty());
            if script.is_some_and(|script| script != worker) || text(binding, "environment").is_some() {
                continue;
            }
            if script.is_none() && !undeclared.iter().any(|(known, _)| *known == class) {
                let range = field(binding, "class_name").map_or(binding.range.clone(), |node| node.range.clone());
                undeclared.push((class, range));
            }
            if self.find(class).is_none() {
                self.add(class, false);
            }
        }
        if no_history && !undeclared.is_empty() {
            self.no_migrations(&undeclared);
        }
    }

    /// Source of the sentence: wrangler's.
    fn no_migrations(&mut self, classes: &[(&str, Range<usize>)]) {
        let file = self.checker.file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
        let names: Vec<&str> = classes.iter().map(|(class, _)| *class).collect();
        let message = format!(
            "In your {file} file, you have configured `durable_objects` exported by this Worker ({}), but no `migrations` for them. This may not work as expected until you add a `migrations` section to your {file} file.",
            names.join(", ")
        );
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let snippet = match self.checker.format {
            super::read::Format::Toml => {
                format!("[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [{}]", quoted.join(", "))
            }
            super::read::Format::Json => {
                format!("\"migrations\": [{{ \"tag\": \"v1\", \"new_sqlite_classes\": [{}] }}]", quoted.join(", "))
            }
        };
        let range = classes[0].1.clone();
        self.checker.warning("no-migrations", message, range).help = Some(format!(
            "Add the following configuration:\n{snippet}\nWithout it a class has the storage of old, which has no SQL.\nRefer to https://developers.cloudflare.com/durable-objects/reference/durable-objects-migrations/ for more details."
        ));
    }

    /// Classes whose objects each have a container.
    fn contained(&mut self, settings: &Settings<'_>) {
        let containers = settings.get("containers").and_then(Node::as_array).unwrap_or_default();
        for class in containers.iter().filter_map(|container| text(container, "class_name")) {
            if let Some(at) = self.find(class) {
                self.classes[at].container = true;
            }
        }
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.as_object()?.get(name)
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    field(node, name)?.as_str()
}

fn items<'n>(step: &'n Object, key: &str) -> &'n [Node] {
    step.get(key).and_then(Node::as_array).unwrap_or_default()
}
