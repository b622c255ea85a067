//! The files of a directory, as requests find them: looked up on the disk each time, small ones kept in memory.
//!
//! There is no manifest. A look-up is one `stat`, so an edit counts with the next request, a directory of a hundred
//! thousand files costs nothing at the start, and one that is made later is simply there. What is in memory is used
//! only while that `stat` says that the file is still the one that was read.
//!
//! Invariants
//! - No file outside the directory is opened, not by any path and not through a symbolic link.
//! - At most [`KEPT_BYTES_MAX`] of content are kept.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;
use parking_lot::RwLock;

use super::mime;
use super::paths;
use super::rules::Ignore;
use super::stamp::{Stamp, content_tag};

/// Bytes of one asset at most. Source: production's limit.
pub const ASSET_BYTES_MAX: u64 = 25 * 1024 * 1024;

/// Bytes of a file that is kept in memory at most; larger ones are read as they are sent.
const SMALL_BYTES_MAX: u64 = 256 * 1024;

/// Bytes of all kept files at most.
const KEPT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Files that something is known of at most.
const KNOWN_MAX: usize = 4096;

/// How often a file that changes while it is read is read again.
const READS_MAX: usize = 3;

/// A file that is served.
#[derive(Clone, Debug)]
pub struct Asset {
    /// `/a/b.txt`
    pub path: Box<str>,
    /// `ETag`. That of a small file names its content, that of a large one its version.
    pub tag: HeaderValue,
    /// `Content-Type`.
    pub content_type: Option<HeaderValue>,
    /// Its bytes.
    pub content: Content,
    stamp: Stamp,
}

/// The bytes of a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// All of them.
    Kept(Bytes),
    /// Where they are, and how many.
    OnDisk {
        /// Without symbolic links.
        place: PathBuf,
        /// Bytes.
        size: u64,
    },
}

impl Content {
    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Kept(bytes) => bytes.len() as u64,
            Self::OnDisk { size, .. } => *size,
        }
    }
}

impl Asset {
    /// Whether an open file is the one that was found.
    pub fn is(&self, metadata: &fs::Metadata) -> bool {
        Stamp::of(metadata) == self.stamp
    }
}

/// A found file is the one of its path.
impl PartialEq for Asset {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

/// What a look-up comes to.
enum Found {
    Asset(Arc<Asset>),
    TooLarge(u64),
    Nothing,
}

/// Hears of a file that is there and too large: its place and its size.
type TooLarge = Box<dyn Fn(&Path, u64) + Send + Sync>;

/// The files of one directory.
pub struct Files {
    root: PathBuf,
    known: RwLock<Known>,
    /// Told each time that such a file is asked for.
    too_large: TooLarge,
}

#[derive(Default)]
struct Known {
    assets: HashMap<Box<str>, Arc<Asset>>,
    /// Of all kept content.
    bytes: usize,
}

impl Files {
    /// The files below `root`, which need not exist yet.
    pub fn new(root: PathBuf, too_large: impl Fn(&Path, u64) + Send + Sync + 'static) -> Self {
        Self { root, known: RwLock::default(), too_large: Box::new(too_large) }
    }

    /// The file at a decoded path, unless it is ignored.
    pub fn find(&self, path: &str, ignore: &Ignore) -> Option<Arc<Asset>> {
        let inside = paths::relative(path)?;
        let named = paths::below(&self.root, inside);
        let metadata = fs::metadata(&named).ok()?;
        if !metadata.is_file() {
            return None;
        }
        let stamp = Stamp::of(&metadata);
        if let Some(known) = self.known.read().assets.get(path)
            && known.stamp == stamp
        {
            return Some(known.clone());
        }
        match self.look(path, inside, &named, ignore) {
            Ok(Found::Asset(asset)) => Some(asset),
            Ok(Found::TooLarge(size)) => {
                (self.too_large)(&named, size);
                None
            }
            // A file that cannot be read, or is gone by now, is not there.
            Ok(Found::Nothing) | Err(_) => None,
        }
    }

