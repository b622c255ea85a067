//! The files of one isolate, as scripts ask for them: by path, or by descriptor.
//!
//! Owns the view of each event (its `/tmp`, its working directory) and the table of descriptors, which all events share.
//! Each method is one call of production's file system and throws what that throws: which code, which text, which path
//! (often only a name) differs from call to call, and is production's.
//!
//! Invariant: nothing here reaches the machine. `/bundle` is the worker's modules, `/tmp` is memory.

use std::collections::HashMap;
use std::rc::Rc;

use super::error::{Code, FsError, Thrown};
use super::listing::{self, Entry};
use super::path::{FilePath, joined, names};
use super::tree::{Account, Device, Directory, File, Followed, Kind, Link, Node, Open, Read, Share, Stat};

/// What a call comes to.
pub type Called<T> = Result<T, Thrown>;

/// Positions that a call can name end here.
const POSITION_MAX: f64 = u32::MAX as f64;

/// The files of one isolate.
pub struct Files {
    account: Account,
    bundle: Rc<Directory>,
    devices: Rc<Directory>,
    /// What each event sees, by a number of its own. 0 is for code that runs for no event.
    views: HashMap<u32, View>,
    next_view: u32,
    descriptors: HashMap<i32, Descriptor>,
    next_descriptor: i32,
    /// How many temporary directories there were.
    temporary: u32,
    /// How many nodes have a number.
    numbered: u32,
}

/// What one event, or one object, sees.
struct View {
    root: Rc<Directory>,
    directory: Vec<String>,
}

/// Something that is open.
struct Descriptor {
    node: Node,
    read: bool,
    write: bool,
    append: bool,
    position: usize,
    _share: Option<Share>,
}

/// How something is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenFlags {
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub exclusive: bool,
}

/// How a tree is copied.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyFlags {
    pub dereference: bool,
    pub recursive: bool,
    pub force: bool,
    pub error_on_exist: bool,
}

impl Files {
    /// Files with these modules as `/bundle`: names and contents.
    pub fn new(bundle: Rc<Directory>) -> Self {
        let device = |name: &str, device| (name.to_string(), Node::File(File::device(device)));
        let devices = Directory::fixed([
            device("null", Device::Null),
            device("zero", Device::Zero),
            device("full", Device::Full),
            device("random", Device::Random),
        ]);
        let stdio = || Descriptor {
            node: Node::File(File::device(Device::Stdio)),
            read: true,
            write: true,
            append: true,
            position: 0,
            _share: None,
        };
        let account = Account::default();
        Self {
            account,
            bundle,
            devices,
            views: HashMap::new(),
            next_view: 1,
            descriptors: (0..=2).map(|number| (number, stdio())).collect(),
            next_descriptor: 3,
            temporary: 0,
            numbered: 0,
        }
    }

    /// A view for an event that begins to look at files.
    pub fn open_view(&mut self) -> u32 {
        let view = self.next_view;
        self.next_view += 1;
        view
    }

    /// The event is over, and what it has written is gone but for what is open.
    pub fn close_view(&mut self, view: u32) {
        self.views.remove(&view);
    }

    fn view(&mut self, view: u32) -> &mut View {
        let (account, bundle, devices) = (&self.account, &self.bundle, &self.devices);
        self.views.entry(view).or_insert_with(|| {
            let temporary = Directory::new(account).unwrap_or_else(|_| Directory::fixed([]));
            let rows = [("bundle", bundle.clone()), ("tmp", temporary), ("dev", devices.clone())];
            let rows = rows.map(|(name, directory)| (name.to_string(), Node::Directory(directory)));
            View { root: Directory::fixed(rows), directory: vec!["bundle".to_string()] }
        })
    }

    /// The root that a view has.
    pub(super) fn root(&mut self, view: u32) -> Rc<Directory> {
        self.view(view).root.clone()
    }

    fn find(&mut self, view: u32, names: &[&str], follow: bool) -> Result<Option<Node>, FsError> {
        let root = self.root(view);
        root.open(&root, names, Open { create: None, follow }, &mut Followed::default())
    }

    fn descriptor(&mut self, fd: i32, syscall: &'static str) -> Called<&mut Descriptor> {
        self.descriptors.get_mut(&fd).ok_or_else(|| Thrown::system(Code::Badf, syscall))
    }

