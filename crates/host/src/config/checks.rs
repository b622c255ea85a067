//! The checks that the types of the schema cannot express: formats, ranges, fields that need each other.
//!
//! Each is a function of the checker, the name of the value in sentences, and the value, and is named in the
//! tables of `schema/`. What is only a matter of deploying is a warning or not checked at all.

use super::cron;
use super::date::Date;
use super::schema::{DURABLE_OBJECT_EXPORT, Object, Shape, WORKER_EXPORT, WORKFLOW_EXPORT};
use super::suggest;
use super::tree::{Node, Object as Table, Value};
use super::validate::{Checker, advice};
use crate::assets::{BasePath, routing};

/// The types of `rules`, in wrangler's order.
pub const RULE_TYPES: [&str; 7] =
    ["ESModule", "CommonJS", "CompiledWasm", "Text", "Data", "PythonModule", "PythonRequirement"];

/// `name`: lower case, digits, dashes, underscores.
pub fn worker_name(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let valid = node.as_str().is_some_and(|name| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        name.chars().all(allowed) && !name.starts_with('-')
    });
    if valid {
        return;
    }
    let message = format!(
        "Expected \"{path}\" to be of type string, alphanumeric and lowercase with dashes only but got {}.",
        node.quoted()
    );
    let slug = node.as_str().map(slug).filter(|slug| !slug.is_empty());
    checker.error("wrong-value", message, node.range.clone()).help = match slug {
        Some(slug) => Some(format!("Use \"{slug}\".")),
        None => advice("string", node),
    };
}

fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// `compatibility_date`: a day. Whether it has come is asked of the effective date only.
pub fn compatibility_date(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let example = format!("For example {}.", checker.format.assignment(path, &format!("\"{}\"", checker.today)));
    let Some(text) = node.as_str() else {
        checker.wrong_type(path, "string", node);
        if let (Value::Number(_), Some(said)) = (&node.value, checker.found.last_mut()) {
            said.help = Some(example);
        }
        return;
    };
    if text.contains(['\u{2013}', '\u{2014}']) {
        let message = format!(
            "\"{path}\" field should use ISO-8601 accepted hyphens (-) rather than en-dashes (\u{2013}) or em-dashes (\u{2014})."
        );
        let plain = text.replace(['\u{2013}', '\u{2014}'], "-");
        checker.error("bad-date", message, node.range.clone()).help = Some(format!("Use \"{plain}\"."));
    } else if text.parse::<Date>().is_err() {
        let message =
            format!("\"{path}\" field should be a valid ISO-8601 date (YYYY-MM-DD), but got {}.", node.quoted());
        checker.error("bad-date", message, node.range.clone()).help = Some(example);
    }
}

/// `compliance_region`. wrangler does not look at its type first.
pub fn compliance_region(checker: &mut Checker<'_>, path: &str, node: &Node) {
    if !matches!(node.as_str(), Some("public" | "fedramp_high")) {
        let message =
            format!("Expected \"{path}\" field to be one of [\"public\",\"fedramp_high\"] but got {}.", node.quoted());
        checker.error("wrong-value", message, node.range.clone());
    }
}

/// A TCP port; 0 lets the system choose.
pub fn port(checker: &mut Checker<'_>, path: &str, node: &Node) {
    match node.as_f64() {
        None => checker.wrong_type(path, "number", node),
        Some(port) if port.fract() == 0.0 && (0.0..=65_535.0).contains(&port) => {}
        Some(_) => {
            let message = format!("Expected \"{path}\" to be a port between 0 and 65535 but got {}.", node.quoted());
            checker.error("wrong-value", message, node.range.clone());
        }
    }
}

/// A whole number that is not negative. Another number is ignored with a warning, as it has no meaning.
pub fn count(checker: &mut Checker<'_>, path: &str, node: &Node) {
    match node.as_f64() {
        None => checker.wrong_type(path, "number", node),
        Some(_) if as_count(node).is_some() => {}
        Some(_) => {
            let message = format!("\"{path}\" should be a positive whole number, {} is ignored.", node.quoted());
            checker.warning("wrong-value", message, node.range.clone());
        }
    }
}

