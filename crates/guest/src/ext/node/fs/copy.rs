//! `cp`: a file, a link or a tree to another place.
//!
//! Which combination of source and destination is refused how is production's, case by case.

use std::rc::Rc;

use super::error::{Code, FsError, Thrown};
use super::files::{Called, CopyFlags};
use super::path::FilePath;
use super::tree::{Account, Directory, File, Followed, Kind, Node, Open};

/// Trees deeper than this are not copied: what is deeper could not be named, and its end would exhaust the stack.
const DEPTH_MAX: usize = 128;

/// A copy as it goes on.
struct Copying<'a> {
    account: &'a Account,
    root: &'a Rc<Directory>,
    flags: CopyFlags,
}

fn by(error: FsError) -> Thrown {
    error.by("cp")
}

fn exists() -> Thrown {
    Thrown::coded("ERR_FS_CP_EEXIST", "File already exists")
}

/// Copies `from` to `to`.
pub fn copy(account: &Account, root: &Rc<Directory>, from: &FilePath, to: &FilePath, flags: CopyFlags) -> Called<()> {
    if from == to {
        return Err(Thrown::plain("Source and destination paths must not be the same"));
    }
    let copying = Copying { account, root, flags };
    let source = copying.find(from)?;
    let destination = copying.find(to)?;
    match source {
        None => Err(Thrown::system(Code::NoEnt, "cp").about(from.text())),
        Some(Node::File(file)) => copying.file(&file, destination, to),
        Some(Node::Directory(directory)) => copying.directory(&directory, destination, to),
        Some(link @ Node::Link(_)) => match destination {
            Some(Node::Directory(_)) => Err(Thrown::system(Code::NotDir, "cp")),
            Some(_) if !flags.force => copying.skip(),
            _ => copying.put(link, to),
        },
    }
}

impl Copying<'_> {
    fn find(&self, path: &FilePath) -> Called<Option<Node>> {
        let how = Open { create: None, follow: self.flags.dereference };
        self.root.open(self.root, &path.names(), how, &mut Followed::default()).map_err(by)
    }

    /// What is there stays, which may be an error.
    fn skip(&self) -> Called<()> {
        if self.flags.error_on_exist { Err(exists()) } else { Ok(()) }
    }

    fn file(&self, file: &Rc<File>, destination: Option<Node>, to: &FilePath) -> Called<()> {
        match destination {
            Some(Node::Directory(_)) => {
                Err(Thrown::coded("ERR_FS_CP_NON_DIR_TO_DIR", "Cannot copy non-directory to directory"))
            }
            Some(_) if !self.flags.force => self.skip(),
            _ => self.put(Node::File(file.copy(self.account).map_err(by)?), to),
        }
    }

    fn directory(&self, directory: &Rc<Directory>, destination: Option<Node>, to: &FilePath) -> Called<()> {
        if !self.flags.recursive {
            return Err(Thrown::coded("ERR_FS_EISDIR", "Expected a file but found a directory"));
        }
        match destination {
            Some(Node::File(_)) => {
                Err(Thrown::coded("ERR_FS_CP_DIR_TO_NON_DIR", "Cannot copy directory to non-directory"))
            }
            Some(Node::Link(_)) => Err(Thrown::system(Code::NotDir, "cp")),
            Some(Node::Directory(destination)) => self.entries(directory, &destination, 0),
            None => {
                let destination = self.made(&to.names())?;
                self.entries(directory, &destination, 0)
            }
        }
    }

    /// The directory of that path, made where it is not there.
    fn made(&self, names: &[&str]) -> Called<Rc<Directory>> {
        let how = Open { create: Some(Kind::Directory), follow: true };
        match self.root.open(self.root, names, how, &mut Followed::default()).map_err(by)? {
            Some(Node::Directory(directory)) => Ok(directory),
            Some(Node::File(_)) => Err(Thrown::system(Code::NotDir, "cp")),
            Some(Node::Link(_)) | None => Err(Thrown::system(Code::Inval, "cp")),
        }
    }

    /// Puts a node where the path leads, in place of what is there.
    fn put(&self, node: Node, to: &FilePath) -> Called<()> {
        let (parent, name) = to.split();
        let parent = self.made(&parent)?;
        if name.is_empty() {
            return Err(FsError::InvalidPath.by("cp"));
        }
        parent.remove(name, false).map_err(by)?;
        parent.add(name, node).map_err(by)
    }

    /// Copies what is in a directory to another one.
    fn entries(&self, from: &Rc<Directory>, to: &Rc<Directory>, depth: usize) -> Called<()> {
        if !to.stat().writable {
            return Err(Thrown::system(Code::Perm, "cp").saying("Destination directory is not writable"));
        }
        if Rc::ptr_eq(from, to) {
            let text = "Source and destination directories are the same";
            return Err(Thrown::system(Code::Inval, "cp").saying(text));
        }
        if depth > DEPTH_MAX {
            return Err(Thrown::system(Code::NameTooLong, "cp"));
        }
        // A directory that is copied into itself has no copy of the copy.
        let listed = from.list();
        for (name, node) in listed {
            let how = Open { create: None, follow: self.flags.dereference };
            let existing = to.open(self.root, &[&name], how, &mut Followed::default()).map_err(by)?;
            match (node, existing) {
                (Node::Directory(directory), None) => {
                    let made = Directory::new(self.account).map_err(by)?;
                    to.add(&name, Node::Directory(made.clone())).map_err(by)?;
                    self.entries(&directory, &made, depth + 1)?;
                }
                (Node::Directory(directory), Some(Node::Directory(there))) => {
                    self.entries(&directory, &there, depth + 1)?;
                }
                (Node::Directory(_), Some(Node::File(_))) => {
                    return Err(refused(Code::NotDir, "Cannot copy directory to file: ", &name));
                }
                (Node::Directory(_), Some(Node::Link(_))) => {
                    return Err(refused(Code::IsDir, "Cannot copy directory to symbolic link: ", &name));
                }
                (Node::File(_), Some(Node::Directory(_))) => {
                    return Err(refused(Code::IsDir, "Cannot copy file to directory: ", &name));
                }
                (Node::Link(_), Some(Node::Directory(_))) => {
                    return Err(refused(Code::IsDir, "Cannot copy link to directory: ", &name));
                }
                (node, existing) => self.entry(&name, node, existing.as_ref(), to)?,
            }
        }
        Ok(())
    }

    /// Copies a file or a link to where nothing is, or one of them.
    fn entry(&self, name: &str, node: Node, existing: Option<&Node>, to: &Directory) -> Called<()> {
        match (&node, existing) {
            (Node::File(file), Some(Node::File(there))) if Rc::ptr_eq(file, there) => return Ok(()),
            (Node::Link(link), Some(Node::Link(there))) if Rc::ptr_eq(link, there) => return Ok(()),
            (_, Some(_)) if self.flags.force => {
                to.remove(name, false).map_err(by)?;
            }
            (_, Some(_)) if self.flags.error_on_exist => {
                return Err(refused(Code::Exist, "Destination already exists: ", name));
            }
            (_, Some(_)) => return Ok(()),
            (_, None) => {}
        }
        let node = match node {
            Node::File(file) => Node::File(file.copy(self.account).map_err(by)?),
            node => node,
        };
        to.add(name, node).map_err(by)
    }
}

fn refused(code: Code, text: &str, name: &str) -> Thrown {
    Thrown::system(code, "cp").saying(format!("{text}{name}"))
}