    /// The working directory.
    pub fn directory(&mut self, view: u32) -> String {
        let view = self.view(view);
        joined(&view.directory.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Makes another directory the working one. Unlike other calls it takes names as they are, escapes and all.
    pub fn change_directory(&mut self, view: u32, path: &str) -> Called<()> {
        let refuse = |code: Code, path: &str| Thrown::system(code, "chdir").about(path);
        if path.is_empty() {
            return Err(refuse(Code::NoEnt, ""));
        }
        if path.len() > 4096 {
            return Err(refuse(Code::NameTooLong, path));
        }
        let mut target: Vec<String> =
            if path.starts_with('/') { Vec::new() } else { self.view(view).directory.clone() };
        for name in names(path) {
            match name {
                "." => {}
                ".." => {
                    target.pop();
                }
                name => target.push(name.to_string()),
            }
        }
        let names: Vec<&str> = target.iter().map(String::as_str).collect();
        let shown = names.join("/");
        match self.find(view, &names, true) {
            Ok(Some(Node::Directory(_))) => {}
            Ok(Some(_)) => return Err(refuse(Code::NotDir, &shown)),
            Ok(None) | Err(_) => return Err(refuse(Code::NoEnt, &shown)),
        }
        self.view(view).directory = target;
        Ok(())
    }

    /// What is known of a path; nothing if it leads nowhere.
    pub fn stat(&mut self, view: u32, path: &FilePath, follow: bool) -> Called<Option<Stat>> {
        let node = self.find(view, &path.names(), follow).map_err(|error| error.by("stat"))?;
        Ok(node.map(|node| node.stat()))
    }

    /// What is known of a descriptor.
    pub fn stat_open(&mut self, fd: i32) -> Called<Stat> {
        Ok(self.descriptor(fd, "fstat")?.node.stat())
    }

    /// Says when a path was last changed.
    pub fn touch(&mut self, view: u32, path: &FilePath, follow: bool, ms: f64) -> Called<()> {
        match self.find(view, &path.names(), follow).map_err(|error| error.by("futimes"))? {
            Some(Node::File(file)) => file.touch(ms).map_err(|error| error.by("futimes")),
            Some(Node::Directory(_) | Node::Link(_)) => Ok(()),
            None => Err(Thrown::system(Code::NoEnt, "utimes").about(path.text())),
        }
    }

    /// Says when a descriptor was last changed.
    pub fn touch_open(&mut self, fd: i32, ms: f64) -> Called<()> {
        match &self.descriptor(fd, "futimes")?.node {
            Node::File(file) => file.touch(ms).map_err(|error| error.by("futimes")),
            Node::Directory(_) | Node::Link(_) => Ok(()),
        }
    }

    /// Cuts a path off.
    pub fn truncate(&mut self, view: u32, path: &FilePath, size: usize) -> Called<()> {
        match self.find(view, &path.names(), true).map_err(|error| error.by("ftruncate"))? {
            Some(node) => resize(&node, size),
            None => Err(Thrown::system(Code::NoEnt, "ftruncate").about(path.text())),
        }
    }

    /// Cuts a descriptor off.
    pub fn truncate_open(&mut self, fd: i32, size: usize) -> Called<()> {
        resize(&self.descriptor(fd, "ftruncate")?.node, size)
    }

    /// Where a link leads. What is none leads to itself, unless only a link will do.
    pub fn read_link(&mut self, view: u32, path: &FilePath, only_link: bool) -> Called<String> {
        let node = self.find(view, &path.names(), false);
        match node.map_err(|error| error.by_about("readlink", path.text()))? {
            Some(Node::Link(link)) => Ok(joined(&link.target.iter().map(String::as_str).collect::<Vec<_>>())),
            Some(_) if only_link => Err(Thrown::system(Code::Inval, "readlink")),
            Some(_) => Ok(joined(&path.names())),
            None => Err(Thrown::system(Code::NoEnt, "readlink").about(path.text())),
        }
    }

    /// Makes a link at `at`.
    pub fn link(&mut self, view: u32, at: &FilePath, target: &FilePath, symbolic: bool) -> Called<()> {
        let by = |error: FsError| error.by("link");
        if self.find(view, &at.names(), true).map_err(by)?.is_some() {
            return Err(Thrown::system(Code::Exist, "link").saying("File already exists"));
        }
        let (parent, name) = at.split();
        if name.is_empty() {
            return Err(Thrown::system(Code::Inval, "link").saying("Invalid filename"));
        }
        // Without a parent, production names the target.
        let missing = |text: &str| Thrown::system(Code::NoEnt, "link").saying(text).about(target.text());
        let parent = match self.find(view, &parent, true) {
            Ok(Some(Node::Directory(directory))) => directory,
            Ok(None) => return Err(missing("Directory does not exist")),
            Ok(Some(_)) | Err(_) => return Err(Thrown::system(Code::Inval, "link").saying("Not a directory")),
        };
        if symbolic {
            let link = Link::new(&self.account, &target.names()).map_err(by)?;
            return parent.add(name, Node::Link(link)).map_err(by);
        }
        match self.find(view, &target.names(), false).map_err(by)? {
            Some(Node::Directory(_)) => {
                Err(Thrown::system(Code::Perm, "link").saying("Cannot hardlink to a directory"))
            }
            Some(node) => parent.add(name, node).map_err(by),
            None => Err(missing("File not found")),
        }
    }

    /// Removes what is no directory.
    pub fn unlink(&mut self, view: u32, path: &FilePath) -> Called<()> {
        let by = |error: FsError| error.by("unlink");
        let (parent, name) = path.split();
        let missing = || Thrown::system(Code::NoEnt, "unlink").saying("File not found").about(name);
        let parent = match self.find(view, &parent, true) {
            Ok(Some(Node::Directory(directory))) => directory,
            Ok(None) => return Err(missing()),
            Ok(Some(_)) | Err(_) => {
                return Err(Thrown::system(Code::NotDir, "unlink").saying("Parent path is not a directory"));
            }
        };
        if name.is_empty() {
            return Err(FsError::InvalidPath.by("unlink"));
        }
        let root = self.root(view);
        match parent.stat_of(&root, &[name], &mut Followed::default()).map_err(by)? {
            Some(Stat { kind: Kind::Directory, .. }) => {
                return Err(Thrown::system(Code::IsDir, "unlink").saying("Cannot unlink a directory"));
            }
            Some(_) => {}
            None => return Err(missing()),
        }
        parent.remove(name, false).map(drop).map_err(by)
    }

    /// Opens a path. As in production, a file that is not there is made, whatever the flags, with all that it lies in;
    /// and one that is there keeps what it has.
    pub fn open(&mut self, view: u32, path: &FilePath, flags: OpenFlags) -> Called<i32> {
        self.open_node(view, path, flags).map_err(|error| error.by("open"))
    }

    fn open_node(&mut self, view: u32, path: &FilePath, flags: OpenFlags) -> Result<i32, FsError> {
        let root = self.root(view);
        let names = path.names();
        if flags.exclusive && flags.write && root.stat_of(&root, &names, &mut Followed::default())?.is_some() {
            return Err(FsError::AlreadyExists);
        }
        let number = self.next_descriptor;
        let next = number.checked_add(1).ok_or(FsError::TooManyOpenFiles)?;
        let share = self.account.share(128).map_err(|_| FsError::TooManyOpenFiles)?;
        let how = Open { create: Some(Kind::File), follow: true };
        let node = root.open(&root, &names, how, &mut Followed::default())?.ok_or(FsError::Failed)?;
        match &node {
            Node::Directory(_) if flags.write => return Err(FsError::IsDirectory),
            node if flags.write && !node.stat().writable => return Err(FsError::NotPermitted),
            _ => {}
        }
        let OpenFlags { read, write, append, .. } = flags;
        self.next_descriptor = next;
        let descriptor = Descriptor { node, read, write, append, position: 0, _share: Some(share) };
        self.descriptors.insert(number, descriptor);
        Ok(number)
    }

    /// Closes a descriptor, if it is open. Those of standard input and output stay.
    pub fn close(&mut self, fd: i32) {
        if fd > 2 {
            self.descriptors.remove(&fd);
        }
    }

    /// Reads; without a position from where the last read ended.
    pub fn read(&mut self, fd: i32, buffer: &mut [u8], position: Option<f64>) -> Called<Read> {
        let open = self.descriptor(fd, "read")?;
        if !open.read {
            return Err(Thrown::system(Code::Badf, "read"));
        }
        let Node::File(file) = &open.node else { return Err(no_file(&open.node, "read")) };
        let read = file.read(position_of(position, open.position, "read")?, buffer);
        if position.is_none() {
            open.position += match read {
                Read::Bytes(count) => count,
                Read::Random => buffer.len(),
            };
        }
        Ok(read)
    }

    /// Writes; without a position where the last write ended, and at the end if that is what it was opened for. That a
    /// descriptor was opened for reading only stops nobody, as in production.
    pub fn write(&mut self, fd: i32, data: &[u8], position: Option<f64>) -> Called<usize> {
        let open = self.descriptor(fd, "write")?;
        let Node::File(file) = &open.node else { return Err(no_file(&open.node, "write")) };
        let at = match open.append {
            true => file.stat().size,
            false => position_of(position, open.position, "write")?,
        };
        let written = file.write(at, data).map_err(|error| error.by("write"))?;
        if position.is_none() && !open.append {
            open.position += written;
        }
        Ok(written)
    }

    /// The file behind a path, to be read whole.
    pub fn whole(&mut self, view: u32, path: &FilePath, syscall: &'static str) -> Called<Rc<File>> {
        match self.find(view, &path.names(), true).map_err(|error| error.by(syscall))? {
            Some(Node::File(file)) => Ok(file),
            Some(node) => Err(no_file(&node, syscall)),
            None => Err(Thrown::system(Code::NoEnt, syscall).about(path.text())),
        }
    }

    /// The file behind a descriptor, to be read whole, wherever the last read ended.
    pub fn whole_open(&mut self, fd: i32) -> Called<Rc<File>> {
        let open = self.descriptor(fd, "fread")?;
        match &open.node {
            Node::File(file) if open.read => {
                open.position = file.stat().size;
                Ok(file.clone())
            }
            _ => Err(Thrown::system(Code::Badf, "fread")),
        }
    }

    /// Makes a file what `data` is, or adds it.
    pub fn write_all(
        &mut self,
        view: u32,
        path: &FilePath,
        data: &[u8],
        append: bool,
        exclusive: bool,
    ) -> Called<usize> {
        let by = |error: FsError| error.by("writeAll");
        let found = self.find(view, &path.names(), true);
        // That it is there counts for more than that it cannot be followed.
        if exclusive && !matches!(found, Ok(None)) {
            return Err(Thrown::system(Code::Exist, "writeAll"));
        }
        match found.map_err(by)? {
            Some(Node::File(file)) => return write_whole(&file, data, append, "writeAll"),
            Some(node) => return Err(no_file(&node, "writeAll")),
            None => {}
        }
        let (parent, name) = path.split();
        match self.find(view, &parent, true).map_err(by)? {
            Some(Node::Directory(directory)) => {
                if !directory.stat().writable {
                    return Err(FsError::ReadOnly.by("writeAll"));
                }
                let file = File::new(&self.account, data.to_vec()).map_err(by)?;
                directory.add(name, Node::File(file)).map_err(by)?;
                Ok(data.len())
            }
            Some(_) => Err(Thrown::system(Code::NotDir, "writeAll")),
            None => Err(Thrown::system(Code::NoEnt, "writeAll").about(path.text())),
        }
    }

    /// Makes the file behind a descriptor what `data` is, or adds it.
    pub fn write_all_open(&mut self, fd: i32, data: &[u8], append: bool) -> Called<usize> {
        let open = self.descriptor(fd, "fwrite")?;
        let file = match &open.node {
            Node::File(file) if open.write => file.clone(),
            _ => return Err(Thrown::system(Code::Badf, "fwrite")),
        };
        if !file.stat().writable {
            return Err(Thrown::system(Code::Perm, "fwrite"));
        }
        let written = match append || open.append {
            true => file.write(file.stat().size, data).map_err(|error| error.by("write")),
            false => file.write_all(data).map_err(|error| error.by("fwriteAll")),
        };
        open.position = file.stat().size;
        written
    }

    /// Moves or copies a file to a path where nothing is.
    pub fn rename_or_copy(&mut self, view: u32, from: &FilePath, to: &FilePath, copy: bool) -> Called<()> {
        let call = if copy { "copy" } else { "rename" };
        let by = |error: FsError| error.by(call);
        if self.find(view, &to.names(), true).map_err(|error| error.by("rename"))?.is_some() {
            return Err(Thrown::system(Code::Exist, call));
        }
        let (to_parent, to_name) = to.split();
        let destination = self.parent(view, &to_parent, to_name, call)?;
        let (from_parent, from_name) = from.split();
        let source_parent = match copy {
            true => None,
            false => {
                let parent = self.parent(view, &from_parent, from_name, call)?;
                if !parent.stat().writable {
                    return Err(Thrown::system(Code::Perm, call));
                }
                Some(parent)
            }
        };
        match self.find(view, &from.names(), true).map_err(by)? {
            Some(Node::File(file)) => {
                let file = match copy {
                    true => file.copy(&self.account).map_err(|error| error.by("cp"))?,
                    false => file,
                };
                destination.add(to_name, Node::File(file)).map_err(by)?;
            }
            Some(Node::Directory(_)) if copy => return Err(Thrown::system(Code::IsDir, call)),
            // Production loses a directory that is renamed: it is gone from where it was, and does not come to where it
            // was to be. Whoever relies on it shall see that here and not there.
            Some(Node::Directory(_)) if destination.stat().writable => {}
            Some(Node::Directory(_)) => return Err(Thrown::system(Code::Perm, call)),
            Some(Node::Link(link)) => destination.add(to_name, Node::Link(link)).map_err(by)?,
            None => return Err(Thrown::system(Code::NoEnt, call).about(from.text())),
        }
        match source_parent {
            Some(parent) => parent.remove(from_name, true).map(drop).map_err(|error| error.by("rename")),
            None => Ok(()),
        }
    }

    /// The directory that something of that name lies in.
    fn parent(&mut self, view: u32, names: &[&str], name: &str, call: &'static str) -> Called<Rc<Directory>> {
        match self.find(view, names, true).map_err(|error| error.by(call))? {
            Some(Node::Directory(directory)) => Ok(directory),
            Some(_) => Err(Thrown::system(Code::NotDir, call)),
            None => Err(Thrown::system(Code::NoEnt, call).about(name)),
        }
    }

    /// Makes a directory; with `recursive` also those that it lies in, and tells the first of those.
    pub fn make_directory(&mut self, view: u32, path: &FilePath, recursive: bool) -> Called<Option<String>> {
        let by = |error: FsError| error.by("mkdir");
        if let Some(node) = self.find(view, &path.names(), false).map_err(by)? {
            return match node {
                Node::Directory(_) => Ok(None),
                Node::File(_) | Node::Link(_) => Err(Thrown::system(Code::Exist, "mkdir")),
            };
        }
        if recursive {
            return self.make_directories(view, &path.names());
        }
        let (directory, name) = self.directory_for(view, path)?;
        directory.add(name, Node::Directory(Directory::new(&self.account).map_err(by)?)).map_err(by)?;
        Ok(None)
    }

    /// The directory in which one is to be made, and its name.
    fn directory_for<'a>(&mut self, view: u32, path: &'a FilePath) -> Called<(Rc<Directory>, &'a str)> {
        let (parent, name) = path.split();
        match self.find(view, &parent, true).map_err(|error| error.by_about("mkdir", name))? {
            Some(Node::Directory(directory)) if directory.stat().writable => Ok((directory, name)),
            Some(Node::Directory(_)) => Err(Thrown::system(Code::Perm, "mkdir")),
            Some(_) => Err(Thrown::system(Code::NotDir, "mkdir")),
            None => Err(Thrown::system(Code::NoEnt, "mkdir").about(name)),
        }
    }

    fn make_directories(&mut self, view: u32, names: &[&str]) -> Called<Option<String>> {
        let by = |error: FsError| error.by("mkdir");
        let Some((last, between)) = names.split_last() else { return Ok(None) };
        let root = self.root(view);
        let mut current = root.clone();
        let mut first = None;
        for (index, name) in between.iter().enumerate() {
            match current.open(&root, &[name], Open::FOLLOW, &mut Followed::default()).map_err(by)? {
                Some(Node::Directory(directory)) => current = directory,
                Some(_) => return Err(Thrown::system(Code::NotDir, "mkdir")),
                None => {
                    if !current.stat().writable {
                        return Err(Thrown::system(Code::Perm, "mkdir"));
                    }
                    let made = Directory::new(&self.account).map_err(by)?;
                    current.add(name, Node::Directory(made.clone())).map_err(by)?;
                    current = made;
                    first.get_or_insert_with(|| joined(&names[..=index]));
                }
            }
        }
        current.add(last, Node::Directory(Directory::new(&self.account).map_err(by)?)).map_err(by)?;
        Ok(first)
    }

    /// Makes a directory whose name begins like the path and is new, and tells its path. If the path itself is a
    /// directory, nothing is made.
    pub fn make_temporary(&mut self, view: u32, path: &FilePath) -> Called<Option<String>> {
        let by = |error: FsError| error.by("mkdir");
        if let Some(node) = self.find(view, &path.names(), false).map_err(by)? {
            return match node {
                Node::Directory(_) => Ok(None),
                Node::File(_) | Node::Link(_) => Err(Thrown::system(Code::Exist, "mkdir")),
            };
        }
        let (directory, name) = self.directory_for(view, path)?;
        let Some(next) = self.temporary.checked_add(1) else {
            let text = "Too many temporary directories created";
            return Err(Thrown::system(Code::Perm, "mkdir").saying(text));
        };
        let name = format!("{name}{}", self.temporary);
        self.temporary = next;
        directory.add(&name, Node::Directory(Directory::new(&self.account).map_err(by)?)).map_err(by)?;
        Ok(Some(format!("{}{name}", path.base())))
    }

    /// Removes a path. That there is nothing is no error, unless it is to be a directory.
    pub fn remove(&mut self, view: u32, path: &FilePath, recursive: bool, only_directory: bool) -> Called<()> {
        let by = |error: FsError| error.by("rm");
        let (parent, name) = path.split();
        let parent = match self.find(view, &parent, true) {
            Ok(Some(Node::Directory(directory))) => directory,
            Ok(None) => return Err(Thrown::system(Code::NoEnt, "rm").about(name)),
            Ok(Some(_)) | Err(_) => return Err(Thrown::system(Code::NotDir, "rm").about(name)),
        };
        if !parent.stat().writable {
            return Err(Thrown::system(Code::Perm, "rm"));
        }
        if name.is_empty() {
            return Err(FsError::InvalidPath.by("rm"));
        }
        if only_directory {
            let root = self.root(view);
            match parent.stat_of(&root, &[name], &mut Followed::default()).map_err(by)? {
                Some(Stat { kind: Kind::Directory, .. }) => {}
                Some(_) => return Err(Thrown::system(Code::NotDir, "rm")),
                None => return Err(Thrown::system(Code::NoEnt, "rm").about(name)),
            }
        }
        parent.remove(name, recursive).map(drop).map_err(|error| error.by_about("rm", name))
    }

    /// The entries of a directory, and with `recursive` of those in it, by links also.
    pub fn list(&mut self, view: u32, path: &FilePath, recursive: bool) -> Called<Vec<Entry>> {
        let names = path.names();
        let found = self.find(view, &names, false);
        let directory = match found.map_err(|error| error.by_about("readdir", path.text()))? {
            Some(Node::Directory(directory)) => directory,
            Some(Node::File(_)) => return Err(Thrown::system(Code::NotDir, "readdir").about(path.text())),
            Some(Node::Link(_)) => return Err(Thrown::system(Code::Inval, "readdir").about(path.text())),
            None => return Err(Thrown::system(Code::NoEnt, "readdir").about(path.text())),
        };
        let root = self.root(view);
        listing::list(&root, &directory, &names.join("/"), recursive).map_err(|error| error.by("readdir"))
    }

    /// The number of a node, which no other one of the isolate has had.
    pub(super) fn number_of(&mut self, node: &Node) -> u32 {
        let number = match node {
            Node::Directory(directory) => &directory.number,
            Node::File(file) => &file.number,
            Node::Link(_) => return 0,
        };
        if number.get() == 0 {
            self.numbered += 1;
            number.set(self.numbered);
        }
        number.get()
    }

    /// Copies a tree.
    pub fn copy(&mut self, view: u32, from: &FilePath, to: &FilePath, flags: CopyFlags) -> Called<()> {
        let root = self.root(view);
        super::copy::copy(&self.account, &root, from, to, flags)
    }
}

fn position_of(given: Option<f64>, own: usize, syscall: &'static str) -> Called<usize> {
    match given {
        None => Ok(own),
        Some(position) if position <= POSITION_MAX => Ok(position as usize),
        Some(_) => Err(Thrown::system(Code::Inval, syscall).saying("position out of range")),
    }
}

/// What is thrown where a file is meant and there is something else.
fn no_file(node: &Node, syscall: &'static str) -> Thrown {
    match node {
        Node::Directory(_) => Thrown::system(Code::IsDir, syscall),
        Node::File(_) | Node::Link(_) => Thrown::system(Code::Inval, syscall),
    }
}

fn resize(node: &Node, size: usize) -> Called<()> {
    match node {
        Node::File(file) => file.resize(size).map_err(|error| error.by("ftruncate")),
        node => Err(no_file(node, "ftruncate")),
    }
}

fn write_whole(file: &File, data: &[u8], append: bool, syscall: &'static str) -> Called<usize> {
    let stat = file.stat();
    if !stat.writable {
        return Err(Thrown::system(Code::Perm, syscall));
    }
    let written = if append { file.write(stat.size, data) } else { file.write_all(data) };
    written.map_err(|error| error.by(syscall))
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
