//! What rolldown reads: virtual modules, and the user's files with what is known about them.

use std::path::Path;

use rolldown_common::ModuleType;
use rolldown_common::side_effects::HookSideEffects;
use rolldown_plugin::{HookLoadArgs, HookLoadOutput, HookTransformArgs, HookTransformOutput, HookTransformOutputMap};
use rolldown_resolver::Resolver;

use super::error::{Diagnostic, Location};
use super::input_map;
use super::paths;
use super::plugin::{Shared, VIRTUAL_BYTES, VIRTUAL_FILE, VIRTUAL_JSON, VIRTUAL_PACKAGE, VIRTUAL_REQUIRE};
use super::required_names;

pub(super) fn load(shared: &Shared, resolver: &Resolver, args: &HookLoadArgs<'_>) -> Option<HookLoadOutput> {
    if let Some(name) = args.id.strip_prefix(VIRTUAL_REQUIRE) {
        return Some(module(format!(
            "import * as namespace from {name:?};\nconst value = \"default\" in namespace ? namespace.default : \
             namespace;\nexport {{ value as default, value as \"module.exports\" }};\n"
        )));
    }
    if let Some(name) = args.id.strip_prefix(VIRTUAL_PACKAGE) {
        // As its users know the package: the default export, with the others as properties.
        return Some(module(format!(
            "import * as namespace from {name:?};\nconst value = \"default\" in namespace ? namespace.default : {{}};\n\
             for (const [name, entry] of Object.entries(namespace)) {{\n  if (name !== \"default\") \
             Object.defineProperty(value, name, {{ value: entry, enumerable: true }});\n}}\nexport {{ value as default, \
             value as \"module.exports\" }};\n"
        )));
    }
    if let Some(name) = args.id.strip_prefix(VIRTUAL_FILE) {
        // No statement of its own, so it never counts for the execution order.
        return Some(module(match shared.script {
            true => format!("export default {name};\n"),
            false => {
                format!("import value from {name:?};\nexport {{ value as default, value as \"module.exports\" }};\n")
            }
        }));
    }
    if let Some(name) = args.id.strip_prefix(VIRTUAL_BYTES) {
        let bytes = |value: &str| format!("export default /* @__PURE__ */ new Uint8Array({value});\n");
        return Some(module(match shared.script {
            true => bytes(name),
            false => format!("import value from {name:?};\n{}", bytes("value")),
        }));
    }
    if let Some(path) = args.id.strip_prefix(VIRTUAL_JSON) {
        return read(shared, path, ModuleType::Json);
    }
    if args.id.starts_with('\0') || !Path::new(args.id).is_absolute() {
        return None;
    }
    file(shared, resolver, args)
}

fn module(code: String) -> HookLoadOutput {
    HookLoadOutput {
        code: code.into(),
        side_effects: Some(HookSideEffects::False),
        module_type: Some(ModuleType::Js),
        ..Default::default()
    }
}

fn file(shared: &Shared, resolver: &Resolver, args: &HookLoadArgs<'_>) -> Option<HookLoadOutput> {
    let clean = args.id.split('?').next().unwrap_or(args.id);
    let path = Path::new(clean);
    shared.found.lock().watch.files.insert(path.to_path_buf());
    let installed = paths::in_node_modules(clean);
    if !installed {
        // Asking makes it watched.
        shared.tsconfigs.for_file(resolver, path);
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
    // Reading here, on the task that parses next, spares a hop to a blocking thread per module.
    match extension.as_str() {
        "css" => Some(HookLoadOutput { module_type: Some(ModuleType::Empty), ..Default::default() }),
        "js" | "mjs" | "cjs" if !installed => {
            let mut output = read(shared, clean, ModuleType::Js)?;
            output.map = input_map::load(path, &output.code);
            Some(output)
        }
        "js" | "mjs" | "cjs" => read(shared, clean, ModuleType::Js),
        "ts" | "mts" | "cts" => read(shared, clean, ModuleType::Ts),
        "tsx" => read(shared, clean, ModuleType::Tsx),
        "jsx" => read(shared, clean, ModuleType::Jsx),
        "json" => read(shared, clean, ModuleType::Json),
        // Text by its extension, code without one: rolldown's own defaults.
        "txt" | "" => None,
        unknown => {
            let text =
                format!("No loader is configured for \".{unknown}\" files: {}", paths::relative(&shared.root, path));
            let location = importer_location(shared, args.id);
            shared.found.lock().errors.push(Diagnostic::new(text).at(location));
            // CommonJS, which may have any export: its importers have no errors of their own.
            Some(module("module.exports = {};\n".to_string()))
        }
    }
}

/// Reads a file as text; an unreadable one is left to rolldown, which says so.
fn read(shared: &Shared, path: &str, module_type: ModuleType) -> Option<HookLoadOutput> {
    shared.found.lock().watch.files.insert(path.into());
    let code = std::fs::read_to_string(path).ok()?;
    Some(HookLoadOutput { code: code.into(), module_type: Some(module_type), ..Default::default() })
}

fn importer_location(shared: &Shared, id: &str) -> Option<Location> {
    let importer = shared.found.lock().importers.get(id).cloned();
    importer.and_then(|(file, specifier)| Location::of_specifier(&file, &specifier))
}

/// Marks JavaScript that holds JSX, and files whose JSX settings are not the project's; settles names that would be
/// there twice.
pub(super) fn transform(
    shared: &Shared,
    resolver: &Resolver,
    args: &HookTransformArgs<'_>,
) -> Option<HookTransformOutput> {
    if args.id.starts_with('\0') {
        return None;
    }
    let holds_jsx = match args.module_type {
        ModuleType::Js => may_hold_jsx(args.code),
        ModuleType::Jsx | ModuleType::Tsx => true,
        _ => false,
    };
    let is_script = matches!(args.module_type, ModuleType::Js);
    let settled = is_script.then(|| required_names::settle(args.code)).flatten();
    if !holds_jsx {
        let (code, map) = (Some(settled?), HookTransformOutputMap::Null);
        return Some(HookTransformOutput { code, map, module_type: None, side_effects: None });
    }
    let jsx = shared.tsconfigs.jsx(resolver, Path::new(args.id));
    let code = match settled.as_deref().unwrap_or(args.code) {
        code if jsx != shared.jsx => Some(format!("{} {code}", jsx.pragma())),
        _ => settled,
    };
    let module_type = is_script.then_some(ModuleType::Jsx);
    Some(HookTransformOutput { code, map: HookTransformOutputMap::Null, module_type, side_effects: None })
}

/// Whether a text can hold JSX: every element has a `</` or a `/>`. Parsing all JavaScript as JSX would send
/// it through a transform that most of it does not need.
fn may_hold_jsx(code: &str) -> bool {
    code.contains("</") || code.contains("/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jsx_is_suspected_where_it_can_be() {
        for (code, expected) in [
            ("const a = <div>x</div>", true),
            ("const a = <br/>", true),
            ("const a = <></>", true),
            ("a < b && c > d", false),
            ("x = a / b", false),
        ] {
            assert_eq!(may_hold_jsx(code), expected, "{code}");
        }
    }
}
