//! The files of a Workers Site as a KV namespace that can only be read.
//!
//! A key is [`KEY_PREFIX`] and the encoded path of a file, as wrangler gives them, or the path itself. Nothing is kept
//! in memory: each call looks at the directory, so an edit, a new file and one that is gone are seen at once.
//!
//! Invariant: no key leads out of the directory, by dots, by links or otherwise.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use lopata_protocol::kv::{KvError, KvKey, KvValue};

use super::{KvPage, check};
use crate::cursor;

/// What the keys of the manifest begin with. Source: wrangler.
pub const KEY_PREFIX: &str = "$__MINIFLARE_SITES__$/";

/// The one hidden name that is part of a site.
const WELL_KNOWN: &str = ".well-known";

/// A Workers Site: a directory, and which of its files count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteStore {
    directory: PathBuf,
    /// When there are any, a file counts if one matches, and `exclude` does not matter.
    include: Vec<String>,
    /// Otherwise a file counts unless one matches.
    exclude: Vec<String>,
}

impl SiteStore {
    /// The site in `directory`, which need not exist.
    pub fn new(directory: impl Into<PathBuf>, include: Vec<String>, exclude: Vec<String>) -> Self {
        Self { directory: directory.into(), include, exclude }
    }

    /// The value of a key, without metadata.
    ///
    /// # Errors
    ///
    /// A key that no namespace would have, and a file that cannot be read.
    pub fn get(&self, key: &str) -> Result<Option<KvValue>, KvError> {
        check::key(key)?;
        let path = match key.strip_prefix(KEY_PREFIX) {
            None => key.to_owned(),
            Some(encoded) => match decode(encoded) {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        if !self.counts(&path) {
            return Ok(None);
        }
        match self.read(&path) {
            Ok(bytes) => Ok(Some(KvValue { value: Bytes::from(bytes), metadata: None })),
            Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied) => {
                Err(KvError { status: 500, text: format!("the site's file \"{path}\" cannot be read: {error}") })
            }
            // Not there, a folder, a link out, a name that no file can have.
            Err(_) => Ok(None),
        }
    }

    /// The values of several keys, each named once.
    ///
    /// # Errors
    ///
    /// As for [`SiteStore::get`], and what a bulk get is refused for.
    pub fn get_many(&self, keys: &[String], kind: Option<&str>) -> Result<Vec<(String, Option<KvValue>)>, KvError> {
        check::bulk(kind, keys.len())?;
        let mut values: Vec<(String, Option<KvValue>)> = Vec::with_capacity(keys.len());
        let mut total = 0;
        for key in keys {
            if values.iter().any(|(seen, _)| seen == key) {
                continue;
            }
            let value = self.get(key)?;
            total += value.as_ref().map_or(0, |value| value.value.len());
            check::bulk_bytes(total)?;
            values.push((key.clone(), value));
        }
        Ok(values)
    }

    /// One page of the manifest's keys, in the order of their bytes.
    ///
    /// # Errors
    ///
    /// A limit or prefix that any namespace refuses.
    pub fn list(&self, prefix: Option<&str>, limit: Option<i32>, cursor: Option<&str>) -> Result<KvPage, KvError> {
        let limit = check::list_limit(limit)?;
        let prefix = prefix.unwrap_or_default();
        check::list_prefix(prefix)?;
        let after = cursor.map(cursor::decode).unwrap_or_default();
        let mut keys: Vec<String> = self.files().iter().map(|path| key_of(path)).collect();
        keys.retain(|key| key.starts_with(prefix) && *key > after);
        keys.sort_unstable();
        let more = keys.len() > limit;
        keys.truncate(limit);
        let cursor = keys.last().filter(|_| more).map(|last| cursor::encode(last));
        let keys = keys.into_iter().map(|name| KvKey { name, expiration: None, metadata: None }).collect();
        Ok(KvPage { keys, cursor })
    }

    /// The manifest: each file's path with its key, in the order of the paths.
    pub fn manifest(&self) -> Vec<(String, String)> {
        self.files().into_iter().map(|path| (key_of(&path), path)).map(|(key, path)| (path, key)).collect()
    }

    /// The paths of all files that count, relative to the directory, in their order. Links to folders are not
    /// followed; a folder that cannot be read has no files.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![(self.directory.clone(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = format!("{prefix}{name}");
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && is_visible(&name) => {
                        folders.push((entry.path(), format!("{path}/")));
                    }
                    Ok(kind) if !kind.is_dir() && self.counts(&path) && self.locate(&path).is_ok() => files.push(path),
                    _ => {}
                }
            }
        }
        files.sort_unstable();
        files
    }

    /// Whether a file of this path is part of the site.
    fn counts(&self, path: &str) -> bool {
        if !path.split('/').all(|name| is_visible(name) && !name.contains(['\\', '\0'])) {
            return false;
        }
        let (patterns, wanted) = if self.include.is_empty() { (&self.exclude, false) } else { (&self.include, true) };
        let matches = |pattern: &&String| glob(pattern.trim_start_matches('!'), path);
        let (not, yes): (Vec<_>, Vec<_>) = patterns.iter().partition(|pattern| pattern.starts_with('!'));
        let hit = !not.iter().any(matches) && yes.iter().any(matches);
        hit == wanted
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.locate(path)?)
    }

    /// The file at `path`, its links followed.
    fn locate(&self, path: &str) -> io::Result<PathBuf> {
        let root = self.directory.canonicalize()?;
        let file = root.join(path).canonicalize()?;
        if file.starts_with(&root) && file.is_file() { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Whether a part of a path may be part of a site. Source: what wrangler uploads.
fn is_visible(name: &str) -> bool {
    !name.is_empty() && name != "node_modules" && (!name.starts_with('.') || name == WELL_KNOWN)
}

fn key_of(path: &str) -> String {
    let mut key = KEY_PREFIX.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            key.push(char::from(byte));
        } else {
            key.push_str(&format!("%{byte:02X}"));
        }
    }
    key
}

