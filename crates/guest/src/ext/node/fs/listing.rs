//! What is in a directory, also through links, which may lead anywhere and often.

use std::rc::Rc;

use super::error::FsError;
use super::tree::{Directory, Followed, Node};

/// An entry of a directory that was listed: name, path of the directory, kind by Node's number.
pub type Entry = (String, String, u32);

/// What is in `directory`, which has the path `path` without a slash in front; with all that is below if `recursive`.
pub fn list(
    root: &Rc<Directory>,
    directory: &Rc<Directory>,
    path: &str,
    recursive: bool,
) -> Result<Vec<Entry>, FsError> {
    let mut entries = Vec::new();
    Listing { root, recursive, entries: &mut entries }.add(directory, path, None, 0)?;
    Ok(entries)
}

/// A listing as it is made.
struct Listing<'a> {
    root: &'a Rc<Directory>,
    recursive: bool,
    entries: &'a mut Vec<Entry>,
}

/// Deeper than any path is long; trees that were copied into each other may be deeper.
const DEPTH_MAX: usize = 256;

/// Links to one directory list it as often as there are links: this many entries are listed at most.
const LISTED_MAX: usize = 1 << 20;

impl Listing<'_> {
    /// `path` has no slash in front.
    fn add(
        self,
        directory: &Rc<Directory>,
        path: &str,
        mut followed: Option<&mut Followed>,
        depth: usize,
    ) -> Result<(), FsError> {
        let Self { root, recursive, entries } = self;
        if depth > DEPTH_MAX {
            return Err(FsError::Failed);
        }
        for (key, node) in directory.list() {
            let below = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
            let kind = match &node {
                Node::File(file) if file.stat().device => 6,
                Node::File(_) => 1,
                Node::Directory(_) => 2,
                Node::Link(_) => 3,
            };
            let name = if recursive { below.clone() } else { key };
            if entries.len() == LISTED_MAX {
                return Err(FsError::NoSpace);
            }
            entries.push((name, format!("/{path}"), kind));
            if !recursive {
                continue;
            }
            let listing = Listing { root, recursive, entries: &mut *entries };
            match node {
                Node::File(_) => {}
                Node::Directory(inner) => listing.add(&inner, &below, followed.as_deref_mut(), depth + 1)?,
                Node::Link(link) => {
                    let mut own = Followed::default();
                    let followed = followed.as_deref_mut().unwrap_or(&mut own);
                    followed.note(&link)?;
                    if let Some(Node::Directory(inner)) = link.resolve(root, followed)? {
                        listing.add(&inner, &below, Some(followed), depth + 1)?;
                    }
                }
            }
        }
        Ok(())
    }
}
