//! `compatibility_flags`: what is wrong with the effective list, by the table of flags.
//!
//! The texts are production's. A flag that stands in a file is shown where it stands.

use lopata_protocol::compat::{self, FLAGS, Problem};

use super::diagnostics::Diagnostic;
use super::environments::Settings;
use super::suggest;
use super::tree::Node;
use super::validate::Checker;

/// Checks the flags of the command line, or else those of the file, for a worker of `date`.
pub fn flags(checker: &mut Checker<'_>, settings: &Settings<'_>, given: Option<&[String]>, date: &str) {
    let nodes = match given {
        Some(_) => &[],
        None => settings.get("compatibility_flags").and_then(Node::as_array).unwrap_or_default(),
    };
    // What is no text has been reported by its type.
    let nodes: Vec<(&str, &Node)> = nodes.iter().filter_map(|node| Some((node.as_str()?, node))).collect();
    let names = given.map_or_else(|| nodes.iter().map(|(name, _)| name.to_string()).collect(), <[String]>::to_vec);
    if ["nodejs_compat", "nodejs_compat_v2"].iter().all(|flag| names.iter().any(|name| name == flag)) {
        // Source: wrangler's text.
        let text = "The `nodejs_compat` and `nodejs_compat_v2` compatibility flags cannot be used in together. Please \
                    select just one.";
        let mut diagnostic = Diagnostic::error("bad-flag", text);
        if let Some((_, node)) = nodes.iter().find(|(name, _)| *name == "nodejs_compat_v2") {
            diagnostic = diagnostic.at(checker.file, node.range.clone(), "");
        }
        checker.found.push(diagnostic);
    }
    for problem in compat::resolve(date, &names).problems {
        let text = problem.to_string();
        let mut diagnostic = match problem.is_warning() {
            true => Diagnostic::warning("experimental-flag", text),
            false => Diagnostic::error("bad-flag", text),
        };
        diagnostic.help = help(&problem);
        if let Some((_, node)) = nodes.get(problem.index()) {
            diagnostic = diagnostic.at(checker.file, node.range.clone(), "");
        }
        checker.found.push(diagnostic);
    }
}

fn help(problem: &Problem) -> Option<String> {
    match problem {
        Problem::Unknown { name, .. } => {
            let known = FLAGS.iter().flat_map(|flag| [Some(flag.enable), flag.disable]).flatten();
            suggest::nearest(name, known).map(|nearest| format!("Did you mean \"{nearest}\"?"))
        }
        Problem::Contradictory { .. } => Some("Remove one of the two.".to_string()),
        Problem::Repeated { .. } | Problem::Experimental { .. } | Problem::Rejected { .. } => None,
    }
}