/// The value of what [`count`] accepts.
pub fn as_count(node: &Node) -> Option<u64> {
    let number = node.as_f64()?;
    (number.fract() == 0.0 && (1.0..=9e15).contains(&number)).then_some(number as u64)
}

/// A number or `null`.
pub fn number_or_null(checker: &mut Checker<'_>, path: &str, node: &Node) {
    if !node.is_null() && node.as_f64().is_none() {
        checker.wrong_type(path, "number", node);
    }
}

/// A string, or an array of strings.
pub fn string_or_strings(checker: &mut Checker<'_>, path: &str, node: &Node) {
    match node.value {
        Value::String(_) => {}
        Value::Array(_) => checker.strings(path, node),
        _ => checker.wrong_type(path, "string", node),
    }
}

/// `build.watch_dir`.
pub fn watch_dir(checker: &mut Checker<'_>, path: &str, node: &Node) {
    string_or_strings(checker, path, node);
}

/// `assets.run_worker_first`: a boolean or rules.
pub fn run_worker_first(checker: &mut Checker<'_>, path: &str, node: &Node) {
    match node.value {
        Value::Bool(_) => {}
        Value::Array(ref items) => {
            let rules: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
            if rules.len() < items.len() {
                checker.strings(path, node);
            } else if let Err(error) = routing::Rules::parse(&rules) {
                checker.error("wrong-value", error.to_string(), node.range.clone());
            }
        }
        _ => {
            let message =
                format!("The field \"{path}\" should be an array of strings or a boolean, but got {}.", node.quoted());
            checker.error("wrong-type", message, node.range.clone()).help = advice("boolean", node);
        }
    }
}

/// `assets.base_path`: a path.
pub fn base_path(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(text) = checker.string(path, node) else { return };
    if let Err(error) = BasePath::parse(text) {
        let message = format!("The field \"{path}\" is invalid. {error}");
        checker.error("wrong-value", message, node.range.clone()).help = Some("A path, as in \"/docs\".".to_string());
    }
}

/// `triggers`: crons are strings of five fields.
pub fn triggers(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    for name in ["crons", "events"] {
        if let Some(value) = object.get(name).filter(|value| value.as_array().is_none()) {
            let message = format!("Expected \"{path}.{name}\" to be of type array, but got {}.", node.quoted());
            checker.error("wrong-type", message, value.range.clone()).help = advice("array", value);
        }
    }
    for (index, node) in object.get("crons").and_then(Node::as_array).unwrap_or_default().iter().enumerate() {
        let Some(text) = checker.string(&format!("{path}.crons.[{index}]"), node) else { continue };
        if let Err(reason) = cron::check(text) {
            let message = format!("The cron expression {} will never run: {reason}.", node.quoted());
            let help = "Five fields: minute, hour, day of month, month, day of week (1 or SUN is Sunday). Production refuses others.";
            checker.warning("bad-cron", message, node.range.clone()).help = Some(help.to_string());
        }
    }
}

/// An item of `rules`: its type.
pub fn rule(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let found = node.as_object().and_then(|object| object.get("type"));
    let text = found.and_then(Node::as_str);
    if text.is_some_and(|text| RULE_TYPES.contains(&text)) {
        return;
    }
    let range = found.map_or(node.range.clone(), |found| found.range.clone());
    let message = "bindings should have a string \"type\" field, which contains one of \"ESModule\", \"CommonJS\", \"CompiledWasm\", \"Text\", or \"Data\".";
    let near = text.and_then(|text| suggest::nearest(text, RULE_TYPES));
    checker.error("wrong-value", message, range).help = Some(match near {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("This is {path}.type."),
    });
}

const ROUTE_FIELDS: [&str; 6] = ["pattern", "zone_id", "zone_name", "custom_domain", "enabled", "previews_enabled"];

/// `route`.
pub fn route(checker: &mut Checker<'_>, path: &str, node: &Node) {
    match route_mistake(node) {
        Some(mistake) => {
            let message = format!(
                "Expected \"{path}\" to be either a string, or an object with shape {{ pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }}, but got {}.",
                node.quoted()
            );
            checker.error("wrong-type", message, node.range.clone()).help = Some(mistake);
        }
        None => route_pattern(checker, node),
    }
}

