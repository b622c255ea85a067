//! Files that commands are given: text and JSON, read as wrangler reads them.
//!
//! A UTF-8 byte order mark is skipped, other encodings are refused, and bytes that are not UTF-8 become U+FFFD. Paths
//! in errors are as the user wrote them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Byte order marks of encodings that are refused, the longer ones first.
const OTHER_MARKS: [(&[u8], &str); 4] = [
    (&[0x00, 0x00, 0xfe, 0xff], "UTF-32 BE"),
    (&[0xff, 0xfe, 0x00, 0x00], "UTF-32 LE"),
    (&[0xfe, 0xff], "UTF-16 BE"),
    (&[0xff, 0xfe], "UTF-16 LE"),
];

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refuses.
    #[error("Could not read file: {}\n{}", path.display(), cause(source, absolute))]
    Read {
        /// As the user wrote it.
        path: PathBuf,
        /// The same from the root.
        absolute: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is text, but not in UTF-8.
    #[error("The file \"{}\" appears to be encoded as {encoding}. Please save the file as UTF-8 without BOM.", path.display())]
    Encoding {
        /// As the user wrote it.
        path: PathBuf,
        /// By its mark.
        encoding: &'static str,
    },
    /// It is not JSON.
    #[error("The file \"{}\" is not JSON.\n{}:{line}:{column}: {text}", path.display(), path.display())]
    Json {
        /// As the user wrote it.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        text: String,
    },
}

/// The system's words, in the form that programs around wrangler know for the usual cases.
fn cause(error: &io::Error, path: &Path) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("ENOENT: no such file or directory, open '{}'", path.display()),
        io::ErrorKind::PermissionDenied => format!("EACCES: permission denied, open '{}'", path.display()),
        io::ErrorKind::IsADirectory => "EISDIR: illegal operation on a directory, read".to_string(),
        _ => error.to_string(),
    }
}

/// The bytes of a file.
pub fn read(path: &Path, cwd: &Path) -> Result<Vec<u8>, FileError> {
    let absolute = cwd.join(path);
    fs::read(&absolute).map_err(|source| FileError::Read { path: path.to_owned(), absolute, source })
}

/// The text of a file. Of valid UTF-8 there is one copy in memory.
pub fn read_text(path: &Path, cwd: &Path) -> Result<String, FileError> {
    decode(path, read(path, cwd)?)
}

/// The text in the bytes of a file.
pub fn decode(path: &Path, mut bytes: Vec<u8>) -> Result<String, FileError> {
    if let Some((_, encoding)) = OTHER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(FileError::Encoding { path: path.to_owned(), encoding });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The JSON of a file, without comments or trailing commas.
pub fn read_json(path: &Path, cwd: &Path) -> Result<Value, FileError> {
    let text = read_text(path, cwd)?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let text = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_string();
        FileError::Json { path: path.to_owned(), line, column, text }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn texts_are_utf_8_with_or_without_a_mark() {
        let folder = tempfile::tempdir().unwrap();
        let read = |bytes: &[u8]| {
            fs::write(folder.path().join("f"), bytes).unwrap();
            read_text(Path::new("f"), folder.path())
        };
        assert_eq!(read(b"\xef\xbb\xbfx").unwrap(), "x");
        assert_eq!(read(b"a\xffb").unwrap(), "a\u{fffd}b");
        assert!(read(b"\xff\xfex\0").unwrap_err().to_string().contains("UTF-16 LE"));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f.json"), "[1,\n }").unwrap();
        let error = read_json(Path::new("f.json"), folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("The file \"f.json\" is not JSON.\nf.json:2:2: "), "{error}");
        let error = read(Path::new("none"), folder.path()).unwrap_err().to_string();
        let path = folder.path().join("none");
        assert_eq!(
            error,
            format!("Could not read file: none\nENOENT: no such file or directory, open '{}'", path.display())
        );
    }
}
