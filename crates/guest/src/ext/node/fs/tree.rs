//! The tree of files: directories, files, links, devices.
//!
//! Owns what a node may do and what it refuses. Knows no descriptors, no paths but as lists of names, and nothing of who
//! asks: the root to start from is a parameter, because what `/tmp` is differs from event to event, and a link leads to
//! where its path leads from there.
//!
//! Invariants: a directory's entries are in the order in which they were added, except that the last one takes the place
//! of one that is removed, as in production. What is written takes of one account for all files, and gives back when
//! nobody knows the node any more.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use lopata_protocol::limits;

use super::error::FsError;

/// What all files of an isolate take, in bytes.
#[derive(Clone, Default)]
pub struct Account(Rc<Cell<usize>>);

/// A part of an account.
pub struct Share {
    account: Account,
    bytes: Cell<usize>,
}

/// What a node takes beside its bytes: about what its names and tables need.
const NODE_BYTES: usize = 256;

/// What a name in a directory counts beside its text, in bytes.
const ENTRY_BYTES: usize = 64;

impl Account {
    /// Takes a share.
    pub fn share(&self, bytes: usize) -> Result<Share, FsError> {
        let share = Share { account: self.clone(), bytes: Cell::new(0) };
        share.resize(bytes)?;
        Ok(share)
    }

    /// What all shares come to.
    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.0.get()
    }
}

impl Share {
    /// Makes it another size.
    fn resize(&self, bytes: usize) -> Result<(), FsError> {
        let others = self.account.0.get() - self.bytes.get();
        let total = others.saturating_add(bytes);
        if total > limits::FILES_BYTES_MAX {
            return Err(FsError::NoSpace);
        }
        self.account.0.set(total);
        self.bytes.set(bytes);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.account.0.set(self.account.0.get() - self.bytes.get());
    }
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// In bytes.
    pub size: usize,
    /// When it was last said to be changed, in milliseconds since 1970. Writing does not change it, as in production.
    pub modified_ms: f64,
    /// Whether it may be written.
    pub writable: bool,
    /// Whether it is a device.
    pub device: bool,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
    Link,
}

/// A node.
#[derive(Clone)]
pub enum Node {
    Directory(Rc<Directory>),
    File(Rc<File>),
    Link(Rc<Link>),
}

impl Node {
    /// What is known of it.
    pub fn stat(&self) -> Stat {
        match self {
            Self::Directory(directory) => directory.stat(),
            Self::File(file) => file.stat(),
            Self::Link(_) => Stat { kind: Kind::Link, size: 0, modified_ms: 0.0, writable: false, device: false },
        }
    }
}

/// The links that were followed on the way to a node. One that comes twice leads nowhere.
#[derive(Default)]
pub struct Followed(Vec<*const Link>);

/// Source: production's limit.
const LINKS_MAX: usize = 256;

impl Followed {
    /// Notes a link.
    pub fn note(&mut self, link: &Rc<Link>) -> Result<(), FsError> {
        let link = Rc::as_ptr(link);
        if self.0.contains(&link) || self.0.len() == LINKS_MAX {
            return Err(FsError::TooManyLinks);
        }
        self.0.push(link);
        Ok(())
    }
}

/// A symbolic link.
pub struct Link {
    /// The names of its target, from the root.
    pub target: Vec<String>,
    _share: Share,
}

impl Link {
    /// A link to a path.
    pub fn new(account: &Account, target: &[&str]) -> Result<Rc<Self>, FsError> {
        let _share = account.share(NODE_BYTES + target.iter().map(|name| ENTRY_BYTES + name.len()).sum::<usize>())?;
        Ok(Rc::new(Self { target: target.iter().map(ToString::to_string).collect(), _share }))
    }

    /// What it leads to.
    pub fn resolve(&self, root: &Rc<Directory>, followed: &mut Followed) -> Result<Option<Node>, FsError> {
        let names: Vec<&str> = self.target.iter().map(String::as_str).collect();
        root.open(root, &names, Open { create: None, follow: true }, followed)
    }
}

/// How a path is followed.
#[derive(Clone, Copy)]
pub struct Open {
    /// What is made where nothing is, with all that it lies in.
    pub create: Option<Kind>,
    /// Whether links are followed, those on the way as the last.
    pub follow: bool,
}