/// What JavaScript's `decodeURIComponent` makes of `text`; `None` where it throws.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

/// Whether wrangler's pattern is found anywhere in `path`: `*` is part of a name, `**` as a whole part any folders,
/// everything else is itself.
fn glob(pattern: &str, path: &str) -> bool {
    let pieces = pieces(pattern);
    (0..=path.len()).filter(|at| path.is_char_boundary(*at)).any(|at| fits(&pieces, &path[at..]))
}

enum Piece {
    Character(char),
    Name,
    Folders,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(character) = characters.get(at) {
        if *character != '*' {
            pieces.push(Piece::Character(*character));
            at += 1;
            continue;
        }
        let stars = characters[at..].iter().take_while(|character| **character == '*').count();
        let opens = at == 0 || characters[at - 1] == '/';
        let next = characters.get(at + stars);
        at += stars;
        if stars > 1 && opens && next.is_none_or(|next| *next == '/') {
            pieces.push(Piece::Folders);
            // The slash after it belongs to the folders.
            at += usize::from(next.is_some());
        } else {
            pieces.push(Piece::Name);
        }
    }
    pieces
}

fn fits(pieces: &[Piece], text: &str) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return true };
    match piece {
        Piece::Character(character) => text.strip_prefix(*character).is_some_and(|text| fits(rest, text)),
        Piece::Name => {
            let end = text.find('/').unwrap_or(text.len());
            (0..=end).filter(|at| text.is_char_boundary(*at)).any(|at| fits(rest, &text[at..]))
        }
        Piece::Folders => {
            let ends = text.match_indices('/').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).chain(std::iter::once(text.len())).any(|at| fits(rest, &text[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn site(include: &[&str], exclude: &[&str]) -> (tempfile::TempDir, SiteStore) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        for path in [
            "index.html",
            "a.txt",
            "sub/b c.txt",
            "deep/x/y.md",
            "z.md",
            "ü.txt",
            ".hidden",
            ".well-known/x",
            "node_modules/p/i.js",
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), path).unwrap();
        }
        fs::write(folder.path().join("secret"), "secret").unwrap();
        let list = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        (folder, SiteStore::new(root, list(include), list(exclude)))
    }

    fn paths(site: &SiteStore) -> Vec<String> {
        site.manifest().into_iter().map(|(path, _)| path).collect()
    }

    fn text(site: &SiteStore, key: &str) -> Option<String> {
        site.get(key).unwrap().map(|value| String::from_utf8(value.value.to_vec()).unwrap())
    }

    #[test]
    fn the_manifest_has_all_but_hidden_files_and_packages() {
        let (_folder, site) = site(&[], &[]);
        let expected = [
            (".well-known/x", "$__MINIFLARE_SITES__$/.well-known%2Fx"),
            ("a.txt", "$__MINIFLARE_SITES__$/a.txt"),
            ("deep/x/y.md", "$__MINIFLARE_SITES__$/deep%2Fx%2Fy.md"),
            ("index.html", "$__MINIFLARE_SITES__$/index.html"),
            ("sub/b c.txt", "$__MINIFLARE_SITES__$/sub%2Fb%20c.txt"),
            ("z.md", "$__MINIFLARE_SITES__$/z.md"),
            ("ü.txt", "$__MINIFLARE_SITES__$/%C3%BC.txt"),
        ];
        let expected: Vec<_> = expected.iter().map(|(path, key)| ((*path).to_owned(), (*key).to_owned())).collect();
        assert_eq!(site.manifest(), expected);
        for (path, key) in expected {
            assert_eq!(text(&site, &key).as_deref(), Some(path.as_str()));
            assert_eq!(text(&site, &path).as_deref(), Some(path.as_str()), "the path is a key, too");
        }
    }

    #[test]
    fn include_wins_over_exclude() {
        assert_eq!(paths(&site(&["*.md", "a.*"], &["z.md"]).1), ["a.txt", "deep/x/y.md", "z.md"]);
        assert_eq!(paths(&site(&["deep/**", "sub"], &[]).1), ["deep/x/y.md", "sub/b c.txt"]);
        assert_eq!(paths(&site(&["**/*.txt", "!sub"], &[]).1), ["a.txt", "ü.txt"]);
        let (_folder, excluding) = site(&[], &["*.txt", ".well-known/**"]);
        assert_eq!(paths(&excluding), ["deep/x/y.md", "index.html", "z.md"]);
        assert_eq!(text(&excluding, "a.txt"), None, "what does not count cannot be read either");
    }

    #[test]
    fn no_key_leads_out() {
        let (folder, site) = site(&[], &[]);
        for key in [
            "../secret",
            "sub/../../secret",
            "/etc/passwd",
            "$__MINIFLARE_SITES__$/..%2Fsecret",
            "$__MINIFLARE_SITES__$/%",
            "a.txt\0",
            "..\\secret",
            "sub",
            "sub/",
            "nope",
            ".hidden",
        ] {
            assert_eq!(text(&site, key), None, "{key}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), site.directory().join("out.txt")).unwrap();
            std::os::unix::fs::symlink(site.directory().join("a.txt"), site.directory().join("in.txt")).unwrap();
            assert_eq!(text(&site, "out.txt"), None);
            assert_eq!(text(&site, "in.txt").as_deref(), Some("a.txt"));
            assert!(!paths(&site).contains(&"out.txt".to_owned()));
        }
        drop(folder);
    }

    #[test]
    fn edits_are_seen_at_once() {
        let (_folder, site) = site(&[], &[]);
        fs::write(site.directory().join("a.txt"), "edited").unwrap();
        fs::write(site.directory().join("new.txt"), "new").unwrap();
        fs::remove_file(site.directory().join("z.md")).unwrap();
        assert_eq!(text(&site, "a.txt").as_deref(), Some("edited"));
        assert_eq!(text(&site, "new.txt").as_deref(), Some("new"));
        assert_eq!(text(&site, "z.md"), None);
    }

    #[test]
    fn keys_are_listed_in_pages() {
        let (_folder, site) = site(&[], &[]);
        let mut cursor = None;
        let mut names = Vec::new();
        loop {
            let page = site.list(None, Some(3), cursor.as_deref()).unwrap();
            assert!(page.keys.len() <= 3);
            names.extend(page.keys.into_iter().map(|key| key.name));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        let mut all: Vec<_> = site.manifest().into_iter().map(|(_, key)| key).collect();
        all.sort();
        assert_eq!(names, all);
        let sub = site.list(Some("$__MINIFLARE_SITES__$/s"), None, None).unwrap();
        assert_eq!(sub.keys.len(), 1);
        assert!(site.list(None, Some(1001), None).is_err());
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_empty_site() {
        let site = SiteStore::new("/nowhere/at/all", Vec::new(), Vec::new());
        assert_eq!((site.manifest(), text(&site, "a")), (Vec::new(), None));
    }

    proptest! {
        #[test]
        fn any_key_and_pattern_is_taken(key in ".{1,20}", pattern in "([*a/!]|.){0,10}") {
            let site = SiteStore::new("/nowhere", vec![pattern], Vec::new());
            prop_assert!(site.get(&key).is_err() || site.get(&key).unwrap().is_none());
        }

        #[test]
        fn a_path_comes_back_from_its_key(path in "[^\0]{1,20}") {
            let key = key_of(&path);
            prop_assert_eq!(decode(key.strip_prefix(KEY_PREFIX).unwrap()), Some(path));
        }
    }
}
