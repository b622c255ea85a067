//! Where each store lives under the persist root: names and ids as wrangler 4 has them.
//!
//! The persist root is the folder that `--persist-to DIR` means by `DIR/v3`. wrangler keeps the tables of
//! local simulators in the SQLite files of internal Durable Objects, so a file's name is the id of the object
//! that is named after the namespace ([`object_id`]). Values lie beside it, in files.
//!
//! Nothing here touches the disk.

use std::path::{Path, PathBuf};

use crate::object_ids::ObjectIds;

/// The folder of the version of the layout, inside the folder that `--persist-to` names.
pub const VERSION_FOLDER: &str = "v3";

/// The unique key of the internal class that holds KV namespaces.
const KV_CLASS: &str = "miniflare-KVNamespaceObject";

/// The unique key of the internal class that holds D1 databases.
const D1_CLASS: &str = "miniflare-D1DatabaseObject";

/// The unique key of the internal class that holds caches.
const CACHE_CLASS: &str = "miniflare-CacheObject";

/// The unique key of the internal class that holds R2 buckets.
const R2_CLASS: &str = "miniflare-R2BucketObject";

/// Characters of a namespace's folder name, beyond which it is cut.
const FOLDER_NAME_CHARS_MAX: usize = 255;

/// The folder under which all stores live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistRoot {
    path: PathBuf,
}

