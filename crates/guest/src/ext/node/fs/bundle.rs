//! `/bundle`: the worker's modules as files that are read only, under their names.
//!
//! Of modules that are known by where they lie on the machine, only what comes after the folder that they share is seen.

use std::rc::Rc;

use lopata_protocol::{BUNDLE_ROOT, ModuleDefinition, ModuleKind};

use super::path::FilePath;
use super::tree::{Directory, File, Node};

/// The directory, its entries in the order of the modules.
pub fn directory(modules: &[ModuleDefinition]) -> Rc<Directory> {
    let shared = shared_folder(modules.iter().map(|module| module.specifier.as_str()));
    let files = modules.iter().filter_map(|module| {
        let name = match module.specifier.strip_prefix(BUNDLE_ROOT) {
            Some(name) => name,
            None => module.specifier.strip_prefix(shared)?,
        };
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

/// The longest folder, with a slash at its end, in which all of them lie.
fn shared_folder<'a>(mut specifiers: impl Iterator<Item = &'a str>) -> &'a str {
    let folder = |specifier: &'a str| specifier.rfind('/').map_or("", |at| &specifier[..=at]);
    let Some(first) = specifiers.next() else { return "" };
    specifiers.fold(folder(first), |shared, next| {
        let mut shared = shared;
        while !next.starts_with(shared) {
            shared = folder(&shared[..shared.len() - 1]);
        }
        shared
    })
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
    fn where_a_project_lies_is_not_seen() {
        assert_eq!(listed(&["file:///home/me/project/src/index.js"]), ["index.js"]);
        assert_eq!(
            listed(&["file:///home/me/project/src/index.js", "file:///home/me/project/data/a%20b.txt"]),
            ["src/index.js", "data/a%20b.txt"]
        );
    }
}
