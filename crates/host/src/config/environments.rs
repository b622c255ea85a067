//! Which environment is in force, what it inherits, and what is said about what it does not.
//!
//! wrangler's rules: an inherited key of the top level counts unless the environment sets it; bindings, `vars`
//! and `define` are never inherited; some keys exist at the top level only. The name becomes `name-env`.
//! Environments that are not selected are not looked at.

use std::collections::HashSet;

use super::diagnostics::Diagnostic;
use super::schema::{self, KEYS, Key, Place, Source};
use super::suggest;
use super::tree::{Entry, Node, Object};
use super::validate::Checker;

/// Fields that a generated configuration carries beside the schema's.
const GENERATED_FIELDS: [&str; 5] =
    ["configPath", "userConfigPath", "topLevelName", "definedEnvironments", "targetEnvironment"];

/// Keys that wrangler's sentences name without the environment in front.
const UNPREFIXED: [&str; 4] = ["tail_consumers", "streaming_tail_consumers", "cloudchamber", "containers"];

/// Where the selected environment came from, for sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it was asked for by the variable `CLOUDFLARE_ENV` instead of a flag.
    pub by_variable: bool,
}

/// The configuration as the selected environment sees it.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    root: &'a Object,
    env: Option<&'a Object>,
    /// The environment's name; also set when the file has no such environment.
    pub env_name: Option<&'a str>,
}

impl<'a> Settings<'a> {
    /// The value of a top-level key.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The value of a top-level key, and where the key is.
    pub fn entry(&self, name: &str) -> Option<&'a Entry> {
        let set = |object: &'a Object| object.entry(name).filter(|entry| !entry.value.is_null());
        let Some(env) = self.env else { return set(self.root) };
        match schema::key(name).map(|key| key.place) {
            Some(Place::TopLevelOnly) => set(self.root),
            Some(Place::NotInherited) => set(env),
            Some(Place::Inherited) | None => set(env).or_else(|| set(self.root)),
        }
    }

    /// Whether a key is written at all, be it as `null`.
    pub fn is_written(&self, name: &str) -> bool {
        self.root.get(name).is_some() || self.env.is_some_and(|env| env.get(name).is_some())
    }

    /// The worker's name: the environment's own, or the top level's with the environment's name behind.
    pub fn worker_name(&self) -> Option<String> {
        let text =
            |object: &Object| object.get("name").and_then(Node::as_str).filter(|n| !n.is_empty()).map(str::to_string);
        match (self.env.and_then(text), text(self.root), self.env_name) {
            (Some(own), _, _) => Some(own),
            (None, Some(top), Some(env)) => Some(format!("{top}-{env}")),
            (None, top, _) => top,
        }
    }
}

/// Checks the top level and the environment that is asked for.
pub fn select<'a>(
    checker: &mut Checker<'_>,
    root: &'a Object,
    wanted: Option<Wanted<'a>>,
    redirected: bool,
) -> Settings<'a> {
    check_table(checker, root, None);
    warn_experimental(checker, root);
    let environments = root.get("env").filter(|node| !node.is_null());
    let table = environments.and_then(Node::as_object);
    if let Some(node) = environments.filter(|node| node.as_object().is_none()) {
        let message = format!("The field \"env\" should be an object but got {}.", node.quoted());
        checker.error("wrong-type", message, node.range.clone());
    }
    let top = Settings { root, env: None, env_name: None };
    if redirected {
        check_redirected(checker, root, wanted);
        return top;
    }
    let Some(Wanted { name, .. }) = wanted else { return top };
    match table.and_then(|table| table.entry(name)) {
        Some(entry) => match entry.value.as_object() {
            Some(env) => {
                check_table(checker, env, Some(name));
                check_not_inherited(checker, root, env, entry);
                if root.get("unsafe").is_none() {
                    warn_experimental(checker, env);
                }
                Settings { root, env: Some(env), env_name: Some(name) }
            }
            None => {
                let message = format!("The field \"env.{name}\" should be an object but got {}.", entry.value.quoted());
                checker.error("wrong-type", message, entry.value.range.clone());
                top
            }
        },
        None => {
            if root.get("pages_build_output_dir").is_none() {
                no_such_environment(checker, root, name);
            }
            Settings { env_name: Some(name), ..top }
        }
    }
}