impl Open {
    /// To where links lead.
    pub const FOLLOW: Self = Self { create: None, follow: true };
}

/// A directory.
pub struct Directory {
    /// Whose account pays for what is added; none if nothing can be.
    account: Option<Account>,
    entries: RefCell<Entries>,
    /// A number of its own; 0 until somebody asks for it.
    pub number: Cell<u32>,
    _share: Option<Share>,
}

/// An entry, with what its name takes.
struct Row {
    name: String,
    node: Node,
    _share: Option<Share>,
}

#[derive(Default)]
struct Entries {
    rows: Vec<Row>,
    index: HashMap<String, usize>,
}

impl Entries {
    fn get(&self, name: &str) -> Option<&Node> {
        self.index.get(name).map(|row| &self.rows[*row].node)
    }

    fn insert(&mut self, name: &str, node: Node, account: Option<&Account>) -> Result<(), FsError> {
        let _share = account.map(|account| account.share(ENTRY_BYTES + 2 * name.len())).transpose()?;
        self.index.insert(name.to_string(), self.rows.len());
        self.rows.push(Row { name: name.to_string(), node, _share });
        Ok(())
    }

    fn remove(&mut self, name: &str) -> bool {
        let Some(row) = self.index.remove(name) else { return false };
        self.rows.swap_remove(row);
        if let Some(moved) = self.rows.get(row) {
            *self.index.get_mut(&moved.name).expect("a row is in the index") = row;
        }
        true
    }
}

impl Directory {
    /// One whose entries stay as they are.
    pub fn fixed(rows: impl IntoIterator<Item = (String, Node)>) -> Rc<Self> {
        let mut entries = Entries::default();
        for (name, node) in rows {
            if entries.get(&name).is_none() {
                entries.insert(&name, node, None).expect("nobody pays for it");
            }
        }
        Rc::new(Self { account: None, entries: RefCell::new(entries), number: Cell::new(0), _share: None })
    }

    /// An empty one that can be filled.
    pub fn new(account: &Account) -> Result<Rc<Self>, FsError> {
        let _share = Some(account.share(NODE_BYTES)?);
        Ok(Rc::new(Self { account: Some(account.clone()), entries: RefCell::default(), number: Cell::new(0), _share }))
    }

    /// What is known of it.
    pub fn stat(&self) -> Stat {
        let writable = self.account.is_some();
        Stat { kind: Kind::Directory, size: 0, modified_ms: 0.0, writable, device: false }
    }

    /// What is known of what a path leads to, links followed.
    pub fn stat_of(&self, root: &Rc<Self>, names: &[&str], followed: &mut Followed) -> Result<Option<Stat>, FsError> {
        let Some((first, rest)) = names.split_first() else { return Ok(Some(self.stat())) };
        let found = self.get(first);
        match found {
            Some(Node::File(file)) if rest.is_empty() => Ok(Some(file.stat())),
            Some(Node::Directory(directory)) => directory.stat_of(root, rest, followed),
            Some(Node::Link(link)) => {
                followed.note(&link)?;
                match link.resolve(root, followed)? {
                    Some(Node::Directory(directory)) => directory.stat_of(root, rest, followed),
                    Some(node) => Ok(Some(node.stat())),
                    None => Ok(None),
                }
            }
            Some(Node::File(_)) | None => Ok(None),
        }
    }

    /// An entry.
    pub fn get(&self, name: &str) -> Option<Node> {
        self.entries.borrow().get(name).cloned()
    }

    /// All entries.
    pub fn list(&self) -> Vec<(String, Node)> {
        self.entries.borrow().rows.iter().map(|row| (row.name.clone(), row.node.clone())).collect()
    }

    /// What a path leads to.
    pub fn open(
        self: &Rc<Self>,
        root: &Rc<Self>,
        names: &[&str],
        how: Open,
        followed: &mut Followed,
    ) -> Result<Option<Node>, FsError> {
        let Some((first, rest)) = names.split_first() else { return Ok(Some(Node::Directory(self.clone()))) };
        match self.get(first) {
            None => match how.create {
                Some(kind) => self.create(names, kind).map(Some),
                None => Ok(None),
            },
            Some(Node::Link(link)) if how.follow => {
                followed.note(&link)?;
                match link.resolve(root, followed)? {
                    Some(Node::Directory(directory)) if !rest.is_empty() => directory.open(root, rest, how, followed),
                    Some(_) if !rest.is_empty() => Ok(None),
                    resolved => Ok(resolved),
                }
            }
            Some(Node::Directory(directory)) if !rest.is_empty() => directory.open(root, rest, how, followed),
            Some(_) if !rest.is_empty() => Ok(None),
            Some(node) => Ok(Some(node)),
        }
    }