impl PersistRoot {
    /// The root at `path`, which ends in [`VERSION_FOLDER`] when it shares data with wrangler.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The root inside the folder that `--persist-to` names.
    pub fn in_persist_folder(folder: &Path) -> Self {
        Self::new(folder.join(VERSION_FOLDER))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database of a KV namespace.
    pub fn kv_database(&self, namespace: &str) -> PathBuf {
        self.kv_databases().join(format!("{}.sqlite", object_id(KV_CLASS, namespace)))
    }

    /// The folder of the databases of all KV namespaces.
    pub fn kv_databases(&self) -> PathBuf {
        self.path.join("kv").join(KV_CLASS)
    }

    /// The folder of a KV namespace's values.
    pub fn kv_blobs(&self, namespace: &str) -> PathBuf {
        self.path.join("kv").join(folder_name(namespace)).join("blobs")
    }

    /// The file of a D1 database.
    pub fn d1_database(&self, id: &str) -> PathBuf {
        self.path.join("d1").join(D1_CLASS).join(format!("{}.sqlite", object_id(D1_CLASS, id)))
    }

    /// The folder of the databases of all caches, each `<object id>.sqlite`.
    pub fn cache_databases(&self) -> PathBuf {
        self.path.join("cache").join(CACHE_CLASS)
    }

    /// The database of a cache, which is called `default` or `named:` and its name.
    pub fn cache_database(&self, cache: &str) -> PathBuf {
        self.cache_databases().join(format!("{}.sqlite", object_file_stem_of_cache(cache)))
    }

    /// The folder of a cache's bodies.
    pub fn cache_blobs(&self, cache: &str) -> PathBuf {
        self.path.join("cache").join(folder_name(cache)).join("blobs")
    }

    /// The database of an R2 bucket.
    pub fn r2_database(&self, bucket: &str) -> PathBuf {
        self.r2_databases().join(format!("{}.sqlite", object_id(R2_CLASS, bucket)))
    }

    /// The folder of the databases of all R2 buckets.
    pub fn r2_databases(&self) -> PathBuf {
        self.path.join("r2").join(R2_CLASS)
    }

    /// The folder of an R2 bucket's bodies.
    pub fn r2_blobs(&self, bucket: &str) -> PathBuf {
        self.path.join("r2").join(folder_name(bucket)).join("blobs")
    }

    /// The folder of the objects of a namespace of Durable Objects.
    pub fn objects_folder(&self, unique_key: &str) -> PathBuf {
        self.path.join("do").join(folder_name(unique_key))
    }

    /// The database of a Durable Object; the id is 64 hex digits.
    pub fn object_database(&self, unique_key: &str, id: &str) -> PathBuf {
        self.objects_folder(unique_key).join(format!("{id}.sqlite"))
    }

    /// The database of a facet of a Durable Object, which is number 0 itself.
    pub fn facet_database(&self, unique_key: &str, id: &str, facet: u32) -> PathBuf {
        match facet {
            0 => self.object_database(unique_key, id),
            facet => self.objects_folder(unique_key).join(format!("{id}.{facet}.sqlite")),
        }
    }

    /// The list of the facets of a Durable Object, whose lines are numbered from 1 on.
    pub fn facet_index(&self, unique_key: &str, id: &str) -> PathBuf {
        self.objects_folder(unique_key).join(format!("{id}.facets"))
    }

    /// The database of the alarms of a namespace of Durable Objects.
    pub fn alarms_database(&self, unique_key: &str) -> PathBuf {
        self.objects_folder(unique_key).join("metadata.sqlite")
    }

    /// The database of recorded spans. wrangler has no such file.
    pub fn traces_database(&self) -> PathBuf {
        self.path.join("observability").join("lopata-traces.sqlite")
    }
}

/// The name, without its extension, of the file that [`PersistRoot::cache_database`] gives.
pub(crate) fn object_file_stem_of_cache(cache: &str) -> String {
    object_id(CACHE_CLASS, cache)
}

/// The id of the Durable Object called `name` in the class with this unique key, as 64 hex digits.
pub fn object_id(unique_key: &str, name: &str) -> String {
    ObjectIds::new(unique_key).named(name).to_string()
}

/// A namespace's id as the name of a folder, with what file systems forbid replaced by underscores.
///
/// Two ids may share a folder; the random names of the files inside keep them apart.
fn folder_name(namespace: &str) -> String {
    let mut chars: Vec<char> = namespace.chars().collect();
    replace_dot_segments(&mut chars);
    for c in &mut chars {
        if matches!(c, '?' | '<' | '>' | '*' | '"' | '\'' | '^' | '/' | '\\' | ':' | '|' | '\0'..='\x1f' | '\u{80}'..='\u{9f}')
        {
            *c = '_';
        }
    }
    if is_reserved_on_windows(&chars) {
        return "_".to_string();
    }
    // Slashes are gone by now, which leaves spaces to trim.
    chars.iter_mut().take_while(|c| **c == ' ').for_each(|c| *c = '_');
    chars.iter_mut().rev().take_while(|c| **c == ' ').for_each(|c| *c = '_');
    chars.truncate(FOLDER_NAME_CHARS_MAX);
    chars.into_iter().collect()
}

/// Replaces the dots of path segments that are nothing but dots.
fn replace_dot_segments(chars: &mut [char]) {
    let is_separator = |c: char| c == '/' || c == '\\';
    let mut start = 0;
    while start <= chars.len() {
        let length = chars[start..].iter().take_while(|c| !is_separator(**c)).count();
        let segment = &mut chars[start..start + length];
        if segment.iter().all(|c| *c == '.') {
            segment.fill('_');
        }
        start += length + 1;
    }
}

/// Names of devices, with or without an extension, in any case.
fn is_reserved_on_windows(chars: &[char]) -> bool {
    let name: String = chars.iter().take_while(|c| **c != '.').flat_map(|c| c.to_lowercase()).collect();
    match name.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            let port = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
            port.is_some_and(|port| port.len() == 1 && port.as_bytes()[0].is_ascii_digit())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The names that wrangler 4.86 gave its own files.
    #[test]
    fn files_are_named_as_wrangler_names_them() {
        let root = PersistRoot::in_persist_folder(Path::new("/s"));
        assert_eq!(
            root.kv_database("ns1"),
            Path::new(
                "/s/v3/kv/miniflare-KVNamespaceObject/\
                 adb5645883a839d65c24d76a10435a980efb85e43e96e158b4ea2ad9074d361e.sqlite"
            )
        );
        assert_eq!(
            root.d1_database("db-one"),
            Path::new(
                "/s/v3/d1/miniflare-D1DatabaseObject/\
                 b4fb77f74111a0d26ddec767e2aa4bb2f6435b0ac7e8bb8b441b42baf795686b.sqlite"
            )
        );
        assert_eq!(root.kv_blobs("ns1"), Path::new("/s/v3/kv/ns1/blobs"));
    }

    /// As above.
    #[test]
    fn caches_are_named_as_wrangler_names_them() {
        let root = PersistRoot::in_persist_folder(Path::new("/s"));
        let file = |name: &str| root.cache_database(name).file_name().and_then(|name| name.to_str()).map(str::to_owned);
        assert_eq!(
            file("default").as_deref(),
            Some("9f458c07675338a7426a7b81ac4fb1baf92d034efbcaaf4336379640ed744ded.sqlite")
        );
        assert_eq!(root.cache_blobs("named:n1"), Path::new("/s/v3/cache/named_n1/blobs"));
    }

    #[test]
    fn folder_names_are_safe() {
        for (namespace, folder) in [
            ("a1b2", "a1b2"),
            ("..", "__"),
            ("../../etc", "______etc"),
            ("a/./b", "a___b"),
            ("a.b", "a.b"),
            ("a..", "a.."),
            ("  x ", "__x_"),
            ("x:y?z", "x_y_z"),
            ("NUL", "_"),
            ("com1.txt", "_"),
            ("comet", "comet"),
            ("na\u{7f}me", "na\u{7f}me"),
            ("\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(folder_name(namespace), folder, "{namespace}");
        }
        assert_eq!(folder_name(&"n".repeat(300)).len(), FOLDER_NAME_CHARS_MAX);
    }
}