fn no_such_environment(checker: &mut Checker<'_>, root: &Object, name: &str) {
    let environments = root.entry("env").filter(|entry| entry.value.as_object().is_some());
    let names: Vec<&str> = environments
        .and_then(|entry| entry.value.as_object())
        .map(|table| table.iter().map(|entry| entry.key.as_str()).collect())
        .unwrap_or_default();
    let available = match environments {
        Some(_) => format!(
            "The available configured environment names are: {}\n",
            serde_json::Value::from(names.iter().map(|name| (*name).to_string()).collect::<Vec<_>>())
        ),
        None => String::new(),
    };
    let message = format!(
        "No environment found in configuration with name \"{name}\".\nBefore using `--env={name}` there should be an equivalent environment section in the configuration.\n{available}"
    );
    let message = message.trim_end().to_string();
    let help = match suggest::nearest(name, names.iter().copied()) {
        Some(near) => format!("Did you mean `--env={near}`?"),
        None => "Consider adding an environment configuration section to the file.".to_string(),
    };
    // Without any environment in the file the top level is used, as wrangler does.
    let found = match environments {
        Some(entry) => checker.error("unknown-environment", message, entry.key_range.clone()),
        None => checker.warning("unknown-environment", message, checker.start.clone()),
    };
    found.help = Some(help);
}

fn check_redirected(checker: &mut Checker<'_>, root: &Object, wanted: Option<Wanted<'_>>) {
    if let Some(entry) = root.entry("env").filter(|e| e.value.as_object().is_some_and(|table| !table.is_empty())) {
        let names: Vec<String> = entry
            .value
            .as_object()
            .map(|table| table.iter().map(|e| format!("\t- {}", e.key)).collect())
            .unwrap_or_default();
        let message = format!(
            "Redirected configurations cannot include environments but the following have been found:\n{}",
            names.join("\n")
        );
        checker.error("redirected", message, entry.key_range.clone()).help = Some(
            "The tool that generated this configuration generates it wrongly. Report this issue to the tool's author."
                .to_string(),
        );
    }
    let target = root.entry("targetEnvironment");
    let built_for = target.and_then(|entry| entry.value.as_str());
    if let (Some(wanted), Some(entry), Some(built_for)) = (wanted, target, built_for)
        && wanted.name != built_for
        && !built_for.is_empty()
        && root.get("pages_build_output_dir").is_none()
    {
        let via = if wanted.by_variable {
            "via the CLOUDFLARE_ENV environment variable"
        } else {
            "via the `--env/-e` CLI argument"
        };
        let message = format!(
            "You have specified the environment \"{}\" {via}.\nThis does not match the target environment \"{built_for}\" that was used when building the application.\nPerhaps you need to re-run the custom build of the project with \"{}\" as the selected environment?",
            wanted.name, wanted.name
        );
        checker.error("redirected", message, entry.value.range.clone());
    }
}

fn check_table(checker: &mut Checker<'_>, table: &Object, env: Option<&str>) {
    let place = env.map_or_else(|| "top-level".to_string(), |env| format!("env.{env}"));
    for entry in table.iter() {
        let name = entry.key.as_str();
        let known = schema::key(name).filter(|key| env.is_none() || key.place != Place::TopLevelOnly);
        match known {
            Some(key) if key.nullable && entry.value.is_null() => {}
            Some(_) if is_ignored_blank(checker, entry) => {}
            Some(key) => checker.shape(&path_of(key, env), &key.shape, &entry.value),
            None if env.is_none() && GENERATED_FIELDS.contains(&name) => {}
            None => check_removed(checker, &place, entry),
        }
    }
    if let (Some(routes), Some(route)) = (table.entry("routes"), table.get("route"))
        && route.as_str() != Some("")
    {
        let message = "Expected exactly one of the following fields [\"routes\",\"route\"].";
        checker.error("wrong-value", message, routes.key_range.clone()).help =
            Some("Move the route into \"routes\".".to_string());
    }
}