    /// Makes a file or a directory, with all directories between.
    fn create(&self, names: &[&str], kind: Kind) -> Result<Node, FsError> {
        let account = self.account.as_ref().ok_or(FsError::ReadOnly)?;
        let (first, rest) = names.split_first().ok_or(FsError::InvalidPath)?;
        let (entry, made) = if !rest.is_empty() {
            let between = Self::new(account)?;
            let made = between.create(rest, kind)?;
            (Node::Directory(between), made)
        } else {
            let node = match kind {
                Kind::File => Node::File(File::new(account, Vec::new())?),
                Kind::Directory => Node::Directory(Self::new(account)?),
                Kind::Link => return Err(FsError::NotPermitted),
            };
            (node.clone(), node)
        };
        self.entries.borrow_mut().insert(first, entry, self.account.as_ref())?;
        Ok(made)
    }

    /// Adds an entry of a new name.
    pub fn add(&self, name: &str, node: Node) -> Result<(), FsError> {
        if self.account.is_none() {
            return Err(FsError::NotPermitted);
        }
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(FsError::InvalidPath);
        }
        let mut entries = self.entries.borrow_mut();
        if entries.get(name).is_some() {
            return Err(FsError::AlreadyExists);
        }
        entries.insert(name, node, self.account.as_ref())
    }

    /// Removes an entry, if there is one; a directory only if it is empty, or else with all that is in it.
    pub fn remove(&self, name: &str, recursive: bool) -> Result<bool, FsError> {
        if self.account.is_none() {
            return Err(FsError::ReadOnly);
        }
        if let Some(Node::Directory(directory)) = self.get(name)
            && !recursive
            && !directory.entries.borrow().rows.is_empty()
        {
            return Err(FsError::NotEmpty);
        }
        // Nothing of what goes is dropped while the entries are borrowed.
        let gone = self.get(name);
        let removed = self.entries.borrow_mut().remove(name);
        drop(gone);
        Ok(removed)
    }
}

/// A file, or what looks like one.
pub struct File {
    content: Content,
    modified_ms: Cell<f64>,
    /// A number of its own; 0 until somebody asks for it.
    pub number: Cell<u32>,
}

enum Content {
    /// A module's bytes.
    Bytes(Bytes),
    /// A module's text.
    Text(Arc<str>),
    /// What was written.
    Written {
        bytes: RefCell<Vec<u8>>,
        share: Share,
    },
    Device(Device),
}

/// What is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Full,
    Null,
    Random,
    /// Standard input, output and error.
    Stdio,
    Zero,
}

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes.
    Bytes(usize),
    /// All of the buffer is to be filled with random bytes.
    Random,
}

impl File {
    /// One with bytes of its own.
    pub fn new(account: &Account, bytes: Vec<u8>) -> Result<Rc<Self>, FsError> {
        if bytes.len() > limits::FILE_BYTES_MAX {
            return Err(FsError::FileTooLarge);
        }
        let share = account.share(NODE_BYTES + bytes.len())?;
        Ok(Self::of(Content::Written { bytes: RefCell::new(bytes), share }))
    }

    /// One that stays as it is.
    pub fn fixed(bytes: Bytes) -> Rc<Self> {
        Self::of(Content::Bytes(bytes))
    }

    /// A text that stays as it is.
    pub fn text(text: Arc<str>) -> Rc<Self> {
        Self::of(Content::Text(text))
    }

    /// A device.
    pub fn device(device: Device) -> Rc<Self> {
        Self::of(Content::Device(device))
    }

    fn of(content: Content) -> Rc<Self> {
        Rc::new(Self { content, modified_ms: Cell::new(0.0), number: Cell::new(0) })
    }

    /// What is known of it.
    pub fn stat(&self) -> Stat {
        let device = matches!(self.content, Content::Device(device) if device != Device::Stdio);
        let writable = matches!(self.content, Content::Written { .. } | Content::Device(_));
        let modified_ms = self.modified_ms.get();
        Stat { kind: Kind::File, size: self.with_bytes(<[u8]>::len), modified_ms, writable, device }
    }

