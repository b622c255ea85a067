//! Paths and the URLs that stand for them.
//!
//! Bundled JavaScript is registered under [`BUNDLE_BASE`], as production names it: relative imports between
//! chunks and additional modules resolve as URLs, and no machine path leaks into user code. Real files appear
//! only as `file://` URLs in source maps.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

/// The URL under which the bundle's JavaScript and its additional modules live.
pub const BUNDLE_BASE: &str = "file:///bundle/";
/// The URL under which files that matched a module rule live, unless their names are preserved.
pub const MODULES_BASE: &str = "lopata:/modules/";

/// What would end the path of a URL.
const NAME: &AsciiSet = &CONTROLS.add(b'#').add(b'?').add(b'\\');

/// Resolves `.` and `..` without looking at the disk.
pub fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// `path` as a `file://` URL. Relative paths, which cannot be, stay as they are.
pub fn file_url(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| path.to_string_lossy().into_owned(), String::from)
}

/// The specifier of something inside the bundle, from its slash-separated relative name: what a relative import
/// of that name resolves to.
pub fn bundle_url(name: &str) -> String {
    let inside = normalize(Path::new(name.trim_start_matches('/')));
    let inside = inside.to_string_lossy();
    let escaped = utf8_percent_encode(inside.trim_start_matches("../"), NAME).to_string();
    let base = Url::parse(BUNDLE_BASE).expect("the base is a URL");
    base.join(&format!("./{escaped}")).map_or_else(|_| format!("{BUNDLE_BASE}{escaped}"), String::from)
}

/// `path` relative to `base`, with slashes; climbs with `..` when it is outside.
pub fn relative(base: &Path, path: &Path) -> String {
    let mut rest_base = base.components().peekable();
    let mut rest_path = path.components().peekable();
    while let (Some(a), Some(b)) = (rest_base.peek(), rest_path.peek()) {
        if a != b {
            break;
        }
        rest_base.next();
        rest_path.next();
    }
    let up = rest_base.count();
    let mut parts: Vec<String> = std::iter::repeat_n("..".to_string(), up).collect();
    parts.extend(rest_path.map(|part| part.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}

/// True for a file of an installed package.
pub fn in_node_modules(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part == "node_modules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths() {
        for (base, path, expected) in [
            ("/a/b", "/a/b/c/d.ts", "c/d.ts"),
            ("/a/b", "/a/x.ts", "../x.ts"),
            ("/a/b", "/a/b", ""),
            ("/a/b/c", "/z", "../../../z"),
        ] {
            assert_eq!(relative(Path::new(base), Path::new(path)), expected);
        }
    }

    #[test]
    fn bundle_urls_stay_inside_the_bundle() {
        for (name, expected) in [
            ("index.js", "file:///bundle/index.js"),
            ("./a/b c.txt", "file:///bundle/a/b%20c.txt"),
            ("../../x.txt", "file:///bundle/x.txt"),
            ("a/../b.js", "file:///bundle/b.js"),
            ("a#b?c.js", "file:///bundle/a%23b%3Fc.js"),
            ("é/{x}%20.js", "file:///bundle/%C3%A9/%7Bx%7D%20.js"),
        ] {
            assert_eq!(bundle_url(name), expected);
        }
    }
}