/// `routes`.
pub fn routes(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(items) = node.as_array() else {
        let message = format!("Expected \"{path}\" to be an array but got {}.", node.quoted());
        checker.error("wrong-type", message, node.range.clone()).help = advice("array", node);
        return;
    };
    for item in items {
        match route_mistake(item) {
            Some(mistake) => {
                let value = serde_json::Value::Array(vec![item.to_json()]);
                let message = format!(
                    "Expected \"{path}\" to be an array of either strings or objects with the shape {{ pattern, custom_domain, zone_id | zone_name, enabled, previews_enabled }}, but these weren't valid: {value:#}."
                );
                checker.error("wrong-type", message, item.range.clone()).help = Some(mistake);
            }
            None => route_pattern(checker, item),
        }
    }
}

/// Why this is not a route.
fn route_mistake(node: &Node) -> Option<String> {
    let object = match &node.value {
        Value::String(text) if text.is_empty() => return Some("A route cannot be empty.".to_string()),
        Value::String(_) => return None,
        Value::Object(object) => object,
        _ => return Some("A route is a string or an object.".to_string()),
    };
    if let Some(entry) = object.iter().find(|entry| !ROUTE_FIELDS.contains(&entry.key.as_str())) {
        return Some(match suggest::nearest(&entry.key, ROUTE_FIELDS) {
            Some(near) => format!("\"{}\" is not a field of a route: did you mean \"{near}\"?", entry.key),
            None => format!("\"{}\" is not a field of a route.", entry.key),
        });
    }
    for entry in object.iter() {
        let (right, word) = match entry.key.as_str() {
            "pattern" | "zone_id" | "zone_name" => (entry.value.as_str().is_some(), "string"),
            _ => (entry.value.as_bool().is_some(), "boolean"),
        };
        if !right {
            return Some(format!("\"{}\" has to be a {word}.", entry.key));
        }
    }
    let has = |name: &str| object.get(name).is_some();
    if !has("pattern") {
        Some("A route object needs a \"pattern\".".to_string())
    } else if has("zone_id") && has("zone_name") {
        Some("Only one of \"zone_id\" and \"zone_name\" can be set.".to_string())
    } else if (has("enabled") || has("previews_enabled")) && !has("custom_domain") {
        Some("\"enabled\" and \"previews_enabled\" need \"custom_domain\".".to_string())
    } else if !has("zone_id") && !has("zone_name") && !has("custom_domain") {
        Some("A route object needs one of \"zone_id\", \"zone_name\" and \"custom_domain\".".to_string())
    } else {
        None
    }
}

/// The pattern of a route that is otherwise right.
pub fn route_pattern(checker: &mut Checker<'_>, node: &Node) {
    let pattern = node.as_object().and_then(|object| object.get("pattern")).unwrap_or(node);
    let Some(text) = pattern.as_str() else { return };
    let plain = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let inner = plain.strip_prefix('*').unwrap_or(plain);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    let mistake = if text.contains('?') {
        "a query string"
    } else if inner.contains('*') {
        "an infix wildcard"
    } else {
        return;
    };
    let message = format!("Route \"{text}\" contains {mistake}. This is not allowed.");
    let help = "A `*` may stand at the start of the host and at the end of the path.".to_string();
    checker.warning("bad-route", message, pattern.range.clone()).help = Some(help);
}

/// An item of `kv_namespaces`.
pub fn kv_namespace(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    if let Some(id) = object.get("id").filter(|id| id.as_str() == Some("")) {
        let message = format!("\"{path}\" bindings should have a string \"id\" field but got {}.", node.quoted());
        checker.error("wrong-value", message, id.range.clone());
    }
    warn_remote(checker, path, object);
}

/// An item of `streaming_tail_consumers`.
pub fn streaming_tail_consumer(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let message =
        format!("\"{path}\" has no effect: streaming tail workers are not available in this version of lopata.");
    checker.warning("unavailable", message, node.range.clone()).help =
        Some("A worker in \"tail_consumers\" is told of each event once it is over.".to_string());
}

