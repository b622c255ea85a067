//! rolldown's diagnostics in the words and the shape that this module promises.

use std::path::Path;

use rolldown_error::{BuildDiagnostic, DiagnosticOptions, EventKind, Severity};

use super::builtins::{self, NodeMode};
use super::error::{Diagnostic, Location};
use super::paths;

const ALIAS_NOTE: &str = "To fix this, you can add an entry to \"alias\" in your Wrangler configuration.\nFor more \
                          guidance see: https://developers.cloudflare.com/workers/wrangler/configuration/#bundling-issues";

/// What a bundle's diagnostics amount to.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) errors: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Sorts diagnostics into errors and the warnings worth showing.
pub(super) fn sort(diagnostics: impl IntoIterator<Item = BuildDiagnostic>, root: &Path, node: NodeMode) -> Sorted {
    let mut sorted = Sorted::default();
    for diagnostic in diagnostics {
        // An import that leads nowhere is only a warning to rolldown, which leaves it in place; at run time
        // nothing could answer it.
        let unresolved = matches!(diagnostic.kind(), EventKind::UnresolvedImport | EventKind::UnresolvedEntry);
        if unresolved || diagnostic.severity() == Severity::Error {
            let converted = convert(&diagnostic, root, node);
            if !sorted.errors.contains(&converted) {
                sorted.errors.push(converted);
            }
        } else if is_worth_showing(diagnostic.kind()) {
            let converted = convert(&diagnostic, root, node);
            let installed = converted
                .location
                .as_ref()
                .is_some_and(|location| paths::in_node_modules(&location.file.to_string_lossy()));
            if !installed && !sorted.warnings.contains(&converted) {
                sorted.warnings.push(converted);
            }
        }
    }
    sorted
}

fn convert(diagnostic: &BuildDiagnostic, root: &Path, node: NodeMode) -> Diagnostic {
    let options = DiagnosticOptions { cwd: root.to_path_buf() };
    let message = diagnostic.to_message_with(&options);
    let location = diagnostic.to_diagnostic_with(&options).get_primary_location().map(|(file, line, column, _)| {
        let file = paths::normalize(&root.join(file));
        Location::read(&file, line as u32, column as u32 + 1, 1)
    });
    match (diagnostic.kind(), diagnostic.exporter()) {
        (EventKind::UnresolvedImport | EventKind::ResolveError, Some(specifier)) => {
            unresolved(&specifier, diagnostic, location, &options, node)
        }
        _ => Diagnostic::new(tidy(&message)).at(location),
    }
}

fn unresolved(
    specifier: &str,
    diagnostic: &BuildDiagnostic,
    location: Option<Location>,
    options: &DiagnosticOptions,
    node: NodeMode,
) -> Diagnostic {
    let location = location.map(|mut location| {
        location.length = specifier.encode_utf16().count() as u32 + 2;
        location
    });
    let out = Diagnostic::new(format!("Could not resolve \"{specifier}\"")).at(location);
    if matches!(diagnostic.kind(), EventKind::ResolveError) {
        // Why an installed package does not answer: an export that does not exist, say.
        let why = label_of(&diagnostic.to_diagnostic_with(options).to_string());
        return why.into_iter().fold(out, Diagnostic::note);
    }
    if builtins::is_node(specifier) {
        return out.note(of_node(specifier, node));
    }
    match specifier.starts_with('.') || specifier.starts_with('/') {
        true => out,
        false => out.note(ALIAS_NOTE),
    }
}

/// What is said of a module of Node that was asked for by a name that the worker's flags do not bring. Source: wrangler.
fn of_node(specifier: &str, node: NodeMode) -> String {
    let mut text = format!("The package \"{specifier}\" wasn't found on the file system but is built into node.");
    match node {
        NodeMode::None | NodeMode::AsyncLocalStorage => {
            text.push_str("\n- Add the \"nodejs_compat\" compatibility flag to your project.");
        }
        NodeMode::V1 if !specifier.starts_with("node:") => text.push_str(
            "\n- Make sure to prefix the module name with \"node:\" or update your compatibility_date to 2024-09-23 or \
             later.",
        ),
        NodeMode::V1 | NodeMode::V2 => {}
    }
    text
}

/// The text that rolldown puts beside the marked place, out of its rendered report.
fn label_of(report: &str) -> Option<String> {
    let line = report.lines().find(|line| line.contains('╰'))?;
    let label = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '"' && c != '\'').trim();
    (!label.is_empty()).then(|| label.to_string())
}

/// Messages that end with a dot or hold several lines read badly in one line with a position.
fn tidy(message: &str) -> String {
    message.trim().trim_end_matches('.').to_string()
}

/// Advice on how to call the bundler, and on habits that work all the same, is no news to a worker's author.
fn is_worth_showing(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Eval
            | EventKind::ImportIsUndefined
            | EventKind::CommonJsVariableInEsm
            | EventKind::ToleratedTransform
            | EventKind::CannotCallNamespace
            | EventKind::UnsupportedTsconfigOption
            | EventKind::DuplicateShebang
            | EventKind::NamespaceConflict
            | EventKind::MissingExportError
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let report = "[RESOLVE_ERROR] x\n   ╭─[ a.ts:1:1 ]\n 1 │ import 'x'\n   │        ─┬─  \n   │         ╰─── \"./y\" is not exported\n───╯";
        assert_eq!(label_of(report).as_deref(), Some("\"./y\" is not exported"));
        assert_eq!(label_of("nothing"), None);
    }
}