    /// Other files are ignored from now on.
    pub fn forget(&self) {
        *self.known.write() = Known::default();
    }

    fn look(&self, path: &str, inside: &str, named: &Path, ignore: &Ignore) -> io::Result<Found> {
        if ignore.is_ignored(inside) {
            return Ok(Found::Nothing);
        }
        let root = fs::canonicalize(&self.root)?;
        let place = fs::canonicalize(named)?;
        if !place.starts_with(&root) || !is_spelled_so(&self.root, inside) {
            return Ok(Found::Nothing);
        }
        let content_type = mime::content_type(path).and_then(|kind| HeaderValue::try_from(kind).ok());
        for _ in 0..READS_MAX {
            let mut file = File::open(&place)?;
            let stamp = Stamp::of(&file.metadata()?);
            if stamp.size() > ASSET_BYTES_MAX {
                return Ok(Found::TooLarge(stamp.size()));
            }
            let asset = |tag: String, content| Asset {
                path: Box::from(path),
                tag: HeaderValue::try_from(format!("\"{tag}\"")).expect("a tag is hexadecimal"),
                content_type: content_type.clone(),
                content,
                stamp,
            };
            if stamp.size() > SMALL_BYTES_MAX {
                let content = Content::OnDisk { place, size: stamp.size() };
                let asset = Arc::new(asset(stamp.tag(path), content));
                self.keep(&asset);
                return Ok(Found::Asset(asset));
            }
            let mut bytes = Vec::with_capacity(stamp.size() as usize);
            (&mut file).take(SMALL_BYTES_MAX + 1).read_to_end(&mut bytes)?;
            let after = Stamp::of(&file.metadata()?);
            if after != stamp || bytes.len() as u64 != stamp.size() {
                continue;
            }
            let asset = Arc::new(asset(content_tag(&bytes), Content::Kept(Bytes::from(bytes))));
            if !stamp.is_fresh(SystemTime::now()) {
                self.keep(&asset);
            }
            return Ok(Found::Asset(asset));
        }
        Ok(Found::Nothing)
    }

    fn keep(&self, asset: &Arc<Asset>) {
        let size = |asset: &Asset| match &asset.content {
            Content::Kept(bytes) => bytes.len(),
            Content::OnDisk { .. } => 0,
        };
        let mut known = self.known.write();
        // Seldom, so that all that is left of an order of use can be done without.
        if known.assets.len() >= KNOWN_MAX || known.bytes + size(asset) > KEPT_BYTES_MAX {
            *known = Known::default();
        }
        known.bytes += size(asset);
        if let Some(old) = known.assets.insert(asset.path.clone(), asset.clone()) {
            known.bytes -= size(&old);
        }
    }
}

/// Whether a file that was found by a name has that name, where systems find files by others too.
#[cfg(any(windows, target_os = "macos"))]
fn is_spelled_so(root: &Path, inside: &str) -> bool {
    let mut folder = root.to_path_buf();
    inside.split('/').all(|part| {
        let Ok(mut entries) = fs::read_dir(&folder) else { return false };
        let there = entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() == part));
        folder.push(part);
        there
    })
}