    /// Looks at its bytes; those of a device are none.
    pub fn with_bytes<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        match &self.content {
            Content::Bytes(bytes) => look(bytes),
            Content::Device(_) => look(&[]),
            Content::Text(text) => look(text.as_bytes()),
            Content::Written { bytes, .. } => look(&bytes.borrow()),
        }
    }

    /// Says when it was last changed. What cannot be written keeps its date.
    pub fn touch(&self, ms: f64) -> Result<(), FsError> {
        match &self.content {
            Content::Written { .. } => self.modified_ms.set(ms),
            Content::Device(Device::Random | Device::Stdio) => return Err(FsError::NotPermitted),
            Content::Bytes(_) | Content::Text(_) | Content::Device(_) => {}
        }
        Ok(())
    }

    /// Reads from `position`.
    pub fn read(&self, position: usize, buffer: &mut [u8]) -> Read {
        match self.content {
            Content::Device(Device::Random) => return Read::Random,
            Content::Device(Device::Full | Device::Zero) => {
                buffer.fill(0);
                return Read::Bytes(buffer.len());
            }
            _ => {}
        }
        self.with_bytes(|bytes| {
            let rest = bytes.get(position..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            Read::Bytes(count)
        })
    }

    /// Writes at `position`; what lies between the end and there becomes zeros.
    pub fn write(&self, position: usize, data: &[u8]) -> Result<usize, FsError> {
        if let Content::Device(device) = self.content {
            return match device {
                Device::Full | Device::Random => Err(FsError::NotPermitted),
                Device::Null | Device::Zero | Device::Stdio => Ok(data.len()),
            };
        }
        let end = position.saturating_add(data.len());
        if end > limits::FILE_BYTES_MAX {
            return Err(FsError::FileTooLarge);
        }
        let Content::Written { bytes, share } = &self.content else { return Err(FsError::ReadOnly) };
        let mut bytes = bytes.borrow_mut();
        if end > bytes.len() {
            share.resize(NODE_BYTES + end)?;
            bytes.resize(end, 0);
        }
        bytes[position..end].copy_from_slice(data);
        Ok(data.len())
    }

    /// Makes it what `data` is.
    pub fn write_all(&self, data: &[u8]) -> Result<usize, FsError> {
        match &self.content {
            Content::Device(_) => self.write(0, data),
            _ => {
                if data.len() > limits::FILE_BYTES_MAX {
                    return Err(FsError::FileTooLarge);
                }
                self.resize(data.len())?;
                self.write(0, data)
            }
        }
    }

    /// Cuts it off, or lengthens it by zeros.
    pub fn resize(&self, size: usize) -> Result<(), FsError> {
        match &self.content {
            Content::Device(Device::Null | Device::Zero) => Ok(()),
            Content::Device(_) => Err(FsError::NotPermitted),
            Content::Bytes(_) | Content::Text(_) => Err(FsError::ReadOnly),
            Content::Written { bytes, share } => {
                let mut bytes = bytes.borrow_mut();
                if size == bytes.len() {
                    return Ok(());
                }
                if size > limits::FILE_BYTES_MAX {
                    return Err(FsError::FileTooLarge);
                }
                share.resize(NODE_BYTES + size)?;
                bytes.resize(size, 0);
                if size < bytes.capacity() / 2 {
                    bytes.shrink_to_fit();
                }
                Ok(())
            }
        }
    }

    /// A file of the same bytes that can be written. A device is its own copy.
    pub fn copy(self: &Rc<Self>, account: &Account) -> Result<Rc<Self>, FsError> {
        match self.content {
            Content::Device(_) => Ok(self.clone()),
            _ => Self::new(account, self.with_bytes(<[u8]>::to_vec)),
        }
    }

    /// Takes over bytes, and is changed when they were.
    pub fn replace(&self, data: &[u8], modified_ms: f64) -> Result<(), FsError> {
        match &self.content {
            Content::Device(Device::Null | Device::Zero) => Ok(()),
            Content::Device(_) => Err(FsError::NotPermitted),
            Content::Bytes(_) | Content::Text(_) => Err(FsError::ReadOnly),
            Content::Written { .. } => {
                self.write_all(data)?;
                self.modified_ms.set(modified_ms);
                Ok(())
            }
        }
    }
}
