//! Ops of the web's file system (`enable_web_file_system`): the same tree, with its own words for what goes wrong.
//!
//! A handle is a path, as in production; each op looks it up anew.

use std::rc::Rc;

use deno_core::{OpState, op2};

use super::error::FsError;
use super::path::FilePath;
use super::tree::{Directory, File, Followed, Kind, Node, Open};
use super::{state_of, wait};

/// What an op comes to, or the name and the text of an exception.
type Reply<T> = (Option<T>, Option<(&'static str, &'static str)>);

/// The exception for what is not there.
const NOT_FOUND: (&str, &str) = ("NotFoundError", "Not found");

type Tried<T> = Result<T, (&'static str, &'static str)>;

fn reply<T>(tried: Tried<T>) -> Reply<T> {
    match tried {
        Ok(value) => (Some(value), None),
        Err(exception) => (None, Some(exception)),
    }
}

fn refused(error: FsError) -> (&'static str, &'static str) {
    error.as_exception()
}

fn path_of(text: &str) -> Tried<FilePath> {
    FilePath::new(text).map_err(|_| refused(FsError::InvalidPath))
}

fn node_at(root: &Rc<Directory>, names: &[&str], create: Option<Kind>) -> Tried<Option<Node>> {
    root.open(root, names, Open { create, follow: true }, &mut Followed::default()).map_err(refused)
}

/// Looks for an entry of a directory: 1 for a file, 2 for a directory, 0 for nothing, -1 if the directory is not there
/// and -2 if it is none. `create`: 1 makes a file of what is not there, 2 a directory.
#[op2]
#[serde]
pub fn op_webfs_entry(state: &mut OpState, view: u32, #[string] path: &str, create: u32) -> Reply<i32> {
    let root = state_of(state).files.root(view);
    reply(path_of(path).and_then(|path| {
        let (parent, name) = path.split();
        let directory = match node_at(&root, &parent, None)? {
            Some(Node::Directory(directory)) => directory,
            Some(_) => return Ok(-2),
            None => return Ok(-1),
        };
        let create = match create {
            1 => Some(Kind::File),
            2 => Some(Kind::Directory),
            _ => None,
        };
        let how = Open { create, follow: true };
        Ok(match directory.open(&root, &[name], how, &mut Followed::default()).map_err(refused)? {
            Some(Node::File(_)) => 1,
            Some(Node::Directory(_)) => 2,
            Some(Node::Link(_)) | None => 0,
        })
    }))
}

/// The names in a directory, each with whether it is a directory; links count as what they lead to. Nothing and no
/// exception where nothing is.
#[op2]
#[serde]
pub fn op_webfs_list(state: &mut OpState, view: u32, #[string] path: &str) -> Reply<Vec<(String, bool)>> {
    let root = state_of(state).files.root(view);
    let listed = path_of(path).and_then(|path| match node_at(&root, &path.names(), None)? {
        Some(Node::Directory(directory)) => entries(&root, &directory).map(Some),
        Some(_) => Err(("TypeMismatchError", "Not a directory")),
        None => Ok(None),
    });
    match listed {
        Ok(entries) => (entries, None),
        Err(exception) => (None, Some(exception)),
    }
}

fn entries(root: &Rc<Directory>, directory: &Directory) -> Tried<Vec<(String, bool)>> {
    let mut entries = Vec::new();
    for (name, node) in directory.list() {
        let node = match node {
            Node::Link(link) => {
                let mut followed = Followed::default();
                let resolved = followed.note(&link).and_then(|()| link.resolve(root, &mut followed));
                resolved.map_err(|_| ("OperationError", "Symbolic link recursion detected"))?
            }
            node => Some(node),
        };
        match node {
            Some(Node::Directory(_)) => entries.push((name, true)),
            Some(Node::File(_)) => entries.push((name, false)),
            Some(Node::Link(_)) | None => {}
        }
    }
    Ok(entries)
}

/// Removes an entry; false if there is none.
#[op2]
#[serde]
pub fn op_webfs_remove(state: &mut OpState, view: u32, #[string] path: &str, recursive: bool) -> Reply<bool> {
    let root = state_of(state).files.root(view);
    reply(path_of(path).and_then(|path| {
        let (parent, name) = path.split();
        match node_at(&root, &parent, None)? {
            Some(Node::Directory(directory)) => directory.remove(name, recursive).map_err(refused),
            Some(_) => Err(("NotSupportedError", "Not a directory")),
            None => Err(NOT_FOUND),
        }
    }))
}

/// Size and date of a file, which the next `op_vfs_take` reads whole.
#[op2]
#[serde]
pub fn op_webfs_file(state: &mut OpState, view: u32, #[string] path: &str) -> Reply<(f64, f64)> {
    let state = state_of(state);
    let root = state.files.root(view);
    let file = path_of(path).and_then(|path| match node_at(&root, &path.names(), None)? {
        Some(Node::File(file)) => Ok(file),
        Some(_) => Err(("TypeMismatchError", "Is a directory")),
        None => Err(NOT_FOUND),
    });
    reply(file.map(|file| {
        let modified = file.stat().modified_ms;
        (wait(state, file), modified)
    }))
}

/// Puts bytes in the place of a file's, making it where it is not there.
#[op2]
#[serde]
pub fn op_webfs_replace(state: &mut OpState, view: u32, #[string] path: &str, #[buffer] data: &[u8]) -> Reply<bool> {
    let root = state_of(state).files.root(view);
    reply(path_of(path).and_then(|path| match node_at(&root, &path.names(), Some(Kind::File))? {
        Some(Node::File(file)) => replace(&file, data),
        Some(_) => Err(("TypeMismatchError", "Is a directory")),
        None => Err(("InvalidStateError", "Failed to open or create file")),
    }))
}

fn replace(file: &File, data: &[u8]) -> Tried<bool> {
    file.replace(data, 0.0).map(|()| true).map_err(refused)
}

/// A number that stands for what is at a path.
#[op2]
#[serde]
pub fn op_webfs_number(state: &mut OpState, view: u32, #[string] path: &str) -> Reply<u32> {
    let state = state_of(state);
    let root = state.files.root(view);
    let node = path_of(path).and_then(|path| node_at(&root, &path.names(), None)?.ok_or(NOT_FOUND));
    reply(node.map(|node| state.files.number_of(&node)))
}