#[cfg(not(any(windows, target_os = "macos")))]
fn is_spelled_so(_root: &Path, _inside: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    fn files(root: &Path) -> Files {
        Files::new(root.to_path_buf(), |_, _| {})
    }

    fn text(asset: Option<Arc<Asset>>) -> Option<String> {
        match &asset?.content {
            Content::Kept(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
            Content::OnDisk { size, .. } => Some(format!("{size} bytes")),
        }
    }

    /// Writes a file whose time lies in the past, so that it is kept.
    fn write(path: &Path, content: &str, seconds_ago: u64) {
        fs::write(path, content).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds_ago)).unwrap();
    }

    #[test]
    fn edits_count_with_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("later");
        let (files, ignore) = (files(&root), Ignore::default());
        assert!(files.find("/a.txt", &ignore).is_none(), "the directory is not there yet");
        fs::create_dir(&root).unwrap();
        write(&root.join("a.txt"), "one", 10);
        let first = files.find("/a.txt", &ignore).unwrap();
        assert!(Arc::ptr_eq(&first, &files.find("/a.txt", &ignore).unwrap()), "it is kept");
        write(&root.join("a.txt"), "two", 10);
        let second = files.find("/a.txt", &ignore).unwrap();
        assert_ne!(first.tag, second.tag);
        assert_eq!(text(Some(second)).unwrap(), "two");
        // Within one tick of the clock, and of the same length.
        for content in ["abc", "abd", "abe"] {
            fs::write(root.join("a.txt"), content).unwrap();
            assert_eq!(text(files.find("/a.txt", &ignore)).unwrap(), content);
        }
        fs::remove_file(root.join("a.txt")).unwrap();
        assert!(files.find("/a.txt", &ignore).is_none());
        assert!(files.find("/", &ignore).is_none() && files.find("/../later", &ignore).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_about_the_directory_and_not_out_of_it() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("root"), folder.path().join("root-outside"));
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        write(&root.join("sub/in.txt"), "in", 10);
        write(&outside.join("out.txt"), "out", 10);
        symlink("sub/in.txt", root.join("link")).unwrap();
        symlink("sub", root.join("dir")).unwrap();
        symlink(outside.join("out.txt"), root.join("leak")).unwrap();
        symlink("../root-outside", root.join("leaks")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let (files, ignore) = (files(&root), Ignore::default());
        assert_eq!(text(files.find("/link", &ignore)).unwrap(), "in");
        assert_eq!(text(files.find("/dir/in.txt", &ignore)).unwrap(), "in");
        for path in ["/leak", "/leaks/out.txt", "/broken", "/loop", "/sub", "/dir"] {
            assert!(files.find(path, &ignore).is_none(), "{path}");
        }
        // A link that is turned to another place is followed anew.
        fs::remove_file(root.join("link")).unwrap();
        symlink(outside.join("out.txt"), root.join("link")).unwrap();
        assert!(files.find("/link", &ignore).is_none());
        // The directory itself may be a link.
        symlink(&root, folder.path().join("alias")).unwrap();
        let aliased = super::tests::files(&folder.path().join("alias"));
        assert_eq!(text(aliased.find("/sub/in.txt", &ignore)).unwrap(), "in");
    }

    #[test]
    fn what_is_ignored_or_too_large_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("secret")).unwrap();
        write(&folder.path().join("secret/a.txt"), "a", 10);
        write(&folder.path().join("_headers"), "a", 10);
        File::create(folder.path().join("big")).unwrap().set_len(ASSET_BYTES_MAX).unwrap();
        File::create(folder.path().join("huge")).unwrap().set_len(ASSET_BYTES_MAX + 1).unwrap();
        let (sender, told) = std::sync::mpsc::channel();
        let files = Files::new(folder.path().to_path_buf(), move |path, size| {
            sender.send((path.to_path_buf(), size)).unwrap();
        });
        let ignore = Ignore::parse(Some("secret/\n"));
        assert!(files.find("/secret/a.txt", &ignore).is_none() && files.find("/_headers", &ignore).is_none());
        assert_eq!(text(files.find("/big", &ignore)).unwrap(), "26214400 bytes");
        assert!(files.find("/huge", &ignore).is_none());
        assert_eq!(told.recv().unwrap(), (folder.path().join("huge"), ASSET_BYTES_MAX + 1));
        files.forget();
        assert_eq!(text(files.find("/secret/a.txt", &Ignore::default())).unwrap(), "a");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let (files, ignore) = (files(folder.path()), Ignore::default());
        let content = "x".repeat(200 * 1024);
        for number in 0..200 {
            write(&folder.path().join(format!("{number}")), &content, 10);
            assert!(files.find(&format!("/{number}"), &ignore).is_some());
            assert!(files.known.read().bytes <= KEPT_BYTES_MAX);
        }
        assert!(files.known.read().assets.len() > 10);
    }
}