fn warn_experimental(checker: &mut Checker<'_>, table: &Object) {
    if let Some(entry) = table.entry("unsafe") {
        let message = "\"unsafe\" fields are experimental and may change or break at any time.";
        checker.warning("experimental", message, entry.key_range.clone());
    }
}

fn path_of(key: &Key, env: Option<&str>) -> String {
    let prefixed =
        key.place == Place::NotInherited && !UNPREFIXED.contains(&key.name) || matches!(key.name, "rules" | "logfwdr");
    match env {
        Some(env) if prefixed => format!("env.{env}.{}", key.name),
        _ => key.name.to_string(),
    }
}

/// Generators write these two as empty strings; wrangler warns and goes on.
fn is_ignored_blank(checker: &mut Checker<'_>, entry: &Entry) -> bool {
    let name = entry.key.as_str();
    if !matches!(name, "account_id" | "route") || entry.value.as_str() != Some("") {
        return false;
    }
    let message = format!(
        "The \"{name}\" field in your configuration is an empty string and will be ignored.\nPlease remove the \"{name}\" field from your configuration."
    );
    checker.warning("wrong-value", message, entry.value.range.clone());
    true
}

/// Keys that wrangler once had, with what to do; anything else is unknown.
fn check_removed(checker: &mut Checker<'_>, place: &str, entry: &Entry) {
    match entry.key.as_str() {
        "node_compat" => {
            let message = "The \"node_compat\" field is no longer supported as of Wrangler v4. Instead, use the `nodejs_compat` compatibility flag.";
            checker.error("removed", message, entry.key_range.clone()).help =
                Some(checker.format.assignment("compatibility_flags", "[\"nodejs_compat\"]"));
        }
        "legacy_env" => {
            let message =
                "The \"legacy_env\" field is no longer supported, so please remove it from your configuration file.";
            checker.warning("removed", message, entry.key_range.clone()).help =
                Some("Each environment is its own Worker named \"<name>-<environment>\".".to_string());
        }
        _ => checker.unknown_key(place, entry),
    }
}

/// Warns about what the top level has and this environment will not have.
fn check_not_inherited(checker: &mut Checker<'_>, root: &Object, env: &Object, env_entry: &Entry) {
    let env_name = env_entry.key.as_str();
    for key in KEYS.iter().filter(|key| key.place == Place::NotInherited) {
        let name = key.name;
        let Some(top) = root.entry(name) else { continue };
        let Some(own) = env.entry(name) else {
            let message = format!(
                "\"{name}\" exists at the top level, but not on \"env.{env_name}\".\nThis is not what you probably want, since \"{name}\" is not inherited by environments.\nPlease add \"{name}\" to \"env.{env_name}\"."
            );
            push_pair(checker, message, env_entry, top);
            continue;
        };
        for message in missing_entries(key, env_name, &top.value, &own.value) {
            push_pair(checker, message, own, top);
        }
    }
    check_custom_domains(checker, root, env, env_entry);
}

fn push_pair(checker: &mut Checker<'_>, message: String, here: &Entry, top: &Entry) {
    let diagnostic = Diagnostic::warning("not-inherited", message).at(checker.file, here.key_range.clone(), "").at(
        checker.file,
        top.key_range.clone(),
        "the top level's",
    );
    checker.found.push(diagnostic);
}

