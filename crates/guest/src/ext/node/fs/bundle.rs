//! `/bundle`: the worker's modules as files that are read only, under their names.
//!
//! A name is what comes after the root that a specifier begins with; no specifier is a path of the machine.

use std::rc::Rc;

use lopata_protocol::{BUNDLE_ROOT, ModuleDefinition, ModuleKind};

use super::path::FilePath;
use super::tree::{Directory, File, Node};

/// What specifiers begin with: those of a configuration, files that matched a module rule, bundles, and those of a
/// configuration under `new_module_registry`. The first that fits counts.
const ROOTS: [&str; 4] = [BUNDLE_ROOT, "lopata:/modules/", "file:///bundle/", "file:///"];

/// The directory, its entries in the order of the modules.
pub fn directory(modules: &[ModuleDefinition]) -> Rc<Directory> {
    let files = modules.iter().filter_map(|module| {
        let name = ROOTS.iter().find_map(|root| module.specifier.strip_prefix(root))?;
        let path = FilePath::new(&format!("/{name}")).ok()?;
        let names: Vec<String> = path.names().into_iter().map(str::to_string).collect();
        (!names.is_empty()).then(|| (names, file(&module.kind)))
    });
    folder(files.collect())
}

fn file(kind: &ModuleKind) -> Rc<File> {
    match kind {
        ModuleKind::JavaScript { code, .. } | ModuleKind::CommonJs { code, .. } => File::text(code.clone()),
        ModuleKind::Text(text) | ModuleKind::Json(text) => File::text(text.clone()),
        ModuleKind::Data(bytes) | ModuleKind::Wasm(bytes) => File::fixed(bytes.clone()),
    }
}

/// A directory of files, each with the names that lead to it.
fn folder(files: Vec<(Vec<String>, Rc<File>)>) -> Rc<Directory> {
    enum Row {
        File(Rc<File>),
        Folder(Vec<(Vec<String>, Rc<File>)>),
    }
    let mut rows: Vec<(String, Row)> = Vec::new();
    for (mut names, file) in files {
        let first = names.remove(0);
        let known = rows.iter_mut().find(|(name, _)| *name == first);
        match known {
            Some((_, Row::Folder(inner))) if !names.is_empty() => inner.push((names, file)),
            // A name that is a file and a folder is what it was first.
            Some(_) => {}
            None if names.is_empty() => rows.push((first, Row::File(file))),
            None => rows.push((first, Row::Folder(vec![(names, file)]))),
        }
    }
    Directory::fixed(rows.into_iter().map(|(name, row)| {
        let node = match row {
            Row::File(file) => Node::File(file),
            Row::Folder(inner) => Node::Directory(folder(inner)),
        };
        (name, node)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(specifiers: &[&str]) -> Vec<String> {
        let module = |specifier: &&str| {
            let kind = ModuleKind::Text(specifier.to_string().into());
            ModuleDefinition { specifier: specifier.to_string(), kind, hash: [0; 32] }
        };
        let modules: Vec<_> = specifiers.iter().map(module).collect();
        names(&directory(&modules), "")
    }

    fn names(directory: &Directory, at: &str) -> Vec<String> {
        let rows = directory.list().into_iter();
        rows.flat_map(|(name, node)| match node {
            Node::Directory(inner) => names(&inner, &format!("{at}{name}/")),
            _ => vec![format!("{at}{name}")],
        })
        .collect()
    }

    #[test]
    fn modules_of_a_configuration_have_their_names() {
        assert_eq!(
            listed(&["bundle:///dir/x.js", "bundle:///y.js", "bundle:///dir/z/w"]),
            ["dir/x.js", "dir/z/w", "y.js"]
        );
        assert_eq!(listed(&["file:///worker", "file:///dir/x.js"]), ["worker", "dir/x.js"]);
        assert_eq!(listed(&["bundle:///a", "bundle:///a/b"]), ["a"]);
    }

    #[test]
    fn a_bundle_and_its_files_lie_side_by_side() {
        let modules = ["file:///bundle/index.js", "file:///bundle/lib/x.js", "lopata:/modules/0bb1-data.txt"];
        assert_eq!(listed(&modules), ["index.js", "lib/x.js", "0bb1-data.txt"]);
    }
}