/// An item of `services`.
pub fn service(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    if let Some(service) = object.get("service").filter(|service| service.as_str() == Some("")) {
        let message = format!("\"{path}\" bindings should have a string \"service\" field but got {}.", node.quoted());
        checker.error("wrong-value", message, service.range.clone()).help =
            Some("It is the name of a worker: its own, or that of one that runs beside it.".to_string());
    }
    warn_remote(checker, path, object);
}

fn warn_remote(checker: &mut Checker<'_>, path: &str, object: &Table) {
    if let Some(remote) = object.get("remote").filter(|remote| remote.as_bool() == Some(true)) {
        let message = format!("\"{path}\" is simulated locally: \"remote\" has no effect in lopata.");
        checker.warning("remote", message, remote.range.clone());
    }
}

/// An item of `r2_buckets`: the names of buckets.
pub fn r2_bucket(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    // The missing blank and the extra one are wrangler's.
    for (name, equals) in [("bucket_name", "="), ("preview_bucket_name", "= ")] {
        let Some(value) = object.get(name) else { continue };
        let Some(bucket) = value.as_str() else { continue };
        if bucket.is_empty() && name == "bucket_name" {
            let message =
                format!("\"{path}\" bindings should have a string \"{name}\" field but got {}.", node.quoted());
            checker.error("wrong-value", message, value.range.clone());
        } else if !is_bucket_name(bucket) {
            let message = format!(
                "{path}.{name}{equals}{} is invalid. Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 characters long.",
                value.quoted()
            );
            checker.error("wrong-value", message, value.range.clone());
        }
    }
}

fn is_bucket_name(name: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|c| alphanumeric(c) || c == '-')
        && name.starts_with(alphanumeric)
        && name.ends_with(alphanumeric)
}

/// An item of `durable_objects.bindings`.
pub fn durable_object(checker: &mut Checker<'_>, _path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    if let Some(entry) = object.entry("environment").filter(|_| object.get("script_name").is_none()) {
        let message = "binding should have a \"script_name\" field if \"environment\" is present.";
        checker.error("missing-field", message, entry.key_range.clone());
    }
}

/// An item of `workflows`: its name.
pub fn workflow(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(name) = node.as_object().and_then(|object| object.get("name")) else { return };
    if name.as_str().is_some_and(|name| !is_workflow_name(name)) {
        let message = format!(
            "\"{path}\" binding \"name\" field is invalid. Workflow names must be 1-64 characters long, start with a letter, number, or underscore, and may only contain letters, numbers, underscores, or hyphens."
        );
        checker.error("wrong-value", message, name.range.clone());
    }
}

fn is_workflow_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=64).contains(&name.len()) && name.starts_with(word) && name.chars().all(|c| word(c) || c == '-')
}

/// An item of `queues.consumers`.
pub fn queue_consumer(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(value) = node.as_object().and_then(|object| object.get("type")) else { return };
    if let Some(text) = value.as_str().filter(|text| *text != "worker") {
        let message = format!(
            "\"{path}.type\" has an invalid value \"{text}\". Only \"worker\" consumers can be configured in your Wrangler configuration."
        );
        checker.error("wrong-value", message, value.range.clone());
    }
}

/// An item of `send_email`.
pub fn send_email(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    let (Some(_), Some(both)) = (object.get("destination_address"), object.entry("allowed_destination_addresses"))
    else {
        return;
    };
    let message = format!(
        "\"{path}\" bindings should have either a \"destination_address\" or \"allowed_destination_addresses\" field, but not both."
    );
    checker.error("wrong-value", message, both.key_range.clone());
}

/// An item of `pipelines`.
pub fn pipeline(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    match (object.get("stream"), object.entry("pipeline")) {
        (Some(_), _) => {}
        (None, Some(old)) => {
            let message =
                format!("The \"pipeline\" field in \"{path}\" bindings is deprecated. Use \"stream\" instead.");
            checker.warning("deprecated", message, old.key_range.clone());
        }
        (None, None) => {
            let message = format!("\"{path}\" bindings must have a string \"stream\" field but got {}.", node.quoted());
            checker.error("missing-field", message, node.range.clone());
        }
    }
}