/// The names that `top` has and `own` has not, as wrangler says it for this kind of key.
fn missing_entries(key: &Key, env_name: &str, top: &Node, own: &Node) -> Vec<String> {
    let name = key.name;
    if std::mem::discriminant(&top.value) != std::mem::discriminant(&own.value) {
        return Vec::new();
    }
    let mine: HashSet<&str> = names(key, own).into_iter().collect();
    let missing: Vec<&str> = names(key, top).into_iter().filter(|name| !mine.contains(name)).collect();
    let list = missing.iter().map(|name| format!("- {name}")).collect::<Vec<_>>().join("\n");
    let path = format!("env.{env_name}.{name}");
    let mut messages = Vec::new();
    match (name, key.source) {
        ("vars", _) if !missing.is_empty() => messages.push(format!(
            "The following vars exist at the top level, but not on \"{path}\".\nThis is probably not what you want, since \"vars\" configuration is not inherited by environments.\nPlease add these vars to \"{path}\":\n{list}"
        )),
        ("define", _) => {
            if !missing.is_empty() {
                messages.push(format!(
                    "The following define entries exist at the top level, but not on \"{path}\".\nThis is probably not what you want, since \"define\" configuration is not inherited by environments.\nPlease add these entries to \"{path}\":\n{list}"
                ));
            }
            let theirs: HashSet<&str> = names(key, top).into_iter().collect();
            let extra = names(key, own).into_iter().filter(|name| !theirs.is_empty() && !theirs.contains(name));
            messages.extend(extra.map(|name| format!(
                "\"{name}\" exists on \"env.{env_name}\", but not on the top level.\nThis is not what you probably want, since \"define\" configuration within environments can only override existing top level \"define\" configuration\nPlease remove \"{path}.{name}\", or add \"define.{name}\"."
            )));
        }
        (_, Source::Items(_)) => messages.extend(missing.iter().map(|binding| format!(
            "There is a {name} binding with name \"{binding}\" at the top level, but not on \"env.{env_name}\".\nThis is not what you probably want, since \"{name}\" configuration is not inherited by environments.\nPlease add a binding for \"{binding}\" to \"{path}.bindings\"."
        ))),
        (_, Source::Bindings) if !missing.is_empty() => messages.push(format!(
            "The following bindings are at the top level, but not on \"env.{env_name}\".\nThis is not what you probably want, since \"{name}\" configuration is not inherited by environments.\nPlease add a binding for each to \"{path}.bindings\":\n{list}"
        )),
        _ => {}
    }
    messages
}

fn names<'n>(key: &Key, node: &'n Node) -> Vec<&'n str> {
    let items = |node: Option<&'n Node>, field: &str| -> Vec<&'n str> {
        let items = node.and_then(Node::as_array).unwrap_or_default();
        items.iter().filter_map(|item| item.as_object()?.get(field)?.as_str()).collect()
    };
    match key.source {
        Source::Items(field) => items(Some(node), field),
        Source::Bindings => items(node.as_object().and_then(|object| object.get("bindings")), "name"),
        _ if matches!(key.name, "vars" | "define") => {
            node.as_object().map(|object| object.iter().map(|e| e.key.as_str()).collect()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// A custom domain belongs to one worker: an environment that inherits it would take it away.
fn check_custom_domains(checker: &mut Checker<'_>, root: &Object, env: &Object, env_entry: &Entry) {
    let (None, Some(routes)) = (env.get("routes"), root.entry("routes")) else { return };
    let domains: Vec<&str> = routes
        .value
        .as_array()
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_object)
        .filter(|route| route.get("custom_domain").and_then(Node::as_bool) == Some(true))
        .filter_map(|route| route.get("pattern")?.as_str())
        .collect();
    if domains.is_empty() {
        return;
    }
    let env_name = &env_entry.key;
    let message = format!(
        "The \"env.{env_name}\" environment inherits the top-level `routes` configuration, which includes the custom domain(s): {}. Deploying this environment will reassign these custom domains away from the top-level Worker. Add `\"routes\": []` to \"env.{env_name}\" to prevent inheritance, or copy the route configuration from the top level to hide this warning.",
        domains.join(", ")
    );
    push_pair(checker, message, env_entry, routes);
}
