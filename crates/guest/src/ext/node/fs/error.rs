//! What goes wrong with files, and what production's errors say of it.
//!
//! Sources: production's codes and texts, which are libuv's but for the few that name the reason.

use serde::Serialize;

/// What a node of the tree refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FsError {
    /// There is something of that name.
    #[error("file already exists")]
    AlreadyExists,
    /// What is to be made lies below something that is no directory, or below nothing.
    #[error("input/output error")]
    Failed,
    /// A file would be larger than a file may be.
    #[error("File size limit exceeded")]
    FileTooLarge,
    /// A name that is none.
    #[error("Invalid path")]
    InvalidPath,
    /// All files together would be larger than they may be.
    #[error("no space left on device")]
    NoSpace,
    /// A directory where a file is meant.
    #[error("illegal operation on a directory")]
    IsDirectory,
    /// A directory that is to be removed has entries.
    #[error("directory not empty")]
    NotEmpty,
    /// It may be read only.
    #[error("operation not permitted")]
    NotPermitted,
    /// Links that lead to each other.
    #[error("symlink depth exceeded")]
    TooManyLinks,
    /// It stays as it is.
    #[error("operation not permitted")]
    ReadOnly,
    /// No descriptor is left.
    #[error("too many open files")]
    TooManyOpenFiles,
}

impl FsError {
    /// libuv's name for it.
    pub fn code(self) -> Code {
        match self {
            Self::AlreadyExists => Code::Exist,
            Self::Failed => Code::Io,
            Self::FileTooLarge | Self::NotPermitted | Self::ReadOnly => Code::Perm,
            Self::InvalidPath => Code::Inval,
            Self::NoSpace => Code::NoSpc,
            Self::IsDirectory => Code::IsDir,
            Self::NotEmpty => Code::NotEmpty,
            Self::TooManyLinks => Code::Loop,
            Self::TooManyOpenFiles => Code::MFile,
        }
    }

    /// The text that stands in place of the code's own.
    fn text(self) -> Option<&'static str> {
        match self {
            Self::FileTooLarge => Some("File size limit exceeded"),
            Self::InvalidPath => Some("Invalid path"),
            Self::TooManyLinks => Some("symlink depth exceeded"),
            _ => None,
        }
    }

    /// As the web's file system tells it: the name of a `DOMException` and its text.
    pub fn as_exception(self) -> (&'static str, &'static str) {
        match self {
            Self::AlreadyExists => ("InvalidStateError", "File already exists"),
            Self::Failed => ("UnknownError", "File system operation failed"),
            Self::FileTooLarge | Self::NoSpace => {
                ("QuotaExceededError", "File size limit exceeded, please reduce the file size and try again")
            }
            Self::InvalidPath => ("TypeMismatchError", "Invalid file path"),
            Self::IsDirectory => ("NotAllowedError", "Operation not permitted on a directory"),
            Self::NotEmpty => ("InvalidModificationError", "Directory not empty"),
            Self::NotPermitted => ("NotAllowedError", "Operation not permitted"),
            Self::ReadOnly => ("InvalidStateError", "Read-only file system"),
            Self::TooManyLinks => {
                ("InvalidStateError", "Symbolic link depth exceeded, please check the symbolic links")
            }
            Self::TooManyOpenFiles => {
                ("QuotaExceededError", "Too many open files, please close some files and try again")
            }
        }
    }

    /// As it is thrown by `syscall`.
    pub fn by(self, syscall: &'static str) -> Thrown {
        Thrown::system(self.code(), syscall).maybe_saying(self.text())
    }

    /// As it is thrown by `syscall` about a path.
    pub fn by_about(self, syscall: &'static str, path: &str) -> Thrown {
        match self.text() {
            // A text of its own does not name the path, the property does.
            Some(_) => self.by(syscall).about(path),
            None => Thrown::system(self.code(), syscall).about(path),
        }
    }
}

/// The codes of libuv that files have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Badf,
    Exist,
    FBig,
    Inval,
    Io,
    IsDir,
    Loop,
    MFile,
    NameTooLong,
    NoEnt,
    NoSpc,
    NotDir,
    NotEmpty,
    Perm,
}

impl Code {
    /// Its name and its text.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Badf => ("EBADF", "bad file descriptor"),
            Self::Exist => ("EEXIST", "file already exists"),
            Self::FBig => ("EFBIG", "file too large"),
            Self::Inval => ("EINVAL", "invalid argument"),
            Self::Io => ("EIO", "input/output error"),
            Self::IsDir => ("EISDIR", "illegal operation on a directory"),
            Self::Loop => ("ELOOP", "too many symbolic links encountered"),
            Self::MFile => ("EMFILE", "too many open files"),
            Self::NameTooLong => ("ENAMETOOLONG", "name too long"),
            Self::NoEnt => ("ENOENT", "no such file or directory"),
            Self::NoSpc => ("ENOSPC", "no space left on device"),
            Self::NotDir => ("ENOTDIR", "not a directory"),
            Self::NotEmpty => ("ENOTEMPTY", "directory not empty"),
            Self::Perm => ("EPERM", "operation not permitted"),
        }
    }
}

/// An error as a script gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thrown {
    /// What it says.
    pub message: String,
    /// Its `code`; without one it is a plain error.
    pub code: Option<&'static str>,
    /// Its `syscall`.
    pub syscall: Option<&'static str>,
    /// Its `path`.
    pub path: Option<String>,
}

impl Thrown {
    /// An error of the system.
    pub fn system(code: Code, syscall: &'static str) -> Self {
        let (name, text) = code.words();
        Self::new(text, Some(name), Some(syscall))
    }

    /// One that has a code and came from no system call.
    pub fn coded(code: &'static str, text: &str) -> Self {
        Self::new(text, Some(code), None)
    }

    /// One without any of that.
    pub fn plain(text: &str) -> Self {
        Self::new(text, None, None)
    }

    fn new(text: &str, code: Option<&'static str>, syscall: Option<&'static str>) -> Self {
        Self { message: text.to_string(), code, syscall, path: None }
    }

    /// With another text.
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.message = text.into();
        self
    }

    fn maybe_saying(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.saying(text),
            None => self,
        }
    }

    /// With the path, which becomes a part of the text where that is the code's own. An empty one counts as none.
    pub fn about(mut self, path: &str) -> Self {
        if path.is_empty() {
            return self;
        }
        let own = self.code.is_some_and(|name| ALL.iter().any(|code| code.words() == (name, self.message.as_str())));
        if let Some(syscall) = self.syscall.filter(|_| own) {
            self.message = format!("{}, {syscall} '{path}'", self.message);
        }
        self.path = Some(path.to_string());
        self
    }
}

/// Every code.
const ALL: [Code; 14] = [
    Code::Badf,
    Code::Exist,
    Code::FBig,
    Code::Inval,
    Code::Io,
    Code::IsDir,
    Code::Loop,
    Code::MFile,
    Code::NameTooLong,
    Code::NoEnt,
    Code::NoSpc,
    Code::NotDir,
    Code::NotEmpty,
    Code::Perm,
];