/// An item of `ratelimits`.
pub fn ratelimit(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    let Some(simple) = object.get("simple") else { return };
    let Some(fields) = simple.as_object() else { return };
    for (name, must) in [("limit", "must be a number"), ("period", "is required and must be a number")] {
        let value = fields.get(name);
        if value.and_then(Node::as_f64).is_none() {
            let message = format!("\"{path}\" bindings \"simple.{name}\" {must} but got {}.", simple.quoted());
            checker.error("wrong-type", message, value.unwrap_or(simple).range.clone());
        }
    }
    let period = fields.get("period").filter(|period| period.as_f64().is_some_and(|s| s != 10.0 && s != 60.0));
    if let Some(period) = period {
        let message =
            format!("\"{path}\" bindings \"simple.period\" must be either 10 or 60 but got {}.", period.quoted());
        checker.error("wrong-value", message, period.range.clone());
    }
}

/// An item of `vpc_networks`.
pub fn vpc_network(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    match (object.get("tunnel_id"), object.entry("network_id")) {
        (Some(_), Some(both)) => {
            let message =
                format!("\"{path}\" bindings must have either a \"tunnel_id\" or \"network_id\", but not both.");
            checker.error("wrong-value", message, both.key_range.clone());
        }
        (None, None) => {
            let message = format!(
                "\"{path}\" bindings must have either a \"tunnel_id\" or \"network_id\" field but got {}.",
                node.quoted()
            );
            checker.error("missing-field", message, node.range.clone());
        }
        _ => {}
    }
}

/// An item of `connect`.
pub fn connect(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else { return };
    let protocol = object.get("protocol");
    if !protocol.and_then(Node::as_str).is_some_and(|protocol| matches!(protocol, "tcp" | "udp")) {
        let wrong = protocol.unwrap_or(node);
        let message =
            format!("\"{path}\" should have a \"protocol\" field of \"tcp\" or \"udp\" but got {}.", wrong.quoted());
        checker.error("wrong-value", message, wrong.range.clone());
    }
    let port = object
        .get("port")
        .filter(|port| port.as_f64().is_some_and(|port| port.fract() != 0.0 || !(1.0..=65_535.0).contains(&port)));
    if let Some(port) = port {
        let message =
            format!("\"{path}\" should have an integer \"port\" field between 1 and 65535 but got {}.", node.quoted());
        checker.error("wrong-value", message, port.range.clone());
    }
}

/// `exports`: each entry by its type.
pub fn exports(checker: &mut Checker<'_>, path: &str, node: &Node) {
    let Some(object) = node.as_object() else {
        let message =
            format!("The optional \"{path}\" field should be an object keyed by class name, but got {}", node.quoted());
        checker.error("wrong-type", message, node.range.clone());
        return;
    };
    for entry in object.iter() {
        let (path, value) = (format!("exports.{}", entry.key), &entry.value);
        let kind = value.as_object().and_then(|object| object.get("type"));
        let shape: Option<&'static Object> = match kind.and_then(Node::as_str) {
            Some("durable-object") => Some(&DURABLE_OBJECT_EXPORT),
            Some("worker") => Some(&WORKER_EXPORT),
            Some("workflow") => Some(&WORKFLOW_EXPORT),
            _ => None,
        };
        match shape {
            Some(shape) => checker.shape(&path, &Shape::Object(shape), value),
            None if value.as_object().is_none() => {
                let message = format!("\"{path}\" should be an object but got {}.", value.quoted());
                checker.error("wrong-type", message, value.range.clone());
            }
            None => {
                let got = kind.map_or_else(|| "undefined".to_string(), Node::quoted);
                let message =
                    format!("\"{path}.type\" must be \"durable-object\", \"worker\", or \"workflow\", but got {got}.");
                let range = kind.map_or(value.range.clone(), |kind| kind.range.clone());
                checker.error("wrong-value", message, range);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        assert_eq!(slug("My Worker!"), "my-worker");
        assert_eq!(slug("--"), "");
    }

    #[test]
    fn buckets_and_workflows_have_names_of_their_kind() {
        assert!(is_bucket_name("abc") && is_bucket_name("a-1"));
        assert!(!is_bucket_name("ab") && !is_bucket_name("-ab") && !is_bucket_name("Abc") && !is_bucket_name("a_c"));
        assert!(
            is_workflow_name("_a-B1") && !is_workflow_name("-a") && !is_workflow_name("") && !is_workflow_name("a b")
        );
    }
}
